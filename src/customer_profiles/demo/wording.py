"""Tickets and comments, composed from fragments so that hardly two are alike.

A fragment is a sentence with alternatives and slots: ``Mein Paket ist (immer noch|bis heute) nicht da, seit {tage}.``
Alternatives may be empty and may hold slots. A slot is a list of words in the same file, or a thing of the shop with
its article: ``{der Artikel}``, ``{einen Artikel}``, ``{ihn}``; ``{the item}``, ``{a item}``, ``{it}``. All of a text's
slots for a thing speak of the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from .people import SPELLED_OUT
from .plan import read_yaml

# Forms of a German thing by slot, for masculine, feminine and neuter nouns.
DECLENSION = {
    "der": ("der", "die", "das"),
    "den": ("den", "die", "das"),
    "dem": ("dem", "der", "dem"),
    "dieser": ("dieser", "diese", "dieses"),
    "ein": ("ein", "eine", "ein"),
    "einen": ("einen", "eine", "ein"),
    "einem": ("einem", "einer", "einem"),
    "mein": ("mein", "meine", "mein"),
    "meinen": ("meinen", "meine", "mein"),
    "meinem": ("meinem", "meiner", "meinem"),
    "er": ("er", "sie", "es"),
    "ihn": ("ihn", "sie", "es"),
}
TICKET = {"opening": 0.75, "adds": 0.6, "digression": 0.25, "request": 0.55, "closing": 0.5, "line_break": 0.12}
COMMENT = {"second": 0.4, "but": 0.15, "theme": 0.75}


class Dice:
    """Random choices for text, one after the other, from one stream."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng
        self._rolls: list[float] = []

    def roll(self) -> float:
        """A number from 0 to below 1."""
        if not self._rolls:
            self._rolls = self._rng.random(4096).tolist()
        return self._rolls.pop()

    def chance(self, share: float) -> bool:
        """True in `share` of all calls."""
        return self.roll() < share

    def one(self, values: Sequence) -> Any:
        """One of the values."""
        return values[int(self.roll() * len(values))]


class Wording:
    """What customers write in one language.

    Parameters
    ----------
    language : {"de", "en"}
        Language of the texts.
    folder : str
        Where the fragments of the company lie.
    """

    def __init__(self, language: str, folder: str = "texts"):
        tickets = read_yaml(f"{folder}/tickets_{language}.yaml")
        comments = read_yaml(f"{folder}/comments_{language}.yaml")
        self.tickets, self.comments = tickets, comments
        self.themes: dict[str, dict[str, Any]] = tickets["themes"]
        self.words: dict[str, list[str]] = tickets["words"]
        self.things = tickets["things"]

    def ticket(self, dice: Dice, themes: Sequence[str]) -> str:
        """A message to the service desk about one or two themes."""
        fill = self._filler(dice, themes[0])
        parts = [fill(dice.one(self.tickets["openings"]))] if dice.chance(TICKET["opening"]) else []
        digression = dice.chance(TICKET["digression"])
        if digression and dice.chance(0.5):
            parts.append(fill(dice.one(self.tickets["digressions"])))
            digression = False
        parts.append(fill(dice.one(self.themes[themes[0]]["says"])))
        if dice.chance(TICKET["adds"]):
            parts.append(fill(dice.one(self.themes[themes[0]]["adds"])))
        for theme in themes[1:]:
            parts.append(fill(dice.one(self.tickets["also"]) + dice.one(self.themes[theme]["says"])))
        if digression:
            parts.append(fill(dice.one(self.tickets["digressions"])))
        if dice.chance(TICKET["request"]):
            parts.append(fill(dice.one(self.tickets["requests"])))
        if dice.chance(TICKET["closing"]):
            parts.append(fill(dice.one(self.tickets["closings"])))
        return ("\n" if dice.chance(TICKET["line_break"]) else " ").join(parts)

    def comment(self, dice: Dice, tone: str, theme: str, about: str) -> str:
        """A comment in a survey, or a review of a thing.

        Parameters
        ----------
        tone : {"positive", "neutral", "negative"}
            How it sounds.
        theme : str
            What a complaint is about.
        about : {"shop", "service", "product"}
            What praise is about.
        """
        fill = self._filler(dice, theme)
        own, complaint = self.comments[tone], self.themes[theme]["says"]
        if tone == "positive":
            pool = own[about] if dice.chance(0.7) else own["shop"]
            parts = [dice.one(pool)]
            if dice.chance(COMMENT["second"]):
                parts.append(dice.one([text for text in own[about] if text != parts[0]]))
            if dice.chance(COMMENT["but"]):
                parts.append(dice.one(self.comments["only"]))
        elif tone == "neutral":
            parts = [dice.one(own)]
            if dice.chance(COMMENT["second"]):
                parts.append(dice.one([text for text in own if text != parts[0]]))
        else:
            themed = dice.chance(COMMENT["theme"])
            parts = [dice.one(own)] if not themed or dice.chance(0.6) else []
            if themed:
                parts.insert(int(dice.roll() * 2), dice.one(complaint))
            if dice.chance(COMMENT["but"]):
                parts.append(dice.one(self.comments["still"]))
        return " ".join(map(fill, parts))

    def _filler(self, dice: Dice, theme: str) -> Callable[[str], str]:
        noun, gender = dice.one(list(self.things[self.themes[theme]["things"]].items()))
        used: set[str] = set()

        def slot(name: str) -> str:
            if name in self.words:  # no word twice in a text: nobody gets blue instead of blue
                word = dice.one([word for word in self.words[name] if word not in used] or self.words[name])
                used.add(word)
                return word
            article, _, rest = name.partition(" ")
            article = article.lower()
            if article in DECLENSION:
                form = DECLENSION[article]["mfn".index(gender)]
                return f"{form} {noun}" if rest else form
            if name == "it":
                return gender  # English things carry their pronoun instead of a gender
            if article == "a" and noun[0] in "aeiou":
                article = "an"
            return f"{article} {noun}"

        def render(template: str) -> str:
            return _render(parse(template), dice, slot)

        return lambda template: capitalise(render(template))


