"""Which encoding a text file has: told by its bytes where they prove it, refused where they do not."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from ...errors import InputRejected

_BLOCK = 1 << 20
# Longest first: the mark of UTF-32 begins like that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Bytes that stand for letters in other encodings (DOS, Macintosh, Central European, Cyrillic) but in Windows-1252
# for signs that do not stand between two small letters; and more accented letters in a row than Western words have.
_NOT_WESTERN = re.compile(
    rb"[A-Za-z][\x82-\x84\x86-\x8b\x8e\x93-\x95\x98-\x9b\x9e-\x9f\xa1-\xaa\xac\xaf\xb1-\xb3\xb6\xb8-\xba\xbc-\xbf\xd7\xf7]"
    rb"[a-z\xc0-\xff]|[\xc0-\xff]{4}"
)


def detect(path: Path) -> str:
    """Encoding of a text file: by its mark, as strict UTF-8, or as Windows-1252 if nothing speaks against it.

    The whole file is looked at: one letter in another encoding on the last line is a doubt about all of it.

    Raises
    ------
    InputRejected
        If its bytes leave more than one encoding; names the line.
    """
    with path.open("rb") as file:
        start = file.read(4096)
        mark = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
        if mark:
            return mark
        if start.count(0) > len(start) // 4:
            raise InputRejected(
                f"{path.name}, line 1: every other byte is zero, as in utf-16 without a mark; set 'encoding' to "
                "utf-16-le or utf-16-be in dataset.yaml"
            )
    if is_utf8(path):
        return "utf-8"
    return _one_byte(path)


def is_utf8(path: Path) -> bool:
    """Whether a file is valid UTF-8 throughout."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                if not block.isascii() or decoder.getstate()[0]:  # the first bytes of a letter may wait for the rest
                    decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def is_ascii(path: Path) -> bool:
    """Whether a file has no byte above 127."""
    with path.open("rb") as file:
        return all(block.isascii() for block in iter(lambda: file.read(_BLOCK), b""))


def _one_byte(path: Path) -> str:
    """Windows-1252, where no line of the file is anything else.

    A line that is valid UTF-8 beside one that is not tells that the file was put together from two encodings.
    """
    as_utf8 = other = None
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                as_utf8 = as_utf8 or number
                continue
            except UnicodeDecodeError:
                other = other or number
            try:
                line.decode("cp1252")
            except UnicodeDecodeError:
                odd = True
            else:
                odd = bool(_NOT_WESTERN.search(line))
            if odd:
                raise InputRejected(
                    f"{path.name}, line {number}: neither utf-8 nor cp1252 text; set 'encoding' in dataset.yaml, e.g. "
                    "to cp850 (DOS), mac_roman or cp1250 (Central Europe)"
                )
    if as_utf8:
        raise InputRejected(
            f"{path.name}, line {other}: not utf-8 text, though line {as_utf8} is (cp1252 would fit line {other}): two "
            "encodings in one file; export it again in one"
        )
    return "cp1252"


def hidden_utf8(path: Path, encoding: str) -> bool:
    """Whether a file declared in a one-byte encoding is UTF-8: it would decode, into nonsense.

    A text with characters beyond ASCII that is valid UTF-8 throughout is UTF-8 for all practical purposes.
    """
    name = codecs.lookup(encoding).name
    if name in {"utf-8", "utf-8-sig", "ascii"} or encoding.lower().startswith("utf"):
        return False
    return not is_ascii(path) and is_utf8(path)


def first_undecodable(path: Path, encoding: str) -> tuple[int, str]:
    """Line of the first bytes that an encoding does not know, and what they may be instead."""
    with path.open("rb") as file:
        start = file.read(4)
        mark = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
        if mark and mark != "utf-8":
            return 1, f" (it begins like {mark})"
        file.seek(0)
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number, " (cp1252 would fit)" if encoding.lower().startswith("utf") else ""
    return 1, ""
