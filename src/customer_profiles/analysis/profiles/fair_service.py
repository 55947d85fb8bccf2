"""How one group of customers is served beside others: rates over their cases, also at the same mix of topics."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy import special

from ...messages import N_
from ...stats.intervals import z_value
from ..pain_points.contact_drivers import settled

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


def outcomes(tickets: pd.DataFrame, as_of: date, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """What became of each case.

    Parameters
    ----------
    tickets : DataFrame
        ``customer_no, opened_at`` and, if known, ``closed_at, reopened, category``.
    as_of : date
        Day of the run: of cases opened less than `REPEAT_DAYS` before it nobody can tell whether they came again.
    themes : DataFrame, optional
        ``row, theme, weight`` of the tickets, as chapter 03 finds them; without it their category is the topic.

    Returns
    -------
    DataFrame
        ``customer_no, topic`` and those of `OUTCOMES` that are known: hours, and 0 or 100; missing where unknown.
    """
    found = tickets[["customer_no"]].assign(topic=_topics(tickets, themes))
    if "closed_at" in tickets and tickets["closed_at"].notna().any():
        found[HOURS] = (tickets["closed_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    if len(tickets):
        known = settled(tickets, as_of)
        found[AGAIN] = known["followed"].mul(100.0).where(known["told"])
    if "reopened" in tickets and tickets["reopened"].notna().any():
        found[REOPENED] = tickets["reopened"].astype("Float64").astype(float) * 100
    return found


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
    row = {"n": concerned[0], "base": len(here), "n_rest": concerned[1], "base_rest": len(there)}
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


def _log_rate(sums: pd.Series, weights: pd.Series) -> tuple[float, float]:
    """Logarithm of a ratio of sums over customers, and its variance; NaN where nothing happened."""
    total = float(sums.sum())
    if not total > 0 or not weights.sum() > 0:
        return np.nan, np.nan
    rate, n = total / weights.sum(), len(sums)
    return float(np.log(rate)), float(n / (n - 1) * ((sums - rate * weights) ** 2).sum() / total**2)


def _topics(tickets: pd.DataFrame, themes: pd.DataFrame | None) -> pd.Series:
    """Topic of each case: its likeliest theme, else its category, else one for all."""
    own = (
        tickets["category"].astype("object") if "category" in tickets else pd.Series(None, tickets.index, dtype=object)
    )
    if themes is not None and len(themes):
        ordered = themes.sort_values(["row", "weight", "theme"], ascending=[True, False, True], kind="stable")
        best = ordered.drop_duplicates("row").set_index("row")["theme"]
        own = tickets.index.to_series().map(best).astype("object").fillna(own)
    return own.where(own.notna(), "")
