"""Measures of a matching against known truth are what their definitions give."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_truth import b_cubed, pairwise

GROUPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14)


@settings(max_examples=80)
@given(GROUPS)
def test_pairwise_is_what_counting_pairs_gives(rows):
    found, true = np.array(rows).T
    pairs = list(itertools.combinations(range(len(rows)), 2))
    together = [(found[i] == found[j], true[i] == true[j]) for i, j in pairs]
    both = sum(f and t for f, t in together)
    result = pairwise(found, true)
    for name, base in (("precision", sum(f for f, _ in together)), ("recall", sum(t for _, t in together))):
        value, low, high = result[name]
        if base:
            assert value == both / base
            assert low <= value <= high
        else:
            assert math.isnan(value)


@settings(max_examples=40)
@given(GROUPS)
def test_b_cubed_is_what_its_definition_gives(rows):
    found, true = np.array(rows).T
    share = {"precision": [], "recall": []}
    for i in range(len(rows)):
        right = ((found == found[i]) & (true == true[i])).sum()
        share["precision"].append(right / (found == found[i]).sum())
        share["recall"].append(right / (true == true[i]).sum())
    result = b_cubed(found, true, resamples=20)
    for name, values in share.items():
        assert result[name].value == pytest.approx(np.mean(values))


def test_b_cubed_of_the_example_in_the_literature():
    """Amigó et al. (2009), figure 8: one mixed group of three among pure ones counts less than its pairs."""
    true = np.array([0, 0, 0, 0, 1, 1, 2])
    found = np.array([0, 0, 0, 1, 1, 1, 1])
    result = b_cubed(found, true)
    assert result["precision"].value == pytest.approx((3 + 0.25 + 2 * 0.5 + 0.25) / 7)
    assert result["recall"].value == pytest.approx((3 * 0.75 + 0.25 + 2 + 1) / 7)
    low, high = result["precision"][1:]
    assert low < result["precision"].value < high
