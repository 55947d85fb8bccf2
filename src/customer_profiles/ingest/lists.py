"""Several values in one cell."""

from __future__ import annotations

import pandas as pd

_ENTRY = r"[^;|,\[\]\"]+"
_MOST_ENTRIES, _MOST_SHOWN, _FEWEST_CELLS = 40, 8, 20
_SHARE = 0.05
"""Share of the cells with several values from which a column holds lists."""


def entries_of(texts: pd.Series) -> list[str]:
    """Most frequent entries of the lists in some cells; none where the cells are no lists."""
    listed = texts.str.contains(r"[;|]|^\[.*\]$", na=False)
    if len(texts) < _FEWEST_CELLS or listed.mean() < _SHARE:
        return []
    words = texts.str.findall(_ENTRY).explode().dropna().str.strip()
    words = words[words != ""].value_counts()
    return [str(word) for word in words.index[:_MOST_SHOWN]] if len(words) <= _MOST_ENTRIES else []
