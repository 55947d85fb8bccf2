"""Expected and realised effects: did an action keep its promise?

What came after its first day is held against what would have come without it. Where everybody got it, the rate of the
pain is followed over time, with the trend and the events of the calendar taken into account (segmented regression).
Where only some customers got it, their change is compared with that of the others (difference in differences): what
changed for everybody is then no success of the action.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_ratio
from ...stats.intervals import z_value
from ...stats.regression import poisson
from ..feedback.events import MIN_WEEKS, event_effects
from ..pain_points.aftermath import active, watched
from ..pain_points.costs import outcomes
from ..pain_points.observations import BEHAVIOUR, Evidence

YEAR = pd.Timedelta(days=365)
"""The rate before is that of the year before the action, or of as much of it as there is."""

MIN_HITS = 10
"""Customers hit and not hit in each of the four groups of a difference in differences: below it nothing is compared."""

KEPT, PARTLY, BROKEN = N_("promise kept"), N_("better, but less than promised"), N_("promise not kept")
EARLY, OPEN, NOT_BEGUN = N_("too early"), N_("cannot tell"), N_("not started")

DECIDED = (KEPT, PARTLY, BROKEN)
"""Verdicts that rest on what came."""

SERIES, OTHERS = N_("before and after"), N_("against customers without it")
ACTION = "action"

COLUMNS = [
    *("action", "pain", "verdict", "started_on", "expected_least", "expected_most"),
    *("realised", "realised_low", "realised_high", "n", "base", "method", "p", "p_adjusted", "claim"),
]
MEASURED = ["n", "realised", "realised_low", "realised_high", "p", "p_adjusted", "claim"]
"""What goes where a row is hidden. A verdict stays: it rests on dozens of occasions or says that there are too few."""


def occasions_of(pain: str, evidence: Evidence, weeks: pd.DataFrame) -> pd.DataFrame:
    """Every dated occasion on which a pain could have shown: of behaviour its own, else every week of a customer.

    A share of all tickets would fall as soon as another pain grows.

    Parameters
    ----------
    pain : str
    evidence : Evidence
    weeks : DataFrame
        ``customer_no, at``: who was a customer in which week, from `aftermath.active`.

    Returns
    -------
    DataFrame
        ``customer_no, at, hit``; empty for reasons that customers state once and without a day.
    """
    kinds = set(evidence.hits.loc[evidence.hits["pain"] == pain, "evidence"])
    if not kinds or BEHAVIOUR in kinds:
        rows = evidence.occasions[evidence.occasions["pain"] == pain]
        return rows.loc[rows["at"].notna(), ["customer_no", "at", "hit"]].reset_index(drop=True)
    rows = evidence.hits.loc[(evidence.hits["pain"] == pain) & (evidence.hits["row"] >= 0), "row"]
    if rows.empty:
        return pd.DataFrame({"customer_no": [], "at": pd.to_datetime([]), "hit": np.array([], bool)})
    cases = evidence.hits[(evidence.hits["pain"] == pain) & evidence.hits["at"].notna()]
    week = cases["at"].dt.to_period("W").dt.to_timestamp()
    cases = pd.DataFrame({"customer_no": cases["customer_no"], "at": week}).drop_duplicates().assign(hit=True)
    found = weeks.merge(cases, on=["customer_no", "at"], how="left").sort_values("at", kind="stable", ignore_index=True)
    return found.assign(hit=found["hit"].eq(True))


def by_action(
    actions: pd.DataFrame,
    evidence: Evidence,
    profile: pd.DataFrame,
    given: pd.DataFrame,
    events: pd.DataFrame,
    as_of: date,
) -> Result:
    """A line per action: expected, realised, verdict.

    Parameters
    ----------
    actions : DataFrame
        ``action, pain, expected_low, expected_high, started_on, partial``.
    evidence : Evidence
    profile : DataFrame
        One row per customer.
    given : DataFrame of bool, shape (customers, actions)
        Who got each action.
    events : DataFrame
        ``at, until, name, kind``: the calendar, which must not be mistaken for the action.
    as_of : date
        Day of the run.

    Returns
    -------
    Result
        ``action, pain, verdict, started_on, expected_least, expected_most, realised`` (share by which the pain became
        less frequent; negative: more frequent) with interval``, n`` (customers hit since)``, base`` (of whom it can be
        told)``, method, p, p_adjusted, claim``; one family. Promises are `KEPT` if it is established that the pain
        became less frequent and the promise lies within the interval or below it, `BROKEN` if the whole interval lies
        below the promise (`PARTLY` if the improvement is established all the same), else nobody can tell. The rate
        before, by which a change is divided, is taken as known.

    References
    ----------
    Wagner et al. (2002), J. Clin. Pharm. Ther. 27:299–309, and `events.event_effects`; difference in differences on
    the ratio scale: Puhani (2012), Economics Letters 115:85–87.
    """
    rows, weeks = [], active(watched(profile, outcomes(profile).get("lapsed"), evidence, as_of), "W")
    for action in actions.itertuples():
        row = {"action": action.action, "pain": action.pain, "started_on": action.started_on}
        row |= {"expected_least": action.expected_low, "expected_most": action.expected_high}
        known = occasions_of(action.pain, evidence, weeks)
        known = known[known["customer_no"].isin(profile["customer_no"])]
        members = profile.loc[given[action.action].to_numpy(), "customer_no"]
        begun = pd.notna(action.started_on) and action.started_on <= pd.Timestamp(as_of)
        since = known[(known["at"] >= action.started_on) & known["customer_no"].isin(members)] if begun else known[:0]
        row |= {"n": since.loc[since["hit"], "customer_no"].nunique(), "base": since["customer_no"].nunique()}
        row["verdict"] = NOT_BEGUN if not begun else EARLY if _weeks(action.started_on, as_of) < MIN_WEEKS else OPEN
        if row["verdict"] == OPEN:
            row["method"] = OTHERS if action.partial else SERIES
            if action.partial:
                row |= _against_others(known, members, action.started_on, as_of)
            else:
                row |= _before_and_after(known, action, actions, events)
        rows.append(row)
    numbers = [*(name for name in COLUMNS if name.startswith(("expected", "realised"))), "p"]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table, family = corrected(table.astype(dict.fromkeys(numbers, float) | {"started_on": "datetime64[us]"}), COLUMNS)
    table["verdict"] = [_judged(row) for row in table.itertuples()]
    return Result(
        "action_outcomes",
        table,
        Text(N_("What was promised, and what came")),
        Disclosure(within=None, mask=MEASURED),
        claims=partial(_claims, family=family),
        family=family,
        about=Text(N_("Share by which the pain became less frequent since the action began; below 0: more frequent.")),
    )


def facts(table: pd.DataFrame) -> dict[str, int]:
    """Actions that have begun, and promises that were kept and not kept."""
    begun = int((table["verdict"] != NOT_BEGUN).sum())
    kept, broken = (int(table["verdict"].isin(verdicts).sum()) for verdicts in ([KEPT], [PARTLY, BROKEN]))
    return {"actions_begun": begun, "promises_kept": kept, "promises_not_kept": broken}


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """Promises that were kept and that were not, or that nobody can tell yet."""
    begun = table[table["verdict"] != NOT_BEGUN]
    judged = shown(begun[begun["verdict"].isin(DECIDED)])
    if len(begun) and judged.empty:
        message = N_("Whether the actions that have begun work cannot be told yet ({n:count} have begun).")
        evidence: dict[str, Any] = {"n": int(begun["base"].max()), "test": _TEST, "family": family}
        return [Finding(message, {"n": len(begun)}, id="outcome.nothing", kind="nothing", **evidence)]
    kinds = {True: CLAIMS, False: replace(CLAIMS, kind="fact")}
    return [kinds[bool(row.claim)].one(row, family) for row in judged.itertuples()]


_TEST = N_("segmented regression or difference in differences, Benjamini–Hochberg")
_MESSAGES = {
    KEPT: N_(
        "“{action:value}” kept its promise: “{pain:value}” was to become less frequent by {promised:share} and did so "
        "by {observed:share} ({low:share} to {high:share}) since {day:day}."
    ),
    PARTLY: N_(
        "“{action:value}” helped, but less than promised: “{pain:value}” was to become less frequent by "
        "{promised:share} and did so by {observed:share} ({low:share} to {high:share}) since {day:day}."
    ),
    BROKEN: N_(
        "“{action:value}” did not keep its promise: “{pain:value}” was to become less frequent by {promised:share}; "
        "since {day:day} it did so by {observed:share} ({low:share} to {high:share}). A negative number means that it "
        "became more frequent."
    ),
}


CLAIMS = Claims(
    "outcome",
    lambda row: _MESSAGES[row.verdict],
    {
        "promised": lambda row: (row.expected_least + row.expected_most) / 2,
        "day": lambda row: row.started_on.date(),
        "observed": "realised",
    },
    key=("action",),
    test=_TEST,
    estimate="realised",
    effect=lambda row: from_ratio(max(1 - row.realised, 0.01)),
)


def _weeks(start: pd.Timestamp, as_of: date) -> float:
    return (pd.Timestamp(as_of) - start).days / 7


def _before_and_after(known: pd.DataFrame, action, actions: pd.DataFrame, events: pd.DataFrame) -> dict[str, float]:
    """Change of level at the action, relative to the year before it; other actions and events beside it."""
    before = known[(known["at"] < action.started_on) & (known["at"] >= action.started_on - YEAR)]
    rate = float(before["hit"].mean()) if len(before) else 0.0
    if not rate > 0:
        return {}
    alike = actions[(actions["pain"] == action.pain) & ~actions["partial"] & actions["started_on"].notna()]
    own = pd.DataFrame({"at": alike["started_on"], "until": pd.NaT, "name": alike["action"], "kind": ACTION})
    calendar = events[["at", "until", "name", "kind"]] if len(events) else own[:0]
    dates = {"at": "datetime64[us]", "until": "datetime64[us]"}
    dated = pd.concat([part.astype(dates) for part in (own, calendar) if len(part)], ignore_index=True)
    series = known.assign(score=known["hit"].astype(float), metric=action.pain)
    table = event_effects(series, dated).frame
    row = table[(table["event"] == action.action) & (table["kind"] == ACTION)].iloc[0]
    if not np.isfinite(row["change"]):
        return {}
    ends = {"realised": -row["change"], "realised_low": -row["change_high"], "realised_high": -row["change_low"]}
    return {name: float(value) / rate for name, value in ends.items()} | {"p": float(row["p"])}


def _against_others(known: pd.DataFrame, members: pd.Series, start: pd.Timestamp, as_of: date) -> dict[str, float]:
    """Change of the customers with the action over that of the others; in windows of equal length.

    Compared are cases per week of a customer, or per occasion: an action may spare a customer one case of several. Each
    customer is one row of a window. That both windows hold the same customers makes the errors too large rather than
    too small, because customers resemble themselves.
    """
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    first = known["at"].min() if len(known) else start
    length = min(end - start, start - first, YEAR)
    if length < pd.Timedelta(weeks=MIN_WEEKS):
        return {}
    parts = []
    for after, since in ((False, start - length), (True, end - length if length < end - start else start)):
        window = known[(known["at"] >= since) & (known["at"] < since + length)]
        each = window.groupby("customer_no")["hit"].agg(["sum", "size"]).reset_index()
        parts.append(each.assign(after=after, member=each["customer_no"].isin(members)))
    rows = pd.concat(parts, ignore_index=True)
    counts = rows["sum"].gt(0).groupby([rows["after"], rows["member"]]).agg(["sum", "size"])
    if len(counts) < 4 or min(counts["sum"].min(), (counts["size"] - counts["sum"]).min()) < MIN_HITS:
        return {}
    after, member = rows["after"].to_numpy(float), rows["member"].to_numpy(float)
    design = np.column_stack([np.ones(len(rows)), after, member, after * member])
    coefficients, errors = poisson(rows["sum"], design, rows["size"])
    if not (np.isfinite(coefficients[3]) and errors[3] > 0):
        return {}
    from scipy import special

    half = z_value() * errors[3]
    low, middle, high = (1 - np.exp(coefficients[3] + step) for step in (half, 0.0, -half))
    p = float(2 * special.ndtr(-abs(coefficients[3] / errors[3])))
    return {"realised": float(middle), "realised_low": float(low), "realised_high": float(high), "p": p}


def _judged(row) -> str:
    """Verdict of an action that has begun long enough ago, see `outcomes`."""
    if row.verdict != OPEN or not np.isfinite(row.realised) or not np.isfinite(row.expected_least):
        return row.verdict
    better = bool(row.claim) and row.realised > 0
    if row.realised_high < row.expected_least:
        return PARTLY if better else BROKEN
    return KEPT if better else OPEN
