"""Bars: shares and values with intervals, two measures beside each other, parts of a whole."""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from . import palette
from .layout import claims, ends, hide, levels, measure, more, numbers, rows, together, values, width_of
from .speech import current

THICK = 0.72  # lines of text, of a single bar
APART = 1.05  # lines, from bar to bar of one row


def bars(frame: pd.DataFrame, ax: Axes, *, x="share", y="value", blocks="attribute", most=10) -> None:
    """Horizontal bars with their intervals and values.

    Parameters
    ----------
    frame : DataFrame
        One row per bar: name `y` and length `x`, and if known ``{x}_low``, ``{x}_high`` and ``claim``: what may be
        chance is neutral. A length that is missing draws nothing.
    ax : Axes
    x, y : str
        Columns.
    blocks : str, optional
        Column whose values head blocks of rows, if the frame has it and several of them.
    most : int
        Bars of a block; the largest stay and a line says how many more there are.
    """
    frame, rest = _largest(together(frame, blocks), x, blocks, most)
    strong = claims(frame)
    _bars(ax, frame, x, rows(ax, frame[y], frame.get(blocks)), np.where(strong, palette.OURS, palette.NEUTRAL), strong)
    _finish(ax, x, y)
    more(ax, rest)


def paired_bars(
    frame: pd.DataFrame, ax: Axes, *, x="share", versus="share_rest", y="value", blocks=None, names=None
) -> None:
    """Two bars per row: our own in colour, what they are compared with in grey below.

    Parameters
    ----------
    frame : DataFrame
        One row per pair: name `y`, lengths `x` (ours) and `versus` (the comparison), in one unit.
    ax : Axes
    x, versus, y : str
        Columns. Without the column `versus` the bars of `x` stand alone.
    blocks : str, optional
        Column whose values head blocks of rows.
    names : pair of str, optional
        What the two are called in the legend, ours first; by default the headings of the columns.
    """
    if versus not in frame:
        return bars(frame, ax, x=x, y=y, blocks=blocks, most=len(frame))
    at = rows(ax, frame[y], frame.get(blocks), least=1.9)
    colours = (palette.OURS, palette.COMPARISON)
    for column, place, colour in zip((x, versus), (at - APART / 2, at + APART / 2), colours, strict=True):
        _bars(ax, frame, column, place, np.full(len(frame), colour), strong=column == x)
    key(ax, dict(zip(names or (x, versus), colours, strict=True)))
    return _finish(ax, x, y)


def stacked_bars(
    frame: pd.DataFrame, ax: Axes, *, x="share", y="metric", hue="value", blocks=None, diverging=False
) -> None:
    """Bars of a whole: the shares of each row of `y` side by side, in the order of the frame.

    Parameters
    ----------
    frame : DataFrame
        One row per part: bar `y`, part `hue`, share `x` of one. Of a bar with one missing part none is drawn: the
        others would give it away. Where several are missing, the known ones are drawn and the rest stays empty.
    ax : Axes
    x, y, hue : str
        Columns.
    blocks : str, optional
        Column whose values head blocks of bars.
    diverging : bool
        Whether parts run from good to bad (promoters, passives, detractors): then the first is good, the last bad
        and what is between neutral, whatever the parts are called in each bar.
    """
    keys = [blocks, y] if blocks in frame and blocks != y else [y]
    groups = [part for _, part in frame.groupby(keys, sort=False, observed=True)]
    named = frame.drop_duplicates(keys).dropna(subset=keys)
    at = rows(ax, named[y], named.get(blocks))
    usual = dict(zip(levels(frame, hue), cycle(palette.CATEGORIES), strict=False))
    legend: dict[str, dict[str, None]] = {}
    for place, group in zip(at, groups, strict=True):
        shares, middle = numbers(group, x), [palette.NEUTRAL] * (len(group) - 2)
        colours = [palette.GOOD, *middle, palette.BAD] if diverging else [usual[part] for part in group[hue]]
        for part, colour in zip(group[hue], colours, strict=False):
            legend.setdefault(colour, {})[current().label(part)] = None
        missing = np.isnan(shares)
        if missing.sum() == 1 or missing.all():
            ax.text(0.01, place, current().value(x, np.nan), color=palette.SOFT, va="center_baseline")
            continue
        shares, colours = shares[~missing], [colour for colour, gone in zip(colours, missing, strict=False) if not gone]
        left = shares.cumsum() - shares
        ax.barh([place] * len(shares), shares, 1.15, left, color=colours, ec=palette.PAPER, lw=1.5)
        for start, share, colour in zip(left, shares, colours, strict=True):
            words = current().value(x, share)
            if measure(words) + 10 < share * width_of(ax) * 0.55:
                style: dict[str, Any] = {"color": palette.text_on(colour), "ha": "center", "va": "center_baseline"}
                ax.text(start + share / 2, place, words, **style)
    key(ax, {" / ".join(same): colour for colour, same in legend.items()})
    _finish(ax, x, y)
    ax.set_xlim(0, 1)


def _bars(ax: Any, frame: pd.DataFrame, x: str, at: np.ndarray, colours: np.ndarray, strong) -> None:
    """Bars with their values; intervals are dark on paper and pale where they lie on the bar."""
    import seaborn as sns

    value, low, high, known, sure = ends(frame, x)
    if known.any():
        thick = THICK / np.diff(at[known]).min(initial=np.inf if known.sum() > 1 else 1.0)  # as a share of the distance
        place: dict[str, Any] = {"orient": "h", "native_scale": True, "width": thick, "ax": ax}
        sns.barplot(x=value[known], y=at[known], color=palette.OURS, saturation=1, **place)
        for bar, colour in zip(ax.containers[-1], colours[known], strict=True):
            bar.set_facecolor(colour)
    if sure.any():
        ax.hlines(at[sure], low[sure], high[sure], color=palette.INK, lw=1.5)
        ax.hlines(at[sure], low[sure], np.clip(value, low, high)[sure], color=palette.PAPER, lw=1.5)
    values(ax, at, x, value, strong)


def _finish(ax: Any, x: str, y: str) -> None:
    """A scale from zero to the longest bar, with a hairline at zero and no numbers: each bar has its own."""
    low, high = ax.dataLim.intervalx if ax.has_data() else (0.0, 1.0)
    ax.set(xlim=(min(low, 0) * 1.04, max(high, 0) * 1.02 or 1.0), xticks=[], xlabel=x, ylabel=y)
    ax.axvline(0, color=palette.LINE, lw=1, zorder=0)
    hide(ax, "x", "y", "bottom")


def key(ax: Any, colours: dict) -> None:
    """A legend of colours."""
    ax.legend(handles=[Patch(color=colour, label=str(name)) for name, colour in colours.items()])


def _largest(frame: pd.DataFrame, x: str, block: str | None, most: int) -> tuple[pd.DataFrame, int]:
    """At most `most` rows of each block, those with the largest values; and how many are left out."""
    sizes = pd.Series(np.abs(numbers(frame, x)))
    blocks = frame[block].astype(object).to_numpy() if block in frame else np.zeros(len(frame))
    keep = sizes.groupby(blocks).rank(ascending=False, method="first", na_option="bottom").to_numpy() <= most
    return frame[keep], int((~keep).sum())
