"""The gate: nothing is shown of a group too small to hide a person in, directly or by subtraction.

A count is *small* if it is at least one and below the smallest group size; so is the number of those in a group
whom a statement does not concern (`base - n`), because "all but two" names the two. A row with a small count is
hidden (primary suppression). Rows of a margin add up to a total that the reader may know, so further rows of it are
hidden until the largest value that every small count could have, given all that is shown, reaches the smallest
group size; those of a margin's base who are in none of its rows are such a count, too (complementary suppression;
Hundepool et al. 2012, "Statistical Disclosure Control", chapter 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from ..errors import PrivacyRefused
from ..results import Margins, Result

FLOOR = 5  # below it, subtraction and background knowledge single people out too easily
# Numeric columns that say what a row is about; everything else that is numeric is a measurement and gets hidden.
NUMERIC_KEYS = frozenset(
    (
        *("r", "f", "m", "fm", "r_low", "r_high", "fm_low", "fm_high"),
        *("segment", "rank", "top", "k", "tenth", "risk_tenth", "lead_tenth", "twin_tenth", "uplift_fifth"),
    )
)

# What tells the rows of a comparison apart.
ROW_KEYS = (
    *("theme", "pain", "evidence", "outcome", "metric", "segment", "group", "area", "attribute", "value", "way"),
    *("driver", "event", "source", "compared_with", "sentiment"),
    *("step", "feature", "stage", "touch", "first_channel", "then_channel", "action", "resolution", "measure"),
    *("campaign", "reaction"),
)


@dataclass(frozen=True)
class Published:
    """A table that has passed the gate: the only kind that charts, tables and workbooks accept.

    Parameters
    ----------
    frame : DataFrame
        The rows, with the column ``suppressed``; measurements of suppressed rows are missing.
    min_group_size : int
        The smallest group that is shown.
    """

    frame: pd.DataFrame
    min_group_size: int

    def where(self, **values: Any) -> Self:
        """Rows in which each named column has the given value, or one of a list of values."""
        keep = pd.Series(True, index=self.frame.index)
        for column, value in values.items():
            keep &= self.frame[column].isin(value if isinstance(value, list | tuple | set) else [value])
        return replace(self, frame=self.frame[keep].reset_index(drop=True))

    def first(self, count: int) -> Self:
        """The first rows, as the table is ordered."""
        return replace(self, frame=self.frame.head(count))

    def top(self, count: int, by: str = "n") -> Self:
        """The rows with the largest values of a column, suppressed ones last; ties keep their order."""
        ordered = self.frame.sort_values(by, ascending=False, kind="stable", na_position="last")
        return replace(self, frame=ordered.head(count).reset_index(drop=True))

    def columns(self, *names: str) -> Self:
        """Some of the columns, in this order; ``suppressed`` stays."""
        return replace(self, frame=self.frame[[*names, *({"suppressed"} - set(names))]])

    def marks(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table this was published from, with the column ``hidden``: rows that no sentence may speak of.

        Where the gate left rows out, the others are told by what they are about; numbers stay as they were.
        """
        if len(self.frame) == len(table):
            return table.assign(hidden=self.frame["suppressed"].to_numpy(dtype=bool))
        keys = [name for name in ROW_KEYS if name in table] or list(table.select_dtypes(exclude="number"))
        shown = set(self.frame.loc[~self.frame["suppressed"], keys].itertuples(index=False, name=None))
        hidden = [key not in shown for key in table[keys].itertuples(index=False, name=None)]
        return table.assign(hidden=hidden)

    def placed(self) -> Self:
        """The rows in an order that tells nothing of hidden numbers.

        Where shown rows stand by a number, a hidden row between two of them has a number between theirs, which may be
        enough to work it out. Such rows come last in their part of the table, in the order of their names; a part is
        what a column has in common whose values come one after the other. Where rows stand by their names, the place
        of a row tells nothing.
        """
        if not self.suppressed:
            return self
        parts = [places for _, places in self.frame.groupby(_parts(self.frame), sort=False).indices.items()]
        order = np.concatenate([_hidden_last(self.frame, places) for places in parts])
        return replace(self, frame=self.frame.iloc[order].reset_index(drop=True))

    @property
    def suppressed(self) -> int:
        """Number of rows whose measurements are hidden."""
        return int(self.frame["suppressed"].sum())


