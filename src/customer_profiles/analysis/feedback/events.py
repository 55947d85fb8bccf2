"""Did an event move the score? Segmented regression of weekly scores, with errors that allow for memory."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_d
from ...stats.families import ALPHA, benjamini_hochberg
from ...stats.intervals import CONFIDENCE
from ...stats.segmented import newey_west, noise_models, null_t

MIN_WEEKS = 8
"""Weeks with answers needed before and after an event. Wagner et al. (2002), J. Clin. Pharm. Ther. 27:299–309, ask
for a dozen points in each segment of monthly data; weekly data with several answers each allow a little less."""

MIN_ANSWERS = 30
"""Answers needed on each side of the change."""

CLEAR_OF_EVENTS = 4
"""Weeks that a placebo date keeps away from every event, so that it measures none of them."""

MIN_PLACEBOS = 20
"""Placebo dates needed to say that an event beats 95 % of them."""

COLUMNS = [
    *("event", "kind", "at", "metric", "n", "n_before", "mean_before"),
    *("change", "change_low", "change_high", "p", "p_placebo", "p_adjusted", "effect", "claim"),
    *("turn", "turn_low", "turn_high", "p_turn", "p_turn_adjusted", "turn_claim"),
]

TOGETHER = "all_scores"
"""Name of the measure that `with_all` adds."""

TURN = ("turn", "turn_low", "turn_high", "p_turn")

WEEKS_PER_MONTH = 365.25 / 12 / 7


def with_all(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers, and once more as one measure: every score in standard deviations from its own mean.

    An event that moves all scores a little is seen in all of them together long before it is seen in each.

    Parameters
    ----------
    answers : DataFrame
        ``at, metric, score``.

    Returns
    -------
    DataFrame
        With rows of the metric `TOGETHER` added if there are several metrics that vary.
    """
    groups = answers.groupby("metric")["score"]
    scaled = (answers["score"] - groups.transform("mean")) / groups.transform("std")
    both = answers.assign(score=scaled, metric=TOGETHER).loc[scaled.notna() & np.isfinite(scaled)]
    if answers.loc[both.index, "metric"].nunique() < 2:
        return answers
    return pd.concat([answers, both], ignore_index=True)


def event_effects(answers: pd.DataFrame, events: pd.DataFrame) -> Result:
    """Change of level of each score at each event, all events of the calendar taken into account together.

    Weekly mean scores are regressed on a linear trend and one step per event (1 from the event on; only until
    ``until`` where the event ends), weighted by the number of answers. A claim needs both: an adjusted p-value
    of at most 0.05, and a t value larger than at 95 % of placebo dates, where nothing happened (if the series is
    long enough to have `MIN_PLACEBOS` of them).

    Parameters
    ----------
    answers : DataFrame
        ``at, metric, score``: from `metrics.answers`, or any other score, such as sentiment, on a scale of its own.
    events : DataFrame
        ``at, until, name, kind``.

    Returns
    -------
    Result
        ``event, kind, at, metric, n`` (answers under the event's influence), ``n_before, mean_before`` (the eight
        weeks before), ``change`` (in the unit of the score) with interval, ``p, p_placebo, p_adjusted, effect``
        (change in standard deviations of one answer), ``claim``. Events that too few answers surround have no
        estimate. Events on the same days share one estimate and count once in the family. ``p`` compares the
    Newey–West t value with simulated series of the same length, noise and memory in which nothing happened.
    ``turn`` (change of the slope, per month, from the event on) with interval, ``p_turn, p_turn_adjusted, turn_claim``:
    from a second regression, in which the slope may turn at this event, too; a family of its own. Only for events
    that last to the end.

    References
    ----------
    Newey & West (1987), Econometrica 55:703–708; Wagner et al. (2002) as above; placebo dates: Abadie, Diamond
    & Hainmueller (2010), JASA 105:493–505.
    """
    events = events.dropna(subset=["at"]).sort_values(["at", "name"], ignore_index=True)
    parts = [_effects_on(part, events, str(name)) for name, part in answers.groupby("metric", sort=True)]
    parts = [part for part in parts if not part.empty]
    result = Result(
        "event_effects",
        pd.DataFrame(columns=COLUMNS).astype({"claim": bool, "turn_claim": bool, "p": float}),
        Text(N_("Change of each score at each event, in level and in slope")),
        OVERLAPPING,
        needs="events" if len(answers) else "feedback",
    )
    if not parts:
        return result
    table = pd.concat(parts, ignore_index=True)
    once, family = corrected(table.drop_duplicates(["metric", "same_as"]))
    once["p_turn_adjusted"] = benjamini_hochberg(once["p_turn"])
    adjusted = once[["metric", "same_as", "p_adjusted", "p_turn_adjusted"]]
    table = table.merge(adjusted, on=["metric", "same_as"], validate="m:1")
    table["turn_claim"] = table["p_turn_adjusted"] <= ALPHA
    # Both must be rare: what is told of a score has one p-value, and a claim follows from it.
    table["p_adjusted"] = table[["p_adjusted", "p_placebo"]].max(axis=1)
    table["claim"] = table["p_adjusted"] <= ALPHA
    table = table.sort_values(["at", "event", "metric"], ignore_index=True)[COLUMNS]
    return replace(result, frame=table, family=family, claims=partial(_claims, family=family))


