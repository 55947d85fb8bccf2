"""What every reader hands on: consecutive rows of a file with the place each stands at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from ..errors import InputRejected
from .suggest import nearest

# Rows held in memory at a time: enough for vector operations, some ten megabytes of text.
CHUNK_ROWS = 100_000

Fault = tuple[int, str, str, str]


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
    """

    cells: pd.DataFrame
    rows: np.ndarray
    faults: Sequence[Fault] = ()

    def with_cells(self, cells: pd.DataFrame) -> Self:
        """The same rows with other cells."""
        return replace(self, cells=cells)


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
    """Refuse a header that has no name, one name twice, or not all the columns that are read.

    Raises
    ------
    InputRejected
        Names file and column, and the nearest name for a missing one.
    """
    for position, name in enumerate(names, start=1):
        if not name:
            raise InputRejected(f"{path.name}, header: column {position} has no name; give it one in the export")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputRejected(f"{path.name}, header: {twice[0]!r} appears twice; which one is meant cannot be told")
    for name in needed:
        if name not in names:
            near = nearest(name, names)
            meant = f"did you mean {near!r}?" if near else f"it has: {', '.join(names)}."
            raise InputRejected(f"{path.name}, header: there is no column {name!r}; {meant}{hint}")