def _names(frame: pd.DataFrame) -> pd.DataFrame:
    """What the rows are about, as text."""
    return frame.select_dtypes(exclude=["number", "bool", "boolean"]).astype("str")


def _parts(frame: pd.DataFrame) -> np.ndarray:
    """Number of the part of a table that each row is in: rows in a run that have the columns of runs in common."""
    part = np.zeros(len(frame), dtype=np.int64)
    for _, names in _names(frame).items():
        codes = pd.factorize(names)[0]
        runs = np.append(0, np.cumsum(codes[1:] != codes[:-1]))
        if runs[-1] == codes.max() < len(frame) - 1:
            part = part * len(frame) + runs
            part = np.append(0, np.cumsum(part[1:] != part[:-1]))
    return part


def _hidden_last(frame: pd.DataFrame, places: np.ndarray) -> np.ndarray:
    """Places of the rows of a part, hidden ones last if their place could tell their numbers."""
    rows, names = frame.iloc[places], _names(frame.iloc[places])
    hidden = rows["suppressed"].to_numpy(dtype=bool)
    keys = names.join(rows.select_dtypes("number").filter(list(NUMERIC_KEYS)))
    by_name = any(keys[name].is_monotonic_increasing and keys[name].is_unique for name in keys)
    numbers = rows.select_dtypes("number").drop(columns=list(NUMERIC_KEYS), errors="ignore")
    told = numbers.loc[~hidden, numbers[hidden].isna().any()]
    by_number = any(told[c].dropna().is_monotonic_increasing or told[c].dropna().is_monotonic_decreasing for c in told)
    if not hidden.any() or by_name or not by_number:
        return places
    last = names[hidden].sort_values(list(names), kind="stable").index if names.shape[1] else rows.index[hidden]
    return np.concatenate([places[~hidden], last.to_numpy(dtype=places.dtype)])


