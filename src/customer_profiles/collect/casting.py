"""Cells become values of the contract: by the declared formats only, each distinct cell once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ..messages import N_
from .cells import as_booleans, as_dates, as_numbers, as_texts, as_times, stripped
from .chunks import Chunk, Fault, mask
from .config import Column, Source
from .contract import DTYPES, SCORE_RANGES, TABLES, Field, Kind

# Systems write "unknown" as the first or last day they can hold.
FIRST_REAL_DAY, LAST_REAL_DAY = pd.Timestamp("1900-01-02"), pd.Timestamp("9998-12-31")

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
    cleaned : Counter
        From (column, reason) to the number of cells that became missing without losing their row.
    """

    table: pd.DataFrame
    good: np.ndarray
    faults: list[Fault]
    cleaned: Counter[tuple[str, str]] = field(default_factory=Counter)


def cast_chunk(chunk: Chunk, source: Source, zone: ZoneInfo, as_of: date) -> Cast:
    """Cast the mapped columns of a chunk.

    A cell that cannot be cast sets its row aside. Two things only become missing, and are counted: a code
    outside a declared list, and a placeholder day such as 01.01.1900 in an optional column.
    """
    rows = len(chunk.rows)
    columns: dict[str, pd.Series] = {}
    first_fault = np.full(rows, None, dtype="object")
    cleaned: Counter[tuple[str, str]] = Counter()
    for name, column in source.mapped.items():
        wanted = _field(source, name, column)
        raw = _origin(chunk.cells, column, source, rows)
        values, wrong, dropped = _cast_column(raw, wanted, column, source, zone)
        if name == "consent":  # whoever did not clearly agree did not agree, but is no unreadable row
            wrong, dropped = dropped, wrong
        if wanted.kind in ("date", "datetime"):
            _check_days(values, wrong, dropped, name, wanted.required, as_of)
            values[pd.notna(dropped)] = pd.NaT
        if wanted.required:
            wrong[values.isna().to_numpy() & pd.isna(wrong)] = N_("a required value is missing")
        for reason, count in Counter(dropped[pd.notna(dropped)]).items():
            cleaned[name, reason] += count
        shown = ", ".join(column.reads) or name
        for position in np.flatnonzero(pd.notna(wrong) & pd.isna(first_fault)):
            cell = raw.iloc[position] if column.sum is None else ""
            first_fault[position] = (shown, wrong[position], mask("" if pd.isna(cell) else cell))
        columns[name] = values
    table = pd.DataFrame(columns, index=pd.RangeIndex(rows))
    for name, reason, wrong_rows in _contradictions(source.table, table):
        for position in np.flatnonzero(wrong_rows & pd.isna(first_fault)):
            first_fault[position] = (name, reason, "")
    faults = [(int(chunk.rows[i]), *first_fault[i]) for i in np.flatnonzero(pd.notna(first_fault))]
    return Cast(table, pd.isna(first_fault), [*chunk.faults, *faults], cleaned)


def _field(source: Source, name: str, column: Column) -> Field:
    """The contract of a column, or that of a column of one's own."""
    if name in source.attributes:
        kind = "boolean" if column.present else "number" if getattr(column, "number", False) else "category"
        return Field(kind)
    if name in TABLES[source.table]:
        return TABLES[source.table][name]
    return Field("number") if source.table == "areas" else Field("text", personal=True)


def _origin(cells: pd.DataFrame, column: Column, source: Source, rows: int) -> pd.Series:
    """Cells a column is made from; of several that are added up, their sum."""
    if column.value is not None:
        return pd.Series([column.value] * rows, dtype="str")
    if column.column is not None:
        return cells[column.column].reset_index(drop=True)
    if column.join is not None:
        texts = [as_texts(stripped(cells[name].reset_index(drop=True), source.empty))[0] for name in column.join]
        joined = texts[0].fillna("").str.cat([text.fillna("") for text in texts[1:]], sep=" ").str.strip()
        return joined.mask(joined == "")
    parts = [as_numbers(stripped(cells[name].reset_index(drop=True), source.empty), source) for name in column.sum]
    total = pd.concat([values for values, _ in parts], axis=1).sum(axis=1, min_count=1)
    wrong = np.any([pd.notna(reasons) for _, reasons in parts], axis=0)
    return total.astype("object").where(~wrong, "not a number")


