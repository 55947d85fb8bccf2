"""What a segment is called: how its customers buy, and what they are, each true of more than half of all of them."""

from __future__ import annotations

import pandas as pd

from ...messages import N_, Text

MAJORITY = 0.5
LOW, _, HIGH = THIRDS = (N_("low"), N_("middle"), N_("high"))
WAYS = {
    ("spend", HIGH): N_("Big spenders"),
    ("spend", LOW): N_("Small spenders"),
    ("orders", HIGH): N_("Frequent buyers"),
    ("orders", LOW): N_("Rare buyers"),
    ("discount_share", HIGH): N_("Bargain hunters"),
    ("basket_value", HIGH): N_("Buyers of large baskets"),
    ("basket_value", LOW): N_("Buyers of small baskets"),
    ("recency_days", HIGH): N_("Buyers long silent"),
    ("sessions", HIGH): N_("Frequent visitors"),
}
"""How customers buy, by the third in which most of them are; the first that is true is told."""


OF_WAYS = {attribute for attribute, _ in WAYS}
YES_OR_NO = ("True", "False", "Yes", "No")
NO_WORDS = (*THIRDS, *YES_OR_NO)
Name = tuple[str | tuple[str, str], ...]


def name(rows: pd.DataFrame, segment: int, size: int, taken: set[Name]) -> Text:
    """Name of a segment, from what is typical of it and true of most of its customers.

    Parameters
    ----------
    rows : DataFrame
        ``attribute, value, n`` of what is typical of the segment, strongest first.
    segment, size : int
        Number of the segment, and all of its customers.
    taken : set of tuple
        Names of earlier segments; the new one is added.

    Returns
    -------
    Text
        How they buy, then what they are: "Big spenders, climbing"; of a segment without a majority, its number.
    """
    most = rows[rows["n"].astype(float) > MAJORITY * size]
    pairs = list(zip(most["attribute"].astype(str), most["value"].astype(str), strict=True))
    way = [told for key, told in WAYS.items() if key in pairs][:1]
    what: dict[str, tuple[str, str]] = {}
    for attribute, value in pairs:
        if attribute not in OF_WAYS:
            what.setdefault(value, (attribute, value))
    for key in _choices(way, sorted(what.values(), key=lambda trait: not _is_word(trait[1]))):
        if key not in taken:
            taken.add(key)
            return _text(key)
    return Text("Segment {segment:count}", {"segment": segment})


def is_named(text: Text) -> bool:
    """Whether a segment has a name besides its number."""
    return "segment" not in text.values


def _choices(way: list[str], what: list[tuple[str, str]]) -> list[Name]:
    """Names that are true, the best first: how they buy and one trait, else two traits, else one of them.

    A bare number or a yes is part of a name only where nothing else tells the segment from others.
    """
    telling, bare = [trait for trait in what if not _is_bare(trait[1])], [trait for trait in what if _is_bare(trait[1])]
    pairs = [(*way, trait) for trait in telling] if way else [(one, two) for one in telling[:1] for two in telling[1:]]
    alone = [*([(way[0],)] if way else []), *((trait,) for trait in telling)]
    return [*pairs, *alone, *((*(way or telling[:1]), trait) for trait in bare), *((trait,) for trait in bare)]


def _is_bare(value: str) -> bool:
    return value in YES_OR_NO or value.replace(".", "").isdigit()


def _is_word(value: str) -> bool:
    """Whether a value says by itself what it is of: no number, no yes."""
    return value.replace(" ", "").replace("-", "").isalpha() and value not in NO_WORDS


def _text(parts: Name) -> Text:
    """The parts behind each other; a trait is a word for itself, a number or a yes stands with what it is of."""
    messages: list[str] = []
    values: dict[str, str] = {}
    for at, part in enumerate(parts):
        attribute, value = part if isinstance(part, tuple) else ("", part)
        alone = not attribute or _is_word(value)
        messages.append(f"{{value_{at}:value}}" if alone else f"{{attribute_{at}:label}} {{value_{at}:value}}")
        values |= {f"value_{at}": value} | ({} if alone else {f"attribute_{at}": attribute})
    return Text(", ".join(messages), values)
