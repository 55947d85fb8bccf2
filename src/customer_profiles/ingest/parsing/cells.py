"""One column of distinct cells to one type, with a reason for each cell that does not fit."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ...messages import N_
from ..config.columns import UNIX, Column
from .cleaning import tidied
from .month_names import in_english
from .notation import ISO_DAY, Written
from .number_forms import CURRENCY_SIGN, plain_numbers

# Zones are known for these years; what lies beyond is a placeholder.
_CLOCKS_SINCE_AND_UNTIL = (np.datetime64("1900-01-02", "us"), np.datetime64("2200-01-01", "us"))
# Above this, floating point no longer tells neighbouring whole numbers apart.
EXACT_INTEGERS = 2**53
YES = ("true", "yes", "y", "ja", "j", "1", "x", "wahr", "t")
NO = ("false", "no", "n", "nein", "0", "falsch", "f")
_SINCE_1970 = {r"\d{9,10}": 1, r"\d{12,13}": 1_000, r"\d{15,16}": 1_000_000}
"""How many digits a moment has that is counted since 1970, and how many of what it counts make a second."""
_NO_SEPARATOR = re.compile(r"(?:%[dmyY]){3}")
_ISO_DAY = r"\d{4}-\d{2}-\d{2}"
_ISO_TIME = rf"{_ISO_DAY}([T ]\d{{2}}:\d{{2}}(:\d{{2}}([.,]\d{{1,9}})?)?)?\s?(Z|[+-]\d{{2}}:?\d{{2}})?"
_OFFSET = r":\d{2}\S*\s?(?:Z|[+-]\d{2}:?\d{2})$"

_GMT = re.compile(r"(?:GMT|UTC)(?:([+-])(\d{1,2})(?::?(\d{2}))?)?$")


def _offset(zone: re.Match[str]) -> str:
    """GMT+1 as +0100."""
    sign, hours, minutes = zone.groups()
    return f"{sign or '+'}{int(hours or 0):02}{minutes or '00'}"


Typed = tuple[pd.Series, np.ndarray]


def stripped(cells: pd.Series, empty: tuple[str, ...]) -> pd.Series:
    """Cells that are only compared, or parts of others: tidied by all rules, without being counted."""
    return tidied(cells, empty)


def as_texts(cells: pd.Series) -> Typed:
    """Text as written; whole numbers without a decimal point."""
    wrong = np.full(len(cells), None, dtype="object")
    if cells.dtype == "str":
        return cells, wrong
    if pd.api.types.is_integer_dtype(cells.dtype):
        return cells.astype("str"), wrong
    texts: list[str | None] = []
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
    return str(value)


def key_texts(cells: pd.Series, empty: tuple[str, ...]) -> pd.Series:
    """Texts that are only compared; each distinct cell is looked at once."""
    codes, distinct = pd.factorize(cells, use_na_sentinel=True)
    texts, _ = as_texts(stripped(pd.Series(distinct), empty))
    return texts.reindex(codes).reset_index(drop=True)


def by_rule(ids: pd.Series, column: Column) -> pd.Series:
    """Ids as another system writes them: parts replaced, in lower-case letters, cut, with zeros in front."""
    for pattern, written in column.replace.items():
        ids = ids.str.replace(pattern, written, regex=True)
    ids = ids.str.lower() if column.lower else ids
    ids = ids.str[: column.cut] if column.cut else ids
    return ids.str.zfill(column.pad) if column.pad else ids


def as_numbers(cells: pd.Series, written: Written, whole: bool = False) -> Typed:
    """Numbers with the given decimal and thousands signs.

    A thousands sign must stand every three digits, and no group leads with a zero: 0.123 with "." for thousands is no
    123, but a sign that the number is written otherwise.
    """
    decimal, thousands = written.decimal or ".", written.thousands
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        values = cells.astype("float64")
    else:
        typed = cells.map(lambda value: isinstance(value, int | float) and not isinstance(value, bool)).astype(bool)
        texts = plain_numbers(cells.where(~typed).astype("str"), written.sign)
        if thousands == " ":  # fixed and narrow blanks are written so that a number is not broken at the line's end
            texts = texts.str.replace("[\u00a0\u202f]", " ", regex=True)
        sign = re.escape(decimal)
        digits = r"\d+"
        if thousands:
            digits = rf"(?:\d+|[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+)"
        well_formed = texts.str.fullmatch(
            rf"[+-]?(?:{digits}(?:{sign}\d*)?|{sign}\d+)(?:[eE][+-]?\d{{1,3}})?", na=False
        )
        plain = texts.where(well_formed)
        if thousands:
            plain = plain.str.replace(thousands, "", regex=False)
        values = pd.to_numeric(plain.str.replace(decimal, ".", regex=False), errors="coerce").astype("float64")
        if typed.any():
            values = values.where(~typed, pd.to_numeric(cells.where(typed), errors="coerce").astype("float64"))
    wrong = np.full(len(cells), None, dtype="object")
    wrong[(cells.notna() & ~np.isfinite(values)).to_numpy()] = N_("not a number in the declared format")
    if written.sign is None and pd.notna(wrong).any():
        signed = cells.astype("str").str.contains(CURRENCY_SIGN, na=False).to_numpy() & pd.notna(wrong)
        wrong[signed] = N_("a number with a currency sign; if all amounts are in that currency, set 'sign' to it")
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


def as_dates(cells: pd.Series, written: Written, zone: ZoneInfo) -> Typed:
    """Days in the given format; of a point in time, its day in the data set's zone."""
    texts, values, clock = _typed_times(cells, written, zone)
    form = written.date or ISO_DAY
    texts = texts + str(written.year) if written.year else texts
    plain = texts.where(texts.str.fullmatch(_ISO_DAY, na=False)) if form == ISO_DAY else texts
    values = values.fillna(_parsed(plain, form))
    if written.datetime == UNIX:
        values = values.fillna(as_times(cells, written, zone)[0])
    timed = texts.where(values.isna() & texts.str.contains(":", na=False))
    if timed.notna().any():
        values = values.fillna(as_times(timed, written, zone)[0])
    return values.dt.normalize(), _unparsed(
        cells, values, clock, N_("not a day as written in the declared format"), written
    )