def limits(effects: Result, events: pd.DataFrame) -> list[Limit]:
    """No calendar at all, or events that too few answers surround; nothing where there are no answers."""
    if effects.needs == "feedback":
        return []
    if events.empty:
        message = N_("Whether events moved the scores cannot be said: no source holds a calendar of events.")
        return [Limit(message, needs=NEEDS["events"])]
    judged = set(effects.frame.loc[effects.frame["p"].notna(), "event"])
    message = N_("The effect of “{event:value}” cannot be judged: too few answers before or after it.")
    return [Limit(message, {"event": name}, needs=NEEDS["feedback"]) for name in events["name"] if name not in judged]


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """Events that moved a score, the surest first, and plainly said, those without evidence of an effect."""
    turns = int(table.drop_duplicates(["metric", "at"])["p_turn"].notna().sum())
    table = shown(table).assign(together=lambda rows: rows["metric"] == TOGETHER)
    # Where no effect is established in all scores together, each score says it by itself.
    judged = table.loc[table["p"].notna() & (table["claim"].astype(bool) | ~table["together"])]
    judged = judged.sort_values(["claim", "together", "p_adjusted"], ascending=[False, True, True], kind="stable")
    claim = judged["claim"].astype(bool)
    found = [MOVED.one(row, family) for row in judged[claim].itertuples()]
    # Of an event that moved a score, that nothing is established of another is no news, and would sound like it.
    still = judged[~claim & ~judged["event"].isin(judged.loc[claim, "event"])]
    for event, rows in still.groupby("event", sort=False):
        if len(rows) > 1 and not _usual(rows).any():
            found.append(_still(rows, str(event), family))
        else:
            found += [STILL.one(row, family) for row in rows.itertuples()]
    turned = table["turn_claim"].astype(bool) & ~table["together"]
    return found + TURNED.tell(table.assign(p_adjusted=table["p_turn_adjusted"], claim=turned), turns)


def _usual(row: Any) -> Any:
    """Whether a score moved more than chance would allow, but no more than where nothing happened."""
    return (row.p <= ALPHA) & (row.p_placebo > ALPHA)


def _still(rows: pd.DataFrame, event: str, family: int) -> Finding:
    """That an event changed none of several scores."""
    values = {"event": event, "day": rows["at"].iloc[0].date(), "k": len(rows)}
    n = int(rows["n"].sum())
    return Finding(_NONE_OF, values, id=f"event.{event}.nothing", n=n, test=STILL.test, family=family, kind="nothing")


def _moved(row: Any) -> str:
    if row.metric == TOGETHER:
        return _DROP_ALL if row.change < 0 else _RISE_ALL
    return _DROP if row.change < 0 else _RISE


