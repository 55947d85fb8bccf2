"""How a trait is spread over the customers, how often it is unknown, and whom the unknown hides."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats import comparisons, group_tests
from ...stats.intervals import add_shares
from .categories import Orders, banded, order_of, values_of

MIN_COMPARED = 30
"""Customers needed on each side before those without a value are compared with the rest: the normal approximation
of the Mann–Whitney test is safe from about 20 (Conover 1999, section 5.1), medians settle a little later."""

MANY_MISSING = 0.2
"""Share of unknown values from which a report points it out; a convention of these reports."""

GAPS_TOLD = 3
"""Sentences about the largest gaps, and about whom they hide; the tables hold the rest."""

DISTRIBUTION = ["attribute", "value", "n", "base", "share", "share_low", "share_high"]


def distribution(profile: pd.DataFrame, attribute: str, order: Sequence[str] | None = None) -> pd.DataFrame:
    """Shares of the values of one attribute among the customers whose value is known.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    attribute : str
        A categorical column; numbers are banded beforehand (`values.banded`).
    order : sequence of str, optional
        Values in the order to list them.

    Returns
    -------
    DataFrame
        ``attribute, value, n, base, share, share_low, share_high``; intervals are Wilson's.
    """
    counts = values_of(profile[attribute]).value_counts()
    values = order_of(profile[attribute], order)
    table = pd.DataFrame({"attribute": attribute, "value": pd.array(values, dtype="str")})
    table["n"] = counts.reindex(values).to_numpy(int)
    table["base"] = int(counts.sum())
    return add_shares(table)[DISTRIBUTION]


def distributions(profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None) -> pd.DataFrame:
    """The distributions of several attributes, one below the other."""
    parts = [distribution(profile, attribute, (orders or {}).get(attribute)) for attribute in attributes]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=DISTRIBUTION)


def missing(profile: pd.DataFrame, attributes: Iterable[str]) -> pd.DataFrame:
    """How many customers have no value: ``attribute, n, base, share`` with interval, most missing first."""
    attributes = list(attributes)
    table = pd.DataFrame({"attribute": pd.array(attributes, dtype="str")})
    table["n"] = [int(profile[attribute].isna().sum()) for attribute in attributes]
    table["base"] = len(profile)
    table = add_shares(table.astype({"n": int, "base": int}))
    return table.sort_values(["n", "attribute"], ascending=[False, True], ignore_index=True)


def who_is_missing(
    profile: pd.DataFrame,
    attributes: Iterable[str],
    measures: Iterable[str],
    known_by: pd.Series | None = None,
) -> pd.DataFrame:
    """Do customers without a value behave differently from comparable ones with it?

    A customer whom only the shop knows has no value that only the CRM holds, and buys otherwise; one with two records
    has fewer gaps. That says how customers become known, not whom a gap hides, so only customers known by the same
    records are compared.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
        Attributes whose gaps are looked at, those without any left out. Attributes missing for the very same
        customers, as when one source holds them all, are one question and count once in the family.
    measures : iterable of str
        Numeric columns known for (nearly) everybody, such as orders or spend.
    known_by : Series, optional
        Which records know each customer, see `audience.known_by`; otherwise all are compared with all.

    Returns
    -------
    DataFrame
        ``attribute, metric, n, median, n_rest, median_rest, p, p_adjusted, effect, claim``: customers without a
        value against those with one, both only where the other exists among customers of the same records; van Elteren
        test (Mann–Whitney within records), Cliff's δ as effect (positive: the unknown have more).
    """
    rows, measures = [], list(measures)
    strata = np.zeros(len(profile), int) if known_by is None else pd.factorize(known_by)[0]
    for attribute in attributes:
        absent = profile[attribute].isna().to_numpy()
        gap = hashlib.sha256(absent.tobytes()).hexdigest()
        share = pd.Series(absent).groupby(strata).transform("mean").to_numpy()
        comparable = (share > 0) & (share < 1)
        for measure in measures if absent.any() else ():
            values = profile[measure].to_numpy(float, na_value=np.nan)
            there = comparable & ~np.isnan(values)
            without, having = values[there & absent], values[there & ~absent]
            enough = min(len(without), len(having)) >= MIN_COMPARED
            test = group_tests.van_elteren(values[there], absent[there], strata[there]) if enough else None
            rows.append(
                {
                    "attribute": attribute,
                    "metric": measure,
                    "n": len(without),
                    "median": np.median(without) if len(without) else np.nan,
                    "n_rest": len(having),
                    "median_rest": np.median(having) if len(having) else np.nan,
                    "p": test.p if test else np.nan,
                    "effect": test.effect if test else np.nan,
                    "gap": gap,
                }
            )
    columns = ["attribute", "metric", "n", "median", "n_rest", "median_rest", "p", "p_adjusted", "effect", "claim"]
    if not rows:
        return pd.DataFrame(columns=columns)
    table = pd.DataFrame(rows)
    once = comparisons.adjust(table.drop_duplicates(["gap", "metric"]))
    family = once.attrs["family"]
    table = table.merge(
        once[["gap", "metric", "p_adjusted", "claim"]], on=["gap", "metric"], how="left", validate="m:1"
    )
    table.attrs["family"] = family
    return table[columns]


def findings(
    profile: pd.DataFrame,
    attributes: Iterable[str],
    orders: Orders | None = None,
    hidden: pd.DataFrame | None = None,
    chapter: str = "02",
    min_group: int = 10,
    made_of: Collection[str] = (),
) -> list[Finding]:
    """What the distributions say: the largest value of each trait, gaps, and whom the gaps hide.

    Parameters
    ----------
    profile : DataFrame
        One row per customer; numbers are banded here.
    hidden : DataFrame, optional
        As of `who_is_missing`.
    min_group : int
        Smallest count that may be spoken of (``privacy.min_group_size``).
    made_of : collection of str
        Derived attributes, whose gaps follow from those of what they are made of.
    """
    attributes = list(attributes)
    found = []
    traits = banded(profile, attributes)
    for attribute in attributes:
        table = distribution(traits, attribute, (orders or {}).get(attribute))
        table = table.loc[(table["n"] >= min_group) & (table["base"] - table["n"] >= min_group)]
        if not table.empty:
            found.append(_most_frequent(table.sort_values(["n", "value"], ascending=[False, True]).iloc[0], chapter))
    given = [name for name in attributes if name not in made_of]
    gaps = missing(profile, given)
    for row in gaps.head(GAPS_TOLD).itertuples():
        if row.share >= MANY_MISSING and row.n >= min_group and row.base - row.n >= min_group:
            found.append(
                Finding(
                    N_("“{attribute:label}” is unknown for {share:share} of customers ({n:count} of {base:count})."),
                    {"attribute": row.attribute, "share": row.share, "n": row.n, "base": row.base},
                    id=f"{chapter}.missing.{row.attribute}",
                    n=row.base,
                    table="missing",
                    interval=(row.share_low, row.share_high),
                    test=N_("Wilson interval"),
                )
            )
    if hidden is None or hidden.empty:
        return found
    # One sentence per gap and measure, even where several attributes share the gap; none where medians show no gap.
    apart = hidden["claim"].astype(bool) & ((hidden["median"] - hidden["median_rest"]) * hidden["effect"] > 0)
    told = hidden.loc[apart].drop_duplicates(["metric", "n", "p", "effect"])
    for row in told.sort_values("effect", key=abs, ascending=False, kind="stable").head(GAPS_TOLD).itertuples():
        found.append(_hidden(row, hidden.attrs["family"], chapter))
    return found


def limits(profile: pd.DataFrame, wanted: Iterable[str]) -> list[Limit]:
    """Wanted traits that no source fills."""
    absent = [name for name in wanted if name not in profile or profile[name].isna().all()]
    return [
        Limit(
            N_("Nothing can be said about {attribute:label}: no source holds it."),
            {"attribute": name},
            needs=NEEDS["customers"],
        )
        for name in absent
    ]


def _most_frequent(row: pd.Series, chapter: str) -> Finding:
    return Finding(
        N_(
            "{attribute:label}: the most frequent value is “{value:label}”, {share:share} of the customers for whom it "
            "is known ({low:share} to {high:share}, n = {base:count})."
        ),
        {
            "attribute": row["attribute"],
            "value": row["value"],
            "share": float(row["share"]),
            "low": float(row["share_low"]),
            "high": float(row["share_high"]),
            "base": int(row["base"]),
        },
        id=f"{chapter}.distribution.{row['attribute']}",
        n=int(row["base"]),
        table="distributions",
        interval=(float(row["share_low"]), float(row["share_high"])),
        test=N_("Wilson interval"),
    )


def _hidden(row: object, family: int, chapter: str) -> Finding:
    more = N_(
        "Of customers whom the same sources know, those whose “{attribute:label}” is unknown have more: "
        "{metric:label}, median {median:number} against {rest:number} (n = {n:count} and {n_rest:count}). What is said "
        "about this trait does not speak for them."
    )
    less = N_(
        "Of customers whom the same sources know, those whose “{attribute:label}” is unknown have less: "
        "{metric:label}, median {median:number} against {rest:number} (n = {n:count} and {n_rest:count}). What is said "
        "about this trait does not speak for them."
    )
    return Finding(
        more if row.effect > 0 else less,
        {
            "attribute": row.attribute,
            "metric": row.metric,
            "median": float(row.median),
            "rest": float(row.median_rest),
            "n": int(row.n),
            "n_rest": int(row.n_rest),
        },
        id=f"{chapter}.missing.{row.attribute}.{row.metric}",
        n=int(row.n + row.n_rest),
        table="who_is_missing",
        test=N_("van Elteren test (Mann–Whitney among customers known by the same records)"),
        p_adjusted=float(row.p_adjusted),
        family=family,
        # A caveat, not news: established, but of no weight for the summary.
        effect=abs(float(row.effect)),
        kind="difference",
    )
