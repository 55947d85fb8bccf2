"""Models of repeat buying reach the published figures from any start, and agree with another model and a simulation."""

from __future__ import annotations

import cdnow
import numpy as np
import pandas as pd
import pytest
import scipy
from scipy.special import gammaln, hyp2f1

from customer_profiles.stats import purchase_models, value_models
from customer_profiles.stats.purchase_models import Buying, Histories

PUBLISHED = {  # Fader & Hardie, notes on the implementation in spreadsheets; the modified model: R package BTYDplus
    False: (0.2426, 4.4135, 0.7929, 2.4258, -9582.43),
    True: (0.5248, 6.183, 0.8914, 1.614, -9582.13),
}
PARETO = (0.5533, 10.578, 0.6062, 11.668, -9594.97)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return cdnow.summary()


@pytest.fixture(scope="module")
def told(customers) -> tuple[Histories, np.ndarray]:
    return Histories.of(customers["repeats"], customers["last"], customers["known"])


def starts(n: int, seed: int = 7) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).uniform(-3, 3, (n, 4))) * [1, 20, 1, 1]


def reaches(told: Histories, at_once: bool, n: int) -> bool:
    *parameters, likelihood = PUBLISHED[at_once]
    found = [purchase_models.fit(told, at_once, [start]) for start in starts(n)]
    near = [np.allclose(each.parameters, parameters, rtol=0.005) for each in found]
    return all(near) and all(abs(each.log_likelihood - likelihood) <= 0.01 for each in found)


@pytest.mark.parametrize("at_once", PUBLISHED)
def test_published_parameters_from_ten_random_starts(told, at_once):
    assert reaches(told[0], at_once, 10)


@pytest.mark.slow
@pytest.mark.parametrize("at_once", PUBLISHED)
def test_published_parameters_from_fifty_random_starts(told, at_once):
    assert reaches(told[0], at_once, 50)


def test_expected_orders_by_number_of_repeats_as_published(customers, told):
    histories, place = told
    expected = purchase_models.fit(histories).orders(histories, 39)[place]
    by_repeats = pd.Series(expected).groupby(customers["repeats"].clip(upper=7).to_numpy()).mean()
    assert by_repeats.round(2).tolist() == [0.23, 0.52, 1.04, 1.52, 2.16, 2.65, 3.50, 6.16]


def test_interval_of_the_total_holds_what_came_and_is_that_of_the_bootstrap(customers, told):
    histories, place = told
    model = purchase_models.fit(histories)
    found = purchase_models.total(model, histories, place, 39)
    assert customers["later"].sum() == 1882
    assert found.low < 1882 < found.high
    assert np.allclose(found, (1653, 1400, 1919), rtol=0.02)  # the interval of 1,000 fits to customers drawn anew


def test_who_never_came_back_may_be_gone_in_the_modified_model_only(told):
    histories, _ = told
    once = histories.repeats == 0
    assert (purchase_models.fit(histories).alive(histories)[once] == 1).all()
    modified = purchase_models.fit(histories, at_once=True).alive(histories)[once]
    assert ((modified > 0.38) & (modified < 0.44)).all()


def test_pareto_nbd_as_referee(customers, told):
    histories, _ = told
    fitted = scipy.optimize.minimize(
        lambda logs: -(pareto(np.exp(logs), histories)[0] @ histories.n), np.log([1, 10, 1, 10]), method="BFGS"
    )
    *parameters, likelihood = PARETO
    assert np.allclose(np.exp(fitted.x), parameters, rtol=0.005)
    assert abs(fitted.fun + likelihood) <= 0.01
    alive = pareto(np.exp(fitted.x), histories)[1]
    repeated = histories.repeats > 0
    own = purchase_models.fit(histories).alive(histories)
    assert np.corrcoef(alive[repeated], own[repeated])[0, 1] > 0.95


def pareto(at: np.ndarray, told: Histories) -> tuple[np.ndarray, np.ndarray]:
    """Log-likelihood and P(alive) of the Pareto/NBD (Schmittlein, Morrison & Colombo 1987; Fader & Hardie 2005)."""
    r, alpha, s, beta = at
    x, shape = told.repeats, r + s + told.repeats
    most, second = max(alpha, beta), s + 1 if alpha >= beta else r + told.repeats
    ends = [
        hyp2f1(shape, second, shape + 1, abs(alpha - beta) / (most + t)) / (most + t) ** shape
        for t in (told.last, told.known)
    ]
    staying = (alpha + told.known) ** -(r + x) * (beta + told.known) ** -s
    both = staying + s / shape * (ends[0] - ends[1])
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(both), staying / both


