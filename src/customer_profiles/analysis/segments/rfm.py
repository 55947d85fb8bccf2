"""Recency, frequency and monetary value: who bought lately, often, and for how much."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import NOBODY, ONE_MARGIN, Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.intervals import add_shares

SCORES = 5  # quintiles, as in Hughes, "Strategic Database Marketing" (2005), chapter 5


@dataclass(frozen=True)
class Rule:
    """A named field of the recency × value plane; both ranges include their ends."""

    segment: str
    r_low: int
    r_high: int
    fm_low: int
    fm_high: int


# The plane of recency (R) and the mean of frequency and monetary value (FM), cut into the fields that direct
# marketing commonly names. Every cell belongs to exactly one of them.
RULES = (
    Rule(N_("Champions"), 4, 5, 5, 5),
    Rule(N_("Loyal customers"), 4, 5, 4, 4),
    Rule(N_("Loyal customers"), 3, 3, 4, 5),
    Rule(N_("Promising customers"), 4, 5, 2, 3),
    Rule(N_("New or occasional customers"), 4, 5, 1, 1),
    Rule(N_("Cooling down"), 3, 3, 1, 3),
    Rule(N_("At risk"), 1, 2, 4, 5),
    Rule(N_("Dormant"), 1, 2, 2, 3),
    Rule(N_("Bought little, long ago"), 1, 2, 1, 1),
)
NEVER_BOUGHT = N_("No purchase yet")
NAMES = (*dict.fromkeys(rule.segment for rule in RULES), NEVER_BOUGHT)


def rules(names: Collection[str]) -> Result:
    """Definition of the segments of these names, for printing: ``segment, r_low, r_high, fm_low, fm_high``."""
    table = pd.DataFrame(map(vars, RULES))
    table = table[table["segment"].isin(names)].reset_index(drop=True)
    return Result("rfm_rules", table, Text(N_("The rules behind the names")), NOBODY, needs="transactions")


def score(values: pd.Series, *, high_is_good: bool = True) -> pd.Series:
    """Quintile of each value, 5 for the best fifth.

    A value's score is its mid-rank divided by the number of values, in fifths, rounded up. Equal values always get
    the same score, whatever the order of the rows, so quintiles of values with many ties differ in size.

    Examples
    --------
    >>> score(pd.Series([10, 20, 30, 40, 50])).tolist()
    [1, 2, 3, 4, 5]
    >>> score(pd.Series([1, 1, 1, 1, 9]), high_is_good=False).tolist()
    [4, 4, 4, 4, 1]
    """
    mid_rank = values.rank(method="average", ascending=high_is_good)
    # Ranks are multiples of a half: rounding keeps n * 5 / n from landing a hair above 5.
    return np.ceil((mid_rank * SCORES / values.notna().sum()).round(9)).astype("Int64")


def named(scored: pd.DataFrame) -> pd.DataFrame:
    """Name the segment of every customer.

    Parameters
    ----------
    scored : DataFrame
        One row per customer with the scores ``r, f, m`` from 1 to 5 (`score`), missing for those who never bought.

    Returns
    -------
    DataFrame
        The same with ``fm``, the mean of ``f`` and ``m``, halves up, and ``segment``. Customers without an order form a
        segment of their own; where nobody has one, no source tells who never bought, and the table is empty.
    """
    table = scored.assign(fm=(scored["f"] + scored["m"] + 1) // 2)
    table = table.assign(segment=_names(table["r"], table["fm"]))
    return table if table["r"].notna().any() else table[:0]


def _names(r: pd.Series, fm: pd.Series) -> pd.Series:
    """Segment of each pair of scores by `RULES`."""
    names = pd.Series(NEVER_BOUGHT, index=r.index)
    for rule in RULES:
        here = r.between(rule.r_low, rule.r_high) & fm.between(rule.fm_low, rule.fm_high)
        names[here.fillna(False).astype(bool)] = rule.segment
    return names


def segments(worth: pd.DataFrame) -> Result:
    """Size and worth of each segment.

    Parameters
    ----------
    worth : DataFrame
        One row per segment, by its name: ``n`` customers, their ``spend`` together, and the medians ``recency_days,
        orders, spend_median``.

    Returns
    -------
    Result
        ``segment, n, base, share, share_low, share_high, spend, spend_share`` and the medians ``recency_days, orders,
        spend_median``; in the order of the rules, segments without customers left out.
    """
    table = worth.loc[[name for name in NAMES if name in worth.index]].rename_axis("segment").reset_index()
    customers = int(table["n"].sum())
    table = add_shares(table.assign(base=customers))
    total = table["spend"].sum()
    table["spend_share"] = table["spend"] / total if total > 0 else math.nan
    head = ["segment", "n", "base", "share", "share_low", "share_high", "spend", "spend_share"]
    return Result(
        "rfm_segments",
        table[[*head, "recency_days", "orders", "spend_median"]],
        Text(N_("Buyers by recency, frequency and monetary value")),
        ONE_MARGIN,
        claims=_worth,
        about=Text(N_("Shares of {n:count} customers and of their spend."), {"n": customers}),
        needs="transactions",
    )


def grid(scored: pd.DataFrame) -> Result:
    """Customers and spend in each of the 25 cells of the recency × value plane.

    Returns
    -------
    Result
        ``r, fm, segment, n, base, share, spend``; the cells of a segment add up to its row in `segments`.
    """
    buyers = scored.dropna(subset=["r", "fm"])
    cells = pd.MultiIndex.from_product([range(1, SCORES + 1)] * 2, names=["r", "fm"])
    table = buyers.groupby(["r", "fm"]).agg(n=("customer_no", "size"), spend=("spend", "sum"))
    table = table.reindex(cells if len(buyers) else [], fill_value=0).reset_index()
    table["base"] = len(buyers)
    table["share"] = table["n"] / max(len(buyers), 1)
    table["segment"] = _names(table["r"], table["fm"])
    return Result(
        "rfm_grid",
        table[["r", "fm", "segment", "n", "base", "share", "spend"]],
        Text(N_("Where the buyers stand")),
        Disclosure(within=("segment",)),
        about=Text(N_("Shares of {n:count} buyers."), {"n": len(buyers)}),
        needs="transactions",
    )


_HOW: dict[str, Any] = {
    "test": N_("quintiles; Wilson interval"),
    "estimate": "share",
    "effect": lambda row: max(0.0, row.spend_share - row.share),
    "kind": "fact",
}
TOLD = {
    "Champions": Claims(
        "rfm.champions",
        N_(
            "Champions (bought lately, often and for much): {share:share} of customers ({low:share} to {high:share}, "
            "n = {n:count}) account for {spend_share:share} of spend."
        ),
        **_HOW,
    ),
    "At risk": Claims(
        "rfm.at_risk",
        N_(
            "At risk (good customers who have not bought for a while): {share:share} of customers ({low:share} to "
            "{high:share}, n = {n:count}), who account for {spend_share:share} of spend so far ({spend:money})."
        ),
        **_HOW,
    ),
}


def _worth(table: pd.DataFrame) -> list[Finding]:
    """Where the spend comes from, and how much of it is at risk."""
    rows = {row.segment: row for row in shown(table).itertuples()}
    return [claims.one(rows[segment]) for segment, claims in TOLD.items() if segment in rows]
