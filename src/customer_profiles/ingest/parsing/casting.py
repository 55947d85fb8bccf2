"""Cells become values of the contract: by the declared formats only, each distinct cell once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ...messages import N_
from ..config.dataset import Column, Source
from ..contract import DTYPES, SCORE_RANGES, TABLES, Field, Kind
from ..readers.chunks import Chunk, Fault, mask
from ..readers.damage import DAMAGES, damaged, no_ids
from ..regular.columns import FIRST_REAL_DAY, LAST_REAL_DAY, plain_values
from .cells import as_booleans, as_dates, as_numbers, as_texts, as_times, by_rule, stripped
from .cleaning import RULES, Log, tidied
from .notation import Notation, Written

Reasons = np.ndarray


@dataclass(frozen=True)
class Cast:
    """What a chunk became.

    Parameters
    ----------
    table : DataFrame, shape (rows, columns)
        Canonical columns of all rows of the chunk.
    good : ndarray of bool, shape (rows,)
        Rows of the table that could be cast completely.
    faults : list of (row, column, reason, masked)
        Rows set aside, each with its first fault.
    cleaned : Log
        What was changed without setting the row aside, by rule and column.
    checked : dict
        From column to the number of its cells with a value, and of those that broke the contract.
    rows : ndarray of int, shape (rows,)
        Where each row stands in its file.
    """

    table: pd.DataFrame
    good: np.ndarray
    faults: list[Fault]
    cleaned: Log = field(default_factory=Log)
    checked: dict[str, tuple[int, int]] = field(default_factory=dict)
    rows: np.ndarray | None = None


def notation_of(source: Source) -> Notation:
    """Notation of a source that has not been read yet, with the columns it concerns."""
    numbers: list[str] = []
    days: list[str] = []
    for name, column in source.mapped.items():
        kind = "number" if column.terms else "datetime" if column.after else _field(source, name, column).kind
        if column.present or column.join or column.row or (column.values is not None and not column.after):
            continue
        if kind in ("integer", "number") and not (column.decimal or column.thousands):
            numbers += column.origins
        if kind in ("date", "datetime") and not (column.date or column.datetime):
            days += column.origins
    return Notation(source, list(dict.fromkeys(numbers)), list(dict.fromkeys(days)))


def cast_chunk(
    chunk: Chunk,
    source: Source,
    zone: ZoneInfo,
    as_of: date,
    off: Collection[str] = (),
    notation: Notation | None = None,
) -> Cast:
    """Cast the mapped columns of a chunk.

    A cell that cannot be cast sets its row aside. Some only become missing, and are counted: a code outside a
    declared list and, in an optional column, a placeholder day such as 01.01.1900 or a text that an export has
    damaged. `off` names the rules of `cleaning` that do not apply; without a `notation`, numbers and days are
    written as declared.
    """
    notation = notation or notation_of(source)
    rows = len(chunk.rows)
    columns: dict[str, pd.Series] = {}
    first_fault = np.full(rows, None, dtype="object")
    cleaned, checked = Log(off), {}
    for name, column in source.mapped.items():
        wanted = _field(source, name, column)
        written = notation.of(column)
        raw = _origin(chunk, column, source, written, zone, as_of, cleaned, name)
        plain = plain_values(raw, wanted, column, source, written, zone, cleaned, name)
        if plain is not None:
            columns[name], checked[name] = plain, (int(plain.notna().sum()), 0)
            continue
        values, wrong, dropped = _cast_column(raw, wanted, column, source, written, zone, cleaned, name)
        for codes, factors in column.times.items():
            found = as_texts(stripped(chunk.cells[codes].reset_index(drop=True), source.empty))[0].map(factors)
            wrong[(values.notna() & found.isna()).to_numpy() & pd.isna(wrong)] = N_("a code that 'times' does not name")
            values = (values * found.astype("float64")).round(10)
        filled = int((values.notna().to_numpy() | pd.notna(wrong) | pd.notna(dropped)).sum())
        if column.missing is not None:
            values = values.mask(values.isna().to_numpy() & pd.isna(wrong) & pd.isna(dropped), column.missing)
        if name == "consent":  # whoever did not clearly agree did not agree, but is no unreadable row
            wrong, dropped = np.full(rows, None, dtype="object"), np.where(pd.notna(wrong), wrong, dropped)
        if wanted.kind in ("date", "datetime"):
            _check_days(values, wrong, dropped, name, wanted.required, as_of, written, cleaned)
            values[pd.notna(dropped)] = pd.NaT
        broken = pd.notna(wrong) | pd.notna(dropped)
        checked[name] = (filled, int(broken.sum()))
        if wanted.required:
            wrong[values.isna().to_numpy() & pd.isna(wrong)] = N_("a required value is missing")
        _count_dropped(cleaned, name, dropped, raw, filled)
        shown = ", ".join(column.reads) or name
        for position in np.flatnonzero(pd.notna(wrong) & pd.isna(first_fault)):
            cell = raw.iloc[position] if not column.terms and column.after is None else ""
            first_fault[position] = (shown, wrong[position], mask("" if pd.isna(cell) else cell))
        columns[name] = values
    table = pd.DataFrame(columns, index=pd.RangeIndex(rows))
    for name, reason, wrong_rows in _contradictions(source.table, table):
        filled, broken = checked.get(name, (0, 0))
        checked[name] = (filled, min(filled, broken + int(wrong_rows.sum())))
        for position in np.flatnonzero(wrong_rows & pd.isna(first_fault)):
            first_fault[position] = (name, reason, "")
    faults = [(int(chunk.rows[i]), *first_fault[i]) for i in np.flatnonzero(pd.notna(first_fault))]
    return Cast(table, pd.isna(first_fault), [*chunk.faults, *faults], cleaned, checked, chunk.rows)


def _count_dropped(cleaned: Log, name: str, dropped: Reasons, raw: pd.Series, filled: int) -> None:
    """Log the cells that became missing, by the rule that says so."""
    rule_of = {RULES[rule].label: rule for rule in ("undeclared_codes", "placeholder_days", *DAMAGES)}
    for reason, count in Counter(dropped[pd.notna(dropped)]).items():
        rule = "unclear_consent" if name == "consent" else rule_of[reason]
        example = f"{mask(raw.iloc[int(np.argmax(dropped == reason))])} → –"
        cleaned.count(rule, name, filled, filled - count, count, example)
        filled -= count


def kind_of(source: Source, name: str, column: Column) -> Kind:
    """What a column holds."""
    return _field(source, name, column).kind


def _field(source: Source, name: str, column: Column) -> Field:
    """The contract of a column, or that of a column of one's own."""
    if name in source.attributes:
        kind: Kind = "boolean" if column.is_yes_or_no else "number" if getattr(column, "number", False) else "category"
        return Field(kind)
    if name in TABLES[source.table]:
        return TABLES[source.table][name]
    return Field("number") if source.table == "areas" else Field("text", personal=True)


