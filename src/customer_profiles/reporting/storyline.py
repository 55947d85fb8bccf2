"""What of a chapter a reader sees at once: the few panels that answer its question. The rest stays behind a fold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..messages import Finding
from .panel import Panel, is_vague

MOST = 5
"""Panels seen at once."""
TABLES = 1
"""Panels seen at once that are a table instead of a chart."""
ROWS, COLUMNS = 8, 6
"""Largest table that is seen at once."""
TALL = 900
"""Pixels; a taller drawing is evidence, unless it answers the question."""
HEIGHT = re.compile(r'viewBox="0 0 [\d.]+ ([\d.]+)"')
ORDER = {"difference": 0, "fact": 1, "nothing": 2}


def strongest(findings: Iterable[Finding]) -> list[Finding]:
    """Established differences first, then facts, then what was not found; each by weight."""
    return sorted(findings, key=lambda finding: (_order(finding), -finding.weight))


def answer(panels: Sequence[Panel], answers: Sequence[str]) -> Panel | None:
    """The panel that answers the chapter's question best; None if nothing was found.

    Parameters
    ----------
    panels : sequence of Panel
        In the order of the notebook.
    answers : sequence of str
        Results that answer the question, the best first.
    """
    return next((panel for panel in seen(panels, answers) if panel.claims), None)


def seen(panels: Sequence[Panel], answers: Sequence[str], charts: int = MOST) -> list[Panel]:
    """Panels that a reader sees at once, in the order in which they are told.

    A panel is seen if it has a message: something was found. Those that answer the question come first, the others by
    how much is at stake; a table is seen only if it is small, and of charts as many as the chapter may have. Where no
    panel of a chapter looks for a message, as in one that shows frames of one's own, they stand as they are.
    """
    place = {name: at for at, name in enumerate(answers)}
    told = [panel for panel in panels if panel.claims and strongest(panel.claims)[0].kind != "nothing"]

    def rank(panel: Panel) -> tuple[int, int, float]:
        last = len(place)
        if not panel.claims:
            return place.get(panel.name, last), ORDER["fact"], 0.0
        best = strongest(panel.claims)[0]
        return last if is_vague(best) else place.get(panel.name, last), _order(best), -best.weight

    chosen: list[Panel] = []
    shown = told if any(panel.claims or panel.asks for panel in panels) else panels
    for panel in sorted((each for each in shown if each.name in place or not _is_tall(each)), key=rank):
        tables = sum(other.drawing is None for other in chosen)
        fits = len(chosen) - tables < charts if panel.drawing else tables < TABLES and _is_small(panel)
        if len(chosen) < MOST and fits:
            chosen.append(panel)
    return chosen


def rounds(chapters: Mapping[str, Sequence[Panel]]) -> list[tuple[str, Panel]]:
    """The first panel of each chapter, then the second of each, and so on, with the chapter's number.

    >>> rounds({"03": [], "02": []})
    []
    """
    longest = max(map(len, chapters.values()), default=0)
    return [(number, panels[at]) for at in range(longest) for number, panels in chapters.items() if at < len(panels)]


def not_found(panels: Iterable[Panel]) -> list[Finding]:
    """What was looked at and not found, each sentence once."""
    nothing = [claim for panel in panels for claim in panel.claims if claim.kind == "nothing"]
    return list({claim.id: claim for claim in nothing}.values())


def _order(finding: Finding) -> int:
    """What holds for the report as a whole comes before what holds by itself only, and what is vague last."""
    if is_vague(finding):
        return ORDER["nothing"]
    return ORDER["fact"] if finding.likely else ORDER[finding.kind]


def height(svg: str) -> float:
    """Pixels of a drawing at full width; nought if it does not say.

    >>> height('<svg viewBox="0 0 720 300">')
    300.0
    """
    found = HEIGHT.search(svg)
    return float(found[1]) if found else 0.0


def _is_tall(panel: Panel) -> bool:
    return panel.drawing is not None and height(panel.drawing.wide) > TALL


def _is_small(panel: Panel) -> bool:
    return panel.table is not None and panel.table.frame.shape[0] <= ROWS and panel.table.frame.shape[1] <= COLUMNS
