"""How one group of customers is served beside others: rates over their cases, also at the same mix of topics."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_d, from_ratio, from_shares
from ...stats.group_tests import welch
from ...stats.intervals import z_value
from ..pain_points.contact_drivers import settled
from .vulnerable import ANY, MIN_BASE

HOURS = N_("hours to resolution")
AGAIN = N_("came again, of a hundred cases")
REOPENED = N_("reopened, of a hundred cases")
OUTCOMES = (HOURS, AGAIN, REOPENED)
"""What is counted of cases; less is better."""

SCORES = {
    "nps": N_("likelihood to recommend"),
    "csat": N_("satisfaction"),
    "ces": N_("ease"),
    "stars": N_("stars given"),
    "rating": N_("rating given"),
}
"""What customers say; more is better."""


def outcomes(tickets: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What became of each case.

    Parameters
    ----------
    tickets : DataFrame
        ``customer_no, opened_at`` and, if known, ``closed_at, reopened``; ``topic``, missing where unknown: one for all
        of these, as for all where there is no such column.
    as_of : date
        Day of the run: of cases opened less than `REPEAT_DAYS` before it nobody can tell whether they came again.

    Returns
    -------
    DataFrame
        ``customer_no, topic`` and those of `OUTCOMES` that are known: hours, and 0 or 100; missing where unknown.
    """
    topic = tickets.get("topic", pd.Series("", tickets.index)).astype("object")
    found = tickets[["customer_no"]].assign(topic=topic.where(topic.notna(), ""))
    if "closed_at" in tickets and tickets["closed_at"].notna().any():
        found[HOURS] = (tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    if len(tickets):
        known = settled(tickets, as_of)
        found[AGAIN] = known["followed"].mul(100.0).where(known["told"])
    if "reopened" in tickets and tickets["reopened"].notna().any():
        found[REOPENED] = tickets["reopened"].astype("Float64").astype(float) * 100
    return found


def parity(groups: pd.DataFrame, cases: pd.DataFrame, scores: pd.DataFrame) -> Result:
    """Whether customers with an indicator are served as well as others.

    What is counted of cases is compared as the ratio of two rates, with the customer as the unit, see
    `rates`; beside it stands the ratio at the same mix of topics, because who has longer cases may only
    have other ones. Scores are compared by Welch's t test.

    Parameters
    ----------
    groups : DataFrame of boolean
        From `vulnerable.groups`, with ``customer_no`` as index.
    cases : DataFrame
        From `outcomes`.
    scores : DataFrame
        ``customer_no, metric, score``: the latest answer of each customer, see `metrics.latest`.

    Returns
    -------
    Result
        ``metric, group, n`` (customers concerned; for times and scores all who have one)``, base, n_rest, base_rest,
        mean, mean_rest`` (hours, cases of a hundred, points)``, ratio`` with interval, ``same_mix`` with interval
        (cases), ``difference`` with interval (scores), ``p, p_adjusted, effect, claim``. All rows are one family;
        groups or others of fewer than `MIN_BASE` customers are not tested. "Others" have no known indicator.
    """
    shows = groups.fillna(False).astype(bool)
    members = {name: shows.index[who] for name, who in shows.items()}
    others = shows.index[~shows[ANY]] if ANY in shows else shows.index
    rows = [
        {"metric": outcome, "group": name, **rates(cases, outcome, who, others)}
        for outcome in OUTCOMES
        if outcome in cases and cases[outcome].notna().any()
        for name, who in members.items()
    ]
    for metric, score in SCORES.items():
        of = scores[(scores["metric"] == metric) & scores["customer_no"].notna()].set_index("customer_no")["score"]
        if len(of):
            rows += [{"metric": score, "group": name, **_scores(of, who, others)} for name, who in members.items()]
    columns = ["metric", "group", "n", "base", "n_rest", "base_rest", "mean", "mean_rest"]
    for estimate in ("ratio", "same_mix", "difference"):
        columns += [estimate, f"{estimate}_low", f"{estimate}_high"]
    table = pd.DataFrame(rows, columns=[*columns, "p", "effect"])
    table["p"] = table["p"].where(table[["base", "base_rest"]].min(axis=1) >= MIN_BASE).astype(float)
    table, family = corrected(table, [*columns, "p", "p_adjusted", "effect", "claim"])
    return Result(
        "parity_of_service",
        table,
        Text(N_("Service and scores against customers without a known sign")),
        OVERLAPPING,
        claims=partial(_claims, family=family),
        family=family,
        about=Text(
            N_(
                "Against customers without a known sign, with its interval; hollow marks may be chance. {n:count} "
                "customers."
            ),
            {"n": len(groups)},
        ),
    )


def rates(cases: pd.DataFrame, outcome: str, members: pd.Index, others: pd.Index) -> dict[str, float]:
    """One outcome of a group's cases against those of others.

    The rate is the sum of the outcome over the number of cases. Cases of one customer are alike, so the variance of its
    logarithm is that between customers (a ratio of sums, linearised: Cochran 1977, Sampling Techniques, section 6.4).
    At the same mix of topics, the number of cases gives way to what they would have come to at the average of their
    topics over both sides (indirect standardisation).

    Parameters
    ----------
    cases : DataFrame
        From `outcomes`.
    outcome : str
        One of `OUTCOMES`.
    members, others : Index
        ``customer_no`` of both.

    Returns
    -------
    dict
        ``n`` (members concerned; of hours all)``, base`` (members with a case)``, n_rest, base_rest, mean, mean_rest,
        ratio`` with interval, ``same_mix`` with interval, ``p`` (of the ratio) and ``effect`` (its logarithm).
    """
    known = cases[cases[outcome].notna() & cases["customer_no"].isin(members.union(others))]
    usual = known.groupby("topic")[outcome].transform("mean")
    known = pd.DataFrame({"customer_no": known["customer_no"], "sum": known[outcome], "cases": 1.0, "usual": usual})
    summed = known.groupby("customer_no").sum()
    here, there = (summed[summed.index.isin(who)] for who in (members, others))
    concerned = [len(side) if outcome == HOURS else int(side["sum"].gt(0).sum()) for side in (here, there)]
    row: dict[str, float] = {"n": concerned[0], "base": len(here), "n_rest": concerned[1], "base_rest": len(there)}
    if min(len(here), len(there)) < 2:
        return row | {"p": np.nan}
    row |= {"mean": here["sum"].sum() / here["cases"].sum(), "mean_rest": there["sum"].sum() / there["cases"].sum()}
    for name, weight in (("ratio", "cases"), ("same_mix", "usual")):
        (log1, variance1), (log0, variance0) = (_log_rate(side["sum"], side[weight]) for side in (here, there))
        log, error = log1 - log0, np.sqrt(variance1 + variance0)
        half = z_value() * error
        row |= {name: np.exp(log), f"{name}_low": np.exp(log - half), f"{name}_high": np.exp(log + half)}
        if name == "ratio":
            p = float(2 * special.ndtr(-abs(log / error))) if error > 0 else np.nan
            row |= {"p": p, "effect": log}
    return {key: float(x) if isinstance(x, np.floating) else x for key, x in row.items()}


RATES = Claims(
    "parity",
    N_(
        "{metric:capital} of customers with “{group:value}”: {ratio:ratio} times as much as of customers without a "
        "known sign ({low:ratio} to {high:ratio}, n = {n:count}); with the same mix of topics {same:ratio} times as "
        "much."
    ),
    {"n": "base", "same": "same_mix"},
    key=("metric", "group"),
    nothing=N_(
        "Customers with such a sign are served as others are: no outcome differs by more than chance would allow "
        "(compared: {family:count}). That is no proof that there is no difference: the intervals in the table say how "
        "large it may still be."
    ),
    test=N_("ratio of rates with customers as units, Welch’s t test; Benjamini–Hochberg"),
    estimate="ratio",
    reach="base",
    effect=lambda row: (
        from_ratio(row.ratio) if row.metric == HOURS else from_shares(row.mean / 100, row.mean_rest / 100)
    ),
)
SCORED = replace(
    RATES,
    message=N_(
        "{metric:capital} of customers with “{group:value}”: {difference:number} points against customers without a "
        "known sign ({low:number} to {high:number}, n = {n:count})."
    ),
    values={"n": "base"},
    estimate="difference",
    effect=lambda row: from_d(row.effect),
)


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """What differs most surely first, scores in points and all else in ratios; or that nothing does."""
    rows = table[table["claim"].astype(bool)].sort_values("p_adjusted", kind="stable")
    if rows.empty:
        return RATES.tell(table, family)
    told = shown(rows).head(RATES.most).itertuples()
    found = [(SCORED if row.metric in SCORES.values() else RATES).one(row, family) for row in told]
    return [replace(finding, id=finding.id.replace(" ", "_")) for finding in found]


def _scores(scores: pd.Series, members: pd.Index, others: pd.Index) -> dict[str, float]:
    """One row of `parity` for a score."""
    here, there = (scores[scores.index.isin(who)].to_numpy(float) for who in (members, others))
    row = {"n": len(here), "base": len(here), "n_rest": len(there), "base_rest": len(there)}
    if min(len(here), len(there)) < 2:
        return row | {"p": np.nan}
    found = welch(here.mean(), here.std(ddof=1), len(here), there.mean(), there.std(ddof=1), len(there))
    spread = float(np.sqrt((here.var(ddof=1) + there.var(ddof=1)) / 2))
    numbers = {"mean": here.mean(), "mean_rest": there.mean(), "difference": found.value, "p": found.p}
    numbers |= {"difference_low": found.low, "difference_high": found.high}
    return row | {name: float(x) for name, x in numbers.items()} | {"effect": float(found.value) / (spread or np.nan)}


def _log_rate(sums: pd.Series, weights: pd.Series) -> tuple[float, float]:
    """Logarithm of a ratio of sums over customers, and its variance; NaN where nothing happened."""
    total = float(sums.sum())
    if not total > 0 or not weights.sum() > 0:
        return np.nan, np.nan
    rate, n = total / weights.sum(), len(sums)
    return float(np.log(rate)), float(n / (n - 1) * ((sums - rate * weights) ** 2).sum() / total**2)
