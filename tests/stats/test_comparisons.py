"""Tests and corrections against scipy, statsmodels and published examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from customer_profiles.stats import comparisons, regression

counts = st.tuples(st.integers(1, 400), st.integers(1, 400)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


class TestCaseRatio:
    def test_it_is_that_of_a_regression_with_exposure_and_robust_errors(self):
        rng = np.random.default_rng(1)
        years, group, known = rng.uniform(0.1, 3, 900), rng.integers(0, 3, 900), rng.random(900) < 0.9
        cases = rng.poisson(years[:, None] * rng.gamma(0.5, 2, (900, 1)) * [0.3, 2])
        member = (group[:, None] == np.arange(3)) & known[:, None]
        ours = comparisons.case_ratio(cases, years, member.astype(float), known.astype(float))
        for kind, of in np.ndindex(2, 3):
            design = np.column_stack([np.ones(known.sum()), member[known, of]])
            b, error = regression.poisson(cases[known, kind], design, years[known])
            np.testing.assert_allclose(ours.ratio[kind, of], np.exp(b[1]))
            width = np.log(ours.high[kind, of] / ours.low[kind, of]) / 2 / 1.96
            np.testing.assert_allclose(width, error[1], rtol=5e-3)
            assert ours.p[kind, of] >= 2 * stats.norm.sf(abs(b[1] / error[1])) * 0.9

    def test_few_cases_have_no_smaller_p_than_the_exact_one_and_none_have_an_end(self):
        member = np.repeat([[1.0, 0.0], [0.0, 1.0]], 200, axis=0)
        cases = np.zeros((400, 2))
        cases[:4, 0] = 1
        found = comparisons.case_ratio(cases, np.ones(400), member, np.ones(400))
        assert 2 * 0.5**4 <= found.p[0, 0] < 0.2
        assert np.isfinite(found.ratio).all()
        assert (found.p[1] == 1).all()


class TestRateRatio:
    @pytest.mark.parametrize(("k1", "n1", "k0", "n0"), [(30, 100, 15, 100), (7, 40, 300, 5000), (1, 60, 20, 80)])
    def test_interval_agrees_with_statsmodels(self, k1, n1, k0, n0):
        ours = comparisons.rate_ratio(k1, n1, k0, n0)
        theirs = confint_proportions_2indep(k1, n1, k0, n0, compare="ratio", method="log")
        np.testing.assert_allclose((ours.low, ours.high), theirs)

    @pytest.mark.parametrize(
        ("k1", "n1", "k0", "n0"), [(0, 40, 15, 100), (5, 40, 0, 100), (0, 40, 0, 90), (40, 40, 90, 90)]
    )
    def test_zeros_agree_with_statsmodels_adjusted_interval(self, k1, n1, k0, n0):
        ours = comparisons.rate_ratio(k1, n1, k0, n0)
        theirs = confint_proportions_2indep(k1, n1, k0, n0, compare="ratio", method="log-adjusted")
        np.testing.assert_allclose((ours.low, ours.high), theirs)
        assert np.isfinite([ours.ratio, ours.low, ours.high]).all()

    @given(counts)
    def test_p_agrees_with_scipy(self, c):
        k1, n1, k0, n0 = c
        table = [[k1, n1 - k1], [k0, n0 - k0]]
        ours = float(comparisons.rate_ratio(k1, n1, k0, n0).p)
        if 0 < k1 + k0 < n1 + n0 and stats.contingency.expected_freq(table).min() >= comparisons.EXACT_BELOW:
            theirs = stats.chi2_contingency(table, correction=False).pvalue
        else:
            theirs = stats.fisher_exact(table).pvalue
        assert ours == pytest.approx(theirs, rel=1e-6)

    @given(counts)
    def test_is_one_comparison_seen_from_either_side(self, c):
        k1, n1, k0, n0 = c
        one, other = comparisons.rate_ratio(k1, n1, k0, n0), comparisons.rate_ratio(k0, n0, k1, n1)
        assert one.low <= one.ratio <= one.high
        np.testing.assert_allclose([one.ratio, one.low, one.p], [1 / other.ratio, 1 / other.high, other.p], rtol=1e-6)
        mirrored = comparisons.proportions_p(n1 - k1, n1, n0 - k0, n0)
        np.testing.assert_allclose(one.p, mirrored, rtol=1e-6)

    def test_many_tables_give_the_same_as_one_by_one(self):
        rng = np.random.default_rng(1)
        n1, n0 = rng.integers(0, 90, 300), rng.integers(0, 500, 300)
        k1, k0 = rng.binomial(n1, 0.1), rng.binomial(n0, 0.15)
        together = comparisons.proportions_p(k1, n1, k0, n0)
        one_by_one = [comparisons.proportions_p(*table) for table in zip(k1, n1, k0, n0, strict=True)]
        np.testing.assert_allclose(together, one_by_one, rtol=1e-12)

    def test_arrays_and_empty_bases(self):
        result = comparisons.rate_ratio([[5, 10]], 100, [[20], [0]], [[200], [0]])
        assert result.ratio.shape == (2, 2)
        assert np.isnan(result.ratio[1]).all()
        assert np.isnan(result.p[1]).all()
        np.testing.assert_allclose(result.ratio[0], [0.5, 1.0])

    def test_impossible_counts_are_refused(self):
        with pytest.raises(ValueError, match="between 0 and its base"):
            comparisons.rate_ratio(5, 4, 1, 10)


class TestProportions:
    @pytest.mark.parametrize(
        ("c", "expected"),
        [((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090)), ((10, 10, 0, 20), (0.6791, 1.0)),
         ((5, 56, 0, 29), (-0.0381, 0.1926))],
    )  # fmt: skip
    def test_newcombe_1998_method_10(self, c, expected):
        # Newcombe (1998), Interval estimation for the difference, Stat. Med. 17:873–890, table II.
        ours = comparisons.two_proportions(*c)
        np.testing.assert_allclose((ours.low, ours.high), expected, atol=5e-5)

    def test_exact_binomial_takes_arrays(self):
        p = comparisons.exact_binomial_p([[3], [7]], 10, [0.5, 0.3])
        expected = [[stats.binomtest(k, 10, share).pvalue for share in (0.5, 0.3)] for k in (3, 7)]
        np.testing.assert_array_equal(p, expected)

    def test_certain_shares_cannot_be_tested(self):
        assert np.isnan(comparisons.exact_binomial_p([1, 1, 0], [5, 5, 0], [0, 1, 0.5])).all()
