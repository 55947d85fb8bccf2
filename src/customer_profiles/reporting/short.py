"""What of a sentence is news: without its interval, its base and its caveats, which stand in the evidence below it."""

from __future__ import annotations

import re

INTERVAL = re.compile(r"\s*\((?=[^()]*\{(?:\w+_)?(?:low|high|from|to|p):)[^()]*\)")
BASE = re.compile(r"\s*\(n = [^()]*\)|,? n = \{\w+:count\}(?: (?:of|von) \{\w+:count\})?(?: customers| Kunden)?")
SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-ZÄÖÜ„“{])")
METHOD = ("{e:", "{gini:")
"""Placeholders that only the evidence needs."""
SHORTER = {"share": "part", "ratio": "about", "number": "about", "money": "sum"}
ROUNDED = re.compile(f":({'|'.join(SHORTER)})}}")


def short(message: str) -> str:
    """The message, with placeholders, as it stands above the fold.

    Left out are intervals and bases in brackets, and sentences after the first that give no number: these say how a
    statement may be used, not what is new. Shares, ratios and other numbers are rounded.

    >>> short("Customers with “{x:label}” score {d:number} lower ({low:number} to {high:number}). This is association.")
    'Customers with “{x:label}” score {d:about} lower.'
    >>> short("{a:share} act otherwise ({low:share} to {high:share}, n = {n:count}) against {b:share}.")
    '{a:part} act otherwise against {b:part}.'
    """
    first, *others = SENTENCES.split(BASE.sub("", INTERVAL.sub("", message)))
    news = [first, *(each for each in others if "{" in each and not any(sign in each for sign in METHOD))]
    return ROUNDED.sub(lambda found: f":{SHORTER[found[1]]}}}", " ".join(news))
