"""Attributes that dataset.yaml derives from others, such as a life stage: a short table of rules, the first fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from ...messages import N_, Text
from ...results import NOBODY, Result
from .. import contract
from ..readers.file_format import Model, composed
from .faults import near

COMPUTED = {
    "transactions": (
        *("orders", "items", "spend", "orders_365d", "spend_365d", "categories", "basket_value", "recency_days"),
        *("discount_share", "top_category", "main_order_channel"),
    ),
    "interactions": ("sessions", "touchpoints", "main_touch_channel"),
    "tickets": ("tickets", "open_tickets", "reopened_tickets"),
    "campaigns": ("offers", "offer_responses"),
    "feedback": ("answers", "comments"),
    "contacts": ("contacts", "decision_level"),
}
"""Columns of the profile that rules may use beside the attributes, by the table they are computed from."""

_WORDS = ("top_category", "main_order_channel", "main_touch_channel", "decision_level")
_PLACES = ("city", "postal_code")
_RELATIONS = {"min": "≥", "above": ">", "max": "≤", "below": "<"}

NOTE = N_(
    "The first rule that fits counts. A customer of whom any of the columns in these rules is unknown gets no value."
)


class Condition(Model):
    """What one column of the profile has to be: one of some values, or within bounds."""

    values: tuple[str, ...] | None = Field(None, description="values of which it is one; short form: the values alone")
    min: str | None = Field(None, description="at least so much; of an ordered column the lowest value")
    above: str | None = Field(None, description="more than that")
    max: str | None = Field(None, description="at most so much; of an ordered column the highest value")
    below: str | None = Field(None, description="less than that")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        if isinstance(given, str | list):
            given = {"values": [given] if isinstance(given, str) else given}
        return composed(given)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.values is None) == (not self.bounds) or self.values == ():
            raise ValueError("give a value, a list of values, or bounds such as {min: 25, below: 35}")
        return self

    @property
    def bounds(self) -> dict[str, str]:
        """The bounds that are given, by name."""
        return {name: text for name in _RELATIONS if (text := getattr(self, name)) is not None}


class Rule(Model):
    """One value of a derived attribute, and who gets it."""

    value: str = Field(min_length=1, description="value that a customer gets")
    label: dict[str, str] = Field(default_factory=dict, description="language to name of the value, e.g. {de: Familie}")
    where: dict[str, Condition] = Field(
        default_factory=dict, description="column of the profile to what it has to be; without it: everybody else"
    )


class Derived(Model):
    """An attribute that follows from others."""

    label: dict[str, str] = Field(default_factory=dict, description="language to name, e.g. {de: Lebensphase}")
    order: tuple[str, ...] = Field((), description="its values from low to high, if they have an order")
    rules: tuple[Rule, ...] = Field(min_length=1, description="its values; the first rule that fits counts")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        values = [rule.value for rule in self.rules]
        for value in self.order and values:
            if value not in self.order:
                raise ValueError(f"'order' lacks the value {value!r}{near(value, self.order)}")
        for value in self.order:
            if value not in values:
                raise ValueError(f"no rule gives the value {value!r} of 'order'{near(value, values)}")
        for rule in self.rules[:-1]:
            if not rule.where:
                raise ValueError(f"the rule for {rule.value!r} has no 'where' and fits everybody: put it last")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """Values that its rules give."""
        return tuple(rule.value for rule in self.rules)

    @property
    def made_of(self) -> tuple[str, ...]:
        """Columns that its rules read, in their order."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.where))


class Attribute(Model):
    """A column of the profile that describes who a customer is."""

    name: str
    label: dict[str, str]
    kind: Literal["category", "ordered", "number"]
    order: tuple[str, ...] = ()
    derived: Derived | None = None
    reason: bool = False
    missing: str | None = None


class Known(NamedTuple):
    """What is known beforehand of a column: whether it is a number, its order, and its values if these are declared."""

    number: bool
    order: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


