"""Weighting: a table raked by hand and by scipy, and surveys of which the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.feedback import metrics, response, weighting
from customer_profiles.privacy.disclosure import Gate


def survey(seed: int, hidden: float = 0.0, n: int = 3000) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Old customers are happier and answer more often; with `hidden`, the happy of every age do. And the true mean."""
    rng = np.random.default_rng(seed)
    old, north = rng.random(n) < 0.4, rng.random(n) < 0.5
    felt = np.clip((6 + 2.0 * old - 1.0 * north + 1.5 * rng.standard_normal(n)).round(), 0, 10)
    chance = np.where(old, 0.4, 0.1) * np.where(north, 1.0, 0.6) * np.exp(hidden * (felt - felt.mean()))
    profile = pd.DataFrame({"customer_no": np.arange(n), "age_band": np.where(old, "65+", "18–64")})
    profile["region"] = np.where(north, "north", "south")
    who = np.flatnonzero(rng.random(n) < np.minimum(chance, 1))
    feedback = pd.DataFrame({"customer_no": pd.array(who, dtype="Int64"), "at": pd.Timestamp("2025-05-01")})
    return feedback.assign(metric="nps", score=felt[who]), profile, float(felt.mean())


def answering(feedback: pd.DataFrame, profile: pd.DataFrame, attributes: list[str]) -> pd.DataFrame:
    return response.response(profile["customer_no"].isin(feedback["customer_no"]), profile, attributes).frame


def scored(feedback: pd.DataFrame, profile: pd.DataFrame, attributes: list[str]):
    latest = metrics.latest(metrics.answers(feedback))
    return weighting.weighted_scores(latest, profile, answering(feedback, profile, attributes))


def weighted(seed: int, hidden: float = 0.0) -> tuple[pd.Series, float]:
    feedback, profile, truth = survey(seed, hidden)
    return scored(feedback, profile, ["age_band", "region"]).frame.iloc[0], truth


def test_a_margin_by_hand():
    """60 men and 40 women where half of everybody is either: weights 5/6 and 5/4."""
    cells = pd.DataFrame({"gender": ["m"] * 60 + ["f"] * 40})
    weights = weighting.rake(cells, {"gender": pd.Series({"m": 0.5, "f": 0.5})})
    np.testing.assert_allclose(weights, [5 / 6] * 60 + [5 / 4] * 40)
    found = weighting.Weights(pd.Series(weights), pd.DataFrame(), ("gender",))
    assert found.design_effect == pytest.approx(25 / 24)  # Kish: .6 · (5/6)² + .4 · (5/4)²


