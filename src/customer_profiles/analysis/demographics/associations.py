"""Which traits go together: every pair of them, whatever its type, corrected for how many were looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from ...codes import LEFT
from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_correlation
from ...stats.families import ALPHA
from ...stats.group_tests import chi2_test
from ...stats.intervals import z_value
from .categories import values_of

MIN_KNOWN = 100
"""Customers for whom both traits are known, below which a pair is not tested."""

SMALLEST_GROUP = 30
"""Rarer values are taken together: χ² and Kruskal–Wallis need some customers in every group."""

LEAST_EXPECTED = 1
"""Smallest expected count of a cell for the χ² test; Cochran (1954) asks for it together with `FEW_SMALL`."""

FEW_SMALL = 0.2
"""Largest part of cells with fewer than five expected."""

SAME = 0.8
"""Strength from which two traits say nearly the same and are told of once."""

NOTABLE = 0.1
"""Strength from which a pair is worth a sentence: below it two traits share under 1 % of their spread."""

MOST_CUSTOMERS = 50_000
"""Larger bases are sampled: an association that needs more customers to be seen is far below `NOTABLE`."""

TOLD, SAME_TOLD = 6, 2
"""Sentences at most, and of these on pairs that say nearly the same; the table holds the rest."""

FROM_ONE_SOURCE = (
    frozenset(
        {"orders", "orders_365d", "items", "spend", "spend_365d", "basket_value", "recency_days", "discount_share"}
        | {"categories", "top_category", "main_order_channel", "tenure_days", "is_new", "offers", "offer_responses"}
    ),
    frozenset({"sessions", "touchpoints", "linked_touchpoints", "main_touch_channel", "tenure_days", "is_new"}),
    frozenset({"age", "age_band"}),
    frozenset({"income", "income_band"}),
    frozenset({"employees", "employees_band"}),
    frozenset({"revenue", "revenue_band"}),
    frozenset({"country", "region", "city", "postal_code"}),
    frozenset({"tickets", "open_tickets", "reopened_tickets", "resolution_hours", "tenure_days", "is_new"}),
)
"""Traits that are computed from the same rows or contain each other: that they go together says nothing new."""

GROWING = (
    *("orders", "orders_365d", "items", "spend", "spend_365d", "categories", "sessions", "touchpoints", "answers"),
    *("linked_touchpoints", "tickets", "open_tickets", "reopened_tickets", "offers", "offer_responses", "comments"),
)
"""Counts and sums that grow with the time as a customer: any two of them would rise together, whatever customers do."""

FIRSTS = ("signup_date", "first_order_at", "first_seen_at", "first_touch_at")
LASTS = ("last_order_at", "last_touch_at")
"""Columns of the profile that tell when somebody began, and was last seen."""

EQUALLY_LONG = 30
"""Customers next to each other in the time they had who count as having had equally long."""

SAYS_THE_SAME = (
    frozenset({"orders", "orders_365d", "items", "spend", "spend_365d"}),
    frozenset({"sessions", "touchpoints"}),
)
"""Measures of one thing: of their pairs with another trait only the strongest becomes a sentence."""

MadeOf = Mapping[str, Collection[str]]
"""Columns that a derived attribute is made of, by its name: `Dataset.ingredients`."""

RANKS, GROUPS, CROSSED = N_("rank correlation"), N_("ranks by group"), N_("Cramér’s V")

COLUMNS = ["attribute", "other", "method", "n", "strength", "correlation", "correlation_low", "correlation_high"]
COLUMNS += ["p", "p_adjusted", "claim", "same_as", "value", "other_value"]


class Strength(NamedTuple):
    """How strongly two traits go together, from 0 to 1, its sign where both have an order, and the p-value."""

    value: float
    sign: float
    p: float
    n: int


class Trait(NamedTuple):
    """A trait in numbers: NaN is unknown; ``names`` of the groups if it has no order; whether it is places already."""

    values: np.ndarray
    names: tuple[str, ...]
    placed: bool = False

    def ranks(self, known: np.ndarray) -> np.ndarray:
        """Ranks of those who are known; of places themselves, as ties would shift them between cohorts."""
        return self.values[known] if self.placed else scipy.stats.rankdata(self.values[known])


def one_source(first: str, second: str, made_of: MadeOf | None = None) -> bool:
    """Whether two traits hang together by construction: computed from the same rows, or one made of the other.

    >>> one_source("life_stage", "age_band", {"life_stage": ["age", "children"]})
    True
    >>> one_source("life_stage", "region", {"life_stage": ["age", "children"]})
    False
    """
    origins = [{name, *(made_of or {}).get(name, ())} for name in (first, second)]
    return any(a == b or any({a, b} <= kind for kind in FROM_ONE_SOURCE) for a in origins[0] for b in origins[1])


def equally_long(profile: pd.DataFrame, name: str) -> np.ndarray:
    """Each customer's place, from 0 to 1, in what grows with time, among those who were customers for about as long.

    Parameters
    ----------
    profile : DataFrame
        Who has left, by the status, was one until the last trace, and is compared with others who left. Who began at an
        unknown time is compared with others of whom it is unknown.
    name : str
        One of `GROWING`.

    >>> began = pd.date_range("2020-01-01", periods=60)
    >>> equally_long(pd.DataFrame({"signup_date": began, "orders": range(60)}), "orders")[[0, 29, 30, 59]].round(2)
    array([0.02, 0.98, 0.02, 0.98])
    """
    began, last = (profile.reindex(columns=each).apply(pd.to_datetime) for each in (FIRSTS, LASTS))
    gone = pd.Series(False, profile.index)
    if "status" in profile:
        gone = values_of(profile["status"]).str.strip().str.casefold().isin(LEFT).fillna(False).astype(bool)
    end = pd.concat([began, last], axis=1).max().max()
    days = (last.max(axis=1).where(gone, end) - began.min(axis=1)).dt.days
    known = profile[name].astype(float)
    cohort = [gone, (days.groupby(gone).rank(method="min").sub(1) // EQUALLY_LONG).fillna(-1)]
    place = known.groupby(cohort).rank() - 0.5
    return (place / known.groupby(cohort).transform("count")).to_numpy(float)


def cramers_v_corrected(counts: ArrayLike) -> float:
    """Cramér's V without the part that chance alone would give.

    Parameters
    ----------
    counts : array_like, shape (rows, columns)

    References
    ----------
    Bergsma (2013), Journal of the Korean Statistical Society 42:323–328.

    >>> round(cramers_v_corrected([[30, 10], [10, 30]]), 3)
    0.49
    """
    table = np.asarray(counts, float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n, (rows, columns) = table.sum(), table.shape
    if min(rows, columns) < 2 or n < 2:
        return float("nan")
    phi2 = max(0.0, chi2_test(table).statistic / n - (rows - 1) * (columns - 1) / (n - 1))
    rows, columns = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi2 / (min(rows, columns) - 1)))


def spearman(x: np.ndarray, y: np.ndarray) -> Strength:
    """Rank correlation of two numbers, given as ranks, ties averaged; p-value from Student's t."""
    if min(np.ptp(x), np.ptp(y)) == 0:
        return Strength(np.nan, np.nan, np.nan, len(x))
    found = scipy.stats.pearsonr(x, y)
    return Strength(float(abs(found.statistic)), float(np.sign(found.statistic)), float(found.pvalue), len(x))


