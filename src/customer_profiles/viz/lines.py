"""Lines: a score by month with what happened, small lines side by side, curves with their band."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory, offset_copy

from . import palette
from .layout import LINE, measure, numbers, settle, text_size, width_of, wrap
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
    _last(ax, days, value, y)
    _time(ax, frame, x, y)
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


def _last(ax: Axes, across: pd.Series | np.ndarray, value: np.ndarray, column: str) -> None:
    """A dot and the number at the end of a line."""
    known = np.flatnonzero(~np.isnan(value))
    if not len(known):
        return
    at = (np.asarray(across)[known[-1]], value[known[-1]])
    ax.scatter([at[0]], [at[1]], color=palette.OURS, s=45, zorder=3, clip_on=False)
    style = {"xytext": (9, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
    ax.annotate(current().value(column, at[1]), at, weight="bold", color=palette.OURS, **style)


def _time(ax: Axes, frame: pd.DataFrame, x: str, y: str) -> None:
    """Axes of a line over time: months across, hairlines at a few round values."""
    ax.figure.set_figheight(min(max(width_of(ax) * 0.34, 170), 230) / 72)
    locator = dates.AutoDateLocator(minticks=2, maxticks=6)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.AutoDateFormatter(locator))
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    ax.grid(axis="y")
    ax.margins(x=0.01, y=0.06)
    days = pd.to_datetime(frame[x]).dropna()
    if len(days):
        room = max((days.max() - days.min()) * 0.01, pd.Timedelta(days=2))
        ax.set_xlim(days.min() - room, days.max() + room)
    ax.set(xlabel=x, ylabel=y)
    ax.xaxis.label.set_visible(False)


def _events(ax: Axes, events: pd.DataFrame, days: pd.Series) -> None:
    """Dashed marks with their names above the plot, each in the lowest lane where it covers nothing."""
    speech, low, high = current(), days.min(), days.max()
    known = events[(events["at"] >= low) & (events["at"] <= high)].sort_values(["at", "name"], kind="stable")
    plot, scale = ax.get_window_extent(), 72 / ax.figure.dpi
    words = [wrap(speech.label(name), width_of(ax) * WIDEST_EVENT, most=2) for name in known["name"]]
    tall = LINE * text_size()
    pitch = max((text.count("\n") + 1.1 for text in words), default=1) * tall
    placed: list[tuple[float, float, float, int]] = []  # mark, start and end of the name, lane
    for at, text in zip(dates.date2num(known["at"]), words, strict=True):
        mark = (ax.transData.transform((at, 0))[0] - plot.x0) * scale
        start, end, lane = _free(mark, measure(text), placed, plot.width * scale)
        placed.append((mark, start, end, lane))
        up = 5 + lane * pitch
        ax.axvline(at, 0, 1 + up / (plot.height * scale), color=palette.EVENT, lw=1.5, ls=(0, (3, 3)), clip_on=False)
        place = offset_copy(blended_transform_factory(ax.transData, ax.transAxes), ax.figure, 0, up, units="points")
        ha = "left" if start == mark else "right" if end == mark else "center"
        ax.text(at, 1, text, transform=place, ha=ha, va="bottom", color=palette.EVENT)


def _free(mark: float, wide: float, placed: list, right: float) -> tuple[float, float, int]:
    """The lowest lane and the side of its mark where a name covers no other name and no mark."""
    for lane in range(len(placed) + 1):
        for start in (mark, mark - wide):
            end = start + wide
            inside = start >= -60 and end <= right + 30
            clear = all(
                (other_lane != lane or end + 10 < other_start or other_end + 10 < start)
                and (other_lane <= lane or not start - 4 < other_mark < end + 4 or other_mark == mark)
                and (other_lane >= lane or not other_start - 4 < mark < other_end + 4)
                for other_mark, other_start, other_end, other_lane in placed
            )
            if inside and clear:
                return start, end, lane
    return mark - wide / 2, mark + wide / 2, len(placed)
