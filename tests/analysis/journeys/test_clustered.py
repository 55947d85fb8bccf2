"""Shares of occasions with the customer as the unit, against a regression with cluster-robust errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import clustered
from customer_profiles.stats.intervals import wilson


def people(seed: int, customers: int = 600) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers in groups, and occasions of which some have many more than others, each with an own rate."""
    rng = np.random.default_rng(seed)
    number = np.arange(customers)
    profile = pd.DataFrame(
        {"customer_no": number, "group": rng.choice(list("abcd"), customers, p=[0.4, 0.3, 0.2, 0.1])}
    )
    profile["half"] = rng.choice(["one", "two"], customers)
    who = np.repeat(number, rng.poisson(rng.gamma(1.0, 5.0, customers)))
    hit = rng.random(len(who)) < rng.beta(1, 4, customers)[who]
    return profile, pd.DataFrame({"step": "basket", "customer_no": who, "hit": hit})


def test_one_occasion_each_is_wilsons_interval():
    low, high = clustered.share_interval([1] * 30 + [0] * 70, [1] * 100)
    assert (low, high) == pytest.approx(wilson(30, 100))


def test_occasions_of_one_customer_count_less_than_as_many_customers():
    rng = np.random.default_rng(1)
    share = rng.beta(1, 3, 200)
    low, high = clustered.share_interval(10 * (share > 0.3), np.full(200, 10))
    independent = wilson((10 * (share > 0.3)).sum(), 2000)
    assert high - low > 2.5 * (independent.high - independent.low)  # all or nothing: as precise as 200


def test_always_and_never_are_as_precise_as_there_are_customers():
    assert clustered.share_interval([0] * 20, [50] * 20).high == pytest.approx(wilson(0, 20).high)
    assert clustered.share_interval([50] * 20, [50] * 20).low == pytest.approx(wilson(20, 20).low)


def test_ratio_and_interval_are_those_of_a_poisson_regression_with_clusters():
    import statsmodels.api as sm

    profile, occasions = people(2)
    table = clustered.by_group(occasions, profile, ["group"])[0].set_index("value")
    rows = occasions.merge(profile, on="customer_no")
    for value in "ab":
        design = sm.add_constant((rows["group"] == value).astype(float))
        model = sm.GLM(rows["hit"].astype(float), design, family=sm.families.Poisson())
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": rows["customer_no"].to_numpy()})
        low, high = np.exp(fit.conf_int().to_numpy()[1])
        assert table.loc[value, "ratio"] == pytest.approx(np.exp(fit.params.iloc[1]))
        # The referee corrects for few clusters over all customers, here each side does for its own.
        assert table.loc[value, "ratio_low"] == pytest.approx(low, rel=0.01)
        assert table.loc[value, "ratio_high"] == pytest.approx(high, rel=0.01)


def test_counts_are_of_customers_and_shares_of_occasions():
    profile = pd.DataFrame({"customer_no": range(120), "half": ["a", "b"] * 60})
    occasions = pd.DataFrame(
        {"step": "x", "customer_no": np.repeat(range(120), 4), "hit": [True, False, False, False] * 120}
    )
    occasions.loc[occasions["customer_no"] < 20, "hit"] = False
    row = clustered.by_group(occasions, profile, ["half"])[0].iloc[0]
    assert (row["n"], row["base"], row["share"]) == (50, 60, pytest.approx(50 / 240))
    assert clustered.shares(occasions).loc[0, ["n", "base", "times", "occasions"]].tolist() == [100, 120, 100, 480]


def test_small_groups_and_unknown_values_are_not_tested():
    profile, occasions = people(3)
    profile.loc[profile["group"] == "d", "group"] = None
    profile.loc[profile.index[:30], "group"] = "e"
    table = clustered.by_group(occasions, profile, ["group"])[0].set_index("value")
    assert "d" not in table.index
    assert np.isnan(table.loc["e", "p"])
    met = occasions["customer_no"].isin(profile.loc[profile["group"].notna(), "customer_no"])
    assert table["base"].sum() == occasions.loc[met, "customer_no"].nunique()


def test_a_true_difference_is_found_and_the_mirror_image_counts_once():
    profile, occasions = people(4)
    better = occasions["customer_no"].isin(profile.loc[profile["half"] == "one", "customer_no"])
    occasions["hit"] |= better & (np.random.default_rng(5).random(len(occasions)) < 0.25)
    table, family = clustered.by_group(occasions, profile, ["half"])
    assert table["claim"].all()
    assert family == 1
    assert table.set_index("value").loc["one", "ratio"] > 1.5


@pytest.mark.slow  # null companies cover it in every run
def test_on_data_without_structure_false_claims_stay_rare():
    wrong = [
        clustered.by_group(occasions, profile, ["group", "half"])[0]["claim"].any()
        for profile, occasions in (people(seed) for seed in range(100, 160))
    ]
    assert np.mean(wrong) <= 0.10  # 5 % promised; more than 6 of 60 have a chance of 2 %


def test_what_everybody_does_is_not_compared():
    profile, occasions = people(6)
    for none in (occasions.assign(hit=True), occasions.iloc[:0]):
        table, family = clustered.by_group(none, profile, ["group"])
        assert table.empty
        assert family == 0
    assert clustered.shares(occasions.iloc[:0]).empty
