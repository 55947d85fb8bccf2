"""What holds for the report as a whole: a report that asks thirty questions finds something by chance in one or two.

Within a family of comparisons the false discovery rate is kept where the family is made. Here families are compared:
each has a Simes p-value, the smallest of its adjusted ones, and Benjamini–Hochberg is applied to those of all families
of a report (Benjamini & Bogomolov 2014, J. R. Statist. Soc. B 76:297–318). What its own family claims and the report
as a whole does not is called likely instead of certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .messages import N_, Finding, Text
from .stats.families import ALPHA, benjamini_hochberg

if TYPE_CHECKING:
    from .reporting.panel import Panel

ASKED = N_(
    "This report asks {asked:count} questions that are tested. {found:count} show something by themselves; "
    "{kept:count} of these hold when all questions are counted together."
)


@dataclass(frozen=True)
class Certainty:
    """How many families a report has, and which of their claims hold only by themselves.

    Parameters
    ----------
    asked, found, kept : int
        Families; those that claim something; those of these that hold for the report as a whole.
    likely : frozenset of str
        Ids of the findings of all others that claim something.
    """

    asked: int = 0
    found: int = 0
    kept: int = 0
    likely: frozenset[str] = frozenset()

    def of(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, those marked that hold only by themselves."""
        return tuple(replace(each, likely=True) if each.id in self.likely else each for each in findings)

    def panel(self, panel: Panel) -> Panel:
        """The panel with its claims marked."""
        return replace(panel, claims=self.of(panel.claims))

    def told(self) -> Text | None:
        """Both counts in a sentence; None where nothing was tested."""
        return Text(ASKED, {"asked": self.asked, "found": self.found, "kept": self.kept}) if self.asked else None


def across(chapters: Mapping[str, Iterable[Panel]]) -> Certainty:
    """Correct between all families of a report.

    Parameters
    ----------
    chapters : mapping of str to iterable of Panel
        Panels of each chapter; a panel that was tested has the Simes p-value of its family.
    """
    tested = [(panel, panel.simes) for panels in chapters.values() for panel in panels if panel.simes is not None]
    kept = benjamini_hochberg([p for _, p in tested]) <= ALPHA
    found = sum(p <= ALPHA for _, p in tested)
    likely = {
        claim.id
        for (panel, _), holds in zip(tested, kept, strict=True)
        for claim in panel.claims
        if claim.kind == "difference" and not holds
    }
    return Certainty(len(tested), found, int(kept.sum()), frozenset(likely))
