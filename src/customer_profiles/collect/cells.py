"""One column of distinct cells to one type, with a reason for each cell that does not fit."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ..messages import N_
from .config import Source

# Above this, floating point no longer tells neighbouring whole numbers apart.
EXACT_INTEGERS = 2**53
YES = ("true", "yes", "y", "ja", "j", "1", "x", "wahr", "t")
NO = ("false", "no", "n", "nein", "0", "falsch", "f")
_ISO_DAY = r"\d{4}-\d{2}-\d{2}"
_ISO_TIME = rf"{_ISO_DAY}([T ]\d{{2}}:\d{{2}}(:\d{{2}}([.,]\d{{1,9}})?)?)?\s?(Z|[+-]\d{{2}}:?\d{{2}})?"
_OFFSET = r":\d{2}\S*\s?(?:Z|[+-]\d{2}:?\d{2})$"

Typed = tuple[pd.Series, np.ndarray]


def stripped(cells: pd.Series, empty: tuple[str, ...]) -> pd.Series:
    """Cells without surrounding blanks; those that mean "no value" are missing. Typed cells are left alone."""
    if cells.dtype == "object":
        texts = cells.map(lambda value: isinstance(value, str))
        cells = cells.copy()
        cells[texts] = cells[texts].str.strip()
        return cells.mask(texts & cells.isin(empty))
    if cells.dtype != "str":
        return cells
    cells = cells.str.strip()
    return cells.mask(cells.isin(empty))


def as_texts(cells: pd.Series) -> Typed:
    """Text as written, in composed Unicode; whole numbers without a decimal point."""
    wrong = np.full(len(cells), None, dtype="object")
    if cells.dtype == "str":
        composed = cells.map(lambda text: unicodedata.normalize("NFC", text), na_action="ignore")
        return composed.astype("str"), wrong
    texts = []
    for position, value in enumerate(cells.astype("object")):
        if pd.isna(value):
            texts.append(None)
            continue
        if isinstance(value, float) and abs(value) >= EXACT_INTEGERS:
            wrong[position] = N_("too long for a number cell, its last digits are lost; export it as text")
        texts.append(_text(value))
    return pd.Series(texts, dtype="str"), wrong


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return unicodedata.normalize("NFC", str(value))


def as_numbers(cells: pd.Series, source: Source, whole: bool = False) -> Typed:
    """Numbers with the declared decimal and thousands signs; a thousands sign must stand every three digits."""
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        values = cells.astype("float64")
        typed = pd.Series(True, index=cells.index)
    else:
        typed = cells.map(lambda value: isinstance(value, int | float) and not isinstance(value, bool)).astype(bool)
        texts = cells.where(~typed).astype("str")
        sign = re.escape(source.decimal)
        digits = r"\d+"
        if source.thousands:
            digits = rf"(?:\d+|\d{{1,3}}(?:{re.escape(source.thousands)}\d{{3}})+)"
        well_formed = texts.str.fullmatch(
            rf"[+-]?(?:{digits}(?:{sign}\d*)?|{sign}\d+)(?:[eE][+-]?\d{{1,3}})?", na=False
        )
        plain = texts.where(well_formed)
        if source.thousands:
            plain = plain.str.replace(source.thousands, "", regex=False)
        values = pd.to_numeric(plain.str.replace(source.decimal, ".", regex=False), errors="coerce").astype("float64")
        if typed.any():
            values = values.where(~typed, pd.to_numeric(cells.where(typed), errors="coerce").astype("float64"))
    wrong = np.full(len(cells), None, dtype="object")
    wrong[(cells.notna() & ~np.isfinite(values)).to_numpy()] = N_("not a number in the declared format")
    if whole:
        part = (np.isfinite(values) & (values % 1 != 0)).to_numpy()
        wrong[part] = N_("not a whole number")
        values = values.where(~part & pd.isna(wrong))
    return values.where(pd.isna(wrong)), wrong


def as_booleans(cells: pd.Series) -> Typed:
    """Yes or no by the usual German and English words; any other word is a fault."""
    texts, wrong = as_texts(cells)
    words = texts.str.casefold()
    values = words.map({**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}).astype("boolean")
    wrong[(words.notna() & values.isna()).to_numpy()] = N_("neither yes nor no")
    return values, wrong


def as_dates(cells: pd.Series, source: Source, zone: ZoneInfo) -> Typed:
    """Days in the declared format; of a typed point in time, its day in the data set's zone."""
    texts, values = _typed_times(cells, source, zone)
    written = texts.where(texts.str.fullmatch(_ISO_DAY, na=False)) if source.date == "%Y-%m-%d" else texts
    values = values.fillna(_parsed(written, source.date))
    return values.dt.normalize(), _unparsed(cells, values, N_("not a day as written in the declared format"))


