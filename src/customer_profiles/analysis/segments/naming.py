"""What a segment is called: how its customers buy, and what they are, each true of more than half of all of them."""

from __future__ import annotations

from collections.abc import Mapping

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
    ("recency_days", LOW): N_("Recent buyers"),
    ("categories", HIGH): N_("Buyers across the range"),
    ("categories", LOW): N_("Buyers of few categories"),
    ("items", HIGH): N_("Buyers of many items"),
    ("items", LOW): N_("Buyers of few items"),
    ("sessions", HIGH): N_("Frequent visitors"),
    ("sessions", LOW): N_("Rare visitors"),
    ("touchpoints", HIGH): N_("Often in touch"),
    ("touchpoints", LOW): N_("Rarely in touch"),
    ("tickets", HIGH): N_("Often in need of help"),
    ("offer_responses", HIGH): N_("Takers of offers"),
    ("offers", HIGH): N_("Often written to"),
    ("offers", LOW): N_("Rarely written to"),
    ("tenure_days", HIGH): N_("Long-standing customers"),
    ("tenure_days", LOW): N_("New customers"),
}
"""How customers buy, by the third in which most of them are; the first that is true is told."""


OF_WAYS = {attribute for attribute, _ in WAYS}
TOLD = {
    "main_order_channel": N_("{value:value} buyers"),
    "main_touch_channel": N_("{value:value} users"),
    "top_category": N_("buyers of {value:value}"),
    "preferred_channel": N_("asking for {value:value}"),
    "values": N_("{value:value}-minded"),
    "interests": N_("fond of {value:value}"),
    "industry": N_("industry: {value:value}"),
    "region": N_("from {value:value}"),
    "country": N_("from {value:value}"),
    "city": N_("from {value:value}"),
    "age_band": N_("aged {value:value}"),
    "employees_band": N_("with {value:value} employees"),
    "revenue_band": N_("with a revenue of {value:value}"),
}
"""What customers with a value are called, where the value alone does not say what it is of."""
WHO = {("gender", "female"): N_("women"), ("gender", "male"): N_("men")}
FIRST = "main_order_channel"
"""Of two traits the one that says most of how they buy."""
YES_OR_NO = ("True", "False", "Yes", "No")
NO_WORDS = (*THIRDS, *YES_OR_NO)
RANKS = {
    "spend": N_("Mixed customers, rank {rank:count} of {many:count} by sales"),
    "orders": N_("Mixed customers, rank {rank:count} of {many:count} by orders"),
    "size": N_("Mixed customers, rank {rank:count} of {many:count} by size"),
}
"""What a segment is called of which no trait is true of most customers: its place by the first that is known."""
Name = tuple[str | tuple[str, str], ...]


def name(rows: pd.DataFrame, rank: Text, size: int, taken: set[Name]) -> Text:
    """Name of a segment, from what is typical of it and true of most of its customers.

    Parameters
    ----------
    rows : DataFrame
        ``attribute, value, n`` of what is typical of the segment, strongest first.
    rank : Text
        What it is called without a majority, see `ranks`.
    size : int
        All of its customers.
    taken : set of tuple
        Names of earlier segments; the new one is added.

    Returns
    -------
    Text
        How they buy, then what they are: "Big spenders, fond of climbing"; of a segment without a majority, its rank.
    """
    most = rows[rows["n"].astype(float) > MAJORITY * size]
    pairs = list(zip(most["attribute"].astype(str), most["value"].astype(str), strict=True))
    ways = [told for key, told in WAYS.items() if key in pairs]
    what: dict[str, tuple[str, str]] = {}
    for attribute, value in pairs:
        if attribute not in OF_WAYS:
            what.setdefault(value, (attribute, value))
    for key in _choices(ways, sorted(what.values(), key=lambda trait: not _is_word(trait[1]))):
        if key not in taken:
            taken.add(key)
            return _text(key)
    return rank


def ranks(table: pd.DataFrame, sizes: Mapping[int, int]) -> dict[int, Text]:
    """The place of each segment among all: by how many buy much rather than little, else by size.

    Parameters
    ----------
    table : DataFrame
        ``segment, attribute, value, share``, see `personas.traits`.
    sizes : mapping of int to int
        Customers in each segment.
    """
    scores = {"size": pd.Series(sizes, dtype=float)}
    for attribute in RANKS:
        rows = table[(table["attribute"] == attribute) & table["segment"].isin(list(sizes))]
        signs = rows["value"].astype("object").map({HIGH: 1.0, LOW: -1.0}).astype(float).fillna(0.0)
        score = (rows["share"].astype(float) * signs).groupby(rows["segment"]).sum(min_count=1).dropna()
        if len(score) == len(sizes):
            scores[attribute] = score
    by = next(name for name in RANKS if name in scores)
    places = scores[by].rank(ascending=False, method="first").astype(int)
    return {int(of): Text(RANKS[by], {"rank": int(at), "many": len(sizes)}) for of, at in places.items()}


def _choices(ways: list[str], what: list[tuple[str, str]]) -> list[Name]:
    """Names that are true, the best first: how they buy and one trait, else two traits, else one, else two ways to buy.

    A bare number or a yes is part of a name only where nothing else tells the segment from others.
    """
    way = ways[:1]
    telling, bare = [trait for trait in what if not _is_bare(trait[1])], [trait for trait in what if _is_bare(trait[1])]
    both = [sorted((telling[0], other), key=lambda trait: trait[0] != FIRST) for other in telling[1:]]
    pairs = [(*way, trait) for trait in telling] if way else [tuple(two) for two in both]
    alone = [*([(way[0],)] if way else []), *((trait,) for trait in telling)]
    two_ways = [(*way, other) for other in ways[1:]]
    return [
        *pairs,
        *alone,
        *two_ways,
        *((*(way or telling[:1]), trait) for trait in bare),
        *((trait,) for trait in bare),
    ]


def _is_bare(value: str) -> bool:
    return value in (*YES_OR_NO, *THIRDS) or value.replace(".", "").isdigit()


def _is_word(value: str) -> bool:
    """Whether a value says by itself what it is of: no number, no yes."""
    return value.replace(" ", "").replace("-", "").isalpha() and value not in NO_WORDS


def _text(parts: Name) -> Text:
    """The parts behind each other; a word that says by itself what it is of stands alone."""
    values = {f"part_{at}": _part(part) for at, part in enumerate(parts)}
    apart = " · " if len(parts) > 1 and parts[1] in WAYS.values() else ", "
    return Text(apart.join(f"{{{name}:{'label' if at else 'capital'}}}" for at, name in enumerate(values)), values)


def _part(part: str | tuple[str, str]) -> str | Text:
    if isinstance(part, str):
        return part
    attribute, value = part
    if known := WHO.get(part) or TOLD.get(attribute):
        return Text(known, {"value": value})
    if _is_word(value):
        return Text("{value:value}", {"value": value})
    return Text("{attribute:label}: {value:value}", {"attribute": attribute, "value": value})
