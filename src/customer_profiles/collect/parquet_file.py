"""Parquet files: the types are those of the file, never widened on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import InputRejected
from .chunks import CHUNK_ROWS, Chunk, check_header
from .config import FileFormat

# Whole numbers stay whole where cells are missing: as floating point, ids above 2**53 would change.
_INTEGERS = {
    pa.int8(): pd.Int64Dtype(),
    pa.int16(): pd.Int64Dtype(),
    pa.int32(): pd.Int64Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt64Dtype(),
    pa.uint16(): pd.UInt64Dtype(),
    pa.uint32(): pd.UInt64Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def read_parquet(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a Parquet file, typed as the file is.

    Raises
    ------
    InputRejected
        If the file is damaged, lacks a column, or a needed column is nested.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputRejected(f"{path.name} is not a readable Parquet file: {_first_line(error)}") from None
    with file:
        check_header(path, file.schema_arrow.names, needed)
        for name in needed:
            if pa.types.is_nested(file.schema_arrow.field(name).type):
                raise InputRejected(f"{path.name}, column {name!r}: holds lists or records; flatten it in the export")
        flat = [column.name for column in file.schema_arrow if not pa.types.is_nested(column.type)]
        first = 1
        try:
            for batch in file.iter_batches(CHUNK_ROWS, columns=flat):
                cells = _plain(pa.Table.from_batches([batch])).to_pandas(types_mapper=_INTEGERS.get)
                yield Chunk(cells, np.arange(first, first + len(cells)))
                first += len(cells)
        except (pa.ArrowException, OSError) as error:
            raise InputRejected(f"{path.name}, after record {first - 1}: damaged: {_first_line(error)}") from None
        if first == 1:
            yield Chunk(_plain(file.schema_arrow.empty_table().select(flat)).to_pandas(), np.arange(0))


def _plain(table: pa.Table) -> pa.Table:
    """Dictionaries decoded, days and decimals as types that pandas has."""
    for i, column in enumerate(table.schema):
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_date(kind):
            kind = pa.timestamp("us")
        elif pa.types.is_decimal(kind):
            kind = pa.float64()
        if kind != column.type:
            table = table.set_column(i, column.name, table.column(i).cast(kind))
    return table


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
