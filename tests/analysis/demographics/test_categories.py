"""Names, order and bands of values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_profiles.analysis.demographics import categories as module


class TestValues:
    @pytest.mark.parametrize(
        ("column", "expected"),
        [
            (pd.Series([1.0, None, 3.0]), ["1", None, "3"]),
            (pd.Series([1.5, None]), ["1.5", None]),
            (pd.Series([1, 2]), ["1", "2"]),
            (pd.Series([1, None], dtype="Int64"), ["1", None]),
            (pd.Series([True, False]), ["yes", "no"]),
            (pd.Series([True, None], dtype="boolean"), ["yes", None]),
            (pd.Series([True, None], dtype=object), ["yes", None]),
            (pd.Series(["01067", "Null", None]), ["01067", "Null", None]),
            (pd.Series(pd.Categorical(["b", None], ordered=True)), ["b", None]),
        ],
    )
    def test_are_named_as_text(self, column, expected):
        result = module.values_of(column)
        assert result.dtype == "str"
        assert [None if pd.isna(value) else value for value in result] == expected

    def test_order_given_then_unknown_ones(self):
        column = pd.Series(["b", "a", "x", "b"])
        assert module.order_of(column, ["a", "b", "c"]) == ["a", "b", "x"]
        assert module.order_of(column) == ["b", "a", "x"]

    def test_order_of_categories_and_numbers(self):
        ordered = pd.Categorical(["18–24", "65+", "65+"], categories=["18–24", "65+"], ordered=True)
        assert module.order_of(pd.Series(ordered)) == ["18–24", "65+"]
        assert module.order_of(pd.Series([10, 9, 10, None])) == ["9", "10"]


class TestBands:
    @pytest.mark.parametrize(
        ("values", "labels"),
        [
            (range(100), ["< 20", "20–39", "40–59", "60–79", "≥ 80"]),
            ([0, 1, 2, 2, None], ["0", "1", "2"]),
            ([0] * 90 + list(range(1, 11)), ["< 1", "≥ 1"]),
            ([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], ["< 0.5", "0.5–1", "1–1.5", "1.5–2", "≥ 2"]),
            ([5.5] * 4, ["5.5"]),
            ([None, None], []),
        ],
    )
    def test_names(self, values, labels):
        assert module.bands(pd.Series(values, dtype=float)).cat.categories.tolist() == labels

    @given(st.lists(st.one_of(st.none(), st.integers(-50, 5000)), min_size=1, max_size=80))
    def test_every_known_number_is_in_the_band_that_names_it(self, values):
        banded = module.bands(pd.Series(values, dtype="float64"))
        assert banded.isna().tolist() == [value is None for value in values]
        for value, band in zip(values, banded, strict=True):
            if value is not None:
                assert within(value, band)

    def test_numbers_are_banded_and_texts_are_not(self):
        profile = pd.DataFrame(
            {"spend": np.arange(50.0), "gender": ["f", "m"] * 25, "vip": [True, False] * 25, "id": 1}
        )
        banded = module.banded(profile, ["spend", "gender", "vip"])
        assert banded["spend"].cat.ordered
        assert banded[["gender", "vip"]].equals(profile[["gender", "vip"]])
        assert banded.columns.tolist() == ["spend", "gender", "vip"]


def within(value: float, band: str) -> bool:
    if band.startswith("<"):
        return value < float(band[2:])
    if band.startswith("≥"):
        return value >= float(band[2:])
    low, _, high = band.partition("–")
    return float(low) <= value <= float(high or low)
