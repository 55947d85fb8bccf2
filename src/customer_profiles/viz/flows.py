"""How groups flow from one place of a path to the next: a Sankey diagram."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from . import palette
from .layout import LINE, NAMED, levels, numbers, text_size, width_of, wrap
from .speech import current

TALL = 340  # points, of the fullest column
NODE = 0.045  # of the way from place to place, width of a node


def sankey(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "position",
    source: str = "from_what",
    target: str = "to_what",
    value: str = "n",
    quiet: Iterable[str] = ("path_nothing",),
) -> None:
    """Bands from place to place, as thick as the number that went that way.

    Parameters
    ----------
    frame : DataFrame
        One row per flow: place `x` where it begins (in the order of its categories, else of first appearance),
        `source`, `target` and thickness `value`. Hidden flows are not drawn.
    ax : Axes
    x, source, target, value : str
        Columns.
    quiet : iterable of str
        Nodes in grey, such as "nothing": they fill the picture without saying much.
    """
    places, thick, quiet = levels(frame, x), numbers(frame, value), set(quiet)
    rows = [
        (places.index(at), start, end, number)
        for at, start, end, number in zip(frame[x], frame[source], frame[target], thick, strict=True)
        if number > 0
    ]
    nodes = _nodes(rows, len(places))
    most = max([sum(column.values()) for column in nodes] + [1.0])
    scale = TALL / most
    tops, deepest = _placed(nodes, scale)
    leaving, arriving = ([dict(column) for column in tops] for _ in range(2))
    for at, start, end, number in rows:
        top, bottom = leaving[at][start], arriving[at + 1][end]
        leaving[at][start] += number * scale
        arriving[at + 1][end] += number * scale
        colour, alpha = (palette.NEUTRAL, 0.2) if quiet & {start, end} else (palette.OURS, 0.32)
        ax.add_patch(PathPatch(_band(at + NODE, at + 1, top, bottom, number * scale), color=colour, alpha=alpha, lw=0))
    for at, column in enumerate(tops):
        for name, top in column.items():
            tall = max(nodes[at][name] * scale, 1.5)
            ax.bar(at + NODE / 2, tall, NODE, top, color=palette.NEUTRAL if name in quiet else palette.OURS)
            _name(ax, current().label(name), at, top + max(tall, LINE * text_size()) / 2, last=at == len(places))
    ax.set(xlim=(0, max(len(places), 1) + NODE), ylim=(deepest, -4), xlabel=x, ylabel=value)
    following = [*places, _next(places)]
    ax.set_xticks(range(len(following)), [current().label(str(place)) for place in following])
    ax.tick_params(axis="x", labeltop=True, labelbottom=False)
    for i, label in enumerate(ax.get_xticklabels()):
        label.set_ha("right" if i == len(places) else "left")
    ax.set_yticks([])
    ax.xaxis.set_gid(NAMED)
    for part in (ax.xaxis.label, ax.yaxis.label, ax.spines.bottom):
        part.set_visible(False)
    ax.figure.set_figheight(deepest / 72)


def _band(left: float, right: float, start: float, end: float, thick: float) -> Path:
    """A band that bends smoothly from one height to another."""
    half = (left + right) / 2
    there = [(left, start), (half, start), (half, end), (right, end)]
    back = [(right, end + thick), (half, end + thick), (half, start + thick), (left, start + thick)]
    bend = [Path.CURVE4] * 3
    return Path([*there, *back], [Path.MOVETO, *bend, Path.LINETO, *bend])


def _nodes(rows: list[tuple], steps: int) -> list[dict[str, float]]:
    """For every place its nodes and how many they hold at least, the fullest first."""
    nodes = []
    for place in range(steps + 1):
        leaving = _sums((start, number) for at, start, _, number in rows if at == place)
        arriving = _sums((end, number) for at, _, end, number in rows if at == place - 1)
        held = {name: max(leaving.get(name, 0.0), arriving.get(name, 0.0)) for name in leaving | arriving}
        nodes.append(dict(sorted(held.items(), key=lambda item: (-item[1], str(item[0])))))
    return nodes


def _sums(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for name, number in pairs:
        sums[name] = sums.get(name, 0.0) + number
    return sums


def _placed(nodes: list[dict[str, float]], scale: float) -> tuple[list[dict[str, float]], float]:
    """Upper edge of every node, and the y below the deepest column; each has room for its name."""
    places, deepest, line = [], 20.0, LINE * text_size()
    for column in nodes:
        y, tops = 0.0, {}
        for name, count in column.items():
            tops[name] = y
            y += max(count * scale, 2 * line) + 8
        places.append(tops)
        deepest = max(deepest, y)
    return places, deepest


def _name(ax: Axes, words: str, at: int, y: float, last: bool) -> None:
    """Name of a node beside it, towards the inside of the figure."""
    room = width_of(ax) / max(ax.get_xlim()[1], 1) * 0.8
    style = {"ha": "right" if last else "left", "va": "center_baseline", "textcoords": "offset points"}
    ax.annotate(wrap(words, room, most=2), (at if last else at + NODE, y), (-6 if last else 6, 0), **style)


def _next(places: list) -> str:
    """Name of the place after the last: the next number where places are numbered.

    >>> _next(["−1", "0", "+1"]), _next(["first"])
    ('+2', '')
    """
    number = str(places[-1]).replace("−", "-") if places else ""
    return f"{int(number) + 1:+d}".replace("-", "−").replace("+0", "0") if number.lstrip("+-").isdigit() else ""
