"""Families of comparisons against scipy, statsmodels and the paper's example, and the Simes test's own promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from customer_profiles.stats import comparisons, families
from customer_profiles.stats.families import Family

# The family of 15 in Benjamini & Hochberg (1995), section 3.2: four are rejected at q = 0.05.
THROMBOLYSIS = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]
TABLE = pd.DataFrame({"attribute": ["sex", "sex", "age", "age", "age"], "p": [0.02, 0.02, 0.9, np.nan, 0.5]})

p_values = st.lists(st.one_of(st.floats(0, 1, allow_subnormal=False), st.just(float("nan"))), max_size=40)


def test_worked_example_of_the_paper():
    assert Family(tuple(THROMBOLYSIS)).claim().sum() == 4


@given(p_values)
def test_agrees_with_statsmodels_and_leaves_nan_out(p):
    family, made = Family.of(p), [x for x in p if not np.isnan(x)]
    ours = family.adjust(p)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(p))
    assert family.size == len(made)
    if made:
        theirs = multipletests(made, method="fdr_bh")[1]
        np.testing.assert_allclose(ours[~np.isnan(ours)], theirs)
        np.testing.assert_allclose(family.adjust(), theirs)
        assert family.simes == pytest.approx(theirs.min())


def test_mirror_images_count_once_and_rounding_does_not_part_them():
    family = Family.of(TABLE["p"], [TABLE["attribute"]])
    assert family.p == (0.02, 0.9, 0.5)
    np.testing.assert_allclose(family.adjust(TABLE["p"]), [0.06, 0.06, 0.9, np.nan, 0.75])
    assert family.claim([0.02, np.nan]).tolist() == [False, False]
    nearly = Family.of([0.01, 0.01 * (1 + 1e-12)], [["sex", "sex"]])
    assert nearly.size == 1
    assert nearly.adjust([0.01, 0.01 * (1 + 1e-12), 0.01 * (1 - 1e-12)]).tolist() == [0.01] * 3


def test_a_table_is_adjusted_as_its_family():
    adjusted = comparisons.adjust(TABLE, ["attribute"])
    assert comparisons.family_size(adjusted, ["attribute"]) == 3
    assert comparisons.family_size(comparisons.adjust(TABLE)) == 4
    np.testing.assert_allclose(adjusted["p_adjusted"], [0.06, 0.06, 0.9, np.nan, 0.75])


def test_claims_are_truth_values_even_without_rows():
    empty = comparisons.adjust(pd.DataFrame({"attribute": [], "p": []}), ["attribute"])
    assert empty["claim"].dtype == bool
    assert comparisons.family_size(empty) == 0
    assert np.isnan(Family().simes)


def test_what_was_not_compared_is_no_member():
    with pytest.raises(ValueError, match="none of this family"):
        Family((0.01, 0.5)).adjust([0.02])
    with pytest.raises(ValueError, match="none of this family"):
        Family().adjust([0.02])


def test_simes_keeps_its_promise():
    rng = np.random.default_rng(1)
    independent = [families.simes(rng.random(20)) for _ in range(4000)]
    assert stats.kstest(independent, "uniform").pvalue > 0.001  # exactly uniform
    shared = 0.7 * rng.standard_normal((4000, 1)) + np.sqrt(0.51) * rng.standard_normal((4000, 20))
    dependent = [families.simes(p) for p in 2 * stats.norm.sf(np.abs(shared))]
    assert np.mean(np.array(dependent) <= 0.05) <= 0.06