def rank_differences(x: np.ndarray, group: np.ndarray) -> Strength:
    """Do groups differ in the ranks of a number? Root of the explained part of the ranks, chance taken out.

    Kruskal–Wallis test, H = (n − 1) times the part of the squares that is between groups; the explained part is
    η²_H = (H − k + 1) / (n − k), k groups, of Tomczak & Tomczak (2014), Trends in Sport Sciences 21:19–25, at least 0.
    """
    n, k = len(x), len(np.unique(group))
    if k < 2 or np.ptp(x) == 0:
        return Strength(np.nan, np.nan, np.nan, n)
    h = (n - 1) * float(pd.Series(x).groupby(group).transform("mean").var(ddof=0) / x.var())
    p = float(scipy.stats.chi2.sf(h, k - 1))
    return Strength(float(np.sqrt(max(0.0, (h - k + 1) / (n - k)))), np.nan, p, n)


def crossed(a: np.ndarray, b: np.ndarray) -> Strength:
    """Do two groupings depend on each other? Bias-corrected Cramér's V; χ² test where cells are filled enough."""
    wide = int(b.max()) + 1 if len(b) else 1
    counts = np.bincount(a * wide + b, minlength=(int(a.max()) + 1 if len(a) else 1) * wide).reshape(-1, wide)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    n = len(a)
    if min(counts.shape) < 2:
        return Strength(np.nan, np.nan, np.nan, n)
    expected = scipy.stats.contingency.expected_freq(counts)
    if expected.min() < LEAST_EXPECTED or (expected < 5).mean() > FEW_SMALL:
        return Strength(np.nan, np.nan, np.nan, n)
    return Strength(cramers_v_corrected(counts), np.nan, chi2_test(counts).p, n)


