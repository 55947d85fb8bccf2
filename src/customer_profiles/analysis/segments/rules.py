"""Rules that any database can run: who belongs to a segment, in a few conditions, and how far they can be trusted.

A shallow decision tree for each segment, judged on customers it was not fitted on. Its leaves become conditions of SQL;
thresholds are rounded, which makes them readable and no longer a customer's own value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...messages import N_, Text
from ...results import Disclosure, Result
from ...stats.intervals import add_shares
from .embedding import POOLED, is_number, pool

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

DIGITS = 3  # significant digits of a threshold
PICKED = Disclosure(within=None, also=("picked",))


@dataclass(frozen=True)
class Condition:
    """One comparison of a column with a value.

    Parameters
    ----------
    column : str
    value : float, str or None
        A threshold, a category, or nothing: whether a number is missing.
    holds : bool
        ``column <= value``, ``column = value`` or ``column IS NULL`` where true, else the opposite. A missing number
        lies below every threshold, and a missing category equals none.
    """

    column: str
    value: float | str | None
    holds: bool

    def sql(self) -> str:
        """The condition in SQL.

        >>> Condition("orders", 3.0, True).sql()
        '("orders" <= 3 OR "orders" IS NULL)'
        >>> Condition("region", "Côte d'Or", False).sql()
        '("region" <> \\'Côte d\\'\\'Or\\' OR "region" IS NULL)'
        """
        column = '"' + self.column.replace('"', '""') + '"'
        if self.value is None:
            return f"{column} IS NULL" if self.holds else f"{column} IS NOT NULL"
        if isinstance(self.value, str):
            value = "'" + self.value.replace("'", "''") + "'"
            return f"{column} = {value}" if self.holds else f"({column} <> {value} OR {column} IS NULL)"
        value = f"{self.value:.15g}"
        return f"({column} <= {value} OR {column} IS NULL)" if self.holds else f"{column} > {value}"

    def of(self, profile: pd.DataFrame) -> np.ndarray:
        """Whether it holds for each customer."""
        values = profile[self.column]
        if isinstance(self.value, str):
            met = values.astype("object").where(values.notna(), None).map(str, na_action="ignore").eq(self.value)
        else:
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
            met = pd.Series(np.isnan(numbers) | (numbers <= (-np.inf if self.value is None else self.value)))
        return met.to_numpy(dtype=bool) == self.holds


Path = tuple[Condition, ...]
NAME, VALUE = r'"((?:[^"]|"")*)"', r"('(?:[^']|'')*'|[-+.\de]+)"
CONDITION = re.compile(rf"\(?{NAME} (?:(<=|>|=|<>) {VALUE}(?: OR {NAME} IS NULL\))?|(IS NULL|IS NOT NULL))")
"""A condition as `Condition.sql` writes it."""
_SAID = {
    ("IS NULL", True): N_("{attribute:label} unknown"),
    ("IS NULL", False): N_("{attribute:label} known"),
    ("<=", True): N_("{attribute:label} at most {x:label}"),
    ("<=", False): N_("{attribute:label} above {x:label}"),
    ("=", True): N_("{attribute:label}: {x:label}"),
    ("=", False): N_("{attribute:label} other than {x:label}"),
}
_BETWEEN = N_("{attribute:label} above {low:label}, at most {x:label}")
_OR_UNKNOWN = N_("{condition:label} or unknown")
_AND, _OR = N_("{first:label} and {then:label}"), N_("{first:label}; or {then:label}")


def features(profile: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """What a tree can divide customers by: numbers, and an indicator of each frequent category.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    columns : sequence of str
        Columns that a rule may use.

    Returns
    -------
    DataFrame
        One row per customer; columns are pairs of a column of the profile and a category, which is "" for a number. A
        missing number lies below all others.
    """
    parts = {}
    for name in columns:
        if is_number(profile[name]):
            numbers = profile[name].to_numpy(dtype=float, na_value=np.nan)
            parts[name, ""] = np.where(np.isnan(numbers), np.nanmin(numbers, initial=0.0) - 1, numbers)
        else:
            levels = pool(profile[name])
            for level in sorted(set(levels.dropna()) - {POOLED}):
                parts[name, level] = levels.eq(level).to_numpy(dtype=float)
    return pd.DataFrame(parts, index=profile.index)


def rules(
    trees: Mapping[int, DecisionTreeClassifier],
    described: pd.DataFrame,
    profile: pd.DataFrame,
    labels: pd.Series,
    held_out: np.ndarray,
) -> Result:
    """A rule for each segment, with its precision and recall on customers it was not made from.

    Parameters
    ----------
    trees : mapping of int to DecisionTreeClassifier
        By segment, fitted to tell its members from all others by the features of customers who are not held out.
    described : DataFrame
        From `features`.
    profile : DataFrame
        One row per customer, in the same order.
    labels : Series of int
        Segment of each customer, in the same order.
    held_out : ndarray of bool, shape (customers,)
        Customers that rules are judged on.

    Returns
    -------
    Result
        ``segment, rule`` (a condition of SQL over the profile)``, n`` (members that the rule picks, of those held
        out)``, picked, precision`` with its interval, ``base`` (members held out)``, recall`` with its interval.
    """
    rows = []
    for segment, tree in trees.items():
        inside = (labels == segment).to_numpy(bool)
        paths = _paths(tree, described[~held_out], inside[~held_out], profile)
        picked = chosen(profile, paths)
        hits = picked & inside & held_out
        rows.append((int(segment), _sql(paths), hits.sum(), (picked & held_out).sum(), (inside & held_out).sum()))
    counts = ["n", "picked", "base"]
    table = pd.DataFrame(rows, columns=["segment", "rule", *counts]).astype(dict.fromkeys(["segment", *counts], int))
    precise = add_shares(table[["n", "picked"]].rename(columns={"picked": "base"}))
    complete = add_shares(table[["n", "base"]])
    for name, part in (("precision", precise), ("recall", complete)):
        for end in ("", "_low", "_high"):
            table[name + end] = part[f"share{end}"]
    about = Text(N_("Judged on {n:count} customers that the rules were not made from."), {"n": int(held_out.sum())})
    return Result("segment_rules", table, Text(N_("A rule for each segment")), PICKED, about=about)


def chosen(profile: pd.DataFrame, paths: Sequence[Path]) -> np.ndarray:
    """Whether any of the paths holds for each customer."""
    picked = np.zeros(len(profile), dtype=bool)
    for path in paths:
        picked |= np.logical_and.reduce([np.ones(len(profile), dtype=bool), *(each.of(profile) for each in path)])
    return picked


def parsed(sql: str) -> list[Path]:
    """The paths that a rule was written from.

    >>> parsed('("age" > 30 AND ("region" <> \\'by the sea\\' OR "region" IS NULL)) OR ("orders" > 2)')
    ... # doctest: +NORMALIZE_WHITESPACE
    [(Condition(column='age', value=30.0, holds=False), Condition(column='region', value='by the sea', holds=False)),
     (Condition(column='orders', value=2.0, holds=False),)]
    """
    paths: list[Path] = []
    end = 0
    for found in CONDITION.finditer(sql):
        column = found[1].replace('""', '"')
        condition = Condition(column, _value(found[3]), (found[2] or found[5]) in ("<=", "=", "IS NULL"))
        if sql[end : found.start()].strip(" ()") == "AND":
            paths[-1] += (condition,)
        else:
            paths.append((condition,))
        end = found.end()
    return paths


def _value(said: str | None) -> float | str | None:
    if said is None:
        return None
    return said[1:-1].replace("''", "'") if said.startswith("'") else float(said)


def words(paths: Sequence[Path]) -> Text:
    """Paths as a reader says them: two limits of a number together, and where a missing value counts as well.

    >>> words(parsed('("age" > 30)')).message
    '{attribute:label} above {x:label}'
    """
    told = [_joined(_AND, [_said(each, path) for each in path if not _is_told(each, path)]) for path in paths]
    return _joined(_OR, told)


def _joined(message: str, parts: Sequence[Text]) -> Text:
    return reduce(lambda first, then: Text(message, {"first": first, "then": then}), parts) if parts else Text("")


def _said(condition: Condition, path: Path) -> Text:
    if condition.value is None:
        return Text(_SAID["IS NULL", condition.holds], {"attribute": condition.column})
    number = not isinstance(condition.value, str)
    message = _SAID["<=" if number else "=", condition.holds]
    values = {"attribute": condition.column, "x": _shown(condition)}
    floors = [each for each in path if _is_floor(each, condition.column)] if number and condition.holds else []
    limits = [each for each in floors if each.value is not None]
    if limits:
        return Text(_BETWEEN, values | {"low": _shown(limits[-1])})
    missing_counts = condition.holds == number and not floors
    said = Text(message, values)
    return Text(_OR_UNKNOWN, {"condition": said}) if missing_counts else said


def _is_told(condition: Condition, path: Path) -> bool:
    """Whether a lower limit is told with the upper one of the same number."""
    upper = any(each.holds and not isinstance(each.value, str) and each.column == condition.column for each in path)
    return upper and _is_floor(condition, condition.column)


def _is_floor(condition: Condition, column: str) -> bool:
    """Whether it leaves out the lowest numbers of a column, those that are missing with them."""
    return not condition.holds and not isinstance(condition.value, str) and condition.column == column


def _shown(condition: Condition) -> Text:
    """The value of a condition: a category, a share or another number."""
    number = "part" if condition.column.endswith("_share") else "number"
    return Text(f"{{x:{'value' if isinstance(condition.value, str) else number}}}", {"x": condition.value})


def _paths(
    fitted: DecisionTreeClassifier, described: pd.DataFrame, inside: np.ndarray, profile: pd.DataFrame
) -> list[Path]:
    """Paths to the leaves in which most customers are members; if there is none, to the leaf with most."""
    tree, leaf = fitted.tree_, fitted.apply(described)
    purity = {int(node): float(inside[leaf == node].mean()) for node in np.unique(leaf)}
    wanted = {node for node, share in purity.items() if share >= 0.5} or {max(purity, key=purity.__getitem__)}
    found: list[Path] = []

    def walk(node: int, path: Path) -> bool:
        """Collect paths below a node; true if all its leaves are wanted, so that its own path says it all."""
        if tree.children_left[node] == -1:
            return node in wanted
        column, level = described.columns[tree.feature[node]]
        number = is_number(profile[column])
        value = _threshold(float(tree.threshold[node]), profile[column]) if number else level
        at_most, above = tree.children_left[node], tree.children_right[node]
        # An indicator is at most one half where the category is another one.
        sides = [(at_most, number), (above, not number)]
        steps = [(child, (*path, Condition(column, value, holds))) for child, holds in sides]
        whole = [walk(child, longer) for child, longer in steps]
        if all(whole) and path:
            return True
        found.extend(longer for (_, longer), complete in zip(steps, whole, strict=True) if complete)
        return False

    walk(0, ())
    return [_shortened(path) for path in found]


def _shortened(path: Path) -> Path:
    """A path without conditions that a later one on the same column makes redundant."""
    kept: dict[tuple[str, bool, bool], Condition] = {}
    for each in path:
        category = isinstance(each.value, str)
        key = (each.column, each.holds, False) if not category else (f"{each.column}={each.value}", each.holds, True)
        kept[key] = each  # deeper thresholds of a tree are always the tighter ones
    return tuple(kept.values())


def _threshold(exact: float, numbers: pd.Series) -> float | None:
    """A threshold, rounded, of whole numbers a whole one; nothing if it only tells missing numbers from all others."""
    if exact < numbers.min():
        return None
    rounded = float(f"{exact:.{DIGITS}g}")
    return float(np.floor(rounded)) if (numbers.dropna() % 1 == 0).all() else rounded


def _sql(paths: Sequence[Path]) -> str:
    return " OR ".join("(" + " AND ".join(each.sql() for each in path) + ")" for path in paths)
