"""Scores that customers give, overall and by group, one answer per customer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats.comparisons import adjust, family_size, shown
from ...stats.group_tests import nps_difference, welch
from ...stats.intervals import add_shares, nps
from ..demographics.categories import Orders, banded, order_of, values_of
from .metrics import ESTIMATES, METRICS, answers, latest, summarise

CLAIMS_SHOWN = 12
"""Sentences at most; the table holds the rest."""


def scores(feedback: pd.DataFrame, min_answers: int = 30) -> pd.DataFrame:
    """Each score over all customers, one answer per customer.

    Returns
    -------
    DataFrame
        ``metric, n`` (customers), ``answers`` (all answers), and the estimates of `summarise`.
    """
    every = answers(feedback)
    table = summarise(latest(every), ["metric"], min_answers)
    table.insert(2, "answers", table["metric"].map(every["metric"].value_counts()).astype(int))
    return _in_metric_order(table)


def boxes(feedback: pd.DataFrame) -> pd.DataFrame:
    """Promoters, passives and detractors (satisfied, neutral, dissatisfied): the parts behind each score.

    Returns
    -------
    DataFrame
        ``metric, value, n, base, share, share_low, share_high``, one answer per customer.
    """
    table = summarise(latest(answers(feedback)), ["metric"])
    rows = [
        {"metric": row.metric, "value": name, "n": int(getattr(row, box)), "base": int(row.n)}
        for row in _in_metric_order(table).itertuples()
        for box, name in zip(("good", "middle", "poor"), METRICS[row.metric].names, strict=True)
    ]
    return add_shares(pd.DataFrame(rows, columns=["metric", "value", "n", "base"]).astype({"n": int, "base": int}))


def scores_by_group(
    feedback: pd.DataFrame,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    min_answers: int = 30,
    orders: Orders | None = None,
) -> pd.DataFrame:
    """Each score in each group of customers against all other customers who answered.

    Parameters
    ----------
    feedback : DataFrame
        As in `answers`.
    profile : DataFrame
        ``customer_no`` and the attributes, one row per customer.
    attributes : iterable of str
        Columns of `profile`; numbers are banded here.
    min_answers : int
        Answers that group and rest must both have.

    Returns
    -------
    DataFrame
        ``metric, attribute, value, n, base``, the estimates of `summarise`, ``n_rest``, ``nps_rest``,
        ``mean_rest``, ``difference`` (of NPS in points, else of means) with interval, ``p, p_adjusted, effect,
        claim``. NPS: adjusted-Wald z test; others: Welch's t test; one family over all rows; effect: Cliff's δ.
    """
    attributes = list(attributes)
    named = latest(answers(feedback)).dropna(subset=["customer_no"])
    traits = banded(profile, attributes).assign(customer_no=profile["customer_no"])
    joined = named.merge(traits, on="customer_no", how="inner", validate="m:1")
    parts = [
        _groups_of(
            joined.loc[joined["metric"] == metric], metric, attribute, min_answers, (orders or {}).get(attribute)
        )
        for metric in METRICS
        for attribute in attributes
    ]
    parts = [part for part in parts if not part.empty]
    if not parts:
        return _no_groups()
    table = adjust(pd.concat(parts, ignore_index=True), together=["metric", "attribute"])
    family, columns = table.attrs["family"], _no_groups().columns
    rank = np.lexsort((np.arange(len(table)), -table["effect"].abs().fillna(-1).round(12), table["p"].isna()))
    table = table.iloc[rank].reset_index(drop=True)[columns]
    table.attrs["family"] = family
    return table


def facts(feedback: pd.DataFrame) -> dict[str, int | float]:
    """Answers and, for each score, customers and what their latest answers make of them."""
    every = answers(feedback)
    found = {"answers": len(every)}
    for row in _in_metric_order(summarise(latest(every), ["metric"])).itertuples():
        boxes = zip(METRICS[row.metric].names, (row.good, row.middle, row.poor), strict=True)
        found |= {"nps": float(row.nps)} if row.metric == "nps" else {}
        found |= {f"{row.metric}_customers": int(row.n)} | {f"{row.metric}_{name}": int(n) for name, n in boxes}
    return found


def findings(table: pd.DataFrame, chapter: str = "04") -> list[Finding]:
    """The headline of each score, from `scores`."""
    found = []
    for row in table.dropna(subset=["mean"]).itertuples():
        metric = METRICS[row.metric]
        values: dict = {"metric": row.metric, "n": int(row.n), "answers": int(row.answers)}
        if row.metric == "nps":
            interval, method = (float(row.nps_low), float(row.nps_high)), N_("adjusted-Wald interval")
            values |= {"nps": float(row.nps), "low": interval[0], "high": interval[1]}
            message = N_(
                "The Net Promoter Score is {nps:points} ({low:points} to {high:points}): the latest answers of "
                "{n:count} customers, out of {answers:count} answers."
            )
        else:
            interval, method = (float(row.mean_low), float(row.mean_high)), N_("t interval")
            values |= {"mean": float(row.mean), "low": interval[0], "high": interval[1], "share": float(row.share)}
            values |= {"worst": metric.low, "best": metric.high, "good": metric.good}
            message = N_(
                "{metric:label}: {mean:number} on average ({low:number} to {high:number}) on a scale from "
                "{worst:number} to {best:number}; {share:share} answer {good:number} or better. The latest answers of "
                "{n:count} customers, out of {answers:count} answers."
            )
        finding = Finding(
            message,
            values,
            id=f"{chapter}.score.{row.metric}",
            n=int(row.n),
            table="scores",
            interval=interval,
            test=method,
        )
        found.append(finding)
    return found


def group_findings(table: pd.DataFrame, chapter: str = "04", min_group: int = 10) -> list[Finding]:
    """Groups whose score differs from the others', from `scores_by_group`; or one finding that none does."""
    family = family_size(table, ["metric", "attribute"])
    claims = table.loc[table["claim"].astype(bool)]
    if claims.empty:
        message = N_("No group scores differently: none of {family:count} comparisons differs by more than chance.")
        if not family:
            return []
        return [
            Finding(
                message,
                {"family": family},
                id=f"{chapter}.scores.nothing",
                n=int(table["base"].max()),
                table="scores_by_group",
                test=N_("adjusted-Wald z or Welch's t test, Benjamini–Hochberg"),
                family=family,
                kind="nothing",
            )
        ]
    pairs = claims.groupby(["metric", "attribute"])["n"].transform("sum") == claims["base"]
    claims = claims.loc[~(pairs & claims.duplicated(["metric", "attribute"]))]
    claims = claims.loc[(claims["n"] >= min_group) & (claims["n_rest"] >= min_group) & shown(claims)]
    return [_group_claim(row, family, chapter) for row in claims.head(CLAIMS_SHOWN).itertuples()]


