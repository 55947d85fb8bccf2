"""How a CSV file is written: encoding, delimiter and where its column names stand, declared or proved by the file."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputRejected
from ..config.dataset import FileFormat
from ..parsing.cleaning import INVISIBLE
from . import encodings
from .chunks import Stated, told_apart

DELIMITERS = (",", ";", "\t", "|")
# Rows of a banner above the column names are few, and what tells a delimiter shows in as many rows.
SAMPLE_ROWS = 50
# Enough for as many rows of any honest file; a longer first line is not split for a guess.
_SAMPLE_CHARACTERS = 1 << 18
_UNIT = re.compile(
    r"\[[^\]]*\]|\([^)]*\)|-|–|eur|€|usd|\$|gbp|£|chf|t?eur|%|kg|g|m²?|km|cm|l|st(ü|ue)?ck|stk\.?|pcs|h|min|s|"
    r"yyyy-mm-dd|jjjj-mm-tt|(dd|tt)\.mm\.(yyyy|jjjj)|text|string|number|zahl|integer|date|datum",
    re.IGNORECASE,
)
_OTHER_FILES = {
    b"PK\x03\x04": ("a workbook or zip archive", "say 'format: excel', or unpack it"),
    b"\xd0\xcf\x11\xe0": ("an old .xls or a protected workbook", "save it as .xlsx without a password"),
    b"PAR1": ("a Parquet file", "say 'format: parquet'"),
    b"\x1f\x8b": ("a gzip archive", "unpack it"),
    b"%PDF": ("a PDF", "export the table itself"),
}


@dataclass(frozen=True)
class Dialect:
    """How one CSV file is written.

    Parameters
    ----------
    encoding, delimiter : str
        As Python's codecs and csv know them.
    above : int
        Physical lines above the column names.
    stated : sequence of (property, value, how)
        The same for people, with what was declared and what detected.
    """

    encoding: str
    delimiter: str
    above: int
    stated: Sequence[Stated]


def dialect_of(path: Path, form: FileFormat, needed: Collection[str]) -> Dialect:
    """Dialect of a CSV file.

    The delimiter and the place of the column names are known if exactly one delimiter gives a row among the first
    fifty that has all the columns that are read.

    Raises
    ------
    InputRejected
        If it is another kind of file, or encoding or delimiter can be told in more than one way.
    """
    refuse_other_files(path)
    encoding = form.encoding or encodings.detect(path)
    if form.encoding and encodings.hidden_utf8(path, encoding):
        raise InputRejected(f"{path.name} is UTF-8, not {encoding}; set 'encoding: utf-8' in dataset.yaml")
    delimiter, above = form.delimiter, form.skip_rows
    if delimiter is None or above is None:
        delimiter, above = _layout(path, python_encoding(encoding), form, needed)
    stated = [_stated("encoding", encoding, form.encoding), _stated("delimiter", delimiter, form.delimiter)]
    if above:
        stated.append(_stated("skip_rows", str(above), form.skip_rows))
    return Dialect(python_encoding(encoding), delimiter, above, [*stated, *always_declared(form)])


def always_declared(form: FileFormat) -> list[Stated]:
    """What is never detected, where it is declared."""
    rows = [("units_row", str(form.units_row), "declared")] if form.units_row else []
    return rows + ([("last_rows", str(form.last_rows), "declared")] if form.last_rows else [])


def python_encoding(encoding: str) -> str:
    """Codec that also takes the mark away with which a file may begin."""
    return "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding


def plain_names(cells: Sequence[object]) -> list[str]:
    """Cells of a header as names: without blanks around them and characters that nobody sees, letters composed."""
    import unicodedata

    texts = ("" if cell is None else str(cell) for cell in cells)
    return [unicodedata.normalize("NFC", INVISIBLE.sub("", text).strip()) for text in texts]


def is_units(cells: Sequence[object]) -> bool:
    """Whether the first row below the column names holds units: all that is written in it is one.

    >>> is_units(["", "EUR", "[kg]"]), is_units(["1", "EUR"]), is_units(["", None])
    (True, False, False)
    """
    texts = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
    return bool(texts) and all(_UNIT.fullmatch(text) for text in texts)


def refuse_other_files(path: Path) -> None:
    """Refuse what is no text table, whatever its name says.

    Raises
    ------
    InputRejected
        Says what it is and how to read it.
    """
    with path.open("rb") as file:
        start = file.read(512)
    for mark, (what, remedy) in _OTHER_FILES.items():
        if start.startswith(mark):
            raise InputRejected(f"{path.name} is {what}, not a CSV file; {remedy}")
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|table|\?xml)", start, re.IGNORECASE):
        raise InputRejected(f"{path.name} is an HTML or XML page, not a CSV file; export the table itself")


def _stated(name: str, value: str, declared: object) -> Stated:
    return name, "\\t" if value == "\t" else value, "detected" if declared is None else "declared"


def _layout(path: Path, encoding: str, form: FileFormat, needed: Collection[str]) -> tuple[str, int]:
    """Delimiter and number of lines above the column names."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            text = file.read(_SAMPLE_CHARACTERS)
    except UnicodeError:
        return form.delimiter or ",", form.skip_rows or 0  # told with its line when the file is read
    candidates = DELIMITERS if form.delimiter is None else (form.delimiter,)
    tables = {delimiter: _sample(text, delimiter, form.skip_rows) for delimiter in candidates}
    if form.header:  # without a row of names its width tells
        width = len(form.header)
        wide = (sign for sign, (records, _) in tables.items() if records and len(records[0]) == width)
        return next(wide, candidates[0]), form.skip_rows or 0
    found = {
        delimiter: place
        for delimiter, (records, lines) in tables.items()
        if (place := _names_at(records, lines, needed)) is not None
    }
    if not found:
        delimiter = max(candidates, key=lambda sign: len(tables[sign][0][0]) if tables[sign][0] else 0)
        return delimiter, form.skip_rows or 0
    if len(found) > 1:
        fits = {sign: place for sign, place in found.items() if _is_even(tables[sign][0], place[0])}
        found = fits if fits else found
        widths = {len(tables[sign][0][place[0]]) for sign, place in found.items()}
        if len(found) > 1 and widths != {1}:
            signs = " or ".join(repr(sign) for sign in found)
            raise InputRejected(f"{path.name}, header: its delimiter may be {signs}; set 'delimiter' in dataset.yaml")
    delimiter, (_, line) = next(iter(found.items()))
    return delimiter, line if form.skip_rows is None else form.skip_rows


def _sample(text: str, delimiter: str, skipped: int | None) -> tuple[list[list[str]], list[int]]:
    """First records of a text and the physical lines above each."""
    lines = text.splitlines(keepends=True)
    if len(text) == _SAMPLE_CHARACTERS:
        lines = lines[:-1] or lines
    records: list[list[str]] = []
    above: list[int] = []
    reader = csv.reader(itertools.islice(lines, skipped or 0, None), delimiter=delimiter)
    start = skipped or 0
    try:
        for record in itertools.islice(reader, SAMPLE_ROWS):
            records.append(record)
            above.append(start)
            start = reader.line_num + (skipped or 0)
    except csv.Error:
        pass  # told with its line when the file is read
    return records, above


def _names_at(records: list[list[str]], above: list[int], needed: Collection[str]) -> tuple[int, int] | None:
    """Record that holds all the names that are read, and the lines above it."""
    for position, record in enumerate(records):
        names = plain_names(record)
        if set(needed) <= {*names, *told_apart(names)}:
            return position, above[position]
    return None


def _is_even(records: list[list[str]], place: int) -> bool:
    """Whether all rows below the column names are as wide as those."""
    return all(len(record) == len(records[place]) for record in records[place + 1 :] if record)
