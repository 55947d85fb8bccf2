"""Comparisons that are judged together: how many there are, and which of them are more than chance.

Within a family the false discovery rate is kept by Benjamini–Hochberg; a family as a whole is judged by its Simes
p-value, so that a report can correct between families too (Benjamini & Bogomolov 2014, J. R. Statist. Soc. B
76:297–318): ``benjamini_hochberg([family.simes for family in families])``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

ALPHA = 0.05
"""False discovery rate promised for every family of comparisons."""

_SAME = 1e-9
"""Relative difference up to which two p-values are the same: rounding separates those of mirror images."""


@dataclass(frozen=True)
class Family:
    """The comparisons that were made to answer one question.

    Parameters
    ----------
    p : tuple of float
        Raw p-value of each comparison, none missing; see `Family.of` for a table's.

    >>> family = Family((0.01, 0.04, 0.03))
    >>> family.size, round(family.simes, 3)
    (3, 0.03)
    >>> family.adjust([0.04, float("nan")]).round(3).tolist()
    [0.04, nan]
    >>> family.claim([0.01, 0.04, float("nan")]).tolist()
    [True, True, False]
    """

    p: tuple[float, ...] = ()

    @classmethod
    def of(cls, p: ArrayLike, questions: list[ArrayLike] | None = None) -> Family:
        """The family of a column of p-values.

        Parameters
        ----------
        p : array_like
            NaN marks comparisons that were not made.
        questions : list of array_like, optional
            Columns that name a question. Where a question has exactly two comparisons with the same p-value (the
            shares of two values are mirror images) it counts once. Default: every comparison counts.
        """
        column = pd.Series(np.asarray(p, float))
        made = column.notna().to_numpy()
        once = column[made]
        if questions and len(once):
            groups = once.groupby([np.asarray(name)[made] for name in questions], sort=False, dropna=False)
            low, high = groups.transform("min"), groups.transform("max")
            twins = (groups.transform("size") == 2) & np.isclose(low, high, rtol=_SAME, atol=0)
            once = once[~twins | (groups.cumcount() == 0)]
        return cls(tuple(once.tolist()))

    @property
    def size(self) -> int:
        """Number of comparisons."""
        return len(self.p)

    @property
    def simes(self) -> float:
        """p-value of "none of the comparisons differs", see `simes`."""
        return simes(self.p)

    def adjust(self, p: ArrayLike | None = None) -> np.ndarray:
        """Adjusted p-value of each raw one, default all in their order; NaN stays NaN.

        Raises
        ------
        ValueError
            If a p-value is none of the family's.
        """
        p = np.asarray(self.p if p is None else p, float)
        known = np.sort(np.asarray(self.p, float))
        made = ~np.isnan(p)
        place = np.searchsorted(known, p[made] * (1 - _SAME)).clip(max=max(self.size - 1, 0))
        if made.any() and not (self.size and np.allclose(known[place], p[made], rtol=_SAME, atol=0)):
            raise ValueError("a p-value is none of this family's")
        adjusted = np.full(p.shape, np.nan)
        adjusted[made] = benjamini_hochberg(known)[place]
        return adjusted

    def claim(self, p: ArrayLike | None = None) -> np.ndarray:
        """Which of the raw p-values, default all, are more than chance at `ALPHA`; those not made are not."""
        return self.adjust(p) <= ALPHA


def benjamini_hochberg(p: ArrayLike) -> np.ndarray:
    """Adjust a family of p-values so that rejecting those ≤ 0.05 keeps the false discovery rate at 5 %.

    Parameters
    ----------
    p : array_like
        p-values; NaN marks comparisons that were not made: they stay NaN and do not count in the family.

    References
    ----------
    Benjamini & Hochberg (1995), J. R. Statist. Soc. B 57:289–300.

    >>> benjamini_hochberg([0.01, float("nan"), 0.04, 0.03]).tolist()
    [0.03, nan, 0.04, 0.04]
    """
    adjusted = np.array(p, float)
    made = ~np.isnan(adjusted)
    if made.any():
        adjusted[made] = scipy.stats.false_discovery_control(adjusted[made])
    return adjusted


def simes(p: ArrayLike) -> float:
    """p-value of "nothing differs in this family": the smallest adjusted one; NaN if no comparison was made.

    References
    ----------
    Simes (1986), Biometrika 73:751–754; valid under positive dependence: Sarkar (1998), Ann. Statist. 26:494–504.
    """
    adjusted = benjamini_hochberg(p)
    return float(np.nanmin(adjusted)) if np.isfinite(adjusted).any() else float("nan")
