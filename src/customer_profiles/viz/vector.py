"""Figures as SVG that a strict page takes in: no styles inside, colours by name, the same bytes every time.

matplotlib's own SVG writes styles into every mark, places words by the width they have in its own font, and is three
times as long; its figures draw on any renderer, so this one writes what a page needs.
"""

import re
from collections import Counter
from functools import cache, lru_cache
from html import escape
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox

from . import palette

ANCHORS = {"center": ("middle", 0.5), "right": ("end", 1.0)}
_PLAIN = RendererBase()
LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}


def svg(figure: Figure, *, alt: str = "", prefix: str = "c") -> str:
    """The drawing as one ``<svg>`` element.

    Text stays text in the page's font; every colour of the palette becomes its CSS variable, so that one drawing
    serves light pages, dark pages and paper. No style, script, prolog or outside reference is in it.

    Parameters
    ----------
    figure : Figure
    alt : str
        What the drawing says to those who do not see it.
    prefix : str
        Begins every id, so that several drawings can stand in one page.
    """
    texts: list[Any] = figure.findobj(Text)
    for text in texts:  # a renderer gets lines without their text: this name tells how they are aligned
        text.set_gid(text.get_ha())
    dpi, (wide, tall) = figure.dpi, figure.get_size_inches() * 72
    renderer = _Renderer(wide, tall, prefix)
    figure.set_dpi(72)
    figure.draw(renderer)
    figure.set_dpi(dpi)
    usual = Counter(look["font-size"] for tag, look, *_ in renderer.marks if tag == "text").most_common(1)
    root = {"fill": "var(--ink)"} | ({"font-size": usual[0][0]} if usual else {})
    body = "".join(_run(look, list(run), root) for look, run in groupby(renderer.marks, key=lambda mark: mark[:2]))
    root |= {"font-family": "system-ui, sans-serif", "stroke-linejoin": "round"}
    view = {
        "viewBox": f"0 0 {_short(wide)} {_short(tall)}",
        **({"role": "img", "aria-label": alt} if alt else {"aria-hidden": "true"}),
    }
    return f'<svg xmlns="http://www.w3.org/2000/svg"{_said(view | root)}>{body}</svg>'


def is_foreign(drawing: str) -> bool:
    """Whether a drawing has colours of its own, which stay as they are and need a light ground.

    >>> is_foreign('<path fill="var(--ours)"/>'), is_foreign('<path fill="#ff00ff"/>')
    (False, True)
    """
    return 'fill="#' in drawing or 'stroke="#' in drawing


@lru_cache(4096)
def _extent(words: str, font: FontProperties) -> tuple[float, float, float]:
    """Width, height and depth of a line; drawings of a page share most of their words."""
    return _PLAIN.get_text_width_height_descent(words, font, False)


