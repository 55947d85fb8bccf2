"""How each score is read: on which scale it was asked, and whether high or low answers are the good ones.

The direction is declared, or follows from the words of the question (nobody means five stars to be bad), or is told by
the other scores of the same customers. A declaration that they contradict stops the run: a score read upside down would
turn every statement about it into its opposite.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import fact, shown
from .score_kinds import METRICS, Metric

HIGH, LOW = N_("high is good"), N_("low is good")
DECLARED, DETECTED, USUAL = N_("declared"), N_("told by other scores"), N_("usual for this question")

CERTAIN = 0.001
"""p-value up to which other scores tell a direction, or contradict a declared one. One in a thousand, because a
direction taken wrongly is worse than one left at what is usual."""

OVERLAP = 30
"""Customers that must have given both scores: with fewer, ranks say little."""

EFFORT_ENDS = (1.0, 5.0)
"""Scale of the first version of the effort score, which asks for effort: 1 is little, and therefore good."""

WORST_BEST = ("worst", "best")
_QUESTION = ["source", "metric", "scale", "direction"]

COLUMNS = [
    *("metric", "source", "scale", "direction", "how", "good_from", "poor_from"),
    *("n", "correlation", "overlap", "p"),
]


def readings(feedback: pd.DataFrame) -> Result:
    """How the scores of each question are read.

    Parameters
    ----------
    feedback : DataFrame
        ``metric, score`` and optionally ``source, scale, direction, customer_no``. A scale from a higher to a lower
        number ("5-1") declares that low is good, as does ``direction``; one from a lower to a higher number says
        nothing about direction, because everybody writes scales that way.

    Returns
    -------
    Result
        One row per question: ``metric, source, scale`` (as text from the lowest to the highest answer)``, direction,
        how`` (`DECLARED`, `DETECTED`, `USUAL`)``, good_from, poor_from`` (answers that count as such, on their own
        scale)``, n`` (scores)``, correlation`` (Spearman's, with the other scores of the same customers; positive where
        they agree about the direction as read)``, overlap`` (customers)``, p``.

    Raises
    ------
    InputRejected
        If a scale cannot be read, contradicts its direction, or other scores contradict the declared direction.
    """
    known = feedback.loc[feedback["metric"].isin(list(METRICS)) & feedback["score"].notna()]
    rows = _questions(known, _asked(known))[1]
    names = list(METRICS)
    rows.sort(key=lambda row: (names.index(row["metric"]), row["source"], row["scale"]))
    sources = "; ".join(dict.fromkeys(METRICS[row["metric"]].source for row in rows))
    return Result(
        "readings",
        pd.DataFrame([_told(row) for row in rows], columns=COLUMNS),
        Text(N_("How each score is read")),
        Disclosure(within=None, also=("overlap",)),
        claims=_claims,
        note=Text(N_("Sources of the definitions: {sources}"), {"sources": sources}) if rows else None,
        needs="feedback",
    )


def read_as(known: pd.DataFrame) -> pd.DataFrame:
    """Worst and best answer of the scale of each row; same index.

    Raises
    ------
    InputRejected
        As in `readings`.
    """
    asked = _asked(known)
    questions, rows = _questions(known, asked)
    ends = pd.DataFrame([_ends_of(row) for row in rows], columns=list(WORST_BEST), dtype=float)
    found = asked.merge(pd.concat([questions, ends], axis=1), on=_QUESTION, how="left", validate="m:1")
    return found.set_index(known.index)


def _claims(table: pd.DataFrame) -> list[Finding]:
    """Directions that nobody declared and that the data told."""
    rows = shown(table.loc[table["how"] == DETECTED])
    return [replace(TOLD.one(row), p_adjusted=float(row.p)) for row in rows.itertuples()]


TOLD = fact(
    "reading",
    N_(
        "{metric:label}: that “{direction:label}” was not declared but is told by the other scores of the same "
        "{n:count} customers (rank correlation {correlation:ratio}). If it is wrong, declare the direction."
    ),
    {"n": "overlap"},
    key=("metric", "source"),
    test=N_("Spearman's rank correlation"),
    n="overlap",
)


def _questions(known: pd.DataFrame, asked: pd.DataFrame) -> tuple[pd.DataFrame, list[dict]]:
    """The questions, and how each of them is read."""
    questions = asked.drop_duplicates().sort_values(_QUESTION, ignore_index=True)
    rows = [_declared(row) for row in questions.itertuples()]
    _compare(rows, [known.loc[(asked == list(row)).all(axis=1)] for row in questions.itertuples(index=False)])
    return questions, rows


def _asked(known: pd.DataFrame) -> pd.DataFrame:
    """What was asked in each row, as text; "" where it is not said."""
    return pd.DataFrame(
        {
            name: known[name].astype("object").where(known[name].notna(), "").astype("str") if name in known else ""
            for name in _QUESTION
        },
        index=known.index,
    )


def _declared(row: Any) -> dict:
    """Ends of a question's scale and its direction, as far as they are declared or usual."""
    metric = METRICS[row.metric]
    first, second = _numbers(row.scale, metric, row.metric)
    low, high = min(first, second), max(first, second)
    direction = row.direction
    if first > second:
        if direction == HIGH:
            raise InputRejected(
                f"feedback: {_name(row)} has the scale {row.scale}, which says that {second:g} is the best answer, but "
                f'its direction is "{HIGH}"; change one of them'
            )
        direction = LOW
    if direction not in ("", HIGH, LOW):
        raise InputRejected(f'feedback: the direction of {_name(row)} is neither "{HIGH}" nor "{LOW}"')
    if row.metric == "nps" and (low, high, direction) not in [(0, 10, ""), (0, 10, HIGH)]:
        raise InputRejected(
            f"feedback: NPS is asked on a scale from 0 to 10 and high is good, not from {first:g} to {second:g}"
            f"{', low is good' if direction == LOW else ''}; map it to csat instead"
        )
    usual = LOW if row.metric == "ces" and (low, high) == EFFORT_ENDS else HIGH
    how = DECLARED if direction else USUAL
    said = {"metric": row.metric, "source": row.source, "asked": row, "low": low, "high": high}
    scale = f"{low:g}–{high:g}"
    return said | {"scale": scale, "direction": direction or usual, "how": how, "correlation": np.nan, "p": np.nan}


