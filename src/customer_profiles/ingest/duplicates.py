"""Rows that are equal to an earlier one, found in streams larger than memory holds as text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from . import contract

if TYPE_CHECKING:
    import duckdb

_RUNS = 8  # of one size become one


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One for the process: opening it takes longer than hashing a small file."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


def row_hashes(cells: pd.DataFrame) -> np.ndarray:
    """64-bit hash of each row over all its cells."""
    odd = ("object", "float16")  # which an engine does not know
    plain = [column.astype("str") if column.dtype in odd else column for _, column in cells.items()]
    if not plain:
        return np.zeros(len(cells), dtype="uint64")
    rows = pa.table([pa.array(column, from_pandas=True) for column in plain], list(map(str, range(len(plain)))))
    found = _engine().from_arrow(rows).project("hash(*COLUMNS(*)) AS hash").fetchnumpy()
    return np.asarray(found["hash"], dtype="uint64")


class Seen:
    """Remembers 64-bit hashes of rows in sorted runs that are merged as they grow.

    Eight bytes a row. Two different rows are taken for one with a probability below one in a million for ten
    million rows.
    """

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []
        self._marks = np.zeros(2**24, dtype="uint8")  # of the first 27 bits of each hash, whether there was one

    def repeats(self, hashes: np.ndarray) -> np.ndarray:
        """Which rows repeat an earlier one, of this call or a former; shape as `hashes`."""
        ordered = np.sort(hashes)
        again = np.append(False, ordered[1:] == ordered[:-1])[: len(ordered)]
        distinct = ordered[~again]
        known = np.zeros(len(distinct), dtype=bool)
        place, bit = (distinct >> 40).astype("int64"), np.uint8(1) << (distinct >> 37 & 7).astype("uint8")
        maybe = np.flatnonzero(self._marks[place] & bit)  # most are new, which one look tells
        for run in self._runs:
            found = np.searchsorted(run, distinct[maybe]).clip(max=len(run) - 1)
            known[maybe] |= run[found] == distinct[maybe]
        np.bitwise_or.at(self._marks, place, bit)
        self._remember(distinct[~known])
        # Only of a few rows must be asked which of them it is.
        rows = pd.Series(hashes)
        rows = rows[rows.isin(np.concatenate([ordered[again], distinct[known]]))]
        repeated = np.zeros(len(hashes), dtype=bool)
        repeated[rows.index] = rows.duplicated() | rows.isin(distinct[known])
        return repeated

    def _remember(self, run: np.ndarray) -> None:
        if len(run):
            self._runs.append(run)
        while len(self._runs) >= _RUNS and len(self._runs[-_RUNS]) <= 2 * len(self._runs[-1]):
            self._runs[-_RUNS:] = [np.sort(np.concatenate(self._runs[-_RUNS:]), kind="stable")]


def has_somebody(table: str, rows: pd.DataFrame) -> np.ndarray:
    """Rows of a known person or visitor. Two equal anonymous answers are two answers, not one sent twice."""
    if table not in contract.MAY_BE_ANONYMOUS:
        return np.ones(len(rows), dtype=bool)
    return (
        rows[[name for name in ("customer_id", "anonymous_id", "lead_id", "email", "phone") if name in rows]]
        .notna()
        .any(axis=1)
        .to_numpy()
    )
