import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import binom

from customer_profiles.stats.ratios import change


def customers(rng, n, heavy=0.0):
    """Sums of two periods without a difference; a customer's own level stands in both."""
    level = rng.gamma(2.0, size=n) * np.exp(heavy * rng.normal(size=n))
    orders, before = rng.poisson(level), rng.poisson(level)
    amounts = np.exp(heavy * rng.normal(size=(2, n)))
    return orders * amounts[0], orders, before * amounts[1], before


def test_it_is_a_weighted_regression_clustered_by_customer():
    top, bottom, top0, bottom0 = customers(np.random.default_rng(1), 200, heavy=0.5)
    found = change(top, bottom, top0, bottom0)
    long = pd.DataFrame(
        {"y": [*top, *top0], "x": [*bottom, *bottom0], "now": [1] * 200 + [0] * 200, "who": [*range(200)] * 2}
    )
    long = long[long["x"] > 0]
    model = sm.WLS(long["y"] / long["x"], sm.add_constant(long["now"]), weights=long["x"])
    referee = model.fit(cov_type="cluster", cov_kwds={"groups": long["who"], "use_correction": False})
    assert found.now - found.before == pytest.approx(referee.params["now"])
    half = (found.high - found.low) / 2 / 1.959964
    assert half == pytest.approx(referee.bse["now"], rel=0.01)


def test_totals_are_paired_by_customer():
    steady = np.full(100, 50.0)
    found = change(steady + np.tile([1.0, -1.0], 50), None, steady, None)
    assert (found.now, found.before) == (5000, 5000)
    assert found.high - found.low < 50  # the spread between customers takes no part


@pytest.mark.parametrize("heavy", [0.0, 1.5])
def test_without_a_difference_it_is_rarely_claimed(heavy):
    rng = np.random.default_rng(7)
    wrong = sum(change(*customers(rng, 300, heavy)).p < 0.05 for _ in range(400))
    assert wrong <= binom.ppf(0.99, 400, 0.05)


def test_nothing_below_the_line_is_no_estimate_and_no_difference_is_none():
    assert np.isnan(change([1, 2], [0, 0], [1, 1], [1, 1]).p)
    assert change([1, 2], None, [1, 2], None).p == 1
