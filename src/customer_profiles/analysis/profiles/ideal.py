"""The ideal customer: who is worth much, stays and is content, what sets such customers apart, and who is like them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Result
from ...stats.comparisons import family_size
from ...stats.effect_sizes import from_points, from_shares
from ...stats.group_tests import welch
from ...stats.intervals import add_shares, share_of_sum
from ..demographics.audience import BEST_SHARE
from ..demographics.categories import Orders, banded, values_of
from ..demographics.index import compare
from ..leakage import determines, settles
from ..pain_points.costs import leaving_is_stated, outcomes
from .fit import Fit

__all__ = [
    "BEST_SHARE",
    "Ideal",
    "definition",
    "describing",
    "facts",
    "limits",
    "lookalikes",
    "select",
    "told",
    "traits",
]

VALUE, STAYS, CONTENT, IDEAL = (
    N_("worth: among the best quarter"),
    N_("stays: has neither left nor lapsed"),
    N_("content: did not answer with a low score last"),
    N_("ideal: all of these"),
)
REASONS = {
    VALUE: N_("worth less than the best quarter"),
    STAYS: N_("left or lapsed"),
    CONTENT: N_("gave a low score last"),
}
"""Why somebody is not ideal, by the condition that they do not meet."""
MIN_IDEAL = 50  # as many as an index needs; fewer do not describe anybody
A_YEAR = 365


@dataclass(frozen=True)
class Ideal:
    """Who is ideal; false, and nobody known, where too few are.

    Parameters
    ----------
    members : Series of bool
        One value per row of the profile.
    worth : Series of float
        What each customer is worth; missing where unknown, and these customers are outside the base.
    conditions : DataFrame of boolean
        `VALUE`, `STAYS`, `CONTENT` and others, as far as they are known; missing where unknown.
    """

    members: pd.Series
    worth: pd.Series
    conditions: pd.DataFrame

    @property
    def known(self) -> pd.Series:
        """Customers of whom it can be told."""
        return self.worth.notna()

    def __bool__(self) -> bool:
        return bool(self.members.any())


def worth(profile: pd.DataFrame, value: str | None = None) -> pd.Series:
    """What each customer is worth, at least 0: the column `value`, by default ``spend``.

    Returns
    -------
    Series of Float64
        Missing where unknown, and for everybody where nobody is known to be worth anything.
    """
    known = profile.get(value or "spend", pd.Series(np.nan, profile.index)).astype("Float64").clip(lower=0)
    return known if known.gt(0).any() else known.mask(known.notna())


def stays(profile: pd.DataFrame) -> pd.Series:
    """Who has neither left nor lapsed; of whom no rhythm is known, who ordered within a year. Missing where unknown.

    Who has left or lapsed is told as in chapter 03, see `costs.outcomes`.
    """
    known = outcomes(profile)
    lapsed = known["lapsed"] if "lapsed" in known else pd.Series(np.nan, profile.index)
    if "recency_days" in profile and not leaving_is_stated(profile):
        recency = profile["recency_days"].astype(float)
        lapsed = lapsed.fillna(recency.gt(A_YEAR).astype(float).mask(recency.isna()))
    return lapsed.eq(0).astype("boolean").mask(lapsed.isna())


def select(worth: pd.Series, conditions: pd.DataFrame) -> Ideal:
    """Who meets every condition.

    What nobody knows excludes nobody: most customers are never asked how content they are.

    Parameters
    ----------
    worth : Series
        What each customer is worth; who is missing here is not judged.
    conditions : DataFrame of boolean
        A column per condition, missing where unknown; same index. One that is known of nobody is left out.

    Returns
    -------
    Ideal
        With nobody in it where fewer than `MIN_IDEAL` customers are ideal.
    """
    conditions = conditions.astype("boolean").dropna(axis="columns", how="all")
    worth = pd.Series(worth.to_numpy(float, na_value=np.nan), worth.index)
    members = conditions.fillna(True).all(axis="columns").astype(bool) & worth.notna()
    if members.sum() < MIN_IDEAL:
        return Ideal(members & False, worth * np.nan, conditions.iloc[:, :0])
    return Ideal(members, worth, conditions)


def definition(ideal: Ideal) -> Result:
    """How many customers meet each condition, and all of them.

    Returns
    -------
    Result
        ``criterion, n, base`` (customers of whom it is known)``, share`` with its interval.
    """
    whole = pd.Series(ideal.members, dtype="boolean")
    known = ideal.conditions.assign(**{IDEAL: whole})[ideal.known] if ideal else ideal.conditions
    return Result(
        "ideal_definition",
        _counted(known, "criterion"),
        Text(N_("Who counts as ideal")),
        OVERLAPPING,
        claims=partial(_whole, ideal=ideal),
        about=Text(N_("Counted: {n:count} customers."), {"n": len(ideal.members)}),
    )


def describing(
    names: Iterable[str],
    profile: pd.DataFrame,
    best: Ideal,
    taken: Collection[str],
    made_of: Mapping[str, Sequence[str]] | None = None,
    persons: Collection[str] = (),
) -> tuple[list[str], list[str]]:
    """Attributes that may tell an ideal customer, and those that say by themselves what one is worth, or who left.

    Parameters
    ----------
    names : iterable of str
    profile : DataFrame
    best : Ideal
    taken : collection of str
        Columns that say it by definition: the worth, the outcome, the contract.
    made_of : mapping, optional
        Columns that derived attributes are made of.
    persons : collection of str
        Traits of persons and companies. That a high income or a big company buys more is no other word for it: they
        are left out only if they leave nothing open.

    Returns
    -------
    tuple of list of str
        Those kept, and those left out: taken, made of what is taken, or found by `leakage`.
    """
    names = [name for name in names if name in profile]
    values = banded(profile, names).apply(values_of)
    known, worth = best.known.to_numpy(), best.worth.to_numpy(float)

    def says_it(name: str) -> bool:
        if {name, *(made_of or {}).get(name, ())} & set(taken):
            return True
        asked = [(of.notna().to_numpy() & known, of) for _, of in best.conditions.items()]
        if any(determines(values[name][rows], of[rows].to_numpy(bool)) for rows, of in asked if of[rows].nunique() > 1):
            return True
        return name not in persons and bool(known.any()) and settles(values[name][known], worth[known])

    left_out = [name for name in names if says_it(name)]
    return [name for name in names if name not in left_out], left_out


def told(names: Iterable[str]) -> list[Text]:
    """A sentence for the columns that were left out."""
    message = N_(
        "“{name:label}” says by itself what a customer is worth or whether one stays, so it takes no part here."
    )
    return [Text(message, {"name": name}) for name in names]


def traits(
    profile: pd.DataFrame, ideal: Ideal, attributes: Sequence[str], orders: Orders | None = None, min_base: int = 50
) -> Result:
    """What sets ideal customers apart from all others: an index table, see `index.compare`."""
    attributes = list(attributes) if ideal else []
    table = banded(profile, attributes)
    table = compare(table[ideal.members], table[ideal.known & ~ideal.members], attributes, min_base, orders)
    return Result(
        "ideal_traits",
        table,
        Text(N_("What sets ideal customers apart from all others")),
        family=family_size(table, ["attribute"]),
        about=Text(
            N_("Index with its interval; hollow marks may be chance. {n:count} customers."), {"n": len(profile)}
        ),
    )


def lookalikes(ideal: Ideal, fit: Fit) -> Result:
    """Customers of the best fitting tenth who are not ideal, and why not.

    Returns
    -------
    Result
        ``reason, n, base`` (lookalikes of whom it is known)``, share`` with interval; reasons overlap. ``base_rest``
        are the ideal customers of that tenth: few of them could be told from its size, so they are guarded, too.
    """
    alike = _alike(ideal, fit)
    table = _counted((~ideal.conditions[alike]).rename(columns=REASONS), "reason")
    table["base_rest"] = int((fit.part.eq(1) & ideal.members).sum())
    return Result(
        "lookalikes",
        table,
        Text(N_("Customers who fit best and are not ideal: why not")),
        OVERLAPPING,
        claims=partial(_gap, ideal=ideal, fit=fit),
        about=Text(N_("Of {n:count} customers of the best fitting tenth who are not ideal."), {"n": int(alike.sum())}),
        columns=["reason", "n", "base", "share", "share_low", "share_high"],
    )


def gap(ideal: Ideal, fit: Fit) -> dict[str, float]:
    """What lookalikes are worth less than ideal customers on average: ``n, gap, low, high`` (Welch's), ``effect``."""
    alike, best = ideal.worth[_alike(ideal, fit)], ideal.worth[ideal.members]
    if min(len(alike), len(best)) < 2:
        return {"n": len(alike), "gap": np.nan, "low": np.nan, "high": np.nan, "effect": 0.0}
    found = welch(best.mean(), best.std(), len(best), alike.mean(), alike.std(), len(alike))
    spread = np.sqrt((best.var() + alike.var()) / 2)
    numbers = {"gap": found.value, "low": found.low, "high": found.high, "effect": from_points(found.value, spread)}
    return {"n": len(alike)} | {name: float(number) for name, number in numbers.items()}


def limits(ideal: Ideal, fit: Fit) -> list[Limit]:
    """What keeps the ideal customer from being described."""
    if not ideal:
        needed = NEEDS["transactions"]
        return [Limit(N_("Who the ideal customers are: what customers are worth is not known of enough"), needs=needed)]
    if not fit:
        return [Limit(N_("What tells ideal customers: nothing describes them"), needs=NEEDS["customers"])]
    asked = CONTENT in ideal.conditions
    return [] if asked else [Limit(N_("Whether ideal customers are content"), needs=NEEDS["feedback"])]


def facts(ideal: Ideal, fit: Fit) -> dict[str, int]:
    """Customers of whom it can be told, ideal ones, and those among the tenth that fits best; 0 where unknown."""
    first = fit.gains.frame.head(1)
    return {
        "ideal_base": int(ideal.known.sum()),
        "ideal": int(ideal.members.sum()),
        "ideal_in_best_tenth": int(first["n"].sum()),
        "best_tenth": int(first["base"].sum()),
        "ideal_profile_stands_out": int(fit.stands_out),
    }


def label(kind: str) -> Text:
    """What the ideal customer is called where customers are persons (b2c) or companies (b2b)."""
    return Text(N_("The ideal account")) if kind == "b2b" else Text(N_("The ideal customer"))


def _counted(known: pd.DataFrame, name: str) -> pd.DataFrame:
    """How often each column is true of those of whom it is known."""
    counts = pd.DataFrame({"n": known.fillna(False).sum().astype(int), "base": known.notna().sum().astype(int)})
    return add_shares(counts.rename_axis(name).reset_index())


def _alike(ideal: Ideal, fit: Fit) -> pd.Series:
    return ideal.known & fit.part.eq(1) & ~ideal.members


def _whole(table: pd.DataFrame, ideal: Ideal) -> list[Finding]:
    """How many customers are ideal, and what they are worth."""
    message = N_(
        "{share:share} of customers are ideal ({low:share} to {high:share}, n = {n:count}): they meet every condition "
        "that is known of them. They account for {worth:share} of what all customers are worth ({from:share} to "
        "{to:share})."
    )
    uncertain = N_(
        "{share:share} of customers are ideal ({low:share} to {high:share}, n = {n:count}): they meet every condition "
        "that is known of them. They account for {worth:share} of what all customers are worth; how far that may be "
        "off cannot be told, as a few are worth so much."
    )
    row = table.iloc[-1]
    if row["hidden"]:
        return []
    low, high, share = (float(row[name]) for name in ("share_low", "share_high", "share"))
    of_all = share_of_sum(ideal.worth[ideal.known], ideal.members[ideal.known])
    values = {"n": int(row["n"]), "share": share, "low": low, "high": high}
    return [
        Finding(
            uncertain if np.isnan(of_all.low) else message,
            values | {"worth": of_all.value, "from": of_all.low, "to": of_all.high},
            id="ideal.share",
            n=int(row["base"]),
            interval=(low, high),
            test=N_("Wilson interval; ratio of sums"),
            effect=float(from_shares(of_all.value, share)) if of_all.value > share else 0.0,
            reach=int(row["n"]),
        )
    ]


def _gap(table: pd.DataFrame, ideal: Ideal, fit: Fit) -> list[Finding]:
    """What those are worth who only look like the ideal; nothing where nothing tells who is ideal."""
    found = gap(ideal, fit)
    if table["hidden"].all() or not (fit.stands_out and found["low"] > 0):
        return []
    message = N_(
        "{n:count} customers of the best fitting tenth are not ideal yet. An ideal customer is worth {gap:money} more "
        "on average ({low:money} to {high:money})."
    )
    return [
        Finding(
            message,
            {name: found[name] for name in ("n", "gap", "low", "high")},
            id="ideal.gap",
            n=int(found["n"]),
            interval=(found["low"], found["high"]),
            test=N_("Welch’s t interval"),
            effect=found["effect"],
            reach=int(found["n"]),
        )
    ]
