"""How scores and themes move from month to month, and whether a movement is more than the usual ups and downs."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import corrected, family_size
from ...stats.effect_sizes import from_tau
from ...stats.intervals import add_shares
from ...stats.ratios import error_of
from .metrics import ESTIMATES, METRICS, summarise

MIN_PER_MONTH = 10
"""Answers below which a month has no score: NPS intervals keep their promise from 10 on (Rocks 2016)."""

MIN_MONTHS = 10
"""Months below which no trend is tested: Gilbert (1987), Statistical Methods for Environmental Pollution
Monitoring, section 16.4, gives the Mann–Kendall test for more than 10 or exact tables below; shorter series
cannot tell a trend from half a season."""

_DRIFT = ["n", "tau", "slope", "slope_low", "slope_high", "p", "p_adjusted", "claim"]


def months(at: pd.Series, period: str = "M") -> pd.Series:
    """First day of the month of each time, or of the quarter (``"Q"``)."""
    return at.dt.to_period(period).dt.to_timestamp()


def score_trend(answers: pd.DataFrame, min_answers: int = MIN_PER_MONTH) -> Result:
    """Each score by month.

    Parameters
    ----------
    answers : DataFrame
        The last answer of each customer in each ``month``, its first day; see `metrics.latest`.
    min_answers : int
        Months with fewer answers are listed without a score.

    Returns
    -------
    Result
        ``month, metric, n`` and the estimates of `metrics.summarise`, for every month from the metric's first
        to its last answer, in order. What is claimed is the `drift` of the monthly mean, one family over all scores.
    """
    table = summarise(answers, ["metric", "month"], min_answers)[["month", "metric", "n", *ESTIMATES]]
    parts = [_every_month(table.loc[table["metric"] == name].drop(columns="metric"), metric=name) for name in METRICS]
    parts = [part for part in parts if not part.empty]
    table = pd.concat(parts, ignore_index=True)[table.columns] if parts else table
    of_persons = {name: steady(part, part["score"]) for name, part in answers.groupby("metric")}
    drifts = drift(table.assign(p_of_persons=table["metric"].map(of_persons)), "metric", "mean")
    family = family_size(drifts)
    return Result(
        "score_trend",
        table,
        Text(N_("Every score by month")),
        OVERLAPPING,
        claims=partial(_claims, drifts=drifts, family=family, answers=len(answers)),
        family=family,
        about=Text(N_("{n:count} answers; a customer's last one of the month counts."), {"n": len(answers)}),
        needs="feedback",
    )


def measure(metric: str) -> str:
    """Column that shows a score: points for NPS, else the average."""
    return "nps" if metric == "nps" else "mean"


def theme_volumes(items: pd.DataFrame, period: str = "M") -> pd.DataFrame:
    """How often each theme comes up, by month or quarter.

    Parameters
    ----------
    items : DataFrame
        ``at, theme``: one row per ticket or comment and theme; ``row`` names the ticket where it has several.
    period : {"M", "Q"}
        Month or quarter; a quarter is named by its first month.

    Returns
    -------
    DataFrame
        ``month, theme, n, base, share, share_low, share_high``: items with the theme out of all items of the
        month, for every theme and month, zeros included.
    """
    columns = ["month", "theme", "n", "base", "share", "share_low", "share_high"]
    if items.empty:
        return pd.DataFrame(columns=columns)
    items = items.assign(month=months(items["at"], period))
    ids = "row" if "row" in items else None
    base = items.groupby("month")[ids].nunique() if ids else items["month"].value_counts()
    span = pd.date_range(items["month"].min(), items["month"].max(), freq=f"{period}S", name="month")
    counts = pd.crosstab(items["month"], items["theme"]).reindex(span, fill_value=0)
    table = counts.stack().rename("n").reset_index()
    table["base"] = table["month"].map(base).fillna(0).astype(int)
    table = add_shares(table).sort_values(["theme", "month"], ignore_index=True)
    return table[columns]


def drift(table: pd.DataFrame, by: str, value: str) -> pd.DataFrame:
    """Does a monthly series go up or down over its whole length?

    Parameters
    ----------
    table : DataFrame
        ``month``, the column `by` that names the series, and the number `value`; missing months are left out. If it has
        ``p_of_persons``, from `steady`, no p-value of the series is smaller.
    by, value : str
        For example ``theme`` and ``share``, or ``metric`` and ``mean``.

    Returns
    -------
    DataFrame
        ``<by>, n`` (months), ``tau, slope`` (per month) with 95 % interval, ``p, p_adjusted, claim``:
        Mann–Kendall test and Theil–Sen slope; one family over all series.

    References
    ----------
    Mann (1945), Econometrica 13:245–259; Sen (1968), JASA 63:1379–1389. Both assume months that do not depend on
    each other; a slow swing of a few months can pass for a trend, and so can customers who come one after the other,
    each at a level of their own, unless `steady` is asked, too.
    """
    from scipy import stats

    rows = []
    for name, series in table.dropna(subset=[value]).groupby(by, sort=True):
        when = _number(series["month"])
        row = {by: name, "n": len(series)}
        if len(series) >= MIN_MONTHS and series[value].nunique() > 1:
            tau = stats.kendalltau(when, series[value])
            slope = stats.theilslopes(series[value], when)
            at_least = series["p_of_persons"].iloc[0] if "p_of_persons" in series else 0.0
            row |= {"tau": tau.statistic, "p": np.fmax(tau.pvalue, at_least), "slope": slope.slope}
            row |= {"slope_low": slope.low_slope, "slope_high": slope.high_slope}
        rows.append(row)
    result = corrected(rows, [by, *_DRIFT])[0]
    return result.astype(dict.fromkeys(["tau", "slope", "slope_low", "slope_high"], float))


def steady(cases: pd.DataFrame, values: ArrayLike = 1.0, base: pd.DataFrame | None = None) -> float:
    """p-value of "no drift" with each customer as one draw: whose months are alike, says it once.

    Parameters
    ----------
    cases : DataFrame
        ``customer_no`` (missing: everybody another one)``, month``.
    values : array_like
        Of each case.
    base : DataFrame, optional
        ``customer_no, month``: what the values are a mean of; default the cases.

    Notes
    -----
    Score test of the slope in a linear regression on the month, with errors clustered by customer.
    """
    from scipy.special import ndtr

    def moments(rows: pd.DataFrame, weight: ArrayLike) -> pd.Series:
        who = rows["customer_no"].to_numpy(float, na_value=np.nan)
        who = np.where(np.isnan(who), -1.0 - np.arange(len(rows)), who)
        return (weight * (_number(rows["month"]) - middle)).groupby(who).sum()

    base = cases if base is None else base
    values = np.broadcast_to(np.asarray(values, float), len(cases))
    middle = _number(base["month"]).mean()
    each = moments(cases, values).sub(values.sum() / max(len(base), 1) * moments(base, 1.0), fill_value=0)
    error = error_of(each)
    return float(2 * ndtr(-abs(each.sum()) / error)) if error > 0 else float("nan")


def _number(month: pd.Series) -> pd.Series:
    return month.dt.year * 12 + month.dt.month


def _claims(_: pd.DataFrame, drifts: pd.DataFrame, family: int, answers: int) -> list[Finding]:
    """Scores that rise or fall over the whole period, or that none does; told by the year.

    A trend is that of all months together, so that no month is too small for it to be told.
    """
    a_year = {name: 12 * drifts[name] for name in ("slope", "slope_low", "slope_high")}
    return DRIFT.tell(drifts.assign(**a_year, answers=answers), family)


_RISES = N_(
    "{metric:label}: the average answer rises by {slope:number} a year ({low:number} to {high:number}, "
    "{months:count} months)."
)
_FALLS = N_(
    "{metric:label}: the average answer falls by {slope:number} a year ({low:number} to {high:number}, "
    "{months:count} months)."
)
DRIFT = Claims(
    "score_trend",
    lambda row: _RISES if row.slope > 0 else _FALLS,
    {"months": "n"},
    sized="slope",
    key=("metric",),
    nothing=N_(
        "No score rises or falls steadily over the whole period: {family:count} tested, none by more than chance."
    ),
    test=N_("Mann–Kendall test and slope clustered by customer, Theil–Sen slope"),
    estimate="slope",
    n="answers",
    reach="answers",
    effect=lambda row: from_tau(row.tau),
)


def _every_month(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    if table.empty:
        return table
    span = pd.date_range(table["month"].min(), table["month"].max(), freq="MS", name="month")
    full = table.set_index("month").reindex(span).reset_index()
    full["n"] = full["n"].fillna(0).astype(int)
    return full.assign(metric=metric, month=full["month"].astype(table["month"].dtype))