def as_times(cells: pd.Series, source: Source, zone: ZoneInfo) -> Typed:
    """Points in time in the declared format, or days in the declared one, as local times of the data set.

    Without a declared format they are ISO 8601; one with an offset is converted, one without is in the
    source's zone.
    """
    texts, values = _typed_times(cells, source, zone)
    if source.datetime is None:
        iso = texts.where(texts.str.fullmatch(_ISO_TIME, na=False))
        offset = iso.str.contains(_OFFSET, na=False) if len(iso) else pd.Series([], dtype=bool)
        with_offset = pd.to_datetime(iso.where(offset), format="ISO8601", errors="coerce", utc=True)
        naive = pd.to_datetime(iso.where(~offset), format="ISO8601", errors="coerce").astype("datetime64[us]")
        parsed = _local(with_offset, zone).fillna(_moved(naive, source, zone))
    elif "%z" in source.datetime:
        parsed = _local(pd.to_datetime(texts, format=source.datetime, errors="coerce", utc=True), zone)
    else:
        parsed = _moved(_parsed(texts, source.datetime), source, zone)
    values = values.fillna(parsed).fillna(_parsed(texts.where(values.isna() & parsed.isna()), source.date))
    return values, _unparsed(cells, values, N_("not a point in time as written in the declared format"))


def _parsed(texts: pd.Series, written: str) -> pd.Series:
    return pd.to_datetime(texts, format=written, errors="coerce").astype("datetime64[us]")


def _unparsed(cells: pd.Series, values: pd.Series, reason: str) -> np.ndarray:
    wrong = np.full(len(cells), None, dtype="object")
    wrong[(cells.notna() & values.isna()).to_numpy()] = reason
    return wrong


def _typed_times(cells: pd.Series, source: Source, zone: ZoneInfo) -> tuple[pd.Series, pd.Series]:
    """Cells that are text, and the values of those that are points in time already."""
    nothing = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return pd.Series(None, index=cells.index, dtype="str"), _local(cells, zone)
    if pd.api.types.is_datetime64_dtype(cells.dtype):
        return pd.Series(None, index=cells.index, dtype="str"), _moved(cells.astype("datetime64[us]"), source, zone)
    if cells.dtype != "object":
        return (cells if cells.dtype == "str" else pd.Series(None, index=cells.index, dtype="str")), nothing
    typed = cells.map(lambda value: isinstance(value, date)).astype(bool)
    texts = cells.where(cells.map(lambda value: isinstance(value, str)).astype(bool)).astype("str")
    if typed.any():
        nothing = _moved(pd.to_datetime(cells.where(typed)).astype("datetime64[us]"), source, zone)
    return texts, nothing


def _moved(naive: pd.Series, source: Source, zone: ZoneInfo) -> pd.Series:
    """Local times of the source's zone as local times of the data set's."""
    if source.time_zone is None or source.time_zone == zone.key:
        return naive
    aware = naive.dt.tz_localize(
        source.time_zone, ambiguous=np.zeros(len(naive), dtype=bool), nonexistent="shift_forward"
    )
    return _local(aware, zone)


def _local(aware: pd.Series, zone: ZoneInfo) -> pd.Series:
    return aware.dt.tz_convert(zone.key).dt.tz_localize(None).astype("datetime64[us]")
