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
            (values * inside, values), share, paired=True, n_resamples=2000, method="percentile", rng=rng
        )
        assert found.value == pytest.approx(share(values * inside, values, 0))
        assert (found.low, found.high) == pytest.approx(drawn.confidence_interval, abs=0.008)

    def test_covers_the_truth(self, rng):
        hits = 0
        for _ in range(300):
            inside = rng.random(200) < 0.25
            found = intervals.share_of_sum(rng.exponential(np.where(inside, 3.0, 1.0)), inside)
            hits += found.low <= 0.5 <= found.high
        assert hits >= 275  # 285 expected; fewer than 275 have a probability of 0.4 % at 95 %

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
