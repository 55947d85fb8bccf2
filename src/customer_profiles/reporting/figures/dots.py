"""Dots with intervals: indices, rate ratios, scores and rates."""

from __future__ import annotations

import math

import pandas as pd

from ...messages import Text
from ...privacy.disclosure import Published
from ..labels import column
from ..language import is_missing
from ..tables import require
from .chart import Chart, chart
from .rows import extremes, lay_out, more, ordered, value_text, whisker
from .sheet import LINE, WIDTH, Scale, Sheet, measure

MOST_DOTS = 20
FROM_CHANCE = {"index": 100.0, "ratio": 1.0}  # value of "no difference", on a logarithmic scale


def dots(
    table: Published,
    title: Text,
    caption: Text,
    *,
    label: str = "value",
    x: str = "index",
    reference: float | None = None,
    order: str = "table",
    below_is_bad: bool = True,
) -> Chart:
    """Dots with intervals around a line: indices around 100, rate ratios around 1, scores around their average.

    Parameters
    ----------
    table : Published
        `label`, `x`, ``x_low``, ``x_high``; ``attribute`` is shown beside the name; claims (column ``claim``) are
        filled and coloured by direction, everything else is hollow grey.
    title, caption : Text
    label, x : str
        Columns; ``index`` and ``ratio`` get a logarithmic scale.
    reference : float, optional
        Where the line stands; by default at "no difference" of `x`, if there is such a value.
    order : {"table", "size"}
        Order of the rows.
    below_is_bad : bool
        Whether the side below the reference takes the warm colour; otherwise the side above does.

    Returns
    -------
    Chart
    """
    require(table)
    frame, rest = _strongest(ordered(table.frame, x, order))
    middle = FROM_CHANCE.get(x) if reference is None else reference

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        values = {i: value_text(v, x, language) for i, v in enumerate(frame[x])}
        top = _key_of_claims(sheet, frame)
        lines, left, right, end = lay_out(sheet, frame, label, values, top, beside="attribute")
        scale = _scale_of_dots(frame, x, middle, left + 8, right - 8)
        floor = end - 6
        for tick in scale.ticks():
            sheet.line([scale(tick)] * 2, [top - 12, floor], theme.rule, 1)
        if middle is not None:
            sheet.line([scale(middle)] * 2, [top - 12, floor], theme.muted, 2)
        for line in lines:
            value = line.data[x]
            if is_missing(value):
                continue
            above = middle is None or value >= middle
            loud = "claim" not in frame or line.data["claim"] is True
            colour = (theme.accent if above == below_is_bad else theme.warm) if loud else theme.neutral
            whisker(sheet, scale, line, x, colour, 3)
            sheet.dot(scale(value), line.y, 7, colour, hollow=not loud, gid="dot")
        return more(sheet, rest, _axis(sheet, scale, floor, x))

    ends = extremes(frame, label, x)
    return chart(draw, Text("Dots with 95% intervals."), table, title, caption, ends)


def _strongest(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """At most `MOST_DOTS` rows, claims before others, then as ordered; and how many are left out."""
    claims = frame["claim"].fillna(False).astype(bool) if "claim" in frame else pd.Series(False, index=frame.index)
    keep = (~claims).sort_values(kind="stable").index[:MOST_DOTS].sort_values()
    return frame.loc[keep].reset_index(drop=True), len(frame) - len(keep)


def _key_of_claims(sheet: Sheet, frame: pd.DataFrame) -> float:
    """Say what hollow marks are, where there are any; returns the y below."""
    if "claim" not in frame or not (frame["claim"] == False).any():  # noqa: E712 - missing is not False
        return 12.0
    language, theme = sheet.language, sheet.theme
    established, chance = language.text(Text("difference established")), language.text(Text("could be chance"))
    return sheet.key(12.0, [("dot", theme.ink, established), ("ring", theme.neutral, chance)])


def _scale_of_dots(frame, x, middle, left, right) -> Scale:
    columns = [c for c in (x, f"{x}_low", f"{x}_high") if c in frame]
    numbers = frame[columns].astype(float).to_numpy().ravel()
    numbers = [float(v) for v in numbers if math.isfinite(v)] + ([] if middle is None else [middle])
    if x in FROM_CHANCE:
        # An interval may reach very far; what lies beyond an eighth or eightfold tells no more.
        low = max(min(v for v in numbers if v > 0), middle / 8)
        high = min(max(numbers), middle * 8)
        return Scale(min(low / 1.08, middle / 1.5), max(high * 1.08, middle * 1.5), left, right, log=True)
    low, high = min(numbers), max(numbers)
    room = (high - low) * 0.06 or 1.0
    return Scale(low - room, high + room, left, right)


def _axis(sheet: Sheet, scale: Scale, y: float, x: str) -> float:
    """Numbers under the marks, as many as fit side by side."""
    edge = -math.inf
    kind = column(x, numeric=True).kind
    for tick in scale.ticks():
        words = value_text(tick, x, sheet.language) if kind == "share" else sheet.language.format("number", tick)
        half = measure(words) / 2
        if scale(tick) - half > edge + 10 and scale(tick) + half < WIDTH:
            sheet.text(scale(tick), y + LINE * 0.7, words, colour=sheet.theme.muted, align="center")
            edge = scale(tick) + half
    return y + LINE * 1.4
