"""What a report says: translatable texts with numbers in them, and the evidence behind each statement."""

from __future__ import annotations

import math
import string
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self, TypeAlias

Value: TypeAlias = "int | float | str | date | Text | None"


def N_(message: str) -> str:
    """Mark an English message for the catalogues without translating it here (gettext's convention)."""
    return message


GROUP = "group"
"""Kind of a placeholder that names customers by two values, ``{attribute/value:group}``: "customers aged 25 to 34"."""
NOTHING = "–"
"""What stands for a number that does not exist, or may not be shown."""


def is_missing(value: object) -> bool:
    """Whether a value is none at all: None, NaN, NaT or NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


CERTAIN, LIKELY, CHANCE, UNKNOWN = N_("certain"), N_("likely"), N_("within chance"), N_("no year before")
"""How sure a statement is: it holds after the correction for everything compared with it, by itself, or not at all."""


def placeholders(message: str) -> list[tuple[str, str]]:
    """Names and formatters of what is filled into a message; a group is filled by two.

    >>> placeholders("{attribute/value:group}: {share:part}")
    [('attribute', 'group'), ('value', 'group'), ('share', 'part')]
    """
    found = [(name, kind or "") for _, name, kind, _ in string.Formatter().parse(message) if name]
    return [(part, kind) for name, kind in found for part in (name.split("/") if kind == GROUP else [name])]


@dataclass(frozen=True)
class Text:
    """A sentence, caption or title whose numbers are filled in when it is rendered in a language.

    Parameters
    ----------
    message : str
        English message, the key of the catalogue. Placeholders carry the name of a formatter:
        ``{n:count}``, ``{share:share}``, ``{share:part}`` (without decimals), ``{spend:money}``, ``{index:index}``,
        ``{nps:points}``, ``{day:day}``, ``{month:month}``, ``{ratio:ratio}``, ``{x:number}``, ``{p:p}``, and
        ``{name:label}`` for the name of an attribute or one of its values, and ``{attribute/value:group}`` for the
        customers with that value.
    values : dict
        What fills the placeholders: plain numbers, dates and names; shares as fractions of one.
    """

    message: str
    values: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: dates as ISO text, texts within the text as their parts."""
        plain = asdict(self)
        plain["values"] = {k: v.isoformat() if isinstance(v, date) else v for k, v in plain["values"].items()}
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """The text as `to_dict` wrote it."""
        values = {
            name: Text.from_dict(value) if isinstance(value, dict) else value for name, value in plain["values"].items()
        }
        return cls(**plain | {"values": values})


@dataclass(frozen=True)
class Finding(Text):
    """A statement of a report together with the evidence that carries it.

    Parameters
    ----------
    id : str
        Stable name, ``<subject>.<detail>``; it does not depend on the chapter.
    n : int
        Base: how many customers (or answers) the statement rests on.
    table : str
        Name of the published table it was read from.
    chapter : str
        Number of the chapter that shows it; the chapter fills it in.
    interval : tuple of float, optional
        95 % interval of the headline number, in its own unit.
    test : str, optional
        Test or method, as an expert would name it.
    p_adjusted : float, optional
        p-value after the family's correction.
    family : int, optional
        Number of comparisons in that family.
    effect : float
        Size of the effect on a scale from 0 (none) to 1 (as large as can be): used for ranking only.
    reach : int
        Customers it concerns; the summary ranks by ``effect * reach``.
    kind : {"difference", "fact", "nothing"}
        A claim of difference that passed its correction, a plain fact, or "no difference found".
    likely : bool
        Whether it holds among its own comparisons only, not for the report as a whole; reporting finds out.
    """

    id: str = ""
    n: int = 0
    table: str = ""
    chapter: str = ""
    interval: tuple[float, float] | None = None
    test: str | None = None
    p_adjusted: float | None = None
    family: int | None = None
    effect: float = 0.0
    reach: int = 0
    kind: str = "fact"
    likely: bool = False

    @property
    def weight(self) -> float:
        """Rank of the finding in the summary: effect times customers reached."""
        return self.effect * self.reach

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """The finding as `to_dict` wrote it."""
        interval = plain.get("interval")
        return super().from_dict(plain | {"interval": tuple(interval) if interval else None})


@dataclass(frozen=True)
class Limit(Text):
    """A question the chapter could not answer, and the source that would answer it."""

    needs: str = ""
