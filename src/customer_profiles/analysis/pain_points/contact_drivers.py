"""What makes customers get in touch, what one contact settles, and what needs a person at the other end."""

from __future__ import annotations

from datetime import date

import pandas as pd

from ...stats.intervals import add_shares
from .behaviour import REPEAT_DAYS
from .observations import Evidence

WITH_A_PERSON = ("phone", "chat", "store", "branch", "visit", "video")
"""Channels on which somebody is there at the same time; on all others customers write and wait."""


def drivers(evidence: Evidence, tickets: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """For each pain that tickets tell of, how often one contact settles it, and how often it takes a person.

    Parameters
    ----------
    evidence : Evidence
    tickets : DataFrame
        Cases; ``customer_no, opened_at, closed_at`` and, if known, ``reopened, channel``.
    as_of : date
        Day of the run: of tickets opened less than `REPEAT_DAYS` before it nobody can tell yet.

    Returns
    -------
    DataFrame
        ``pain, evidence, n`` (tickets settled at once: closed, not opened again, and no other ticket of the customer
        within `REPEAT_DAYS`)``, base`` (tickets of which that can be told)``, share`` with interval, and
        ``person_share`` with interval, of tickets with a channel those of `WITH_A_PERSON`. Least often settled first.
    """
    cases = evidence.hits[evidence.hits["row"] >= 0]
    if cases.empty or "closed_at" not in tickets or tickets["closed_at"].isna().all():
        return pd.DataFrame(columns=["pain", "evidence", "n", "base", "share", "share_low", "share_high"])
    known = settled(tickets, as_of)[["told", "settled"]]
    if "channel" in tickets:
        known["reached"] = tickets["channel"].notna()
        known["person"] = tickets["channel"].isin(WITH_A_PERSON)
    table = cases[["pain", "evidence", "row"]].join(known, on="row").groupby(["pain", "evidence"])
    table = table.sum().drop(columns="row").reset_index().rename(columns={"settled": "n", "told": "base"})
    table = add_shares(table[table["base"] > 0])
    if "channel" in tickets:
        table = add_shares(table, n="person", base="reached", share="person_share")
    table = table.sort_values(["share", "pain"], kind="stable", ignore_index=True)
    order = ["pain", "evidence", "n", "base", *(name for name in table if "share" in name)]
    return table[order]


def settled(tickets: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What became of each ticket.

    Parameters
    ----------
    tickets : DataFrame
        ``customer_no, opened_at`` and, if known, ``closed_at, reopened``.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        Index of the tickets; ``told`` (opened at least `REPEAT_DAYS` ago, so that it can be told)``, reopened,
        followed`` (by another ticket of the customer within `REPEAT_DAYS`)``, settled`` (told, closed, and neither).
    """
    told = tickets["opened_at"] < pd.Timestamp(as_of) - pd.Timedelta(days=REPEAT_DAYS - 1)
    reopened = tickets["reopened"].fillna(False).astype(bool) if "reopened" in tickets else False
    closed = tickets["closed_at"].notna() if "closed_at" in tickets else False
    ordered = tickets.sort_values(["customer_no", "opened_at"], kind="stable")
    gap = ordered.groupby("customer_no")["opened_at"].shift(-1) - ordered["opened_at"]
    followed = (gap <= pd.Timedelta(days=REPEAT_DAYS)).reindex(tickets.index)
    known = pd.DataFrame({"told": told, "reopened": reopened, "followed": followed}, index=tickets.index)
    return known.assign(settled=told & closed & ~followed & ~known["reopened"])
