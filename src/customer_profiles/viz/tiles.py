"""Tiles with a number in each: groups by themes, recency by value."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from . import layout, palette
from .bars import key
from .dots import no_difference
from .speech import current

STRONGEST = 4.0  # times the reference: takes the full tint
TINT = (0.10, 0.38)  # opacity of the weakest and the strongest tile: ink stays readable on both
PLAIN = to_rgba(palette.LINE, 0.35)


def heatmap(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "theme",
    y: str = "value",
    values: str = "ratio",
    blocks: str | None = "attribute",
    reference: float | None = None,
    good: str | None = None,
    most: int = 20,
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
    reference : float, optional
        Value of no difference; by default that of an index or a ratio.
    good : {"above", "below"}, optional
        Side of the reference that is good; without it, tiles above it are ours and those below the comparison's.
    most : int
        Rows at most: those with most claims and numbers; a line says how many more there are.
    """
    reference = no_difference(values) if reference is None else reference
    keys = [blocks, y] if blocks in frame and blocks != y else [y]
    heads, frame = layout.levels(frame, x), frame.dropna(subset=[x, y])
    frame, rest = _telling(frame, keys, values, most)
    lines = frame[keys].drop_duplicates()
    if len(keys) == 1:
        lines = pd.DataFrame({y: layout.levels(frame, y)})
    words = [current().value(values, number) for number in layout.numbers(frame, values)]
    tile = max([layout.measure(text, True) for text in words] + [2.4 * layout.text_size()]) + 8
    above = layout.width_of(ax) * (1 - layout.NAMES) < tile * len(heads)
    named = lines[blocks] if len(keys) > 1 else None
    at = layout.rows(ax, lines[y], named, least=1.75, air=0.5 if above else 0.12, above=above)
    upward = dict(zip(lines.itertuples(index=False, name=None), at, strict=True))
    places = [upward[key] for key in frame[keys].itertuples(index=False, name=None)]
    _tiles(ax, [heads.index(head) for head in frame[x]], places, frame, values, reference, good, tall=1.6)
    room = (layout.width_of(ax) - ax.yaxis.get_tick_params()["pad"]) / max(len(heads), 1) - 6
    layout.name_columns(ax, range(len(heads)), [current().label(head) for head in heads], room, va="bottom")
    ax.tick_params(axis="x", labeltop=True, labelbottom=False)
    ax.set(xlabel=x, ylabel=y, xlim=(-0.5, max(len(heads), 1) - 0.5))
    layout.hide(ax, "x", "y", "bottom")
    if reference is not None and "claim" in frame and len(frame):
        sides = {"more often": _tint(np.inf, reference, good), "less often": _tint(-np.inf, reference, good)}
        key(ax, sides | {"could be chance": PLAIN})
    layout.more(ax, rest)


def rfm_grid(frame: pd.DataFrame, ax: Axes, *, x: str = "r", y: str = "fm", values: str = "share") -> None:
    """The plane of recency (to the right: more recent) and of frequency and value (upwards: more), five by five.

    Parameters
    ----------
    frame : DataFrame
        One row per tile: `x` and `y` from 1 to 5, and a share `values`, tinted by size.
    ax : Axes
    x, y, values : str
        Columns.
    """
    frame = frame.dropna(subset=[x, y])
    _tiles(ax, layout.numbers(frame, x), layout.numbers(frame, y), frame.drop(columns="claim", errors="ignore"), values)
    ax.set(xlim=(0.5, 5.5), ylim=(0.5, 5.5), xticks=range(1, 6), yticks=range(1, 6), xlabel=x, ylabel=y)
    layout.hide(ax, "bottom")
    layout.set_height(ax, 12 * layout.LINE * layout.text_size())


def _tiles(ax: Axes, across, upward, frame: pd.DataFrame, values: str, reference=None, good=None, tall=0.94) -> None:
    """Tiles with their numbers; bold where a difference is established."""
    own = pd.DataFrame(
        {"left": across, "y": upward, "number": layout.numbers(frame, values), "strong": layout.claims(frame)}
    )
    shown, top = own.dropna(), np.nanmax([*own["number"], 0.0])
    tints = [_tint(row.number, reference, good, top) if row.strong else PLAIN for row in shown.itertuples()]
    if tints:
        ax.bar(shown["left"], tall, 0.96, shown["y"] - tall / 2, color=tints, clip_on=False, in_layout=False)
    for left, y, number, strong in own.itertuples(index=False):
        sure = strong and not np.isnan(number)
        style = {"weight": "bold" if sure and "claim" in frame else "normal", "in_layout": False, "ha": "center"}
        words, colour = current().value(values, number), palette.INK if sure else palette.SOFT
        ax.text(left, y, words, color=colour, va="center_baseline", **style)


def _tint(number: float, reference: float | None, good: str | None, top: float = 1.0) -> tuple[float, ...]:
    """Colour of an established tile: by size of a share, by direction and strength against a reference."""
    strength, colour = (number / top if top > 0 else 0.0), palette.OURS
    if reference is not None:
        off = np.log(max(number, 1e-9) / reference) if reference else number
        strength = 0.3 + 0.7 * min(abs(off) / np.log(STRONGEST), 1.0)
        sides = {"above": (palette.GOOD, palette.BAD), "below": (palette.BAD, palette.GOOD)}
        colour = sides.get(good, (palette.OURS, palette.COMPARISON))[0 if off > 0 else 1]
    return to_rgba(colour, round(TINT[0] + (TINT[1] - TINT[0]) * min(max(strength, 0.0), 1.0), 2))


def _telling(frame: pd.DataFrame, keys: list[str], values: str, most: int) -> tuple[pd.DataFrame, int]:
    """Rows of tiles worth drawing: with a number in them, most claims first; and how many are left out."""
    row = frame.groupby(keys, sort=False, observed=True).ngroup().to_numpy()
    tiles = pd.DataFrame({"known": ~np.isnan(layout.numbers(frame, values)), "claim": layout.claims(frame)})
    count = tiles.groupby(row).sum().query("known > 0")
    best = count.sort_values(["claim", "known"], ascending=False, kind="stable").index[:most]
    return frame[np.isin(row, best)], len(count) - len(best)
