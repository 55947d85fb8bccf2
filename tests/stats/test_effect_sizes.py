"""One scale of effect: what each converter promises, and that one planted difference has one size however expressed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from customer_profiles.stats import effect_sizes, group_tests
from customer_profiles.stats.effect_sizes import (
    LOGISTIC_SD,
    from_auc,
    from_correlation,
    from_d,
    from_delta,
    from_explained,
    from_points,
    from_rates,
    from_ratio,
    from_shares,
    from_tau,
)

a_share = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-9, 1 - 1e-9))

# Each as a function of a strength from −1 to 1 that is none at 0 and turns round with its sign.
ONE_NUMBER = {
    "d": lambda t: from_d(4 * t),
    "points": lambda t: from_points(4 * t, 1.5),
    "shares": lambda t: from_shares((1 + t) / 2, (1 - t) / 2),
    "rates": lambda t: from_rates(1 + t, 1 - t),
    "ratio": lambda t: from_ratio(np.exp(5 * t)),
    "auc": lambda t: from_auc((1 + t) / 2),
    "delta": from_delta,
    "correlation": from_correlation,
    "explained": lambda t: from_explained(t * t),
    "tau": from_tau,
}


@pytest.mark.parametrize("name", ONE_NUMBER)
def test_sizes_are_none_at_none_bounded_monotone_and_alike_in_both_directions(name):
    convert, strength = ONE_NUMBER[name], np.linspace(0, 1, 41)
    sizes = convert(strength)
    assert sizes[0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(sizes) > 0).all()
    assert sizes[-1] <= 1 + 1e-12
    np.testing.assert_allclose(convert(-strength), sizes, atol=1e-12)
    assert np.isnan(convert(np.nan))


@given(a_share, a_share)
def test_two_shares_have_a_size_between_0_and_1_from_either_side(one, other):
    size = from_shares(one, other)
    assert 0 <= size <= 1 + 1e-12
    assert size == pytest.approx(float(from_shares(other, one)))
    assert size == pytest.approx(float(from_shares(1 - one, 1 - other)), abs=1e-6)


def test_every_converter_is_tested():
    assert {f"from_{name}" for name in ONE_NUMBER} == {name for name in vars(effect_sizes) if name.startswith("from_")}


def test_total_differences_are_one_and_what_has_no_spread_is_unknown():
    totals = from_shares(1, 0), from_auc(1), from_delta(-1), from_ratio(0), from_ratio(np.inf), from_d(np.inf)
    np.testing.assert_allclose(totals, 1)
    assert np.isnan(from_points(1, 0))
    assert from_points(0, 0) == 0


@pytest.mark.parametrize("d", [0.2, 0.5, 0.8, 1.2])
def test_one_planted_difference_has_one_size_however_it_is_expressed(d):
    """Two normal groups d apart; by whatever is computed of them, the size is that of their correlation."""
    q = (np.arange(4000) + 0.5) / 4000
    group, rest = stats.norm.ppf(q) + d, stats.norm.ppf(q)
    values, member = np.concatenate([group, rest]), np.repeat([1, 0], 4000)
    r = np.corrcoef(values, member)[0, 1]
    assert from_d(d) == pytest.approx(r, abs=0.001)
    delta = group_tests.van_elteren(values, member, np.zeros(8000)).effect
    sizes = {
        "points": from_points(20 * (group.mean() - rest.mean()), 20 * rest.std()),
        "delta": from_delta(delta),
        "auc": from_auc(stats.mannwhitneyu(group, rest).statistic / 4000**2),
        "correlation": from_correlation(r),
        "explained": from_explained(r * r),
        "ratio": from_ratio(np.exp(d * LOGISTIC_SD)),
        "amounts": from_ratio(np.exp(d * 1.7), 1.7),
    }
    np.testing.assert_allclose(list(sizes.values()), r, atol=0.01)
    # Cut in two in the middle, a number loses some of what it says: Cohen (1983), Applied Psych. Measurement 7:249–253.
    halves = [[(side > d / 2).sum(), (side <= d / 2).sum()] for side in (group, rest)]
    (k1, _), (k0, _) = halves
    odds = k1 / (4000 - k1) / (k0 / (4000 - k0))
    assert from_shares(k1 / 4000, k0 / 4000) == pytest.approx(group_tests.chi2_test(halves).effect, abs=1e-9)
    for size in (from_shares(k1 / 4000, k0 / 4000), from_ratio(odds)):
        assert 0.75 * r < size < 1.08 * r


def test_rare_events_have_one_size_as_shares_and_as_rates():
    for share, other in ((0.02, 0.01), (0.05, 0.04), (0.03, 0.01)):
        assert from_rates(share, other) == pytest.approx(from_shares(share, other), rel=0.04)


def test_a_trend_has_the_size_of_the_correlation_with_time():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(4000)
    y = 0.5 * x + np.sqrt(0.75) * rng.standard_normal(4000)
    assert from_tau(stats.kendalltau(x, y).statistic) == pytest.approx(0.5, abs=0.03)
