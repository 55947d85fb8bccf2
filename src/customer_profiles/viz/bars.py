"""Bars: shares and values with intervals, two measures beside each other, parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from . import palette
from .layout import beside, levels, measure, more, numbers, rows
from .speech import current

THICK = 0.72  # lines of text, of a single bar


def bars(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "share",
    y: str = "value",
    hue: str | None = None,
    blocks: str | None = "attribute",
    most: int = 10,
) -> None:
    """Horizontal bars with their intervals and values.

    Parameters
    ----------
    frame : DataFrame
        One row per bar: name `y` and length `x`, and if known ``{x}_low``, ``{x}_high`` and ``claim``: what may be
        chance is neutral. A length that is missing draws nothing.
    ax : Axes
    x, y : str
        Columns.
    hue : str, optional
        Column with groups that stand beside each other in every row of `y`.
    blocks : str, optional
        Column whose values head blocks of rows, if the frame has it and several of them.
    most : int
        Bars of a block; the largest stay and a line says how many more there are.
    """
    frame, rest = _largest(frame, x, blocks if hue is None else hue, most)
    if hue is None:
        at = rows(ax, list(frame[y]), _column(frame, blocks, y))
        strong = _claims(frame)
        colours = np.where(strong, palette.OURS, palette.NEUTRAL)
        _bars(ax, frame, x, at, list(colours), THICK)
        beside(ax, at, [current().value(x, v) for v in numbers(frame, x)], strong=strong & ~np.isnan(numbers(frame, x)))
    else:
        names, groups = levels(frame, y), levels(frame, hue)
        at = rows(ax, names, least=len(groups) * 1.05)
        for i, (group, colour) in enumerate(zip(groups, _cycle(len(groups)), strict=True)):
            own = frame[frame[hue] == group].drop_duplicates(y).set_index(y).reindex(names).reset_index()
            places = at + (i - (len(groups) - 1) / 2) * 1.05
            _bars(ax, own, x, places, [colour] * len(own), THICK)
            beside(ax, places, [current().value(x, v) for v in numbers(own, x)], strong=False)
        _key(ax, dict(zip(groups, _cycle(len(groups)), strict=True)), hue)
    _finish(ax, frame, [x], x, y)
    more(ax, rest)


def paired_bars(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "share",
    versus: str = "share_rest",
    y: str = "value",
    blocks: str | None = None,
    names: tuple[str, str] | None = None,
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
        bars(frame, ax, x=x, y=y, blocks=blocks, most=len(frame))
        return
    at = rows(ax, list(frame[y]), _column(frame, blocks, y), least=1.9)
    for column, lean, colour in ((x, -0.5, palette.OURS), (versus, 0.5, palette.COMPARISON)):
        _bars(ax, frame, column, at + lean, [colour] * len(frame), THICK)
        beside(ax, at + lean, [current().value(column, v) for v in numbers(frame, column)], strong=column == x)
    _key(ax, dict(zip(names or (x, versus), (palette.OURS, palette.COMPARISON), strict=True)))
    _finish(ax, frame, [x, versus], x, y)


def stacked_bars(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "share",
    y: str = "metric",
    hue: str = "value",
    blocks: str | None = None,
    diverging: bool = False,
) -> None:
    """Bars of a whole: the shares of each row of `y` side by side, in the order of the frame.

    Parameters
    ----------
    frame : DataFrame
        One row per part: bar `y`, part `hue`, share `x` of one. A bar with a missing part is not drawn: the others
        would give it away.
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
    at = rows(ax, [g[y].iloc[0] for g in groups], [g[keys[0]].iloc[0] for g in groups] if len(keys) > 1 else None)
    parts = levels(frame, hue)
    colours = dict(zip(parts, _cycle(len(parts)), strict=True))
    legend: dict[str, list] = {}
    for place, group in zip(at, groups, strict=True):
        shares = numbers(group, x)
        scale = _from_good_to_bad(len(group)) if diverging else [colours.get(part) for part in group[hue]]
        for part, colour in zip(group[hue], scale, strict=True):
            legend.setdefault(colour, []).append(part)
        if np.isnan(shares).any():
            ax.text(0.01, place, current().value(x, np.nan), color=palette.SOFT, va="center_baseline")
            continue
        left = np.concatenate([[0.0], shares.cumsum()[:-1]])
        ax.barh(np.full(len(group), place), shares, left=left, height=1.15, color=scale, ec=palette.PAPER, lw=1.5)
        for start, share, colour in zip(left, shares, scale, strict=True):
            words = current().value(x, share)
            if measure(words) + 10 < share * ax.figure.get_figwidth() * 72 * 0.55:
                centre = start + share / 2
                ax.text(centre, place, words, color=palette.text_on(colour), ha="center", va="center_baseline")
    said = {" / ".join(dict.fromkeys(current().label(p) for p in same)): colour for colour, same in legend.items()}
    _key(ax, said)
    _finish(ax, frame, [], x, y)
    ax.set_xlim(0, 1)


