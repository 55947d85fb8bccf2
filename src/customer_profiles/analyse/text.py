"""Free text made fit for counting and for showing: clean, without filler words, without personal data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby

import pandas as pd

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

# Patterns of personal data, in the order in which they are replaced: a longer kind first, lest a shorter one
# eats a part of it. They are meant to hide too much rather than too little.
PERSONAL = (
    ("e-mail", re.compile(r"[\w.+\-]+\s?(?:@|\(at\)|\[at\])\s?[\w\-]+(?:\.[\w\-]+)+", re.IGNORECASE)),
    ("link", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("IBAN", re.compile(r"\b[A-Z]{2}\s?\d{2}(?:[ \-]?[\dA-Z]{2,4}){3,8}\b")),
    (
        "address",
        re.compile(
            r"\b(?:[A-ZÄÖÜ][\wäöüß.\-]*[ \-])?[A-ZÄÖÜ][\wäöüß\-]*(?:straße|strasse|str\.|weg|allee|platz|gasse|ring|"
            r"ufer|damm|chaussee)\s?\d{1,4}\s?[a-zA-Z]?\b|"
            r"\b(?:[A-ZÄÖÜ][\wäöüß]*\s)?(?:Straße|Strasse|Str\.|Weg|Allee|Platz|Gasse|Ring|Ufer|Damm)"
            r"\s\d{1,4}\s?[a-z]?\b|"
            r"\b\d{1,5}\s(?:[A-Z][a-z]+\s){1,3}(?:Street|St\.|Road|Rd\.?|Avenue|Ave\.?|Lane|Drive|Close|Square)\b"
        ),
    ),
    ("town", re.compile(r"\b(?:D-)?\d{5}\s+[A-ZÄÖÜ][\wäöüß\-]+")),
    ("number", re.compile(r"(?<![\w])(?:\+|00|\(?0)?\d(?:[\s/\-().]{0,2}\d){5,}(?!\w)")),
    ("number", re.compile(r"\b(?=\w*\d{4})[A-Z]{1,4}[\-#]?\d{4,}\w*\b")),
)
PLACEHOLDER = re.compile(r"\[(?:" + "|".join(kind for kind, _ in PERSONAL) + r")\]")


def normalise(text: str) -> str:
    """Text in one Unicode form, with single blanks and plain apostrophes.

    >>> normalise("Gro\\u0308ße  passt\\nnicht")
    'Größe passt nicht'
    """
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


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


def redact(text: str, names: Iterable[str] = ()) -> str:
    """Text without what points to a person: addresses, numbers, links, and the given names.

    Parameters
    ----------
    text : str
        As a customer wrote it.
    names : iterable of str
        Names known to belong to customers, whole words, any case. Names that are not given stay: patterns find
        less than three quarters of them, so a redacted text is still not fit to be shown without a rule for it.

    Examples
    --------
    >>> redact("Bitte an anna@example.org oder 0170 1234567, Hauptstraße 5", names=["Anna"])
    'Bitte an [e-mail] oder [number], [address]'
    """
    for kind, pattern in PERSONAL:
        text = pattern.sub(f"[{kind}]", text)
    known = sorted({name for name in names if len(name) > 1}, key=lambda name: (-len(name), name))
    if known:
        any_name = "|".join(re.escape(name) for name in known)
        text = re.sub(rf"\b(?:{any_name})\b", "[name]", text, flags=re.IGNORECASE)
    return text


def impersonal(text: str) -> str:
    """A text for counting words in: normalised, and without what `redact` finds.

    >>> impersonal("Mail an\ta@example.org bitte")
    'Mail an bitte'
    """
    return " ".join(PLACEHOLDER.sub(" ", redact(normalise(text))).split())


def mask(value: object) -> str:
    """A value's length and kinds of characters, fit for an error message.

    >>> mask("01067 Dresden")
    '5×<digit> 1×<blank> 7×<letter>'
    """
    kinds = groupby(_kind(character) for character in str(value))
    return " ".join(f"{len(list(run))}×<{kind}>" for kind, run in kinds) or "empty"


def filled(texts: pd.Series) -> pd.Series:
    """Whether each text holds at least one word."""
    return texts.map(lambda text: isinstance(text, str) and WORD.search(text) is not None).astype(bool)


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "letter"
    return "blank" if character.isspace() else "sign"
