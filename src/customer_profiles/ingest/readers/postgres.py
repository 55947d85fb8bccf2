"""PostgreSQL: read only, all sources of a run in one snapshot, as Arrow batches and never row by row."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError, EnvironmentFailed, InputRejected, ProfileError
from ..config.dataset import FileFormat, Source
from .chunks import CHUNK_ROWS, Chunk
from .snapshots import opened
from .sql import Place, column_names, unknown_name

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

# Seconds before each further attempt to connect: a restart of the server takes no longer.
WAITS = (1, 2, 4)
# Of libpq, unless the connection string says otherwise: a server that has gone is noticed within a minute.
_UNLESS_GIVEN = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "fallback_application_name": "customer-profiles",
}
_BEGIN = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    # The same rows in the same order in every run: neither the scan of another session nor workers decide on it.
    "SET LOCAL synchronize_seqscans = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
    # Between two sources the connection waits for us.
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)
# What libpq says about a connection, by words that name neither host nor user.
_ABOUT_THE_CONNECTION = (
    ("password authentication failed", "user or password are refused"),
    ("no password supplied", "it asks for a password"),
    ("no pg_hba.conf entry", "the server does not let this machine or user in"),
    ('role "', "there is no such user"),
    ('database "', "there is no such database"),
    ("connection refused", "nothing answers at its host and port"),
    ("could not translate host name", "its host name is not known"),
    ("timeout", "no answer in time"),
    ("ssl", "no agreement about SSL"),
    ("too many", "the server has too many connections"),
    ("remaining connection slots", "the server has too many connections"),
    ("starting up", "the server is starting up"),
    ("shutting down", "the server is shutting down"),
)
# Trying again changes nothing about these.
_FINAL = {reason for _, reason in _ABOUT_THE_CONNECTION[:5]}
_NO_CONNECTION_STRING = re.compile(
    r'missing "="|invalid (?:uri|connection option|percent|integer value|port|sslmode)'
    r'|unexpected (?:character|"|spaces)'
    r"|end of string reached|forbidden value|unterminated quoted",
    re.IGNORECASE,
)


def read_postgres(place: Place, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of what a PostgreSQL database answers to a query; rows are numbered as it gives them.

    Raises
    ------
    ConfigurationError
        If the variable with the connection string is not set, or the query is wrong.
    InputRejected
        If a column is missing or of a type that cannot be read exactly, or the query fails on the data.
    EnvironmentFailed
        If the database cannot be reached, or the connection is lost. No message names host, user or password.
    """
    where = f"{place.name}, source {form.name!r}" if isinstance(form, Source) else f"{place.name}, a lookup"
    given = _connection_string(place.name)
    with opened(given, lambda: _transaction(place.name, given)) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(_asked(form, cursor))
            batches = cursor.fetch_record_batch()
        except Exception as error:
            raise _explained(error, where, 0, connection, cursor) from None
        with batches:
            yield from _chunks(batches, where, needed, connection)


def _asked(form: FileFormat, cursor: Cursor) -> str:
    """The query; of a table, its exact decimals as the numbers they become, because the driver writes each as text."""
    from .postgres_types import is_exact

    schema = cursor.adbc_execute_schema(form.statement) if form.db_table else ()
    columns = []
    for field in schema:
        name = '"' + field.name.replace('"', '""') + '"'
        columns.append(f"{name}::float8 AS {name}" if is_exact(field) else name)
    return form.statement.replace("*", ", ".join(columns), 1) if any(map(is_exact, schema)) else form.statement


def _chunks(batches: Any, where: str, needed: Collection[str], connection: Connection) -> Iterator[Chunk]:
    import pyarrow as pa

    from .postgres_types import check_types, chunk

    schema = pa.schema(
        field.with_name(name)
        for field, name in zip(batches.schema, column_names(where, batches.schema.names, needed), strict=True)
    )
    names = check_types(where, schema, needed)
    first = 1
    while True:
        try:
            batch = batches.read_next_batch()
        except StopIteration:
            break
        except Exception as error:
            raise _explained(error, where, first - 1, connection) from None
        for start in range(0, len(batch), CHUNK_ROWS):
            part = pa.RecordBatch.from_arrays(batch.slice(start, CHUNK_ROWS).columns, schema=schema)
            yield chunk(part, names, needed, first)
            first += len(part)
    if first == 1:
        nothing = [pa.array([], field.type) for field in schema]
        yield chunk(pa.RecordBatch.from_arrays(nothing, schema=schema), names, needed, first)


@contextmanager
def _transaction(variable: str, given: str) -> Iterator[Connection]:
    """A connection whose transaction shows the moment of now, and cannot write."""
    connection = _connected(variable, given)
    try:
        yield connection
    finally:
        with suppress(Exception):
            connection.close()


