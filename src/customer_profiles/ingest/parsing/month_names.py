"""Names of months in the languages that exports are written in, for dates such as "3. März 2025"."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

import pandas as pd
from babel.dates import get_month_names

LOCALES = ("en", "de", "de_AT", "fr", "it", "es", "nl", "pt", "sv", "da", "nb", "pl")
_OTHERS = {"mär": 3, "mrz": 3, "sept": 9}
"""Short forms that systems write and the Unicode CLDR does not know."""
_DAYS = ("%d-%b-%Y", "%b %d, %Y", "%d %b %Y", "%d. %b %Y", "%b %d %Y", "%d/%b/%Y", "%a, %d %b %Y", "%d-%b-%y")
_CLOCKS = ("", "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_WORD = re.compile(r"[^\W\d_]+\.?")


@cache
def _months() -> dict[str, int]:
    """Number of each name that means one month only."""
    found: dict[str, set[int]] = {name: {number} for name, number in _OTHERS.items()}
    for locale in LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    found.setdefault(str(name).casefold().rstrip("."), set()).add(number)
    return {name: next(iter(numbers)) for name, numbers in found.items() if len(numbers) == 1}


@cache
def _english() -> dict[int, str]:
    return dict(get_month_names("abbreviated", "format", "en"))


def in_english(texts: pd.Series) -> pd.Series:
    """Dates with the short English name of their month in place of its name in another language.

    >>> in_english(pd.Series(["3. März 2025", "12. Okt. 2024", "1 May 2025"])).tolist()
    ['3. Mar 2025', '12. Oct 2024', '1 May 2025']
    """
    english, known = _english(), _months()

    def renamed(word: re.Match[str]) -> str:
        number = known.get(word[0].casefold().rstrip("."))
        return str(english[number]) if number else word[0]

    return texts.str.replace(_WORD, renamed, regex=True)


def form_with_names(texts: pd.Series) -> str:
    """How days are written whose months have names, with or without a time; "" if they are none.

    >>> form_with_names(pd.Series(["Jan 5, 2025, 3:12:44 AM", "May 28, 2025, 11:02:00 PM"]))
    '%b %d, %Y, %I:%M:%S %p'
    """
    english = in_english(texts)
    if texts.empty or not english.str.contains(rf"\b(?:{'|'.join(_english().values())})\b.*\d", regex=True).all():
        return ""
    for day, sign, clock in product(_DAYS, (" ", ", "), _CLOCKS):
        form = f"{day}{sign}{clock}" if clock else day
        if pd.to_datetime(english, format=form, errors="coerce").notna().all():
            return form
    return ""
