"""The folder of a report: its pages, every finding as JSON, every published table in one workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..certainty import across
from ..errors import PrivacyRefused
from ..identity.pseudonyms import fingerprint
from ..privacy.outgoing import scan
from ..tables import Tables
from . import alerts
from . import findings as statements
from .excel import write_workbook
from .export import export, panels_of
from .pages import SUMMARY, Report, file_name
from .stored import write_json

if TYPE_CHECKING:
    import pandas as pd
    from nbformat import NotebookNode

    from .panel import Panel


def write_report(folder: Path, notebooks: dict[str, NotebookNode], report: Report) -> None:
    """Write pages, findings.json and tables.xlsx.

    Parameters
    ----------
    folder : Path
        An empty folder.
    notebooks : dict
        Executed notebooks by chapter number.
    report : Report
        What they share, and their results.
    """
    report = judged(report, {spec.number: panels_of(notebooks[spec.number], spec, report) for spec in report.specs})
    chapters = {spec.number: panels_of(notebooks[spec.number], spec, report) for spec in report.specs}
    for spec in report.specs:
        page = export(notebooks[spec.number], spec, report, chapters)
        (folder / file_name(spec)).write_text(page, encoding="utf-8")
    write_json(folder / "findings.json", all_findings(report))
    alerts.write(folder, report)
    tables: dict[str, tuple[str, pd.DataFrame]] = {}
    for spec in report.specs:
        for name, table in report.results[spec.number].tables.items():
            sheet = f"{name} {spec.number}" if name in tables else name  # none replaces that of another chapter
            tables[sheet] = (table.title, table.frame)
    write_workbook(folder / "tables.xlsx", tables, report.language)


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
