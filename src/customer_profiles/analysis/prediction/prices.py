"""Whether customers take more of a thing when its price is lower, where prices have changed often enough to tell.

Compared are purchases of the same product in weeks with different prices, so it says how much is taken at a time, not
how many come to buy. The price of a week is that which two halves of the customers agree on: what one customer pays
less because of a voucher, or of how much they take, is no price.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_ratio
from ...stats.intervals import z_value
from ...stats.regression import clustered_poisson
from .purchases import MOST

AGREES = 0.01
"""Difference of the logarithms of two prices up to which they are the same price."""
APART = 0.05
"""Difference of the logarithms of two prices from which they are different prices."""
LINES = 5
"""Order lines of a product that each half of the customers must have in a week."""
PRICES = 3
"""Prices that a product must have had."""
MIN_BASE = 100
"""Customers who must have bought such products of a category."""
MOST_PRODUCTS = 50
"""Products of a category at most, those with the most order lines."""
LOWER = 0.9
"""The price that sentences speak of, as part of the usual one."""
COLUMNS = ["category", "n", "ratio", "ratio_low", "ratio_high", "elasticity", "p", "p_adjusted", "effect", "claim"]


def response(lines: pd.DataFrame, seed: int = 1) -> Result:
    """How much more of a category customers take at a time when its products cost a tenth less.

    Pieces in an order line by Poisson regression on the logarithm of the week's price, products and months apart, with
    errors that are robust and clustered by customer; all categories are one family.

    Parameters
    ----------
    lines : DataFrame
        Order lines: ``customer_no, at, product_id, category, quantity, amount``.
    seed : int
        Of the customers who are drawn where there are more than `purchases.MOST`.

    Returns
    -------
    Result
        ``category, n`` (customers)``, ratio`` (of what is taken at `LOWER` of the price) with interval, ``elasticity,
        p, p_adjusted, effect, claim``; empty where no category has products with `PRICES` prices.
    """
    known = _priced(lines)
    rows = [{"category": name, **_fitted(of, seed)} for name, of in known.groupby("category", observed=True)]
    table, family = corrected([row for row in rows if "p" in row], COLUMNS)
    return Result(
        "price_response",
        table.astype({"n": int}).sort_values(["p", "category"], kind="stable", ignore_index=True),
        Text(N_("Whether customers take more when it costs less")),
        OVERLAPPING,
        CLAIMS,
        family,
        Text(N_("Pieces in a purchase where the product costs a tenth less than in other weeks, 1: as many.")),
        Text(
            N_(
                "Only products with at least {prices:count} prices. Who does not buy at all is not counted, and what "
                "else was done in the weeks with lower prices is not known: an association."
            ),
            {"prices": PRICES},
        ),
        needs="transactions",
    )


_MORE = N_("“{category:label}”: where it costs {less:part} less, customers take {change:part} more at a time.")
_FEWER = N_("“{category:label}”: where it costs {less:part} less, customers take {change:part} less at a time.")
CLAIMS = Claims(
    "prices",
    lambda row: _MORE if row.ratio > 1 else _FEWER,
    {"change": lambda row: abs(float(row.ratio) - 1), "less": lambda _: 1 - LOWER},
    key=("category",),
    nothing=N_("At lower prices customers take no more at a time (categories compared: {family:count})."),
    test=N_("Poisson regression within products and months, errors clustered by customer; Benjamini–Hochberg"),
    estimate="ratio",
    n="n",
    most=3,
)


def _priced(lines: pd.DataFrame) -> pd.DataFrame:
    """Order lines of products with enough prices, with the logarithm of the price of their week."""
    needed = ["customer_no", "at", "product_id", "category", "quantity", "amount"]
    rows = lines.reindex(columns=needed).dropna()
    rows = rows[rows["quantity"].gt(0) & rows["amount"].gt(0)].astype({"quantity": float, "amount": float})
    if rows.empty:
        return rows.assign(month=[], price=[])
    at = pd.to_datetime(rows["at"])
    rows["week"], rows["month"] = at.dt.normalize() - pd.to_timedelta(at.dt.day_of_week, "D"), at.dt.strftime("%Y-%m")
    rows["paid"], rows["half"] = np.log(rows["amount"] / rows["quantity"]), rows["customer_no"] % 2
    paid = rows.groupby(["product_id", "week", "half"], observed=True)["paid"].agg(["median", "size"])
    each = paid.loc[paid["size"] >= LINES, "median"].unstack("half").reindex(columns=[0, 1])
    price = each.mean(axis=1)[(each[0] - each[1]).abs() <= AGREES].rename("price").reset_index()
    enough = price.groupby("product_id", observed=True)["price"].transform(_prices) >= PRICES
    return rows.merge(price[enough], on=["product_id", "week"])


def _prices(prices: pd.Series) -> int:
    """How many different prices there are.

    >>> _prices(pd.Series([1.0, 1.01, 1.2, 1.21, 1.4]))
    3
    """
    return 1 + int((np.diff(np.sort(prices.to_numpy())) >= APART).sum())


def _fitted(rows: pd.DataFrame, seed: int) -> dict[str, Any]:
    """The ratio of one category, without a p-value where too few bought it."""
    rows = rows[rows["product_id"].isin(rows["product_id"].value_counts().index[:MOST_PRODUCTS])]
    customers = np.sort(rows["customer_no"].unique())
    if len(customers) < MIN_BASE:
        return {}
    if len(customers) > MOST:
        customers = np.random.default_rng(seed).choice(customers, MOST, replace=False)
        rows = rows[rows["customer_no"].isin(customers)]
    within = pd.get_dummies(rows[["product_id", "month"]].astype(str), drop_first=True, dtype=float)
    design = np.column_stack([np.ones(len(rows)), within, rows["price"] - rows["price"].mean()])
    slope, error, p = clustered_poisson(rows["quantity"], design, rows["customer_no"], design.shape[1] - 1)
    low, ratio, high = np.exp(np.log(LOWER) * (slope + np.array([1, 0, -1]) * z_value() * error))
    estimate = {"ratio": ratio, "ratio_low": low, "ratio_high": high, "elasticity": slope, "p": p}
    return estimate | {"n": len(customers), "effect": float(from_ratio(ratio))}
