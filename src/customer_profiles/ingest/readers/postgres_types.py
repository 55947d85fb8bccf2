"""Columns of PostgreSQL as they come in Arrow become cells: exactly, or with a reason why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import InputRejected
from ...messages import N_
from .chunks import Chunk, Fault
from .parquet_file import INTEGERS

# Types whose Arrow form is not the value that PostgreSQL shows, and how to ask for it instead.
_MISLEADING = {
    "money": "money depends on the server's locale; write {column}::numeric in the query",
    "oid": "internal numbers are not read; write {column}::bigint in the query",
}
# Sent as bytes that are the text itself.
_TEXT_AS_BYTES = ("citext", "xml")
_ENDLESS_DAY = {True: date(9999, 12, 31), False: date(1, 1, 2)}


def check_types(where: str, schema: pa.Schema, needed: Collection[str]) -> list[str]:
    """Names of the columns that can be read; the others are left out unless they are needed.

    Parameters
    ----------
    where : str
        What messages call the source.
    schema : Schema
        As the driver gives it.
    needed : collection of str

    Raises
    ------
    InputRejected
        If a needed column is of a type that cannot be read exactly; says how to write it in the query.
    """
    readable = []
    for field in schema:
        remedy = _remedy(field)
        if remedy is None:
            readable.append(field.name)
        elif field.name in needed:
            raise InputRejected(f"{where}, column {field.name!r}: {remedy.format(column=field.name)}")
    return readable


def chunk(batch: pa.RecordBatch, names: list[str], needed: Collection[str], first: int) -> Chunk:
    """Rows of a batch as typed cells, numbered from `first`.

    A type depends on the column alone, never on the values of one batch. Points in time without end or before
    our era become the last or first day there is, which later steps know as placeholders. A row in which a needed
    number is NaN is a fault.
    """
    columns = [_plain(batch.column(name), batch.schema.field(name)) for name in names]
    table = pa.Table.from_arrays(columns, names=names)
    numbers = np.arange(first, first + len(table))
    faults: list[Fault] = []
    broken = np.zeros(len(table), dtype=bool)
    for name in needed:
        if pa.types.is_floating(table.schema.field(name).type):
            flags = pc.fill_null(pc.is_nan(table[name]), False).to_numpy() & ~broken
            reason = N_("not a number in the declared format")
            faults += [(int(number), name, reason, "3×<letter>") for number in numbers[flags]]
            broken |= flags
    if broken.any():
        table = table.filter(pa.array(~broken))
    return Chunk(table.to_pandas(types_mapper=INTEGERS.get), numbers[~broken], sorted(faults))


def _remedy(field: pa.Field) -> str | None:
    """What to do about a column that cannot be read exactly, None if it can."""
    name = _type_name(field)
    kind = field.type
    if name in _MISLEADING:
        return _MISLEADING[name]
    if pa.types.is_nested(kind):
        return "holds lists or records; write array_to_string({column}, ',') or single fields of it in the query"
    if pa.types.is_interval(kind) or pa.types.is_duration(kind):
        return "intervals are not read; write extract(epoch from {column}) in the query, which gives seconds"
    if isinstance(kind, pa.OpaqueType) and name not in ("numeric", *_TEXT_AS_BYTES):
        return f"the type {name} is not read; write {{column}}::text in the query"
    if pa.types.is_binary(kind):
        return "binary data, neither text nor number; leave it out of dataset.yaml or write encode({column}, 'hex')"
    return None


def is_exact(field: pa.Field) -> bool:
    """Whether a column holds decimals of any length, which come as text."""
    return _type_name(field) == "numeric"


def _type_name(field: pa.Field) -> str:
    return (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode()


def _plain(column: pa.Array, field: pa.Field) -> pa.Array:
    """A readable column as text, number, truth value or point in time."""
    kind = field.type
    if isinstance(kind, pa.UuidType):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    if isinstance(kind, pa.BaseExtensionType):
        column = column.storage
        return column.cast(pa.float64() if is_exact(field) else pa.string())
    if pa.types.is_float32(kind):  # as the server shows it: 1.1, not 1.100000023841858
        return column.cast(pa.string()).cast(pa.float64())
    if pa.types.is_date(kind):
        return _within(column, kind, _ENDLESS_DAY, np.iinfo("int32").max).cast(pa.timestamp("us"))
    if pa.types.is_timestamp(kind):
        zone = pa.timestamp("us", kind.tz)
        ends = {last: datetime(day.year, day.month, day.day) for last, day in _ENDLESS_DAY.items()}
        return _within(column, zone, ends, np.iinfo("int64").max)
    if pa.types.is_time(kind):
        return column.cast(pa.string())
    return column


def _within(column: pa.Array, kind: pa.DataType, ends: Mapping[bool, date], endless: int) -> pa.Array:
    """Days or points in time between the first and the last that Python knows.

    The driver counts from 1970 what the server counts from 2000, so that its "infinity", the largest number there
    is, wraps around to one a little above the smallest.
    """
    width = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    numbers = column.view(width)
    since_2000 = pa.scalar(date(2000, 1, 1) if width == pa.int32() else datetime(2000, 1, 1), _naive(kind))
    wrapped = pa.scalar(endless + since_2000.cast(width).as_py() - 2 * (endless + 1), width)
    low, high = (pa.scalar(ends[last], _naive(kind)).cast(width) for last in (False, True))
    forever = pc.equal(numbers, wrapped)
    clipped = pc.if_else(pc.less(numbers, low), low, pc.if_else(pc.greater(numbers, high), high, numbers))
    return pc.if_else(forever, high, clipped).view(kind)


def _naive(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