def scan(
    profile: pd.DataFrame,
    attributes: Iterable[str],
    orders: Mapping[str, Sequence[str]] | None = None,
    seed: int = 1,
    made_of: MadeOf | None = None,
) -> Result:
    """Every pair of traits, the strongest first.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
        Columns of any type. Pairs that hang together by construction are left out, see `one_source`; what grows with
        the time as a customer (`GROWING`) counts by its place among those who were customers for about as long.
    orders : mapping of str to sequence of str, optional
        Values from low to high: such traits count as ranks, like numbers.
    seed : int
        Of the sample that is taken of more than `MOST_CUSTOMERS`.
    made_of : mapping of str to collection of str, optional
        What derived attributes are made of.

    Returns
    -------
    Result
        ``attribute, other, method, n`` (both known)``, strength`` (0 to 1)``, correlation`` with interval (Bonett &
        Wright 2000; where both have an order)``, p, p_adjusted, claim, same_as``. Spearman's rank correlation,
        Kruskal–Wallis or χ², by type; one Benjamini–Hochberg family over all pairs. ``same_as`` names the trait that
        says nearly the same as one of the two, and is told of in its place; ``value`` and ``other_value`` are the
        groups that meet most beyond expectation, or the one group in which the other trait is higher than in each other
        group (a test of the ranks for each, so that of two equal groups none is named).
    """
    if len(profile) > MOST_CUSTOMERS:
        profile = profile.sample(MOST_CUSTOMERS, random_state=seed)
    names = list(dict.fromkeys(attributes))
    traits = {name: _trait(profile[name], (orders or {}).get(name)) for name in names}
    traits |= {name: Trait(equally_long(profile, name), (), placed=True) for name in names if name in GROWING}
    names = [name for name in names if len(np.unique(traits[name].values[~np.isnan(traits[name].values)])) > 1]
    pairs = [pair for pair in combinations(names, 2) if not one_source(*pair, made_of)]
    rows = [_row(first, second, traits) for first, second in pairs]
    table, family = corrected(pd.DataFrame(rows, columns=[*COLUMNS[:8], "p"]), COLUMNS)
    table = table.sort_values(
        ["strength", "attribute", "other"], ascending=[False, True, True], na_position="last", ignore_index=True
    )
    table["same_as"] = _same(table, names)
    standing = [_standing_out(traits, *row[1:4]) if row.claim else ("", "") for row in table.itertuples()]
    table["value"], table["other_value"] = [value for value, _ in standing], [value for _, value in standing]
    return Result(
        "associations",
        table,
        Text(N_("Pairs of traits, strongest first")),
        OVERLAPPING,
        claims=partial(_claims, family=family),
        family=family,
        about=Text(
            N_("What grows with the time as a customer is compared among those who began at about the same time.")
        ),
    )


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """The strongest pairs that are no repetition of another, and pairs that say nearly the same; or that none is."""
    told = table.loc[table["claim"].astype(bool) & (table["same_as"] == "") & (table["strength"] >= NOTABLE)]
    about = [frozenset({_thing(row.attribute), _thing(row.other)}) for row in told.itertuples()]
    told = told.loc[~pd.Series(about, told.index, dtype=object).duplicated()]
    same = told["strength"] >= SAME
    return CLAIMS.tell(table, family, told.loc[~same | (same.cumsum() <= SAME_TOLD)])


