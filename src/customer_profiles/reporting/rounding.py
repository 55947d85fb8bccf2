"""Numbers of a report that leaves the house: counts to the nearest five, and what is derived from them likewise.

Of two exact reports the customer who came in between can be read off. Here a count tells the two below and the two
above it as well. So must whatever is calculated from it: shares, ratios and differences of counts are calculated anew
from the rounded ones, wherever a column is found to be one; everything else keeps two digits, p-values one. Intervals
grow by as much as their estimate has moved, so that they still hold.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from itertools import permutations, product
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from ..messages import Finding, Text
from ..privacy.disclosure import NUMERIC_KEYS
from .labels import KEYS, column

STEP = 5
FEWEST = 10
"""Smaller whole numbers count no customers: a gate has hidden those."""
SHARES = ("share", "part")
ENDS = ("_low", "_high")
USUAL = {"share": ("n", "base"), "share_rest": ("n_rest", "base_rest")}
"""What a column is calculated from, if that gives it: in a table of one row others may give the same by chance."""
Numbers: TypeAlias = "dict[str, np.ndarray]"
Told = TypeVar("Told", bound=Text)


def count(number: float) -> float:
    """A count to the nearest `STEP`.

    >>> [count(number) for number in (3, 10, 12, 13, 1617)]
    [3, 10, 10, 15, 1615]
    """
    if not abs(number) >= FEWEST:
        return number
    rounded = STEP * np.floor(number / STEP + 0.5)
    return int(rounded) if float(number).is_integer() else float(rounded)


def digits(number: float, kept: int = 2) -> float:
    """A number with so many digits that tell.

    >>> digits(412.35), digits(0.01237, 1)
    (410.0, 0.01)
    """
    return float(f"{number:.{kept - 1}e}") if np.isfinite(number) else number


def frame(exact: pd.DataFrame) -> pd.DataFrame:
    """A published table in rounded numbers.

    Parameters
    ----------
    exact : DataFrame
        As it has passed the gate; numbers that are hidden are missing.
    """
    # What rows are about is told as it is; a number of that name with an interval or a value before is none of it.
    about = {name for name in (*KEYS, *NUMERIC_KEYS) if not {f"{name}_low", f"{name}_before"} & set(exact)}
    numbers = [name for name in exact.select_dtypes("number") if name not in about and not name.endswith("_days")]
    plain = {name: exact[name].to_numpy(dtype=float, na_value=np.nan) for name in numbers}
    counts = {name: values for name, values in plain.items() if column(name, numeric=True).kind == "count"}
    others = {name: values for name, values in plain.items() if name not in counts}
    rounded = {name: _each(count, values) for name, values in counts.items()}
    known = dict(counts)
    for name in (name for name in others if not name.endswith(ENDS)):  # calculated from what stands before it
        again = _again(name, others[name], known, rounded)
        if again is None:
            again = _alone(column(name, numeric=True).kind, others[name], counts.get("base"))
        known[name], rounded[name] = others[name], again
    for name in others:
        if name not in rounded:
            rounded[name] = _end(name, others, rounded)
    return exact.assign(**{name: _as_before(values, exact[name]) for name, values in rounded.items()})


def _again(name: str, values: np.ndarray, known: Numbers, rounded: Numbers) -> np.ndarray | None:
    """A column calculated anew, if it is a ratio (also in per cent) or a difference of two others; else None."""
    ways = (_ratio, _index, _rest)
    usual = USUAL.get(name, ("share", "share_rest"))
    pairs = sorted(permutations(known, 2), key=lambda pair: pair != usual)
    for (one, other), calculate in product(
        pairs, (_difference, *ways) if name.startswith("difference") else (*ways, _difference)
    ):
        if _same(values, calculate(known[one], known[other])):
            return calculate(rounded[one], rounded[other])
    return None


def _alone(kind: str, values: np.ndarray, base: np.ndarray | None) -> np.ndarray:
    """A column of which it is not known what it was calculated from; a share tells no more than a count of its base."""
    if kind in SHARES and base is not None and (base >= FEWEST).all():
        return _each(count, np.round(values * base)) / _each(count, base)
    return _each(partial(digits, kept=1 if kind in ("p", "p_value") else 2), values)


def _ratio(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.divide(one, other, out=np.full(len(one), np.nan), where=other != 0)


def _index(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return 100 * _ratio(one, other)


def _rest(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return 1 - _ratio(one, other)


def _difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return one - other


def _same(values: np.ndarray, others: np.ndarray) -> bool:
    known = ~np.isnan(values)
    return bool(known.any() and np.allclose(values[known], others[known], rtol=1e-9, atol=1e-12))


def _end(name: str, others: Numbers, rounded: Numbers) -> np.ndarray:
    """An end of an interval, as far from the rounded estimate as it was, and farther by what the rounding moved it."""
    estimate = name.rpartition("_")[0]
    exact = others[name]
    if estimate not in others:
        return _each(digits, exact)
    far = _each(_up, np.abs(exact - others[estimate]) + np.abs(rounded[estimate] - others[estimate]))
    end = rounded[estimate] + (far if name.endswith("_high") else -far)
    is_share = column(estimate, numeric=True).kind in SHARES and not (exact > 1).any()
    return np.clip(end, -np.inf if (exact < 0).any() else 0, 1 if is_share else np.inf)


def _each(change: Callable[[float], float], values: np.ndarray) -> np.ndarray:
    return np.array([change(number) for number in values], dtype=float)


def _up(width: float) -> float:
    """A width with one digit, rounded up."""
    if not np.isfinite(width) or width <= 0:
        return width
    unit = 10.0 ** np.floor(np.log10(width))
    return float(np.ceil(width / unit - 1e-9) * unit)


def _as_before(values: np.ndarray, exact: pd.Series) -> pd.Series:
    found = pd.Series(values, exact.index)
    if not pd.api.types.is_integer_dtype(exact):
        return found
    return found.astype(exact.dtype if found.notna().all() else "Int64")


def text(told: Told, shown: Collection[float] = (), n: int = 0) -> Told:
    """A sentence in rounded numbers.

    Parameters
    ----------
    told : Text or Finding
    shown : collection of float
        Numbers that are rounded already: those of the table it was read from.
    n : int
        Base of its shares; of a finding its own.
    """
    base = told.n if isinstance(told, Finding) else n
    values = {name: _value(kind, told.values.get(name), shown, base) for name, kind in _placeholders(told.message)}
    told = replace(told, values=told.values | values)
    if not isinstance(told, Finding):
        return told
    low, high = (one if _is_in(one, shown) else digits(one) for one in told.interval or (np.nan, np.nan))
    p = told.p_adjusted
    return replace(
        told,
        n=int(count(told.n)),
        reach=int(count(told.reach)),
        interval=(low, high) if told.interval else None,
        effect=digits(told.effect),
        p_adjusted=p if p is None or _is_in(p, shown) else digits(p, 1),
    )


def _placeholders(message: str) -> Iterator[tuple[str, str]]:
    for _, name, kind, _ in string.Formatter().parse(message):
        if name:
            yield name, kind or ""


def _value(kind: str, value: Any, shown: Collection[float], n: int) -> Any:
    if isinstance(value, Text):
        return text(value, shown, n)
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
        return value
    value = float(value) if isinstance(value, np.number) else value
    if kind == "count":
        return count(value)
    if kind not in (*SHARES, "money", "index", "points", "ratio", "number", "p") or _is_in(value, shown):
        return value
    if kind in SHARES and n >= FEWEST:
        return float(count(round(value * n)) / count(n))
    return digits(float(value), 1 if kind == "p" else 2)


def _is_in(value: float, shown: Collection[float]) -> bool:
    return round(float(value), 9) in shown


def shown_in(table: pd.DataFrame) -> set[float]:
    """The numbers of a table, as `text` looks them up."""
    numbers = table.select_dtypes("number").to_numpy(dtype=float, na_value=np.nan)
    return set(np.round(numbers[np.isfinite(numbers)], 9))


def facts(named: dict[str, Any]) -> dict[str, Any]:
    """Named numbers of a chapter, rounded."""
    return {
        name: count(value)
        if isinstance(value, int) and not isinstance(value, bool)
        else digits(value)
        if isinstance(value, float)
        else value
        for name, value in named.items()
    }