def columns(
    attributes: Mapping[str, Attribute], values: Mapping[str, tuple[str, ...]], mapped: Collection[str], tables: Any
) -> dict[str, Known]:
    """Columns of the profile that rules may name.

    Parameters
    ----------
    attributes : mapping of str to Attribute
        Attributes that sources fill.
    values : mapping of str to tuple of str
        All values of an attribute, where its sources declare them.
    mapped : collection of str
        Columns that the sources of customers fill.
    tables : collection of str
        Tables that sources fill.
    """
    found = {name: Known(of.kind == "number", of.order, values.get(name, ())) for name, of in attributes.items()}
    found |= {name: Known(False) for name in _PLACES if name in mapped}
    if "signup_date" in mapped:
        found["tenure_days"] = Known(True)
    for table, names in COMPUTED.items():
        if table in tables:
            found |= {name: Known(name not in _WORDS) for name in names if name not in found}
    return found


def orders_beside(leads: Iterable[Any]) -> dict[str, list[str]]:
    """Values of ordered columns that are no attribute: stages of leads as their source lists them, decision levels."""
    stages = (source.mapped.get(contract.LEAD_STAGE) for source in leads)
    found = [(contract.LEAD_STAGE, list(of.listed)) for of in stages if of]
    return dict([(contract.DECISION_LEVEL, list(contract.DECISION_LEVELS)), *found])


