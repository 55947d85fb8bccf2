"""Whom a report compares with whom: persons and companies, with and without a reference, and nobody at all."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from support import told

from customer_profiles.analysis.demographics import audience, distributions, standardisation
from customer_profiles.errors import ConfigurationError
from customer_profiles.needs import NEEDS
from customer_profiles.privacy import rare
from customer_profiles.reporting.language import Language

NO_REFERENCE = pd.DataFrame({"attribute": [], "value": [], "share": []})


@pytest.fixture
def accounts() -> pd.DataFrame:
    """Companies: laboratories buy most, and are small."""
    rng = np.random.default_rng(0)
    industry = rng.choice(["laboratory", "plastics", "chemicals"], 600)
    small = rng.random(600) < np.where(industry == "laboratory", 0.8, 0.4)
    return pd.DataFrame(
        {
            "industry": industry,
            "employees": np.where(small, rng.integers(1, 10, 600), rng.integers(50, 250, 600)),
            "employees_band": np.where(small, "1–9", "50–249"),
            "spend": rng.lognormal(6, 1, 600) * np.where(industry == "laboratory", 3, 1),
        }
    )


def test_firmographics_go_through_the_same_index(accounts):
    traits = audience.traits(accounts, ["industry", "employees", "employees_band"])
    assert traits == ["industry", "employees_band"]  # the number is given in bands, too
    found = audience.compare(accounts, NO_REFERENCE, traits)
    assert found.base.message == "all other customers"
    row = found.table.frame.set_index("value").loc["laboratory"]
    assert row["claim"]
    assert row["index"] > 150
    assert audience.uncompared(found) == []
    (first, *_) = told(found.table)
    assert "of this group (the 25% of customers who spend most)" in Language("en").text(first)
    assert found.by == "employees_band"
    assert found.standardised.frame.set_index("value").loc["laboratory", "verdict"] == standardisation.REMAINS


def test_a_reference_of_companies(accounts):
    reference = pd.DataFrame(
        {
            "attribute": ["industry"] * 3 + ["employees_band"] * 2,
            "value": ["laboratory", "plastics", "chemicals", "1–9", "50–249"],
            "share": [0.1, 0.5, 0.4, 0.8, 0.2],
            "base": "companies",
        }
    )
    found = audience.compare(accounts, reference, ["industry", "employees_band"])
    assert (found.reference, found.by) == ("companies", "employees_band")
    assert found.table.frame.set_index("value").loc["laboratory", "index"] > 300
    assert set(found.standardised.frame["attribute"]) == {"industry"}


def test_what_too_few_customers_have_is_not_said_to_be_nobody_s(accounts):
    """Five companies are breweries: the page cannot tell of them, and must not tell that there are none."""
    share = {"laboratory": 0.1, "plastics": 0.5, "chemicals": 0.2, "breweries": 0.15, "mills": 0.05}
    reference = pd.DataFrame(
        {"attribute": "industry", "value": list(share), "share": list(share.values()), "base": "b"}
    )
    industry = ["breweries"] * 5 + accounts["industry"][5:].tolist()
    known = accounts.assign(customer_no=range(len(accounts)), industry=industry)
    shown = rare.without_rare_values(known, 10)
    found = audience.compare(shown, reference, ["industry"], withheld=rare.withheld(known, shown))
    table = found.table.frame.set_index("value")
    assert "breweries" not in table.index
    assert table.loc["mills", ["n", "index"]].tolist() == [0, 0]  # of these there are none indeed
    assert not any("breweries" in Language("en").text(claim) for claim in told(found.table))
    (note,) = found.notes
    assert "“breweries” is left out" in Language("en").text(note)
    assert audience.compare(known[5:], reference, ["industry"]).notes == ()


def test_one_group_against_another(accounts):
    firms = accounts.assign(customer_no=range(len(accounts)))
    found = audience.compare_groups(firms, "industry=laboratory", "industry=plastics", ["industry", "employees_band"])
    row = found.table.frame.set_index("value").loc["1–9"]
    sizes, small = firms.groupby("industry").size(), firms[firms["employees_band"] == "1–9"].groupby("industry").size()
    assert (row["base"], row["base_rest"]) == (sizes["laboratory"], sizes["plastics"])
    assert (row["n"], row["n_rest"]) == (small["laboratory"], small["plastics"])
    assert set(found.table.frame["attribute"]) == {"employees_band"}  # what forms the groups is not compared
    said = Language("en").text(told(found.table)[0])
    assert "the group it is compared with (customers of the industry plastics)" in said
    assert "other customers" not in said


def test_who_is_in_both_groups_counts_as_one_of_the_first(accounts):
    firms = accounts.assign(customer_no=range(len(accounts)))
    found = audience.compare_groups(firms, "employees_band=1–9", "industry=plastics", ["spend"])
    small, plastics = firms["employees_band"] == "1–9", firms["industry"] == "plastics"
    assert set(found.table.frame["base"]) == {small.sum()}
    assert set(found.table.frame["base_rest"]) == {(plastics & ~small).sum()}
    with pytest.raises(ConfigurationError, match="who are not in the group"):
        audience.compare_groups(firms, "industry=plastics", "industry=plastics", ["spend"])


def test_nothing_to_compare(accounts):
    nobody = audience.compare(accounts, NO_REFERENCE, [])
    assert not nobody
    assert audience.introduction(nobody) == ()
    assert [limit.needs for limit in audience.uncompared(nobody)] == [NEEDS["population"]]
    assert not audience.compare(accounts.drop(columns="spend"), NO_REFERENCE, ["industry"])
    few = audience.compare(accounts[:60], NO_REFERENCE, ["industry"])
    assert told(few.table) == []  # bases too small: nothing was tested, so nothing is said
    assert audience.counts(index=nobody.table, pairs=few.table) == {
        "index_comparisons": 0,
        "index_established": 0,
        "pairs_comparisons": 0,
        "pairs_established": 0,
    }


MADE_OF = {"life_stage": ("age_band", "children")}


class TestMadeOf:
    def profile(self) -> pd.DataFrame:
        rng = np.random.default_rng(3)
        age = rng.choice(["18–34", "35–64", "65+"], 900)
        children = rng.choice(["0", "1"], 900)
        stage = np.where(age == "65+", "old", np.where(children == "1", "parent", "single"))
        return pd.DataFrame(
            {"age_band": age, "children": children, "life_stage": stage, "region": rng.choice(["a", "b"], 900)}
        )

    @pytest.mark.parametrize(
        ("group", "compared"),
        [
            ("life_stage=old", {"region"}),
            ("age_band=65+", {"children", "region"}),
            ("region=a", {"age_band", "children", "life_stage"}),
        ],
    )
    def test_what_forms_a_group_is_not_compared(self, group, compared):
        names = ["age_band", "children", "life_stage", "region"]
        found = audience.compare(self.profile(), NO_REFERENCE, names, group, made_of=MADE_OF)
        assert set(found.table.frame["attribute"]) == compared

    def test_the_mix_of_ages_is_not_taken_out_of_the_stage_of_life(self):
        names = ["age_band", "children", "life_stage", "region"]
        found = audience.compare(self.profile(), NO_REFERENCE, names, "region=a", made_of=MADE_OF)
        assert found.by == "age_band"
        assert set(found.standardised.frame["attribute"]) == {"children"}

    def test_only_what_is_given_has_gaps_of_its_own(self):
        assert audience.given(["age_band", "life_stage"], MADE_OF) == ["age_band"]
        assert audience.implied(["spend", "age_band"], MADE_OF) == ["spend", "age_band", "life_stage"]


def test_many_values_are_a_trait_if_most_customers_are_in_groups_that_can_be_compared():
    rng = np.random.default_rng(8)
    states = rng.choice(27, 4000, p=rng.dirichlet(np.full(27, 1.0)))
    profile = pd.DataFrame(
        {
            "region": [f"state {i}" for i in states],
            "city": [f"city {i}" for i in rng.integers(0, 50, 4000) * (rng.random(4000) < 0.5)],
            "postal": [f"code {i}" for i in rng.integers(0, 61, 4000)],
            "job": [f"job {i}" for i in rng.integers(0, 25, 4000)],
        }
    )
    assert audience.traits(profile, profile.columns) == ["region", "city", "job"]
    few = profile[:300]  # of 50 cities each has two or three customers, but for the one that most live in
    assert audience.traits(few, few.columns) == ["region", "job"]
    told = audience.limits(few, few.columns)
    assert [limit.values["attribute"] for limit in told] == ["city", "postal"]
    assert all(limit.needs == audience.LARGER for limit in told)


def test_what_goes_with_the_outcome_tells_most_and_what_says_it_in_other_words_nothing():
    rng = np.random.default_rng(1)
    left = rng.random(600) < 0.3
    profile = pd.DataFrame(
        {
            "gender": rng.choice(["female", "male"], 600),
            "contract": np.where(left ^ (rng.random(600) < 0.2), "monthly", "yearly"),
            "status": np.where(left, "left", "stays"),
            "why": np.where(left, "price", "did not leave"),
        }
    )
    outcome = SimpleNamespace(column="status", value="left")
    assert audience.telling(profile, ["gender", "contract", "status", "why"], outcome) == ["contract", "gender"]
    assert audience.telling(profile, ["gender", "contract"], None) == ["gender", "contract"]


def test_what_most_customers_are_is_told_of_a_few_attributes_in_their_order():
    profile = pd.DataFrame({"gender": ["female"] * 70 + ["male"] * 30, "contract": ["monthly"] * 60 + ["yearly"] * 40})
    spread = distributions.distributions(profile, ["gender", "contract"])
    result = distributions.typical(spread, ["contract", "gender"])
    assert result.frame["attribute"].unique().tolist() == ["contract", "gender"]
    found = result.claims(result.frame.assign(hidden=False))
    assert [claim.values["value"] for claim in found] == ["monthly", "female"]
