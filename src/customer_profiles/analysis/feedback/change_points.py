"""Did a score jump at a time that no calendar names? The largest break of each score, and whether chance makes such."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_d
from ...stats.intervals import CONFIDENCE
from ...stats.segmented import RESAMPLES, noise_covariance
from .events import TOGETHER, under, weekly, within_weeks

TRIM = 0.15
"""Share of the weeks at either end in which no break is looked for (Andrews 1993)."""

MIN_WEEKS = 26
"""Weeks with answers from which a break is looked for: half a year, of which a break must leave four at either end."""

COLUMNS = [
    *("metric", "at", "n", "mean_before", "change", "change_low", "change_high", "p", "p_adjusted", "effect", "claim")
]


def established(effects: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Events that moved a score: ``metric, at, until``.

    Parameters
    ----------
    effects : DataFrame
        Frame of `events.event_effects`.
    events : DataFrame
        The calendar: ``at, until, name``.
    """
    moved = effects.loc[effects["claim"].astype(bool), ["metric", "event", "at"]]
    lasting = events.drop_duplicates(["name", "at"])[["name", "at", "until"]]
    moved = moved.astype({"at": lasting["at"].dtype})  # without any effect it has no times
    return moved.merge(lasting, left_on=["event", "at"], right_on=["name", "at"])[["metric", "at", "until"]]


def breaks(answers: pd.DataFrame, seed: int = 1, known: pd.DataFrame | None = None) -> Result:
    """The largest break in the level of each score, beside its trend and what events of the calendar did to it.

    Parameters
    ----------
    answers : DataFrame
        ``at, metric, score``.
    seed : int
        Of the simulated series.
    known : DataFrame, optional
        As `established` returns it: what an event did is no break once more.

    Returns
    -------
    Result
        ``metric, at`` (first day of the first week after the break)``, n`` (answers since)``, mean_before, change`` (in
        the unit of the score) with interval``, p, p_adjusted, effect`` (change in standard deviations of one
        answer)``, claim``. The interval and ``p`` allow for the search: they compare with the largest break of series
        of the same length, noise and memory without any. All scores are one family.

    References
    ----------
    Supremum test: Andrews (1993), Econometrica 61:821–856; noise as in `segmented.noise_covariance`.
    """
    known = pd.DataFrame(columns=["metric", "at", "until"]) if known is None else known
    rows = [
        _largest(part.dropna(subset=["score", "at"]), str(name), seed, known[known["metric"] == name])
        for name, part in answers.groupby("metric", sort=True)
    ]
    table, family = corrected([row for row in rows if row], COLUMNS)
    return Result(
        "breaks",
        table,
        Text(N_("The largest break of each score, and whether chance explains it")),
        OVERLAPPING,
        claims=replace(BREAK, nothing=_NO_OTHER) if len(known) else BREAK,
        family=family,
        needs="feedback",
    )


def with_events(table: pd.DataFrame, events: pd.DataFrame, metric: str) -> pd.DataFrame:
    """What a chart of a score marks: ``at, name`` of the events and of its established break, by time.

    Parameters
    ----------
    table : DataFrame
        Frame of `breaks`.
    events : DataFrame
        The calendar: ``at, name``.
    metric : str
        The score that the chart shows.
    """
    broken = table.loc[table["claim"].astype(bool) & (table["metric"] == metric), ["at"]]
    parts = [part for part in (events[["at", "name"]], broken.assign(name=N_("break in the series"))) if len(part)]
    return pd.concat(parts, ignore_index=True).sort_values(["at", "name"], ignore_index=True) if parts else events


