"""Charts with one line per group: bars of shares, pairs of bars, dots with intervals, stacked shares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ...messages import N_, Text
from ..labels import column
from ..language import Language, is_missing
from ..privacy import Published
from ..tables import require
from .chart import Chart, chart
from .sheet import LINE, MARGIN, WIDTH, Scale, Sheet, measure, wrap
from .theme import text_on

LABELS = 0.40  # of the width, at most, for names
GAP = 14  # px between columns
BAR = 18  # px, thickness
AIR = 12  # px between rows
BLOCKS = ("attribute", "metric")  # columns whose values head blocks of bars
FROM_CHANCE = {"index": 100.0, "ratio": 1.0}  # value of "no difference", on a logarithmic scale
EXTREMES = {
    "share": (N_("Largest: {name:label} with {x:share}."), N_("Smallest: {name:label} with {x:share}.")),
    "money": (N_("Largest: {name:label} with {x:money}."), N_("Smallest: {name:label} with {x:money}.")),
    "points": (N_("Largest: {name:label} with {x:points}."), N_("Smallest: {name:label} with {x:points}.")),
    "number": (N_("Largest: {name:label} with {x:number}."), N_("Smallest: {name:label} with {x:number}.")),
}


@dataclass(frozen=True)
class Line:
    """A group whose label has been written: its row of the table, where its mark is centred, how tall it is."""

    data: dict
    y: float
    height: float

    @property
    def span(self) -> list[float]:
        """Upper and lower end of the row, half of the air to its neighbours included."""
        return [self.y - (self.height + AIR) / 2, self.y + (self.height + AIR) / 2]


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
    frame = _ordered(table.frame, x, order, _block(table.frame, label))

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        columns = [c for c in (x, f"{x}_high", reference) if c in frame]
        top = _top(frame[columns])
        values = {i: _value(v, x, language, top) for i, v in enumerate(frame[x])}
        y = 12.0
        if reference:
            name = language.text(reference_label or Text("comparison"))
            y = sheet.key(y, [("tick", theme.ink, name)])
        lines, left, right, end = _lay_out(sheet, frame, label, values, y)
        scale = Scale(0, top, left, right)
        for line in lines:
            value = line.data[x]
            sheet.line([left, left], line.span, theme.rule, 1)
            if is_missing(value):
                continue
            loud = "claim" not in frame or line.data["claim"] is True
            sheet.bar(left, scale(value), line.y, BAR, theme.accent if loud else theme.neutral, gid="bar")
            _whisker(sheet, scale, line, x, theme.ink, inside=theme.surface)
            if reference and not is_missing(line.data[reference]):
                at = scale(line.data[reference])
                sheet.line([at, at], [line.y - BAR * 0.8, line.y + BAR * 0.8], theme.surface, 7)
                sheet.line([at, at], [line.y - BAR * 0.8, line.y + BAR * 0.8], theme.ink, 3, gid="reference")
        return end

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
        Columns; the second gets the accent colour.
    names : pair of Text, optional
        What the two bars are; by default the headings of the columns.

    Returns
    -------
    Chart
    """
    require(table)
    frame = table.frame

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        headings = names or [Text(column(c).label) for c in (first, second)]
        colours = (theme.neutral, theme.accent)
        words = [language.text(heading) for heading in headings]
        y = sheet.key(12.0, [("bar", *entry) for entry in zip(colours, words, strict=True)])
        lines, left, right, end = _lay_out(sheet, frame, label, {}, y, least=BAR * 2 + 12)
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
                sheet.text(scale(value) + 8, y, _value(value, name, language, top), bold=colour == theme.accent)
        return end

    ends = extremes(frame, label, second)
    return chart(draw, Text("Chart with two bars per group."), table, title, caption, ends)


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
    frame = _ordered(table.frame, x, order)
    middle = FROM_CHANCE.get(x) if reference is None else reference

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        values = {i: _value(v, x, language) for i, v in enumerate(frame[x])}
        top = _key_of_claims(sheet, frame)
        lines, left, right, end = _lay_out(sheet, frame, label, values, top, beside="attribute")
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
            _whisker(sheet, scale, line, x, colour, 3)
            sheet.dot(scale(value), line.y, 7, colour, hollow=not loud, gid="dot")
        return _axis(sheet, scale, floor, x)

    ends = extremes(frame, label, x)
    return chart(draw, Text("Dots with 95% intervals."), table, title, caption, ends)


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
        lines, left, right, end = _lay_out(sheet, frame, label, {}, y, least=30)
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


def extremes(frame: pd.DataFrame, label: str, x: str) -> tuple[Text, ...]:
    """The largest and the smallest value, in words."""
    known = frame[frame[x].notna()]
    if known.empty:
        return ()
    kind = column(x, numeric=True).kind
    sentences = EXTREMES.get(kind, EXTREMES["number"])
    rows = [known.loc[known[x].astype(float).idxmax()], known.loc[known[x].astype(float).idxmin()]]
    texts = [
        Text(sentence, {"name": row[label], "x": _rounded(row[x], kind)})
        for sentence, row in zip(sentences, rows, strict=True)
    ]
    return tuple(texts[: len(known)])


