"""Who had bought which item by which day: what the next offer is learnt from and tried on.

Lines are counted by DuckDB, through Ibis: what is left is a row for each customer and item, however many lines there
are. Several lines of a day count once.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

LEAST = 20
"""Customers who must have bought an item for it to be offered: of fewer nothing is learnt."""
MOST_ITEMS = 500
"""Items at most, those that most customers bought."""
MOST = 10_000
"""Customers drawn to learn from and to try it on, where there are more, and scored at a time."""
PART = 4
"""Parts of the records, each as long as the period at most."""
WINDOWS = ("old", "before", "last")
"""Up to two periods before the end of the records, then each of the two."""


@dataclass(frozen=True)
class Purchases:
    """Days on which each customer bought each item.

    Parameters
    ----------
    customers : ndarray
        Their ``customer_no``.
    items : ndarray of str
        What may be offered, the ones bought by most customers first.
    days : tuple of csr_matrix, shape (customers, items)
        Of each of `WINDOWS`.
    once : ndarray of bool
        Items that nobody buys twice.
    period : int
        Days of a period; 0: the records are too short, or tell of no items.
    """

    customers: np.ndarray
    items: np.ndarray
    days: tuple[csr_matrix, ...]
    once: np.ndarray
    period: int

    @property
    def known(self) -> bool:
        """Whether there is anything to choose from."""
        return self.period > 0 and len(self.items) > 1

    def owned(self, until: int) -> csr_matrix:
        """Days with each item up to the end of a window."""
        return sum(self.days[1 : until + 1], self.days[0])

    def active(self, window: int) -> Purchases:
        """Only customers who bought anything in a window."""
        return self.of(np.flatnonzero(np.asarray(self.days[window].sum(axis=1)).ravel() > 0))

    def of(self, rows: np.ndarray) -> Purchases:
        """Only some of the customers."""
        return replace(self, customers=self.customers[rows], days=tuple(each[rows] for each in self.days))


def item_column(lines: pd.DataFrame, wanted: str | None) -> str | None:
    """Column of the order lines that names what is offered; None if no line tells it."""
    names = [wanted] if wanted else ["category", "product_id"]
    return next((name for name in names if name in lines and lines[name].nunique() > 1), None)


def purchases(
    lines: pd.DataFrame,
    item: str | None,
    as_of: date,
    days: int,
    exclude: Collection[str] = (),
    once: Collection[str] = (),
) -> Purchases:
    """Who had bought what at the end of each of two periods.

    Parameters
    ----------
    lines : DataFrame
        Order lines: ``customer_no, at`` and the item; those without one of them are left out.
    item : str or None
        From `item_column`.
    as_of : date
        Nothing after it counts. The records end with the last line before.
    days : int
        Days of a period; at most a quarter of the records.
    exclude, once : collection of str
        Items that are not offered; not offered again.
    """
    nothing = Purchases(np.array([]), np.array([]), (csr_matrix((0, 0)),) * len(WINDOWS), np.array([], bool), 0)
    if item is None:
        return nothing
    codes, names = pd.factorize(lines[item])  # whole numbers are grouped twice as fast as texts
    bought, period = _counted(lines[["customer_no", "at"]].assign(item=codes), as_of, days)
    buyers = bought.groupby("item").size().sort_values(ascending=False, kind="stable")
    buyers = buyers[(buyers >= LEAST).to_numpy() & ~names[buyers.index].astype(str).isin(list(exclude))]
    items = buyers.head(MOST_ITEMS).index
    bought = bought[bought["item"].isin(items)]
    if not period or bought.empty:
        return nothing
    row, customers = pd.factorize(bought["customer_no"], sort=True)
    shape = (len(customers), len(items))
    place = (row, items.get_indexer(bought["item"]))
    windows = tuple(csr_matrix((bought[name].to_numpy(float), place), shape) for name in WINDOWS)
    for each in windows:
        each.eliminate_zeros()
    called = names[items].astype(str).to_numpy(object)
    return Purchases(np.asarray(customers), called, windows, np.isin(called, list(once)), period)


def drawn(bought: Purchases) -> Purchases:
    """At most `MOST` of the customers, evenly over their numbers."""
    n = len(bought.customers)
    return bought if n <= MOST else bought.of(np.linspace(0, n - 1, MOST).astype(int))


def _counted(lines: pd.DataFrame, as_of: date, days: int) -> tuple[pd.DataFrame, int]:
    """Days by customer, item and window, and the length of a period."""
    import ibis

    with warnings.catch_warnings():
        # Ibis 12 uses calls of DuckDB and pandas that these have deprecated since.
        for category in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        table = ibis.memtable(lines)
        day = table.select("customer_no", "item", day=table["at"].date())
        day = day.filter(day.customer_no.notnull(), day.item >= 0, day.day <= as_of)
        (ends,) = day.aggregate(first=day.day.min(), last=day.day.max()).to_pyarrow().to_pylist()
        if ends["first"] is None:
            return pd.DataFrame(columns=["customer_no", "item", *WINDOWS]), 0
        period = min(days, (ends["last"] - ends["first"]).days // PART)
        ago = [ends["last"] - timedelta(days=back * period) for back in (2, 1)]
        day = day.distinct()
        since = sum((day.day > ibis.literal(each)).cast("int8") for each in ago)
        counts = {name: (since == place).sum() for place, name in enumerate(WINDOWS)}
        found = day.group_by("customer_no", "item").aggregate(**counts).to_pyarrow().to_pandas()
    return found.sort_values(["customer_no", "item"], ignore_index=True), int(period)
