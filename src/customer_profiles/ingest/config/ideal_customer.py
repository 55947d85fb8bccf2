"""What makes a customer ideal, and what may describe one, where dataset.yaml says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from ..readers.file_format import Model
from .derived import Known, refused, unknown
from .faults import near


class IdealCustomer(Model):
    """What makes customers ideal, where it is not what they bought, and what describes them."""

    value: str | None = Field(None, description="amount of money that a customer is worth; otherwise the spend")
    described_by: tuple[str, ...] = Field(
        (), description="columns by which they can be recognised; otherwise all that say who customers are"
    )


def faults(ideal: IdealCustomer, known: Mapping[str, Known]) -> Iterator[dict[str, Any]]:
    """Columns that the profile cannot have, and a worth that is no number, each with the nearest that exists.

    Yields
    ------
    dict
        ``loc, type, msg``, as `explain` of `config_faults` takes them.
    """
    yield from unknown(ideal.described_by, known, ("ideal", "described_by"))
    if ideal.value is not None and not (ideal.value in known and known[ideal.value].number):
        numbers = [name for name, of in known.items() if of.number]
        yield refused(("ideal", "value"), f"no column of numbers {ideal.value!r}{near(ideal.value, numbers)}")
