"""What a notebook talks to: its parameters, its tables, and the only way onto the page.

A chapter reads tables of earlier chapters, hands them to `analyse`, and shows what comes back. Nothing reaches
the page except through `publish`, which suppresses small groups, and the ``show_…`` methods, which keep a copy
of everything shown for findings.json, the workbook and the summary.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import pyarrow.parquet as pq

from . import paths
from .chapters import CHAPTERS, ChapterSpec
from .errors import PrivacyRefused
from .ingest.config.dataset import Dataset, load_dataset
from .ingest.contract import TABLES, empty_table
from .messages import N_, Finding, Limit, Text, Value
from .params import Params
from .privacy.disclosure import Gate, Published
from .reporting.language import Language
from .reporting.results import is_complete, read_results
from .tables import Tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .analysis.actions.proposals import Proposal
    from .analysis.segments.personas import Persona
    from .ingest.config.solutions import Solution
    from .ingest.config.topics import Entry, Named
    from .reporting.figures import Chart
    from .text.themes.model import Encode

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
        Folder of the run; its tables, and results in ``chapters/<number>/``.
    fallback : Path, optional
        Folder of the last published run, for tables this run has not made.
    """

    def __init__(self, spec: ChapterSpec, params: Params, dataset: Dataset, folder: Path, fallback: Path | None = None):
        self.spec = spec
        self.params = params
        self.dataset = dataset
        self.as_of = date.fromisoformat(params.as_of) if params.as_of else dataset.as_of or date.today()
        self.tables = Tables(folder, fallback)
        self.language = Language(params.language or dataset.language, dataset.currency, dataset.labels())
        self.gate = Gate(dataset.privacy.min_group_size)
        self.results = folder / "chapters" / spec.number
        self._findings: dict[str, Finding] = {}
        self._limits: dict[str, Limit] = {}
        self._titles: dict[str, dict[str, Any]] = {}
        self._told: set[str] = set()
        self._unmade: set[str] = set()

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
        dataset = load_dataset(paths.dataset_file(params.dataset))
        chapter = cls(spec, params, dataset, folder, fallback=runs / "latest" if by_hand else None)
        if "get_ipython" in namespace:
            namespace["get_ipython"]().register_magic_function(chapter._needs, "cell", "needs")
        return chapter

    @property
    def attributes(self) -> list[str]:
        """Columns of the profile that say who a customer is, as dataset.yaml maps them."""
        return list(self.dataset.attributes())

    @property
    def orders(self) -> dict[str, list[str]]:
        """Values of ordered attributes, from low to high."""
        return {name: list(known.order) for name, known in self.dataset.attributes().items() if known.order}

    def about(self, n: int, **more: Value) -> dict[str, Value]:
        """What every caption says: how many were counted, and as of when."""
        return {"n": n, "day": self.as_of, **more}

    def read(self, name: str) -> pd.DataFrame:
        """A table of this run; one that no source fills is empty, with the columns of the contract."""
        return self.tables.read(name) if self.tables.has(name) else empty_table(name)

    def previous(self, name: str) -> pd.DataFrame:
        """A table of the last published run, to compare with; empty at the first run."""
        last = Tables(paths.runs(self.params.dataset) / "latest")
        return last.read(name) if last.has(name) else pd.DataFrame()

    def has(self, name: str) -> bool:
        """Whether a table of that name has rows, or a column of the profile a value."""
        if self.tables.has(name):
            return pq.ParquetFile(self.tables.path(name)).metadata.num_rows > 0
        if not self.tables.has("profile"):
            return False
        profile = self.tables.path("profile")
        return name in pq.read_schema(profile).names and pd.read_parquet(profile, columns=[name])[name].notna().any()

    def _needs(self, line: str, cell: str) -> None:
        """``%%needs tickets feedback``: run the cell if the data have all of these, else say what is missing.

        Each word is a table of the contract, a variable that an earlier cell made (None and empty count as
        missing), or a column of the profile. This is how a chapter stays whole when a company lacks a source.
        """
        from IPython import get_ipython

        shell = get_ipython()
        absent = [name for name in line.split() if not self._is_there(name, shell.user_ns)]
        if not absent:
            exec(compile(shell.transform_cell(cell), f"<{self.spec.stem}>", "exec"), shell.user_ns)
            return
        self._unmade |= _assigned(shell.transform_cell(cell))
        if absent[0] not in self._told:
            self._told.add(absent[0])
            # A variable that is missing follows from a table or a column that an earlier cell has named already.
            if absent[0] in TABLES or absent[0] not in {*shell.user_ns, *self._unmade}:
                self.show_text(Text(N_("Left out: the data hold no “{needs:label}”."), {"needs": absent[0]}))

    def _is_there(self, name: str, variables: dict[str, Any]) -> bool:
        if name in TABLES or name not in variables:
            return self.has(name)
        value = variables[name]
        return value is not None and (not hasattr(value, "__len__") or len(value) > 0)

    def earlier(self) -> tuple[list[Finding], list[Limit], dict[str, Fact]]:
        """What the other chapters of the run found, what they could not answer, and their facts; in reading order.

        Of several questions that the same source would answer, the first is kept.
        """
        done = [self.results.parent / spec.number for spec in CHAPTERS.values() if spec is not self.spec]
        told = [read_results(folder) for folder in sorted(done) if is_complete(folder)]
        findings = [finding for results in told for finding in results.findings]
        limits = {limit.needs: limit for results in reversed(told) for limit in reversed(results.limits)}
        return (
            findings,
            list(reversed(limits.values())),
            {name: fact for results in told for name, fact in results.facts.items()},
        )

    def topics(self, kind: str) -> tuple[Entry, ...]:
        """Themes that a person has named in topics.yaml beside dataset.yaml, of ``tickets`` or ``comments``."""
        from .ingest.config.topics import NAME, read_topics

        return read_topics(self.dataset.folder / NAME, kind)

    def propose_topics(self, kind: str, topics: Sequence[Named]) -> None:
        """Write what topics.yaml could be into the folder of the run; the file of a person stays as it is."""
        from .ingest.config.topics import NAME, write_topics

        write_topics(self.tables.folder / NAME, {kind: topics})

    def solutions(self, pains: Iterable[str], proposals: Sequence[Proposal] = ()) -> tuple[Solution, ...]:
        """Actions that a person has listed in solutions.yaml beside dataset.yaml; proposals go to the run's folder.

        Parameters
        ----------
        pains : iterable of str
            Pains that this run found or could have found; the file may use their names or what reports call them.
        proposals : sequence of Proposal
            What solutions.yaml could be; the file of a person stays as it is.
        """
        from .ingest.config.solutions import NAME, Solution, read_solutions, write_solutions

        spoken = self.language
        write_solutions(
            self.tables.folder / NAME,
            [Solution(action=spoken.text(each.text), pain=each.pain, customers=each.customers) for each in proposals],
        )
        names = {spoken.label(pain): pain for pain in pains} | {pain: pain for pain in pains}
        earlier = (self.previous(table) for table in ("pains", "actions"))
        before = {str(pain) for table in earlier if "pain" in table for pain in table["pain"].unique()}
        return read_solutions(self.dataset.folder / NAME, names, before)

    @property
    def encoder(self) -> Encode | None:
        """The sentence encoder that dataset.yaml names, None if it names none."""
        from .ingest.encoder import load_encoder

        return load_encoder(self.dataset.text.encoder, self.dataset.folder)

    def write(self, name: str, table: pd.DataFrame) -> None:
        """Keep a table for later chapters."""
        self.tables.write(name, table)

    def publish(self, table: pd.DataFrame, **rules: Any) -> Published:
        """Pass a table through the privacy gate; see `Gate.publish` for the rules."""
        return self.gate.publish(table, **rules)

    def show_findings(self, findings: Iterable[Finding]) -> None:
        """Say what was found, with the evidence under each sentence."""
        from .reporting.findings import html

        findings = list(findings)
        self._findings |= {finding.id: finding for finding in findings}
        self._save("findings.json", [finding.to_dict() for finding in self._findings.values()])
        self._display(html(findings, self.language))

    def show_chart(self, chart: Chart) -> None:
        """Draw a chart with its title, caption and alt text."""
        self._display(chart.html(self.language))

    def show_table(self, name: str, table: Published, title: Text, note: Text | None = None) -> None:
        """List a published table; it also becomes a sheet of the workbook."""
        from .reporting.tables import html

        self.results.joinpath("published").mkdir(parents=True, exist_ok=True)
        table.frame.to_parquet(self.results / "published" / f"{name}.parquet", index=False)
        self._titles[name] = {"title": self.language.text(title), "rows": len(table.frame)}
        self._save("published/titles.json", self._titles)
        self._display(html(table, title, self.language, note=note, anchor=f"table-{name}"))

    def show_text(self, *texts: Text) -> None:
        """Say sentences whose numbers come from the data."""
        from markupsafe import escape

        self._display("".join(f"<p>{escape(self.language.text(text))}</p>" for text in texts))

    def show_cards(self, personas: Sequence[Persona]) -> None:
        """Show a card for each segment."""
        from .reporting.cards import html

        self._display(html(personas, self.language, persons=self.dataset.kind == "b2c"))

    def show_quotes(self, quotes: pd.DataFrame, rule: Text) -> None:
        """Show comments in the customers' own words, below the rule by which they were chosen.

        Raises
        ------
        PrivacyRefused
            If dataset.yaml does not allow quotes.
        """
        from .reporting.quotes import html

        if not self.dataset.privacy.quotes:
            raise PrivacyRefused("quotes are not allowed: dataset.yaml says privacy: {quotes: false}")
        self._display(html(quotes, rule, self.language))

    def show_limits(self, limits: Iterable[Limit]) -> None:
        """Say what could not be answered, and which source would answer it."""
        from .reporting.findings import limits_html

        limits = list(limits)
        if not limits:
            self.show_text(Text(N_("No question was left open here.")))
        self._limits |= {self.language.text(limit): limit for limit in limits}
        self._save("limits.json", [asdict(limit) for limit in self._limits.values()])
        self._display(limits_html(limits, self.language))

    def save_facts(self, **facts: Fact) -> None:
        """Print the named facts of the chapter and keep them; the last thing a chapter does.

        Counts are whole numbers; other numbers are kept to nine significant digits: cents of millions, and well before
        the digits in which machines differ.
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


def _assigned(cell: str) -> set[str]:
    """Variables that a cell makes.

    >>> sorted(_assigned("found, rest = split(table)\\nrest.index = 1"))
    ['found', 'rest']
    """
    nodes = ast.walk(ast.parse(cell))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _stable(value: Fact) -> Fact:
    """Nine significant digits for measured numbers, whole numbers untouched.

    >>> _stable(2 / 3), _stable(12)
    (0.666666667, 12)
    """
    return float(f"{value:.9g}") if isinstance(value, float) else value
