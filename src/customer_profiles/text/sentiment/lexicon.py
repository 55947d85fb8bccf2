"""Words with a tone: lists of our own that judge a comment where nobody has scored any.

The lists are plain text files beside this module, written for comments of customers. They know negation, strengthening
words and "but" (the three rules that matter most in Taboada et al. 2011, Lexicon-Based Methods for Sentiment Analysis,
Computational Linguistics 37:267–307). A list knows nothing of a company's own words: see `sentiment_start`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

LANGUAGES = ("de", "en", "pt")  # that have a list
TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|[:;]-?[()DP]|[!?]+|[\U0001F300-\U0001FAFF]|[.;,\n]")
FACES = {":)": 2.0, ":-)": 2.0, ";)": 1.0, ";-)": 1.0, ":D": 2.0, ":(": -2.0, ":-(": -2.0, "👍": 2.0, "👎": -2.0}

NEGATED = -0.7  # "not good" is less bad than "bad" is: a shift rather than a mirror image (Taboada et al. 2011)
REACH = 3  # words that a negation turns, as in VADER (Hutto & Gilbert 2014)
STRONGER, WEAKER = 1.3, 0.6
BEFORE_BUT, AFTER_BUT = 0.5, 1.5  # as in VADER
SPREAD = 15.0  # of the sum of a text, so that long texts stay within -1 and 1; as in VADER
NEGATED_BEFORE = {"de"}  # "das passt nicht": German puts the negation behind the verb


@dataclass(frozen=True)
class Lexicon:
    """One language's list.

    Parameters
    ----------
    language : str
    words, stems : dict of str to float
        Whole words, and beginnings of words, with their tone from -3 to 3.
    roles : dict of str to str
        "not", "very", "little" and "but" words.
    """

    language: str
    words: dict[str, float]
    stems: dict[str, float]
    roles: dict[str, str]

    def value(self, word: str) -> float:
        """Tone of a word in lower case, 0 if it has none; of several beginnings the longest counts."""
        if word in self.words:
            return self.words[word]
        for end in range(len(word), 2, -1):
            if word[:end] in self.stems:
                return self.stems[word[:end]]
        return 0.0


@lru_cache(maxsize=len(LANGUAGES))
def load(language: str) -> Lexicon:
    """The list of a language of `LANGUAGES`."""
    words, stems, roles = {}, {}, {}
    text = (files(__package__) / "lexicons" / f"{language}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        head, found, entries = line.partition(":")
        if line.startswith("#") or not found:
            continue
        for entry in entries.split():
            entry = entry.replace("_", " ")
            if not head.lstrip("-").isdigit():
                roles[entry] = head
            elif entry.endswith("*"):
                stems[entry[:-1]] = float(head)
            else:
                words[entry] = float(head)
    return Lexicon(language, words, stems, roles)


def tones(texts: Iterable[str], language: str) -> np.ndarray:
    """How each text sounds, from -1 (very bad) to 1 (very good); 0 where no word of the list occurs.

    >>> tones(["Nicht gut.", "Sehr freundlich!", "Ein Paket"], "de").round(2).tolist()
    [-0.18, 0.32, 0.0]
    """
    lexicon = load(language)
    known: dict[str, float] = {}
    return np.array([_tone(TOKEN.findall(text), lexicon, known) for text in texts], dtype=float)


def _tone(tokens: list[str], lexicon: Lexicon, known: dict[str, float]) -> float:
    values, negations, but = [], [], None
    strength = 1.0
    for place, token in enumerate(tokens):
        word = token.lower().replace("’", "'")
        pair = f"{word} {tokens[place + 1].lower()}" if place + 1 < len(tokens) else ""
        role = lexicon.roles.get(word) or ("not" if word.endswith("n't") and "n't" in lexicon.roles else None)
        if role == "not":
            negations.append(place)
        elif role == "but":
            but = place
        value = FACES.get(token, 0.0)
        if pair in lexicon.words:
            value = lexicon.words[pair]
        elif role != "not" and not value:
            if word not in known:
                known[word] = lexicon.value(word)
            value = known[word]
        if value:
            values.append((place, value * strength))
        strength = {"very": STRONGER, "little": WEAKER}.get(role or "", 1.0)
    if not values:
        return 0.0
    ends = [place for place, token in enumerate(tokens) if token in ".;,\n!?"]
    total = sum(
        value
        * (NEGATED if _negated(place, negations, ends, lexicon.language) else 1.0)
        * (1.0 if but is None else AFTER_BUT if place > but else BEFORE_BUT)
        for place, value in values
    )
    return float(total / np.sqrt(total**2 + SPREAD))


def _negated(place: int, negations: list[int], ends: list[int], language: str) -> bool:
    """Whether a negation stands close before the word (in German also right behind it) within its clause."""
    for at in negations:
        near = 0 < place - at <= REACH or (language in NEGATED_BEFORE and at - place == 1)
        if near and not any(min(at, place) < end < max(at, place) for end in ends):
            return True
    return False