def test_two_margins_are_raked_to_the_nearest_table():
    """Raking gives the table nearest to the answers by Kullback–Leibler distance; scipy finds the same one."""
    from scipy.optimize import minimize

    counts = np.array([[40.0, 30, 10], [35, 20, 15]])
    rows, columns = np.array([0.45, 0.55]), np.array([0.4, 0.35, 0.25])
    at = np.repeat(np.arange(6), counts.ravel().astype(int))
    cells = pd.DataFrame({"a": at // 3, "b": at % 3})
    weights = weighting.rake(cells, {"a": pd.Series(rows), "b": pd.Series(columns)})
    ours = np.bincount(at, weights, 6) / len(at)
    start = counts.ravel() / counts.sum()
    sums = np.vstack([np.repeat(np.eye(2), 3, axis=1), np.tile(np.eye(3), 2)[:2]])
    wanted = np.concatenate([rows, columns[:2]])
    limits = {"type": "eq", "fun": lambda x: sums @ x - wanted}
    best = minimize(
        lambda x: (x * np.log(x / start)).sum(), start, bounds=[(1e-6, 1)] * 6, constraints=limits, tol=1e-12
    )
    np.testing.assert_allclose(ours, best.x, atol=2e-5)
    np.testing.assert_allclose(ours.reshape(2, 3).sum(axis=1), rows, atol=1e-6)
    np.testing.assert_allclose(ours.reshape(2, 3).sum(axis=0), columns, atol=1e-6)


def test_weights_are_trimmed():
    cells = pd.DataFrame({"a": ["x"] * 98 + ["y"] * 2})
    weights = weighting.rake(cells, {"a": pd.Series({"x": 0.5, "y": 0.5})}, trim=5)
    assert weights.max() == 5
    assert weights.mean() == pytest.approx(1)


def test_the_linearised_interval_is_that_of_statsmodels():
    """A weighted regression on a constant with heteroscedasticity-consistent errors (HC1)."""
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    values, w = rng.normal(7, 2, 300), rng.uniform(0.3, 3, 300)
    ours = weighting._mean("x", values, w)
    fit = sm.WLS(values, np.ones(300), weights=w).fit(cov_type="HC1")
    np.testing.assert_allclose([ours["x"], ours["x_low"], ours["x_high"]], [fit.params[0], *fit.conf_int()[0]])


def test_weighting_repairs_an_uneven_mix():
    found = [weighted(seed) for seed in range(24)]
    plain = np.mean([row["mean"] - truth for row, truth in found])
    repaired = np.mean([row["mean_weighted"] - truth for row, truth in found])
    assert plain > 0.4
    assert abs(repaired) < 0.05
    covered = np.mean([row["mean_weighted_low"] <= truth <= row["mean_weighted_high"] for row, truth in found])
    assert covered >= 0.87  # 23 of 24 expected, fewer than 21 with a chance below 1 in 50
    assert all(1 < row["design_effect"] < 2 and row["n_effective"] < row["n"] for row, _ in found)
    assert all(row["difference_high"] < 0 and row["p"] < 0.001 for row, _ in found)


def test_weighting_cannot_repair_that_the_happy_answer():
    found = [weighted(seed, hidden=0.25) for seed in range(5)]
    assert np.mean([row["mean_weighted"] - truth for row, truth in found]) > 0.3


def test_margins_reach_their_targets():
    feedback, profile, _ = survey(3)
    found = weighting.weigh(feedback["customer_no"], profile, answering(feedback, profile, ["age_band", "region"]))
    assert found.traits == ("age_band", "region")
    np.testing.assert_allclose(found.margins["reached"], found.margins["target"], atol=1e-5)
    shares = profile["age_band"].value_counts(normalize=True)
    of_age = found.margins[found.margins["attribute"] == "age_band"].set_index("value")["target"]
    np.testing.assert_allclose(of_age.sort_index(), shares.sort_index())


def test_rare_values_are_put_together():
    feedback, profile, _ = survey(4)
    profile.loc[feedback["customer_no"].astype(int)[:5], "region"] = "island"
    found = weighting.weigh(feedback["customer_no"], profile, answering(feedback, profile, ["age_band", "region"]))
    assert found.margins["n"].min() >= weighting.LEAST_CELL
    assert found.weight.mean() == pytest.approx(1)


def test_nothing_to_weight_is_said():
    feedback, profile, _ = survey(5)
    everybody = pd.DataFrame({"customer_no": profile["customer_no"].astype("Int64"), "at": pd.Timestamp("2025-05-01")})
    everybody = everybody.assign(metric="nps", score=7.0)
    said = profile["customer_no"].isin(feedback["customer_no"])
    none = scored(everybody, profile, ["age_band"])
    assert (len(none), none.needs) == (0, "feedback")
    assert "All customers" in weighting.what_it_can(none, said | True)[0].message
    assert len(answering(feedback, profile, ["age_band"])) == 2
    assert len(scored(feedback, profile, [])) == 0
    assert "nothing to weight" in weighting.what_it_can(none, said)[0].message
    assert weighting.what_it_can(none, said & False) == []
    some = scored(feedback, profile, ["age_band"])
    assert "cannot repair" in weighting.what_it_can(some, said)[0].message
    assert [finding.id for finding in some.claims(some.frame)] == ["weighted.nps"]
    few = replace(some, frame=some.frame.assign(n=4))
    assert few.claims(Gate(10).guard(few).marks(few.frame)) == []
