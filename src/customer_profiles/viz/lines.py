"""Lines: a score by month with what happened, small lines side by side, curves with their band."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory, offset_copy

from . import palette
from .layout import LINE, beside, levels, measure, numbers, rows, settle, text_size, width_of, wrap
from .speech import current

WIDEST_EVENT = 0.45  # of the figure, of a line of an event's name


def trend(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "month",
    y: str = "nps",
    events: pd.DataFrame | None = None,
    reference: float | None = None,
) -> None:
    """A line over time with its interval as a band, its last value at its end, and events as marks.

    Parameters
    ----------
    frame : DataFrame
        One row per month (or quarter): `x` (timestamps), `y`, and if known ``{y}_low``, ``{y}_high``. The line breaks
        where a value is missing and where a month is.
    ax : Axes
    x, y : str
        Columns.
    events : DataFrame, optional
        ``at`` (timestamps) and ``name``; those outside the months are left out.
    reference : float, optional
        Value to compare with, a level line.
    """
    own = _with_gaps(frame, x, [y, f"{y}_low", f"{y}_high"])
    value, low, high = (own[column].to_numpy() for column in (y, f"{y}_low", f"{y}_high"))
    days, known = own[x], ~np.isnan(value)
    ax.fill_between(days, low, high, color=palette.OURS, alpha=0.16, lw=0)
    if reference is not None:
        ax.axhline(reference, color=palette.SOFT, lw=1.2)
    ax.plot(days, value, color=palette.OURS)
    alone = known & ~np.r_[False, known[:-1]] & ~np.r_[known[1:], False]
    ax.scatter(days[alone], value[alone], color=palette.OURS, s=25)
    end_label(ax, days, value, y)
    time_axis(ax, frame[x], y)
    settle(ax, frame)
    if events is not None and len(own):
        _events(ax, events, days)


def _with_gaps(frame: pd.DataFrame, x: str, columns: list[str]) -> pd.DataFrame:
    """Rows in order of time with floats in `columns`, and an empty row wherever a period is missing."""
    own = pd.DataFrame({x: pd.to_datetime(frame[x]), **{column: numbers(frame, column) for column in columns}})
    own = own.dropna(subset=[x]).sort_values(x, kind="stable").reset_index(drop=True)
    step = own[x].diff()
    wide = own[step > step.median() * 1.6]
    holes = pd.DataFrame({x: wide[x] - pd.Timedelta(days=1)}).reindex(columns=own.columns)
    both = pd.concat([own, holes.astype(own.dtypes)]) if len(holes) else own
    return both.sort_values(x, kind="stable", ignore_index=True)


def end_label(ax: Axes, across: pd.Series | np.ndarray, value: np.ndarray, column: str) -> None:
    """A dot and the number at the end of a line."""
    known = np.flatnonzero(~np.isnan(value))
    if not len(known):
        return
    at = (np.asarray(across)[known[-1]], value[known[-1]])
    ax.scatter([at[0]], [at[1]], color=palette.OURS, s=45, zorder=3, clip_on=False)
    style = {"xytext": (9, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
    ax.annotate(current().value(column, at[1]), at, weight="bold", color=palette.OURS, **style)


def time_axis(ax: Axes, days: pd.Series, y: str, tall: float = 0.34) -> None:
    """Axes of a line over time: months across, hairlines at a few round values."""
    ax.figure.set_figheight(min(max(width_of(ax) * tall, 170), 230) / 72)
    locator = dates.AutoDateLocator(minticks=2, maxticks=6)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.AutoDateFormatter(locator))
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ax.grid(axis="y")
    ax.margins(x=0.01, y=0.06)
    known = pd.to_datetime(days).dropna()
    if len(known):
        room = max((known.max() - known.min()) * 0.01, pd.Timedelta(days=2))
        ax.set_xlim(known.min() - room, known.max() + room)
    ax.set(xlabel=days.name, ylabel=y)
    ax.xaxis.label.set_visible(False)


def sparklines(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    x: str = "month",
    y: str = "n",
    hue: str = "theme",
    blocks: str | None = None,
) -> None:
    """A small line per group, all on one scale, with the last value at its end.

    Parameters
    ----------
    frame : DataFrame
        One row per group and month: `x` (timestamps), `y`, `hue`. Missing values and months break the line.
    ax : Axes
        Holds the names and the months; every line has axes of its own set into it.
    x, y, hue : str
        Columns.
    blocks : str, optional
        Column whose values head blocks of groups.
    """
    groups = levels(frame, hue)
    of = frame.drop_duplicates(hue).set_index(hue)
    at = rows(ax, groups, [of[blocks][group] for group in groups] if blocks in frame else None, least=1.7)
    time_axis_only(ax, frame, x, y)
    top = np.nanmax([*numbers(frame, y), 0.0]) or 1.0
    bottom, above = ax.get_ylim()
    last = []
    for group, place in zip(groups, at, strict=True):
        own = _with_gaps(frame[frame[hue] == group], x, [y])
        value = own[y].to_numpy()
        known = np.flatnonzero(~np.isnan(value))
        last.append(value[known[-1]] if len(known) else np.nan)
        small = ax.inset_axes((0, (bottom - place - 0.8) / (bottom - above), 1, 1.6 / (bottom - above)))
        small.plot(own[x], value, color=palette.OURS, lw=2, clip_on=False)
        small.scatter(own[x].iloc[known[-1:]], value[known[-1:]], color=palette.OURS, s=30, clip_on=False, zorder=3)
        small.set(xlim=ax.get_xlim(), ylim=(0, top), xticks=[], yticks=[])
    beside(ax, at, [current().value(y, value) for value in last], strong=~np.isnan(last) if last else True)


def time_axis_only(ax: Axes, frame: pd.DataFrame, x: str, y: str) -> None:
    """Months under rows of names, whose height stays."""
    tall, places, labels = ax.figure.get_figheight(), ax.get_yticks(), [t.get_text() for t in ax.get_yticklabels()]
    limits = ax.get_ylim()
    time_axis(ax, frame[x], y)
    ax.set_yticks(places, labels)
    ax.set_ylim(limits)
    ax.grid(False)
    ax.spines.bottom.set_visible(False)
    ax.yaxis.label.set_visible(False)
    ax.figure.set_figheight(tall)


def _events(ax: Axes, events: pd.DataFrame, days: pd.Series) -> None:
    """Dashed marks with their names above the plot, each in the lowest lane where it covers nothing."""
    speech, low, high = current(), days.min(), days.max()
    known = events[(events["at"] >= low) & (events["at"] <= high)].sort_values(["at", "name"], kind="stable")
    plot, scale = ax.get_window_extent(), 72 / ax.figure.dpi
    words = [wrap(speech.label(name), width_of(ax) * WIDEST_EVENT, most=2) for name in known["name"]]
    tall = LINE * text_size()
    pitch = max((text.count("\n") + 1.1 for text in words), default=1) * tall
    left, right = -plot.x0 * scale, width_of(ax) - plot.x0 * scale
    placed: list[tuple[float, float, float, int]] = []  # mark, start and end of the name, lane
    for at, text in zip(dates.date2num(known["at"]), words, strict=True):
        mark = (ax.transData.transform((at, 0))[0] - plot.x0) * scale
        placed.append(_free(mark, measure(text), placed, left, right))
    lowest = min((lane for *_, lane in placed), default=0)
    for at, text, (mark, start, end, lane) in zip(dates.date2num(known["at"]), words, placed, strict=True):
        up = 5 + (lane - lowest) * pitch
        ax.axvline(at, 0, 1 + up / (plot.height * scale), color=palette.EVENT, lw=1.5, ls=(0, (3, 3)), clip_on=False)
        place = offset_copy(blended_transform_factory(ax.transData, ax.transAxes), ax.figure, 0, up, units="points")
        ha = "left" if start == mark else "right" if end == mark else "center"
        ax.text(at, 1, text, transform=place, ha=ha, va="bottom", color=palette.EVENT)


def _free(mark: float, wide: float, placed: list, left: float, right: float) -> tuple[float, float, float, int]:
    """The nearest lane and the side of its mark where a name covers no other name and no mark.

    Names to the left of their mark, later ones above earlier ones, never run into each other; others may have to
    give way below.
    """
    lanes = sorted(range(-len(placed), len(placed) + 1), key=abs)
    for (start, end), lane in product(((mark - wide, mark), (mark, mark + wide)), lanes):
        clear = all(
            (level != lane or end + 10 < begin or finish + 10 < start)
            and (level <= lane or not start - 4 < other < end + 4)
            and (level >= lane or not begin - 4 < mark < finish + 4)
            for other, begin, finish, level in placed
        )
        if start >= left and end <= right and clear:
            return mark, start, end, lane
    start = min(max(mark - wide / 2, left), right - wide)
    return mark, start, start + wide, max((lane for *_, lane in placed), default=-1) + 1
