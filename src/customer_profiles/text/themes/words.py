"""Words of texts for counting: one form for spellings, misspellings and umlauts, and the parts of compounds.

Customers write *Größe*, *Groesse* and *Grosse*, *Lieferung* and *Liefreung*, *Lieferverzögerung* and *Verzögerung
der Lieferung*. Each of these pairs is one clue to what a text is about, and counted separately none is frequent
enough to be one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..glossary import concept, fold
from ..words import words

KNOWN = 3  # texts with a word before others can be a misspelling or a part of it
LONG_ENOUGH = 5  # letters from which one letter more, less, other or swapped is a slip and not another word
TIMES_AS_OFTEN = 15  # a word this much rarer than one that differs by a letter is taken for a slip

COMPOUND = 9  # letters from which a German word may be put together
PART = 4  # letters of a part
JOINTS = ("", "s", "es", "n", "en", "er")  # between the parts of a compound
ENDINGS = ("", "e", "en", "n", "ung")  # what a first part loses: Liefer(ung)verzögerung, Anmeld(en)fehler


class Words:
    """The words of a set of texts, each slip led back to what was meant.

    Parameters
    ----------
    texts, languages : sequences of str
        Of the same length, without personal data; what is frequent in them is taken for spelt correctly.
    """

    def __init__(self, texts: Sequence[str], languages: Sequence[str]):
        seen: dict[str, Counter] = defaultdict(Counter)
        self._found = [[fold(word) for word in words(text)] for text in texts]
        self._languages = list(languages)
        for found, language in zip(self._found, self._languages, strict=True):
            seen[language].update(set(found))
        self._meant = {language: _slips(counts) for language, counts in sorted(seen.items())}
        self._known = {
            language: frozenset(word for word, n in counts.items() if n >= KNOWN) for language, counts in seen.items()
        }
        self._parts: dict[str, tuple[str, ...]] = {}

    def spelt(self) -> list[list[str]]:
        """Words of each text, folded and without slips."""
        return [self._corrected(found, of) for found, of in zip(self._found, self._languages, strict=True)]

    def tokens(self) -> list[list[str]]:
        """Words of each text marked with its language, parts of compounds, and what they mean in every language."""
        return [self._tokens(found, of) for found, of in zip(self.spelt(), self._languages, strict=True)]

    def _corrected(self, found: Iterable[str], language: str) -> list[str]:
        meant = self._meant[language]
        return [meant.get(word, word) for word in found]

    def _tokens(self, found: Sequence[str], language: str) -> list[str]:
        if language == "de":
            found = [*found, *(part for word in found for part in self._split(word))]
        meanings = {concept(word, language) for word in found}
        return [f"{language} {word}" for word in found] + [meaning for meaning in sorted(meanings) if meaning[0] == "#"]

    def _split(self, word: str) -> tuple[str, ...]:
        if word not in self._parts:
            self._parts[word] = compound_parts(word, self._known["de"])
        return self._parts[word]


def compound_parts(word: str, known: frozenset[str] | set[str]) -> tuple[str, ...]:
    """Known words that a German word is put together from; none if it is not.

    Of several ways to divide it, the one with the longest second part: that is what the thing is.

    >>> compound_parts("lieferverzoegerung", {"lieferung", "verzoegerung"})
    ('lieferung', 'verzoegerung')
    """
    if len(word) < COMPOUND:
        return ()
    for at in range(PART, len(word) - PART + 1):
        first, second = word[:at], word[at:]
        if second not in known:
            continue
        for joint in JOINTS:
            stem = first.removesuffix(joint) if joint else first
            if (joint and stem == first) or len(stem) < PART:
                continue
            for ending in ENDINGS:
                if stem + ending in known:
                    return stem + ending, second
    return ()


def slip_keys(word: str) -> set[str]:
    """The word and what is left of it without any one letter: words one slip apart share a key."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _slips(counts: Mapping[str, int]) -> dict[str, str]:
    """Rare words that differ by one letter from a much more frequent word, with that word (Garbe 2012, "SymSpell")."""
    frequent = sorted((word for word, n in counts.items() if n >= KNOWN and len(word) >= LONG_ENOUGH), key=str)
    by_key: dict[str, list[str]] = defaultdict(list)
    for word in frequent:
        for key in slip_keys(word):
            by_key[key].append(word)
    meant = {}
    for word, n in counts.items():
        if len(word) < LONG_ENOUGH:
            continue
        near = {other for key in slip_keys(word) for other in by_key.get(key, ()) if _one_slip(word, other)}
        near = {other for other in near if counts[other] >= n * TIMES_AS_OFTEN or (n < KNOWN <= counts[other] // 2)}
        if near:
            meant[word] = min(near, key=lambda other: (-counts[other], other))
    return meant


def _one_slip(a: str, b: str) -> bool:
    """Whether two words differ by one letter more, less, other, or two neighbours swapped; not by an ending.

    >>> _one_slip("lieferung", "leiferung"), _one_slip("lieferung", "lieferugn"), _one_slip("haus", "maus")
    (True, True, True)
    """
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    swapped = rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:] or swapped
