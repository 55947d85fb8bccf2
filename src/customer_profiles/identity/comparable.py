"""Records in the form in which they are compared: every value a number, equal for equal values, and its spelling once.

Values that say nothing are missing: what more records share than one household can have, and placeholder days.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from . import normalise

MISSING = -1
# More records than this share a real address or number only if it is a placeholder such as a branch's own,
LARGEST_SHARE = 20
# and so if people of more surnames than a household has give it.
MOST_SURNAMES = 5
# A day that this many times as many people are born on as on others is what a form fills in.
MANY_TIMES = 20
_NUMBER = re.compile(r"\d+[a-z]?$")


@dataclass
class Comparable:
    """Columns of codes, each with the distinct values that the codes number.

    Parameters
    ----------
    n : int
        Records.
    codes : dict of str to ndarray of int32, shape (records,)
        ``first, last`` (numbered alike, so that swapped names can be seen), ``email, phone, street, postal_code,
        birth_date``; `MISSING` where not given.
    values : dict of str to ndarray
        Distinct values; days as ``yyyymmdd``.
    ids : DataFrame, shape (records, 2), optional
        ``space`` and ``raw_id``, by which equally probable links are ordered whatever the order of the records.
    """

    n: int
    codes: dict[str, np.ndarray] = field(default_factory=dict)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    ids: pd.DataFrame | None = None

    def derived(self, column: str, name: str, change: Callable[[str], str]) -> np.ndarray:
        """Codes of something made from each distinct value, such as how a name sounds; empty texts are missing."""
        key = f"{column}:{name}"
        if key not in self.codes:
            made = np.array([change(value) for value in self.values[column]], dtype="object")
            codes, distinct = pd.factorize(made)
            codes = np.where(made == "", MISSING, codes).astype("int32") if len(made) else np.empty(0, "int32")
            self.values[key] = distinct
            self.codes[key] = np.append(codes, np.int32(MISSING))[self.codes[column]]
        return self.codes[key]

    def frequency(self, column: str, usual: float, strength: int = 500) -> np.ndarray:
        """Share of records that have each distinct value, drawn towards `usual` where there are few records."""
        codes = self.codes[column]
        known = codes[codes != MISSING]
        counts = np.bincount(known, minlength=len(self.values[column]))
        return (np.maximum(counts - 1, 0) + strength * usual) / (len(known) + strength)


def comparable(records: pd.DataFrame) -> Comparable:
    """Matching columns of records in normal form.

    Parameters
    ----------
    records : DataFrame, shape (records, columns)
        Any of name, first_name, last_name, email, phone, street, postal_code (text) and birth_date.
    """
    known = Comparable(len(records), ids=records[["space", "raw_id"]] if "raw_id" in records else None)
    nothing = pd.Series(None, index=records.index, dtype="str")
    names = normalise.names(records)
    both, vocabulary = pd.factorize(pd.concat([names["first"], names["last"]]), use_na_sentinel=True)
    vocabulary = np.asarray(vocabulary, dtype="object")
    known.codes |= {"first": both[: known.n].astype("int32"), "last": both[known.n :].astype("int32")}
    known.values |= {"first": vocabulary, "last": vocabulary}
    for column, normal in (
        ("email", normalise.emails),
        ("phone", normalise.phones),
        ("street", normalise.streets),
        ("postal_code", normalise.postal_codes),
    ):
        _add(known, column, normal(records.get(column, nothing)))
    births = records.get("birth_date", pd.Series(pd.NaT, index=records.index, dtype="datetime64[us]")).dt
    _add(known, "birth_date", births.year * 10_000 + births.month * 100 + births.day)
    for column in ("email", "phone"):
        _without_placeholders(known, column)
    _without_placeholder_days(known)
    return known


def house_number(street: str) -> str:
    """Number at the end of a street in normal form.

    >>> house_number("langestr5a"), house_number("amtor")
    ('5a', '')
    """
    found = _NUMBER.search(street)
    return found[0] if found else ""


def _add(known: Comparable, column: str, values: pd.Series) -> None:
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    kind = "int64" if column == "birth_date" else "object"
    known.codes[column], known.values[column] = codes.astype("int32"), np.asarray(distinct, dtype=kind)


def _without_placeholders(known: Comparable, column: str) -> None:
    codes = known.codes[column]
    counts = np.bincount(codes[codes != MISSING], minlength=len(known.values[column]))
    shared = np.append(counts > MOST_SURNAMES, False)[codes] & (codes != MISSING) & (known.codes["last"] != MISSING)
    pairs = np.unique(np.column_stack([codes[shared], known.codes["last"][shared]]), axis=0)
    surnames = np.bincount(pairs[:, 0], minlength=len(counts))
    placeholder = (counts > LARGEST_SHARE) | (surnames > MOST_SURNAMES)
    known.codes[column] = np.where(np.append(placeholder, False)[codes], MISSING, codes).astype("int32")


def _without_placeholder_days(known: Comparable) -> None:
    codes = known.codes["birth_date"]
    counts = np.bincount(codes[codes != MISSING], minlength=len(known.values["birth_date"]))
    usual = np.median(counts) if len(counts) else 0
    placeholder = (counts > LARGEST_SHARE) & (counts > MANY_TIMES * usual)
    known.codes["birth_date"] = np.where(np.append(placeholder, False)[codes], MISSING, codes).astype("int32")
