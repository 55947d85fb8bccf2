"""The index table: what is over- and under-represented in a group, with 100 for the group it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import (
    MIN_EXPECTED,
    adjust,
    cohens_h,
    compare_shares,
    compared,
    exact_binomial_p,
    family_size,
    measurements,
)
from ...stats.effect_sizes import from_shares
from ...stats.intervals import wilson
from ..spend import spend_by_group
from .categories import Orders, order_of, values_of
from .standardisation import margins

COLUMNS = compared("index")

COMPLETE = 0.995
"""Reference shares that add up to at least this describe every value there is (published shares are rounded)."""

CORE_SHARE = 0.2
"""A value that at least a fifth of the customers have is typical of them, whatever its index."""


def compare(
    group: pd.DataFrame, rest: pd.DataFrame, attributes: Iterable[str], min_base: int = 50, orders: Orders | None = None
) -> pd.DataFrame:
    """Index of every value of every attribute in a group, 100 being its share among the rest.

    Parameters
    ----------
    group, rest : DataFrame
        Profiles of two separate sets of customers.
    attributes : iterable of str
        Categorical columns; numbers are banded beforehand with `categories.bands`.
    min_base : int
        Customers with a known value that group and rest must both have; below it nothing is tested.
    orders : mapping of str to list of str, optional
        Order of the values of an attribute, for ties.

    Returns
    -------
    DataFrame
        ``attribute, value, n, base, share, n_rest, base_rest, share_rest, index, index_low, index_high, p,
        p_adjusted, effect, claim``. Customers without a value are outside the base. ``index`` is 100 × the ratio
        of shares with its log interval; ``p`` Fisher's exact or χ²; one Benjamini–Hochberg family over all rows,
        in which the two mirror-image rows of a two-valued attribute count once; ``effect`` is Cohen's h. Cells
        with an expected count under 5 and rows below `min_base` have an index but no test.
        Largest effect first, untested rows last.
    """
    rows = [_counts(group[name], rest[name], name, (orders or {}).get(name)) for name in attributes]
    table = pd.concat(rows, ignore_index=True) if rows else _no_counts()
    table = compare_shares(table, min_base, ["attribute"])
    some = np.where(table["n"] > 0, 100.0, 0.0)  # of nobody the index is 0, whatever keeps its logarithm finite
    table["index"], table["index_low"] = some * table["ratio"], some * table["ratio_low"]
    table["index_high"] = 100 * table["ratio_high"]
    return _ordered(table)


def compare_with_population(
    profile: pd.DataFrame,
    population: pd.DataFrame,
    attributes: Iterable[str] | None = None,
    min_base: int = 50,
    withheld: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Index of the customers against a reference distribution whose shares are known exactly.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    population : DataFrame
        ``attribute, value, share``: shares as fractions of one.
    attributes : iterable of str, optional
        Default: every attribute that both have.
    min_base : int
        Customers with a known value below which nothing is tested.
    withheld : DataFrame, optional
        Values of too few customers, from `untold`: they have no row, as their share is not zero.

    Returns
    -------
    DataFrame
        As `compare`, with ``n_rest`` and ``base_rest`` missing: the reference is a published share, not a count.
        ``index`` is 100 × share / reference share with Wilson's interval, ``p`` the exact binomial test. Where
        the reference describes all its values (shares add up to 1), customers with a value it does not know
        are outside the base.

    Raises
    ------
    InputRejected
        If reference shares lie outside 0 to 1, add up to more than 1, or name a value twice.
    """
    population = margins(population)
    names = [n for n in (attributes if attributes is not None else population["attribute"].unique()) if n in profile]
    rows, few = [], _no_counts() if withheld is None else withheld
    for name in names:
        reference = _reference(population, name)
        values = values_of(profile[name])
        counts = values[values.isin(reference.index)].value_counts()
        if counts.empty:
            continue
        base = int(counts.sum()) if reference.sum() >= COMPLETE else int(values.notna().sum())
        reference = reference.drop(few.loc[few["attribute"] == name, "value"], errors="ignore")
        k = counts.reindex(reference.index, fill_value=0).to_numpy(int)
        part = pd.DataFrame({"attribute": name, "value": reference.index.to_numpy(), "n": k, "base": base})
        rows.append(part.assign(share_rest=reference.to_numpy()))
    table = pd.concat(rows, ignore_index=True) if rows else _no_counts().assign(share_rest=pd.Series(dtype=float))
    k, n, known = (table[name].to_numpy(float) for name in ("n", "base", "share_rest"))
    table["n_rest"] = table["base_rest"] = pd.Series(pd.NA, table.index, dtype="Int64")
    table["share"] = k / np.where(n > 0, n, np.nan)
    low, high = wilson(k, n)
    reference_share = np.where(known > 0, known, np.nan)
    for column, share in (("index", table["share"]), ("index_low", low), ("index_high", high)):
        table[column] = 100 * share / reference_share
    tested = (n >= min_base) & (n * np.minimum(known, 1 - known) >= MIN_EXPECTED)
    table["p"] = exact_binomial_p(k, np.where(tested, n, 0), known)
    table["effect"] = cohens_h(table["share"], table["share_rest"])
    return _ordered(adjust(table, together=["attribute"]))


