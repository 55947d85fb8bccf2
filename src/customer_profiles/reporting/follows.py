"""What follows from the answer of a chapter, and who sees to it: what stands in the box at its head."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..messages import N_, Finding, Text, is_missing
from .language import Language
from .pages import Report

PLAN, BOARD = "09", "action_board"
"""Chapter and table of the actions of dataset.yaml."""
UNDER_WAY = N_("“{action:value}” is under way against “{pain:value}”.")
PLANNED = N_("“{action:value}” is planned against “{pain:value}”, but has not begun.")
RESPONSIBLE = N_("Responsible: {owner:value}.")
NOBODY = N_("No action against “{pain:value}” is on the plan yet; who sees to it is open.")


def told(findings: Sequence[Finding], report: Report) -> str:
    """What is done about the first problem among these statements that nothing is said to be done about.

    Parameters
    ----------
    findings : sequence of Finding
        What the page says, the answer first.
    report : Report

    Returns
    -------
    str
        Empty where no problem is told of, or where the report has no chapter on actions.
    """
    pains = [finding.values["pain"] for finding in findings if "pain" in finding.values]
    about = [finding for finding in findings if "pain" in finding.values and "action" not in finding.values]
    if not pains or not about or PLAN not in report.results:
        return ""
    pain, board = about[0].values["pain"], report.results[PLAN].tables.get(BOARD)
    actions = board.frame if board is not None else pd.DataFrame(columns=["pain"])
    return " ".join(_against(pain, actions[actions["pain"] == pain], report.language))


def _against(pain: object, actions: pd.DataFrame, language: Language) -> list[str]:
    if actions.empty:
        return [language.text(Text(NOBODY, {"pain": pain}))]
    first = actions.sort_values("begun", ascending=False, kind="stable").iloc[0]
    begun = str(first["begun"]) in ("True", "1", "1.0")
    said = [language.text(Text(UNDER_WAY if begun else PLANNED, {"action": first["action"], "pain": pain}))]
    known = not is_missing(first["owner"]) and first["owner"]
    return said + ([language.text(Text(RESPONSIBLE, {"owner": first["owner"]}))] if known else [])
