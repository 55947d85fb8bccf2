"""Names, addresses and numbers in the form in which two spellings of the same one are equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pandas as pd

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa"})
_LETTERS = re.compile(r"[a-z0-9]+")
_TITLES = {"dr", "prof", "dipl", "ing", "med", "herr", "frau", "mr", "mrs", "ms"}
# What people and systems type where they have no address.
_PLACEHOLDER_MAILBOX = (
    r"^(?:no-?reply|none|null|na|test|unknown|unbekannt|keine?|kunde|customer|dummy|xx+)\d*@|@(?:none|invalid|test)\."
)
_KINDS_OF_STREET = {"street": "str", "st": "str", "road": "rd", "avenue": "ave", "av": "ave", "lane": "ln"}
_KINDS_OF_STREET |= {"drive": "dr", "platz": "pl", "square": "sq", "close": "cl", "court": "ct", "boulevard": "blvd"}
_STREET = re.compile(r"str(asse)?(?=\d|$)")
_LOCAL_DIGITS = 9
_SHORTEST_PHONE = 7


def fold(text: str) -> str:
    """Lower case, umlauts and accents written out, everything but letters and digits a blank.

    >>> fold("Müller-Lüdenscheidt"), fold("Renée")
    ('mueller luedenscheidt', 'renee')
    """
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", plain).translate(_UMLAUTS)
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(_LETTERS.findall(plain)) or text.strip().lower()


def names(customers: pd.DataFrame) -> pd.DataFrame:
    """First and last name of each row, folded; of ``name``, either "First Last" or "Last, First".

    Returns
    -------
    DataFrame, columns first, last
        Missing where not given.
    """
    nothing = pd.Series(None, index=customers.index, dtype="str")
    name = customers.get("name", nothing)
    first = _each(customers.get("first_name", nothing), _given).fillna(_each(name, lambda text: _split(text)[0]))
    last = _each(customers.get("last_name", nothing), fold).fillna(_each(name, lambda text: _split(text)[1]))
    return pd.DataFrame({"first": first.mask(first == ""), "last": last.mask(last == "")})


def _given(text: str) -> str:
    words = [word for word in fold(text).split() if word not in _TITLES]
    return words[0] if words else ""


def _split(text: str) -> tuple[str, str]:
    """Folded first and last name of a full name; a single word is a last name."""
    last, comma, first = text.partition(",")
    if comma:
        return _given(first), fold(last)
    words = [word for word in fold(text).split() if word not in _TITLES]
    return (words[0], " ".join(words[1:])) if len(words) > 1 else ("", " ".join(words))


def emails(texts: pd.Series) -> pd.Series:
    """Addresses in lower case; what is none, or a placeholder, is missing."""
    folded = texts.str.strip().str.lower()
    real = folded.str.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", na=False)
    return folded.where(real & ~folded.str.contains(_PLACEHOLDER_MAILBOX, na=False))


def phones(texts: pd.Series) -> pd.Series:
    """The last nine digits, which are the same with and without country code; placeholders are missing."""
    digits = texts.str.replace(r"\D", "", regex=True)
    long_enough = digits.str.len() >= _SHORTEST_PHONE
    tail = digits.str.slice(start=-_LOCAL_DIGITS)
    monotonous = tail.str.fullmatch("0+|1+|2+|3+|4+|5+|6+|7+|8+|9+", na=False)
    counted = tail.isin({"123456789", "012345678", "234567890", "1234567", "12345678", "987654321"})
    return tail.where(long_enough.fillna(False) & ~monotonous & ~counted)


def streets(texts: pd.Series) -> pd.Series:
    """Street and number without blanks; "Straße" and "Str.", "Road" and "Rd" are the same, a leading number goes last.

    >>> list(streets(pd.Series(["Lange Straße 5a", "Langestr. 5 A", "22 Mill Road", "Mill Rd. 22"])))
    ['langestr5a', 'langestr5a', 'millrd22', 'millrd22']
    """
    return _each(texts, _street)


def _street(text: str) -> str:
    words = fold(text).split()
    if words[0].isdigit() and not words[-1][0].isdigit():  # 22 Mill Road; not "17. Juni 5"
        words = words[1:] + words[:1]
    kind = next((at for at in range(len(words) - 1, 0, -1) if not words[at][0].isdigit() and len(words[at]) > 1), 0)
    words[kind] = _KINDS_OF_STREET.get(words[kind], words[kind]) if kind else words[0]
    return _STREET.sub("str", "".join(words))


def postal_codes(texts: pd.Series) -> pd.Series:
    """Postal codes in capitals without blanks.

    >>> list(postal_codes(pd.Series(["sw1a 1aa", "01067"])))
    ['SW1A1AA', '01067']
    """
    return texts.str.replace(" ", "", regex=False).str.upper()


def _each(texts: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """A text function applied once to each distinct text."""
    codes, distinct = pd.factorize(texts, use_na_sentinel=True)
    changed = pd.Series([change(text) for text in distinct], dtype="str")
    return pd.Series(changed.reindex(codes).array, index=texts.index)
