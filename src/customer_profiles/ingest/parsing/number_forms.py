"""Ways to write a number that mean one thing only, as patterns with what is written instead."""

from __future__ import annotations

import pandas as pd

NUMBER_FORMS = (
    (r"^'(?=[-+(\d])", ""),  # with which a spreadsheet is told that it is a text
    ("\u2212", "-"),
    (r"^\((.+)\)$", r"-\1"),  # accounts: (5.00)
    (r"^(\d.*\d|\d)\s*-$", r"-\1"),  # SAP: 5,00-
)
_ODD = r"['\u2212(]|-\s*$"
CURRENCY_SIGN = r"[€$£¥]|(?:^|[\s\d])[A-Z]{3}(?:[\s\d]|$)"


def plain_numbers(texts: pd.Series, sign: str | None = None) -> pd.Series:
    """Numbers with their minus in front and nothing else around them, also without the sign of the declared currency.

    >>> plain_numbers(pd.Series(["1.234,50-", "(€5.00)", "'-5.00", "\u22125"], dtype="str"), "€").tolist()
    ['-1.234,50', '-5.00', '-5.00', '-5']
    """
    if sign:
        texts = texts.str.replace(sign, "", regex=False).str.strip()
    odd = texts.str.contains(_ODD, na=False)
    if not odd.any():
        return texts
    plain = texts[odd].str.strip()
    for pattern, written in NUMBER_FORMS:
        plain = plain.str.replace(pattern, written, regex=True)
    return texts.where(~odd, plain)