def _cast_column(
    raw: pd.Series, wanted: Field, column: Column, source: Source, zone: ZoneInfo
) -> tuple[pd.Series, Reasons, Reasons]:
    """Values, reasons why a row must go, and reasons why a cell became missing; each of the length of `raw`."""
    codes, distinct = pd.factorize(raw, use_na_sentinel=True)
    cells = stripped(pd.Series(distinct), source.empty)
    if column.present:
        values, wrong, dropped = cells.notna().astype("boolean"), _none(cells), _none(cells)
    else:
        if column.values is not None:
            cells, unknown = _translated(cells, column.values)
        else:
            unknown = np.zeros(len(cells), dtype=bool)
        values, wrong = CASTERS[wanted.kind](cells, source, zone)
        values, dropped = _listed(values, wanted, column)
        dropped[unknown] = N_("not among the declared values")
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


def _none(cells: pd.Series) -> Reasons:
    return np.full(len(cells), None, dtype="object")


def _spread(reasons: Reasons, codes: np.ndarray) -> Reasons:
    return np.append(reasons, None)[codes]


def _range(wanted: Field) -> str:
    low = "" if wanted.low is None else f"{wanted.low:g}"
    high = "" if wanted.high is None else f"{wanted.high:g}"
    return f"{low} to {high}" if low and high else f"the range from {low}" if low else f"the range up to {high}"


def _translated(cells: pd.Series, values: dict[str, str]) -> tuple[pd.Series, np.ndarray]:
    texts, _ = as_texts(cells)
    known = texts.map(values).astype("str")
    return known, (texts.notna() & known.isna()).to_numpy()


def _listed(values: pd.Series, wanted: Field, column: Column) -> tuple[pd.Series, Reasons]:
    """Keep values of a closed list only; upper and lower case make no difference in the contract's lists."""
    dropped = _none(values)
    if wanted.kind != "category" or not (wanted.allowed or column.order):
        return values, dropped
    if wanted.allowed:
        folded = values.str.casefold().str.strip()
        kept = folded.where(folded.isin(wanted.allowed))
    else:
        kept = values.where(values.isin(column.order))
    dropped[(values.notna() & kept.isna()).to_numpy()] = N_("not among the declared values")
    return kept, dropped


def _check_days(values: pd.Series, wrong: Reasons, dropped: Reasons, name: str, required: bool, as_of: date) -> None:
    """Placeholder days are no days; nobody is born after the run's date."""
    placeholder = ((values < FIRST_REAL_DAY) | (values > LAST_REAL_DAY)).to_numpy()
    if required:
        wrong[placeholder] = N_("a placeholder day, not a real one")
    else:
        dropped[placeholder] = N_("placeholder day")
    if name == "birth_date":
        wrong[((values > pd.Timestamp(as_of)).to_numpy()) & ~placeholder] = N_("in the future")


def _contradictions(table: str, values: pd.DataFrame) -> list[tuple[str, str, np.ndarray]]:
    """Cells of one row that cannot both be true."""
    if table == "tickets" and "closed_at" in values:
        return [("closed_at", N_("closed before it was opened"), (values.closed_at < values.opened_at).to_numpy())]
    if table == "feedback" and "score" in values:
        low, high, unreadable = _scale(values)
        outside = ((values.score < low) | (values.score > high)).to_numpy()
        return [
            ("scale", N_("not a scale such as 1-5"), unreadable),
            ("score", N_("outside the scale of its question"), outside),
        ]
    return []


def _scale(values: pd.DataFrame) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Lowest and highest possible answer of each row: as its scale says, else as its metric usually has it."""
    nothing = pd.Series(None, index=values.index, dtype="str")
    declared = values.get("scale", nothing)
    ends = declared.str.extract(r"^(\d+)\s*[-–]\s*(\d+)$").astype("float64")
    metric = values.get("metric", nothing)
    usual = [metric.map({name: ends[i] for name, ends in SCORE_RANGES.items()}).astype("float64") for i in (0, 1)]
    low, high = ends[0].fillna(usual[0]), ends[1].fillna(usual[1])
    return low, high, (declared.notna() & ends[0].isna()).to_numpy()


Caster = Callable[[pd.Series, Source, ZoneInfo], tuple[pd.Series, Reasons]]

CASTERS: dict[Kind, Caster] = {
    "id": lambda cells, source, zone: as_texts(cells),
    "text": lambda cells, source, zone: as_texts(cells),
    "category": lambda cells, source, zone: as_texts(cells),
    "integer": lambda cells, source, zone: as_numbers(cells, source, whole=True),
    "number": lambda cells, source, zone: as_numbers(cells, source),
    "date": lambda cells, source, zone: as_dates(cells, source, zone),
    "datetime": lambda cells, source, zone: as_times(cells, source, zone),
    "boolean": lambda cells, source, zone: as_booleans(cells),
}
