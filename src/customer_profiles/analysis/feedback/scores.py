"""Scores that customers give, overall and by group, one answer per customer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims, fact, shown
from ...stats.comparisons import corrected
from ...stats.group_tests import nps_difference, welch
from ...stats.intervals import add_shares, nps
from ..demographics.categories import Orders, banded, order_of, values_of
from .metrics import ESTIMATES, METRICS, summarise

CLAIMS_SHOWN = 12
"""Sentences at most; the table holds the rest."""

BY_GROUP = [
    *("metric", "attribute", "value", "n", "base", *ESTIMATES, "n_rest", "nps_rest", "mean_rest"),
    *("difference", "difference_low", "difference_high", "p", "p_adjusted", "effect", "claim"),
]


def scores(latest: pd.DataFrame, answers: pd.Series, min_answers: int = 30) -> Result:
    """Each score over all customers, one answer per customer.

    Parameters
    ----------
    latest : DataFrame
        From `metrics.latest`.
    answers : Series
        Answers in all, by metric.
    min_answers : int
        Scores with fewer answers get no estimate.

    Returns
    -------
    Result
        ``metric, n`` (customers), ``answers`` (all answers), and the estimates of `metrics.summarise`.
    """
    table = _in_metric_order(summarise(latest, ["metric"], min_answers))
    table.insert(2, "answers", table["metric"].map(answers).astype(int))
    table = table.drop(columns=["good", "middle", "poor", "sd"])
    title, nameless = Text(N_("Scores of all customers")), set(latest.loc[latest["customer_no"].isna(), "metric"])
    return Result("scores", table, title, OVERLAPPING, claims=partial(_headlines, nameless=nameless), needs="feedback")


def boxes(latest: pd.DataFrame) -> Result:
    """Promoters, passives and detractors (satisfied, neutral, dissatisfied): the parts behind each score.

    Returns
    -------
    Result
        ``metric, value, n, base, share, share_low, share_high``, one answer per customer.
    """
    table = _in_metric_order(summarise(latest, ["metric"]))
    rows = [
        {"metric": row.metric, "value": name, "n": int(getattr(row, box)), "base": int(row.n)}
        for row in table.itertuples()
        for box, name in zip(("good", "middle", "poor"), METRICS[row.metric].names, strict=True)
    ]
    frame = add_shares(pd.DataFrame(rows, columns=["metric", "value", "n", "base"]).astype({"n": int, "base": int}))
    about = Text(N_("Shares of the latest answer of each customer; {n:count} in all."), {"n": len(latest)})
    title, rule = Text(N_("Behind each score")), Disclosure(within=("metric",))
    return Result("score_boxes", frame, title, rule, about=about, needs="feedback")


def scores_by_group(
    latest: pd.DataFrame,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    min_answers: int = 30,
    orders: Orders | None = None,
) -> Result:
    """Each score in each group of customers against all other customers who answered.

    Parameters
    ----------
    latest : DataFrame
        The latest answer of each customer; those of customers who have no profile do not count.
    profile : DataFrame
        ``customer_no`` and the attributes, which may have any name.
    attributes : iterable of str
        Columns of `profile`; numbers are banded.
    min_answers : int
        Answers that group and rest must both have.
    orders : mapping, optional
        Values of ordered attributes, from low to high.

    Returns
    -------
    Result
        ``metric, attribute, value, n, base``, the estimates of `metrics.summarise`, ``n_rest``, ``nps_rest``,
        ``mean_rest``, ``difference`` (of NPS in points, else of means) with interval, ``p, p_adjusted, effect,
        claim``. NPS: adjusted-Wald z test; others: Welch's t test; one family over all rows; effect: Cliff's δ.
    """
    attributes = list(attributes)
    traits = banded(profile, attributes).set_axis(profile["customer_no"])
    known = latest.loc[latest["customer_no"].isin(traits.index)]
    parts = []
    for metric in METRICS:
        answers = known.loc[known["metric"] == metric]
        of = traits.loc[answers["customer_no"].astype("int64")].set_axis(answers.index)
        parts += [_groups_of(answers, metric, of[name], min_answers, (orders or {}).get(name)) for name in attributes]
    table, family = corrected([part for part in parts if not part.empty], BY_GROUP, ["metric", "attribute"])
    rank = np.lexsort((np.arange(len(table)), -table["effect"].abs().fillna(-1).round(12), table["p"].isna()))
    return Result(
        "scores_by_group",
        table.iloc[rank].reset_index(drop=True),
        Text(N_("Scores of each group against the others")),
        Disclosure(within=("metric", "attribute")),
        claims=partial(_group_claims, family=family),
        family=family,
        about=Text(N_("The latest answers of {n:count} customers."), {"n": known["customer_no"].nunique()}),
        needs="feedback",
    )


def facts(latest: pd.DataFrame, answers: pd.DataFrame) -> dict[str, int | float]:
    """Answers and, for each score, customers and what their latest answers make of them."""
    found: dict[str, int | float] = {"answers": len(answers)}
    for row in _in_metric_order(summarise(latest, ["metric"])).itertuples():
        boxes = zip(METRICS[row.metric].names, (row.good, row.middle, row.poor), strict=True)
        found |= {"nps": float(row.nps)} if row.metric == "nps" else {}
        found |= {f"{row.metric}_customers": int(row.n)} | {f"{row.metric}_{name}": int(n) for name, n in boxes}
    return found


def limits(scores: Result, min_answers: int = 30) -> list[Limit]:
    """Scores that nobody collected, or that too few customers gave; from `scores`."""
    if scores.frame.empty:
        message = N_("Satisfaction cannot be measured: no source holds scores such as NPS or CSAT.")
        return [Limit(message, needs=NEEDS["feedback"])]
    message = N_("{metric:label} is not shown: only {n:count} customers answered, {needed:count} are needed.")
    few = scores.frame.loc[scores.frame["n"] < min_answers]
    return [
        Limit(message, {"metric": row.metric, "n": int(row.n), "needed": min_answers}, needs=NEEDS["feedback"])
        for row in few.itertuples()
    ]


def _headlines(table: pd.DataFrame, nameless: Collection[str] = ()) -> list[Finding]:
    """The headline of each score; of a metric that somebody unknown has answered, too, answers are counted."""
    rows = shown(table.dropna(subset=["mean"]))
    told = [NPS if metric == "nps" else MEAN for metric in rows["metric"]]
    told = [
        replace(one, message=_NAMELESS[one is NPS]) if metric in nameless else one
        for one, metric in zip(told, rows["metric"], strict=True)
    ]
    return [one.one(row) for one, row in zip(told, rows.itertuples(), strict=True)]


def _group_claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """Groups whose score differs from the others'; of two groups that mirror each other the first."""
    claims = table.loc[table["claim"].astype(bool)]
    if claims.empty:
        test = N_("adjusted-Wald z or Welch's t test, Benjamini–Hochberg")
        return replace(GROUP_MEAN, n="base", test=test).tell(table, family)
    pairs = claims.groupby(["metric", "attribute"])["n"].transform("sum") == claims["base"]
    told = shown(claims.loc[~(pairs & claims.duplicated(["metric", "attribute"]))]).head(CLAIMS_SHOWN)
    return [(GROUP_NPS if row.metric == "nps" else GROUP_MEAN).one(row, family) for row in told.itertuples()]


