"""Direct standardisation: a textbook example, Simpson's paradox found, nothing turned round where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import told

from customer_profiles.analysis.demographics import index, standardisation
from customer_profiles.errors import InputRejected
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.language import Language

# Admissions to Berkeley in 1973, six largest departments (Bickel, Hammel & O'Connell 1975, Science 187:398–404).
APPLICANTS = {"men": [825, 560, 325, 417, 191, 373], "women": [108, 25, 593, 375, 393, 341]}
ADMITTED = {"men": [512, 353, 120, 138, 53, 22], "women": [89, 17, 202, 131, 94, 24]}


def berkeley(sex: str) -> pd.DataFrame:
    """One row per applicant; the department takes the place of the age group."""
    rows = [
        pd.DataFrame({"age_band": department, "admitted": ["yes"] * yes + ["no"] * (of - yes)})
        for department, of, yes in zip("ABCDEF", APPLICANTS[sex], ADMITTED[sex], strict=True)
    ]
    return pd.concat(rows, ignore_index=True)


class TestDirect:
    def test_freedman_pisani_purves_section_2_4(self):
        total = np.sum(list(APPLICANTS.values()), axis=0)
        men, women = (float(standardisation.direct(ADMITTED[s], APPLICANTS[s], total).share) for s in APPLICANTS)
        assert (round(men, 2), round(women, 2)) == (0.39, 0.43)
        assert sum(ADMITTED["men"]) / sum(APPLICANTS["men"]) > 0.44 > 0.31 > sum(ADMITTED["women"]) / 1835

    def test_error_agrees_with_a_simulation(self):
        n, weights, share = np.array([200, 50, 400]), [0.2, 0.5, 0.3], np.array([0.2, 0.5, 0.1])
        rng = np.random.default_rng(0)
        found = standardisation.direct(rng.binomial(n, share, (4000, 3)), n, weights)
        assert found.share.mean() == pytest.approx(np.dot(weights, share), abs=0.002)
        assert found.error.mean() == pytest.approx(found.share.std(), rel=0.05)

    def test_strata_without_members_are_left_out_and_said(self):
        found = standardisation.direct([[5, 0, 10]], [[10, 0, 40]], [1, 1, 2])
        assert found.covered[0] == pytest.approx(0.75)
        assert found.share[0] == pytest.approx((0.5 * 1 + 0.25 * 2) / 3)
        assert np.isnan(standardisation.direct([0, 0], [0, 0], [1, 1]).share)


class TestAgainstRest:
    def test_the_picture_turns_round(self):
        men, women = berkeley("men"), berkeley("women")
        table = index.compare(men, women, ["admitted", "age_band"])
        assert table.set_index("value").loc["yes", "index"] > 100
        result = standardisation.against_rest(table, men, women, "age_band").set_index("value")
        assert result.index.tolist() == ["yes", "no"] or set(result.index) == {"yes", "no"}
        row = result.loc["yes"]
        weights = np.array(APPLICANTS["women"]) / 1835
        share = np.dot(weights, np.array(ADMITTED["men"]) / APPLICANTS["men"])
        assert row["index_standardised"] == pytest.approx(100 * share / (sum(ADMITTED["women"]) / 1835))
        assert row["index_standardised"] < 100 < row["index"]
        assert row["strata"] == 6
        assert row["strata_above"] == 2  # departments C and E alone admit more of the men

    def test_a_clear_reversal_is_a_warning(self):
        rng = np.random.default_rng(1)
        young_group, young_rest = rng.random(3000) < 0.85, rng.random(3000) < 0.15
        group = pd.DataFrame({"age_band": np.where(young_group, "18–34", "65+")})
        rest = pd.DataFrame({"age_band": np.where(young_rest, "18–34", "65+")})
        group["app"] = np.where(rng.random(3000) < np.where(young_group, 0.6, 0.1), "yes", "no")
        rest["app"] = np.where(rng.random(3000) < np.where(young_rest, 0.75, 0.2), "yes", "no")
        table = index.compare(group, rest, ["app"])
        result = standardisation.against_rest(table, group, rest, "age_band")
        assert set(result["verdict"]) == {standardisation.REVERSED}
        found = told(standardisation.described(result, "age_band"))
        said = [Language("en").text(finding) for finding in found]
        assert any("(app: yes) look over-represented (index" in s for s in said)
        assert found[0].family == 1
        assert found[-1].values["remain"] == 0

    def test_what_only_age_explains_does_not_remain(self):
        rng = np.random.default_rng(2)
        sides = []
        for young in (0.8, 0.3):
            age = rng.random(4000) < young
            shop = np.where(rng.random(4000) < np.where(age, 0.2, 0.6), "store", "web")
            sides.append(pd.DataFrame({"age_band": np.where(age, "18–34", "65+"), "shop": shop}))
        table = index.compare(*sides, ["shop", "age_band"])
        result = standardisation.against_rest(table, *sides, "age_band")
        assert table["claim"].all()
        assert set(result["verdict"]) == {standardisation.EXPLAINED}
        (first, *_) = told(standardisation.described(result, "age_band"))
        assert first.values == {"claims": 2, "remain": 0, "by": "age_band"}

    def test_no_reversal_is_claimed_where_nothing_is(self):
        claims = 0
        for seed in range(100):
            rng = np.random.default_rng(seed)
            sides = [
                pd.DataFrame(
                    {
                        "age_band": rng.choice(["18–34", "35–64", "65+"], 700, p=p),
                        **{name: rng.choice(["a", "b", "c"], 700) for name in ("home", "job", "pet")},
                    }
                )
                for p in ([0.5, 0.3, 0.2], [0.2, 0.4, 0.4])
            ]
            table = index.compare(*sides, ["home", "job", "pet"])
            claims += standardisation.against_rest(table, *sides, "age_band")["claim"].any()
        assert claims <= stats.binom.isf(0.001, 100, 0.05)


class TestOtherMixes:
    """Simpson's paradox by whatever a company declares, and differences that a mix hides."""

    @staticmethod
    def sides(seed: int, north: tuple[float, float], app: tuple[tuple[float, float], tuple[float, float]], n=3000):
        """Group and rest: part of the north in each, and part with the app in north and south of each."""
        rng, sides = np.random.default_rng(seed), []
        for part, (up, down) in zip(north, app, strict=True):
            region = rng.random(n) < part
            has = rng.random(n) < np.where(region, up, down)
            columns = {"age_band": rng.choice(["18–34", "65+"], n), "region": np.where(region, "north", "south")}
            sides.append(pd.DataFrame(columns | {"app": np.where(has, "yes", "no"), "pet": rng.choice(["a", "b"], n)}))
        return sides

    @staticmethod
    def judged(sides, by="age_band"):
        names = ["age_band", "region", "app", "pet"]
        table = index.compare(*sides, names)
        return standardisation.described(standardisation.against_rest(table, *sides, by, names), by)

    @pytest.mark.parametrize("draws", [4, pytest.param(40, marks=pytest.mark.slow)])
    @pytest.mark.parametrize("by", ["age_band", ""])
    def test_a_reversal_by_region_is_a_warning(self, by, draws, record_property):
        found = 0
        for seed in range(draws):
            result = self.judged(self.sides(seed, (0.85, 0.15), ((0.6, 0.1), (0.75, 0.2))), by)
            warned = {f.values["by"] for f in told(result) if "represented (index" in f.message}
            found += warned == {"region"}
        record_property("warned", found / draws)
        assert found == draws

    def test_a_difference_that_the_mix_hides_is_told(self):
        sides = self.sides(2, (0.8, 0.2), ((0.5, 0.1), (0.66, 0.36)))  # 0.42 of either side
        table = index.compare(*sides, ["app"])
        assert not table["claim"].any()
        result = self.judged(sides)
        rows = result.frame.query("by == 'region' and attribute == 'app'").set_index("value")
        assert set(rows["verdict"]) == {standardisation.MASKED}
        assert rows.loc["yes", "index_standardised"] < 80
        (said,) = [f for f in told(result) if f.id.startswith("standardised.hidden")]
        assert Language("en").text(said).startswith("A difference that the mix of “Region” hides")
        assert said.family == result.family

    def test_nothing_is_turned_or_hidden_where_nothing_differs(self):
        claims = 0
        for seed in range(25):
            result = self.judged(self.sides(seed, (0.8, 0.2), ((0.5, 0.2), (0.5, 0.2)), 700))
            claims += result.frame["verdict"].isin([standardisation.REVERSED, standardisation.MASKED]).any()
        assert claims <= stats.binom.isf(0.001, 25, 0.05)

    def test_what_hangs_together_by_construction_is_not_taken_out(self):
        sides = self.sides(3, (0.85, 0.15), ((0.6, 0.1), (0.75, 0.2)))
        table = index.compare(*sides, ["region", "app"])
        result = standardisation.against_rest(table, *sides, "", ["region", "app"], {"app": ["region"]})
        assert result.empty

    def test_few_are_hidden_in_the_rows_of_every_mix(self):
        sides = self.sides(4, (0.85, 0.15), ((0.6, 0.1), (0.75, 0.2)))
        sides[0].loc[:5, "app"] = "soon"
        sides[1].loc[:200, "app"] = "soon"
        shown = Gate(10).guard(self.judged(sides)).frame.query("attribute == 'app'")
        assert set(shown["by"]) == {"age_band", "region"}
        assert shown.loc[shown["value"] == "soon", "n"].isna().all()


