import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.segments import algorithms, latent_classes
from customer_profiles.analysis.segments.embedding import embed


def customers(n=400, seed=1):
    """Two groups that differ in three categories and two numbers."""
    rng = np.random.default_rng(seed)
    group = rng.random(n) < 0.4
    frame = {name: np.where(rng.random(n) < np.where(group, 0.85, 0.15), "x", "y") for name in "abc"}
    frame |= {name: 2.0 * group + rng.normal(size=n) for name in ("one", "two")}
    profile = pd.DataFrame(frame)
    points = embed(profile, list(profile)).coordinates
    return algorithms.Data(profile, points, latent_classes.levels(profile, list(profile))), group


def noise(n=400, seed=1):
    """As many customers about whom no column tells of another."""
    data, _ = customers(n, seed)
    rng = np.random.default_rng(seed)
    profile = data.profile.apply(lambda column: column.to_numpy()[rng.permutation(n)])
    return algorithms.Data(
        profile, embed(profile, list(profile)).coordinates, latent_classes.levels(profile, list(profile))
    )


def solved(data, sizes=range(2, 4)):
    return algorithms.solve(data, sizes, np.random.default_rng(1), 1)[0]


def test_both_ways_find_clear_groups():
    data, group = customers()
    for method, found in solved(data).items():
        agree = (found[2] == group).mean()
        assert max(agree, 1 - agree) > 0.9, method


def test_clear_groups_come_back_in_resamples_and_others_less_often():
    data, _ = customers()
    overlap = algorithms.stability(data, solved(data), 10, np.random.default_rng(1), 1)
    for method, of in overlap.items():
        assert of[2].shape == (10, 2)
        assert of[2].mean() > 0.85, method
        assert of[3].mean() < of[2].mean(), method


@pytest.mark.parametrize("method", list(algorithms.METHODS))
def test_clear_groups_tell_of_a_column_left_out_and_noise_tells_nothing(method):
    told = [algorithms.use(data, 2, method, np.random.default_rng(1), 1) for data in (customers()[0], noise())]
    assert told[0] > 0.25
    assert told[1] < 0.03


def test_what_groups_explain_of_a_number_is_eta_squared():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 200)
    x = rng.normal(size=200) + labels
    f = stats.f_oneway(*(x[labels == g] for g in range(3))).statistic
    eta_squared = f * 2 / (f * 2 + 197)
    assert algorithms.explained((x - x.mean())[:, None], labels) == pytest.approx(eta_squared)


def test_everybody_is_assigned_where_segments_are_made_from_a_sample(monkeypatch):
    monkeypatch.setattr(algorithms, "FIT_ROWS", 150)
    monkeypatch.setattr(algorithms, "RESAMPLE_ROWS", 100)
    data, group = customers()
    found = solved(data)
    for method, of in found.items():
        assert len(of[2]) == 400
        agree = (of[2] == group).mean()
        assert max(agree, 1 - agree) > 0.85, method
