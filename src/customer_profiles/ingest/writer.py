"""Canonical tables on their way to disk: checked against the contract, one chunk at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import EnvironmentFailed, InputRejected
from ..tables import Tables
from . import contract
from .config.dataset import Dataset
from .contract import DTYPES, Field

_ARROW = {
    "str": pa.large_string(),
    "Int64": pa.int64(),
    "float64": pa.float64(),
    "datetime64[us]": pa.timestamp("us"),
    "boolean": pa.bool_(),
}
_TEXTS = ("id", "category", "text")
_DISTINCT = ("id", "text", "date", "datetime")  # a dictionary of their values would not be smaller


class TableWriter:
    """Writes one canonical table; used as a context manager, it leaves nothing behind when it fails.

    Parameters
    ----------
    tables : Tables
        Where the finished table goes.
    name : str
        Canonical table.
    own : mapping of str to Field
        Columns that sources add to it.
    """

    def __init__(self, tables: Tables, name: str, own: Mapping[str, Field] | None = None):
        self.tables, self.name = tables, name
        self.fields = contract.kept(name) | dict(own or {})
        self.rows = 0
        self._part = tables.folder / f".{name}.part"

    def __enter__(self) -> Self:
        self.tables.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        arrow = pa.schema([(name, _ARROW[DTYPES[field.kind]]) for name, field in self.fields.items()])
        empty = pa.Table.from_pandas(self._complete(pd.DataFrame()), schema=arrow, preserve_index=False)
        self._arrow = empty.schema  # with pandas' own types, so that whole numbers come back whole
        told = [name for name, field in self.fields.items() if field.kind not in _TEXTS]  # texts tell nothing by range
        repeated = [name for name, field in self.fields.items() if field.kind not in _DISTINCT]
        self._file = pq.ParquetWriter(self._part, self._arrow, write_statistics=told, use_dictionary=repeated)
        return self

    def write(self, rows: pd.DataFrame) -> None:
        """Append rows; columns of the contract that are absent are missing.

        Raises
        ------
        InputRejected
            If a row breaks the contract; names column and rule, never a value.
        """
        if rows.empty:
            return
        complete = self._complete(rows)
        self._check(complete)
        try:
            self._file.write_table(pa.Table.from_pandas(complete, schema=self._arrow, preserve_index=False))
        except OSError as error:
            raise self._environment(error) from error
        self.rows += len(complete)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as problem:
            kind = kind or OSError
            raise self._environment(problem) from problem
        finally:
            if kind is not None:
                self._part.unlink(missing_ok=True)
        if kind is None:
            self.tables.adopt(self.name, self._part)

    def _complete(self, rows: pd.DataFrame) -> pd.DataFrame:
        columns = {}
        for name, field in self.fields.items():
            given = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype=DTYPES[field.kind])
            columns[name] = given.astype(DTYPES[field.kind])
        return pd.DataFrame(columns, index=rows.index)

    def _check(self, rows: pd.DataFrame) -> None:
        broken = [
            f"{name}: {rule}" for name, field in contract.kept(self.name).items() for rule in field.broken(rows[name])
        ]
        if broken:
            raise InputRejected(f"table {self.name!r} would break its contract ({'; '.join(broken)})")

    def _environment(self, error: OSError) -> EnvironmentFailed:
        reason = os.strerror(error.errno) if error.errno else error
        return EnvironmentFailed(f"table {self.name!r} cannot be written to {self.tables.folder}: {reason}")


def own_fields(dataset: Dataset, table: str) -> dict[str, Field]:
    """Columns that sources add to a table of the contract."""
    own = {}
    for source in dataset.filled(table):
        for name, column in source.mapped.items():
            if name not in contract.TABLES[table] and name != source.key:
                number = (table == "areas" and name not in source.attributes) or getattr(column, "number", False)
                own[name] = Field("boolean" if column.is_yes_or_no else "number" if number else "category")
    return own
