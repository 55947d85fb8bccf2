"""Where one column of a table comes from, as dataset.yaml says it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ..readers.file_format import Model, composed


def _text_list(value: Any) -> Any:
    """An entry left empty in a list of texts is the empty text."""
    return ["" if item is None else item for item in value] if isinstance(value, list) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_text_list)]
Decimal = Literal[".", ","]
Thousands = Literal[".", ",", " ", "'"]
UNIX = "unix"
"""Seconds or milliseconds since the beginning of 1970, in place of how points in time are written."""
_YEARS = ("%Y", "%y", "%G", "%c", "%x")


def _form(form: str) -> str:
    """How days are written, if days can be read by it: checked by writing two and reading them.

    Raises
    ------
    ValueError
        If it says nothing of a day, or has a sign ``%`` that means nothing.
    """
    if is_yearless(form):
        raise ValueError(
            f"{form!r} has no year (%Y), so nobody knows when it was: export days with their year, or say at the "
            f"column which one all of them are in as {{date: {form!r}, year: 2025}}"
        )
    day = pd.Timestamp("2031-11-22 21:43:54.000123", tz="UTC")
    try:
        told = {pd.to_datetime(moment.strftime(form), format=form) for moment in (day, day - pd.Timedelta(days=400))}
    except ValueError:
        told = set()
    if len(told) < 2:
        raise ValueError(
            f"{form!r} does not say how days are written; write for example %Y-%m-%d or %d.%m.%Y %H:%M, and %% for "
            "the sign itself"
        )
    return form


def is_yearless(form: str | None) -> bool:
    """Whether days are written without their year.

    >>> is_yearless("%d%m"), is_yearless("%d.%m.%Y"), is_yearless(None)
    (True, False, False)
    """
    return form is not None and "%" in form and not any(year in form for year in _YEARS)


def _pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


Form = Annotated[str, AfterValidator(_form)]
Clock = Annotated[str, AfterValidator(lambda form: form if form == UNIX else _form(form))]
Pattern = Annotated[str, AfterValidator(_pattern)]


class OfColumn(Model):
    """What may be written as the name of a column alone."""

    column: str | None = Field(None, description="column of the source")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return composed({"column": given} if isinstance(given, str) else given)


class Term(OfColumn):
    """A number column, or a product of some, that is added up or multiplied."""

    column: str | None = Field(None, description="number column of the source")
    product: tuple[str, ...] | None = Field(None, description="number columns of which it is the product")
    factor: float = Field(1.0, description="it is multiplied by, e.g. -1 for refunds that are written without a sign")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.column is None) == (self.product is None):
            raise ValueError("a summand is either a 'column' or a 'product' of some")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are multiplied with each other."""
        return self.product or ((self.column,) if self.column is not None else ())


class Column(OfColumn):
    """Where one column of a table comes from."""

    value: str | None = Field(None, description="the same text for every row")
    sum: tuple[Term, ...] | None = Field(None, description="number columns of the source to add up")
    product: tuple[Term, ...] | None = Field(None, description="number columns to multiply, e.g. [price, quantity]")
    join: tuple[str, ...] | None = Field(None, description="text columns of the source to write behind each other")
    after: tuple[str, str] | None = Field(
        None, description="two times of the source: true where the first is later, missing where one of them is"
    )
    values: dict[str, str] | None = Field(None, description="code of the source to value; other codes are dropped")
    order: tuple[str, ...] | None = Field(None, description="values from low to high; others are dropped")
    missing: str | None = Field(None, description="category of rows without a value, e.g. none or not delivered")
    present: bool = Field(False, description="true where the source has any value")
    includes: str | None = Field(
        None, description="true where a list in the cell names it, such as a purpose somebody agreed to"
    )
    factor: float = Field(
        1.0, description="numbers are multiplied by it, e.g. 0.01 for cents or percent, -1 to turn the sign"
    )
    cut: int | None = Field(None, ge=1, description="ids: only so many characters from the left, e.g. 15 of 18")
    pad: int | None = Field(None, ge=1, description="ids: zeros in front up to so many characters")
    lower: bool = Field(False, description="ids: in lower-case letters")
    replace: dict[Pattern, str] = Field(
        default_factory=dict, description="ids: regular expression to what is written instead, e.g. {'^CUST-': ''}"
    )
    row: bool = Field(False, description="ids: the number of the row in its file, where a file has no ids")
    each: tuple[str, ...] = Field(
        (), description="attributes: entries of a list in the cell, each a column of yes and no of its own"
    )
    times: dict[str, dict[str, float]] = Field(
        default_factory=dict,
        description="column of codes to the factor of each, e.g. {Type: {sale: 1, refund: -1}} or rates of currencies",
    )
    year: int | None = Field(None, ge=1900, le=2200, description="year of its days, where they are written without")
    decimal: Decimal | None = Field(None, description="decimal sign, if it is not that of the source")
    thousands: Thousands | None = Field(None, description="thousands sign, if it is not that of the source")
    date: str | None = Field(None, description="how its days are written, if otherwise than in the source")
    datetime: Clock | None = Field(None, description="how its points in time are written, if otherwise")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = (self.column, self.value, self.sum, self.product, self.join, self.after, self.row or None)
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("give exactly one of 'column', 'value', 'sum', 'product', 'join', 'after' and 'row'")
        if self.year is not None and not is_yearless(self.date):
            raise ValueError("'year' is for days written without one: say how beside it, e.g. date: \"%d%m\"")
        if self.date is not None:
            _form(self.date if self.year is None else f"{self.date}%Y")
        if self.factor == 0:
            raise ValueError("'factor: 0' would make every number 0")
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the source it needs."""
        return tuple(dict.fromkeys((*self.origins, *self.times)))

    @property
    def origins(self) -> tuple[str, ...]:
        """Columns of the source whose cells it holds."""
        own = tuple(name for term in self.terms for name in term.columns) or self.join or self.after or (self.column,)
        return tuple(dict.fromkeys(name for name in own if name is not None))

    @property
    def has_rule(self) -> bool:
        """Whether ids are written otherwise than in the cell."""
        return bool(self.cut or self.pad or self.lower or self.replace or self.row)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Numbers that are added up or multiplied."""
        return self.sum or self.product or ()

    @property
    def listed(self) -> tuple[str, ...]:
        """All values it can have, if the file says which."""
        values = self.order or tuple((self.values or {}).values()) or ((self.value,) if self.value is not None else ())
        return (*values, self.missing) if values and self.missing is not None else values

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it says by itself if something is so."""
        return self.present or self.includes is not None or (self.after is not None and self.values is None)


class ExtraColumn(Column):
    """A column that the contract does not know, with how to call it."""

    label: dict[str, str] = Field(default_factory=dict, description="language to name, e.g. {en: Home, de: Wohnung}")
    number: bool = Field(False, description="a number rather than a category")
    reason: bool = Field(False, description="why somebody complains, returns or leaves: each value is a pain")


class Unpivot(Model):
    """Columns side by side that become rows, such as one column for each campaign."""

    columns: Texts = Field(min_length=1, description="columns of the source")
    name: str = Field("name", description="what the column is called that holds their names")
    value: str = Field("value", description="what the column is called that holds their cells")
