"""Quality of matching: measured against known truth, estimated without it, and what depends on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from told import seen, told

from customer_profiles.analysis.sources import matching
from customer_profiles.codes import LOOSE, STRICT, USED

SUMS = ["pairs", "expected", "variance", "record_loss", "record_variance"]


def estimated(*rows):
    """Estimate from rows as of `evidence`, summed as the notebook does."""
    return matching.estimate(evidence(*rows).groupby("joined")[SUMS].sum(), records=200)


def evidence(*rows) -> pd.DataFrame:
    """Rows of (email, joined, pairs, expected, variance, borderline)."""
    table = pd.DataFrame(rows, columns=["email", "joined", "pairs", "expected", "variance", "borderline"])
    return table.assign(record_loss=0.001, record_variance=1e-6)


def test_the_estimate_adds_up_probabilities():
    result = estimated(
        ("equal", True, 100, 98.0, 1.5, 10), ("near", True, 20, 17.0, 2.0, 20), ("near", False, 30, 5.0, 3.5, 9)
    )
    table = result.frame.set_index("measure")
    precision, recall = table.loc[matching.PRECISION], table.loc[matching.RECALL]
    assert precision["share"] == pytest.approx(115 / 120)
    assert (precision["base"], precision["expected_errors"]) == (120, pytest.approx(5))
    assert recall["share"] == pytest.approx(115 / 120)
    assert recall["expected_errors"] == pytest.approx(5)
    assert precision["share_low"] < precision["share"] < precision["share_high"] <= 1


def test_the_estimate_of_records_averages_over_records():
    result = estimated(("equal", True, 100, 98.0, 1.5, 10), ("near", True, 20, 17.0, 2.0, 20))
    record = result.frame.set_index("measure").loc[matching.RECORD_PRECISION]
    assert record["share"] == pytest.approx(0.998)
    assert (record["base"], record["expected_errors"]) == (200, pytest.approx(0.4))
    assert record["share"] - record["share_low"] == pytest.approx(1.96 * np.sqrt(2e-6), rel=1e-3)


def test_the_interval_of_the_estimate_covers_what_chance_makes():
    rng = np.random.default_rng(3)
    p = rng.beta(20, 1, 400)
    table = estimated(("equal", True, 400, p.sum(), (p * (1 - p)).sum(), 0)).frame
    low, high = table.loc[0, ["share_low", "share_high"]]
    drawn = (rng.random((2_000, 400)) < p).mean(axis=1)
    assert ((drawn >= low) & (drawn <= high)).mean() > 0.93


def test_nothing_compared_is_said_and_nothing_estimated():
    nothing = evidence().astype({"joined": bool, "pairs": int, "expected": float, "variance": float, "borderline": int})
    assert not len(matching.estimate(nothing.groupby("joined")[SUMS].sum(), 2))
    assert not len(matching.borderline(nothing))
    assert len(matching.limits(nothing, pd.DataFrame({"customer_no": [0, 1]}))) == 1
    assert matching.limits(nothing, pd.DataFrame({"customer_no": [0, 0]})) == []  # recognised by their ids
    profile = pd.DataFrame({"customer_no": [0, 1]})
    alternatives = pd.DataFrame({"matching": [], "customer_no": [], "alternative": [], "orders": []})
    same = matching.sensitivity(profile, alternatives)
    assert same.frame["customers"].tolist() == [2, 2, 2]
    assert told(same) == []
    assert matching.sensitivity(profile.head(0), alternatives).frame["customers"].tolist() == [0, 0, 0]
    identities = pd.DataFrame({"ids": [], "customer_no": [], "shared": pd.Series(dtype="bool")})
    assert not len(matching.by_system(identities))
    provenance = pd.DataFrame({name: [] for name in ("field", "source", "several", "differing")})
    assert not len(matching.values_by_source(provenance))


def test_borderline_pairs_come_with_what_agrees_and_most_frequent_first():
    pairs = evidence(("near", True, 10, 7.0, 2.1, 9), ("missing", False, 40, 10.0, 7.0, 30))
    table = matching.borderline(pairs).frame
    assert table["email"].tolist() == ["missing", "near"]
    assert table["n"].tolist() == [30, 9]
    assert table["probability"].tolist() == [0.25, 0.7]


def test_the_sensitivity_recounts_customers_and_buyers():
    profile = pd.DataFrame({"customer_no": [0, 1, 2, 3], "orders": [3, 1, 1, 0], "spend": [60.0, 20.0, 15.0, 0.0]})
    alternatives = pd.DataFrame(
        {
            "matching": [LOOSE] * 2 + [STRICT] * 2,
            "customer_no": [1, 2, 0, 0],
            "alternative": [7, 7, 8, 9],
            "orders": [0, 0, 2, 1],
        }
    )
    result = matching.sensitivity(profile, alternatives)
    table = result.frame.set_index("matching")
    assert table["customers"].to_dict() == {STRICT: 5, USED: 4, LOOSE: 3}
    assert table["buyers"].to_dict() == {STRICT: 4, USED: 3, LOOSE: 2}
    assert table.loc[STRICT, "repeat_share"] == 1 / 4
    assert table.loc[USED, "repeat_share"] == 1 / 3
    assert table.loc[LOOSE, "repeat_share"] == 1
    assert table.loc[LOOSE, "spend_per_customer"] == pytest.approx(95 / 3)
    many = result.frame.assign(customers=[50, 40, 30], buyers=[20, 20, 20])
    finding = result.claims(many)[0]
    assert (finding.id, finding.values) == ("matching.band", {"n": 40, "low": 30, "high": 50})


def test_the_estimate_is_told():
    (finding,) = told(estimated(("equal", True, 10, 9.5, 0.4, 3)))
    assert finding.id == "matching"
    assert finding.values["share"] == pytest.approx(0.95)


def test_a_few_buyers_or_customers_are_hidden():
    profile = pd.DataFrame({"customer_no": range(40), "orders": [1] * 8 + [0] * 32, "spend": 1.0})
    merged = {"matching": [LOOSE] * 2, "customer_no": [38, 39], "alternative": [7, 7], "orders": [0, 0]}
    result = matching.sensitivity(profile, pd.DataFrame(merged))
    assert seen(result)["customers"].isna().all()
    assert told(result, least=10) == []


def test_sources_with_a_few_values_are_hidden_and_so_is_what_gives_them_away():
    values = pd.DataFrame({"field": "email", "source": ["crm"] * 60 + ["shop"] * 20 + ["app"] * 4})
    result = matching.values_by_source(values.assign(several=False, differing=False))
    assert result.frame["n"].tolist() == [60, 20, 4]
    assert seen(result)["n"].isna().tolist() == [False, True, True]
    few = matching.values_by_source(values.head(60).assign(several=[True] * 3 + [False] * 57, differing=False))
    assert seen(few)["several"].isna().all()


def test_accounts_of_each_system():
    rows = pd.DataFrame({"ids": ["crm", "crm", "shop", "shop"], "customer_no": [0, 1, 1, 1]})
    result = matching.by_system(rows.assign(shared=rows["customer_no"] == 1))
    assert result.frame.to_numpy().tolist() == [["crm", 2, 2, 1], ["shop", 2, 1, 1]]
    (finding,) = told(result)
    assert (finding.id, finding.values) == ("merged", {"records": 4, "customers": 2, "merged": 2})


def test_without_orders_only_customers_are_counted():
    table = matching.sensitivity(
        pd.DataFrame({"customer_no": [0, 1]}),
        pd.DataFrame({"matching": [LOOSE] * 2, "customer_no": [0, 1], "alternative": [0, 0], "orders": [0, 0]}),
    ).frame
    assert table["customers"].tolist() == [2, 2, 1]
    assert list(table) == ["matching", "customers"]


def test_moved_accounts_are_told_with_their_base():
    moved = pd.DataFrame({"became": ["unchanged", "merged"], "n": [9, 1], "base": [10, 10]})
    result = matching.id_changes(moved.assign(accounts_moved=[0, 2], accounts=[20, 20]))
    (finding,) = told(result)
    assert (finding.id, finding.values) == ("ids", {"n": 20, "changed": 2, "share": 0.1})
    assert not len(matching.id_changes(result.frame.head(0)))
    assert told(matching.id_changes(result.frame.assign(accounts=0))) == []
