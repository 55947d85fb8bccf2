"""An executed notebook as one self-contained page: no script, no request, the same bytes for the same content."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode
from nbformat.v4 import new_output

from ..chapters import ChapterSpec
from ..viz import palette
from . import follows, glossary, memo, outputs, panel, stored, storyline
from .markdown import Prose, highlight, translate_markdown
from .pages import SUMMARY, Profile, Report, profile_view, view

TEMPLATES = Path(__file__).parent / "templates"
PLACES = panel.Drawing("[the wide drawing]", "[the narrow drawing]", alt="")  # while the rest is sanitised
QUESTION = re.compile(r"\s*\*([^*]+)\*\s*(\n|\Z)")


class PageExporter(TemplateExporter):
    """nbconvert with the template ``templates/page`` and everything from data escaped."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def __init__(self, prose: Prose, **traits: Any):
        super().__init__(template_name="page", extra_template_basedirs=[str(TEMPLATES)], **traits)
        for name, function in {"markdown": prose.html, "highlight": highlight}.items():
            self.register_filter(name, function)
        self.environment.autoescape = True


def export(
    notebook: NotebookNode, spec: ChapterSpec, report: Report, chapters: Mapping[str, list[panel.Panel]] | None = None
) -> str:
    """The page of a chapter.

    Parameters
    ----------
    notebook : NotebookNode
        The executed notebook; it is not changed.
    spec : ChapterSpec
        Which chapter it is.
    report : Report
        What the page says around it.
    chapters : mapping of str to list of Panel, optional
        Panels of every chapter, by its number: the summary repeats the leading ones.

    Returns
    -------
    str
        A complete HTML document.

    Raises
    ------
    CellFailed
        If a cell raised.
    """
    outputs.check(notebook, spec)
    panels = panels_of(notebook, spec, report)
    first = storyline.seen(panels, spec.answers, spec.charts)
    others = of_role(notebook, spec, report)
    leading = [name for name, role in others.items() if role == spec.answers[0]]
    seen = list(dict.fromkeys([*leading, *(panel.name for panel in first), *others]))
    said = {
        "panels": [Markup(rendered(name, spec, report, level=2)) for name in seen],
        "not_found": [report.language.news(finding) for finding in storyline.not_found(panels)],
        "contents": [{"id": f"panel-{panel.name}", "title": report.language.text(panel.title)} for panel in first],
    }
    claims = [claim for panel in first for claim in panel.claims if claim.kind != "nothing"]
    said |= {"follows": follows.told(claims, report)}
    if spec.number == SUMMARY:
        said |= {"panels": [], "contents": [], "not_found": [], "follows": ""} | memo.view(
            report, {**(chapters or {}), SUMMARY: panels}
        )
        seen = []
    notebook = prepared(notebook, spec, report, leave_out=seen)
    take_question(notebook)
    said |= {"glossary": glossary.PLACE}
    page, _ = PageExporter(Prose()).from_notebook_node(notebook, {"view": view(report, spec) | said | stylesheet()})
    return page.replace(glossary.PLACE, glossary.html(page, report.language))


def profiles_of(notebook: NotebookNode, spec: ChapterSpec, report: Report) -> list[Profile]:
    """Pages of their own that a chapter leads to, such as those of its segments."""
    folder = report.folder / "chapters" / spec.number
    kept = [page for name in _blocks(notebook) for page in stored.pages_of(folder, name)]
    return [Profile(**page, chapter=spec.number) for page in kept]


def profile(page: Profile, report: Report) -> str:
    """The page of a profile, nothing active in it, in the same frame as those of the chapters."""
    body = {"body": outputs.sanitise(page.html), "glossary": Markup(glossary.PLACE)}
    html = filled("profile.html.j2", profile_view(report, page) | body | stylesheet())
    return html.replace(glossary.PLACE, glossary.html(html, report.language))


