"""Shares of occasions that belong to customers: who comes often must not count as many who come once.

A visit, a search or a basket is an occasion. Occasions of one customer resemble each other, so intervals and tests
take the customer as the unit that was drawn (ratio estimator with linearised variance; Cochran 1977, Sampling
Techniques, 3rd ed., sections 6.3 and 9A; the same as a Poisson regression with cluster-robust errors, which a loop over
statsmodels' ``GLM`` takes thirteen times as long for: 24 groups of 40,000 occasions, measured November 2026).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from ...stats.comparisons import cohens_h, corrected
from ...stats.intervals import Interval, wilson, z_value
from ..demographics.categories import Orders
from .groups import members

MIN_CUSTOMERS = 50
"""Customers with an occasion that a group and its rest must both have: the errors rest on many customers, and below
about 40 to 50 clusters they come out too small (Cameron & Miller 2015, Journal of Human Resources 50:317–372)."""

MIN_HITS = 20
"""Hits and misses that must be expected in the smaller side: the test is a normal approximation, and with fewer its
far tail, which decides in families of a hundred, is too thin (see `comparisons.EXACT_BELOW`)."""

MOST_VALUES = 12
"""Values of an attribute of visits that are compared, the most frequent ones."""

TOGETHER = ["step", "attribute"]
BY_GROUP = [
    *("step", "attribute", "value", "n", "base", "share", "n_rest", "base_rest", "share_rest"),
    *("ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "effect", "claim"),
]


def share_interval(hits: ArrayLike, occasions: ArrayLike) -> Interval:
    """Interval of the share of occasions with a hit, for customers with several occasions each.

    Parameters
    ----------
    hits, occasions : array_like, shape (customers,)
        What each customer has of them.

    Returns
    -------
    Interval
        Wilson's, for as many independent occasions as the spread between customers leaves (Kish's effective sample
        size; Korn & Graubard 1998, Survey Methodology 24:193–201); at 0 and 1 for as many as there are customers.

    >>> low, high = share_interval([1] * 15 + [0] * 133, [1] * 148)  # one occasion each: Wilson's interval
    >>> print(f"{low:.4f} {high:.4f}")
    0.0624 0.1605
    """
    hits, occasions = np.asarray(hits, float), np.asarray(occasions, float)
    total, customers = occasions.sum(), int((occasions > 0).sum())
    if not total:
        return Interval(np.asarray(np.nan), np.asarray(np.nan))
    share = hits.sum() / total
    spread = np.square(hits - share * occasions).sum()
    effective = customers if spread == 0 else share * (1 - share) * total**2 / spread
    effective = min(effective, total)
    return wilson(share * effective, effective)


def shares(occasions: pd.DataFrame, by: str = "step") -> pd.DataFrame:
    """How often each step succeeds.

    Parameters
    ----------
    occasions : DataFrame
        One row per occasion: `by`, ``customer_no`` (or another number of whoever it was)``, hit``.

    Returns
    -------
    DataFrame
        `by`, ``n`` (customers with a hit), ``base`` (customers), ``times`` (hits), ``occasions``, ``share`` of the
        occasions with interval; in the order of first appearance.
    """
    each = _per_customer(occasions, by)
    rows = []
    for name, of in each.groupby(level=0, sort=False):
        low, high = share_interval(of["hits"], of["all"])
        hits, total = int(of["hits"].sum()), int(of["all"].sum())
        counts = {"n": int((of["hits"] > 0).sum()), "base": len(of), "times": hits, "occasions": total}
        rows.append({by: name, **counts, "share": hits / total, "share_low": float(low), "share_high": float(high)})
    columns = [by, "n", "base", "times", "occasions", "share", "share_low", "share_high"]
    return pd.DataFrame(rows, columns=columns)


def by_group(
    occasions: pd.DataFrame,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    orders: Orders | None = None,
    min_customers: int = MIN_CUSTOMERS,
) -> tuple[pd.DataFrame, int]:
    """Does a step succeed more or less often in a group than among all other customers?

    Parameters
    ----------
    occasions : DataFrame
        One row per occasion: ``step, customer_no, hit``.
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
        Columns that make groups; numbers are banded.
    orders : mapping, optional
        Order of the values of ordered attributes.
    min_customers : int
        Customers with an occasion that both sides must have; below it, or where fewer than `MIN_HITS` hits or misses
        are expected, the ratio is given but not tested.

    Returns
    -------
    DataFrame
        `BY_GROUP`: ``n`` customers with a hit of ``base`` customers with an occasion; ``share`` and ``ratio`` are of
        occasions. Interval on the log scale, score test, one Benjamini–Hochberg family; ``effect`` is Cohen's h. Steps
        that always or never succeed are left out.
    int
        Size of the family.
    """
    each = _per_customer(occasions[occasions["customer_no"].isin(profile["customer_no"])], "step")
    parts = []
    for name in each.index.unique(level=0):
        of = each.loc[name]
        if of["hits"].sum() in (0, of["all"].sum()):  # everybody alike: nothing to compare
            continue
        for group in members(profile, attributes, orders, pd.Series(of.index)):
            parts.append(_compared(of, group).assign(step=name, attribute=group.attribute))
    return _judged(parts, min_customers)


def by_visit(
    occasions: pd.DataFrame, attributes: Iterable[str], min_customers: int = MIN_CUSTOMERS
) -> tuple[pd.DataFrame, int]:
    """Does something succeed more or less often on occasions of one kind than on all others?

    A visitor comes from here today and from there tomorrow, so that both sides share visitors: their covariance is
    part of the error.

    Parameters
    ----------
    occasions : DataFrame
        One row per occasion: ``step, customer_no`` (or another number of whoever it was)``, hit`` and the attributes.
    attributes : iterable of str
        Columns of the occasion; the rarest values, and those that are missing, are compared with none.
    min_customers : int
        As in `by_group`.

    Returns
    -------
    DataFrame
        As `by_group`.
    int
        Size of the family.
    """
    parts = [
        _of_visits(rows, name).assign(step=step, attribute=name)
        for step, of in occasions.groupby("step", sort=False, observed=True)
        for name in attributes
        if name in of and (rows := of.dropna(subset=name))[name].nunique() > 1 and 0 < rows["hit"].mean() < 1
    ]
    return _judged(parts, min_customers)


def _judged(parts: list[pd.DataFrame], min_customers: int) -> tuple[pd.DataFrame, int]:
    """All comparisons of groups, those with enough customers and hits tested together."""
    if not parts:
        return corrected([], BY_GROUP)
    table = pd.concat(parts, ignore_index=True)
    enough = (np.minimum(table["base"], table["base_rest"]) >= min_customers) & (table["least"] >= MIN_HITS)
    table["p"] = table["p"].where(enough)
    table["effect"] = cohens_h(table["share"], table["share_rest"])
    return tested(table, TOGETHER, BY_GROUP)


def _of_visits(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Every frequent value of one attribute of the occasions against all other occasions."""
    who = pd.factorize(rows["customer_no"])[0]
    values = rows[name].astype("str").value_counts().index[:MOST_VALUES]
    hit, customers, parts = rows["hit"].to_numpy(float), int(who.max()) + 1, []
    for value in sorted(values):
        inside = (rows[name].astype("str") == value).to_numpy(float)
        sides = [
            [np.bincount(who, side * weight, customers) for weight in (hit, np.ones_like(hit))]
            for side in (inside, 1 - inside)
        ]
        (k1, n1), (k0, n0) = sides
        pooled, share = (k1 + k0).sum() / (n1 + n0).sum(), n1.sum() / (n1 + n0).sum()
        p1, p0 = k1.sum() / n1.sum(), k0.sum() / n0.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            parted = (k1 - p1 * n1) / k1.sum() - (k0 - p0 * n0) / k0.sum()
            width = z_value() * np.sqrt(np.square(parted).sum() * customers / (customers - 1))
            beyond = (k1 - pooled * n1) * (1 - share) - (k0 - pooled * n0) * share
            alike = pooled * (1 - pooled) * share * (1 - share) * (n1 + n0).sum()
            z = beyond.sum() / np.sqrt(max(np.square(beyond).sum(), alike))
        row = {"value": value, "share": p1, "share_rest": p0, "ratio": p1 / p0 if p0 else np.nan}
        row |= {"ratio_low": row["ratio"] * np.exp(-width), "ratio_high": row["ratio"] * np.exp(width)}
        row |= {"least": min(n1.sum(), n0.sum()) * min(pooled, 1 - pooled), "p": 2 * special.ndtr(-abs(z))}
        row |= {"n": int((k1 > 0).sum()), "n_rest": int((k0 > 0).sum())}
        parts.append(row | {"base": int((n1 > 0).sum()), "base_rest": int((n0 > 0).sum())})
    return pd.DataFrame(parts)


