"""How the explained part of a score divides between its drivers: LMG shares, which are Shapley values of R²."""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

import numpy as np

RIDGE = 1e-9
"""Added to the diagonal of a correlation matrix, so that drivers which say exactly the same can be solved for."""


class Moments(NamedTuple):
    """Correlations of a score with the columns of all candidates, and of the columns among themselves.

    Parameters
    ----------
    inner : ndarray, shape (columns, columns)
    outer : ndarray, shape (columns,)
    groups : ndarray of int, shape (columns,)
        Candidate that each column belongs to.
    """

    inner: np.ndarray
    outer: np.ndarray
    groups: np.ndarray


def moments(x: np.ndarray, y: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None) -> Moments:
    """Weighted correlations.

    Parameters
    ----------
    x : ndarray, shape (answers, columns)
    y : ndarray, shape (answers,)
    groups : ndarray of int, shape (columns,)
    weights : ndarray, shape (answers,), optional
        How often each answer counts, for example in a resample. A column without spread gets correlations of 0.
    """
    weights = np.ones(len(y)) if weights is None else weights
    both = np.column_stack([x, y])
    both = both - weights @ both / weights.sum()
    products = (both * weights[:, None]).T @ both
    spread = np.sqrt(np.maximum(np.diag(products), 0))
    scale = np.where(spread > 1e-9 * np.sqrt(weights.sum()), spread, np.inf)
    correlations = products / np.outer(scale, scale)
    return Moments(correlations[:-1, :-1], correlations[:-1, -1], np.asarray(groups))


def r_squared(found: Moments, columns: np.ndarray) -> float:
    """Share of the score's variance that a regression on some of the columns explains."""
    inner, outer = found.inner[np.ix_(columns, columns)], found.outer[columns]
    return float(outer @ np.linalg.solve(inner + RIDGE * np.eye(len(outer)), outer)) if len(outer) else 0.0


def alone(found: Moments, n: int) -> np.ndarray:
    """Adjusted R² of each candidate by itself, shape (candidates,); by it candidates are chosen for `lmg`."""
    result = []
    for group in range(int(found.groups.max()) + 1 if len(found.groups) else 0):
        columns = np.flatnonzero(found.groups == group)
        k = int((np.diag(found.inner)[columns] > 0).sum())
        result.append(1 - (1 - r_squared(found, columns)) * (n - 1) / max(n - k - 1, 1))
    return np.array(result)


def lmg(found: Moments, chosen: np.ndarray) -> np.ndarray:
    """R² of a regression on the chosen candidates, divided between them.

    Parameters
    ----------
    found : Moments
    chosen : ndarray of int, shape (m,)
        Candidates; their 2^m subsets are all computed, so keep m ≤ 12.

    Returns
    -------
    ndarray, shape (m,)
        What each adds to R², averaged over all orders in which the candidates may enter; adds up to R². The columns
        of a candidate (its values) enter together.

    Notes
    -----
    Own code, because every resample divides R² anew: with 8 drivers of 2,000 answers a hundred times as fast as
    statsmodels' ``OLS`` on each of the 256 subsets (measured November 2026).

    References
    ----------
    Lindeman, Merenda & Gold (1980), Introduction to Bivariate and Multivariate Analysis, p. 119 ff.; Grömping (2007),
    The American Statistician 61:139–147; the same value by Shapley (1953).
    """
    m = len(chosen)
    columns = np.flatnonzero(np.isin(found.groups, chosen))
    inner, outer = found.inner[np.ix_(columns, columns)], found.outer[columns]
    place = {group: bit for bit, group in enumerate(chosen)}
    bit = np.array([place[group] for group in found.groups[columns]], dtype=int)
    subsets = np.arange(2**m)
    inside = (subsets[:, None] >> bit & 1).astype(float)
    # Columns outside a subset are cut off from the others and from the score: all subsets are one stack of systems.
    systems = inner * inside[:, :, None] * inside[:, None, :]
    at = np.arange(len(columns))
    systems[:, at, at] += RIDGE + (1 - inside)
    right = outer * inside
    explained = (right * np.linalg.solve(systems, right[:, :, None])[:, :, 0]).sum(axis=1)
    size = np.array([int(subset).bit_count() for subset in subsets])
    shares = np.empty(m)
    for candidate in range(m):
        without = np.flatnonzero(subsets >> candidate & 1 == 0)
        weight = [factorial(s) * factorial(m - s - 1) / factorial(m) for s in size[without]]
        shares[candidate] = np.dot(weight, explained[without | 1 << candidate] - explained[without])
    return shares
