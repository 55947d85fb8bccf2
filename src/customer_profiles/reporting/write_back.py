"""Write what a run found for each customer back into a table of a PostgreSQL database.

One transaction: rows of known customers that differ are updated, new ones added, those of customers who are gone
removed, and columns follow the run. Doing it again changes no row; whatever breaks it off leaves the table as it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..errors import ConfigurationError, EnvironmentFailed, InputRejected

SCHEMA = 1
"""Version of what the columns mean; a table of a later version is not touched."""


@dataclass(frozen=True)
class Written:
    """What became of the rows of a table, and columns that were added or removed."""

    new: int
    changed: int
    removed: int
    unchanged: int
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows that the table has now."""
        return self.new + self.changed + self.unchanged


def to_postgres(
    table: pd.DataFrame, variable: str, name: str, key: Sequence[str] = ("customer_id",), dry_run: bool = False
) -> Written:
    """Bring a table of a database up to date, in one transaction.

    Parameters
    ----------
    table : DataFrame
        Whose columns `key` are unique.
    variable : str
        Environment variable with the connection string.
    name : str
        Of the table, made if it is not there yet.
    key : sequence of str
        Columns that tell rows apart.
    dry_run : bool
        Only say what would change.

    Raises
    ------
    ConfigurationError
        If the variable is not set.
    InputRejected
        If the table was written by a later version, or its rows go by another key.
    EnvironmentFailed
        If the database cannot be reached or refuses; names neither host nor password.
    """
    import adbc_driver_postgresql.dbapi as postgresql
    import pyarrow as pa

    given = os.environ.get(variable, "")
    if not given:
        raise ConfigurationError(f"{variable} is not set: it holds the connection string of the database")
    step = "connect"
    try:
        with postgresql.connect(given) as connection, connection.cursor() as cursor:
            step = "take the table"
            rows = pa.Table.from_pandas(table, preserve_index=False)
            # A column without any value has no type: it is one of texts.
            kinds = [pa.field(one.name, pa.string() if pa.types.is_null(one.type) else one.type) for one in rows.schema]
            rows = rows.cast(pa.schema(kinds))
            cursor.adbc_ingest(f"{name}_staging", rows, mode="create", temporary=True)
            written = _merge(cursor, name, list(table), list(key))
            if dry_run:
                connection.rollback()
            else:
                connection.commit()
    except postgresql.Error as error:
        reason = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
        raise EnvironmentFailed(
            f"the database of {variable} did not {step}{reason}: check that it runs, that {variable} is right, and "
            f"that its user may write the table {name}"
        ) from None
    return written


def _merge(cursor: Any, name: str, columns: list[str], key: list[str]) -> Written:
    """Bring the table to what the staging table holds; the caller commits or takes it back."""
    target, staging = _quoted(name), _quoted(f"{name}_staging")
    keys = ", ".join(map(_quoted, key))
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {target} (LIKE {staging}, PRIMARY KEY ({keys}))")
    cursor.execute(f"LOCK TABLE {target} IN SHARE ROW EXCLUSIVE MODE")
    added, removed = _fit_columns(cursor, name, columns, key)
    same = " AND ".join(f"s.{_quoted(column)} = t.{_quoted(column)}" for column in key)
    other = [_quoted(column) for column in columns if column not in key]
    differs = " OR ".join(f"t.{column} IS DISTINCT FROM s.{column}" for column in other) or "false"
    absent = f"SELECT count(*) FROM {{}} WHERE NOT EXISTS (SELECT 1 FROM {{}} WHERE {same})"
    new = _number(cursor, absent.format(f"{staging} s", f"{target} t"))
    gone = _number(cursor, absent.format(f"{target} t", f"{staging} s"))
    changed = _number(cursor, f"SELECT count(*) FROM {target} t JOIN {staging} s ON {same} WHERE {differs}")
    unchanged = _number(cursor, f"SELECT count(*) FROM {staging}") - new - changed
    listed = ", ".join(map(_quoted, columns))
    if other and changed:
        updates = ", ".join(f"{column} = s.{column}" for column in other)
        cursor.execute(f"UPDATE {target} t SET {updates} FROM {staging} s WHERE {same} AND ({differs})")
    cursor.execute(f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {staging} ON CONFLICT ({keys}) DO NOTHING")
    cursor.execute(f"DELETE FROM {target} t WHERE NOT EXISTS (SELECT 1 FROM {staging} s WHERE {same})")
    return Written(new, changed, gone, unchanged, added, removed)


def _fit_columns(cursor: Any, name: str, columns: list[str], key: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Add columns that the table lacks and remove those that an earlier run filled and this one has not.

    A column of another type is made anew. Columns that somebody else has added stay.
    """
    target = _quoted(name)
    cursor.execute(f"SELECT obj_description(CAST('{_text(target)}' AS regclass))")
    (said,) = cursor.fetchone()
    noted: dict[str, Any] = (
        json.loads(said) if said and said.startswith("{") else {"schema": SCHEMA, "columns": [], "key": key}
    )
    if noted["schema"] > SCHEMA or noted["key"] != key:
        raise InputRejected(
            f"the table {name} was written by a later version of this product, or by other ids: give another --table"
        )
    there, wanted = _types(cursor, name), _types(cursor, f"{name}_staging")
    stale = [column for column in noted["columns"] if column in there and column not in columns]
    stale += [column for column in columns if column in there and there[column] != wanted[column]]
    if set(stale) & set(key):
        raise InputRejected(f"the table {name} has ids of another type: give another --table")
    fresh = [column for column in columns if column not in there or column in stale]
    for column in stale:
        cursor.execute(f"ALTER TABLE {target} DROP COLUMN {_quoted(column)}")
    for column in fresh:
        cursor.execute(f"ALTER TABLE {target} ADD COLUMN {_quoted(column)} {wanted[column]}")
    note = json.dumps({"schema": SCHEMA, "columns": columns, "key": key})
    if note != said:
        cursor.execute(f"COMMENT ON TABLE {target} IS '{_text(note)}'")
    return tuple(fresh), tuple(column for column in stale if column not in columns)


def _types(cursor: Any, name: str) -> dict[str, str]:
    """Columns of a table with their types."""
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        f"WHERE attrelid = CAST('{_text(_quoted(name))}' AS regclass) AND attnum > 0 AND NOT attisdropped"
    )
    return dict(cursor.fetchall())


def _number(cursor: Any, query: str) -> int:
    cursor.execute(query)
    return int(cursor.fetchone()[0])


def _quoted(name: str) -> str:
    """A name for SQL.

    >>> _quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    """The inside of a text for SQL."""
    return value.replace("'", "''")
