"""The answers behind NPS, CSAT, CES, stars and other ratings, brought to one scale.

What each score means is in `score_kinds`, how its scale and direction are told in `metric_definitions`. Customers who
answer several times count once, with their latest answer, wherever a score is compared: answers of one person resemble
each other, and counting them all would make every interval too narrow.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ...messages import N_, Text
from ...results import Result
from ...stats.intervals import add_shares, nps, nps_interval, t_interval
from .metric_definitions import WORST_BEST, read_as
from .score_kinds import METRICS, Metric

__all__ = ["ESTIMATES", "METRICS", "Metric", "answers", "first_claimed", "latest", "main", "only", "summarise"]

ESTIMATES = ["nps", "nps_low", "nps_high", "mean", "mean_low", "mean_high", "share", "share_low", "share_high"]


def answers(feedback: pd.DataFrame) -> pd.DataFrame:
    """Scored answers on the usual scale of their metric, oldest first.

    Parameters
    ----------
    feedback : DataFrame
        ``customer_no, at, metric, score`` and optionally ``scale``: the best answer of the scale (5, 7, 10), or
        text that names the worst and the best answer ("1-5"; "7-1" where 1 is best); missing: the usual scale;
        ``direction`` ("high is good", "low is good") and ``source``, see `metric_definitions.readings`.

    Returns
    -------
    DataFrame
        ``row`` (index of `feedback`)``, customer_no, at, metric, score, good, poor``; rows without a score or with
        metric "none" are left out.

    Raises
    ------
    InputRejected
        If scores lie outside their scale, an NPS question was not asked from 0 to 10, or a declared direction
        contradicts the other scores of the same customers.
    """
    known = feedback.loc[feedback["metric"].isin(list(METRICS)) & feedback["score"].notna()]
    table = _on_usual_scale(known).sort_values("at", kind="stable").reset_index(names="row")
    for side, at in (("good", np.greater_equal), ("poor", np.less_equal)):
        limits = table["metric"].map({name: getattr(metric, side) for name, metric in METRICS.items()})
        # Stretched scores carry rounding noise; thresholds are compared after removing it.
        table[side] = at(table["score"].round(9).to_numpy(float), limits.to_numpy(float))
    return table


def latest(answers: pd.DataFrame, per: str | None = None) -> pd.DataFrame:
    """The last answer of each customer to each metric; anonymous answers all stay.

    Parameters
    ----------
    answers : DataFrame
        From `answers`.
    per : str, optional
        Column with the time in which one answer counts, such as a month.
    """
    again = answers.duplicated(["metric", "customer_no", *([per] if per else [])], keep="last")
    return answers.loc[answers["customer_no"].isna() | ~again]


def main(answers: pd.DataFrame) -> str:
    """The metric with the most answers, of equals the first in the order of `METRICS`; "" where there are none."""
    counts = answers["metric"].value_counts()
    return min(counts.index, key=lambda name: (-counts[name], list(METRICS).index(name)), default="")


def first_claimed(table: pd.DataFrame, otherwise: str) -> str:
    """Metric of the first established row of a table, else another: the one that a chart had better show."""
    return str(next(iter(table.loc[table["claim"].astype(bool), "metric"]), otherwise))


def only(result: Result, metric: str) -> Result:
    """A result of several metrics of which a chart shows one, and says which; the evidence keeps all.

    Parameters
    ----------
    result : Result
        With the column ``metric``.
    metric : str
        Which to draw.
    """
    about = Text(N_("Shown: {metric:label}."), {"metric": metric})
    if result.about:
        about = Text(N_("Shown: {metric:label}. {about:label}"), {"metric": metric, "about": result.about})
    return replace(result.where(metric=metric), about=about)


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


def _on_usual_scale(known: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame({name: known[name] for name in ("customer_no", "at", "metric")})
    ends = read_as(known)[list(WORST_BEST)].to_numpy(float)
    metrics = [METRICS[name] for name in known["metric"]]
    low, high = (np.array([getattr(metric, end) for metric in metrics], float) for end in ("low", "high"))
    score = known["score"].to_numpy(float)
    # Answers on the usual scale stay as they are, to the last digit.
    same = (ends[:, 0] == low) & (ends[:, 1] == high) if len(known) else np.zeros(0, bool)
    stretched = low + (score - ends[:, 0]) / (ends[:, 1] - ends[:, 0]) * (high - low) if len(known) else score
    table["score"] = np.where(same, score, stretched)
    outside = (table["score"] < low - 1e-9) | (table["score"] > high + 1e-9)
    if outside.any():
        counts = table.loc[outside, "metric"].value_counts()
        name = str(counts.index[0])
        raise InputRejected(
            f"feedback: {int(counts.iloc[0])} {name} scores lie outside their scale; declare the right one in `scale`, "
            'as text from the worst to the best answer ("1-5"; "5-1" where 1 is best)'
        )
    return table
