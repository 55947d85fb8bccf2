"""What an order is worth and how long a contract lasts: Gamma-Gamma and shifted-beta-geometric, by maximum likelihood.

References
----------
Fader, Hardie & Lee (2005), Journal of Marketing Research 42:415–430 (Gamma-Gamma); Fader & Hardie (2007), Journal of
Interactive Marketing 21:76–90 (shifted-beta-geometric).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from .purchase_models import maximise


@dataclass(frozen=True)
class Spending:
    """Gamma-Gamma model: amounts of orders vary around a mean that each customer has for themselves.

    Parameters
    ----------
    p : float
        Shape of the amounts of one customer.
    q, v : float
        Shape and scale of the inverse means over customers; with ``q`` up to 1 customers have no common mean.
    """

    p: float
    q: float
    v: float
    log_likelihood: float = np.nan

    def per_order(self, orders: ArrayLike, mean: ArrayLike) -> np.ndarray:
        """Expected amount of an order of customers who placed so many orders of that mean amount so far.

        0 orders give the mean of all customers.

        >>> float(Spending(6.25, 3.74, 15.44).per_order(0, 0).round(1))  # Fader & Hardie's note on CDNOW, dollars
        35.2
        """
        orders = np.asarray(orders, float)
        total = orders * np.where(orders > 0, np.asarray(mean, float), 0.0)
        return self.p * (self.v + total) / (self.p * orders + self.q - 1)


@dataclass(frozen=True)
class Staying:
    """Shifted-beta-geometric model: who renews each time with a probability of their own, beta over customers."""

    alpha: float
    beta: float
    log_likelihood: float = np.nan

    def stay(self, periods: ArrayLike) -> np.ndarray:
        """Share of those who began that is still there after so many periods.

        >>> float(Staying(0.6681, 3.8061).stay(12).round(3))  # Fader & Hardie (2007), high end
        0.378
        """
        return np.exp(_log_stay(self.alpha, self.beta, np.asarray(periods, float)))

    def leave(self, periods: ArrayLike) -> np.ndarray:
        """Share that leaves in a period, of those who were there until it began.

        >>> float(Staying(1.0, 3.0).leave(1))
        0.25
        """
        return self.alpha / (self.alpha + self.beta + np.asarray(periods, float) - 1)


def fit_spending(orders: ArrayLike, mean: ArrayLike, starts: tuple = ((1.0, 2.0, 1.0), (5.0, 3.0, 0.5))) -> Spending:
    """Fit the Gamma-Gamma model.

    Parameters
    ----------
    orders, mean : array_like, shape (n,)
        Orders of each customer and their mean amount, both above 0.
    starts : sequence of three numbers
        ``p, q, v``, the last in means of all amounts.

    Raises
    ------
    ValueError
        If an amount or a number of orders is not above 0.
    """
    x, m = np.asarray(orders, float), np.asarray(mean, float)
    if not (len(x) and (x > 0).all() and (m > 0).all()):
        raise ValueError("orders and their amounts must be above 0")
    unit = float(m.mean())
    m = m / unit
    gammaln, psi = scipy.special.gammaln, scipy.special.psi

    def log_likelihood(at: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, v = at
        shape, total = p * x, np.log(x * m + v)
        value = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
        value = value + (shape - 1) * np.log(m) + shape * np.log(x) - (shape + q) * total
        gradient = [
            x * (psi(shape + q) - psi(shape) + np.log(m) + np.log(x) - total),
            psi(shape + q) - psi(q) + np.log(v) - total,
            q / v - (shape + q) / (x * m + v),
        ]
        return float(value.sum()), np.array([part.sum() for part in gradient])

    (p, q, v), likelihood = maximise(log_likelihood, starts, len(x))
    return Spending(p, q, v * unit, likelihood - len(x) * float(np.log(unit)))


def fit_staying(
    periods: ArrayLike,
    left: ArrayLike,
    since: ArrayLike | None = None,
    n: ArrayLike | None = None,
    starts: tuple = ((1.0, 1.0), (0.5, 10.0)),
) -> Staying:
    """Fit the shifted-beta-geometric model.

    Parameters
    ----------
    periods : array_like of int, shape (k,)
        Period in which somebody left, counted from 1; of those who are still there, the last one that is over.
    left : array_like of bool, shape (k,)
    since : array_like of int, shape (k,), optional
        Periods that were over when one began to look: who had left before is not on file. Default 0.
    n : array_like, shape (k,), optional
        Customers in each row; default 1.
    """
    t, left = np.asarray(periods, float), np.asarray(left, bool)
    entry = np.zeros(len(t)) if since is None else np.asarray(since, float)
    weight = np.ones(len(t)) if n is None else np.asarray(n, float)
    psi = scipy.special.psi

    def log_likelihood(at: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = at
        stayed = np.where(left, t - 1, t)  # whoever left in period t had stayed for t − 1
        value = _log_stay(a, b, stayed) - _log_stay(a, b, entry)
        value = value + np.where(left, np.log(a) - np.log(a + b + stayed), 0.0)
        both = psi(a + b + entry) - psi(a + b + stayed)
        to_a = both + np.where(left, 1 / a - 1 / (a + b + stayed), 0.0)
        to_b = both + psi(b + stayed) - psi(b + entry) - np.where(left, 1 / (a + b + stayed), 0.0)
        return float(weight @ value), np.array([weight @ to_a, weight @ to_b])

    (alpha, beta), likelihood = maximise(log_likelihood, starts, weight.sum())
    return Staying(alpha, beta, likelihood)


def _log_stay(alpha: float, beta: float, periods: np.ndarray) -> np.ndarray:
    return scipy.special.betaln(alpha, beta + periods) - scipy.special.betaln(alpha, beta)
