"""Segmented regression of a short series: Newey–West errors, and what chance alone makes of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RESAMPLES = 1999
"""Simulated series behind each p-value, which is therefore never below 0.0005."""

# Memory and size of weekly swings that the noise model chooses from: correlation of one week with the next, and
# variance as a multiple of the usual sampling variance of a weekly mean.
MEMORY = (0.0, 0.3, 0.5, 0.7, 0.85, 0.95)
SWING = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)


class Fit(NamedTuple):
    """Coefficients, their standard errors, and what turns a series into both."""

    coefficients: np.ndarray
    errors: np.ndarray
    influence: np.ndarray


def newey_west(y: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None, lags: int | None = None) -> Fit:
    """Weighted least squares with heteroscedasticity- and autocorrelation-consistent errors.

    Parameters
    ----------
    y : ndarray, shape (n,) or (series, n)
        One series, or several that share the design.
    x : ndarray, shape (n, k)
        With its own constant column.
    weights : ndarray, shape (n,), optional
        Inverse variances up to a factor, here the answers behind each mean.
    lags : int, optional
        Bartlett lags; default ``floor(4 (n/100)^(2/9))`` (Newey & West 1994, Rev. Econ. Stud. 61:631–653).

    Returns
    -------
    Fit
        ``coefficients`` and ``errors`` of shape (..., k); errors carry the small-sample factor n / (n − k).
        ``influence`` of shape (k, n): coefficients are ``influence @ y``.

    Notes
    -----
    Own code for the simulated series behind `null_t`: 1,999 of them take a fortieth of the time of a loop over
    statsmodels' ``WLS(…).fit(cov_type="HAC")``, with the same numbers (measured November 2026).
    """
    n, k = x.shape
    weighted = x if weights is None else x * weights[:, None]
    influence = np.linalg.pinv(weighted.T @ x) @ weighted.T
    coefficients = y @ influence.T
    moments = (y - coefficients @ x.T)[..., None, :] * influence
    lags = int(4 * (n / 100) ** (2 / 9)) if lags is None else lags
    variance = (moments**2).sum(axis=-1)
    for lag in range(1, min(lags, n - 1) + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (moments[..., lag:] * moments[..., :-lag]).sum(axis=-1)
    return Fit(coefficients, np.sqrt(np.maximum(variance, 0) * n / (n - k)), influence)


def noise_covariance(y: np.ndarray, x: np.ndarray, sampling: np.ndarray) -> np.ndarray:
    """Covariance of weekly means around the regression: sampling error plus swings with a memory.

    Parameters
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
    sampling : ndarray, shape (n,)
        Sampling variance of each weekly mean: variance of one answer within a week over the number of answers.

    Returns
    -------
    ndarray, shape (n, n)
        ``diag(sampling) + swing × memory^|distance in weeks|`` with the restricted maximum likelihood among the
        values of `MEMORY` and `SWING` (Patterson & Thompson 1971, Biometrika 58:545–554).
    """
    _, likeliest = max(noise_models(y, x, sampling), key=lambda model: model[0])
    return likeliest


def noise_models(y: np.ndarray, x: np.ndarray, sampling: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Every noise model of `noise_covariance` with its weight: how likely the series is under it, adding up to 1.

    A short series does not tell its memory exactly; what chance makes of it is therefore drawn from all models that
    explain it, not from the best one alone.
    """
    distance = np.abs(np.subtract.outer(np.arange(len(y)), np.arange(len(y))))
    found = []
    for memory in MEMORY:
        for swing in SWING:
            if swing == 0 and memory > 0:
                continue
            covariance = np.diag(sampling) + swing * np.median(sampling) * float(memory) ** distance
            found.append((_restricted_likelihood(y, x, covariance), covariance))
    top = max(likelihood for likelihood, _ in found)
    weights = np.array([np.exp(likelihood - top) for likelihood, _ in found])
    return list(zip(weights / weights.sum(), (covariance for _, covariance in found), strict=True))


def null_t(
    x: np.ndarray, weights: np.ndarray, covariance: np.ndarray | list[tuple[float, np.ndarray]], seed: int = 1
) -> np.ndarray:
    """t values of every coefficient in series where nothing happened, shape (`RESAMPLES`, k).

    Newey–West errors are too small in short series (Andrews 1991, Econometrica 59:817–858), the more so for
    steps; comparing t with its own distribution under the noise of this very series keeps the error rate.
    """
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((RESAMPLES, len(x)))
    models = covariance if isinstance(covariance, list) else [(1.0, covariance)]
    ends = np.rint(np.cumsum([weight for weight, _ in models]) * RESAMPLES).astype(int)
    for start, end, (_, model) in zip([0, *ends[:-1]], ends, models, strict=True):
        if end > start:
            noise[start:end] = noise[start:end] @ np.linalg.cholesky(model).T
    fit = newey_west(noise, x, weights)
    return np.abs(fit.coefficients) / np.where(fit.errors > 0, fit.errors, np.nan)


def _restricted_likelihood(y: np.ndarray, x: np.ndarray, covariance: np.ndarray) -> float:
    root = np.linalg.cholesky(covariance)
    white = np.linalg.solve(root, np.column_stack([x, y]))
    design, series = white[:, :-1], white[:, -1]
    coefficients, *_ = np.linalg.lstsq(design, series, rcond=None)
    left = series - design @ coefficients
    _, log_information = np.linalg.slogdet(design.T @ design)
    return float(-np.log(np.diag(root)).sum() - log_information / 2 - left @ left / 2)
