"""Which pairs of records are compared at all: those that share a key, in blocks of bounded size.

All pairs of a million records are half a trillion; two records of one person nearly always share one of these keys.
"""

from __future__ import annotations

import numpy as np

from .comparable import LARGEST_SHARE, MISSING, Comparable
from .phonetics import cologne, root

# A larger block is a coincidence of frequent values, such as two common names in one city; its pairs share another key.
LARGEST_BLOCK = 40
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def candidate_pairs(known: Comparable) -> np.ndarray:
    """Pairs of records that share a key.

    Returns
    -------
    ndarray of int64, shape (pairs,)
        ``left * records + right`` with left < right, sorted, each pair once.
    """
    known.derived("first", "root", root)
    known.derived("first", "sound", lambda name: cologne(root(name)))
    known.derived("last", "sound", cologne)
    found = [
        _pairs_of_block(_key(known, columns), limit)
        for columns, limit in (
            (("email",), LARGEST_SHARE),
            (("phone",), LARGEST_SHARE),
            (("street", "postal_code"), LARGEST_SHARE),
            (("birth_date", "first:sound"), LARGEST_BLOCK),
            (("birth_date", "last:sound"), LARGEST_BLOCK),
            (("birth_date", "postal_code"), LARGEST_BLOCK),
            (("first:sound", "last:sound", "postal_code"), LARGEST_BLOCK),
            (("first:root", "last", "street"), LARGEST_BLOCK),
        )
    ]
    return np.unique(np.concatenate(found))


def _key(known: Comparable, columns: tuple[str, ...]) -> np.ndarray:
    """One number for the values of several columns, 0 where one is missing."""
    key, given = np.zeros(known.n, dtype="uint64"), np.ones(known.n, dtype=bool)
    for column in columns:
        codes = known.codes[column]
        given &= codes != MISSING
        key = (key ^ (codes.astype("uint64") + np.uint64(1))) * _PRIME
        key ^= key >> np.uint64(29)
    return np.where(given, np.maximum(key, 1), 0)


def _pairs_of_block(key: np.ndarray, limit: int) -> np.ndarray:
    """Pairs with the same key, of blocks of two up to `limit` records."""
    n = len(key)
    order = np.argsort(key, kind="stable")
    order = order[np.searchsorted(key[order], 1) :]
    ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, "int64")
    size = np.diff(np.r_[starts, len(ordered)])
    kept = np.repeat((size > 1) & (size <= limit), size)
    order, ordered = order[kept].astype("int64"), ordered[kept]
    found = []
    at = np.arange(len(order) - 1)
    for step in range(1, limit):
        at = at[at + step < len(order)]
        at = at[ordered[at] == ordered[at + step]]
        if not len(at):
            break
        found.append(order[at] * n + order[at + step])  # a stable sort keeps positions of a block ascending
    return np.concatenate(found) if found else np.empty(0, "int64")
