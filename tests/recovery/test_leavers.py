"""Who was planted to leave the demo company is found as what goes with being lost; in a null company nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.prediction import churn, churn_reasons, order_history
from customer_profiles.demo import behaviour, leavers
from customer_profiles.demo.people import make_people
from customer_profiles.demo.plan import load_plan, moment

TRAITS = ["age_band", "gender", "income_band", "household_size", "interests", "values", "preferred_channel"]


def why(seed, null=False, n=12_000):
    """What goes with being lost, and what was planted."""
    plan, rng = load_plan(null), np.random.default_rng([seed, 0])
    people = make_people(rng, plan, 0, n)
    lines = leavers.before(behaviour.order_lines(rng, plan, people, 0), leavers.left(plan, people, seed, 0))
    at = pd.Timestamp(moment(plan.start)) + pd.to_timedelta(lines["minute"], unit="min")
    table = pd.DataFrame({"customer_no": lines["person"], "at": at, "amount": lines["amount"] / 100})
    bought = order_history.orders(table, plan.as_of, 12)
    traits = people.set_index("person")[TRAITS].rename_axis("customer_no")
    apart = pd.Timedelta(days=churn.check_days(bought))
    learnt, later = (churn.of_buyers(bought, bought.last - back * apart, apart.days, traits) for back in (2, 1))
    found = churn.learn(learnt, later, seed)
    return churn_reasons.reasons(found, later.features, churn.quality(found, seed), {}, seed), leavers.truth(plan)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4, 5))])
def test_the_group_that_leaves_is_found_and_no_other_trait_tells_more(seed):
    found, truth = why(seed)
    traits = found.frame[found.frame["feature"].isin(TRAITS)]
    assert traits["feature"].iloc[0] == truth["attribute"]
    assert traits["claim"].iloc[0]
    assert traits["added_error_low"].iloc[0] > 0.01


@pytest.mark.parametrize(("seeds", "most"), [(2, 0), pytest.param(20, 3, marks=pytest.mark.slow)])
def test_in_a_null_company_no_trait_goes_with_being_lost(seeds, most):
    claims = 0
    for seed in range(401, 401 + seeds):
        found, truth = why(seed, null=True, n=2000)
        assert truth["share"] == 0
        claims += found.frame.loc[found.frame["feature"].isin(TRAITS), "claim"].any()
    assert claims <= most