class Gate:
    """What may be shown.

    Parameters
    ----------
    min_group_size : int
        Smallest group, in persons, at least `FLOOR`.

    Raises
    ------
    PrivacyRefused
        If the smallest group size lies below the floor.
    """

    def __init__(self, min_group_size: int = 10):
        if min_group_size < FLOOR:
            raise PrivacyRefused(f"privacy.min_group_size is {min_group_size}, the least allowed is {FLOOR}")
        self.min_group_size = min_group_size

    def admit(self, customers: int) -> None:
        """Refuse a report about fewer customers than the smallest group.

        Raises
        ------
        PrivacyRefused
            If there are fewer; says how many may appear and how many are needed.
        """
        if customers < self.min_group_size:
            some = f"{customers} customer{'' if customers == 1 else 's'}"
            raise PrivacyRefused(
                f"only {some} may appear in the report, and nothing is shown of fewer than "
                f"{self.min_group_size}: there is no report of so few"
            )

    def guard(self, result: Result) -> Published:
        """Hide what must not be shown of a result, by the rule that it carries."""
        rule = result.disclosure
        return self.publish(result.frame, rule.n, rule.base, rule.within, rule.mask, rule.also)

    def publish(
        self,
        table: pd.DataFrame,
        n: str | None = "n",
        base: str = "base",
        within: Margins = ("attribute",),
        mask: Sequence[str] | None = None,
        also: Sequence[str] = (),
    ) -> Published:
        """Hide what must not be shown of a table.

        Parameters
        ----------
        table : DataFrame
            One row per group.
        n : str, optional
            Column with the number of persons in the row. None for a table that counts no persons (definitions,
            rows of a source): it passes as it is.
        base : str
            Column with the denominator, if the table has it. ``n_rest`` and ``base_rest`` are known and guarded, too.
        within : list of str, or list of such lists, or None
            Columns that tell margins apart: rows with equal values add up to a total the reader may know. Several
            lists are several margins of one table, for example ``[["segment", "attribute"], ["attribute",
            "value"]]``; a row without a value of one of the columns adds up to nothing there. An empty list: the whole
            table is one margin. None: rows overlap and add up to nothing. A table without the column ``attribute`` is
            one margin by default.
        mask : list of str, optional
            Measurements to hide; default every number and flag but the base and `NUMERIC_KEYS`.
        also : list of str
            Further columns that count persons and must not be small.

        Returns
        -------
        Published
            Rows in the same order. Rows of a margin that cannot be protected by hiding numbers are left out.

        Raises
        ------
        PrivacyRefused
            If the table names customers, or lacks the column `n`.
        """
        if named := {"customer_id", "customer_no"} & set(table.columns):
            raise PrivacyRefused(f"a table with {', '.join(sorted(named))} has one row per customer: never published")
        frame = table.reset_index(drop=True)
        if n is None:
            return Published(frame.assign(suppressed=False), self.min_group_size)
        if n not in frame:
            raise PrivacyRefused(
                f"a table without the column {n!r} cannot be checked: it holds how many customers are in each row "
                f"(groupby(…).size().reset_index(name={n!r})); a Result that counts nobody says NOBODY"
            )
        margins = _margins(frame, within)
        base_varies = base in frame and frame.groupby(_codes(frame, within), sort=False)[base].nunique().gt(1).any()
        least = self.min_group_size
        small_base = np.zeros(len(frame), dtype=bool)
        gone = small_base
        if base in frame:
            bases = [_whole(frame, c) for c in (base, "base_rest") if c in frame]
            small_base = (bases[0] < least) | _small(bases[-1], least)
            if base_varies:
                left = _left_over(bases[0], bases[0] + bases[-1], margins, least) if len(bases) > 1 else []
                small_base, gone = _protected_with(left, bases, small_base, margins, least)
        counts = [_whole(frame, c) for c in (n, "n_rest", *also) if c in frame]
        counts += [
            _whole(frame, b) - _whole(frame, c) for c, b in ((n, base), ("n_rest", "base_rest")) if {c, b} <= set(frame)
        ]
        totals = [_whole(frame, base)] if base in frame else []
        totals += [counts[0] + counts[1]] if "n_rest" in frame else []
        left = list(dict.fromkeys(one for total in totals for one in _left_over(counts[0], total, margins, least)))
        hidden, lost = _protected_with(left, counts, small_base, margins, least)
        return Published(
            self._masked(frame, hidden, small_base, base, mask)[~(gone | lost)].reset_index(drop=True),
            self.min_group_size,
        )

    def _masked(self, frame, hidden, small_base, base, mask):
        """Measurements of hidden rows set to missing; the base, too, where it is small itself."""
        bases = [c for c in (base, "base_rest") if c in frame]
        if mask is None:
            numbers = frame.select_dtypes(["number", "bool", "boolean"]).columns
            mask = [c for c in numbers if c not in NUMERIC_KEYS and c not in bases]
        result = frame.copy()
        for columns, rows in ((mask, hidden), (bases, small_base)):
            for column in columns:
                result[column] = _without(frame[column], rows)
        return result.assign(suppressed=hidden)


@dataclass(frozen=True)
class _LeftOver:
    """Persons of a margin who are in no row of the table: its base without the rows, a count a reader can work out."""

    margin: int
    group: int
    left: int


def _left_over(counts: np.ndarray, totals: np.ndarray, margins: Sequence[np.ndarray], least: int) -> list[_LeftOver]:
    """Small remainders of margins whose rows all have one total; where rows overlap there is none."""
    found = []
    for k, groups in enumerate(margins):
        of = pd.DataFrame({"n": counts, "total": totals}).groupby(groups)
        sums = of.agg(n=("n", "sum"), low=("total", "min"), high=("total", "max")).loc[lambda sums: sums.index >= 0]
        left = (sums["high"] - sums["n"]).where(sums["low"] == sums["high"], 0)
        found += [_LeftOver(k, int(group), int(count)) for group, count in left.items() if 0 < count < least]
    return found