def test_amounts_of_orders_as_published(customers):
    paid = customers[customers["amount"] > 0]
    assert len(paid) == 946
    for start in np.exp(np.random.default_rng(3).uniform(-2, 2, (10, 3))):
        found = value_models.fit_spending(paid["repeats"], paid["amount"], (start,))
        assert np.allclose((found.p, found.q, found.v), (6.249, 3.745, 15.448), rtol=0.005)


def test_the_currency_changes_nothing_but_the_scale(customers):
    paid = customers[customers["amount"] > 0]
    cents, thousands = (value_models.fit_spending(paid["repeats"], paid["amount"] * by) for by in (100, 1e-3))
    assert np.allclose((cents.p, cents.q, cents.v / 100), (thousands.p, thousands.q, thousands.v * 1e3), rtol=1e-4)
    assert np.allclose(cents.per_order(3, 4000), thousands.per_order(3, 0.04) * 1e5, rtol=1e-4)


@pytest.mark.parametrize(
    ("kept", "parameters", "likelihood", "after_twelve"),
    [
        ([1000, 631, 468, 382, 326, 289, 262, 241], (0.7041, 1.182), -1680.3, 0.170),
        ([1000, 869, 743, 653, 593, 551, 517, 491], (0.6681, 3.8061), -1611.2, 0.378),
    ],
    ids=["regular", "high end"],
)
def test_contracts_as_published(kept, parameters, likelihood, after_twelve):
    # Fader & Hardie (2007): who of a thousand is there at the end of each of the first seven years.
    lost = -np.diff(kept)
    periods, left = [*range(1, 8), 7], [True] * 7 + [False]
    n = [*lost, kept[-1]]
    for start in np.exp(np.random.default_rng(4).uniform(-2, 3, (10, 2))):
        found = value_models.fit_staying(periods, left, n=n, starts=(start,))
        assert np.allclose((found.alpha, found.beta), parameters, rtol=0.005)
        assert found.log_likelihood == pytest.approx(likelihood, abs=0.06)
    assert round(float(found.stay(12)), 3) == after_twelve


def test_contracts_seen_late_give_the_same_parameters():
    rng = np.random.default_rng(2)
    chance = rng.beta(0.8, 4.0, 60_000)
    end, began = rng.geometric(chance), rng.integers(0, 30, 60_000)
    seen_until = began + rng.integers(1, 6, 60_000)
    there = end > began  # who had left before is on no file
    periods, left = np.minimum(end, seen_until), end <= seen_until
    found = value_models.fit_staying(periods[there], left[there], began[there])
    assert np.allclose((found.alpha, found.beta), (0.8, 4.0), rtol=0.1)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("a", [0.3, 1.0, 40.0, 1000.0])
def test_expected_orders_are_those_of_a_simulation(at_once, a):
    # Given that somebody is alive, rate and probability are gamma and beta distributed; both integrals by quantiles.
    model = Buying(0.6, 8.0, a, 2.5 * a, at_once)
    told = Histories(np.array([0.0, 3, 250]), np.array([0.0, 20, 38]), np.array([30.0, 30, 39]), np.ones(3))
    middle = (np.arange(4000) + 0.5) / 4000
    for row, expected in enumerate(model.orders(told, 26)):
        stop = scipy.stats.beta.ppf(middle, a, 2.5 * a + told.repeats[row] + at_once)
        rate = (0.6 + told.repeats[row], 26 / (8.0 + told.known[row]))
        truth = np.mean(-np.expm1(-rate[0] * np.log1p(stop * rate[1])) / stop) * model.alive(told)[row]
        assert expected == pytest.approx(truth, rel=0.005)


def test_histories_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="last order"):
        Histories.of([0, 1], [2, 1], [5, 5])
    with pytest.raises(ValueError, match="twice"):
        purchase_models.fit(Histories.of([0, 0], [0, 0], [5, 6])[0])