def untold(profile: pd.DataFrame, withheld: pd.DataFrame) -> pd.DataFrame:
    """Values that some customers have, but too few to be told of: ``attribute, value``.

    Parameters
    ----------
    profile : DataFrame
        Without the values of few customers.
    withheld : DataFrame
        What was taken out of it, in columns of the same names; may be empty.
    """
    rows = [
        {"attribute": name, "value": value}
        for name in withheld.columns.intersection(profile.columns).drop("customer_no", errors="ignore")
        for value in sorted(set(values_of(withheld[name]).dropna()) - set(values_of(profile[name]).dropna()))
    ]
    return pd.DataFrame(rows, columns=["attribute", "value"])


def population_name(population: pd.DataFrame) -> str:
    """Name of the reference population, as its source gives it."""
    names = population["base"].dropna().unique() if "base" in population else []
    return ", ".join(sorted(map(str, names)))


def limits(profile: pd.DataFrame, population: pd.DataFrame) -> list[Limit]:
    """Reference attributes that cannot be compared because no value has the same name as among the customers."""
    found, population = [], margins(population)
    for name in population["attribute"].unique():
        if name not in profile or profile[name].isna().all():
            message = N_("The reference knows {attribute:label}, but no source says it of the customers.")
            found.append(Limit(message, {"attribute": name}, needs=NEEDS["customers"]))
        elif not values_of(profile[name]).isin(_reference(population, name).index).any():
            message = N_("{attribute:label} cannot be compared: the reference names its values differently.")
            found.append(Limit(message, {"attribute": name}, needs=NEEDS["population"]))
    return found


def described(
    table: pd.DataFrame,
    group: Text,
    base: Text,
    reference: str = "",
    customers: int = 0,
    named: bool = False,
    spent: pd.Series | None = None,
) -> Result:
    """The index table of a group as a result.

    Parameters
    ----------
    table : DataFrame
        From `compare` or `compare_with_population`.
    group, base : Text
        Who is described, and who stands for 100.
    reference : str
        Name of the reference population; empty: the other customers.
    customers : int
        How many are described.
    named : bool
        Whether the base is a group of its own, which sentences name, rather than everybody else.
    spent : Series, optional
        From `spend_of`: sentences on the population say it.
    """
    table = quadrants(table)
    family = family_size(table, ["attribute"]) if len(table) else 0
    return Result(
        "index",
        table,
        Text(N_("What sets apart: {group:value}, compared with {base:label}"), {"group": group, "base": base}),
        Disclosure(mask=measurements(table)),
        claims=partial(
            _claims, family=family, group=group, reference=reference, versus=base if named else None, spent=spent
        ),
        family=family,
        about=Text(N_("Index with its interval; hollow marks may be chance. {n:count} customers."), {"n": customers}),
        needs="population",
    )


def quadrants(table: pd.DataFrame) -> pd.DataFrame:
    """The index table with ``quadrant``: how frequent a value is among the customers, and whether more than expected.

    Values with a share of `CORE_SHARE` or more are ``core`` above the index 100 and ``developmental`` below; rarer
    ones are ``niche`` above and ``marginal`` below. After the "game plan" charts of segmentation providers
    (Esri, Tapestry Segmentation).
    """
    frequent, above = table["share"] >= CORE_SHARE, table["index"] >= 100
    names = pd.Series("marginal", table.index, dtype="str")
    names = names.mask(above, "niche").mask(frequent, "developmental").mask(frequent & above, "core")
    return table.assign(quadrant=names.mask(table["index"].isna()))


def spend_of(divided: pd.DataFrame, profile: pd.DataFrame, min_group: int) -> pd.Series | None:
    """What the customers with each value of some attributes spent in the last year, by attribute and value."""
    if "spend_365d" not in profile:
        return None
    spend = profile["spend_365d"].astype(float)
    return pd.concat({name: spend_by_group(spend, values_of(divided[name]), min_group) for name in divided})