def as_times(cells: pd.Series, written: Written, zone: ZoneInfo) -> Typed:
    """Points in time in the given format, or days in theirs, as local times of the data set.

    Without a format they are ISO 8601; one with an offset is converted, one without is in the source's zone. An
    hour that a clock change skips is none; one that it repeats is none where it would have to be converted.
    """
    if written.datetime == UNIX and (cells.dtype == "object" or pd.api.types.is_numeric_dtype(cells.dtype)):
        numbers = cells.map(lambda value: isinstance(value, int | float) and pd.notna(value)).astype(bool)
        cells = cells.astype("object").where(~numbers, as_texts(cells.where(numbers))[0])
    texts, values, clock = _typed_times(cells, written, zone)
    texts = texts + str(written.year) if written.year else texts
    no_time = N_("not a point in time as written in the declared format")
    if texts.isna().all():
        return values, _unparsed(cells, values, clock, no_time, written)
    if written.datetime is None:
        texts = texts.str.replace(_GMT, _offset, regex=True)
        iso = texts.where(texts.str.fullmatch(_ISO_TIME, na=False))
        offset = iso.str.contains(_OFFSET, na=False) if len(iso) else pd.Series([], dtype=bool)
        day = iso.str.fullmatch(_ISO_DAY, na=False) if len(iso) else pd.Series([], dtype=bool)
        with_offset = pd.to_datetime(iso.where(offset), format="ISO8601", errors="coerce", utc=True)
        naive = pd.to_datetime(iso.where(~offset & ~day), format="ISO8601", errors="coerce").astype("datetime64[us]")
        placed, clock_of_texts = on_clock(naive, written, zone)
        parsed = _local(with_offset, zone).fillna(placed).fillna(_parsed(iso.where(day), ISO_DAY))
    elif written.datetime == UNIX:
        seconds = pd.Series(np.nan, index=texts.index)
        for digits, parts in _SINCE_1970.items():
            told = texts.where(texts.str.fullmatch(rf"{digits}(\.\d+)?", na=False))
            seconds = seconds.fillna(pd.to_numeric(told, errors="coerce") / parts)
        parsed, clock_of_texts = _local(pd.to_datetime(seconds, unit="s", utc=True).dt.round("us"), zone), clock
    elif "%z" in written.datetime or "%Z" in written.datetime:
        dated = texts.where(texts.str.contains(r"\d", na=False)).str.replace(_GMT, _offset, regex=True)
        form = written.datetime.replace("%Z", "%z")
        parsed = _local(pd.to_datetime(dated, format=form, errors="coerce", utc=True), zone)
        clock_of_texts = clock
    else:
        parsed, clock_of_texts = on_clock(_parsed(texts, written.datetime), written, zone)
    clock = np.where(pd.isna(clock), clock_of_texts, clock)
    left = values.isna() & parsed.isna() & pd.isna(clock)
    values = values.fillna(parsed).fillna(_parsed(texts.where(left), written.date or ISO_DAY))
    return values, _unparsed(cells, values, clock, no_time, written)


