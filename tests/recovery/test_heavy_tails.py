"""What customers spend has a heavy tail: intervals hold the truth, or there is none.

Spend is drawn from log-normal distributions, whose mean, Gini coefficient and shares of the best are known, with and
without customers who spend nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.demographics import concentration
from customer_profiles.analysis.segments import external_validation
from customer_profiles.stats import intervals

TOLD_FROM = 0.9
"""Part of the samples that have an interval from which it has to hold; where fewer have, hardly any is told."""
HOLDS = 0.90


def means(spread: float, n: int, idle: float, draws: int, seed: int = 1) -> tuple[float, float, float]:
    """Part of the samples with an interval, and how often it holds; and how often Student's would."""
    rng = np.random.default_rng(seed)
    truth = (1 - idle) * np.exp(4 + spread**2 / 2)
    told, holds, student = [], [], []
    for _ in range(draws):
        values = rng.lognormal(4, spread, n) * (rng.random(n) >= idle)
        found = intervals.mean_interval(values)
        told.append(not np.isnan(found.low))
        holds.append(found.low <= truth <= found.high)
        low, high = intervals.t_interval(values.mean(), values.std(ddof=1), n)
        student.append(low <= truth <= high)
    return np.mean(told), np.sum(holds) / max(np.sum(told), 1), np.mean(student)


@pytest.mark.parametrize(("spread", "n", "idle"), [(0.5, 50, 0), (1.0, 200, 0.4), (1.25, 1000, 0)])
def test_spend_per_customer(spread, n, idle):
    told, holds, _ = means(spread, n, idle, 300)
    assert told >= TOLD_FROM
    assert stats.binomtest(round(holds * told * 300), round(told * 300), HOLDS, alternative="less").pvalue >= 0.01


@pytest.mark.parametrize("n", [200, 1000])
@pytest.mark.parametrize("power", [1.3, 1.6, 2.0, 3.0])
def test_of_tails_that_fall_like_a_power_little_false_is_told(power, n, record_property):
    """Below 2 the variance has no end; a sample without the largest customers looks harmless and cannot know."""
    rng, truth, told, false = np.random.default_rng(5), power / (power - 1), 0, 0
    for _ in range(600):
        found = intervals.mean_interval(rng.pareto(power, n) + 1)
        told += not np.isnan(found.low)
        false += not (np.isnan(found.low) or found.low <= truth <= found.high)
    record_property("nothing_false_of_powers", 1 - false / 600)
    assert false / 600 <= 0.17
    assert told / 600 >= 0.8 or power < 2
    assert told / 600 <= 0.35 or power > 1.3


def test_of_a_very_heavy_tail_hardly_anything_is_told():
    told, _, student = means(2.0, 200, 0, 200)
    assert told < 0.02
    assert student < 0.85  # what would have been told


@pytest.mark.slow
@pytest.mark.parametrize("idle", [0, 0.4])
@pytest.mark.parametrize("n", [50, 200, 1000])
@pytest.mark.parametrize("spread", [0.5, 1.0, 1.25, 1.5, 2.0])
def test_spend_per_customer_over_many_tails(spread, n, idle, record_property):
    told, holds, _ = means(spread, n, idle, 2000, seed=2)
    record_property("nothing_false_of_means", 1 - told * (1 - holds))
    assert told < TOLD_FROM or holds >= HOLDS
    assert told * (1 - holds) <= 0.10  # of all samples, those that are told something false


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "n"), [(0.5, 300), (1.0, 300), (1.0, 1500), (1.25, 1500)])
def test_shares_of_the_best_and_gini(spread, n, record_property):
    rng, normal, hits = np.random.default_rng(3), stats.norm, {"gini": [], "top": []}
    for _ in range(100):
        buyers = pd.DataFrame({"orders": 1, "spend": rng.lognormal(4, spread, n)})
        gini = concentration.gini(buyers)
        hits["gini"].append(gini.low <= 2 * normal.cdf(spread / np.sqrt(2)) - 1 <= gini.high)
        for row in concentration.concentration(buyers).frame.dropna().itertuples():
            truth = normal.cdf(spread - normal.ppf(1 - row.top))
            hits["top"].append(row.spend_share_low <= truth <= row.spend_share_high)
    for name, held in hits.items():
        record_property(f"covered_{name}", np.mean(held))
        assert stats.binomtest(int(sum(held)), len(held), HOLDS, alternative="less").pvalue >= 0.001


def shares_of_sums(spread: float, inside: int, parts: int, draws: int, seed: int = 3) -> tuple[int, int]:
    """How many samples have an interval of the share of a group in all spend, and in how many of these it holds."""
    rng, told, holds = np.random.default_rng(seed), 0, 0
    truth = 3 / (3 + parts - 1)  # a customer of the group spends three times as much
    for _ in range(draws):
        group = rng.random(inside * parts) < 1 / parts
        found = intervals.share_of_sum(rng.lognormal(4, spread, len(group)) * np.where(group, 3, 1), group)
        told += not np.isnan(found.low)
        holds += found.low <= truth <= found.high
    return told, holds


def test_share_of_a_group_in_all_spend():
    told, holds = shares_of_sums(1.0, 100, 10, 400)
    assert told >= 0.9 * 400
    assert stats.binomtest(holds, told, 0.95, alternative="less").pvalue >= 0.01


@pytest.mark.slow
@pytest.mark.parametrize("parts", [2, 3, 10, 30])
@pytest.mark.parametrize("inside", [25, 40, 100, 400])
@pytest.mark.parametrize("spread", [0.5, 1.0, 1.25, 1.5, 2.0])
def test_share_of_a_group_in_all_spend_over_many_tails(spread, inside, parts, record_property):
    told, holds = shares_of_sums(spread, inside, parts, 1000)
    record_property("nothing_false_of_shares", 1 - (told - holds) / 1000)
    assert not told or stats.binomtest(holds, told, 0.95, alternative="less").pvalue >= 0.01 / 60  # of 60 cases
    assert told - holds <= 0.08 * 1000


@pytest.mark.slow
@pytest.mark.parametrize("rates", [[0.15] * 5, [0.1, 0.1, 0.1, 0.1, 0.25], [0.05, 0.1, 0.2, 0.3, 0.4]])
def test_how_well_segments_tell_of_an_outcome(rates, record_property):
    """The area under the curve of segments in the order of their shares, with and without anything to tell."""
    rng, shares = np.random.default_rng(7), np.array(rates)
    had, not_had = shares / shares.sum(), (1 - shares) / (1 - shares).sum()
    ahead = (shares[:, None] > shares) + 0.5 * (shares[:, None] == shares)
    truth, holds = float(had @ ahead @ not_had), 0
    for _ in range(400):
        segment = pd.Series(rng.integers(0, 5, 400))
        left = pd.Series(rng.random(400) < shares[segment])
        row = external_validation.separate(segment, {("status", "left"): left}).frame.iloc[0]
        holds += row["auc_low"] <= truth <= row["auc_high"]
    record_property("auc_coverage", holds / 400)
    assert stats.binomtest(holds, 400, 0.95, alternative="less").pvalue >= 0.01
