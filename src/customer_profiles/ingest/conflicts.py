"""One id for two persons: neither is taken for the other, and neither for the customer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..identity.normalise import emails, names, phones
from ..messages import N_
from .ledger import Account

TWO_PERSONS = N_("one id for two different persons; mend it in the source")
_CONTACTS = {"email": emails, "phone": phones, "birth_date": lambda days: days}


def set_conflicts_aside(
    parts: list[pd.DataFrame], repeated: list[pd.DataFrame], account: Account, column: str
) -> list[pd.DataFrame]:
    """Take back all rows of ids that a source gives to two persons; a refusal among them still counts.

    Parameters
    ----------
    parts : list of DataFrame
        Records of one source with raw_id, counts, refused, and the file and row they stand at.
    repeated : list of DataFrame
        Its further rows of an id, so far counted as duplicates.
    account : Account
        Where they are counted instead.
    column : str
        Canonical column of the id.

    Returns
    -------
    list of DataFrame
        The records that remain.
    """
    again = pd.concat(repeated, ignore_index=True) if repeated else pd.DataFrame()
    if again.empty:
        return parts
    known = set(again.raw_id)
    first = pd.concat([part[part.counts & part.raw_id.isin(known)] for part in parts], ignore_index=True)
    of_first = first.set_index("raw_id").reindex(again.raw_id).reset_index(drop=True)
    others = again[different_persons(again, of_first)]
    if others.empty:
        return parts
    taken = set(others.raw_id)
    rows = pd.concat([first[first.raw_id.isin(taken)], others])
    shown = ", ".join(account.source.mapped[column].reads)
    for file, rows_of_file in rows.sort_values("row").groupby("file", sort=True):
        account.add_faults(file, [(int(row), shown, TWO_PERSONS, "") for row in rows_of_file.row])
    account.duplicate -= len(others)
    account.cleaned.count("repeated_ids", column, 0, len(others), -len(others))
    parts = [part.assign(counts=part.counts & ~part.raw_id.isin(taken)) for part in parts]
    return [part[part.counts | part.refused] for part in parts]


def different_persons(one: pd.DataFrame, other: pd.DataFrame) -> np.ndarray:
    """Which rows of two tables of one length are of two persons.

    They are if both have a first and a last name, share none of these words, and have no e-mail address, phone
    number or day of birth in common. A person who married or moved keeps at least one of them.
    """
    same = np.zeros(len(one), dtype=bool)
    for name, plain in _CONTACTS.items():
        if name in one and name in other:
            same |= plain(one[name]).eq(plain(other[name])).fillna(False).to_numpy(dtype=bool)
    different = np.zeros(len(one), dtype=bool)
    rows = np.flatnonzero(~same)
    words = [_words(table.iloc[rows].reset_index(drop=True)) for table in (one, other)]
    for row, left, right in zip(rows, *words, strict=True):
        different[row] = len(left) > 1 and len(right) > 1 and not left & right
    return different


def _words(rows: pd.DataFrame) -> list[set[str]]:
    """Words of each row's name."""
    known = names(rows)
    both = known["first"].fillna("").str.cat(known["last"].fillna(""), sep=" ")
    return [set(text.split()) for text in both]
