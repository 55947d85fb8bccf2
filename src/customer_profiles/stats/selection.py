"""Intervals of what is told because it stood out.

Of many comparisons the sentences tell those that differ, and of these a plain 95 % interval misses the truth too often:
the largest of many estimates is large by chance, too. Benjamini & Yekutieli (2005, JASA 100:71–81) give each of R rows
selected among m an interval at 1 − 0.05 R/m, so that of all intervals told at most 5 % miss (false coverage rate).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .families import ALPHA
from .intervals import z_value

ON_LOG_SCALE = ("index", "ratio", "to_all", "lift", "rate", "odds", "hazard")
"""Parts of the names of columns whose intervals were made on the log scale."""


def widened(table: pd.DataFrame, family: int) -> pd.DataFrame:
    """A table whose claimed rows have the intervals of selected ones.

    Parameters
    ----------
    table : DataFrame
        Any columns ``x, x_low, x_high`` are an estimate with its 95 % interval; ``claim`` tells the rows selected.
    family : int
        Comparisons among which they were selected.

    Returns
    -------
    DataFrame
        The same, the ends of the claimed rows moved outwards by the ratio of the normal quantiles, on the log scale
        for ratios; shares stay between 0 and 1. Unchanged where nothing or everything was claimed.
    """
    if "claim" not in table or not len(table):
        return table
    claimed = table["claim"].fillna(False).astype(bool).to_numpy()
    if not 0 < claimed.sum() < family:
        return table
    factor = z_value(1 - ALPHA * claimed.sum() / family) / z_value(1 - ALPHA)
    changed = {}
    for name in table.columns:
        if f"{name}_low" not in table or f"{name}_high" not in table:
            continue
        x, low, high = (
            pd.to_numeric(table[column], errors="coerce").to_numpy(float)
            for column in (name, f"{name}_low", f"{name}_high")
        )
        log = any(part in name for part in ON_LOG_SCALE) & (np.minimum(x, low) > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = [np.where(log, x * (end / x) ** factor, x + (end - x) * factor) for end in (low, high)]
        if "share" in name:
            ends = [np.clip(end, 0.0, 1.0) for end in ends]
        for column, before, end in zip((f"{name}_low", f"{name}_high"), (low, high), ends, strict=True):
            changed[column] = np.where(claimed, end, before)
    return table.assign(**changed)
