"""CSV files, read strictly: a quote that is never closed is an error, not half a million swallowed rows."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputRejected
from ..messages import N_
from .chunks import CHUNK_ROWS, Chunk, Fault, check_header
from .config import FileFormat

# No cell of a customer export is longer; a longer one is an unclosed quote.
LONGEST_CELL = 1_000_000
_BLOCK = 1 << 20


def read_csv(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a CSV file, every cell as text.

    Rows with too few or too many cells or with a NUL byte are faults of the row; blank lines are no rows.

    Raises
    ------
    InputRejected
        If the encoding, the header or the quoting is wrong; names file and line.
    """
    encoding = "utf-8-sig" if codecs.lookup(form.encoding).name == "utf-8" else form.encoding
    _refuse_hidden_utf8(path, form)
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=form.delimiter, strict=True)
        start = 1
        try:
            header = [name.strip() for name in next(reader, [])]
            if not header:
                raise InputRejected(f"{path.name} is empty: it has no header")
            hint = f" Is {form.delimiter!r} its delimiter?" if len(header) == 1 else ""
            check_header(path, header, needed, hint)
            rows: list[list[str]] = []
            lines: list[int] = []
            faults: list[Fault] = []
            start = reader.line_num + 1
            for row in reader:
                if row:
                    fault = _fault(row, len(header))
                    if fault:
                        faults.append((start, "", *fault))
                    else:
                        rows.append(row)
                        lines.append(start)
                start = reader.line_num + 1
                if len(rows) == CHUNK_ROWS:
                    yield _chunk(header, rows, lines, faults)
                    rows, lines, faults = [], [], []
            yield _chunk(header, rows, lines, faults)
        except csv.Error as error:
            problem = "a quote is opened and never closed" if _is_open_quote(error) else str(error)
            raise InputRejected(f"{path.name}, line {start}: {problem}; mend the quoting in the export") from None
        except UnicodeError:
            line, hint = _first_undecodable(path, form.encoding)
            raise InputRejected(
                f"{path.name}, line {line}: not {form.encoding} text{hint}; set 'encoding' in dataset.yaml"
            ) from None


def _fault(row: list[str], width: int) -> tuple[str, str] | None:
    if len(row) != width:
        return f"{len(row)} cells where the header has {width}", f"{len(row)} cells"
    if any("\0" in cell for cell in row):
        return N_("contains a NUL byte"), "1×<NUL>"
    return None


def _chunk(header: list[str], rows: list[list[str]], lines: list[int], faults: list[Fault]) -> Chunk:
    columns = zip(*rows, strict=True) if rows else ((),) * len(header)
    cells = {name: pd.array(list(column), dtype="str") for name, column in zip(header, columns, strict=True)}
    return Chunk(pd.DataFrame(cells), np.array(lines, dtype="int64"), faults)


def _is_open_quote(error: csv.Error) -> bool:
    return "unexpected end" in str(error) or "field larger" in str(error)


def _refuse_hidden_utf8(path: Path, form: FileFormat) -> None:
    """Refuse UTF-8 that is declared as a one-byte encoding: it would decode, into nonsense.

    A text with characters beyond ASCII that is valid UTF-8 throughout is UTF-8 for all practical purposes.
    """
    if codecs.lookup(form.encoding).name in {"utf-8", "utf-8-sig", "ascii"} or form.encoding.lower().startswith("utf"):
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    beyond_ascii = False
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                beyond_ascii = not decoder.decode(block).isascii() or beyond_ascii
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return
    if beyond_ascii:
        raise InputRejected(f"{path.name} is UTF-8, not {form.encoding}; set 'encoding: utf-8' in dataset.yaml")


def _first_undecodable(path: Path, encoding: str) -> tuple[int, str]:
    """Line of the first bytes that the encoding does not know, and what they may be instead."""
    with path.open("rb") as file:
        start = file.read(2)
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return 1, " (it begins like utf-16)"
        file.seek(0)
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number, " (cp1252 would fit)" if encoding.lower().startswith("utf") else ""
    return 1, ""
