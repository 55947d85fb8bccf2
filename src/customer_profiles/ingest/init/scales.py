"""What the heading of a question says of its scale: its ends, and which of them is the best answer."""

from __future__ import annotations

import re

from .headings import plain, says, synonyms

_PAIR = re.compile(r"(\d{1,3})\s*(?:=|:|\()\s*([^\d=,;:()]+)")
_RANGE = re.compile(r"(?<![\d.])(\d{1,3})\s*(?:-|–|bis|to|\.\.\.?)\s*(\d{1,3})(?![\d.])")


def told_scale(heading: str, low: int, high: int) -> tuple[str, bool] | None:
    """The scale that a heading states, from its worst to its best answer, and whether it says which is the best.

    Parameters
    ----------
    heading : str
    low, high : int
        Lowest and highest answer there is; a scale that they do not fit is none.

    Examples
    --------
    >>> told_scale("Zufriedenheit (1=sehr gut bis 6=ungenügend)", 1, 5)
    ('6-1', True)
    >>> told_scale("How satisfied are you? 1 = very dissatisfied, 7 = very satisfied", 2, 7)
    ('1-7', True)
    >>> told_scale("Service (1-10)", 3, 9), told_scale("Q3-2024 score", 1, 5), told_scale("Score", 1, 5)
    (('1-10', False), None, None)
    """
    named = {int(number): plain(words) for number, words in _PAIR.findall(heading)}
    if len(named) > 1:
        ends = min(named), max(named)
    elif found := _RANGE.search(heading):
        first, last = int(found[1]), int(found[2])
        ends = min(first, last), max(first, last)
    else:
        return None
    if not (ends[0] <= low <= high <= ends[1]) or ends[0] > 1 or ends[1] < 2:
        return None
    best = _best(named.get(ends[0], ""), named.get(ends[1], ""))
    worst_first = f"{ends[1]}-{ends[0]}" if best == "first" else f"{ends[0]}-{ends[1]}"
    return worst_first, best != ""


def _best(first: str, last: str) -> str:
    """Which end is the best answer by its words: "first", "last", or "" if they do not tell."""
    known = synonyms()["answers"]
    points = [says(words, known["best"]) - says(words, known["worst"]) for words in (first, last)]
    return "" if points[0] == points[1] else "first" if points[0] > points[1] else "last"
