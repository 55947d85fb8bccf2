"""Quality of matching: measured against known truth, estimated without it, and what depends on it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_profiles.analysis.sources import matching

GROUPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14)


def evidence(*rows) -> pd.DataFrame:
    """Rows of (email, joined, pairs, expected, variance, borderline)."""
    return pd.DataFrame(rows, columns=["email", "joined", "pairs", "expected", "variance", "borderline"])


@settings(max_examples=80, deadline=None)
@given(GROUPS)
def test_pairwise_is_what_counting_pairs_gives(rows):
    found, true = np.array(rows).T
    pairs = list(itertools.combinations(range(len(rows)), 2))
    together = [(found[i] == found[j], true[i] == true[j]) for i, j in pairs]
    both = sum(f and t for f, t in together)
    result = matching.pairwise(found, true)
    for name, base in (("precision", sum(f for f, _ in together)), ("recall", sum(t for _, t in together))):
        value, low, high = result[name]
        if base:
            assert value == both / base
            assert low <= value <= high
        else:
            assert math.isnan(value)


@settings(max_examples=40, deadline=None)
@given(GROUPS)
def test_b_cubed_is_what_its_definition_gives(rows):
    found, true = np.array(rows).T
    share = {"precision": [], "recall": []}
    for i in range(len(rows)):
        right = ((found == found[i]) & (true == true[i])).sum()
        share["precision"].append(right / (found == found[i]).sum())
        share["recall"].append(right / (true == true[i]).sum())
    result = matching.b_cubed(found, true, resamples=20)
    for name, values in share.items():
        assert result[name].value == pytest.approx(np.mean(values))


def test_b_cubed_of_the_example_in_the_literature():
    """Amigó et al. (2009), figure 8: one mixed group of three among pure ones counts less than its pairs."""
    true = np.array([0, 0, 0, 0, 1, 1, 2])
    found = np.array([0, 0, 0, 1, 1, 1, 1])
    result = matching.b_cubed(found, true)
    assert result["precision"].value == pytest.approx((3 + 0.25 + 2 * 0.5 + 0.25) / 7)
    assert result["recall"].value == pytest.approx((3 * 0.75 + 0.25 + 2 + 1) / 7)
    low, high = result["precision"][1:]
    assert low < result["precision"].value < high


def test_the_estimate_adds_up_probabilities():
    table = matching.estimate(
        evidence(
            ("equal", True, 100, 98.0, 1.5, 10), ("near", True, 20, 17.0, 2.0, 20), ("near", False, 30, 5.0, 3.5, 9)
        )
    ).set_index("measure")
    precision, recall = table.loc[matching.PRECISION], table.loc[matching.RECALL]
    assert precision["share"] == pytest.approx(115 / 120)
    assert (precision["base"], precision["expected_errors"]) == (120, pytest.approx(5))
    assert recall["share"] == pytest.approx(115 / 120)
    assert recall["expected_errors"] == pytest.approx(5)
    assert precision["share_low"] < precision["share"] < precision["share_high"] <= 1


def test_the_interval_of_the_estimate_covers_what_chance_makes():
    rng = np.random.default_rng(3)
    p = rng.beta(20, 1, 400)
    table = matching.estimate(evidence(("equal", True, 400, p.sum(), (p * (1 - p)).sum(), 0)))
    low, high = table.loc[0, ["share_low", "share_high"]]
    drawn = (rng.random((2_000, 400)) < p).mean(axis=1)
    assert ((drawn >= low) & (drawn <= high)).mean() > 0.93


def test_nothing_compared_is_said_and_nothing_estimated():
    nothing = evidence().astype({"joined": bool, "pairs": int, "expected": float, "variance": float, "borderline": int})
    assert matching.estimate(nothing).empty
    assert matching.borderline(nothing).empty
    assert len(matching.limits(nothing, pd.DataFrame({"customer_no": [0, 1]}))) == 1
    assert matching.limits(nothing, pd.DataFrame({"customer_no": [0, 0]})) == []  # recognised by their ids
    profile = pd.DataFrame({"customer_no": [0, 1]})
    alternatives = pd.DataFrame({"matching": [], "customer_no": [], "alternative": [], "orders": []})
    assert matching.band(profile, alternatives)["customers"].tolist() == [2, 2, 2]
    assert matching.findings(nothing, matching.band(profile, alternatives), pd.DataFrame()) == []


def test_borderline_pairs_come_with_what_agrees_and_most_frequent_first():
    table = matching.borderline(
        evidence(
            ("equal", True, 100, 99.9, 0.1, 0), ("near", True, 10, 7.0, 2.1, 9), ("missing", False, 40, 10.0, 7.0, 30)
        )
    )
    assert table["email"].tolist() == ["missing", "near"]
    assert table["n"].tolist() == [30, 9]
    assert table["probability"].tolist() == [0.25, 0.7]


def test_the_band_recounts_customers_and_buyers():
    profile = pd.DataFrame({"customer_no": [0, 1, 2, 3], "orders": [3, 1, 1, 0], "spend": [60.0, 20.0, 15.0, 0.0]})
    alternatives = pd.DataFrame(
        {
            "matching": [matching.LOOSE] * 2 + [matching.STRICT] * 2,
            "customer_no": [1, 2, 0, 0],
            "alternative": [7, 7, 8, 9],
            "orders": [0, 0, 2, 1],
        }
    )
    table = matching.band(profile, alternatives).set_index("matching")
    assert table["customers"].to_dict() == {matching.STRICT: 5, matching.USED: 4, matching.LOOSE: 3}
    assert table["buyers"].to_dict() == {matching.STRICT: 4, matching.USED: 3, matching.LOOSE: 2}
    assert table.loc[matching.STRICT, "repeat_share"] == 1 / 4
    assert table.loc[matching.USED, "repeat_share"] == 1 / 3
    assert table.loc[matching.LOOSE, "repeat_share"] == 1
    assert table.loc[matching.LOOSE, "spend_per_customer"] == pytest.approx(95 / 3)
    told = matching.findings(evidence(("equal", True, 10, 9.5, 0.4, 3)), table.reset_index(), pd.DataFrame())
    found = {finding.id: finding for finding in told}
    assert found["01.matching.band"].values == {"n": 4, "low": 3, "high": 5}
    assert found["01.matching"].values["share"] == pytest.approx(0.95)


def test_without_orders_only_customers_are_counted():
    table = matching.band(
        pd.DataFrame({"customer_no": [0, 1]}),
        pd.DataFrame(
            {"matching": [matching.LOOSE] * 2, "customer_no": [0, 1], "alternative": [0, 0], "orders": [0, 0]}
        ),
    )
    assert table["customers"].tolist() == [2, 2, 1]
    assert list(table) == ["matching", "customers"]


def test_moved_accounts_are_told_with_their_base():
    moved = pd.DataFrame(
        {
            "became": ["unchanged", "merged"],
            "n": [9, 1],
            "base": [10, 10],
            "accounts_moved": [0, 2],
            "accounts": [20, 20],
        }
    )
    figures = pd.DataFrame({"matching": [matching.USED], "customers": [10]})
    (finding,) = matching.findings(evidence().astype({"joined": bool}), figures, moved)
    assert finding.values == {"n": 20, "changed": 2, "share": 0.1}
