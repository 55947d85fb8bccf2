"""What NPS, CSAT, CES and stars mean, and the answers behind them brought to one scale.

Customers who answer several times count once, with their latest answer, wherever a score is compared: answers of
one person resemble each other, and counting them all would make every interval too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import InputRejected
from ..messages import N_
from .intervals import add_shares, nps, nps_interval, t_interval


@dataclass(frozen=True)
class Metric:
    """Definition of a score.

    Parameters
    ----------
    low, high : float
        Ends of its usual scale; answers on another scale are stretched to it. More is better.
    good, poor : float
        From `good` on an answer counts as good, up to `poor` as poor.
    names : tuple of str
        What a good, a middle and a poor answer make of a customer.
    source : str
        Where the definition comes from.
    """

    low: float
    high: float
    good: float
    poor: float
    names: tuple[str, str, str]
    source: str


_SATISFACTION = (N_("satisfied"), N_("neutral"), N_("dissatisfied"))
METRICS = {
    "nps": Metric(
        0,
        10,
        good=9,
        poor=6,
        names=(N_("promoter"), N_("passive"), N_("detractor")),
        source="Reichheld (2003), The One Number You Need to Grow, Harvard Business Review 81(12):46–54",
    ),
    "csat": Metric(
        1,
        5,
        good=4,
        poor=2,
        names=_SATISFACTION,
        source="top two of five boxes: Farris et al. (2010), Marketing Metrics, 2nd ed., ch. 2",
    ),
    "ces": Metric(
        1,
        7,
        good=5,
        poor=3,
        names=_SATISFACTION,
        source="version 2.0, 7 = strongly agree that it was easy: Dixon, Toman & DeLisi (2013), "
        "The Effortless Experience",
    ),
    "stars": Metric(1, 5, good=4, poor=2, names=_SATISFACTION, source="four and five of five stars, as for csat"),
}

ESTIMATES = ["nps", "nps_low", "nps_high", "mean", "mean_low", "mean_high", "share", "share_low", "share_high"]


def answers(feedback: pd.DataFrame) -> pd.DataFrame:
    """Scored answers on the usual scale of their metric, oldest first.

    Parameters
    ----------
    feedback : DataFrame
        ``customer_no, at, metric, score`` and optionally ``scale``: the best answer of the scale (5, 7, 10), or
        text that names the worst and the best answer ("1-5"; "7-1" where 1 is best); missing: the usual scale.

    Returns
    -------
    DataFrame
        ``customer_no, at, metric, score, good, poor``; rows without a score or with metric "none" are left out.

    Raises
    ------
    InputRejected
        If scores lie outside their scale, or an NPS question was not asked from 0 to 10.
    """
    known = feedback.loc[feedback["metric"].isin(list(METRICS)) & feedback["score"].notna()]
    parts = [_on_usual_scale(known.loc[known["metric"] == name], name) for name in METRICS]
    table = pd.concat(parts).sort_index().sort_values("at", kind="stable", ignore_index=True)
    for side, at in (("good", np.greater_equal), ("poor", np.less_equal)):
        limits = table["metric"].map({name: getattr(metric, side) for name, metric in METRICS.items()})
        # Stretched scores carry rounding noise; thresholds are compared after removing it.
        table[side] = at(table["score"].round(9).to_numpy(float), limits.to_numpy(float))
    return table


def latest(answers: pd.DataFrame) -> pd.DataFrame:
    """The last answer of each customer to each metric; anonymous answers all stay."""
    named = answers["customer_no"].notna()
    return answers.loc[~named | ~answers.loc[named].duplicated(["metric", "customer_no"], keep="last")]


def summarise(answers: pd.DataFrame, by: list[str], min_answers: int = 1) -> pd.DataFrame:
    """Scores with intervals of each group of answers.

    Parameters
    ----------
    answers : DataFrame
        From `answers` or `latest`, with the columns `by`.
    by : list of str
        Grouping columns; must contain ``metric``.
    min_answers : int
        Groups with fewer answers get no estimate.

    Returns
    -------
    DataFrame
        ``*by, n, nps, mean, share`` (each with ``_low`` and ``_high``; NPS in points, only for NPS; share of good
        answers), ``good, middle, poor`` (counts) and ``sd``.
    """
    groups = answers.groupby(by, sort=True, observed=True)
    table = groups.agg(
        n=("score", "size"), mean=("score", "mean"), sd=("score", "std"), good=("good", "sum"), poor=("poor", "sum")
    ).reset_index()
    table["middle"] = table["n"] - table["good"] - table["poor"]
    table["mean_low"], table["mean_high"] = t_interval(table["mean"], table["sd"], table["n"])
    boxes = [table[box].to_numpy(float) for box in ("good", "middle", "poor")]
    table["nps"], (table["nps_low"], table["nps_high"]) = nps(*boxes), nps_interval(*boxes)
    table = add_shares(table.assign(base=table["n"], count=table["good"]), n="count")
    table.loc[table["metric"] != "nps", ["nps", "nps_low", "nps_high"]] = np.nan
    table.loc[table["n"] < min_answers, ESTIMATES] = np.nan
    return table[[*by, "n", *ESTIMATES, "good", "middle", "poor", "sd"]]


def _on_usual_scale(part: pd.DataFrame, name: str) -> pd.DataFrame:
    metric, score = METRICS[name], part["score"].astype("float64")
    table = pd.DataFrame({"customer_no": part["customer_no"], "at": part["at"], "metric": name, "score": score})
    scales = part["scale"] if "scale" in part else pd.Series(np.nan, part.index)
    for scale in scales.dropna().unique():
        worst, best = _ends(scale, metric, name)
        rows = scales == scale
        table.loc[rows, "score"] = metric.low + (score[rows] - worst) / (best - worst) * (metric.high - metric.low)
    outside = (table["score"] < metric.low - 1e-9) | (table["score"] > metric.high + 1e-9)
    if outside.any():
        raise InputRejected(
            f"feedback: {int(outside.sum())} {name} scores lie outside their scale; declare the right one in `scale`, "
            'as text from the worst to the best answer ("1-5"; "5-1" where 1 is best)'
        )
    return table


def _ends(scale: object, metric: Metric, name: str) -> tuple[float, float]:
    """Worst and best answer of a declared scale; a single number is the best one."""
    try:
        parts = [float(part) for part in str(scale).replace("–", "-").replace("..", "-").split("-")]
        worst, best = parts if len(parts) == 2 else (metric.low, *parts)
    except (ValueError, TypeError):
        raise InputRejected(f'feedback: a {name} scale cannot be read; write it like "1-5"') from None
    if name == "nps" and (worst, best) != (0, 10):
        raise InputRejected(
            f"feedback: NPS is asked on a scale from 0 to 10, not from {worst:g} to {best:g}; map it to csat instead"
        )
    if worst == best:
        raise InputRejected(f"feedback: a {name} scale from {worst:g} to {best:g} holds one answer only")
    return worst, best
