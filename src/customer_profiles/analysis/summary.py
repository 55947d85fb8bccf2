"""Which findings come first: what differs, how much, and for how many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..messages import Finding

PER_TOPIC = 1  # findings of one topic before other topics had their turn: one long table does not fill the page
KINDS = ("difference", "fact", "nothing")
"""Claims of difference that passed their correction come first; "nothing found" is told where there is nothing else."""
COLUMNS = ("id", "chapter", "n", "effect", "reach", "weight", "p_adjusted", "table")
HEADLINE = ("customers", "buyers", "orders", "spend", "basket_value", "nps", "answers", "tickets", "segments")


def headline(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of the chapters that the first page repeats, as far as there are any."""
    return {name: facts[name] for name in HEADLINE if name in facts}


def table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as rows to filter and sort.

    Parameters
    ----------
    findings : iterable of Finding
        Of all chapters.

    Returns
    -------
    DataFrame
        A row per finding, each id once: ``kind`` (ordered as in `KINDS`)``, topic`` (its id up to the first dot)``, id,
        chapter, n, effect, reach, weight`` (effect times customers reached)``, p_adjusted, table`` and ``finding``.
    """
    unique = list({finding.id: finding for finding in findings}.values())
    rows = pd.DataFrame([[getattr(finding, name) for name in COLUMNS] for finding in unique], columns=list(COLUMNS))
    rows.insert(0, "kind", pd.Categorical([finding.kind for finding in unique], KINDS, ordered=True))
    rows.insert(1, "topic", [finding.id.partition(".")[0] for finding in unique])
    return rows.assign(finding=pd.Series(unique, dtype=object))


def first(ranked: pd.DataFrame, k: int = 8, per_topic: int = PER_TOPIC) -> pd.DataFrame:
    """The findings for the first page, in the order in which they come.

    Parameters
    ----------
    ranked : DataFrame
        From `table`, the most important first.
    k : int
        How many to choose.
    per_topic : int
        No more than these come from one topic unless there is nothing else.

    Returns
    -------
    DataFrame
        At most `k` of the rows.
    """
    had_its_turn = ranked.groupby("topic").cumcount() >= per_topic
    chosen = set(had_its_turn.sort_values(kind="stable").head(k).index)
    return ranked[ranked.index.isin(chosen)]
