"""What a run may see: nothing that happened after its date, and nothing as it was settled later."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import contract
from .ledger import Account


def late(table: str, rows: pd.DataFrame, end: pd.Timestamp) -> np.ndarray:
    """Rows that happened at or after `end`, the first moment that the run does not see."""
    column = contract.HAPPENED_AT.get(table)
    return (rows[column] >= end).to_numpy() if column in rows else np.zeros(len(rows), dtype=bool)


def as_it_stood(rows: pd.DataFrame, end: pd.Timestamp, account: Account) -> pd.DataFrame:
    """Rows as they stood before `end`: what was settled later is still open, and counted as changed."""
    if not {"closed_at", "until", "converted_at", "responded_at"} & set(rows):
        return rows
    rows, before = rows.copy(), rows
    for column, dependent in (("closed_at", "resolution"), ("until", None), ("converted_at", None)):
        if column in rows:
            future = rows[column] >= end
            rows[column] = rows[column].mask(future)
            if dependent in rows:
                rows[dependent] = rows[dependent].mask(future)
    if "responded_at" in rows:
        rows["responded_at"] = rows.responded_at.mask(rows.responded_at >= end)
        rows["responded"] = rows.responded_at.notna().astype("boolean")
    for column in {"closed_at", "resolution", "until", "converted_at", "responded_at"} & set(rows):
        given, left = int(before[column].notna().sum()), int(rows[column].notna().sum())
        account.cleaned.count("later_values", column, given, left, given - left)
    return rows
