"""The front door for code: the last published run of a data set as frames, tables, questions and findings.

>>> import customer_profiles as cp
>>> data = cp.load("demo")  # doctest: +SKIP

Whoever opens a run by name needs no parameters, no notebook and no path. What is personal stays behind: customers are
pseudonyms, and names, addresses and numbers to reach them are in no frame.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

from . import paths
from .chapters import CHAPTERS
from .errors import InputRejected
from .ingest import contract
from .ingest.config.dataset import Dataset, load_dataset
from .ingest.config.suggest import nearest
from .messages import Text
from .needs import LEFT_OUT
from .privacy.disclosure import Gate
from .privacy.rare import WITHHELD
from .questions import Questions
from .reporting import publish, stored
from .reporting.language import Language
from .results import Result
from .tables import Stamp, Tables, file_hash

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from .analysis.prediction.scoring import Scorer

PERSONAL = frozenset(name for fields in contract.TABLES.values() for name, column in fields.items() if column.personal)
"""Columns of the contract that reach a person: name, e-mail, phone, street, company."""

FINGERPRINTS = frozenset({"identifiers"})
"""Tables of a run that hold traces of personal values, for the gate alone."""

TYPES: dict[str, str] = {
    **dict.fromkeys(("id", "text", "category"), "string"),
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    **dict.fromkeys(("date", "datetime"), "timestamp"),
}
"""Ibis' names for the kinds of the contract."""

FORESEEN = "predicted_value"
"""Table of what is foreseen of each customer."""

SUMMARY = "00"  # repeats what other chapters found


def load(name_or_path: str | Path, as_of: str | date | None = None) -> Data:
    """Open the last published run of a data set.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a folder under ``data/``, or path of a dataset.yaml or of its folder.
    as_of : str or date, optional
        Day of another run that is still kept, ``YYYY-MM-DD``.

    Returns
    -------
    Data

    Raises
    ------
    ConfigurationError
        If there is no data set of that name; names the nearest one.
    InputRejected
        If it has no published run, or none of that day, or dataset.yaml has changed since; names the command to run.

    Examples
    --------
    >>> import customer_profiles as cp
    >>> cp.load("demo")
    <Data 'demo' as of ...>
    """
    file = paths.dataset_file(name_or_path)
    dataset = load_dataset(file)
    folders = _published(paths.runs(file))
    command = f"customer-profiles report {name_or_path}"
    if not folders:
        raise InputRejected(f"dataset {dataset.name!r} has no published run yet: {command}")
    days = {folder: _day(folder, dataset) for folder in folders}
    wanted = str(as_of) if as_of else days[folders[0]]
    found = next((folder for folder, day in days.items() if day == wanted), None)
    if found is None:
        kept = ", ".join(dict.fromkeys(days.values()))
        raise InputRejected(
            f"dataset {dataset.name!r} has no published run as of {wanted} (kept: {kept}): {command} --as-of {wanted}"
        )
    return Data(dataset, found, date.fromisoformat(wanted))


