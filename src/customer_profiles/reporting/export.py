"""An executed notebook as one self-contained page: no script, no request, the same bytes for the same content."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode

from ..chapters import INJECTED, ChapterSpec
from . import outputs
from .extract import translate_markdown
from .markdown import Prose, highlight
from .pages import Report, view

TEMPLATES = Path(__file__).parent / "templates"
QUESTION = re.compile(r"\s*\*([^*]+)\*\s*(\n|\Z)")


class PageExporter(TemplateExporter):
    """nbconvert with the template ``templates/page`` and everything from data escaped."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def __init__(self, prose: Prose, **traits: Any):
        super().__init__(template_name="page", extra_template_basedirs=[str(TEMPLATES)], **traits)
        for name, function in {"markdown": prose.html, "sanitise": outputs.sanitise, "highlight": highlight}.items():
            self.register_filter(name, function)
        self.environment.autoescape = True


def export(notebook: NotebookNode, spec: ChapterSpec, report: Report) -> str:
    """The page of a chapter.

    Parameters
    ----------
    notebook : NotebookNode
        The executed notebook; it is not changed.
    spec : ChapterSpec
        Which chapter it is.
    report : Report
        What the page says around it.

    Returns
    -------
    str
        A complete HTML document.

    Raises
    ------
    CellFailed, PrivacyRefused
        If an output must not be published, see `outputs.check`.
    """
    outputs.check(notebook, spec)
    notebook = prepared(notebook, report)
    shown = view(report, spec, contents(notebook)) | {"question": take_question(notebook)} | stylesheet()
    page, _ = PageExporter(Prose()).from_notebook_node(notebook, {"view": shown})
    return page


def prepared(notebook: NotebookNode, report: Report) -> NotebookNode:
    """The notebook in the reader's language, without what only the run needs to know."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if INJECTED not in cell.metadata.get("tags", [])]
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    if prose:  # the page has a title already
        prose[0].source = re.sub(r"\A\s*# .*\n?", "", prose[0].source)
    for cell in prose:
        cell.source = translate_markdown(cell.source, report.language)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    return without_empty_sections(notebook)


def without_empty_sections(notebook: NotebookNode) -> NotebookNode:
    """Drop the prose of sections whose code shows nothing, because the data lack a source."""
    cells, kept = notebook.cells, []
    for place, cell in enumerate(cells):
        heading = cell.cell_type == "markdown" and cell.source.startswith("##")
        section = list(itertools.takewhile(lambda other: other.cell_type == "code", cells[place + 1 :]))
        shown = [output for code in section for output in code.outputs if output.get("data", {}).get("text/html")]
        if not heading or not section or shown:
            kept.append(cell)
    notebook.cells = kept
    return notebook


def take_question(notebook: NotebookNode) -> str:
    """Cut the question that a chapter answers, its first paragraph in italics, out of the notebook's first cell."""
    first = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), None)
    found = QUESTION.match(first.source) if first else None
    if not found:
        return ""
    first.source = first.source[found.end() :]
    return found[1].replace("\n", " ")


def contents(notebook: NotebookNode) -> list[dict[str, str]]:
    """Sections of the page, for its table of contents."""
    prose = Prose()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose.html(cell.source)
    return prose.sections


def stylesheet() -> dict[str, str]:
    """The style of every page, and a content policy that allows this style and embedded images, nothing else."""
    style = (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return {"style": Markup(style), "policy": policy}
