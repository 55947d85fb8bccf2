"""How names sound and what else the same given name is called, in German and English."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_VOWELS, _BEFORE_HARD_C = "aeijouy", "ahkoqux"
_PLAIN = {"b": "1", "f": "3", "v": "3", "w": "3", "g": "4", "k": "4", "q": "4", "l": "5", "m": "6", "n": "6"}
_PLAIN |= {"r": "7", "s": "8", "z": "8"} | dict.fromkeys(_VOWELS, "0")
_SPELLINGS = (
    ("ph", "f"), ("th", "t"), ("dt", "t"), ("ck", "k"), ("chr", "kr"), ("c(?![eihy])", "k"), ("y", "i"), ("ie", "i"),
    ("w", "v"), ("ae(?=$|[^u])", "e"), ("h(?=$|[^aeiou])", ""), (r"(.)\1+", r"\1"),
)  # fmt: skip


def cologne(text: str) -> str:
    """Code of how a German word sounds (Kölner Phonetik); equal codes, like sounds.

    Parameters
    ----------
    text : str
        Folded, see `normalise.fold`; everything but letters is passed over.

    References
    ----------
    Postel (1969), "Die Kölner Phonetik", IBM-Nachrichten 19:925–931.

    >>> cologne("mueller luedenscheidt"), cologne("breschnew"), cologne("wikipedia")
    ('65752682', '17863', '3412')
    """
    letters = re.sub("[^a-z]", "", text)
    codes = []
    for at, letter in enumerate(letters):
        before, after = letters[at - 1 : at], letters[at + 1 : at + 2]
        if letter == "h":
            continue
        if letter == "p":
            code = "3" if after == "h" else "1"
        elif letter in "dt":
            code = "8" if after and after in "csz" else "2"
        elif letter == "c":
            hard = bool(after) and after in (_BEFORE_HARD_C if at else _BEFORE_HARD_C + "lr")
            code = "4" if hard and not (before and before in "sz") else "8"
        elif letter == "x":
            code = "8" if before and before in "ckq" else "48"
        else:
            code = _PLAIN[letter]
        codes.append(code)
    joined = re.sub(r"(.)\1+", r"\1", "".join(codes))
    return joined[:1] + joined[1:].replace("0", "")


@cache
def spelling(name: str) -> str:
    """A given name without the habits of spelling that do not change it.

    Vowels stay, other than in `cologne`: they are all that tells Anna from Anne and Jan from Jana.

    >>> spelling("stephan") == spelling("stefan"), spelling("kathrin") == spelling("catrin"), spelling("anne")
    (True, True, 'ane')
    """
    for pattern, plain in _SPELLINGS:
        name = re.sub(pattern, plain, name)
    return name


@cache
def short_forms() -> dict[str, frozenset[str]]:
    """Full names that a given name may stand for, itself included, by spelling; names without short forms are absent.

    >>> sorted(short_forms()["bob"])
    ['bob', 'robert']
    """
    # Common German and English short forms; the same one may stand for several names. Names that are merely alike
    # (Anna, Anne) are not among them.
    stands_for: dict[str, set[str]] = {}
    for entry in (files(__package__) / "short_forms.txt").read_text(encoding="utf-8").splitlines():
        full, _, shorts = entry.partition(":")
        for name in shorts.split():
            for known in (name, full):
                stands_for.setdefault(spelling(known), {spelling(known)}).add(spelling(full))
    return {name: frozenset(full) for name, full in stands_for.items()}


def root(name: str) -> str:
    """The spelling of a given name's full form, of several the first: names of one person mostly share it.

    >>> root("bill") == root("william") == root("will")
    True
    """
    known = spelling(name)
    full = short_forms().get(known, frozenset()) - {known}
    return min(full) if full else known


def same_given_name(one: str, other: str) -> bool:
    """Whether two given names are one name: equal but for spelling, or one a short form of the other.

    >>> same_given_name("hans", "johannes"), same_given_name("bob", "rob"), same_given_name("anna", "anne")
    (True, True, False)
    """
    first, second = spelling(one), spelling(other)
    if first == second:
        return True
    full = short_forms()
    return bool(full.get(first, frozenset((first,))) & full.get(second, frozenset((second,))))
