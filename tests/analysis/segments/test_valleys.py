"""Natural segments need an emptier space between them: what has none is never called natural."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from customer_profiles.analysis.segments import algorithms, clusters, columns, embedding, latent_classes, valleys

SIZES = range(2, 6)


def steady_buyers(rng, n=700):
    """Counts with a heavy tail, recency and categories that follow from them, log-normal baskets."""
    orders = 1 + rng.negative_binomial(0.6, 0.15, n)
    return pd.DataFrame(
        {
            "orders": orders,
            "basket_value": rng.lognormal(3.4, 0.7, n).round(2),
            "recency_days": np.floor(rng.exponential(400 / orders)),
            "categories": [len(np.unique(rng.choice(8, count))) for count in orders],
            "sessions": rng.poisson(3 * orders * rng.gamma(2, 0.5, n)),
            "gender": rng.choice(["f", "m"], n),
        }
    )


def bend(rng, n=700):
    """One age, and everything follows it smoothly."""
    z = rng.uniform(-1, 1, n)
    return pd.DataFrame(
        {
            "age": (49 + 31 * z).round(),
            "orders": np.exp(1 + np.sin(2 * z) + rng.normal(0, 0.2, n)).round() + 1,
            "basket_value": np.exp(3 + z**2 + rng.normal(0, 0.2, n)),
            "sessions": np.exp(2 - 1.5 * z + rng.normal(0, 0.2, n)).round(),
            "household_size": np.clip(np.round(2.5 - 2 * z**2 + rng.normal(0, 0.4, n)), 1, 6),
            "top_category": np.where(z + rng.normal(0, 0.4, n) > 0, "garden", "toys"),
        }
    )


def lifecycle(rng, n=700):
    """Customers of any standing: what they do grows with it, who they are does not matter."""
    standing = rng.exponential(1.0, n)
    return pd.DataFrame(
        {
            "orders": 1 + rng.poisson(3 * standing),
            "basket_value": rng.lognormal(3.5, 0.5, n),
            "recency_days": np.floor(rng.exponential(90, n)),
            "sessions": rng.poisson(9 * standing),
            "income_band": rng.choice(["high", "low", "middle"], n, p=[0.2, 0.3, 0.5]),
            "gender": rng.choice(["f", "m"], n),
        }
    )


def separated(rng, n=900, apart=6.0):
    """Four groups whose middles are at least so many standard deviations apart."""
    group = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    middles = rng.normal(size=(4, 5))
    gaps = np.linalg.norm(middles[:, None] - middles[None, :], axis=2)[np.triu_indices(4, 1)]
    x = middles[group] * apart / gaps.min() + rng.normal(size=(n, 5))
    names = ["orders", "basket_value", "recency_days", "sessions", "age"]
    return pd.DataFrame(x, columns=names).assign(gender=rng.choice(["f", "m"], n))


def clearest(profile, seed=1, sizes=SIZES):
    """p-value of the clearest valley over all numbers of segments and both methods, and the most groups seen."""
    profile = columns.as_shown(profile)
    placed = embedding.embed(profile, columns.active(profile), seed)
    used = placed.columns.loc[placed.columns["verdict"] == embedding.USED, "attribute"]
    data = algorithms.Data(profile[list(used)], placed.coordinates, latent_classes.levels(profile, used))
    with threadpool_limits(1):
        solutions, _ = algorithms.solve(data, sizes, np.random.default_rng(seed), seed)
        table, p = clusters._set_apart(data, solutions, seed)
    return p, int(table[["groups", "groups_classes"]].max(axis=None))


@pytest.mark.parametrize("company", [steady_buyers, bend, lifecycle])
def test_no_segments_are_not_natural(company):
    for seed in (1, 2):
        p, groups = clearest(company(np.random.default_rng(seed)))
        assert p > clusters.NATURAL
        assert groups == 1


@pytest.mark.slow
@pytest.mark.parametrize("company", [steady_buyers, bend, lifecycle])
def test_no_segments_are_natural_in_one_of_fifty_at_most(company, record_property):
    tried = (clearest(company(np.random.default_rng(seed), 1500), sizes=range(2, 9))[0] for seed in range(101, 151))
    found = sum(p <= clusters.NATURAL for p in tried)
    record_property("natural", found)
    assert found <= 1


def test_separated_groups_are_natural():
    for seed in range(1, 6):
        p, groups = clearest(separated(np.random.default_rng(seed)))
        assert p <= clusters.NATURAL
        assert groups >= 2


def test_groups_that_overlap_are_not_natural():
    for seed in range(1, 4):
        p, _ = clearest(separated(np.random.default_rng(seed), apart=1.5))
        assert p > clusters.NATURAL


def test_two_clouds_have_a_valley_and_one_cloud_cut_in_two_has_none():
    rng = np.random.default_rng(1)
    one = rng.normal(size=(600, 3))
    assert valleys.groups(one, (one[:, 0] > 0).astype(int), 0.01) == (1, pytest.approx(1.0))
    two = one + np.outer(np.arange(600) < 300, [6, 0, 0])
    groups, p = valleys.groups(two, (np.arange(600) < 300).astype(int), 0.01)
    assert groups == 2
    assert p < 1e-6


def test_groups_are_counted_by_way_of_others():
    """Neighbours along a row have no valley between them, so its two ends belong together."""
    rng = np.random.default_rng(2)
    row = np.column_stack([rng.uniform(0, 9, 1200), rng.normal(0, 0.3, 1200)])
    assert valleys.groups(row, (row[:, 0] // 3).astype(int), 0.01)[0] == 1
    apart = row[(row[:, 0] < 3) | (row[:, 0] > 4.5)]
    assert valleys.groups(apart, (apart[:, 0] // 1.5).astype(int), 0.01)[0] == 2


def test_whole_numbers_and_categories_have_no_gaps_of_their_own():
    rng = np.random.default_rng(3)
    profile = pd.DataFrame({"children": rng.poisson(1, 2000), "gender": rng.choice(["f", "m"], 2000)})
    points = valleys.continuous(profile, rng.normal(size=2000), rng)
    for column in points.T:
        counts = np.histogram(column, 12, (-1.5, 1.5))[0]
        assert counts.min() > 0
    labels = (profile["gender"] == "f").to_numpy().astype(int)
    assert valleys.groups(points, labels, 0.05)[0] == 1


def test_orders_alone_are_too_little_to_combine():
    profile = steady_buyers(np.random.default_rng(4))[["orders", "basket_value", "recency_days", "categories"]]
    assert not clusters.available(profile, columns.active(profile))
