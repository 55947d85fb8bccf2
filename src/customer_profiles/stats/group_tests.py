"""Tests whether groups differ in a number, a category or a score, each with its effect size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from .comparisons import Difference
from .intervals import CONFIDENCE, nps, nps_moments, z_value


class GroupTest(NamedTuple):
    """Test whether any of several groups differs: name, statistic, p-value, effect from 0 to 1 and n."""

    test: str
    statistic: float
    p: float
    effect: float
    n: int


def chi2_test(counts: ArrayLike) -> GroupTest:
    """Pearson's χ² test of independence of a table of counts, with Cramér's V as effect.

    Parameters
    ----------
    counts : array_like of int, shape (rows, columns)
        Empty rows and columns are left out; fewer than two of either give NaN.
    """
    table = np.atleast_2d(np.asarray(counts)).astype(np.int64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n = int(table.sum())
    if min(table.shape) < 2:
        return GroupTest("χ² test", np.nan, np.nan, np.nan, n)
    found = scipy.stats.chi2_contingency(table, correction=False)
    v = scipy.stats.contingency.association(table, method="cramer")
    return GroupTest("χ² test", float(found.statistic), float(found.pvalue), float(v), n)


def kruskal(values: ArrayLike, groups: ArrayLike) -> GroupTest:
    """Kruskal–Wallis test that no group tends to larger values, with ε² as effect.

    Parameters
    ----------
    values : array_like of numbers
        Missing values are left out.
    groups : array_like
        Group of each value; missing groups are left out.

    References
    ----------
    Kruskal & Wallis (1952), JASA 47:583–621; ε² = H / (n − 1): Tomczak & Tomczak (2014), Trends in Sport
    Sciences 21:19–25.
    """
    data = pd.DataFrame({"value": np.asarray(values, float), "group": np.asarray(groups, dtype=object)}).dropna()
    n, parts = len(data), [part for _, part in data.groupby("group")["value"]]
    if len(parts) < 2 or data["value"].nunique() < 2:
        return GroupTest("Kruskal–Wallis test", np.nan, np.nan, np.nan, n)
    found = scipy.stats.kruskal(*parts)
    return GroupTest("Kruskal–Wallis test", float(found.statistic), float(found.pvalue), found.statistic / (n - 1), n)


def van_elteren(values: ArrayLike, member: ArrayLike, strata: ArrayLike) -> GroupTest:
    """Mann–Whitney test within strata, with the weighted mean of Cliff's δ as signed effect.

    Cliff's δ is the chance that a member has the larger value minus the chance that it has the smaller one: 0 no
    difference, ±1 no overlap.

    Strata of size m weigh 1/(m + 1), which makes the test locally most powerful for the same shift in each; strata in
    which everybody or nobody is a member say nothing. With one stratum it is the Mann–Whitney test without
    correction for continuity.

    Parameters
    ----------
    values : array_like of numbers
        Missing values are left out.
    member : array_like of bool
        Whom the effect is about: positive if they tend to larger values.
    strata : array_like
        Only customers of the same stratum are compared.

    Returns
    -------
    GroupTest
        ``n`` counts the values of strata with both; p and effect are NaN where nothing can be compared.

    Notes
    -----
    Neither scipy nor statsmodels tests within strata; without them this is `scipy.stats.mannwhitneyu`, the referee of
    the tests.

    References
    ----------
    Mann & Whitney (1947), Ann. Math. Statist. 18:50–60; Cliff (1993), Psychological Bulletin 114:494–509;
    van Elteren (1960), Bull. Int. Stat. Inst. 37:351–361.
    """
    value, inside, stratum = (
        np.asarray(values, float),
        np.asarray(member, float),
        pd.factorize(pd.Series(strata))[0] + 1,
    )
    order = np.lexsort((value, stratum))
    order = order[~np.isnan(value[order])]
    value, inside, stratum = value[order], inside[order], stratum[order]
    n, n1 = np.bincount(stratum).astype(float), np.bincount(stratum, inside)
    n0 = n - n1
    # Those with the same value in a stratum share the mean of their ranks.
    begins = np.flatnonzero(np.diff(stratum, prepend=-1).astype(bool) | np.diff(value, prepend=np.nan).astype(bool))
    ties = np.diff(begins, append=len(value)).astype(float)
    first = begins - (np.cumsum(n) - n)[stratum[begins]]
    rank = np.repeat(first + (ties + 1) / 2, ties.astype(int))
    u = np.bincount(stratum, rank * inside) - n1 * (n1 + 1) / 2
    tied = np.bincount(stratum[begins], ties**3 - ties)
    both = (n1 > 0) & (n0 > 0)
    kept: list[np.ndarray] = [of[both] for of in (n1, n0, n, u, tied)]
    n1, n0, n, u, tied = kept
    compared = int(n.sum())
    weights = 1 / (n + 1)
    variance = (weights**2 * n1 * n0 / 12 * ((n + 1) - tied / (n * (n - 1)))).sum()
    statistic = (weights * (u - n1 * n0 / 2)).sum()
    pairs = (weights * n1 * n0).sum()
    delta = float(2 * statistic / pairs) if compared else np.nan
    if not compared or variance <= 0:
        return GroupTest("van Elteren test", np.nan, np.nan, delta, compared)
    z = statistic / np.sqrt(variance)
    return GroupTest("van Elteren test", float(z), float(2 * scipy.special.ndtr(-abs(z))), delta, compared)


def welch(
    mean1: ArrayLike, sd1: ArrayLike, n1: ArrayLike, mean0: ArrayLike, sd0: ArrayLike, n0: ArrayLike
) -> Difference:
    """Welch's t test of two means from their summaries, with the interval of the difference.

    Fewer than two values, or no spread in either sample, give NaN. `scipy.stats.ttest_ind_from_stats` has the same p,
    but no interval.

    References
    ----------
    Welch (1947), Biometrika 34:28–35.
    """
    m1, s1, n1, m0, s0, n0 = np.broadcast_arrays(*(np.asarray(x, float) for x in (mean1, sd1, n1, mean0, sd0, n0)))
    n1, n0 = np.where(n1 > 1, n1, np.nan), np.where(n0 > 1, n0, np.nan)
    v1, v0 = s1**2 / n1, s0**2 / n0
    variance = np.where(v1 + v0 > 0, v1 + v0, np.nan)
    freedom = variance**2 / (v1**2 / (n1 - 1) + v0**2 / (n0 - 1))
    difference, error = m1 - m0, np.sqrt(variance)
    half = scipy.special.stdtrit(freedom, 0.5 + CONFIDENCE / 2) * error
    return Difference(
        difference, difference - half, difference + half, 2 * scipy.special.stdtr(freedom, -np.abs(difference) / error)
    )


def nps_difference(group: ArrayLike, rest: ArrayLike) -> Difference:
    """Difference of two Net Promoter Scores in points: adjusted-Wald interval and z test.

    Parameters
    ----------
    group, rest : array_like, shape (..., 3)
        Promoters, passives and detractors.

    References
    ----------
    Lewis & Sauro, https://measuringu.com/nps-significance-test/: the difference of the two adjusted scores over
    the root of the sum of their adjusted variances.
    """
    group, rest = (np.moveaxis(np.asarray(x, float), -1, 0) for x in (group, rest))
    (score1, variance1), (score0, variance0) = nps_moments(*group), nps_moments(*rest)
    difference, error = score1 - score0, np.sqrt(variance1 + variance0)
    half = z_value() * error
    return Difference(
        nps(*group) - nps(*rest),
        100 * (difference - half),
        100 * (difference + half),
        2 * scipy.special.ndtr(-np.abs(difference) / error),
    )