_DROP = N_(
    "Since “{event:value}” ({day:day}) answers for “{metric:label}” are {change:number} points lower on average "
    "({low:number} to {high:number}) than in the weeks before, when they were at {before:number} (n = {n:count}). "
    "Other causes of the same days cannot be told apart."
)
_RISE = N_(
    "Since “{event:value}” ({day:day}) answers for “{metric:label}” are {change:number} points higher on average "
    "({low:number} to {high:number}) than in the weeks before, when they were at {before:number} (n = {n:count}). "
    "Other causes of the same days cannot be told apart."
)
_DROP_ALL = N_(
    "All scores together: since “{event:value}” ({day:day}) customers answer worse ({change:number} standard "
    "deviations of one answer, {low:number} to {high:number}, n = {n:count} answers since). Other causes of the "
    "same days cannot be told apart."
)
_RISE_ALL = N_(
    "All scores together: since “{event:value}” ({day:day}) customers answer better ({change:number} standard "
    "deviations of one answer, {low:number} to {high:number}, n = {n:count} answers since). Other causes of the "
    "same days cannot be told apart."
)
_NONE = N_(
    "{metric:label}: there is no evidence that “{event:value}” ({day:day}) changed the average answer "
    "({change:number}, {low:number} to {high:number})."
)
_NONE_OF = N_("There is no evidence that “{event:value}” ({day:day}) changed one of {k:count} scores.")
_USUAL = N_(
    "{metric:label}: there is no evidence that “{event:value}” ({day:day}) changed the average answer. It moved by "
    "{change:number} ({low:number} to {high:number}), but it moves as much at dates where nothing happened."
)
_MORE = N_(
    "{metric:label}: since “{event:value}” ({day:day}) the average answer changes by {turn:number} a month more "
    "than before ({low:number} to {high:number})."
)
_LESS = N_(
    "{metric:label}: since “{event:value}” ({day:day}) the average answer changes by {turn:number} a month less "
    "than before ({low:number} to {high:number})."
)
_WHEN = {"day": lambda row: row.at.date()}
MOVED = Claims(
    "event",
    _moved,
    _WHEN | {"before": lambda row: None if row.metric == TOGETHER else row.mean_before},
    sized="change",
    key=("metric", "event"),
    test=N_("segmented regression, Newey–West errors, placebo dates"),
    estimate="change",
    n="n",
    effect=lambda row: from_d(row.effect),
)
STILL = replace(
    MOVED,
    message=lambda row: _USUAL if _usual(row) else _NONE,
    values=_WHEN,
    sized="",
    effect=0.0,
    kind="nothing",
)
TURNED = Claims(
    "event.turn",
    lambda row: _MORE if row.turn > 0 else _LESS,
    _WHEN,
    sized="turn",
    key=("metric", "event"),
    nothing=N_(
        "No event turned the direction of a score: none of {family:count} changes of slope is more than chance."
    ),
    test=N_("segmented regression, Newey–West errors, Benjamini–Hochberg"),
    estimate="turn",
    n="n",
    effect=0.0,
    reach=lambda row: 0,
)


