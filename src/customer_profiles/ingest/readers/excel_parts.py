"""What a workbook's raw parts tell before and beside its cells: bombs, merged cells, hidden rows."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.parsers import expat

from ...errors import InputRejected

# Sheets pack to a tenth or a thirtieth; a part that packs a hundred times as small and is large is made to fill memory.
MOST_PACKED, LARGE = 100, 20_000_000
MOST_UNPACKED = 4_000_000_000
_BLOCK = 1 << 20
_REFERENCE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*>")
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_NUMBER = re.compile(rb'\sr="(\d+)"')


@dataclass(frozen=True)
class Merged:
    """A block of merged cells; rows and columns from 1, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """What a sheet's part holds besides its cells."""

    merged: tuple[Merged, ...]
    hidden_rows: int
    last_row: int
    has_formulas: bool


def refuse_damaged(path: Path) -> None:
    """Refuse a file that is no workbook, or one that would fill the memory when it is unpacked.

    Raises
    ------
    InputRejected
        Says what it is instead, and what to do.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start != b"PK\x03\x04":
        _refuse_no_workbook(path)
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            for part in parts:
                if part.file_size > LARGE and part.file_size > MOST_PACKED * max(part.compress_size, 1):
                    raise InputRejected(
                        f"{path.name}, part {part.filename}: {part.compress_size} bytes unpack to {part.file_size}; "
                        "no sheet packs so well, export it again"
                    )
            if sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise InputRejected(f"{path.name} unpacks to more than {MOST_UNPACKED} bytes; export it as CSV")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with book.open(part) as file:
                        if _has_document_type(file):
                            raise InputRejected(
                                f"{path.name}, part {part.filename}: has a document type, which no workbook has; "
                                "export it again"
                            )
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        raise InputRejected(
            f"{path.name} is not a readable .xlsx workbook: it is cut off or damaged; copy or export it again"
        ) from None


def _has_document_type(part: IO[bytes]) -> bool:
    """Whether an XML file says one before its first element, in whatever encoding."""
    parser, found = expat.ParserCreate(), list[bool]()
    parser.StartDoctypeDeclHandler = lambda *_: found.append(True)
    parser.StartElementHandler = lambda *_: found.append(False)
    with suppress(expat.ExpatError):  # said by whoever reads it
        while not found and (block := part.read(4096)):
            parser.Parse(block)
    return found[:1] == [True]


def _refuse_no_workbook(path: Path) -> None:
    what, remedy = "it is no zip archive", "export it again"
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        what = "it is empty"
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        what, remedy = "it is an old .xls or has a password", "save it as .xlsx without a password"
    elif re.match(rb"(\xef\xbb\xbf)?\s*<", start):
        what, remedy = "it is an HTML or XML page", "open it in Excel and save it as .xlsx"
    elif b"\0" not in start and re.search(rb"[,;\t|]", start):
        what, remedy = "it is a text file", "say 'format: csv' if it is a CSV file"
    raise InputRejected(f"{path.name} is not a readable .xlsx workbook: {what}; {remedy}")


def sheet_parts(path: Path, part: str) -> Sheet:
    """What a sheet's part holds besides its cells, read as a stream.

    Parameters
    ----------
    path : Path
        The workbook.
    part : str
        Name of the sheet's part in its archive.
    """
    merged: list[Merged] = []
    hidden = last = 0
    has_formulas = False
    with zipfile.ZipFile(path) as book, book.open(part.lstrip("/")) as sheet:
        rest = b""
        while block := sheet.read(_BLOCK):
            text = rest + block
            end = text.rfind(b">") + 1
            done, rest = text[:end], text[end:]
            has_formulas = has_formulas or bool(re.search(rb"<(?:\w+:)?f[\s>/]", done))
            for row in _ROW.findall(done):
                hidden += bool(_HIDDEN.search(row))
                if number := _NUMBER.search(row):
                    last = int(number[1])
            for left, top, right, bottom in _REFERENCE.findall(done):
                merged.append(Merged(int(top), _number(left), int(bottom), _number(right)))
    return Sheet(tuple(merged), hidden, last, has_formulas)


def _number(letters: bytes) -> int:
    """Number of a column, from 1.

    >>> _number(b"A"), _number(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