def _claims(
    table: pd.DataFrame,
    family: int,
    group: Text,
    reference: str,
    versus: Text | None = None,
    spent: pd.Series | None = None,
) -> list[Finding]:
    """The strongest over- and under-representations, or that there is none."""
    exact = N_("exact binomial test, Benjamini–Hochberg")
    test = exact if table["base_rest"].isna().all() else N_("Fisher's exact or χ² test, Benjamini–Hochberg")
    spoken = shown(table.loc[table["claim"].astype(bool)])
    # Of the two mirror-image rows of a two-valued attribute one is told.
    spoken = spoken.loc[~(spoken.duplicated(["attribute"]) & _two_valued(table).loc[spoken.index])]
    sides: dict[str, Any] = {"reference": lambda row: reference} if reference else {"group": lambda row: group}
    sides |= {"versus": lambda row: versus} if versus else {}
    message = (lambda row: _SPENT if row.spent > 0 else _REFERENCE) if reference else _NAMED if versus else _OTHERS
    if reference:
        keys = pd.MultiIndex.from_frame(spoken[["attribute", "value"]].astype(str))
        spoken = spoken.assign(spent=0.0 if spent is None else spent.reindex(keys).fillna(0).to_numpy(float))
    told = replace(CLAIMS, message=message, values=CLAIMS.values | sides, test=test)
    return told.tell(table, family, spoken)


_REFERENCE = N_(
    "{attribute/value:group} are {share:share} of all, in “{reference:label}” {rest:share} (index {index:index}, "
    "{low:index} to {high:index}, n = {base:count})."
)
_SPENT = N_(
    "{attribute/value:group} are {share:share} of all, in “{reference:label}” {rest:share} (index {index:index}, "
    "{low:index} to {high:index}, n = {base:count}). They spent {spent:money} within 12 months."
)
_OTHERS = N_(
    "{attribute/value:group} are {share:share} of this group ({group:value}), {rest:share} of the other customers "
    "(index {index:index}, {low:index} to {high:index}, n = {base:count})."
)
_NAMED = N_(
    "{attribute/value:group} are {share:share} of this group ({group:value}), of the group it is compared with "
    "({versus:label}) {rest:share} (index {index:index}, {low:index} to {high:index}, n = {base:count})."
)
CLAIMS = Claims(
    "index",
    _OTHERS,
    key=("attribute", "value"),
    nothing=N_("Nothing stands out: no difference is larger than chance would allow (compared: {family:count})."),
    estimate="index",
    effect=lambda row: from_shares(row.share, row.share_rest),
    most=12,
)


def _counts(group: pd.Series, rest: pd.Series, name: str, order: Sequence[str] | None) -> pd.DataFrame:
    values = order_of(pd.concat([group, rest], ignore_index=True), order)
    inside, outside = values_of(group).value_counts(), values_of(rest).value_counts()
    return pd.DataFrame(
        {
            "attribute": name,
            "value": pd.array(values, dtype="str"),
            "n": inside.reindex(values, fill_value=0).to_numpy(int),
            "base": int(inside.sum()),
            "n_rest": outside.reindex(values, fill_value=0).to_numpy(int),
            "base_rest": int(outside.sum()),
        }
    )


def _no_counts() -> pd.DataFrame:
    columns = {"attribute": "str", "value": "str", "n": int, "base": int, "n_rest": int, "base_rest": int}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Tested rows first, largest effect first; ties keep the order of the values."""
    strength = table["effect"].abs().fillna(-1).round(12)
    order = np.lexsort((np.arange(len(table)), table["attribute"], -strength, table["p"].isna()))
    return table.iloc[order].reset_index(drop=True)[COLUMNS]


def _reference(population: pd.DataFrame, name: str) -> pd.Series:
    part = population.loc[population["attribute"] == name]
    shares = pd.Series(part["share"].to_numpy(float), index=values_of(part["value"]).to_numpy())
    if shares.index.duplicated().any():
        raise InputRejected(f"reference population: {name!r} names a value twice")
    if shares.isna().any() or (shares < 0).any() or (shares > 1).any() or shares.sum() > 2 - COMPLETE:
        total = f"{shares.sum():.4g}"
        raise InputRejected(
            f"reference population: the shares of {name!r} add up to {total}; expected fractions of one that add up "
            "to at most 1 (write 12 % as 0.12)"
        )
    return shares


def _two_valued(table: pd.DataFrame) -> pd.Series:
    return table.groupby("attribute")["value"].transform("size") == 2
