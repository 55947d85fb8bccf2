"""Values that too few customers have: they count as unknown, once for a whole run.

Hiding the row of nine customers in every table is not enough. Another row has to be hidden with it, lest the total give
the nine back, and tables of other parts of the customers would hide another one: together they would tell. Where no
value of the profile is rare, every table may show all its rows, and none has to know of the others.

What is withheld is kept beside the profile, for what is no publication: the brief of a customer and what is handed to
the company's own systems (`restored`). What is published only knows that there are such values: what is withheld is not
zero.
"""

from __future__ import annotations

import pandas as pd

from ..messages import N_, Text
from ..places import PLACES
from ..tables import Tables

WITHHELD = "withheld"
"""Table of a run with what `without_rare_values` has taken out."""

APART = frozenset(("customer_id", "sources", *PLACES))
"""Not groups of customers: who they are, and where they live. A place without customers is told from one with few."""

SMALL_PART = 0.2
"""Part of the known values that may be rare: an attribute with more has names for values, not groups."""

TINY_PART = 0.02
"""Part of the known values that goes with the rare ones where these alone would be too few to count as unknown."""


def without_rare_values(profile: pd.DataFrame, least: int) -> pd.DataFrame:
    """The profile with the values of fewer than `least` customers missing, and never missing for fewer than that.

    Where fewer would be unknown, the next rarest value goes with them if hardly anybody has it; else the most frequent
    one is withheld of as many as it takes.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    least : int
        Smallest group that is shown.

    Examples
    --------
    >>> profile = pd.DataFrame({"gender": ["female"] * 7 + ["male"] * 4 + ["diverse"] * 2})
    >>> without_rare_values(profile, 3)["gender"].value_counts(dropna=False).to_dict()
    {'female': 6, 'male': 4, nan: 3}
    """
    return profile.assign(**{name: _without(profile[name], least) for name in profile if _is_group(profile[name])})


def withheld(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What `without_rare_values` has taken out: ``customer_no`` and the columns concerned, with these values only.

    Examples
    --------
    >>> profile = pd.DataFrame({"customer_no": range(13), "gender": ["f"] * 7 + ["m"] * 4 + ["d"] * 2})
    >>> withheld(profile, without_rare_values(profile, 3))["gender"].tolist()
    ['f', 'd', 'd']
    """
    gone = {name: before[name].notna() & after[name].isna() for name in before if _is_group(before[name])}
    columns = [name for name, rows in gone.items() if rows.any()]
    table = before[["customer_no", *columns]].assign(**{name: before[name].where(gone[name]) for name in columns})
    return table[table[columns].notna().any(axis=1)].reset_index(drop=True)


def restored(profile: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """The profile with the values from `withheld` in their places: for one customer's own record, never for a page."""
    own = kept.set_index("customer_no").reindex(profile["customer_no"]).set_axis(profile.index)
    return profile.assign(**{name: profile[name].where(own[name].isna(), own[name]) for name in own if name in profile})


def own_profile(tables: Tables) -> pd.DataFrame:
    """The profile of a run with what is withheld of it, see `restored`."""
    profile = tables.read("profile")
    return restored(profile, tables.read(WITHHELD)) if tables.has(WITHHELD) else profile


def told(before: pd.DataFrame, after: pd.DataFrame, least: int) -> list[Text]:
    """What `without_rare_values` has done, in a sentence; none where no value is rare."""
    gone = {name: before[name].nunique() - after[name].nunique() for name in before if _is_group(before[name])}
    values = {"least": least, "k": sum(gone.values()), "attributes": sum(number > 0 for number in gone.values())}
    return [Text(_TOLD, values)] if values["k"] else []


_TOLD = N_(
    "Values that fewer than {least:count} customers have are withheld from here on (values: {k:count}, columns of the "
    "profile: {attributes:count}). No table can then tell of those few, nor all tables together."
)


def _is_group(column: pd.Series) -> bool:
    numbers = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return not (numbers or pd.api.types.is_datetime64_any_dtype(column) or column.name in APART)


def _without(column: pd.Series, least: int) -> pd.Series:
    counts = column.value_counts()
    rare = counts[(counts > 0) & (counts < least)]
    if counts.empty or rare.sum() > SMALL_PART * counts.sum():
        return column
    kept = column.mask(column.isin(rare.index))
    unknown = int(kept.isna().sum())
    if 0 < unknown < least:
        rest = counts[counts >= least].sort_index().sort_values(ascending=False, kind="stable")
        if len(rest) > 2 and rest.iloc[-1] <= TINY_PART * counts.sum():
            return kept.mask(kept == rest.index[-1])
        largest = rest.index[0] if len(rest) else counts.index[0]
        kept.loc[kept.index[kept == largest][: least - unknown]] = None
    return kept
