"""Recency, frequency and monetary value: who bought lately, often, and for how much."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats.intervals import add_shares

SCORES = 5  # quintiles, as in Hughes, "Strategic Database Marketing" (2005), chapter 5
COLUMNS = ("recency_days", "orders", "spend")


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
    Rule(N_("Lost"), 1, 2, 1, 1),
)
NEVER_BOUGHT = N_("No purchase yet")
NAMES = (*dict.fromkeys(rule.segment for rule in RULES), NEVER_BOUGHT)


def rules() -> pd.DataFrame:
    """Definition of the segments, for printing: ``segment, r_low, r_high, fm_low, fm_high``."""
    return pd.DataFrame([vars(rule) for rule in RULES])


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


def rfm(profile: pd.DataFrame) -> pd.DataFrame:
    """Score every customer.

    Parameters
    ----------
    profile : DataFrame
        One row per customer with ``customer_no, recency_days`` (days since the last order), ``orders, spend``.

    Returns
    -------
    DataFrame
        ``customer_no, recency_days, orders, spend, r, f, m, fm, segment`` in the order of `profile`. Customers without
        an order have no scores and form a segment of their own. ``fm`` is the mean of ``f`` and ``m``, halves up.
    """
    table = profile[["customer_no", *COLUMNS]].copy()
    buyers = table["orders"].gt(0) & table["recency_days"].notna()
    table["r"] = score(table["recency_days"].where(buyers), high_is_good=False)
    table["f"] = score(table["orders"].where(buyers))
    table["m"] = score(table["spend"].where(buyers))
    table["fm"] = (table["f"] + table["m"] + 1) // 2
    table["segment"] = _named(table["r"], table["fm"])
    return table


def _named(r: pd.Series, fm: pd.Series) -> pd.Series:
    """Segment of each pair of scores by `RULES`."""
    names = pd.Series(NEVER_BOUGHT, index=r.index)
    for rule in RULES:
        here = r.between(rule.r_low, rule.r_high) & fm.between(rule.fm_low, rule.fm_high)
        names[here.fillna(False).astype(bool)] = rule.segment
    return names


def segments(scored: pd.DataFrame) -> pd.DataFrame:
    """Size and worth of each segment.

    Returns
    -------
    DataFrame
        ``segment, n, base, share, share_low, share_high, spend, spend_share`` and the medians ``recency_days, orders,
        spend_median``; in the order of the rules, segments without customers left out.
    """
    grouped = scored.groupby("segment", sort=False)
    table = grouped.agg(
        n=("customer_no", "size"),
        spend=("spend", "sum"),
        recency_days=("recency_days", "median"),
        orders=("orders", "median"),
        spend_median=("spend", "median"),
    )
    table = table.reindex([name for name in NAMES if name in table.index]).reset_index()
    table = add_shares(table.assign(base=len(scored)))
    total = table["spend"].sum()
    table["spend_share"] = table["spend"] / total if total > 0 else math.nan
    head = ["segment", "n", "base", "share", "share_low", "share_high", "spend", "spend_share"]
    return table[[*head, "recency_days", "orders", "spend_median"]]


def grid(scored: pd.DataFrame) -> pd.DataFrame:
    """Customers and spend in each of the 25 cells of the recency × value plane.

    Returns
    -------
    DataFrame
        ``r, fm, segment, n, base, share, spend``; the cells of a segment add up to its row in `segments`.
    """
    buyers = scored.dropna(subset=["r", "fm"])
    cells = pd.MultiIndex.from_product([range(1, SCORES + 1)] * 2, names=["r", "fm"])
    table = buyers.groupby(["r", "fm"]).agg(n=("customer_no", "size"), spend=("spend", "sum"))
    table = table.reindex(cells, fill_value=0).reset_index()
    table["base"] = len(buyers)
    table["share"] = table["n"] / max(len(buyers), 1)
    table["segment"] = _named(table["r"], table["fm"])
    return table[["r", "fm", "segment", "n", "base", "share", "spend"]]


def available(profile: pd.DataFrame) -> bool:
    """Whether the profile has what RFM needs: orders of at least one customer."""
    return set(COLUMNS) <= set(profile.columns) and bool(profile["orders"].gt(0).any())


def limits(profile: pd.DataFrame) -> list[Limit]:
    """What is missing for RFM."""
    if available(profile):
        return []
    return [Limit(N_("How recently, how often and for how much customers buy"), needs=NEEDS["transactions"])]


def findings(table: pd.DataFrame, chapter: str = "05") -> list[Finding]:
    """What the segments say: where the spend comes from, and how much of it is at risk."""
    return [
        *_of_segment(
            table,
            "Champions",
            f"{chapter}.rfm.champions",
            Finding(
                "Champions (bought lately, often and for much): {share:share} of customers ({low:share} to "
                "{high:share}, n = {n:count}) account for {spend_share:share} of spend."
            ),
        ),
        *_of_segment(
            table,
            "At risk",
            f"{chapter}.rfm.at_risk",
            Finding(
                "At risk (good customers who have not bought for a while): {share:share} of customers "
                "({low:share} to {high:share}, n = {n:count}), who account for {spend_share:share} of spend so far "
                "({spend:money})."
            ),
        ),
    ]


def _of_segment(table: pd.DataFrame, segment: str, identifier: str, sentence: Finding) -> list[Finding]:
    rows = table[table["segment"] == segment]
    if rows.empty:
        return []
    row = rows.iloc[0]
    low, high = float(row["share_low"]), float(row["share_high"])
    values = {
        "share": float(row["share"]),
        "low": low,
        "high": high,
        "n": int(row["n"]),
        "spend_share": float(row["spend_share"]),
        "spend": float(row["spend"]),
    }
    return [
        Finding(
            sentence.message,
            values,
            id=identifier,
            n=int(row["base"]),
            table="rfm_segments",
            interval=(low, high),
            test=N_("quintiles; Wilson interval"),
            effect=max(0.0, values["spend_share"] - values["share"]),
            reach=int(row["n"]),
        )
    ]
