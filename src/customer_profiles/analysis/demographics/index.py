"""The index table: what is over- and under-represented in a group, with 100 for the group it is compared with."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...stats.comparisons import (
    MIN_EXPECTED,
    adjust,
    cohens_h,
    compare_shares,
    compared,
    exact_binomial_p,
    family_size,
    shown,
)
from ...stats.intervals import wilson
from .categories import Orders, banded, bands, order_of, values_of
from .standardisation import margins

__all__ = [
    "banded",
    "bands",
    "compare",
    "compare_with_population",
    "findings",
    "limits",
    "population_name",
]

COLUMNS = compared("index")

COMPLETE = 0.995
"""Reference shares that add up to at least this describe every value there is (published shares are rounded)."""

CLAIMS_SHOWN = 12
"""Sentences at most; the table holds the rest."""


def compare(
    group: pd.DataFrame,
    rest: pd.DataFrame,
    attributes: Iterable[str],
    min_base: int = 50,
    orders: Orders | None = None,
) -> pd.DataFrame:
    """Index of every value of every attribute in a group, 100 being its share among the rest.

    Parameters
    ----------
    group, rest : DataFrame
        Profiles of two separate sets of customers.
    attributes : iterable of str
        Categorical columns; numbers are banded beforehand with `bands`.
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
    some = np.where(
        table["n"] > 0, 100.0, 0.0
    )  # nobody in the group: the index is 0, whatever keeps its logarithm finite
    table["index"], table["index_low"] = some * table["ratio"], some * table["ratio_low"]
    table["index_high"] = 100 * table["ratio_high"]
    return _ordered(table)


def compare_with_population(
    profile: pd.DataFrame, population: pd.DataFrame, attributes: Iterable[str] | None = None, min_base: int = 50
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
    rows = []
    for name in names:
        reference = _reference(population, name)
        values = values_of(profile[name])
        counts = values[values.isin(reference.index)].value_counts()
        if counts.empty:
            continue
        base = int(counts.sum()) if reference.sum() >= COMPLETE else int(values.notna().sum())
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


def findings(
    table: pd.DataFrame,
    chapter: str = "02",
    topic: str = "index",
    reference: str = "",
    min_group: int = 10,
    group: Text | None = None,
) -> list[Finding]:
    """The strongest over- and under-representations, or one finding that there is none.

    Parameters
    ----------
    table : DataFrame
        From `compare` or `compare_with_population`.
    chapter, topic : str
        Prefix of the findings' ids; `topic` is also the name of the published table.
    reference : str
        Name of what the group is compared with; empty: the other customers.
    min_group : int
        Smallest count that may be spoken of (``privacy.min_group_size``).
    group : Text, optional
        Who is described, for sentences that are read apart from their page.
    """
    together, family = ["attribute"], family_size(table, ["attribute"])
    exact = N_("exact binomial test, Benjamini–Hochberg")
    test = exact if table["base_rest"].isna().all() else N_("Fisher's exact or χ² test, Benjamini–Hochberg")
    large = (table["n"] >= min_group) & (table["base"] - table["n"] >= min_group)
    spoken = table.loc[table["claim"] & large & shown(table)]
    spoken = spoken.loc[~(spoken.duplicated(together) & _two_valued(table).loc[spoken.index])]
    if not family:  # nothing could be compared, so nothing can be said
        return []
    if not table["claim"].any():
        return [
            Finding(
                N_("Nothing stands out: no difference is larger than chance would allow (compared: {family:count})."),
                {"family": family},
                id=f"{chapter}.{topic}.nothing",
                n=int(table["base"].max()) if len(table) else 0,
                table=topic,
                test=test,
                family=family,
                kind="nothing",
            )
        ]
    return [
        _claim(row, chapter, topic, reference, group, test, family) for row in spoken.head(CLAIMS_SHOWN).itertuples()
    ]


def _claim(
    row: object, chapter: str, topic: str, reference: str, group: Text | None, test: str, family: int
) -> Finding:
    if reference:
        message = N_(
            "{attribute:label} “{value:label}”: {share:share} of the customers against {rest:share} in the reference "
            "“{reference:label}”, index {index:index} ({low:index} to {high:index}, n = {base:count})."
        )
    elif group is not None:
        message = N_(
            "{attribute:label} “{value:label}”: {share:share} of this group ({group:label}) against {rest:share} of "
            "the other customers, index {index:index} ({low:index} to {high:index}, n = {base:count})."
        )
    else:
        message = N_(
            "{attribute:label} “{value:label}”: {share:share} of the group against {rest:share} of the other "
            "customers, index {index:index} ({low:index} to {high:index}, n = {base:count})."
        )
    values = {
        "attribute": row.attribute,
        "value": row.value,
        "share": float(row.share),
        "rest": float(row.share_rest),
        "index": float(row.index),
        "low": float(row.index_low),
        "high": float(row.index_high),
        "base": int(row.base),
    }
    return Finding(
        message,
        values | ({"reference": reference} if reference else {} if group is None else {"group": group}),
        id=f"{chapter}.{topic}.{row.attribute}.{row.value}",
        n=int(row.base),
        table=topic,
        interval=(float(row.index_low), float(row.index_high)),
        test=test,
        p_adjusted=float(row.p_adjusted),
        family=family,
        effect=abs(float(row.share) - float(row.share_rest)),
        reach=int(row.n),
        kind="difference",
    )


def _counts(group: pd.Series, rest: pd.Series, name: str, order: list[str] | None) -> pd.DataFrame:
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
    result = table.iloc[order].reset_index(drop=True)[COLUMNS]
    result.attrs["family"] = table.attrs["family"]
    return result


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
