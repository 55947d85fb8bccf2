"""Who belongs to which group, and which attributes are drawn."""

from __future__ import annotations

import pandas as pd

from customer_profiles.analysis.journeys import groups

PROFILE = pd.DataFrame(
    {
        "customer_no": [1, 2, 3, 4],
        "gender": ["female", "male", None, "female"],
        "age": [20.0, 30.0, 40.0, None],
        "country": "DE",
        "churn_reason": ["price", None, "price", "move"],
        "top_category": ["a", "b", "a", None],
    }
)


def test_customers_whose_value_is_unknown_are_in_no_group():
    (gender,) = groups.members(PROFILE, ["gender", "country"])  # everybody is in one country
    assert gender.values == ["female", "male"]
    assert gender.member.tolist() == [[True, False], [False, True], [False, False], [True, False]]
    assert gender.known.tolist() == [True, True, False, True]


def test_some_customers_are_described_in_their_own_order():
    (gender,) = groups.members(PROFILE, ["gender"], among=pd.Series([2, 9, 1]))
    assert gender.member.tolist() == [[False, True], [False, False], [True, False]]


def test_values_keep_the_order_that_the_data_set_names():
    (gender,) = groups.members(PROFILE, ["gender"], {"gender": ["male", "female"]})
    assert gender.values == ["male", "female"]


def test_reasons_are_no_groups_and_neither_is_behaviour_where_it_is_the_question():
    names = groups.comparable(PROFILE, ["gender", "churn_reason"], ["churn_reason"])
    assert names == ["gender", "top_category"]
    assert groups.comparable(PROFILE, ["gender", "churn_reason"], ["churn_reason"], behaviour=False) == ["gender"]


def test_attributes_with_claims_are_drawn_first():
    table = pd.DataFrame({"attribute": list("abc"), "effect": [0.1, -0.9, 0.5], "claim": [True, False, False]})
    assert groups.heaviest(table, most=2) == {"attribute": ["a", "b"]}
    assert groups.base(pd.DataFrame({"base": [3, 7]})) == 7
    assert groups.base(pd.DataFrame({"base": []})) == 0