def _lay_out(sheet: Sheet, frame, label, values, y, beside=None, least=BAR):
    """Place names on the left and values on the right; what is between is for marks.

    Returns lines, the left and right edge of the marks, and the y below the last line.
    """
    language, theme = sheet.language, sheet.theme
    block = None if beside else _block(frame, label)
    names = [_wrapped(language.label(name)) for name in frame[label]]
    notes = [_wrapped(language.label(name)) for name in frame[beside]] if beside in frame else [[]] * len(frame)
    widest = max((measure(line) for text in (*names, *notes) for line in text), default=0)
    left = MARGIN + widest + GAP
    right = WIDTH - MARGIN - (max((measure(text, True) for text in values.values()), default=-GAP) + GAP)
    lines, current = [], None
    for i, row in enumerate(frame.to_dict("records")):
        if block and row[block] != current:
            current = row[block]
            y += 0 if not lines else AIR
            sheet.text(MARGIN, y, language.label(current), bold=True)
            y += LINE + AIR
        rows = len(names[i]) + len(notes[i])
        height = max(rows * LINE, least)
        middle = y - LINE / 2 + height / 2
        first = middle - (rows - 1) * LINE / 2
        below = sheet.lines(MARGIN, first, names[i])
        sheet.lines(MARGIN, below, notes[i], colour=theme.muted)
        if i in values:
            hidden = is_missing(row.get("suppressed")) or row["suppressed"]
            strong = not hidden and row.get("claim", True) is True
            colour = theme.ink if strong else theme.muted
            sheet.text(WIDTH - MARGIN, middle, values[i], align="right", bold=strong, colour=colour)
        lines.append(Line(row, middle, height))
        y += height + AIR
    return lines, left, right, y - LINE / 2 + 4


def _key_of_claims(sheet: Sheet, frame: pd.DataFrame) -> float:
    """Say what hollow marks are, where there are any; returns the y below."""
    if "claim" not in frame or not (frame["claim"] == False).any():  # noqa: E712 - missing is not False
        return 12.0
    language, theme = sheet.language, sheet.theme
    established, chance = language.text(Text("difference established")), language.text(Text("could be chance"))
    return sheet.key(12.0, [("dot", theme.ink, established), ("ring", theme.neutral, chance)])


def _block(frame: pd.DataFrame, label: str) -> str | None:
    """Column whose values head blocks of rows, if there is more than one."""
    return next((c for c in BLOCKS if c != label and c in frame and frame[c].nunique() > 1), None)


def _wrapped(words: str) -> list[str]:
    return wrap(words, WIDTH * LABELS)


def _axis(sheet: Sheet, scale: Scale, y: float, x: str) -> float:
    """Numbers under the marks, as many as fit side by side."""
    edge = -math.inf
    kind = column(x, numeric=True).kind
    for tick in scale.ticks():
        words = _value(tick, x, sheet.language) if kind == "share" else sheet.language.format("number", tick)
        half = measure(words) / 2
        if scale(tick) - half > edge + 10 and scale(tick) + half < WIDTH:
            sheet.text(scale(tick), y + LINE * 0.7, words, colour=sheet.theme.muted, align="center")
            edge = scale(tick) + half
    return y + LINE * 1.4


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


def _whisker(
    sheet: Sheet, scale: Scale, line: Line, x: str, colour: str, width: float = 2, inside: str | None = None
) -> None:
    """The interval of a mark; the part that lies on a bar takes the colour `inside`."""
    low, middle, high = (line.data.get(name) for name in (f"{x}_low", x, f"{x}_high"))
    if is_missing(low) or is_missing(high):
        return
    sheet.line([scale(low), scale(high)], [line.y, line.y], colour, width, gid="interval")
    if inside:
        sheet.line([scale(low), scale(middle)], [line.y, line.y], inside, width)


def _value(value, x: str, language: Language, top: float | None = None) -> str:
    """A number as it stands beside its mark."""
    if is_missing(value):
        return "–"
    kind = column(x, numeric=True).kind
    if kind == "share":
        return language.percent(value, 0 if top is None or top >= 0.1 else 1)
    return language.short_money(value) if kind == "money" else language.format(kind, value)


def _rounded(value, kind: str) -> float:
    return float(value) if kind in ("share", "money", "points") else float(f"{float(value):.3g}")


def _top(numbers: pd.DataFrame) -> float:
    """Right end of a scale of bars."""
    top = numbers.astype(float).max().max()
    return 1.0 if math.isnan(top) or top <= 0 else float(top)


def _ordered(frame: pd.DataFrame, x: str, order: str, block: str | None = None) -> pd.DataFrame:
    """Rows by size, hidden ones last; within each block if there are any."""
    if order != "size":
        return frame
    ranked = frame.sort_values(x, ascending=False, kind="stable", na_position="last")
    if block:
        place = {name: i for i, name in enumerate(dict.fromkeys(frame[block]))}
        ranked = ranked.sort_values(block, key=lambda names: names.map(place), kind="stable")
    return ranked.reset_index(drop=True)
