"""Intervals of chapter 02 cover the truth: 200 companies are drawn from known shares, and every interval is asked.

Only companies whose truth is known can tell. Their customers are drawn directly, because what is judged are the
intervals; how customers are collected is judged elsewhere.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.demographics import areas, concentration, distributions, index, standardisation

COMPANIES = 200
PROMISED = 0.93  # of the intervals that promise 95 %
SHARES = {
    "gender": {"female": 0.55, "male": 0.45},
    "age_band": {"18–34": 0.3, "35–49": 0.35, "50–64": 0.2, "65+": 0.15},
    "children": {"0": 0.6, "1": 0.22, "2": 0.13, "3+": 0.05},
}
REFERENCE = {"gender": [0.51, 0.49], "age_band": [0.25, 0.25, 0.25, 0.25], "children": [0.7, 0.15, 0.1, 0.05]}
GROUP = {"gender": [0.65, 0.35], "age_band": [0.45, 0.3, 0.15, 0.1], "children": [0.5, 0.25, 0.15, 0.1]}
APP = {"group": [0.7, 0.55, 0.4, 0.2], "rest": [0.6, 0.5, 0.45, 0.25]}  # share that uses the app, by age
INHABITANTS = 10 ** np.linspace(3.6, 5.6, 40)
RATE, SHAPE = 0.002, 4.0
INCOME = (5.0, 1.0)  # of the logarithm of spend


def drawn(rng: np.random.Generator, shares: dict[str, list[float]], n: int, side: str) -> pd.DataFrame:
    """Customers with traits of known shares, some unknown, who use the app as their age makes them."""
    table = pd.DataFrame({name: rng.choice(list(SHARES[name]), n, p=p) for name, p in shares.items()})
    chance = table["age_band"].map(dict(zip(SHARES["age_band"], APP[side], strict=True)))
    table["app"] = np.where(rng.random(n) < chance, "yes", "no")
    return table


def inside(low, high, truth) -> np.ndarray:
    low, high, truth = (np.asarray(x, float) for x in (low, high, truth))
    known = ~(np.isnan(low) | np.isnan(high))
    return ((low <= truth) & (truth <= high))[known]


def company(seed: int) -> dict[str, np.ndarray]:
    """For each kind of interval, which of those of one company cover the truth."""
    rng = np.random.default_rng(seed)
    rest = drawn(rng, {name: list(values.values()) for name, values in SHARES.items()}, 1200, "rest")
    group = drawn(rng, GROUP, 500, "group")
    truth = {(name, v): p for name, values in SHARES.items() for v, p in values.items()}
    other = {(name, v): p for name, of in GROUP.items() for v, p in zip(SHARES[name], of, strict=True)}
    reference = {(name, v): p for name, of in REFERENCE.items() for v, p in zip(SHARES[name], of, strict=True)}
    found = {}

    spread = distributions.distributions(rest, SHARES).set_index(["attribute", "value"])
    known = [truth[key] for key in spread.index]
    found["shares"] = inside(spread["share_low"], spread["share_high"], known)

    table = index.compare(group, rest, SHARES).set_index(["attribute", "value"])
    known = [100 * other[key] / truth[key] for key in table.index]
    found["index against the others"] = inside(table["index_low"], table["index_high"], known)

    population = pd.DataFrame([(*key, p) for key, p in reference.items()], columns=["attribute", "value", "share"])
    table = index.compare_with_population(rest, population).set_index(["attribute", "value"])
    known = [100 * truth[key] / reference[key] for key in table.index]
    found["index against a reference"] = inside(table["index_low"], table["index_high"], known)

    table = index.compare(group, rest, ["app"])
    same = standardisation.against_rest(table, group, rest, "age_band").set_index("value").loc[["yes"]]
    ages = np.array(list(SHARES["age_band"].values()))
    known = 100 * ages @ APP["group"] / (ages @ APP["rest"])
    found["index with the same ages"] = inside(same["index_standardised_low"], same["index_standardised_high"], known)

    rates = rng.gamma(SHAPE, RATE / SHAPE, len(INHABITANTS))
    names = [f"area {i:02}" for i in range(len(INHABITANTS))]
    places = pd.DataFrame({"area": names, "population": INHABITANTS.astype(int)})
    living = pd.DataFrame({"region": np.repeat(names, rng.poisson(rates * places["population"]))})
    density = areas.density(living, places)
    known = density["area"].map(dict(zip(names, rates, strict=True))) * density["per"]
    found["customers per inhabitant"] = inside(density["rate_low"], density["rate_high"], known)

    spend = pd.DataFrame({"orders": 1, "spend": rng.lognormal(*INCOME, 1000)})
    gini = concentration.gini(spend)
    found["Gini coefficient"] = inside([gini.low], [gini.high], 2 * _normal(INCOME[1] / np.sqrt(2)) - 1)
    return found


def _normal(z: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(z))


@pytest.mark.slow
def test_intervals_cover_the_truth(record_property):
    companies = [company(seed) for seed in range(1000, 1000 + COMPANIES)]
    covered = {kind: float(np.concatenate([c[kind] for c in companies]).mean()) for kind in companies[0]}
    record_property("coverage", json.dumps(covered))
    print(covered)
    together = np.mean([np.concatenate(list(c.values())).mean() for c in companies])
    assert together >= PROMISED
    assert {kind: share for kind, share in covered.items() if share < PROMISED} == {}
