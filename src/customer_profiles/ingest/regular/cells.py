"""Columns of a chunk in which every cell is written plainly, so that no rule of cleaning has anything to change.

Which bytes occur in a column proves most of that at once. Columns of which it cannot be proved are left to `casting`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_BLANKS = np.zeros(256, dtype=bool)
_BLANKS[[*range(9, 14), *range(28, 33)]] = True
_LONGEST_NUMBER = 15  # digits that a float holds exactly
_ISO, _DAY, _FORM_OF_DAY = "%Y-%m-%d([ T]%H:%M(:%S)?)?", len("2025-12-31"), len("%Y-%m-%d")
_FIRST_YEAR = np.datetime64("0001-01-01", "us")
_SIZES = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
_SMALLEST_AND_LARGEST = {"%m": (1, 12), "%d": (1, 31), "%H": (0, 23), "%M": (0, 59), "%S": (0, 59)}


@dataclass(frozen=True)
class Cells:
    """The cells of one column that are not empty, as Arrow holds them.

    Parameters
    ----------
    texts : pyarrow.LargeStringArray, shape (cells,)
        Without missing ones.
    rows : ndarray of bool, shape (rows,), or None
        Which rows have one; None: all.
    """

    texts: pa.LargeStringArray
    rows: np.ndarray | None = None

    @classmethod
    def of(cls, column: pd.Series, empty: Collection[str]) -> Cells | None:
        """Cells of a column of text; None if it holds other values, or empty ones that mean something."""
        if column.dtype != "str":
            return None
        texts = pa.array(column.array, type=pa.large_string())
        texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        sizes = np.diff(_offsets(texts))
        filled = sizes > 0
        if texts.null_count:
            missing = texts.is_null().to_numpy(zero_copy_only=False)
            if "" not in empty and (~filled & ~missing).any():
                return None
            filled &= ~missing
        elif filled.all():
            return cls(texts)
        elif "" not in empty:
            return None
        return cls(texts.filter(pa.array(filled)), filled)

    @cached_property
    def offsets(self) -> np.ndarray:
        """Where each cell begins, and the last ends."""
        return _offsets(self.texts)

    @cached_property
    def data(self) -> np.ndarray:
        """All cells as one text of bytes."""
        if not len(self.texts):
            return np.array([], dtype="uint8")
        return np.frombuffer(self.texts.buffers()[2], dtype="uint8")[self.offsets[0] : self.offsets[-1]]

    @cached_property
    def bytes(self) -> bytes:
        """The same, to be searched."""
        return self.data.tobytes()

    @cached_property
    def sizes(self) -> np.ndarray:
        """Bytes of each cell."""
        return np.diff(self.offsets)

    def is_plain(self, words: Collection[str]) -> bool:
        """Whether all is ASCII without blanks around it, and no cell is one of the words."""
        if not self.bytes.isascii():
            return False
        places = self.offsets - self.offsets[0]
        if _BLANKS[self.data[places[:-1]]].any() or _BLANKS[self.data[places[1:] - 1]].any():
            return False
        return not words or not pc.is_in(self.texts, pa.array(list(words), type=pa.large_string())).true_count

    def has(self, signs: Collection[str]) -> bool:
        """Whether any of the signs, which are ASCII, occurs."""
        return any(ord(sign) in self.bytes for sign in signs)

    def numbers(self, decimal: str) -> np.ndarray | None:
        """Values of cells of digits, a minus in front and a decimal sign; None if another occurs."""
        odd = self.bytes.translate(None, b"0123456789-" + decimal.encode())
        if odd or self.sizes.max(initial=0) > _LONGEST_NUMBER:
            return None
        texts = self.texts if decimal == "." else pc.replace_substring(self.texts, decimal, ".")
        try:
            return texts.cast(pa.float64()).to_numpy() + 0.0  # there is no -0
        except pa.ArrowInvalid:
            return None

    def times(self, form: str) -> np.ndarray | None:
        """Points in time of cells that all fill out a form such as ``%d.%m.%Y``; None if one does not."""
        parts = re.findall("%[YmdHMS]|[^%]", form)
        signs = [part for part in parts if part in _SIZES]
        if "".join(parts) != form or len(signs) > len(set(signs)) or not {"%Y", "%m", "%d"} <= set(signs):
            return None
        if not len(self.texts):
            return np.array([], dtype="datetime64[us]")
        ends = np.cumsum([_SIZES.get(part, 1) for part in parts])
        if (self.sizes != ends[-1]).any():
            return None
        table = self.data.reshape(-1, ends[-1])
        if re.fullmatch(_ISO, form):
            return self._iso_times(table, form)
        found: dict[str, np.ndarray] = dict.fromkeys(("%H", "%M", "%S"), np.zeros(1, dtype="int64"))
        for part, end in zip(parts, ends, strict=True):
            if part not in _SIZES:
                if (table[:, end - 1] != ord(part)).any():
                    return None
                continue
            digits = table[:, end - _SIZES[part] : end] - np.uint8(ord("0"))  # what is no digit becomes more than 9
            value = np.zeros(len(digits), dtype="int64")
            for place in range(_SIZES[part]):
                value = value * 10 + digits[:, place]
            low, high = _SMALLEST_AND_LARGEST.get(part, (1, 9999))
            if digits.max() > 9 or value.min() < low or value.max() > high:
                return None
            found[part] = value
        months = ((found["%Y"] - 1970) * 12 + found["%m"] - 1).astype("datetime64[M]")
        days = months.astype("datetime64[D]") + (found["%d"] - 1)
        if (days.astype("datetime64[M]") != months).any():
            return None
        seconds = found["%H"] * 3600 + found["%M"] * 60 + found["%S"]
        return days.astype("datetime64[s]").astype("datetime64[us]") + seconds.astype("timedelta64[s]")

    def _iso_times(self, table: np.ndarray, form: str) -> np.ndarray | None:
        """Times in a form of ISO 8601, which Arrow reads itself, but with a blank or a T before the hour."""
        if len(form) > _FORM_OF_DAY and (table[:, _DAY] != ord(form[_FORM_OF_DAY])).any():
            return None
        try:
            times = self.texts.cast(pa.timestamp("us")).to_numpy()
        except pa.ArrowInvalid:
            return None
        return None if times.min() < _FIRST_YEAR else times

    def spread(self, values: np.ndarray, dtype: str) -> pd.Series:
        """Values of the cells as a column of all rows, missing where a row has none."""
        if self.rows is None:
            return pd.Series(values).astype(dtype)
        column = pd.Series(pd.NaT if values.dtype.kind == "M" else np.nan, index=range(len(self.rows)))
        column = column.astype("datetime64[us]" if values.dtype.kind == "M" else "float64")
        column[self.rows] = values
        return column.astype(dtype)


def lacks(column: pd.Series, signs: Collection[str]) -> bool:
    """Whether a column is ASCII text without any of some signs; False where that would take long to tell."""
    cells = Cells.of(column, ("",))
    return cells is not None and cells.bytes.isascii() and not cells.has([sign for sign in signs if sign.isascii()])


def fills_out(column: pd.Series, forms: Collection[str]) -> bool:
    """Whether all cells of a column of text that are not empty are points in time of one of some forms."""
    cells = Cells.of(column, ("",))
    return cells is not None and any(cells.times(form) is not None for form in forms)


def _offsets(texts: pa.LargeStringArray) -> np.ndarray:
    return np.frombuffer(texts.buffers()[1], dtype="int64")[texts.offset : texts.offset + len(texts) + 1]
