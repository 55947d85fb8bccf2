"""Whom a report describes and with whom it compares them: the group, and its base."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from ..errors import ConfigurationError
from ..messages import N_, Text
from . import index
from .distributions import Orders, values_of

BEST_SHARE = 0.25
"""The customers with the highest spend: the quarter that marketing usually calls its best customers."""


MOST_VALUES = 25
"""A trait with more values than this is an address or a name, not a group."""

BEHAVIOUR = (
    *("main_order_channel", "top_category", "main_touch_channel", "orders", "spend", "basket_value", "recency_days"),
    *("discount_share", "sessions", "tickets", "offers"),
)
"""What customers do, as far as the profile knows it."""

GROUPING = ("main_order_channel", "top_category", "main_touch_channel")
"""Behaviour that divides customers into named groups, beside their traits."""


@dataclass(frozen=True)
class Comparison:
    """An index table and what it compares.

    Parameters
    ----------
    table : DataFrame
        Rows of `index.compare` or `index.compare_with_population`.
    group, base : Text
        Who is described, and who stands for 100.
    reference : str
        Name of the reference population; empty where other customers are the base.
    """

    table: pd.DataFrame
    group: Text
    base: Text
    reference: str = ""


def traits(profile: pd.DataFrame, attributes: Iterable[str]) -> list[str]:
    """Attributes that divide the customers into groups: known, with more than one value, not too many.

    A number counts if its bands do; of an attribute that is given as a number and in bands, the bands do.
    """
    known = [name for name in attributes if name in profile and profile[name].notna().any()]
    known = [name for name in known if f"{name}_band" not in known]
    divided = index.banded(profile, known)
    return [name for name in known if 1 < divided[name].nunique() <= MOST_VALUES]


def behaviour(profile: pd.DataFrame) -> list[str]:
    """What is known of what customers do, of `BEHAVIOUR`."""
    return traits(profile, BEHAVIOUR)


def measures(profile: pd.DataFrame) -> list[str]:
    """Numbers that are known for everybody, by which those without a value are compared with the rest."""
    return [name for name in ("orders", "spend", "sessions", "tickets") if name in profile]


def facts(profile: pd.DataFrame, attributes: Iterable[str]) -> dict[str, int | str]:
    """For each trait, how many customers it is known of, and how many have its most frequent value."""
    found: dict[str, int | str] = {"customers": len(profile)}
    for name, column in index.banded(profile, attributes).items():
        counts = values_of(column).value_counts()
        top = min(counts.index[counts == counts.max()])
        found |= {f"{name}_known": int(counts.sum()), f"{name}_top": top, f"{name}_top_customers": int(counts[top])}
    return found


def groups(profile: pd.DataFrame, attributes: Iterable[str]) -> list[str]:
    """Attributes and behaviour by which pains, scores and answers are compared."""
    return traits(profile, [*attributes, *GROUPING])


def compare(
    profile: pd.DataFrame,
    population: pd.DataFrame,
    attributes: Sequence[str],
    group: str = "",
    min_base: int = 50,
    orders: Orders | None = None,
) -> Comparison | None:
    """Index table of a group against its base.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    population : DataFrame
        ``attribute, value, share, base``; may be empty.
    attributes : sequence of str
        What to compare; numbers are banded.
    group : str
        ``column=value`` of the profile. Empty: all customers against the reference population; where there is
        none, the best quarter by spend against the others.
    min_base : int
        Smallest base that is tested.
    orders : mapping, optional
        Order of the values of an attribute.

    Returns
    -------
    Comparison or None
        None where there is neither a reference population nor spend.

    Raises
    ------
    ConfigurationError
        If `group` names a column or a value that the profile does not have.
    """
    if group:
        column, value, members = _members(profile, group)
        label = Text(N_("{attribute:label} “{value:label}”"), {"attribute": column, "value": value})
        return _within(profile, members, [a for a in attributes if a != column], label, min_base, orders)
    shared = [name for name in attributes if name in set(population["attribute"])]
    if shared:
        name = index.population_name(population)
        table = index.compare_with_population(profile, population, shared, min_base)
        return Comparison(table, Text(N_("all customers")), Text("{name:label}", {"name": name}), name)
    if "spend" in profile and profile["spend"].gt(0).any():
        best = profile["spend"] >= profile["spend"].quantile(1 - BEST_SHARE)
        label = Text(N_("the {share:share} of customers with the highest spend"), {"share": BEST_SHARE})
        return _within(profile, best, attributes, label, min_base, orders)
    return None


def _within(profile, members, attributes, label, min_base, orders) -> Comparison:
    traits = index.banded(profile, attributes)
    table = index.compare(traits[members], traits[~members], attributes, min_base, orders)
    return Comparison(table, label, Text(N_("all other customers")))


def _members(profile: pd.DataFrame, group: str) -> tuple[str, str, pd.Series]:
    column, _, value = group.partition("=")
    if column not in profile:
        near = difflib.get_close_matches(column, profile.columns, n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        raise ConfigurationError(f"parameter 'compare': the profile has no column {column!r}{hint}")
    members = values_of(profile[column]).eq(value).fillna(False).astype(bool)
    if not members.any() or members.all():
        raise ConfigurationError(f"parameter 'compare': {column!r} has no value that divides customers as asked")
    return column, value, members
