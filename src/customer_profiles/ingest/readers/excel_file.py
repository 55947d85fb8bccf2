"""Excel workbooks, read as a stream: values as Excel last computed them, never recomputed or guessed."""

from __future__ import annotations

import itertools
import os
import re
import zipfile
from collections.abc import Collection, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ...messages import N_
from ..config.dataset import FileFormat
from .chunks import CHUNK_ROWS, Chunk, Fault, Stated, check_header, told_apart
from .dialect import SAMPLE_ROWS, always_declared, is_units, plain_names
from .excel_parts import Sheet, refuse_damaged, sheet_parts

# Excel keeps fifteen digits of a number; those after it become zeros when somebody types or pastes it.
EXCEL_DIGITS = 10**15
# What openpyxl raises where a part is not as the format wants it; ElementTree's error is a SyntaxError.
_DAMAGE = (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError, OSError, EOFError)
_PREFIXED = re.compile(r'(?:"([^"]*)"|((?:\\.|-)+))(0{2,})')


def read_excel(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a sheet: numbers, days and booleans typed, everything else as text.

    A number shown with leading zeros by a format such as ``00000`` is the text one sees. An error such as
    ``#N/A`` and a number too long for Excel are faults of their row in a column that is read. Hidden rows are read
    like others, and stated.

    Raises
    ------
    InputRejected
        If it is no workbook, has several sheets and none is named, or a column that is read holds merged cells or a
        formula whose result was never stored.
    """
    # No document type gets beyond this; so openpyxl need not take the slower parser of defusedxml.
    refuse_damaged(path)
    os.environ.setdefault("OPENPYXL_DEFUSEDXML", "False")
    import openpyxl

    book = formulas = None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        name = _sheet(path, book, form.sheet)
        sheet: Any = book[name]
        parts = sheet_parts(path, sheet._worksheet_path)
        formulas = openpyxl.load_workbook(path, read_only=True) if parts.has_formulas else None
        yield from _Rows(path, form, needed, sheet, formulas[name] if formulas else None, parts).chunks()
    except _DAMAGE as error:
        problem = f"a part of it is damaged ({type(error).__name__})"
        raise InputRejected(f"{path.name} is not a readable .xlsx workbook: {problem}; export it again") from None
    finally:
        for opened in (book, formulas):
            if opened:
                opened.close()


class _Rows:
    """The rows of one sheet on their way into chunks."""

    def __init__(
        self, path: Path, form: FileFormat, needed: Collection[str], sheet: Any, formulas: Any, parts: Sheet
    ) -> None:
        self.path, self.form, self.needed, self.parts = path, form, needed, parts
        self.sheet, self.formulas = sheet, formulas
        for each in (sheet, formulas):
            if each is not None:
                each.reset_dimensions()  # some systems write a smaller range than they fill
        self.header: list[str] = []
        self.above = 0
        self.records: list[list[Any]] = []
        self.numbers: list[int] = []
        self.faults: list[Fault] = []
        self.is_first = True

    def chunks(self) -> Iterator[Chunk]:
        """Read all rows below the column names."""
        self._read_header()
        width = len(self.header)
        wanted = [i for i, title in enumerate(self.header) if title in self.needed]
        self._refuse_merged(wanted)
        first = self.above + 2 + self.form.units_row
        last = self._last_row()
        below = self.sheet.iter_rows(min_row=first, max_row=last, max_col=width)
        texts = self.formulas.iter_rows(min_row=first, max_row=last, max_col=width) if self.formulas else None
        for number, row in enumerate(below, start=first):
            written = next(texts) if texts else None
            values = [_value(cell) for cell in row] + [None] * (width - len(row))
            if written:
                self._refuse_unstored(number, wanted, row, written)
            if all(value is None for value in values):
                continue
            if fault := self._fault(number, first, wanted, row, values):
                self.faults.append(fault)
                continue
            self.records.append(values)
            self.numbers.append(number)
            if len(self.records) == CHUNK_ROWS:
                yield self._chunk()
        yield self._chunk()

    def _read_header(self) -> None:
        """Find the column names: in the declared row, else in the first of the sheet's rows that has all of them."""
        place = f"{self.path.name}, sheet {self.sheet.title!r}"
        rows = itertools.islice(self.sheet.iter_rows(values_only=True), self.form.skip_rows or 0, None)
        candidates = [_trim(plain_names(row)) for row in itertools.islice(rows, SAMPLE_ROWS)]
        filled = [(number, names) for number, names in enumerate(candidates) if names]
        if not filled:
            raise InputRejected(f"{place}: is empty: it has no header")
        number, names = filled[0]
        if self.form.header:
            number, names = -1, list(self.form.header)
        elif self.form.skip_rows is None:
            number, names = next(
                (row for row in filled if set(self.needed) <= {*row[1], *told_apart(row[1])}), filled[0]
            )
        check_header(self.path, names, self.needed)
        self.header, self.above = told_apart(names), number + (self.form.skip_rows or 0)

    def _last_row(self) -> int | None:
        """Last row that is read, None for all; rows without any cell do not count as last ones."""
        if not self.form.last_rows:
            return None
        filled = [
            number
            for number, row in enumerate(self.sheet.iter_rows(values_only=True, max_col=len(self.header)), start=1)
            if any(value is not None for value in row)
        ]
        kept = [number for number in filled if number > self.above + 1 + self.form.units_row][: -self.form.last_rows]
        return kept[-1] if kept else self.above + 1 + self.form.units_row

    def _refuse_merged(self, wanted: list[int]) -> None:
        end = self.parts.last_row - self.form.last_rows
        for block in self.parts.merged:
            hit = next((i for i in wanted if block.first_column <= i + 1 <= block.last_column), None)
            if hit is not None and block.last_row > self.above + 1 and block.first_row <= end:
                raise InputRejected(
                    f"{self.path.name}, rows {block.first_row} to {block.last_row}, column {self.header[hit]!r}: "
                    "merged cells, of which only the first holds a value; unmerge them and fill each"
                )

    def _refuse_unstored(self, number: int, wanted: list[int], row: Any, written: Any) -> None:
        for i in wanted:
            is_formula = i < len(written) and written[i].data_type == "f"
            if is_formula and row[i].value is None and row[i].data_type not in ("s", "str"):
                raise InputRejected(
                    f"{self.path.name}, row {number}, column {self.header[i]!r}: a formula without a stored result; "
                    "open the workbook in Excel, save it, or export values"
                )

    def _fault(self, number: int, first: int, wanted: list[int], row: Any, values: list[Any]) -> Fault | None:
        for i in wanted:
            if i < len(row) and row[i].data_type == "e":
                return number, self.header[i], N_("the cell holds an Excel error"), "1×<error>"
            if isinstance(values[i], int | float) and abs(values[i]) >= EXCEL_DIGITS:
                reason = N_("too long for a number cell, its last digits are lost; export it as text")
                return number, self.header[i], reason, f"{len(str(int(values[i])))}×<digit>"
        if number == first and not self.form.units_row and is_units(values):
            return number, "", N_("looks like a row of units; set 'units_row: true' if it is one"), f"{len(row)} cells"
        return None

    def _stated(self) -> list[Stated]:
        stated = [("sheet", self.sheet.title, "declared" if self.form.sheet else "detected")]
        if self.sheet.sheet_state != "visible":
            stated.append(("hidden_sheet", "read", "detected"))
        if self.above:
            how = "detected" if self.form.skip_rows is None else "declared"
            stated.append(("skip_rows", str(self.above), how))
        if self.parts.hidden_rows:
            stated.append(("hidden_rows_read", str(self.parts.hidden_rows), "detected"))
        return [*stated, *always_declared(self.form)]

    def _chunk(self) -> Chunk:
        columns = zip(*self.records, strict=True) if self.records else ((),) * len(self.header)
        cells = {name: _column(list(column)) for name, column in zip(self.header, columns, strict=True)}
        stated = self._stated() if self.is_first else ()
        chunk = Chunk(pd.DataFrame(cells), np.array(self.numbers, dtype="int64"), self.faults, stated)
        self.records, self.numbers, self.faults, self.is_first = [], [], [], False
        return chunk


def _sheet(path: Path, book: Any, wanted: str | None) -> str:
    """The named sheet, else the only one; a hidden one is never taken for the only one among several."""
    names = book.sheetnames
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None or wanted not in names:
        problem = f"has no sheet {wanted!r}" if wanted else "has several sheets"
        shown = [name if book[name].sheet_state == "visible" else f"{name} (hidden)" for name in names]
        raise InputRejected(f"{path.name} {problem}: set 'sheet' to one of {', '.join(shown)}")
    return wanted


def _trim(header: list[str]) -> list[str]:
    """Header without the empty cells that Excel keeps to the right of it."""
    while header and not header[-1]:
        header.pop()
    return header


def _value(cell: Any) -> Any:
    """Value of a cell; a whole number formatted as ``00000`` or ``"K-"0000`` as the text that is shown."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = cell.number_format
        if shown and len(shown) > 1 and value == int(value) and value >= 0:
            if not shown.strip("0"):
                return str(int(value)).zfill(len(shown))
            if parts := _PREFIXED.fullmatch(shown):
                prefix = parts[1] if parts[1] is not None else parts[2].replace("\\", "")
                return prefix + str(int(value)).zfill(len(parts[3]))
    return value


def _column(values: list[Any]) -> pd.Series:
    """A column with the type all its values share; mixed ones keep each value's own."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {str}:
        return pd.Series(values, dtype="str")
    if kinds <= {datetime, date}:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")), dtype="datetime64[us]")
    return pd.Series(values, dtype="object")
