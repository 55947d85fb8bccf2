"""Curves from nothing to a share: concentration, and what has happened some time after a beginning."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator

from . import palette
from .layout import numbers, width_of
from .lines import end_label


def lorenz(frame: pd.DataFrame, ax: Axes, *, x: str = "buyers_share", y: str = "spend_share") -> None:
    """Lorenz curve: the farther it hangs below the diagonal, the fewer account for the whole.

    Parameters
    ----------
    frame : DataFrame
        Shares `x` of buyers from the smallest on, and their share `y` of the whole, both from 0 to 1.
    ax : Axes
    x, y : str
        Columns.
    """
    own = _known(frame, x, y)
    ax.plot([0, 1], [0, 1], color=palette.COMPARISON, lw=1.5, ls=(0, (4, 3)), label="all the same")
    ax.plot(own[x], own[y], color=palette.OURS)
    ax.fill_between(own[x], own[y], own[x], color=palette.OURS, alpha=0.1, lw=0)
    ax.legend()
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel=x, ylabel=y)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    ax.grid()
    ax.figure.set_figheight(min(width_of(ax) * 0.75, 340) / 72)


def step_curve(frame: pd.DataFrame, ax: Axes, *, x: str = "after_days", y: str = "share", steps: bool = True) -> None:
    """A share that grows with the time since a beginning (Kaplan–Meier), with its interval as a band.

    Parameters
    ----------
    frame : DataFrame
        One row per step: time `x`, share `y` from then on, and if known ``{y}_low``, ``{y}_high``. Hidden steps are
        skipped.
    ax : Axes
    x, y : str
        Columns.
    steps : bool
        Whether the frame has every step. A curve that was read off at a few days only has dots and straight lines
        between them, because nobody knows when it rose.
    """
    own = _known(frame, x, y)
    jump = "post" if steps else None
    if {f"{y}_low", f"{y}_high"} <= set(own):
        ax.fill_between(own[x], own[f"{y}_low"], own[f"{y}_high"], step=jump, color=palette.OURS, alpha=0.16, lw=0)
    ax.plot(own[x], own[y], color=palette.OURS, ls="-", drawstyle="steps-post" if steps else "default")
    if not steps:
        ax.scatter(own[x], own[y], color=palette.OURS, s=25, clip_on=False, zorder=3)
    end_label(ax, own[x], own[y].to_numpy(), y)
    top = np.nanmax([*own.filter(regex=f"^{y}(_high)?$").to_numpy().ravel(), 0.01])
    ax.set(ylim=(0, top * 1.06), xlim=(0, max([*own[x], 1])), xlabel=x, ylabel=y)
    ax.xaxis.set_major_locator(FixedLocator(sorted({0.0, *own[x]})) if len(own) < 12 else MaxNLocator(6))
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ax.grid(axis="y")
    ax.figure.set_figheight(min(max(width_of(ax) * 0.34, 170), 230) / 72)


def _known(frame: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Rows with both values as floats, in order of `x`."""
    columns = [column for column in (x, y, f"{y}_low", f"{y}_high") if column in frame]
    own = pd.DataFrame({column: numbers(frame, column) for column in columns})
    return own.dropna(subset=[x, y]).sort_values(x, kind="stable", ignore_index=True)
