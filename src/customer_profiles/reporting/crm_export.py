"""What a run found for each customer, handed to other systems: as a file, or as a table of a PostgreSQL database.

Handing over twice leaves the same: a file is replaced, and in a database the rows of known customers are updated, new
ones added, and those of customers who are no longer in the profile removed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..errors import ConfigurationError, EnvironmentFailed, InputRejected
from ..tables import Tables
from .excel import safe

VARIABLE = "env:"
FORMATS = (".csv", ".xlsx", ".parquet")
NAME = "customer_segments"  # of the table in a database


def assignments(tables: Tables, ids: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per customer with the segment of each division, the channel to try first, and the list for addressing.

    Parameters
    ----------
    tables : Tables
        Of a published run.
    ids : DataFrame, optional
        ``id, customer_id`` of a company's own system; customers without an id there are left out.

    Returns
    -------
    DataFrame
        ``customer_id`` (pseudonym) or ``id``, then ``segment, rfm_segment, first_channel, purpose, place`` as far
        as the run has them.

    Raises
    ------
    InputRejected
        If the run found no segments.
    """
    known = {name: tables.read(name) for name in ("segments", "rfm", "routing") if tables.has(name)}
    known = {name: found for name, found in known.items() if len(found)}
    if not known.keys() & {"segments", "rfm"}:
        raise InputRejected("the last run found no segments: there is nothing to hand over")
    table = tables.read("profile")[["customer_id", "customer_no"]]
    if "segments" in known:
        table = table.merge(known["segments"][["customer_no", "segment"]], on="customer_no", how="left")
    if "rfm" in known:
        rfm = known["rfm"][["customer_no", "segment"]].rename(columns={"segment": "rfm_segment"})
        table = table.merge(rfm, on="customer_no", how="left")
    if "routing" in known:
        table = table.merge(known["routing"][["segment", "first_channel"]], on="segment", how="left")
    if tables.has("address_list"):
        table = table.merge(
            tables.read("address_list")[["customer_no", "purpose", "place"]], on="customer_no", how="left"
        )
    table = table.drop(columns="customer_no")
    if ids is None:
        return table
    return ids.merge(table, on="customer_id", validate="many_to_one").drop(columns="customer_id")


def to_file(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, Excel or Parquet, by the ending of the file; texts never start a formula.

    Nobody but its owner may read the file: it has one row per customer.

    Raises
    ------
    ConfigurationError
        If the ending is another one.
    EnvironmentFailed
        If the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigurationError(f"{path.name}: end it in {', '.join(FORMATS)}, or give {VARIABLE}VARIABLE")
    part = path.with_name(f".{path.stem}.part{path.suffix.lower()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
        if path.suffix.lower() == ".parquet":
            table.to_parquet(part, index=False)
        else:
            texts = table.select_dtypes(include=["str", "object"]).columns
            harmless = table.assign(**{name: table[name].map(safe) for name in texts})
            write = harmless.to_csv if path.suffix.lower() == ".csv" else harmless.to_excel
            write(part, index=False)
        part.replace(path)
    except OSError as error:
        raise EnvironmentFailed(f"{path.name} cannot be written to {path.parent}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def to_postgres(table: pd.DataFrame, variable: str, name: str = NAME, key: Sequence[str] = ("customer_id",)) -> None:
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

    Raises
    ------
    ConfigurationError
        If the variable is not set.
    EnvironmentFailed
        If the database cannot be reached or refuses; names neither host nor password.
    """
    import adbc_driver_postgresql.dbapi as postgresql
    import pyarrow as pa

    given = os.environ.get(variable, "")
    if not given:
        raise ConfigurationError(f"{variable} is not set: it holds the connection string of the database")
    target, staging = _quoted(name), _quoted(f"{name}_staging")
    columns, keys = [_quoted(column) for column in table], [_quoted(column) for column in key]
    updates = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns if column not in keys)
    same = " AND ".join(f"s.{column} = t.{column}" for column in keys)
    step = "connect"
    try:
        with postgresql.connect(given) as connection, connection.cursor() as cursor:
            step = "take the table"
            rows = pa.Table.from_pandas(table, preserve_index=False)
            cursor.adbc_ingest(f"{name}_staging", rows, mode="create", temporary=True)
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {target} (LIKE {staging}, PRIMARY KEY ({', '.join(keys)}))")
            cursor.execute(
                f"INSERT INTO {target} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM {staging} "
                f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {updates}"
            )
            cursor.execute(f"DELETE FROM {target} t WHERE NOT EXISTS (SELECT 1 FROM {staging} s WHERE {same})")
            connection.commit()
    except postgresql.Error as error:
        reason = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
        raise EnvironmentFailed(
            f"the database of {variable} did not {step}{reason}: check that it runs, that {variable} is right, and "
            f"that its user may write the table {name}"
        ) from None


def _quoted(name: str) -> str:
    """A name for SQL.

    >>> _quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'
