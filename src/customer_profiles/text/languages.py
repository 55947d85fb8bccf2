"""In which language a text is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from .words import filled, normalise

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGES = ("de", "en", "pt")  # asked for by default
SURE = 0.90  # probability from which a text tells how frequent its language is
LONGEST = 2_000  # characters of a text that are looked at; more do not make it surer


def detect(texts: pd.Series, languages: Sequence[str] = LANGUAGES) -> pd.Series:
    """Language of each text.

    Parameters
    ----------
    texts : Series of str
        Missing and wordless texts are allowed.
    languages : sequence of str
        ISO 639-1 codes to choose from: the fewer, the surer on short texts.

    Returns
    -------
    Series of str
        A code for each text with a word in it, missing for the others. The probability of each language given the text
        is weighed with the language's share of the sure texts (Bayes' rule), so that "ok" and "top" get the usual one.
    """
    identifier = _identifier(tuple(languages))
    written = filled(texts)
    distinct = texts[written].unique()
    ranked = {text: dict(identifier.rank(normalise(text[:LONGEST]))) for text in distinct}
    likely = texts[written].map(lambda text: max(ranked[text], key=ranked[text].__getitem__))
    sure = texts[written].map(lambda text: max(ranked[text].values()) >= SURE).astype(bool)
    counts = likely[sure].value_counts()
    if not len(counts):
        counts = pd.Series({languages[0]: 1})
    usual = {code: (int(counts.get(code, 0)) + 1) / (int(counts.sum()) + len(languages)) for code in languages}
    best = {text: max(languages, key=lambda code: chance[code] * usual[code]) for text, chance in ranked.items()}
    return texts.where(written).map(best, na_action="ignore").astype("str").rename("language")


@lru_cache(maxsize=4)
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier
