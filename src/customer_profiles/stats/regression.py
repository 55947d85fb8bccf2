"""Regressions whose errors hold when the model does not, and how robust an effect is to what nobody measured."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

ENDLESS = 20.0
"""Log ratio from which on a group stands for one in which nothing, or nothing else, has happened."""


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
    from statsmodels.regression.linear_model import OLS

    fitted = OLS(np.asarray(y, float), np.asarray(design, float)).fit()
    # As ``cov_type="HC3"``, save that a customer with a column of their own has a leverage of 1 and is fitted whatever
    # they say: the library divides nothing by nothing there, and no error is left.
    residual = fitted.resid / np.clip(1 - fitted.get_influence().hat_matrix_diag, 1e-9, None)
    return fitted.params, np.sqrt(np.square(fitted.model.pinv_wexog * residual).sum(axis=1))


def poisson(y: ArrayLike, design: ArrayLike, exposure: ArrayLike | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Poisson regression with log link and robust errors (HC0 times n / (n − k)); coefficients are log ratios.

    Parameters
    ----------
    y : array_like, shape (n,)
        Not negative; need not be whole.
    design : array_like, shape (n, k)
        Of full rank, constant first.
    exposure : array_like, shape (n,), optional
        For how long, or on how many occasions, each was watched; default: all alike.

    Returns
    -------
    coefficients, errors : arrays, shape (k,)
        NaN where a ratio has no end, and if it does not converge.
    """
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    y, x = np.asarray(y, float), np.asarray(design, float)
    watched = np.ones(len(y)) if exposure is None else np.asarray(exposure, float)
    model = GLM(y, x, family=Poisson(), exposure=watched)
    start = np.zeros(x.shape[1])
    start[0] = np.log(y.sum() / watched.sum())
    with warnings.catch_warnings():
        # A group in which nothing happened drifts to a ratio of 0 for ever; that does not disturb the others.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(method="newton", start_params=start, cov_type="HC0", disp=0)
    solved = np.abs(model.score(fitted.params)).max() <= 1e-6 * (np.abs(x).T @ y).max()
    found = np.where(solved & (np.abs(fitted.params) < ENDLESS), 1.0, np.nan)
    return fitted.params * found, fitted.bse * found * np.sqrt(len(y) / (len(y) - x.shape[1]))


def clustered_poisson(y: ArrayLike, design: ArrayLike, person: ArrayLike, column: int) -> tuple[float, float, float]:
    """One coefficient of a Poisson regression with log link, whose rows of one person are not independent.

    Parameters
    ----------
    y : array_like, shape (n,)
        Not negative; need not be whole.
    design : array_like, shape (n, k)
        Constant first; columns that the ones before them already say are left out.
    person : array_like, shape (n,)
        Whose row it is, as numbers.
    column : int
        Which coefficient.

    Returns
    -------
    coefficient, error, p : float
        A log ratio; NaN where the columns before it already say it.
    """
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    x = np.asarray(design, float)
    kept = says_more(x)
    if not kept[column]:
        return np.nan, np.nan, np.nan
    model = GLM(np.asarray(y, float), x[:, kept], family=Poisson())
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": np.asarray(person)})
    at = int(kept[:column].sum())
    return float(fitted.params[at]), float(fitted.bse[at]), float(fitted.pvalues[at])


def full_rank(design: np.ndarray) -> np.ndarray:
    """The design without columns that the ones before them already say."""
    return design[:, says_more(design)]


def says_more(design: np.ndarray) -> np.ndarray:
    """Which columns the ones before them do not already say; bool, shape (k,)."""
    r = np.abs(np.diag(np.linalg.qr(design, mode="r")))
    return r > 1e-8 * max(r.max(), 1.0)