def _bars(ax: Axes, frame: pd.DataFrame, x: str, at: Sequence[float], colours: list[str], thick: float) -> None:
    """One bar per known length, with its interval: dark on paper, pale where it lies on the bar."""
    value, low, high = (numbers(frame, column) for column in (x, f"{x}_low", f"{x}_high"))
    known, certain = ~np.isnan(value), ~np.isnan(value) & ~np.isnan(low) & ~np.isnan(high)
    at = np.asarray(at, dtype=float)
    ax.barh(at[known], value[known], height=thick, color=[c for c, k in zip(colours, known, strict=True) if k])
    if certain.any():
        ax.hlines(at[certain], low[certain], high[certain], color=palette.INK, lw=1.5)
        ax.hlines(at[certain], low[certain], np.minimum(value, high)[certain], color=palette.PAPER, lw=1.5)


def _finish(ax: Axes, frame: pd.DataFrame, columns: list[str], x: str, y: str) -> None:
    """A scale from zero to the longest bar, with a hairline at zero and no numbers: each bar has its own."""
    ends = [numbers(frame, c) for column in columns for c in (column, f"{column}_low", f"{column}_high")]
    ends = np.concatenate([*ends, [0.0]])
    low, high = np.nanmin(ends), np.nanmax(ends)
    ax.set_xlim(low * 1.04, high * 1.02 if high > low else 1.0)
    ax.axvline(0, color=palette.LINE, lw=1, zorder=0)
    ax.spines.bottom.set_visible(False)
    ax.set_xticks([])
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.xaxis.label.set_visible(False)
    ax.yaxis.label.set_visible(False)


def _key(ax: Axes, colours: dict, title: str | None = None) -> None:
    """A legend of colours."""
    ax.legend(handles=[Patch(color=colour, label=str(name)) for name, colour in colours.items()], title=title)


def _largest(frame: pd.DataFrame, x: str, block: str | None, most: int) -> tuple[pd.DataFrame, int]:
    """At most `most` rows of each block, those with the largest values; and how many are left out."""
    values = pd.Series(np.abs(numbers(frame, x)), index=frame.index)
    blocks = frame[block].astype(object) if block in frame else pd.Series(0, index=frame.index)
    ranks = values.groupby(blocks, sort=False).rank(ascending=False, method="first", na_option="bottom")
    keep = (ranks <= most).to_numpy()
    return frame[keep], int((~keep).sum())


def _claims(frame: pd.DataFrame) -> np.ndarray:
    """Whether each row is established; all are where nobody says otherwise."""
    if "claim" not in frame:
        return np.ones(len(frame), dtype=bool)
    return numbers(frame, "claim") == 1


def _column(frame: pd.DataFrame, column: str | None, other: str) -> list | None:
    return list(frame[column]) if column in frame and column != other else None


def _cycle(count: int) -> list[str]:
    """Colours of so many groups; from the seventh on they begin anew."""
    return [palette.CATEGORIES[i % len(palette.CATEGORIES)] for i in range(count)]


def _from_good_to_bad(count: int) -> list[str]:
    return [palette.GOOD, *[palette.NEUTRAL] * (count - 2), palette.BAD][:count]
