"""Dots with intervals beside a reference line."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from . import palette
from .layout import beside, more, numbers, rows
from .speech import current

FARTHEST = 8  # times the reference: what reaches beyond tells no more
ROUND = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
NEAR = [1 / 2, 2 / 3, 1, 1.5, 2]


def no_difference(column: str) -> float | None:
    """Value of a column at which there is no difference, None if it has none.

    >>> no_difference("index"), no_difference("rate_ratio"), no_difference("difference"), no_difference("share")
    (100.0, 1.0, 0.0, None)
    """
    known = {"index": 100.0, "ratio": 1.0, "difference": 0.0, "change": 0.0}
    return next((value for name, value in known.items() if column == name or column.endswith(f"_{name}")), None)


def dot_intervals(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "index",
    y: str = "value",
    reference: float | None = None,
    log: bool | None = None,
    good: str | None = None,
    blocks: str | None = None,
    most: int = 20,
) -> None:
    """A dot with its interval per row, against a line of no difference.

    Parameters
    ----------
    frame : DataFrame
        One row per dot: name `y`, value `x`, and if known ``{x}_low``, ``{x}_high`` and ``claim``: what is
        established is filled, what may be chance is hollow.
    ax : Axes
    x, y : str
        Columns.
    reference : float, optional
        Where the line stands; by default at "no difference" of an index, a ratio or a difference.
    log : bool, optional
        Logarithmic scale; by default where the reference is 1 or 100.
    good : {"above", "below"}, optional
        Side of the reference that is good: established dots take the colours of good and bad. Without it they are
        ours: more of something is neither good nor bad by itself.
    blocks : str, optional
        Column whose values head blocks of rows.
    most : int
        Rows at most, established ones first; a line says how many more there are.
    """
    reference = no_difference(x) if reference is None else reference
    log = reference in (1, 100) if log is None else log
    frame, rest = _strongest(frame, most)
    at = rows(ax, list(frame[y]), list(frame[blocks]) if blocks in frame else None)
    value, low, high = (numbers(frame, column) for column in (x, f"{x}_low", f"{x}_high"))
    known, certain = ~np.isnan(value), ~np.isnan(value) & ~np.isnan(low) & ~np.isnan(high)
    strong = numbers(frame, "claim") == 1 if "claim" in frame else np.ones(len(frame), dtype=bool)
    colours = np.where(strong, _side(value, reference, good), palette.NEUTRAL)
    if reference is not None:
        ax.axvline(reference, color=palette.SOFT, lw=1.2, zorder=0.5)
    if certain.any():
        ax.hlines(at[certain], low[certain], high[certain], colors=list(colours[certain]), lw=2.5, zorder=2)
    faces = np.where(strong, colours, palette.PAPER)
    ax.scatter(value[known], at[known], s=70, color=list(faces[known]), ec=list(colours[known]), lw=2, zorder=3)
    beside(ax, at, [current().value(x, number) for number in value], strong=strong & known)
    _scale(ax, value, low, high, reference, log)
    ax.set(xlabel=x, ylabel=y)
    ax.yaxis.label.set_visible(False)
    ax.grid(axis="x")
    key_of_claims(ax, colours[known], strong[known])
    more(ax, rest)


def key_of_claims(ax: Axes, colours: np.ndarray, strong: np.ndarray) -> None:
    """Say what hollow dots are, where there are some."""
    if not strong.all():
        dot = {"marker": "o", "ls": "none", "ms": 8, "mew": 2}
        colour = colours[strong][0] if strong.any() else palette.OURS
        established = Line2D([], [], color=colour, label="difference established", **dot)
        chance = Line2D([], [], mfc=palette.PAPER, mec=palette.NEUTRAL, label="could be chance", **dot)
        ax.legend(handles=[established, chance])


def _side(value: np.ndarray, reference: float | None, good: str | None) -> np.ndarray:
    """Colour of each established dot."""
    if good is None or reference is None:
        return np.full(len(value), palette.OURS, dtype=object)
    return np.where((value >= reference) == (good == "above"), palette.GOOD, palette.BAD).astype(object)


def _scale(ax: Axes, value, low, high, reference: float | None, log: bool) -> None:
    """Limits that hold every dot, its interval and the reference, with a few round ticks."""
    ends = np.concatenate([value, low, high, [np.nan if reference is None else reference]])
    ends = ends[np.isfinite(ends) & (ends > 0 if log else True)]
    if not len(ends):
        return
    left, right = ends.min(), ends.max()
    if not log:
        room = (right - left) * 0.06 or 1.0
        ax.set_xlim(left - room, right + room)
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        return
    middle = reference or float(np.exp(np.log(ends).mean()))
    left = max(min(left / 1.08, middle / 1.5), middle / FARTHEST)
    right = min(max(right * 1.08, middle * 1.5), middle * FARTHEST)
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    inside = [middle * step for step in (NEAR if right / left < 4.5 else ROUND) if left <= middle * step <= right]
    ax.xaxis.set_major_locator(FixedLocator(inside))
    ax.xaxis.set_minor_locator(NullLocator())


def _strongest(frame: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """At most `most` rows, established ones before others, then as they come; and how many are left out."""
    claims = pd.Series(numbers(frame, "claim") == 1)
    kept = (~claims).sort_values(kind="stable").index[:most].sort_values()
    return frame.iloc[list(kept)], len(frame) - len(kept)
