"""Whom a report describes and with whom it compares them: the group, and its base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from scipy.stats.contingency import association

from ...errors import ConfigurationError
from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import Result
from ...stats.comparisons import adjust
from ..leakage import same_as
from ..segments import columns as formed
from . import groups as selected
from . import index, standardisation
from .associations import SMALLEST_GROUP, MadeOf, one_source
from .categories import Orders, banded, values_of

FORMED = N_(
    "Segments are formed from traits of the customers. In these they differ by construction, so such rows are not "
    "tested: they describe the segment."
)

BEST_SHARE = 0.25
"""The customers with the highest spend: the quarter that marketing usually calls its best customers."""


LARGER = N_("larger groups, for example regions in place of towns")

FEW_VALUES, MOST_VALUES = 25, 60
"""A trait with more than 60 values is an address or a name, not a group: no country has so many states. With more than
25 it divides customers into groups only if most of them are in groups that can be compared, see `COVERED`."""

COVERED = 0.8
"""Of a trait with many values, those that `associations.SMALLEST_GROUP` customers have must hold this part of them. The
27 states of a country then stay a trait; the towns of a few thousand customers would only fill pages with rows that
cannot be told from chance, and a longer list of comparisons makes each of them harder to establish."""

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
    table : Result
        The index table, see `index.described`; empty where nobody could be compared with anybody.
    group, base : Text
        Who is described, and who stands for 100.
    reference : str
        Name of the reference population; empty where other customers are the base.
    by : str
        Attribute that both sides can be standardised by, see `standardise`; "" if there is none.
    standardised : Result
        The table with what each index would be if both sides had the same mix of ``by``.
    notes : tuple of Text
        What a reader has to know of this comparison.
    """

    table: Result
    group: Text
    base: Text
    reference: str = ""
    by: str = ""
    standardised: Result = field(default_factory=lambda: standardisation.described(pd.DataFrame(), ""))
    notes: tuple[Text, ...] = ()

    def __bool__(self) -> bool:
        return bool(len(self.table))


def traits(profile: pd.DataFrame, attributes: Iterable[str]) -> list[str]:
    """Attributes that divide the customers into groups: known, with more than one value, not too many.

    A number counts if its bands do; of an attribute that is given as a number and in bands, the bands do. How many
    values are too many say `FEW_VALUES` and `COVERED`.
    """
    return [name for name, fits in _divisions(profile, attributes).items() if fits]


def telling(profile: pd.DataFrame, attributes: Sequence[str], outcome: Any) -> list[str]:
    """Attributes in the order of how much they tell of the outcome (Cramér's V); without one in their own.

    What says the outcome in other words (`leakage.same_as`) is left out.
    """
    if outcome is None or outcome.column not in profile:
        return list(attributes)
    has, same = values_of(profile[outcome.column]) == outcome.value, same_as(profile, attributes, outcome)
    columns = banded(profile, [name for name in attributes if name not in same]).apply(values_of)
    tables = {name: pd.crosstab(columns[name], has) for name in columns}
    strength = {name: association(table) for name, table in tables.items() if min(table.shape) > 1}
    return sorted(strength, key=lambda name: -strength[name])


def limits(profile: pd.DataFrame, attributes: Iterable[str]) -> list[Limit]:
    """Attributes with so many values that they divide the customers into too small groups."""
    message = N_(
        "{attribute:label} has {values:count} different values, most of them with few customers: it is not compared "
        "value by value."
    )
    return [
        Limit(message, {"attribute": name, "values": int(profile[name].nunique())}, needs=LARGER)
        for name, fits in _divisions(profile, attributes).items()
        if not fits and profile[name].nunique() > FEW_VALUES
    ]


def uncompared(comparison: Comparison) -> list[Limit]:
    """That nobody was compared with anybody, where it is so."""
    message = N_(
        "What sets the customers apart is open: there is neither a reference population nor spend to tell the best "
        "customers by, and no group was named (parameter compare)."
    )
    return [] if comparison else [Limit(message, needs=NEEDS["population"])]


def _divisions(profile: pd.DataFrame, attributes: Iterable[str]) -> dict[str, bool]:
    """Whether each known attribute divides the customers into groups that can be compared."""
    known = [name for name in attributes if name in profile and profile[name].notna().any()]
    known = [name for name in known if f"{name}_band" not in known]
    sizes = {name: column.value_counts() for name, column in banded(profile, known).items()}
    return {name: 1 < len(n[n > 0]) <= MOST_VALUES and _covered(n) for name, n in sizes.items()}


