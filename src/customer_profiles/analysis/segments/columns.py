"""What segments are made of: which columns of a profile, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

# What segments are made of, where the profile has it: what customers do, then who they are. Of several columns
# that say the same, the first one present; spend is orders times basket value and would count twice.
ACTIVE = (
    ("orders",),
    ("basket_value",),
    ("recency_days",),
    ("categories",),
    ("discount_share",),
    ("sessions", "touchpoints"),
    ("top_category",),
    ("main_order_channel",),
    ("main_touch_channel",),
    ("offer_responses",),
    ("age", "age_band"),
    ("gender",),
    ("income", "income_band"),
    ("household_size",),
    ("children",),
    ("marital_status",),
    ("education",),
    ("industry",),
    ("employees",),
    ("revenue",),
    ("interests",),
    ("values",),
    ("lifestyle",),
)
# What follows from an active column: a segment differs in it by construction too.
IMPLIED = {
    "age": ("age_band",),
    "income": ("income_band",),
    "orders": ("spend",),
    "basket_value": ("spend",),
    "sessions": ("touchpoints",),
    "offer_responses": ("offers",),
}
# How somebody buys shows only in orders: a count of 0 says that a customer has not bought, not what kind they are. As a
# number it would put all who never bought into one segment; as unknown, they go where the rest of what is known points.
SHOWN_IN_ORDERS = ("orders", "categories")
# What is counted from the same orders hangs together by arithmetic: whoever ordered once bought one category, and long
# ago rather than just now.
FOLLOWS_FROM_ORDERS = ("categories", "recency_days")


def active(profile: pd.DataFrame) -> list[str]:
    """Columns of the profile that segments are made of, of several that say the same the first.

    >>> active(pd.DataFrame(columns=["age_band", "age", "orders", "spend"]))
    ['orders', 'age']
    """
    chosen = (next((name for name in names if name in profile), None) for names in ACTIVE)
    return [name for name in chosen if name is not None]


def counted_once(names: Iterable[str]) -> list[str]:
    """Columns without those that follow from the orders, if these are among them.

    >>> counted_once(["orders", "recency_days", "age"])
    ['orders', 'age']
    """
    names = list(names)
    return [name for name in names if "orders" not in names or name not in FOLLOWS_FROM_ORDERS]


def with_implied(used: Iterable[str]) -> list[str]:
    """Columns, and those that say the same under another name: a segment made of the first differs in both.

    >>> with_implied(["orders", "age"])
    ['orders', 'age', 'spend', 'age_band']
    """
    used = list(used)
    return list(dict.fromkeys([*used, *(name for column in used for name in IMPLIED.get(column, ()))]))


def as_shown(profile: pd.DataFrame) -> pd.DataFrame:
    """The profile in which what only orders show is unknown of customers without orders."""
    if "orders" not in profile:
        return profile
    never = profile["orders"].fillna(0) == 0
    names = [name for name in SHOWN_IN_ORDERS if name in profile]
    return profile.assign(**{name: profile[name].astype("Float64").mask(never) for name in names})
