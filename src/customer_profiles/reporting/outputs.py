"""What of a notebook's outputs may reach a page, and in which form.

Only what this package's report functions have made is let through: a data frame at the end of a cell, a print, or a
plot that did not pass the privacy gate stops the run instead of slipping into a report.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3
from markupsafe import Markup
from nbformat import NotebookNode

from ..chapters import INJECTED, ChapterSpec
from ..errors import CellFailed, PrivacyRefused, mask

FACTS_TAG = "nbval-check-output"  # the cell whose print is kept: named facts, shown in a table of their own
OWN_CLASSES = {"findings", "limits", "chart", "published-table", "personas", "quotes"}
VOID = {"img", "br", "hr", "source", "col"}
TAGS = {
    *("a", "abbr", "b", "br", "caption", "code", "col", "colgroup", "dd", "details", "div", "dl", "dt", "em"),
    *("figcaption", "figure", "h3", "h4", "i", "img", "li", "ol", "p", "picture", "section", "small", "source"),
    *("span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "ul"),
}
ATTRIBUTES = {
    "*": {"class", "id", "lang", "role", "tabindex", "aria-label", "aria-labelledby", "aria-describedby"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "source": {"srcset", "media", "type", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
IMAGE = re.compile(r"data:image/(png|webp);base64,[A-Za-z0-9+/=]+")
OWN_PAGE = re.compile(r"([\w-]+\.html)?(#[\w.-]+)?")


def check(notebook: NotebookNode, spec: ChapterSpec) -> None:
    """Refuse a notebook with an output that must not be published.

    Raises
    ------
    CellFailed
        If a cell wrote to standard error or raised.
    PrivacyRefused
        If a cell shows something that did not pass the privacy gate.
    """
    own = [cell for cell in notebook.cells if INJECTED not in cell.metadata.get("tags", [])]
    for number, cell in enumerate(own, start=1):
        for output in cell.get("outputs", []):
            place = f"notebook {spec.stem}, cell {number}"
            if output.output_type == "error":
                raise CellFailed(f"{place}: {output.ename}: {mask(output.evalue)}")
            if output.output_type == "stream":
                if output.name == "stderr":
                    raise CellFailed(f"{place} wrote a warning: {mask(output.text.strip().splitlines()[-1])}")
                if FACTS_TAG not in cell.metadata.get("tags", []):
                    raise PrivacyRefused(f"{place} prints: only what chapter.show_… shows may reach a page")
            elif reason := _refusal(output):
                raise PrivacyRefused(f"{place} shows {reason}: pass it through chapter.publish and chapter.show_…")


def sanitise(html: str) -> Markup:
    """HTML of an output without anything active: no script, style, form, foreign link or request."""
    return Markup(
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            attribute_filter=_attribute,
            url_schemes={"data"},
            link_rel=None,
        )
    )


def _refusal(output: NotebookNode) -> str:
    """Why an output is refused, empty if it may be shown."""
    if "text/html" in output.data:
        roots = _Roots()
        roots.feed(output.data["text/html"])
        foreign = [tag for tag, classes in roots.found if not (classes & OWN_CLASSES or (tag == "p" and not classes))]
        return f"a <{foreign[0]}> that is not of this package" if foreign else ""
    if "image/png" in output.data:
        alt = output.get("metadata", {}).get("image/png", {}).get("alt")
        return "" if alt else "a picture without alternative text"
    return "a value"


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if OWN_PAGE.fullmatch(value) else None
    if name in ("src", "srcset"):
        return value if IMAGE.fullmatch(value) else None
    return value


class _Roots(HTMLParser):
    """Collects the outermost elements of a piece of HTML with their classes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth == 0:
            self.found.append((tag, set((dict(attrs).get("class") or "").split())))
        self._depth += tag not in VOID

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in VOID

    def handle_data(self, data: str) -> None:
        if self._depth == 0 and data.strip():
            self.found.append(("text", set()))
