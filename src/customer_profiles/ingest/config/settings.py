"""What holds for a whole data set: what may be shown, who is one person, how visits count, what is cleaned."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ...identity.resolution import THRESHOLD
from ..parsing import cleaning
from ..readers.file_format import Model
from ..sessions import SESSION_GAP_MINUTES
from ..visitors import LINK_DAYS, NEW_DAYS
from .faults import near

# Below five a "group" can be reconstructed by its own members; ten is common practice in official statistics.
GROUP_SIZE_FLOOR, GROUP_SIZE_DEFAULT = 5, 10

System = Literal[
    "crm",
    "shop",
    "web_analytics",
    "app_analytics",
    "email",
    "social",
    "service_desk",
    "survey",
    "review",
    "nps_ces",
    "market_research",
    "internal_database",
    "external_database",
]


class Privacy(Model):
    """What may leave for a report."""

    min_group_size: int = Field(
        GROUP_SIZE_DEFAULT, ge=GROUP_SIZE_FLOOR, description="smallest group that is shown, customers"
    )
    audience: Literal["internal", "external"] = Field(
        "internal", description="external: counts are rounded to 5, and what is calculated from them with them"
    )
    quotes: bool = Field(False, description="whether redacted quotes may be shown")

    @property
    def rounded(self) -> bool:
        """Whether the report tells rounded numbers only."""
        return self.audience == "external"

    legal_basis: dict[str, str] = Field(
        default_factory=dict, description="column of a special category (health, religion, …) to its legal basis"
    )


class Identity(Model):
    """When two records are one person."""

    match: bool = Field(True, description="off: records are joined by their id only, never because they are alike")
    threshold: float = Field(
        THRESHOLD, ge=0.5, lt=1, description="probability from which two records are joined; higher joins fewer"
    )

    @property
    def level(self) -> float | None:
        """Threshold, or None where nothing is matched."""
        return self.threshold if self.match else None


class Visitors(Model):
    """How visits are counted, and when a visit without a login is a customer's."""

    session_minutes: int = Field(
        SESSION_GAP_MINUTES,
        ge=0,
        le=1440,
        description="idle minutes after which a new session begins; 0: interactions are no visits, and none is made up",
    )
    link_days: int = Field(
        LINK_DAYS, ge=0, le=730, description="visits up to so many days before a login are the customer's too"
    )
    new_days: int = Field(NEW_DAYS, ge=1, le=730, description="a customer first seen within so many days is new")


class Cleaning(Model):
    """What is changed in the data without being asked."""

    off: tuple[str, ...] = Field((), description="rules that do not apply, see the cleaning log of the report")

    @model_validator(mode="after")
    def _known_rules(self) -> Self:
        for name in self.off:
            if name not in cleaning.RULES:
                raise ValueError(f"there is no rule {name!r}{near(name, cleaning.RULES)}")
            if cleaning.RULES[name].fixed:
                raise ValueError(f"the rule {name!r} cannot be switched off: {cleaning.RULES[name].fixed}")
        return self


class TextModels(Model):
    """What reads free text, where it is not what this package brings."""

    encoder: str | None = Field(
        None, description="folder of a sentence encoder on this machine, or an installed package; finds the themes"
    )