def _origin(
    chunk: Chunk,
    column: Column,
    source: Source,
    written: Written,
    zone: ZoneInfo,
    as_of: date,
    cleaned: Log,
    name: str,
) -> pd.Series:
    """Cells a column is made from; of several that are added up, their sum; of two times, which is later."""
    cells = chunk.cells
    if column.value is not None:
        return pd.Series([column.value] * len(chunk.rows), dtype="str")
    if column.row:
        return pd.Series(chunk.rows).astype("str")
    if column.column is not None:
        return cells[column.column].reset_index(drop=True)
    if column.join is not None:
        parts = [tidied(cells[part].reset_index(drop=True), source.empty, cleaned, name) for part in column.join]
        texts = [as_texts(part)[0] for part in parts]
        joined = texts[0].fillna("").str.cat([text.fillna("") for text in texts[1:]], sep=" ").str.strip()
        return joined.mask(joined == "")
    if column.after is not None:
        return _later(cells, column.after, source, written, zone, as_of)
    numbers, wrong = [], np.zeros(len(chunk.rows), dtype=bool)
    for term in column.terms:
        read = [
            as_numbers(tidied(cells[part].reset_index(drop=True), source.empty, cleaned, name), written)
            for part in term.columns
        ]
        wrong |= np.any([pd.notna(reasons) for _, reasons in read], axis=0)
        numbers.append(_multiplied([values for values, _ in read]) * term.factor)
    # A missing summand counts nothing, but a price without its quantity is no amount.
    total = pd.concat(numbers, axis=1).sum(axis=1, min_count=1) if column.sum else _multiplied(numbers)
    return total.round(10).astype("object").where(~wrong, "not a number")


def _multiplied(numbers: list[pd.Series]) -> pd.Series:
    return pd.concat(numbers, axis=1).prod(axis=1, min_count=len(numbers))


