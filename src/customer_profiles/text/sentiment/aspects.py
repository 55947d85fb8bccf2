"""How customers sound about each thing they write about: sentences are judged where a comment has several themes."""

from __future__ import annotations

import re

import pandas as pd

from ..words import words
from .training import SentimentModel

SENTENCE = re.compile(r"(?<=[.!?;\n])\s+|,?\s+(?=(?:aber|jedoch|but|however|mas|porém)\b)", re.IGNORECASE)
COLUMNS = ["row", "customer_no", "theme", "sentiment", "judged"]


def clauses(text: str) -> list[str]:
    """Sentences of a text, divided before "but" as well.

    >>> clauses("Schöne Jacke, aber die Lieferung kam spät. Schade!")
    ['Schöne Jacke', 'aber die Lieferung kam spät.', 'Schade!']
    """
    return [part.strip() for part in SENTENCE.split(text) if part.strip()]


def aspects(
    comments: pd.DataFrame, judged: pd.DataFrame, themes: pd.DataFrame, assignments: pd.DataFrame, model: SentimentModel
) -> pd.DataFrame:
    """Sentiment of each comment about each of its themes.

    A comment with one theme sounds as it does on the whole. In one with several, the clauses with a phrase of the theme
    are judged by themselves; where none has one, or a list of words did the judging, the comment as a whole counts.

    Parameters
    ----------
    comments : DataFrame
        From `training.comments_of`.
    judged : DataFrame
        ``row, sentiment`` from `training.heard`.
    themes, assignments : DataFrame
        ``theme, terms`` and ``row, customer_no, theme`` of `discovery.Themes`.
    model : SentimentModel
        That judged the comments.

    Returns
    -------
    DataFrame
        ``row, customer_no, theme, sentiment, judged`` ("clause" or "comment").
    """
    table = assignments[["row", "customer_no", "theme"]].merge(judged[["row", "sentiment"]], on="row")
    table["judged"] = "comment"
    if model.classifier is None:
        return table[COLUMNS]
    phrases = {
        row.theme: [tuple(words(term.lower())) for term in str(row.terms).split(",") if words(term)]
        for row in themes.itertuples()
    }
    texts = comments.set_index("row")["text"]
    asked, parts = [], []
    for place in table.index[table["row"].duplicated(keep=False)]:
        row, theme = table.at[place, "row"], table.at[place, "theme"]
        about = [part for part in clauses(texts[row]) if _holds(part, phrases.get(theme, []))]
        if about:
            asked.append(place)
            parts.append(" ".join(about))
    if asked:
        spoken = comments.set_index("row")["language"].reindex(table.loc[asked, "row"]).fillna("").tolist()
        probabilities = model.predict(parts, spoken)
        told = model.classifier.classes[model.classifier.decide(probabilities.to_numpy())]
        table.loc[asked, "sentiment"] = pd.Series(told.astype(str), index=asked, dtype="str")
        table.loc[asked, "judged"] = "clause"
    return table[COLUMNS]


def _holds(clause: str, phrases: list[tuple[str, ...]]) -> bool:
    """Whether a clause has all words of one of the phrases, in any form that begins like them."""
    spoken = words(clause.lower())
    return any(all(any(word.startswith(wanted) for word in spoken) for wanted in phrase) for phrase in phrases)
