"""How long customers have had their contract and what they pay for it, where they have one instead of ordering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from ..readers.file_format import Model
from .derived import Known, refused, unknown
from .faults import near


class Subscription(Model):
    """A contract that runs until somebody leaves; who left is told by the outcome."""

    months: str = Field(description="column with the months since the contract began; of those who left, until then")
    charge: str | None = Field(None, description="column with what is paid a month")
    by: str | None = Field(None, description="column whose values make groups, e.g. the kind of contract")
    left_within: int | None = Field(
        None, ge=1, description="if only those are on file who left within the last so many months; otherwise all ever"
    )


def faults(given: Subscription | None, known: Mapping[str, Known]) -> Iterator[dict[str, Any]]:
    """Columns that the profile cannot have, and numbers that are none, each with the nearest that exists.

    Yields
    ------
    dict
        ``loc, type, msg``, as `explain` of `config_faults` takes them.
    """
    if given is None:
        return
    if given.by is not None:
        yield from unknown([given.by], known, ("subscription", "by"))
    numbers = [name for name, of in known.items() if of.number]
    for place, name in (("months", given.months), ("charge", given.charge)):
        if name is not None and name not in numbers:
            yield refused(("subscription", place), f"no column of numbers {name!r}{near(name, numbers)}")
