"""Room for words: measuring, wrapping, rows of names, and a figure cut to what stands around its axes.

Everything is laid out in DejaVu Sans, which is wider than the fonts of pages: what fits here fits there.
Lengths are points; figures have 72 dots per inch, so a point is a pixel of the page.
"""

import re
import textwrap
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import dates, ticker
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.category import StrCategoryFormatter
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

from . import palette
from .speech import current

LINE = 1.3  # of the text size, from one line to the next
WIDE = 0.5  # of the text size, a sign on average, or more
BOLD = 0.85  # of a width, what bold words may take as if they were not
NAMES = 0.4  # of the width, at most, for names beside marks
SPOKEN, NAMED = "spoken", "named"  # gid of an axis whose numbers, or names, are already in the reader's language
GAP = 10  # between names, marks and values


def text_size() -> float:
    """Size of all text in points; emphasis comes from weight and colour."""
    return float(mpl.rcParams["font.size"])


def width_of(ax: Any) -> float:
    """Width of the whole figure in points."""
    return ax.figure.get_figwidth() * 72


def set_height(ax: Any, points: float) -> None:
    """Give the plot a height; `settle` adds what stands around it."""
    ax.figure.set_figheight(points / 72)


def measure(words: str, bold: bool = False) -> float:
    """Width of the widest line of a text in points, at the present text size."""
    return max((_measured(line, bold) for line in words.splitlines()), default=0.0) * text_size() / 100


def wrap(words: str, width: float, most: int = 3) -> str:
    """Break a text into lines about `width` wide; what does not fit in `most` lines ends in "…".

    Words that are longer than a line are hyphenated anywhere. Signs that the font lacks are left out.

    >>> wrap("Winter-Schlafsäcke, gefüttert", 80).splitlines()
    ['Winter-', 'Schlafsäcke,', 'gefüttert']
    """
    known = "".join(sign for sign in " ".join(words.split()) if ord(sign) in _signs())
    lines, signs = known, int(width / (WIDE * text_size())) + 2
    while measure(lines) > width and signs > 2:
        signs -= 1
        broken = re.sub(rf"(\w{{{signs - 1}}})(?=\w{{2}})", r"\1- ", known)
        parts = textwrap.wrap(broken, signs)
        last = [parts[most - 1][: signs - 1].rstrip(" -") + "…"] if len(parts) > most else parts[most - 1 : most]
        lines = "\n".join(parts[: most - 1] + last)
    return lines


def numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    """A column as floats, whatever its type; NaN where it is missing, and all over if there is no such column."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    return frame[column].astype(object).astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def claims(frame: pd.DataFrame) -> np.ndarray:
    """Whether each row is established; all are where nobody says otherwise."""
    return numbers(frame, "claim") == 1 if "claim" in frame else np.ones(len(frame), dtype=bool)


def ends(frame: pd.DataFrame, column: str) -> tuple[np.ndarray, ...]:
    """Values of a column, both ends of their intervals, and where the value and where all three are known."""
    value, low, high = (numbers(frame, name) for name in (column, f"{column}_low", f"{column}_high"))
    return value, low, high, ~np.isnan(value), ~np.isnan(value + low + high)


def levels(frame: pd.DataFrame, column: str) -> list:
    """Values of a column in their order: that of its categories, else of first appearance."""
    known = frame[column].dropna()
    ordered = isinstance(known.dtype, pd.CategoricalDtype)
    return list(known.cat.remove_unused_categories().cat.categories if ordered else known.unique())


def together(frame: pd.DataFrame, block: str | None) -> pd.DataFrame:
    """Rows of a block one below the other, in the order in which blocks first appear."""
    return frame.iloc[np.argsort(pd.factorize(frame[block])[0], kind="stable")] if block in frame else frame


def rows(ax: Any, names: Sequence, blocks: Any = None, *, least=1.0, air=0.65, above=False) -> np.ndarray:
    """Name the rows of a chart on its upright axis, and give the figure the height that they need.

    Parameters
    ----------
    ax : Axes
    names : sequence
        What each row is about; said, wrapped and written flush left.
    blocks : sequence, optional
        Block of each row; where it changes, a heading takes a row of its own, if there are several blocks.
    least, air : float
        Lines of text that a row is tall at least, and between two rows.
    above : bool
        Whether names stand above their rows instead of beside them, for marks that need the whole width.

    Returns
    -------
    ndarray
        Centre of each row on the axis, whose unit is one line of text.
    """
    full = width_of(ax)
    words = [wrap(current().label(name), full if above else full * NAMES) for name in names]
    pad = 0 if above else max(map(measure, words), default=0.0) + GAP
    several = blocks is not None and pd.Series(list(blocks)).nunique() > 1 and list(blocks) != list(names)
    blocks = list(blocks) if several else [None] * len(words)
    centres: list[float] = []
    y, last = 0.0, None
    for text, block, name in zip(words, blocks, names, strict=True):
        y += 0.5 if centres and block != last else 0.0
        if block not in (last, name):  # a row that is called like its block needs no heading
            margin(ax, wrap(current().label(block), full * BOLD), (0, y + 0.5), -pad, weight="bold")
            y += 1 + air
        last = block
        deep = text.count("\n") + 1
        if above:
            margin(ax, text, (0, y + deep / 2))
        tall = deep + least if above else max(deep, least)
        centres.append(y + tall - least / 2 if above else y + tall / 2)
        y += tall + air
    ax.set_yticks(centres, [""] * len(words) if above else words, ha="left", va="center_baseline")
    ax.tick_params(axis="y", pad=pad, labelcolor=palette.INK)
    ax.set_ylim(max(y - air / 2, 1.0), -air / 2)
    ax.yaxis.set_gid(NAMED)
    set_height(ax, max(y, 1.0) * LINE * text_size())
    return np.array(centres)


def margin(ax: Any, words: str, at: tuple[float, float], lean: float = 0.0, **style) -> None:
    """Text at a place across the axes (0 to 1) and a height of the data, some points to the right of it."""
    note(ax, words, at, (lean, 0), xycoords=("axes fraction", "data"), **style)


def note(ax: Any, words: str, at: tuple[Any, float], lean: tuple[float, float], **style) -> Any:
    """Text at a place of the data, some points to the right of it and above."""
    style = {"va": "center_baseline", "textcoords": "offset points", "annotation_clip": False} | style
    return ax.annotate(words, at, lean, **style)


def values(ax: Any, at: Any, column: str, known: np.ndarray, strong: np.ndarray | bool = True) -> None:
    """Write a value to the right of each row, flush right; strong ones in bold, others in secondary colour."""
    words = [current().value(column, number) for number in known]
    widest = max((measure(text, True) for text in words), default=0.0)
    for y, text, heavy in zip(at, words, strong & ~np.isnan(known), strict=True):
        style: dict[str, Any] = {"weight": "bold"} if heavy else {"color": palette.SOFT}
        margin(ax, text, (1, y), GAP + widest, ha="right", **style)


def more(ax: Any, rest: int) -> None:
    """Say below the last row how many rows a chart leaves to the table, if any."""
    if rest:
        words = f"+ {current().value('n', rest)} {current().label('more in the table')}"
        bottom, top = ax.get_ylim()
        margin(ax, words, (0, bottom + 0.6), -ax.yaxis.get_tick_params()["pad"], color=palette.SOFT)
        ax.set_ylim(bottom + 1.2, top)
        set_height(ax, ax.figure.get_figheight() * 72 + 1.2 * LINE * text_size())


def hide(ax: Any, *parts: str) -> None:
    """Leave out the labels of the axes ``x`` and ``y``, or the line at the ``bottom``: the chart says it otherwise."""
    for part in parts:
        (ax.spines.bottom if part == "bottom" else getattr(ax, f"{part}axis").label).set_visible(False)


def settle(ax: Any, frame: pd.DataFrame) -> None:
    """Say what is written around the axes in the reader's language, and cut the figure to it.

    The width of the figure and the height of the plot stay; whoever places words by what is already drawn calls this
    first. It may be called again.
    """
    columns = set(map(str, frame.columns))
    for axis in (ax.yaxis, ax.xaxis):
        if axis.get_gid() not in (SPOKEN, NAMED):
            _speak(ax, axis, columns)
    if len(ax.figure.axes) > 1 or not hasattr(ax.figure.canvas, "get_renderer"):
        return
    if ax.get_legend():
        _legend(ax, columns)
    room: tuple[float, ...] = ()
    for turn in range(3):  # how wide the words around are decides where ticks stand, and those what is written
        before, room = room, _fit(ax)
        thinned = turn < 2 and _thin(ax)
        if room == before and not thinned:
            break
    for axis in (ax.xaxis, ax.yaxis):  # how many ticks there are depends on settings that hold only now
        axis.set_major_locator(ticker.FixedLocator(axis.get_majorticklocs()))


def _speak(ax: Any, axis: Any, columns: set[str]) -> None:
    """Label and ticks of an axis in the reader's language."""
    speech, column, across = current(), axis.get_label_text(), axis is ax.xaxis
    formatter, fixed = axis.get_major_formatter(), isinstance(axis.get_major_locator(), ticker.FixedLocator)
    written = fixed and isinstance(formatter, ticker.FuncFormatter | ticker.FixedFormatter)
    axis.set_gid(SPOKEN)
    if written or isinstance(formatter, StrCategoryFormatter):
        places = axis.get_majorticklocs()
        words = [speech.label(text) for text in formatter.format_ticks(places)]
        if across:
            beside = 0.85 if ax.yaxis.get_gid() != NAMED and len(ax.figure.axes) == 1 else 0.45
            name_columns(ax, places, words, width_of(ax) * beside / max(len(places), 1))
        else:
            words = [wrap(text, width_of(ax) * NAMES, 4) for text in words]
            axis.set_ticks(places, words, ha="left", color=palette.INK)
            axis.set_tick_params(pad=max(map(measure, words), default=0.0) + GAP)
        axis.set_gid(NAMED)
        if column in columns:  # names speak for themselves
            axis.set_label_text("")
    elif column in columns:
        read = dates.num2date if isinstance(formatter, dates.AutoDateFormatter | dates.ConciseDateFormatter) else float
        axis.set_major_formatter(ticker.FuncFormatter(lambda at, _: speech.value(column, read(at))))
        axis.set_minor_formatter(ticker.NullFormatter())
        axis.set_label_text(wrap(speech.heading(column), width_of(ax) * 0.8))
    if across:
        axis.label.set(ha="right", x=1)
    elif axis.label.get_visible() and axis.get_label_text():  # level words above the axis instead of turned ones
        axis.label.set(visible=False, gid=SPOKEN)


