"""A sheet to draw a chart on, in the pixels of the page it will stand on.

Charts are laid out like a page: labels are measured and wrapped, every mark is placed in pixels, and the sheet
becomes as tall as its content. So nothing overlaps, whatever the language and however long a name is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon, Rectangle

from ..language import Language
from .theme import Theme, fonts

WIDTH = 560  # px; shown at 343 px on a phone, where SIZE becomes 11 px
SIZE = 18  # px, of all text: emphasis comes from weight and colour
LINE = 22  # px from one line of text to the next
DPI = 100  # one pixel of the page is one pixel of the figure
MARGIN = 2


@dataclass(frozen=True)
class Scale:
    """From data to pixels, linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Pixel of a value; values outside end at the edge."""
        low, high, value = (math.log(max(v, 1e-12)) if self.log else v for v in (self.low, self.high, value))
        position = (value - low) / (high - low) if high > low else 0.5
        return self.start + (self.end - self.start) * min(max(position, 0.0), 1.0)

    def ticks(self, count: int = 4) -> list[float]:
        """At most `count` + 1 round values within the scale."""
        if self.log:
            steps = [m * 10.0**e for e in range(-3, 7) for m in (1, 2, 5)]
            inside = [round(s, 6) for s in steps if self.low <= s <= self.high]
            tens = [s for s in inside if math.log10(s).is_integer()]
            return inside if len(inside) <= count + 1 else tens
        from matplotlib.ticker import MaxNLocator

        values = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-9
        return [float(round(v, 10)) for v in values if self.low - slack <= v <= self.high + slack]


class Sheet:
    """A figure whose coordinates are pixels, y downwards.

    Parameters
    ----------
    theme : Theme
    language : Language
    width : int
        Pixels.
    """

    def __init__(self, theme: Theme, language: Language, width: int = WIDTH):
        self.theme = theme
        self.language = language
        self.width = width
        self.figure = Figure(figsize=(width / DPI, 1), dpi=DPI, facecolor=theme.surface)
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, width)

    def finish(self, height: float) -> Figure:
        """Cut the sheet to its height in pixels."""
        height = math.ceil(height)
        self.figure.set_size_inches(self.width / DPI, height / DPI)
        self.axes.set_ylim(height, 0)
        return self.figure

    def text(self, x, y, words, *, colour=None, bold=False, align="left", rotation=0.0, valign="center", gid=None):
        """One line of text, by default centred on y."""
        self.axes.text(
            *(x, y, printable(words)),
            color=colour or self.theme.ink,
            fontproperties=_font(bold),
            ha=align,
            va="center_baseline" if valign == "center" else valign,
            rotation=rotation,
            rotation_mode="anchor",
            parse_math=False,
            gid=gid,
        )

    def lines(self, x, y, lines, **style):
        """Lines of text, the first centred on y; returns the y below the last."""
        for i, line in enumerate(lines):
            self.text(x, y + i * LINE, line, **style)
        return y + len(lines) * LINE

    def bar(self, x0, x1, y, thickness, colour, gid=None):
        """A horizontal bar centred on y."""
        self.box(x0, y - thickness / 2, x1 - x0, thickness, colour, gid)

    def box(self, x, y, width, height, colour, gid=None):
        """A filled rectangle from its upper left corner."""
        self.axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="none", gid=gid))

    def line(self, xs, ys, colour, width=1.5, dashed=False, gid=None):
        """A line through points; width in pixels."""
        style = (0, (4, 3)) if dashed else "-"
        points = width * 72 / DPI
        self.axes.add_line(
            Line2D(xs, ys, color=colour, linewidth=points, linestyle=style, solid_capstyle="butt", gid=gid)
        )

    def dot(self, x, y, radius, colour, hollow=False, gid=None):
        """A filled or hollow circle."""
        face = self.theme.surface if hollow else colour
        self.axes.add_patch(Circle((x, y), radius, facecolor=face, edgecolor=colour, linewidth=1.4, zorder=3, gid=gid))

    def area(self, points, colour):
        """A filled polygon."""
        self.axes.add_patch(Polygon(points, closed=True, facecolor=colour, edgecolor="none"))

    def key(self, y: float, entries: Sequence[tuple[str, str, str]]) -> float:
        """Explain marks in running text; entries are (``bar``, ``tick``, ``dot`` or ``ring``, colour, words).

        Returns the y below.
        """
        x = float(MARGIN)
        for mark, colour, words in entries:
            wide = 22 + measure(words)
            if x > MARGIN and x + wide > self.width:
                x, y = float(MARGIN), y + LINE
            if mark == "tick":
                self.line([x + 7, x + 7], [y - 8, y + 8], colour, 3)
            elif mark in ("dot", "ring"):
                self.dot(x + 7, y, 6, colour, hollow=mark == "ring")
            else:
                self.bar(x, x + 14, y, 14, colour)
            self.text(x + 22, y, words, colour=self.theme.muted)
            x += wide + 18
        return y + LINE + 8


def measure(words: str, bold: bool = False) -> float:
    """Width of a line of text in pixels."""
    return _measured(printable(words), bold)


def wrap(words: str, width: float, most: int = 3, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `width` pixels; what does not fit in `most` lines ends in "…".

    Long compound words are broken, at a hyphen or slash if they have one.
    """
    lines = [""]
    for word in printable(words).split():
        joined = f"{lines[-1]} {word}".strip()
        if measure(joined, bold) <= width:
            lines[-1] = joined
            continue
        *heads, rest = _broken(word, width, bold)
        lines += [*heads, rest]
    lines = [line for line in lines if line]
    if len(lines) > most:
        last = lines[most - 1]
        while last and measure(last + "…", bold) > width:
            last = last[:-1]
        lines = [*lines[: most - 1], last.rstrip() + "…"]
    return lines or [""]


def printable(words: str) -> str:
    """A text without signs that no font has, which would be drawn as boxes and reported on stderr."""
    known = _charmap()
    return "".join(c if ord(c) in known else " " if c.isspace() else "" for c in str(words))


def _broken(word: str, width: float, bold: bool) -> list[str]:
    parts = []
    while measure(word, bold) > width and len(word) > 1:
        fits = len(word)
        while fits > 1 and measure(word[:fits] + "-", bold) > width:
            fits -= 1
        own = max(word.rfind(sign, 0, fits) for sign in "-/")
        parts.append(word[: own + 1] if own > 2 else word[:fits] + "-")
        word = word[own + 1 :] if own > 2 else word[fits:]
    return [*parts, word]


@cache
def _font(bold: bool) -> FontProperties:
    return FontProperties(family=fonts(), size=SIZE * 72 / DPI, weight="bold" if bold else "normal")


@cache
def _renderer():
    canvas = FigureCanvasAgg(Figure(dpi=DPI))
    return canvas.get_renderer()


@cache
def _measured(words: str, bold: bool) -> float:
    return _renderer().get_text_width_height_descent(words, _font(bold), False)[0]


@cache
def _charmap() -> frozenset[int]:
    fonts_used = [get_font(findfont(FontProperties(family=name))) for name in fonts()]
    return frozenset().union(*(font.get_charmap() for font in fonts_used))
