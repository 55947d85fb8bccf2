"""Which customers belong to which group, for comparisons whose unit is the customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..demographics import audience
from ..demographics.categories import Orders, banded, order_of, values_of

ATTRIBUTES_DRAWN = 5  # what still reads on a phone


class Members(NamedTuple):
    """One attribute: its values, and who has which.

    Parameters
    ----------
    attribute : str
    values : list of str
        In the order they are listed.
    member : bool array, shape (customers, values)
    known : bool array, shape (customers,)
        Customers whose value is unknown are in no group and in no comparison.
    """

    attribute: str
    values: list[str]
    member: np.ndarray
    known: np.ndarray


def comparable(
    profile: pd.DataFrame, attributes: Iterable[str], reasons: Iterable[str] = (), behaviour: bool = True
) -> list[str]:
    """What divides the customers into groups, without the reasons customers state.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
    reasons : iterable of str
        Attributes in which customers say why they complain or leave.
    behaviour : bool
        Whether what they buy and where counts, too. It must not where the question is whether and when they buy: only
        who has bought has a main category.
    """
    stated = set(reasons)
    names = audience.groups(profile, attributes) if behaviour else audience.traits(profile, attributes)
    return [name for name in names if name not in stated]


def members(
    profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None, among: pd.Series | None = None
) -> Iterator[Members]:
    """The groups of each attribute, numbers in bands.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
    orders : mapping, optional
        Order of the values of ordered attributes.
    among : Series of int, optional
        ``customer_no`` of the rows to describe; default every customer of the profile, in its order.
    """
    names = [name for name in attributes if name in profile]
    table = banded(profile, names)
    rows = np.arange(len(profile)) if among is None else pd.Index(profile["customer_no"]).get_indexer(among)
    for name in names:
        values = values_of(table[name]).to_numpy(dtype=object)
        order = order_of(table[name], (orders or {}).get(name))
        member = (values[:, None] == np.array(order, dtype=object)[None, :])[rows] & (rows >= 0)[:, None]
        if len(order) > 1:
            yield Members(name, order, member, member.any(axis=1))


def heaviest(table: pd.DataFrame, most: int = ATTRIBUTES_DRAWN) -> dict[str, list[str]]:
    """Attributes to draw of a table of comparisons: those with the most claims first, then the largest differences.

    Returns
    -------
    dict
        ``attribute``, in the order of the table: as `Published.where` takes it.
    """
    strength = table.assign(size=table["effect"].abs().fillna(0.0), claim=table["claim"].astype(bool))
    ranked = strength.groupby("attribute", sort=True).agg(claims=("claim", "sum"), size=("size", "max"))
    best = ranked.sort_values(["claims", "size"], ascending=False, kind="stable").index[:most]
    return {"attribute": [name for name in table["attribute"].unique() if name in best]}


def base(table: pd.DataFrame) -> int:
    """Customers that a table of shares rests on: its largest ``base``, 0 for an empty table."""
    return int(table["base"].max()) if len(table) else 0
