"""Charts made of tiles: a matrix of groups by themes, and the plane of recency and value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from ...messages import Text
from ...privacy.disclosure import Published
from ..labels import column
from ..language import is_missing
from ..tables import require
from .chart import Chart, chart
from .rows import extremes, more
from .sheet import LINE, MARGIN, WIDTH, Sheet, measure, wrap
from .theme import Theme, mix, text_on

TILE = 38  # px, height
NARROWEST = 46  # px, width of a tile that still holds "12.3"
NAMES = 0.36  # of the width, at most, for names of rows
STRONGEST = math.log(4)  # a fourfold rate takes the full colour
MOST_ROWS = 20  # of a matrix; the table has the rest
SLANT = 45  # degrees
OVERHANG = 100  # px, how far the last slanted head may lean over its column
LONGEST_HEAD = 200  # px


def matrix(
    table: Published,
    title: Text,
    caption: Text,
    *,
    rows: str = "value",
    columns: str = "theme",
    x: str = "ratio",
    heads: Sequence[str] = (),
) -> Chart:
    """A heat map of rate ratios, indices or shares with the number in every tile.

    Ratios and indices are coloured by direction where they are claims (column ``claim``); what could be chance stays
    plain, so the eye finds what counts. Shares are coloured by size. A dash is a hidden number; an empty tile has
    no row in the table.

    Parameters
    ----------
    table : Published
        One row per tile with the columns `rows`, `columns`, `x`, and if known ``attribute`` and ``claim``. Rows and
        columns come in the order of their first appearance; up to about eight columns stay readable on a phone.
    title, caption : Text
    rows, columns, x : str
    heads : sequence of str, optional
        Columns that come first, in this order: where hidden rows would turn the order of first appearance around.

    Returns
    -------
    Chart
    """
    require(table)
    blocks = rows == "value" and "attribute" in table.frame
    keys = ["attribute", rows] if blocks else [rows]
    frame, rest = _telling(table.frame, keys, x)
    lines = list(dict.fromkeys(frame[keys].itertuples(index=False, name=None)))
    there = set(frame[columns])
    heads = list(dict.fromkeys([*(head for head in heads if head in there), *frame[columns]]))
    cells = {(tuple(row[key] for key in keys), row[columns]): row for row in frame.to_dict("records")}

    def draw(sheet: Sheet) -> float:
        language = sheet.language
        names = [wrap(language.label(key[-1]), WIDTH * NAMES) for key in lines]
        left = MARGIN + max((measure(line) for name in names for line in name), default=0) + 12
        top = _key_of_claims(sheet, x) if "claim" in frame else 0.0
        grid = _Columns(sheet, [language.label(head) for head in heads], left, top)
        y, attribute = grid.head, None
        if blocks and len({key[0] for key in lines}) == 1:
            attribute = lines[0][0]
        for key, name in zip(lines, names, strict=True):
            if blocks and key[0] != attribute:
                attribute = key[0]
                sheet.text(MARGIN, y + 16, language.label(attribute), bold=True)
                y += 34
            height = max(TILE, len(name) * LINE + 6)
            sheet.lines(MARGIN, y + height / 2 - (len(name) - 1) * LINE / 2, name)
            for i, head in enumerate(heads):
                row = cells.get((key, head))
                box = (left + i * grid.wide + 1, y + 1, grid.wide - 2, height - 2)
                if row is not None:
                    _tile(sheet, box, row, x)
            y += height
        return more(sheet, rest, y + 8)

    known = frame[frame[x].notna()]
    labels = [
        Text("{row:label}, {column:label}", {"row": row, "column": head})
        for row, head in zip(known[rows], known[columns], strict=True)
    ]
    ends = extremes(known.assign(_name=pd.Series(labels, index=known.index, dtype=object)), "_name", x)
    return chart(draw, Text("Matrix of tiles."), table, title, caption, ends)


def rfm_grid(table: Published, title: Text, caption: Text, *, x: str = "share") -> Chart:
    """The plane of recency (to the right: more recent) and of frequency and value (upwards: more).

    Parameters
    ----------
    table : Published
        ``r``, ``fm`` from 1 to 5, and the share of customers or of spend `x`.
    title, caption : Text
    x : str

    Returns
    -------
    Chart
    """
    require(table)
    frame = table.frame
    cells = {(int(row["r"]), int(row["fm"])): row for row in frame.to_dict("records")}
    top = float(frame[x].astype(float).max())

    def draw(sheet: Sheet) -> float:
        language, theme = sheet.language, sheet.theme
        upwards = wrap(language.text(Text("buy often and for much ↑")), 120, most=4)
        left = MARGIN + max(measure(line) for line in upwards) + 14
        wide, tall = (WIDTH - MARGIN - left) / 5, 56
        sheet.lines(MARGIN, tall * 2.5 - (len(upwards) - 1) * LINE / 2, upwards, colour=theme.muted)
        for (r, fm), row in cells.items():
            box = (left + (r - 1) * wide + 1, (5 - fm) * tall + 1, wide - 2, tall - 2)
            _tile(sheet, box, row | {"claim": None}, x, top)
        words = language.text(Text("bought recently →"))
        sheet.text(WIDTH - MARGIN, 5 * tall + LINE * 0.8, words, colour=theme.muted, align="right")
        return 5 * tall + LINE * 1.6

    names = [
        Text("recency {r:count}, frequency and value {fm:count}", {"r": r, "fm": fm})
        for r, fm in zip(frame["r"], frame["fm"], strict=True)
    ]
    known = frame.assign(_name=pd.Series(names, dtype=object))
    return chart(draw, Text("Five by five tiles."), table, title, caption, extremes(known, "_name", x))


def _telling(frame: pd.DataFrame, keys: list[str], x: str) -> tuple[pd.DataFrame, int]:
    """Rows of tiles worth drawing: with a number in them, claims first, at most `MOST_ROWS`; and how many are not."""
    if frame.empty:
        return frame, 0
    code = frame.groupby(keys, sort=False, dropna=False).ngroup()
    rows = pd.DataFrame({"known": frame[x].notna(), "claims": False, "row": code})
    if "claim" in frame:
        rows["claims"] = frame["claim"].fillna(False).astype(bool)
    rows = rows.groupby("row").sum().query("known > 0")
    best = rows.sort_values(["claims", "known"], ascending=False, kind="stable").index[:MOST_ROWS]
    return frame[code.isin(best)], int(code.nunique() - len(best))


class _Columns:
    """Heads of columns: upright where they fit in three lines, else slanted."""

    def __init__(self, sheet: Sheet, heads: Sequence[str], left: float, top: float):
        self.wide = min((WIDTH - MARGIN - left) / max(len(heads), 1), 120)
        upright = [wrap(head, self.wide - 8) for head in heads]
        broken = any(line.endswith(("-", "…")) for lines in upright for line in lines)
        if not broken:
            deep = max((len(lines) for lines in upright), default=0)
            self.head = top + deep * LINE + 10
            for i, lines in enumerate(upright):
                y = top + (deep - len(lines)) * LINE + LINE / 2
                sheet.lines(left + (i + 0.5) * self.wide, y, lines, align="center", colour=sheet.theme.muted)
            return
        slant = math.radians(SLANT)
        # Slanted heads lean over the right edge: the tiles make room for it, down to what a number needs.
        self.wide = max(min(self.wide, (WIDTH - MARGIN - left - OVERHANG) / len(heads)), NARROWEST)
        starts = [left + (i + 0.5) * self.wide for i in range(len(heads))]
        most = [min(LONGEST_HEAD, (WIDTH - MARGIN - x) / math.cos(slant) - LINE) for x in starts]
        slanted = [_shortened(head, width) for head, width in zip(heads, most, strict=True)]
        self.head = top + max(map(measure, slanted)) * math.sin(slant) + LINE * 1.5
        for x, head in zip(starts, slanted, strict=True):
            sheet.text(x + 4, self.head - 10, head, rotation=SLANT, colour=sheet.theme.muted)


def _shortened(head: str, width: float) -> str:
    """A head that fits one line: what stands before a comma if that fits, else its beginning."""
    if measure(head) <= width:
        return head
    parts = head.split(", ")
    for count in range(len(parts) - 1, 0, -1):
        if measure(shorter := ", ".join(parts[:count])) <= width:
            return shorter
    return wrap(head, width, most=1)[0]


def _key_of_claims(sheet: Sheet, x: str) -> float:
    """Say what the colours of claims mean; returns the y below."""
    theme, language = sheet.theme, sheet.language
    more, less = (theme.accent, theme.warm) if x == "index" else (theme.warm, theme.accent)
    words = [language.text(text) for text in (Text("more often"), Text("less often"), Text("could be chance"))]
    plain = mix(theme.surface, theme.rule, 0.45)
    return sheet.key(12.0, [("bar", *entry) for entry in zip((more, less, plain), words, strict=True)])


def _tile(sheet: Sheet, box: tuple[float, float, float, float], row: dict, x: str, top: float = 1.0) -> None:
    """One tile with its number."""
    left, y, wide, tall = box
    middle = (left + wide / 2, y + tall / 2)
    theme, value = sheet.theme, row[x]
    plain = mix(theme.surface, theme.rule, 0.45)
    if is_missing(value):
        sheet.box(*box, plain, gid="hidden")
        sheet.text(*middle, "–", colour=theme.muted, align="center")
        return
    claim = row.get("claim") is True
    fill = _fill(theme, float(value), x, top) if claim or column(x).kind == "share" else plain
    kind = column(x, numeric=True).kind
    words = sheet.language.percent(value) if kind == "share" else _short(sheet, float(value), kind)
    colour = text_on(fill) if fill != plain else theme.muted
    sheet.box(*box, fill, gid="tile")
    sheet.text(*middle, words, bold=claim, colour=colour, align="center")


def _fill(theme: Theme, value: float, x: str, top: float) -> str:
    """Colour of a number: by size for shares, by direction and strength for ratios and indices."""
    if column(x).kind == "share":
        return mix(mix(theme.surface, theme.rule, 0.45), theme.accent, min(value / top, 1.0) if top > 0 else 0.0)
    strength = math.log(max(value, 1e-9) / (100 if x == "index" else 1))
    colour = theme.warm if (strength > 0) == (x != "index") else theme.accent
    return mix(theme.surface, colour, min(0.35 + 0.65 * abs(strength) / STRONGEST, 1.0))


def _short(sheet: Sheet, value: float, kind: str) -> str:
    """A ratio with one decimal: two do not fit a tile."""
    if kind == "ratio" and 0.095 <= value < 10:
        return sheet.language.decimal(value, 1)
    return sheet.language.format(kind, value)
