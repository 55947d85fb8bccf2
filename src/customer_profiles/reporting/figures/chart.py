"""A chart: what it draws, what it is called, and what it says to those who do not see it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from ...messages import Text
from ...privacy.disclosure import Published
from ..language import Language
from .theme import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

    from .sheet import Sheet

SHARPNESS = 2  # image pixels per page pixel
COLOURS = 128  # a chart has few; the palette makes the file less than half the size


@dataclass(frozen=True)
class Chart:
    """One chart of a report.

    Parameters
    ----------
    draw : callable
        Draws on a `Sheet` and returns the height used, in pixels.
    title, caption : Text
        Above the chart: its subject. Below: what to see, n, as of.
    alt : tuple of Text
        Sentences for a screen reader: kind of chart, extremes, what is hidden.
    note : Text, optional
        Explains the dashes of what is hidden, after the caption.
    """

    draw: Callable[[Sheet], float]
    title: Text
    caption: Text
    alt: tuple[Text, ...]
    note: Text | None = None

    def figure(self, language: Language, theme: Theme = LIGHT) -> Figure:
        """The matplotlib figure."""
        from .sheet import Sheet

        sheet = Sheet(theme, language)
        return sheet.finish(self.draw(sheet))

    def png(self, language: Language, theme: Theme = LIGHT) -> bytes:
        """The image file; the same bytes for the same data."""
        return _png(self.figure(language, theme))

    def alt_text(self, language: Language) -> str:
        """The sentences for a screen reader, joined."""
        return " ".join(language.text(text) for text in self.alt)

    def html(self, language: Language) -> Markup:
        """``<figure class="chart">`` with a light and a dark image embedded; paper always gets the light one."""
        figure = self.figure(language, LIGHT)
        width, height = (round(inches * figure.dpi) for inches in figure.get_size_inches())
        return Markup(
            '<figure class="chart"><p class="title"><strong>{title}</strong></p><picture>'
            '<source media="screen and (prefers-color-scheme: dark)" srcset="{dark}">'
            '<img src="{light}" alt="{alt}" width="{width}" height="{height}"></picture>'
            "<figcaption>{caption}</figcaption></figure>"
        ).format(
            title=language.text(self.title),
            dark=_data_uri(self.png(language, DARK)),
            light=_data_uri(_png(figure)),
            alt=self.alt_text(language),
            width=width,
            height=height,
            caption=" ".join(language.text(text) for text in (self.caption, self.note) if text),
        )


def chart(
    draw: Callable[[Sheet], float],
    kind: Text,
    table: Published,
    title: Text,
    caption: Text,
    extremes: tuple[Text, ...] = (),
) -> Chart:
    """Put a chart together: its alt text names kind, subject, extremes and how much is hidden.

    Parameters
    ----------
    draw : callable
    kind : Text
        Kind of chart in words, a sentence.
    table : Published
        What is drawn.
    title, caption : Text
    extremes : tuple of Text
    """
    alt = (kind, Text("{title:label}.", {"title": title}), *extremes)
    if not table.suppressed and len(table.frame):
        return Chart(draw, title, caption, alt)
    values = {"hidden": table.suppressed, "least": table.min_group_size}
    if table.suppressed == len(table.frame):
        nothing = Text("Nothing to show: no group has at least {least:count} customers.", values)
        return Chart(lambda sheet: _say(sheet, nothing), title, caption, (*alt, nothing))
    hidden = Text("{hidden:count} not shown, because fewer than {least:count} customers are concerned.", values)
    note = Text("–: not shown, to protect groups of fewer than {least:count} customers.", values)
    return Chart(draw, title, caption, (*alt, hidden), note)


def drawable(table: Published, x: str) -> Published:
    """The table; all of it hidden where no row has a value to draw, as when every month has too few answers."""
    return replace(table, frame=table.frame.assign(suppressed=True)) if table.frame[x].isna().all() else table


def _say(sheet: Sheet, words: Text) -> float:
    """A sentence in the place of a chart."""
    from .sheet import MARGIN, wrap

    lines = wrap(sheet.language.text(words), sheet.width - 2 * MARGIN)
    return sheet.lines(MARGIN, 14.0, lines, colour=sheet.theme.muted)


def _png(figure: Figure) -> bytes:
    from PIL import Image

    width, height = (round(inches * figure.dpi) * SHARPNESS for inches in figure.get_size_inches())
    figure.set_dpi(figure.dpi * SHARPNESS)
    figure.canvas.draw()
    image = Image.frombuffer("RGBA", figure.canvas.get_width_height(), figure.canvas.buffer_rgba()).convert("RGB")
    figure.set_dpi(figure.dpi / SHARPNESS)
    assert image.size == (width, height)
    file = io.BytesIO()
    _with_palette(image).save(file, "PNG")
    return file.getvalue()


def _with_palette(image: Image) -> Image:
    """The image in its most frequent colours; rarer ones, all from soft edges, become the nearest of them.

    Five times as fast as `Image.quantize`, which made up a third of the cost of a chart, and flat colours stay exact.
    """
    import numpy as np
    from PIL import Image

    counts = sorted(image.getcolors(image.width * image.height), key=lambda of: (-of[0], of[1]))
    colours = np.array([colour for _, colour in counts])
    kept = colours[:COLOURS]
    nearest = np.array([np.square(kept - colour).sum(axis=1).argmin() for colour in colours], np.uint8)
    place = np.array([1 << 16, 1 << 8, 1], np.int32)
    index = np.zeros(1 << 24, np.uint8)
    index[colours @ place] = nearest
    reduced = Image.fromarray(index[np.asarray(image, np.int32) @ place], "P")
    reduced.putpalette(kept.astype(np.uint8).tobytes())
    return reduced


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
