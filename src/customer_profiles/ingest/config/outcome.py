"""What it is all about, where a company has an outcome of its own: who accepted, won, churned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, model_validator

from ..readers.file_format import Model
from .derived import Known, refused, unknown
from .faults import near

YES = "yes"


class Outcome(Model):
    """The column and the value that say who has the outcome; ``outcome: accepted`` is short for a column of yes and no.

    Examples
    --------
    >>> Outcome.model_validate("accepted").value
    'yes'
    """

    column: str = Field(description="attribute that tells it")
    value: str = Field(YES, description="value of those who have it")
    good: bool = Field(True, description="whether it is wanted; false for churn, complaints, returns")
    label: dict[str, str] = Field(default_factory=dict, description="language to what they are called, e.g. {en: Left}")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given


def faults(outcome: Outcome | None, known: Mapping[str, Known]) -> Iterator[dict[str, Any]]:
    """A column that the profile cannot have, or a value that the column never takes.

    Yields
    ------
    dict
        ``loc, type, msg``, as `explain` of `config_faults` takes them.
    """
    if outcome is None:
        return
    yield from unknown([outcome.column], known, ("outcome", "column"))
    listed = known[outcome.column].values if outcome.column in known else ()
    if listed and outcome.value not in listed:
        yield refused(
            ("outcome", "value"),
            f"{outcome.column!r} never has the value {outcome.value!r}{near(outcome.value, listed)}",
        )
