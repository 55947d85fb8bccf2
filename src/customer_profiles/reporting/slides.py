"""The report as slides: a cover, then one panel a slide, on one page without script that prints one slide a sheet.

The arrow keys go from slide to slide because the page snaps to them (CSS Scroll Snap); so do the links at the foot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from ..chapters import ChapterSpec
from ..messages import N_, Text
from . import memo, storyline
from .export import filled, inert, stylesheet
from .pages import WORDS, Report
from .panel import Panel
from .references import within

MOST = 20
"""Slides, the cover and the last one, which says how sure all this is, included."""
DATA = "01"
"""Chapter about the data: no news, so on no slide."""
TALL, TALL_SMALL = 500, 300
"""Pixels of a drawing that can be read on a slide; of a taller one its first rows stand there, drawn smaller."""
ALONE = 340
"""Pixels of a drawing that needs all the room below the message."""
SLIDES = N_("Slides")
PLACE = N_("Slide {at:count} of {of:count}")


def html(report: Report, chapters: Mapping[str, Sequence[Panel]], summary: Mapping[str, Any]) -> str:
    """All slides as one HTML document.

    Parameters
    ----------
    report : Report
    chapters : mapping of str to sequence of Panel
        Panels of each chapter, by its number.
    summary : mapping
        What the summary says, see `memo.view`.
    """
    speak = report.language
    titles = {spec.number: speak.translate(spec.title) for spec in report.specs}
    slides = [
        {
            "chapter": titles[number],
            "sure": speak.translate(memo.sure(panel.claims[0])),
            "panel": Markup(within(inert(panel, report, level=2, evidence=False), f"slide-{at}-")),
        }
        for at, (number, panel) in enumerate(chosen(report, chapters, summary["headline"]), start=2)
    ]
    of = len(slides) + 2
    view = {
        "slides": slides,
        "places": [speak.text(Text(PLACE, {"at": at, "of": of})) for at in range(1, of + 1)],
        "title": speak.translate(SLIDES),
        "company": report.company,
        "language": speak.code,
        "as_of": speak.text(Text("As of {day:day}", {"day": report.as_of})),
        "words": {key: speak.translate(message) for key, message in WORDS.items()},
        **summary,
    }
    return filled("slides.html.j2", view | stylesheet("slides.css"))


def chosen(report: Report, chapters: Mapping[str, Sequence[Panel]], headline: str) -> list[tuple[str, Panel]]:
    """Panels that become slides, with the number of their chapter, in the order in which they are told.

    What changed comes first, then the questions of the summary, then all others; what the cover says already is left
    out, and what cannot be read on a slide.
    """
    fit = [(number, readable(panel)) for number, panel in ranked(report, chapters)]
    kept = [(n, each) for n, each in fit if each and report.language.news(each.claims[0]) != headline][: MOST - 2]
    place = [spec.number for spec in order(report)]
    news = memo.what_changed([finding for results in report.results.values() for finding in results.findings])

    def at(told: tuple[str, Panel]) -> tuple[bool, int]:
        number, panel = told
        return not any(news and claim.id == news.id for claim in panel.claims), place.index(number)

    return sorted(kept, key=at)


def ranked(report: Report, chapters: Mapping[str, Sequence[Panel]]) -> list[tuple[str, Panel]]:
    """Panels that tell something, each chapter's first before any chapter's second, with the chapter's number."""
    seen = {
        spec.number: storyline.seen(chapters.get(spec.number, ()), spec.answers, spec.charts) for spec in order(report)
    }
    return storyline.rounds({number: [each for each in told if each.claims] for number, told in seen.items()})


def order(report: Report) -> list[ChapterSpec]:
    """Chapters as slides tell them: the questions of the summary first; those about the data are no news."""
    asked = {number: at for at, number in enumerate(memo.ASKED)}
    specs = [spec for spec in report.specs if spec.number != DATA]
    return sorted(specs, key=lambda spec: (asked.get(spec.number, len(asked)), spec.number))


def readable(panel: Panel) -> Panel | None:
    """The panel as a slide can show it: of a tall drawing the first rows; None if there is no such drawing."""
    drawing = panel.drawing
    if drawing is not None and storyline.height(drawing.wide) > ALONE:
        panel = replace(panel, claims=panel.claims[:1])
    if drawing is None or storyline.height(drawing.wide) <= TALL:
        return panel
    if not drawing.small or storyline.height(drawing.small) > TALL_SMALL:
        return None
    return replace(panel, drawing=replace(drawing, wide=drawing.small, narrow=within(drawing.small, "narrow-")))