def faults(
    derived: Mapping[str, Derived], known: Mapping[str, Known], legal_basis: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """What rules say that cannot be meant.

    A name that is taken, an unknown column, a value that a column cannot have, bounds of a column without order, each
    with the nearest that exists; and a special category of personal data without a legal basis.

    Yields
    ------
    dict
        ``loc, type, msg``, as `explain` of `config_faults` takes them.
    """
    taken = {*known, *(name for name, field in contract.TABLES["customers"].items() if not field.trait)}
    for name, attribute in derived.items():
        at = ("derived", name)
        if not name.isidentifier() or name != name.casefold():
            yield refused(at, f"{name!r}: a name has small letters, digits and underscores only")
        if name in taken:
            yield refused(at, f"there is a column {name!r} already, choose another name")
        spoken = [name, *attribute.label.values(), *attribute.made_of, *(rule.value for rule in attribute.rules)]
        if any(map(contract.is_special_category, spoken)) and not legal_basis.get(name):
            yield no_basis(at, name)
        for number, rule in enumerate(attribute.rules):
            for column, condition in rule.where.items():
                if message := fault(column, condition, known):
                    yield refused((*at, "rules", number, "where", column), message)


def unknown(names: Iterable[str], known: Collection[str], at: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Names of columns that the profile cannot have, as faults at a place of dataset.yaml."""
    for number, name in enumerate(names):
        if name not in known:
            yield refused((*at, number), f"the profile has no column {name!r}{near(name, known)}")


def derive(profile: pd.DataFrame, attribute: Derived, known: Mapping[str, Attribute]) -> pd.Series:
    """Values of a derived attribute.

    Parameters
    ----------
    profile : DataFrame, shape (customers, columns)
        Columns that its rules read; one that is absent counts as unknown of everybody.
    attribute : Derived
        Its rules.
    known : mapping of str to Attribute
        Attributes of the data set, for the order of ordered ones.

    Returns
    -------
    Series of str, shape (customers,)
        Missing where no rule fits, and where any column of the rules is unknown, even if the known ones would decide:
        else some values could be told of more customers than others, and would look more frequent than they are.
    """
    found = np.full(len(profile), None, dtype=object)
    if not set(attribute.made_of) <= set(profile.columns):
        return pd.Series(found, profile.index, dtype="str")
    left = profile[list(attribute.made_of)].notna().all(axis=1).to_numpy(dtype=bool)
    for rule in attribute.rules:
        fits = left & all_met(profile, rule.where, known)
        found[fits] = rule.value
        left = left & ~fits
    return pd.Series(found, profile.index, dtype="str")


def all_met(profile: pd.DataFrame, where: Mapping[str, Condition], known: Mapping[str, Attribute]) -> np.ndarray:
    """Whose values meet all conditions; an unknown value meets none."""
    fits = np.ones(len(profile), dtype=bool)
    for name, condition in where.items():
        fits &= met(profile[name], condition, known[name].order if name in known else ())
    return fits


def described(attributes: Mapping[str, Attribute], name: Callable[[object], str] = str) -> Result:
    """The rules of all derived attributes as a reader can follow them.

    Parameters
    ----------
    attributes : mapping of str to Attribute
        Attributes of the data set.
    name : callable
        How an attribute, a value or a `Text` is called in the reader's language.

    Returns
    -------
    Result
        ``attribute, value, rule``: a row per rule, in the order in which they are tried.
    """
    rows = [
        (attribute.name, rule.value, "; ".join(clauses(rule.where, attributes, name)))
        for attribute in attributes.values()
        if attribute.derived
        for rule in attribute.derived.rules
    ]
    table = pd.DataFrame(rows, columns=["attribute", "value", "rule"]).astype("str")
    return Result("derived", table, Text(N_("Derived attributes and their rules")), NOBODY, note=Text(NOTE))


def clauses(
    where: Mapping[str, Condition], attributes: Mapping[str, Attribute], name: Callable[[object], str]
) -> Iterator[str]:
    """Conditions in words, one after the other; without any: everybody else."""
    if not where:
        yield name(Text(N_("everybody else")))
    for column, condition in where.items():
        order = attributes[column].order if column in attributes else ()
        values = _within(condition, order) if order else condition.values
        limits = (f"{_RELATIONS[bound]} {text}" for bound, text in condition.bounds.items())
        yield f"{name(column)}: " + ", ".join(map(name, values) if values else limits)


def fault(column: str, condition: Condition, known: Mapping[str, Known]) -> str:
    """What is wrong with a condition, "" if nothing is."""
    if column not in known:
        return f"the profile has no column {column!r}{near(column, known)}"
    of = known[column]
    for text in (*(condition.values or ()), *condition.bounds.values()):
        if of.number and _number(text) is None:
            return f"{column!r} is a number, {text!r} is none"
        possible = of.order or of.values
        if possible and text.casefold() not in {value.casefold() for value in possible}:
            return f"{column!r} has no value {text!r}{near(text, possible)}"
    if condition.bounds and not of.number and not of.order:
        return f"{column!r} has no order: list the values instead of bounds"
    return ""


def refused(at: tuple[str | int, ...], message: str) -> dict[str, Any]:
    """A fault at a place of dataset.yaml, as `explain` of `config_faults` takes it."""
    return {"loc": at, "type": "value_error", "msg": message}


def no_basis(at: tuple[str | int, ...], name: str) -> dict[str, Any]:
    """That something special is told of persons without a legal basis for it."""
    message = f"{name!r} speaks of a special category of personal data (Art. 9 GDPR); leave it out, or name "
    return refused(at, message + f"its legal basis as privacy: legal_basis: {{{name}: …}}")


def met(column: pd.Series, condition: Condition, order: tuple[str, ...]) -> np.ndarray:
    """Whose value meets a condition."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = column.to_numpy("float64", na_value=np.nan)
        if condition.values:
            return np.isin(numbers, np.array([_number(text) for text in condition.values], dtype=float))
        return np.all([_COMPARED[bound](numbers, float(text)) for bound, text in condition.bounds.items()], axis=0)
    words = column.map({True: "yes", False: "no"}) if pd.api.types.is_bool_dtype(column) else column
    allowed = _within(condition, order) if order else condition.values or ()
    return words.astype("str").str.casefold().isin([text.casefold() for text in allowed]).to_numpy(dtype=bool)


_COMPARED = {"min": np.greater_equal, "above": np.greater, "max": np.less_equal, "below": np.less}


def _within(condition: Condition, order: tuple[str, ...]) -> tuple[str, ...]:
    """Values of an ordered column that meet a condition."""
    if condition.values:
        return condition.values
    place = {value.casefold(): at for at, value in enumerate(order)}
    bounds = {bound: place[text.casefold()] for bound, text in condition.bounds.items()}
    return tuple(
        value for at, value in enumerate(order) if all(_COMPARED[bound](at, end) for bound, end in bounds.items())
    )


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None