class TableSet(Mapping[str, "Table"]):
    """Tables of a run and of the contract by name, each an Ibis table on DuckDB; ``.to_pandas()`` fetches one.

    A table that no source fills has no rows and the columns of the contract.
    """

    def __init__(self, run: Tables, dataset: str):
        self._run = run
        self._dataset = dataset
        self.made = frozenset(run.names())
        self._names = sorted({*self.made, *contract.TABLES} - FINGERPRINTS)
        self._open: dict[str, Table] = {}

    def __getitem__(self, name: str) -> Table:
        if name not in self:
            near = nearest(name, self._names)
            raise KeyError(f"no table {name!r}" + (f", did you mean {near!r}?" if near else ""))
        if name not in self._open:
            self._open[name] = self._table(name)
        return self._open[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        wrap = TextWrapper(100, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        lines = (wrap.fill(f"{name}: {rows:,} rows of {', '.join(columns)}") for name, rows, columns in self.shapes())
        return "\n".join([f"<{len(self)} tables>", *lines])

    def _repr_html_(self) -> str:
        from markupsafe import Markup

        left = Markup(' style="text-align:left"')
        row = Markup("<tr><td{left}>{}</td><td>{:,}</td><td{left}>{}</td></tr>")
        body = Markup("").join(row.format(name, n, ", ".join(names), left=left) for name, n, names in self.shapes())
        head = Markup("<tr><th{left}>table</th><th>rows</th><th{left}>columns</th></tr>").format(left=left)
        return Markup("<table>{}{}</table>").format(head, body)

    def _ipython_key_completions_(self) -> list[str]:
        return self._names

    def shapes(self) -> Iterator[tuple[str, int, list[str]]]:
        """Name, number of rows and columns of every table, without opening it."""
        for name in self._names:
            if self._run.has(name):
                file = pq.ParquetFile(self._run.folder / f"{name}.parquet")
                yield name, file.metadata.num_rows, _without_contact(file.schema_arrow.names)
            else:
                yield name, 0, list(contract.kept(name))

    def frame(self, name: str) -> pd.DataFrame:
        """The rows of a table, as chapters read it."""
        if self._run.has(name):
            frame = self._run.read(name)
            return frame[_without_contact(list(frame))]
        if name not in contract.TABLES:
            raise InputRejected(
                f"this run has no table {name!r}: make it anew (customer-profiles report {self._dataset})"
            )
        return contract.empty_table(name)

    @cached_property
    def _connection(self) -> Any:
        import tempfile

        import ibis

        return ibis.duckdb.connect(temp_directory=tempfile.gettempdir())

    def _table(self, name: str) -> Table:
        import ibis

        if self._run.has(name):
            table = self._connection.read_parquet(self._run.path(name), table_name=name)
            open_to_all = _without_contact(list(table.columns))
            return table if open_to_all == list(table.columns) else table.select(open_to_all)
        columns = {column: TYPES[field.kind] for column, field in contract.kept(name).items()}
        return self._connection.create_table(name, schema=ibis.schema(columns), temp=True)


class Data(Questions):
    """A published run: its customers, its tables, what was found, and the questions that can be asked again.

    Parameters
    ----------
    dataset : Dataset
        The company's dataset.yaml.
    folder : Path
        Folder of the run.
    as_of : date
        Day of the run.

    Attributes
    ----------
    profile, segments : DataFrame
        One row per customer, and the segment of each; ``customer_id`` is a pseudonym, the same from run to run.
    tables : TableSet
        Every other table as an Ibis table: ``data.tables["tickets"]``, or ``data.tickets`` where no question has that
        name.
    findings : DataFrame
        ``id, chapter, text, n, p_adjusted, effect, kind`` of every statement of the report.
    facts : dict
        Named numbers of each chapter: ``data.facts["05"]``.

    Examples
    --------
    >>> spend = data.profile.groupby("region", observed=True)["spend"].median()
    >>> lines = data.transactions.group_by("category").agg(lines=data.transactions.count()).to_pandas()
    """

    def __init__(self, dataset: Dataset, folder: Path, as_of: date):
        self.dataset = dataset
        self.as_of = as_of
        self.gate = Gate(dataset.privacy.min_group_size)
        self.language = Language(dataset.language, dataset.currency, *dataset.vocabulary(), dataset.privacy.rounded)
        self._folder = folder
        stamp = Stamp(as_of.isoformat(), file_hash(dataset.file), params={"dataset": dataset.name})
        self.tables = TableSet(Tables(folder, stamp=stamp), dataset.name)
        self._profile = self.tables.frame("profile")
        self._panels = itertools.count(1)

    def __getattr__(self, name: str) -> Table:
        if not name.startswith("_") and name in self.tables:
            return self.tables[name]
        near = nearest(name, dir(self)) if not name.startswith("_") else None
        raise AttributeError(f"no {name!r} in this run" + (f", did you mean {near!r}?" if near else ""))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.tables})

    def __repr__(self) -> str:
        rows, columns = self._profile.shape
        return (
            f"<Data {self.dataset.name!r} as of {self.as_of}: profile of {rows:,} customers × {columns} columns, "
            f"{len(self.tables)} tables, {len(self.findings)} findings>"
        )

    def _repr_html_(self) -> str:
        from markupsafe import Markup

        return Markup("<p>{}</p>{}").format(repr(self).strip("<>"), Markup(self.tables._repr_html_()))

    @property
    def profile(self) -> pd.DataFrame:
        """One row per customer, without names and contact data; yours to change, questions keep the published one.

        With what chapter 07 foresees of each: a row is a record that `score` takes.
        """
        return self._with_foreseen.copy(deep=False)

    def score(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """What is foreseen of one customer, from what the run has learnt; see `Scorer.score`.

        Of somebody who has not ordered yet nothing is foreseen: the values are None.

        Parameters
        ----------
        record : mapping of str to value
            A row of `profile`, or what another system knows: the columns that ``models/schema.json`` names.

        Examples
        --------
        >>> bought = data.profile.dropna(subset=["expected_orders"])
        >>> data.score(bought.iloc[0])
        {'expected_orders': ..., 'foreseen_on': ...}
        """
        return self._scorer.score(dict(record))

    @cached_property
    def _with_foreseen(self) -> pd.DataFrame:
        if FORESEEN not in self.tables.made:
            return self._profile
        foreseen = self.tables.frame(FORESEEN)
        new = ["customer_no", *(name for name in foreseen if name not in self._profile)]
        return self._profile.merge(foreseen[new], on="customer_no", how="left", validate="one_to_one")

    @cached_property
    def _scorer(self) -> Scorer:
        from .analysis.prediction.scoring import Scorer

        models = stored.read_models(self._folder)
        if "schema" not in models:
            raise InputRejected(
                "this run keeps no models: they are made by chapter 07, and deleted when somebody is erased from the "
                f"run; make it anew (customer-profiles report {self.dataset.name})"
            )
        return Scorer(models)

    @property
    def segments(self) -> pd.DataFrame:
        """``customer_id, customer_no, segment`` of every customer who is in one."""
        return self.tables.frame("segments")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What the report states, in reading order and in the language of the data set."""
        columns = ["id", "chapter", "text", "n", "p_adjusted", "effect", "kind"]
        told = (finding for results in self._results().values() for finding in results.findings)
        rows = [{name: getattr(each, name, self.language.text(each)) for name in columns} for each in told]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def facts(self) -> dict[str, dict[str, Any]]:
        """Named numbers by chapter."""
        return {number: results.facts for number, results in self._results().items()}

    def sentences(self, result: Result, language: str = "en") -> list[str]:
        """What a result states, with nothing of groups that are too small.

        Parameters
        ----------
        result : Result
        language : {"en", "de"}

        Returns
        -------
        list of str
            Plain text, the strongest first. Of an empty result, what the data lack.
        """
        from .reporting import panel

        spoken = Language(language, self.dataset.currency, *self.dataset.vocabulary(), self.dataset.privacy.rounded)
        if not len(result):
            return [spoken.text(text) for text in self._missing(result)]
        return [spoken.text(claim) for claim in panel.told(result, panel.guarded(result, self.gate, spoken), spoken)]

    def show(
        self,
        result: Result | pd.DataFrame,
        chart: Callable[..., object] | None = None,
        *,
        title: str = "",
        alt: str = "",
        **columns: Any,
    ) -> None:
        """Show a result in a notebook as a page would: guarded, with its message, its chart and its evidence.

        Parameters
        ----------
        result : Result or DataFrame
            A frame of your own needs the column ``n``, customers in each row, and a `title`.
        chart : callable, optional
            ``(frame, ax, **columns)``: a chart of `customer_profiles.viz`, one of seaborn, or any other. Without one
            the table is shown.
        title : str
            Subject, where the result is a frame of your own.
        alt : str
            What the chart says to those who do not see it; by default the message.
        **columns
            Handed to the chart.

        Raises
        ------
        ConfigurationError
            If the table lacks a column that is to be drawn, or `chart` cannot be called that way.
        PrivacyRefused
            If the table cannot be guarded, or more was drawn than it has rows.

        Examples
        --------
        >>> from customer_profiles import viz
        >>> data.show(data.stages(), viz.bars, x="share", y="stage")  # doctest: +SKIP
        """
        from markupsafe import Markup

        from .reporting import panel
        from .reporting.preview import show

        if isinstance(result, pd.DataFrame):
            result = panel.own(result, title, columns)
        if len(result):
            panel.refuse_unknown(result.frame, columns)
        name, said = f"{result.name}-{next(self._panels)}", self.sentences(result, self.language.code)
        shown = panel.of_result(result, chart, self.gate, self.language, name, alt=alt, **columns)
        if shown is None:
            html = Markup("").join(Markup("<p>{}</p>").format(sentence) for sentence in said)
        else:
            html = panel.html(shown, self.language, self.as_of)
        show(html, "\n".join([self.language.text(result.title), *said]))

    def _read(self, name: str) -> pd.DataFrame:
        if name == WITHHELD and name not in self.tables:  # a run of an earlier version
            return pd.DataFrame()
        return self._profile if name == "profile" else self.tables.frame(name)

    def _answer(self, result: Result) -> Answer:
        return Answer(**vars(result), data=self)

    def _missing(self, result: Result) -> list[Text]:
        """What an empty result would need, if the data lack it."""
        needs = result.needs
        there = needs in self._profile and self._profile[needs].notna().any()
        if not needs or there or (needs in self.tables and len(self.tables.frame(needs))):
            return []
        return [Text(LEFT_OUT, {"needs": needs})]

    def _results(self) -> dict[str, stored.Results]:
        places = {number: self._folder / "chapters" / number for number in sorted(CHAPTERS.keys() - {SUMMARY})}
        return {number: stored.read_results(place) for number, place in places.items() if stored.is_complete(place)}


@dataclass(frozen=True, repr=False)
class Answer(Result):
    """A result that knows its data set, and so what it may say and in which words."""

    data: Data | None = field(default=None, compare=False)

    def sentences(self, language: str = "en") -> list[str]:
        """What is stated, with nothing of groups that are too small, see `Data.sentences`.

        Parameters
        ----------
        language : {"en", "de"}

        Examples
        --------
        >>> data.stages().sentences("de")
        [...]
        """
        return self.data.sentences(self, language) if self.data is not None else []


def _without_contact(columns: list[str]) -> list[str]:
    """Columns of a table of customers that reach nobody; other tables, such as one of rules, keep theirs."""
    return [name for name in columns if name not in PERSONAL] if "customer_id" in columns else columns


def _published(runs: Path) -> list[Path]:
    """Folders of the runs that are published and kept: the current one, then the newest."""
    current = runs / publish.LATEST
    if not (current / "profile.parquet").exists():
        return []
    others = (
        path for path in runs.glob("*") if publish.RUN_ID.fullmatch(path.name) and (path / publish.REPORT).exists()
    )
    return list(dict.fromkeys([current.resolve(), *sorted((path.resolve() for path in others), reverse=True)]))


def _day(folder: Path, dataset: Dataset) -> str:
    made = Tables(folder).made_of("profile")
    return made.as_of if made else str(dataset.as_of)
