"""Parquet files: the types are those of the file, never widened on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import InputRejected
from ..config.dataset import FileFormat
from .chunks import CHUNK_ROWS, Chunk, check_header

# Whole numbers stay whole where cells are missing: as floating point, ids above 2**53 would change.
INTEGERS = {
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

    Checksums are checked where the file has them. Where it has none, a flipped bit shows only if it leaves a value
    beyond the range its footer names, or breaks the packing: then the missing checksums are stated.

    Raises
    ------
    InputRejected
        If the file is damaged, lacks a column, or a needed column is nested or no text.
    """
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        ranges = _Ranges(file.metadata, needed)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputRejected(
            f"{path.name} is not a readable Parquet file ({type(error).__name__}): it is cut off or damaged; copy or "
            "export it again"
        ) from None
    with file:
        check_header(path, file.schema_arrow.names, needed)
        for name in needed:
            if pa.types.is_nested(file.schema_arrow.field(name).type):
                raise InputRejected(f"{path.name}, column {name!r}: holds lists or records; flatten it in the export")
        flat = [column.name for column in file.schema_arrow if not pa.types.is_nested(column.type)]
        stated = [("checksums", "yes" if _has_checksums(path, file.metadata) else "no", "detected")]
        first = 1
        for group in range(file.num_row_groups):
            try:
                for batch in file.iter_batches(CHUNK_ROWS, row_groups=[group], columns=flat):
                    batch.validate(full=True)
                    ranges.check(path, batch, group, first)
                    cells = _plain(path, pa.Table.from_batches([batch])).to_pandas(types_mapper=INTEGERS.get)
                    yield Chunk(cells, np.arange(first, first + len(cells)), stated=stated if first == 1 else ())
                    first += len(cells)
            except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
                raise InputRejected(
                    f"{path.name}, after record {first - 1}: damaged ({type(error).__name__}); copy or export it again"
                ) from None
        if first - 1 != file.metadata.num_rows:
            raise InputRejected(f"{path.name}: {first - 1} records where its footer counts {file.metadata.num_rows}")
        if first == 1:
            empty = _plain(path, file.schema_arrow.empty_table().select(flat)).to_pandas(types_mapper=INTEGERS.get)
            yield Chunk(empty, np.arange(0), stated=stated)


class _Ranges:
    """Lowest and highest value of each needed column in each row group, as the footer names them."""

    def __init__(self, metadata: pq.FileMetaData, needed: Collection[str]) -> None:
        self.of: dict[tuple[int, str], tuple[object, object]] = {}
        for group in range(metadata.num_row_groups):
            for column in range(metadata.num_columns):
                part = metadata.row_group(group).column(column)
                known = part.statistics
                if part.path_in_schema in needed and known is not None and known.has_min_max:
                    self.of[group, part.path_in_schema] = known.min, known.max

    def check(self, path: Path, batch: pa.RecordBatch, group: int, first: int) -> None:
        """Refuse a value beyond its range: the file has changed since it was written."""
        for name in batch.schema.names:
            kind = batch.schema.field(name).type
            if (group, name) not in self.of or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
                continue
            low, high = self.of[group, name]
            seen = pc.min_max(batch.column(name)).as_py()
            if seen["min"] is not None and not (low <= seen["min"] and seen["max"] <= high):
                raise InputRejected(
                    f"{path.name}, records {first} to {first + len(batch) - 1}, column {name!r}: a value beyond the "
                    "range that the file names for it, so it is damaged; copy or export it again"
                )


def _has_checksums(path: Path, metadata: pq.FileMetaData) -> bool:
    """Whether the header of the first page carries a checksum (field 4 of the format's PageHeader)."""
    if not metadata.num_row_groups or not metadata.num_columns:
        return False
    part = metadata.row_group(0).column(0)
    start = part.dictionary_page_offset if part.has_dictionary_page else part.data_page_offset
    with path.open("rb") as file:
        file.seek(start)
        return _fields_of_page(file.read(64))


def _fields_of_page(header: bytes) -> bool:
    """Whether fields 1 to 4 follow each other in a page header in Thrift's compact protocol, all of type i32."""
    position = 0
    for _ in range(4):
        if position >= len(header) or header[position] != 0x15:  # the next field, a 32-bit integer
            return False
        position += 1
        while position < len(header) and header[position] & 0x80:
            position += 1
        position += 1
    return True


def _plain(path: Path, table: pa.Table) -> pa.Table:
    """Dictionaries decoded, days and decimals as types that pandas has, text that is stored as bytes as text."""
    for i, column in enumerate(table.schema):
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_date(kind):
            kind = pa.timestamp("us")
        elif pa.types.is_decimal(kind):
            kind = pa.string() if kind.scale <= 0 else pa.float64()
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            kind = pa.string()
        if kind != column.type:
            try:
                table = table.set_column(i, column.name, table.column(i).cast(kind))
            except pa.ArrowException:
                raise InputRejected(
                    f"{path.name}, column {column.name!r}: holds {column.type} that is no {kind}; export it as text"
                ) from None
    return table
