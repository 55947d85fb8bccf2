"""What the headings of exports mean, by a table of synonyms that anybody can read and lengthen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..contract import TABLES

WHOLE, WITHOUT_OWNER, PART = 1.0, 0.9, 0.75
"""How sure a heading is: it is a synonym, it is one behind a word such as "customer", it begins or ends with one."""

GENERIC = frozenset(
    {"id", "name", "no", "nr", "number", "nummer", "code", "key", "uuid", "record id", "date", "status", "type"}
)
"""Headings that many files have and that mean in each something of its own."""

_UNITS = r"h|hrs?|hours?|stunden|min|minutes?|minuten|ms|msec|d|days?|tage|weeks?|months?|monate|%|cents?"
_BRACKETS = re.compile(rf"\s*\((?!(?:in )?(?:{_UNITS})\))[^)]*\)\s*")
_TAX = r"(?:tax|taxes|vat|gst|mwst|ust|steuern?|umsatzsteuer|mehrwertsteuer)"
_INCLUDED = r"(?:incl?|including|inclusive|inkl|excl?|exkl|excluding|exclusive|ex|ohne|mit|without|with|before|after)"
_WITH_TAX = re.compile(rf"\b{_INCLUDED}(?: of)? {_TAX}\b")
_CODED = re.compile(r" (?:name|key|code|label|iso|id)$")
NUMBER_WORDS = frozenset({"no", "nr", "number", "num", "nummer", "id"})
_KEY = r"(?<=[a-z_]{3})\.(?=[a-z_])"  # between the keys of an object, unlike the point of a word cut short
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

    >>> means("Kundennr", "customers"), means("customer_city", "customers"), means("City (Billing)", "customers")
    ({'customer_id': 0.984}, {'city': 0.9}, {'city': 1.0})
    """
    words = plain(undecorated(heading))
    if not words:
        return {}
    bare = [other for other in _barer(heading, words) if other not in GENERIC and other != words]
    found = {}
    for role in TABLES[table]:
        known = _plain_phrases(table, role)
        if words in known:
            found[role] = WHOLE - min(known.index(words), 100) * 0.0005  # earlier ones are more usual
        elif (met := next((place for place, other in enumerate(bare) if other in known), None)) is not None:
            found[role] = WITHOUT_OWNER - 0.01 * met
        elif any(_canonical(one) in _canonical_phrases(table, role) for one in (words, *bare)):
            found[role] = WITHOUT_OWNER - 0.02
        elif (
            TABLES[table][role].kind == "category" and (kind := _CODED.sub("", words)) in known and kind not in GENERIC
        ):
            found[role] = WITHOUT_OWNER - 0.03
        elif _part(words, known) or (role == "duration_s" and seconds_of(heading) != 1 and _timeless(words) in known):
            found[role] = PART if _part(words, known) else WITHOUT_OWNER
    about_nobody = table in ("areas", "branches", "events", "population")
    for role in set(() if about_nobody else ("email", "phone")) - set(TABLES[table]):
        if words in _plain_phrases(table, role):
            found[role] = WHOLE
    return found


def _canonical(words: str) -> tuple[str, ...]:
    """Words whatever their order, and however they call a number.

    >>> _canonical("receipt number") == _canonical("receipt no"), _canonical("amount total")
    (True, ('amount', 'total'))
    """
    *first, last = words.split() or [""]
    return tuple(sorted([*first, "#" if first and last in NUMBER_WORDS else last]))


@cache
def _canonical_phrases(table: str, role: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_canonical(phrase) for phrase in _plain_phrases(table, role) if " " in phrase)


_SECONDS = {"ms": 0.001, "msec": 0.001, "milliseconds": 0.001, "min": 60, "mins": 60, "minutes": 60, "minuten": 60}
_SECONDS |= dict.fromkeys(("h", "hrs", "hours", "stunden"), 3600)


def seconds_of(heading: str) -> float:
    """How many seconds one of a duration is, as its heading says.

    >>> seconds_of("Duration (min)"), seconds_of("engagement_time_msec"), seconds_of("Duration")
    (60, 0.001, 1)
    """
    return _SECONDS.get(plain(heading).split(" ")[-1], 1)


def _timeless(words: str) -> str:
    """A heading of a duration without its unit."""
    return words.rpartition(" ")[0].removesuffix(" in")


