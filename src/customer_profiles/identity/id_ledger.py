"""Customer ids that stay the same from run to run, and what happened to them since the last one.

The last published run remembers which record had which id: by the keyed hashes in its table ``identities``, nothing
else. Because it is part of the run, it becomes current in the same step as the report, and a person who is erased is
gone from it with the rest. The rules, in this order:

1. An old id stays with the customer who has most of its records (then: the record it is made of; then the first).
2. A customer with several old ids keeps the oldest of them (then: that of most records; then the first by name).
3. Everybody else gets the pseudonym of their first record that is nobody's id now and was nobody's in the last run.

So does who is who: a record that is missing from today's export must not split a customer in two whom it held together.
Where a record of a customer is gone, those that are left stay together unless they contradict each other, and an id
that only other tables mention leads to the customer it belonged to. As soon as the record is back, matching decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from ..codes import KEPT, MENTIONED
from ..errors import InputRejected
from ..messages import N_
from ..tables import Tables
from .pseudonyms import pseudonym

TABLE = "identities"
COLUMNS = ("pseudonym", "customer_id", "since", "known_from")
UNCHANGED, MERGED, SPLIT, NEW, GONE = N_("unchanged"), N_("merged"), N_("split"), N_("new"), N_("gone")


def last_ids(last_run: Tables) -> pd.DataFrame:
    """Which record had which id in the last published run: pseudonym (of the record), customer_id, since, known_from.

    Empty if there was none, or one of a version that kept no ids.

    Raises
    ------
    InputRejected
        If the table has changed since it was written: new ids for all would look like new customers.
    """
    if not last_run.has(TABLE):
        return _nothing()
    try:
        table = last_run.read(TABLE)
    except (InputRejected, OSError):
        raise InputRejected(
            f"{last_run.folder / (TABLE + '.parquet')}, which remembers the customers' ids, has changed since it was "
            "written: restore it from a backup, or delete it to give every customer an id anew"
        ) from None
    if not set(COLUMNS[:3]) <= set(table):
        return _nothing()
    return table.assign(known_from=table.get("known_from", MENTIONED))[list(COLUMNS)].drop_duplicates("pseudonym")


def _nothing() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS}).astype({"since": "datetime64[us]"})


class IdLedger:
    """Gives customers their ids.

    Parameters
    ----------
    key : bytes
        Secret of the pseudonyms.
    last : DataFrame, optional
        As `last_ids` returns it; otherwise there was no last run.
    as_of : date, optional
        Day of the run: since when new ids are known.
    """

    def __init__(self, key: bytes, last: pd.DataFrame | None = None, as_of: date | None = None):
        self._key = key
        self._today = pd.Timestamp(as_of) if as_of else pd.NaT
        last = _nothing() if last is None else last
        self._last = last.set_index("pseudonym")
        self._was = self._last["customer_id"].to_dict()
        self._reserved = set(last["customer_id"])
        self._forgotten: set[str] = set()
        self._since = last.groupby("customer_id")["since"].min().to_dict()
        self._taken: set[str] = set()

    def assign(self, number: np.ndarray, record: Iterable[str]) -> list[str]:
        """Ids of customers who are registered together.

        Parameters
        ----------
        number : ndarray of int, shape (records,)
            Customer behind each record, from 0 without gaps.
        record : iterable of str, shape (records,)
            Pseudonym of each record; a customer's first one comes first.

        Returns
        -------
        list of str, shape (customers,)
        """
        known = pd.DataFrame({"number": number, "record": np.asarray(list(record), dtype="object")}).drop_duplicates()
        kept = self._kept(known) if len(self._last) else {}
        self._taken.update(kept.values())
        ids = [kept.get(n, "") for n in range(int(number.max(initial=-1)) + 1)]
        for n, own in zip(known["number"].to_numpy(), known["record"].to_numpy(), strict=True):
            if not ids[n] and self._is_free(own):
                ids[n] = own
                self._taken.add(own)
        first = known.drop_duplicates("number").set_index("number")["record"]
        for n, given in enumerate(ids):
            if not given:
                ids[n] = self._made(first[n])
        return ids

    def assign_one(self, record: str) -> str:
        """Id of a customer who is known by a single record and turned up after the others."""
        old = self.was(record)
        given = old if old is not None and old not in self._taken else record if self._is_free(record) else None
        if given is None:
            return self._made(record)
        self._taken.add(given)
        return given

    def forget(self, records: Iterable[str], wholly: bool = True) -> None:
        """Forget people who must not appear: neither their records nor an id made of one of them is used again.

        Wholly: nor do other records lead to them that they had in the last run. A contact is not the whole company.
        """
        gone = list(records)
        theirs = self._last["customer_id"].isin(self._last["customer_id"].reindex(gone).dropna())
        self._forgotten |= {*gone, *(self._last.index[theirs] if wholly else ())}
        self._last = self._last[~self._last.index.isin(gone) & ~self._last["customer_id"].isin(gone)]
        self._was = self._last["customer_id"].to_dict()
        self._reserved |= set(gone)

    def was(self, record: str) -> str | None:
        """Id that a record had in the last run."""
        return self._was.get(record)

    def is_forgotten(self, record: str) -> bool:
        """Whether a record was in the last run part of somebody who must not appear."""
        return record in self._forgotten

    def held_together(self, records: Iterable[str]) -> np.ndarray:
        """Records that were one customer in the last run, and of whom another record is gone: a number for each such
        customer, -1 for all other records."""
        names = pd.Index(list(records))
        if not len(self._last) or "known_from" not in self._last:
            return np.full(len(names), -1)
        filed = self._last[self._last["known_from"] != MENTIONED]
        broken = filed["customer_id"][(filed["known_from"] == KEPT) | ~filed.index.isin(names)]
        old = self._last["customer_id"].reindex(names)
        return pd.factorize(old.where(old.isin(broken)).to_numpy())[0]

    @property
    def remembers(self) -> bool:
        """Whether there was a last run."""
        return bool(self._was)

    def since(self, ids: pd.Series) -> pd.Series:
        """Day since which each id is known."""
        return ids.map(self._since).astype("datetime64[us]").fillna(self._today)

    def _is_free(self, name: str) -> bool:
        return name not in self._taken and name not in self._reserved

    def _made(self, record: str) -> str:
        """An id for who shares all records with others' ids; the same in every run that splits them like this."""
        turn = 0
        while not self._is_free(name := pseudonym(self._key, f"split {turn}", record)):
            turn += 1
        self._taken.add(name)
        return name

    def _kept(self, known: pd.DataFrame) -> dict[int, str]:
        """Old id of each customer who keeps one."""
        old = known.join(self._last["customer_id"], on="record").dropna(subset="customer_id")
        old["own"] = old["record"] == old["customer_id"]
        claims = old.groupby(["customer_id", "number"], as_index=False).agg(
            records=("record", "size"), own=("own", "any"), first=("record", "min")
        )
        order = ["customer_id", "records", "own", "first"]
        claims = claims.sort_values(order, ascending=[True, False, False, True]).drop_duplicates("customer_id")
        claims["since"] = claims["customer_id"].map(self._since)
        claims = claims.sort_values(["number", "since", "records", "customer_id"], ascending=[True, True, False, True])
        claims = claims.drop_duplicates("number")
        return dict(zip(claims["number"].tolist(), claims["customer_id"].tolist(), strict=True))


