import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from customer_profiles.analysis.segments import latent_classes


def planted(n=600, seed=1):
    """Three classes that differ in four categories and a number, each unknown of a tenth of the customers."""
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    shares = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    table = {name: np.array(list("xyz"))[[rng.choice(3, p=shares[g]) for g in group]] for name in "abcd"}
    table |= {"number": np.exp(1.5 * group + rng.normal(size=n))}
    profile = pd.DataFrame(table)
    return profile.mask(rng.random(profile.shape) < 0.1), group


@pytest.fixture(scope="module")
def levels():
    profile, _ = planted()
    return latent_classes.levels(profile, list(profile))


def guesses(n, k, starts=5, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, k, n) for _ in range(starts)]


def test_planted_classes_are_found_in_spite_of_gaps(levels):
    _, group = planted()
    fitted = latent_classes.fit(levels, 3, guesses(600, 3))
    assert adjusted_rand_score(group, fitted.assign(levels)) > 0.75


def test_the_right_number_of_classes_has_the_lowest_bic(levels):
    bic = {k: latent_classes.fit(levels, k, guesses(600, k)).bic for k in (2, 3, 4, 5)}
    assert min(bic, key=bic.get) == 3


def test_stepmix_finds_the_same_classes_and_likelihood(levels):
    stepmix = pytest.importorskip("stepmix.stepmix", reason="the referee is not installed")
    profile, _ = planted()
    codes = np.column_stack([latent_classes._codes(profile[name]) for name in profile]).astype(float)
    codes[codes < 0] = np.nan
    referee = stepmix.StepMix(
        3, measurement="categorical_nan", n_init=5, random_state=1, max_iter=300, progress_bar=0, verbose=0
    ).fit(codes)
    fitted = latent_classes.fit(levels, 3, guesses(600, 3), gain=1e-8)
    assert adjusted_rand_score(referee.predict(codes), fitted.assign(levels)) > 0.95
    # The referee maximises the likelihood alone; a customer's worth of the whole base in each class costs a little.
    assert fitted.log_likelihood / 600 == pytest.approx(referee.score(codes), abs=0.01)
    assert fitted.bic == pytest.approx(referee.bic(codes), rel=0.005)


def test_shares_of_a_column_add_up_to_one_in_every_class(levels):
    fitted = latent_classes.fit(levels, 3, guesses(600, 3))
    assert fitted.weights.sum() == pytest.approx(1)
    assert np.add.reduceat(fitted.shares, levels.starts, axis=1) == pytest.approx(np.ones((3, 5)))


def test_the_likeliest_of_several_first_guesses_is_kept(levels):
    several = guesses(600, 4)
    best = latent_classes.fit(levels, 4, several).log_likelihood
    assert best == max(latent_classes.fit(levels, 4, [guess]).log_likelihood for guess in several)


def test_what_is_missing_moves_nobody():
    profile = pd.DataFrame({"a": ["x", "y"] * 20, "b": ["x", "y"] * 20})
    with_gaps = pd.concat([profile, pd.DataFrame({"a": [None], "b": ["y"]})], ignore_index=True)
    data = latent_classes.levels(with_gaps, ["a", "b"])
    assert data.matrix[-1].tolist() == [0, 0, 0, 1]
    labels = latent_classes.fit(data, 2, [np.r_[[0, 1] * 20, 0]]).assign(data)
    assert labels[-1] == labels[1] != labels[0]


def test_equal_numbers_are_never_divided():
    codes = latent_classes._codes(pd.Series([0.0] * 70 + [1.0] * 10 + list(range(2, 22)) + [np.nan]))
    assert len(set(codes[:70])) == 1
    assert codes[-1] == -1
    assert set(codes[:-1]) == set(range(codes.max() + 1))


def test_leaving_a_column_out_leaves_the_others_as_they_are(levels):
    profile, _ = planted()
    less = levels.without(1)
    same = latent_classes.levels(profile, ["a", "c", "d", "number"])
    assert less.starts.tolist() == same.starts.tolist()
    assert np.array_equal(less.matrix, same.matrix)