def says(words: str, known: list[str]) -> bool:
    """Whether a heading or the name of a file has one of these words or phrases in it."""
    return any(re.search(rf"\b{re.escape(plain(word))}\b", words) for word in known)


def has_part(words: str, kind: str) -> bool:
    """Whether a heading has one of the words of a list; one with a star also as a part of a compound.

    >>> has_part("bruttobetrag", "gross"), has_part("grosshandel", "gross")
    (True, False)
    """
    known = synonyms()[kind]
    return says(words, known) or any(word.endswith("*") and plain(word) in words for word in known)


def without_tax_words(words: str) -> str:
    """A heading without what it says of tax that is or is not in its numbers.

    >>> without_tax_words("amount including vat"), without_tax_words("tax amount")
    ('amount', 'tax amount')
    """
    return _WITH_TAX.sub("", words).strip()


def signs_of(codes: Iterable[str]) -> dict[str, int]:
    """What an amount is multiplied by, by a code that tells refunds; empty if none does, or all do.

    A refund in a row of its own counts below zero; an order that was undone afterwards counts nothing, and one that
    came to nothing has no sign.

    >>> signs_of(["sale", "refund", "failed"]), signs_of(["paid", "refunded"]), signs_of(["S", "H"])
    ({'sale': 1, 'refund': -1}, {'paid': 1, 'refunded': 0}, {'S': 1, 'H': -1})
    """
    words = {code: plain(code) for code in codes}
    factors = {}
    for code, word in words.items():
        if word not in map(plain, synonyms()["void_codes"]):
            is_back, is_undone = (word in map(plain, synonyms()[kind]) for kind in ("refund_codes", "undone_codes"))
            factors[code] = -1 if is_back else 0 if is_undone else 1
    single = {word for code, word in words.items() if factors.get(code) == -1 and len(word) == 1}
    is_pair = not single or set(words.values()) in ({"s", "h"}, {"d", "c"})
    return factors if is_pair and len(set(factors.values())) > 1 and 1 in factors.values() else {}


@cache
def _plain_phrases(table: str, role: str) -> list[str]:
    return [plain(phrase) for phrase in phrases(table, role)]


def undecorated(heading: str) -> str:
    """A heading without brackets, unless they hold a unit that would be lost.

    >>> undecorated("Created (UTC)"), undecorated("(Do Not Modify) Account"), undecorated("Duration (min)")
    ('Created', 'Account', 'Duration (min)')
    """
    return _BRACKETS.sub(" ", heading).strip() or heading


def shared_owner(headings: Sequence[str]) -> str:
    """What most headings of a file begin with, up to a sign that parts it from what each means.

    >>> shared_owner(["Deal - ID", "Deal - Value", "Deal - Status", "Deal - Won time"])
    'Deal - '
    """
    parts = Counter(found[0] for heading in headings if (found := re.match(r"[^-:.]+(?: - |: |\.)", heading)))
    owner, count = max(parts.items(), key=lambda part: part[1], default=("", 0))
    return owner if count > 3 and count > 0.6 * len(headings) else ""


def names_of(heading: str) -> list[str]:
    """What a heading may be called, from all it says to what is left without its owners.

    >>> names_of("Order Refund Amount (EUR)")
    ['order refund amount', 'refund amount']
    """
    words = plain(undecorated(heading))
    return list(dict.fromkeys([words, *_barer(heading, words)]))


def _barer(heading: str, words: str) -> Iterator[str]:
    """A heading without the words that say whose it is, or in which currency; the first of several names for it."""
    last = re.split(rf" - |: |{_KEY}", undecorated(heading))[-1]
    for one in dict.fromkeys((words, plain(last), plain(last.split("/")[0]))):
        bare = re.sub(r" (?:eur|euro|usd|gbp|chf|in eur|in euro|of address|of value)$", "", without_tax_words(one))
        bare = re.sub(r" (?:net|netto|gross|brutto)$", "", bare)
        while owner := next((owner for owner in _owners() if bare.startswith(f"{owner} ")), None):
            yield bare
            bare = bare[len(owner) + 1 :]
        yield bare


@cache
def _owners() -> list[str]:
    return sorted(synonyms()["of"], key=len, reverse=True)


def _part(words: str, known: list[str]) -> bool:
    """Whether it begins or ends with a phrase that is long enough to mean it."""
    long = [phrase for phrase in known if len(phrase) >= 8 and " " in phrase]
    return any(words.startswith(f"{phrase} ") or words.endswith(f" {phrase}") for phrase in long)
