"""The index table: numbers against scipy, planted traits found, nothing claimed where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import told

from customer_profiles.analysis.demographics import index
from customer_profiles.errors import InputRejected
from customer_profiles.messages import Text
from customer_profiles.needs import NEEDS
from customer_profiles.stats.comparisons import family_size


def random_profile(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Traits of customers that depend on nothing."""
    return pd.DataFrame(
        {
            "gender": rng.choice(["female", "male"], n, p=[0.55, 0.45]),
            "age_band": rng.choice(["18–34", "35–49", "50–64", "65+"], n, p=[0.2, 0.3, 0.3, 0.2]),
            "region": rng.choice([f"region {i:02}" for i in range(16)], n, p=rng.dirichlet(np.full(16, 3))),
            "children": rng.choice(["0", "1", "2", "3+"], n, p=[0.6, 0.2, 0.15, 0.05]),
        }
    )


ATTRIBUTES = ["gender", "age_band", "region", "children"]


class TestCompare:
    def test_one_row_worked_by_hand(self):
        group = pd.DataFrame({"home": ["rent"] * 60 + ["own"] * 30 + ["free"] * 10 + [None] * 7})
        rest = pd.DataFrame({"home": ["rent"] * 120 + ["own"] * 160 + ["free"] * 20})
        table = index.compare(group, rest, ["home"]).set_index("value")
        row = table.loc["rent"]
        assert (row["n"], row["base"], row["n_rest"], row["base_rest"]) == (60, 100, 120, 300)
        assert row["index"] == pytest.approx(150)
        width = 1.959964 * np.sqrt(1 / 60 - 1 / 100 + 1 / 120 - 1 / 300)
        np.testing.assert_allclose([row["index_low"], row["index_high"]], 150 * np.exp([-width, width]), rtol=1e-6)
        assert row["p"] == pytest.approx(stats.fisher_exact([[60, 40], [120, 180]]).pvalue)
        theirs = stats.false_discovery_control(table["p"])
        np.testing.assert_allclose(table["p_adjusted"], theirs)
        assert family_size(table.reset_index(), ["attribute"]) == 3

    def test_columns_and_order(self):
        rng = np.random.default_rng(0)
        profile = random_profile(rng, 800)
        vip = rng.random(800) < np.where(profile["age_band"] == "65+", 0.6, 0.2)
        table = index.compare(profile[vip], profile[~vip], ATTRIBUTES)
        assert table.columns.tolist() == index.COLUMNS
        assert table.loc[0, "value"] == "65+"
        assert table.loc[0, "claim"]
        strength = table.loc[table["p"].notna(), "effect"].abs()
        assert strength.is_monotonic_decreasing
        assert table["p"].isna().is_monotonic_increasing  # untested rows last

    def test_two_valued_attributes_count_once(self):
        profile = random_profile(np.random.default_rng(1), 400)[["gender"]]
        table = index.compare(profile[:200], profile[200:], ["gender"])
        assert family_size(table.reset_index(), ["attribute"]) == 1
        np.testing.assert_allclose(table["p_adjusted"], table["p"])

    def test_small_bases_and_rare_values_are_not_tested(self):
        group = pd.DataFrame({"a": ["x"] * 20 + ["y"] * 20, "b": ["x"] * 40, "c": ["x"] * 38 + ["rare"] * 2})
        rest = pd.concat([group] * 3, ignore_index=True)
        assert index.compare(group, rest, ["a"], min_base=41)["p"].isna().all()
        assert index.compare(group, rest, ["a"], min_base=40)["p"].notna().all()
        assert index.compare(group, rest, ["c"], min_base=40)["p"].isna().all()
        assert index.compare(group, rest, ["b"], min_base=40)["p"].isna().all()  # everybody has it

    def test_a_value_nobody_in_the_group_has_gets_index_0(self):
        group = pd.DataFrame({"a": ["x"] * 100})
        rest = pd.DataFrame({"a": ["x"] * 100 + ["y"] * 50})
        row = index.compare(group, rest, ["a"]).set_index("value").loc["y"]
        assert row["index"] == row["index_low"] == 0
        assert 0 < row["index_high"] < 100
        assert row["claim"]

    def test_empty_groups_and_no_attributes(self):
        profile = random_profile(np.random.default_rng(2), 60)
        assert not index.compare(profile[:0], profile, ATTRIBUTES)["claim"].any()
        assert index.compare(profile, profile, []).columns.tolist() == index.COLUMNS

    def test_false_claims_stay_within_the_promise(self):
        # 200 tables without structure: each has a false claim with probability ≤ 5 %; more than 20 of 200 would
        # happen once in a thousand promises kept (binomial).
        claims = 0
        for seed in range(200):
            rng = np.random.default_rng(seed)
            profile = random_profile(rng, 500)
            group = rng.random(500) < 0.25
            claims += index.compare(profile[group], profile[~group], ATTRIBUTES)["claim"].any()
        assert claims <= stats.binom.isf(0.001, 200, 0.05)


