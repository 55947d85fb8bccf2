"""Segments that keep their numbers from run to run, and who moved between them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import fact, shown
from ...stats.families import Family
from ...stats.intervals import add_shares

SAME = 0.5  # Jaccard overlap of its customers from which a segment is the same as one of the last run
NEW = N_("new customers")


def keep_numbers(labels: pd.Series, before: pd.Series, taken: pd.Series) -> pd.Series:
    """Number each segment as in the last run, where most of its customers are the same.

    Segments are matched one to one so that the overlaps add up to the most possible (Kuhn 1955, the Hungarian method).
    Of customers, only those in both runs count. What has no counterpart gets a number that was not used before.

    Parameters
    ----------
    labels : Series of int
        Segment of each customer in this run.
    before : Series of int
        Segment of each in the last run, in the same order; missing for those who were not in it.
    taken : Series of int
        Numbers that the last run used, those of customers who have left among them.

    Returns
    -------
    Series of int
        In the order of `labels`.
    """
    from scipy.optimize import linear_sum_assignment

    known = (before.notna() & labels.notna()).to_numpy()
    if not known.any():
        return labels
    both = pd.crosstab(labels[known], before[known].astype(int).to_numpy())
    counts = both.to_numpy(dtype=float)
    overlap = counts / (counts.sum(axis=1)[:, None] + counts.sum(axis=0)[None, :] - counts)
    pairs = zip(*linear_sum_assignment(-overlap), strict=True)
    names = {both.index[new]: int(both.columns[old]) for new, old in pairs if overlap[new, old] >= SAME}
    without = sorted(set(labels) - set(names))
    names |= dict(zip(without, range(int(taken.max()) + 1, 10**9), strict=False))
    return labels.map(names)


def migration(labels: pd.Series, before: pd.Series) -> Result:
    """Where the customers of each former segment are now, and how many are new; parameters as of `keep_numbers`.

    Returns
    -------
    Result
        ``segment_before`` (a number as text, or `NEW`)``, segment, n, base`` (customers of that former segment that are
        still there)``, share`` with its interval, ``claim`` (whether more went this way than back, and not by chance);
        pairs that occur. Empty if no customer was in the run before.
    """
    columns = ["segment_before", "segment", "n", "base", "share", "share_low", "share_high", "claim"]
    title = Text(N_("Where the customers of each former segment are now"))
    rule = Disclosure(within=("segment_before",))
    if not (before.notna() & labels.notna()).any():
        return Result("segment_migration", pd.DataFrame(columns=columns), title, rule)
    named = before.map(lambda number: str(int(number)), na_action="ignore").astype("object").fillna(NEW)
    table = pd.crosstab(named.to_numpy(), labels.to_numpy()).rename_axis("segment_before").reset_index()
    table = table.melt("segment_before", var_name="segment", value_name="n")
    table["segment"] = table["segment"].astype(int)
    table["base"] = table.groupby("segment_before")["n"].transform("sum")
    order = table["segment_before"].map(lambda name: np.inf if name == NEW else float(name))
    table = table.assign(order=order).sort_values(["order", "segment"], kind="stable", ignore_index=True)
    table, family = _with_ways_back(add_shares(table[table["n"] > 0].drop(columns="order")))
    return Result(
        "segment_migration",
        table,
        title,
        rule,
        claims=lambda frame: [*_stayed(frame), *_moved(frame, family)],
        family=family,
        note=Text(
            N_(
                "Segments are formed anew in each run. Whoever lies near a border may change sides by chance, but then "
                "as many go one way as the other: each pair of segments is tested (McNemar), corrected together."
            )
        ),
        columns=columns,
    )


def _with_ways_back(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Rows with how many went the other way, whether more went this way, and the number of pairs that were tested.

    Each pair of segments has the exact test of McNemar (1947); all pairs of a square table are Bowker's (1948) test of
    symmetry.
    """
    from scipy.stats import binomtest

    now, was = table["segment"].astype(str), table["segment_before"]
    ways = pd.Series(table["n"].to_numpy(), pd.MultiIndex.from_arrays([was, now]))
    back = ways.reindex(pd.MultiIndex.from_arrays([now, was])).fillna(0).to_numpy()
    once = (was != NEW) & (was != now) & ((table["n"] > back) | ((table["n"] == back) & (was < now)))
    p = pd.Series(np.nan, table.index)
    p[once] = [binomtest(int(n), int(n + other)).pvalue for n, other in zip(table["n"][once], back[once], strict=True)]
    family = Family.of(p)
    return table.assign(back=back, p_adjusted=family.adjust(p), claim=family.claim(p)), family.size


def _moved(table: pd.DataFrame, family: int) -> list[Finding]:
    """Between which segments more customers went one way than back; the test tells how many came back, if few, too."""
    seen = set(zip(*(shown(table)[column].astype(str) for column in ("segment", "segment_before")), strict=True))
    rows = shown(table)[shown(table)["claim"].astype(bool)].sort_values("p_adjusted", kind="stable")
    return [
        Finding(
            N_("More customers moved from “{was:segment}” to “{now:segment}” than back: {n:count} did."),
            {"was": int(row.segment_before), "now": int(row.segment), "n": int(row.n)},
            id=f"segments.moved.{row.segment_before}.{row.segment}",
            n=int(row.n),
            test=N_("Exact test of McNemar"),
            p_adjusted=float(row.p_adjusted) if (row.segment_before, str(row.segment)) in seen else None,
            family=family,
            reach=int(row.n),
            kind="difference",
        )
        for row in rows.itertuples()
    ]


def _stayed(table: pd.DataFrame) -> list[Finding]:
    """How many customers are in the segment they were in before."""
    old = table[table["segment_before"] != NEW]
    if not len(old):
        return []
    stayed = int(old.loc[old["segment_before"] == old["segment"].astype(str), "n"].sum())
    row = add_shares(pd.DataFrame({"n": [stayed], "base": [int(old["n"].sum())]})).iloc[0]
    return [STAYED.one(row)]


STAYED = fact(
    "segments.stayed",
    N_(
        "Since the last run, {share:share} of customers stayed in their segment ({low:share} to {high:share}, "
        "n = {n:count})."
    ),
    {"n": "base"},
    test=N_("Wilson interval"),
    estimate="share",
)