def _later(
    cells: pd.DataFrame, names: tuple[str, str], source: Source, written: Written, zone: ZoneInfo, as_of: date
) -> pd.Series:
    """Whether the first of two times is later, as "true" or "false"; of what the run cannot see yet, nothing."""
    parts = [as_times(stripped(cells[name].reset_index(drop=True), source.empty), written, zone) for name in names]
    (first, second), wrong = [times for times, _ in parts], np.any([pd.notna(reasons) for _, reasons in parts], axis=0)
    seen = first.notna() & second.notna() & (first < pd.Timestamp(as_of) + pd.Timedelta(days=1))
    later = pd.Series(np.where(first > second, "true", "false"), dtype="str").where(seen)
    return later.mask(wrong, "not a point in time")


def _cast_column(
    raw: pd.Series,
    wanted: Field,
    column: Column,
    source: Source,
    written: Written,
    zone: ZoneInfo,
    cleaned: Log,
    name: str,
) -> tuple[pd.Series, Reasons, Reasons]:
    """Values, reasons why a row must go, and reasons why a cell became missing; each of the length of `raw`."""
    codes, distinct = pd.factorize(raw, use_na_sentinel=True)
    weights = np.bincount(codes[codes >= 0], minlength=len(distinct))
    cells = tidied(pd.Series(distinct), source.empty, cleaned, name, weights, prose=wanted.kind == "text")
    if column.present:
        values, wrong, dropped = cells.notna().astype("boolean"), _none(cells), _none(cells)
    elif column.includes is not None:
        values, wrong, dropped = _includes(cells, column.includes), _none(cells), _none(cells)
    else:
        if column.values is not None:
            cells, unknown = _translated(cells, column.values)
        else:
            unknown = np.zeros(len(cells), dtype=bool)
        values, wrong = CASTERS[wanted.kind](cells, written, zone)
        values, dropped = _listed(values, wanted, column, cleaned, name, weights)
        dropped[unknown] = N_("not among the declared values")
        if not cleaned.wants("undeclared_codes"):
            wrong = np.where(pd.notna(dropped), dropped, wrong)
            dropped = _none(cells)
        if wanted.kind == "id":
            values = by_rule(values, column)
        if wanted.kind in ("id", "category", "text"):
            values = _undamaged(values, wrong, dropped, wanted, cleaned)
        if wanted.kind in ("integer", "number") and len(values):
            if column.factor != 1:
                values = (values * column.factor).round(10)
            outside = values.lt(-np.inf if wanted.low is None else wanted.low)
            outside |= values.gt(np.inf if wanted.high is None else wanted.high)
            wrong[outside.fillna(False).to_numpy(dtype=bool) & pd.isna(wrong)] = f"outside {_range(wanted)}"
    spread = values.reindex(codes).reset_index(drop=True)
    if column.present:
        spread = spread.fillna(False)
    return spread.astype(DTYPES[wanted.kind]), _spread(wrong, codes), _spread(dropped, codes)


_JSON_LIST = r'^\s*\[|\]\s*$|"'


def _includes(cells: pd.Series, wanted: str) -> pd.Series:
    """Whether the list in each cell, in JSON or parted by ``; , |`` or ``/``, has the word, whatever its capitals."""
    lists = (
        cells.dropna()
        .astype("str")
        .str.casefold()
        .str.replace(_JSON_LIST, "", regex=True)
        .str.split(r"\s*[;,|/]\s*", regex=True)
    )
    return lists.map(lambda words: wanted.casefold() in words).astype("boolean").reindex(cells.index)


def _undamaged(values: pd.Series, wrong: Reasons, dropped: Reasons, wanted: Field, cleaned: Log) -> pd.Series:
    """Texts as they were entered: what an export has damaged is missing, or its row goes if it is needed."""
    for rule, broken in damaged(values).items():
        gone = dropped if cleaned.wants(rule) and not wanted.required else wrong
        gone[broken & pd.isna(wrong)] = RULES[rule].label
        values = values.mask(broken)
    if wanted.required or wanted.kind == "id":
        reasons = no_ids(values, wanted.kind == "id", wanted.required)
        fresh = pd.notna(reasons) & pd.isna(wrong)
        wrong[fresh] = reasons[fresh]
    return values


def _none(cells: pd.Series) -> Reasons:
    return np.full(len(cells), None, dtype="object")


def _spread(reasons: Reasons, codes: np.ndarray) -> Reasons:
    return np.append(reasons, np.asarray([None]))[codes]


def _range(wanted: Field) -> str:
    low = "" if wanted.low is None else f"{wanted.low:g}"
    high = "" if wanted.high is None else f"{wanted.high:g}"
    return f"{low} to {high}" if low and high else f"the range from {low}" if low else f"the range up to {high}"


