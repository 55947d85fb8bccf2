"""Quotes on a page: under their topic, each with its sentiment, and above all the rule by which they were chosen."""

from __future__ import annotations

from itertools import groupby

import pandas as pd
from markupsafe import Markup

from ..codes import OTHER, is_mixed
from ..messages import N_, Text
from .language import Language

SEEN = 3
"""Quotes that stand above the fold, one of a theme."""
MIDDLE = "neutral"
ALL = N_("Quotes for each theme, and how they are chosen")


def html(quotes: pd.DataFrame, rule: Text, language: Language) -> Markup:
    """Quotes of `text.quotes.choose`, escaped; nothing in them can be active.

    Parameters
    ----------
    quotes : DataFrame
        theme, sentiment, language, quote.
    rule : Text
        How they were chosen.
    language : Language
        Of the report; each quote keeps its own and says so to screen readers.
    """
    records = [row for row in quotes.to_dict("records") if not is_mixed(row["theme"]) and row["theme"] != OTHER]
    records.sort(key=lambda row: row["sentiment"] == MIDDLE)  # a comment without a clear tone shows a theme least
    first = {row["theme"]: row for row in reversed(records) if row["language"] == language.code}
    seen = Markup("").join(_quote(row, language) for row in [*reversed(first.values())][:SEEN])
    topics = [
        Markup("<h3>{}</h3><ul>{}</ul>").format(
            language.label(theme), Markup("").join(_quote(row, language) for row in rows)
        )
        for theme, rows in groupby(quotes.to_dict("records"), key=lambda row: row["theme"])
    ]
    return Markup('<div class="quotes"><ul>{}</ul><details><summary>{}</summary><p>{}</p>{}</details></div>').format(
        seen, language.translate(ALL), language.text(rule), Markup("").join(topics)
    )


def _quote(row: dict, language: Language) -> Markup:
    tone = row["sentiment"]
    told = Markup(' <small class="tag">{}</small>').format(language.label(tone)) if tone else ""
    return Markup('<li><q lang="{}">{}</q>{}</li>').format(row["language"], row["quote"], told)
