"""Tiles with a number in each: groups by themes, recency by value."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.ticker import ScalarFormatter
from matplotlib.transforms import Affine2D

from . import layout, palette
from .bars import key
from .dots import no_difference
from .speech import current

STRONGEST = 4.0  # times the reference: takes the full tint
TINT = (0.10, 0.38)  # opacity of the weakest and the strongest tile: ink stays readable on both
PLAIN = to_rgba(palette.LINE, 0.35)
TALL = 1.6  # lines of text, of a tile
GRID = range(1, 6)
SIDES, IN_TIME = ("more often", "less often"), ("sooner", "later")


def heatmap(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x="theme",
    y="value",
    values="ratio",
    blocks="attribute",
    good=None,
    most=20,
    sides=SIDES,
) -> None:
    """Tiles of ratios, indices or shares with the number in each.

    Ratios and indices are tinted by direction and strength, where ``claim`` says that they are established; what may
    be chance stays plain, so that the eye finds what counts. Shares are tinted by size. A dash is a number that may
    not be shown; where the frame has no row there is no tile.

    Parameters
    ----------
    frame : DataFrame
        One row per tile: `x`, `y`, `values`, and if known `blocks` and ``claim``. Rows and columns come in the order
        of a categorical's categories, else of their first appearance.
    ax : Axes
    x, y, values : str
        Columns across, upwards and of the numbers.
    blocks : str, optional
        Column whose values head blocks of rows.
    good : {"above", "below"}, optional
        Side of "no difference" that is good; without it, tiles above it are ours and those below the comparison's.
    most : int
        Rows at most: those with most claims and numbers; a line says how many more there are.
    sides : pair of str
        What the legend calls what lies above and below "no difference".
    """
    reference = no_difference(values)
    keys = [blocks, y] if blocks in frame and blocks != y else [y]
    heads, frame = layout.levels(frame, x), frame.dropna(subset=[x, y])
    frame, rest = _telling(frame, keys, values, most)
    lines = frame[keys].drop_duplicates()
    if len(keys) == 1:
        lines = pd.DataFrame({y: layout.levels(frame, y)})
    words = [current().value(values, number) for number in layout.numbers(frame, values)]
    tile = max([layout.measure(text, True) for text in words] + [2.4 * layout.text_size()]) + 8
    above = layout.width_of(ax) * (1 - layout.NAMES) < tile * len(heads)
    at = layout.rows(ax, lines[y], lines.get(blocks), least=1.75, air=0.5 if above else 0.12, above=above)
    upward = dict(zip(lines.itertuples(index=False, name=None), at, strict=True))
    places = [upward[key] for key in frame[keys].itertuples(index=False, name=None)]
    number, across = layout.numbers(frame, values), [heads.index(head) for head in frame[x]]
    shown, top = layout.claims(frame) & ~np.isnan(number), np.nanmax([*number, 0.0])
    tints = [_tint(n, reference, good, top) if sure else PLAIN for n, sure in zip(number, shown, strict=True)]
    own = pd.DataFrame({"at": across, "y": np.array(places) - TALL / 2, "tint": tints})[~np.isnan(number)]
    if len(own):  # one by one: rows are as far apart as their names need
        ax.bar(own["at"], TALL, 0.96, own["y"], color=[*own["tint"]], clip_on=False, in_layout=False)
    _write(ax, across, places, frame, values)
    room = (layout.width_of(ax) - ax.yaxis.get_tick_params()["pad"]) / max(len(heads), 1) - 6
    layout.name_columns(ax, range(len(heads)), [current().label(head) for head in heads], room, va="bottom")
    ax.tick_params(axis="x", labeltop=True, labelbottom=False)
    ax.set(xlabel=x, ylabel=y, xlim=(-0.5, max(len(heads), 1) - 0.5))
    layout.hide(ax, "x", "y", "bottom")
    if reference is not None and "claim" in frame and len(frame):
        ends = (_tint(end, reference, good) for end in (np.inf, -np.inf))
        key(ax, dict(zip(sides, ends, strict=True)) | {"could be chance": PLAIN})
    layout.more(ax, rest)


def rfm_grid(frame: pd.DataFrame, ax: Axes, *, x="r", y="fm", values="share") -> None:
    """The plane of recency (to the right: more recent) and of frequency and value (upwards: more), five by five.

    Parameters
    ----------
    frame : DataFrame
        One row per tile: `x` and `y` from 1 to 5, and a share `values`, tinted by size.
    ax : Axes
    x, y, values : str
        Columns.
    """
    import seaborn as sns

    frame = frame.dropna(subset=[x, y]).drop(columns="claim", errors="ignore")
    plane = pd.DataFrame({column: layout.numbers(frame, column) for column in (x, y, values)})
    plane = plane.pivot(index=y, columns=x, values=values).reindex(index=GRID, columns=GRID)
    shades = LinearSegmentedColormap.from_list("ours", [to_rgba(palette.OURS, strength) for strength in TINT])
    look = {"cmap": shades, "vmin": 0, "vmax": np.nanmax([*plane.stack(), 1e-9]), "lw": 3, "ec": palette.PAPER}
    place = Affine2D().translate(0.5, 0.5) + ax.transData  # seaborn's first tile is from 0 to 1, ours around 1
    sns.heatmap(plane, cbar=False, xticklabels=False, yticklabels=False, transform=place, ax=ax, **look)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(ScalarFormatter())
    _write(ax, layout.numbers(frame, x), layout.numbers(frame, y), frame, values)
    ax.set(xlim=(0.5, 5.5), ylim=(0.5, 5.5), xticks=GRID, yticks=GRID, xlabel=x, ylabel=y)
    layout.set_height(ax, 12 * layout.LINE * layout.text_size())


def _write(ax: Any, across: Any, upward: Any, frame: pd.DataFrame, values: str) -> None:
    """Numbers of tiles; bold where a difference is established."""
    number = layout.numbers(frame, values)
    for left, y, value, sure in zip(across, upward, number, layout.claims(frame) & ~np.isnan(number), strict=True):
        weight, colour = "bold" if sure and "claim" in frame else "normal", palette.INK if sure else palette.SOFT
        look: dict[str, Any] = {"ha": "center", "va": "center_baseline", "in_layout": False}
        ax.text(left, y, current().value(values, value), color=colour, weight=weight, **look)


def _tint(number: float, reference: float | None, good: str | None, top: float = 1.0) -> tuple[float, ...]:
    """Colour of an established tile: by size of a share, by direction and strength against a reference."""
    strength, colour = (number / top if top > 0 else 0.0), palette.OURS
    if reference is not None:
        off = np.log(max(number, 1e-9) / reference) if reference else number
        strength = 0.3 + 0.7 * min(abs(off) / np.log(STRONGEST), 1.0)
        sides = {"above": (palette.GOOD, palette.BAD), "below": (palette.BAD, palette.GOOD)}
        colour = sides.get(str(good), (palette.OURS, palette.COMPARISON))[0 if off > 0 else 1]
    return to_rgba(colour, round(TINT[0] + (TINT[1] - TINT[0]) * min(max(strength, 0.0), 1.0), 2))


def _telling(frame: pd.DataFrame, keys: list[str], values: str, most: int) -> tuple[pd.DataFrame, int]:
    """Rows of tiles worth drawing: with a number in them, most claims first; and how many are left out."""
    row = frame.groupby(keys, sort=False, observed=True).ngroup().to_numpy()
    tiles = pd.DataFrame({"known": ~np.isnan(layout.numbers(frame, values)), "claim": layout.claims(frame)})
    count = tiles.groupby(row).sum().query("known > 0")
    best = count.sort_values(["claim", "known"], ascending=False, kind="stable").index[:most]
    return frame[np.isin(row, best)], len(count) - len(best)