def _translated(cells: pd.Series, values: dict[str, str]) -> tuple[pd.Series, np.ndarray]:
    texts, _ = as_texts(cells)
    known = texts.map(values).astype("str")
    return known, (texts.notna() & known.isna()).to_numpy()


def _listed(
    values: pd.Series, wanted: Field, column: Column, cleaned: Log, name: str, weights: np.ndarray
) -> tuple[pd.Series, Reasons]:
    """Keep values of a closed list only; upper and lower case make no difference in the contract's lists."""
    dropped = _none(values)
    if wanted.kind != "category" or not (wanted.allowed or column.order):
        return values, dropped
    if wanted.allowed:
        folded = values.str.casefold().str.strip() if cleaned.wants("letter_case") else values
        kept = folded.where(folded.isin(wanted.allowed))
        cleaned.compare("letter_case", name, values.where(kept.notna()), kept, weights)
    else:
        kept = values.where(values.isin(column.order))
    dropped[(values.notna() & kept.isna()).to_numpy()] = N_("not among the declared values")
    return kept, dropped


def _check_days(
    values: pd.Series,
    wrong: Reasons,
    dropped: Reasons,
    name: str,
    required: bool,
    as_of: date,
    written: Written,
    cleaned: Log,
) -> None:
    """Placeholder days are no days; nobody is born after the run's date, and two digits are no year of birth."""
    placeholder = ((values < FIRST_REAL_DAY) | (values > LAST_REAL_DAY)).to_numpy()
    if required:
        wrong[placeholder] = N_("a placeholder day, not a real one")
    elif cleaned.wants("placeholder_days"):
        dropped[placeholder] = N_("placeholder day")
    if name == "birth_date":
        today, century = pd.Timestamp(as_of), pd.DateOffset(years=100)
        if "%y" in (written.date or ""):
            values.mask(values > today, values - century, inplace=True)
            earlier = values.where(values.dt.year >= 2000) - century
            oldest = TABLES["customers"]["age"].high
            assert oldest is not None  # the contract limits ages
            two = (earlier > today - pd.DateOffset(years=oldest + 1)).to_numpy()
            wrong[two] = N_("a year of two digits that may be of two centuries")
        wrong[((values > today).to_numpy()) & ~placeholder] = N_("in the future")


def _contradictions(table: str, values: pd.DataFrame) -> list[tuple[str, str, np.ndarray]]:
    """Cells of one row that cannot both be true."""
    if table == "tickets" and "closed_at" in values:
        return [("closed_at", N_("closed before it was opened"), (values.closed_at < values.opened_at).to_numpy())]
    if table == "feedback" and "score" in values:
        low, high, unreadable = scale_of(values)
        outside = ((values.score < low) | (values.score > high)).to_numpy()
        return [
            ("scale", N_("not a scale such as 1-5"), unreadable),
            ("score", N_("outside the scale of its question"), outside),
        ]
    return []


def scale_of(values: pd.DataFrame) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Lowest and highest possible answer of each row: as its scale says, else as its metric usually has it."""
    nothing = pd.Series(None, index=values.index, dtype="str")
    declared = values.get("scale", nothing)
    ends = declared.str.extract(r"^(\d+)\s*[-–]\s*(\d+)$").astype("float64")
    metric = values.get("metric", nothing)
    usual = [metric.map({name: ends[i] for name, ends in SCORE_RANGES.items()}).astype("float64") for i in (0, 1)]
    # A scale may be written from the worst to the best answer: school grades from 6 to 1.
    low, high = ends.min(axis=1).fillna(usual[0]), ends.max(axis=1).fillna(usual[1])
    return low, high, (declared.notna() & ends[0].isna()).to_numpy()


Caster = Callable[[pd.Series, Written, ZoneInfo], tuple[pd.Series, Reasons]]

CASTERS: dict[Kind, Caster] = {
    "id": lambda cells, written, zone: as_texts(cells),
    "text": lambda cells, written, zone: as_texts(cells),
    "category": lambda cells, written, zone: as_texts(cells),
    "integer": lambda cells, written, zone: as_numbers(cells, written, whole=True),
    "number": lambda cells, written, zone: as_numbers(cells, written),
    "date": lambda cells, written, zone: as_dates(cells, written, zone),
    "datetime": lambda cells, written, zone: as_times(cells, written, zone),
    "boolean": lambda cells, written, zone: as_booleans(cells),
}
