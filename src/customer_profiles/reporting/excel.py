"""All published tables of a report as one workbook, safe to open."""

from __future__ import annotations

import io
import math
import re
import textwrap
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import EnvironmentFailed
from ..messages import N_, is_missing
from .labels import column
from .language import Language

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV injection"
LONGEST_NAME = 31  # characters of a sheet's name, Excel's limit
LONGEST_CELL = 32_767  # characters of a cell, Excel's limit
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
FORMATS = {
    "count": "#,##0", "share": "0.0%", "part": "0%", "index": "0", "points": "+#,##0;-#,##0;0", "ratio": "0.00",
    "p_value": "0.000", "day": "yyyy-mm-dd", "month": "yyyy-mm", "short_month": "yyyy-mm",
}  # fmt: skip
OPEN = ("money", "number")  # units with decimals where they are needed
UNIT, OF_ROW = "kind", ("value", "value_before", "change")  # column that has the unit of these, row by row
NARROWEST, WIDEST = 10, 48  # characters of a column
MEASURED = 202  # rows by which the width of a column is told
ON_PAPER = 215  # characters side by side on a landscape A4, so small that they can just be read
WHOLE_FROM = 100  # numbers of which cents and tenths only add clutter
A4 = 9  # in the numbering of OOXML, 18.18.57
CONTENTS = (N_("Sheet"), N_("What it shows"), N_("Chapter"), N_("Rows"), N_("For the board"))
# The zip and the document's properties would carry the moment of writing: equal reports must be equal files.
MOMENT = datetime(2000, 1, 1)


@dataclass(frozen=True)
class Sheet:
    """A published table on its way into the workbook.

    Parameters
    ----------
    title : str
        In the language of the report; the name of the sheet is made from it.
    frame : DataFrame
    chapter : str
        What the chapter that made it is called.
    leads : bool
        Whether a board needs it first.
    """

    title: str
    frame: pd.DataFrame
    chapter: str = ""
    leads: bool = False


def write_workbook(path: Path, tables: Sequence[Sheet], language: Language) -> None:
    """Write one sheet per table after a list of all of them, those first that a board needs first.

    Parameters
    ----------
    path : Path
        The workbook, ``.xlsx``.
    tables : sequence of Sheet
    language : Language
        Of headings and names.

    Raises
    ------
    EnvironmentFailed
        If the file cannot be written.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    book = Workbook()
    contents = book.active
    assert contents is not None  # a new book has one sheet
    contents.title = sheet_name(language.translate(N_("Contents")), set())
    contents.append([language.translate(heading) for heading in CONTENTS])
    taken = {contents.title.lower()}
    for table in sorted(tables, key=lambda table: not table.leads):
        sheet = book.create_sheet(sheet_name(shortened(table.title), taken))
        taken.add(sheet.title.lower())
        _fill(sheet, table.title, table.frame, language)
        _set_up(sheet, "2:2", landscape=True)
        first = language.translate(N_("read first")) if table.leads else None
        contents.append([safe(sheet.title), safe(table.title), safe(table.chapter), len(table.frame), first])
        cell = contents.cell(contents.max_row, 1)
        place = sheet.title.replace("'", "''")
        cell.hyperlink, cell.style = Hyperlink(ref=cell.coordinate, location=f"'{place}'!A1"), "Hyperlink"
    for letter, width in zip("ABCDE", (34, 80, 26, 10, 14), strict=True):
        contents.column_dimensions[letter].width = width
        contents[f"{letter}1"].font = Font(bold=True)
    contents.freeze_panes, contents.auto_filter.ref = "A2", contents.dimensions
    _set_up(contents, "1:1", landscape=False)
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
    clean = " ".join(FORBIDDEN.sub(" ", name).strip("'=+-@ ").split())[:LONGEST_NAME] or "table"
    candidate, count = clean, 1
    while candidate.lower() in taken:
        count += 1
        candidate = f"{clean[: LONGEST_NAME - len(str(count)) - 1]} {count}"
    return candidate


def shortened(title: str) -> str:
    """What of a title can name a sheet: its first part if that says enough, else as many words as there is room for.

    >>> shortened("Best rules, all customers"), shortened("Customers, by the day since they were first seen")
    ('Best rules', 'Customers, by the day since…')
    """
    first = re.split(r"[,:;(]", title, maxsplit=1)[0].strip()
    words = first if " " in first else title
    return textwrap.shorten(words, LONGEST_NAME, placeholder="…") if len(words) > LONGEST_NAME else words


def _fill(sheet: Worksheet, title: str, frame: pd.DataFrame, language: Language) -> None:
    """Title, headings and rows of a table; names in words, numbers as numbers in their unit."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    shown = [str(name) for name in frame.columns if name != "suppressed"]
    numeric = {name: pd.api.types.is_numeric_dtype(frame[name]) for name in shown}
    kinds = {name: column(name, numeric=numeric[name]).kind for name in shown}
    sheet.append([safe(title)])
    sheet.append([safe(_heading(name, language)) for name in shown])
    for row in frame[shown].itertuples(index=False, name=None):
        words = {n for n in shown if kinds[n] == "segment" or (kinds[n] in ("label", "value") and not numeric[n])}
        named = zip(shown, row, strict=True)
        sheet.append([safe(language.format(kinds[n], v) if n in words and not is_missing(v) else v) for n, v in named])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.freeze_panes = "A3"
    for i, name in enumerate(shown, start=1):
        heading = sheet.cell(2, i)
        heading.font, heading.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        for row, number_format in enumerate(_formats(name, kinds[name], frame, language), start=3):
            if number_format:
                sheet.cell(row, i).number_format = number_format
        longest = max(map(len, str(heading.value).split()), default=0)
        if kinds[name] == "segment" or (kinds[name] in ("text", "label", "value") and not numeric[name]):
            measured = range(3, min(MEASURED, sheet.max_row + 1))
            longest = max([longest, *(len(str(sheet.cell(row, i).value or "")) for row in measured)])
        sheet.column_dimensions[get_column_letter(i)].width = min(max(longest, NARROWEST) + 2, WIDEST)
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(shown))}{sheet.max_row}"