NPS = fact(
    "score",
    N_(
        "The Net Promoter Score is {nps:points} ({low:points} to {high:points}): the latest answers of "
        "{n:count} customers, out of {answers:count} answers."
    ),
    key=("metric",),
    test=N_("adjusted-Wald interval"),
    estimate="nps",
    n="n",
)
MEAN = fact(
    "score",
    N_(
        "{metric:label}: {mean:number} on average ({low:number} to {high:number}) on a scale from "
        "{worst:number} to {best:number}; {share:share} answer {good:number} or better. The latest answers of "
        "{n:count} customers, out of {answers:count} answers."
    ),
    {
        "worst": lambda row: METRICS[row.metric].low,
        "best": lambda row: METRICS[row.metric].high,
        "good": lambda row: METRICS[row.metric].good,
    },
    key=("metric",),
    test=N_("t interval"),
    estimate="mean",
    n="n",
)
_NAMELESS = {
    True: N_(
        "The Net Promoter Score is {nps:points} ({low:points} to {high:points}): {n:count} of {answers:count} answers, "
        "of each known customer the latest."
    ),
    False: N_(
        "{metric:label}: {mean:number} on average ({low:number} to {high:number}) on a scale from {worst:number} to "
        "{best:number}; {share:share} answer {good:number} or better. {n:count} of {answers:count} answers count, of "
        "each known customer the latest."
    ),
}
GROUP_NPS = Claims(
    "scores",
    N_(
        "{attribute/value:group}: Net Promoter Score {nps:points} ({low:points} to {high:points}, n = {n:count}) "
        "against {rest:points} of the other customers."
    ),
    {"rest": "nps_rest"},
    key=("metric", "attribute", "value"),
    test=N_("adjusted-Wald z test"),
    estimate="nps",
    n="n",
)
GROUP_MEAN = Claims(
    "scores",
    N_(
        "{attribute/value:group}: {metric:label} {mean:number} on average ({low:number} to {high:number}, n = "
        "{n:count}) against {rest:number} of the other customers."
    ),
    {"rest": "mean_rest"},
    key=("metric", "attribute", "value"),
    nothing=N_("No group scores differently: none of {family:count} comparisons differs by more than chance."),
    test=N_("Welch's t test"),
    estimate="mean",
    n="n",
)


