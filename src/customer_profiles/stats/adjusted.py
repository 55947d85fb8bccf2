"""Change of a ratio between two periods, split into who is in it and what they do (Oaxaca–Blinder)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike

from .intervals import z_value
from .ratios import error_of
from .regression import says_more


class Adjusted(NamedTuple):
    """A change and its two parts; ``mix + behaviour == change``."""

    change: float
    mix: float
    behaviour: float
    low: float
    high: float
    """Interval of ``behaviour``."""
    p: float
    mix_low: float
    mix_high: float


def adjusted_change(
    top: ArrayLike, bottom: ArrayLike, now: ArrayLike, customer: ArrayLike, traits: ArrayLike
) -> Adjusted:
    """Σ top / Σ bottom now against before, split into mix of customers and behaviour.

    The twofold Oaxaca–Blinder decomposition with pooled coefficients: ``top`` is regressed on the traits and on the
    period, weighted with ``bottom``. The coefficient of the period is what customers of equal traits do differently;
    the rest is the mix. For one grouping this is Kitagawa's standardisation. Whoever stands in both periods is compared
    with themselves as far as errors go: they are clustered by customer. Written out, because a customer may have
    something above the line and nothing below it (cases without orders), which a weighted regression (statsmodels, the
    referee of the test) would drop.

    Parameters
    ----------
    top, bottom : array_like, shape (rows,)
        Sums of each customer in each period; ``bottom`` is not negative.
    now : array_like of bool, shape (rows,)
        Whether the row is of the later period.
    customer : array_like, shape (rows,)
        Whose row it is.
    traits : array_like, shape (rows, k)
        Indicators; what others say already is left out.

    Returns
    -------
    Adjusted
        NaN where a period has nothing below the line.

    References
    ----------
    Kitagawa (1955), JASA 50:1168–1194; Oaxaca (1973); Blinder (1973); Jann (2008), Stata Journal 8:453–479, on pooled
    coefficients with the group as a regressor.

    >>> found = adjusted_change([1, 2, 2, 4], [1, 1, 1, 1], [0, 0, 1, 1], [1, 2, 1, 2], np.zeros((4, 0)))
    >>> found.change, found.mix, round(found.behaviour, 9)
    (1.5, 0.0, 1.5)
    """
    top, bottom, now = np.asarray(top, float), np.asarray(bottom, float), np.asarray(now, bool)
    sums = [bottom[now].sum(), bottom[~now].sum()]
    if min(sums, default=0) <= 0:
        return Adjusted(*[float("nan")] * 8)
    ratios = [top[now].sum() / sums[0], top[~now].sum() / sums[1]]
    change = float(ratios[0] - ratios[1])
    x = np.column_stack([np.ones(len(top)), now, np.asarray(traits, float)])
    x = x[:, says_more(np.sqrt(bottom)[:, None] * x)]
    inverse = np.linalg.inv((bottom[:, None] * x).T @ x)
    beta = inverse @ (x.T @ top)
    influence = (x * (top - bottom * (x @ beta))[:, None]) @ inverse[1]
    _, code = np.unique(np.asarray(customer), return_inverse=True)
    behaviour = float(beta[1])
    error = error_of(np.bincount(code, weights=influence))
    # Equal numbers solved by least squares differ in the last digits, which are no change.
    if not error > 1e-12 * max(abs(top).max(), 1.0):
        return Adjusted(change, change - behaviour, behaviour, behaviour, behaviour, *[float("nan")] * 3)
    half = z_value() * error
    p = float(2 * scipy.special.ndtr(-abs(behaviour) / error))
    whole = np.where(now, (top - ratios[0] * bottom) / sums[0], (ratios[1] * bottom - top) / sums[1])
    mix, wide = change - behaviour, z_value() * error_of(np.bincount(code, weights=whole - influence))
    return Adjusted(change, mix, behaviour, behaviour - half, behaviour + half, p, mix - wide, mix + wide)
