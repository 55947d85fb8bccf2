"""JSON lines: one object per line, its keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputRejected
from ..messages import N_
from .chunks import CHUNK_ROWS, Chunk, Fault, check_header
from .config import FileFormat


def read_jsonl(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a JSON lines file, numbers and booleans typed, everything else as text.

    A line that is no JSON object is a fault of that row. A key that a row lacks is an empty cell; a needed key
    that no row has is refused. Keys inside an object are written with a dot: ``device.kind``.

    Raises
    ------
    InputRejected
        If the encoding is wrong or a needed column is in no row.
    """
    encoding = "utf-8-sig" if form.encoding.lower() in {"utf-8", "utf8"} else form.encoding
    nested = any("." in name for name in needed)
    seen: dict[str, None] = {}
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    number = 0
    with path.open(encoding=encoding) as file:
        try:
            for number, line in enumerate(file, start=1):
                if line.isspace():
                    continue
                record = _record(line)
                if record is None:
                    faults.append((number, "", N_("not a JSON object"), f"{len(line)}×<character>"))
                    continue
                records.append(_flat(record) if nested else record)
                lines.append(number)
                if len(records) == CHUNK_ROWS:
                    yield _chunk(records, lines, faults, needed, seen)
                    records, lines, faults = [], [], []
        except UnicodeError:
            raise InputRejected(
                f"{path.name}, near line {number + 1}: not {form.encoding} text; set 'encoding' in dataset.yaml"
            ) from None
    yield _chunk(records, lines, faults, needed, seen)
    if seen:
        check_header(path, list(seen), needed)


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _chunk(
    records: list[dict[str, Any]],
    lines: list[int],
    faults: list[Fault],
    needed: Collection[str],
    seen: dict[str, None],
) -> Chunk:
    names: dict[str, None] = dict.fromkeys(key for record in records for key in record)
    seen.update(names)
    every = {**names, **dict.fromkeys(needed)}
    cells = {name: pd.Series([_cell(record.get(name)) for record in records], dtype="object") for name in every}
    plain = {name: _plain(column) for name, column in cells.items()}
    return Chunk(pd.DataFrame(plain), np.array(lines, dtype="int64"), faults)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _plain(column: pd.Series) -> pd.Series:
    """Text columns as text; mixed ones stay as they are, each value with its own type."""
    return column.astype("str") if all(value is None or isinstance(value, str) for value in column) else column
