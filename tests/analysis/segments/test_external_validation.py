from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from customer_profiles.analysis.segments import external_validation
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.stats.intervals import Estimate

RATES = {1: 0.1, 2: 0.2, 3: 0.6}


def customers(n=2000, seed=1, rates=RATES):
    """Segments whose customers leave at different rates; the score is missing for a third."""
    rng = np.random.default_rng(seed)
    labels = pd.Series(rng.choice(list(rates), n, p=[0.5, 0.3, 0.2]), name="segment")
    left = rng.random(n) < labels.map(rates)
    score = pd.Series(rng.integers(0, 11, n)).astype("Float64").mask(rng.random(n) < 1 / 3)
    return pd.DataFrame({"status": np.where(left, "Churned", "active"), "nps_score": score}), labels


@pytest.fixture(scope="module")
def tables():
    profile, labels = customers()
    held_out = external_validation.outcomes(profile)
    results = external_validation.by_segment(labels, held_out), external_validation.separate(labels, held_out)
    return (*(result.frame for result in results), held_out, labels, tuple(result.family for result in results))


def test_outcomes_are_those_that_did_not_make_the_segments():
    profile, _ = customers()
    assert set(external_validation.outcomes(profile)) == {("status", "Churned"), ("nps_score", "dissatisfied")}
    assert set(external_validation.outcomes(profile, ["status"])) == {("nps_score", "dissatisfied")}
    known = external_validation.outcomes(profile)["nps_score", "dissatisfied"]
    assert len(known) == profile["nps_score"].notna().sum()
    assert known.sum() == (profile["nps_score"] <= 6).sum()


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_status_that_begins_some_days_after_the_last_order_is_no_outcome(noise):
    rng = np.random.default_rng(2)
    profile, _ = customers()
    profile["recency_days"] = pd.array(rng.exponential(120, len(profile)).astype(int), dtype="Int64")
    profile["last_order_at"] = pd.Timestamp("2025-12-31") - pd.to_timedelta(profile["recency_days"], unit="D")
    late = (profile["recency_days"] > 180).to_numpy(bool) ^ (rng.random(len(profile)) < noise)
    derived = profile.assign(status=np.where(late, "inactive", "active"))
    for made_of in (["recency_days"], ["last_order_at"]):
        assert set(external_validation.outcomes(derived, made_of)) == {("nps_score", "dissatisfied")}
        assert [text.values["name"] for text in external_validation.told(derived, made_of)] == ["status"]
    assert ("status", "Churned") in external_validation.outcomes(profile, ["recency_days"])  # of its own
    assert external_validation.told(profile, ["recency_days"]) == []


def test_intervals_hold_what_chance_makes_of_segments_that_tell_nothing():
    held = []
    for seed in range(40):
        profile, labels = customers(600, seed, {1: 0.2, 2: 0.2, 3: 0.2})
        row = external_validation.separate(labels, external_validation.outcomes(profile), seed).frame.iloc[0]
        held.append(row["auc_low"] <= 0.5 <= row["auc_high"])
    assert stats.binomtest(sum(held), len(held), 0.95, alternative="less").pvalue >= 0.01


def test_an_outcome_of_too_few_is_left_out():
    profile, _ = customers(100)
    rare = profile.assign(status=np.where(profile.index < external_validation.MIN_CASES - 1, "churned", "active"))
    assert ("status", "churned") not in external_validation.outcomes(rare)


def test_shares_by_segment_add_up_and_are_compared_with_the_others(tables):
    by_segment, _, held_out, _, families = tables
    left = by_segment[by_segment["attribute"] == "status"].set_index("segment")
    assert left["n"].sum() == held_out["status", "Churned"].sum()
    assert left["base"].sum() == len(held_out["status", "Churned"])
    assert left["to_all"].to_numpy() == pytest.approx(left["share"] / (left["n"].sum() / left["base"].sum()))
    assert left.loc[3, "to_all_low"] > 2
    assert left.loc[[1, 3], "claim"].all()
    assert families == (len(by_segment), 2) == (6, 2)


