"""Removal effects, by hand, on the usual worked example, and on simulated ways."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import attribution
from customer_profiles.privacy.disclosure import Gate

AS_OF = date(2025, 12, 31)


def test_the_worked_example_of_markov_attribution():
    # Ways C1 > C2 > C3 > order; C1 > nothing; C2 > C3 > nothing: half, all and all of the orders hang on the channels.
    counts = np.zeros((6, 6))
    for way in ([0, 3, 4, 5, 1], [0, 3, 2], [0, 4, 5, 2]):
        for source, target in itertools.pairwise(way):
            counts[source, target] += 1
    assert attribution.removal_effects(counts) == pytest.approx([0.5, 1.0, 1.0])


def ways(seed: int, customers: int = 300) -> pd.DataFrame:
    """Customers of whom one in two visits the shop; those who also call order more often."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        day = pd.Timestamp("2025-03-01") + pd.Timedelta(days=int(rng.integers(0, 100)))
        rows.append((number, day, "visit_web"))
        called = rng.random() < 0.3
        if called:
            rows.append((number, day + pd.Timedelta(days=2), "contact_phone"))
        if rng.random() < (0.8 if called else 0.4):
            rows.append((number, day + pd.Timedelta(days=5), "path_order"))
    return pd.DataFrame(rows, columns=["customer_no", "at", "what"])


def test_touches_are_moves_until_an_order_or_until_nothing_follows():
    found = attribution.chain(ways(1), AS_OF)
    assert found.touches == ["visit_web", "contact_phone"]
    counts = np.asarray(found.moves.sum(axis=0)).reshape(5, 5)
    table = ways(1)
    assert counts[0, 3] == 300  # every way begins with a visit
    assert counts[:, 1].sum() == (table["what"] == "path_order").sum() == found.orders
    assert counts[:, 2].sum() == 300 - found.orders
    assert counts[3, 4] == found.customers[1] == (table["what"] == "contact_phone").sum()


def test_what_every_way_goes_through_loses_every_order():
    table = attribution.contributions(attribution.chain(ways(1), AS_OF), resamples=60).frame.set_index("touch")
    assert table.loc["visit_web", "removal"] == pytest.approx(1.0)
    counts = ways(1).groupby("customer_no")["what"].agg(set)
    called = counts.map(lambda had: "contact_phone" in had)
    bought = counts.map(lambda had: "path_order" in had)
    assert table.loc["contact_phone", "removal"] == pytest.approx((called & bought).sum() / bought.sum())
    assert table["contribution"].sum() == pytest.approx(1)
    assert (table["removal_low"] <= table["removal"]).all()
    assert (table["removal"] <= table["removal_high"]).all()
    assert table["touch_share"].sum() == pytest.approx(1)


def test_the_interval_holds_what_a_large_crowd_shows():
    truth = attribution.removal_effects(
        np.asarray(attribution.chain(ways(99, 20_000), AS_OF).moves.sum(axis=0)).reshape(5, 5)
    )[1]
    inside = []
    for seed in range(20):
        table = attribution.contributions(attribution.chain(ways(seed), AS_OF), seed, 100).frame.set_index("touch")
        row = table.loc["contact_phone"]
        inside.append(row["removal_low"] <= truth <= row["removal_high"])
    assert np.mean(inside) >= 0.8  # 95 % promised


