"""What two runs knew of the same time: what one export lacks, and whose a row was in the run before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import binom

from ..kpis import longest_silence

TABLES = {"transactions": "at", "feedback": "at", "tickets": "opened_at"}
"""Tables that key figures are made of, and when their rows happened."""
OWNER = ["customer_id", "customer_no"]
REPEATED, CHANCE = 0.02, 0.001
"""Part of the rows of a month that are there twice, and its chance, from which on it was delivered twice."""
EVERYWHERE = ("version", "rules", "parameters 01")
"""Definitions that every table follows."""


@dataclass(frozen=True)
class Knowledge:
    """What a run knew.

    Parameters
    ----------
    as_of : date
        Its day.
    tables : mapping of str to DataFrame
        By name: those of `TABLES`, ``identities, profile, segments, reconciliation, definitions`` (``part, sha256``),
        ``standing`` (from `kpis.standing`) and ``headlines`` (``headline, value, as_of``: what it published).
    """

    as_of: date
    tables: Mapping[str, pd.DataFrame]

    @classmethod
    def of_last(cls, tables: Mapping[str, pd.DataFrame], today: date) -> Self:
        """What an earlier run knew; its day is that of the figures it published, `today` if it has none.

        Of a run that looks at a later day nothing is known: what came since would seem lost.
        """
        headlines = tables["headlines"]
        day = date.fromisoformat(headlines["as_of"].iloc[0]) if len(headlines) else today
        return cls(day, tables if day <= today else {name: table.iloc[:0] for name, table in tables.items()})

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def compares(self) -> bool:
        """Whether there is enough to compare with: it published figures and still has its register of customers."""
        needed = ("headlines", "definitions", "identities", "profile", "reconciliation")
        return all(len(self[name]) for name in needed)


def redefined(now: Knowledge, before: Knowledge) -> set[str]:
    """What is defined otherwise than in the run before: ``version``, ``rules``, ``source:crm``, ``parameters 05``, …

    A source that only one of the runs has is not: what it brings is more or less coverage.
    """
    both = now["definitions"].merge(before["definitions"], on="part", how="outer", suffixes=("", "_before"))
    both = both[both.notna().all(axis=1) | ~both["part"].str.startswith("source:")]
    return set(both.loc[both["sha256"] != both["sha256_before"], "part"])


def affected(table: str, changed: set[str], sources: pd.DataFrame) -> bool:
    """Whether the rows of a table are read by other definitions than in the run before."""
    mine = sources.loc[sources["table"] == table, "source"]
    return bool(changed & {*EVERYWHERE, *(f"source:{source}" for source in mine)})


def links(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Accounts of two runs, whose they are in each, and which customers hang together.

    Parameters
    ----------
    now, before : DataFrame
        ``pseudonym`` of each account and its ``customer_id``.

    Returns
    -------
    DataFrame
        ``pseudonym, customer_id, customer_id_before`` (missing where the run has not the account) and ``part``: the
        same for all customers of both runs who share accounts, directly or through others.
    """
    both = now[["pseudonym", "customer_id"]].merge(
        before[["pseudonym", "customer_id"]], on="pseudonym", how="outer", suffixes=("", "_before")
    )
    ids, _ = pd.factorize(pd.concat([both["customer_id"], "before " + both["customer_id_before"]]))
    one, other = ids[: len(both)], ids[len(both) :]
    known = (one >= 0) & (other >= 0)
    size = int(ids.max(initial=-1)) + 1
    graph = coo_array((np.ones(known.sum()), (one[known], other[known])), shape=(size, size))
    part = connected_components(graph, directed=False)[1]
    return both.assign(part=part[np.where(one >= 0, one, other)] if len(both) else [])


