"""What exports do to texts: letters decoded twice or lost, ids rounded by a spreadsheet, totals among the rows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from ...messages import N_

# Rules of cleaning by which a damaged text becomes missing.
DAMAGES = ("damaged_letters", "spreadsheet_errors")
# UTF-8 read as Windows-1252 shows ü as Ã¼, – as â€“; read so, each of these pairs is UTF-8 again.
_TWICE = (
    "[\u00c2-\u00f4][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018-\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)
_LOST = "\ufffd"
# What spreadsheets and databases write into text files where they have no value.
_ERRORS = {"#n/a", "#nv", "#ref!", "#bezug!", "#value!", "#wert!", "#div/0!", "#name?", "#null!", "#num!", "#zahl!"}
_NO_ID = {"null", "(null)", "none", "nan", "undefined", "\\n"}
_TOTAL = {
    word + end
    for word in (
        *("total", "totals", "grand total", "subtotal", "sub-total", "sum"),
        *("summe", "gesamt", "gesamtsumme", "gesamtergebnis", "zwischensumme", "endsumme", "insgesamt"),
    )
    for end in ("", ":")
}


def damaged(texts: pd.Series) -> dict[str, np.ndarray]:
    """Which texts are not what was entered, by the rule that says so; shapes as `texts`.

    A text counts as decoded twice only if decoding it back gives valid UTF-8.
    """
    if texts.str.isascii().fillna(True).all():
        letters = np.zeros(len(texts), dtype=bool)
    else:
        letters = texts.str.contains(_LOST, na=False, regex=False).to_numpy(dtype=bool, copy=True)
        for position in np.flatnonzero(texts.str.contains(_TWICE, na=False).to_numpy(dtype=bool) & ~letters):
            letters[position] = _was_decoded_twice(texts.iloc[position])
    errors = texts.str.startswith("#", na=False).to_numpy(dtype=bool)
    if errors.any():
        shown = texts.str.casefold()
        errors = (shown.isin(_ERRORS) | shown.str.fullmatch("#{3,}", na=False)).to_numpy(dtype=bool)
    return dict(zip(DAMAGES, (letters, errors), strict=True))


def _was_decoded_twice(text: str) -> bool:
    for run in re.findall(r"[^\x00-\x7f]{2,}", text):
        try:
            run.encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        return True
    return False


def no_ids(texts: pd.Series, is_id: bool, required: bool) -> np.ndarray:
    """Why a text does not name anything, None where it does; shape as `texts`.

    Parameters
    ----------
    texts : Series of str
        Distinct values of a column.
    is_id : bool
        Whether they are ids rather than names.
    required : bool
        Whether a row is nothing without it.
    """
    reasons = np.full(len(texts), None, dtype="object")
    if required:
        folded = texts.str.lower()
        reasons[folded.isin(_TOTAL).to_numpy()] = N_("looks like a row of totals; leave it out or set 'last_rows'")
        if is_id:
            reasons[folded.isin(_NO_ID).to_numpy()] = N_("a word for 'no value'; name it under 'empty' if it is one")
    if is_id:
        plus = np.flatnonzero(texts.str.contains("+", regex=False, na=False))
        rounded = [place for place in plus if re.fullmatch(r"\d(?:[.,]\d+)?[eE]\+\d+", texts.iloc[place])]
        reasons[rounded] = N_("an id as a spreadsheet shortens it, its last digits are lost; export it as text")
    return reasons