def limits(feedback: pd.DataFrame, min_answers: int = 30) -> list[Limit]:
    """Scores that nobody collected, or that too few customers gave."""
    if feedback.empty or not feedback["metric"].isin(list(METRICS)).any():
        return [
            Limit(
                N_("Satisfaction cannot be measured: no source holds scores such as NPS or CSAT."),
                needs=NEEDS["feedback"],
            )
        ]
    few = scores(feedback, min_answers)
    message = N_("{metric:label} is not shown: only {n:count} customers answered, {needed:count} are needed.")
    return [
        Limit(message, {"metric": row.metric, "n": int(row.n), "needed": min_answers}, needs=NEEDS["feedback"])
        for row in few.loc[few["n"] < min_answers].itertuples()
    ]


def _groups_of(
    joined: pd.DataFrame, metric: str, attribute: str, min_answers: int, order: list[str] | None
) -> pd.DataFrame:
    """Every value of one attribute against the rest, for one metric."""
    if joined.empty or joined[attribute].isna().all():
        return pd.DataFrame()
    part = joined[["metric", "score", "good", "poor"]].assign(value=values_of(joined[attribute]))
    part = part.dropna(subset=["value"])
    order = order_of(joined[attribute], order)
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
    return table.assign(attribute=attribute, base=len(part), n_rest=rest)


def _cliffs_delta(part: pd.DataFrame, order: list[str]) -> np.ndarray:
    """Cliff's δ of every group against the rest, from the table of groups by score."""
    table = pd.crosstab(part["value"], part["score"]).loc[order].to_numpy(float)
    rest = table.sum(axis=0) - table
    below = np.cumsum(rest, axis=1) - rest
    above = rest.sum(axis=1, keepdims=True) - below - rest
    pairs = table.sum(axis=1) * rest.sum(axis=1)
    return (table * (below - above)).sum(axis=1) / np.where(pairs > 0, pairs, np.nan)


def _no_groups() -> pd.DataFrame:
    columns = ["metric", "attribute", "value", "n", "base", *ESTIMATES, "n_rest", "nps_rest", "mean_rest"]
    columns += ["difference", "difference_low", "difference_high", "p", "p_adjusted", "effect", "claim"]
    return pd.DataFrame(columns=columns).astype({"claim": bool, "p": float})


def _in_metric_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("metric", key=lambda m: m.map(list(METRICS).index), ignore_index=True)


def _group_claim(row: object, family: int, chapter: str) -> Finding:
    values = {"attribute": row.attribute, "value": row.value, "n": int(row.n)}
    if row.metric == "nps":
        message = N_(
            "{attribute:label} “{value:label}”: Net Promoter Score {nps:points} ({low:points} to {high:points}, "
            "n = {n:count}) against {rest:points} of the other customers."
        )
        interval, test = (float(row.nps_low), float(row.nps_high)), N_("adjusted-Wald z test")
        values |= {"nps": float(row.nps), "rest": float(row.nps_rest)}
    else:
        message = N_(
            "{attribute:label} “{value:label}”: {metric:label} {mean:number} on average ({low:number} to "
            "{high:number}, n = {n:count}) against {rest:number} of the other customers."
        )
        interval, test = (float(row.mean_low), float(row.mean_high)), N_("Welch's t test")
        values |= {"metric": row.metric, "mean": float(row.mean), "rest": float(row.mean_rest)}
    return Finding(
        message,
        values | {"low": interval[0], "high": interval[1]},
        id=f"{chapter}.scores.{row.metric}.{row.attribute}.{row.value}",
        n=int(row.n),
        table="scores_by_group",
        interval=interval,
        test=test,
        p_adjusted=float(row.p_adjusted),
        family=family,
        effect=abs(float(row.effect)),
        reach=int(row.n),
        kind="difference",
    )
