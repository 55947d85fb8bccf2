"""Dots with intervals beside a reference line."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from . import palette
from .layout import claims, ends, hide, more, rows, together, values

NONE = {"index": 100.0, "ratio": 1.0, "difference": 0.0, "change": 0.0}  # "no difference" of columns so called
FARTHEST = 8  # times the reference: what reaches beyond tells no more
FAR, NEAR = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8], [1 / 2, 2 / 3, 1, 1.5, 2]  # ticks, times the reference


def no_difference(column: str) -> float | None:
    """Value of a column at which there is no difference, None if it has none.

    >>> no_difference("index"), no_difference("rate_ratio"), no_difference("difference"), no_difference("share")
    (100.0, 1.0, 0.0, None)
    """
    return next((value for name, value in NONE.items() if f"_{column}".endswith(f"_{name}")), None)


def dot_intervals(
    frame: pd.DataFrame, ax: Axes, *, x="index", y="value", reference=None, good=None, blocks=None, most=20
) -> None:
    """A dot with its interval per row, against a line of no difference.

    Parameters
    ----------
    frame : DataFrame
        One row per dot: name `y`, value `x`, and if known ``{x}_low``, ``{x}_high`` and ``claim``: what is
        established is filled, what may be chance is hollow. Beside rows with intervals one without was not tested,
        and says neither: it is grey.
    ax : Axes
    x, y : str
        Columns.
    reference : float, optional
        Where the line stands; by default at "no difference" of an index, a ratio or a difference. The scale is
        logarithmic where it is 1 or 100.
    good : {"above", "below"}, optional
        Side of the reference that is good: established dots take the colours of good and bad. Without it they are
        ours: more of something is neither good nor bad by itself.
    blocks : str, optional
        Column whose values head blocks of rows; rows of a block stand together, where its first one does.
    most : int
        Rows at most, established ones first; a line says how many more there are.
    """
    reference = no_difference(x) if reference is None else reference
    kept = np.sort(np.argsort(~claims(frame), kind="stable")[:most])
    frame, rest = together(frame.iloc[kept], blocks), len(frame) - len(kept)
    at = rows(ax, frame[y], frame.get(blocks))
    (value, low, high, known, sure), strong = ends(frame, x), claims(frame)
    sides = np.where((value >= (reference or 0)) == (good == "above"), palette.GOOD, palette.BAD)
    colours = np.where(strong, sides if good and reference is not None else palette.OURS, palette.NEUTRAL)
    filled = strong | (sure.any() & ~sure)
    if reference is not None:
        ax.axvline(reference, color=palette.SOFT, lw=1.2, zorder=0.5)
    if sure.any():
        ax.hlines(at[sure], low[sure], high[sure], colors=list(colours[sure]), lw=2.5)
    dots(ax, value[known], at[known], colours[known], filled[known], size=70)
    values(ax, at, x, value, strong)
    _scale(ax, np.concatenate([value, low, high]), reference, reference in (1, 100))
    ax.set(xlabel=x, ylabel=y)
    ax.grid(axis="x")
    hide(ax, "y")
    more(ax, rest)


def dots(ax: Any, x: np.ndarray, y: np.ndarray, colours: np.ndarray, strong: np.ndarray, size: float) -> None:
    """Dots that are filled where a difference is established, with a legend that says so where some are not."""
    import seaborn as sns

    faces = np.where(strong, colours, palette.PAPER)
    if len(faces):
        look = {"s": size, "edgecolor": list(colours), "linewidth": 2, "zorder": 3}
        sns.scatterplot(x=x, y=y, hue=faces, palette={face: face for face in faces}, legend=False, ax=ax, **look)
    if not strong.all():
        untold = strong & (colours == palette.NEUTRAL)
        own = [*colours[strong & ~untold], palette.OURS][0]
        said = {"difference established": (own, own), "could be chance": (palette.PAPER, palette.NEUTRAL)}
        said |= {"not tested": (palette.NEUTRAL, palette.NEUTRAL)} if untold.any() else {}
        dot_key(ax, {words: {"mfc": face, "mec": edge, "ms": 8, "mew": 2} for words, (face, edge) in said.items()})


def dot_key(ax: Any, dots: dict[str, dict[str, Any]]) -> None:
    """A legend of dots: what each says and how it looks."""
    ax.legend(handles=[Line2D([], [], marker="o", ls="none", label=words, **look) for words, look in dots.items()])


def _scale(ax: Any, ends: np.ndarray, reference: float | None, log: bool) -> None:
    """Limits that hold every dot, its interval and the reference, with a few round ticks."""
    ends = np.append(ends, np.nan if reference is None else reference)
    ends = ends[np.isfinite(ends) & ((ends > 0) | (not log))]
    if not len(ends):
        return
    if not log:
        ax.set_xlim(ends.min() - (room := np.ptp(ends) * 0.06 or 1.0), ends.max() + room)
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        return
    middle = reference or float(np.exp(np.log(ends).mean()))
    low = max(min(ends.min() / 1.08, middle / 1.5), middle / FARTHEST)
    high = min(max(ends.max() * 1.08, middle * 1.5), middle * FARTHEST)
    ax.set(xscale="log", xlim=(low, high))
    steps = [middle * step for step in (NEAR if high / low < 4.5 else FAR) if low <= middle * step <= high]
    ax.xaxis.set(major_locator=FixedLocator(steps), minor_locator=NullLocator())
