"""JSON lines (one object per line) and JSON documents (a list of objects): keys are the columns."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ..config.dataset import FileFormat
from ..regular.json_lines import regular_cells
from .chunks import CHUNK_ROWS, Chunk, Fault, check_header, mask
from .json_text import KEY_TWICE, NO_OBJECT, REASONS, Unreadable, records, value_of

# Characters that a chunk is made of at most: records as objects take several times their text in memory.
CHUNK_CHARACTERS = 1 << 25


def read_jsonl(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a JSON lines file, numbers and booleans typed, everything else as text.

    A line that is no JSON object, has a key twice or NaN in it is a fault of that row. A key that a row lacks is
    an empty cell; a needed key that no row has is refused. Keys inside an object are written with a dot:
    ``device.kind``.

    Raises
    ------
    InputRejected
        If the encoding is wrong or a needed column is in no row.
    """
    gathered, is_last = _Gathered(needed), False
    with path.open(encoding=_encoding(form)) as file:
        lines = _Lines(file)
        try:
            while not is_last:
                ahead, is_last = lines.ahead()
                cells = regular_cells(ahead) if ahead else None
                if cells is not None:
                    yield gathered.whole(cells, lines.pass_by())
                    continue
                for number, line in lines:
                    gathered.read(number, line)
                    if gathered.is_full():
                        is_last = False
                        break
                yield gathered.chunk()
        except UnicodeError:
            raise InputRejected(
                f"{path.name}, near line {lines.read + 1}: not {form.encoding} text; set 'encoding' in dataset.yaml"
            ) from None
    gathered.check(path)


def read_json(path: Path, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a JSON document that is a list of objects, or has one at the keys of ``records``.

    Cells are those of `read_jsonl`; rows are the numbers of the records, from 1. A record that is no object is a
    fault of its row.

    Raises
    ------
    InputRejected
        If the document is broken, has a key twice or NaN in it, there is no list where it should be, or a needed
        column is in no record; names the line.
    """
    gathered = _Gathered(needed)
    number = 0
    with path.open(encoding=_encoding(form)) as file:
        try:
            for number, (record, characters) in enumerate(records(file, form.records), start=1):
                gathered.add(number, record, characters)
                if gathered.is_full():
                    yield gathered.chunk()
        except Unreadable as error:
            where = f"{path.name}, after record {number}" if number else path.name
            raise InputRejected(f"{where}: {error}; correct it, or ask for a new export") from None
        except UnicodeError:
            raise InputRejected(
                f"{path.name}, after record {number}: not {form.encoding} text; set 'encoding' in dataset.yaml"
            ) from None
    yield gathered.chunk()
    gathered.check(path)


def _encoding(form: FileFormat) -> str:
    encoding = form.encoding or "utf-8"
    return "utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding


class _Lines:
    """Lines of a file with their numbers, from 1, which can be looked at ahead."""

    def __init__(self, file: Iterable[str]):
        self.read = 0
        self._file, self._ahead = iter(file), deque[str]()

    def ahead(self) -> tuple[Sequence[str], bool]:
        """The lines to come, as many as fill a chunk if each is a record, and whether there are no more."""
        characters = sum(map(len, self._ahead))
        while len(self._ahead) < CHUNK_ROWS and characters < CHUNK_CHARACTERS:
            line = next(self._file, None)
            if line is None:
                return self._ahead, True
            self._ahead.append(line)
            self.read += 1
            characters += len(line)
        return self._ahead, False

    def pass_by(self) -> np.ndarray:
        """Numbers of the lines that were looked at, which are done."""
        first = self.read - len(self._ahead) + 1
        self._ahead.clear()
        return np.arange(first, self.read + 1, dtype="int64")

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """All lines that are not done."""
        while self._ahead:
            yield self.read - len(self._ahead) + 1, self._ahead.popleft()
        for line in self._file:
            self.read += 1
            yield self.read, line


class _Gathered:
    """Records until they are enough for a chunk, and all keys seen."""

    def __init__(self, needed: Collection[str]):
        self.needed = needed
        self.nested = any("." in name for name in needed)
        self.seen: dict[str, None] = {}
        self.faults: list[Fault] = []
        self.records: list[dict[str, Any]] = []
        self.numbers: list[int] = []
        self.characters = 0

    def read(self, number: int, line: str) -> None:
        """Take what a line of JSON has, or note why it cannot be read; nothing of a blank line."""
        if line.isspace():
            return
        try:
            self.add(number, value_of(line), len(line))
        except Unreadable as error:
            reason = str(error) if str(error) in REASONS else NO_OBJECT
            self.faults.append((number, "", reason, f"{len(line)}×<character>"))

    def whole(self, cells: dict[str, pd.Series], numbers: np.ndarray) -> Chunk:
        """A chunk of columns that were read at once."""
        self.seen.update(dict.fromkeys(cells))
        missing = pd.Series(pd.array([None] * len(numbers), dtype="str"))
        return Chunk(pd.DataFrame(cells | {name: missing for name in self.needed if name not in cells}), numbers)

    def add(self, number: int, record: Any, characters: int) -> None:
        """Take a record, or note that it is none."""
        if not isinstance(record, dict):
            self.faults.append((number, "", NO_OBJECT, mask(json.dumps(record, ensure_ascii=False))))
            return
        self.records.append(_flat(record) if self.nested else record)
        self.numbers.append(number)
        self.characters += characters

    def is_full(self) -> bool:
        """Whether there is enough for a chunk."""
        return len(self.records) == CHUNK_ROWS or self.characters >= CHUNK_CHARACTERS

    def chunk(self) -> Chunk:
        """Hand on what there is."""
        names = dict.fromkeys(key for record in self.records for key in record)
        self.seen.update(names)
        every = {**names, **dict.fromkeys(self.needed)}
        cells = {
            name: pd.Series([_cell(record.get(name)) for record in self.records], dtype="object") for name in every
        }
        plain = {name: _plain(column) for name, column in cells.items()}
        made = Chunk(pd.DataFrame(plain), np.array(self.numbers, dtype="int64"), self.faults)
        self.records, self.numbers, self.faults, self.characters = [], [], [], 0
        return made

    def check(self, path: Path) -> None:
        """Refuse a file in which no record has a needed key."""
        if self.seen:
            check_header(path, list(self.seen), self.needed)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record without records in it; their keys are written with a dot."""
    pairs = list(_pairs(record, ""))
    flat = dict(pairs)
    if len(flat) < len(pairs):
        raise Unreadable(KEY_TWICE)
    return flat


def _pairs(record: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _pairs(value, f"{prefix}{key}.")
        elif pairs := _named_values(value):
            yield from _pairs(pairs, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _named_values(value: Any) -> dict[str, Any]:
    """A list of named values, such as ``[{"id": 7, "value": "x"}]``, by name; of any other list, nothing."""
    if not isinstance(value, list) or not all(isinstance(item, dict) and "value" in item for item in value):
        return {}
    names = [next((str(item[key]) for key in ("id", "key", "name") if key in item), None) for item in value]
    told_apart = None not in names and len(set(names)) == len(names)
    return {name: item["value"] for name, item in zip(names, value, strict=True) if name} if told_apart else {}


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _plain(column: pd.Series) -> pd.Series:
    """Text columns as text; mixed ones stay as they are, each value with its own type."""
    return column.astype("str") if all(value is None or isinstance(value, str) for value in column) else column
