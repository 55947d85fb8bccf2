"""The beginning of each export, read by the readers of a run, and what its columns hold."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ..parsing.cells import as_booleans, as_texts
from ..parsing.month_names import form_with_names
from ..readers.file_format import FORMAT_OF_ENDING, FileFormat
from ..readers.registry import read
from .headings import names_of, plain, shared_owner, undecorated

MOST_ROWS = 100_000
"""Rows of a file that are looked at: one chunk of a reader."""

_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_DAY = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}.*|\d{4}-\d{2}-\d{2}.*|(?:19|20)\d{6}"
_SECONDS = r"1[0-9]{9}(?:\d{3}|\d{6})?"
_NUMBER = r"'?[-+−(]?\s*[€$£]?\s*[-−]?\d[\d., '\u00a0\u202f]*\s*[€$£%]?\)?-?"
_LOOKED_AT = 50  # rows of a sheet in which its names are looked for
_LARGE = 1 << 28  # bytes of a JSON document that is not read whole to find its list of records
_EMPTY = ("", "-", "n/a", "N/A", "NA", "null", "NULL", "\\N", "(not set)")


@dataclass(frozen=True, eq=False)
class Values:
    """What the sampled cells of one column hold.

    Parameters
    ----------
    heading : str
    texts : Series of str
        Cells with a value, as text.
    rows : int
        Rows of the sample.
    title : str
        The heading without what most headings of the file begin with.
    """

    heading: str
    texts: pd.Series
    rows: int
    title: str = ""

    @cached_property
    def words(self) -> str:
        """What the heading says, as words."""
        return plain(undecorated(self.title or self.heading))

    @cached_property
    def names(self) -> list[str]:
        """What the heading may be called."""
        return names_of(self.title or self.heading)

    @cached_property
    def distinct(self) -> pd.Index:
        """Distinct texts, the most frequent first."""
        return self.texts.value_counts().index

    def share(self, pattern: str) -> float:
        """Share of the distinct texts that are written so."""
        return float(self.distinct[:5000].str.fullmatch(pattern).mean()) if len(self.texts) else 0.0

    @cached_property
    def kind(self) -> str:
        """empty, email, date, seconds, number, text (long) or code."""
        if not len(self.texts):
            return "empty"
        tests = (("email", _EMAIL), ("date", _DAY), ("seconds", _SECONDS), ("number", _NUMBER))
        for name, pattern in tests:
            if self.share(pattern) >= (0.9 if name != "email" else 0.8):
                return name
        if self.named_days:
            return "date"
        is_prose = self.is_various and self.distinct.str.len().to_numpy().mean() > 25
        return "text" if is_prose and self.share(r"(?s)\S+\s.*") > 0.5 else "code"

    @cached_property
    def named_days(self) -> str:
        """How days are written that name their month; "" if these are none."""
        return form_with_names(pd.Series(self.distinct[:200], dtype="str"))

    @property
    def is_unique(self) -> bool:
        """Whether no value comes twice and no row is without."""
        return len(self.texts) == self.rows > 0 and self.texts.is_unique

    @property
    def is_various(self) -> bool:
        """Whether there are too many values for a category."""
        return len(self.distinct) > max(30, 0.3 * len(self.texts)) or (
            len(self.distinct) > 12 and len(self.distinct) > 0.9 * len(self.texts)
        )

    @cached_property
    def has_fractions(self) -> bool:
        """Whether some number has one or two digits behind a decimal sign."""
        return bool(self.distinct.str.contains(r"[.,]\d{1,2}\D*$").any())

    @cached_property
    def numbers(self) -> pd.Series:
        """Plain numbers among the texts, for ranges."""
        return rough_numbers(pd.Series(self.distinct, dtype="str")).dropna()

    @cached_property
    def is_yes_or_no(self) -> bool:
        """Whether all says yes or no."""
        wrong = as_booleans(pd.Series(self.distinct, dtype="str"))[1]
        return 0 < len(self.distinct) <= 4 and not pd.notna(wrong).any()


@dataclass(frozen=True, eq=False)
class Sample:
    """The beginning of an export, or of several that are continued in each other.

    Parameters
    ----------
    path : str
        As dataset.yaml names it, perhaps with a ``*``.
    names : tuple of str
        Names of the files.
    form : FileFormat
        How it is read.
    cells : DataFrame
    is_cut : bool
        Whether the file goes on.
    problem : str
        Why it could not be read.
    """

    path: str
    names: tuple[str, ...]
    form: FileFormat | None
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    is_cut: bool = False
    problem: str = ""

    @cached_property
    def columns(self) -> dict[str, Values]:
        """Values of each column."""
        owner = shared_owner(list(self.cells))
        return {name: _values(name, self.cells[name], name.removeprefix(owner)) for name in self.cells}

    @property
    def words(self) -> str:
        """The name of the file as words."""
        return plain(Path(self.path).stem.replace("*", ""))


def rough_numbers(texts: pd.Series) -> pd.Series:
    """Numbers however they are written, to compare them with each other.

    >>> rough_numbers(pd.Series(["-$1,200.50", "1.200,50-", "(5.00)", "7", "x"])).tolist()
    [-1200.5, -1200.5, -5.0, 7.0, nan]
    """
    is_below = texts.str.contains(r"^\s*[€$£]?\s*[-−(]|-\s*$", regex=True, na=False)
    digits = texts.where(texts.str.fullmatch(_NUMBER, na=False)).str.replace(r"[^\d.,]", "", regex=True)
    last = digits.str.extract(r"([.,])(?=\d{1,2}$|\d{4,}$)", expand=False).fillna("")
    whole = digits.str.replace(r"[.,]", "", regex=True)
    places = digits.str.extract(r"[.,](\d{1,2}|\d{4,})$", expand=False).str.len().fillna(0)
    return (
        pd.to_numeric(whole, errors="coerce")
        / 10.0 ** places.where(last != "", 0)
        * is_below.map({True: -1.0, False: 1.0})
    )


def _values(name: str, cells: pd.Series, title: str) -> Values:
    texts, _ = as_texts(cells.map(lambda cell: json.dumps(cell)) if _is_nested(cells) else cells)
    texts = texts.str.strip()
    return Values(name, texts[texts.notna() & ~texts.isin(_EMPTY)].reset_index(drop=True), len(cells), title)


def _is_nested(cells: pd.Series) -> bool:
    return cells.dtype == "object" and cells.map(lambda cell: isinstance(cell, list | dict | np.ndarray)).any()


def samples(folder: Path) -> list[Sample]:
    """The beginnings of all exports of a folder and of its ``raw/``, by name; those continued in each other as one."""
    places = [place for place in (folder / "raw", folder) if place.is_dir()]
    found = [
        (path, path.relative_to(folder).as_posix())
        for place in places
        for path in sorted(place.iterdir())
        if path.is_file() and path.suffix.lower() in FORMAT_OF_ENDING and not path.name.startswith((".", "~$"))
        if path.name not in ("truth.json", "package.json")
    ]
    return _continued([sample for path, name in found for sample in _sampled(path, name)])


def _sampled(path: Path, name: str) -> list[Sample]:
    try:
        forms = list(_forms(path, name))
    except (OSError, ValueError, KeyError, BadZipFile, sqlite3.Error, InputRejected) as error:
        return [Sample(name, (path.name,), None, problem=str(error))]
    return [_sample(path, name, form) for form in forms]


def _sample(path: Path, name: str, form: FileFormat) -> Sample:
    found = _first_rows(path, name, form)
    if "'escape:" in found.problem and form.escape is None:
        return _first_rows(path, name, form.model_copy(update={"escape": "\\"}))
    return found


def _first_rows(path: Path, name: str, form: FileFormat) -> Sample:
    try:
        chunks = read(path, form, ())
        chunk = next(chunks)
        if chunk.faults and any("row of units" in fault[2] for fault in chunk.faults):
            form = form.model_copy(update={"units_row": 1})
            chunk = next(chunks := read(path, form, ()))
        cells = chunk.cells.iloc[:MOST_ROWS]
        if form.kind in ("json", "jsonl"):
            cells = _unfolded(cells)
        while (below := _explains(cells)) and not form.units_row:
            form = form.model_copy(update={"units_row": below})
            cells = cells.iloc[below:].reset_index(drop=True)
    except (InputRejected, StopIteration) as error:
        return Sample(name, (path.name,), form, problem=str(error) or "it is empty")
    is_cut = len(chunk.cells) > MOST_ROWS or (len(chunk.cells) >= MOST_ROWS and next(chunks, None) is not None)
    return Sample(name, (path.name,), form, cells, is_cut)


def _forms(path: Path, name: str) -> list[FileFormat]:
    """How a file may be read: a workbook by each of its sheets, a database by each of its tables."""
    kind = FORMAT_OF_ENDING[path.suffix.lower()]
    if kind == "json":
        return [FileFormat(path=name, records=place) for place in _records(path)]
    if kind == "excel":
        from openpyxl import load_workbook

        with closing(load_workbook(path, read_only=True)) as book:
            sheets = [sheet.title for sheet in book.worksheets if sheet.max_row is None or sheet.max_row > 1]
            several = len(book.worksheets) > 1
            above = {
                sheet: _titles_above(book[sheet].iter_rows(max_row=_LOOKED_AT, values_only=True)) for sheet in sheets
            }
        return [FileFormat(path=name, sheet=sheet if several else None, skip_rows=above[sheet]) for sheet in sheets]
    if kind == "sqlite":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return [FileFormat(path=name, db_table=table) for (table,) in tables if not table.startswith("sqlite_")]
    if kind == "csv":
        return [_csv_form(path, name)]
    return [FileFormat(path=name)]


def _titles_above(rows: Iterable[tuple[object, ...]]) -> int | None:
    """Rows above the names of a sheet: titles that fill less than half of the cells that most rows fill."""
    filled = [sum(cell is not None for cell in row) for row in rows]
    widest = max(filled, default=0)
    first = next((place for place, count in enumerate(filled) if count * 2 > widest), 0)
    return first or None


def _csv_form(path: Path, name: str) -> FileFormat:
    """Delimiter and lines above the names, where the first lines of a file settle them.

    The readers of a run know the names that they look for; here the widest even table is taken for the meant one.
    """
    import csv

    from ..readers import encodings
    from ..readers.dialect import DELIMITERS, SAMPLE_ROWS, python_encoding

    encoding = encodings.detect(path)
    with path.open(encoding=python_encoding(encoding), newline="", errors="replace") as file:
        lines = [line for line, _ in zip(file, range(SAMPLE_ROWS), strict=False)]
    best = (0, 0, ",", 0)
    for sign in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=sign)]
        if not widths:
            continue
        usual = int(pd.Series(widths).mode().max())
        above = next(position for position, width in enumerate(widths) if width == usual)
        best = max(best, (usual > 1, widths.count(usual) * usual, sign, above))
    return FileFormat(path=name, delimiter=best[2], skip_rows=best[3] if best[3] else None)


def _records(path: Path) -> list[str | None]:
    """Where a JSON document has its list of records: it is one, or keys lead to one."""
    if path.stat().st_size > _LARGE:
        return [None]
    document = json.loads(path.read_text("utf-8-sig"))
    places = [] if isinstance(document, list) else list(_lists(document, ""))
    return [*places] or [None]


def _lists(document: object, prefix: str) -> Iterator[str]:
    """Places of the lists of objects inside an object, two keys deep."""
    for key, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield prefix + key
        elif isinstance(value, dict) and not prefix:
            yield from _lists(value, f"{key}.")


def _unfolded(cells: pd.DataFrame) -> pd.DataFrame:
    """Columns that hold objects as one column per key, written with a dot, as the readers know them."""
    parts = []
    for name in cells:
        texts = cells[name].dropna().astype("str")
        if not len(texts) or not texts.str.startswith("{").all():
            parts.append(cells[[name]])
            continue
        flat = pd.json_normalize([json.loads(text) if isinstance(text, str) else {} for text in cells[name]])
        parts.append(flat.add_prefix(f"{name}.").convert_dtypes(dtype_backend="numpy_nullable").astype("object"))
    return pd.concat(parts, axis=1) if parts else cells


def _explains(cells: pd.DataFrame) -> int:
    """Rows below the names that explain the columns: of survey systems, recognised by their own marks."""
    for position in range(min(3, len(cells))):
        row = cells.iloc[position].dropna().astype(str)
        if row.str.contains('"ImportId"', regex=False).any():
            return position + 1
    if len(cells):
        row = cells.iloc[0].dropna().astype(str).str.strip()
        if row.isin(["Response", "Open-Ended Response"]).any():
            return 1
    return 0


def _continued(found: list[Sample]) -> list[Sample]:
    """Files with the same columns whose names differ in digits only, as one."""
    groups: dict[object, list[Sample]] = {}
    for sample in found:
        stem = re.sub(r"\d+", "*", sample.path)
        key = (stem, tuple(sample.cells)) if "*" in stem and len(sample.cells.columns) else sample.path
        groups.setdefault((key, sample.form and (sample.form.sheet, sample.form.db_table)), []).append(sample)
    joined = []
    for group in groups.values():
        first = group[0]
        if len(group) > 1:
            pattern = re.sub(r"\*([-_]?\*)+", "*", re.sub(r"\d+", "*", first.path))
            form = first.form.model_copy(update={"path": pattern}) if first.form else None
            cells = pd.concat([sample.cells for sample in group], ignore_index=True)
            cut = any(sample.is_cut for sample in group)
            first = replace(
                first, path=pattern, names=tuple(s.names[0] for s in group), form=form, cells=cells, is_cut=cut
            )
        joined.append(first)
    return joined