def _parsed(texts: pd.Series, written: str) -> pd.Series:
    texts = texts.where(texts.str.contains(r"\d", na=False))  # pandas takes "now" and "today" in any format
    if re.search("%[bB]", written):
        texts, written = in_english(texts), written.replace("%b.", "%b").replace("%B", "%b")
    if _NO_SEPARATOR.fullmatch(written):  # a spreadsheet may have taken the zero in front of 1122025 away
        texts = texts.str.zfill(sum(4 if sign == "Y" else 2 for sign in written[1::2]))
    return pd.to_datetime(texts, format=written, errors="coerce").astype("datetime64[us]")


def _unparsed(cells: pd.Series, values: pd.Series, clock: np.ndarray, reason: str, written: Written) -> np.ndarray:
    wrong = clock.copy()
    missing = (cells.notna() & values.isna()).to_numpy() & pd.isna(wrong)
    wrong[missing] = reason
    if missing.any():
        if written.date is None and written.datetime is None:
            named = cells.astype("str").str.contains(r"\d.*[^\W\d_]{3}.*\d{4}", na=False).to_numpy()
            wrong[missing & named] = N_('perhaps a day with the name of its month; say how, e.g. date: "%d. %B %Y"')
        seconds = cells.astype("str").str.fullmatch(r"1\d{9}(\d{3}|\d{6})?", na=False).to_numpy()
        wrong[missing & seconds] = N_("a bare number, as seconds since 1970 are; if it is one, set 'datetime: unix'")
        looks_like_serial = cells.astype("str").str.fullmatch(r"[2-6]\d{4}([.,]\d+)?", na=False).to_numpy()
        wrong[missing & looks_like_serial] = N_("a bare number, as Excel counts days; format the column as dates there")
    return wrong


def _typed_times(cells: pd.Series, written: Written, zone: ZoneInfo) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Cells that are text, the values of those that are points in time already, and what the clock has against them."""
    nothing = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    no_text, no_reason = pd.Series(None, index=cells.index, dtype="str"), np.full(len(cells), None, dtype="object")
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return no_text, _local(cells, zone), no_reason
    if pd.api.types.is_datetime64_dtype(cells.dtype):
        return no_text, *on_clock(cells.astype("datetime64[us]"), written, zone)
    if cells.dtype != "object":
        return (cells if cells.dtype == "str" else no_text), nothing, no_reason
    typed = cells.map(lambda value: isinstance(value, date)).astype(bool)
    texts = cells.where(cells.map(lambda value: isinstance(value, str)).astype(bool)).astype("str")
    if typed.any():
        return texts, *on_clock(pd.to_datetime(cells.where(typed)).astype("datetime64[us]"), written, zone)
    return texts, nothing, no_reason


def on_clock(naive: pd.Series, written: Written, zone: ZoneInfo) -> tuple[pd.Series, np.ndarray]:
    """Local times of the source's zone as local times of the data set's, and what the clock has against them.

    Where every time is midnight they are days, which begin in each zone at its own midnight.
    """
    wrong = np.full(len(naive), None, dtype="object")
    moments = naive.to_numpy(dtype="datetime64[us]")
    days = moments.astype("datetime64[D]")
    if ((days == moments) | np.isnat(moments)).all():
        return naive, wrong
    own, (since, until) = written.time_zone or zone.key, _CLOCKS_SINCE_AND_UNTIL
    if own == zone.key == "UTC":
        return naive, wrong
    known = np.where((moments >= since) & (moments <= until), moments, np.datetime64("NaT"))
    # No clock changes within a quarter of an hour.
    codes, distinct = pd.factorize(known.astype("datetime64[15m]").astype("datetime64[us]"), use_na_sentinel=True)
    quarters = pd.DatetimeIndex(distinct)
    aware = quarters.tz_localize(own, ambiguous="NaT", nonexistent="NaT")
    unclear = aware.isna()
    skipped = (
        unclear & quarters.tz_localize(own, ambiguous=np.ones(len(quarters), dtype=bool), nonexistent="NaT").isna()
    )
    wrong[np.append(skipped, False)[codes]] = N_("an hour that does not exist: the clock change skips it")
    if own == zone.key:
        return naive.mask(np.append(skipped, False)[codes]), wrong
    repeated = np.append(unclear & ~skipped, False)[codes]
    wrong[repeated] = N_("an hour that the clock change repeats; export times with their offset or in UTC")
    shift = (aware.tz_convert(zone.key).tz_localize(None) - quarters).to_numpy()
    shifts = np.append(shift, np.timedelta64(0, "us"))[codes]
    return (naive + shifts).astype("datetime64[us]"), wrong


def _local(aware: pd.Series, zone: ZoneInfo) -> pd.Series:
    return aware.dt.tz_convert(zone.key).dt.tz_localize(None).astype("datetime64[us]")