def _covered(sizes: pd.Series) -> bool:
    """Whether the values are few, or most customers have one that is frequent enough to be compared."""
    return (sizes > 0).sum() <= FEW_VALUES or sizes[sizes >= SMALLEST_GROUP].sum() >= COVERED * sizes.sum()


def given(attributes: Iterable[str], made_of: MadeOf) -> list[str]:
    """Attributes that are not derived from others: only these have gaps of their own."""
    return [name for name in attributes if name not in made_of]


def implied(names: Iterable[str], made_of: MadeOf) -> list[str]:
    """Columns, and the attributes that are derived from any of them.

    >>> implied(["age"], {"life_stage": ["age", "children"], "home_type": ["region"]})
    ['age', 'life_stage']
    """
    names = list(names)
    return [*names, *(name for name, of in made_of.items() if name not in names and set(of) & set(names))]


def behaviour(profile: pd.DataFrame) -> list[str]:
    """What is known of what customers do, of `BEHAVIOUR`."""
    return traits(profile, BEHAVIOUR)


def measures(profile: pd.DataFrame) -> list[str]:
    """Numbers that are known for everybody, by which those without a value are compared with the rest."""
    return [name for name in ("orders", "spend", "sessions", "tickets") if name in profile]


def introduction(comparison: Comparison) -> tuple[Text, ...]:
    """Who is described and with whom they are compared; nothing where nobody is."""
    versus = {"group": comparison.group, "base": comparison.base}
    told = Text(N_("Described here: {group:value}. Compared with: {base:label}."), versus)
    return (told, *comparison.notes) if comparison else ()


def known_by(profile: pd.DataFrame, records: pd.Series) -> pd.Series:
    """Which records know each customer, such as "crm 1, shop 2": what a source does not hold nobody can have left out.

    Parameters
    ----------
    profile : DataFrame
        With ``customer_no``.
    records : Series of int
        How many records each customer has in each name space, by ``customer_no`` and ``ids``.

    Returns
    -------
    Series of str
        In the order of the profile; empty for customers without a record.
    """
    counts = records.rename("n").reset_index().sort_values("ids")
    words = counts["ids"].astype(str) + " " + counts["n"].astype(str)
    return profile["customer_no"].map(words.groupby(counts["customer_no"]).agg(", ".join)).fillna("")


def facts(profile: pd.DataFrame, attributes: Iterable[str]) -> dict[str, int | str]:
    """For each trait, how many customers it is known of, and how many have its most frequent value."""
    found: dict[str, int | str] = {"customers": len(profile)}
    for name, column in banded(profile, attributes).items():
        counts = values_of(column).value_counts()
        top = min(counts.index[counts == counts.max()])
        found |= {f"{name}_known": int(counts.sum()), f"{name}_top": top, f"{name}_top_customers": int(counts[top])}
    return found


