"""What the headings of exports mean, by a table of synonyms that anybody can read and lengthen."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..contract import TABLES

WHOLE, WITHOUT_OWNER, PART = 1.0, 0.9, 0.75
"""How sure a heading is: it is a synonym, it is one behind a word such as "customer", it begins or ends with one."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@cache
def synonyms() -> dict[str, Any]:
    """The table of synonyms, see synonyms.yaml."""
    return yaml.safe_load(Path(__file__).with_name("synonyms.yaml").read_text("utf-8"))


def plain(heading: str) -> str:
    """A heading as words: without capitals, signs and umlauts; the parts of an object's keys are words too.

    >>> plain("E-Mail"), plain("orderDate"), plain("Haushaltsgröße"), plain("Stripe__ID")
    ('e mail', 'order date', 'haushaltsgroesse', 'stripe id')
    """
    parted = re.sub(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])", " ", heading)
    words = re.sub(r"[\W_]+", " ", parted.casefold().translate(_UMLAUTS))
    return words.strip()


def phrases(table: str, role: str) -> list[str]:
    """Headings that a column of a table may have, the most usual first."""
    known = synonyms()["headings"]
    return [*known.get(f"{table}.{role}", ()), *known.get(role, ())]


def means(heading: str, table: str) -> dict[str, float]:
    """Columns of a table that a heading may mean, with how sure that is.

    >>> means("Kundennr", "customers"), means("customer_city", "customers")
    ({'customer_id': 1.0}, {'city': 0.9})
    """
    words = plain(heading)
    if not words:
        return {}
    bare = _without_owner(words)
    found = {}
    for role in TABLES[table]:
        known = _plain_phrases(table, role)
        if words in known:
            found[role] = WHOLE - min(known.index(words), 100) * 0.0005  # earlier ones are more usual
        elif bare in known and bare not in ("id", "name", "date", "no", "code"):
            found[role] = WITHOUT_OWNER
        elif _part(words, known):
            found[role] = PART
    for role in {*(("email", "phone") if table not in ("areas", "branches", "events", "population") else ())} - set(
        TABLES[table]
    ):
        if words in _plain_phrases(table, role):
            found[role] = WHOLE
    return found


def says(words: str, known: list[str]) -> bool:
    """Whether a heading or the name of a file has one of these words or phrases in it."""
    return any(re.search(rf"\b{re.escape(plain(word))}\b", words) for word in known)


@cache
def _plain_phrases(table: str, role: str) -> list[str]:
    return [plain(phrase) for phrase in phrases(table, role)]


def _without_owner(words: str) -> str:
    """A heading without the words that say whose it is, or in which currency."""
    words = re.sub(r" (?:eur|euro|usd|gbp|chf|in eur|in euro)$", "", words)
    for owner in sorted(synonyms()["of"], key=len, reverse=True):
        if words.startswith(f"{owner} "):
            return words[len(owner) + 1 :]
    return words


def _part(words: str, known: list[str]) -> bool:
    """Whether it begins or ends with a phrase that is long enough to mean it."""
    long = [phrase for phrase in known if len(phrase) >= 8 and " " in phrase]
    return any(words.startswith(f"{phrase} ") or words.endswith(f" {phrase}") for phrase in long)
