"""What a segment is called: how its customers buy, and what they are, each true of more than half of all of them."""

from __future__ import annotations

import pandas as pd

from ...messages import N_, Text

MAJORITY = 0.5
LOW, MIDDLE, HIGH = THIRDS = (N_("low"), N_("middle"), N_("high"))
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


def name(rows: pd.DataFrame, segment: int, size: int, taken: set[tuple[str, ...]]) -> Text:
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
    way = next((told for key, told in WAYS.items() if key in pairs), "")
    what: list[Text] = []
    for attribute, value in pairs:
        if not any(attribute == known for known, _ in WAYS) and value not in (text.values["value"] for text in what):
            what.append(_trait(attribute, value))
    for parts in _choices(way, what):
        key = tuple(str(part if isinstance(part, str) else sorted(part.values.items())) for part in parts)
        if key not in taken:
            taken.add(key)
            return _joined(parts)
    return Text("Segment {segment:count}", {"segment": segment})


def is_named(text: Text) -> bool:
    """Whether a segment has a name besides its number."""
    return "segment" not in text.values


def _choices(way: str, what: list[Text]) -> list[list[str | Text]]:
    """Names that are true, the best first: how they buy and one trait, else two traits, else one of them."""
    first = [way] if way else []
    pairs = [[*first, trait] for trait in what] if way else [[one, two] for one in what[:1] for two in what[1:]]
    return [*pairs, *([[way]] if way else []), *([trait] for trait in what)]


def _trait(attribute: str, value: str) -> Text:
    """A trait: a word for itself, a number or a yes with what it is of."""
    alone = value.replace(" ", "").replace("-", "").isalpha() and value not in (*THIRDS, "True", "False", "Yes", "No")
    message = "{value:value}" if alone else "{attribute:label} {value:value}"
    return Text(message, {"attribute": attribute, "value": value})


def _joined(parts: list[str | Text]) -> Text:
    names = dict(zip(("first", "second"), parts, strict=False))
    if len(parts) == 1:
        return Text("{first:label}", names)
    return Text("{first:label}, {second:label}", names)
