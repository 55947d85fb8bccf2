"""What points to a person taken out of what customers write, before it is kept.

Addresses and numbers are told by their form, see `redaction`. The names stand in the customers' own records, which a
run reads but never keeps. Here, where both are at hand, they leave the texts, so that neither a name nor a list of
names has to be stored for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd

from .redaction import redact

NAME = "[name]"
TEXTS = ("text", "resolution")  # columns of tickets and feedback that people write freely


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


TOKEN = re.compile(r"[^\W\d_]+")
SHORTEST = 2
PARTS_OF_NAMES = _words(
    "von van vom zu zur der den de da do dos das di del della la le el al bin ibn ben du und and dr prof mr mrs "
    "ms herr frau dipl ing med jr sr st"
)
TITLES = _words("herr herrn hr frau fr familie dr prof mr mrs ms miss senhor senhora dona sr sra monsieur madame")
# Given names that are words as well; beside a surname or a form of address they are names all the same.
WORDS_TOO = _words(
    "mark will rose grace hope joy may april june faith dawn bill frank sue rob pat art max ernst kai can grant "
    "dean rick nick ray dan august heide till sky ruby amber jade daisy ivy pearl robin jean angel mai im in an "
    "so da es er sie ich "
    # Surnames that are sizes, colours, seasons and the like.
    "gross klein kurz lang neu alt jung reich stark schnell hell krumm frei braun schwarz weiss roth rot grau "
    "sommer winter herbst fruehling sonntag freitag montag big short long young old brown black white green gray "
    "grey rich strong winter summer spring"
)
# In front of a word with a capital letter they make a noun of it, not a name.
BEFORE_NOUNS = _words(
    "ein eine einen einem einer mein meine meinen meinem meiner kein keine keinen dieser diese dieses diesen "
    "jede jeder jedes den dem des das zum beim a an my no this every"
)
EVERYDAY, AS_NOUN = 2, 3  # texts in which a surname is written like a word, before it is taken for one


class KnownNames:
    """Names in the records of customers and contacts, those who must not appear included.

    Parameters
    ----------
    records : DataFrame
        With any of ``first_name, last_name, name``.
    numbers : ndarray of int, shape (records,)
        Customer of each record; negative for nobody who may appear.
    """

    def __init__(self, records: pd.DataFrame, numbers: np.ndarray):
        self._first: set[str] = set()
        self._last: set[str] = set()
        self._own: dict[int, set[str]] = {}
        for column in ("first_name", "last_name", "name"):
            if column not in records:
                continue
            for number, written in zip(numbers, records[column], strict=True):
                if not isinstance(written, str):
                    continue
                tokens = [token for token in TOKEN.findall(_composed(written)) if _counts(token)]
                if "," in written and column == "name":  # surname first
                    tokens.reverse()
                given = tokens if column == "first_name" else tokens[:1] if column == "name" else []
                forms = {form for token in tokens for form in _forms(token)}
                self._first |= {form for token in given for form in _forms(token)}
                self._last |= forms
                if number >= 0:
                    self._own.setdefault(int(number), set()).update(forms)

    def __bool__(self) -> bool:
        return bool(self._last)

    def hide_in(self, rows: pd.DataFrame, numbers: np.ndarray | None = None) -> pd.DataFrame:
        """Rows of tickets or feedback without addresses and numbers in their free texts, and with `NAME` for each name.

        Addresses go first: without the name in it half an e-mail address would not be told from a word.

        Customers' own names go however they are written; those of others unless the texts show that the word is an
        everyday one ("Lang", "Koch"), and even then beside another name or a form of address.
        """
        of = np.full(len(rows), -1) if numbers is None else numbers
        texts = {column: rows[column].map(redact, na_action="ignore") for column in TEXTS if column in rows}
        return rows.assign(**{column: self._hidden(values, of) if self else values for column, values in texts.items()})

    def _hidden(self, texts: pd.Series, numbers: np.ndarray) -> pd.Series:
        everyday = self._everyday(texts.dropna())
        shown = [
            self._without(_composed(text), self._own.get(int(number), frozenset()), everyday)
            if isinstance(text, str)
            else text
            for text, number in zip(texts, numbers, strict=True)
        ]
        return pd.Series(shown, index=texts.index, dtype=texts.dtype)

    def _everyday(self, texts: pd.Series) -> set[str]:
        """Surnames that these texts use as words: mostly written small, or with an article in front."""
        small: Counter[str] = Counter()
        large: Counter[str] = Counter()
        noun: Counter[str] = Counter()
        for text in texts:
            tokens = TOKEN.findall(_composed(text))
            plain = {token: _plain(token) for token in set(tokens)}
            known = {token for token, form in plain.items() if form in self._last}
            if not known:
                continue
            small.update({plain[token] for token in known if token.islower()})
            large.update({plain[token] for token in known if not token.islower()})
            noun.update(
                {plain[word] for before, word in pairwise(tokens) if word in known and before.lower() in BEFORE_NOUNS}
            )
        words = {form for form, n in small.items() if n >= EVERYDAY and n >= large[form] and form not in self._first}
        return words | {form for form, n in noun.items() if n >= AS_NOUN and form not in self._first} | WORDS_TOO

    def _without(self, text: str, own: frozenset[str] | set[str], everyday: set[str]) -> str:
        tokens = list(TOKEN.finditer(text))
        forms = [_plain(match[0]) for match in tokens]
        known = [self._name_of(form) for form in forms]
        if not any(known):
            return text
        # A writer's own name is hidden although it is a word, but not one of two letters, which every text has.
        sure = [bool(form) and (form not in everyday or (form in own and len(form) > SHORTEST)) for form in known]
        for i, form in enumerate(known):
            if form and not sure[i] and not tokens[i][0].islower():
                before = i > 0 and _close(text, tokens[i - 1], tokens[i]) and (forms[i - 1] in TITLES or sure[i - 1])
                after = i + 1 < len(known) and _close(text, tokens[i], tokens[i + 1])
                # Two names side by side are a name, even where both are words: "Mark Lang".
                after = after and (sure[i + 1] or (bool(known[i + 1]) and not tokens[i + 1][0].islower()))
                sure[i] = before or after
        parts: list[str] = []
        last = 0
        for match, name in zip(tokens, sure, strict=True):
            if name:
                between = text[last : match.start()]
                joined = parts and parts[-1] == NAME and between in (" ", "-")
                parts += [] if joined else [between, NAME]
                last = match.end()
        return "".join([*parts, text[last:]])

    def _name_of(self, form: str) -> str:
        """The known name that a word is a form of; empty if none."""
        if form in self._last:
            return form
        stem = form.removesuffix("s")
        return stem if len(stem) > SHORTEST and stem in self._last else ""


def _close(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    return not text[left.end() : right.start()].strip(" .-") and right.start() - left.end() <= 3


def _counts(token: str) -> bool:
    return len(token) >= SHORTEST and token.lower() not in PARTS_OF_NAMES


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _plain(token: str) -> str:
    """A word in small letters without accents."""
    folded = token.casefold()
    if folded.isascii():
        return folded
    folded = folded.replace("ł", "l").replace("ı", "i").replace("ø", "o").replace("đ", "d").replace("æ", "ae")
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))


def _forms(token: str) -> set[str]:
    """How a name may be written: without accents, and with ae for ä."""
    spelled = token.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return {_plain(token), _plain(spelled)}
