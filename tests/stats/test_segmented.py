"""Segmented regression: errors against statsmodels, noise recovered, p-values that keep their promise."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from customer_profiles.stats import segmented


def design(n: int = 104, at: int = 60) -> np.ndarray:
    week = np.arange(n)
    return np.column_stack([np.ones(n), week - week.mean(), week >= at]).astype(float)


def memory(rng: np.random.Generator, n: int, correlation: float) -> np.ndarray:
    series = np.zeros(n + 100)
    for i in range(1, n + 100):
        series[i] = correlation * series[i - 1] + rng.standard_normal()
    return series[100:] * np.sqrt(1 - correlation**2)


@pytest.mark.parametrize("lags", [0, 4, 9])
def test_newey_west_agrees_with_statsmodels(lags):
    rng = np.random.default_rng(0)
    x, weights = design(), rng.integers(5, 30, 104).astype(float)
    y = 7 - 0.5 * x[:, 2] + memory(rng, 104, 0.5)
    ours = segmented.newey_west(y, x, weights, lags)
    how = {"maxlags": lags, "use_correction": True}
    theirs = sm.WLS(y, x, weights=weights).fit(cov_type="HAC", cov_kwds=how, use_t=True)
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(ours.errors, theirs.bse, rtol=1e-9)


def test_many_series_give_the_same_as_one_by_one():
    x, y = design(60), np.random.default_rng(1).standard_normal((3, 60))
    together = segmented.newey_west(y, x)
    for i in range(3):
        one = segmented.newey_west(y[i], x)
        np.testing.assert_allclose(together.coefficients[i], one.coefficients)
        np.testing.assert_allclose(together.errors[i], one.errors)
        np.testing.assert_allclose(one.influence @ y[i], one.coefficients)


def test_noise_without_swings_is_sampling_error_and_memory_is_seen():
    x, sampling = design(), np.full(104, 0.25)
    quiet, swings = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sampled = 0.5 * rng.standard_normal(104)
        quiet.append(segmented.noise_covariance(sampled, x, sampling)[0, 1])
        swings.append(segmented.noise_covariance(sampled + 0.6 * memory(rng, 104, 0.7), x, sampling)[0, 1])
    assert np.median(quiet) == 0
    assert np.median(swings) == pytest.approx(0.36 * 0.7, rel=0.6)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_p_values_keep_their_promise(correlation):
    # 100 series in which nothing happens; the plain Newey–West t test rejects far more than 5 % of them.
    x, weights, sampling = design(), np.ones(104), np.full(104, 0.25)
    naive = kept = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y = 0.5 * rng.standard_normal(104) + (0.5 * memory(rng, 104, correlation) if correlation else 0)
        fit = segmented.newey_west(y, x, weights)
        t = abs(fit.coefficients[2]) / fit.errors[2]
        chance = segmented.null_t(x, weights, segmented.noise_covariance(y, x, sampling))[:, 2]
        naive += t > 1.984
        kept += t > np.quantile(chance, 0.95)
    assert kept <= 13  # binomial bound of 100 at 5 %, one in a thousand
    assert naive > kept


def test_noise_models_weigh_what_explains_the_series():
    """Weights add up to one; of a series that swings the likeliest remembers more than of a quiet one."""
    rng = np.random.default_rng(7)
    n = 80
    x, sampling = np.column_stack([np.ones(n), np.arange(n)]), np.full(n, 0.5)
    swing = np.zeros(n)
    for week in range(1, n):
        swing[week] = 0.85 * swing[week - 1] + rng.standard_normal()
    y = swing + np.sqrt(0.5) * rng.standard_normal(n)
    assert sum(weight for weight, _ in segmented.noise_models(y, x, sampling)) == pytest.approx(1)
    quiet = segmented.noise_covariance(np.sqrt(0.5) * rng.standard_normal(n), x, sampling)
    assert quiet[0, 1] < segmented.noise_covariance(y, x, sampling)[0, 1]


def test_chance_is_drawn_from_all_models():
    n = 60
    x, weights = np.column_stack([np.ones(n), np.arange(n) >= 30]).astype(float), np.ones(n)
    calm, wild = np.eye(n), 0.9 ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    tails = [
        np.nanquantile(segmented.null_t(x, weights, model)[:, 1], 0.95)
        for model in (calm, [(0.5, calm), (0.5, wild)], wild)
    ]
    assert tails[0] < tails[1] < tails[2]
    np.testing.assert_array_equal(segmented.null_t(x, weights, calm), segmented.null_t(x, weights, [(1.0, calm)]))
