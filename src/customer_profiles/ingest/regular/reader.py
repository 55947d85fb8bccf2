"""The rows of a regular CSV file, read by Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from .proof import LONGEST_LINE


def read_rows(
    path: Path, encoding: str, delimiter: str, above: int, names: Sequence[str], rows: int
) -> Iterator[pd.DataFrame]:
    """Cells of a file of which `is_regular` is true, as text, so many rows at a time and fewer at last.

    Parameters
    ----------
    path : Path
    encoding, delimiter : str
        As `is_regular` was given them.
    above : int
        Lines above the first row: those of a banner and that of the column names.
    names : sequence of str
        Columns.
    rows : int
        Rows at a time.
    """
    reader = arrow_csv.open_csv(
        path,
        arrow_csv.ReadOptions(
            use_threads=False,
            block_size=2 * LONGEST_LINE,
            skip_rows=above,
            column_names=list(names),
            encoding=encoding.removesuffix("-sig"),
        ),
        arrow_csv.ParseOptions(delimiter=delimiter),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=False
        ),
    )
    parts: list[pa.RecordBatch] = []
    for batch in reader:
        parts.append(batch)
        while sum(part.num_rows for part in parts) >= rows:
            table = pa.Table.from_batches(parts)
            yield _frame(table.slice(0, rows))
            parts = table.slice(rows).to_batches()
    yield _frame(pa.Table.from_batches(parts, reader.schema))


def _frame(table: pa.Table) -> pd.DataFrame:
    columns = {name: column.combine_chunks() for name, column in zip(table.column_names, table.columns, strict=True)}
    return pd.DataFrame({name: pd.array(column, dtype="str") for name, column in columns.items()})
