"""What the customers with a value are called: “customers aged 25 to 34”, not “Age group “25–34””.

In every phrase the noun is one that German does not decline, or the phrase stands first in its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..messages import N_, Text

BETWEEN, FROM, BELOW = r"(?P<low>\d+)\s*[–-]\s*(?P<high>\d+)", r"(?:≥\s*)?(?P<up>\d+)\+?", r"(?:<|under)\s*(?P<end>\d+)"
ANY = ""
"""A phrase for every other value; a column without it is called by its name."""
Phrases = tuple[tuple[str, str], ...]
PHRASES: Mapping[str, Phrases] = {
    "age_band": (
        (BETWEEN, N_("customers aged {low} to {high}")),
        (FROM, N_("customers aged {up} and over")),
        (BELOW, N_("customers under {end}")),
    ),
    "gender": (
        ("female", N_("women")),
        ("male", N_("men")),
    ),
    "tenure_days": (
        (BETWEEN, N_("customers for {low} to {high} days")),
        (FROM, N_("customers for {up} days or longer")),
        (BELOW, N_("customers for less than {end} days")),
    ),
    "household_size": (
        ("1", N_("customers living alone")),
        (r"\d.*", N_("customers in households of {value}")),
    ),
    "children": (
        ("0", N_("customers without children")),
        ("1", N_("customers with one child")),
        (r"\d.*", N_("customers with {value} children")),
    ),
    "ticket_before": (
        ("yes", N_("customers with a ticket in the half year before")),
        ("no", N_("customers without a ticket in the half year before")),
    ),
    "country": ((ANY, N_("customers in {value}")),),
    "region": ((ANY, N_("customers in {value}")),),
    "city": ((ANY, N_("customers in {value}")),),
    "income_band": ((ANY, N_("customers with an income of {value}")),),
    "interests": ((ANY, N_("customers interested in {value}")),),
    "values": ((ANY, N_("customers who value {value}")),),
    "preferred_channel": ((ANY, N_("customers who prefer {value}")),),
    "main_order_channel": ((ANY, N_("customers who order mostly via {value}")),),
    "main_touch_channel": ((ANY, N_("customers in touch mostly via {value}")),),
    "top_category": ((ANY, N_("customers who buy mostly {value}")),),
    "industry": ((ANY, N_("customers of the industry {value}")),),
    "employees_band": ((ANY, N_("customers with {value} employees")),),
    "revenue_band": ((ANY, N_("customers with a revenue of {value}")),),
}
OTHERS = N_("customers ({detail:value})")
DETAILS: Phrases = (
    (r"<\s*(?P<end>\d.*)", N_("{attribute}: under {end}")),
    (r"≥\s*(?P<up>\d.*)", N_("{attribute}: {up} and more")),
    (ANY, "{attribute}: {value}"),
)


def phrase(attribute: str, key: str, words: str, called: str) -> Text:
    """The customers with a value of an attribute, in words.

    Parameters
    ----------
    attribute, key : str
        Column and value as they stand in the data.
    words, called : str
        The value and the column as the reader knows them.

    >>> phrase("age_band", "25–34", "25–34", "Age group").message
    'customers aged {low} to {high}'
    """
    return _first(PHRASES.get(attribute, ()), key, words, called) or Text(
        OTHERS, {"detail": detail(key, words, called)}
    )


def detail(key: str, words: str, called: str) -> Text:
    """A value with the name of its attribute, as it stands in brackets."""
    told = _first(DETAILS, key, words, called)
    assert told is not None, "the last of them is for every value"
    return told


def _first(phrases: Phrases, key: str, words: str, called: str) -> Text | None:
    for pattern, message in phrases:
        found = re.fullmatch(pattern or ".*", key, re.DOTALL)
        if found:
            ends = {name: end for name, end in found.groupdict().items() if end}
            return Text(message, {"value": words, "attribute": called} | ends)
    return None


def in_the_middle(label: str) -> str:
    """An English name within a sentence: its capital goes, unless it is an abbreviation.

    >>> in_the_middle("Age group"), in_the_middle("NPS")
    ('age group', 'NPS')
    """
    return label[:1].lower() + label[1:] if label[1:2].islower() else label
