"""What could be read and must not be: rows that explain the columns, and answers on another scale than declared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import InputRejected
from .config.dataset import Source
from .parsing.casting import scale_of
from .readers.chunks import Chunk

_IMPORT_ID = '{"ImportId"'
_ENOUGH_ROWS, _ENOUGH_COLUMNS = 20, 2
_SHARE, _FEWEST_ANSWERS = 0.01, 5
"""Share and number of the answers outside a scale from which it is not a few mistakes."""


def refuse_explanations(file: str, chunk: Chunk, good: np.ndarray) -> None:
    """Refuse a row below the column names that would count as a record and is an explanation of them.

    Parameters
    ----------
    file : str
    chunk : Chunk
        The first one of the file.
    good : ndarray of bool, shape (rows,)
        Rows that would be used.

    Raises
    ------
    InputRejected
        Says how many such rows there are.
    """
    texts = chunk.cells.head(_ENOUGH_ROWS + 1).astype("str")
    marked = texts.head(3).apply(lambda cells: cells.str.startswith(_IMPORT_ID, na=False)).any(axis=1).to_numpy()
    rows = int(marked.argmax()) + 1 if marked.any() else 1
    if not good[:rows].any():
        return
    digits = texts.apply(lambda cells: cells.str.contains(r"\d", na=False))
    whole = int(digits.iloc[1:].all().sum()) if len(texts) > _ENOUGH_ROWS else 0
    if marked.any() or (whole >= _ENOUGH_COLUMNS and not digits.iloc[0].any()):
        raise InputRejected(
            f"{file}, row {chunk.rows[0]}: looks like a row that explains the columns and not like a record; add "
            f"'units_row: {rows if rows > 1 else 'true'}', or take the row out if it is neither"
        )


@dataclass
class Answers:
    """Answers of one source by their scale, to see whether they are on another one."""

    seen: Counter[tuple[float, float, float]] = field(default_factory=Counter)

    def add(self, table: pd.DataFrame) -> None:
        """Count the answers of a chunk, those outside their scale as well."""
        if "score" in table:
            low, high, _ = scale_of(table)
            known = pd.DataFrame({"low": low, "high": high, "score": table["score"]}).dropna()
            self.seen.update(known.astype("float64").value_counts().to_dict())

    def refuse_another_scale(self, source: Source) -> None:
        """Refuse answers beyond the end of their scale that are no single code such as 99.

        Raises
        ------
        InputRejected
            Says how far they go and what to write.
        """
        for low, high in sorted({(low, high) for low, high, _ in self.seen}):
            counts = {score: n for (a, b, score), n in self.seen.items() if (a, b) == (low, high)}
            outside = {score: n for score, n in counts.items() if not low <= score <= high}
            near = len(outside) > 1 or high + 1 in outside
            if near and sum(outside.values()) >= max(_FEWEST_ANSWERS, _SHARE * sum(counts.values())):
                raise InputRejected(
                    f"source {source.name!r}: answers go from {min(counts):g} to {max(counts):g}, but their scale from "
                    f"{low:g} to {high:g}: is it moved by one, or another one? translate them with 'values', say which "
                    f"it is as scale: {{value: {min(counts):g}-{max(counts):g}}} with metric: {{value: rating}}, "
                    "or name codes such as 99 for 'no answer' under 'empty'"
                )
