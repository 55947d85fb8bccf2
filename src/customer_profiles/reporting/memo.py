"""The summary as one memo: a headline, key figures with the year before, one answer to each question."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import viz
from ..chapters import ChapterSpec
from ..codes import OTHER, is_mixed
from ..messages import CERTAIN, LIKELY, N_, UNKNOWN, Finding, Text, is_missing
from . import alerts, storyline
from .language import Language
from .pages import SUMMARY, Report, file_name
from .panel import ChartSpeech, Panel
from .stored import PublishedTable, Results

ASKED = ("00", "11", "03", "02", "05", "04", "09")
"""Chapters whose question the memo answers, in its order."""
INSTEAD = "07"
"""Chapter that takes the place of one that has nothing to say of its own."""
SPARK = 180
"""Pixels of the small line on a tile."""
QUESTIONS_LEFT = 3
GROUPS = N_("Which groups stand out?")
PERIODS = {12: N_("12 months"), 3: N_("last quarter")}
"""Of months looked back."""
ONE_MONTH, MONTHS = N_("{since:month}"), N_("{since:month} to {until:month}")
"""Period of records that do not reach back so far."""
SEGMENTS = "segments"
"""Fact of the chapter on segments: how many there are."""
NO_NATURAL = ("segments.reproducible", "segments.none")
GRADUALLY = N_("Customers differ gradually.")
STANDING = {
    ("buyers", "sales", "since"): N_("{buyers:count} customers bought for {sales} since {since:day}."),
    ("buyers", "sales"): N_("{buyers:count} customers bought for {sales} within 12 months."),
    ("buyers", "since"): N_("{buyers:count} customers bought since {since:day}."),
    ("buyers",): N_("{buyers:count} customers bought within 12 months."),
    ("customers", "worth"): N_("{customers:count} customers are on file; together they are worth {worth}."),
    ("customers",): N_("{customers:count} customers are on file."),
}
"""How large the company is, by the key figures that it takes."""
NOTHING_CHANGED = N_("No key figure has certainly changed within a year.")
PARTLY = N_(
    "Only some key figures can be compared with a year ago ({figures}), and none of them has certainly changed; for "
    "the others the records are too young."
)


@dataclass(frozen=True)
class Answer:
    """A question and its answer, with how it is meant, a comment, a small chart and where to read on."""

    question: str
    said: str
    meant: str
    quote: Mapping[str, Any] | None
    sure: str
    drawing: Markup
    href: str
    link: str
    pain: str = ""
    """Problem that it only tells of; a problem that something is done about is another statement."""


def view(report: Report, chapters: Mapping[str, list[Panel]]) -> dict[str, Any]:
    """What the template of the summary shows.

    Parameters
    ----------
    report : Report
    chapters : mapping of str to list of Panel
        Panels of each chapter, by its number.
    """
    speak = report.language
    own = report.results.get(SUMMARY, Results())
    told = tiles(own.tables, speak)
    specs = {spec.number: spec for spec in report.specs}
    found = [finding for results in report.results.values() for finding in results.findings]
    first, changed = headline(own.findings, speak), what_changed(found)
    said = {changed.id} if changed else set()
    asked = [number for number in ASKED if number in specs]
    answers = [
        answer(specs[number], chapters.get(number, []), report.results.get(number, Results()), speak, said)
        for number in asked
    ]
    told_of = [each.pain if each else "" for each in answers]
    answers = [None if pain and pain in told_of[:at] else answers[at] for at, pain in enumerate(told_of)]
    if alerts.CHAPTER in asked:  # six answers: what is news since the last run takes the place of the year's
        since = answers.pop(asked.index(alerts.CHAPTER))
        answers[0] = since or answers[0]
    if None in answers and INSTEAD in specs:
        answers.append(answer(specs[INSTEAD], chapters.get(INSTEAD, []), report.results.get(INSTEAD, Results()), speak))
    if answers and answers[0] and answers[0].href == "":  # the headline says already what its panel says
        of = GROUPS if changed and changed.id.startswith("outcome.") else specs[SUMMARY].question
        answers[0] = replace(answers[0], said=speak.news(changed), question=speak.translate(of)) if changed else None
        if changed and answers[0] and changed.id.startswith("kpi."):  # the chart is about the figure of the headline
            answers[0] = replace(answers[0], drawing=Markup(""))
    return {
        "headline": first or standing(own.tables, speak, told),
        "kpis": told,
        "answers": [each for each in answers if each],
        "sure": [speak.text(told) for told in [report.certainty.told()] if told],
        "profiles": report.profiles,
        "limits": [speak.text(limit) for limit in own.limits[:QUESTIONS_LEFT]],
    }


def sure(finding: Finding) -> str:
    """How certain a statement is, in a word; empty for a plain count.

    Certain: it holds after the correction for everything that was compared in this report. Likely: only after that for
    what was compared with it.
    """
    if finding.kind != "difference" or finding.p_adjusted is None:
        return ""
    return LIKELY if finding.likely else CERTAIN


def headline(findings: Sequence[Finding], language: Language) -> str:
    """The largest established change of a key figure, else the group with most of the outcome; empty without both."""
    findings = [finding for finding in findings if not finding.likely]
    changes = [finding for finding in findings if finding.id.startswith("kpi.")]
    groups = [finding for finding in findings if finding.id.startswith("outcome.") and finding.kind == "difference"]
    said = sorted(changes, key=lambda finding: -finding.effect) or groups
    return language.news(said[0]) if said else ""


def standing(tables: Mapping[str, PublishedTable], language: Language, told: Sequence[Mapping[str, Any]]) -> str:
    """How large the company is, where nothing certainly changed: which of the tiles stand still, then what is known."""
    if "kpis" not in tables:
        return ""
    frame = tables["kpis"].frame.set_index("kpi").dropna(subset="value")
    figures = frame["value"].to_dict()
    if "buyers" in figures and frame["months"]["buyers"] not in PERIODS:
        figures["since"] = frame["since"]["buyers"]
    figures |= {name: language.short_money(figures[name]) for name in ("sales", "worth") if name in figures}
    message = next((message for needed, message in STANDING.items() if set(needed) <= set(figures)), "")
    compared = [tile["label"] for tile in told if tile["change"]]
    all_of_them = len(compared) == sum(bool(tile["period"]) for tile in told)
    still = Text(NOTHING_CHANGED if all_of_them else PARTLY, {"figures": ", ".join(compared)})
    said = [language.text(still)] if compared else []
    return " ".join([*said, *([language.text(Text(message, figures))] if message else [])])


def what_changed(findings: Sequence[Finding]) -> Finding | None:
    """What the headline does not say yet: the event that moved the same score, or the next key figure or group."""
    findings = [finding for finding in findings if not finding.likely]
    changes = sorted((each for each in findings if each.id.startswith("kpi.")), key=lambda each: -each.effect)
    metric = changes[0].id.removeprefix("kpi.") if changes else ""
    events = [each for each in findings if each.id.startswith(f"event.{metric}.") and each.kind == "difference"]
    groups = [each for each in findings if each.id.startswith("outcome.") and each.kind == "difference"]
    return next(iter([*events[:1], *changes[1:], *groups[0 if changes else 1 :]]), None)


def tiles(tables: Mapping[str, PublishedTable], language: Language) -> list[dict[str, Any]]:
    """Key figures, each with its change to the year before, a small line and a word about chance."""
    if "kpis" not in tables:
        return []
    past = tables["kpi_history"].frame if "kpi_history" in tables else pd.DataFrame(columns=["kpi"])
    shown = tables["kpis"].frame.dropna(subset="value")  # of too few customers nothing is said
    return [_tile(row, past[past["kpi"] == row.kpi], language) for row in shown.itertuples()]


def answer(
    spec: ChapterSpec, panels: list[Panel], results: Results, language: Language, said: Collection[str] = ()
) -> Answer | None:
    """What a chapter answers on the memo: the message of its leading panel, else what it did not find.

    A panel whose message is among those that the memo has `said` does not lead, if there is another.
    """
    if spec.number == SUMMARY and not any(
        claim.id.startswith(("kpi.", "outcome.")) for panel in panels for claim in panel.claims
    ):
        return None
    if spec.number == alerts.CHAPTER:  # of what changed since the last run, that which somebody has to know
        results = replace(results, findings=tuple(each for each in results.findings if alerts.kind(each)))
        panels = [each for each in panels if any(map(alerts.kind, each.claims))]
    new = [each for each in panels if not said or not each.claims or each.claims[0].id not in said]
    panel = storyline.answer(new, spec.answers) or storyline.answer(panels, spec.answers)
    # The first sentence of a panel is its title; what its chart shows first goes with it.
    told = (
        sorted((claim for claim in panel.claims if claim.kind != "nothing"), key=storyline.is_vague)
        if panel
        else storyline.strongest(results.findings)
    )
    if not told:
        return None
    drawing = next((each.drawing for each in panels if panel and each.title == panel.title and each.drawing), None)
    meant = next((language.translate(GRADUALLY) for claim in results.findings if claim.id in NO_NATURAL), "")
    data = [claim for claim in results.findings if claim.id.startswith(alerts.OF_THE_DATA) and claim.id != told[0].id]
    # Where there are no segments, what stands here are groups by a rule, which do not answer the question.
    no_segments = panel is not None and results.facts.get(SEGMENTS, 1) == 0
    return Answer(
        language.text(panel.title) if panel and no_segments else language.translate(spec.question),
        language.news(told[0]),
        meant or " ".join(map(language.news, data[:1])),
        quote(results.quotes, told[0], language.code),
        language.translate(sure(told[0])) if sure(told[0]) else "",
        Markup(drawing.small or drawing.narrow) if drawing else Markup(""),
        file_name(spec) if spec.number != SUMMARY else "",
        language.translate(spec.title),
        "" if "action" in told[0].values else str(told[0].values.get("pain", "")),
    )


def quote(quotes: Sequence[Mapping[str, Any]], said: Finding, language: str) -> Mapping[str, Any] | None:
    """A comment on what is said: of the theme that it names, else of any, if it can be in the reader's language.

    What says that scores are lower is not illustrated by praise: only comments of its tone count. Of the quotes that a
    rule has chosen the first is taken, never one that suits; None without quotes.
    """
    tone = said.values.get("tone")
    fitting = [each for each in quotes if each["theme"] != OTHER and (not tone or each["sentiment"] == tone)]
    clear = [each for each in fitting if not is_mixed(each["theme"])]
    named = [each for each in clear if each["theme"] in said.values.values()] or clear or (fitting if tone else [])
    return next(iter(sorted(named, key=lambda each: each["language"] != language)), None)


def _tile(row: Any, past: pd.DataFrame, language: Language) -> dict[str, Any]:
    moved = 0 if row.verdict not in (CERTAIN, LIKELY) else row.better if row.change > 0 else -row.better
    return {
        "label": language.own(row.kpi, row.label) or language.translate(row.label),
        "period": _period(row, language),
        "value": _short(row.kind, row.value, language),
        "change": _change(row, language),
        "verdict": "" if row.verdict == UNKNOWN else language.translate(row.verdict),
        "mood": {1: "good", -1: "bad"}.get(moved, ""),
        "definition": language.translate(row.definition),
        "spark": _spark(row.kpi, past, language),
    }


def _period(row: Any, language: Language) -> str:
    """How far a figure looks back; empty for one that does not."""
    if is_missing(row.months):
        return ""
    message = PERIODS.get(row.months, ONE_MONTH if row.months == 1 else MONTHS)
    return language.text(Text(message, {"since": row.since, "until": row.until}))


def _change(row: Any, language: Language) -> str:
    """The year before: a percentage for amounts, the figure itself for the rest."""
    if row.verdict == UNKNOWN or is_missing(row.value_before):
        return ""
    if row.kind in ("count", "money") and row.value_before:
        share = row.value / row.value_before - 1
        sign = "+" if round(share, 2) > 0 else ""
        return language.text(Text(N_("{change} on a year ago"), {"change": sign + language.percent(share)}))
    return language.text(Text(N_("{before} a year ago"), {"before": _short(row.kind, row.value_before, language)}))


def _short(kind: str, value: Any, language: Language) -> str:
    if kind == "money":
        return language.short_money(value)
    return language.decimal(value, 1) if kind == "number" else language.format(kind, value)


def _spark(name: str, past: pd.DataFrame, language: Language) -> Markup:
    """A line of the last quarters, decoration beside the numbers, so without words of its own."""
    if len(past) < 2:
        return Markup("")
    figure = viz.draw(viz.spark, past, width=SPARK, speech=ChartSpeech(language, past), x="quarter", y="value")
    return Markup(viz.svg(figure, alt="", prefix=f"spark-{name}-"))
