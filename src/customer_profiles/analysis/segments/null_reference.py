"""Simulated customers without segments: what clusters are compared with before they are called natural.

A clustering of anything finds clusters. Whether the data had any is asked against a copy that keeps what needs no
segments to explain: the values of every column, which values are missing together, and how strongly columns move
together (a Gaussian copula). This is the parametric bootstrap of Hennig and Lin (2015), "Flexible parametric
bootstrap for testing homogeneity against clustering", with the copula for mixed data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from .embedding import is_number

MIN_STRATUM = 30  # rows; patterns of missing values rarer than this are simulated together
RIDGE = 1e-6  # keeps the correlation matrix of redundant columns positive definite


class Continuum:
    """Draws copies of customers that have the same columns but no segments.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    columns : sequence of str
        Numbers and categories to copy.
    along : ndarray, shape (customers,)
        Coordinate on the main direction of the data: levels of a category are put in the order of their mean
        position on it, because a copula needs an order.
    """

    def __init__(self, profile: pd.DataFrame, columns: Sequence[str], along: np.ndarray):
        self._values = profile[list(columns)].reset_index(drop=True)
        ranks = pd.DataFrame(
            {name: _position(self._values[name], along).rank(na_option="bottom", method="average") for name in columns}
        )
        self._strata = []
        for rows in _strata(self._values):
            ordered = np.argsort(ranks.to_numpy()[rows], axis=0, kind="stable")
            self._strata.append((rows, ordered, _factor(ranks.iloc[rows])))

    def rows(self, rng: np.random.Generator) -> np.ndarray:
        """One copy, as the row of the original from which each cell is taken, shape (customers, columns).

        Every column is a permutation of the original within its pattern of missing values.
        """
        taken = np.empty(self._values.shape, dtype=np.intp)
        for rows, ordered, factor in self._strata:
            latent = rng.standard_normal((len(rows), factor.shape[0])) @ factor.T
            place = latent.argsort(axis=0).argsort(axis=0)
            taken[rows] = rows[np.take_along_axis(ordered, place, axis=0)]
        return taken

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """One copy."""
        taken = self.rows(rng)
        return pd.DataFrame({name: self._values[name].array[taken[:, j]] for j, name in enumerate(self._values)})


def _position(values: pd.Series, along: np.ndarray) -> pd.Series:
    """A column as something that can be ranked."""
    if is_number(values):
        return values.astype(float)
    text = values.astype("object").where(values.notna(), None).map(str, na_action="ignore")
    return text.map(pd.Series(along).groupby(text.to_numpy()).mean()).astype(float)


def _strata(values: pd.DataFrame) -> list[np.ndarray]:
    """Rows with the same pattern of jointly missing values: those who never bought, those without a CRM record …"""
    missing = values.isna()
    masks = [missing[name].to_numpy().tobytes() for name in values]
    shared = [name for name, mask in zip(values, masks, strict=True) if masks.count(mask) > 1 and missing[name].any()]
    pattern = pd.Series("", values.index)
    for name in shared:
        pattern += np.where(missing[name], "1", "0")
    sizes = pattern.map(pattern.value_counts())
    pattern = pattern.where(sizes >= MIN_STRATUM, "rare")
    return [np.flatnonzero(pattern == level) for level in sorted(pattern.unique())]


def _factor(ranks: pd.DataFrame) -> np.ndarray:
    """Cholesky factor of the correlation of normal scores; a column that does not vary correlates with nothing."""
    scores = norm.ppf((ranks.rank().to_numpy() - 0.5) / len(ranks))
    spread = scores.std(axis=0)
    scores = (scores - scores.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlation = scores.T @ scores / len(scores)
    np.fill_diagonal(correlation, 1.0)
    return np.linalg.cholesky((correlation + RIDGE * np.eye(len(correlation))) / (1 + RIDGE))
