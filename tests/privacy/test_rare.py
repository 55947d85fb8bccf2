"""Rare values: nowhere a count of few, neither of a value nor of those without one."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_profiles.privacy.rare import (
    SMALL_PART,
    TINY_PART,
    WITHHELD,
    own_profile,
    restored,
    told,
    withheld,
    without_rare_values,
)
from customer_profiles.reporting import brief, crm_export
from customer_profiles.tables import Tables


@settings(deadline=None)
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


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(0, 30), st.randoms())
def test_what_is_withheld_is_kept_beside_it_and_nothing_else(sizes, unknown, order):
    values = [f"v{i}" for i, size in enumerate(sizes) for _ in range(size)] + [None] * unknown
    order.shuffle(values)
    profile = pd.DataFrame({"customer_no": range(7, 7 + len(values)), "gender": pd.Series(values, dtype="str")})
    shown = without_rare_values(profile, 10)
    kept = withheld(profile, shown)
    pd.testing.assert_frame_equal(restored(shown, kept), profile)
    assert len(kept) == shown["gender"].isna().sum() - unknown


def test_a_customer_s_own_record_has_what_no_page_may_tell(tmp_path):
    """The brief and what is handed over have the true values in their kinds; who was erased since is in neither."""
    known = pd.DataFrame({"customer_no": range(113), "customer_id": [f"c{i}" for i in range(113)]})
    known["new"] = pd.array([True] * 90 + [False] * 20 + [None] * 3, dtype="boolean")
    known["gender"] = ["f"] * 60 + ["m"] * 49 + ["diverse"] * 4
    shown = without_rare_values(known, 10)
    assert set(shown["gender"].dropna()) == {"f", "m"}
    tables = Tables(tmp_path)
    tables.write("profile", shown[:-1])
    assert own_profile(tables)["gender"].isna().sum() == shown["gender"][:-1].isna().sum()
    tables.write(WITHHELD, withheld(known, shown))
    pd.testing.assert_frame_equal(brief.read(tables, {"profile": ()})["profile"], known[:-1])
    assert crm_export.unified(tables)["gender"].tolist() == known["gender"][:-1].tolist()
    assert tables.path(WITHHELD).stat().st_mode & 0o777 == 0o600
