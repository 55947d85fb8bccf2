"""The share of a sum and the area under the ROC curve, against scikit-learn, scipy, the bootstrap and their promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from customer_profiles.stats import intervals


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


class TestShareOfSum:
    def test_agrees_with_the_bootstrap(self, rng):
        values, inside = rng.exponential(1, 400), rng.random(400) < 0.3
        found = intervals.share_of_sum(values, inside)

        def share(part, whole, axis):
            return part.sum(axis) / whole.sum(axis)

        drawn = stats.bootstrap(
            (values * inside, values),
            share,
            paired=True,
            n_resamples=4000,
            rng=rng,
            confidence_level=intervals.SUM_CONFIDENCE,
        )
        assert found.value == pytest.approx(share(values * inside, values, 0))
        assert (found.low, found.high) == pytest.approx(drawn.confidence_interval, abs=0.012)

    def test_of_few_or_of_too_heavy_a_tail_there_is_no_interval(self, rng):
        values = rng.lognormal(4, 1, 400)
        few, many = np.arange(400) < 19, np.arange(400) < 100
        assert np.isnan(intervals.share_of_sum(values, few)[1:]).all()
        assert not np.isnan(intervals.share_of_sum(values, many)).any()
        assert np.isnan(intervals.share_of_sum(values**2, many)[1:]).all()
        assert intervals.share_of_sum(values, ~many).value == pytest.approx(values[~many].sum() / values.sum())

    def test_the_other_part_has_the_other_ends(self, rng):
        values, inside = rng.lognormal(0, 1, 300), rng.random(300) < 0.3
        one, other = intervals.share_of_sum(values, inside), intervals.share_of_sum(values, ~inside)
        assert (other.low, other.high) == pytest.approx((1 - one.high, 1 - one.low))
        assert intervals.share_of_sum(values * 1e7, inside) == pytest.approx(one)

    def test_of_nothing_or_one_there_is_no_share(self):
        assert np.isnan(intervals.share_of_sum([0, 0], [True, False])).all()
        assert np.isnan(intervals.share_of_sum([3], [True])).all()


class TestAuc:
    def test_agrees_with_scikit_learn_and_mann_whitney(self, rng):
        positive = rng.random(300) < 0.2
        scores = (rng.normal(positive, 1) * 3).round()  # with ties
        found = intervals.auc_interval(scores, positive).value
        assert found == pytest.approx(roc_auc_score(positive, scores))
        u = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
        assert found == pytest.approx(u / positive.sum() / (~positive).sum())

    def test_variance_by_the_definition_of_delong(self, rng):
        """The structural components, counted pair by pair."""
        positive = np.arange(60) < 20
        scores = rng.integers(0, 8, 60).astype(float)
        above = np.sign(scores[positive][:, None] - scores[~positive]) / 2 + 0.5
        variance = above.mean(axis=1).var(ddof=1) / 20 + above.mean(axis=0).var(ddof=1) / 40
        found = intervals.auc_interval(scores, positive)
        assert found.high - found.value == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-6)

    def test_a_class_of_one_has_no_interval(self):
        assert np.isnan(intervals.auc_interval([1, 2, 3], [True, False, False])).all()
