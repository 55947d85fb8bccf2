"""Free text made fit for counting and for showing: clean, without filler words, without personal data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

import pandas as pd

from ..privacy.redaction import LONGEST, PLACEHOLDER, redact

# Courtesies and letter formulas that no stop word list holds, but that every message to a company does.
COURTESIES = {
    "de": "hallo guten tag morgen abend moin liebes lieber liebe team damen herren sehr geehrte bitte danke "
    "dank vielen herzlichen viele grüße gruß mfg freundlichen lg vg schon mal bereits mehr immer einfach "
    "leider gerade heute gestern seit bisher endlich eigentlich halt eben echt gar ganz wirklich ziemlich "
    "sogar zudem außerdem übrigens nochmal geht gibt gibts kommt machen mache macht sagen sagt wäre hätte "
    "bekommen bekomme bekam beim kam ging wurde wurden worden",
    "en": "hello hi hey dear team please thanks thank regards best kind cheers sincerely just really still "
    "already today yesterday actually simply even ever also got get gets getting im ive dont doesnt didnt "
    "cant wont isnt don doesn didn wasn isn won couldn would could",
}

# A word: letters with inner apostrophe or hyphen; two letters at least; figures are left out, they name single cases.
WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’\-](?=[^\W\d_]))+")


class NoWords(ValueError):
    """No word tells the texts apart: they are all alike, or no two of them share one."""


def counted(vectorizer: Any, texts: Iterable[Any]) -> Any:
    """What a vectorizer of scikit-learn makes of texts, shape (texts, words).

    Raises
    ------
    NoWords
        If it finds no word that it may count.
    """
    try:
        return vectorizer.fit_transform(texts)
    except ValueError as error:
        raise NoWords(str(error)) from error


def normalise(text: str) -> str:
    """Text in one Unicode form, with single blanks and plain apostrophes.

    >>> normalise("Gro\\u0308ße  passt\\nnicht")
    'Größe passt nicht'
    """
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """Words of a text in their own spelling, without numbers.

    >>> words("Mein Paket (2 Stück) ist nicht da!")
    ['Mein', 'Paket', 'Stück', 'ist', 'nicht', 'da']
    """
    return WORD.findall(text)


@cache
def stop_words(language: str) -> frozenset[str]:
    """Words of a language, in lower case, that carry no subject; none for a language without a list."""
    from stop_words import AVAILABLE_LANGUAGES, LANGUAGE_MAPPING, get_stop_words

    code = LANGUAGE_MAPPING.get(language, language)
    listed = get_stop_words(code) if code in AVAILABLE_LANGUAGES else []
    if language == "en":
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        # The package's English list also drops what customers complain about: order, small, page, problem, system.
        listed = [*ENGLISH_STOP_WORDS, *(word for word in listed if "'" in word)]
    return frozenset(word.lower() for word in listed) | frozenset(COURTESIES.get(language, "").split())


def impersonal(text: str) -> str:
    """A text for counting words in: normalised, and without what `redaction.redact` finds by its form.

    >>> impersonal("Mail an\ta@example.org bitte")
    'Mail an bitte'
    """
    return " ".join(PLACEHOLDER.sub(" ", redact(normalise(text[: 2 * LONGEST]))).split())


def filled(texts: pd.Series) -> pd.Series:
    """Whether each text holds at least one word."""
    return texts.map(lambda text: isinstance(text, str) and WORD.search(text) is not None).astype(bool)
