"""Regressions whose errors hold when the model does not, and how robust an effect is to what nobody measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def e_value(ratio: float, low: float, high: float) -> tuple[float, float]:
    """How strong an unmeasured confounder would have to be to explain a risk ratio, and its interval, away.

    Parameters
    ----------
    ratio, low, high : float
        Risk ratio with its interval.

    Returns
    -------
    value, limit : float
        On the scale of the ratio; the limit is 1 where the interval holds 1.

    References
    ----------
    VanderWeele & Ding (2017), Annals of Internal Medicine 167:268–274.

    >>> [round(x, 2) for x in e_value(3.9, 1.8, 8.7)]  # the paper's example: infant death and breastfeeding
    [7.26, 3.0]
    >>> [round(x, 2) for x in e_value(0.80, 0.71, 0.91)]
    [1.81, 1.43]
    """

    def of(x: float) -> float:
        x = 1 / x if x < 1 else x
        return float(x + np.sqrt(x * (x - 1)))

    if not (np.isfinite(ratio) and ratio > 0):
        return np.nan, np.nan
    return of(ratio), 1.0 if low <= 1 <= high else of(low if ratio > 1 else high)


def linear(y: ArrayLike, design: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Least squares with HC3 errors.

    Parameters
    ----------
    y : array_like, shape (n,)
    design : array_like, shape (n, k)
        Of full rank, constant included.

    Returns
    -------
    coefficients, errors : arrays, shape (k,)
    """
    y, x = np.asarray(y, float), np.asarray(design, float)
    bread = np.linalg.inv(x.T @ x)
    coefficients = bread @ (x.T @ y)
    leverage = np.einsum("ij,jk,ik->i", x, bread, x)
    residual = (y - x @ coefficients) / np.clip(1 - leverage, 1e-9, None)
    return coefficients, _errors(bread, x, residual)


def poisson(y: ArrayLike, design: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Poisson regression with log link and robust errors (HC0 times n / (n − k)); coefficients are log ratios.

    Parameters
    ----------
    y : array_like, shape (n,)
        Not negative; need not be whole.
    design : array_like, shape (n, k)
        Of full rank, constant first.

    Returns
    -------
    coefficients, errors : arrays, shape (k,)
        NaN if it does not converge.
    """
    y, x = np.asarray(y, float), np.asarray(design, float)
    coefficients = np.zeros(x.shape[1])
    coefficients[0] = np.log(y.mean())
    for _ in range(50):
        mean = np.exp(np.clip(x @ coefficients, -30, 30))
        information = x.T @ (x * mean[:, None])
        step = np.linalg.lstsq(information, x.T @ (y - mean), rcond=None)[0]
        coefficients = coefficients + np.clip(step, -2, 2)
        if np.abs(step[1]) < 1e-10 and np.abs(step).max() < 1e-3:
            break
    else:
        return np.full(x.shape[1], np.nan), np.full(x.shape[1], np.nan)
    mean = np.exp(np.clip(x @ coefficients, -30, 30))
    bread = np.linalg.pinv(x.T @ (x * mean[:, None]))
    return coefficients, _errors(bread, x, y - mean) * np.sqrt(len(y) / (len(y) - x.shape[1]))


def _errors(bread: np.ndarray, x: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Square roots of the sandwich's diagonal."""
    weighted = x * residual[:, None]
    return np.sqrt(np.clip(np.diag(bread @ (weighted.T @ weighted) @ bread), 0, None))


def full_rank(design: np.ndarray) -> np.ndarray:
    """The design without columns that the ones before them already say."""
    r = np.abs(np.diag(np.linalg.qr(design, mode="r")))
    return design[:, r > 1e-8 * max(r.max(), 1.0)]
