"""The affinity that was planted in the demo company is found again; in a null company none is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.prediction import cross_sell, next_offer, purchases
from customer_profiles.demo import affinity, behaviour
from customer_profiles.demo.people import make_people
from customer_profiles.demo.plan import load_plan, moment


def sold(seed, null=False, n=2000):
    """What the customers of a company bought, and what was planted of it."""
    plan, rng = load_plan(null), np.random.default_rng([seed, 0])
    people = make_people(rng, plan, 0, n)
    lines = affinity.planted(plan, people, behaviour.order_lines(rng, plan, people, 0), seed, 0)
    at = pd.Timestamp(moment(plan.start)) + pd.to_timedelta(lines["minute"], unit="min")
    table = pd.DataFrame({"customer_no": lines["person"], "at": at, "category": lines["category"]})
    return purchases.purchases(table, "category", plan.as_of, 180), affinity.truth(plan)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_affinity_is_found_and_nothing_else(seed):
    bought, truth = sold(seed)
    found = cross_sell.pairs(bought).frame
    claimed = found[found["claim"]]
    assert claimed[["item", "then"]].to_numpy().tolist() == [[truth["after"], truth["buys"]]]
    assert claimed["ratio_low"].iloc[0] > 1.2


def test_with_it_other_customers_know_better_than_the_best_sellers():
    ways = next_offer.chosen(next_offer.tried(sold(1)[0]))
    assert ways == {next_offer.AGAIN: next_offer.OWN, next_offer.NEW: next_offer.ALIKE}


@pytest.mark.parametrize(("seeds", "most"), [(6, 1), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_a_null_company_has_no_affinity_and_nothing_beats_the_simple_ways(seeds, most):
    claims = {"pairs": 0, "offers": 0}
    for seed in range(301, 301 + seeds):
        bought, truth = sold(seed, null=True)
        assert truth["share"] == 0
        claims["pairs"] += cross_sell.pairs(bought).frame["claim"].any()
        claims["offers"] += next_offer.tried(bought).frame["certainly_better"].any()
    assert max(claims.values()) <= most, claims
