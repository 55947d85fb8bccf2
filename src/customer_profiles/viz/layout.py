"""Room for words: measuring, wrapping, rows of names, and a figure cut to what stands around its axes.

Everything is laid out in DejaVu Sans, which is wider than the fonts of pages: what fits here fits there.
Lengths are points; figures have 72 dots per inch, so a point is a pixel of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import dates, ticker
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path
from matplotlib.transforms import blended_transform_factory, offset_copy

from . import palette
from .speech import current

LINE = 1.3  # of the text size, from one line to the next
NAMES = 0.4  # of the width, at most, for names beside marks
SPOKEN, NAMED = "spoken", "named"  # gid of an axis whose numbers, or names, are already in the reader's language
GAP = 10  # between names, marks and values


def text_size() -> float:
    """Size of all text in points; emphasis comes from weight and colour."""
    return float(mpl.rcParams["font.size"])


def width_of(ax: Axes) -> float:
    """Width of the whole figure in points."""
    return ax.figure.get_figwidth() * 72


def measure(words: str, bold: bool = False) -> float:
    """Width of the widest line of a text in points, at the present text size."""
    return max((_measured(line, bold) for line in words.splitlines()), default=0.0) * text_size() / 100


def wrap(words: str, width: float, most: int = 3) -> str:
    """Break a text into lines no wider than `width`; what does not fit in `most` lines ends in "…".

    Long compound words are broken, at a hyphen or slash if they have one. Signs that the font lacks are left out.

    >>> wrap("Winter-Schlafsäcke", 80).splitlines()
    ['Winter-', 'Schlafsäcke']
    """
    lines = [""]
    for word in "".join(c if ord(c) in _signs() else " " if c.isspace() else "" for c in words).split():
        joined = f"{lines[-1]} {word}".strip()
        if measure(joined) <= width:
            lines[-1] = joined
        else:
            lines += _broken(word, width)
    lines = [line for line in lines if line]
    if len(lines) > most:
        last = lines[most - 1]
        while last and measure(last + "…") > width:
            last = last[:-1]
        lines = [*lines[: most - 1], last.rstrip() + "…"]
    return "\n".join(lines)


def numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    """A column as floats, whatever its type; NaN where it is missing, and all over if there is no such column."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    return frame[column].astype(object).astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def levels(frame: pd.DataFrame, column: str) -> list:
    """Values of a column in their order: that of its categories, else of first appearance."""
    if isinstance(frame[column].dtype, pd.CategoricalDtype):
        there = set(frame[column].dropna())
        return [value for value in frame[column].cat.categories if value in there]
    return list(frame[column].dropna().unique())


def rows(
    ax: Axes,
    names: Sequence,
    blocks: Sequence | None = None,
    *,
    least: float = 1.0,
    air: float = 0.65,
    above: bool = False,
) -> np.ndarray:
    """Name the rows of a chart on its upright axis, and give the figure the height that they need.

    Parameters
    ----------
    ax : Axes
    names : sequence
        What each row is about; said, wrapped and written flush left.
    blocks : sequence, optional
        Block of each row; where it changes, a heading takes a row of its own, if there are several blocks.
    least : float
        Lines of text that a row is tall at least.
    air : float
        Lines between two rows.
    above : bool
        Whether names stand above their rows instead of beside them, for marks that need the whole width.

    Returns
    -------
    ndarray
        Centre of each row on the axis, whose unit is one line of text.
    """
    speech, full = current(), width_of(ax)
    words = [wrap(speech.label(name), full if above else full * NAMES) for name in names]
    widest = max(map(measure, words), default=0.0)
    headed = blocks is not None and pd.Series(blocks).nunique() > 1
    centres, y, last = [], 0.0, None
    for i, text in enumerate(words):
        if headed and blocks[i] != last:
            y += 0.5 if centres else 0.0
            heading = wrap(speech.label(blocks[i]), full)
            lean = 0 if above else -widest - GAP
            _beside(ax, heading, (0, y + 0.5), (lean, 0), weight="bold")
            y, last = y + 1 + air, blocks[i]
        deep = text.count("\n") + 1
        if above:
            _beside(ax, text, (0, y + deep / 2), (0, 0))
            y += deep
        tall = least if above else max(deep, least)
        centres.append(y + tall / 2)
        y += tall + air
    ax.set_yticks(centres, [] if above and not words else [""] * len(words) if above else words)
    ax.tick_params(axis="y", length=0, pad=0 if above else widest + GAP, labelcolor=palette.INK)
    for label in ax.get_yticklabels():
        label.set(ha="left", va="center_baseline")
    ax.set_ylim(max(y - air / 2, 1.0), -air / 2)
    ax.yaxis.set_gid(NAMED)
    ax.figure.set_figheight(max(y, 1.0) * LINE * text_size() / 72)
    return np.array(centres)


