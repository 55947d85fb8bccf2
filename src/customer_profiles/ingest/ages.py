"""When each value of a source was recorded, and when each customer last left a trace."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..codes import CHANGED, HAPPENED, SIGNED_UP, UNKNOWN
from .contract import HAPPENED_AT, OF_CUSTOMERS

_DESCRIBING = ("customers", "contacts", "leads")
_BASES = (CHANGED, SIGNED_UP, HAPPENED, UNKNOWN)
_NEVER = np.iinfo("int32").min


@dataclass
class Ages:
    """Days on which the values of one source were recorded, counted while it is read."""

    table: str
    days: dict[tuple[str, str], pd.Series] = field(default_factory=dict)
    newest: np.ndarray = field(default_factory=lambda: np.array([], dtype="int32"))

    def add(self, rows: pd.DataFrame, names: list[str], numbers: np.ndarray | None) -> None:
        """Count rows.

        Parameters
        ----------
        rows : DataFrame
            Rows that are used.
        names : list of str
            Columns that the source fills.
        numbers : ndarray of int, optional
            Customer of each row, negative if unknown.
        """
        if rows.empty or self.table not in (*_DESCRIBING, *OF_CUSTOMERS):
            return
        day, basis = self._recorded(rows, names)
        if self.table in _DESCRIBING:
            for name in names:
                if name in rows and name not in ("updated_at", "signup_date"):
                    self._count(name, day, basis, rows[name].notna().to_numpy())
        else:  # everything in such a row is as old as the row
            self._count(HAPPENED_AT[self.table], day, basis, np.ones(len(rows), dtype=bool))
        if numbers is not None:
            self._trace(rows, day, numbers)

    def _recorded(self, rows: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Day of each row since 1970, and what tells it (of `_BASES`): the first of the columns that is filled."""
        day, basis = np.full(len(rows), _NEVER), np.full(len(rows), _BASES.index(UNKNOWN), dtype="int8")
        happened = HAPPENED_AT.get(self.table)
        told = (("updated_at", CHANGED), (happened, SIGNED_UP if self.table == "customers" else HAPPENED))
        for name, what in told:
            if name in names and name in rows:
                known = rows[name].notna().to_numpy() & (day == _NEVER)
                day[known] = _days(rows[name])[known]
                basis[known] = _BASES.index(what)
        return day, basis

    def _count(self, name: str, day: np.ndarray, basis: np.ndarray, filled: np.ndarray) -> None:
        for code, what in enumerate(_BASES):
            chosen = day[filled & (basis == code)]
            if len(chosen):
                found = pd.Series(chosen).value_counts().sort_index()
                before = self.days.get((name, what))
                self.days[name, what] = found if before is None else before.add(found, fill_value=0).astype("int64")

    def _trace(self, rows: pd.DataFrame, day: np.ndarray, numbers: np.ndarray) -> None:
        """Remember the newest row of each customer; an offer sent is none of theirs until they respond."""
        if self.table == "campaigns":
            nothing = pd.Series(False, index=rows.index, dtype="boolean")
            responded = rows.get("responded", nothing).fillna(False).to_numpy(dtype=bool)
            day = np.where(responded, day, _NEVER)
        theirs = (numbers >= 0) & (day > _NEVER)
        if theirs.any():
            missing = int(numbers.max()) + 1 - len(self.newest)
            self.newest = np.append(self.newest, np.full(max(0, missing), _NEVER, dtype="int32"))
            np.maximum.at(self.newest, numbers[theirs], day[theirs].astype("int32"))


def table(ages: dict[str, Ages]) -> pd.DataFrame:
    """Days on which values were recorded.

    Returns
    -------
    DataFrame
        source, table, field, basis (what tells it), day (missing: not told), n.
    """
    parts = [
        pd.DataFrame(
            {"source": source, "table": one.table, "field": name, "basis": basis, "day": days.index, "n": days}
        )
        for source, one in ages.items()
        for (name, basis), days in sorted(one.days.items())
    ]
    names = ["source", "table", "field", "basis", "day", "n"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    texts = dict.fromkeys(("source", "table", "field", "basis"), "str")
    return found.astype(texts | {"n": "int64"}).assign(day=_dates(found.day.to_numpy(dtype="int64")))


def last_traces(ages: dict[str, Ages], customers: int) -> pd.DataFrame:
    """Newest day on which each customer did something or their data was recorded.

    Returns
    -------
    DataFrame, shape (customers, 3)
        customer_no, day (missing: no source tells any), table (that has it; the first of several).
    """
    newest, where = np.full(customers, _NEVER, dtype="int64"), np.full(customers, "", dtype="object")
    for one in ages.values():
        known = np.full(customers, _NEVER, dtype="int64")
        known[: len(one.newest)] = one.newest
        later = known > newest
        newest[later], where[later] = known[later], one.table
    return pd.DataFrame(
        {"customer_no": np.arange(customers), "day": _dates(newest), "table": pd.array(where, dtype="str")}
    )


def _dates(days: np.ndarray) -> pd.Series:
    """Days since 1970 as dates, missing where never."""
    told = days > _NEVER
    return pd.Series(np.where(told, days, 0).astype("datetime64[D]").astype("datetime64[us]")).where(told)


def _days(times: pd.Series) -> np.ndarray:
    return times.astype("datetime64[us]").to_numpy().astype("datetime64[D]").astype("int64")
