"""The figures that are promised of scores and events; all of them are printed by benchmarks/score_coverage.py."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import score_coverage as benchmark
from scipy import stats

PROMISED = 0.93


@pytest.mark.parametrize("n", benchmark.SIZES)
@pytest.mark.parametrize("mix", benchmark.MIXES)
def test_intervals_of_nps_hold_the_truth(mix, n):
    assert benchmark.nps_coverage(benchmark.MIXES[mix], n) >= PROMISED


@pytest.mark.parametrize("n", benchmark.SIZES)
@pytest.mark.parametrize("share", benchmark.SHARES)
def test_intervals_of_shares_hold_the_truth(share, n):
    assert benchmark.share_coverage(share, n) >= PROMISED


@pytest.mark.parametrize("n", benchmark.SIZES)
@pytest.mark.parametrize("mix", benchmark.MIXES)
def test_intervals_of_means_hold_the_truth(mix, n):
    """Of 30 answers that lean far to one side the t interval holds 91 of 100, as is known of it."""
    skewed = mix == "good" and n == min(benchmark.SIZES)
    assert benchmark.mean_coverage(benchmark.MIXES[mix], n) >= (0.90 if skewed else PROMISED)


def test_a_wrong_interval_would_be_noticed():
    """The normal interval without the adjustment, as surveys are often read, misses too often where most promote."""
    n, mix = 30, (0.93, 0.05, 0.02)
    drawn = np.random.default_rng(1).multinomial(n, mix, size=benchmark.SURVEYS) / n
    score = drawn[:, 0] - drawn[:, 2]
    half = 1.96 * np.sqrt((drawn[:, 0] + drawn[:, 2] - score**2) / n)
    assert (abs(score - mix[0] + mix[2]) <= half).mean() < 0.9
    assert benchmark.nps_coverage(mix, n) >= PROMISED


def test_placebo_events_fool_rarely():
    assert benchmark.false_alarms(3, answers=300) == 0


@pytest.mark.slow
@pytest.mark.parametrize("memory", [0.0, 0.6])
def test_placebo_events_fool_in_one_of_twenty_at_most(memory):
    assert benchmark.false_alarms(60, memory=memory) * 60 <= stats.binom.isf(0.01, 60, 0.05)


@pytest.mark.slow
def test_the_planted_event_is_found_at_nine_of_ten_seeds(tmp_path):
    results = [benchmark.found_in_company(tmp_path / str(seed), seed) for seed in range(1, 11)]
    assert sum(bool(found) for found, _ in results) >= 9
    assert sum(len(wrong) for _, wrong in results) <= 1
