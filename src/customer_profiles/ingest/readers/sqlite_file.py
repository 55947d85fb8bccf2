"""SQLite databases: read only, in one transaction, each cell with the type it is stored with."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from ...errors import ConfigurationError, EnvironmentFailed, InputRejected, ProfileError
from ...messages import N_
from ..config.dataset import FileFormat, Source
from .chunks import CHUNK_ROWS, Chunk, Fault
from .snapshots import opened
from .sql import column_names, unknown_name

# Seconds to wait for a program that is just writing.
PATIENCE = 20.0
# What SQLite says about a statement itself; any other text could hold a value of the data.
_ABOUT_THE_QUERY = re.compile(
    r"no such function|near \"|ambiguous column|incomplete input|misuse of|wrong number of arguments|unrecognized token"
    r"|You can only execute one statement|SELECTs to the left and right|a GROUP BY clause is required"
)


def read_sqlite(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of what a SQLite file answers to a query; rows are numbered as it gives them.

    SQLite has types per cell, not per column: numbers and texts of one column stay what they are. A cell with
    binary data in a needed column is a fault of its row.

    Raises
    ------
    ConfigurationError
        If the query names a table or column that is not there, or is no query.
    InputRejected
        If the file is damaged or no SQLite database, a column is missing or a text is not UTF-8.
    EnvironmentFailed
        If another program keeps the database locked.
    """
    where = f"{path.name}, source {form.name!r}" if isinstance(form, Source) else f"{path.name}, a lookup"
    with opened(path.resolve(), lambda: _transaction(path)) as connection:
        first = 1
        try:
            cursor = connection.execute(form.statement)
            names = column_names(where, [column[0] for column in cursor.description], needed)
            while True:
                rows = cursor.fetchmany(CHUNK_ROWS)
                if rows or first == 1:
                    yield _chunk(rows, names, needed, first)
                if len(rows) < CHUNK_ROWS:
                    break
                first += len(rows)
        except sqlite3.Error as error:
            raise _explained(error, path, where, first - 1, connection) from None


@contextmanager
def _transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, opened read only, in a transaction that has begun to read."""
    connection = None
    try:
        try:
            uri = f"file:{quote(str(path.resolve()))}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise _explained(error, path, path.name, 0, None) from None
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _chunk(rows: list[tuple], names: list[str], needed: Collection[str], first: int) -> Chunk:
    numbers = np.arange(first, first + len(rows))
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    binary = {name: [isinstance(cell, bytes) for cell in columns[name]] for name in needed}
    faults: list[Fault] = []
    broken = np.zeros(len(rows), dtype=bool)
    for name, flags in binary.items():
        for position in np.flatnonzero(np.array(flags, dtype=bool) & ~broken):
            reason = N_("binary data, neither text nor number")
            faults.append((int(numbers[position]), name, reason, f"{len(columns[name][position])}×<byte>"))
        broken |= np.array(flags, dtype=bool)
    cells = pd.DataFrame({name: _column(values) for name, values in columns.items()}, index=range(len(rows)))
    return Chunk(cells[~broken].reset_index(drop=True), numbers[~broken], sorted(faults))


def _column(values: tuple) -> pd.Series:
    """Text columns as text; all others as they are, so that a type never depends on the chunk a cell is in."""
    column = pd.Series(values, dtype="object")
    return column.astype("str") if all(value is None or isinstance(value, str) for value in values) else column


def _explained(
    error: sqlite3.Error, path: Path, where: str, read: int, connection: sqlite3.Connection | None
) -> ProfileError:
    """An error of SQLite as one of ours; of its texts only those that cannot hold a value of the data."""
    text, name = str(error), getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return EnvironmentFailed(
            f"{path.name} is locked by another program for more than {PATIENCE:.0f} seconds; "
            "read it when that is done, or read a copy"
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        what = "is not a SQLite database" if name == "SQLITE_NOTADB" else f"is damaged (after record {read})"
        return InputRejected(f"{path.name} {what}; ask for a new copy, made with '.backup' or VACUUM INTO")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_NOMEM")):
        return EnvironmentFailed(
            f"{path.name} cannot be opened or read ({name}): check the rights to it, its folder and its -wal file"
        )
    if name.startswith("SQLITE_READONLY"):
        return ConfigurationError(
            f"{where}: the database would have to be written to, but is only read; take the writing out of 'query', "
            "or let the program that writes it close it once"
        )
    if found := re.match(r"no such (table|column): (.+)", text):
        what, missing = found[1], found[2]
        return unknown_name(where, what, missing.rpartition(".")[2], _known(connection, what))
    if found := re.match(r"Could not decode to UTF-8 column '(.*?)' with text", text):
        return InputRejected(
            f"{where}, after record {read}, column {found[1]!r}: a text is not UTF-8; convert it where it is written"
        )
    if _ABOUT_THE_QUERY.match(text):
        return ConfigurationError(f"{where}: the query is wrong: {text}")
    return InputRejected(f"{where}, after record {read}: the query fails on the data ({name or 'unknown error'})")


def _known(connection: sqlite3.Connection | None, what: str) -> list[str]:
    """Names of all tables and views, or of all their columns."""
    if connection is None:
        return []
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    if what == "column":
        query = f"SELECT DISTINCT info.name FROM ({query}) AS tables, pragma_table_info(tables.name) AS info"
    try:
        return [row[0] for row in connection.execute(query)]
    except sqlite3.Error:
        return []