def _thing(name: str) -> str:
    """What a trait measures: the first name of its kind."""
    return next((min(kind) for kind in SAYS_THE_SAME if name in kind), name)


@dataclass(frozen=True)
class _Pairs(Claims):
    """Pairs are told by how they were compared: what of, and by which test, differs from row to row."""

    def one(self, row: Any, family: int = 0) -> Finding:
        ranks = row.method == RANKS and row.strength < SAME
        found = super().one(row, family)
        values = found.values | {
            "ranked": row.attribute if row.other_value else row.other,
            "grouping": row.other if row.other_value else row.attribute,
            "value": row.value or row.other_value,
        }
        ends: tuple[float, float] | None = None
        if ranks:
            ends = (float(row.correlation_low), float(row.correlation_high))
            values |= {"r": float(row.correlation), "low": ends[0], "high": ends[1]}
        kind = "fact" if row.strength >= SAME else "difference"
        return replace(found, values=values, interval=ends, test=_TESTS[row.method], kind=kind)


def _message(row: Any) -> str:
    """How a pair is told."""
    if row.strength >= SAME:
        return N_(
            "{attribute:label} and {other:label} say nearly the same (strength {strength:ratio} of 1, n = {n:count}); "
            "what holds for one holds for the other."
        )
    if row.method == RANKS:
        if row.correlation < 0:
            return N_(
                "The higher {attribute:label}, the lower {other:label}: rank correlation {r:ratio} ({low:ratio} to "
                "{high:ratio}, n = {n:count})."
            )
        return N_(
            "{attribute:label} and {other:label} rise together: rank correlation {r:ratio} ({low:ratio} to "
            "{high:ratio}, n = {n:count})."
        )
    if row.value and row.other_value:
        return N_(
            "{attribute:label} and {other:label} go together, most of all “{value:value}” with “{other_value:value}” "
            "(strength {strength:ratio} of 1, n = {n:count})."
        )
    if row.value or row.other_value:
        return N_(
            "“{ranked:label}” is highest where “{grouping:label}” is “{value:value}” (strength {strength:ratio} of 1, "
            "n = {n:count})."
        )
    return N_(
        "{attribute:label} and {other:label} go together more than chance would have it (strength {strength:ratio} of "
        "1, n = {n:count})."
    )


_TESTS = {
    RANKS: N_("Spearman’s rank correlation, Benjamini–Hochberg"),
    GROUPS: N_("Kruskal–Wallis test, Benjamini–Hochberg"),
    CROSSED: N_("χ² test, Benjamini–Hochberg"),
}
CLAIMS = _Pairs(
    "pairs",
    _message,
    key=("attribute", "other"),
    nothing=N_("No two traits go together by more than chance would allow (pairs compared: {family:count})."),
    test=N_("rank correlation, Kruskal–Wallis or χ² test, Benjamini–Hochberg"),
    n="n",
    # What describes all customers alike is background: established, but of no weight for the summary.
    reach=lambda row: 0,
    effect=lambda row: from_correlation(row.strength),
    most=TOLD,
)


