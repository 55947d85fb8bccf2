"""Rare values: nowhere a count of few, neither of a value nor of those without one."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from customer_profiles.privacy.rare import SMALL_PART, TINY_PART, told, without_rare_values


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(0, 30), st.integers(5, 20))
def test_no_value_is_rare_and_few_are_never_unknown(sizes, unknown, least):
    values = [f"v{i}" for i, size in enumerate(sizes) for _ in range(size)] + [None] * unknown
    column = pd.Series(values, dtype="str", name="gender")
    kept = without_rare_values(column.to_frame(), least)["gender"]
    counts = column.value_counts()
    if counts[counts < least].sum() <= SMALL_PART * counts.sum() and counts.max() >= 2 * least:
        assert not kept.value_counts().between(1, least - 1).any()
        assert not 0 < kept.isna().sum() < least
    assert (kept.dropna() == column[kept.notna()]).all()  # nothing is made up
    lost = counts[counts < least].sum() + max(least, TINY_PART * counts.sum())
    assert kept.notna().sum() >= column.notna().sum() - lost


def test_of_two_rare_reasons_the_next_rarest_goes_along_and_all_others_stay_whole():
    reasons = pd.DataFrame({"reason": ["none"] * 900 + ["price"] * 80 + ["advice"] * 12 + ["deceased"] * 6})
    kept = without_rare_values(reasons, 10)
    assert kept["reason"].value_counts().to_dict() == {"none": 900, "price": 80}
    (text,) = told(reasons, kept, 10)
    assert (text.values["k"], text.values["attributes"]) == (2, 1)
    assert told(kept, without_rare_values(kept, 10), 10) == []


def test_numbers_places_and_ids_stay():
    profile = pd.DataFrame({"customer_id": list("abc"), "city": ["x", "y", "z"], "orders": [1, 2, 3]})
    pd.testing.assert_frame_equal(without_rare_values(profile, 10), profile)


def test_truth_values_and_categories_keep_their_kind():
    profile = pd.DataFrame({"new": pd.array([True] * 90 + [False] * 20 + [None] * 3, dtype="boolean")})
    profile["band"] = pd.Categorical(["low"] * 100 + ["high"] * 4 + ["mid"] * 9, ["low", "mid", "high"], ordered=True)
    kept = without_rare_values(profile, 10)
    assert kept["new"].dtype == "boolean"
    assert (kept["new"].isna().sum(), kept["new"].eq(False).sum()) == (10, 20)
    assert list(kept["band"].cat.categories) == ["low", "mid", "high"]
    assert kept["band"].isna().sum() == 13
