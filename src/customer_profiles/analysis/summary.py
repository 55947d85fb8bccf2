"""Which findings come first: what differs, how much, and for how many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ..messages import Finding

PER_TOPIC = 1  # findings of one topic before other topics had their turn: one long table does not fill the page


def topic(finding: Finding) -> str:
    """Subject of a finding: its id up to the first dot.

    >>> topic(Finding("…", id="pains.region.Bayern"))
    'pains'
    """
    return finding.id.partition(".")[0]


HEADLINE = ("customers", "buyers", "orders", "spend", "basket_value", "nps", "answers", "tickets", "segments")


def headline(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of the chapters that the first page repeats, as far as there are any."""
    return {name: facts[name] for name in HEADLINE if name in facts}


def rank(findings: Iterable[Finding], k: int = 8, per_topic: int = PER_TOPIC) -> list[Finding]:
    """The findings for the first page.

    Claims of difference that passed their correction come first, then facts; within each by effect times customers
    reached, then by id. No more than `per_topic` come from one topic unless there is nothing else; "nothing found" is
    told only where a topic has nothing more to say.

    Parameters
    ----------
    findings : iterable of Finding
        Of all chapters.
    k : int
        How many to choose.
    per_topic : int
        How many of one topic.

    Returns
    -------
    list of Finding
        At most `k`, each id once.
    """
    order = {"difference": 0, "fact": 1, "nothing": 2}
    unique = {finding.id: finding for finding in findings}.values()
    ranked = sorted(unique, key=lambda finding: (order[finding.kind], -finding.weight, finding.id))
    told: dict[str, int] = defaultdict(int)
    first: list[Finding] = []
    later: list[Finding] = []
    for finding in ranked:
        place = later if told[topic(finding)] >= per_topic else first
        told[topic(finding)] += 1
        place.append(finding)
    return sorted([*first, *later][:k], key=lambda finding: (order[finding.kind], -finding.weight, finding.id))
