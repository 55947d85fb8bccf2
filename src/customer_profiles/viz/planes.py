"""Planes with a named dot per group: share against index, and areas where they lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox

from . import palette
from .dots import key_of_claims, no_difference
from .layout import LINE, measure, numbers, settle, text_size, width_of
from .speech import current

FARTHEST = 8  # times the reference
MOST_NAMES = 12  # written beside dots; the table has all
FIELDS = {"niche": (0, 1), "core": (1, 1), "marginal": (0, 0), "developmental": (1, 0)}
BIGGEST, SMALLEST = 28, 4  # points, radius of bubbles
ROOMY = 20  # bubbles that find room with the biggest radius


def quadrants(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "share",
    y: str = "index",
    label: str = "value",
    across: float | None = None,
    reference: float | None = None,
) -> None:
    """Groups by how frequent they are and how far from average: core, developmental, niche, marginal.

    Parameters
    ----------
    frame : DataFrame
        One row per group: share `x`, index `y`, name `label`, and if known ``claim``: what may be chance is hollow
        and has no name.
    ax : Axes
    x, y, label : str
        Columns.
    across : float, optional
        Where the upright line stands: the share from which a group is typical; by default the median.
    reference : float, optional
        Where the level line stands; by default at "no difference" of an index or a ratio.
    """
    reference = no_difference(y) if reference is None else reference
    share, index = numbers(frame, x), numbers(frame, y)
    known = ~np.isnan(share) & (index > 0)
    own, share, index = frame[known], share[known], index[known]
    strong = numbers(own, "claim") == 1 if "claim" in frame else np.ones(len(own), dtype=bool)
    across = (float(np.median(share)) if len(own) else 0.5) if across is None else across
    middle = reference or (float(np.exp(np.log(index).mean())) if len(own) else 1.0)
    colours = np.where(strong, palette.OURS, palette.NEUTRAL)
    faces = np.where(strong, palette.OURS, palette.PAPER)
    ax.scatter(share, index, s=60, color=list(faces), ec=list(colours), lw=1.8, zorder=3)
    reach = min(max([1.5, *(index / middle), *(middle / index)]), FARTHEST) * 1.15
    ax.set_yscale("log")
    ax.set(xlim=(0, max([*share, across * 1.4]) * 1.08), ylim=(middle / reach, middle * reach), xlabel=x, ylabel=y)
    steps = [middle * step for step in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8) if 1 / reach < step < reach]
    ax.yaxis.set_major_locator(FixedLocator(steps))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    ax.axhline(middle, color=palette.SOFT, lw=1.2, zorder=0.5)
    ax.axvline(across, color=palette.SOFT, lw=1.2, zorder=0.5)
    key_of_claims(ax, colours, strong)
    ax.figure.set_figheight(min(width_of(ax) * 0.85, 400) / 72)
    settle(ax, frame)
    taken = [field for name, corner in FIELDS.items() if (field := _field(ax, name, corner, across))]
    order = np.argsort(-np.abs(np.log(index / middle)), kind="stable")
    best = [i for i in order if strong[i]][:MOST_NAMES]
    name_dots(ax, np.column_stack([share, index]), list(own[label]), np.full(len(own), 5.0), best, taken)


def area_bubbles(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "longitude",
    y: str = "latitude",
    size: str = "n",
    hue: str = "rate",
    label: str = "area",
) -> None:
    """A map without a map: one bubble per area where it lies, by size and by rate.

    Parameters
    ----------
    frame : DataFrame
        One row per area: longitude `x` and latitude `y` of its centre in degrees, `size` (area of the bubble), `hue`
        (how dark it is) and its name `label`. Hidden areas are left out.
    ax : Axes
    x, y, size, hue, label : str
        Columns.
    """
    values = {column: numbers(frame, column) for column in (x, y, size, hue)}
    known = ~np.isnan(np.column_stack(list(values.values()))).any(axis=1)
    order = np.flatnonzero(known)[np.argsort(-values[size][known], kind="stable")]
    across, up, people, rate = (values[column][order] for column in (x, y, size, hue))
    radii = BIGGEST * min(1.0, width_of(ax) / 600) * min(1.0, (ROOMY / max(len(order), 1)) ** 0.5)
    radii = np.maximum(radii * np.sqrt(people / max([*people, 1])), SMALLEST)
    low, high = (rate.min(), rate.max()) if len(rate) else (0.0, 1.0)
    strength = 0.2 + 0.8 * (rate - low) / (high - low) if high > low else np.ones(len(rate))
    colours = [to_rgba(palette.OURS, round(float(share), 2)) for share in strength]
    ax.scatter(across, up, s=(2 * radii) ** 2, color=colours, ec=palette.PAPER, lw=1, clip_on=False)
    wide, tall = (max(np.ptp(values) if len(order) else 0.0, 0.5) for values in (across, up))
    shrink = np.cos(np.radians(up.mean())) if len(order) else 1.0
    ax.figure.set_figheight(min(width_of(ax) * 0.9 * tall / (wide * shrink), 520) / 72)
    ax.set(xlabel=x, ylabel=y, xticks=[], yticks=[])
    for part in (ax.xaxis.label, ax.yaxis.label, ax.spines.bottom):
        part.set_visible(False)
    dot = {"marker": "o", "ls": "none", "ms": 11}
    ends = [(low, 0.2), (high, 1.0)] if high > low else [(high, 1.0)]
    say = lambda value: f"{current().heading(hue)}: {current().value(hue, value)}"
    entries = [Line2D([], [], color=palette.OURS, alpha=alpha, label=say(value), **dot) for value, alpha in ends]
    ax.legend(handles=entries if len(order) else [])
    ax.margins(0.06)
    settle(ax, frame)
    if len(order):
        _true_to_scale(ax, shrink)
    names = list(frame[label].iloc[order])
    name_dots(ax, np.column_stack([across, up]), names, radii, range(min(len(order), 3 * MOST_NAMES)), [])


def name_dots(
    ax: Axes, places: np.ndarray, names: Sequence, radii: np.ndarray, which: Sequence[int], taken: list[Bbox]
) -> None:
    """Write names beside dots where there is room; without room, nothing: the table has all names."""
    scale, edge = 72 / ax.figure.dpi, ax.figure.bbox
    dots = ax.transData.transform(places) * scale if len(places) else np.empty((0, 2))
    boxes = [Bbox.from_extents(x - r, y - r, x + r, y + r) for (x, y), r in zip(dots, radii, strict=True)]
    half = LINE * text_size() / 2
    for i in which:
        words, (x, y), r = current().label(names[i]), dots[i], radii[i] + 4
        wide = measure(words)
        spots = {"left": (x + r, y), "right": (x - r - wide, y)}
        spots |= {"center": (x - wide / 2, y - r - half + 2), "above": (x - wide / 2, y + r + half - 2)}
        for left, middle in spots.values():
            box = Bbox.from_extents(left, middle - half + 2, left + wide, middle + half - 2)
            inside = box.x0 >= 2 and box.x1 <= edge.x1 * scale - 2
            if inside and not any(box.overlaps(other) for other in [*boxes[:i], *boxes[i + 1 :], *taken]):
                at = ((left + wide / 2 if left == x - wide / 2 else left) - x, middle - y)
                align = "center" if left == x - wide / 2 else "left"
                style = {"textcoords": "offset points", "annotation_clip": False, "va": "center_baseline"}
                ax.annotate(words, tuple(places[i]), at, ha=align, **style)
                taken.append(box)
                break


def _field(ax: Axes, name: str, corner: tuple[int, int], across: float) -> Bbox | None:
    """Name of a quadrant in its corner, if it has room there; returns where it stands."""
    words, plot, scale = current().label(name), ax.get_window_extent(), 72 / ax.figure.dpi
    middle = ax.transData.transform((across, ax.get_ylim()[0]))[0]
    room = (plot.x1 - middle if corner[0] else middle - plot.x0) * scale - 12
    wide, tall = measure(words, True), LINE * text_size()
    if wide > room:
        return None
    x = plot.x1 * scale - 4 - wide if corner[0] else plot.x0 * scale + 4
    y = plot.y1 * scale - tall if corner[1] else plot.y0 * scale + 4
    style = {"xycoords": "axes fraction", "textcoords": "offset points", "weight": "bold", "color": palette.SOFT}
    lean = (-4 if corner[0] else 4, -tall / 2 if corner[1] else tall / 2)
    ax.annotate(words, corner, lean, ha="right" if corner[0] else "left", va="center_baseline", **style)
    return Bbox.from_bounds(x, y, wide, tall)


def _true_to_scale(ax: Axes, shrink: float) -> None:
    """Widen the limits of one axis so that a kilometre is as long across as upwards."""
    plot = ax.get_window_extent()
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    per_degree = min(plot.width / ((right - left) * shrink), plot.height / (high - low))
    wide, tall = plot.width / per_degree / shrink, plot.height / per_degree
    ax.set_xlim((left + right - wide) / 2, (left + right + wide) / 2)
    ax.set_ylim((low + high - tall) / 2, (low + high + tall) / 2)
