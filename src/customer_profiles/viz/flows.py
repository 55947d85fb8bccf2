"""How groups flow from one place of a path to the next: a Sankey diagram."""

from typing import Any

import pandas as pd
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from . import palette
from .layout import LINE, NAMED, hide, levels, note, numbers, set_height, text_size, width_of, wrap
from .speech import current

TALL = 340  # points, of the fullest column
NOTHING = "path_nothing"  # the node of those who did nothing
NODE = 0.045  # of the way from place to place, width of a node


def sankey(
    frame: pd.DataFrame, ax: Any, *, x="position", source="from_what", target="to_what", value="n", quiet=(NOTHING,)
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
    places, quiet = levels(frame, x), set(quiet)
    flows = pd.DataFrame({"number": numbers(frame, value), "start": frame[source].array, "end": frame[target].array})
    flows["at"] = [places.index(at) if at in places else -1 for at in frame[x]]
    flows = flows[(flows["number"] > 0) & (flows["at"] >= 0)]
    nodes = [_nodes(flows, at) for at in range(len(places) + 1)]
    scale = TALL / max([node.sum() for node in nodes] + [1.0])
    tops = [_tops(node * scale) for node in nodes]
    leaving, arriving = ([top.to_dict() for top in tops] for _ in range(2))
    for number, start, end, at in flows.itertuples(index=False):
        thick, there, here = number * scale, leaving[at][start], arriving[at + 1][end]
        leaving[at][start], arriving[at + 1][end] = there + thick, here + thick
        colour, alpha = (palette.NEUTRAL, 0.2) if quiet & {start, end} else (palette.OURS, 0.32)
        ax.add_patch(PathPatch(_band(at + NODE, at + 1, there, here, thick), color=colour, alpha=alpha, lw=0))
    for at, (node, top) in enumerate(zip(nodes, tops, strict=True)):
        lean, ha = ((at, (-6, 0)), "right") if at == len(places) else ((at + NODE, (6, 0)), "left")
        for name in node.index:
            tall = max(node[name] * scale, 1.5)
            ax.bar(at + NODE / 2, tall, NODE, top[name], color=palette.NEUTRAL if name in quiet else palette.OURS)
            words = wrap(current().label(name), width_of(ax) / max(len(places), 1) * 0.8, most=2)
            note(ax, words, (lean[0], top[name] + max(tall, LINE * text_size()) / 2), lean[1], ha=ha)
    deepest = max([_room(node * scale).sum() for node in nodes] + [20.0])
    ax.set(xlim=(0, max(len(places), 1) + NODE), ylim=(deepest, -4), yticks=[], xlabel=x, ylabel=value)
    heads = [current().label(str(place)) for place in [*places, _next(places)]]
    ax.set_xticks(range(len(heads)), heads, ha="left")
    ax.get_xticklabels()[-1].set_ha("right")
    ax.tick_params(axis="x", labeltop=True, labelbottom=False)
    ax.xaxis.set_gid(NAMED)
    hide(ax, "x", "y", "bottom")
    set_height(ax, deepest)


def _nodes(flows: pd.DataFrame, at: int) -> pd.Series:
    """Nodes of a place and how many they hold at least, the fullest first."""
    sides = (flows[flows["at"] == at].groupby("start"), flows[flows["at"] == at - 1].groupby("end"))
    held = pd.concat([side["number"].sum() for side in sides])
    return held.groupby(level=0).max().sort_values(ascending=False, kind="stable")


def _room(tall: pd.Series) -> pd.Series:
    """Height that a node takes, with its name and the gap to the next."""
    return tall.clip(lower=2 * LINE * text_size()) + 8


def _tops(tall: pd.Series) -> pd.Series:
    """Upper edge of every node of a place."""
    return _room(tall).cumsum().shift(fill_value=0.0)


def _band(left: float, right: float, start: float, end: float, thick: float) -> Path:
    """A band that bends smoothly from one height to another."""
    half = (left + right) / 2
    there = [(left, start), (half, start), (half, end), (right, end)]
    back = [(x, y + thick) for x, y in reversed(there)]
    return Path([*there, *back], [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3])


def _next(places: list) -> str:
    """Name of the place after the last: the next number where places are numbered.

    >>> _next(["−1", "0", "+1"]), _next(["first"])
    ('+2', '')
    """
    number = str(places[-1]).replace("−", "-") if places else ""
    return f"{int(number) + 1:+d}".replace("-", "−").replace("+0", "0") if number.lstrip("+-").isdigit() else ""
