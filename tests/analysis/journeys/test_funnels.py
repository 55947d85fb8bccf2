"""Visits and how far they get, by a few rows that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import friction, funnels
from customer_profiles.analysis.journeys.clustered import BY_GROUP
from customer_profiles.ingest.contract import empty_table


def touches(*rows: tuple) -> pd.DataFrame:
    """Interactions from customer, device, session, time and kind."""
    table = pd.DataFrame(rows, columns=["customer_no", "anonymous_id", "session_id", "at", "kind"])
    return table.assign(
        at=pd.to_datetime(table["at"], format="ISO8601"),
        channel="web",
        customer_no=table["customer_no"].astype("Int64"),
    )


SHOP = touches(
    (1, "d1", "a", "2025-03-01 10:00", "view"),
    (1, "d1", "a", "2025-03-01 10:05", "basket"),
    (1, "d1", "a", "2025-03-01 10:06", "view"),
    (1, "d1", "b", "2025-03-02 10:00", "purchase"),  # its basket was not recorded
    (None, "d2", "c", "2025-03-01 10:00", "view"),
    (None, "d2", "d", "2025-03-05 10:00", "search"),
    (2, "d3", None, "2025-03-01 09:00", "view"),
    (2, "d3", None, "2025-03-01 22:00", "basket"),  # without a session number: the same day
    (2, "d3", None, "2025-03-02 09:00", "view"),
)


def test_a_visit_reaches_its_last_step_and_all_before():
    visits = funnels.visits(SHOP)
    assert funnels.steps_of(visits, SHOP) == ["step_visit", "step_look", "step_basket", "step_order"]
    assert sorted(visits["reached"]) == [0, 1, 1, 2, 2, 3]
    table = funnels.funnel(visits, funnels.recorded(SHOP)).set_index("step")
    assert table["visits"].tolist() == [6, 5, 3, 1]
    assert table["n"].tolist() == [3, 3, 2, 1]  # two customers and a device
    assert table["share"].tolist()[1:] == pytest.approx([5 / 6, 3 / 5, 1 / 3])
    assert table["reached_share"].tolist() == pytest.approx([1, 5 / 6, 1 / 2, 1 / 6])
    assert funnels.visitors(visits) == 3


def test_whoever_logs_in_during_a_visit_is_known_for_all_of_it():
    rows = touches((None, "d1", "a", "2025-03-01 10:00", "view"), (7, "d1", "a", "2025-03-01 10:05", "basket"))
    visits = funnels.visits(rows)
    assert visits["customer_no"].tolist() == [7]
    assert visits["visitor"].tolist() == ["7"]


def test_orders_stand_in_where_no_purchase_is_recorded():
    rows = SHOP[SHOP["kind"] != "purchase"]
    orders = pd.DataFrame({"customer_no": [2, 1], "at": ["2025-03-01 23:00", "2025-04-01 00:00"]})
    orders["at"] = pd.to_datetime(orders["at"])
    visits = funnels.visits(rows, orders)
    assert funnels.steps_of(visits, rows)[-1] == "step_order"
    assert (visits["reached"] == 3).sum() == 1
    assert funnels.steps_of(funnels.visits(rows), rows)[-1] == "step_basket"


def test_parcels_are_no_visits_and_no_shop_has_no_funnel():
    rows = touches((1, None, None, "2025-03-01", "late delivery"), (2, None, None, "2025-03-01", "delivery in time"))
    visits = funnels.visits(rows)
    assert visits.empty
    assert funnels.funnel(visits, funnels.steps_of(visits, rows)).empty
    assert len(funnels.limits(funnels.recorded(rows))) == 1
    nothing = empty_table("interactions")
    assert funnels.visits(nothing).empty
    assert funnels.occasions(funnels.visits(nothing), funnels.recorded(nothing)).empty
    assert funnels.by_group(funnels.occasions(visits, ["step_visit"]), pd.DataFrame({"customer_no": []}), []).empty


def shop(seed: int, worse: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers, and visits of which those of the app's users end in the basket more often."""
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame({"customer_no": range(400), "device": rng.choice(["app", "web"], 400)})
    who = np.repeat(np.arange(400), rng.poisson(6, 400))
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, len(who)), "D")
    basket = rng.random(len(who)) < 0.5
    rate = np.where(profile["device"].to_numpy()[who] == "app", 0.4 * worse, 0.4)
    bought = basket & (rng.random(len(who)) < rate)
    kinds = [("view", 0, np.ones(len(who), bool)), ("basket", 1, basket), ("purchase", 2, bought), ("help", 3, ~bought)]
    rows = [
        pd.DataFrame(
            {"customer_no": who, "at": start + pd.Timedelta(minutes=after), "kind": kind, "session_id": range(len(who))}
        )[done]
        for kind, after, done in kinds
    ]
    return profile, pd.concat(rows, ignore_index=True).assign(channel="web", anonymous_id=None)


def test_the_group_that_drops_out_is_told():
    profile, rows = shop(1, worse=0.5)
    visits = funnels.visits(rows)
    steps = funnels.steps_of(visits, rows)
    table = funnels.by_group(funnels.occasions(visits, steps), profile, ["device"])
    claims = table[table["claim"]]
    assert set(claims["step"]) == {"step_order"}
    assert list(table.columns) == BY_GROUP
    told = funnels.findings(funnels.funnel(visits, steps), table)
    assert [finding.kind for finding in told] == ["fact", "difference"]
    assert told[1].values["value"] == "app"
    assert told[1].values["ratio"] == pytest.approx(0.5, abs=0.12)
    assert funnels.findings(funnels.funnel(visits, steps), table.assign(hidden=True))[1:] == []


def test_no_difference_is_said_aloud():
    profile, rows = shop(2)
    visits = funnels.visits(rows)
    steps = funnels.steps_of(visits, rows)
    table = funnels.by_group(funnels.occasions(visits, steps), profile, ["device"])
    assert funnels.findings(funnels.funnel(visits, steps), table)[-1].kind == "nothing"
    assert funnels.findings(funnels.funnel(visits, ["step_visit"]), table) == []


def test_trouble_is_what_comes_right_after_a_feature():
    rows = touches(
        (1, "d", "a", "2025-03-01 10:00", "search"),
        (1, "d", "a", "2025-03-01 10:01", "help"),
        (1, "d", "a", "2025-03-01 10:02", "basket"),
        (1, "d", "b", "2025-03-02 10:00", "help"),  # another visit
        (2, "d", "b", "2025-03-02 10:01", "search"),
        (None, "d", "c", "2025-03-02 10:01", "search"),
    )
    used = friction.occasions(rows)
    assert used.to_dict("list") == {
        "step": ["basket", "search", "search"],
        "customer_no": [1, 1, 2],
        "hit": [False, True, False],
    }
    assert friction.rates(used)["feature"].tolist() == ["basket", "search"]
    assert friction.occasions(rows[rows["kind"] != "help"]).empty
    assert len(friction.limits(friction.occasions(empty_table("interactions")))) == 1


def test_who_needs_help_more_often_is_told():
    profile, rows = shop(3, worse=0.3)
    table = friction.by_group(friction.occasions(rows), profile, ["device"])
    told = friction.findings(table)
    assert told[0].kind == "difference"
    assert (told[0].values["value"], told[0].values["feature"]) == ("app", "basket")
    profile, rows = shop(4)
    assert friction.findings(friction.by_group(friction.occasions(rows), profile, ["device"]))[0].kind == "nothing"