def _groups_of(
    answers: pd.DataFrame, metric: str, attribute: pd.Series, min_answers: int, order: Sequence[str] | None
) -> pd.DataFrame:
    """Every value of one attribute against the rest, for one metric."""
    if attribute.isna().all():
        return pd.DataFrame()
    part = answers[["metric", "score", "good", "poor"]].assign(value=values_of(attribute))
    part = part.dropna(subset=["value"])
    order = order_of(attribute, order)
    table = summarise(part, ["metric", "value"]).set_index("value").loc[order].reset_index()
    # The rest is everybody minus the group, so its mean and spread follow from sums.
    n, mean, sd = table["n"], table["mean"], table["sd"].fillna(0)
    rest = len(part) - n
    some = rest.where(rest > 0)
    table["mean_rest"] = (part["score"].sum() - n * mean) / some
    squares = (part["score"] ** 2).sum() - (sd**2 * (n - 1) + n * mean**2)
    spread = (squares - some * table["mean_rest"] ** 2) / (some - 1).where(some > 1)
    counts = table[["good", "middle", "poor"]].to_numpy(float)
    others = counts.sum(axis=0) - counts
    if metric == "nps":
        table["nps_rest"] = nps(*others.T)
        test = nps_difference(counts, others)
    else:
        table["nps_rest"] = np.nan
        test = welch(mean, sd, n, table["mean_rest"], np.sqrt(spread.clip(lower=0)), rest)
    tested = (n >= min_answers) & (rest >= min_answers)
    for column, values in zip(("difference", "difference_low", "difference_high", "p"), test, strict=True):
        table[column] = np.where(tested, values, np.nan)
    table["effect"] = np.where(tested, _cliffs_delta(part, order), np.nan)
    table.loc[~tested, ["mean_rest", "nps_rest"]] = np.nan
    table.loc[n < min_answers, ESTIMATES] = np.nan
    return table.assign(attribute=attribute.name, base=len(part), n_rest=rest)


def _cliffs_delta(part: pd.DataFrame, order: list[str]) -> np.ndarray:
    """Cliff's δ of every group against the rest, from the table of groups by score."""
    table = pd.crosstab(part["value"], part["score"]).loc[order].to_numpy(float)
    rest = table.sum(axis=0) - table
    below = np.cumsum(rest, axis=1) - rest
    above = rest.sum(axis=1, keepdims=True) - below - rest
    pairs = table.sum(axis=1) * rest.sum(axis=1)
    return (table * (below - above)).sum(axis=1) / np.where(pairs > 0, pairs, np.nan)


def _in_metric_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("metric", key=lambda m: m.map(list(METRICS).index), ignore_index=True)
