"""Words that customers of any company use, German and English: what tells that two themes are about the same thing.

Each line of concepts.txt is a concept: German stems, then English ones. A stem counts wherever a word starts with it
and, for stems of five letters or more, anywhere in the word, because German compounds put it there (*Rückzahlung*,
*Lieferzeit*).
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

COMPOUND = 5  # letters from which a stem is looked for inside words


@cache
def fold(word: str) -> str:
    """A word in lower case, umlauts written out, without accents.

    >>> fold("Größe"), fold("não")
    ('groesse', 'nao')
    """
    plain = word.lower().translate(UMLAUTS)
    if plain.isascii():
        return plain
    letters = unicodedata.normalize("NFKD", plain)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@cache
def concepts(language: str) -> tuple[tuple[str, int], ...]:
    """Stems of a language, longest first, each with the number of its concept; empty for other languages."""
    side = {"de": 0, "en": 1}.get(language)
    if side is None:
        return ()
    lines = (files(__package__) / "concepts.txt").read_text(encoding="utf-8").splitlines()
    stems = [(stem, number) for number, line in enumerate(lines) for stem in fold(line).split("|")[side].split()]
    return tuple(sorted(stems, key=lambda pair: (-len(pair[0]), pair)))


@cache
def concept(word: str, language: str) -> str:
    """What a word stands for in every language: its concept, or itself for names and loan words.

    >>> concept("Paketzustellung", "de") == concept("delivery", "en")
    True
    >>> concept("Gore-Tex", "de")
    'gore-tex'
    """
    word = fold(word)
    for stem, number in concepts(language):
        if word.startswith(stem) or (len(stem) >= COMPOUND and stem in word):
            return f"#{number}"
    return word