def panels_of(notebook: NotebookNode, spec: ChapterSpec, report: Report) -> list[panel.Panel]:
    """The panels of a chapter in the order in which its notebook shows them."""
    folder = report.folder / "chapters" / spec.number
    found = [stored.read_block(folder, name, report.min_group_size) for name in _blocks(notebook)]
    return [report.certainty.panel(block) for block in found if isinstance(block, panel.Panel)]


def of_role(notebook: NotebookNode, spec: ChapterSpec, report: Report) -> dict[str, str]:
    """Blocks that are no panels, such as profiles, and whose role the chapter names among its answers."""
    folder = report.folder / "chapters" / spec.number
    roles = {name: stored.role_of(folder, name) for name in _blocks(notebook)}
    return {name: role for name, role in roles.items() if role and role in spec.answers}


def _blocks(notebook: NotebookNode) -> list[str]:
    return [name for cell in notebook.cells if cell.cell_type == "code" for name in outputs.blocks(cell)]


def prepared(
    notebook: NotebookNode, spec: ChapterSpec, report: Report, leave_out: Collection[str] = ()
) -> NotebookNode:
    """The notebook in the reader's language, each cell with the blocks that it has put on the page and nothing else.

    Parameters
    ----------
    leave_out : collection of str
        Blocks that stand elsewhere on the page.
    """
    notebook = copy.deepcopy(notebook)
    notebook.cells = outputs.own_cells(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            html = [rendered(name, spec, report) for name in outputs.blocks(cell) if name not in leave_out]
            cell.outputs = [new_output("display_data", {"text/html": each}) for each in html if each]
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    if prose:  # the page has a title already
        prose[0].source = re.sub(r"\A\s*# .*\n?", "", prose[0].source)
    for cell in prose:
        cell.source = translate_markdown(cell.source, report.language)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    return without_empty_sections(notebook)


def rendered(name: str, spec: ChapterSpec, report: Report, level: int = 3) -> str:
    """A block as HTML that is safe to stand in a page: what is no drawing of ours has nothing active in it."""
    block = stored.read_block(report.folder / "chapters" / spec.number, name, report.min_group_size)
    if block is None or isinstance(block, str):
        return outputs.sanitise(block or "")
    return inert(report.certainty.panel(block), report, level)


def inert(block: panel.Panel, report: Report, level: int, evidence: bool = True) -> str:
    """A panel as HTML that is safe to stand in a page, see `panel.html`."""
    drawing, block = block.drawing, replace(block, drawing=block.drawing and PLACES)
    html = str(outputs.sanitise(panel.html(block, report.language, report.as_of, level, evidence)))
    if drawing:
        html = html.replace(PLACES.wide, drawing.wide).replace(PLACES.narrow, drawing.narrow)
        html = html.replace('class="chart"', 'class="chart foreign"') if drawing.foreign else html
    return html


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


def take_question(notebook: NotebookNode) -> None:
    """Cut the question in italics out of the notebook's first cell: the page has it as its heading."""
    first = next((cell for cell in notebook.cells if cell.cell_type == "markdown"), None)
    if first and (found := QUESTION.match(first.source)):
        first.source = first.source[found.end() :]


def filled(template: str, view: Mapping[str, Any]) -> str:
    """A template that is no notebook's page, everything that is not marked as HTML escaped."""
    folder = FileSystemLoader(TEMPLATES / "page")
    return Environment(loader=folder, autoescape=True, trim_blocks=True).get_template(template).render(view=view)


def stylesheet(*further: str) -> dict[str, str]:
    """The style of every page, and a content policy that allows this style and embedded images, nothing else.

    Parameters
    ----------
    *further : str
        Files beside that of the page, for what is no page of a chapter.
    """
    sheets = [(TEMPLATES / "page" / name).read_text(encoding="utf-8") for name in ("page.css", *further)]
    style = "\n".join((palette.css(), *sheets))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return {"style": Markup(style), "policy": policy}
