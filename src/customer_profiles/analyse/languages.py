"""In which language a text is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from .text import filled, normalise

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGES = ("de", "en")  # asked for by default: the languages that themes and names are made for
SURE = 0.60  # probability below which a text ("ok", "top", a product name) counts as undecided


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
        A code for each text with a word in it, missing for the others. Texts that could be any language get the most
        frequent one of the sure texts (the first of `languages` if there is none).
    """
    identifier = _identifier(tuple(languages))
    written = filled(texts)
    guesses = {text: identifier.classify(normalise(text)) for text in texts[written].unique()}
    codes = texts.where(written).map(lambda text: guesses[text][0], na_action="ignore")
    sure = texts.where(written).map(lambda text: guesses[text][1] >= SURE, na_action="ignore").fillna(False)
    counts = codes[sure.astype(bool)].value_counts()
    usual = min(counts[counts == counts.max()].index) if len(counts) else languages[0]
    return codes.where(sure.astype(bool) | ~written, usual).astype("str").rename("language")


@lru_cache(maxsize=4)
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier
