"""The folder of a report: its pages, every finding as JSON, every published table in one workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..certainty import across
from ..errors import PrivacyRefused
from ..identity.pseudonyms import fingerprint
from ..privacy.outgoing import scan
from ..tables import Tables
from . import alerts, mail, memo, slides, storyline
from . import findings as statements
from .excel import Sheet, write_workbook
from .export import export, panels_of, profile, profiles_of
from .pages import SUMMARY, Report, file_name
from .stored import write_json

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ..chapters import ChapterSpec
    from .panel import Panel


FIRST = 10
"""Sheets that a board needs first."""
SLIDES, MAIL = "slides.html", "summary.txt"


def write_report(folder: Path, notebooks: dict[str, NotebookNode], report: Report, with_slides: bool = False) -> Report:
    """Write pages, findings.json, tables.xlsx, the text of an e-mail, and the slides if they are asked for.

    Parameters
    ----------
    folder : Path
        An empty folder.
    notebooks : dict
        Executed notebooks by chapter number.
    report : Report
        What they share, and their results.
    with_slides : bool

    Returns
    -------
    Report
        As it was written: its findings judged, chapters without anything to say left out, its profiles known.
    """
    report = judged(report, {spec.number: panels_of(notebooks[spec.number], spec, report) for spec in report.specs})
    chapters = {spec.number: panels_of(notebooks[spec.number], spec, report) for spec in report.specs}
    report = replace(report, specs=tuple(spec for spec in report.specs if tells(spec, report, chapters[spec.number])))
    profiles = [page for spec in report.specs for page in profiles_of(notebooks[spec.number], spec, report)]
    report = replace(report, profiles=tuple(profiles))
    for page in report.profiles:
        (folder / page.file).write_text(profile(page, report), encoding="utf-8")
    for spec in report.specs:
        html = export(notebooks[spec.number], spec, report, chapters)
        (folder / file_name(spec)).write_text(html, encoding="utf-8")
    write_json(folder / "findings.json", all_findings(report))
    alerts.write(folder, report)
    summary = memo.view(report, chapters)
    (folder / MAIL).write_text(mail.text(report, summary), encoding="utf-8")
    if with_slides:
        (folder / SLIDES).write_text(slides.html(report, chapters, summary), encoding="utf-8")
    write_workbook(folder / "tables.xlsx", sheets(report, chapters), report.language)
    return report


def tells(spec: ChapterSpec, report: Report, panels: Sequence[Panel]) -> bool:
    """Whether a chapter has anything to say, so that it has a page; a first run cannot say what changed."""
    results = report.results[spec.number]
    return bool(spec.number == SUMMARY or results.findings or storyline.seen(panels, spec.answers, spec.charts))


def sheets(report: Report, chapters: Mapping[str, Sequence[Panel]]) -> list[Sheet]:
    """Every published table, chapter by chapter; key figures and what answers the chapters' questions lead."""
    told = slides.ranked(report, chapters)
    first = dict.fromkeys([(SUMMARY, "kpis"), *((number, panel.name) for number, panel in told)])
    tables = {
        (spec.number, name): table
        for spec in report.specs
        for name, table in report.results[spec.number].tables.items()
    }
    leading = [key for key in first if key in tables][:FIRST]
    titles = {spec.number: report.language.translate(spec.title) for spec in report.specs}
    order = leading + [key for key in tables if key not in leading]
    return [Sheet(tables[key].title, tables[key].frame, titles[key[0]], key in leading) for key in order]


def judged(report: Report, chapters: dict[str, list[Panel]]) -> Report:
    """The report with every finding marked that holds only by itself."""
    certainty = across(chapters)
    results = {number: replace(of, findings=certainty.of(of.findings)) for number, of in report.results.items()}
    return replace(report, results=results, certainty=certainty)


def all_findings(report: Report) -> list[dict[str, Any]]:
    """Every finding once, with the chapter that made it and the page where it stands."""
    found: dict[str, dict[str, Any]] = {}
    for spec in sorted(report.specs, key=lambda spec: spec.number == SUMMARY):  # the summary repeats others
        for plain in statements.to_json(report.results[spec.number].findings, report.language):
            entry = {"id": plain["id"], "chapter": spec.number, "page": file_name(spec), **plain}
            entry["numbers"] = entry.pop("values")
            found.setdefault(plain["id"], entry)
    return list(found.values())


def refuse_leaks(folder: Path, report: Report, collected: Tables, key: bytes) -> None:
    """Look for personal data in everything that is about to be published.

    Raises
    ------
    PrivacyRefused
        If there is any; names file and kind, never the value.
    """
    known = collected.read("identifiers") if collected.has("identifiers") else None
    identifiers = {} if known is None else dict(zip(known["hash"], known["kind"], strict=True))
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in (folder / "findings.json", *folder.glob("*.txt"))}
    tables = [table for results in report.results.values() for table in results.tables.values()]
    texts["tables.xlsx"] = "\n".join(_words(table.frame) for table in tables)
    for name, text in texts.items():
        kinds = scan(text, identifiers, lambda phrase: fingerprint(key, phrase))
        if kinds:
            raise PrivacyRefused(
                f"{name} would have shown personal data ({', '.join(kinds)}), so nothing was published: "
                "check in dataset.yaml which column feeds an attribute, a category or a free text"
            )


def _words(frame: Any) -> str:
    """All texts of a table, one a line."""
    texts = frame.select_dtypes(exclude="number")
    return "\n".join(str(value) for column in texts for value in texts[column].unique())
