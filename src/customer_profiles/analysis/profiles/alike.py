"""Customers who are most like one of them: how far they are, and what they are together, never who they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import Result
from ..demographics.associations import one_source
from ..demographics.categories import Orders, values_of
from ..demographics.distributions import distributions
from ..segments.embedding import is_number

USUAL = (0.05, 0.95)
"""Quantiles between which two values of a number are at most one apart."""


def apart(names: Sequence[str], made_of: Mapping[str, Collection[str]]) -> list[str]:
    """Columns of which none says again what one before it says, so that everything counts once.

    >>> apart(["age_band", "region", "life_stage"], {"life_stage": ["age_band", "children"]})
    ['age_band', 'region']
    """
    again = {later for first, later in combinations(names, 2) if one_source(first, later, made_of)}
    return [name for name in names if name not in again]


def distances(profile: pd.DataFrame, customer_no: int, names: Sequence[str]) -> pd.DataFrame:
    """How much every other customer differs from one.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    customer_no : int
        Whose twins are looked for.
    names : sequence of str
        Columns to compare, as far as they are known of this customer.

    Returns
    -------
    DataFrame
        ``customer_no, distance``, the nearest first; the mean over the columns, 0 alike and 1 different in everything.
        Numbers count by their part of the usual range, and what is unknown of the other counts as different: nobody is
        a twin because nothing is known of them.

    References
    ----------
    Gower (1971), "A general coefficient of similarity and some of its properties", Biometrics 27:857–871.
    """
    one, others = (profile[profile["customer_no"].eq(customer_no) == own] for own in (True, False))
    known = [name for name in names if name in profile and one[name].notna().all()]
    if not known or one.empty:
        return pd.DataFrame({"customer_no": pd.Series(dtype="int64"), "distance": pd.Series(dtype=float)})
    distance = np.mean([_differs(profile[name], others.index, one.index[0]) for name in known], axis=0)
    table = pd.DataFrame({"customer_no": others["customer_no"].to_numpy(), "distance": distance.round(9)})
    return table.sort_values(["distance", "customer_no"], ignore_index=True)


def described(
    profile: pd.DataFrame, away: pd.DataFrame, n: int, names: Sequence[str], orders: Orders | None = None
) -> Result:
    """What the twins of a customer are, in numbers of customers.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    away : DataFrame
        From `distances`.
    n : int
        How many twins.
    names : sequence of str
        Columns to describe them by; numbers are banded.
    orders : mapping, optional
        Order of the values of an attribute.

    Returns
    -------
    Result
        ``attribute, value, n, base, share`` with interval; the sentence tells how far they are.
    """
    near = away.head(n)
    theirs = profile[profile["customer_no"].isin(near["customer_no"])]
    told = distributions(theirs, names, orders)
    return replace(
        told,
        name="alike",
        title=Text(N_("What the customers most like this one are")),
        claims=lambda _: _told(away["distance"], len(near)),
        about=Text(N_("Shares of the {n:count} customers who differ least from this one."), {"n": len(near)}),
    )


def _differs(column: pd.Series, others: pd.Index, one: object) -> np.ndarray:
    """How much the others differ from one in a column, from 0 to 1."""
    if is_number(column):
        numbers = column.astype("Float64").astype(float)
        low, high = numbers.quantile(list(USUAL))
        away = (numbers[others] - numbers[one]).abs() / max(high - low, 1e-9)
        return away.clip(upper=1).fillna(1).to_numpy(float)
    words = values_of(column)
    return words[others].ne(words[one]).fillna(True).to_numpy(float)


def _told(distance: pd.Series, n: int) -> list[Finding]:
    if not n:
        return []
    message = N_(
        "The {n:count} customers most like this one differ from it by {near:part}, all customers by {all:part} on "
        "average."
    )
    values = {"n": n, "near": float(distance.head(n).mean()), "all": float(distance.mean())}
    return [Finding(message, values, id="alike.distance", n=n, reach=n)]
