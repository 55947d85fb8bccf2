"""What a notebook talks to: its parameters, its tables, and the only way onto the page.

A chapter reads tables of earlier chapters, hands them to `analyse`, and shows what comes back. Nothing reaches
the page except through `publish`, which suppresses small groups, and the ``show_…`` methods, which keep a copy
of everything shown for findings.json, the workbook and the summary.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from . import paths
from .chapters import CHAPTERS, ChapterSpec
from .collect.config import Dataset, load_dataset
from .collect.contract import empty_table
from .messages import Finding, Limit, Text
from .params import Params
from .report.language import Language
from .report.privacy import Gate, Published
from .tables import Tables

if TYPE_CHECKING:
    from .report.figures import Chart

Fact = int | float | str | None


class Chapter:
    """One notebook's view of a run.

    Parameters
    ----------
    spec : ChapterSpec
        Which chapter this is.
    params : Params
        Its validated parameters.
    dataset : Dataset
        The company's dataset.yaml.
    folder : Path
        Folder of the run; tables go to ``tables/``, results to ``chapters/<number>/``.
    fallback : Path, optional
        Folder of the last published run, for tables this run has not made.
    """

    def __init__(self, spec: ChapterSpec, params: Params, dataset: Dataset, folder: Path, fallback: Path | None = None):
        self.spec = spec
        self.params = params
        self.dataset = dataset
        self.as_of = date.fromisoformat(params.as_of) if params.as_of else dataset.as_of or date.today()
        self.tables = Tables(folder / "tables", fallback / "tables" if fallback else None)
        self.language = Language(params.language or dataset.language, dataset.currency, dataset.labels())
        self.gate = Gate(dataset.privacy.min_group_size)
        self.results = folder / "chapters" / spec.number
        self._findings: dict[str, Finding] = {}
        self._limits: dict[str, Limit] = {}
        self._titles: dict[str, dict[str, Any]] = {}

    @classmethod
    def open(cls, number: str, namespace: dict[str, Any]) -> Self:
        """Open the chapter a notebook belongs to, with the parameters in its ``globals()``.

        A notebook opened by hand works in ``runs/interactive`` and reads from the last published run what it
        has not made itself; an unattended run names its own folder and never looks elsewhere.
        """
        spec = CHAPTERS[number]
        params = spec.params.from_notebook(namespace)
        runs = paths.runs(params.dataset)
        by_hand = not params.run_folder
        folder = runs / "interactive" if by_hand else Path(params.run_folder).resolve()
        return cls(
            spec,
            params,
            load_dataset(paths.dataset_file(params.dataset)),
            folder,
            fallback=runs / "latest" if by_hand else None,
        )

    def read(self, name: str) -> pd.DataFrame:
        """A table of this run; one that no source fills is empty, with the columns of the contract."""
        return self.tables.read(name) if self.tables.has(name) else empty_table(name)

    def write(self, name: str, table: pd.DataFrame) -> None:
        """Keep a table for later chapters."""
        self.tables.write(name, table)

    def publish(self, table: pd.DataFrame, **rules: Any) -> Published:
        """Pass a table through the privacy gate; see `Gate.publish` for the rules."""
        return self.gate.publish(table, **rules)

    def show_findings(self, findings: Iterable[Finding]) -> None:
        """Say what was found, with the evidence under each sentence."""
        from .report.findings import html

        findings = list(findings)
        self._findings |= {finding.id: finding for finding in findings}
        self._save("findings.json", [finding.to_dict() for finding in self._findings.values()])
        self._display(html(findings, self.language))

    def show_chart(self, chart: Chart) -> None:
        """Draw a chart with its title, caption and alt text."""
        self._display(chart.html(self.language))

    def show_table(self, name: str, table: Published, title: Text, note: Text | None = None) -> None:
        """List a published table; it also becomes a sheet of the workbook."""
        from .report.tables import html

        self.results.joinpath("published").mkdir(parents=True, exist_ok=True)
        table.frame.to_parquet(self.results / "published" / f"{name}.parquet", index=False)
        self._titles[name] = {"title": self.language.text(title), "rows": len(table.frame)}
        self._save("published/titles.json", self._titles)
        self._display(html(table, title, self.language, note=note, anchor=f"table-{name}"))

    def show_text(self, *texts: Text) -> None:
        """Say sentences whose numbers come from the data."""
        from markupsafe import escape

        self._display("".join(f"<p>{escape(self.language.text(text))}</p>" for text in texts))

    def show_limits(self, limits: Iterable[Limit]) -> None:
        """Say what could not be answered, and which source would answer it."""
        from .report.findings import limits_html

        limits = list(limits)
        self._limits |= {self.language.text(limit): limit for limit in limits}
        self._save("limits.json", [asdict(limit) for limit in self._limits.values()])
        self._display(limits_html(limits, self.language))

    def save_facts(self, **facts: Fact) -> None:
        """Print the named facts of the chapter and keep them; the last thing a chapter does.

        Counts are whole numbers; other numbers are kept to six significant digits, because more of them
        depend on the machine.
        """
        stable = {name: _stable(value) for name, value in facts.items()}
        for name in ("findings.json", "limits.json"):
            if not (self.results / name).exists():
                self._save(name, [])
        self._save("facts.json", stable)
        print("\n".join(f"{name}: {value}" for name, value in stable.items()))

    def _save(self, name: str, content: Any) -> None:
        path = self.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False, default=str), encoding="utf-8")

    def _display(self, html: str) -> None:
        from IPython.display import HTML, display

        display(HTML(html))


def _stable(value: Fact) -> Fact:
    """Six significant digits for measured numbers, whole numbers untouched.

    >>> _stable(0.12345678), _stable(12)
    (0.123457, 12)
    """
    return float(f"{value:.6g}") if isinstance(value, float) else value