class _Renderer(RendererBase):
    """Collects marks: tag, what it looks like, where it is, and the words in it."""

    def __init__(self, wide: float, tall: float, prefix: str):
        super().__init__()
        self.size, self.prefix = (wide, tall), prefix
        self.marks: list[tuple[str, dict[str, str], dict[str, str], str]] = []
        self.clips: dict[tuple[float, ...], str] = {}
        self.align: str | None = None

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.size

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.align = gid

    def draw_path(self, gc: Any, path: Any, transform, rgbFace=None) -> None:
        look = {"fill": "none"} if rgbFace is None else self._paint(gc, "fill", rgbFace)
        if gc.get_linewidth() > 0 and len(gc.get_rgb()) and gc.get_rgb()[3] > 0:
            look |= self._paint(gc, "stroke", gc.get_rgb()) | {"stroke-width": _short(gc.get_linewidth())}
            start, dashes = gc.get_dashes()
            if dashes is not None:
                look |= {"stroke-dasharray": " ".join(map(_short, dashes)), "stroke-dashoffset": _short(start)}
        if look.get("fill") == "none" and "stroke" not in look:
            return  # the ground of figure and axes
        flipped = transform + Affine2D().scale(1, -1).translate(0, self.size[1])
        corners = path.vertices if path.codes is None else path.vertices[path.codes != Path.CLOSEPOLY]
        if not np.isfinite(corners := flipped.transform(corners)).all(axis=1).any():
            return
        ends = Bbox([np.nanmin(corners, axis=0), np.nanmax(corners, axis=0)])
        look |= self._clipped(gc, ends)
        if path.codes is not None and list(path.codes).count(Path.CURVE4) == 24:  # a circle, as matplotlib draws it
            at = {"cx": (ends.x0 + ends.x1) / 2, "cy": (ends.y0 + ends.y1) / 2, "r": ends.width / 2}
            self.marks.append(("circle", look, {name: _short(value) for name, value in at.items()}, ""))
        elif words := _path(path, flipped):
            self.marks.append(("path", look, {"d": words}, ""))

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None) -> None:
        if ismath:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        look = self._paint(gc, "fill", gc.get_rgb()) | {"font-size": _short(prop.get_size_in_points())}
        if prop.get_weight() in ("bold", "semibold", "heavy", 600, 700):
            look["font-weight"] = "600"
        place: dict[str, Any] = {}
        if angle:
            place["transform"] = f"rotate({_short(-angle)} {_short(x)} {_short(y)})"
        elif anchor := ANCHORS.get(self.align or ""):
            look["text-anchor"] = anchor[0]
            x += anchor[1] * self.get_text_width_height_descent(s, prop, False)[0]
        words = escape(re.sub(r"[\x00-\x1f]", "", s).strip(" "), quote=False)
        self.marks.append(("text", look, {"x": _short(x), "y": _short(y)} | place, words))

    def draw_image(self, gc, x, y, im, transform=None) -> None:
        raise ValueError("A page takes no pictures: draw the cells, for example with seaborn's heatmap.")

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        return _extent(s, prop.copy())  # matplotlib's own properties may change later

    def flipy(self) -> bool:
        return True

    def _paint(self, gc: GraphicsContextBase, what: str, rgba) -> dict[str, str]:
        """A colour by its name, and how much of it."""
        alpha = gc.get_alpha() if gc.get_forced_alpha() else (rgba[3] if len(rgba) > 3 else 1.0)
        if alpha == 0:
            return {what: "none"} if what == "fill" else {}
        colour = to_hex(rgba[:3])
        return {what: _colours().get(colour, colour)} | ({f"{what}-opacity": f"{alpha:.2g}"} if alpha < 1 else {})

    def _clipped(self, gc: GraphicsContextBase, ends: Bbox) -> dict[str, str]:
        """Where a mark is cut off, if it reaches beyond."""
        if (box := gc.get_clip_rectangle()) is None:
            return {}
        area = Bbox.from_bounds(box.x0, self.size[1] - box.y1, box.width, box.height)
        if all(area.padded(1).contains(*corner) for corner in (ends.min, ends.max)):
            return {}
        if area.bounds not in self.clips:
            self.clips[area.bounds] = f"{self.prefix}{len(self.clips)}"
            sides = dict(zip(("x", "y", "width", "height"), map(_short, area.bounds), strict=True))
            self.marks.append(("clipPath", {}, {"id": self.clips[area.bounds]}, f"<rect{_said(sides)}/>"))
        return {"clip-path": f"url(#{self.clips[area.bounds]})"}


def _run(key: tuple[str, dict[str, str]], marks: list[tuple], root: dict[str, str]) -> str:
    """Marks that look the same, one after another; their look is said once."""
    tag, look = key[0], {name: value for name, value in key[1].items() if root.get(name) != value}
    around = _said(look) if len(marks) > 1 else ""
    own = "" if around else _said(look)
    closed = (f">{inner}</{tag}>" if inner else "/>" for *_, inner in marks)
    words = "".join(f"<{tag}{own}{_said(mark[2])}{end}" for mark, end in zip(marks, closed, strict=True))
    return f"<g{around}>{words}</g>" if around else words


def _path(path: Path, transform) -> str:
    """A path with short numbers; lines along an axis have letters of their own, points that say nothing are left out.

    >>> _path(Path([(45, 123.12), (177.857, 123.12), (177.857, 78.32), (0, 0)], [1, 2, 2, 79]), Affine2D())
    'M45 123.1H177.9V78.3Z'
    """
    out, x, y = [], "", ""
    for points, code in path.iter_segments(transform, simplify=False):
        parts = [_short(number) for number in points] if code != Path.CLOSEPOLY else []
        if code == Path.LINETO and parts[1] == y:
            out += [] if parts[0] == x else [f"H{parts[0]}"]
        elif code == Path.LINETO and parts[0] == x:
            out.append(f"V{parts[1]}")
        else:
            out.append(LETTERS[code] + " ".join(parts))
        x, y = parts[-2:] or ("", "")
    return "".join(out)


def _said(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())


def _short(number: float) -> str:
    """A number with one decimal at most.

    >>> _short(12.0), _short(-0.04), _short(3.25)
    ('12', '0', '3.2')
    """
    words = f"{number:.1f}".removesuffix(".0")
    return "0" if words == "-0" else words


@cache
def _colours() -> dict[str, str]:
    """Palette colours as seaborn draws them too, its error bars and annotations, and what nobody gave a colour."""
    from seaborn import desaturate

    palest = palette.variables(lambda colour: to_hex(desaturate(colour, 0.75)))
    return palest | dict.fromkeys(("#424242", "#262626", "#000000"), "var(--ink)")
