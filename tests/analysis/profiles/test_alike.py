"""Twins of one customer: the nearest by Gower's distance, described together and told of by no id."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from customer_profiles.analysis.profiles import alike
from customer_profiles.privacy.disclosure import Gate

NAMES = ["age", "spend", "region", "interests"]


def company(seed=1, n=600, planted=0):
    """Customers, of whom some are a kind of their own: first the one who is asked for."""
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame(
        {
            "customer_no": rng.permutation(n),
            "customer_id": [f"pseudonym {one}" for one in range(n)],
            "age": rng.integers(18, 80, n).astype(float),
            "spend": rng.lognormal(4, 1, n),
            "region": rng.choice(list("abcdef"), n),
            "interests": rng.choice(["hiking", "travel", "garden"], n),
            "answer": rng.choice(["yes", "no"], n),
        }
    )
    profile.loc[: planted - 1, ["age", "spend", "region", "interests"]] = [30.0, 60.0, "a", "climbing"]
    profile.loc[: planted - 1, "age"] += rng.integers(0, 3, planted)
    return profile


def test_the_nearest_are_those_of_gower():
    profile = company(n=200)
    asked = int(profile["customer_no"].iloc[5])
    found = alike.distances(profile, asked, NAMES).set_index("customer_no")["distance"]
    low, high = profile[["age", "spend"]].quantile(0.05), profile[["age", "spend"]].quantile(0.95)
    numbers = (profile[["age", "spend"]] / (high - low)).to_numpy()
    words = profile[["region", "interests"]].apply(lambda column: pd.factorize(column)[0]).to_numpy()
    referee = 2 * cdist(words[5:6], words, "hamming")[0] + np.minimum(np.abs(numbers - numbers[5]), 1).sum(axis=1)
    referee = pd.Series(referee / 4, profile["customer_no"]).drop(asked)
    pd.testing.assert_series_equal(found.sort_index(), referee.sort_index(), check_names=False, atol=1e-8)
    assert found.is_monotonic_increasing


def test_planted_twins_are_found_and_described_together():
    profile = company(planted=41)
    near = alike.distances(profile, int(profile["customer_no"].iloc[0]), NAMES).head(40)
    assert set(near["customer_no"]) == set(profile["customer_no"].iloc[1:41])
    result = alike.described(profile, near, len(near), NAMES)
    shares = result.frame.set_index(["attribute", "value"])["share"]
    assert shares["interests", "climbing"] == shares["region", "a"] == 1
    away = alike.distances(profile, int(profile["customer_no"].iloc[0]), NAMES)
    (told,) = alike.described(profile, away, 40, NAMES).findings(result.frame.assign(hidden=False))
    assert told.values == {"n": 40, "near": pytest.approx(near["distance"].mean()), "all": away["distance"].mean()}
    assert told.values["near"] < 0.02 < 0.4 < told.values["all"]


def test_of_what_has_nothing_to_do_with_it_twins_say_nothing():
    """Their answers are those of all customers, so the interval of their share holds one half."""
    held = 0
    for seed in range(60):
        profile = company(seed)
        near = alike.distances(profile, int(profile["customer_no"].iloc[0]), NAMES).head(100)
        row = alike.described(profile, near, len(near), ["answer"]).frame.query("value == 'yes'").iloc[0]
        held += row["share_low"] <= 0.5 <= row["share_high"]
    assert held >= 52  # 57 expected


def test_nothing_names_anybody_and_few_are_hidden():
    profile = company(planted=96)
    profile.loc[:3, "region"] = "rare place"
    near = alike.distances(profile, int(profile["customer_no"].iloc[0]), ["age", "spend", "interests"]).head(95)
    result = alike.described(profile, near, len(near), ["region", "interests"])
    assert set(result.frame) == {"attribute", "value", "n", "base", "share", "share_low", "share_high"}
    shown = Gate(10).guard(result).frame.set_index("value")
    assert result.frame.set_index("value").loc["rare place", "n"] == 3
    assert pd.isna(shown.loc["rare place", "n"])
    assert shown.loc["climbing", "n"] == 95


def test_who_is_not_known_is_nobodys_twin():
    profile = company(planted=41)
    profile.loc[1:20, NAMES] = np.nan
    near = alike.distances(profile, int(profile["customer_no"].iloc[0]), NAMES).head(20)
    assert set(near["customer_no"]) == set(profile["customer_no"].iloc[21:41])
    lost = alike.distances(profile, int(profile["customer_no"].iloc[5]), NAMES).head(20)
    assert lost.empty
    result = alike.described(profile, lost, 20, NAMES)
    assert result.frame["n"].sum() == 0
    assert result.findings(result.frame.assign(hidden=False)) == []
