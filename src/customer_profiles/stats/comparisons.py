"""Is the difference between two shares more than chance? Tests, effect size, and the correction for many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from .families import ALPHA, Family
from .intervals import CONFIDENCE, z_value

EXACT_BELOW = 100
"""Smallest expected count from which the χ² approximation replaces Fisher's exact test. Cochran's usual 5
serves p near 0.05; in families of hundreds the tail near 0.0001 decides, where the approximation needs more."""

AT_ONCE = 64
"""Tables that Fisher's test takes at a time: of a million customers at most 10,000 outcomes each, 60 MB in all."""

MIN_EXPECTED = 5
"""Expected count under which a cell is not tested at all (Cochran 1954). It depends on the margins only, so
leaving such cells out of the family does not bias the rest."""


class RateRatio(NamedTuple):
    """Ratio of two shares, its interval and the p-value of 'both are equal'."""

    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


class CaseRatio(NamedTuple):
    """Ratio of two numbers of cases per time, its interval, the p-value of 'both are equal', and the two."""

    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    rate: np.ndarray
    rest: np.ndarray


class Difference(NamedTuple):
    """Difference of two shares, scores or means, its interval and the p-value of 'no difference'."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


def adjust(table: pd.DataFrame, together: list[str] | None = None) -> pd.DataFrame:
    """Add ``p_adjusted`` and ``claim`` to a table of comparisons with a column ``p``.

    Parameters
    ----------
    table : DataFrame
        One row per comparison; NaN in ``p`` stays out of the family.
    together : list of str, optional
        Columns that name a question, see `Family.of`. Default: every row counts.

    Returns
    -------
    DataFrame
        Same rows; ``claim`` is True where ``p_adjusted`` ≤ 0.05.
    """
    family = Family.of(table["p"], [table[column] for column in together or ()])
    adjusted = family.adjust(table["p"])
    return table.assign(p_adjusted=adjusted, claim=adjusted <= ALPHA)


def family_size(table: pd.DataFrame, together: list[str] | None = None) -> int:
    """Number of comparisons behind a table with all rows that were corrected together, see `adjust`."""
    return Family.of(table["p"], [table[column] for column in together or ()]).size


def corrected(
    rows: pd.DataFrame | Sequence[pd.DataFrame] | Sequence[Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    together: list[str] | None = None,
) -> tuple[pd.DataFrame, int]:
    """All comparisons that answer one question as a table, corrected together, and how many they are.

    Parameters
    ----------
    rows : DataFrame, or sequence of DataFrame or of mapping
        The comparisons, with ``p`` where one was made; none at all give an empty table.
    columns : sequence of str, optional
        Columns of the table, in their order; by default all.
    together : list of str, optional
        Columns that name a question, see `adjust`.

    >>> corrected([{"value": "a", "p": 0.01}, {"value": "b"}], ["value", "p_adjusted", "claim"])[1]
    1
    """
    if not isinstance(rows, pd.DataFrame):
        parts = [row for row in rows if isinstance(row, pd.DataFrame)]
        rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(list(rows))
    rows = (rows if "p" in rows else rows.assign(p=np.nan)).astype({"p": float})
    together = [name for name in together or () if name in rows]  # of no rows at all no column is known
    table, family = adjust(rows, together), family_size(rows, together)
    table = table if columns is None else table.reindex(columns=columns)
    return table.astype({"effect": float}) if "effect" in table and not len(table) else table, family


def compared(estimate: str) -> list[str]:
    """Columns of a table that compares the shares of a group with those of a base, in their order.

    >>> compared("index")[8:11]
    ['index', 'index_low', 'index_high']
    """
    both = ["attribute", "value", "n", "base", "share", "n_rest", "base_rest", "share_rest"]
    return [*both, estimate, f"{estimate}_low", f"{estimate}_high", "p", "p_adjusted", "effect", "claim"]


def measurements(table: pd.DataFrame) -> list[str]:
    """What a comparison has measured, words such as a verdict included: all that has to go where a row is hidden.

    >>> measurements(pd.DataFrame(columns=["attribute", "value", "n", "base", "index", "verdict"]))
    ['n', 'index', 'verdict']
    """
    return [name for name in table.columns if name not in ("attribute", "value", "base", "base_rest")]


def compare_shares(counts: pd.DataFrame, min_base: int, together: list[str]) -> pd.DataFrame:
    """Compare the share ``n / base`` of every row with ``n_rest / base_rest``, all rows one family.

    Parameters
    ----------
    counts : DataFrame
        One row per comparison with the counts ``n, base, n_rest, base_rest``.
    min_base : int
        Customers that both bases must have; below it, or where fewer than `MIN_EXPECTED` are expected in a cell, the
        ratio is given but not tested.
    together : list of str
        Columns that name a question, see `adjust`.

    Returns
    -------
    DataFrame
        The rows with ``share, share_rest``, ``ratio`` with its interval (`rate_ratio`), ``p, p_adjusted, claim`` and
        Cohen's h as ``effect``.
    """
    k1, n1, k0, n0 = (counts[name].to_numpy(float) for name in ("n", "base", "n_rest", "base_rest"))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = rate_ratio(k1, n1, k0, n0)
        expected = np.minimum(k1 + k0, n1 + n0 - k1 - k0) * np.minimum(n1, n0) / (n1 + n0)
        table = counts.assign(share=k1 / n1, share_rest=k0 / n0, ratio=ratio.ratio)
    table["ratio_low"], table["ratio_high"] = ratio.low, ratio.high
    table["p"] = np.where((np.minimum(n1, n0) >= min_base) & (expected >= MIN_EXPECTED), ratio.p, np.nan)
    table["effect"] = cohens_h(table["share"], table["share_rest"])
    return adjust(table, together)


def rate_ratio(k1: ArrayLike, n1: ArrayLike, k0: ArrayLike, n0: ArrayLike, confidence: float = CONFIDENCE) -> RateRatio:
    """Ratio of the shares ``k1/n1`` and ``k0/n0`` of two separate groups.

    Parameters
    ----------
    k1, n1, k0, n0 : array_like
        Counts and bases of the group and of the comparison group, broadcast; an empty base gives NaN.

    Returns
    -------
    RateRatio
        Interval on the log scale (Katz et al. 1978). Where a count is 0 or both shares are 1, ½ is added to every
        count and base, for the ratio as for its interval (Pettigrew et al. 1986), so that both stay finite. The
        p-value is Fisher's exact one, or Pearson's χ² where the smallest expected count reaches `EXACT_BELOW`.

    References
    ----------
    Katz, Baptista, Azen & Pike (1978), Biometrics 34:469–474; Pettigrew, Gart & Thomas (1986), Biometrika
    73:425–435.

    >>> r = rate_ratio(30, 100, 15, 100)
    >>> print(f"{r.ratio:.2f} ({r.low:.2f} to {r.high:.2f})")
    2.00 (1.15 to 3.48)
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    k1, n1, k0, n0 = np.broadcast_arrays(*(np.asarray(x, float) for x in (k1, n1, k0, n0)))
    _check_counts(k1, n1)
    _check_counts(k0, n0)
    n1, n0 = np.where(n1 > 0, n1, np.nan), np.where(n0 > 0, n0, np.nan)
    half = np.where((k1 == 0) | (k0 == 0) | ((k1 == n1) & (k0 == n0)), 0.5, 0.0)
    counts = k1 + half, n1 + half, k0 + half, n0 + half
    low, high = confint_proportions_2indep(*counts, compare="ratio", method="log", alpha=1 - confidence)
    ratio = (counts[0] / counts[1]) / (counts[2] / counts[3])
    return RateRatio(ratio, low, high, proportions_p(k1, n1, k0, n0))


