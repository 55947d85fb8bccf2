"""A headline in two runs with the parts of its change, and why a part cannot be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_

PARTS = ("coverage", "identity", "definition", "mix", "behaviour", "untold")
ON_FILE = ("outcome", "worth")
"""Figures without a history, of which the other parts would tell what few customers make."""
SPAN, GAP, SEGMENTS_ANEW, UNKNOWN_ONCE, UNDATED, TOO_SHORT, NOT_APART, FEW, SEASON, SEASON_OR_NEW = (
    N_("it looks back over another period than in the last run"),
    N_("an export has days without any record in the new period"),
    N_("segments are formed anew in each run, so that customers or the border may have moved"),
    N_("the last run cannot be measured again"),
    N_("nothing says since when the new customers are known"),
    N_("the records do not reach back over both periods"),
    N_("what records lack and what is defined otherwise cannot be told apart"),
    N_("too few customers to tell the parts"),
    N_("records are too young to look back further, so that another season may play a part"),
    N_("records are too young to tell new customers and another season from what customers do"),
)


@dataclass
class Row:
    """One headline; what is not set is nothing."""

    headline: str
    kind: str
    value_before: float
    value: float
    n: int = 0
    n_before: int = 0
    coverage: float = 0.0
    identity: float = 0.0
    definition: float = 0.0
    mix: float = 0.0
    behaviour: float = 0.0
    untold: float = 0.0
    p: float = float("nan")
    reason: str = ""
    since: pd.Timestamp | None = None
    """First day of the new period, if both are shorter than what the figure looks back."""
    covered: dict[str, int] = field(default_factory=dict)
    """Rows that tables have more of the earlier period than the last run had; fewer are negative."""
    halves: dict[str, float] = field(default_factory=dict)
    """Half of the interval of each part that has one."""
    behind: dict[str, int] = field(default_factory=dict)
    """Customers whose own sums a part changed, of those parts that are counted anew."""

    def closed(self) -> dict[str, Any]:
        """The row with the interval of each part, and what no part explains in ``untold``."""
        row, change = {**vars(self), "change": self.value - self.value_before}, self.value - self.value_before
        rest = change - sum(row[part] for part in PARTS)
        row["untold"] += rest if abs(rest) > 1e-9 * max(abs(self.value), abs(self.value_before), 1.0) else 0.0
        halves, behind = row.pop("halves"), row.pop("behind")
        row |= {f"{part}_n": behind.get(part, np.nan) for part in PARTS[:4]}
        for part in PARTS[:-1]:
            half = halves.get(part, np.nan) if row[part] else np.nan
            row |= {f"{part}_low": row[part] - half, f"{part}_high": row[part] + half}
        return row
