"""Who belongs to which group, and which comparisons are told."""

from __future__ import annotations

import pandas as pd

from customer_profiles.analysis.journeys import groups
from customer_profiles.messages import N_
from customer_profiles.stats.claims import Claims

PROFILE = pd.DataFrame(
    {
        "customer_no": [1, 2, 3, 4],
        "gender": ["female", "male", None, "female"],
        "age": [20.0, 30.0, 40.0, None],
        "country": "DE",
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


def comparisons() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": list("abcd"),
            "ratio": [2.0, 0.4, 1.2, 3.0],
            "effect": [0.4, -0.5, 0.4, 0.9],
            "claim": pd.array([True, True, True, False], dtype="object"),
        }
    )


def test_established_rows_are_told_the_largest_effect_first():
    table = comparisons()
    assert groups.strongest(table, None, ["step"])["step"].tolist() == ["b", "a", "c"]
    assert groups.strongest(table, True, ["step"])["step"].tolist() == ["a", "c"]
    assert groups.strongest(table, False, ["step"])["step"].tolist() == ["b"]
    assert groups.strongest(table.iloc[:0], True, ["step"]).empty


def test_rows_that_the_page_hides_are_not_told():
    claims = Claims(
        "x", N_("{step:label}"), {"step": "step"}, key=("step",), nothing=N_("None."), n=lambda _: 9, reach="n"
    )
    tell = groups.teller(claims, 4, True, ["step"])
    table = comparisons().assign(n=9)
    assert [found.id for found in tell(table)] == ["x.a", "x.c"]
    assert [found.id for found in tell(table.assign(hidden=table["step"] == "a"))] == ["x.c"]
    assert [found.kind for found in tell(table.assign(claim=False))] == ["nothing"]
    assert groups.teller(claims, 0, True, ["step"])(table.iloc[:0]) == []
