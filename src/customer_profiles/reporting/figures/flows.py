"""How customers flow from one place of a path to the next: a Sankey diagram."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...messages import Text
from ...privacy.disclosure import Published
from ..tables import require
from .chart import Chart, chart
from .sheet import LINE, MARGIN, WIDTH, Sheet, wrap
from .theme import mix

TALL = 400  # px, of the fullest column without the gaps in it
NODE = 14  # px, width
GAP = 10  # px between two nodes of a column
BENDS = 24  # points of an edge


def sankey(
    table: Published,
    title: Text,
    caption: Text,
    *,
    step: str = "position",
    source: str = "from_what",
    target: str = "to_what",
    x: str = "n",
    quiet: Iterable[str] = ("path_nothing",),
) -> Chart:
    """Bands from place to place, as thick as the number of customers who went that way.

    Parameters
    ----------
    table : Published
        One row per flow: `step` (where it begins; places in the order of their first appearance), `source`, `target`
        and the thickness `x`. Hidden flows are not drawn.
    title, caption : Text
    step, source, target, x : str
        Columns.
    quiet : iterable of str
        Nodes in grey, such as "nothing": they fill the picture without saying much.

    Returns
    -------
    Chart
    """
    require(table)
    frame = table.frame[table.frame[x].notna() & (table.frame[x] > 0)].reset_index(drop=True)
    steps = list(dict.fromkeys(table.frame[step]))
    quiet = set(quiet)

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        nodes = _nodes(frame, steps, step, source, target, x)
        most = max((sum(column.values()) for column in nodes), default=0)
        if not most:
            return LINE
        scale, apart = TALL / most, (WIDTH - 2 * MARGIN - NODE) / max(len(steps), 1)
        places, bottom = _placed(nodes, scale, LINE * 1.6)
        for at, name in enumerate([*steps, _next(steps)]):
            left = MARGIN + at * apart
            align, edge = ("left", left) if at < len(steps) else ("right", left + NODE)
            sheet.text(edge, LINE / 2, language.label(str(name)), colour=theme.muted, align=align, bold=True)
        leaving = [{name: box[0] for name, box in column.items()} for column in places]
        arriving = [dict(column) for column in leaving]
        for row in frame.to_dict("records"):
            at = steps.index(row[step])
            thick = row[x] * scale
            start, end = leaving[at][row[source]], arriving[at + 1][row[target]]
            leaving[at][row[source]] += thick
            arriving[at + 1][row[target]] += thick
            colour = theme.rule if quiet & {row[source], row[target]} else mix(theme.surface, theme.accent, 0.35)
            sheet.area(_band(MARGIN + at * apart + NODE, MARGIN + (at + 1) * apart, start, end, thick), colour)
        for at, column in enumerate(places):
            left = MARGIN + at * apart
            last = at == len(steps)
            for name, (top, tall) in column.items():
                sheet.box(left, top, NODE, tall, theme.neutral if name in quiet else theme.accent, gid="node")
                lines = wrap(language.label(name), apart - NODE - 16, most=2)
                y = top + max(tall, LINE) / 2 - (len(lines) - 1) * LINE / 2
                edge = left - 6 if last else left + NODE + 6
                sheet.lines(edge, y, lines, align="right" if last else "left", gid="name")
        return bottom + 6

    return chart(
        draw, Text("Bands that flow from place to place."), table, title, caption, _largest(frame, source, target)
    )


def _nodes(frame: pd.DataFrame, steps: list, step: str, source: str, target: str, x: str) -> list[dict[str, float]]:
    """For every place its nodes and how many customers they hold at least, the fullest first."""
    nodes: list[dict[str, float]] = [{} for _ in range(len(steps) + 1)]
    for at, name in enumerate(steps):
        here = frame[frame[step] == name]
        for place, column in ((at, source), (at + 1, target)):
            for node, count in here.groupby(column, sort=False)[x].sum().items():
                nodes[place][node] = max(nodes[place].get(node, 0.0), float(count))
    return [dict(sorted(column.items(), key=lambda item: (-item[1], item[0]))) for column in nodes]


def _placed(nodes: list[dict[str, float]], scale: float, top: float) -> tuple[list[dict[str, tuple]], float]:
    """Upper edge and height of every node, and the y below the deepest column; each has room for its name."""
    places, deepest = [], top
    for column in nodes:
        y, boxes = top, {}
        for name, count in column.items():
            boxes[name] = (y, max(count * scale, 1.5))
            y += max(count * scale, 2 * LINE) + GAP
        places.append(boxes)
        deepest = max(deepest, y)
    return places, deepest


def _band(left: float, right: float, start: float, end: float, thick: float) -> np.ndarray:
    """Corners of a band that bends smoothly from one height to another."""
    t = np.linspace(0, 1, BENDS)
    bend = t * t * (3 - 2 * t)
    across, upper = left + (right - left) * t, start + (end - start) * bend
    return np.vstack([np.column_stack([across, upper]), np.column_stack([across, upper + thick])[::-1]])


def _next(steps: list) -> str:
    """Name of the place after the last: the next number where places are numbered.

    >>> _next(["−1", "0", "+1"]), _next(["first"])
    ('+2', '')
    """
    number = str(steps[-1]).replace("−", "-") if steps else ""
    return f"{int(number) + 1:+d}".replace("-", "−").replace("+0", "0") if number.lstrip("+-").isdigit() else ""


def _largest(frame: pd.DataFrame, source: str, target: str) -> tuple[Text, ...]:
    """The thickest bands in words."""
    rows = frame[frame["share"].notna()].sort_values("share", ascending=False, kind="stable").head(3)
    return tuple(
        Text(
            "From “{source:label}” to “{target:label}”: {x:share}.",
            {"source": row[source], "target": row[target], "x": float(row["share"])},
        )
        for row in rows.to_dict("records")
    )