def _connected(variable: str, given: str) -> Connection:
    """Connect and begin, more than once where that may help."""
    for wait in (*WAITS, None):
        error = _attempt(given)
        if not isinstance(error, str):
            return error
        if _NO_CONNECTION_STRING.search(error):
            raise _no_connection_string(variable)
        reason = next((reason for word, reason in _ABOUT_THE_CONNECTION if word in error.lower()), "no connection")
        if wait is None or reason in _FINAL:
            tried = "" if reason in _FINAL else f", {len(WAITS) + 1} attempts"
            raise EnvironmentFailed(
                f"the database of {variable} cannot be read ({reason}{tried}): "
                f"check that the server runs, and host, port, user, password and database in {variable}"
            )
        time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _attempt(given: str) -> Connection | str:
    """A connection that has begun, or what libpq says instead."""
    import adbc_driver_postgresql.dbapi as postgresql

    connection = None
    try:
        connection = postgresql.connect(given)
        with connection.cursor() as cursor:
            for setting in _BEGIN:
                cursor.execute(setting)
            cursor.execute("SELECT 1")
            cursor.fetchall()
    except (postgresql.Error, OSError) as error:
        if connection is not None:
            with suppress(Exception):
                connection.close()
        # Behind the host comes what happened; the text before it may hold words that mean something else here.
        return str(error).rpartition("failed: ")[2] or "no connection"
    return connection


def _connection_string(variable: str) -> str:
    given = os.environ.get(variable, "").strip()
    if not given:
        raise ConfigurationError(
            f"the environment variable {variable} is not set: "
            f"export {variable}=postgresql://USER:PASSWORD@HOST/DATABASE before the run"
        )
    if re.match(r"postgres(?:ql)?://", given):
        between = "&" if "?" in given else "?"
    elif "://" not in given and "=" in given:
        between = " "
    else:
        raise _no_connection_string(variable)
    extra = ["client_encoding=UTF8", *(f"{key}={value}" for key, value in _UNLESS_GIVEN.items() if key not in given)]
    return given + between + ("&" if between != " " else " ").join(extra)


def _no_connection_string(variable: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} holds no connection string of PostgreSQL, such as postgresql://USER:PASSWORD@HOST/DATABASE "
        "(signs such as @ : / ? % in a password are written as %40 %3A %2F %3F %25)"
    )


def _explained(
    error: Exception, where: str, read: int, connection: Connection, cursor: Cursor | None = None
) -> ProfileError:
    """An error of the driver as one of ours; of its texts only those about the query, which hold no value."""
    state = getattr(error, "sqlstate", None) or ""
    if cursor is not None:
        with suppress(Exception):
            cursor.close()
    if isinstance(error, MemoryError):
        return EnvironmentFailed(f"{where}: memory ran out after record {read}")
    if state.startswith(("08", "57P", "53", "XX", "58")) or (not state and _is_lost(connection)):
        return EnvironmentFailed(
            f"{where}: the connection was lost after record {read}; run again, the sources are read anew in one moment"
        )
    if state in ("57014", "40001", "55P03") or (not state and "canceling statement" in str(error)):
        return EnvironmentFailed(
            f"{where}: the server cancelled the query after record {read} (its time is limited, or a "
            "change is in the way); run again, or raise statement_timeout for its user"
        )
    if state == "25006" or (not state and "read-only transaction" in str(error)):
        return ConfigurationError(f"{where}: the query would write, but databases are only read; take that out")
    if state == "42501":
        return EnvironmentFailed(f"{where}: {_text(error)}; let the user of the connection read it (GRANT SELECT)")
    if state in ("42P01", "42703", "3F000"):
        return _unknown(error, where, state, connection)
    if state.startswith("42"):
        return ConfigurationError(f"{where}: the query is wrong: {_text(error)} (SQLSTATE {state})")
    if state == "22021" or (not state and "invalid byte sequence" in str(error)):
        return InputRejected(
            f"{where}, after record {read}: a text is not in the encoding of its database; "
            "write convert_from(column::bytea, 'LATIN1') in the query, or whatever it is in"
        )
    return InputRejected(
        f"{where}, after record {read}: the query fails on the data"
        + (f" (SQLSTATE {state})" if state else "")
        + ": a cast or a division that not every row allows, or a column of a type that is not read; "
        "correct 'query' in dataset.yaml"
    )


def _is_lost(connection: Connection) -> bool:
    """Whether the server has gone."""
    try:
        status = connection.adbc_connection.get_option("adbc.postgresql.transaction_status")
    except Exception:
        return True
    return status == "unknown"


def _text(error: Exception) -> str:
    """What the server says in one line, without the query."""
    found = re.search(r"(?:ERROR|[^\s:]+):\s{2,}(.*)", str(error))
    return found[1].strip() if found else "syntax error"


def _unknown(error: Exception, where: str, state: str, connection: Connection) -> ProfileError:
    """A missing schema, table or column, with the nearest one that the user of the connection may read."""
    quoted = re.findall(r"[\"“”„«»]([^\"“”„«»]+)[\"“”„«»]", _text(error)) or re.findall(r"column (\S+) ", _text(error))
    missing = quoted[0] if quoted else _text(error)
    what = "column" if state == "42703" else "schema" if state == "3F000" else "table"
    of_whom = "table_schema NOT IN ('pg_catalog', 'information_schema')"
    query = {
        "column": f"SELECT DISTINCT column_name FROM information_schema.columns WHERE {of_whom} ORDER BY 1",
        "schema": f"SELECT DISTINCT table_schema FROM information_schema.tables WHERE {of_whom} ORDER BY 1",
        "table": "SELECT CASE WHEN table_schema = 'public' THEN '' ELSE table_schema || '.' END || table_name "
        f"FROM information_schema.tables WHERE {of_whom} ORDER BY 1",
    }[what]
    known: list[str] = []
    with suppress(Exception):
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute(query)
            known = [row[0] for row in cursor.fetchall()]
    return unknown_name(where, what, missing.rpartition(".")[2] if what == "column" else missing, known)
