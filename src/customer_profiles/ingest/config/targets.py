"""What key figures ought to be, who answers for them, and what the company itself counts."""

from __future__ import annotations

from pydantic import Field, model_validator

from ...codes import KEY_FIGURES
from ..readers.file_format import Model
from .faults import near


class Target(Model):
    """A key figure's target and the company's own total.

    Examples
    --------
    >>> Target(target=30, tolerance=2).tolerance
    2.0
    """

    target: float | None = Field(None, description="value it should reach, in its own unit; NPS in points")
    tolerance: float = Field(0.0, ge=0, description="how far it may miss the target, in its own unit")
    owner: str = Field("", description="who is told")
    own_total: float | None = Field(None, description="what the company itself counts, e.g. the sales that finance has")

    @model_validator(mode="after")
    def _says_something(self) -> Target:
        if self.target is None and self.own_total is None:
            raise ValueError("give a 'target', an 'own_total' or both")
        return self


def check_names(given: dict[str, Target]) -> None:
    """Refuse key figures that no report has.

    Raises
    ------
    ValueError
        Names the nearest known one.
    """
    for name in given:
        if name not in KEY_FIGURES:
            raise ValueError(f"kpis: there is no key figure {name!r}{near(name, KEY_FIGURES)}")
