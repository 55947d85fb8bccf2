"""Whom a report describes and with whom it compares them: the group, and its base."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from ..messages import N_, Text
from . import groups as selected
from . import index, standardise
from .distributions import Orders, values_of

FORMED = N_("Segments are formed from traits of the customers: in what formed them they differ by construction.")

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
    by : str
        Attribute that both sides can be standardised by, see `standardise`; "" if there is none.
    standardised : DataFrame
        The table with what each index would be if both sides had the same mix of ``by``.
    notes : tuple of Text
        What a reader has to know of this comparison.
    """

    table: pd.DataFrame
    group: Text
    base: Text
    reference: str = ""
    by: str = ""
    standardised: pd.DataFrame | None = None
    notes: tuple[Text, ...] = ()


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


def counts(comparison: Comparison | None, **families: pd.DataFrame) -> dict[str, int]:
    """How many comparisons each family made and how many differences it established; 0 where there was none."""
    tables = {"index": None if comparison is None else comparison.table, **families}
    found: dict[str, int] = {}
    for name, table in tables.items():
        none = table is None or not len(table)
        found[f"{name}_comparisons"] = 0 if none else int(table.attrs["family"])
        found[f"{name}_established"] = 0 if none else int(table["claim"].sum())
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
    members: pd.DataFrame | None = None,
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
        Whom to describe, see `groups.find`. Empty: all customers against the reference population; where there is
        none, the best quarter by spend against the others.
    min_base : int
        Smallest base that is tested.
    orders : mapping, optional
        Order of the values of an attribute.
    members : DataFrame, optional
        The table that `groups.table_of` names for this group.

    Returns
    -------
    Comparison or None
        None where there is neither a reference population nor spend, or no attribute to compare.

    Raises
    ------
    ConfigurationError
        If `group` names a column or a value that the data do not have.
    """
    if group:
        chosen = selected.find(profile, group, members)
        others = [name for name in attributes if name != chosen.of]
        notes = (Text(FORMED),) if group.startswith("segment") else ()
        return _within(profile, chosen.members, others, chosen.label, min_base, orders, notes)
    shared = [name for name in attributes if name in set(standardise.margins(population)["attribute"])]
    if shared:
        name = index.population_name(population)
        divided = index.banded(profile, shared)
        table = index.compare_with_population(divided, population, shared, min_base)
        by = standardise.standard_of(shared, population)
        same = standardise.against_population(table, divided, population, by) if by else None
        return Comparison(table, Text(N_("all customers")), Text("{name:label}", {"name": name}), name, by, same)
    if attributes and "spend" in profile and profile["spend"].gt(0).any():
        best = profile["spend"] >= profile["spend"].quantile(1 - BEST_SHARE)
        label = Text(N_("the {share:share} of customers with the highest spend"), {"share": BEST_SHARE})
        return _within(profile, best, attributes, label, min_base, orders)
    return None


def _within(profile, members, attributes, label, min_base, orders, notes=()) -> Comparison:
    traits = index.banded(profile, attributes)
    group, rest = traits[members], traits[~members]
    table = index.compare(group, rest, attributes, min_base, orders)
    by = standardise.standard_of(attributes)
    same = standardise.against_rest(table, group, rest, by) if by else None
    return Comparison(table, label, Text(N_("all other customers")), by=by, standardised=same, notes=notes)
