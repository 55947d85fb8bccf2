"""JSON as strict as its standard, and a document's list of records one by one, without holding the document."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, TextIO

from ...messages import N_
from ..config.suggest import nearest

BLOCK = 1 << 20
NO_OBJECT = N_("not a JSON object")
KEY_TWICE = N_("a key appears twice; which value is meant cannot be told")
NO_NUMBER = N_("NaN or Infinity, which is not JSON; leave the value out or write null")
NO_CHARACTER = N_("a character that no text can hold (NUL or half a surrogate pair)")
REASONS = (KEY_TWICE, NO_NUMBER, NO_CHARACTER)
# Signs that can be missing at the end of a piece; longer than any word of JSON.
_NEAR_THE_END = 16
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Unreadable(ValueError):
    """Text that is no JSON, or that only some readers would take for it; says why."""


def _refuse_number(_: str) -> Any:
    raise Unreadable(NO_NUMBER)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, its keys in composed Unicode as dataset.yaml has them."""
    content = dict(pairs)
    if not "".join(content).isascii():
        content = {unicodedata.normalize("NFC", key): value for key, value in pairs}
    if len(content) < len(pairs):
        raise Unreadable(KEY_TWICE)
    return content


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_number)


def value_of(text: str) -> Any:
    """The value that a whole text stands for.

    Raises
    ------
    Unreadable
        If it is no JSON, has a key twice, a number that is none, or a character that no text can hold.
    """
    return _checked(text, *_decoded(text.strip(), 0))[0]


def records(file: TextIO, path: str | None) -> Iterator[tuple[Any, int]]:
    """Values of the list that a document is, or that stands at a path of its keys such as ``data.orders``.

    Each comes with the number of characters it is written in.

    Only the values themselves and a block of text are held at a time. The whole document is read: what comes
    behind the list has to be JSON as well.

    Raises
    ------
    Unreadable
        With the line, as soon as the document turns out not to be JSON or has no list there.
    """
    text = _Text(file)
    if text.sign() == "":
        raise Unreadable("the document is empty; a list without records is written as []")
    if path is None:
        if text.sign() != "[":
            raise Unreadable(f"line {text.line}: not a list of records{_first_list(text)}")
        yield from _items(text)
    else:
        yield from _inside(text, path.split("."), path)
    if text.sign() != "":
        raise Unreadable(f"line {text.line}: there is text behind the end of the document")


class _Text:
    """A document of which a piece is held, the place in it, and the length of the value last passed."""

    def __init__(self, file: TextIO):
        self._file = file
        self._piece, self._at, self._lines_before = "", 0, 0
        self.characters = 0

    @property
    def line(self) -> int:
        """Line of the place, from 1."""
        return self._lines_before + self._piece.count("\n", 0, self._at) + 1

    def sign(self) -> str:
        """The next sign that is no blank, without passing it; empty at the end."""
        while True:
            found = _BLANKS.match(self._piece, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._piece):
                return self._piece[self._at]
            if not self._more():
                return ""

    def take(self, sign: str, *others: str) -> str:
        """Pass the next sign, which has to be one of those given."""
        found = self.sign()
        if found not in (sign, *others) or not found:
            expected = " or ".join(map(repr, (sign, *others)))
            raise Unreadable(f"line {self.line}: {expected} expected{'' if found else ', but the document ends'}")
        self._at += 1
        return found

    def value(self) -> Any:
        """Pass the next value."""
        self.sign()
        while True:
            try:
                value, end = _decoded(self._piece, self._at)
            except _Incomplete as error:
                if self._more():
                    continue
                raise Unreadable(f"in the value that begins on line {self.line}: {error}") from None
            except Unreadable as error:
                raise Unreadable(f"in the value that begins on line {self.line}: {error}") from None
            # A number at the end of a piece may go on in the next one.
            if not isinstance(value, dict | list | str) and end >= len(self._piece) - _NEAR_THE_END and self._more():
                continue
            try:
                _checked(self._piece[self._at : end], value, 0)
            except Unreadable as error:
                raise Unreadable(f"in the value that begins on line {self.line}: {error}") from None
            self.characters, self._at = end - self._at, end
            return value

    def _more(self) -> bool:
        """Read on; twice as much as a value that does not fit, so that long ones are not decoded too often."""
        further = self._file.read(max(BLOCK, len(self._piece) - self._at))
        if not further:
            return False
        self._lines_before += self._piece.count("\n", 0, self._at)
        self._piece, self._at = self._piece[self._at :] + further, 0
        return True


_BLANKS = re.compile(r"[ \t\r\n]*")


class _Incomplete(Unreadable):
    """Text that could be the beginning of JSON."""


def _decoded(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at a place, and where it ends."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        kind = _Incomplete if error.pos >= len(text) - _NEAR_THE_END or "Unterminated" in error.msg else Unreadable
        raise kind(f"broken JSON ({error.msg.lower()})") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("a number of more than 4300 digits") from None


def _checked(text: str, value: Any, end: int) -> tuple[Any, int]:
    """The same, unless the text spells characters that cannot be written."""
    if end and text.strip()[end:].strip():
        raise Unreadable("broken JSON (text behind its end)")
    if "\\u" in text:
        if "\\u0000" in text and _NUL.search(text):
            raise Unreadable(NO_CHARACTER)
        if "\\ud" in text or "\\uD" in text:
            try:
                json.dumps(value, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                raise Unreadable(NO_CHARACTER) from None
    return value, end


def _items(text: _Text) -> Iterator[tuple[Any, int]]:
    text.take("[")
    if text.sign() == "]":
        text.take("]")
        return
    while True:
        yield text.value(), text.characters
        if text.take(",", "]") == "]":
            return


def _inside(text: _Text, path: list[str], whole: str) -> Iterator[tuple[Any, int]]:
    """Values of the list at a path of keys; all other values are passed over."""
    if text.sign() != "{":
        raise Unreadable(f"line {text.line}: 'records: {whole}' needs an object with the key {path[0]!r} here")
    keys: list[str] = []
    for key in _keys(text, keys):
        if key != path[0]:
            text.value()
        elif len(path) > 1:
            yield from _inside(text, path[1:], whole)
        elif text.sign() != "[":
            raise Unreadable(f"line {text.line}: 'records: {whole}' is not a list")
        else:
            yield from _items(text)
    if path[0] not in keys:
        near = nearest(path[0], keys)
        raise Unreadable(
            f"'records: {whole}': there is no key {path[0]!r}" + (f"; did you mean {near!r}?" if near else "")
        )


def _keys(text: _Text, seen: list[str]) -> Iterator[str]:
    """Keys of an object, each before its value, which the caller has to pass."""
    text.take("{")
    if text.sign() == "}":
        text.take("}")
        return
    while True:
        if text.sign() != '"':
            raise Unreadable(f"line {text.line}: a key in quotes expected")
        key = text.value()
        if key in seen:
            raise Unreadable(f"line {text.line}: {KEY_TWICE}")
        seen.append(key)
        text.take(":")
        yield key
        if text.take(",", "}") == "}":
            return


def _first_list(text: _Text) -> str:
    """The key of the first list in an object, as a remedy."""
    if text.sign() != "{":
        return ""
    for key in _keys(text, []):
        if text.sign() == "[":
            return f"; say where it is: 'records: {key}'?"
        text.value()
    return "; say at which key it is: 'records: KEY'"
