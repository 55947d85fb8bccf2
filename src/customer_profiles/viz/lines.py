"""Lines: a score by month with what happened, small lines side by side, and curves of shares."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator

from . import layout, palette
from .speech import current

ROUND = [1, 2, 2.5, 5, 10]  # steps of ticks
WIDEST_EVENT = 0.45  # of the figure, of a line of an event's name
DASHES = (0, (3, 3))


def trend(frame: pd.DataFrame, ax: Axes, *, x="month", y="nps", events: pd.DataFrame | None = None) -> None:
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
    """
    own = _with_gaps(frame, x, y)
    _line(ax, own, x, y)
    _months(ax, own[x])
    _scale(ax, x, y)
    layout.hide(ax, "x")
    layout.settle(ax, frame)
    if events is not None and len(own):
        _events(ax, events[events["at"].between(own[x].min(), own[x].max())].sort_values(["at", "name"]))


def sparklines(frame: pd.DataFrame, ax: Axes, *, x="month", y="n", hue="theme", shared: bool = True) -> None:
    """A small line per group, all on one scale if it is shared, with its band if known and the last value at its end.

    Parameters
    ----------
    frame : DataFrame
        One row per group and month: `x` (timestamps), `y`, `hue`, and if known ``{y}_low``, ``{y}_high``. Missing
        values and months break the line.
    ax : Axes
        Every line rises from the zero of its own row.
    x, y, hue : str
        Columns.
    shared : bool
        Where groups move by very different amounts, a scale of their own keeps the small ones from lying flat.
    """
    groups = layout.levels(frame, hue)
    at = layout.rows(ax, groups, least=1.7)
    _months(ax, pd.to_datetime(frame[x]))
    ends = [f"{y}_low", y, f"{y}_high"]
    last = []
    for group, place in zip(groups, at, strict=True):
        own = _with_gaps(frame[frame[hue] == group], x, y)
        known = np.concatenate([layout.numbers(frame if shared else own, column) for column in ends])
        low, top = np.nanmin([*known, 0.0]), np.nanmax([*known, 0.0])
        tall = (top - low) or 1.0
        ax.hlines(place + 0.8 + low / tall * 1.6, *ax.get_xlim(), color=palette.LINE, lw=1)
        drawn = own.assign(**{column: place + 0.8 - (own[column] - low) / tall * 1.6 for column in ends})
        _told(ax, drawn, x, y, err_kws={"alpha": 0.16, "lw": 0}, lw=2)
        end = own.index[own[y].notna()][-1:]
        ax.scatter(own[x][end], drawn[y][end], 30, palette.OURS, clip_on=False, zorder=3)
        last.append(own[y][end].max())
    layout.values(ax, at, y, np.array(last, dtype=float))
    ax.set(xlabel=x, ylabel=y)
    layout.hide(ax, "x", "y", "bottom")


def spark(frame: pd.DataFrame, ax: Axes, *, x="quarter", y="value") -> None:
    """A line as small as a word, with its last value as a dot and nothing around it.

    Parameters
    ----------
    frame : DataFrame
        One row per period: `x` (timestamps), `y`.
    ax : Axes
    x, y : str
        Columns.
    """
    own = _known(frame.assign(**{x: dates.date2num(frame[x])}), x, y)
    ax.plot(own[x], own[y], color=palette.OURS, lw=2)
    ax.scatter(own[x][-1:], own[y][-1:], 25, palette.OURS, clip_on=False, zorder=3)
    ax.margins(0.05, 0.15)
    ax.set_axis_off()
    layout.set_height(ax, 34)


def lorenz(frame: pd.DataFrame, ax: Axes, *, x="buyers_share", y="spend_share") -> None:
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
    ax.plot([0, 1], [0, 1], color=palette.COMPARISON, lw=1.5, ls=DASHES, label="all the same")
    ax.fill_between(own[x], own[y], own[x], color=palette.OURS, alpha=0.1, lw=0)
    _told(ax, own, x, y, errorbar=None)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel=x, ylabel=y)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    ax.grid()
    ax.legend()
    layout.set_height(ax, min(layout.width_of(ax) * 0.75, 340))


def step_curve(frame: pd.DataFrame, ax: Axes, *, x="after_days", y="share", steps=True) -> None:
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
    _line(ax, own, x, y, steps)
    if not steps:
        ax.scatter(own[x], own[y], 25, palette.OURS, clip_on=False, zorder=3)
    _scale(ax, x, y)
    top = np.nanmax([*own[y], *own[f"{y}_high"], 0.01])
    ax.set(ylim=(0, top * 1.06), xlim=(0, max([*own[x], 1])))
    ax.xaxis.set_major_locator(FixedLocator(sorted({0.0, *own[x]})) if len(own) < 12 else MaxNLocator(6))