def tested(
    rows: pd.DataFrame | list[pd.DataFrame], together: list[str], columns: list[str]
) -> tuple[pd.DataFrame, int]:
    """The comparisons as one family, in these columns, and its size; no rows if none of them could be tested."""
    table, family = corrected(rows, columns, together)
    return table if family else table.iloc[:0], family


def _per_customer(occasions: pd.DataFrame, by: str) -> pd.DataFrame:
    """Hits and occasions of every customer at each step, steps in the order of first appearance."""
    step, names = pd.factorize(occasions[by])
    each = (
        occasions["hit"].astype("int64").groupby([pd.Series(step, occasions.index, name=by), occasions["customer_no"]])
    )
    table = each.agg(["sum", "size"]).rename(columns={"sum": "hits", "size": "all"})
    return (
        table.set_axis(table.index.set_levels(np.asarray(names, dtype=object)[table.index.levels[0]], level=0))
        if len(table)
        else table
    )


def _compared(of: pd.DataFrame, group) -> pd.DataFrame:
    """Every value of one attribute against all other customers whose value is known."""
    hits, total = of["hits"].to_numpy(float), of["all"].to_numpy(float)
    inside = group.member.astype(float)
    outside = group.known[:, None].astype(float) - inside
    (k1, n1, v1), (k0, n0, v0) = (_moments(side, hits, total) for side in (inside, outside))
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p0, pooled = k1 / n1, k0 / n0, (k1 + k0) / (n1 + n0)
        width = z_value() * np.sqrt(v1 / p1**2 + v0 / p0**2)
        # Score test: the hits of the group beyond those expected if all customers had the same share. The spread is
        # that between customers, but no smaller than if every customer's were like everybody's: a small group with
        # hardly any hit shows hardly any spread of its own.
        share = n1 / (n1 + n0)
        residual = (hits[:, None] - pooled * total[:, None]) * group.known[:, None]
        weighted = residual * (inside * (1 - share) - outside * share)
        alike = np.square(residual).sum(axis=0) * share * (1 - share)
        z = weighted.sum(axis=0) / np.sqrt(np.maximum(np.square(weighted).sum(axis=0), alike))
        least = np.minimum(n1, n0) * np.minimum(pooled, 1 - pooled)
        table = {"value": group.values, "share": p1, "share_rest": p0, "ratio": p1 / p0, "least": least}
        table |= {"ratio_low": p1 / p0 * np.exp(-width), "ratio_high": p1 / p0 * np.exp(width)}
        table |= {"p": 2 * special.ndtr(-np.abs(z))}
    hit, met = (hits > 0).astype(float), (total > 0).astype(float)
    for name, side in (("", inside), ("_rest", outside)):
        table |= {f"n{name}": (hit @ side).astype(int), f"base{name}": (met @ side).astype(int)}
    return pd.DataFrame(table)


def _moments(side: np.ndarray, hits: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits, occasions and the variance of their ratio, for every column of a membership."""
    k, n, customers = hits @ side, total @ side, side.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        spread = np.square(hits) @ side - 2 * share * ((hits * total) @ side) + share**2 * (np.square(total) @ side)
        return k, n, np.maximum(spread, 0) / n**2 * customers / (customers - 1)