def counts(**families: Result) -> dict[str, int]:
    """How many comparisons each family made and how many differences it established; 0 where there was none."""
    found: dict[str, int] = {}
    for name, result in families.items():
        found[f"{name}_comparisons"] = result.family if len(result) else 0
        found[f"{name}_established"] = int(result.frame["claim"].sum()) if len(result) else 0
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
    made_of: MadeOf | None = None,
    min_group: int = selected.SMALLEST_NAMED,
    withheld: pd.DataFrame | None = None,
) -> Comparison:
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
    made_of : mapping of str to collection of str, optional
        What derived attributes are made of. What formed a group, or hangs together with it by construction, is not
        compared; nor is the mix of an attribute taken out of what is made of it.
    min_group : int
        Smallest group, and smallest rest, that may be described (``privacy.min_group_size``).
    withheld : DataFrame, optional
        What the profile lacks because too few customers have it, see `index.untold`.

    Returns
    -------
    Comparison
        Empty where there is neither a reference population nor spend, or no attribute to compare.

    Raises
    ------
    ConfigurationError
        If `group` names a column or a value that the data do not have, or too few customers.
    """
    if group:
        chosen = selected.find(profile, group, members, min_group)
        others = [name for name in attributes if not (chosen.of and one_source(name, chosen.of, made_of))]
        formed_by = _formed_by(profile, made_of or {}) if group.startswith("segment") else []
        return _within(profile, chosen.members, others, chosen.label, min_base, orders, made_of, formed_by)
    shared = [name for name in attributes if name in set(standardisation.margins(population)["attribute"])]
    if shared:
        name = index.population_name(population)
        divided = banded(profile, shared)
        few = index.untold(profile, pd.DataFrame() if withheld is None else withheld)
        table = index.compare_with_population(divided, population, shared, min_base, few)
        by = standardisation.standard_of(shared, population)
        same = (
            standardisation.against_population(standardisation.apart(table, by, made_of), divided, population, by)
            if by
            else pd.DataFrame()
        )
        everybody, base = Text(N_("all customers")), Text("{name:label}", {"name": name})
        spent = index.spend_of(divided, profile, min_group)
        told = index.described(table, everybody, base, name, len(profile), spent=spent)
        return Comparison(
            told, everybody, base, name, by, standardisation.described(same, by), _untold(few, population)
        )
    if attributes and "spend" in profile and profile["spend"].gt(0).any():
        best = profile["spend"] >= profile["spend"].quantile(1 - BEST_SHARE)
        label = Text(N_("the {share:part} of customers who spend most"), {"share": BEST_SHARE})
        others = [name for name in attributes if not one_source(name, "spend", made_of)]
        return _within(profile, best, others, label, min_base, orders, made_of)
    nobody = Text("")
    return Comparison(index.described(pd.DataFrame(columns=index.COLUMNS), nobody, nobody), nobody, nobody)


def compare_groups(
    profile: pd.DataFrame,
    group: str,
    base: str,
    attributes: Sequence[str],
    min_base: int = 50,
    orders: Orders | None = None,
    members: Mapping[str, pd.DataFrame] | None = None,
    made_of: MadeOf | None = None,
    min_group: int = selected.SMALLEST_NAMED,
) -> Comparison:
    """Index table of a group against another one; who is in both counts as one of the first.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    group, base : str
        See `groups.find`. Attributes that form either of them are not compared.
    members : mapping of str to DataFrame, optional
        The tables that `groups.table_of` names for both.
    attributes, min_base, orders, made_of, min_group
        See `compare`.

    Raises
    ------
    ConfigurationError
        If there is no such group, or too few customers are in `base` only.
    """
    tables = members or {}
    found, versus = (
        selected.find(profile, each, tables.get(selected.table_of(each)), min_group) for each in (group, base)
    )
    if (versus.members & ~found.members).sum() < min_group:
        raise ConfigurationError(
            f"the base has fewer than {min_group} customers who are not in the group: name another one"
        )
    both = profile[found.members | versus.members]
    of = [name for name in (found.of, versus.of) if name]
    others = [name for name in attributes if not any(one_source(name, source, made_of) for source in of)]
    segments = any(each.startswith("segment") for each in (group, base))
    formed_by = _formed_by(profile, made_of or {}) if segments else []
    inside = found.members[both.index]
    return _within(both, inside, others, found.label, min_base, orders, made_of, formed_by, versus.label)


def _within(profile, members, attributes, label, min_base, orders, made_of, formed_by=(), base=None) -> Comparison:
    traits = banded(profile, attributes)
    group, rest = traits[members], traits[~members]
    table = index.compare(group, rest, attributes, min_base, orders)
    notes: tuple[Text, ...] = ()
    if formed := [name for name in attributes if name in formed_by]:
        table["formed_by"] = table["attribute"].isin(formed)
        table = adjust(table.assign(p=table["p"].mask(table["formed_by"])), together=["attribute"])
        notes = (Text(FORMED),)
    by = standardisation.standard_of(attributes)
    same = standardisation.against_rest(table, group, rest, by, attributes, made_of)
    others = base or Text(N_("all other customers"))
    told = index.described(table, label, others, customers=len(profile), named=base is not None)
    return Comparison(told, label, others, by=by, standardised=standardisation.described(same, by), notes=notes)


def _untold(few: pd.DataFrame, population: pd.DataFrame) -> tuple[Text, ...]:
    """That values of the reference are left out, since customers have them, but too few to be told of."""
    message = N_("{attribute:label} “{value:value}” is left out: so few customers have it that it is not told.")
    known = few.merge(standardisation.margins(population)[["attribute", "value"]].astype("str"))
    return tuple(Text(message, row) for row in known.to_dict("records"))


def _formed_by(profile: pd.DataFrame, made_of: MadeOf) -> list[str]:
    """Columns that segments of these customers may have been made of, and what says the same or follows from them."""
    return implied(formed.with_implied(formed.active(profile)), made_of)
