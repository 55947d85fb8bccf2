"""What of a notebook's outputs reaches a page: the blocks that this package has made and kept, nothing else.

A data frame at the end of a cell, a print, a warning of a library or a plot that did not pass the privacy gate stays
in the executed notebook. The run goes on, and says once for each such cell that it does not publish it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

import nh3
from markupsafe import Markup
from nbformat import NotebookNode

from ..chapters import INJECTED, ChapterSpec
from ..errors import CellFailed, mask
from .stored import BLOCK

FACTS_TAG = "nbval-check-output"  # the cell whose print is kept: named facts, shown in a table of their own
TAGS = {
    *("a", "abbr", "b", "br", "caption", "code", "col", "colgroup", "dd", "details", "div", "dl", "dt", "em"),
    *(
        "figcaption",
        "figure",
        "h2",
        "h3",
        "h4",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "picture",
        "q",
        "section",
        "small",
        "source",
    ),
    *("source", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time"),
    *("tr", "ul"),
}
ATTRIBUTES = {
    "*": {"class", "id", "lang", "role", "tabindex", "aria-label", "aria-labelledby", "aria-describedby"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "source": {"srcset", "media", "type", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
WARNING = re.compile(r"\b[A-Z]\w*Warning\b")
IMAGE = re.compile(r"data:image/(png|webp);base64,[A-Za-z0-9+/=]+")
OWN_PAGE = re.compile(r"([\w-]+\.html)?(#[\w.-]+)?")


@dataclass(frozen=True)
class Kept:
    """A cell with outputs that stay in the notebook.

    Parameters
    ----------
    notebook : str
        Its name, without ending.
    cell : int
        Its number, counted from one, as error messages count.
    outputs : tuple of str
        What it does: ``prints``, ``shows a value``, ``writes a warning (FutureWarning)``.
    """

    notebook: str
    cell: int
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"notebook {self.notebook}, cell {self.cell} {' and '.join(self.outputs)}; it stays in the notebook: "
            "a page shows chapter.panel(…)"
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"outputs": list(self.outputs)}


def check(notebook: NotebookNode, spec: ChapterSpec) -> list[Kept]:
    """Cells whose outputs stay in the notebook.

    Raises
    ------
    CellFailed
        If a cell raised.
    """
    kept = []
    for number, cell in enumerate(own_cells(notebook), start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise CellFailed(f"notebook {spec.stem}, cell {number}: {output.ename}: {mask(output.evalue)}")
        if reasons := dict.fromkeys(filter(None, (_stays(output, cell) for output in cell.get("outputs", [])))):
            kept.append(Kept(spec.stem, number, tuple(reasons)))
    return kept


def own_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Cells of the notebook without those that papermill has put in."""
    return [cell for cell in notebook.cells if INJECTED not in cell.metadata.get("tags", [])]


def blocks(cell: NotebookNode) -> list[str]:
    """Names of the blocks that a cell has put on the page, in their order."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return [each[BLOCK]["block"] for each in data if BLOCK in each]


def sanitise(html: str) -> Markup:
    """HTML of a block without anything active: no script, style, form, foreign link or request."""
    return Markup(
        nh3.clean(
            html, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=_attribute, url_schemes={"data"}, link_rel=None
        )
    )


def _stays(output: NotebookNode, cell: NotebookNode) -> str:
    """What an output is that does not reach a page; empty if it does, or is the list of facts."""
    if output.output_type == "stream":
        if output.name == "stderr":
            found = WARNING.search(output.text)  # its text may hold a customer's value
            kind = f"writes a warning ({found[0]})" if found else "writes to standard error"
            return kind if output.text.strip() else ""
        return "" if FACTS_TAG in cell.metadata.get("tags", []) else "prints"
    if BLOCK in output.data:
        return ""
    return "shows a picture" if "image/png" in output.data else "shows a value"


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if OWN_PAGE.fullmatch(value) else None
    if name in ("src", "srcset"):
        return value if IMAGE.fullmatch(value) else None
    return value