def _trait(column: pd.Series, order: Sequence[str] | None) -> Trait:
    """A column in numbers: its values, its places in an order, or the numbers of its groups."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return Trait(column.to_numpy(float, na_value=np.nan), ())
    text = values_of(column)
    if order:
        codes = pd.Index([str(value) for value in order]).get_indexer(text.to_numpy(object)).astype(float)
        return Trait(np.where(codes < 0, np.nan, codes), ())
    sizes = text.value_counts()
    kept = sorted(sizes.index[sizes >= SMALLEST_GROUP])
    codes = pd.Index([*kept, ""]).get_indexer(text.to_numpy(object)).astype(float)
    rare = (codes < 0) & text.notna().to_numpy()
    codes = np.where(rare, len(kept) if rare.sum() >= SMALLEST_GROUP else np.nan, codes)
    return Trait(np.where(text.isna().to_numpy(), np.nan, codes), tuple(kept) or ("",))


def _row(first: str, second: str, traits: Mapping[str, Trait]) -> tuple:
    a, b = traits[first], traits[second]
    both = ~(np.isnan(a.values) | np.isnan(b.values))
    x, y = (trait.values[both] if trait.names else trait.ranks(both) for trait in (a, b))
    test: Callable[[np.ndarray, np.ndarray], Strength]
    if not a.names and not b.names:
        method, test = RANKS, spearman
    elif a.names and b.names:
        method, test, x, y = CROSSED, crossed, x.astype(int), y.astype(int)
    else:
        method, test = GROUPS, rank_differences
        x, y = (y, x.astype(int)) if a.names else (x, y.astype(int))
    found = test(x, y) if len(x) >= MIN_KNOWN else Strength(np.nan, np.nan, np.nan, len(x))
    r = found.value * found.sign
    half = z_value() * np.sqrt((1 + r * r / 2) / max(found.n - 3, 1))
    with np.errstate(divide="ignore"):
        low, high = np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
    return first, second, method, found.n, found.value, r, low, high, found.p


def _standing_out(traits: Mapping[str, Trait], first: str, second: str, method: str) -> tuple[str, str]:
    """The groups of two traits that stand out, "" for a trait that has none, or if too few customers are concerned."""
    a, b = traits[first], traits[second]
    both = ~(np.isnan(a.values) | np.isnan(b.values))
    x, y = (trait.values[both] if trait.names else trait.ranks(both) for trait in (a, b))
    if method == CROSSED:
        counts = np.histogram2d(x, y, [np.arange(len(t.names) + 1) - 0.5 for t in (a, b)])[0]
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(counts.sum(), 1)
        excess = np.where(counts >= SMALLEST_GROUP, (counts - expected) / np.sqrt(np.maximum(expected, 1e-9)), -np.inf)
        row, column = np.unravel_index(int(np.argmax(excess)), excess.shape)
        return (a.names[row], b.names[column]) if excess[row, column] > 0 else ("", "")
    if method == RANKS:
        return "", ""
    names, group, ranks = (a.names, x, y) if a.names else (b.names, y, x)
    sizes = np.bincount(group.astype(int), minlength=len(names))[: len(names)]
    sums = np.bincount(group.astype(int), weights=ranks, minlength=len(names))[: len(names)]
    means = np.where(sizes >= SMALLEST_GROUP, sums / np.maximum(sizes, 1), -np.inf)
    best = int(np.argmax(means))
    squares = np.bincount(group.astype(int), weights=ranks**2, minlength=len(names))[: len(names)]
    errors = np.maximum(squares / np.maximum(sizes, 1) - (sums / np.maximum(sizes, 1)) ** 2, 0) / np.maximum(
        sizes - 1, 1
    )
    others = np.flatnonzero(sizes * (np.arange(len(names)) != best))
    beyond = z_value(1 - ALPHA / max(len(others), 1)) * np.sqrt(errors[best] + errors[others])
    alone = np.isfinite(means[best]) and bool((means[best] - sums[others] / sizes[others] > beyond).all())
    highest = names[best] if alone else ""
    return (highest, "") if a.names else ("", highest)


def _same(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """For each pair the trait that stands for one of its two; "" where both stand for themselves."""
    stands = {name: name for name in names}
    for row in table.loc[table["claim"] & (table["strength"] >= SAME)].itertuples():
        first, second = sorted((stands[row.attribute], stands[row.other]), key=list(names).index)
        stands = {name: first if other == second else other for name, other in stands.items()}
    repeated = []
    for row in table.itertuples():
        own = row.strength >= SAME
        others = [stands[name] for name in (row.attribute, row.other) if stands[name] != name]
        repeated.append("" if own or not others else others[0])
    return repeated
