"""Columns that say an outcome or an amount in other words, so that they explain nothing of what goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..messages import N_, Text
from .demographics.categories import banded, values_of

DETERMINED = 0.04
"""Part of the outcome's uncertainty that a column may leave open and still say the same."""

SETTLED = 0.15
"""Part of the differences of an amount that a column explains if it says it in other words. In the data sets of the
tests no trait of a person explains a tenth of what customers pay; a product explains up to three quarters."""


def determines(column: pd.Series, has: np.ndarray, most: float = DETERMINED) -> bool:
    """Whether the values of a column, unknown being one of them, leave nothing of a yes or no open.

    Uncertainty is the share of customers that the likelier answer would be wrong for, within each value against over
    all (Goodman and Kruskal's λ is one minus their ratio).

    Parameters
    ----------
    column : Series
        A value for each customer.
    has : ndarray of bool, shape (customers,)
    most : float
        Part of the uncertainty that it may leave open.

    References
    ----------
    Goodman & Kruskal (1954), Measures of association for cross classifications, JASA 49:732–764.
    """
    share = pd.Series(has).groupby(column.astype("object").where(column.notna(), "").to_numpy()).agg(["mean", "size"])
    left_open = (np.minimum(share["mean"], 1 - share["mean"]) * share["size"]).sum() / len(has)
    return bool(left_open < most * min(has.mean(), 1 - has.mean()))


def same_as(profile: pd.DataFrame, attributes: Iterable[str], outcome: Any) -> list[str]:
    """Attributes that are the outcome or say it in other words, such as why somebody left.

    Parameters
    ----------
    profile : DataFrame
        A row per customer.
    attributes : iterable of str
    outcome : Outcome or None
        ``column, value`` of dataset.yaml.
    """
    names = [name for name in attributes if name in profile]
    if outcome is None or outcome.column not in profile:
        return []
    known = profile[profile[outcome.column].notna()].reset_index(drop=True)
    has = (values_of(known[outcome.column]) == outcome.value).to_numpy()
    columns = banded(known, names).apply(values_of)
    return [name for name in names if name == outcome.column or determines(columns[name], has)]


def lasting(profile: pd.DataFrame, attributes: Mapping[str, Any], outcome: Any) -> list[str]:
    """Attributes that customers had all along: no status, outcome or reason, which tell only how it ended.

    Who has left by now was a customer like others before: what is compared over time, step by step or between two
    years, would otherwise find that those who left do less.

    Parameters
    ----------
    profile : DataFrame
    attributes : mapping
        What the data set says of each attribute: ``reason`` (truth value).
    outcome : Outcome or None
        As in `same_as`.
    """
    ended = {"status", *same_as(profile, attributes, outcome)}
    return [name for name, known in attributes.items() if name not in ended and not known.reason]


def settles(column: pd.Series, amount: np.ndarray) -> bool:
    """Whether a column tells so much of an amount (`SETTLED`) that it is its price or a part of it.

    Amounts are ranked, and what a value stands for is learnt from the other half of the customers: a column with a
    value of its own for each customer tells nothing. Whether a value is known is none.

    Parameters
    ----------
    column : Series
        A value for each customer.
    amount : ndarray of float, shape (customers,)
    """
    known = column.notna().to_numpy()
    rank, value = pd.Series(amount[known]).rank(), column[known].astype("object").reset_index(drop=True)
    half, expected = np.arange(len(rank)) % 2, pd.Series(rank.mean(), rank.index)
    for one in (0, 1):
        means = rank[half != one].groupby(value[half != one]).mean()
        expected[half == one] = value[half == one].map(means).astype(float).fillna(rank.mean())
    return bool(((rank - expected) ** 2).sum() < (1 - SETTLED) * ((rank - rank.mean()) ** 2).sum())


def told(names: Iterable[str]) -> list[Text]:
    """A sentence for each column that was left out."""
    message = N_("“{name:label}” says in other words who has the outcome, so it takes no part here.")
    return [Text(message, {"name": name}) for name in names]
