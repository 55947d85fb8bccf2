"""Bars: shares with intervals, two bars per group, shares stacked to a whole."""

from __future__ import annotations

import math

import pandas as pd

from ...messages import Text
from ...privacy.disclosure import Published
from ..labels import column
from ..language import is_missing
from ..tables import require
from .chart import Chart, chart
from .rows import BAR, block_of, extremes, lay_out, more, ordered, value_text, whisker
from .sheet import Scale, Sheet, measure
from .theme import text_on

MOST_BARS = 10  # of a block; the table has the rest


def shares(
    table: Published,
    title: Text,
    caption: Text,
    *,
    label: str = "value",
    x: str = "share",
    reference: str | None = None,
    reference_label: Text | None = None,
    order: str = "table",
) -> Chart:
    """Horizontal bars with their interval, one block per attribute (or measure) if there are several.

    Parameters
    ----------
    table : Published
        `label`, `x`, and if known ``x_low``, ``x_high``, ``attribute``, ``claim`` (claims get the accent colour).
    title, caption : Text
    label, x : str
        Columns with names and lengths (shares, counts or amounts).
    reference : str, optional
        Column with a value to compare with, drawn as a line across each bar; `reference_label` says what it is.
    order : {"table", "size"}
        Order of the bars within a block.

    Returns
    -------
    Chart
    """
    require(table)
    block = block_of(table.frame, label)
    frame, rest = _largest(ordered(table.frame, x, order, block), x, block)

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        columns = [c for c in (x, f"{x}_high", reference) if c in frame]
        top = _top(frame[columns])
        values = {i: value_text(v, x, language, top) for i, v in enumerate(frame[x])}
        y = 12.0
        if reference:
            name = language.text(reference_label or Text("comparison"))
            y = sheet.key(y, [("tick", theme.ink, name)])
        lines, left, right, end = lay_out(sheet, frame, label, values, y)
        scale = Scale(0, top, left, right)
        for line in lines:
            value = line.data[x]
            sheet.line([left, left], line.span, theme.rule, 1)
            if is_missing(value):
                continue
            loud = "claim" not in frame or line.data["claim"] is True
            sheet.bar(left, scale(value), line.y, BAR, theme.accent if loud else theme.neutral, gid="bar")
            whisker(sheet, scale, line, x, theme.ink, inside=theme.surface)
            if reference and not is_missing(line.data[reference]):
                at = scale(line.data[reference])
                sheet.line([at, at], [line.y - BAR * 0.8, line.y + BAR * 0.8], theme.surface, 7)
                sheet.line([at, at], [line.y - BAR * 0.8, line.y + BAR * 0.8], theme.ink, 3, gid="reference")
        return more(sheet, rest, end)

    kind = Text("Bar chart.") if f"{x}_low" not in frame else Text("Bar chart with 95% intervals.")
    return chart(draw, kind, table, title, caption, extremes(frame, label, x))


def pairs(
    table: Published,
    title: Text,
    caption: Text,
    *,
    label: str = "segment",
    first: str = "share",
    second: str = "spend_share",
    names: tuple[Text, Text] | None = None,
) -> Chart:
    """Two bars per group, for example its share of customers above its share of spend.

    Parameters
    ----------
    table : Published
        `label` and the two columns of shares.
    title, caption : Text
    label, first, second : str
        Columns; the second gets the accent colour. Without it, a company that knows no sales, the first stands alone.
    names : pair of Text, optional
        What the two bars are; by default the headings of the columns.

    Returns
    -------
    Chart
    """
    require(table)
    if second not in table.frame:
        return shares(table, title, caption, label=label, x=first)
    frame = table.frame

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        known = {"share": Text("Share of customers")}
        headings = names or [known.get(c, Text(column(c).label)) for c in (first, second)]
        colours = (theme.neutral, theme.accent)
        words = [language.text(heading) for heading in headings]
        y = sheet.key(12.0, [("bar", *entry) for entry in zip(colours, words, strict=True)])
        lines, left, right, end = lay_out(sheet, frame, label, {}, y, least=BAR * 2 + 12)
        top = _top(frame[[first, second]])
        scale = Scale(0, top, left, right - measure("100 %") - 8)
        for line in lines:
            sheet.line([left, left], line.span, theme.rule, 1)
            for name, colour, y in zip((first, second), colours, (line.y - 11, line.y + 11), strict=True):
                value = line.data[name]
                if is_missing(value):
                    sheet.text(left + 8, y, "–", colour=theme.muted)
                    continue
                sheet.bar(left, scale(value), y, BAR, colour, gid=name)
                sheet.text(scale(value) + 8, y, value_text(value, name, language, top), bold=colour == theme.accent)
        return end

    ends = extremes(frame, label, second)
    return chart(draw, Text("Chart with two bars per group."), table, title, caption, ends)


