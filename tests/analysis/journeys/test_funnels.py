"""Visits and how far they get, by a few rows that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import friction, funnels
from customer_profiles.analysis.journeys.clustered import BY_GROUP
from customer_profiles.ingest.contract import empty_table
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result


def touches(*rows: tuple) -> pd.DataFrame:
    """Interactions from customer, device, session, time and kind."""
    table = pd.DataFrame(rows, columns=["customer_no", "anonymous_id", "session_id", "at", "kind"])
    return table.assign(
        at=pd.to_datetime(table["at"], format="ISO8601"),
        channel="web",
        customer_no=table["customer_no"].astype("Int64"),
    )


def visits_of(rows: pd.DataFrame, orders: pd.DataFrame | None = None) -> pd.DataFrame:
    """Visits as the notebook makes them."""
    own = rows[~rows["kind"].isin(funnels.DELIVERIES)]
    return funnels.visits(funnels.sessions(own), empty_table("transactions") if orders is None else orders)


def compared(rows: pd.DataFrame, profile: pd.DataFrame) -> Result:
    """Groups of a device against each other."""
    return funnels.by_group(funnels.occasions(visits_of(rows)).dropna(subset="customer_no"), profile, ["device"])


def used(rows: pd.DataFrame) -> pd.DataFrame:
    """Uses of features as the notebook makes them."""
    table = funnels.sessions(rows).dropna(subset=["customer_no", "kind"]).sort_values("at", kind="stable")
    following = table.groupby("visit")["kind"].shift(-1)
    return table.assign(feature=table["kind"], hit=following.isin(friction.TROUBLE))


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
    visits = visits_of(SHOP)
    assert list(visits["reached"].cat.categories) == ["step_visit", "step_look", "step_basket", "step_order"]
    assert sorted(visits["reached"].cat.codes) == [0, 1, 1, 2, 2, 3]
    result = funnels.funnel(visits)
    table = result.frame.set_index("step")
    assert table["visits"].tolist() == [6, 5, 3, 1]
    assert table["n"].tolist() == [3, 3, 2, 1]  # two customers and a device
    assert table["share"].tolist()[1:] == pytest.approx([5 / 6, 3 / 5, 1 / 3])
    assert table["reached_share"].tolist() == pytest.approx([1, 5 / 6, 1 / 2, 1 / 6])
    assert result.about.values == {"visits": 6, "n": 3}
    (gap,) = result.claims(result.frame)
    assert (gap.id, gap.values["before"], gap.values["visits"], gap.n) == ("funnel.step_order", "step_basket", 3, 2)


def test_whoever_logs_in_during_a_visit_is_known_for_all_of_it():
    rows = touches((None, "d1", "a", "2025-03-01 10:00", "view"), (7, "d1", "a", "2025-03-01 10:05", "basket"))
    visits = visits_of(rows)
    assert visits["customer_no"].tolist() == [7]
    assert visits["visitor"].tolist() == [7]


def test_orders_stand_in_where_no_purchase_is_recorded():
    rows = SHOP[SHOP["kind"] != "purchase"]
    orders = pd.DataFrame({"customer_no": [2, 1], "at": ["2025-03-01 23:00", "2025-04-01 00:00"]})
    orders["at"] = pd.to_datetime(orders["at"])
    visits = visits_of(rows, orders)
    assert visits["reached"].cat.categories[-1] == "step_order"
    assert (visits["reached"] == "step_order").sum() == 1
    assert visits_of(rows)["reached"].cat.categories[-1] == "step_basket"


def test_parcels_are_no_visits_and_no_shop_has_no_funnel():
    rows = touches((1, None, None, "2025-03-01", "late delivery"), (2, None, None, "2025-03-01", "delivery in time"))
    profile = pd.DataFrame({"customer_no": []})
    for nobody in (rows, empty_table("interactions")):
        visits = visits_of(nobody)
        assert visits.empty
        result = funnels.funnel(visits)
        assert (len(result), result.needs, result.claims(result.frame)) == (0, "interactions", [])
        moved = funnels.occasions(visits)
        assert moved.empty
        groups = funnels.by_group(moved, profile, [])
        assert (len(groups), groups.family, groups.claims(groups.frame)) == (0, 0, [])
        assert len(funnels.limits(visits)) == 1
    other = touches((1, "d", "a", "2025-03-01", "play"), (2, "e", "b", "2025-03-01", "play"))
    assert funnels.funnel(visits_of(other)).frame.empty  # visits, but of no shop
    assert funnels.limits(visits_of(SHOP)) == []


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
    result = compared(rows, profile)
    claims = result.frame[result.frame["claim"]]
    assert set(claims["step"]) == {"step_order"}
    assert list(result.frame.columns) == BY_GROUP
    (told,) = result.claims(result.frame)
    assert (told.id, told.kind) == ("funnel.device.app.step_order", "difference")
    assert told.values["ratio"] == pytest.approx(0.5, abs=0.12)
    assert told.family == result.family
    assert result.claims(result.frame.assign(hidden=True)) == []


def test_no_difference_is_said_aloud():
    profile, rows = shop(2)
    result = compared(rows, profile)
    assert [finding.kind for finding in result.claims(result.frame)] == ["nothing"]


def test_steps_that_few_take_are_hidden_and_so_is_the_loss_before_them():
    profile, rows = shop(5)
    few = rows[(rows["kind"] != "purchase") | (rows["customer_no"] < 8)]
    result = funnels.funnel(visits_of(few))
    shown = Gate(10).guard(result)
    assert shown.frame.set_index("step")["suppressed"].to_dict()["step_order"]
    assert [finding.values["step"] for finding in result.claims(result.frame)] == ["step_order"]
    assert result.claims(shown.marks(result.frame)) == []  # nor is another step called the largest loss
    assert result.claims(result.frame.assign(hidden=result.frame["step"] == "step_basket")) == []
    groups = compared(few, profile)
    assert "step_order" in set(groups.frame["step"])
    left = Gate(10).guard(groups).frame
    assert "step_order" not in set(left.loc[~left["suppressed"], "step"])


def test_trouble_is_what_comes_right_after_a_feature():
    rows = touches(
        (1, "d", "a", "2025-03-01 10:00", "search"),
        (1, "d", "a", "2025-03-01 10:01", "help"),
        (1, "d", "a", "2025-03-01 10:02", "basket"),
        (1, "d", "b", "2025-03-02 10:00", "help"),  # another visit
        (2, "d", "c", "2025-03-02 10:01", "search"),
        (None, "d", "d", "2025-03-02 10:01", "search"),
    )
    rates = friction.rates(used(rows))
    assert rates.frame[["feature", "n", "base", "times", "occasions"]].to_numpy().tolist() == [
        ["basket", 0, 1, 0, 1],
        ["search", 1, 2, 1, 2],
    ]
    assert friction.limits(rates) == []
    for nobody in (rows[rows["kind"] != "help"], empty_table("interactions")):
        none = friction.rates(used(nobody))
        assert (len(none), none.needs, len(friction.limits(none))) == (0, "interactions", 1)
        groups = friction.by_group(used(nobody), pd.DataFrame({"customer_no": [1, 2], "half": ["a", "b"]}), ["half"])
        assert (len(groups), groups.family, groups.claims(groups.frame)) == (0, 0, [])


def test_who_needs_help_more_often_is_told():
    profile, rows = shop(3, worse=0.3)
    result = friction.by_group(used(rows), profile, ["device"])
    told = result.claims(result.frame)
    assert told[0].kind == "difference"
    assert (told[0].values["value"], told[0].values["feature"]) == ("app", "basket")
    profile, rows = shop(4)
    result = friction.by_group(used(rows), profile, ["device"])
    assert result.claims(result.frame)[0].kind == "nothing"


def test_features_after_which_few_needed_help_are_hidden():
    profile, rows = shop(6)
    rows = rows[(rows["kind"] != "help") | (rows["customer_no"] < 12)]
    rates = friction.rates(used(rows))
    assert rates.frame.set_index("feature").loc["basket", "n"] < 10
    assert Gate(10).guard(rates).frame.set_index("feature").loc["basket", "suppressed"]
    groups = friction.by_group(used(rows), profile, ["device"])
    assert Gate(10).guard(groups).frame.query("feature == 'basket'")["suppressed"].all()
