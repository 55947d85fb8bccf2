"""The register of customers while tables are collected: who is who, who is new, and who must not appear."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from ..codes import KEPT, MENTIONED, ON_FILE
from ..ingest import contract
from . import normalise
from .accounts import domains_of, web_domains
from .alternatives import Alternatives
from .golden import empty_provenance, golden_records
from .id_ledger import IdLedger
from .pseudonyms import by_words, fingerprint, pseudonym
from .resolution import THRESHOLD, Matching, resolve

# In place of a customer's number.
EXCLUDED, UNKNOWN = -1, -2

_CONTACTS = {"email": normalise.emails, "phone": normalise.phones}
# Shorter ids and numbers, and names of one word, are everyday words; finding them in a text proves nothing.
_TELLING_LENGTH = 7


class People:
    """Customers by the ids and addresses that sources know them by.

    Parameters
    ----------
    key : bytes
        Secret of the pseudonyms.
    records : DataFrame
        Records of the sources that fill `customers`: ``space``, ``raw_id``, ``refused`` and the canonical columns.
        One refused record excludes the person, and so does one that is ``remembered`` to have objected, unless one
        ``agrees``. Among companies' records, ``is_contact`` marks those of contacts, and
        ``withheld`` the contacts who must not appear though their company may.
    companies : ndarray of int, shape (records,), optional
        Company of each record, where customers are companies; see `accounts.roll_up`.
    threshold : float, optional
        Probability from which two records are one person; None: only by id. See `identity.resolve`.
    ledger : IdLedger, optional
        Remembers the ids of the last run; otherwise every customer gets a new one.

    Attributes
    ----------
    golden : DataFrame
        One row per customer who may appear, in the order of their numbers; ids and names are dropped later.
    provenance : DataFrame
        Where each of their values comes from; see `golden.golden_records`.
    evidence : DataFrame
        What the matching rests on; see `identity.evidence_table`.
    alternatives : Alternatives
        Who would be whom at other thresholds.
    """

    def __init__(
        self,
        key: bytes,
        records: pd.DataFrame,
        companies: np.ndarray | None = None,
        threshold: float | None = THRESHOLD,
        ledger: IdLedger | None = None,
    ):
        self._key = key
        self._ledger = ledger or IdLedger(key)
        self._numbers: dict[str, dict[str, int]] = {}
        self._first: list[tuple[str, str]] = []
        self._pseudonyms: list[str] = []
        self._numbers_before: dict[str, int] = {}
        self._filed: dict[tuple[str, str], str] = {}
        self._named = pa.array([], type=pa.large_string())
        self._contacts: dict[str, pd.Series] = {}
        self._domains = pd.Series(dtype="int64")
        self._closed: set[str] = set()
        self.golden, self.provenance = pd.DataFrame(), empty_provenance()
        self.evidence, self.alternatives = Matching.nobody().evidence, Alternatives()
        self.groups = np.array([], dtype="int64")
        self.record_numbers = np.array([], dtype="int64")
        if len(records):
            matching = (
                resolve(records, threshold, self._held_together(records))
                if companies is None
                else Matching.given(companies)
            )
            self.evidence = matching.evidence
            self.record_numbers = self._register(records, matching.person, companies is not None)
            self._name_all(records)
            self._filed = {
                name: KEPT if kept else ON_FILE
                for name, kept in zip(zip(records.space, records.raw_id, strict=True), matching.kept, strict=True)
            }
            if companies is None:
                self.alternatives = Alternatives(records, self.record_numbers, matching.strict, matching.loose)

    def __len__(self) -> int:
        return len(self._first)

    def _register(self, records: pd.DataFrame, person: np.ndarray, companies: bool) -> np.ndarray:
        """Number of the customer behind each record; fills the register."""
        self.groups = person
        if companies:  # a contact is nobody's group but their own
            self.groups = np.where(records.is_contact, len(records) + np.arange(len(records)), person)
        refused = _anybody(records.refused, person)
        if "remembered" in records:  # an earlier objection holds until the person agrees
            own = ~records.is_contact if companies else True  # what a contact says is not the company's
            remembered, agrees = (_anybody(records[name] & own, person) for name in ("remembered", "agrees"))
            refused = refused | (remembered & ~agrees)
        number = np.where(refused, EXCLUDED, np.cumsum(~refused) - 1)
        golden, provenance = golden_records(records, person)
        golden = golden[~refused]
        shown = number[provenance.customer_no] >= 0
        self.provenance = provenance[shown].assign(customer_no=number[provenance.customer_no[shown]])
        self._first = list(zip(golden.space, golden.raw_id, strict=True))
        self.golden = golden.drop(columns=["space", "raw_id", "refused"]).reset_index(drop=True)
        numbers = number[person]
        if companies:
            self._domains = domains_of(records, numbers)
            self._closed = set(records.space[records.is_contact])
            numbers = np.where(records.withheld, EXCLUDED, numbers)
        for space, rows in records.assign(number=numbers).groupby("space", sort=False):
            self._numbers[space] = dict(zip(rows.raw_id, rows.number, strict=True))
        for contact, normal in _CONTACTS.items():
            if contact in records:
                self._contacts[contact] = _unambiguous(normal(records[contact]), numbers)
        return numbers

    def by_id(self, space: str, raw_ids: pd.Series) -> np.ndarray:
        """Numbers of customers by id; an id never seen becomes a new customer, a missing one is unknown.

        Of contacts, an id never seen is unknown: which company it belongs to cannot be told.
        """
        codes, distinct = pd.factorize(raw_ids, use_na_sentinel=True)
        known = self._numbers.setdefault(space, {})
        found = list(map(known.get, distinct := distinct.tolist()))
        for place in [place for place, number in enumerate(found) if number is None]:
            if space in self._closed:
                found[place] = UNKNOWN
            else:
                found[place] = known[distinct[place]] = self._number_of(space, distinct[place])
        return np.array([*found, UNKNOWN], dtype="int64")[codes]

    def _number_of(self, space: str, raw_id: str) -> int:
        """Number for an id that no record has: that of the customer it belonged to in the last run, or a new one."""
        name = pseudonym(self._key, space, raw_id) if self._ledger.remembers else ""
        if self._ledger.is_forgotten(name):
            return EXCLUDED
        before = self._ledger.was(name)
        if before is not None and before in self._numbers_before:
            return self._numbers_before[before]
        self._first.append((space, raw_id))
        if before is not None:
            self._numbers_before[before] = len(self._first) - 1
        return len(self._first) - 1

    def must_not_appear(self, space: str, raw_ids: pd.Series) -> np.ndarray:
        """Rows of ids whose customer is excluded; an id never seen stays unseen."""
        return raw_ids.map(self._numbers.get(space, {})).eq(EXCLUDED).to_numpy(dtype=bool)

    def by_contact(self, contact: str, texts: pd.Series) -> np.ndarray:
        """Numbers of customers by e-mail address or phone number; unknown where it is nobody's or several people's.

        Where customers are companies, an address nobody has on file is told by its domain.
        """
        known = self._contacts.get(contact, pd.Series(dtype="int64"))
        found = _CONTACTS[contact](texts).map(known).fillna(UNKNOWN)
        if contact == "email" and len(self._domains):
            found = found.where(found != UNKNOWN, web_domains(texts).map(self._domains).fillna(UNKNOWN))
        return found.to_numpy(dtype="int64")

    def pseudonyms(self) -> np.ndarray:
        """Pseudonym of each customer, in the order of their numbers: the one of the last run, else that of a record."""
        self._name_new()
        return np.array(self._pseudonyms, dtype="object")

    def _name_new(self) -> None:
        """Give those who have turned up since their ids."""
        new = self._first[len(self._pseudonyms) :]
        self._pseudonyms += [self._ledger.assign_one(pseudonym(self._key, *first)) for first in new]

    def _held_together(self, records: pd.DataFrame) -> np.ndarray | None:
        """Records that the last run took for one customer and of which another one is gone."""
        if not self._ledger.remembers:
            return None
        names = zip(records.space, records.raw_id, strict=True)
        return self._ledger.held_together(pseudonym(self._key, *one) for one in names)

    def named(self, numbers: np.ndarray) -> pd.api.extensions.ExtensionArray:
        """Pseudonyms of customers by their numbers, missing where a number is negative."""
        if len(self._named) < len(self._first):
            self._name_new()
            new = pa.array(self._pseudonyms[len(self._named) :], type=pa.large_string())
            self._named = pa.concat_arrays([self._named, new])
        return pd.array(self._named.take(pa.array(numbers, mask=numbers < 0)), dtype="str")

    def _name_all(self, records: pd.DataFrame) -> None:
        """Give those who are registered together their ids."""
        numbers, named = np.arange(len(self._first)), self._first
        shown = self.record_numbers >= 0
        if self._ledger.remembers:
            absent = zip(records.space[~shown], records.raw_id[~shown], strict=True)
            self._ledger.forget((pseudonym(self._key, *one) for one in absent), wholly=not self._closed)
            numbers = np.concatenate([numbers, self.record_numbers[shown]])
            named = [*named, *zip(records.space[shown], records.raw_id[shown], strict=True)]
        self._pseudonyms = self._ledger.assign(numbers, [pseudonym(self._key, *one) for one in named])
        self._numbers_before = {name: number for number, name in enumerate(self._pseudonyms)}

    def identities(self) -> pd.DataFrame:
        """Which pseudonymous ids of which name space are which customer, and since when the customer has its id.

        Returns
        -------
        DataFrame
            customer_no, ids, pseudonym, customer_id, since, known_from; the next run keeps ids and links by it.
        """
        rows = [
            (number, space, pseudonym(self._key, space, raw_id), self._filed.get((space, raw_id), MENTIONED))
            for space, numbers in self._numbers.items()
            for raw_id, number in numbers.items()
            if number >= 0
        ]
        table = pd.DataFrame(rows, columns=["customer_no", "ids", "pseudonym", "known_from"])
        table = table.sort_values(["customer_no", "ids", "pseudonym"], ignore_index=True)
        table["customer_id"] = pd.array(self.pseudonyms()[table["customer_no"]], dtype="str")
        return table.assign(since=self._ledger.since(table["customer_id"]))

    def withdrawn(self) -> set[str]:
        """Pseudonyms of everybody who must not appear, under every id they are known by."""
        return {
            pseudonym(self._key, kind, raw_id)
            for space, numbers in self._numbers.items()
            for raw_id, number in numbers.items()
            if number == EXCLUDED
            for kind in ((space, "contact") if space in self._closed else (space,))
        }

    def identifiers(self, records: pd.DataFrame) -> pd.DataFrame:
        """Keyed hashes of everything that names a person, for the leak scan of outgoing pages: kind, hash.

        Of people who must not appear, nothing is kept, not even this.
        """
        records = records[self.record_numbers >= 0]
        texts = {name: records[name].dropna().unique() for name in contract.personal() if name in records}
        for alone in ("first_name", "last_name"):
            texts.pop(alone, None)
        if {"first_name", "last_name"} <= set(records):
            full = (records.first_name + " " + records.last_name).dropna().unique()
            texts["name"] = np.concatenate([texts.get("name", np.array([], dtype="object")), full])
        texts["id"] = [
            raw_id for numbers in self._numbers.values() for raw_id, number in numbers.items() if number >= 0
        ]
        hashes = {
            (kind, fingerprint(self._key, by_words(text) if kind in ("name", "company") else text))
            for kind, values in texts.items()
            for text in values
            if (" " in text.strip() if kind in ("name", "company") else len(text) >= _TELLING_LENGTH)
        }
        return pd.DataFrame(sorted(hashes), columns=["kind", "hash"]).astype("str")


def _anybody(records: pd.Series, person: np.ndarray) -> np.ndarray:
    """Of whom any record says so."""
    return records.astype(bool).groupby(person).any().to_numpy()


def _unambiguous(addresses: pd.Series, numbers: np.ndarray) -> pd.Series:
    """Customer by address. Who shares one with a person that must not appear is not told apart from them."""
    people = pd.Series(numbers).groupby(addresses.to_numpy())
    lowest, highest = people.min(), people.max()
    return lowest.where((lowest == highest) | (lowest == EXCLUDED), UNKNOWN)
