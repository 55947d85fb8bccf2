"""Lines of JSON that are all written in one form: then one pattern finds what a careful decoder would."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

_TEXT = r'[^"\\\x00-\x1f]*'
_SCALAR = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,17})?|true|false|null"
_MEMBER = re.compile(rf'([{{,] *"([^"\\\x00-\x1f]+)" *: *)(?:"{_TEXT}"|{_SCALAR})')
_WORDS = {"": None, "true": True, "false": False, "null": None}


def regular_cells(lines: Sequence[str]) -> dict[str, pd.Series] | None:
    """Columns of lines that all have the keys of the first, in its order and with its blanks; None if one has not.

    So every line is a flat object without an escaped sign, a number of more than 15 digits or one with an exponent.

    Parameters
    ----------
    lines : sequence of str
        With their ends, of which the last may lack.
    """
    form = _form(lines[0].removesuffix("\n"))
    if form is None:
        return None
    names, pattern = form
    text = "".join(lines)
    found = pattern.findall(text if text.endswith("\n") else text + "\n")
    if len(found) != len(lines):  # no match is more than a line
        return None
    parts = iter(zip(*found, strict=True))
    return {name: _column(next(parts), next(parts)) for name in names}


def _form(line: str) -> tuple[Sequence[str], re.Pattern[str]] | None:
    """Keys of a line, and a pattern of it with two groups for each: a text, or what stands without quotes."""
    names, pattern, end = list[str](), "", 0
    for member in _MEMBER.finditer(line):
        if member.start() != end or (member[1][0] == "{") != (end == 0):
            return None
        names.append(member[2])
        pattern += rf'{re.escape(member[1])}(?:"({_TEXT})"|({_SCALAR}))'
        end = member.end()
    closing = line[end:]
    if not names or closing.strip(" ") != "}" or len(set(names)) < len(names) or not "".join(names).isascii():
        return None
    return names, re.compile(rf"^{pattern}{re.escape(closing)}\n", re.MULTILINE)


def _column(texts: Sequence[str], scalars: Sequence[str]) -> pd.Series:
    """Cells of a column; of each either the text or the scalar is there."""
    if not any(scalars):
        return pd.Series(pd.array(list(texts), dtype="str"))
    values: dict[str, Any] = {scalar: _value(scalar) for scalar in set(scalars)}
    if "" in values:
        cells = [values[scalar] if scalar else text for text, scalar in zip(texts, scalars, strict=True)]
    else:
        cells = list(map(values.__getitem__, scalars))
    column = pd.Series(cells, dtype="object")
    return column if values.keys() - {"", "null"} else column.astype("str")


def _value(scalar: str) -> Any:
    if scalar in _WORDS:
        return _WORDS[scalar]
    return float(scalar) if "." in scalar else int(scalar)
