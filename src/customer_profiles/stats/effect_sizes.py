"""One scale for how strong a finding is, whatever it was measured in: the correlation r, from 0 none to 1 total.

Every converter gives the size of the correlation between "belongs to the group or not" and what is compared, as if
group and rest were equally large: how many customers a finding is about is its reach, not its strength. The sign is
left to the finding. By Cohen's benchmarks 0.1 is small, 0.24 (d = 0.5) medium and 0.37 (d = 0.8) large.

References
----------
Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed.; Borenstein, Hedges, Higgins &
Rothstein (2009), Introduction to Meta-Analysis, chapter 7.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

LOGISTIC_SD = np.pi / np.sqrt(3)
"""Standard deviation of the logistic distribution: a log odds ratio over it is a d (Hasselblad & Hedges 1995)."""


def from_d(d: ArrayLike) -> np.ndarray:
    """From a difference of means in standard deviations: r = d / √(d² + 4).

    References
    ----------
    Borenstein et al. (2009), equations 7.7 and 7.8.

    >>> [round(float(from_d(d)), 2) for d in (0.2, 0.5, 0.8)]
    [0.1, 0.24, 0.37]
    """
    return np.sin(np.arctan(np.abs(np.asarray(d, float)) / 2))


def from_points(difference: ArrayLike, sd: ArrayLike) -> np.ndarray:
    """From a difference of two scores or amounts and the standard deviation of one customer's within a group.

    Without spread (``sd`` 0) the size is unknown, NaN, unless there is no difference.

    >>> round(float(from_points(0.5, 1.0)), 2)
    0.24
    """
    difference, sd = np.broadcast_arrays(np.asarray(difference, float), np.asarray(sd, float))
    return from_d(np.where(difference == 0, 0.0, difference / np.where(sd > 0, sd, np.nan)))


def from_shares(share: ArrayLike, other: ArrayLike) -> np.ndarray:
    """From two shares: the φ that they would give in two groups of the same size.

    Unlike `from_ratio`, twice as much of nearly nothing stays nearly nothing.

    References
    ----------
    Cohen (1988), section 7.2: φ is the correlation of two values of yes or no.

    >>> round(float(from_shares(0.6, 0.4)), 2), round(float(from_shares(0.02, 0.01)), 2)
    (0.2, 0.04)
    """
    share, other = np.broadcast_arrays(np.asarray(share, float), np.asarray(other, float))
    middle = (share + other) / 2
    spread = np.sqrt(middle * (1 - middle))
    return np.where(share == other, 0.0, np.abs(share - other) / 2 / np.where(spread > 0, spread, np.nan))


def from_rates(rate: ArrayLike, other: ArrayLike) -> np.ndarray:
    """From two rates, as of cases per customer and year: their roots differ by half a standard deviation for each d.

    Of rare events it gives what `from_shares` gives.

    References
    ----------
    Bartlett (1936), Suppl. J. R. Statist. Soc. 3:68–78: the root of a Poisson count has variance ¼.

    >>> round(float(from_rates(0.02, 0.01)), 2), round(float(from_rates(2, 1)), 2)
    (0.04, 0.38)
    """
    return from_d(2 * (np.sqrt(np.asarray(rate, float)) - np.sqrt(np.asarray(other, float))))


def from_ratio(ratio: ArrayLike, sd: ArrayLike = LOGISTIC_SD) -> np.ndarray:
    """From a ratio of odds, risks, hazards or amounts, whose logarithm over a standard deviation is a d.

    Parameters
    ----------
    ratio : array_like
        1 is no difference. A ratio of risks is less than that of their odds; where the shares are known, take
        `from_shares`, and where the rates are, `from_rates`.
    sd : array_like
        Standard deviation of the logarithm within a group, for amounts; default that which fits odds.

    References
    ----------
    Hasselblad & Hedges (1995), Psychological Bulletin 117:167–178; Chinn (2000), Statistics in Medicine 19:3127–3131.

    >>> round(float(from_ratio(2.25)), 2)
    0.22
    """
    with np.errstate(divide="ignore"):
        return from_d(np.log(np.asarray(ratio, float)) / sd)


def from_auc(area: ArrayLike) -> np.ndarray:
    """From an area under the ROC curve (½: nothing), by way of the d that gives it between two normal groups.

    References
    ----------
    Ruscio (2008), Psychological Methods 13:19–30: d = √2 Φ⁻¹(area).

    >>> round(float(from_auc(0.64)), 2)
    0.25
    """
    return from_d(np.sqrt(2) * scipy.special.ndtri(np.asarray(area, float)))


def from_delta(delta: ArrayLike) -> np.ndarray:
    """From Cliff's δ, how much more often a member has the larger value than the smaller one; see `from_auc`.

    >>> round(float(from_delta(0.28)), 2)
    0.25
    """
    return from_auc((np.asarray(delta, float) + 1) / 2)


def from_correlation(r: ArrayLike) -> np.ndarray:
    """From any correlation, Spearman's and Cramér's V included: its size.

    >>> float(from_correlation(-0.3))
    0.3
    """
    return np.abs(np.asarray(r, float))


def from_explained(share: ArrayLike) -> np.ndarray:
    """From an explained share of the variance, such as R², η², ε² or a driver's part of R²: its root.

    >>> float(from_explained(0.09))
    0.3
    """
    return np.sqrt(np.clip(np.asarray(share, float), 0, 1))


def from_tau(tau: ArrayLike) -> np.ndarray:
    """From Kendall's τ, as of a trend over months: r = sin(π τ / 2).

    References
    ----------
    Greiner (1909); Kruskal (1958), JASA 53:814–861.

    >>> round(float(from_tau(-0.5)), 2)
    0.71
    """
    return np.abs(np.sin(np.pi / 2 * np.asarray(tau, float)))