def _known(frame: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Rows with both values as floats, in order of `x`."""
    own = pd.DataFrame({column: layout.numbers(frame, column) for column in (x, y, f"{y}_low", f"{y}_high")})
    return own.dropna(subset=[x, y]).sort_values(x, kind="stable", ignore_index=True)


def _with_gaps(frame: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Rows in order of time with floats, and an empty row wherever a period is missing."""
    own = pd.DataFrame({column: layout.numbers(frame, column) for column in (y, f"{y}_low", f"{y}_high")})
    own.insert(0, x, pd.to_datetime(frame[x]).to_numpy())
    own = own.dropna(subset=[x]).sort_values(x, kind="stable", ignore_index=True)
    step = own[x].diff()
    before = own[step > step.median() * 1.6].assign(**dict.fromkeys(own.columns[1:], np.nan))
    before[x] -= pd.Timedelta(days=1)
    return pd.concat([own, before]).sort_values(x, kind="stable", ignore_index=True) if len(before) else own


def _told(ax: Any, own: pd.DataFrame, x: str, y: str, **style) -> None:
    """Line and band by seaborn, which is told the values and intervals of the frame instead of estimating them.

    It asks for them where several rows stand at one place, so each comes twice; what is missing stays a gap.
    """
    import seaborn as sns

    told = own[[y, f"{y}_low", f"{y}_high"]].to_numpy(copy=True)
    told[np.isnan(told[:, 0])] = np.nan
    twice = pd.concat([own, own], ignore_index=True).fillna({y: 0.0})
    look = {"errorbar": lambda rows: told[rows.index[0], 1:], "color": palette.OURS, "legend": False} | style
    if own[y].notna().any():
        sns.lineplot(twice, x=x, y=y, estimator=lambda rows: told[rows.index[0], 0], ax=ax, **look)


def _line(ax: Any, own: pd.DataFrame, x: str, y: str, steps: bool = False) -> None:
    """A line with its band, dots where a value stands alone, and the last value at its end."""
    across, value = own[x], own[y].to_numpy()
    band = {"alpha": 0.16, "lw": 0, "step": "post" if steps else None}
    _told(ax, own, x, y, err_kws=band, drawstyle="steps-post" if steps else "default")
    known = np.r_[False, ~np.isnan(value), False]
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    ax.scatter(across[alone], value[alone], 25, palette.OURS)
    for at in own.index[known[1:-1]][-1:]:
        ax.scatter([across[at]], [value[at]], 45, palette.OURS, clip_on=False, zorder=3)
        style = {"weight": "bold", "color": palette.OURS}
        layout.note(ax, current().value(y, value[at]), (across[at], value[at]), (9, 0), **style)


def _scale(ax: Any, x: str, y: str) -> None:
    """Hairlines at a few round values."""
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=ROUND))
    ax.grid(axis="y")
    ax.margins(y=0.06)
    ax.set(xlabel=x, ylabel=y)
    layout.set_height(ax, min(max(layout.width_of(ax) * 0.34, 170), 230))


def _months(ax: Any, days: pd.Series) -> None:
    """Months across, as far as the data reach, each named once."""
    locator = dates.AutoDateLocator(minticks=2, maxticks=6)
    ax.xaxis.set(major_locator=locator, major_formatter=dates.AutoDateFormatter(locator))
    if len(known := days.dropna()):
        room = max((known.max() - known.min()) * 0.01, pd.Timedelta(days=2))
        ax.set_xlim(known.min() - room, known.max() + room)
        ticks = pd.Series(dates.num2date(locator.tick_values(known.min(), known.max())))
        if (again := ticks.dt.strftime("%Y-%m").duplicated()).any():
            ax.xaxis.set_major_locator(FixedLocator(dates.date2num(ticks[~again])))


def _events(ax: Any, events: pd.DataFrame) -> None:
    """Dashed marks with their names above the plot, each in the nearest lane where it covers nothing."""
    at, plot, scale = dates.date2num(events["at"]), ax.get_window_extent(), 72 / ax.figure.dpi
    words = [layout.wrap(current().label(name), layout.width_of(ax) * WIDEST_EVENT, most=2) for name in events["name"]]
    left, right = -plot.x0 * scale, layout.width_of(ax) - plot.x0 * scale
    placed: list[tuple[float, float, float, int]] = []
    for day, text in zip(at, words, strict=True):
        mark = (ax.transData.transform((day, 0))[0] - plot.x0) * scale
        placed.append(_free(mark, layout.measure(text), placed, left, right))
    lowest = min((lane for *_, lane in placed), default=0)
    pitch = max((text.count("\n") + 1.1 for text in words), default=1) * layout.LINE * layout.text_size()
    for day, text, (mark, start, end, lane) in zip(at, words, placed, strict=True):
        up = 5 + (lane - lowest) * pitch
        ax.axvline(day, 0, 1 + up / (plot.height * scale), color=palette.EVENT, lw=1.5, ls=DASHES, clip_on=False)
        style = {"xycoords": ax.get_xaxis_transform(), "va": "bottom", "color": palette.EVENT}
        ha, lean = ("left", start - mark) if end > mark else ("right", 0)
        layout.note(ax, text, (day, 1), (lean, up), ha=ha, **style)


def _free(mark: float, wide: float, placed: list, left: float, right: float) -> tuple[float, float, float, int]:
    """Mark, start and end of a name, and the nearest lane where it covers no other name and no mark.

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
