"""What charts with one line per group share: names on the left, values on the right, room for marks between."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...messages import N_, Text
from ..labels import column
from ..language import Language, is_missing
from .sheet import LINE, MARGIN, WIDTH, Scale, Sheet, measure, wrap

LABELS = 0.40  # of the width, at most, for names
GAP = 14  # px between columns
BAR = 18  # px, thickness
AIR = 12  # px between rows
BLOCKS = ("attribute", "metric", "evidence")  # columns whose values head blocks of bars
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


def lay_out(
    sheet: Sheet,
    frame: pd.DataFrame,
    label: str,
    values: dict[int, str],
    y: float,
    beside: str | None = None,
    least: float = BAR,
) -> tuple[list[Line], float, float, float]:
    """Write names on the left and values on the right; what is between is for marks.

    Parameters
    ----------
    sheet : Sheet
    frame : DataFrame
        One row per line, with ``suppressed`` and ``claim`` if known: what is neither hidden nor chance is bold.
    label : str
        Column with the names.
    values : dict
        Texts for the right edge, by position of the row.
    y : float
        Centre of the first line of text.
    beside : str, optional
        Column with a second name, written in grey under the first; without it, blocks of rows get a heading.
    least : float
        Least height of a row in pixels.

    Returns
    -------
    lines, left, right, end
        The rows, the edges of the room for marks, and the y below the last row.
    """
    language, theme = sheet.language, sheet.theme
    block = None if beside else block_of(frame, label)
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


def more(sheet: Sheet, rest: int, y: float) -> float:
    """Say how many rows a chart leaves to the table, if any; returns the y below."""
    if not rest:
        return y
    words = sheet.language.text(Text("{n:count} more in the table", {"n": rest}))
    sheet.text(MARGIN, y + LINE / 2, words, colour=sheet.theme.muted)
    return y + LINE * 1.2


def whisker(
    sheet: Sheet, scale: Scale, line: Line, x: str, colour: str, width: float = 2, inside: str | None = None
) -> None:
    """The interval of a mark; the part that lies on a bar takes the colour `inside`."""
    low, middle, high = (line.data.get(name) for name in (f"{x}_low", x, f"{x}_high"))
    if is_missing(low) or is_missing(high):
        return
    sheet.line([scale(low), scale(high)], [line.y, line.y], colour, width, gid="interval")
    if inside:
        sheet.line([scale(low), scale(middle)], [line.y, line.y], inside, width)


def value_text(value, x: str, language: Language, top: float | None = None) -> str:
    """A number as it stands beside its mark."""
    if is_missing(value):
        return "–"
    kind = column(x, numeric=True).kind
    if kind == "share":
        return language.percent(value, 0 if top is None or top >= 0.1 else 1)
    return language.short_money(value) if kind == "money" else language.format(kind, value)


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


def block_of(frame: pd.DataFrame, label: str) -> str | None:
    """Column whose values head blocks of rows, if there is more than one."""
    return next((c for c in BLOCKS if c != label and c in frame and frame[c].nunique() > 1), None)


def ordered(frame: pd.DataFrame, x: str, order: str, block: str | None = None) -> pd.DataFrame:
    """Rows by size, hidden ones last; within each block if there are any."""
    if order != "size":
        return frame
    ranked = frame.sort_values(x, ascending=False, kind="stable", na_position="last")
    if block:
        place = {name: i for i, name in enumerate(dict.fromkeys(frame[block]))}
        ranked = ranked.sort_values(block, key=lambda names: names.map(place), kind="stable")
    return ranked.reset_index(drop=True)


def _wrapped(words: str) -> list[str]:
    """A name in the width that names may take."""
    return wrap(words, WIDTH * LABELS)


def _rounded(value, kind: str) -> float:
    """Three significant digits for numbers that are read aloud."""
    return float(value) if kind in ("share", "money", "points") else float(f"{float(value):.3g}")
