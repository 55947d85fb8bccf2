"""Times until something happens, against statsmodels and a published example."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from customer_profiles.stats import survival

# Remission of leukaemia patients in weeks (Freireich et al. 1963), the example of most textbooks: 6-MP and placebo.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_the_textbook_example():
    curve = survival.kaplan_meier(TREATED, RELAPSED)
    assert curve["waiting"].round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert survival.median(curve).value == 23
    assert survival.median(survival.kaplan_meier(PLACEBO, [True] * 21)).value == 8
    days, event = TREATED + PLACEBO, RELAPSED + [True] * 21
    member = np.arange(42)[:, None] < 21
    found = survival.log_rank(days, event, member)
    assert found.expected[0] == pytest.approx(19.25, abs=0.005)
    assert found.p[0] == pytest.approx(4.17e-5, rel=0.01)  # chi-squared 16.79
    assert found.ratio[0] == pytest.approx(np.exp(-1.572), rel=0.01)  # Cox's model with Efron's ties


def test_curve_median_and_intervals_are_those_of_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(3)
    days = rng.geometric(0.02, 300)
    limit = rng.integers(5, 120, 300)
    event, days = days <= limit, np.minimum(days, limit)
    curve, referee = survival.kaplan_meier(days, event), SurvfuncRight(days, event)
    assert curve["day"].tolist() == referee.surv_times.tolist()
    np.testing.assert_allclose(curve["waiting"], referee.surv_prob)
    half = survival.median(curve)
    assert half.value == referee.quantile(0.5)
    low, high = referee.quantile_ci(0.5, method="cloglog")
    assert abs(half.low - low) <= 1
    assert abs(half.high - high) <= 1
    inside = survival.at(curve, [30]).iloc[0]
    assert inside["share_low"] < inside["share"] < inside["share_high"]
    assert inside["share"] == pytest.approx(1 - referee.surv_prob[referee.surv_times <= 30][-1])


def test_every_group_is_tested_against_the_others_as_statsmodels_does():
    from statsmodels.duration.survfunc import survdiff

    rng = np.random.default_rng(4)
    group = rng.integers(0, 3, 400)
    days, event = rng.geometric(0.03 + 0.01 * group), rng.random(400) < 0.7
    found = survival.log_rank(days, event, group[:, None] == np.arange(3))
    for value in range(3):
        _, p = survdiff(days, event, group == value)
        assert found.p[value] == pytest.approx(p, rel=1e-6)
    assert found.ratio[0] < 1 < found.ratio[2]


def test_whoever_is_unknown_is_left_out():
    rng = np.random.default_rng(5)
    days, event, member = rng.geometric(0.05, 90), rng.random(90) < 0.8, rng.random((90, 1)) < 0.5
    known = np.arange(90) < 60
    some = survival.log_rank(days, event, member, known)
    assert some.p[0] == survival.log_rank(days[:60], event[:60], member[:60]).p[0]


def test_half_is_half_whatever_rounding_makes_of_it():
    """Nobody is censored, so the curve is at one half as soon as half are gone."""
    for n in range(2, 60, 2):
        assert survival.median(survival.kaplan_meier(range(1, n + 1), [True] * n)).value == n / 2


def test_nobody_and_nothing():
    empty = survival.kaplan_meier([], [])
    assert empty.empty
    assert np.isnan(survival.median(empty).value)
    assert survival.at(empty, [30])["share"].tolist() == [0.0]
    waiting = survival.kaplan_meier([10, 20], [False, False])
    assert np.isnan(survival.median(waiting).value)
    everybody = survival.kaplan_meier([1, 1], [True, True])
    assert survival.at(everybody, [0, 1]).equals(
        pd.DataFrame({"share": [0.0, 1.0], "share_low": [0.0, 1.0], "share_high": [0.0, 1.0]})
    )


def test_the_hazard_ratio_is_that_of_cox():
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(6)
    member = rng.random(600) < 0.3
    days, event = rng.geometric(np.where(member, 0.09, 0.03)), rng.random(600) < 0.8
    found = survival.log_rank(days, event, member[:, None])
    referee = PHReg(days, member[:, None].astype(float), event, ties="efron").fit(disp=0)
    assert np.log(found.ratio[0]) == pytest.approx(referee.params[0], rel=0.01)
    assert np.log(found.high[0] / found.low[0]) / 2 / 1.959964 == pytest.approx(referee.bse[0], rel=0.02)


@pytest.mark.parametrize("draws", [60, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("ratio", [1.5, 2, 3])
def test_a_planted_hazard_ratio_lies_in_its_interval(ratio, draws, record_property):
    covered, told = 0, []
    for seed in range(draws):
        rng = np.random.default_rng([seed, int(10 * ratio)])
        member = rng.random(600) < 0.4
        waited, watched = rng.exponential(60 / np.where(member, ratio, 1)), rng.uniform(30, 200, 600)
        found = survival.log_rank(np.minimum(waited, watched).astype(int), waited <= watched, member[:, None])
        covered += found.low[0] <= ratio <= found.high[0]
        told.append(found.ratio[0])
    record_property("covered", covered / draws)
    assert binom.cdf(covered, draws, 0.95) >= 0.01
    assert np.median(told) == pytest.approx(ratio, rel=0.05)
    assert min(told) > 1


def test_spells_give_what_changes_over_time():
    """What was true before the change counts before it, as a model of whole spells cannot say."""
    rng = np.random.default_rng(9)
    struck, left = rng.exponential(100, 3000), rng.exponential(150, 3000)
    left = np.where(left > struck, struck + (left - struck) / 2, left)  # the change doubles the hazard
    hit = struck < left
    entry = np.concatenate([np.zeros(3000), struck[hit]])
    exit, event = (
        np.concatenate([np.minimum(struck, left), left[hit]]),
        np.concatenate([~hit, np.ones(hit.sum(), bool)]),
    )
    b, error = survival.cox(exit, event, (entry > 0)[:, None], entry)
    assert abs(b[0] - np.log(2)) < 2.6 * error[0]
    assert survival.cox(exit, event, hit[np.r_[:3000, np.flatnonzero(hit)]][:, None], 0 * entry)[0][0] < b[0]


@pytest.mark.parametrize("endless", [False, True])
@pytest.mark.filterwarnings("ignore:Maximum Likelihood")
def test_spells_are_fitted_as_statsmodels_fits_them(endless):
    """With ties and late entries; also with a value that nobody has to whom it happened."""
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(10)
    design = (rng.random((1500, 5)) < [0.5, 0.3, 0.1, 0.6, 0.2]).astype(float)
    entry = np.where(rng.random(1500) < 0.4, rng.integers(0, 60, 1500), 0).astype(float)
    waited = rng.exponential(90 / np.exp(0.7 * design[:, 0] - 0.4 * design[:, 1])).astype(int) + 1
    event = waited < 120
    exit = entry + np.minimum(waited, 120)
    if endless:
        design[event, 4] = 0
    assert (survival._newton(exit, event, design, entry) is None) == endless
    b, error = survival.cox(exit, event, design, entry)
    referee = PHReg(exit, design, event.astype(int), entry=entry, ties="breslow").fit(disp=0)
    assert b[:4] == pytest.approx(referee.params[:4], abs=1e-9)
    assert error[:4] == pytest.approx(referee.bse[:4], rel=1e-9)
    assert np.isnan([b[4], error[4]]).all() == endless
