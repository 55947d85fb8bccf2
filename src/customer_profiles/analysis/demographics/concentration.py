"""What customers are worth: totals that must add up, and how concentrated the spend is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import scipy

from ...errors import ProfileError
from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import ONE_MARGIN, OVERLAPPING, Result
from ...stats.claims import Claims, shown
from ...stats.intervals import CONFIDENCE, Estimate, tells

TOP_SHARES = (0.01, 0.05, 0.10, 0.20)  # the best 1, 5, 10 and 20 % of the buyers
TOLERANCE = 1e-9  # sums of the same amounts in another order differ by rounding only
BCA_MOST = 2000  # buyers up to which intervals are corrected for skewness (BCa), which takes time with their square
RESAMPLES = 2000  # Efron & Tibshirani (1993), chapter 13, ask for at least 1,000 for a 95 % interval
BATCH = 50  # resamples drawn at a time: of 100,000 customers 40 MB
FEW_RESAMPLES = 200  # of more buyers: what is left of chance is small beside the interval
UNKNOWN = (math.nan, math.nan)
MIN_TOP = 30  # buyers in the best part below which the share of a handful has no interval


def totals(profile: pd.DataFrame) -> dict[str, float]:
    """Key figures of the whole base.

    Returns
    -------
    dict
        ``customers``, ``buyers`` (at least one order), and, where the profile has orders, ``orders``, ``spend``,
        ``basket_value`` (spend per order) and ``spend_per_buyer``.
    """
    figures: dict[str, float] = {"customers": len(profile)}
    if not available(profile):
        return figures
    orders, spend = int(profile["orders"].sum()), math.fsum(profile["spend"].fillna(0))
    buyers = int(profile["orders"].gt(0).sum())
    return figures | {
        "buyers": buyers,
        "orders": orders,
        "spend": spend,
        "basket_value": spend / orders if orders else math.nan,
        "spend_per_buyer": spend / buyers if buyers else math.nan,
    }


def by_segment(profile: pd.DataFrame, segment: pd.Series) -> Result:
    """Key figures of each segment, reconciled with those of the whole base.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    segment : Series
        Segment of each customer, in the same order; all missing where there are no segments.

    Returns
    -------
    Result
        ``segment, n, base, share`` and, where known, ``orders, spend, spend_share, basket_value, spend_per_customer``.

    Raises
    ------
    ProfileError
        If the segments do not add up to the whole: a customer without segment, or counted twice.
    """
    title = Text(N_("Segments add up to all customers and all sales"))
    if segment.isna().all():
        return Result("reconciled", pd.DataFrame(columns=["segment", "n", "base", "share"]), title, ONE_MARGIN)
    grouped = profile.groupby(np.asarray(segment), sort=True)
    table = grouped.size().rename("n").rename_axis("segment").reset_index()
    table["base"] = len(profile)
    table["share"] = table["n"] / table["base"]
    if available(profile):
        table["orders"] = grouped["orders"].sum().to_numpy()
        table["spend"] = grouped["spend"].sum().to_numpy()
        table["spend_share"] = table["spend"] / table["spend"].sum() if table["spend"].sum() else math.nan
        table["basket_value"] = table["spend"] / table["orders"].where(table["orders"] > 0)
        table["spend_per_customer"] = table["spend"] / table["n"]
    reconcile(table, totals(profile))
    return Result("reconciled", table, title, ONE_MARGIN)


def reconcile(parts: pd.DataFrame, whole: dict[str, float]) -> None:
    """Check that the parts add up to the whole.

    Parameters
    ----------
    parts : DataFrame
        One row per part with ``n`` and, if they are to be checked, ``orders`` and ``spend``.
    whole : dict
        As `totals` returns it, or the same figures counted from the source.

    Raises
    ------
    ProfileError
        Names the figure and both sums.
    """
    for column, figure in (("n", "customers"), ("orders", "orders"), ("spend", "spend")):
        if column not in parts or figure not in whole:
            continue
        total = math.fsum(parts[column])
        if abs(total - whole[figure]) > TOLERANCE * max(1.0, abs(whole[figure])):
            raise ProfileError(f"{figure}: the parts add up to {total:.6g}, the whole is {whole[figure]:.6g}")


def concentration(profile: pd.DataFrame, seed: int = 1) -> Result:
    """How much of the spend the best buyers account for.

    Returns
    -------
    Result
        ``top`` (fraction of the buyers), ``n`` (buyers in it, rounded up), ``base`` (buyers), ``spend_share`` with
        ``spend_share_low, spend_share_high`` (bootstrap over customers, BCa; missing where it cannot be told, for fewer
        than `MIN_TOP` buyers or too heavy a tail, see `intervals.tells`).
    """
    title, columns = Text(N_("Share of sales of the best buyers")), ["top", "n", "base", "spend_share"]
    if not available(profile):
        return Result("concentration", pd.DataFrame(columns=columns), title, OVERLAPPING, needs="transactions")
    spend = np.sort(_spend(profile))[::-1]
    n = len(spend)
    counts = [math.ceil(round(top * n, 9)) for top in TOP_SHARES]
    told = [_ends(spend, partial(_top, count=k), seed) if k >= MIN_TOP else UNKNOWN for k in counts]
    low, high = np.array(told).T
    table = pd.DataFrame(
        {
            "top": TOP_SHARES,
            "n": counts,
            "base": n,
            "spend_share": _shares(spend, counts),
            "spend_share_low": low,
            "spend_share_high": high,
        }
    )
    return Result("concentration", table, title, OVERLAPPING, claims=_best_tenth)


def gini(profile: pd.DataFrame, seed: int = 1) -> Estimate:
    """How unequally spend is spread over the buyers: 0 all spend the same, 1 one spends everything.

    Returns
    -------
    Estimate
        With bootstrap interval over customers (BCa); none where the tail is too heavy, see `intervals.tells`.

    References
    ----------
    Gini (1914); in the form 2 Σ i·x_i / (n Σ x) − (n + 1) / n of the amounts in ascending order.
    """
    spend = np.sort(_spend(profile))
    n = len(spend)
    if n == 0 or not spend.sum() > 0:
        return Estimate(math.nan, math.nan, math.nan)
    return Estimate(_gini(spend), *_ends(spend, lambda drawn: _gini(np.sort(drawn)), seed))


def _ends(spend: np.ndarray, statistic: Callable[[np.ndarray], float], seed: int) -> tuple[float, float]:
    """Ends of a bootstrap interval over buyers; none of few, of too heavy a tail, or where all spent the same."""
    if (spend > 0).sum() < MIN_TOP or spend.min() == spend.max() or not tells(spend):
        return UNKNOWN
    exact = len(spend) <= BCA_MOST
    resamples, method = (RESAMPLES, "BCa") if exact else (FEW_RESAMPLES, "percentile")
    found = scipy.stats.bootstrap(
        (spend,),
        statistic,
        method=method,
        n_resamples=resamples,
        confidence_level=CONFIDENCE,
        batch=BATCH,
        vectorized=False,
        rng=np.random.default_rng(seed),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _top(spend: np.ndarray, count: int) -> float:
    """Share of the largest `count` amounts."""
    rest = len(spend) - count
    return float(np.partition(spend, rest)[rest:].sum() / spend.sum())


def lorenz(profile: pd.DataFrame, min_group: int = 10, parts: int = 20, seed: int = 1) -> Result:
    """Lorenz curve: the share of spend of the buyers who spend least, up to each share of buyers.

    Returns
    -------
    Result
        ``buyers_share`` in equal steps from 0 to 1 and ``spend_share``, with ``n`` buyers in each step; at most `parts`
        steps, and never fewer than `min_group` buyers in one.
    """
    title = Text(N_("Share of spend of the buyers, smallest first"))
    if not available(profile):
        columns = ["buyers_share", "spend_share", "n"]
        return Result("lorenz", pd.DataFrame(columns=columns), title, OVERLAPPING, needs="transactions")
    spend = np.sort(_spend(profile))
    n = len(spend)
    ends = np.round(np.linspace(0, n, max(1, min(parts, n // min_group)) + 1)).astype(int)
    running = np.concatenate([[0.0], np.cumsum(spend)])
    total = running[-1] if running[-1] > 0 else math.nan
    table = pd.DataFrame({"buyers_share": ends / max(n, 1), "spend_share": running[ends] / total})
    table = table.assign(n=np.diff(ends, prepend=0))
    about = Text(N_("Buyers in order of what they spent, of {n:count} customers."), {"n": len(profile)})
    return Result("lorenz", table, title, OVERLAPPING, lambda _: _inequality(profile, seed), about=about)


def available(profile: pd.DataFrame) -> bool:
    """Whether the profile knows orders and spend."""
    return {"orders", "spend"} <= set(profile.columns) and bool(profile["orders"].gt(0).any())


def limits(profile: pd.DataFrame) -> list[Limit]:
    """What is missing for the figures of worth."""
    return [] if available(profile) else [Limit(N_("What customers are worth"), needs=NEEDS["transactions"])]


UNSURE = N_(
    "The best {top:share} of buyers (n = {n:count}) account for {share:share} of spend. How far that may be "
    "off cannot be told: too few buyers decide."
)
BEST_TENTH = Claims(
    "value",
    N_(
        "The best {top:share} of buyers (n = {n:count}) account for {share:share} of spend ({low:share} to "
        "{high:share})."
    ),
    {"share": "spend_share"},
    test=N_("bootstrap over customers"),
    estimate="spend_share",
    effect=lambda row: max(0.0, row.spend_share - row.top),
    kind="fact",
)


def _best_tenth(table: pd.DataFrame, top: float = 0.10) -> list[Finding]:
    """One sentence on concentration, read from the row of the best 10 % of buyers."""
    rows = shown(table[np.isclose(table["top"], top)]).dropna(subset="spend_share")
    unsure = replace(BEST_TENTH, message=UNSURE, estimate="", test="")
    return [
        replace((unsure if math.isnan(row.spend_share_low) else BEST_TENTH).one(row), id="value.concentration")
        for row in rows.itertuples()
    ]


HALVES = N_("The half of buyers who spend more account for {share:share} of spend (n = {n:count}).")


def _inequality(profile: pd.DataFrame, seed: int) -> list[Finding]:
    """How much of the spend the larger half of the buyers accounts for, and the Gini coefficient with its interval."""
    found = gini(profile, seed)
    if math.isnan(found.value):
        return []
    spend = np.sort(_spend(profile))
    half = len(spend) // 2
    message = N_(
        "The half of buyers who spend more account for {share:share} of spend (n = {n:count}). The Gini coefficient is "
        "{gini:ratio} ({low:ratio} to {high:ratio}), where 0 means that all spend the same and 1 that one spends all."
    )
    values = {"share": float(spend[half:].sum() / spend.sum()), "n": len(spend)}
    if math.isnan(found.low):
        return [Finding(HALVES, values, id="value.gini", n=len(spend))]
    return [
        Finding(
            message,
            values | {"gini": found.value, "low": found.low, "high": found.high},
            id="value.gini",
            n=len(spend),
            interval=(found.low, found.high),
            test=N_("bootstrap over customers"),
        )
    ]


def _spend(profile: pd.DataFrame) -> np.ndarray:
    """Amounts of the buyers; what was given back beyond what was bought counts as nothing."""
    return profile.loc[profile["orders"].gt(0), "spend"].clip(lower=0).to_numpy(dtype=float)


def _gini(ascending: np.ndarray) -> float:
    n, total = len(ascending), ascending.sum()
    return float(2 * (np.arange(1, n + 1) * ascending).sum() / (n * total) - (n + 1) / n) if total > 0 else math.nan


def _shares(spend: np.ndarray, counts: list[int]) -> np.ndarray:
    """Share of the first `counts` of amounts sorted from the largest; nan where nothing was spent."""
    running = np.cumsum(spend)
    return running[np.array(counts) - 1] / running[-1] if running[-1] > 0 else np.full(len(counts), math.nan)
