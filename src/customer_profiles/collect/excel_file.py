"""Excel workbooks, read as a stream: values as Excel last computed them, never recomputed or guessed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputRejected
from ..messages import N_
from .chunks import CHUNK_ROWS, Chunk, Fault, check_header
from .config import FileFormat


def read_excel(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a sheet: numbers, days and booleans typed, everything else as text.

    A number shown with leading zeros by a format such as ``00000`` is the text one sees. An error such as
    ``#N/A`` in a column that is read is a fault of that row.

    Raises
    ------
    InputRejected
        If the workbook cannot be opened, has several sheets and none is named, or holds a formula whose result
        was never stored.
    """
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(path, read_only=True) if _has_formulas(path) else None
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InputRejected(f"{path.name} is not a readable .xlsx workbook: {error}") from None
    try:
        name = _sheet(path, book.sheetnames, form.sheet)
        formula_rows = formulas[name].iter_rows() if formulas else None
        header: list[str] = []
        records: list[list[Any]] = []
        numbers: list[int] = []
        faults: list[Fault] = []
        for number, row in enumerate(book[name].iter_rows(), start=1):
            texts = next(formula_rows) if formula_rows else None
            values = [_value(cell) for cell in row]
            if not header:
                header = _trim([str(value).strip() if value is not None else "" for value in values])
                check_header(path, header, needed)
                wanted = [i for i, title in enumerate(header) if title in needed]
                continue
            values += [None] * (len(header) - len(values))
            if texts:
                _refuse_unstored(path, number, header, wanted, values, texts)
            if all(value is None for value in values):
                continue
            wrong = next((i for i in wanted if i < len(row) and row[i].data_type == "e"), None)
            if wrong is not None:
                faults.append((number, header[wrong], N_("the cell holds an Excel error"), str(values[wrong])))
                continue
            records.append(values[: len(header)])
            numbers.append(number)
            if len(records) == CHUNK_ROWS:
                yield _chunk(header, records, numbers, faults)
                records, numbers, faults = [], [], []
        if not header:
            raise InputRejected(f"{path.name}, sheet {name!r}: is empty: it has no header")
        yield _chunk(header, records, numbers, faults)
    finally:
        book.close()
        if formulas:
            formulas.close()


def _sheet(path: Path, names: list[str], wanted: str | None) -> str:
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        problem = f"has no sheet {wanted!r}" if wanted else "has several sheets"
        raise InputRejected(f"{path.name} {problem}: set 'sheet' to one of {', '.join(names)}")
    return wanted


def _trim(header: list[str]) -> list[str]:
    """Header without the empty cells that Excel keeps to the right of it."""
    while header and not header[-1]:
        header.pop()
    return header


def _value(cell: Any) -> Any:
    """Value of a cell; a whole number formatted as ``00000`` as the digits that are shown."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = cell.number_format
        if shown and len(shown) > 1 and not shown.strip("0") and value == int(value):
            return str(int(value)).zfill(len(shown))
    return value


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
        for name in sheets:
            with book.open(name) as sheet:
                tail = b""
                while block := sheet.read(1 << 20):
                    if b"<f>" in tail + block or b"<f " in tail + block:
                        return True
                    tail = block[-3:]
    return False


def _refuse_unstored(
    path: Path, number: int, header: list[str], wanted: list[int], values: list[Any], texts: Any
) -> None:
    for i in wanted:
        if i < len(texts) and texts[i].data_type == "f" and values[i] is None:
            raise InputRejected(
                f"{path.name}, row {number}, column {header[i]!r}: a formula without a stored result; "
                "open the workbook in Excel, save it, or export values"
            )


def _chunk(header: list[str], records: list[list[Any]], numbers: list[int], faults: list[Fault]) -> Chunk:
    columns = zip(*records, strict=True) if records else ((),) * len(header)
    cells = {name: _column(list(column)) for name, column in zip(header, columns, strict=True)}
    return Chunk(pd.DataFrame(cells), np.array(numbers, dtype="int64"), faults)


def _column(values: list[Any]) -> pd.Series:
    """A column with the type all its values share; mixed ones keep each value's own."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {str}:
        return pd.Series(values, dtype="str")
    if kinds <= {datetime, date}:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")), dtype="datetime64[us]")
    return pd.Series(values, dtype="object")