def beside(ax: Axes, at: Sequence[float], words: Sequence[str], *, strong: Sequence[bool] | bool = True) -> None:
    """Write a value to the right of each row, flush right; strong ones in bold, others in secondary colour."""
    bold = np.broadcast_to(np.asarray(strong, dtype=bool), len(words))
    widest = max((measure(text, True) for text in words), default=0.0)
    for y, text, heavy in zip(at, words, bold, strict=True):
        style = {"weight": "bold"} if heavy else {"color": palette.SOFT}
        _beside(ax, text, (1, y), (GAP + widest, 0), ha="right", **style)


def more(ax: Axes, rest: int) -> None:
    """Say below the last row how many rows a chart leaves to the table, if any."""
    if rest:
        words = f"+ {current().value('n', rest)} {current().label('more in the table')}"
        bottom, top = ax.get_ylim()
        tall = ax.figure.get_figheight()
        _beside(ax, words, (0, bottom + 0.6), (-ax.yaxis.get_tick_params().get("pad", 0), 0), color=palette.SOFT)
        ax.set_ylim(bottom + 1.2, top)
        ax.figure.set_figheight(tall + 1.2 * LINE * text_size() / 72)


def settle(ax: Axes, frame: pd.DataFrame) -> None:
    """Say what is written around the axes in the reader's language, and cut the figure to it.

    The width of the figure and the height of the plot stay; whoever places words by what is already drawn calls this
    first. It may be called again.
    """
    if len(ax.figure.axes) != 1 or not hasattr(ax.figure.canvas, "get_renderer"):
        return
    for axis in (ax.xaxis, ax.yaxis):
        _speak(ax, axis, frame)
    _legend(ax, frame)
    _fit(ax)
    _thin(ax)
    _crown(ax)
    _fit(ax)


def _speak(ax: Axes, axis: Axis, frame: pd.DataFrame) -> None:
    """Label and ticks of an axis in the reader's language."""
    speech, column, across = current(), axis.get_label_text(), axis is ax.xaxis
    named, formatter = column in set(map(str, frame.columns)), axis.get_major_formatter()
    fixed = isinstance(axis.get_major_locator(), ticker.FixedLocator) and isinstance(
        formatter, (ticker.FuncFormatter, ticker.FixedFormatter)
    )
    if axis.get_gid() in (SPOKEN, NAMED):
        return
    axis.set_gid(SPOKEN)
    if isinstance(formatter, StrCategoryFormatter) or fixed:
        axis.set_gid(NAMED)
        places = axis.get_majorticklocs()
        words = [speech.label(text) for text in formatter.format_ticks(places)]
        room = width_of(ax) * (0.9 / max(len(words), 1) if across else NAMES)
        words = [wrap(text, max(room, 3 * text_size()), most=4 if across else 3) for text in words]
        axis.set_ticks(places, words)
        axis.set_tick_params(labelcolor=palette.INK)
        axis.set_label_text("" if named else column)
        named = False
        if not across:
            widest = max(map(measure, words), default=0.0)
            axis.set_tick_params(pad=widest + GAP)
            for label in axis.get_majorticklabels():
                label.set(ha="left")
    elif named:
        is_date = isinstance(formatter, (dates.AutoDateFormatter, dates.ConciseDateFormatter))
        axis.set_major_formatter(
            ticker.FuncFormatter(lambda at, _: speech.value(column, dates.num2date(at) if is_date else at))
        )
        axis.set_minor_formatter(ticker.NullFormatter())
    if named:
        axis.set_label_text(wrap(speech.heading(column), width_of(ax)))
        if across:
            axis.label.set(ha="right", x=1)


