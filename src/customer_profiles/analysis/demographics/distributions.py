"""How a trait is spread over the customers, how often it is unknown, and whom the unknown hides."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Result
from ...stats import comparisons, group_tests
from ...stats.claims import Claims, fact, shown
from ...stats.effect_sizes import from_delta
from ...stats.intervals import add_shares
from .categories import Orders, banded, order_of, values_of

MIN_COMPARED = 30
"""Customers needed on each side before those without a value are compared with the rest: the normal approximation
of the Mann–Whitney test is safe from about 20 (Conover 1999, section 5.1), medians settle a little later."""

MANY_MISSING = 0.2
"""Share of unknown values from which a report points it out; a convention of these reports."""

FEW = 4
"""Attributes that tell what most customers are."""

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


def distributions(
    profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None, told: Collection[str] | None = None
) -> Result:
    """The distributions of several attributes, one below the other; numbers are banded.

    Sentences name the most frequent value of the attributes in `told`, by default of all.
    """
    attributes = [name for name in attributes if name in profile]
    traits = banded(profile, attributes)
    parts = [distribution(traits, attribute, (orders or {}).get(attribute)) for attribute in attributes]
    return Result(
        "distributions",
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=DISTRIBUTION),
        Text(N_("How customers are spread over every trait")),
        claims=partial(_most_frequent, of=frozenset(attributes if told is None else told)),
        about=Text(N_("Shares of the customers whose value is known, of {n:count} customers."), {"n": len(profile)}),
    )


def typical(spread: Result, told: Sequence[str]) -> Result:
    """Of the distributions those of a few attributes, in their order, and which value most customers have."""
    parts = [spread.frame[spread.frame["attribute"] == name] for name in told[:FEW]]
    frame = pd.concat(parts, ignore_index=True) if parts else spread.frame.head(0)
    claims = partial(_most_frequent, of=frozenset(told[:FEW]))
    return replace(spread, name="typical", frame=frame, title=Text(N_("What most customers are")), claims=claims)


def missing(profile: pd.DataFrame, attributes: Iterable[str], made_of: Collection[str] = ()) -> Result:
    """How many customers have no value: ``attribute, n, base, share`` with interval, most missing first.

    Derived attributes (`made_of`) are listed, not told: their gaps follow from those of what they are made of.
    """
    attributes = list(attributes)
    table = pd.DataFrame({"attribute": pd.array(attributes, dtype="str")})
    table["n"] = [int(profile[attribute].isna().sum()) for attribute in attributes]
    table["base"] = len(profile)
    table = add_shares(table.astype({"n": int, "base": int}))
    return Result(
        "missing",
        table.sort_values(["n", "attribute"], ascending=[False, True], ignore_index=True),
        Text(N_("Customers without a value")),
        OVERLAPPING,
        claims=partial(_gaps, derived=frozenset(made_of)),
    )


def who_is_missing(
    profile: pd.DataFrame, attributes: Iterable[str], measures: Iterable[str], known_by: pd.Series | None = None
) -> Result:
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
    Result
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
    title = Text(N_("Customers without a value against those with one"))
    if not rows:
        return Result("who_is_missing", pd.DataFrame(columns=columns), title, OVERLAPPING)
    table = pd.DataFrame(rows)
    once, family = comparisons.corrected(table.drop_duplicates(["gap", "metric"]))
    table = table.merge(
        once[["gap", "metric", "p_adjusted", "claim"]], on=["gap", "metric"], how="left", validate="m:1"
    )
    claims = partial(_hidden, family=family)
    return Result("who_is_missing", table[columns], title, OVERLAPPING, claims, family)


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


def _most_frequent(table: pd.DataFrame, of: Collection[str]) -> list[Finding]:
    """The largest value of each attribute."""
    rows = shown(table[table["attribute"].isin(of)]).sort_values(["n", "value"], ascending=[False, True], kind="stable")
    first = rows.drop_duplicates("attribute").set_index("attribute", drop=False)
    return [MOST_FREQUENT.one(first.loc[[name]].iloc[0]) for name in table["attribute"].unique() if name in first.index]


def _gaps(table: pd.DataFrame, derived: Collection[str]) -> list[Finding]:
    """The largest gaps."""
    rows = table.loc[~table["attribute"].isin(derived)].head(GAPS_TOLD)
    return [UNKNOWN.one(row) for row in shown(rows.loc[rows["share"] >= MANY_MISSING]).itertuples()]


def _hidden(table: pd.DataFrame, family: int) -> list[Finding]:
    """Whom the gaps hide: one sentence per gap and measure, even where several attributes share the gap."""
    # None where medians show no gap.
    apart = table["claim"].astype(bool) & ((table["median"] - table["median_rest"]) * table["effect"] > 0)
    told = shown(table.loc[apart]).drop_duplicates(["metric", "n", "p", "effect"])
    told = told.sort_values("effect", key=abs, ascending=False, kind="stable")
    return [HIDES.one(row, family) for row in told.head(GAPS_TOLD).itertuples()]


MOST_FREQUENT = fact(
    "distribution",
    N_(
        "{attribute/value:group} are {share:share} of those for whom it is known ({low:share} to {high:share}, "
        "n = {base:count})."
    ),
    key=("attribute",),
    test=N_("Wilson interval"),
    estimate="share",
)
UNKNOWN = fact(
    "missing",
    N_("“{attribute:label}” is unknown for {share:share} of customers ({n:count} of {base:count})."),
    key=("attribute",),
    test=N_("Wilson interval"),
    estimate="share",
)
HIDES = Claims(
    "missing",
    lambda row: _MORE if row.effect > 0 else _LESS,
    {"rest": "median_rest"},
    key=("attribute", "metric"),
    test=N_("van Elteren test (Mann–Whitney among customers known by the same records)"),
    n=lambda row: int(row.n + row.n_rest),
    effect=lambda row: from_delta(row.effect),
    reach=lambda row: 0,  # a caveat, not news: established, but of no weight for the summary
)
_MORE: str = N_(
    "Of customers whom the same sources know, those whose “{attribute:label}” is unknown have more: "
    "{metric:label}, median {median:number} against {rest:number} (n = {n:count} and {n_rest:count}). What is said "
    "about this trait does not speak for them."
)
_LESS: str = N_(
    "Of customers whom the same sources know, those whose “{attribute:label}” is unknown have less: "
    "{metric:label}, median {median:number} against {rest:number} (n = {n:count} and {n_rest:count}). What is said "
    "about this trait does not speak for them."
)
