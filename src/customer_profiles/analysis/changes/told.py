"""What changed since the last run, as results: the headlines with their parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text, is_missing
from ...results import OVERLAPPING, Result
from ...stats.claims import shown
from ..kpi_definitions import KPIS
from .exports import SHORTER, behind_coverage, behind_definition
from .knowledge import Knowledge
from .parts import tables_of
from .row import GAP, ON_FILE, SEASON_OR_NEW, SPAN

HEADINGS = {
    "coverage": N_("Source coverage"),
    "identity": N_("Joined customers"),
    "definition": N_("Definitions"),
    "mix": N_("Mix of customers"),
    "behaviour": N_("Behaviour"),
    "untold": N_("Cannot be told"),
}
NAMES = (
    *(N_("Last value"), N_("This value"), N_("Whole change"), N_("Relative change"), N_("Part"), N_("Amount")),
    *(N_("Last rows"), N_("Rows"), N_("Lost share"), N_("Unusable share"), N_("Level"), N_("Year before"), N_("Day")),
)
"""Headings of the table that no other table has."""
OF_THE_DATA = ("coverage", "identity", "definition")
ENDS = ("", "_low", "_high")
SEGMENT = N_("Customers in segment {segment}")
MOVED = (
    N_("{headline:label} rose to {now:label} from {before:label}: {by:label} of it because customers act differently."),
    N_("{headline:label} fell to {now:label} from {before:label}: {by:label} of it because customers act differently."),
    N_(
        "{headline:label} went to {now:label} from {before:label}: {by:label} because customers act differently, which "
        "other causes made up for in part."
    ),
    N_(
        "{headline:label} went to {now:label} from {before:label}: {by:label} because customers act differently, which "
        "other causes more than made up for."
    ),
)
"""How a figure moved: up, down, less than by itself, or the other way."""
SINCE = (
    N_(
        "{headline:label} since {since:day} rose to {now:label}, from {before:label} in as many months before: "
        "{by:label} of it because customers act differently, or because of {cause:label}."
    ),
    N_(
        "{headline:label} since {since:day} fell to {now:label}, from {before:label} in as many months before: "
        "{by:label} of it because customers act differently, or because of {cause:label}."
    ),
    N_(
        "{headline:label} since {since:day} went to {now:label}, from {before:label} in as many months before: "
        "{by:label} because customers act differently, or because of {cause:label}, which other causes made up for in "
        "part."
    ),
    N_(
        "{headline:label} since {since:day} went to {now:label}, from {before:label} in as many months before: "
        "{by:label} because customers act differently, or because of {cause:label}, which other causes more than "
        "made up for."
    ),
)
"""The same where records are too young for what the figure looks back."""
OAXACA = N_("Oaxaca–Blinder decomposition with pooled coefficients, errors clustered by customer")
PAIRED = N_("difference of the customers of both runs, each compared with themselves")
FIRST_RUN = N_("This is the first run that can be compared: from the next one on, this page says what changed.")
LATER = N_("The run to compare with looks at a later day, so nothing is compared: --compare takes an earlier one.")


def standing(headlines: pd.DataFrame) -> Result:
    """The headlines of this run, from `parts.headlines`, with the rule of what may be shown of them."""
    return Result("headlines", headlines, Text(N_("The headlines of this run")), OVERLAPPING)


def first_run(before: Knowledge, today: date) -> list[Text]:
    """What there is to say where no run can be compared with."""
    return [] if before.compares() else [Text(FIRST_RUN if before.as_of <= today else LATER)]


def of_data(split: pd.DataFrame, exports: pd.DataFrame) -> Result:
    """What each part adds to a headline, and sentences about those that the data made and no customer.

    Parameters
    ----------
    split : DataFrame
        From `parts.split`.
    exports : DataFrame
        What happened to the exports, from `exports.sources`: where one of them alone explains a part, it is named.

    Returns
    -------
    Result
        ``headline, part, relative_change`` (per cent of the last value, points of a score as they are; with its
        interval)``, amount`` (in the unit of the headline)``, claim`` (of the data, or established)``, n, n_before``; a
        row for each part that is not nothing, segments left out.
    """
    table = by_part(split[split["headline"].isin(list(KPIS))], HEADINGS)
    table["claim"] |= table["of"].isin(OF_THE_DATA)
    covered = dict(zip(split["headline"], split["covered"], strict=True))
    return Result(
        "change_parts",
        table,
        Text(N_("What moved each headline since the last run")),
        OVERLAPPING_BOTH,
        claims=lambda frame: [
            _of_data(row, exports, covered[row.key]) for row in shown(frame).itertuples() if _is_worth_a_sentence(row)
        ],
        about=Text(N_("Per cent of the value in the last run; scores in points.")),
        note=Text(
            N_(
                "What comes from records, joined customers and definitions is counted again and exact for these "
                "customers; its interval says how much it would vary with others."
            )
        ),
        columns=[
            *("headline", "part", "relative_change", "relative_change_low", "relative_change_high", "amount", "claim"),
            *("n", "n_before"),
        ],
    )


def by_part(figures: pd.DataFrame, parts: Mapping[str, str]) -> pd.DataFrame:
    """What each part adds to each key figure, a row for each that is not nothing.

    Parameters
    ----------
    figures : DataFrame
        Rows of `parts.split`.
    parts : mapping of str to str
        Columns with the amounts, and what they are called.

    Returns
    -------
    DataFrame
        The columns of `of_data`, ``p_adjusted``, and ``key, of`` (name of the figure and of the part).
    """
    about = ["headline", "kind", "value_before", "value", "n", "n_before", "p_adjusted", "claim", "reason"]
    long = figures.melt(about, list(parts), "part", "amount", ignore_index=False).sort_index(kind="stable")
    long = long[long["amount"].abs() > 1e-9 * long["value_before"].abs()].reset_index()
    ends = figures.reindex(columns=[f"{part}{end}" for part in parts for end in ("_low", "_high")]).stack()
    keys = {end: pd.MultiIndex.from_arrays([long["index"], long["part"] + end]) for end in ("_low", "_high")}
    amounts = {"": long["amount"]} | {end: ends.reindex(key).set_axis(long.index) for end, key in keys.items()}
    tested = long["part"].eq("behaviour")
    return long.assign(
        key=long["headline"],
        of=long["part"],
        headline=[called(name) for name in long["headline"]],
        part=long["part"].map(parts),
        p_adjusted=long["p_adjusted"].where(tested),
        claim=tested & long["claim"].astype(bool),
        **{f"relative_change{end}": relative(of, long) for end, of in amounts.items()},
    )


def relative(amounts: pd.Series, split: pd.DataFrame) -> pd.Series:
    """Amounts in per cent of the value before, points of a score as they are."""
    base = split["value_before"].abs().where(split["kind"] != "points", 100.0).replace(0, np.nan)
    return 100 * amounts.astype(float) / base.astype(float)


def _is_worth_a_sentence(row: Any) -> bool:
    return row.of in OF_THE_DATA and (abs(row.relative_change) > 100 * SHORTER or _is_of_silent_days(row))


def _is_of_silent_days(row: Any) -> bool:
    return row.of == "coverage" and row.reason == GAP


def headline(name: str) -> Text:
    """What a headline is called."""
    kind, _, number = name.partition(" ")
    return Text(SEGMENT, {"segment": number}) if kind == "segment" else Text("{name:label}", {"name": called(name)})


def called(name: str) -> str:
    """What a headline is called in a table; an outcome by the label that dataset.yaml gives it."""
    return KPIS[name].label if name in KPIS and name != "outcome" else name.capitalize() if " " in name else name


def decomposition(split: pd.DataFrame, day: Any) -> Result:
    """The headlines of both runs and what their change is made of.

    Parameters
    ----------
    split : DataFrame
        From `parts.split`.
    day : date
        Day of the run that is compared with.

    Returns
    -------
    Result
        ``headline, last_value, this_value, whole_change``, the parts, ``relative_change`` (what behaviour adds, in per
        cent of the last value, points of a score as they are; with its interval), ``p_adjusted, claim, level, n,
        n_before``.
    """
    tested = split["p"].notna()
    changes = {f"relative_change{end}": relative(split[f"behaviour{end}"], split).where(tested) for end in ENDS}
    names = {"value_before": "last_value", "value": "this_value", "change": "whole_change"}
    headings = {part: label.lower().replace(" ", "_") for part, label in HEADINGS.items()}
    table = (
        split.drop(columns=["behaviour_low", "behaviour_high", "covered"])
        .assign(**changes)
        .rename(columns=names | headings)
    )
    told = [called(name) for name in split["headline"]]
    columns = [
        "headline",
        *names.values(),
        *headings.values(),
        *changes,
        "p_adjusted",
        "claim",
        "level",
        "n",
        "n_before",
        "since",
        "reason",
    ]
    family = int(tested.sum())
    result = Result(
        "changes",
        table.assign(key=split["headline"], headline=told),
        Text(N_("What each headline's change since the last run is made of")),
        OVERLAPPING_BOTH,
        claims=lambda frame: _claims(frame, family, day),
        family=family,
        about=Text(
            N_("What customers do differently since {day:day}, in per cent of the value then; scores in points."),
            {"day": day},
        ),
        note=Text(
            N_(
                "The parts add up. The period of the last run is measured again with the data, the customers and the "
                "definitions of today; the rest lies between the two periods: who the customers are, and what those "
                "alike do differently (Oaxaca–Blinder, errors clustered by customer). All are judged together at "
                "{level:share}, so that runs on an unchanged company bring one false alarm in two years at most."
            ),
            {"level": float(split["level"].max()) if len(split) else 0.0},
        ),
        columns=columns,
    )
    return result.query("relative_change == relative_change") if family else result


OVERLAPPING_BOTH = type(OVERLAPPING)(within=None, also=("n_before",))
"""Headlines overlap; customers behind the value of the last run must not be few either."""


def _claims(table: pd.DataFrame, family: int, day: Any) -> list[Finding]:
    table = shown(table)
    ranked = table.assign(size=table["relative_change"].abs()).sort_values("size", ascending=False)
    found = [moved(row, family) for row in ranked[ranked["claim"].astype(bool)].itertuples()]
    if not found and len(table):
        chance = N_(
            "Since {day:day} none of {family:count} key figures changed by what customers do more than chance explains."
        )
        one = N_(
            "Since {day:day} the only key figure that can be compared did not change by what customers do more than "
            "chance explains."
        )
        same = N_("No key figure has a new month to look at since {day:day}.")
        base, values = int(table["n"].max()), {"day": day, "family": family}
        found = [
            Finding(
                chance if family > 1 else one if family else same,
                values,
                id="changes.nothing",
                family=family,
                n=base,
                kind="nothing",
            )
        ]
    return found


def amount(kind: str, value: float) -> Text:
    """A value in words, by the formatter of its kind; shares as whole per cent."""
    return Text("{value:part}" if kind == "share" else f"{{value:{kind}}}", {"value": float(value)})


def difference(kind: str, value: float) -> Text:
    """How far two values are apart, in words: shares by percentage points, which are no part of a change."""
    return (
        Text(N_("{value:number} percentage points"), {"value": 100 * value}) if kind == "share" else amount(kind, value)
    )


def signed(kind: str, value: float) -> Text:
    """A `difference` that says which way it goes."""
    by = difference(kind, value)
    return Text("+{by:label}", {"by": by}) if value > 0 and kind != "points" else by


def moved(row: Any, family: int) -> Finding:
    """How far a key figure moved, and what of it customers do; from a row of `decomposition`."""
    part = row.behaviour / row.whole_change if row.whole_change else 0.0
    young = not is_missing(getattr(row, "since", None))
    up, down, more, against = SINCE if young else MOVED
    message = against if part <= 0 else more if part > 1 else up if row.behaviour > 0 else down
    unit = (100 if row.kind == "share" else 1) * row.behaviour / row.relative_change if row.relative_change else 0.0
    cause = Text(N_("the season or new customers") if getattr(row, "reason", "") == SEASON_OR_NEW else N_("the season"))
    since = {"since": row.since, "cause": cause} if young else {}
    values = {"now": amount(row.kind, row.this_value), "before": amount(row.kind, row.last_value)}
    return Finding(
        message,
        {"headline": headline(row.key), "by": signed(row.kind, row.behaviour)} | values | since,
        id=f"changes.{row.key}",
        n=int(row.n),
        interval=(unit * float(row.relative_change_low), unit * float(row.relative_change_high)),
        test=PAIRED if row.key in ON_FILE else OAXACA,
        p_adjusted=float(row.p_adjusted),
        family=family,
        effect=min(abs(row.relative_change) / 100, 1.0),
        reach=int(row.n),
        kind="difference",
    )


def _of_data(row: Any, exports: pd.DataFrame, covered: Mapping[str, int]) -> Finding:
    why = None
    if row.of == "definition" and row.reason != SPAN:
        why = behind_definition(exports, tables_of(row.key))
    elif row.of == "coverage" and row.reason != GAP:
        why = behind_coverage(exports, covered)
    values = {"headline": headline(row.key), "by": signed(row.kind, row.amount)} | ({"why": why} if why else {})
    message = _because(row.of, row.reason, named=why is not None)
    return Finding(message, values, id=f"changes.data.{row.key}.{row.of}", n=int(row.n), effect=0.2, reach=int(row.n))


def _because(part: str, reason: str, named: bool) -> str:
    """The sentence about a part that the data made; `named`: what alone explains it is known."""
    if part == "identity":
        return N_("{headline:label}: {by:label} of the change comes from customers joined otherwise.")
    if part == "coverage" and reason == GAP:
        return N_("{headline:label}: {by:label} of the change comes from days of which an export has no record at all.")
    if part == "coverage" and named:
        return N_(
            "{headline:label}: {by:label} of the change comes from the records and not from customers: {why:label}."
        )
    if part == "coverage":
        return N_(
            "{headline:label}: {by:label} of the change comes from records missing, late, doubled, corrected or of a "
            "new source."
        )
    if reason == SPAN:
        return N_(
            "{headline:label}: {by:label} of the change comes from looking back over another period than in the last "
            "run."
        )
    if named:
        return N_("{headline:label}: {by:label} of the change comes from another definition: {why:label}.")
    return N_("{headline:label}: {by:label} of the change comes from another definition.")