def _legend(ax: Axes, frame: pd.DataFrame) -> None:
    """The legend in the reader's language above the plot, as wide as the figure allows."""
    legend = ax.get_legend()
    if legend is None or legend.get_gid() == SPOKEN:
        return
    speech, title, columns = current(), legend.get_title().get_text(), set(map(str, frame.columns))
    say = lambda words: speech.heading(words) if words in columns else speech.label(words)
    words = [wrap(say(text.get_text()), width_of(ax) * 0.9) for text in legend.get_texts()]
    each = max(map(measure, words), default=0.0) + 3.2 * text_size()
    made = ax.legend(
        legend.legend_handles,
        words,
        title=wrap(say(title), width_of(ax)) if title else None,
        ncols=int(min(max(width_of(ax) // each, 1), len(words) or 1)),
        loc="lower left",
        alignment="left",
    )
    made.get_title().set_color(palette.SOFT)
    made.set_gid(SPOKEN)


def _crown(ax: Axes) -> None:
    """Stack what stands above the plot: words of the chart, the label of an upright axis, the legend."""
    legend, label = ax.get_legend(), ax.yaxis.label
    edge = blended_transform_factory(ax.figure.transFigure, ax.transAxes)
    top = _overhang(ax, without=(legend, label))[3] * 72 / ax.figure.dpi
    if label.get_text() and label.get_visible():
        label.set(rotation=0, ha="left", va="bottom")
        ax.yaxis.set_label_coords(0, 1, offset_copy(edge, ax.figure, 1, top + 8, units="points"))
        top += 4 + (label.get_text().count("\n") + 1) * LINE * text_size()
    if legend is not None:
        legend.set_bbox_to_anchor((0, 1), offset_copy(edge, ax.figure, -0.6 * text_size(), top, units="points"))


def _overhang(ax: Axes, without: Sequence = ()) -> tuple[float, float, float, float]:
    """How far things stand out of the axes, in dots: left, right, below, above; some may be left out of account."""
    renderer = ax.figure.canvas.get_renderer()
    hidden = [artist for artist in without if artist is not None and artist.get_visible()]
    for artist in hidden:
        artist.set_visible(False)
    ax.apply_aspect()
    plot, everything = ax.get_window_extent(renderer), ax.get_tightbbox(renderer)
    for artist in hidden:
        artist.set_visible(True)
    sides = (
        *(plot.x0 - everything.x0, everything.x1 - plot.x1),
        *(plot.y0 - everything.y0, everything.y1 - plot.y1),
    )
    return tuple(max(side, 0.0) for side in sides)


def _fit(ax: Axes) -> None:
    """Give the axes the width that names leave, and the figure the height that the plot and its words need."""
    figure, (wide, tall) = ax.figure, ax.figure.get_size_inches() * ax.figure.dpi
    plot = ax.get_position(original=True).height * tall
    # What starts at the edge of the figure says nothing about the room beside the axes.
    left, right, below, _ = _overhang(ax, without=(ax.get_legend(), ax.yaxis.label))
    above = _overhang(ax)[3]
    left, right, below, above = left + 1, right + 1, below + 2, above + 2
    height = plot + below + above
    figure.set_size_inches(wide / figure.dpi, height / figure.dpi)
    ax.set_position((left / wide, below / height, max(wide - left - right, 20) / wide, plot / height))


def _thin(ax: Axes) -> None:
    """Leave out labels of ticks that would touch their neighbours; names of groups are turned instead."""
    renderer, (low, high) = ax.figure.canvas.get_renderer(), sorted(ax.get_xlim())
    places = [place for place in ax.get_xticks() if low <= place <= high]
    for step in range(1, len(places) + 1):
        shown = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        boxes = [label.get_window_extent(renderer) for at, label in shown if low <= at <= high and label.get_text()]
        if all(one.x1 + 5 <= other.x0 for one, other in pairwise(boxes)):
            return
        if _are_names(ax):
            for label in ax.get_xticklabels():
                words = wrap(label.get_text().replace("\n", " "), 12 * text_size(), most=1)
                label.set(rotation=90, text=words, va="top", multialignment="left")
            return
        formatter = ax.xaxis.get_major_formatter()
        ax.set_xticks(places[:: step + 1])
        ax.xaxis.set_major_formatter(formatter)


def _are_names(ax: Axes) -> bool:
    """Whether the ticks of the level axis are names, each of which must stay."""
    return isinstance(ax.xaxis.get_major_formatter(), ticker.FuncFormatter) and ax.xaxis.get_gid() == NAMED


def _beside(ax: Axes, words: str, at: tuple[float, float], lean: tuple[float, float], **style) -> None:
    """Text at a place of the axes across (0 to 1) and of the data upwards, some points off."""
    place = blended_transform_factory(ax.transAxes, ax.transData)
    style = {"va": "center_baseline", "annotation_clip": False} | style
    ax.annotate(words, at, lean, xycoords=place, textcoords="offset points", **style)


def _broken(word: str, width: float) -> list[str]:
    """A word in pieces no wider than `width`."""
    parts = []
    while measure(word) > width and len(word) > 1:
        fits = len(word)
        while fits > 1 and measure(word[:fits] + "-") > width:
            fits -= 1
        own = max(word.rfind(sign, 0, fits) for sign in "-/")
        parts.append(word[: own + 1] if own > 2 else word[:fits] + "-")
        word = word[own + 1 :] if own > 2 else word[fits:]
    return [*parts, word]


@cache
def _measured(words: str, bold: bool) -> float:
    return text_to_path.get_text_width_height_descent(words, _font(100, bold), False)[0]


@cache
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")


@cache
def _signs() -> frozenset[int]:
    return frozenset(get_font(findfont(_font(100, False))).get_charmap())
