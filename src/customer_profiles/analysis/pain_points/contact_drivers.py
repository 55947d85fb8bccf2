"""What makes customers get in touch, what one contact settles, and what needs a person at the other end."""

from __future__ import annotations

from datetime import date

import pandas as pd

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.intervals import add_shares
from .behaviour import REPEAT_DAYS
from .observations import Evidence

WITH_A_PERSON = ("phone", "chat", "store", "branch", "visit", "video")
"""Channels on which somebody is there at the same time; on all others customers write and wait."""


def drivers(evidence: Evidence, cases: pd.DataFrame) -> Result:
    """For each pain that tickets tell of, how often one contact settles it, and how often it takes a person.

    Parameters
    ----------
    evidence : Evidence
    cases : DataFrame
        The tickets, with ``told, settled`` (see `settled`), ``closed_at`` and, where it is known by which channel they
        came, ``person``: somebody was there at the same time.

    Returns
    -------
    Result
        ``pain, evidence, n`` (tickets settled at once: closed, not opened again, and no other ticket of the customer
        within `REPEAT_DAYS`)``, base`` (tickets of which that can be told)``, share`` with interval, and
        ``person_share`` with interval, of tickets with a channel. Least often settled first.
    """
    known = cases[["told", "settled"]].astype(int)
    if "person" in cases:
        known["reached"], known["person"] = cases["person"].notna(), cases["person"].fillna(False).astype(bool)
    hits = evidence.hits[(evidence.hits["row"] >= 0) & cases["closed_at"].notna().any()]
    table = hits[["pain", "evidence", "row"]].join(known, on="row").groupby(["pain", "evidence"]).sum()
    table = table.drop(columns="row").reset_index().rename(columns={"settled": "n", "told": "base"})
    table = add_shares(table[table["base"] > 0])
    if "person" in table:
        table = add_shares(table, n="person", base="reached", share="person_share")
    table = table.sort_values(["share", "pain"], kind="stable", ignore_index=True)
    return Result(
        "contact_drivers",
        table[["pain", "evidence", "n", "base", *(name for name in table if "share" in name)]],
        Text(N_("Tickets that one contact settled, and those that took a person")),
        OVERLAPPING,
        about=Text(N_("Share of the tickets of which it can be told by now.")),
        needs="tickets",
    )


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
