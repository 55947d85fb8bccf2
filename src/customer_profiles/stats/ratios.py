"""Change of a total or of a ratio of totals between two periods, when the same customers stand in both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from .intervals import z_value


class Change(NamedTuple):
    """A ratio in two periods and how far they are apart."""

    now: float
    before: float
    low: float
    high: float
    """Interval of ``now − before``."""
    p: float


def change(top: ArrayLike, bottom: ArrayLike | None, top_before: ArrayLike, bottom_before: ArrayLike | None) -> Change:
    """Σ top / Σ bottom now against before, one entry per customer, each customer being one cluster.

    A customer's answers, orders and cases of both periods hang together, so the error comes from the customers and not
    from the rows: the ratio is linearised and its contributions summed by customer, which is what a weighted regression
    with errors clustered by customer gives (statsmodels, the referee of the test), and it also holds where somebody
    has cases without orders. Under "both periods are alike" contributions are symmetric, for which this kind of
    statistic errs on the safe side even with heavy tails (Efron 1969).

    Parameters
    ----------
    top, bottom, top_before, bottom_before : array_like
        Sums of each customer, 0 where there is nothing. Without `bottom` the totals themselves are compared.

    Returns
    -------
    Change
        NaN where a period has nothing below the line.

    References
    ----------
    Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, section 5.6; Efron (1969), Student's t-test
    under symmetry conditions, JASA 64:1278–1302.

    >>> found = change([3, 2, 4, 3], [1, 1, 1, 1], [1, 1, 2, 1], [1, 1, 1, 1])
    >>> found.now, found.before, round(found.p, 3)
    (3.0, 1.25, 0.001)
    """
    (now, parts), (before, others) = linearised(top, bottom), linearised(top_before, bottom_before)
    contributions = parts - others
    difference, error = now - before, error_of(contributions)
    if not error > 0 or np.isnan(difference):
        used = np.count_nonzero(contributions)
        return Change(now, before, np.nan, np.nan, np.nan if used or np.isnan(difference) else 1.0)
    half = z_value() * error
    return Change(
        now, before, difference - half, difference + half, float(2 * scipy.special.ndtr(-abs(difference) / error))
    )


def estimate(top: ArrayLike, bottom: ArrayLike | None) -> tuple[float, float, float]:
    """Σ top / Σ bottom, or Σ top, with its interval; entries and errors as of `change`.

    >>> [round(x, 2) for x in estimate([3, 2, 4, 3], [1, 1, 1, 1])]
    [3.0, 2.2, 3.8]
    """
    value, parts = linearised(top, bottom)
    half = z_value() * error_of(parts)
    return value, float(value - half), float(value + half)


def error_of(contributions: ArrayLike) -> float:
    """Standard error from what each customer contributes to it; NaN if fewer than two do.

    >>> error_of([1, -1, 0]), error_of([1, 0])
    (2.0, nan)
    """
    contributions = np.asarray(contributions, float)
    used = np.count_nonzero(contributions)
    return float(np.sqrt((contributions**2).sum() * used / (used - 1))) if used > 1 else float("nan")


def linearised(top: ArrayLike, bottom: ArrayLike | None) -> tuple[float, np.ndarray]:
    """The ratio of the sums, and what each customer contributes to its error."""
    top = np.asarray(top, float)
    if bottom is None:
        return float(top.sum()), top
    bottom = np.asarray(bottom, float)
    below = bottom.sum()
    if not below:
        return float("nan"), np.full(len(top), np.nan)
    ratio = float(top.sum() / below)
    return ratio, (top - ratio * bottom) / below
