"""Pairs of traits: each method against scipy, planted pairs found, nothing claimed of independent traits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import told

from customer_profiles.analysis.demographics import associations
from customer_profiles.reporting.language import Language


def null_profile(seed: int, n: int = 1000) -> pd.DataFrame:
    """Twelve traits as a profile has them, of all types and with gaps, none of which depends on another."""
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame(
        {
            "gender": rng.choice(["female", "male", "diverse"], n, p=[0.5, 0.49, 0.01]),
            "age_band": rng.choice(["18–24", "25–34", "35–44", "45–54", "55–64", "65+"], n),
            "income_band": rng.choice(["low", "middle", "high"], n, p=[0.3, 0.5, 0.2]),
            "region": rng.choice([f"region {i:02}" for i in range(16)], n, p=rng.dirichlet(np.full(16, 3))),
            "interests": rng.choice(list("abcdef"), n),
            "values": rng.choice(list("wxyz"), n, p=[0.4, 0.3, 0.2, 0.1]),
            "preferred_channel": rng.choice(["web", "store", "phone"], n, p=[0.6, 0.3, 0.1]),
            "children": rng.choice(["0", "1", "2", "3+"], n, p=[0.6, 0.2, 0.15, 0.05]),
            "spend": rng.lognormal(5, 1, n).round(2),
            "sessions": rng.negative_binomial(1, 0.2, n),
            "tickets": rng.poisson(0.7, n),
            "tenure_days": rng.integers(0, 3000, n),
        }
    )
    return profile.mask(rng.random(profile.shape) < 0.15)


ORDERS = {"age_band": ["18–24", "25–34", "35–44", "45–54", "55–64", "65+"], "income_band": ["low", "middle", "high"]}


def companies_with_claims(seeds: range, n: int) -> int:
    results = [associations.scan(null_profile(s, n), null_profile(s, 10).columns, ORDERS) for s in seeds]
    found = [result.frame for result in results]
    assert min(result.family for result in results) > 50
    return sum(bool(table["claim"].any()) for table in found)


class TestNull:
    @pytest.mark.slow  # null companies cover it in every run
    def test_false_claims_stay_within_the_promise(self):
        assert companies_with_claims(range(301, 311), 1000) <= stats.binom.ppf(0.99, 10, 0.05)

    @pytest.mark.slow
    @pytest.mark.parametrize("n", [400, 2000])
    def test_false_claims_stay_within_the_promise_over_many_companies(self, n, record_property):
        claims = companies_with_claims(range(401, 601), n)
        record_property("claims", claims)
        assert claims <= stats.binom.ppf(0.99, 200, 0.05)

    def test_nothing_is_a_finding(self):
        result = associations.scan(null_profile(301), null_profile(301, 10).columns, ORDERS)
        (found,) = told(result)
        assert (found.kind, found.family) == ("nothing", result.family)


class TestMethods:
    def test_spearman_agrees_with_scipy(self):
        rng = np.random.default_rng(0)
        x = rng.integers(0, 9, 400).astype(float)
        y = x + rng.normal(0, 4, 400).round()
        ours, theirs = associations.spearman(stats.rankdata(x), stats.rankdata(y)), stats.spearmanr(x, y)
        assert ours.value * ours.sign == pytest.approx(theirs.statistic)
        assert ours.p == pytest.approx(theirs.pvalue)
        assert associations.spearman(x, -x).sign == -1
        assert np.isnan(associations.spearman(x, np.ones(400)).p)

    def test_ranks_by_group_agree_with_scipy(self):
        rng = np.random.default_rng(1)
        group, x = rng.integers(0, 4, 500), rng.poisson(3, 500).astype(float)
        x += group
        ours, theirs = (
            associations.rank_differences(stats.rankdata(x), group),
            stats.kruskal(*(x[group == g] for g in range(4))),
        )
        assert ours.p == pytest.approx(theirs.pvalue)
        assert ours.value == pytest.approx(np.sqrt((theirs.statistic - 3) / 496))

    def test_corrected_v_follows_bergsma(self):
        table = np.array([[60, 30, 10], [30, 60, 20]])
        n, phi2 = 210, stats.chi2_contingency(table, correction=False).statistic / 210
        rows, columns = 2 - 1 / 209, 3 - 4 / 209
        assert associations.cramers_v_corrected(table) == pytest.approx(
            np.sqrt((phi2 - 2 / (n - 1)) / (min(rows, columns) - 1))
        )
        rng = np.random.default_rng(2)
        chance = [
            associations.cramers_v_corrected(rng.multinomial(300, np.full(20, 0.05)).reshape(4, 5)) for _ in range(200)
        ]
        assert np.median(chance) < 0.05  # uncorrected it is 0.11

    def test_crossed_agrees_with_scipy_and_needs_filled_cells(self):
        rng = np.random.default_rng(3)
        a, b = rng.integers(0, 3, 600), rng.integers(0, 4, 600)
        theirs = stats.chi2_contingency(pd.crosstab(a, b), correction=False)
        assert associations.crossed(a, b).p == pytest.approx(theirs.pvalue)
        assert np.isnan(associations.crossed(a[:20], b[:20]).p)


class TestScan:
    def planted(self) -> pd.DataFrame:
        profile = null_profile(7, 1500)
        rng = np.random.default_rng(8)
        old = profile["age_band"].isin(["55–64", "65+"])
        profile["preferred_channel"] = np.where(old & (rng.random(1500) < 0.6), "phone", profile["preferred_channel"])
        profile["sessions"] = profile["sessions"] - 0.004 * profile["spend"].rank()
        profile["touchpoints"] = profile["sessions"] * 3 + rng.integers(0, 2, 1500)
        profile["newsletter"] = np.where(
            profile["values"] == "w", "yes", np.where(profile["values"].isna(), None, "no")
        )
        return profile

    def test_planted_pairs_are_found_and_told(self):
        profile = self.planted()
        result = associations.scan(profile, profile.columns, ORDERS)
        table = result.frame
        claims = {frozenset((row.attribute, row.other)) for row in table[table["claim"]].itertuples()}
        expected = [
            ("preferred_channel", "age_band"),
            ("spend", "sessions"),
            ("spend", "touchpoints"),
            ("values", "newsletter"),
        ]
        assert {frozenset(pair) for pair in expected} <= claims
        said = [Language("en").text(finding) for finding in told(result)]
        assert any("“Age group” is highest where “Preferred channel” is “phone”" in text for text in said)
        assert sum(text.startswith("The higher Spend") or "lower Spend" in text for text in said) == 1
        assert any("say nearly the same" in text for text in said)

    def test_pairs_from_the_same_rows_are_left_out(self):
        profile = self.planted()
        result = associations.scan(profile, profile.columns, ORDERS)
        table = result.frame
        pairs = {frozenset((row.attribute, row.other)) for row in table.itertuples()}
        assert frozenset(("sessions", "touchpoints")) not in pairs
        assert frozenset(("spend", "tenure_days")) not in pairs

    def test_of_near_duplicates_one_stands_for_both(self):
        profile = self.planted()
        rng = np.random.default_rng(9)
        profile["income_class"] = profile["income_band"].where(rng.random(1500) > 0.03, "low")
        profile["tickets"] = profile["tickets"] + 2 * (profile["income_band"] == "high")
        result = associations.scan(
            profile, ["income_band", "income_class", "tickets"], {"income_band": ORDERS["income_band"]}
        )
        by_pair = {(row.attribute, row.other): row.same_as for row in result.frame.itertuples()}
        assert by_pair[("income_band", "income_class")] == ""
        assert by_pair[("income_class", "tickets")] == "income_band"
        assert by_pair[("income_band", "tickets")] == ""
        assert len(told(result)) == 2

    def test_too_few_known_and_constant_traits_are_not_tested(self):
        profile = null_profile(1, 90).assign(country="DE")
        result = associations.scan(profile, profile.columns, ORDERS)
        table = result.frame
        assert "country" not in set(table["attribute"]) | set(table["other"])
        assert table["p"].isna().all()
        assert told(result) == []
        assert associations.scan(profile, []).frame.empty

    def test_large_bases_are_sampled_and_the_same_again(self, monkeypatch):
        monkeypatch.setattr(associations, "MOST_CUSTOMERS", 500)
        profile = self.planted()
        first, again = (associations.scan(profile, profile.columns, ORDERS, seed=3).frame for _ in range(2))
        assert first["n"].max() <= 500
        pd.testing.assert_frame_equal(first, again)


MADE_OF = {"life_stage": ("age_band", "children"), "big_spender": ("spend",), "buyer": ("orders",)}


class TestDerived:
    """Attributes that are made of others go with these by construction, which is no finding."""

    def profile(self, seed: int) -> pd.DataFrame:
        table = null_profile(seed, 800)
        old, parent = table["age_band"].eq("65+"), table["children"].isin(["1", "2", "3+"])
        stage = pd.Series(np.select([old, parent], ["old", "parent"], "other"), table.index)
        return table.assign(
            life_stage=stage.mask(table["age_band"].isna() | table["children"].isna()),
            big_spender=(table["spend"] > 200).map({True: "yes", False: "no"}),
            buyer=np.where(table["spend"] > 150, "often", "rarely"),
        )

    def test_pairs_with_what_they_are_made_of_are_left_out(self):
        data = self.profile(1)
        table = associations.scan(data, data.columns, ORDERS, made_of=MADE_OF).frame
        pairs = {frozenset(pair) for pair in zip(table["attribute"], table["other"], strict=True)}
        for name, other in [("life_stage", "age_band"), ("life_stage", "children"), ("big_spender", "spend")]:
            assert frozenset({name, other}) not in pairs
        assert frozenset({"big_spender", "buyer"}) not in pairs  # orders and spend are of the same rows
        assert frozenset({"life_stage", "region"}) in pairs
        assert not table["claim"].any()
        assert associations.scan(data, data.columns, ORDERS).frame["claim"].sum() >= 4

    def test_bands_count_like_the_number_they_were_cut_from(self):
        assert associations.one_source("life_stage", "age_band", {"life_stage": ("age",)})
        assert not associations.one_source("age_band", "children", {"life_stage": ("age_band", "children")})


@pytest.mark.parametrize(("lead", "named"), [(0.0, False), (1.0, True)])
def test_of_two_groups_that_are_equally_high_none_is_called_highest(lead, named):
    rng = np.random.default_rng(3)
    channel = rng.choice(["web", "app", "phone"], 900)
    age = 40 + 12 * (channel != "phone") + 12 * lead * (channel == "web") + rng.normal(0, 10, 900)
    table = associations.scan(
        pd.DataFrame({"customer_no": range(900), "channel": channel, "age": age}), ["channel", "age"]
    )
    assert table.frame.loc[0, "claim"]
    assert (table.frame.loc[0, "value"] == "web") == named


def customers_since(seed: int, alike: bool, longest: int = 1500, leave: bool = False, n: int = 1500) -> pd.DataFrame:
    """Who orders, asks and visits at rates of their own, since a day that has much to do with the way they came."""
    rng = np.random.default_rng(seed)
    days, eager = np.minimum(rng.exponential(longest / 3, n) + 1, longest), rng.gamma(1, 1, n)
    until = np.where(leave, np.minimum(days, rng.exponential(longest / 4, n) + 1), days)
    began = pd.Timestamp("2025-01-01") - pd.to_timedelta(days, "D")
    orders, years = rng.poisson(8 * eager * until / 365), until / 365
    columns = {"spend": [rng.lognormal(3, 0.8, k).sum() for k in orders], "sessions": rng.poisson(20 * years)}
    columns["tickets"] = rng.poisson((eager if alike else rng.gamma(1, 1, n)) * years)
    columns["came_by"] = np.where(rng.random(n) < days / longest, "fair", "web")
    columns["last_touch_at"] = began + pd.to_timedelta(until * rng.beta(np.maximum(columns["sessions"], 1), 1), "D")
    columns["status"] = np.where(until < days, "churned", "active")
    return pd.DataFrame({"signup_date": began, "orders": orders} | columns)


def counts_that_go_together(company: pd.DataFrame) -> set[frozenset[str]]:
    names = ["orders", "spend", "sessions", "tickets", "came_by"]
    found = associations.scan(company, [*names, "status"] if company["status"].nunique() > 1 else names, {}).frame
    pairs = {frozenset((row.attribute, row.other)) for row in found[found["claim"]].itertuples()}
    return pairs - {frozenset(("came_by", "status"))}  # who came long ago had more time to leave


@pytest.mark.parametrize("leave", [False, True])
@pytest.mark.parametrize("longest", [400, 1500, 4000])
def test_what_grows_with_time_does_not_rise_together_for_that(longest, leave, record_property):
    companies = [customers_since(seed, False, longest, leave) for seed in range(30)]
    wrong = sum(bool(counts_that_go_together(company)) for company in companies)
    record_property("claimed", wrong / 30)
    assert wrong <= stats.binom.ppf(0.99, 30, 0.05)


@pytest.mark.parametrize("leave", [False, True])
def test_who_orders_more_and_asks_more_in_the_same_time_is_found(leave):
    for seed in range(5):
        assert frozenset(("orders", "tickets")) in counts_that_go_together(customers_since(seed, True, leave=leave))
