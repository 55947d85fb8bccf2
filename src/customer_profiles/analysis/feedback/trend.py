"""How scores and themes move from month to month, and whether a movement is more than the usual ups and downs."""

from __future__ import annotations

import pandas as pd

from ...messages import N_, Finding
from ...stats.comparisons import adjust, family_size
from ...stats.intervals import add_shares
from .metrics import ESTIMATES, METRICS, answers, summarise

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


def score_trend(feedback: pd.DataFrame, min_answers: int = MIN_PER_MONTH) -> pd.DataFrame:
    """Each score by month; a customer's last answer of the month counts.

    Parameters
    ----------
    feedback : DataFrame
        As in `metrics.answers`.
    min_answers : int
        Months with fewer answers are listed without a score.

    Returns
    -------
    DataFrame
        ``month, metric, n`` and the estimates of `metrics.summarise`, for every month from the metric's first
        to its last answer, in order.
    """
    every = answers(feedback)
    every = every.assign(month=months(every["at"]))
    named = every["customer_no"].notna()
    repeated = every.loc[named].duplicated(["metric", "month", "customer_no"], keep="last")
    table = summarise(every.loc[~(repeated.reindex(every.index, fill_value=False))], ["metric", "month"], min_answers)
    table = table[["month", "metric", "n", *ESTIMATES]]
    parts = [_every_month(table.loc[table["metric"] == name].drop(columns="metric"), metric=name) for name in METRICS]
    parts = [part for part in parts if not part.empty]
    return pd.concat(parts, ignore_index=True)[table.columns] if parts else table


def main_metric(trend: pd.DataFrame) -> str:
    """The score with the most answers, from `score_trend`; of equals the first in the order of `METRICS`."""
    totals = trend.groupby("metric")["n"].sum()
    return min(totals.index, key=lambda name: (-totals[name], list(METRICS).index(name)))


def main_measure(trend: pd.DataFrame) -> str:
    """Column that shows the main score: points for NPS, else the average."""
    return "nps" if main_metric(trend) == "nps" else "mean"


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
        ``month``, the column `by` that names the series, and the number `value`; missing months are left out.
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
    each other; a slow swing of a few months can pass for a trend.
    """
    from scipy import stats

    rows = []
    for name, series in table.dropna(subset=[value]).groupby(by, sort=True):
        when = series["month"].dt.year * 12 + series["month"].dt.month
        row = {by: name, "n": len(series)}
        if len(series) >= MIN_MONTHS and series[value].nunique() > 1:
            tau = stats.kendalltau(when, series[value])
            slope = stats.theilslopes(series[value], when)
            row |= {"tau": tau.statistic, "p": tau.pvalue, "slope": slope.slope}
            row |= {"slope_low": slope.low_slope, "slope_high": slope.high_slope}
        rows.append(row)
    result = pd.DataFrame(rows, columns=[by, "n", "tau", "p", "slope", "slope_low", "slope_high"])
    result = adjust(result.astype(dict.fromkeys(["tau", "p", "slope", "slope_low", "slope_high"], float)))
    family = result.attrs["family"]
    result = result[[by, *_DRIFT]]
    result.attrs["family"] = family
    return result


def score_drift(trend: pd.DataFrame) -> pd.DataFrame:
    """Drift of each score's monthly mean, from `score_trend`."""
    return drift(trend, "metric", "mean")


def findings(drifts: pd.DataFrame, chapter: str = "04", n: int = 0) -> list[Finding]:
    """Scores that rise or fall over the whole period, or one finding that none does.

    Parameters
    ----------
    drifts : DataFrame
        From `score_drift`.
    n : int
        Answers behind the series.
    """
    up = N_(
        "{metric:label}: the average answer rises by {slope:number} a year ({low:number} to {high:number}, "
        "{months:count} months)."
    )
    down = N_(
        "{metric:label}: the average answer falls by {slope:number} a year ({low:number} to {high:number}, "
        "{months:count} months)."
    )
    none = N_("No score rises or falls over the whole period: {family:count} tested, none by more than chance.")
    scale = {name: metric.high - metric.low for name, metric in METRICS.items()}
    return _findings(drifts, "metric", (up, down, none), chapter, "score_trend", n, scale, factor=12)


def theme_findings(drifts: pd.DataFrame, chapter: str = "03", n: int = 0) -> list[Finding]:
    """Themes that come up ever more or less often, from `drift` of `theme_volumes` by theme."""
    up = N_(
        "“{theme:label}” comes up more and more: its share goes up by {slope:share} of all texts a year "
        "({low:share} to {high:share}, {months:count} months)."
    )
    down = N_(
        "“{theme:label}” comes up less and less: its share goes down by {slope:share} of all texts a year "
        "({low:share} to {high:share}, {months:count} months)."
    )
    none = N_("No theme becomes more or less frequent: {family:count} tested, none by more than chance.")
    return _findings(drifts, "theme", (up, down, none), chapter, "theme_volumes", n, {}, factor=12)


def _findings(
    drifts: pd.DataFrame,
    by: str,
    messages: tuple[str, str, str],
    chapter: str,
    table: str,
    n: int,
    scale: dict[str, float],
    factor: int,
) -> list[Finding]:
    up, down, none = messages
    family = family_size(drifts)
    evidence = {"n": n, "table": table, "test": "Mann–Kendall test, Theil–Sen slope", "family": family}
    claims = drifts.loc[drifts["claim"].astype(bool)]
    if claims.empty:
        nothing = Finding(none, {"family": family}, id=f"{chapter}.{table}.nothing", kind="nothing", **evidence)
        return [nothing] if family else []
    found = []
    for row in claims.itertuples():
        name, rises = getattr(row, by), row.slope > 0
        ends = sorted(factor * (end if rises else -end) for end in (float(row.slope_low), float(row.slope_high)))
        values = {
            by: name,
            "slope": factor * abs(float(row.slope)),
            "low": ends[0],
            "high": ends[1],
            "months": int(row.n),
        }
        found.append(
            Finding(
                up if rises else down,
                values,
                id=f"{chapter}.{table}.{name}",
                interval=(ends[0], ends[1]),
                p_adjusted=float(row.p_adjusted),
                effect=min(values["slope"] / scale.get(name, 1.0), 1.0),
                reach=n,
                kind="difference",
                **evidence,
            )
        )
    return found


def _every_month(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    if table.empty:
        return table
    span = pd.date_range(table["month"].min(), table["month"].max(), freq="MS", name="month")
    full = table.set_index("month").reindex(span).reset_index()
    full["n"] = full["n"].fillna(0).astype(int)
    return full.assign(metric=metric, month=full["month"].astype(table["month"].dtype))
