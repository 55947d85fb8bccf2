"""What buyers of one item go on to buy for the first time, more often than customers who are as active.

Whoever buys much has much of everything: any two items go together in a table of who ever had both. So only purchases
after a day count, of customers who had not bought the item before, and who had bought the other one are compared with
customers who bought as much afterwards (Mantel–Haenszel over these strata).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import scipy.stats

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import MIN_EXPECTED, cohens_h, corrected
from ...stats.intervals import z_value
from .purchases import Purchases, drawn

STRATA = 8
"""Classes of customers by how much they bought in the period, at most."""
MOST_ROWS = 30
"""Pairs that are kept, the surest."""
MIN_BASE = 50
"""Customers with the item, and without, from which a pair is tested."""
COLUMNS = [
    *("item", "then", "n", "base", "share", "n_rest", "base_rest", "share_rest"),
    *("ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "effect", "claim"),
]


def pairs(bought: Purchases) -> Result:
    """Pairs of items by how much more often buyers of the one go on to the other, in the last period.

    Parameters
    ----------
    bought : Purchases

    Returns
    -------
    Result
        ``item, then``; of those who had bought the item but not the other ``n`` of ``base`` bought it for the
        first time, of all who had bought neither ``n_rest`` of ``base_rest``; ``ratio`` of customers who are as active
        (Mantel–Haenszel) with interval (Greenland & Robins)``, p`` (Cochran–Mantel–Haenszel, one-sided)``,
        p_adjusted, effect, claim``; the surest first. All pairs with enough customers are one family.

    References
    ----------
    Mantel & Haenszel (1959); Greenland & Robins (1985), Biometrics 41:55–68.
    """
    title = Text(N_("What goes with what"))
    about = Text(
        N_("How many times as often as customers who are as active, within {days:count} days; hollow: may be chance."),
        {"days": bought.period},
    )
    claims = replace(CLAIMS, values=CLAIMS.values | {"days": lambda row: bought.period})
    if not bought.known:
        return Result("cross_sell", pd.DataFrame(columns=COLUMNS), title, OVERLAPPING)
    table = _tested(*_counts(drawn(bought.active(2))))
    table["item"], table["then"] = bought.items[table["first"]], bought.items[table["second"]]
    table, family = corrected(table, COLUMNS)
    table = table[table["p"].notna()].sort_values(["p", "item", "then"], kind="stable", ignore_index=True)
    return Result(
        "cross_sell",
        table.head(MOST_ROWS),
        title,
        OVERLAPPING,
        claims,
        family,
        about,
        Text(
            N_(
                "Customers are counted, not order lines: who had not bought the second item before and bought anything "
                "in the period. It is an association: who buys the one may want the other anyway."
            )
        ),
    )


CLAIMS = Claims(
    "cross_sell",
    N_(
        "Of those who had bought “{item:label}” but not “{then:label}”, {share:part} bought that within {days:count} "
        "days, of customers who are as active {rest:part}."
    ),
    {"rest": lambda row: float(row.share / row.ratio)},
    key=("item", "then"),
    nothing=N_("No item was found whose buyers go on to another more often than others (compared: {family:count})."),
    test=N_("Cochran–Mantel–Haenszel test by activity; Benjamini–Hochberg"),
    estimate="ratio",
    most=3,
)


def _counts(bought: Purchases) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """By stratum, first and second item: owners who bought the second, owners, others who bought it, others."""
    had, came = bought.owned(1).toarray() > 0, bought.days[2].toarray() > 0
    times = np.asarray(bought.days[2].sum(axis=1)).ravel()
    edges = np.unique(np.quantile(times, np.linspace(0, 1, STRATA + 1)[1:-1]))
    stratum = np.searchsorted(edges, times, side="left")
    parts = []
    for each in np.unique(stratum):
        owner, lacked = had[stratum == each].astype(float), 1.0 - had[stratum == each]
        first = lacked * came[stratum == each]
        a, n1 = owner.T @ first, owner.T @ lacked
        parts.append((a, n1, first.sum(axis=0) - a, lacked.sum(axis=0) - n1))
    a, n1, c, n0 = (np.stack(counts) for counts in zip(*parts, strict=True))
    return a, n1, c, n0


def _tested(a: np.ndarray, n1: np.ndarray, c: np.ndarray, n0: np.ndarray) -> pd.DataFrame:
    """A row for each pair, with its ratio and p-value over all strata."""
    n = np.maximum(n1 + n0, 2)
    expected = n1 * (a + c) / n
    enough = np.minimum(n1.sum(axis=0), n0.sum(axis=0)) >= MIN_BASE
    enough &= np.minimum(expected, a + c - expected).sum(axis=0) >= MIN_EXPECTED
    enough &= (a.sum(axis=0) > 0) & (c.sum(axis=0) > 0) & ~np.eye(len(enough), dtype=bool)
    first, second = np.nonzero(enough)
    a, n1, c, n0, n, expected = (each[:, first, second] for each in (a, n1, c, n0, n, expected))
    spread = (n1 * n0 * (a + c) * (n - a - c) / (n * n * (n - 1))).sum(axis=0)
    up, down = (a * n0 / n).sum(axis=0), (c * n1 / n).sum(axis=0)
    log, error = np.log(up / down), np.sqrt(((n1 * n0 * (a + c) - a * c * n) / (n * n)).sum(axis=0) / (up * down))
    table = pd.DataFrame({"first": first, "second": second, "n": a.sum(axis=0), "base": n1.sum(axis=0)})
    table["n_rest"], table["base_rest"] = c.sum(axis=0), n0.sum(axis=0)
    table = table.astype("int64")
    table["share"], table["share_rest"] = table["n"] / table["base"], table["n_rest"] / table["base_rest"]
    table["ratio"] = np.exp(log)
    table["ratio_low"], table["ratio_high"] = np.exp(log - z_value() * error), np.exp(log + z_value() * error)
    table["p"] = scipy.stats.norm.sf((a - expected).sum(axis=0) / np.sqrt(spread))
    return table.assign(effect=cohens_h(table["share"], table["share_rest"]))
