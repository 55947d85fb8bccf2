"""How good a matching is where the truth is known.

Pairs are what matching decides on, so precision and recall of pairs tell how it works; B-cubed averages over records
instead, so that one large wrong group does not drown the rest.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from customer_profiles.stats.intervals import Estimate, wilson


def pairwise(found: ArrayLike, true: ArrayLike) -> dict[str, Estimate]:
    """Precision and recall of the pairs that two groupings of records make.

    Parameters
    ----------
    found, true : array_like, shape (records,)
        Group of each record.

    Returns
    -------
    dict
        ``precision`` and ``recall`` with Wilson intervals over pairs; NaN where there is no pair to judge.

    >>> pairwise([0, 0, 1, 1], [0, 0, 0, 1])["precision"].value
    0.5
    """
    found, true = _codes(found), _codes(true)
    both = _pairs(_codes(found * (true.max(initial=0) + 1) + true))
    return {name: _share(both, _pairs(groups)) for name, groups in (("precision", found), ("recall", true))}


def b_cubed(found: ArrayLike, true: ArrayLike, seed: int = 1, resamples: int = 500) -> dict[str, Estimate]:
    """B-cubed precision and recall: of each record's group, the share that is right, averaged over records.

    Intervals are bootstrap percentiles over true persons, because the records of one person stand or fall together.

    Parameters
    ----------
    found, true : array_like, shape (records,)
        Group of each record.

    References
    ----------
    Bagga & Baldwin (1998), "Entity-Based Cross-Document Coreferencing Using the Vector Space Model", COLING-ACL.

    >>> round(b_cubed([0, 0, 1, 1], [0, 0, 0, 1])["precision"].value, 3)
    0.75
    """
    found, true = _codes(found), _codes(true)
    both = _codes(found * (true.max(initial=0) + 1) + true)
    right = np.bincount(both)[both]
    persons = np.bincount(true)
    scores = {}
    for name, groups in (("precision", found), ("recall", true)):
        share = right / np.bincount(groups)[groups]
        per_person = np.column_stack([np.bincount(true, weights=share), persons])
        ends = (math.nan, math.nan)
        if len(per_person) > 1:
            told = {"paired": True, "n_resamples": resamples, "batch": 50, "method": "percentile", "rng": seed}
            ends = stats.bootstrap(per_person.T, ratio, **told).confidence_interval
        scores[name] = Estimate(float(ratio(*per_person.T)), *map(float, ends))
    return scores


def ratio(top: np.ndarray, bottom: np.ndarray, axis: int = -1) -> np.ndarray:
    return top.sum(axis) / bottom.sum(axis)


def _codes(groups: ArrayLike) -> np.ndarray:
    return np.unique(np.asarray(groups), return_inverse=True)[1].astype("int64")


def _pairs(codes: np.ndarray) -> int:
    size = np.bincount(codes) if len(codes) else np.zeros(1, dtype="int64")
    return int((size * (size - 1) // 2).sum())


def _share(k: int, n: int) -> Estimate:
    if not n:
        return Estimate(math.nan, math.nan, math.nan)
    low, high = wilson(k, n)
    return Estimate(k / n, float(low), float(high))
