"""Values of a trait: how they are named, in which order they are listed, and how numbers become bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

Orders = Mapping[str, Sequence[str]]

BANDS = 5
"""Numbers are cut at their quintiles: enough bands to see a gradient, and 20 % of customers in each."""

FEW_VALUES = 7
"""A whole number with so few values is not banded: each value is one band."""


def values_of(column: pd.Series) -> pd.Series:
    """Values of a column as text, the way every table names them; unknown stays missing.

    Whole numbers lose the ``.0`` that missing values force upon them, truth values read "yes" and "no".

    >>> values_of(pd.Series([3.0, None])).tolist()
    ['3', nan]
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("str")
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.map({True: "yes", False: "no"}).astype("str")
    if pd.api.types.is_float_dtype(column.dtype):
        known = column.dropna()
        if (known == known.round()).all():
            return column.astype("Int64").astype("str")
    if pd.api.types.is_object_dtype(column.dtype) and column.dropna().map(lambda v: isinstance(v, bool)).all():
        return column.map({True: "yes", False: "no"}).astype("str")
    return column.astype("str")


def order_of(column: pd.Series, order: Sequence[str] | None = None) -> list[str]:
    """Values of a column in the order they are listed in.

    Given order first, else the order of an ordered category or of numbers, else the most frequent first and
    then by name. Values that a given order does not know follow at the end.
    """
    text = values_of(column)
    counts = text.value_counts()
    by_size = sorted(counts.index, key=lambda value: (-counts[value], value))
    if order is None and isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        order = [str(value) for value in column.cat.categories]
    if order is None and pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        order = values_of(column.dropna().drop_duplicates().sort_values()).tolist()
    known = [value for value in order or [] if value in counts.index]
    return known + [value for value in by_size if value not in set(known)]


def bands(column: pd.Series, bins: int = BANDS) -> pd.Series:
    """A number in bands that hold about equally many customers, as an ordered category.

    Bands are cut at quantiles rounded to two significant digits, and named in a way every language reads:
    ``< 20``, ``20–49``, ``≥ 50`` for whole numbers; for others ``20–50`` includes 20 and excludes 50. Cut before
    splitting customers into groups, so that all groups share the same bands.

    >>> bands(pd.Series(range(100))).cat.categories.tolist()
    ['< 20', '20–39', '40–59', '60–79', '≥ 80']
    """
    numbers = pd.to_numeric(column).astype("float64")
    known = numbers.dropna()
    whole = bool((known == known.round()).all())
    values = np.unique(known)
    if len(values) <= (FEW_VALUES if whole else 1):
        text = values_of(known.drop_duplicates().sort_values()).tolist()
        return pd.Series(pd.Categorical(values_of(numbers), categories=text, ordered=True), column.index)
    cuts = np.unique([_round(cut, whole) for cut in np.quantile(known, np.arange(1, bins) / bins)])
    cuts = cuts[(cuts > values[0]) & (cuts <= values[-1])]
    if len(cuts) == 0:  # most customers share the smallest value: they against all others
        cuts = values[1:2]
    labels = _band_labels(cuts, whole)
    codes = np.where(numbers.isna(), -1, np.searchsorted(cuts, numbers.to_numpy(), side="right"))
    return pd.Series(pd.Categorical.from_codes(codes, categories=labels, ordered=True), column.index)


def banded(profile: pd.DataFrame, attributes: Iterable[str]) -> pd.DataFrame:
    """The attributes, numbers among them in bands; other columns are left out."""
    return pd.DataFrame(
        {
            name: bands(profile[name])
            if pd.api.types.is_numeric_dtype(profile[name]) and not pd.api.types.is_bool_dtype(profile[name])
            else profile[name]
            for name in attributes
        },
        index=profile.index,
    )


def counted(
    profile: pd.DataFrame, hit: pd.Series, attributes: Iterable[str], orders: Orders | None = None
) -> pd.DataFrame:
    """How many customers of each group it hit, and how many of the others: ``n`` of ``base, n_rest`` of ``base_rest``.

    Parameters
    ----------
    profile : DataFrame
    hit : Series of bool
        In the order of the profile.
    attributes : iterable of str
        Columns of the profile.
    orders : mapping of str to sequence of str, optional
        Logical order of values by attribute.
    """
    parts = [pd.DataFrame(columns=["attribute", "value", "n", "base", "n_rest", "base_rest"])]
    for attribute, column in banded(profile, attributes).items():
        values, order = values_of(column), order_of(column, (orders or {}).get(attribute))
        base = values.value_counts().reindex(order).to_numpy(int)
        n = values[hit.to_numpy(bool)].value_counts().reindex(order, fill_value=0).to_numpy(int)
        part = pd.DataFrame({"attribute": attribute, "value": pd.array(order, dtype="str"), "n": n, "base": base})
        parts.append(part.assign(n_rest=n.sum() - n, base_rest=base.sum() - base))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _round(cut: float, whole: bool) -> float:
    """Two significant digits; whole numbers stay whole."""
    rounded = float(f"{cut:.2g}")
    return float(np.ceil(cut)) if whole and abs(cut) < 100 else rounded


def _band_labels(cuts: np.ndarray, whole: bool) -> list[str]:
    def inner(low: float, high: float) -> str:
        top = high - 1 if whole else high
        return f"{low:g}" if top == low else f"{low:.12g}–{top:.12g}"

    middle = [inner(low, high) for low, high in pairwise(cuts)]
    return [f"< {cuts[0]:.12g}", *middle, f"≥ {cuts[-1]:.12g}"]
