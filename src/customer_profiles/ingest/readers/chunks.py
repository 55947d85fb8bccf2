"""What every reader hands on: consecutive rows of a file with the place each stands at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ..config.suggest import nearest

# Rows held in memory at a time: enough for vector operations, some ten megabytes of text.
CHUNK_ROWS = 100_000

# The width of a sheet of a spreadsheet; what is wider is no table of customers.
MOST_COLUMNS = 16_384
_MOST_NAMED = 40

Fault = tuple[int, str, str, str]
# A property of a file, its value, and whether it was declared or detected.
Stated = tuple[str, str, str]


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows of a file.

    Parameters
    ----------
    cells : DataFrame, shape (rows, columns of the file)
        Text as written, or typed values where the format has types.
    rows : ndarray of int, shape (rows,)
        Physical line (CSV, JSON lines), row of the sheet (Excel) or number of the record (Parquet), from 1.
    faults : sequence of (row, column, reason, masked)
        Rows that could not be read at all and are therefore not among the cells.
    stated : sequence of (property, value, how)
        How the file turned out to be written; of its first chunk only.
    """

    cells: pd.DataFrame
    rows: np.ndarray
    faults: Sequence[Fault] = ()
    stated: Sequence[Stated] = ()

    def with_cells(self, cells: pd.DataFrame) -> Self:
        """The same rows with other cells."""
        return replace(self, cells=cells)

    def only(self, rows: np.ndarray) -> Self:
        """Some of the rows, by a mask; rows that could not be read stay faults."""
        return replace(self, cells=self.cells[rows].reset_index(drop=True), rows=self.rows[rows])


def mask(value: object) -> str:
    """Length and character class of a value, so that a message can describe it without showing it.

    >>> mask("170000001"), mask("Anna"), mask("31.02.2025"), mask("")
    ('9×<digit>', '4×<letter>', '10×<digit or sign>', 'empty')
    """
    text = str(value)
    if not text:
        return "empty"
    if text.isdigit():
        kind = "digit"
    elif text.isalpha():
        kind = "letter"
    elif not any(character.isalpha() for character in text):
        kind = "digit or sign"
    else:
        kind = "character"
    return f"{len(text)}×<{kind}>"


def check_header(path: Path, names: Sequence[str], needed: Collection[str], hint: str = "") -> None:
    """Refuse a header that has not all the columns that are read, too many, or twice the name of one that is read.

    A first row without any of them may be a customer's: then its cells are not shown.

    Raises
    ------
    InputRejected
        Names file and column, and the nearest name for a missing one.
    """
    if len(names) > MOST_COLUMNS:
        raise InputRejected(
            f"{path.name}, header: {len(names)} columns, more than the {MOST_COLUMNS} of a sheet; export one row per "
            f"record and not one column.{hint}"
        )
    known = {*names, *told_apart(names)}
    missing = [name for name in needed if name not in known]
    if missing:
        near = None if looks_like_data(names) else nearest(missing[0], names)
        if near:
            meant = f"did you mean {near!r}?"
        elif len(missing) < len(needed):
            meant = f"it has: {', '.join(names[:_MOST_NAMED])}{', …' if len(names) > _MOST_NAMED else ''}."
        else:
            meant = (
                f"none of the {len(needed)} columns that are read is in its first row ({len(names)} cells): has the "
                "file a row of column names, and one only? if it has none, name its columns with 'header'"
            )
        raise InputRejected(f"{path.name}, header: there is no column {missing[0]!r}; {meant}{hint}")
    for name, count in Counter(names).items():
        if count > 1 and name in known.intersection(needed):
            raise InputRejected(f"{path.name}, header: {name!r} appears twice; which one is meant cannot be told")


def told_apart(names: Sequence[str]) -> list[str]:
    """Names of columns, each once: those that nobody can mean, because they are empty or repeated, get their place.

    >>> told_apart(["id", "", "note", "note"])
    ['id', '(column 2)', 'note', 'note (column 4)']
    """
    seen: set[str] = set()
    plain = []
    for position, name in enumerate(names, start=1):
        plain.append(f"{name} (column {position})".strip() if not name or name in seen else name)
        seen.add(name)
    return plain


def looks_like_data(names: Sequence[str]) -> bool:
    """Whether some cell is what no column is called: a number, a day or an address."""
    return any("@" in name or (name and not any(character.isalpha() for character in name)) for name in names)