def joined_as(rows: pd.DataFrame, other: pd.DataFrame, own: pd.Series, theirs: pd.Series) -> pd.DataFrame:
    """Rows with the customers that another run takes them for.

    Parameters
    ----------
    rows : DataFrame
        With the ``customer_id`` of their own run.
    other : DataFrame
        The same table in the other run.
    own, theirs : Series of str
        Customer of each account in the run of `rows` and in the other.

    Returns
    -------
    DataFrame
        The rows with ``customer_id`` of the other run. Where a customer is several there, the row itself tells which,
        if the other run has it; otherwise it is the first of them. Who is not in the other run keeps the id.
    """
    pairs = pd.DataFrame({"own": own, "theirs": theirs}).dropna().drop_duplicates().sort_values(["own", "theirs"])
    several = pairs.loc[pairs["own"].duplicated(keep=False), "own"].unique()
    first = pairs.drop_duplicates("own").set_index("own")["theirs"]
    owner = rows["customer_id"].map(first).fillna(rows["customer_id"])
    unsure = rows["customer_id"].isin(several)
    if unsure.any():
        columns = [name for name in rows if name in other and name not in OWNER]
        found = other.assign(key=_keys(other, columns)).drop_duplicates("key").set_index("key")["customer_id"]
        owner = owner.mask(unsure, _keys(rows, columns).map(found).fillna(owner))
    return rows if owner.equals(rows["customer_id"]) else rows.assign(customer_id=owner)


def _keys(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """A number for what a row says, the same in both runs; equal rows are counted through."""
    said = pd.util.hash_pandas_object(rows[columns], index=False).to_numpy()
    again = pd.Series(said).groupby(said).cumcount().to_numpy()
    return pd.Series([*zip(said, again, strict=True)], rows.index, dtype=object)


def silences(at: pd.Series, begin: pd.Timestamp, end: pd.Timestamp) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Stretches of days without a record that are longer than chance explains, as first and last day.

    Parameters
    ----------
    at : Series of datetime64
        When the records happened.
    begin, end : Timestamp
        Days between which records are expected.
    """
    days = pd.Series(at.dropna().dt.normalize().unique()).sort_values()
    days = days[days.between(begin, end)]
    if days.empty:
        return []
    span = (days.iloc[-1] - days.iloc[0]).days + 1
    usual = longest_silence(len(days) / span, len(days))
    one = pd.Timedelta(days=1)
    edges = pd.concat([pd.Series([begin - one]), days, pd.Series([end + one])], ignore_index=True)
    silent = edges.diff().dt.days.to_numpy() - 1 > usual
    return [(edges[k - 1] + one, edges[k] - one) for k in np.flatnonzero(silent)]


def spread(rows: pd.DataFrame, at: str, days: int) -> float:
    """How much what so many days in a row bring differs from stretch to stretch: its deviation over its mean.

    Parameters
    ----------
    rows : DataFrame
        With ``amount`` where it is told, else rows count.
    at : str
        Column that says when.
    days : int
        Days without any record are left out.
    """
    amount = rows["amount"] if "amount" in rows else pd.Series(1.0, rows.index)
    stretches = amount.groupby(rows[at].dt.normalize()).sum().rolling(days).sum()
    return float(stretches.std() / abs(stretches.mean()))


def repaired(rows: pd.DataFrame, last: pd.DataFrame, at: str, until: date) -> pd.DataFrame:
    """Rows of an export, with those that the last run had from the time in which this one has none at all.

    Parameters
    ----------
    rows, last : DataFrame
        The same table in this run and in the last.
    at : str
        Column that says when.
    until : date
        Day of the last run: what happened later it could not know.
    """
    if rows.empty or last.empty or not last[at].notna().any():
        return rows
    begin, end = last[at].min().normalize(), pd.Timestamp(until)
    lost = pd.Series(False, last.index)
    for first, final in silences(rows[at], begin, end):
        lost |= last[at].dt.normalize().between(first, final)
    return pd.concat([rows, last[lost]], ignore_index=True) if lost.any() else rows


def repeated(rows: pd.DataFrame, at: str) -> pd.Series:
    """Rows that say, ids aside, what another row says, in months with far more such than the others have.

    A part of an export that is delivered twice is told so; two equal lines of an order are not.
    """
    said = pd.util.hash_pandas_object(rows.drop(columns=[*OWNER[1:], "order_id"], errors="ignore"), index=False)
    again, month = said.duplicated().set_axis(rows.index), rows[at].dt.to_period("M")
    months = again.groupby(month).agg(["sum", "size"])
    rest, others = again.sum() - months["sum"], (len(rows) - months["size"]).clip(lower=1)
    usual = np.maximum(rest, 1) / others
    chance = binom.sf(months["sum"] - 1, months["size"], usual.clip(upper=1)) * len(months)
    twice = (months["sum"] / months["size"] > usual + REPEATED) & (chance < CHANCE)
    return again & month.isin(months.index[twice])
