"""What each customer had ordered at a point in time, and what came after it: two cuts in time, never a random one.

Orders of one day count as one: a basket that was split in two is no second decision to buy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

MONTH_DAYS = 365.25 / 12
PART = 0.5
"""Part of the records at most that is kept for the check."""
FARTHEST = 3
"""Times the days of the check that one looks ahead at most: what holds for a week says nothing of a year."""
HISTORY = ["orders", "repeats", "last_days", "known_days", "per_order", "recent"]
SINCE_FIRST, SINCE_LAST = "days_since_first_order", "days_since_last_order"
KNOWN = ["order_days", SINCE_FIRST, SINCE_LAST, "order_day_value", "recent_order_days"]
"""What is kept of a buyer's history, see `known`; an attribute cannot have such a name."""


@dataclass(frozen=True)
class Orders:
    """The orders of a company and the time that they cover.

    Parameters
    ----------
    days : DataFrame
        ``customer_no, day, amount``: a row per customer and day with an order.
    returned : DataFrame
        The same of days on which more was given back than bought: amounts below 0, no orders.
    first, last : Timestamp
        First and last day of the records.
    horizon_days : int
        Days for which something is to be said.
    """

    days: pd.DataFrame
    returned: pd.DataFrame
    first: pd.Timestamp
    last: pd.Timestamp
    horizon_days: int

    @property
    def known(self) -> bool:
        """Whether there are any orders over more than a day."""
        return len(self.days) > 0 and self.last > self.first

    @property
    def check_days(self) -> int:
        """Days before the end of the records that are kept for the check: the horizon, at most half of the records."""
        return int(min(self.horizon_days, PART * (self.last - self.first).days)) if self.known else 0

    @property
    def check_from(self) -> pd.Timestamp:
        """Last day that the forecast under check may know."""
        return self.last - pd.Timedelta(days=self.check_days)

    @property
    def ahead_days(self) -> int:
        """Days ahead for which something is said: the horizon; 0 if it lies too far beyond what can be checked."""
        return self.horizon_days if self.horizon_days <= FARTHEST * self.check_days else 0

    @property
    def valued(self) -> bool:
        """Whether the amounts of most orders are known."""
        return bool(self.days["amount"].gt(0).mean() > PART) if len(self.days) else False


def orders(lines: pd.DataFrame, as_of: date, horizon_months: int) -> Orders:
    """Orders by customer and day.

    Parameters
    ----------
    lines : DataFrame
        Order lines: ``customer_no, at, amount``; those without customer or time are left out.
    as_of : date
        Nothing after it counts. The records end with the last order before.
    horizon_months : int
    """
    bought = lines[["customer_no", "at", "amount"]].dropna(subset=["customer_no", "at"])
    bought = bought.assign(day=bought["at"].dt.normalize())
    bought = bought[bought["day"] <= pd.Timestamp(as_of)]
    days = bought.groupby(["customer_no", "day"])["amount"].sum(min_count=1).reset_index()
    back = days["amount"] < 0
    days, returned = days[~back].reset_index(drop=True), days[back].reset_index(drop=True)
    first, last = (days["day"].min(), days["day"].max()) if len(days) else (pd.Timestamp(as_of),) * 2
    return Orders(days, returned, first, last, round(horizon_months * MONTH_DAYS))


def history(orders: Orders, until: pd.Timestamp, recent_days: int | None = None) -> pd.DataFrame:
    """What was known of each buyer at the end of a day.

    Parameters
    ----------
    orders : Orders
    until : Timestamp
    recent_days : int, optional
        Days of the last period; default `period_days`.

    Returns
    -------
    DataFrame
        By ``customer_no``: ``orders, repeats`` (orders after the first)``, last_days, known_days`` (from the first
        order to the last one and to that day)``, per_order`` (mean amount of an order, less what was given back;
        missing if unknown or not above 0)``, recent`` (orders of the last period, by default as long as the one to be
        foreseen, or as the records up to then).
    """
    past = orders.days[orders.days["day"] <= until]
    grouped = past.groupby("customer_no")
    first = grouped["day"].min()
    table = pd.DataFrame({"orders": grouped.size()}).astype(int)
    table["repeats"] = table["orders"] - 1
    table["last_days"] = (grouped["day"].max() - first).dt.days
    table["known_days"] = (until - first).dt.days
    back = orders.returned[orders.returned["day"] <= until].groupby("customer_no")["amount"].sum()
    less = back.reindex(table.index, fill_value=0) / table["orders"]
    table["per_order"] = (grouped["amount"].mean() + less).where(lambda mean: mean > 0).astype(float)
    since = until - pd.Timedelta(days=period_days(orders, until) if recent_days is None else recent_days)
    recent = past[past["day"] > since].groupby("customer_no").size()
    table["recent"] = recent.reindex(table.index, fill_value=0).astype(int)
    return table[HISTORY]


def known(history: pd.DataFrame) -> pd.DataFrame:
    """The columns `KNOWN` of a history, as the profile of a customer has them; orders of one day count as one."""
    since_last = history["known_days"] - history["last_days"]
    columns = (history["orders"], history["known_days"], since_last, history["per_order"], history["recent"])
    return pd.DataFrame(dict(zip(KNOWN, columns, strict=True)))


def rhythm(order_days: Any, since_first: Any, since_last: Any) -> tuple[Any, Any]:
    """Days between two orders of a buyer, and the time since the last one in such rhythms; missing where not known.

    >>> rhythm(np.array([3]), np.array([100]), np.array([20]))
    (array([40.]), array([0.5]))
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(order_days > 1, (since_first - since_last) / (order_days - 1), np.nan)
        return days, np.where(days > 0, since_last / days, np.nan)


def period_days(orders: Orders, until: pd.Timestamp) -> int:
    """Days of the last period before `until` that "the same as last time" looks at."""
    ahead = orders.horizon_days if until >= orders.last else orders.check_days
    return int(min(ahead, (until - orders.first).days + 1))


def came(orders: Orders, customers: pd.Index) -> pd.DataFrame:
    """What customers did in the days of the check: ``orders, spend`` (less what was given back), 0 where nothing."""
    later, back = (rows[rows["day"] > orders.check_from] for rows in (orders.days, orders.returned))
    table = later.groupby("customer_no").agg(orders=("day", "size"), spend=("amount", "sum"))
    table = table.reindex(customers, fill_value=0)
    table["spend"] += back.groupby("customer_no")["amount"].sum().reindex(customers, fill_value=0)
    return table


def cut_off(orders: Orders) -> float:
    """Share of the buyers whose first order on record falls into the first twelfth of the records.

    Where customers come evenly it is about a twelfth; far more had ordered before the records begin.
    """
    firsts = orders.days.groupby("customer_no")["day"].min()
    early = firsts <= orders.first + (orders.last - orders.first) / 12
    return float(early.mean()) if len(early) else np.nan