def test_the_same_seed_gives_the_same_table():
    found = attribution.chain(ways(3), AS_OF)
    first, second = (attribution.contributions(found, 5, 60).frame for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert not attribution.contributions(found, 6, 60).frame.equals(first)


def test_ways_that_may_still_lead_to_an_order_are_left_out():
    late = pd.DataFrame({"customer_no": [900], "at": [pd.Timestamp("2025-12-20")], "what": ["visit_web"]})
    before = attribution.chain(ways(1), AS_OF)
    after = attribution.chain(pd.concat([ways(1), late], ignore_index=True), AS_OF)
    size = 5
    no_order = [np.asarray(w.moves.sum(axis=0)).reshape(size, size)[:, 2].sum() for w in (before, after)]
    assert no_order[0] == no_order[1]


def test_every_kind_of_touch_counts_and_an_order_ends_the_way_of_its_minute():
    table = ways(1)
    offer = table[table["what"] == "path_order"].head(1).assign(what="offer_taken_up")
    found = attribution.chain(pd.concat([table, offer]), AS_OF)
    assert dict(zip(found.touches, found.customers, strict=True))["offer_taken_up"] == 1
    counts = np.asarray(found.moves.sum(axis=0)).reshape(6, 6)
    assert counts[3 + found.touches.index("offer_taken_up"), 1] == 1


def test_one_kind_of_touch_or_few_orders_say_nothing():
    table = ways(1)
    nobody = attribution.chain(table.iloc[:0], AS_OF)
    for none in (attribution.chain(table[table["what"] != "contact_phone"], AS_OF), nobody):
        assert (len(none), none.orders) == (0, 0)
    assert not len(attribution.chain(ways(1, customers=60), AS_OF))
    empty = attribution.contributions(nobody)
    assert (len(empty), empty.needs, list(empty.claims(empty.frame))) == (0, "transactions", [])
    assert attribution.limits(nobody, table)[0].needs != attribution.limits(nobody, table.iloc[:0])[0].needs
    assert attribution.limits(attribution.chain(table, AS_OF), table) == []
    result = attribution.contributions(attribution.chain(table, AS_OF), resamples=60)
    (told,) = result.claims(result.frame)
    assert "association" in told.message
    assert (told.values["touch"], told.values["share"]) == tuple(result.frame.loc[0, ["touch", "contribution"]])
    assert told.interval == (told.values["low"], told.values["high"])


def test_first_and_last_touch_stand_beside_the_chain():
    table = attribution.contributions(attribution.chain(ways(1), AS_OF), resamples=60).frame.set_index("touch")
    counts = ways(1).groupby("customer_no")["what"].agg(set)
    bought = counts[counts.map(lambda had: "path_order" in had)]
    called = bought.map(lambda had: "contact_phone" in had).mean()
    assert table["first_share"].to_dict() == {"visit_web": 1.0, "contact_phone": 0.0}
    assert table["last_share"].to_dict() == pytest.approx({"visit_web": 1 - called, "contact_phone": called})


def test_a_source_is_told_with_its_cost():
    found = attribution.chain(ways(1), AS_OF)
    costs = {"visit_web": 1000.0, "contact_phone": 10.0, "somewhere": 5.0}
    result = attribution.by_source(found, 50.0, costs, resamples=60)
    table = result.frame.set_index("source")
    assert table["credited_sales"].sum() == pytest.approx(50 * found.orders)
    span = ways(1)["at"][ways(1)["what"] != "path_order"]
    months = (span.max() - span.min()).days / (365.25 / 12)
    assert table.loc["contact_phone", "source_cost"] == pytest.approx(10 * months)
    by_hand = table["credited_sales"] / table["source_cost"]
    assert table["sales_per_cost"].tolist() == pytest.approx(by_hand.tolist())
    assert (table["sales_per_cost_low"] <= table["sales_per_cost"]).all()
    (told,) = result.claims(Gate(10).guard(result).frame.assign(hidden=False))
    assert told.values["source"] == "contact_phone"
    assert "only a test" in told.message
    without = attribution.by_source(found, 50.0, {}, resamples=60)
    assert "source_cost" not in without.frame
    (told,) = without.claims(without.frame.assign(hidden=False))
    assert told.values["source"] == "visit_web"


def test_a_touch_that_few_had_is_hidden():
    table = ways(1)
    few = table[table["what"] == "path_order"].head(3).assign(what="offer_taken_up")
    result = attribution.contributions(attribution.chain(pd.concat([table, few]), AS_OF), resamples=60)
    shown = Gate(10).guard(result).frame.set_index("touch")
    assert shown.loc["offer_taken_up", "suppressed"]
    assert pd.isna(shown.loc["offer_taken_up", "contribution"])
    assert not shown.loc["visit_web", "suppressed"]
