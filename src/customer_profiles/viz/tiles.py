"""Tiles with a number in each: groups by themes, recency by value."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Patch

from . import palette
from .dots import no_difference
from .layout import LINE, NAMED, NAMES, levels, measure, more, numbers, rows, text_size, width_of, wrap
from .speech import current, is_missing

STRONGEST = 4.0  # times the reference: takes the full tint
TINT = (0.10, 0.42)  # opacity of the weakest and the strongest tile: ink stays readable on both
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
    frame, rest = _telling(frame, keys, values, most)
    heads = levels(frame, x)
    lines = frame[keys].drop_duplicates() if len(keys) > 1 else pd.DataFrame({y: levels(frame, y)})
    known = numbers(frame, values)
    claims = numbers(frame, "claim") == 1 if "claim" in frame else np.ones(len(frame), dtype=bool)
    words = [current().value(values, number) for number in known]
    tile = max([measure(text, True) for text in words] + [2.4 * text_size()]) + 8
    above = width_of(ax) * (1 - NAMES) < tile * len(heads)
    at = rows(
        ax,
        list(lines[y]),
        list(lines[blocks]) if len(keys) > 1 else None,
        least=1.75,
        air=0.12 if not above else 0.5,
        above=above,
    )
    row = {key: i for i, key in enumerate(lines.itertuples(index=False, name=None))}
    where = [row.get(key) for key in frame[keys].itertuples(index=False, name=None)]
    column = {head: i for i, head in enumerate(heads)}
    drawn = [
        (column[head], at[place], number, claim, text)
        for head, place, number, claim, text in zip(frame[x], where, known, claims, words, strict=True)
        if place is not None and not is_missing(head)
    ]
    top = np.nanmax(known) if np.isfinite(known).any() else 1.0
    for across, upward, number, claim, text in drawn:
        strong = claim and not np.isnan(number)
        colour = _tint(number, reference, good, top) if strong else PLAIN
        style = {"weight": "bold"} if strong and reference and "claim" in frame else {}
        if not np.isnan(number):
            ax.bar(across, 1.6, width=0.96, bottom=upward - 0.8, color=[colour], clip_on=False)
        ax.text(
            *(across, upward, text),
            ha="center",
            va="center_baseline",
            color=palette.INK if strong else palette.SOFT,
            **style,
        )
    _heads(ax, heads, x, y)
    if reference is not None and "claim" in frame and np.isfinite(known).any():
        sides = {"more often": _tint(reference * 4, reference, good, 1), "less often": _tint(0, reference, good, 1)}
        ax.legend(handles=[Patch(color=c, label=n) for n, c in (sides | {"could be chance": PLAIN}).items()])
    more(ax, rest)


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
    across, up, known = (numbers(frame, column) for column in (x, y, values))
    top = np.nanmax([*known, 0.0])
    for right, high, number in zip(across, up, known, strict=True):
        if not np.isnan(number):
            colour = _tint(number, None, None, top)
            ax.bar(right, 0.94, width=0.96, bottom=high - 0.47, color=[colour], clip_on=False)
        if not np.isnan(right + high):
            ax.text(right, high, current().value(values, number), ha="center", va="center_baseline")
    ax.set(xlim=(0.5, 5.5), ylim=(0.5, 5.5), xticks=range(1, 6), yticks=range(1, 6), xlabel=x, ylabel=y)
    ax.spines.bottom.set_visible(False)
    ax.figure.set_figheight(5 * 2.4 * LINE * text_size() / 72)


def _tint(number: float, reference: float | None, good: str | None, top: float) -> tuple[float, ...]:
    """Colour of an established tile: by size of a share, by direction and strength against a reference."""
    if reference is None:
        strength, colour = (number / top if top > 0 else 0.0), palette.OURS
    else:
        off = np.log(max(number, 1e-9) / reference) if reference else number
        strength = 0.3 + 0.7 * min(abs(off) / np.log(STRONGEST), 1.0)
        sides = (palette.OURS, palette.COMPARISON)
        if good:
            sides = (palette.GOOD, palette.BAD) if good == "above" else (palette.BAD, palette.GOOD)
        colour = sides[0] if off > 0 else sides[1]
    return to_rgba(colour, round(TINT[0] + (TINT[1] - TINT[0]) * min(max(strength, 0.0), 1.0), 2))


def _heads(ax: Axes, heads: list, x: str, y: str) -> None:
    """Names of the columns above the tiles: upright where they fit, else turned."""
    ax.set_xlim(-0.5, max(len(heads), 1) - 0.5)
    names_left = ax.yaxis.get_tick_params().get("pad", 0)
    room = (width_of(ax) - names_left) / max(len(heads), 1) - 6
    said = [current().label(head) for head in heads]
    words = [wrap(text, room) for text in said]
    whole = all(part.strip("-") in text for wrapped, text in zip(words, said, strict=True) for part in wrapped.split())
    broken = any(line.endswith(("…", "-")) for text in words for line in text.splitlines()) or not whole
    if broken:
        words = [wrap(text, 9 * text_size(), most=2) for text in said]
    ax.set_xticks(range(len(heads)), words)
    ax.tick_params(axis="x", top=False, labeltop=True, labelbottom=False, rotation=90 if broken else 0, length=0)
    for label in ax.get_xticklabels():
        label.set(va="bottom", multialignment="left" if broken else "center")
    ax.spines.bottom.set_visible(False)
    ax.xaxis.set_gid(NAMED)
    ax.set(xlabel=x, ylabel=y)
    ax.xaxis.label.set_visible(False)
    ax.yaxis.label.set_visible(False)


def _telling(frame: pd.DataFrame, keys: list[str], values: str, most: int) -> tuple[pd.DataFrame, int]:
    """Rows of tiles worth drawing: with a number in them, most claims first; and how many are left out."""
    if frame.empty:
        return frame, 0
    rows_ = frame.groupby(keys, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    known, claims = ~np.isnan(numbers(frame, values)), numbers(frame, "claim") == 1
    count = pd.DataFrame({"row": rows_, "claims": claims, "known": known}).groupby("row").sum().query("known > 0")
    best = count.sort_values(["claims", "known"], ascending=False, kind="stable").index[:most]
    return frame[np.isin(rows_, best)], len(count) - len(best)
