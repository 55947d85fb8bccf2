"""What a notebook talks to: its parameters, its tables, and the only way onto the page.

A chapter reads tables of earlier chapters, hands them to `analysis`, and shows what comes back as panels. Nothing
reaches a page except through `Chapter.panel`, which guards small groups before it draws, and its smaller sisters for
sentences, cards and quotes. What a cell shows otherwise stays in the notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import pyarrow.parquet as pq

from . import paths
from .chapters import CHAPTERS, ChapterSpec, named
from .codes import SEGMENT_NAME
from .errors import InputRejected, PrivacyRefused
from .ingest.config.dataset import Dataset, load_dataset
from .ingest.config.suggest import nearest
from .ingest.contract import TABLES, empty_table
from .ingest.rows_read import BY_HAND
from .messages import Finding, Limit, Text
from .needs import LEFT_OUT
from .params import Params
from .privacy.disclosure import Gate
from .reporting import history, publish, stored
from .reporting.language import Language
from .results import Result
from .tables import Stamp, Tables, file_hash

if TYPE_CHECKING:
    from .analysis.actions.proposals import Proposal
    from .analysis.segments.personas import Persona
    from .ingest.config.outcome import Outcome
    from .ingest.config.solutions import Solution
    from .ingest.config.topics import Entry, Named
    from .reporting.panel import Panel
    from .text.themes.model import Encode

Fact = int | float | str | None
FIRST = "01"


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
        self.as_of = self._day(Tables(folder, fallback))
        self.tables = Tables(folder, fallback, self._stamp())
        labels, values = dataset.vocabulary()
        values = stored.read_segment_names(folder, fallback) | values
        self.language = Language(
            params.language or dataset.language, dataset.currency, labels, values, dataset.privacy.rounded
        )
        self.gate = Gate(dataset.privacy.min_group_size)
        self.results = folder / "chapters" / spec.number
        self.panels: dict[str, Panel] = {}
        self._findings: dict[str, Finding] = {}
        self._limits: dict[str, Limit] = {}
        self._titles: dict[str, dict[str, Any]] = {}
        self._told: set[str] = set()
        self._blocks = 0

    @classmethod
    def open(cls, chapter: str | ChapterSpec, namespace: dict[str, Any]) -> Self:
        """Open the chapter a notebook belongs to, with the parameters in its ``globals()``.

        Named by its number, or described here as long as it is no part of the report.

        A notebook opened by hand works in ``runs/interactive`` and reads from the last published run what it
        has not made itself; an unattended run names its own folder and never looks elsewhere.
        """
        spec = chapter if isinstance(chapter, ChapterSpec) else named(chapter)
        params = spec.params.from_notebook(namespace)
        runs = paths.runs(params.dataset)
        by_hand = not params.run_folder
        folder = runs / BY_HAND if by_hand else Path(params.run_folder).resolve()
        dataset = load_dataset(paths.dataset_file(params.dataset))
        return cls(spec, params, dataset, folder, fallback=runs / "latest" if by_hand else None)

    def __repr__(self) -> str:
        tables = f"{len(self.tables.names())} tables to read, {len(self.panels)} panels shown"
        return f"<Chapter {self.spec.number} {self.spec.title!r}: {self.dataset.name!r} as of {self.as_of}, {tables}>"

    def _day(self, tables: Tables) -> date:
        """The day of the run: as asked, as dataset.yaml says, that of the run whose tables are at hand, or today."""
        if self.params.as_of:
            return date.fromisoformat(self.params.as_of)
        if self.dataset.as_of:
            return self.dataset.as_of
        begun = tables.made_of("profile") if self.spec.number != FIRST and tables.has("profile") else None
        return date.fromisoformat(begun.as_of) if begun else datetime.now(self.dataset.zone).date()

    def _stamp(self) -> Stamp:
        """What the tables of this chapter are made of."""
        given = self.params.model_dump(exclude={"run_folder", "language", "dataset"}) | {"dataset": self.dataset.name}
        return Stamp(self.as_of.isoformat(), file_hash(self.dataset.file), self.spec.number, given)

    @property
    def attributes(self) -> list[str]:
        """Columns of the profile that say who a customer is, as dataset.yaml maps them."""
        return list(self.dataset.attributes())

    @property
    def outcome(self) -> Outcome | None:
        """The company's own outcome, such as who left, if dataset.yaml names one."""
        return self.dataset.outcome

    @property
    def orders(self) -> dict[str, list[str]]:
        """Values of ordered attributes, from low to high."""
        return self.dataset.orders()

    def read(self, name: str) -> pd.DataFrame:
        """A table of this run; one that no source fills is empty, with the columns of the contract.

        Raises
        ------
        InputRejected
            If there is no run, or the chapter that makes the table has not run; names what to run first. If there is
            no such table; names the nearest. If the table does not fit this notebook, see `Tables.read`.
        """
        if self.tables.has(name):
            return self.tables.read(name)
        command = f"customer-profiles report {self.params.dataset}"
        if self.spec.number != FIRST and not self.tables.has("profile"):
            first = CHAPTERS[FIRST].stem
            raise InputRejected(
                f"there is no run of {self.params.dataset!r} yet: run {first} first, or make the report ({command})"
            )
        if maker := next((spec for spec in CHAPTERS.values() if name in spec.makes), None):
            raise InputRejected(
                f"there is no table {name!r} yet: run {maker.stem} first, or make the report ({command})"
            )
        if name not in TABLES:
            made = (table for spec in CHAPTERS.values() for table in spec.makes)
            near = nearest(name, {*TABLES, *self.tables.names(), *made})
            raise InputRejected(f"there is no table {name!r}" + (f", did you mean {near!r}?" if near else ""))
        return empty_table(name)

    def previous(self, name: str, run: str = "") -> pd.DataFrame:
        """A table of the last published run, or of another that is still kept; empty if there is none."""
        last = Tables(publish.kept_run(paths.runs(self.params.dataset), run))
        return last.read(name) if last.has(name) else empty_table(name)

    def history(self) -> pd.DataFrame:
        """What earlier published runs said of the headlines, see `reporting.history`."""
        return history.read(paths.runs(self.params.dataset))

    def definitions(self) -> pd.DataFrame:
        """What the figures of this run are defined by, part by part, see `ingest.config.definitions`."""
        from .ingest.config.definitions import definitions

        made = [self.tables.made_of(name) for name in ("profile", "segments") if self.tables.has(name)]
        given = {of.chapter: {k: v for k, v in of.params.items() if k != "as_of"} for of in made if of}
        return definitions(self.dataset, given)

    def has(self, name: str) -> bool:
        """Whether a table of that name has rows, or a column of the profile a value."""
        if self.tables.has(name):
            return pq.ParquetFile(self.tables.path(name)).metadata.num_rows > 0
        if not self.tables.has("profile"):
            return False
        profile = self.tables.path("profile")
        return name in pq.read_schema(profile).names and pd.read_parquet(profile, columns=[name])[name].notna().any()

    def write(self, name: str, table: pd.DataFrame) -> None:
        """Keep a table for later chapters."""
        self.tables.write(name, table)

    def keep_models(self, models: dict[str, dict[str, Any]]) -> None:
        """Keep what was learnt as readable JSON in ``models/`` of the run, to score one profile at once."""
        stored.write_models(self.tables.folder, models)

    def panel(
        self,
        result: Result | pd.DataFrame,
        chart: Callable[..., object] | None = None,
        *,
        title: str = "",
        alt: str = "",
        **columns: object,
    ) -> None:
        """Show a result: its message, a chart or a small table, its base, and the evidence behind a fold.

        The frame is guarded first, so that a chart never receives what may not be shown. A result that is shown twice
        has its claims and its evidence in the first panel only. A view without rows is no panel.

        Parameters
        ----------
        result : Result or DataFrame
            A frame of your own needs the column ``n``, customers in each row, and a `title`; its rows are taken to add
            up to all customers, the strictest rule.
        chart : callable, optional
            ``(frame, ax, **columns)``: a chart of `viz`, one of seaborn such as ``sns.barplot``, or any other:
            ``lambda frame, ax: sns.barplot(frame, x="n", y="group", ax=ax)``. Without one the table is shown.
        title : str
            Subject, where the result is a frame of your own.
        alt : str
            What the chart says to those who do not see it; by default the message.
        **columns
            Handed to the chart: ``x="share", y="theme"``.

        Raises
        ------
        ConfigurationError
            If a frame of your own has no title, the table lacks a column that is to be drawn, or `chart` cannot be
            called that way.
        PrivacyRefused
            If the table cannot be guarded, more was drawn than it has rows, or there are fewer customers than the
            smallest group that is shown.
        """
        from .reporting import panel as panels

        if isinstance(result, pd.DataFrame):
            result = panels.own(result, title, columns)
        self._refuse_too_few()
        if not len(result.frame):
            self._say_what_is_missing(result.needs)
            return
        first = result.name not in self._titles
        name = self._block_name(result.name, first)
        small = first and name in self.spec.answers
        shown = panels.of_result(
            result, chart, self.gate, self.language, name, alt=alt, again=not first, small=small, **columns
        )
        if shown is None:
            return
        if shown.table is not None:
            self._keep_findings(shown.claims)
            self._titles[result.name] = {"title": self.language.text(result.title), "rows": len(shown.table.frame)}
        self.panels[name] = shown
        stored.write_panel(self.results, shown)
        stored.write_json(self.results / "published" / "titles.json", self._titles)
        self._show(name, panels.html(shown, self.language, self.as_of))

    def guarded(self, result: Result) -> pd.DataFrame:
        """The frame of a result as a page shows it: ``suppressed`` marks rows whose numbers are hidden."""
        from .reporting.panel import guarded

        return guarded(result, self.gate, self.language).frame

    def say(self, *texts: Text) -> None:
        """Say sentences whose numbers come from the data."""
        from markupsafe import Markup

        if not texts:
            return
        html = Markup("").join(Markup("<p>{}</p>").format(self.language.text(text)) for text in texts)
        self._block(html)

    def tell(self, findings: Iterable[Finding]) -> None:
        """Say what was found without a panel, as the summary repeats what others have found."""
        from .reporting.findings import html

        findings = list(findings)
        self._keep_findings(findings)
        self._block(html(findings, self.language))

    def name_segments(self, personas: Sequence[Persona]) -> None:
        """Keep what segments are called: from now on charts and tables name them instead of giving their numbers."""
        spoken = self.language
        names = {SEGMENT_NAME.format(card.segment): {spoken.code: spoken.text(card.name)} for card in personas}
        stored.write_json(self.tables.folder / stored.SEGMENT_NAMES, names)
        spoken.values = {**spoken.values, **names}

    def cards(self, personas: Sequence[Persona], role: str = "cards", notes: Sequence[Text] = ()) -> None:
        """Show a card for each segment or profile; those of a role that the chapter answers with stand on its page.

        The page of a segment is published in a file of its own, to which its card leads.
        """
        from .reporting.cards import files, html

        if personas or notes:
            told = html(personas, self.language, persons=self.dataset.kind == "b2c", notes=notes)
            self._block(told, role, files(personas, self.language))

    def quotes(self, quotes: pd.DataFrame, rule: Text) -> None:
        """Show comments in the customers' own words, below the rule by which they were chosen.

        Raises
        ------
        PrivacyRefused
            If there are any and dataset.yaml does not allow quotes.
        """
        from .reporting.quotes import html

        if len(quotes) and not self.dataset.privacy.quotes:
            raise PrivacyRefused("quotes are not allowed: dataset.yaml says privacy: {quotes: false}")
        stored.write_json(self.results / stored.QUOTES, quotes.to_dict("records"))
        if len(quotes):
            self._block(html(quotes, rule, self.language), role="quotes")

    def limits(self, limits: Iterable[Limit]) -> None:
        """Say what could not be answered, and which source would answer it."""
        from .reporting.findings import limits_html

        limits = list(limits)
        self._limits |= {self.language.text(limit): limit for limit in limits}
        stored.write_json(self.results / "limits.json", [limit.to_dict() for limit in self._limits.values()])
        self._block(limits_html(limits, self.language))

    def facts(self, **facts: Fact) -> None:
        """Print the named facts of the chapter and keep them; the last thing a chapter does.

        Counts are whole numbers; other numbers are kept to nine significant digits: cents of millions, and well before
        the digits in which machines differ.
        """
        from .reporting import rounding

        stable = {name: _stable(value) for name, value in facts.items()}
        stable = rounding.facts(stable) if self.language.rounded else stable
        for name in ("findings.json", "limits.json"):
            if not (self.results / name).exists():
                stored.write_json(self.results / name, [])
        stored.write_json(self.results / stored.END_MARKER, stable)
        print("\n".join(f"{name}: {value}" for name, value in stable.items()))

    def earlier(self) -> tuple[list[Finding], list[Limit], dict[str, Fact]]:
        """What the other chapters of the run found, what they could not answer, and their facts; in reading order.

        Of several questions that the same source would answer, the first is kept.
        """
        told = []
        for number in sorted(CHAPTERS.keys() - {self.spec.number}):
            places = [base / "chapters" / number for base in (self.tables.folder, self.tables.fallback) if base]
            told += [stored.read_results(place) for place in places if stored.is_complete(place)][:1]
        if not told:
            raise InputRejected(
                f"no chapter of {self.params.dataset!r} has run yet: make the report (customer-profiles report "
                f"{self.params.dataset})"
            )
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

        if topics:
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

    def _keep_findings(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            own = replace(finding, id=finding.id.removeprefix(f"{self.spec.number}."))
            self._findings[own.id] = own if own.chapter else replace(own, chapter=self.spec.number)
        stored.write_json(self.results / "findings.json", [finding.to_dict() for finding in self._findings.values()])

    def _refuse_too_few(self) -> None:
        """There is no page about fewer customers than the smallest group: everything on it would be of too few."""
        if self.tables.has("customers"):
            self.gate.admit(pq.ParquetFile(self.tables.path("customers")).metadata.num_rows)

    def _say_what_is_missing(self, needs: str) -> None:
        """Name the source that an empty result would need, once; nothing if the source is there."""
        if needs and needs not in self._told and not self.has(needs):
            self._told.add(needs)
            self.say(Text(LEFT_OUT, {"needs": needs}))

    def _block_name(self, name: str, first: bool = True) -> str:
        self._blocks += 1
        return name if first else f"{name}-{self._blocks}"

    def _block(self, html: str, role: str = "", pages: Sequence[Mapping[str, str]] = ()) -> None:
        if html:
            name = self._block_name(f"block-{self._blocks}")
            stored.write_block(self.results, name, html, role, pages)
            self._show(name, html)

    def _show(self, name: str, html: str) -> None:
        """Show a block in the notebook, marked so that the page puts it where the cell stands."""
        from IPython.display import display

        from .reporting.preview import preview

        display({"text/html": preview(html), stored.BLOCK: {"block": name}}, raw=True)


def _stable(value: Fact) -> Fact:
    """Nine significant digits for measured numbers, whole numbers untouched.

    >>> _stable(2 / 3), _stable(12)
    (0.666666667, 12)
    """
    return float(f"{value:.9g}") if isinstance(value, float) else value
