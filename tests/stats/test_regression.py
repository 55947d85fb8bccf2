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
        np.testing.assert_allclose(ours[0], theirs.params, rtol=1e-7)
        np.testing.assert_allclose(ours[1], theirs.bse * factor, rtol=1e-7)


def test_a_customer_with_a_column_of_their_own_changes_nothing_for_the_others():
    rng = np.random.default_rng(6)
    x = np.column_stack([np.ones(200), rng.random(200) < 0.3, rng.random(200)]).astype(float)
    y = rng.normal(size=200)
    alone = np.column_stack([x, np.arange(200) == 7])
    with_column, without = regression.linear(y, alone), regression.linear(np.delete(y, 7), np.delete(x, 7, axis=0))
    np.testing.assert_allclose(with_column[0][:3], without[0])
    np.testing.assert_allclose(with_column[1][:3], without[1])


def test_a_group_in_which_nothing_happened_disturbs_no_other():
    rng = np.random.default_rng(7)
    group, nothing = rng.random(2000) < 0.2, rng.random(2000) < 0.02
    y = np.where(nothing, 0, rng.gamma(0.5, 200, 2000))
    b, error = regression.poisson(y, np.column_stack([np.ones(2000), group, nothing]).astype(float))
    expected = np.log(y[group & ~nothing].mean() / y[~group & ~nothing].mean())
    assert b[1] == pytest.approx(expected, rel=1e-9)
    assert np.isfinite(error[1])
    assert np.isnan(b[2])


def test_a_column_that_says_nothing_new_is_left_out():
    x = np.column_stack([np.ones(5), [0, 1, 0, 1, 0], [1, 0, 1, 0, 1], [1, 2, 3, 4, 5]])
    assert regression.full_rank(x).tolist() == x[:, [0, 1, 3]].tolist()


def test_a_ratio_without_end_is_no_number():
    y, x = np.array([0.0] * 10 + [1.0] * 10), np.column_stack([np.ones(20), [1.0] * 10 + [0.0] * 10])
    assert np.isnan(regression.poisson(y, x)[0][1])
