"""Shares of values, gaps, and whom the gaps hide."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from support import told

from customer_profiles.analysis.demographics import distributions


def sample(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


class TestDistribution:
    def test_base_is_the_customers_whose_value_is_known(self):
        table = distributions.distribution(sample(gender=["f", "f", "m", None]), "gender")
        assert table.columns.tolist() == distributions.DISTRIBUTION
        assert table[["value", "n", "base"]].to_numpy().tolist() == [["f", 2, 3], ["m", 1, 3]]
        low, high = proportion_confint(2, 3, method="wilson")
        np.testing.assert_allclose(table.loc[0, ["share", "share_low", "share_high"]].to_list(), [2 / 3, low, high])

    def test_nothing_known_gives_no_rows(self):
        assert distributions.distribution(sample(gender=[None, None]), "gender").empty
        assert distributions.distributions(sample(), []).frame.columns.tolist() == distributions.DISTRIBUTION

    def test_missing(self):
        table = distributions.missing(sample(a=[1, None, None], b=[1, 2, 3]), ["b", "a"]).frame
        assert table["attribute"].tolist() == ["a", "b"]
        assert table["n"].tolist() == [2, 0]
        assert table["base"].tolist() == [3, 3]


class TestWhoIsMissing:
    def profile(self, shift: float) -> pd.DataFrame:
        rng = np.random.default_rng(0)
        spend = rng.lognormal(4, 1, 400)
        unknown = rng.random(400) < 0.4
        profile = sample(age=np.where(unknown, np.nan, 40), income=np.where(unknown, np.nan, 1), spend=spend)
        profile.loc[unknown, "spend"] *= shift
        return profile

    def test_agrees_with_scipy_and_counts_a_shared_gap_once(self):
        profile = self.profile(0.5)
        result = distributions.who_is_missing(profile, ["age", "income"], ["spend"])
        table = result.frame
        unknown = profile["age"].isna()
        sides = profile["spend"][unknown], profile["spend"][~unknown]
        theirs = stats.mannwhitneyu(*sides, method="asymptotic", use_continuity=False)
        np.testing.assert_allclose(table["p"], theirs.pvalue)
        np.testing.assert_allclose(table["p_adjusted"], theirs.pvalue)  # one question: a family of one
        assert result.family == 1
        assert table["claim"].all()
        assert (table["effect"] < 0).all()

    def test_too_few_are_not_compared(self):
        profile = self.profile(0.5)
        profile.loc[profile["age"].isna() & (profile.index > 60), "age"] = 40
        table = distributions.who_is_missing(profile, ["age"], ["spend"]).frame
        assert table["p"].isna().all()
        assert not table["claim"].any()
        assert distributions.who_is_missing(profile, [], []).frame.empty

    def test_what_a_source_does_not_hold_nobody_left_out(self):
        """Half of the customers are known to the shop only: it holds no age, and they buy more."""
        rng = np.random.default_rng(5)
        shop = np.arange(400) < 200
        age = np.where(shop | (rng.random(400) < 0.3), np.nan, 40)
        profile = sample(age=age, spend=rng.lognormal(4, 0.5, 400) * np.where(shop, 3, 1))
        assert distributions.who_is_missing(profile, ["age"], ["spend"]).frame["claim"].all()
        known_by = pd.Series(np.where(shop, "shop 1", "crm 1"))
        table = distributions.who_is_missing(profile, ["age"], ["spend"], known_by).frame
        assert not table["claim"].any()
        assert table[["n", "n_rest"]].sum(axis=1).tolist() == [200]
        left_out = profile.assign(spend=profile["spend"] * np.where(profile["age"].isna(), 2, 1))
        assert distributions.who_is_missing(left_out, ["age"], ["spend"], known_by).frame["claim"].all()

    def test_a_difference_that_medians_do_not_show_is_left_to_the_table(self):
        orders = np.r_[np.ones(290), np.full(110, 2), np.ones(390), np.full(10, 2)]
        profile = sample(age=np.r_[np.full(400, np.nan), np.full(400, 40.0)], orders=orders)
        assert distributions.who_is_missing(profile, ["age"], ["orders"]).frame["claim"].all()
        hidden = distributions.who_is_missing(profile, ["age"], ["orders"])
        assert [finding.id for finding in told(distributions.missing(profile, ["age"]))] == ["missing.age"]
        assert told(hidden) == []


class TestFindings:
    def test_say_the_largest_value_the_gap_and_whom_it_hides(self):
        profile = TestWhoIsMissing().profile(0.5).assign(gender=["f"] * 250 + ["m"] * 150)
        hidden = distributions.who_is_missing(profile, ["gender", "age"], ["spend"])
        spread = distributions.distributions(profile, ["gender", "age"], told=["gender"])
        found = told(spread) + told(distributions.missing(profile, ["gender", "age"])) + told(hidden)
        ids = [finding.id for finding in found]
        assert ids == ["distribution.gender", "missing.age", "missing.age.spend"]
        assert found[0].values["value"] == "f"
        assert found[0].values["share"] == 250 / 400
        assert found[-1].kind == "difference"
        assert "less" in found[-1].message

    def test_never_speak_of_fewer_than_the_smallest_group(self):
        profile = sample(gender=["f"] * 95 + ["m"] * 5)
        assert told(distributions.distributions(profile, ["gender"])) == []  # 95 of 100 would give away the 5

    def test_limits_name_traits_nobody_holds(self):
        limits = distributions.limits(sample(age=[None, None], gender=["f", "m"]), ["age", "gender", "income"])
        assert [limit.values["attribute"] for limit in limits] == ["age", "income"]
