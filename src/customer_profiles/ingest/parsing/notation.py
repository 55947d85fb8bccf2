"""How a source writes numbers and days: as declared, or as its own cells prove; what they leave open is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..config.dataset import Column, Source
from ..regular.cells import fills_out, lacks
from .number_forms import plain_numbers

ISO_DAY, ISO_TIMES = "%Y-%m-%d", "ISO 8601"
_ISO_FORMS = [f"{ISO_DAY}{sign}%H:%M{seconds}" for sign in " T" for seconds in ("", ":%S")]
# Of a column that is written in one of them, one cell tells as much as all.
_CLEAR_FORMS = [ISO_DAY, *_ISO_FORMS, *(form.replace(ISO_DAY, "%d.%m.%Y") for form in (ISO_DAY, *_ISO_FORMS))]
# Rows of a chunk that are looked at where only the kind that has not occurred yet is in question.
_SAMPLE_ROWS = 1_000
_SIGNS = ".,' \u00a0\u202f"
_ONE_SIGN = re.compile(r"(\d*)([.,])(\d*)")
_GROUPS = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?:([.,])\d*)?")
_DAY = r"^(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})([T ].+)?$"
# What may follow the day, besides what ISO 8601 knows, and how it is called.
_TIMES = {
    r"[ T]\d{1,2}:\d{2}": "%H:%M",
    r"[ T]\d{1,2}:\d{2}:\d{2}": "%H:%M:%S",
    r"[ T]\d{1,2}:\d{2}:\d{2}\.\d{1,6}": "%H:%M:%S.%f",
    r" \d{1,2}:\d{2} [AaPp][Mm]": "%I:%M %p",
    r" \d{1,2}:\d{2}:\d{2} [AaPp][Mm]": "%I:%M:%S %p",
    r" \d{1,2}:\d{2}:\d{2} [AaPp][Mm] (?:GMT|UTC)(?:[+-]\d{1,2}(?::?\d{2})?)?": "%I:%M:%S %p %Z",
}
_DAY_FIRST, _MONTH_FIRST = "%d{0}%m{0}%Y", "%m{0}%d{0}%Y"


@dataclass(frozen=True)
class Written:
    """How the numbers and times of a column are written; None: the plain way (1234.5, ISO 8601)."""

    decimal: str | None = None
    thousands: str | None = None
    date: str | None = None
    datetime: str | None = None
    time_zone: str | None = None
    sign: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class Doubt:
    """Why the cells of a source do not tell how it is written.

    Parameters
    ----------
    column : str
        Column of the source that shows it.
    position : int
        Row of the chunk, from 0.
    problem : str
        What is in doubt and how dataset.yaml settles it.
    """

    column: str
    position: int
    problem: str


@dataclass
class _Signs:
    """What number cells have shown so far: signs that can only be the one or the other, and the first of each."""

    decimal: dict[str, str] = field(default_factory=dict)
    thousands: dict[str, str] = field(default_factory=dict)
    either: dict[str, str] = field(default_factory=dict)


@dataclass
class _Days:
    """What day cells have shown so far: forms of days and of points in time, and the first cell of each."""

    date: dict[str, str] = field(default_factory=dict)
    datetime: dict[str, str] = field(default_factory=dict)
    either: dict[tuple[str, str, str], str] = field(default_factory=dict)  # (property, sign, time) to cell
    two_digits: dict[str, str] = field(default_factory=dict)


class Notation:
    """Notation of one source while it is read.

    A value counts as evidence only if it can be read in one way: 1.234,50 or 31/12/2025, not 1.234 or 01/02/2025.
    Whatever is declared is not looked at. Once settled, a notation does not change any more: cells that are written
    otherwise are set aside like those that contradict a declared one.

    Parameters
    ----------
    source : Source
        What is declared.
    numbers, days : sequence of str
        Columns of the source that hold numbers, and days or points in time, and have no notation of their own.
    """

    def __init__(self, source: Source, numbers: Sequence[str], days: Sequence[str]) -> None:
        self._declared = source
        self._numbers, self._days = numbers, days
        self._signs, self._forms = _Signs(), _Days()
        self._settled: set[str] = set()
        self.written = Written(
            source.decimal, source.thousands, source.date, source.datetime, source.time_zone, source.sign
        )

    def of(self, column: Column) -> Written:
        """How one column is written: as it says itself, else as the source."""
        own = self.written
        if column.decimal or column.thousands:
            own = replace(own, decimal=column.decimal or own.decimal, thousands=column.thousands)
        own = replace(own, date=column.date or own.date, datetime=column.datetime or own.datetime)
        return replace(own, date=f"{column.date}%Y", datetime=None, year=column.year) if column.year else own

    def learn(self, cells: pd.DataFrame) -> Doubt | None:
        """Look at more cells; a doubt that further cells may settle, or None.

        Parameters
        ----------
        cells : DataFrame
            Cells of the source as a reader hands them on; only those that are text are looked at.
        """
        if self._declared.decimal is None and not {"decimal", "thousands"} <= self._settled:
            for text in self._texts_with_signs(cells):
                _see_number(text, self._signs)
            self._settle_numbers()
        if not {"date", "datetime"} <= self._settled:
            seen = (self._forms.date or self._forms.datetime) and not self._forms.either
            looked_at = cells.iloc[:_SAMPLE_ROWS] if seen else cells
            unsure = [name for name in self._days if not (seen and name in cells and self._is_seen(looked_at[name]))]
            for texts in self._distinct(looked_at, unsure):
                _see_days(texts.iloc[:1] if fills_out(texts, _CLEAR_FORMS) else texts, self._forms)
            self._settle_days()
        return self.doubt(cells)

    def doubt(self, cells: pd.DataFrame) -> Doubt | None:
        """What is still open, with the first of these cells that shows it."""
        found = self._doubted_number() or self._doubted_day()
        if not found:
            return None
        problem, seen = found
        for name in [*self._numbers, *self._days]:
            if name in cells and cells[name].dtype in ("str", "object"):
                rows = cells[name].map(lambda cell: isinstance(cell, str) and cell.strip() in seen).to_numpy(dtype=bool)
                if rows.any():
                    return Doubt(name, int(rows.argmax()), problem)
        return Doubt("", 0, problem)

    def stated(self) -> list[tuple[str, str, str]]:
        """What is known: property, value, and whether it was declared or detected."""
        rows = []
        for name in ("decimal", "thousands", "date", "datetime", "time_zone"):
            value = getattr(self.written, name)
            if value is not None:
                how = "declared" if getattr(self._declared, name) is not None else "detected"
                rows.append((name, value, how))
            elif name == "datetime" and ISO_TIMES in self._forms.datetime:
                rows.append((name, ISO_TIMES, "detected"))
        return rows

    def _texts_with_signs(self, cells: pd.DataFrame) -> list[str]:
        """Texts that can still tell something: once the decimal sign is known, only those with another."""
        found: list[str] = []
        signs = [sign for sign in _SIGNS if sign != self.written.decimal]
        unsure = [name for name in self._numbers if name in cells and not lacks(cells[name], signs)]
        for texts in self._distinct(cells, unsure):
            telling = np.zeros(len(texts), dtype=bool)
            for sign in signs:
                telling |= texts.str.contains(sign, regex=False).to_numpy(dtype=bool)
            found += plain_numbers(texts[telling], self.written.sign).tolist()
        return found

    def _is_seen(self, column: pd.Series) -> bool:
        """Whether a column tells nothing new: all its days are written in one of the forms that have been seen."""
        forms = [*self._forms.date, *self._forms.datetime]
        return fills_out(column, [*forms, *(_ISO_FORMS if ISO_TIMES in forms else ())])

    @staticmethod
    def _distinct(cells: pd.DataFrame, names: Sequence[str]) -> list[pd.Series]:
        """Distinct texts of each column."""
        found = []
        for name in names:
            if name in cells and cells[name].dtype in ("str", "object"):
                values = pd.Series(pd.unique(cells[name]))
                if cells[name].dtype == "object":
                    values = values[values.map(lambda value: isinstance(value, str)).astype(bool)].astype("str")
                values = values.dropna()
                if len(values):
                    found.append(values.str.strip())
        return found

    def _settle_numbers(self) -> None:
        signs = self._signs
        thousands: str | None = self._declared.thousands or next(iter(signs.thousands), None)
        decimals = set(signs.decimal)
        decimals |= {"," if sign == "." else "." for sign in {thousands, *signs.thousands} & {".", ","}}
        if len(decimals) != 1 or len(signs.thousands) > 1:
            if not decimals and not signs.either and thousands:
                self.written = replace(self.written, thousands=thousands)
            return
        (decimal,) = decimals
        other = next((sign for sign in signs.either if sign != decimal), None)
        self.written = replace(self.written, decimal=decimal, thousands=thousands or other)
        self._settled.add("decimal")
        if self.written.thousands:
            self._settled.add("thousands")

    def _doubted_number(self) -> tuple[str, set[str]] | None:
        if self._declared.decimal is not None or "decimal" in self._settled:
            return None
        signs = self._signs
        if len(signs.decimal) > 1 or len(signs.thousands) > 1 or set(signs.decimal) & set(signs.thousands):
            shown = {**signs.thousands, **signs.decimal}
            return (
                f"numbers are written in two ways ({_listed(shown.values())}); set 'decimal' and 'thousands' in "
                "dataset.yaml, the rows written otherwise are then set aside",
                set(shown.values()),
            )
        if signs.either:
            sign, text = next(iter(signs.either.items()))
            return (
                f"in {_pattern(text)} the sign {sign!r} may be a decimal or a thousands sign; set 'decimal' in "
                "dataset.yaml",
                set(signs.either.values()),
            )
        return None

    def _settle_days(self) -> None:
        forms = self._forms
        for (name, sign, time), text in list(forms.either.items()):
            orders = {order for order in (_DAY_FIRST, _MONTH_FIRST) if _is_seen(order.format(sign), forms)}
            orders |= {order for order in (_DAY_FIRST, _MONTH_FIRST) if self._says(order.format(sign))}
            if len(orders) == 1:
                getattr(forms, name).setdefault(orders.pop().format(sign) + time, text)
                del forms.either[name, sign, time]
        for name in ("date", "datetime"):
            seen = getattr(forms, name)
            if len(seen) == 1 and getattr(self._declared, name) is None:
                (form,) = seen
                if not (name == "datetime" and form == ISO_TIMES):
                    self.written = replace(self.written, **{name: form})
                if not forms.either:
                    self._settled.add(name)

    def _says(self, form: str) -> bool:
        """Whether a declared notation settles the order of day and month."""
        return any(form == (declared or "")[: len(form)] for declared in (self._declared.date, self._declared.datetime))

    def _doubted_day(self) -> tuple[str, set[str]] | None:
        forms = self._forms
        for name in ("date", "datetime"):
            seen = getattr(forms, name)
            if getattr(self._declared, name) is None and len(seen) > 1 and name not in self._settled:
                return (
                    f"days are written in {len(seen)} ways ({', '.join(sorted(seen))}); set {name!r} in dataset.yaml, "
                    "the rows written otherwise are then set aside",
                    set(seen.values()),
                )
        for (name, sign, time), text in forms.either.items():
            if getattr(self._declared, name) is None:
                forms_ = " or ".join(f'"{order.format(sign)}{time}"' for order in (_DAY_FIRST, _MONTH_FIRST))
                return (
                    f"in {_pattern(text)} day and month cannot be told apart; set {name!r} to {forms_} in dataset.yaml",
                    {text},
                )
        if forms.two_digits and self._declared.date is None and self._declared.datetime is None:
            text = next(iter(forms.two_digits.values()))
            return (
                f"{_pattern(text)} has a year of two digits; set 'date' in dataset.yaml, e.g. to \"%d.%m.%y\"",
                {text},
            )
        return None


def _see_number(text: str, signs: _Signs) -> None:
    """Evidence of one number; a text that is none has none."""
    text = re.sub("[\u00a0\u202f]", " ", text.lstrip("+-").strip())
    if one := _ONE_SIGN.fullmatch(text):
        before, sign, after = one.groups()
        if not before and not after:
            return
        either = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
        (signs.either if either else signs.decimal).setdefault(sign, text)
    elif groups := _GROUPS.fullmatch(text):
        thousands, decimal = groups.groups()
        if decimal != thousands:
            signs.thousands.setdefault(thousands, text)
            if decimal:
                signs.decimal.setdefault(decimal, text)


def _see_days(texts: pd.Series, forms: _Days) -> None:
    """Evidence of the days among some texts."""
    parts = texts.str.extract(_DAY)
    parts = parts[parts[0].notna()]
    if parts.empty:
        for text in texts[texts.str.fullmatch(r"\d{8}")].iloc[:_SAMPLE_ROWS]:
            _see_digits(text, forms)
        return
    numbers = parts[[0, 2, 3]].astype("int64")
    sizes = parts[[0, 3]].apply(lambda part: part.str.len())
    shapes = parts[4].fillna("").str.replace("[0-9]", "9", regex=True)
    times = shapes.map({shape: _time_of(shape) for shape in shapes.unique()})
    key = pd.DataFrame(
        {
            "sign": parts[1],
            "year": "none",
            "time": times,
            "first": numbers[0] > 12,
            "second": numbers[2] > 12,
            "same": numbers[0] == numbers[2],
        }
    )
    key.loc[sizes[0] == 4, "year"] = "first"
    key.loc[(sizes[0] <= 2) & (sizes[3] == 4), "year"] = "last"
    key.loc[(sizes[0] <= 2) & (sizes[3] == 2), "year"] = "short"
    for index, row in key.drop_duplicates().iterrows():
        _see_day(row, texts[index], forms)


def _see_day(row: pd.Series, text: str, forms: _Days) -> None:
    """Evidence of one form of a day: where its year stands, what separates it, and which parts exceed twelve."""
    if row.time == "none" or row.year == "none":
        return
    name = "datetime" if row.time else "date"
    time = "" if not row.time else next(sign for sign in text if sign in "T ") + row.time
    seen = getattr(forms, name)
    if row.year == "first":
        if row.second:
            return
        iso = row.sign == "-"
        if iso and row.time and row.time[:2] == "%I":
            return
        form = f"%Y{row.sign}%m{row.sign}%d{time}"
        seen.setdefault(ISO_TIMES if iso and row.time else form, text)
    elif row.time == "ISO":
        return
    elif row.year == "short":
        forms.two_digits.setdefault(row.sign, text)
    elif row.first and row.second:
        return
    elif row.first or row.sign == ".":  # no locale of the Unicode CLDR puts a point behind a leading month
        if not row.second:
            seen.setdefault(_DAY_FIRST.format(row.sign) + time, text)
    elif row.second:
        seen.setdefault(_MONTH_FIRST.format(row.sign) + time, text)
    elif not row.same:
        forms.either.setdefault((name, row.sign, time), text)


def _see_digits(text: str, forms: _Days) -> None:
    """Evidence of a day of eight digits."""
    fits = [form for form in ("%Y%m%d", "%d%m%Y", "%m%d%Y") if _is_likely(text, form)]
    if len(fits) == 1:
        forms.date.setdefault(fits[0], text)
    elif len(fits) > 1 and "%Y%m%d" not in fits:
        forms.either.setdefault(("date", "", ""), text)


def _is_likely(text: str, form: str) -> bool:
    day = pd.to_datetime(text, format=form, errors="coerce")
    return not pd.isna(day) and 1900 <= day.year <= 2100


def _time_of(text: str) -> str:
    """Format of what stands behind a day; ISO for what only ISO 8601 has, none for what is no time."""
    if not text:
        return ""
    for pattern, form in _TIMES.items():
        if re.fullmatch(pattern, text):
            return form
    return "ISO" if re.fullmatch(r"[T ]\d{2}:\d{2}\S*\s?(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT)?", text) else "none"


def _is_seen(form: str, forms: _Days) -> bool:
    return any(known[: len(form)] == form for known in (*forms.date, *forms.datetime))


def _pattern(text: str) -> str:
    """A text with every digit and letter replaced, so that a message can show how it is written.

    >>> _pattern("31/12/2025 8:00 PM")
    '99/99/9999 9:99 AA'
    """
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", text))


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(sorted({_pattern(text) for text in texts}))