def misspell(dice: Dice, text: str) -> str:
    """Write a text carelessly: letters swapped, lost or doubled, no capitals, no umlauts."""
    style = dice.roll()
    if style < 0.2:
        return text.lower()
    if style < 0.35:
        return text.translate(SPELLED_OUT)
    words = text.split(" ")
    for _ in range(1 + int(dice.roll() * 2)):
        at = int(dice.roll() * len(words))
        word = words[at]
        if len(word) < 5 or not word.isalpha():
            continue
        place, kind = 1 + int(dice.roll() * (len(word) - 2)), dice.roll()
        if kind < 0.4:
            words[at] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        elif kind < 0.75:
            words[at] = word[:place] + word[place + 1 :]
        else:
            words[at] = word[:place] + word[place] + word[place:]
    return " ".join(words)


def capitalise(text: str) -> str:
    """Start with a capital letter, leave the rest alone, drop doubled spaces left by empty alternatives.

    >>> capitalise("das  Zelt .")
    'Das Zelt.'
    """
    text = " ".join(text.split())
    for sign in ".,!?":
        text = text.replace(f" {sign}", sign)
    return text[:1].upper() + text[1:]


@cache
def parse(template: str) -> tuple:
    """Take a fragment apart: plain text, ``("slot", name)`` and ``("any", [fragment, ...])``.

    >>> parse("Ja (sehr|) {da}")
    ('Ja ', ('any', (('sehr',), ())), ' ', ('slot', 'da'))
    """
    parts, rest = _parse(template, 0, "")
    if rest != len(template):
        raise ValueError(f"unbalanced fragment: {template}")
    return parts


def _parse(template: str, at: int, end: str) -> tuple[tuple, int]:
    parts: list = []
    start = at
    while at < len(template) and template[at] not in end:
        if template[at] == "(":
            parts.append(template[start:at])
            options = []
            while template[at] != ")":
                option, at = _parse(template, at + 1, "|)")
                options.append(option)
                if at == len(template):
                    raise ValueError(f"unbalanced fragment: {template}")
            parts.append(("any", tuple(options)))
            start = at + 1
        elif template[at] == "{":
            close = template.index("}", at)
            parts += [template[start:at], ("slot", template[at + 1 : close])]
            start, at = close + 1, close
        at += 1
    parts.append(template[start:at])
    return tuple(part for part in parts if part), at


def _render(parts: tuple, dice: Dice, slot: Callable[[str], str]) -> str:
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif part[0] == "slot":
            out.append(slot(part[1]))
        else:
            out.append(_render(dice.one(part[1]), dice, slot))
    return "".join(out)
