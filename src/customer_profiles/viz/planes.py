"""Planes with a named dot per group: share against index, and areas where they lie."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox

from . import palette
from .dots import FAR, FARTHEST, dot_key, dots, no_difference
from .layout import claims, hide, note, numbers, set_height, settle, width_of
from .speech import current

MOST_NAMES = 12  # written beside dots; the table has all
FIELDS = {"niche": ("left", "top"), "core": ("right", "top")}
FIELDS |= {"marginal": ("left", "bottom"), "developmental": ("right", "bottom")}
BIGGEST, SMALLEST, ROOMY = 28, 4, 20  # radius of bubbles in points; how many find room with the biggest
FAINTEST = 0.2  # opacity of the bubble with the lowest rate


def quadrants(frame: pd.DataFrame, ax: Axes, *, x="share", y="index", label="value", across=None) -> None:
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
    """
    own = frame[~np.isnan(numbers(frame, x)) & (numbers(frame, y) > 0)]
    share, index, strong = numbers(own, x), numbers(own, y), claims(own)
    across = np.median([*share] or [0.5]) if across is None else across
    middle = no_difference(y) or np.median([*index] or [1.0])
    dots(ax, share, index, np.where(strong, palette.OURS, palette.NEUTRAL), strong, size=60)
    reach = min(max([1.5, *(index / middle), *(middle / index)]), FARTHEST) * 1.35
    ax.set(xlim=(0, max([*share, across * 1.4]) * 1.08), yscale="log", ylim=(middle / reach, middle * reach))
    steps = FixedLocator([middle * step for step in FAR if 1 / reach < step < reach])
    ax.yaxis.set(major_locator=steps, minor_locator=NullLocator())
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    ax.axhline(middle, color=palette.SOFT, lw=1.2, zorder=0.5)
    ax.axvline(across, color=palette.SOFT, lw=1.2, zorder=0.5)
    ax.set(xlabel=x, ylabel=y)
    set_height(ax, min(width_of(ax) * 0.85, 400))
    settle(ax, frame)
    taken = [field for name, corner in FIELDS.items() if (field := _field(ax, name, *corner, across))]
    best = [i for i in np.argsort(-np.abs(np.log(index / middle)), kind="stable") if strong[i]]
    _name(ax, share, index, own[label], np.full(len(own), 5.0), best[:MOST_NAMES], taken)


def area_bubbles(
    frame: pd.DataFrame, ax: Axes, *, x="longitude", y="latitude", size="n", hue="rate", label="area"
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
    own = frame.assign(**{column: numbers(frame, column) for column in (x, y, size, hue)})
    own = own.dropna(subset=[x, y, size, hue]).sort_values(size, ascending=False, kind="stable")
    radii = BIGGEST * min(1.0, width_of(ax) / 600) * min(1.0, (ROOMY / max(len(own), 1)) ** 0.5)
    radii = np.maximum(radii * np.sqrt(own[size] / max([*own[size], 1])), SMALLEST).to_numpy()
    low, high = (own[hue].min(), own[hue].max()) if len(own) else (0.0, 0.0)
    strength = FAINTEST + (1 - FAINTEST) * (own[hue] - low) / ((high - low) or 1.0)
    colours = [to_rgba(palette.OURS, round(share, 2)) for share in strength]
    ax.scatter(own[x], own[y], (2 * radii) ** 2, colours, ec=palette.PAPER, lw=1, clip_on=False)
    wide = np.cos(np.radians([*own[y], 0.0][0]))  # a degree across, in degrees upwards
    low_, high_ = own[[x, y]].min().fillna(0), own[[x, y]].max().fillna(0)
    shape = max(high_[y] - low_[y], 0.5) / max((high_[x] - low_[x]) * wide, 0.5)
    set_height(ax, min(width_of(ax) * 0.9 * shape, 520))
    ax.set(xlabel=x, ylabel=y, xticks=[], yticks=[], aspect=1 / wide, adjustable="datalim")
    ax.margins(0.06)
    hide(ax, "x", "y", "bottom")
    ends = {current().value(hue, low): FAINTEST, current().value(hue, high): 1.0} if len(own) else {}
    look = {"ms": 11, "color": palette.OURS}
    dot_key(ax, {f"{current().heading(hue)}: {value}": look | {"alpha": alpha} for value, alpha in ends.items()})
    settle(ax, frame)
    _name(ax, own[x].to_numpy(), own[y].to_numpy(), own[label], radii, range(min(len(own), 3 * MOST_NAMES)), [])


def _name(ax: Any, x, y, names: Iterable, radii: np.ndarray, which: Iterable[int], taken: list[Bbox]) -> None:
    """Write names beside dots where there is room; without room, nothing: the table has all names."""
    scale, renderer, names = ax.figure.dpi / 72, ax.figure.canvas.get_renderer(), list(names)
    centres = ax.transData.transform(np.column_stack([x, y])) if len(names) else []
    boxes = [Bbox([at - r * scale, at + r * scale]) for at, r in zip(centres, radii, strict=True)]
    for i in which:
        gap = radii[i] + 4
        spots = (((gap, 0), "left", "center"), ((-gap, 0), "right", "center"))
        for lean, ha, va in (*spots, ((0, -gap), "center", "top"), ((0, gap), "center", "bottom")):
            text = note(ax, current().label(names[i]), (x[i], y[i]), lean, ha=ha, va=va)
            box = text.get_window_extent(renderer)
            inside = box.x0 >= 2 and box.x1 <= ax.figure.bbox.x1 - 2
            if inside and not any(box.overlaps(other) for other in (*boxes[:i], *boxes[i + 1 :], *taken)):
                taken.append(box)
                break
            text.remove()


def _field(ax: Any, name: str, ha: str, va: str, across: float) -> Bbox | None:
    """Name of a quadrant in its corner, if it has room there; returns where it stands."""
    corner = (float(ha == "right"), float(va == "top"))
    style = {"xycoords": "axes fraction", "ha": ha, "va": va, "weight": "bold", "color": palette.SOFT}
    text = note(ax, current().label(name), corner, (4 - 8 * corner[0], 4 - 8 * corner[1]), **style)
    box, middle = text.get_window_extent(), ax.transData.transform((across, ax.get_ylim()[0]))[0]
    if (box.x1 + 4 < middle) if ha == "left" else (box.x0 - 4 > middle):
        return box
    text.remove()
    return None