class TestPopulation:
    POPULATION = pd.DataFrame(
        {
            "attribute": ["gender"] * 2 + ["age_band"] * 2 + ["hobby"],
            "value": ["female", "male", "18–34", "65+", "chess"],
            "share": [0.5, 0.5, 0.2, 0.3, 0.1],
            "base": "adults",
        }
    )

    def profile(self) -> pd.DataFrame:
        gender = ["female"] * 130 + ["male"] * 60 + ["diverse"] * 10
        return pd.DataFrame({"gender": gender, "age_band": ["18–34"] * 80 + ["35–64"] * 60 + ["65+"] * 60})

    def test_index_interval_and_exact_test(self):
        table = index.compare_with_population(self.profile(), self.POPULATION).set_index(["attribute", "value"])
        row = table.loc[("gender", "female")]
        assert row["base"] == 190  # a complete reference: who it does not know is outside the base
        assert row["index"] == pytest.approx(100 * (130 / 190) / 0.5)
        low, high = stats.binomtest(130, 190).proportion_ci(method="wilson")
        np.testing.assert_allclose([row["index_low"], row["index_high"]], [200 * low, 200 * high])
        assert row["p"] == pytest.approx(stats.binomtest(130, 190, 0.5).pvalue)
        assert pd.isna(row["n_rest"])
        young = table.loc[("age_band", "18–34")]
        assert young["base"] == 200  # an incomplete reference speaks of everybody
        assert young["p"] == pytest.approx(stats.binomtest(80, 200, 0.2).pvalue)
        assert family_size(table.reset_index(), ["attribute"]) == 3
        assert index.population_name(self.POPULATION) == "adults"

    @pytest.mark.slow  # null companies cover it in every run
    def test_false_claims_stay_within_the_promise(self):
        shares = random_profile(np.random.default_rng(7), 4000)
        population = pd.concat(
            [shares[name].value_counts(normalize=True).rename("share").rename_axis("value").reset_index()
             .assign(attribute=name) for name in ATTRIBUTES]
        )  # fmt: skip
        claims = 0
        for seed in range(100):
            rng = np.random.default_rng(seed)
            drawn = {n: rng.choice(p["value"], 500, p=p["share"]) for n, p in population.groupby("attribute")}
            claims += index.compare_with_population(pd.DataFrame(drawn), population)["claim"].any()
        assert claims <= stats.binom.isf(0.001, 100, 0.05)

    @pytest.mark.parametrize(
        ("value", "share", "why"),
        [("other", 0.2, "add up to 1.2"), ("female", 0.0, "names a value twice"), ("other", 12.0, "write 12 % as 0.12"),
         ("other", np.nan, "fractions of one")],
    )  # fmt: skip
    def test_impossible_references_are_refused(self, value, share, why):
        row = pd.DataFrame({"attribute": ["gender"], "value": [value], "share": [share], "base": ["adults"]})
        with pytest.raises(InputRejected, match=why):
            index.compare_with_population(self.profile(), pd.concat([self.POPULATION, row]))

    def test_what_cannot_be_compared_is_said(self):
        profile = pd.DataFrame({"gender": ["weiblich", "männlich"], "age_band": ["18–34", "65+"]})
        limits = index.limits(profile, self.POPULATION)
        assert [(limit.values["attribute"], limit.needs) for limit in limits] == [
            ("gender", NEEDS["population"]),
            ("hobby", NEEDS["customers"]),
        ]
        assert index.compare_with_population(profile, self.POPULATION)["attribute"].unique().tolist() == ["age_band"]


def described(table: pd.DataFrame, reference: str = ""):
    return index.described(table, Text("them"), Text("others"), reference, 100)


class TestFindings:
    def table(self) -> pd.DataFrame:
        group = pd.DataFrame({"gender": ["f"] * 80 + ["m"] * 20, "home": ["rent"] * 95 + ["own"] * 5})
        rest = pd.DataFrame({"gender": ["f"] * 100 + ["m"] * 100, "home": ["rent"] * 100 + ["own"] * 100})
        return index.compare(group, rest, ["gender", "home"])

    def test_one_sentence_per_mirror_and_none_about_few_people(self):
        found = told(described(self.table()))
        assert [finding.id.rpartition(".")[0] for finding in found] == ["index.gender"]
        assert found[0].family == 2
        assert found[0].kind == "difference"
        assert found[0].effect == pytest.approx(0.3 / 2 / np.sqrt(0.65 * 0.35))  # φ of 80 % against 50 %
        assert found[0].p_adjusted <= 0.05
        assert len(told(described(self.table()), least=5)) == 2

    def test_reference_is_named(self):
        found = told(described(self.table(), "adults in Germany"))
        assert found[0].values["reference"] == "adults in Germany"
        assert "reference" in found[0].message

    def test_nothing_is_a_finding(self):
        profile = pd.DataFrame({"gender": ["f", "m"] * 100})
        found = told(described(index.compare(profile[:100], profile[100:], ["gender"])))
        assert [(f.kind, f.family, f.values["family"]) for f in found] == [("nothing", 1, 1)]
