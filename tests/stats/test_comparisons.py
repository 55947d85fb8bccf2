"""Tests and corrections against scipy, statsmodels and published examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_effectsize

from customer_profiles.stats import comparisons

# The family of 15 in Benjamini & Hochberg (1995), section 3.2: four are rejected at q = 0.05.
THROMBOLYSIS = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]

p_values = st.lists(st.one_of(st.floats(0, 1, allow_subnormal=False), st.just(float("nan"))), max_size=40)
counts = st.tuples(st.integers(1, 400), st.integers(1, 400)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


class TestBenjaminiHochberg:
    def test_worked_example_of_the_paper(self):
        assert (comparisons.benjamini_hochberg(THROMBOLYSIS) <= 0.05).sum() == 4

    @settings(deadline=None)
    @given(p_values)
    def test_agrees_with_scipy_and_statsmodels_and_leaves_nan_out(self, p):
        ours = comparisons.benjamini_hochberg(p)
        made = [x for x in p if not np.isnan(x)]
        assert np.isnan(ours).sum() == len(p) - len(made)
        if made:
            np.testing.assert_allclose(ours[~np.isnan(ours)], stats.false_discovery_control(made))
            np.testing.assert_allclose(ours[~np.isnan(ours)], multipletests(made, method="fdr_bh")[1])

    def test_mirror_images_count_once(self):
        table = pd.DataFrame({"attribute": ["sex", "sex", "age", "age", "age"], "p": [0.02, 0.02, 0.9, np.nan, 0.5]})
        adjusted = comparisons.adjust(table, ["attribute"])
        assert adjusted.attrs["family"] == 3
        np.testing.assert_allclose(adjusted["p_adjusted"], [0.06, 0.06, 0.9, np.nan, 0.75])
        assert comparisons.adjust(table).attrs["family"] == 4
        assert comparisons.family_size(table, ["attribute"]) == 3

    def test_claims_are_truth_values_even_without_rows(self):
        empty = comparisons.adjust(pd.DataFrame({"attribute": [], "p": []}), ["attribute"])
        assert empty["claim"].dtype == bool
        assert empty.attrs["family"] == 0


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

    @settings(deadline=None)
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

    @settings(deadline=None)
    @given(counts)
    def test_is_one_comparison_seen_from_either_side(self, c):
        k1, n1, k0, n0 = c
        one, other = comparisons.rate_ratio(k1, n1, k0, n0), comparisons.rate_ratio(k0, n0, k1, n1)
        assert one.low <= one.ratio <= one.high
        np.testing.assert_allclose([one.ratio, one.low, one.p], [1 / other.ratio, 1 / other.high, other.p], rtol=1e-6)
        mirrored = comparisons.proportions_p(n1 - k1, n1, n0 - k0, n0)
        np.testing.assert_allclose(one.p, mirrored, rtol=1e-6)

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
        theirs = confint_proportions_2indep(*c, compare="diff", method="newcomb")
        np.testing.assert_allclose((ours.low, ours.high), theirs, atol=1e-9)

    @settings(deadline=None)
    @given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.001, 0.999))
    def test_exact_binomial_agrees_with_scipy(self, pair, share):
        k, n = pair
        assert float(comparisons.exact_binomial_p(k, n, share)) == pytest.approx(
            stats.binomtest(k, n, share).pvalue, rel=1e-5
        )

    def test_certain_shares_cannot_be_tested(self):
        assert np.isnan(comparisons.exact_binomial_p([1, 1, 0], [5, 5, 0], [0, 1, 0.5])).all()

    @pytest.mark.parametrize(("p1", "p0"), [(0.65, 0.45), (0.2, 0.8), (0, 1)])
    def test_cohens_h_agrees_with_statsmodels(self, p1, p0):
        assert float(comparisons.cohens_h(p1, p0)) == pytest.approx(proportion_effectsize(p1, p0))