def _effects_on(answers: pd.DataFrame, events: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Effects of all events on one score."""
    rows = []
    answers = answers.dropna(subset=["score", "at"])
    for event in events.itertuples():
        affected = under(answers["at"], event.at, event.until)
        before = answers.loc[
            answers["at"].between(event.at - pd.Timedelta(weeks=MIN_WEEKS), event.at, inclusive="left")
        ]
        rows.append(
            {
                "event": event.name,
                "kind": event.kind,
                "at": event.at,
                "metric": metric,
                "n": int(affected.sum()),
                "n_before": len(before),
                "mean_before": before["score"].mean() if len(before) else np.nan,
                "testable": _testable(answers["at"], affected, event.at),
                "same_as": "/".join(map(str, (event.at, event.until))),
            }
        )
    table = pd.DataFrame(rows)
    for column in ("change", "change_low", "change_high", "p", "p_placebo", "effect", *TURN):
        table[column] = np.nan
    if table.empty or not table["testable"].any():
        return table
    modelled = events.loc[table["testable"]].drop_duplicates(["at", "until"])
    week = (answers["at"] - answers["at"].min().normalize()).dt.days // 7
    steps = np.column_stack([under(answers["at"], e.at, e.until) for e in modelled.itertuples()]).astype(float)
    y, weights, x = weekly(answers["score"].to_numpy(float), week.to_numpy(), steps)
    if len(y) <= x.shape[1] + MIN_WEEKS or np.linalg.matrix_rank(x) < x.shape[1]:
        return table
    fit = newey_west(y, x, weights)
    noise = noise_models(y, x, within_weeks(answers["score"], week) / weights)
    chance = null_t(x, weights, noise)
    half = np.nanquantile(chance, CONFIDENCE, axis=0) * fit.errors
    deviation = float(answers["score"].std())
    quiet: dict[str, np.ndarray] = {}
    for at, event in enumerate(modelled.itertuples(), start=2):
        change, error = fit.coefficients[at], fit.errors[at]
        if not error > 0 or not deviation > 0:
            continue
        t = change / error
        # Where nothing happened, all events that last equally long are the same step.
        if (length := str(event.until - event.at)) not in quiet:
            quiet[length] = _placebos(answers, events, event, week.to_numpy(), steps)
        placebos = quiet[length]
        rows = table["same_as"] == "/".join(map(str, (event.at, event.until)))
        values = {"change": change, "change_low": change - half[at], "change_high": change + half[at]}
        values |= {"p": _beaten(chance[:, at], abs(t)), "effect": change / deviation}
        if len(placebos) >= MIN_PLACEBOS:
            values["p_placebo"] = _beaten(placebos, abs(t))
        if pd.isna(event.until):
            values |= _turn(y, weights, x, at, noise)
        table.loc[rows, list(values)] = list(values.values())
    return table


def _turn(y: np.ndarray, weights: np.ndarray, x: np.ndarray, at: int, noise: list) -> dict[str, float]:
    """Change of slope from the event in column `at` on, beside the change of level; compared with simulated series."""
    trend, after = x[:, 1], x[:, at]
    design = np.column_stack([x, after * (trend - trend[after > 0].min())])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return {}
    fit = newey_west(y, design, weights)
    slope, error = float(fit.coefficients[-1]), float(fit.errors[-1])
    if not error > 0:
        return {}
    chance = null_t(design, weights, noise)[:, -1]
    half = float(np.nanquantile(chance, CONFIDENCE)) * error
    ends = dict(zip(TURN, np.array([slope, slope - half, slope + half]) * WEEKS_PER_MONTH, strict=False))
    return ends | {"p_turn": _beaten(chance, abs(slope / error))}


def under(at: pd.Series, start: pd.Timestamp, until: pd.Timestamp) -> np.ndarray:
    """Which times an event bears on; its last day counts in full."""
    affected = at >= start
    return (affected & (at < until.normalize() + pd.Timedelta(days=1)) if pd.notna(until) else affected).to_numpy()


def _testable(at: pd.Series, affected: np.ndarray, start: pd.Timestamp) -> bool:
    before = (at < start).to_numpy()
    weeks_before = (start - at.min()).days / 7 if before.any() else 0
    weeks_after = (at.max() - start).days / 7
    enough = min(int(before.sum()), int(affected.sum())) >= MIN_ANSWERS
    return bool(enough and weeks_before >= MIN_WEEKS and weeks_after >= MIN_WEEKS)


def weekly(score: np.ndarray, week: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weekly mean score, answers, and design: constant, trend in weeks, share of answers under each event."""
    weeks, at = np.unique(week, return_inverse=True)
    n = np.bincount(at).astype(float)
    means = [np.bincount(at, column) / n for column in (score, *steps.T)]
    return means[0], n, np.column_stack([np.ones(len(weeks)), weeks - weeks.mean(), *means[1:]])


def _placebos(
    answers: pd.DataFrame, events: pd.DataFrame, event: Any, week: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """Absolute t values of the same kind of step at every week that is clear of all events, beside the real steps."""
    first, last = answers["at"].min().normalize(), answers["at"].max()
    length = event.until - event.at if pd.notna(event.until) else pd.NaT
    turns = pd.concat([events["at"], events["until"]]).dropna()
    gap = pd.Timedelta(weeks=CLEAR_OF_EVENTS)
    margin = pd.Timedelta(weeks=MIN_WEEKS)
    found = []
    for start in pd.date_range(first + margin, last - margin, freq="7D"):
        until = start + length
        step = under(answers["at"], start, until)
        if ((turns - start).abs() < gap).any() or min(step.sum(), (~step).sum()) < MIN_ANSWERS:
            continue
        y, weights, x = weekly(answers["score"].to_numpy(float), week, np.column_stack([steps, step]))
        if np.linalg.matrix_rank(x) < x.shape[1]:
            continue
        fit = newey_west(y, x, weights)
        if fit.errors[-1] > 0:
            found.append(abs(fit.coefficients[-1]) / fit.errors[-1])
    return np.array(found)


def within_weeks(score: pd.Series, week: pd.Series) -> float:
    """Variance of one answer within a week, pooled over weeks; over all answers where weeks hold one each."""
    groups = score.groupby(week)
    freedom = len(score) - groups.ngroups
    squares = ((score - groups.transform("mean")) ** 2).sum()
    variance = float(squares / freedom) if freedom > 0 else 0.0
    return variance if variance > 0 else max(float(score.var()), 1e-12)


def _beaten(chance: np.ndarray, t: float) -> float:
    """Share of chance values at least as large, the observed one counted among them."""
    chance = chance[~np.isnan(chance)]
    return float((1 + (chance >= t).sum()) / (1 + len(chance)))
