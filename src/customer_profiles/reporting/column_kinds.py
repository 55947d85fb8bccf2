"""What a column of a published table is, and how its values are written."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    *("count", "share", "part", "money", "index", "points", "day", "month", "ratio", "number", "p", "label", "value"),
    *("segment", "p_value", "short_month", "yes"),  # of table cells and chart axes only
)


@dataclass(frozen=True)
class Column:
    """A column of a published table.

    Parameters
    ----------
    label, kind : str
        English heading, translated through the catalogue; formatter of its values, one of `KINDS`, or ``text``.
    """

    label: str
    kind: str = "text"

    @property
    def is_number(self) -> bool:
        """Whether cells line up on the right."""
        return self.kind not in ("text", "label", "value", "segment", "yes")
