"""Headline numbers at the top of a page, taken from the chapter's facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..messages import N_, is_missing
from .language import Language

MOST = 5
ZERO_TELLS = ("rows_set_aside",)  # none of the others says that a source is missing, which the page says in words
# Fact, how it is written, what it is called; a page shows those its chapter has saved, in this order.
TILES = (
    ("customers", "count", N_("Customers")),
    ("orders", "count", N_("Orders")),
    ("spend", "money", N_("Sales")),
    ("basket_value", "money", N_("Sales per order")),
    ("nps", "points", N_("Net Promoter Score, latest answer of each")),
    ("answers", "count", N_("Answers")),
    ("tickets", "count", N_("Service tickets")),
    ("themes", "count", N_("Themes")),
    ("segments", "count", N_("Segments")),
    ("sources", "count", N_("Sources")),
    ("rows_read", "count", N_("Rows read")),
    ("rows_set_aside", "count", N_("Rows set aside")),
)


def tiles(facts: Mapping[str, Any], language: Language) -> list[dict[str, str]]:
    """Label and value of each headline number among the facts, without noughts; a single one makes no row of tiles."""
    found = [
        {"label": language.translate(label), "value": _short(kind, facts[name], language)}
        for name, kind, label in TILES
        if not is_missing(facts.get(name)) and (facts[name] != 0 or name in ZERO_TELLS)
    ]
    return found[:MOST] if len(found) > 1 else []


def _short(kind: str, value: Any, language: Language) -> str:
    return language.short_money(value) if kind == "money" else language.format(kind, value)
