"""Values of a column of which every cell is plain: what `casting` would find, without a look at each cell."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ..config.dataset import Column, Source
from ..contract import DTYPES, Field
from ..parsing.cells import EXACT_INTEGERS, on_clock
from ..parsing.cleaning import LONGEST_TEXT, Log
from ..parsing.notation import ISO_DAY, Written
from ..readers.damage import no_ids
from .cells import Cells

# Systems write "unknown" as the first or last day they can hold.
FIRST_REAL_DAY, LAST_REAL_DAY = pd.Timestamp("1900-01-02"), pd.Timestamp("9998-12-31")
# What may be declared of a plain column; whatever else is declared asks for care, as these columns always do.
_PLAIN_KEYS = {"column", "label", "number", "reason", "factor", "decimal", "thousands", "date", "datetime"}
_WITH_CARE = ("consent", "birth_date")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def plain_values(
    raw: pd.Series,
    wanted: Field,
    column: Column,
    source: Source,
    written: Written,
    zone: ZoneInfo,
    cleaned: Log,
    name: str,
) -> pd.Series | None:
    """Values of a column in which nothing is to be changed, dropped or set aside; None if that is not proved.

    Parameters
    ----------
    raw : Series, shape (rows,)
        Cells as read.
    wanted : Field
        What the contract wants.
    column, source, written
        What is declared, and how numbers and times are written.
    zone : ZoneInfo
        Of the data set.
    cleaned : Log
        Counts the cells that the rules had a look at.
    name : str
        Of the column in the table.
    """
    if name in _WITH_CARE or not column.model_fields_set <= _PLAIN_KEYS or wanted.allowed:
        return None
    cells = Cells.of(raw, source.empty)
    if cells is None or (wanted.required and cells.rows is not None):
        return None
    if not cells.is_plain([word for word in source.empty if word]):
        return None
    values = _cast(raw, cells, wanted, column, written, zone)
    if values is not None:
        _count(cleaned, name, int(raw.notna().sum()), len(cells.texts), source, prose=wanted.kind == "text")
    return values


def _cast(
    raw: pd.Series, cells: Cells, wanted: Field, column: Column, written: Written, zone: ZoneInfo
) -> pd.Series | None:
    if wanted.kind in ("id", "category", "text"):
        if not _is_undamaged(cells, raw, wanted):
            return None
        return (raw if cells.rows is None else raw.where(cells.rows)).astype(DTYPES[wanted.kind])
    if wanted.kind in ("integer", "number"):
        numbers = _numbers(cells, wanted, column, written)
        return None if numbers is None else cells.spread(numbers, DTYPES[wanted.kind])
    if wanted.kind in ("date", "datetime"):
        times = _days(cells, written) if wanted.kind == "date" else _times(cells, written, zone)
        if times is None or (len(times) and (times.min() < FIRST_REAL_DAY or times.max() > LAST_REAL_DAY)):
            return None
        return cells.spread(times, DTYPES[wanted.kind])
    return None


def _is_undamaged(cells: Cells, raw: pd.Series, wanted: Field) -> bool:
    """Whether no cell is an error of a spreadsheet, too long, or a word that is no name or id."""
    if cells.has("#") or cells.sizes.max(initial=0) > LONGEST_TEXT or (wanted.kind == "id" and cells.has("+\\")):
        return False
    if not wanted.required or not cells.has(_LETTERS):
        return True
    return bool(pd.isna(no_ids(pd.Series(raw.unique(), dtype="str"), wanted.kind == "id", wanted.required)).all())


def _numbers(cells: Cells, wanted: Field, column: Column, written: Written) -> np.ndarray | None:
    numbers = cells.numbers(written.decimal or ".")
    if numbers is None or (wanted.kind == "integer" and ((numbers % 1 != 0) | (abs(numbers) > EXACT_INTEGERS)).any()):
        return None
    if column.factor != 1:
        numbers = (pd.Series(numbers) * column.factor).round(10).to_numpy()
    outside = len(numbers) and (
        (wanted.low is not None and numbers.min() < wanted.low)
        or (wanted.high is not None and numbers.max() > wanted.high)
    )
    return None if outside else numbers


def _days(cells: Cells, written: Written) -> np.ndarray | None:
    days = cells.times(written.date or ISO_DAY)
    return None if days is None else days.astype("datetime64[D]").astype("datetime64[us]")


def _times(cells: Cells, written: Written, zone: ZoneInfo) -> np.ndarray | None:
    """Local times; None where the clock has something against one."""
    form = written.datetime or _iso_form(cells)
    times = cells.times(form)
    if times is None or (form == ISO_DAY and written.datetime is None):
        return times
    local, wrong = on_clock(pd.Series(times), written, zone)
    return None if pd.notna(wrong).any() else local.to_numpy()


def _iso_form(cells: Cells) -> str:
    """Form of ISO 8601 that the first cell has."""
    size = int(cells.sizes[0]) if len(cells.sizes) else 10
    separator = chr(cells.data[10]) if size > 10 else ""
    if separator not in ("", " ", "T"):
        return ""
    return ISO_DAY + {10: "", 16: f"{separator}%H:%M", 19: f"{separator}%H:%M:%S"}.get(size, "%")


def _count(cleaned: Log, name: str, given: int, filled: int, source: Source, prose: bool) -> None:
    """Count the cells that no rule had to change."""
    for rule in ("blanks", "long_texts") if prose else ("blanks",):
        if cleaned.wants(rule):
            cleaned.count(rule, name, given, given, 0)
    if any(source.empty) and cleaned.wants("empty_words"):
        cleaned.count("empty_words", name, filled, filled, 0)
