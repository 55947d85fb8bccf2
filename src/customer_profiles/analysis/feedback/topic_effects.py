"""What the score would be without the answers that mention a topic."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import corrected
from ...stats.group_tests import nps_difference, welch
from .driver_facts import LEAST, TOPIC, Candidates
from .metrics import METRICS

COLUMNS = [
    *("theme", "n", "base", "share", "score", "without", "lift", "lift_low", "lift_high", "p", "p_adjusted", "claim")
]


def topic_effects(found: Candidates, seed: int = 1, resamples: int = 2000) -> Result:
    """The score of all answers against the score without the answers that mention a topic.

    Returns
    -------
    Result
        ``theme, n`` (answers that mention it)``, base, share, score`` (of all; NPS in points, else the mean)``,
        without, lift`` (``without`` less ``score``: what the topic takes from the score or, if negative, gives it) with
        bootstrap interval``, p`` (those that mention it against the others)``, p_adjusted, claim``; largest lift first.
    """
    topics = [name for name, kind in found.kinds.items() if kind == TOPIC]
    rng, rows = np.random.default_rng(seed), []
    for name in topics:
        mentions = (found.values[name] == "yes").to_numpy()
        grid = np.unique(found.score)
        at = np.searchsorted(grid, found.score)
        counts = np.stack([np.bincount(at[side], minlength=len(grid)) for side in (~mentions, mentions)])
        drawn = rng.multinomial(len(at), counts.ravel() / len(at), size=resamples).reshape(-1, *counts.shape)
        lifts = _score_of(drawn[:, 0], grid, found.metric) - _score_of(drawn.sum(axis=1), grid, found.metric)
        without, of_all = (float(_score_of(c, grid, found.metric)) for c in (counts[0], counts.sum(axis=0)))
        low, high = np.nanquantile(lifts, [0.025, 0.975])
        row = {"theme": name, "n": int(mentions.sum()), "base": len(at), "share": mentions.mean(), "score": of_all}
        row |= {"without": without, "lift": without - of_all, "lift_low": low, "lift_high": high}
        rows.append(row | {"p": _p_of(counts, grid, found.metric)})
    table, family = corrected(rows, COLUMNS)
    return Result(
        "topic_effects",
        table.sort_values(["lift", "theme"], ascending=[False, True], ignore_index=True),
        Text(N_("The score of all answers, and without those that mention a topic")),
        OVERLAPPING,
        claims=partial(_claims, metric=found.metric, family=family),
        family=family,
        needs="feedback",
    )


def _claims(table: pd.DataFrame, metric: str, family: int) -> list[Finding]:
    """What the score would be without the answers that mention a topic; nothing where no topic takes from it."""
    rows = table.loc[table["claim"].astype(bool) & (table["lift"] > 0)]
    if rows.empty:
        return []
    if metric == "nps":
        return WITHOUT_NPS.tell(table, family, rows)
    metric_length = METRICS[metric].high - METRICS[metric].low
    told = replace(
        WITHOUT_MEAN, values={"metric": lambda row: metric}, effect=lambda row: min(row.lift / metric_length, 1.0)
    )
    return told.tell(table, family, rows)


WITHOUT_NPS = Claims(
    "topic",
    N_(
        "Without the answers that mention “{theme:label}” (n = {n:count}) the Net Promoter Score would be "
        "{without:points} instead of {score:points} (difference {low:number} to {high:number})."
    ),
    key=("theme",),
    test=N_("bootstrap interval; z or Welch's t test, Benjamini–Hochberg"),
    estimate="lift",
    reach="base",
    effect=lambda row: min(row.lift / 200, 1.0),
    most=3,
)
WITHOUT_MEAN = replace(
    WITHOUT_NPS,
    message=N_(
        "{metric:label}: without the answers that mention “{theme:label}” (n = {n:count}) the average would be "
        "{without:number} instead of {score:number} (difference {low:number} to {high:number})."
    ),
)


def _score_of(counts: np.ndarray, grid: np.ndarray, metric: str) -> np.ndarray:
    """NPS in points, or mean, from counts by answer in the last dimension."""
    n = counts.sum(axis=-1)
    worth = grid
    if metric == "nps":
        worth = 100.0 * ((grid >= METRICS["nps"].good).astype(float) - (grid <= METRICS["nps"].poor))
    return (counts @ worth) / np.where(n > 0, n, np.nan)


def _p_of(counts: np.ndarray, grid: np.ndarray, metric: str) -> float:
    """Test of the answers that mention a topic against the others."""
    n = counts.sum(axis=1).astype(float)
    if n.min() < LEAST:
        return np.nan
    if metric == "nps":
        good, poor = grid >= METRICS["nps"].good, grid <= METRICS["nps"].poor
        parts = [[c[good].sum(), c[~good & ~poor].sum(), c[poor].sum()] for c in counts]
        return float(nps_difference(*parts).p)
    mean = counts @ grid / n
    spread = np.sqrt((counts @ grid**2 - n * mean**2).clip(min=0) / (n - 1))
    return float(welch(mean[1], spread[1], n[1], mean[0], spread[0], n[0]).p)
