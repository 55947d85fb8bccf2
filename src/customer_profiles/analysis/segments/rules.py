"""Rules that any database can run: who belongs to a segment, in a few conditions, and how far they can be trusted.

A shallow decision tree for each segment, judged on customers it was not fitted on. Its leaves become conditions of SQL;
thresholds are rounded, which makes them readable and no longer a customer's own value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    value : float or str
        A threshold, or a category.
    holds : bool
        ``column <= value`` or ``column = value`` where true, else the opposite. A missing number lies below every
        threshold, and a missing category equals none.
    """

    column: str
    value: float | str
    holds: bool

    def sql(self) -> str:
        """The condition in SQL.

        >>> Condition("orders", 3.0, True).sql()
        '("orders" <= 3 OR "orders" IS NULL)'
        >>> Condition("region", "Côte d'Or", False).sql()
        '("region" <> \\'Côte d\\'\\'Or\\' OR "region" IS NULL)'
        """
        column = '"' + self.column.replace('"', '""') + '"'
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
            met = pd.Series(np.isnan(numbers) | (numbers <= self.value))
        return met.to_numpy(dtype=bool) == self.holds


Path = tuple[Condition, ...]


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
        value = _rounded(float(tree.threshold[node])) if number else level
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


def _rounded(threshold: float) -> float:
    return float(f"{threshold:.{DIGITS}g}")


def _sql(paths: Sequence[Path]) -> str:
    return " OR ".join("(" + " AND ".join(each.sql() for each in path) + ")" for path in paths)
