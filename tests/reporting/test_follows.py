"""The box at the head of a chapter says what is done about its problem, and who sees to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pandas as pd
import pytest

from customer_profiles.messages import Finding
from customer_profiles.reporting import follows
from customer_profiles.reporting.language import Language

BOARD = pd.DataFrame(
    {
        "action": ["Size guide", "Refund in days", "Better search"],
        "pain": ["faults", "returns", "search"],
        "owner": ["Buying", "Accounting", None],
        "begun": [False, True, True],
    }
)


@dataclass
class Report:
    results: dict
    language: Language = field(default_factory=lambda: Language("en"))


def report(frame: pd.DataFrame | None = BOARD) -> Report:
    tables = {} if frame is None else {follows.BOARD: SimpleNamespace(frame=frame)}
    return Report({follows.PLAN: SimpleNamespace(tables=tables)})


@pytest.mark.parametrize(
    ("pain", "said"),
    [
        ("returns", "“Refund in days” is under way against “returns”. Responsible: Accounting."),
        ("faults", "“Size guide” is planned against “faults”, but has not begun. Responsible: Buying."),
        ("search", "“Better search” is under way against “search”."),
        ("parcels", "No action against “parcels” is on the plan yet; who sees to it is open."),
    ],
)
def test_it_tells_what_is_done_about_the_first_problem(pain, said):
    assert follows.told([Finding("It hurts.", {"pain": pain}, id="p")], report()) == said


def test_without_a_plan_no_action_is_on_it():
    assert "No action" in follows.told([Finding("It hurts.", {"pain": "returns"}, id="p")], report(None))


def test_a_page_that_names_an_action_tells_of_the_next_problem():
    told = [Finding("Next.", {"action": "Refund in days", "pain": "returns"}, id="a")]
    assert follows.told(told, report()) == ""
    assert "Size guide" in follows.told([*told, Finding("It hurts.", {"pain": "faults"}, id="p")], report())


def test_it_is_silent_without_a_problem_or_a_chapter_on_actions():
    assert follows.told([Finding("Most are content.", id="s")], report()) == ""
    assert follows.told([Finding("It hurts.", {"pain": "returns"}, id="p")], Report({})) == ""
