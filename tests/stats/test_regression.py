"""Referees: the paper of the E-value, and statsmodels."""

import numpy as np
import pytest

from customer_profiles.stats import regression


def test_the_paper_s_examples():
    assert regression.e_value(3.9, 1.8, 8.7) == pytest.approx((7.26, 3.0), abs=0.005)
    assert regression.e_value(0.80, 0.71, 0.91) == pytest.approx((1.81, 1.43), abs=0.005)
    assert regression.e_value(1.2, 0.9, 1.6)[1] == 1
    assert regression.e_value(0.8, 0.6, 1.1)[1] == 1
    assert np.isnan(regression.e_value(np.nan, np.nan, np.nan)).all()


def test_regressions_are_those_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(400), rng.random((400, 3)) < 0.3, rng.normal(size=400)]).astype(float)
    y = np.round(np.exp(x @ [0.5, 0.4, -0.2, 0.1, 0.3]) * rng.gamma(2, 0.5, 400), 2)
    small = np.sqrt(400 / (400 - x.shape[1]))
    for ours, theirs, factor in (
        (regression.linear(y, x), sm.OLS(y, x).fit(cov_type="HC3"), 1),
        (regression.poisson(y, x), sm.GLM(y, x, family=sm.families.Poisson()).fit(cov_type="HC0"), small),
    ):
        np.testing.assert_allclose(ours[0], theirs.params, rtol=1e-6)
        np.testing.assert_allclose(ours[1], theirs.bse * factor, rtol=1e-4)


def test_a_column_that_says_nothing_new_is_left_out():
    x = np.column_stack([np.ones(5), [0, 1, 0, 1, 0], [1, 0, 1, 0, 1], [1, 2, 3, 4, 5]])
    assert regression.full_rank(x).tolist() == x[:, [0, 1, 3]].tolist()


def test_a_ratio_without_end_is_no_number():
    y, x = np.array([0.0] * 10 + [1.0] * 10), np.column_stack([np.ones(20), [1.0] * 10 + [0.0] * 10])
    coefficients, _ = regression.poisson(y, x)
    assert np.isnan(coefficients).all() or coefficients[1] < -10
