"""LMG shares: against an average over all orders by brute force, and against arithmetic by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from customer_profiles.stats import importance


def made(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correlated columns of four candidates, the second of which has three columns."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 6)) @ rng.standard_normal((6, 6))
    y = x @ np.array([1.0, 0.5, 0, -1, 0.2, 0]) + 2 * rng.standard_normal(n)
    return x, y, np.array([0, 1, 1, 1, 2, 3])


def r2(x: np.ndarray, y: np.ndarray) -> float:
    design = np.column_stack([np.ones(len(y)), x])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return 1 - left @ left / ((y - y.mean()) @ (y - y.mean()))


def by_all_orders(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> np.ndarray:
    candidates = np.unique(groups)
    shares, orders = np.zeros(len(candidates)), list(permutations(candidates))
    for order in orders:
        before = 0.0
        for at in range(len(order)):
            now = r2(x[:, np.isin(groups, order[: at + 1])], y)
            shares[order[at]] += (now - before) / len(orders)
            before = now
    return shares


@pytest.mark.parametrize("seed", [1, 2])
def test_shares_are_the_average_over_all_orders(seed):
    x, y, groups = made(seed)
    found = importance.moments(x, y, groups)
    shares = importance.lmg(found, np.arange(4))
    np.testing.assert_allclose(shares, by_all_orders(x, y, groups), atol=1e-7)
    assert shares.sum() == pytest.approx(r2(x, y))


def test_two_correlated_drivers_by_hand():
    """Correlations .5 and .4 with the score, .3 between the two: R² = (.25 + .16 − 2·.5·.4·.3) / (1 − .09)."""
    found = importance.Moments(np.array([[1, 0.3], [0.3, 1]]), np.array([0.5, 0.4]), np.array([0, 1]))
    both = (0.25 + 0.16 - 0.12) / 0.91
    shares = importance.lmg(found, np.array([0, 1]))
    np.testing.assert_allclose(shares, [(0.25 + both - 0.16) / 2, (0.16 + both - 0.25) / 2], atol=1e-8)


def test_twins_share_equally_and_idle_columns_get_nothing():
    rng = np.random.default_rng(3)
    x = rng.standard_normal(300)
    y = x + rng.standard_normal(300)
    found = importance.moments(np.column_stack([x, x, np.ones(300)]), y, np.array([0, 1, 2]))
    shares = importance.lmg(found, np.arange(3))
    assert shares[0] == pytest.approx(shares[1], rel=1e-6)
    assert shares[:2].sum() == pytest.approx(r2(x[:, None], y), rel=1e-6)
    assert shares[2] == pytest.approx(0, abs=1e-12)


def test_weights_count_as_repeated_answers():
    x, y, groups = made(4, n=60)
    times = np.random.default_rng(4).integers(0, 4, 60)
    weighted = importance.moments(x, y, groups, times.astype(float))
    repeated = importance.moments(np.repeat(x, times, axis=0), np.repeat(y, times), groups)
    np.testing.assert_allclose(weighted.inner, repeated.inner, atol=1e-12)
    np.testing.assert_allclose(weighted.outer, repeated.outer, atol=1e-12)


def test_alone_is_the_adjusted_share_of_statsmodels():
    import statsmodels.api as sm

    x, y, groups = made(5)
    theirs = [sm.OLS(y, sm.add_constant(x[:, groups == g])).fit().rsquared_adj for g in range(4)]
    np.testing.assert_allclose(importance.alone(importance.moments(x, y, groups), len(y)), theirs, atol=1e-7)
