"""Intervals against statsmodels, scipy, published examples and their own promise of coverage."""

from __future__ import annotations

from fractions import Fraction
from math import comb, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from customer_profiles.stats import intervals


class TestWilson:
    @pytest.mark.parametrize(
        ("k", "n", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_newcombe_1998_table_1(self, k, n, low, high):
        # Newcombe (1998), Two-sided confidence intervals for the single proportion, Stat. Med. 17:857–872, method 3.
        np.testing.assert_allclose(intervals.wilson(k, n), (low, high), atol=5e-5)

    def test_empty_base_is_unknown_and_arrays_broadcast(self):
        assert np.isnan(intervals.wilson(0, 0)).all()
        low, high = intervals.wilson([0, 3], [[6], [12]])
        assert low.shape == high.shape == (2, 2)
        np.testing.assert_array_equal(low[:, 1], intervals.wilson(3, [6, 12]).low)

    @pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5)])
    def test_impossible_counts_are_refused(self, k, n):
        with pytest.raises(ValueError, match="between 0 and its base"):
            intervals.wilson(k, n)

    @given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_contains_the_share_and_stays_within_0_and_1(self, pair):
        k, n = pair
        low, high = intervals.wilson(k, n)
        assert 0 <= low <= k / n <= high <= 1


def multinomial(n, shares):
    """Every outcome of n answers with its probability."""
    for a in range(n + 1):
        for b in range(n - a + 1):
            c = n - a - b
            yield (a, b, c), comb(n, a) * comb(n - a, b) * shares[0] ** a * shares[1] ** b * shares[2] ** c


class TestNps:
    def test_score(self):
        assert intervals.nps([20, 0], [10, 5], [20, 5]).tolist() == [0, -50]
        assert np.isnan(intervals.nps(0, 0, 0))

    def test_interval_worked_by_hand(self):
        # 19 promoters, 10 passives, 7 detractors; n + 3, ¾ to each end, 1½ to the middle.
        up, down = Fraction(79, 4) / 39, Fraction(31, 4) / 39
        score, variance = up - down, (up + down - (up - down) ** 2) / 39
        half = 1.959963984540054 * sqrt(variance)
        expected = 100 * (float(score) - half), 100 * (float(score) + half)
        np.testing.assert_allclose(intervals.nps_interval(19, 10, 7), expected, rtol=1e-12)

    @pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05), (0.2, 0.2, 0.6), (1 / 3, 1 / 3, 1 / 3)])
    @pytest.mark.parametrize("n", [20, 50])
    def test_covers_as_promised(self, n, shares):
        # Exact coverage by enumeration; Rocks (2016) reports about 95 % for this method from n = 10 on.
        outcomes, weights = zip(*multinomial(n, shares), strict=True)
        low, high = intervals.nps_interval(*np.array(outcomes).T)
        truth = 100 * (shares[0] - shares[2])
        covered = np.array(weights)[(low <= truth) & (truth <= high)].sum()
        assert 0.935 <= covered <= 0.985

    def test_unanimous_answers_still_have_an_interval_around_the_score(self):
        low, high = intervals.nps_interval(3, 0, 0)
        assert low < 60
        assert high == 100


class TestMeans:
    def test_t_interval_agrees_with_scipy(self):
        values = np.random.default_rng(0).normal(5, 2, 40)
        theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        ours = intervals.mean_interval([*values, np.nan])
        np.testing.assert_allclose(ours, (values.mean(), *theirs), atol=0.02)  # skewed by −0.2 only
        level = intervals.mean_interval([-2, -1, 0, 1, 2])
        np.testing.assert_allclose(level[1:], stats.ttest_1samp([-2, -1, 0, 1, 2], 0).confidence_interval(0.95))

    def test_skewed_amounts_reach_further_up(self):
        values = np.random.default_rng(1).lognormal(4, 1, 200)
        mean, low, high = intervals.mean_interval(values)
        bca = stats.bootstrap((values,), np.mean, method="BCa", rng=np.random.default_rng(2)).confidence_interval
        np.testing.assert_allclose([low, high], bca, rtol=0.03)
        assert high - mean > 1.2 * (mean - low)

    def test_too_heavy_a_tail_has_no_interval(self):
        values = np.random.default_rng(1).lognormal(4, 2, 300)
        assert np.isnan(intervals.mean_interval(values)[1:]).all()
        assert intervals.mean_interval(values).value == pytest.approx(values.mean())

    @pytest.mark.parametrize(("values", "mean"), [([], np.nan), ([3], 3.0)])
    def test_too_few_values_have_no_interval(self, values, mean):
        estimate = intervals.mean_interval(values)
        np.testing.assert_equal(estimate.value, mean)
        assert np.isnan([estimate.low, estimate.high]).all()

    def test_median_interval_of_the_books(self):
        # Conover (1999), section 3.2: of 16 values the 4th and the 13th smallest.
        assert intervals.median_interval([np.nan, *range(1, 17)]) == (8.5, 4, 13)

    def test_median_of_five_has_no_95_percent_interval(self):
        assert np.isnan(intervals.median_interval([1, 2, 3, 4, 5]).low)
        assert np.isnan(intervals.median_interval([]).value)


def test_shares_of_a_table():
    table = intervals.add_shares(pd.DataFrame({"n": [3, 0], "base": [10, 0]}))
    assert table.columns.tolist() == ["n", "base", "share", "share_low", "share_high"]
    assert table["share"].tolist()[0] == 0.3
    assert table.loc[1, ["share", "share_low", "share_high"]].isna().all()