def _protected_with(left, counts, hidden, margins, least) -> tuple[np.ndarray, np.ndarray]:
    """`protect` for rows and remainders of their margins; the remainders, which nobody lists, are cut off again."""
    rows = len(hidden)
    longer = [_longer(count, [one.left if i == 0 else 0 for one in left]) for i, count in enumerate(counts)]
    of = [_longer(groups, _of_left_over(left, k, groups)) for k, groups in enumerate(margins)]
    hidden, lost = protect(longer, np.append(hidden, np.zeros(len(left), dtype=bool)), of, least)
    return hidden[:rows], lost[:rows]


def _longer(numbers: np.ndarray, more: Sequence[int]) -> np.ndarray:
    return np.append(numbers, np.array(more, dtype=np.int64))


def _of_left_over(left: Sequence[_LeftOver], margin: int, groups: np.ndarray) -> list[int]:
    """The group of each remainder in one margin: its own there, and one of its own in every other margin."""
    fresh = int(groups.max(initial=-1)) + 1
    return [one.group if one.margin == margin else fresh + i for i, one in enumerate(left)]


def protect(
    counts: Sequence[np.ndarray], hidden: np.ndarray, margins: Sequence[np.ndarray], least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows to hide so that no small count can be worked out.

    Parameters
    ----------
    counts : list of int arrays, shape (rows,)
        Everything that counts persons; the order of the first decides which further rows go, smallest first. Equal
        counts give an equal choice, so tables that share a margin hide the same rows of it.
    hidden : bool array, shape (rows,)
        Rows hidden for another reason.
    margins : list of int arrays, shape (rows,)
        For each margin the number of the group that a row belongs to, or one below zero of its own: to none.
    least : int
        Smallest group size.

    Returns
    -------
    hidden, lost : bool arrays, shape (rows,)
        Rows to hide, and among them those of groups so small that even hiding all of it would give counts back.
    """
    hidden = hidden | np.any([_small(count, least) for count in counts], axis=0)
    lost = np.zeros(len(hidden), dtype=bool)
    for rows in _connected(margins):
        part = [count[rows] for count in counts]
        hidden[rows], lost[rows] = _protected(part, hidden[rows], [groups[rows] for groups in margins], least)
    return hidden, lost


def _protected(counts, hidden, margins, least):
    """`protect` for rows that margins connect, with the small ones already hidden."""
    lost, given_up = np.zeros(len(hidden), dtype=bool), np.zeros(len(hidden), dtype=bool)
    while (unsafe := _unsafe(counts, hidden & ~lost, lost, margins, least) & ~given_up).any():
        row = int(np.flatnonzero(unsafe)[0])
        reach = np.any([groups == groups[row] for groups in margins], axis=0)
        candidates = np.flatnonzero(reach & ~hidden & (counts[0] > 0))
        if len(candidates):
            hidden[candidates[np.argmin(counts[0][candidates])]] = True
        else:
            given_up[row] = lost[row]  # a margin of which no row is listed has no total that a reader knows
            lost |= reach & hidden
    return hidden, lost


def _connected(margins: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Rows that share a group of some margin, directly or through others: the parts that can be guarded one by one."""
    if not margins:
        return
    margins = [np.unique(groups, return_inverse=True)[1] for groups in margins]
    part = margins[0]
    while True:
        merged = part
        for groups in margins:
            least = np.full(groups.max() + 1, len(part), dtype=np.int64)
            np.minimum.at(least, groups, merged)
            merged = least[groups]
        if (merged == part).all():
            break
        part = merged
    for number in np.unique(part):
        yield np.flatnonzero(part == number)


def largest(
    count: np.ndarray,
    hidden: np.ndarray,
    lost: np.ndarray,
    margins: Sequence[np.ndarray],
    exact: bool = True,
    wanted: np.ndarray | None = None,
) -> np.ndarray:
    """The largest value that each hidden count could have, for somebody who knows all margins and all shown counts.

    Parameters
    ----------
    count : int array, shape (rows,)
    hidden : bool array, shape (rows,)
        Rows that are listed without numbers: the reader knows whether anybody is in them.
    lost : bool array, shape (rows,)
        Rows that are not even listed: the reader knows what is left of a margin for them, and not who is in them.
    margins : list of int arrays, shape (rows,)
    exact : bool
        Whether crossed margins are solved together, by linear programming, or each by itself.
    wanted : bool array, shape (rows,), optional
        Rows for which the exact value is worth its price; default all.

    Returns
    -------
    float array, shape (rows,)
        Infinite for rows that are shown, or lost with all of their margins.
    """
    listed = [groups[~lost] for groups in margins]
    margins = [
        np.where(np.isin(groups, of), groups, -1 - np.arange(len(lost)))
        for groups, of in zip(margins, listed, strict=True)
    ]
    least = np.where(hidden, np.minimum(count, 1), 0)
    unknown = hidden | lost
    most = np.full(len(count), np.inf)
    for groups in margins:
        of, known = np.unique(groups, return_inverse=True)[1], unknown & (groups >= 0)
        spare = np.bincount(of, weights=np.where(unknown, count - least, 0))
        most = np.where(known, np.minimum(most, least + spare[of]), most)
    if exact and len(margins) > 1:
        for row in np.flatnonzero(unknown if wanted is None else unknown & wanted):
            most[row] = min(most[row], _largest_by_all(row, count, least, unknown, margins))
    return most


def _largest_by_all(row, count, least, unknown, margins) -> float:
    """The largest value of one count that agrees with all margins at once."""
    from scipy.optimize import linprog

    cells = np.flatnonzero(unknown)
    of = [groups[cells] for groups in margins]
    totals = np.vstack([np.unique(groups[groups >= 0])[:, None] == groups for groups in of]).astype(float)
    goal = -(cells == row).astype(float)
    bounds = np.column_stack([least[cells], np.full(len(cells), np.inf)])
    solved = linprog(goal, A_eq=totals, b_eq=totals @ count[cells], bounds=bounds, method="highs")
    return float(np.floor(-solved.fun + 1e-6)) if solved.success else float(count[row])


def _unsafe(counts, hidden, lost, margins, least):
    """Hidden rows of which some small count is known to be small from what is shown; the cheap check goes first."""
    unsafe = np.zeros(len(hidden), dtype=bool)
    for exact in (False, True)[: len(margins)]:
        for count in counts:
            small = (hidden | lost) & _small(count, least)
            if small.any():
                unsafe |= small & (largest(count, hidden, lost, margins, exact, small) < least)
        if unsafe.any():
            break
    return unsafe


def _small(count: np.ndarray, least: int) -> np.ndarray:
    return (count > 0) & (count < least)


def _whole(frame: pd.DataFrame, column: str) -> np.ndarray:
    """A column of counts as integers; nobody where it is missing."""
    return frame[column].fillna(0).to_numpy(dtype=float).round().astype(np.int64)


def _margins(frame: pd.DataFrame, within: Margins) -> list[np.ndarray]:
    """The group of each row, for each margin."""
    if within is None or frame.empty:
        return []
    several = bool(within) and not isinstance(within[0], str)
    if not several:
        return [_codes(frame, within)]
    none = -1 - np.arange(len(frame))  # of no margin: a number of its own
    partial = [frame[[name for name in columns if name in frame]].isna().any(axis=1) for columns in within]
    return [np.where(lacks, none, _codes(frame, columns)) for lacks, columns in zip(partial, within, strict=True)]


def _codes(frame: pd.DataFrame, columns: Margins) -> np.ndarray:
    """Number of the combination of columns that each row has."""
    if columns and not isinstance(columns[0], str):
        columns = columns[0]
    present = [column for column in columns or () if column in frame]
    if not present:
        return np.zeros(len(frame), dtype=np.int64)
    return frame.groupby(present, sort=False, dropna=False, observed=True).ngroup().to_numpy()


def _without(values: pd.Series, rows: np.ndarray) -> pd.Series:
    """A column with some cells missing; whole numbers and flags stay what they are."""
    if pd.api.types.is_bool_dtype(values):
        values = values.astype("boolean")
    elif pd.api.types.is_integer_dtype(values):
        values = values.astype("Int64")
    return values.mask(rows)
