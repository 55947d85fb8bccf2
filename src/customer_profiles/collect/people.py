"""The register of customers while tables are collected: who is who, who is new, and who must not appear."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import contract, normalise
from .identity import golden_records, match_people
from .pseudonyms import fingerprint, pseudonym

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
        One refused record excludes the person.
    """

    def __init__(self, key: bytes, records: pd.DataFrame):
        self._key = key
        self._numbers: dict[str, dict[str, int]] = {}
        self._first: list[tuple[str, str]] = []
        self._pseudonyms: list[str] = []
        self._contacts: dict[str, pd.Series] = {}
        self.golden = pd.DataFrame()
        self.record_numbers = self._register(records) if len(records) else np.array([], dtype="int64")

    def __len__(self) -> int:
        return len(self._first)

    def _register(self, records: pd.DataFrame) -> np.ndarray:
        """Number of the customer behind each record; fills the register."""
        person = match_people(records)
        refused = pd.Series(records.refused.to_numpy()).groupby(person).any().to_numpy()
        number = np.where(refused, EXCLUDED, np.cumsum(~refused) - 1)
        golden = golden_records(records, person)[~refused]
        self._first = list(zip(golden.space, golden.raw_id, strict=True))
        self.golden = golden.drop(columns=["space", "raw_id", "refused"]).reset_index(drop=True)
        numbers = number[person]
        for space, rows in records.assign(number=numbers).groupby("space", sort=False):
            self._numbers[space] = dict(zip(rows.raw_id, rows.number, strict=True))
        for contact, normal in _CONTACTS.items():
            if contact in records:
                self._contacts[contact] = _unambiguous(normal(records[contact]), numbers)
        return numbers

    def by_id(self, space: str, raw_ids: pd.Series) -> np.ndarray:
        """Numbers of customers by id; an id never seen becomes a new customer, a missing one is unknown."""
        codes, distinct = pd.factorize(raw_ids, use_na_sentinel=True)
        known = self._numbers.setdefault(space, {})
        found = np.empty(len(distinct) + 1, dtype="int64")
        for position, raw_id in enumerate(distinct):
            if raw_id not in known:
                known[raw_id] = len(self._first)
                self._first.append((space, raw_id))
            found[position] = known[raw_id]
        found[-1] = UNKNOWN
        return found[codes]

    def by_contact(self, contact: str, texts: pd.Series) -> np.ndarray:
        """Numbers of customers by e-mail address or phone number; unknown where it is nobody's or several people's."""
        known = self._contacts.get(contact, pd.Series(dtype="int64"))
        return _CONTACTS[contact](texts).map(known).fillna(UNKNOWN).to_numpy(dtype="int64")

    def pseudonyms(self) -> np.ndarray:
        """Pseudonym of each customer, in the order of their numbers."""
        new = self._first[len(self._pseudonyms) :]
        self._pseudonyms += [pseudonym(self._key, *first) for first in new]
        return np.array(self._pseudonyms, dtype="object")

    def identities(self) -> pd.DataFrame:
        """Which pseudonymous ids of which name space are which customer: customer_no, ids, pseudonym."""
        rows = [
            (number, space, pseudonym(self._key, space, raw_id))
            for space, numbers in self._numbers.items()
            for raw_id, number in numbers.items()
            if number >= 0
        ]
        table = pd.DataFrame(rows, columns=["customer_no", "ids", "pseudonym"])
        return table.sort_values(["customer_no", "ids", "pseudonym"], ignore_index=True)

    def identifiers(self, records: pd.DataFrame) -> pd.DataFrame:
        """Keyed hashes of everything that names a person, for the leak scan of outgoing pages: kind, hash."""
        texts = {name: records[name].dropna().unique() for name in contract.personal() if name in records}
        for alone in ("first_name", "last_name"):
            texts.pop(alone, None)
        if {"first_name", "last_name"} <= set(records):
            full = (records.first_name + " " + records.last_name).dropna().unique()
            texts["name"] = np.concatenate([texts.get("name", np.array([], dtype="object")), full])
        texts["id"] = [raw_id for numbers in self._numbers.values() for raw_id in numbers]
        hashes = {
            (kind, fingerprint(self._key, text))
            for kind, values in texts.items()
            for text in values
            if (" " in text.strip() if kind == "name" else len(text) >= _TELLING_LENGTH)
        }
        return pd.DataFrame(sorted(hashes), columns=["kind", "hash"]).astype("str")


def _unambiguous(addresses: pd.Series, numbers: np.ndarray) -> pd.Series:
    """Customer by address. Who shares one with a person that must not appear is not told apart from them."""
    people = pd.Series(numbers).groupby(addresses.to_numpy())
    lowest, highest = people.min(), people.max()
    return lowest.where((lowest == highest) | (lowest == EXCLUDED), UNKNOWN)
