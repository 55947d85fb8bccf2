"""Attributes that follow from others by the rules of dataset.yaml."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from written_company import CUSTOMERS, source

from customer_profiles.errors import ConfigurationError
from customer_profiles.ingest.config import derived
from customer_profiles.ingest.config.yaml_file import read_yaml
from customer_profiles.reporting.language import Language

FIELDS = {
    "age": "age",
    "gender": {"column": "sex", "values": {"f": "female", "m": "male"}},
    "children": {"column": "kids", "order": ["0", "1", "2+"]},
    "region": "region",
    "city": "city",
}
CRM = source(CUSTOMERS, FIELDS)
LINES = "id,age,sex,kids,region,city\n1,70,f,,North,A\n2,30,m,0,North,B\n3,30,f,2+,,A\n4,,f,1,South,A\n5,40,,,South,A\n"
STAGES = [
    {"value": "old", "where": {"age": {"min": "65"}}},
    {"value": "parents", "label": {"de": "Eltern"}, "where": {"children": {"min": "1"}}},
    {"value": "young", "where": {"age": {"below": "35"}, "gender": "MALE"}},
    {"value": "others"},
]


def rules(*given: dict, **keys) -> dict:
    return {"life_stage": {"rules": list(given), **keys}}


@pytest.fixture
def exported(company):
    company.write("crm.csv", LINES)
    return company


def stages(company, **keys) -> list:
    profile = company.profile(CRM, **keys).sort_values("customer_no")
    return profile["life_stage"].astype(object).where(profile["life_stage"].notna(), None).tolist()


def test_the_first_rule_that_fits_counts(exported):
    """Of the first and the fifth the children are unknown, of the fourth the age."""
    exported.write("crm.csv", LINES.replace("1,70,f,,", "1,70,f,2+,"))
    assert stages(exported, derived=rules(*STAGES)) == ["old", "young", "parents", None, None]


def test_who_lacks_a_column_of_the_rules_gets_no_value_even_where_the_others_would_decide(exported):
    """Otherwise the old, of whom nothing else is asked, would be counted more completely than the young."""
    assert stages(exported, derived=rules(*STAGES))[0] is None
    without_end = rules({"value": "a", "where": {"gender": "female"}})
    assert stages(exported, derived=without_end) == ["a", None, "a", "a", None]


def test_values_are_as_frequent_as_if_nothing_was_missing():
    rng = np.random.default_rng(0)
    people = pd.DataFrame({"age": rng.integers(18, 90, 20_000), "children": rng.choice(["0", "1"], 20_000)})
    conditions = [{"value": "old", "where": {"age": {"min": "65"}}}, {"value": "parent", "where": {"children": "1"}}]
    stage = derived.Derived.model_validate({"rules": [*conditions, {"value": "others"}]})
    shares = derived.derive(people, stage, {}).value_counts(normalize=True)
    gaps = people.astype({"age": "Int64"}).mask(rng.random(people.shape) < 0.4)
    with_gaps = derived.derive(gaps, stage, {}).value_counts(normalize=True)
    pd.testing.assert_series_equal(with_gaps[shares.index], shares, atol=0.02, check_exact=False)


@pytest.mark.parametrize(
    ("condition", "members"),
    [
        ({"age": "30"}, [2, 3]),
        ({"age": ["70", "40"]}, [1, 5]),
        ({"age": {"above": "30", "max": "40"}}, [5]),
        ({"children": {"above": "0"}}, [3, 4]),
        ({"children": {"below": "1"}}, [2]),
        ({"children": ["0", "1"]}, [2, 4]),
        ({"age_band": {"min": "35–44"}}, [1, 5]),
        ({"city": "b"}, [2]),
    ],
)
def test_conditions(exported, condition, members):
    found = stages(exported, derived=rules({"value": "x", "where": condition}))
    assert [number for number, value in enumerate(found, start=1) if value == "x"] == members


def test_columns_that_are_computed(exported):
    exported.write("orders.csv", "id,at,amount\n1,2025-01-01,10\n1,2025-02-01,10\n2,2025-01-01,5\n")
    orders = {
        "name": "orders",
        "system": "shop",
        "path": "orders.csv",
        "table": "transactions",
        "columns": {"customer_id": "id", "at": "at", "amount": "amount"},
    }
    buyers = rules({"value": "regular", "where": {"orders": {"min": "2"}}}, {"value": "rare", "where": {"orders": "1"}})
    exported.collect(CRM, orders, derived=buyers)
    profile = exported.profile(CRM, orders, derived=buyers)
    assert profile["life_stage"].fillna("").tolist() == ["regular", "rare", "", "", ""]
    computed = set(profile.columns) - set(FIELDS)
    assert {"orders", "spend", "recency_days"} <= computed
    assert set(derived.COMPUTED["transactions"]) - {"discount_share", "top_category", "main_order_channel"} <= (
        computed | {"categories"}
    )


def test_it_is_an_attribute_like_any_other(exported):
    given = rules(*STAGES, order=["young", "parents", "others", "old"], label={"en": "Stage", "de": "Phase"})
    dataset = exported.dataset(CRM, derived=given)
    attribute = dataset.attributes()["life_stage"]
    assert (attribute.kind, attribute.order) == ("ordered", ("young", "parents", "others", "old"))
    assert dataset.ingredients() == {"life_stage": ("age", "children", "gender")}
    assert dataset.vocabulary() == ({"life_stage": {"en": "Stage", "de": "Phase"}}, {"parents": {"de": "Eltern"}})


def test_a_derived_attribute_without_any_value_is_absent(exported):
    profile = exported.profile(CRM, derived=rules({"value": "x", "where": {"age": {"min": "100"}}}))
    assert "life_stage" not in profile


def test_rules_can_be_read(exported):
    dataset = exported.dataset(CRM, derived=rules(*STAGES, label={"de": "Phase"}))
    table = derived.described(dataset.attributes(), Language("de", "EUR", *dataset.vocabulary()).label).frame
    assert table.to_dict("list") == {
        "attribute": ["life_stage"] * 4,
        "value": ["old", "parents", "young", "others"],
        "rule": ["Alter: ≥ 65", "Kinder: 1, 2+", "Alter: < 35; Geschlecht: MALE", table["rule"].iloc[-1]],
    }
    assert derived.described(exported.dataset(CRM).attributes()).frame.empty


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            rules({"value": "x", "where": {"agee": "1"}}),
            "rule 1: the profile has no column 'agee', did you mean 'age'",
        ),
        (rules({"value": "x", "where": {"gender": "femal"}}), "no value 'femal', did you mean 'female'"),
        (rules({"value": "x", "where": {"children": {"min": "3"}}}), "'children' has no value '3'"),
        (rules({"value": "x", "where": {"age_band": "25-34"}}), "did you mean '25–34'"),
        (rules({"value": "x", "where": {"region": {"min": "A"}}}), "'region' has no order"),
        (rules({"value": "x", "where": {"age": {"min": "old"}}}), "'age' is a number, 'old' is none"),
        (rules({"value": "x", "where": {"age": {"mn": "3"}}}), "unknown key 'mn', did you mean 'min'"),
        (rules({"value": "x", "where": {"age": {}}}), "give a value, a list of values, or bounds"),
        (rules({"value": "x", "were": {}}), "unknown key 'were', did you mean 'where'"),
        (rules({"value": "x"}, {"value": "y"}), "fits everybody: put it last"),
        (rules({"value": "x"}, order=["y"]), "'order' lacks the value 'x'"),
        (rules({"value": "x"}, order=["x", "y"]), "no rule gives the value 'y'"),
        (rules(), "rules"),
        ({"gender": {"rules": [{"value": "x"}]}}, "there is a column 'gender' already"),
        ({"age_band": {"rules": [{"value": "x"}]}}, "there is a column 'age_band' already"),
        ({"consent": {"rules": [{"value": "x"}]}}, "there is a column 'consent' already"),
        ({"Life stage": {"rules": [{"value": "x"}]}}, "small letters"),
        ({"religion": {"rules": [{"value": "x"}]}}, "special category"),
        (rules({"value": "disabled", "where": {"age": "1"}}), "special category"),
    ],
)
def test_what_cannot_be_meant_is_refused(exported, given, says):
    with pytest.raises(ConfigurationError) as error:
        exported.dataset(CRM, derived=given)
    assert says in str(error.value)
    assert "line 1," not in str(error.value)


def test_a_special_category_needs_a_legal_basis(exported):
    given = {"health_risk": {"rules": [{"value": "high", "where": {"age": {"min": "65"}}}]}}
    privacy = {"legal_basis": {"health_risk": "Art. 9 (2) a GDPR"}}
    assert "health_risk" in exported.dataset(CRM, derived=given, privacy=privacy).attributes()


def test_the_rules_of_the_demo():
    """Whoever has an age and children on file has a stage of life."""
    given, _ = read_yaml(Path(str(files("customer_profiles.demo") / "dataset.yaml")))
    stage = derived.Derived.model_validate(given["derived"]["life_stage"])
    people = pd.DataFrame({"age": [20, 20, 40, 60, 70, 70, 40], "children": ["0", "3", "0", "0", "0", None, None]})
    assert derived.derive(people, stage, {}).fillna("").tolist() == [
        *("young without children", "family with children", "mid-life without children", "older without children"),
        *("retirement age", "", ""),
    ]
