"""The report as slides: a cover, then one panel a slide, on one page without script that prints one slide a sheet.

The arrow keys go from slide to slide because the page snaps to them (CSS Scroll Snap); so do the links at the foot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

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

    Each chapter has its first panel among them before any has its second one. What changed comes first, then the
    questions of the summary, then all others; what the cover says already is left out, and what cannot be read on a
    slide.
    """
    asked = {number: at for at, number in enumerate(memo.ASKED)}
    specs = [spec for spec in report.specs if spec.number != DATA]
    specs.sort(key=lambda spec: (asked.get(spec.number, len(asked)), spec.number))
    seen = {spec.number: storyline.seen(chapters.get(spec.number, ()), spec.answers) for spec in specs}
    fit = {
        number: [
            panel for panel in map(readable, panels) if panel and report.language.news(panel.claims[0]) != headline
        ]
        for number, panels in seen.items()
    }
    place = {spec.number: at for at, spec in enumerate(specs)}
    news = memo.what_changed([finding for results in report.results.values() for finding in results.findings])

    def order(told: tuple[str, Panel]) -> tuple[bool, int]:
        number, panel = told
        return not any(news and claim.id == news.id for claim in panel.claims), place[number]

    return sorted(storyline.rounds(fit)[: MOST - 2], key=order)


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
