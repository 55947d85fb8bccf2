"""All published tables of a report as one workbook, safe to open."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import EnvironmentFailed
from ..messages import N_
from .labels import Column, column
from .language import Language, is_missing

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV injection"
LONGEST_NAME = 31  # characters of a sheet's name, Excel's limit
LONGEST_CELL = 32_767  # characters of a cell, Excel's limit
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
FORMATS = {"count": "#,##0", "share": "0.0%", "day": "yyyy-mm-dd", "month": "yyyy-mm", "p_value": "0.000"}
WIDEST = 48  # characters
# The zip and the document's properties would carry the moment of writing: equal reports must be equal files.
MOMENT = datetime(2000, 1, 1)


def write_workbook(path: Path, tables: Mapping[str, tuple[str, pd.DataFrame]], language: Language) -> None:
    """Write one sheet per table, after a list of all of them.

    Parameters
    ----------
    path : Path
        The workbook, ``.xlsx``.
    tables : mapping of str to (str, DataFrame)
        Name, title and rows of each published table.
    language : Language
        Of headings and names.

    Raises
    ------
    EnvironmentFailed
        If the file cannot be written.
    """
    from openpyxl import Workbook
    from openpyxl.worksheet.hyperlink import Hyperlink

    book = Workbook()
    contents = book.active
    assert contents is not None  # a new book has one sheet
    contents.title = sheet_name(language.translate(N_("Tables")), set())
    taken = {contents.title.lower()}
    for name, (title, frame) in tables.items():
        sheet = book.create_sheet(sheet_name(name, taken))
        taken.add(sheet.title.lower())
        _fill(sheet, title, frame, language)
        contents.append([sheet.title, safe(title)])
        cell = contents.cell(contents.max_row, 1)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet.title}'!A1")
    contents.column_dimensions["A"].width, contents.column_dimensions["B"].width = 34, 80
    book.properties.creator = "customer-profiles"
    book.properties.created = book.properties.modified = MOMENT
    try:
        path.write_bytes(_timeless(book))
    except OSError as error:
        raise EnvironmentFailed(f"{path.name} cannot be written to {path.parent}: {error.strerror}") from error


def safe(value: object) -> Any:
    """A value for a cell: texts never start a formula, signs that Excel refuses are left out.

    >>> safe("=1+1"), safe("−4"), safe(3)
    ("'=1+1", '−4', 3)
    """
    if is_missing(value):
        return None
    if isinstance(value, str):
        text = CONTROL.sub("", value)[: LONGEST_CELL - 1]
        return "'" + text if text.lstrip(" \n").startswith(FORMULA_STARTS) else text
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) if not isinstance(value, pd.Timestamp) else _naive(value)
    if isinstance(value, bool | int | float | date):
        return value
    return value.item() if hasattr(value, "item") else safe(str(value))


def sheet_name(name: str, taken: set[str]) -> str:
    """A name for a sheet that Excel accepts and that differs from `taken` (in lower case).

    >>> sheet_name("pains/by:group", {"pains by group"})
    'pains by group 2'
    """
    clean = " ".join(FORBIDDEN.sub(" ", name).strip("' ").split())[:LONGEST_NAME] or "table"
    candidate, count = clean, 1
    while candidate.lower() in taken:
        count += 1
        candidate = f"{clean[: LONGEST_NAME - len(str(count)) - 1]} {count}"
    return candidate


def _fill(sheet: Worksheet, title: str, frame: pd.DataFrame, language: Language) -> None:
    """Title, headings and rows of a table; names in words, numbers as numbers."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    shown = [str(name) for name in frame.columns if name != "suppressed"]
    columns = [column(name, numeric=pd.api.types.is_numeric_dtype(frame[name])) for name in shown]
    sheet.append([safe(title)])
    sheet.append([safe(_heading(name, language)) for name in shown])
    for row in frame[shown].itertuples(index=False, name=None):
        cells = zip(row, columns, strict=True)
        sheet.append([safe(_cell(v, c, language)) for v, c in cells])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.freeze_panes = "A3"
    for i, (name, kind) in enumerate(zip(shown, columns, strict=True), start=1):
        heading = sheet.cell(2, i)
        heading.font, heading.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        longest = max((len(str(v)) for v in frame[name].head(200)), default=0)
        sheet.column_dimensions[get_column_letter(i)].width = min(max(longest + 2, 12), WIDEST)
        if number_format := _format(name, kind.kind):
            for row in range(3, sheet.max_row + 1):
                sheet.cell(row, i).number_format = number_format


def _cell(value: object, column: Column, language: Language) -> object:
    words = column.kind in ("label", "value") and not is_missing(value)
    return language.format(column.kind, value) if words else value


def _heading(name: str, language: Language) -> str:
    """Heading of a column; the ends of an interval are named after their estimate."""
    base, _, end = name.rpartition("_")
    if base and end in ("low", "high"):
        words = language.translate(N_("lower end, 95%") if end == "low" else N_("upper end, 95%"))
        return f"{_heading(base, language)} ({words})"
    return language.label(name) if name in language.labels else language.translate(column(name).label)


def _format(name: str, kind: str) -> str | None:
    base, _, end = name.rpartition("_")
    return FORMATS.get(column(base).kind if end in ("low", "high") else kind)


def _naive(moment: pd.Timestamp) -> datetime:
    return moment.tz_localize(None).to_pydatetime(warn=False)


def _timeless(book: Any) -> bytes:
    """The workbook's bytes without the time of writing."""
    from openpyxl.writer.excel import ExcelWriter

    written, result = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(written, "w")).save()  # Workbook.save would set the time of modification
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, MOMENT.timetuple()[:6]), old.read(name), zipfile.ZIP_DEFLATED)
    return result.getvalue()
