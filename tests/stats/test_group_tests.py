"""Group tests against scipy, and the difference of two Net Promoter Scores worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from customer_profiles.stats import group_tests


class TestSeveralGroups:
    def test_cramers_v_and_chi2_agree_with_scipy(self):
        table = np.array([[20, 30, 10], [5, 40, 25]])
        ours = group_tests.chi2_test(np.vstack([table, np.zeros(3)]))
        theirs = stats.chi2_contingency(table, correction=False)
        assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))
        assert ours.effect == pytest.approx(stats.contingency.association(table, method="cramer"))
        assert np.isnan(group_tests.chi2_test([[3, 4]]).p)

    def test_kruskal_agrees_with_scipy_ties_included(self):
        rng = np.random.default_rng(0)
        values, groups = rng.integers(0, 5, 90).astype(float), np.repeat(["a", "b", "c"], 30)
        values[:30] += 1
        ours = group_tests.kruskal([*values, np.nan, 2.0], [*groups, "a", None])
        theirs = stats.kruskal(*(values[groups == g] for g in "abc"))
        assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))
        assert ours.n == 90
        assert np.isnan(group_tests.kruskal([1, 1, 1], ["a", "b", "a"]).p)

    def test_van_elteren_is_mann_whitney_in_one_stratum_and_a_permutation_within_many(self):
        rng = np.random.default_rng(4)
        values, member, strata = rng.poisson(3, 90), rng.random(90) < 0.4, rng.integers(0, 4, 90)
        values = values + 2 * strata  # strata differ, members do not
        ours = group_tests.van_elteren(values, member, np.zeros(90))
        theirs = stats.mannwhitneyu(values[member], values[~member], method="asymptotic", use_continuity=False)
        assert ours.p == pytest.approx(theirs.pvalue)
        assert ours.effect == pytest.approx(2 * theirs.statistic / (member.sum() * (~member).sum()) - 1)

        stratified = group_tests.van_elteren(values, member, strata)
        drawn = []
        for _ in range(400):
            shuffled = member.copy()
            for stratum in range(4):
                shuffled[strata == stratum] = rng.permutation(shuffled[strata == stratum])
            drawn.append(group_tests.van_elteren(values, shuffled, strata).statistic)
        assert np.mean(np.abs(drawn) >= abs(stratified.statistic)) == pytest.approx(stratified.p, abs=0.06)
        assert np.std(drawn) == pytest.approx(1, abs=0.1)

    def test_van_elteren_leaves_out_strata_without_both(self):
        values, member, strata = [1, 2, 3, 9, 9, np.nan], [1, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1]
        found = group_tests.van_elteren(values, member, strata)
        assert (found.n, found.effect) == (3, -1)
        assert np.isnan(group_tests.van_elteren([1, 2], [1, 1], [0, 0]).p)

    def test_cliffs_delta_is_counted_pair_by_pair_and_missing_values_are_left_out(self):
        rng = np.random.default_rng(1)
        a, b = rng.integers(0, 8, 40).astype(float), rng.integers(1, 9, 60).astype(float)
        ours = group_tests.van_elteren([*a, np.nan, *b], [True] * 41 + [False] * 60, np.zeros(101))
        theirs = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=False)
        assert ours.p == pytest.approx(theirs.pvalue)
        assert ours.effect == pytest.approx(np.sign(a[:, None] - b[None, :]).mean())
        assert np.isnan(group_tests.van_elteren([1, 1, 1, 1], [1, 1, 0, 0], np.zeros(4)).p)


class TestMeansAndScores:
    def test_welch_agrees_with_scipy(self):
        rng = np.random.default_rng(3)
        a, b = rng.normal(0, 1, 20), rng.normal(1, 3, 50)
        ours = group_tests.welch(a.mean(), a.std(ddof=1), 20, b.mean(), b.std(ddof=1), 50)
        theirs = stats.ttest_ind(a, b, equal_var=False)
        assert float(ours.p) == pytest.approx(theirs.pvalue)
        np.testing.assert_allclose((ours.low, ours.high), theirs.confidence_interval())
        assert np.isnan(group_tests.welch(1, 0, 5, 2, 0, 5).p)
        assert np.isnan(group_tests.welch(1, 1, 1, 2, 1, 5).p)

    def test_difference_of_two_nps_worked_by_hand(self):
        # (40 + ¾, 30 + 1½, 30 + ¾) of 103 against (20 + ¾, 30 + 1½, 50 + ¾) of 103.
        ours = group_tests.nps_difference([40, 30, 30], [20, 30, 50])
        adjusted = 40 / 103
        variance = ((40.75 + 30.75) / 103 - (10 / 103) ** 2) / 103 + ((20.75 + 50.75) / 103 - (30 / 103) ** 2) / 103
        assert float(ours.value) == 40
        half = stats.norm.ppf(0.975) * variance**0.5
        np.testing.assert_allclose((ours.low, ours.high), (100 * (adjusted - half), 100 * (adjusted + half)))
        assert float(ours.p) == pytest.approx(2 * stats.norm.sf(adjusted / variance**0.5))

    def test_p_of_nps_is_never_sharper_than_a_permutation_test_by_much(self):
        rng = np.random.default_rng(4)
        pool = rng.choice([1, 0, -1], 400, p=[0.6, 0.25, 0.15])
        group, rest = pool[:40], pool[40:]
        group[:12] = -1
        counted = [[(side == v).sum() for v in (1, 0, -1)] for side in (group, rest)]
        ours = float(group_tests.nps_difference(*counted).p)
        theirs = stats.permutation_test(
            (group, rest), lambda a, b: a.mean() - b.mean(), n_resamples=4999, rng=np.random.default_rng(5)
        ).pvalue
        assert ours == pytest.approx(theirs, abs=0.01)
