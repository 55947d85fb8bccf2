"""Which customers belong to which group, for comparisons whose unit is the customer, and how such families are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ...messages import N_, Finding
from ...stats.claims import Claims
from ...stats.effect_sizes import from_shares
from ..demographics.categories import Orders, banded, order_of, values_of

TEST = N_("score test with the customer as the unit, Benjamini–Hochberg")


def difference(row: Any) -> float:
    """Size of the difference of the two shares on the common scale of effects."""
    return float(from_shares(row.share, row.share_rest))


def by_ratio(subject: str, message: str, nothing: str, key: Sequence[str], **how: Any) -> Claims:
    """Claims that a group does something so many times as often as the others, with the customer as the unit."""
    usual: dict[str, Any] = {"test": TEST, "estimate": "ratio", "reach": "base", "effect": difference, "most": 4}
    return Claims(subject, message, {"n": "base"}, key=key, nothing=nothing, **usual | how)


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


def strongest(table: pd.DataFrame, above: bool | None, ties: Sequence[str]) -> pd.DataFrame:
    """Established rows of a table of comparisons, the largest effect first.

    Parameters
    ----------
    table : DataFrame
        ``ratio, effect, claim`` and the columns `ties`.
    above : bool, optional
        Only ratios above one, or only those below; default both.
    ties : sequence of str
        Columns that decide between equal effects.
    """
    established = table["claim"].fillna(False).astype(bool)
    if above is not None:
        established &= table["ratio"].gt(1) if above else table["ratio"].lt(1)
    rows = table[established]
    order = rows.assign(size=rows["effect"].abs()).sort_values(
        ["size", *ties], ascending=[False, *[True] * len(ties)], kind="stable"
    )
    return table.loc[order.index]


def teller(
    claims: Claims, family: int, above: bool | None, ties: Sequence[str]
) -> Callable[[pd.DataFrame], list[Finding]]:
    """How a family of ratios is told: its `strongest` rows, or that there is no difference."""
    return lambda table: claims.tell(table, family, strongest(table, above, ties))