def name_columns(ax: Any, places: Any, words: Sequence[str], room: float, **style) -> None:
    """Names on the level axis: upright where no word must be broken in a `room` that wide, else turned."""
    turned = any(measure(part) > room for text in words for part in text.split())
    deep = (2 if room > 2.6 * text_size() else 1) if turned else 4
    said = [wrap(text, 18 / deep * text_size() if turned else room, deep) for text in words]
    align = {"rotation": 90 if turned else 0, "multialignment": "left" if turned else "center"}
    ax.set_xticks(places, said, ha="center", **align | style)
    ax.xaxis.set_gid(NAMED)


def _legend(ax: Any, columns: set[str]) -> None:
    """The legend in the reader's language on top of the figure, as wide as that allows."""
    legend, full = ax.get_legend(), width_of(ax)
    title, *words = (
        wrap(current().heading(text) if text in columns else current().label(text), full * 0.9)
        for text in (part.get_text() for part in (legend.get_title(), *legend.get_texts()))
    )
    each = max(map(measure, words), default=0.0) + 3.2 * text_size()
    count = int(min(max(full // each, 1), len(words) or 1))
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, 1), "borderaxespad": 0, "alignment": "left"}
    made = ax.figure.legend(legend.legend_handles, words, title=title or None, ncols=count, **place)
    made.get_title().set_color(palette.SOFT)
    legend.remove()


def _fit(ax: Any) -> tuple[float, ...]:
    """Give the axes the width that names leave, and the figure the height that the plot and its words need.

    Returns what stands on each side of the plot: found once more, another fit would change nothing.
    """
    figure, renderer = ax.figure, _ruler(ax.figure.dpi)
    scale = figure.dpi / 72
    wide, tall = figure.get_size_inches() * figure.dpi
    plot = ax.get_position(original=True).height * tall
    ax.apply_aspect()
    inner, outer = ax.get_window_extent(renderer), ax.get_tightbbox(renderer)
    left, right = max(inner.x0 - outer.x0, 0) + scale, max(outer.x1 - inner.x1, 0) + scale
    below, above = max(inner.y0 - outer.y0, 0) + 2 * scale, max(outer.y1 - inner.y1, 0) + 2 * scale
    legend = sum(part.get_window_extent(renderer).height + GAP * scale for part in figure.legends)
    label = ax.yaxis.label
    title = (label.get_text().count("\n") + 1) * LINE * text_size() * scale if label.get_gid() == SPOKEN else 0
    ascent = 3 * scale if legend or title else 0  # fonts of pages may stand taller
    height = plot + below + above + legend + title + ascent
    for part in figure.legends:
        part.set_bbox_to_anchor((0, 1 - ascent / height), figure.transFigure)
    figure.set_figheight(height / figure.dpi)
    ax.set_position((left / wide, below / height, max(wide - left - right, 20) / wide, plot / height))
    if title:
        style: dict[str, Any] = {"ha": "left", "va": "top", "size": text_size(), "color": palette.SOFT}
        figure.suptitle(label.get_text(), x=scale / wide, y=1 - (legend + ascent) / height, **style)
    return tuple(round(side, 6) for side in (left, right, below, above, legend, title, plot))


def _thin(ax: Any) -> bool:
    """Leave out labels of ticks that would touch their neighbours; names of groups stay. Whether any was left out."""
    renderer, (low, high) = _ruler(ax.figure.dpi), sorted(ax.get_xlim())
    thinned = False
    places = [place for place in ax.get_xticks() if low <= place <= high]
    for step in range(2, len(places) + 2 if ax.xaxis.get_gid() != NAMED else 0):
        shown = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        boxes = [label.get_window_extent(renderer) for at, label in shown if low <= at <= high and label.get_text()]
        if all(one.x1 + 5 <= other.x0 for one, other in pairwise(boxes)):
            break
        formatter = ax.xaxis.get_major_formatter()
        ax.set_xticks(places[::step])
        ax.xaxis.set_major_formatter(formatter)
        thinned = True
    return thinned


@cache
def _ruler(dpi: float) -> RendererAgg:
    """One renderer for all figures to be measured with: it knows the words again that it has measured before."""
    return RendererAgg(1, 1, dpi)


@cache
def _measured(words: str, bold: bool) -> float:
    return text_to_path.get_text_width_height_descent(words, _font(bold), False)[0]


@cache
def _font(bold: bool) -> FontProperties:
    return FontProperties(family="DejaVu Sans", size=100, weight="bold" if bold else "normal")


@cache
def _signs() -> frozenset[int]:
    return frozenset(get_font(findfont(_font(False))).get_charmap())
