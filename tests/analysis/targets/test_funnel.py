"""Where prospects are lost: shares of those who came as far, decided ones only, and who is lost more often."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from support import told

from customer_profiles.analysis.targets import funnel, prospects

AS_OF = date(2025, 12, 31)
STAGES = ["met", "tested", "priced"]
ORDERS = {"lead_stage": STAGES}
SHARES = [0.6, 0.5, 0.4, 0.7]


def leads(seed, n=6000, small=1.0):
    """Prospects who go on by `SHARES`; small firms take the second step so many times as often as others."""
    rng = np.random.default_rng(seed)
    size = rng.choice(["small", "large"], n)
    reached = np.zeros(n, int)
    for number, share in enumerate(SHARES):
        chance = np.where((size == "small") & (number == 1), share * small, share)
        reached += (reached == number) & (rng.random(n) < chance)
    at = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, 700, n), unit="D")
    bought = (at + pd.to_timedelta(rng.integers(1, 60, n), unit="D")).where(reached == len(SHARES))
    bought = bought.where(bought <= pd.Timestamp(AS_OF))
    stage = np.array([None, *STAGES, STAGES[-1]], dtype=object)[reached]
    table = pd.DataFrame({"lead_id": [f"L{i}" for i in range(n)], "at": at, "converted_at": bought})
    return table.assign(lead_stage=stage, employees_band=size)


def test_each_step_has_its_share_of_those_who_came_as_far():
    table = leads(1)
    found = prospects.prospects(table, AS_OF)
    assert "lead_stage" not in found.features
    result = funnel.funnel(funnel.steps(found, ORDERS))
    rows = result.frame.set_index("step")
    assert list(rows.index) == [*STAGES, funnel.CUSTOMER]
    assert rows["share"].tolist() == pytest.approx(SHARES, abs=0.04)
    assert (rows["share_low"] < rows["share"]).all()
    assert rows["base"].iloc[1:].tolist() == rows["n"].iloc[:-1].tolist()
    assert rows["base"].iloc[0] == len(found.decided)
    (said,) = told(result)
    assert said.values["step"] == "priced"


def test_a_last_stage_that_is_the_purchase_is_no_step_before_it():
    table = leads(2)
    table["lead_stage"] = table["lead_stage"].mask(table["converted_at"].notna(), "won")
    steps = funnel.steps(prospects.prospects(table, AS_OF), {"lead_stage": [*STAGES, "won"]})
    assert list(funnel.funnel(steps).frame["step"]) == [*STAGES, "won"]


def test_who_is_lost_more_often_is_found_at_the_step_and_only_there():
    found = prospects.prospects(leads(3, small=0.6), AS_OF)
    result = funnel.losses(funnel.steps(found, ORDERS), found, {})
    claimed = result.frame[result.frame["claim"]]
    assert set(zip(claimed["step"], claimed["value"], strict=True)) == {("tested", "small"), ("tested", "large")}
    assert told(result)[0].values["step"] == "tested"


@pytest.mark.parametrize(("seeds", "most"), [(10, 3), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_nobody_is_said_to_be_lost_more_often_where_all_are_alike(seeds, most):
    claimed = 0
    for seed in range(seeds):
        found = prospects.prospects(leads(seed, n=2500), AS_OF)
        claimed += funnel.losses(funnel.steps(found, ORDERS), found, {}).frame["claim"].any()
    assert claimed <= most


@pytest.mark.parametrize("orders", [{}, {"lead_stage": []}, ORDERS])
def test_without_stages_there_is_no_funnel(orders):
    table = leads(4, n=500).drop(columns="lead_stage") if orders == ORDERS else leads(4, n=500)
    found = prospects.prospects(table, AS_OF)
    steps = funnel.steps(found, orders)
    assert not len(funnel.funnel(steps))
    assert not told(funnel.funnel(steps))
    assert not len(funnel.losses(steps, found, {}))
