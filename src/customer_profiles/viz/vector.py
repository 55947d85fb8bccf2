"""Figures as SVG that a strict page takes in: no styles inside, colours by name, the same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree

import matplotlib as mpl
import seaborn as sns
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from . import palette
from .layout import measure

NOTHING_SAID = {"Date": None, "Creator": None, "Format": None, "Type": None}
COLOURS = palette.variables(lambda colour: to_hex(sns.desaturate(colour, 0.75))) | {
    "#424242": "var(--ink)",  # seaborn's error bars
    "#262626": "var(--ink)",  # and its annotations
    "#000000": "var(--ink)",  # and what matplotlib draws where nobody names a colour
}
# What every drawing needs not say: defaults of SVG, and what the root says once.
SILENT = {
    ("stroke-linejoin", "miter"),
    ("stroke-linecap", "butt"),
    ("stroke-linecap", "square"),
    ("fill-opacity", "1"),
    ("stroke-opacity", "1"),
    ("font-weight", "400"),
    ("stroke-width", "1"),
}
ANCHORS = {"center": ("middle", 0.5), "right": ("end", 1.0)}


def svg(figure: Figure, *, alt: str = "", prefix: str = "c") -> str:
    """The drawing as one ``<svg>`` element.

    Text stays text in the page's font; every colour of the palette becomes its CSS variable, so that one drawing
    serves light pages, dark pages and paper. No style, script, prolog or outside reference is left in it.

    Parameters
    ----------
    figure : Figure
    alt : str
        What the drawing says to those who do not see it.
    prefix : str
        Begins every id, so that several drawings can stand in one page.
    """
    file = io.BytesIO()
    anchored = _mark_anchors(figure)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "customer-profiles", "svg.id": None}):
        figure.savefig(file, format="svg", metadata=NOTHING_SAID, dpi=72)
    for text, gid in anchored:
        text.set_gid(gid)
    root = ElementTree.fromstring(re.sub(rb' xmlns(:xlink)?="[^"]*"|xlink:', b"", file.getvalue()))
    size = figure.get_size_inches() * 72
    names: dict[str, str] = {}
    body = "".join(_written(child, names, prefix, figure) for child in root)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_short(size[0])} {_short(size[1])}" role="img"'
        f' aria-label="{escape(alt)}" font-family="system-ui, sans-serif" stroke-linejoin="round">{body}</svg>'
    )


def is_foreign(drawing: str) -> bool:
    """Whether a drawing has colours of its own, which stay as they are and need a light ground.

    >>> is_foreign('<path fill="var(--ours)"/>'), is_foreign('<path fill="#ff00ff"/>')
    (False, True)
    """
    return bool(re.search(r'(?:fill|stroke)="#|<image', drawing))


def _mark_anchors(figure: Figure) -> list[tuple[Text, str | None]]:
    """Name the alignment of texts with several lines, which matplotlib's SVG forgets; returns their former names.

    It places each line by the width that it has in the font of the layout, so that lines in another font would
    neither be centred nor end together.
    """
    found = []
    for text in figure.findobj(Text):
        if "\n" in text.get_text() and text.get_ha() in ANCHORS and text.get_rotation() == 0:
            found.append((text, text.get_gid()))
            text.set_gid(f"anchor-{text.get_ha()}-{text.get_weight()}-{text.get_size()}")
    return found


def _written(element: ElementTree.Element, names: dict[str, str], prefix: str, figure: Figure, anchor: str = "") -> str:
    """An element and its children, with nothing said that needs not be."""
    if element.tag in ("style", "metadata"):
        return ""
    gid = element.get("id", "")
    attributes = dict(_attributes(element, names, prefix))
    if element.tag == "g":
        anchor = gid if gid.startswith("anchor-") else anchor
        attributes.pop("id", None)
    elif element.tag == "text" and anchor and "transform" in attributes:
        _, align, weight, size = anchor.split("-")
        word, part = ANCHORS[align]
        x, y = map(float, re.findall(r"-?[\d.]+", attributes.pop("transform")))
        with mpl.rc_context({"font.size": float(size)}):
            x += part * measure(element.text or "", weight in ("bold", "700"))
        attributes |= {"x": _short(x), "y": _short(y), "text-anchor": word}
    if attributes.get("fill") == "none" and attributes.get("stroke", "none") == "none" and element.tag != "g":
        return ""  # what is invisible, such as the ground of figure and axes
    inner = (
        "".join(_written(child, names, prefix, figure, anchor) for child in element)
        + escape(element.text or "").strip()
    )
    if not inner and (element.tag in ("g", "defs", "text")):
        return ""
    if element.tag == "g" and not attributes:
        return inner
    said = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{element.tag}{said}>{inner}</{element.tag}>" if inner else f"<{element.tag}{said}/>"


def _attributes(element: ElementTree.Element, names: dict[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    """Attributes with the style among them, numbers short, ids numbered and colours by name."""
    declared = [part.partition(":")[::2] for part in element.get("style", "").split(";") if part.strip()]
    pairs = [*element.items(), *((name.strip(), value.strip()) for name, value in declared)]
    for name, value in pairs:
        if name in ("style", "font-family", "clip-rule") or (name, value) in SILENT:
            continue
        if name == "id" or ("#" in value and name in ("href", "clip-path")):
            if name == "id" and element.tag == "g":
                continue
            key = re.sub(r"^url\(#|^#|\)$", "", value)
            number = names.setdefault(key, f"{prefix}{len(names)}")
            yield name, {"id": number, "href": f"#{number}"}.get(name, f"url(#{number})")
        elif name == "d":
            yield name, _path(value)
        elif name == "transform" and element.tag == "text":
            turned = re.fullmatch(r"rotate\(-?0(\.0+)? .*\)", value)
            if not turned:
                yield name, _rounded(value)
        elif name in ("fill", "stroke"):
            yield name, COLOURS.get(value, value)
        elif name == "font-size":
            yield name, _short(float(value.removesuffix("px")))
        else:
            yield name, _rounded(value)


def _path(value: str) -> str:
    """A path with short numbers; straight lines along an axis have letters of their own.

    >>> _path("M 45 123.12 L 177.857143 123.12 L 177.857143 78.32 z")
    'M45 123.1H177.9V78.3z'
    """
    out, x, y = [], "", ""
    for letter, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", value):
        parts = [_short(float(number)) for number in rest.split()]
        if letter == "L" and parts[1] == y:
            out += [] if parts[0] == x else [f"H{parts[0]}"]
        elif letter == "L" and parts[0] == x:
            out.append(f"V{parts[1]}")
        else:
            out.append(letter + " ".join(parts))
        if parts:
            x, y = parts[-2:]
    return "".join(out)


def _rounded(value: str) -> str:
    return re.sub(r"-?\d+\.\d+", lambda number: _short(float(number[0])), value)


def _short(number: float) -> str:
    """A number with one decimal at most.

    >>> _short(12.0), _short(-0.04), _short(3.25)
    ('12', '0', '3.2')
    """
    words = f"{number:.1f}".removesuffix(".0")
    return "0" if words == "-0" else words
