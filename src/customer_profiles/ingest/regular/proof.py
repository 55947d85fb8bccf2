"""Whether a CSV file is regular from its first byte to its last: then a fast parser finds what a careful one would."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO

import numpy as np

_BLOCK = 1 << 20
LONGEST_LINE = 1 << 21
"""Bytes of two blocks, which no line of a regular file exceeds."""
_LINE_END, _QUOTE = ord("\n"), ord('"')


def is_regular(path: Path, encoding: str, delimiter: str, above: int, width: int) -> bool:
    """Whether every line of a file, from that of its column names on, is one row of so many cells.

    So it has no blank or ragged line, no NUL byte, no end of line inside a cell, no quote but around a whole cell or
    doubled inside one, one way to end a line and an end of the last, and all of it is text in its encoding.

    Parameters
    ----------
    path : Path
    encoding, delimiter : str
        As Python's codecs and csv know them.
    above : int
        Lines above the column names.
    width : int
        Cells of a row.
    """
    if not delimiter.isascii() or not _knows_ascii(encoding):
        return False
    with path.open("rb") as file:
        for _ in range(above):
            if not _whole(file.readline(LONGEST_LINE)):
                return False
        start = file.tell()
        while block := _lines(file):
            if file.tell() - len(block) == start == 0:
                block = block.removeprefix(codecs.BOM_UTF8)
            if not (_is_clean(block, encoding) and _is_even(block, ord(delimiter), width)):
                return False
    return True


def _knows_ascii(encoding: str) -> bool:
    """Whether signs and ends of lines are one byte each, the same as in ASCII."""
    plain = bytes(range(128))
    try:
        return plain.decode(encoding) == plain.decode("ascii")
    except UnicodeError:
        return False


def _lines(file: BinaryIO) -> bytes:
    return file.read(_BLOCK) + file.readline(_BLOCK)


def _whole(line: bytes) -> bool:
    """Whether a line ends as lines of this file do, and is the only one that a reader of text would see."""
    return line.endswith(b"\n") and b"\r" not in line.removesuffix(b"\r\n")


def _is_clean(block: bytes, encoding: str) -> bool:
    """Whether whole lines are text without NUL bytes and without a second way to end."""
    if not block.endswith(b"\n") or b"\0" in block:
        return False
    if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):
        return False
    try:
        block.isascii() or block.decode(encoding)
    except UnicodeError:
        return False
    return True


def _is_even(block: bytes, delimiter: int, width: int) -> bool:
    """Whether each line has so many cells, and quotes stand around whole cells."""
    if width == 1 and any(line in (b"\n", b"\r\n") for line in block.splitlines(keepends=True)):
        return False  # a blank line is no row
    signs = np.frombuffer(block, dtype="uint8")
    cuts = (signs == delimiter) | (signs == _LINE_END)
    if b'"' in block:
        quotes = signs == _QUOTE
        inside = np.bitwise_and(np.cumsum(quotes, dtype="uint8"), 1).astype(bool)
        beside = cuts | quotes | (signs == ord("\r"))
        opens, closes = np.flatnonzero(quotes & inside), np.flatnonzero(quotes & ~inside)
        apart = (opens > 0) & ~beside[opens - 1]
        if (inside & (signs == _LINE_END)).any() or apart.any() or not beside[closes + 1].all():
            return False
        cuts &= ~inside
    ends = signs[np.flatnonzero(cuts)] == _LINE_END
    if len(ends) % width:
        return False
    rows = ends.reshape(-1, width)
    return bool(rows[:, -1].all() and not rows[:, :-1].any())