def test_the_riskiest_tenth_is_in_the_riskiest_segment(tables):
    _, overall, held_out, labels, _ = tables
    row = overall.set_index("attribute").loc["status"]
    truth = held_out["status", "Churned"]
    assert row["riskiest_base"] == 200
    assert row["riskiest_share"] == pytest.approx(RATES[3], abs=0.08)
    assert row["to_all_low"] < RATES[3] / 0.23 < row["to_all_high"]
    assert row["auc"] == pytest.approx(roc_auc_score(truth, labels), abs=0.005)
    table = pd.crosstab(labels, truth)
    assert row["effect"] == pytest.approx(stats.contingency.association(table, "cramer"), abs=0.01)
    assert row["claim"]


def test_the_interval_of_the_lift_holds_what_it_promises():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(1500):
        inside, outside = rng.binomial(200, 0.3), rng.binomial(1800, 0.1)
        _, (low, high) = external_validation.lift(inside, 200, inside + outside, 2000)
        held.append(low <= 0.3 / 0.12 <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_a_lift_of_nobody_has_an_upper_bound():
    ratio, (low, high) = external_validation.lift(0, 50, 100, 1000)
    assert ratio == low == 0
    assert 0 < high < 2


def test_segments_without_a_difference_are_hardly_ever_said_to_tell_anything():
    claims, areas = [], []
    for seed in range(40):
        profile, labels = customers(600, seed, {1: 0.2, 2: 0.2, 3: 0.2})
        held_out = external_validation.outcomes(profile)
        table = external_validation.separate(labels, held_out, seed).frame
        claims.append(table["claim"].any() or external_validation.by_segment(labels, held_out).frame["claim"].any())
        areas += table["auc"].tolist()
    assert np.mean(claims) <= 0.15  # two families of 5 % each, and what chance allows in forty
    assert np.mean(areas) == pytest.approx(0.5, abs=0.03)  # nobody's own outcome counts


def test_a_difference_that_orders_nobody_is_not_told(monkeypatch):
    """By χ² the segments differ, but chance alone orders the customers as well: one verdict, and nothing is claimed."""
    wide = Estimate(0.52, 0.45, 0.59)
    monkeypatch.setattr(external_validation, "_by_chance", lambda found, beyond, most: wide)
    profile, labels = customers()
    result = external_validation.separate(labels, external_validation.outcomes(profile))
    assert (result.frame["p_adjusted"] <= 0.05).any()
    assert not result.frame["claim"].any()
    assert [finding.kind for finding in result.claims(result.frame)] == ["nothing"]


def test_findings_say_the_lift_or_that_nothing_is_told(tables):
    _, overall, held_out, labels, _ = tables
    tell = external_validation.separate(labels, held_out).claims
    found = tell(overall)
    assert [finding.values["attribute"] for finding in found] == ["status"]
    assert found[0].values["times"] > found[0].values["low"] > 1
    nothing = tell(overall[overall["attribute"] == "nps_score"])
    assert nothing[0].kind == "nothing"
    assert tell(overall.assign(hidden=True)) == []


def test_without_outcomes_the_tables_are_empty():
    labels = pd.Series([1, 2] * 50)
    assert external_validation.outcomes(pd.DataFrame({"orders": range(100)})) == {}
    assert external_validation.by_segment(labels, {}).frame.columns.tolist() == list(external_validation.OF_SEGMENT)
    overall = external_validation.separate(labels, {})
    assert overall.frame.columns.tolist() == list(external_validation.OF_OUTCOME)
    assert overall.needs == "feedback"


def test_without_segments_the_tables_are_empty(tables):
    _, _, held_out, labels, _ = tables
    nobody = pd.Series(pd.NA, labels.index, dtype="Int64")
    assert len(external_validation.by_segment(nobody, held_out)) == 0
    assert len(external_validation.separate(nobody, held_out)) == 0


def test_few_cases_of_a_segment_are_hidden(tables):
    _, _, held_out, labels, _ = tables
    by_segment = external_validation.by_segment(labels, held_out)
    few = by_segment.frame.assign(n=by_segment.frame["n"].mask(by_segment.frame["segment"] == 2, 3))
    hidden = Gate(10).guard(replace(by_segment, frame=few)).frame["suppressed"]
    assert hidden[few["segment"] == 2].all()
    overall = external_validation.separate(labels, held_out)
    assert Gate(10).guard(replace(overall, frame=overall.frame.assign(riskiest_n=3))).frame["suppressed"].all()