def changes(last: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """What became of customers since the last run.

    Parameters
    ----------
    last, now : DataFrame
        ``pseudonym`` of each record and the ``customer_id`` it has.

    Returns
    -------
    DataFrame
        One row each for customers who are unchanged, merged (of several), split (from one), new and gone: ``became``,
        ``n``, ``base`` (customers now; for gone, in the last run), ``accounts_moved`` (records known to both runs whose
        id changed) and ``accounts`` (records known to both). Empty without a last run.
    """
    if last.empty:
        return pd.DataFrame({"became": pd.Series(dtype="str")} | {c: pd.Series(dtype="int64") for c in _COUNTS})
    both = now[["pseudonym", "customer_id"]].merge(last[["pseudonym", "customer_id"]], on="pseudonym", how="outer",
                                                   suffixes=("", "_before"))  # fmt: skip
    known = both.dropna(subset=["customer_id", "customer_id_before"])
    moved = known[known["customer_id"] != known["customer_id_before"]]
    sources = known.groupby("customer_id")["customer_id_before"].nunique()
    parts = known.groupby("customer_id_before")["customer_id"].nunique()
    several = set(parts.index[parts > 1])
    merged = set(sources.index[sources > 1])
    split = set(known["customer_id"][known["customer_id_before"].isin(several)]) - merged
    current, before = set(now["customer_id"]), set(last["customer_id"])
    new = current - set(known["customer_id"])
    gone = before - set(known["customer_id_before"])
    counts = {
        UNCHANGED: (len(current - new - merged - split), len(current)),
        MERGED: (len(merged), len(current)),
        SPLIT: (len(split), len(current)),
        NEW: (len(new), len(current)),
        GONE: (len(gone), len(before)),
    }
    moves = {
        UNCHANGED: moved[~moved["customer_id"].isin(merged | split)],
        MERGED: moved[moved["customer_id"].isin(merged)],
        SPLIT: moved[moved["customer_id"].isin(split)],
    }
    rows = [(name, n, base, len(moves.get(name, ())), len(known)) for name, (n, base) in counts.items()]
    return pd.DataFrame(rows, columns=["became", *_COUNTS])


_COUNTS = ("n", "base", "accounts_moved", "accounts")