_DROP = N_(
    "{metric:label}: from about {day:day} on the average answer is lower by {change:number} ({low:number} to "
    "{high:number}) than before ({before:number}), more than chance and the trend explain. When exactly it broke "
    "is an estimate."
)
_RISE = N_(
    "{metric:label}: from about {day:day} on the average answer is higher by {change:number} ({low:number} to "
    "{high:number}) than before ({before:number}), more than chance and the trend explain. When exactly it broke "
    "is an estimate."
)
_ALL = N_(
    "All scores together: from about {day:day} on the answers differ by {change:number} standard deviations of one "
    "answer ({low:number} to {high:number}) from before, more than chance and the trend explain. When exactly it "
    "broke is an estimate."
)
_NO_OTHER = N_("No score jumps at any time that no event explains: {family:count} tested, none by more than chance.")
BREAK = Claims(
    "breaks",
    lambda row: _ALL if row.metric == TOGETHER else _DROP if row.change < 0 else _RISE,
    {"day": lambda row: row.at.date(), "before": lambda row: None if row.metric == TOGETHER else row.mean_before},
    sized="change",
    key=("metric",),
    nothing=N_("No score jumps at any time: {family:count} tested, none by more than chance."),
    test=N_("supremum test of a break, simulated series, Benjamini–Hochberg"),
    estimate="change",
    n="n",
    effect=lambda row: from_d(row.effect),
)


def search(y: np.ndarray, x: np.ndarray, covariance: np.ndarray, places: np.ndarray, seed: int = 1):
    """Steps at every place beside a regression, by generalised least squares with known covariance.

    Parameters
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
    covariance : ndarray, shape (n, n)
    places : ndarray of int, shape (m,)
        Index of the first value after each step.
    seed : int

    Returns
    -------
    steps, errors : ndarray, shape (m,)
        Estimate and standard error of each step by itself.
    chance : ndarray, shape (`RESAMPLES`,)
        Largest absolute ratio of both in series without a step.
    """
    inverse = np.linalg.inv(covariance)
    left = inverse - inverse @ x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
    after = (np.arange(len(y))[:, None] >= places[None, :]).astype(float)
    precision = np.einsum("ij,ij->j", after, left @ after)
    errors = 1 / np.sqrt(np.maximum(precision, 1e-12))
    weights = left @ after * errors
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((RESAMPLES, len(y))) @ np.linalg.cholesky(covariance).T
    return (y @ weights) * errors, errors, np.abs(noise @ weights).max(axis=1)


def _largest(answers: pd.DataFrame, metric: str, seed: int, known: pd.DataFrame) -> dict:
    """Row of `breaks`; nothing where the series is short or does not vary."""
    if answers.empty:
        return {}
    first = answers["at"].min().normalize()
    week = (answers["at"] - first).dt.days // 7
    y, weights, x = weekly(answers["score"].to_numpy(float), week.to_numpy(), _steps(answers["at"], known))
    deviation = float(answers["score"].std())
    if len(y) < MIN_WEEKS or not deviation > 0 or np.linalg.matrix_rank(x) < x.shape[1]:
        return {}
    covariance = noise_covariance(y, x, within_weeks(answers["score"], week) / weights)
    edge = max(int(TRIM * len(y)), 4)
    places = np.arange(edge, len(y) - edge + 1)
    steps, errors, chance = search(y, x, covariance, places, seed)
    best = int(np.argmax(np.abs(steps / errors)))
    half = float(np.quantile(chance, CONFIDENCE)) * errors[best]
    day = first + pd.Timedelta(weeks=int(np.unique(week)[places[best]]))
    since = answers["at"] >= day
    row = {
        "metric": metric,
        "at": day,
        "n": int(since.sum()),
        "mean_before": float(answers.loc[~since, "score"].mean()),
    }
    row |= {"change": steps[best], "change_low": steps[best] - half, "change_high": steps[best] + half}
    p = (1 + (chance >= abs(steps[best] / errors[best])).sum()) / (1 + len(chance))
    return row | {"p": float(p), "effect": steps[best] / deviation}


def _steps(at: pd.Series, known: pd.DataFrame) -> np.ndarray:
    """A step for each established event, shape (answers, events)."""
    events = known.drop_duplicates(["at", "until"])
    steps = [under(at, event.at, event.until) for event in events.itertuples()]
    return np.array(steps, dtype=float).reshape(len(steps), len(at)).T
