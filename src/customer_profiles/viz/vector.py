"""Figures as SVG that a strict page takes in: no styles inside, colours by name, the same bytes every time."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import NamedTuple
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
REPEATED = ("path", "text", "use", "circle")
CIRCLE = re.compile(r"M0 ([\d.]+)(?:C[^A-Z]*){8}z?")  # how matplotlib draws one, as eight curves
MOVED = re.compile(r"translate\((\S+) (\S+)\)")
PLACE = ("d", "x", "y", "id", "href", "transform")  # differs between marks that look the same
ANCHORS = {"center": ("middle", 0.5), "right": ("end", 1.0)}


class Piece(NamedTuple):
    """An element on its way to text: what it looks like, where it is, and what is in it."""

    tag: str
    look: str
    place: str
    inner: str


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
    names: dict[str, str] = {}
    body = _joined([piece for child in root for piece in _written(child, names, prefix)])
    usual = Counter(re.findall(r' font-size="[^"]*"', body)).most_common(1)
    look = (usual[0][0] if usual else "") + ' font-family="system-ui, sans-serif" stroke-linejoin="round"'
    wide, tall = map(_short, figure.get_size_inches() * 72)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" role="img" aria-label="{escape(alt)}"'
        f' fill="var(--ink)"{look}>{body.replace(usual[0][0], "") if usual else body}</svg>'
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


def _written(element: ElementTree.Element, names: dict[str, str], prefix: str, anchor: str = "") -> Iterator[Piece]:
    """An element with its children as pieces, with nothing said that needs not be."""
    if element.tag in ("style", "metadata"):
        return
    gid, attributes = element.get("id", ""), dict(_attributes(element, names, prefix))
    if element.tag == "g" and gid.startswith("anchor-"):
        anchor = gid
    if element.tag == "text" and anchor and "transform" in attributes:
        attributes |= _anchored(attributes.pop("transform"), element.text or "", anchor)
    elif element.tag == "text" and (
        place := re.fullmatch(r"translate\((\S+) (\S+)\)", attributes.get("transform", ""))
    ):
        attributes |= dict(zip("xy", place.groups(), strict=True))
        del attributes["transform"]
    if attributes.get("fill") == "none" and attributes.get("stroke", "none") == "none" and element.tag != "g":
        return  # what is invisible, such as the ground of figure and axes
    if element.tag == "use" and (circle := names.get("r" + attributes["href"][1:])):
        at = {"cx": attributes.pop("x"), "cy": attributes.pop("y"), "r": circle}
        del attributes["href"]
        yield Piece("circle", _said(attributes), _said(at), "")
        return
    if element.tag == "path" and (radius := CIRCLE.fullmatch(attributes.get("d", ""))) and "id" in attributes:
        names["r" + attributes["id"]] = radius[1]
        return
    inner = [piece for child in element for piece in _written(child, names, prefix, anchor)]
    if element.tag == "g" and not attributes:
        yield from inner
        return
    words = _joined(inner) + (escape(element.text or "", quote=False) if element.tag == "text" else "")
    if words or element.tag not in ("g", "defs", "text"):
        look, place = ({k: v for k, v in attributes.items() if (k in PLACE) == placed} for placed in (False, True))
        yield Piece(element.tag, _said(look), _said(place), words)


def _joined(pieces: list[Piece]) -> str:
    """Pieces as text; what several in a row look like is said once, around them."""
    out = []
    for (_, look), same in groupby(pieces, key=lambda piece: (piece.tag in REPEATED, piece.look)):
        run = list(same)
        shared = len(run) > 1 and look and run[0].tag in REPEATED and " opacity" not in look
        words = "".join(_element(p.tag, "" if shared else look, p.place, p.inner) for p in run)
        out.append(f"<g{look}>{words}</g>" if shared else words)
    return "".join(out)


def _said(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())


def _element(tag: str, look: str, place: str, inner: str) -> str:
    return f"<{tag}{look}{place}>{inner}</{tag}>" if inner else f"<{tag}{look}{place}/>"


def _anchored(place: str, words: str, anchor: str) -> dict[str, str]:
    """Attributes that align one line of a text as the whole is aligned, in whatever font."""
    _, align, weight, size = anchor.split("-")
    word, part = ANCHORS[align]
    x, y = map(float, re.findall(r"-?[\d.]+", place))
    with mpl.rc_context({"font.size": float(size)}):
        x += part * measure(words, weight in ("bold", "700"))
    return {"x": _short(x), "y": _short(y), "text-anchor": word}


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