def stacked(
    table: Published,
    title: Text,
    caption: Text,
    *,
    label: str = "metric",
    part: str = "value",
    x: str = "share",
    best_first: bool = True,
) -> Chart:
    """Shares that add up to one, side by side from worst to best: detractors to promoters, negative to positive.

    Parameters
    ----------
    table : Published
        One row per bar `label` and part of it `part`, two or three parts per bar, with the share `x`.
    title, caption : Text
    label, part, x : str
    best_first : bool
        Whether the table lists the best part of each bar first.

    Returns
    -------
    Chart
    """
    require(table)
    bars = [
        (name, rows[:: -1 if best_first else 1])
        for name, frame in table.frame.groupby(label, sort=False, dropna=False)
        if (rows := frame.to_dict("records"))
    ]
    count = max((len(rows) for _, rows in bars), default=0)
    names = [list(dict.fromkeys(rows[i][part] for _, rows in bars if i < len(rows))) for i in range(count)]

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        colours = [theme.warm, theme.neutral, theme.accent] if count == 3 else [theme.neutral, theme.accent]
        words = [" / ".join(language.label(name) for name in same) for same in names]
        y = sheet.key(12.0, [("bar", *entry) for entry in zip(colours, words, strict=True)])
        frame = pd.DataFrame({label: [name for name, _ in bars]})
        lines, left, right, end = lay_out(sheet, frame, label, {}, y, least=30)
        for line, (_, rows) in zip(lines, bars, strict=True):
            if any(is_missing(row[x]) for row in rows):
                sheet.text(left, line.y, "–", colour=theme.muted)
                continue
            at = left
            for i, (row, colour) in enumerate(zip(rows, colours, strict=False)):
                wide = (right - left) * row[x]
                sheet.bar(at, at + wide, line.y, 26, colour, gid=f"part {i}")
                share = language.percent(row[x])
                if measure(share) + 8 < wide:
                    sheet.text(at + wide / 2, line.y, share, colour=text_on(colour), align="center")
                at += wide
                sheet.line([at, at], [line.y - 13, line.y + 13], theme.surface, 2)
        return end

    said = [Text("{row:label}, {column:label}", {"row": r[label], "column": r[part]}) for _, rows in bars for r in rows]
    flat = pd.DataFrame([row for _, rows in bars for row in rows], columns=table.frame.columns)
    ends = extremes(flat.assign(_name=pd.Series(said, dtype=object)), "_name", x)
    return chart(draw, Text("Stacked bars of shares."), table, title, caption, ends)


def _largest(frame: pd.DataFrame, x: str, block: str | None) -> tuple[pd.DataFrame, int]:
    """At most `MOST_BARS` rows of each block, those with the largest numbers; and how many are left out."""
    ranks = frame[x].astype(float).groupby(frame[block] if block else frame.index * 0, sort=False)
    keep = ranks.rank(ascending=False, method="first", na_option="bottom") <= MOST_BARS
    return frame[keep].reset_index(drop=True), int((~keep).sum())


def _top(numbers: pd.DataFrame) -> float:
    """Right end of a scale of bars."""
    top = numbers.astype(float).max().max()
    return 1.0 if math.isnan(top) or top <= 0 else float(top)