def _set_up(sheet: Worksheet, repeated: str, landscape: bool) -> None:
    """How a sheet prints: on as few pages side by side as can be read, its headings on each of them, numbered."""
    from openpyxl.worksheet.properties import PageSetupProperties

    wide = sum(dimension.width for dimension in sheet.column_dimensions.values())
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = math.ceil(wide / ON_PAPER), 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows, sheet.print_title_cols = repeated, "A:A"
    for part, text in (("center", "&A"), ("right", "&P / &N")):
        getattr(sheet.oddFooter, part).text = text


def _heading(name: str, language: Language) -> str:
    """Heading of a column; the ends of an interval are named after their estimate."""
    base, _, end = name.rpartition("_")
    if base and end in ("low", "high"):
        words = language.translate(N_("lower end, 95%") if end == "low" else N_("upper end, 95%"))
        return f"{_heading(base, language)} ({words})"
    return language.heading(name)


def _formats(name: str, kind: str, frame: pd.DataFrame, language: Language) -> list[str | None]:
    """Number format of each row of a column by its unit, None for words.

    In a table of key figures each row has a unit of its own, see `UNIT`.
    """
    base, _, end = name.rpartition("_")
    measure, kind = (base, column(base).kind) if end in ("low", "high") else (name, kind)
    if measure in OF_ROW and UNIT in frame and set(frame[UNIT]) <= {*FORMATS, *OPEN}:
        return [_format(str(unit), frame.loc[[row], name], language) for row, unit in frame[UNIT].items()]
    return [_format(kind, frame[name], language)] * len(frame)


def _format(kind: str, values: pd.Series, language: Language) -> str | None:
    """Number format of a unit; whether decimals are needed is told by the numbers."""
    if kind not in OPEN:
        return FORMATS.get(kind)
    known = pd.to_numeric(values, errors="coerce").dropna()
    whole = bool((known % 1 == 0).all() or (known.abs() >= WHOLE_FROM).all())
    if kind == "money":
        return language.money_format(0 if whole else 2)
    return "#,##0" if whole else "#,##0.00"


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