def case_ratio(cases: np.ndarray, watched: np.ndarray, member: np.ndarray, known: np.ndarray) -> CaseRatio:
    """Ratio of the cases per time of each group to those of all others; who has one case may have more, or more often.

    Parameters
    ----------
    cases : array, shape (customers, kinds)
    watched : array, shape (customers,)
        For how long each was watched.
    member : array of 0 and 1, shape (customers, groups)
    known : array of 0 and 1, shape (customers,)
        Whose group is known.

    Returns
    -------
    CaseRatio
        Arrays of shape (kinds, groups). Errors are those of customers, not of cases (sandwich), and at least Poisson's;
        where a side has no case, ½ is added to both. The p-value is the larger of that of the interval and that of the
        exact test of two Poisson rates: the one holds for customers who differ, the other for few cases.

    References
    ----------
    Przyborowski & Wilenski (1940), Biometrika 31:313–323.

    Notes
    -----
    Own code, because there are thousands of pairs: 30 kinds in 100 groups of 5,000 customers take a 50th of the time
    of a loop over `regression.poisson` (measured November 2026).
    """
    watched, cases = watched * known, cases * known[:, None]
    time, total = watched @ member, cases.sum(axis=0)[:, None]
    members, everybody = member.sum(axis=0), known.sum()
    own, others = cases.T @ member, total - cases.T @ member

    def squares(rate: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Sum of (cases − rate × time)² over the customers of each group."""
        mixed = (cases * watched[:, None]).T @ group
        return np.square(cases).T @ group - 2 * rate * mixed + rate**2 * (np.square(watched) @ group)

    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.where((own == 0) | (others == 0), 0.5, 0.0)
        rate, rest = own / time, others / (watched.sum() - time)
        log_ratio = np.log((own + half) / time) - np.log((others + half) / (watched.sum() - time))
        spread = squares(rate, member) * (members / (members - 1))
        spread_rest = squares(rest, known[:, None] - member) * ((everybody - members) / (everybody - members - 1))
        variance = np.fmax(spread / (own + half) ** 2, 1 / (own + half))
        variance = variance + np.fmax(spread_rest / (others + half) ** 2, 1 / (others + half))
        p, part = 2 * scipy.special.ndtr(-np.abs(log_ratio) / np.sqrt(variance)), time / watched.sum()
    exact = 2 * np.minimum(scipy.stats.binom.cdf(own, total, part), scipy.stats.binom.sf(own - 1, total, part))
    ends = (np.exp(log_ratio + step * z_value() * np.sqrt(variance)) for step in (0.0, -1.0, 1.0))
    ratio, low, high = (np.where((time > 0) & (time < watched.sum()), each, np.nan) for each in ends)
    return CaseRatio(ratio, low, high, np.where(np.isnan(ratio), np.nan, np.fmax(p, np.fmin(exact, 1.0))), rate, rest)


def two_proportions(
    k1: ArrayLike, n1: ArrayLike, k0: ArrayLike, n0: ArrayLike, confidence: float = CONFIDENCE
) -> Difference:
    """Difference of the shares ``k1/n1`` and ``k0/n0`` with Newcombe's hybrid score interval.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873–890, method 10.

    >>> d = two_proportions(56, 70, 48, 80)  # example (a) of the paper
    >>> print(f"{d.value:.4f} {d.low:.4f} {d.high:.4f}")
    0.2000 0.0524 0.3339
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    k1, n1, k0, n0 = (x.copy() for x in np.broadcast_arrays(*(np.asarray(x, float) for x in (k1, n1, k0, n0))))
    n1, n0 = np.where(n1 > 0, n1, np.nan), np.where(n0 > 0, n0, np.nan)
    low, high = confint_proportions_2indep(k1, n1, k0, n0, compare="diff", method="newcomb", alpha=1 - confidence)
    return Difference(k1 / n1 - k0 / n0, low, high, proportions_p(k1, n1, k0, n0))


def proportions_p(k1: ArrayLike, n1: ArrayLike, k0: ArrayLike, n0: ArrayLike) -> np.ndarray:
    """Two-sided p-value of equal shares: Fisher's exact test, or Pearson's χ² for large counts (`EXACT_BELOW`).

    Own code, because families have thousands of tables: on 10,000 of them Fisher's test is seventy times as fast as a
    loop over `scipy.stats.fisher_exact`, and χ² eight hundred times as fast as one over
    `scipy.stats.chi2_contingency` (measured November 2026).
    """
    k1, n1, k0, n0 = np.broadcast_arrays(*(np.asarray(x, float) for x in (k1, n1, k0, n0)))
    hits, total = k1 + k0, n1 + n0
    expected = np.minimum(hits, total - hits) * np.minimum(n1, n0) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2 = total * (k1 * (n0 - k0) - k0 * (n1 - k1)) ** 2 / (n1 * n0 * hits * (total - hits))
    p = scipy.special.chdtrc(1, chi2)
    exact = np.isfinite(total) & (n1 > 0) & (n0 > 0) & ~(expected >= EXACT_BELOW)
    p = np.where(exact, 1.0, np.where((n1 > 0) & (n0 > 0), p, np.nan))
    tested = exact & (expected > 0)
    if tested.any():
        cells = [x[tested].astype(np.int64) for x in (k1, n1, k0, n0)]
        parts = range(0, len(cells[0]), AT_ONCE)
        p[tested] = np.concatenate([_fisher(*(x[i : i + AT_ONCE] for x in cells)) for i in parts])
    return p if p.ndim else p[()]


def exact_binomial_p(k: ArrayLike, n: ArrayLike, share: ArrayLike) -> np.ndarray:
    """Two-sided exact binomial p-value of ``k`` out of ``n`` against a share known beforehand.

    A share of 0 or 1, or an empty base, cannot be tested and gives NaN.
    """
    k, n, share = np.broadcast_arrays(*(np.asarray(x, float) for x in (k, n, share)))
    p = np.full(k.shape, np.nan)
    for at in np.argwhere((n > 0) & (share > 0) & (share < 1)):
        i = tuple(at)
        p[i] = scipy.stats.binomtest(int(k[i]), int(n[i]), float(share[i])).pvalue
    return p if p.ndim else p[()]


def cohens_h(p1: ArrayLike, p0: ArrayLike) -> np.ndarray:
    """Cohen's h of two shares: 0.2 is small, 0.5 medium, 0.8 large; from −π to π.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 6.2.

    >>> print(f"{cohens_h(0.65, 0.45):.3f}")
    0.405
    """
    from statsmodels.stats.proportion import proportion_effectsize

    return proportion_effectsize(np.asarray(p1, float), np.asarray(p0, float))


def _check_counts(k: np.ndarray, n: np.ndarray) -> None:
    if np.any((k < 0) | (k > n)):
        raise ValueError("a count must lie between 0 and its base")


def _fisher(k1: np.ndarray, n1: np.ndarray, k0: np.ndarray, n0: np.ndarray) -> np.ndarray:
    """Total probability of the tables at most as likely as the one seen (R's tolerance for ties), all at once."""
    hits = k1 + k0
    first = np.maximum(0, hits - n0)
    size = np.minimum(hits, n1) - first + 1
    start = size.cumsum() - size
    table = np.repeat(np.arange(len(size)), size)
    x = np.arange(size.sum()) - (start - first)[table]
    n1, n0, hits = n1[table], n0[table], hits[table]
    # log of C(n1, x) · C(n0, hits − x), up to a constant that cancels.
    log_pmf = -sum(scipy.special.gammaln(c + 1.0) for c in (x, n1 - x, hits - x, n0 - hits + x))
    pmf = np.exp(log_pmf - np.maximum.reduceat(log_pmf, start)[table])
    as_unlikely = pmf <= pmf[start + k1 - first][table] * (1 + 1e-7)
    return np.minimum(np.add.reduceat(pmf * as_unlikely, start) / np.add.reduceat(pmf, start), 1.0)
