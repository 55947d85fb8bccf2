"""CSV files, read strictly: a quote that is never closed is an error, not half a million swallowed rows."""

from __future__ import annotations

import csv
import itertools
import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ...messages import N_
from ..config.dataset import FileFormat
from ..regular.proof import is_regular
from ..regular.reader import read_rows
from .chunks import CHUNK_ROWS, Chunk, Fault, Stated, check_header, told_apart
from .dialect import Dialect, dialect_of, is_units, plain_names
from .encodings import first_undecodable

# No cell of a customer export is longer; a longer one is an unclosed quote.
LONGEST_CELL = 4_000_000  # characters: more than a person writes, and an open quote is noticed soon
_UNIT_ROW = N_("looks like a row of units; set 'units_row: true' if it is one")
_CUT_OFF = N_("the file ends without an end of line, so this row may be cut off; end it with one if it is whole")
# What may be declared of a regular file; whatever else is declared asks for care.
_REGULAR_KEYS = {"path", "format", "encoding", "delimiter", "skip_rows"}
_SWALLOWED = N_("a quote that seems to be closed some rows too late")


def read_csv(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a CSV file, every cell as text.

    Rows with too few or too many cells, with a NUL byte or with other rows inside a cell are faults of the row, and
    so is a last row that may be cut off; blank lines are no rows.

    Raises
    ------
    InputRejected
        If the encoding, the header or the quoting is wrong, or no row is as wide as the header; names file and line.
    """
    if path.stat().st_size == 0:
        raise InputRejected(f"{path.name} is empty: it has no header")
    dialect = dialect_of(path, form, needed)
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=dialect.encoding, newline="") as file:
        table = _Table(path, form, dialect, needed)
        try:
            if (header := _regular_header(path, form, dialect)) is not None:
                yield from table.regular_chunks(header)
            else:
                yield from table.chunks(map(_doubled, file) if form.escape else file)
        except csv.Error as error:
            raise InputRejected(f"{path.name}, line {table.start}: {_quoting(error)}") from None
        except UnicodeError:
            encoding = form.encoding or dialect.encoding.removesuffix("-sig")
            line, hint = first_undecodable(path, encoding)
            raise InputRejected(
                f"{path.name}, line {line}: not {encoding} text{hint}; set 'encoding' in dataset.yaml"
            ) from None


class _Table:
    """The rows of one file on their way into chunks."""

    def __init__(self, path: Path, form: FileFormat, dialect: Dialect, needed: Collection[str]) -> None:
        self.path, self.form, self.dialect, self.needed = path, form, dialect, needed
        self.start = dialect.above + 1
        self.header: list[str] = []
        self.rows: list[list[str]] = []
        self.lines: list[int] = []
        self.faults: list[Fault] = []
        self.is_first = True

    def chunks(self, file: Iterator[str]) -> Iterator[Chunk]:
        """Read all rows; the last ones stay in memory until it is known that they are the last."""
        above = self.dialect.above
        for _ in range(above):
            next(file, "")
        reader = csv.reader(file, delimiter=self.dialect.delimiter, strict=True)
        self._read_header(list(self.form.header) or next(reader, []))
        width, limit = len(self.header), CHUNK_ROWS + self.form.last_rows
        self.start = reader.line_num + 1 + above
        below = self.form.units_row
        units_at = None if self.form.units_row else self.start
        for row in reader:
            end = reader.line_num + above
            if row:
                if below:
                    below -= 1
                elif fault := self._fault(row, width, end, units_at):
                    self.faults.append((self.start, "", *fault))
                else:
                    self.rows.append(row)
                    self.lines.append(self.start)
            self.start = end + 1
            if len(self.rows) >= limit or len(self.faults) >= limit:
                yield self._full()
        self._drop_last()
        self._set_cut_off_aside()
        self._refuse_if_none_fits()
        yield self._chunk()

    def regular_chunks(self, header: list[str]) -> Iterator[Chunk]:
        """The same chunks of a regular file: each line is a row."""
        self._read_header(header)
        above = self.dialect.above + 1
        stated: Sequence[Stated] = self.dialect.stated
        for cells in read_rows(
            self.path, self.dialect.encoding, self.dialect.delimiter, above, self.header, CHUNK_ROWS
        ):
            yield Chunk(cells, np.arange(above + 1, above + 1 + len(cells), dtype="int64"), stated=stated)
            above, stated = above + len(cells), ()

    def _read_header(self, cells: list[str]) -> None:
        self.header = plain_names(cells)
        if not any(self.header):
            raise InputRejected(f"{self.path.name}, line {self.start}: is empty: there is no header")
        hint = f" Is {self.dialect.delimiter!r} its delimiter?" if len(self.header) == 1 else ""
        check_header(self.path, self.header, self.needed, hint)
        self.header = told_apart(self.header)

    def _fault(self, row: list[str], width: int, end: int, units_at: int | None) -> tuple[str, str] | None:
        if len(row) != width:
            return f"{len(row)} cells where the header has {width}", f"{len(row)} cells"
        if "\0" in "".join(row):
            return N_("contains a NUL byte"), "1×<NUL>"
        if end > self.start and _has_swallowed_rows(row, self.dialect.delimiter):
            return _SWALLOWED, f"{end - self.start + 1} lines"
        if self.start == units_at and is_units(row):
            return _UNIT_ROW, f"{len(row)} cells"
        return None

    def _full(self) -> Chunk:
        """A chunk of what is certainly not among the last rows."""
        self._refuse_if_none_fits()
        keep = self.form.last_rows
        rows, lines, faults = self.rows, self.lines, self.faults
        held = sorted([*lines, *(fault[0] for fault in faults)])[-keep] if keep else self.start
        cut = len(lines) - sum(line >= held for line in lines[len(lines) - keep :]) if keep else len(lines)
        self.rows, self.lines, self.faults = rows[:cut], lines[:cut], [f for f in faults if f[0] < held]
        chunk = self._chunk()
        self.rows, self.lines, self.faults = rows[cut:], lines[cut:], [f for f in faults if f[0] >= held]
        return chunk

    def _drop_last(self) -> None:
        for _ in range(self.form.last_rows):
            last_fault = self.faults[-1][0] if self.faults else 0
            last_row = self.lines[-1] if self.lines else 0
            if last_fault > last_row:
                self.faults.pop()
            elif self.lines:
                self.rows.pop()
                self.lines.pop()

    def _set_cut_off_aside(self) -> None:
        """Half a number is a number too: without an end of line, the last cell of a file may be half of one."""
        if self.form.last_rows or not self.rows or self.header[-1] not in self.needed:
            return
        if not _ends_its_line(self.path, self.dialect.encoding) and (
            not self.faults or self.faults[-1][0] < self.lines[-1]
        ):
            self.rows.pop()
            self.faults.append((self.lines.pop(), self.header[-1], _CUT_OFF, "1 row"))

    def _refuse_if_none_fits(self) -> None:
        """Refuse a file in which every row is as wide as the others but not as the header."""
        width = len(self.header)
        widths = {fault[3] for fault in self.faults if fault[2].endswith(f"where the header has {width}")}
        if self.is_first and not self.rows and len(self.faults) > 1 and len(widths) == 1:
            (others,) = widths
            remedy = "is a name missing in the header, or does each row end with a delimiter?"
            if int(others.split()[0]) < width:
                remedy = f"is {self.dialect.delimiter!r} its delimiter, and are all cells exported?"
            raise InputRejected(
                f"{self.path.name}, line {self.faults[0][0]}: every row has {others} where the header has {width}; "
                f"{remedy}"
            )

    def _chunk(self) -> Chunk:
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.header)
        cells = {name: pd.array(list(column), dtype="str") for name, column in zip(self.header, columns, strict=True)}
        stated = self.dialect.stated if self.is_first else ()
        chunk = Chunk(pd.DataFrame(cells), np.array(self.lines, dtype="int64"), self.faults, stated)
        self.rows, self.lines, self.faults, self.is_first = [], [], [], False
        return chunk


def _regular_header(path: Path, form: FileFormat, dialect: Dialect) -> list[str] | None:
    """Column names of a file in which nothing needs care, or None."""
    if not set(FileFormat.model_fields) & form.model_fields_set <= _REGULAR_KEYS:
        return None
    try:
        with path.open(encoding=dialect.encoding, newline="") as file:
            top = list(itertools.islice(file, dialect.above, dialect.above + 2))
        first = list(csv.reader(top, delimiter=dialect.delimiter, strict=True))
    except (csv.Error, UnicodeError):
        return None
    if not first or not first[0] or any(map(is_units, first[1:])):
        return None
    regular = is_regular(path, dialect.encoding, dialect.delimiter, dialect.above, len(first[0]))
    return first[0] if regular else None


def _doubled(line: str) -> str:
    """A line with quotes inside cells doubled instead of behind a backslash."""
    return re.sub(r'\\(["\\])', lambda found: '""' if found[1] == '"' else "\\", line)


def _has_swallowed_rows(row: list[str], delimiter: str) -> bool:
    """Whether a cell of several lines holds what looks like rows: as many cells, and a first one of the same kind."""
    if len(row) < 2:
        return False
    kind = _shape(row[0])
    for position, cell in enumerate(row):
        lines = cell.splitlines()
        for line in lines[1:-1]:
            parts = line.split(delimiter)
            if len(parts) == len(row) and _shape(parts[0]) == kind:
                return True
        if len(lines) > 1:
            parts = lines[-1].split(delimiter)
            if len(parts) + len(row) - position - 1 == len(row) and position and _shape(parts[0]) == kind:
                return True
    return False


def _shape(text: str) -> str:
    """Kinds of the characters of a text, each once: what two ids of one system share."""
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text)))


def _ends_its_line(path: Path, encoding: str) -> bool:
    """Whether a file ends with an end of line or a closed quote."""
    with path.open("rb") as file:
        file.seek(-min(8, os.fstat(file.fileno()).st_size), os.SEEK_END)
        end = file.read().replace(b"\0", b"") if encoding.startswith("utf-16") else file.read()
    return end.endswith((b"\n", b"\r", b'"', b"\x1a", b"\0"))


def _quoting(error: csv.Error) -> str:
    """What the quoting lacks, in words of the file."""
    if "field larger" in str(error):
        return (
            f"a cell of more than {LONGEST_CELL} characters: a quote is opened and never closed, or something else "
            "than a text is in it; mend the quoting in the export"
        )
    if "unexpected end" in str(error):
        return "a quote is opened and never closed; mend the quoting in the export"
    return (
        f"{error}; mend the quoting in the export, or set 'escape: \\' if quotes inside a cell are written \\\" there"
    )