class TestAgainstPopulation:
    CROSS = pd.DataFrame(
        {
            "attribute": "age_band & home",
            "value": ["18–34 & rent", "18–34 & own", "65+ & rent", "65+ & own"],
            "share": [0.24, 0.06, 0.21, 0.49],
            "base": "adults",
        }
    )

    def profile(self) -> pd.DataFrame:
        young = pd.DataFrame({"age_band": "18–34", "home": ["rent"] * 420 + ["own"] * 180})
        old = pd.DataFrame({"age_band": "65+", "home": ["rent"] * 20 + ["own"] * 80})
        return pd.concat([young, old], ignore_index=True)

    def test_margins_come_from_the_cross_table(self):
        single = standardisation.margins(self.CROSS).set_index(["attribute", "value"])["share"]
        assert single.round(9).to_dict() == {
            ("age_band", "18–34"): 0.3,
            ("age_band", "65+"): 0.7,
            ("home", "own"): 0.55,
            ("home", "rent"): 0.45,
        }
        assert standardisation.standard_of(["home", "age_band"], self.CROSS) == "age_band"
        assert standardisation.standard_of(["home"], self.CROSS) == ""

    def test_more_tenants_only_because_younger(self):
        profile = self.profile()
        table = index.compare_with_population(profile, self.CROSS)
        result = standardisation.against_population(table, profile, self.CROSS, "age_band").set_index("value")
        row = result.loc["rent"]
        assert row["index"] == pytest.approx(100 * (440 / 700) / 0.45)
        assert row["index_standardised"] == pytest.approx(100 * (0.3 * 0.7 + 0.7 * 0.2) / 0.45)
        assert (row["strata"], row["strata_above"]) == (2, 0)  # in both age groups fewer rent than in the reference
        assert row["verdict"] == standardisation.REVERSED
        assert index.limits(profile, self.CROSS) == []

    def test_a_badly_named_cell_is_refused(self):
        broken = self.CROSS.assign(value=["18–34 rent", *self.CROSS["value"][1:]])
        with pytest.raises(InputRejected, match="must be two"):
            standardisation.margins(broken)

    def test_nothing_to_compare(self):
        table = index.compare_with_population(self.profile(), self.CROSS, ["age_band"])
        result = standardisation.against_population(table, self.profile(), self.CROSS, "age_band")
        assert result.empty
        assert told(standardisation.described(result, "age_band")) == []
