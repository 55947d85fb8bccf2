"""A sum of money is told of many customers only, of whom none spent most of it."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_profiles.analysis.spend import FEWEST, LARGEST, TIMES, spend_by_group

AMOUNTS = st.lists(st.floats(0, 1e5), min_size=1, max_size=60)


@given(AMOUNTS, st.integers(5, 30))
def test_a_sum_tells_of_no_single_customer(amounts, min_group):
    spend = pd.Series(amounts)
    told = spend_by_group(spend, pd.Series("a", index=spend.index), min_group)
    paid = spend[spend > 0]
    safe = len(paid) >= max(FEWEST, TIMES * min_group) and paid.max() <= LARGEST * paid.sum()
    assert told.to_dict() == ({"a": pytest.approx(paid.sum())} if safe else {})


def test_who_is_in_no_group_or_spent_nothing_does_not_count():
    group = pd.Series(["a"] * FEWEST + [None] * FEWEST + ["b"] * FEWEST)
    spend = pd.Series([1.0] * (2 * FEWEST) + [1.0] * (FEWEST - 1) + [0.0])
    assert spend_by_group(spend, group).to_dict() == {"a": FEWEST}
    assert spend_by_group(spend[:0], group[:0]).empty


@pytest.mark.parametrize(("min_group", "fewest"), [(5, 20), (10, 20), (11, 22), (30, 60)])
def test_the_fewest_rise_with_the_smallest_group(min_group, fewest):
    spend = pd.Series(1.0, index=range(fewest))
    group = pd.Series("a", index=spend.index)
    assert spend_by_group(spend, group, min_group).to_dict() == {"a": fewest}
    assert spend_by_group(spend[1:], group[1:], min_group).empty
