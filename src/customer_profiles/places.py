"""In which area of a list each customer is, and what is known of that area."""

from __future__ import annotations

import numpy as np
import pandas as pd

PLACES = ("region", "city", "country", "postal_code")
"""Columns of the profile that can name an area."""
OF_AREA = "area_"
"""How columns of the profile begin that tell something of the customer's area and not of the customer."""
_NO_MEASURES = ("area", "population", "latitude", "longitude")


def area_of(profile: pd.DataFrame, areas: pd.DataFrame) -> tuple[pd.Series, str]:
    """Area of every customer, and the column of the profile it was found by.

    The column with the most matches is taken; postal codes match by their first digits where the areas are
    named by fewer digits.

    Returns
    -------
    Series, str
        Key as in ``areas["area"]``, missing where the customer's place is unknown or in no listed area; the
        column is "" where no column matches anything.
    """
    keys = areas["area"].dropna().astype("str")
    by_name = dict(zip(keys.str.strip().str.casefold(), keys, strict=True))
    best, found_by = pd.Series(np.nan, profile.index, dtype="str"), ""
    for column in (name for name in PLACES if name in profile):
        places = profile[column].astype("str")
        widths = sorted(set(keys.str.len())) if column == "postal_code" else [None]
        for width in widths:
            named = places.str.slice(0, width) if width else places
            matched = named.str.strip().str.casefold().map(by_name).astype("str")
            if matched.notna().sum() > best.notna().sum():
                best, found_by = matched, column
    return best, found_by


def measures(columns: list[str]) -> list[str]:
    """Columns of a table of areas that tell something of the customers who live there.

    >>> measures(["area", "population", "latitude", "purchasing_power"])
    ['purchasing_power']
    """
    return [name for name in columns if name not in _NO_MEASURES]


def with_areas(profile: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """The profile with what is known of each customer's area, as ``area_purchasing_power`` and the like."""
    told = areas.drop_duplicates("area").set_index("area")[measures(list(areas))].add_prefix(OF_AREA)
    place, found_by = area_of(profile, areas)
    if not found_by or told.empty:
        return profile
    found = told.reindex(place).set_axis(profile.index)
    return pd.concat([profile, found[[name for name in told if name not in profile]]], axis=1)