def _compare(rows: list[dict], parts: list[pd.DataFrame]) -> None:
    """Compare each question with those whose direction is surer, and take from them what is not declared."""
    means = [_by_customer(part) for part in parts]
    for row, part in zip(rows, parts, strict=True):
        row |= {"n": len(part), "overlap": 0, "trust": _trust(row)}
    for at in sorted(range(len(rows)), key=lambda i: -rows[i]["trust"]):
        row = rows[at]
        surer = [
            i for i, other in enumerate(rows) if i != at and (other["trust"] > row["trust"] or _both_sure(other, row))
        ]
        others = [means[i] * (1 if rows[i]["direction"] == HIGH else -1) for i in surer]
        if row["metric"] == "nps" or not others:
            continue
        ranks = [other.rank(pct=True) for other in others if len(other)]
        together = pd.concat(ranks).groupby(level=0).mean() if ranks else pd.Series(dtype=float)
        pairs = pd.concat([means[at], together], axis=1, join="inner").set_axis(["own", "others"], axis=1)
        row["overlap"] = len(pairs)
        if len(pairs) < OVERLAP or pairs.nunique().min() < 2:
            continue
        correlation, p = _spearman(pairs)
        sign = 1 if row["direction"] == HIGH else -1
        row |= {"correlation": sign * correlation, "p": p}
        if p > CERTAIN:
            continue
        if row["how"] == DECLARED and sign * correlation < 0:
            other = HIGH if row["direction"] == LOW else LOW
            raise InputRejected(
                f'feedback: {_name(row["asked"])} is declared "{row["direction"]}", but its answers contradict '
                f"the other scores of the same customers (rank correlation {correlation:.2f} with scores of which high "
                f'is good, n = {len(pairs)}); declare "{other}" in `direction`, or check the mapping of the scores'
            )
        if row["how"] == USUAL and METRICS[row["metric"]].flips and (sign * correlation < 0 or _open(row)):
            row |= {"direction": HIGH if correlation > 0 else LOW, "how": DETECTED, "correlation": abs(correlation)}


def _trust(row: dict) -> int:
    """How sure the direction is before any data are seen."""
    if row["how"] == DECLARED or row["metric"] == "nps":
        return 4
    return {"stars": 3, "csat": 2, "ces": 1, "rating": 0}[row["metric"]]


def _both_sure(other: dict, row: dict) -> bool:
    return other["trust"] == row["trust"] == 4


def _open(row: dict) -> bool:
    """Whether what is usual is too weak to be called so: ratings of any kind, and effort scores."""
    return row["metric"] in ("ces", "rating")


def _by_customer(part: pd.DataFrame) -> pd.Series:
    if "customer_no" not in part:
        return pd.Series(dtype=float)
    named = part.loc[part["customer_no"].notna()]
    return named["score"].astype(float).groupby(named["customer_no"].astype("int64")).mean()


def _spearman(pairs: pd.DataFrame) -> tuple[float, float]:
    """Rank correlation and its p-value by the t distribution."""
    from scipy import special

    n = len(pairs)
    r = float(pairs["own"].rank().corr(pairs["others"].rank()))
    if abs(r) >= 1:
        return r, 0.0
    t = abs(r) * np.sqrt((n - 2) / (1 - r**2))
    return r, float(2 * special.stdtr(n - 2, -t))


def _ends_of(row: dict) -> tuple[float, float]:
    return (row["low"], row["high"]) if row["direction"] == HIGH else (row["high"], row["low"])


def _told(row: dict) -> dict:
    """Which answers are good and poor, on the scale of the question."""
    metric = METRICS[row["metric"]]
    worst, best = _ends_of(row)
    limits = [
        worst + (limit - metric.low) / (metric.high - metric.low) * (best - worst)
        for limit in (metric.good, metric.poor)
    ]
    signs = ("≥", "≤") if row["direction"] == HIGH else ("≤", "≥")
    good, poor = (f"{sign} {round(limit, 2):g}" for sign, limit in zip(signs, limits, strict=True))
    return row | {"good_from": good, "poor_from": poor}


def _name(row: Any) -> str:
    return f"the {row.metric} score" + (f" of source {row.source!r}" if row.source else "")


def _numbers(scale: str, metric: Metric, name: str) -> tuple[float, float]:
    """The two ends of a declared scale as written; a single number is the highest answer."""
    if not scale:
        return metric.low, metric.high
    try:
        parts = [float(part) for part in scale.replace("–", "-").replace("..", "-").split("-")]
        first, second = parts if len(parts) == 2 else (metric.low, *parts)
    except (ValueError, TypeError):
        raise InputRejected(f'feedback: a {name} scale cannot be read; write it like "1-5"') from None
    if first == second:
        raise InputRejected(f"feedback: a {name} scale from {first:g} to {second:g} holds one answer only")
    return first, second
