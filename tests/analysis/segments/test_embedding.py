import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.segments import embedding


@pytest.fixture
def profile():
    rng = np.random.default_rng(0)
    factor = rng.normal(size=400)
    return pd.DataFrame(
        {
            "spend": np.exp(3 + factor + 0.3 * rng.normal(size=400)),
            "orders": pd.array(np.round(np.exp(1 + factor)).astype(int), dtype="Int64"),
            "channel": np.where(factor + 0.5 * rng.normal(size=400) > 0, "app", "store"),
            "age": rng.integers(18, 80, 400),
            "noise": rng.choice(list("abc"), 400),
        }
    )


def test_numbers_are_symmetric_scaled_and_missing_sits_at_the_average(profile):
    spend = profile["spend"].copy()
    spend.iloc[:5] = np.nan
    column = embedding.numbers(spend)
    assert column[:5].tolist() == [0.0] * 5
    assert abs(pd.Series(column[5:]).skew()) < 0.5
    assert column[5:].std() == pytest.approx(1, abs=0.05)
    assert np.abs(column).max() <= embedding.CLIP


def test_amounts_in_the_millions_do_not_overflow():
    column = embedding.numbers(pd.Series(np.exp(np.random.default_rng(0).normal(15, 2, 300))))
    assert np.isfinite(column).all()


def test_no_direction_of_a_category_outweighs_a_number(profile):
    block = embedding.indicators(profile["noise"])
    assert np.linalg.eigvalsh(block.T @ block / len(block)).max() == pytest.approx(1, abs=1e-9)


def test_rare_levels_are_pooled_and_missing_stays_missing():
    pooled = embedding.pool(pd.Series(["a"] * 97 + ["b", "c"] + [None]))
    assert set(pooled.dropna()) == {"a", embedding.POOLED}
    assert pooled.isna().sum() == 1


def test_the_common_factor_comes_first_and_the_sign_is_fixed(profile):
    placed = embedding.embed(profile, list(profile))
    first = placed.coordinates[:, 0]
    assert abs(np.corrcoef(first, np.log(profile["spend"]))[0, 1]) > 0.8
    again = embedding.embed(profile, list(profile))
    assert np.array_equal(placed.coordinates, again.coordinates)


def test_unusable_columns_are_named_with_a_reason(profile):
    profile["constant"] = 1
    profile["sparse"] = [1.0] * 50 + [None] * 350
    profile["identifier"] = [f"id{i}" for i in range(400)]
    verdicts = embedding.embed(profile, list(profile)).columns.set_index("attribute")["verdict"]
    assert verdicts["constant"] == embedding.CONSTANT
    assert verdicts["sparse"] == embedding.SPARSE
    assert verdicts["identifier"] == embedding.TOO_MANY
    assert verdicts["spend"] == embedding.USED


def test_nothing_usable_gives_no_components():
    placed = embedding.embed(pd.DataFrame({"a": [1, 1]}), ["a"])
    assert placed.coordinates.shape == (2, 0)


def test_order_of_rows_does_not_matter(profile):
    mixed = profile.sample(frac=1, random_state=5)
    one = embedding.embed(profile, list(profile), components=3).coordinates
    other = embedding.embed(mixed, list(profile), components=3).coordinates
    np.testing.assert_allclose(one[mixed.index], other, atol=1e-8)
