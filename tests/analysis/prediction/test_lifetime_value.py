"""What buyers will spend: worth of an order, value of each and of all, and what is told beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shops import START, shop

from customer_profiles.analysis.prediction import lifetime_value, order_forecast, order_history
from customer_profiles.analysis.prediction.order_forecast import BG, MEAN

AS_OF = START.date().replace(year=2030)


@pytest.fixture(scope="module")
def fitted():
    bought = order_history.orders(shop(1), AS_OF, 12)
    now = order_history.history(bought, bought.last)
    return order_forecast.fit(now, bought.horizon_days, order_history.period_days(bought, bought.last))


@pytest.fixture(scope="module")
def amounts(fitted):
    return lifetime_value.per_order(fitted.history)[lifetime_value.BETWEEN]


def tenths(foreseen, measure="expected_spend"):
    """As the notebook makes them."""
    place = foreseen[measure].rank(ascending=False, method="first")
    grouped = foreseen.groupby(np.ceil(10 * place / max(len(place), 1)).astype(int))
    return grouped[["expected_orders", "expected_spend", "clv"]].sum().assign(n=grouped.size())


def said(result):
    return list(result.claims(result.frame.assign(hidden=False)))


def test_each_and_all_agree(fitted, amounts):
    foreseen = lifetime_value.customers(fitted, BG, amounts, 12, 0.1)
    whole = lifetime_value.total(fitted, BG, amounts)
    assert foreseen["expected_spend"].sum() == pytest.approx(whole.value)
    assert whole.low < whole.value < whole.high
    assert (foreseen["clv"] < foreseen["expected_spend"]).all()
    assert foreseen["clv"].sum() / foreseen["expected_spend"].sum() == pytest.approx(1.1**-0.5, abs=0.01)
    undiscounted = lifetime_value.customers(fitted, BG, amounts, 12, 0.0)
    assert np.allclose(undiscounted["clv"], undiscounted["expected_spend"])
    result = lifetime_value.value(tenths(foreseen), whole, 12, None, None)
    assert result.frame["share"].sum() == pytest.approx(1)
    assert result.frame["share"].is_monotonic_decreasing
    assert result.frame["n"].sum() == len(foreseen)
    total, best = said(result)
    assert total.values == {"total": lifetime_value.rounded(whole.value), "months": 12}
    assert best.values["share"] == result.frame["share"].iloc[0]


def test_amounts_lie_between_the_own_mean_and_that_of_all():
    history = pd.DataFrame({"orders": [1, 50, 1, 20], "per_order": [200.0, 200.0, 20.0, np.nan]})
    others = pd.DataFrame({"orders": 3, "per_order": np.random.default_rng(1).gamma(5, 12, 300)})
    ways = lifetime_value.per_order(pd.concat([history, others], ignore_index=True))
    between, mean = ways[lifetime_value.BETWEEN], ways[lifetime_value.EVERYBODY].iloc[0]
    assert mean < between[0] < between[1] < 200
    assert 20 < between[2] < mean
    assert ways[lifetime_value.OWN][3] == mean


def test_the_way_nearest_to_later_amounts_is_taken():
    ways = pd.DataFrame({lifetime_value.OWN: np.arange(40.0), lifetime_value.EVERYBODY: 20.0})
    came = pd.DataFrame({"orders": 2, "spend": np.arange(40.0) * 2 + 1})
    assert lifetime_value.best_amount(ways, came) == lifetime_value.OWN
    assert lifetime_value.best_amount(ways, came.head(10).reindex(range(40), fill_value=0)) == lifetime_value.EVERYBODY


def test_without_amounts_orders_are_told(fitted):
    unknown = pd.Series(np.nan, fitted.history.index)
    foreseen = lifetime_value.customers(fitted, MEAN, unknown, 6, 0.1)
    whole = lifetime_value.total(fitted, MEAN, unknown)
    result = lifetime_value.value(tenths(foreseen, "expected_orders"), whole, 6, None, None)
    assert "clv" not in result.frame
    assert "{total:count} orders" in said(result)[0].message
    (limit,) = lifetime_value.limits(fitted.history, valued=False)
    assert limit.message == "What customers will spend"


def test_frequent_buyers_who_spend_more_are_told(fitted):
    assert lifetime_value.associated(fitted.history) is None
    dearer = fitted.history.assign(per_order=fitted.history["per_order"] * fitted.history["orders"])
    assert "more per order" in lifetime_value.associated(dearer).message


def test_who_has_stopped_is_counted(fitted, amounts):
    foreseen = lifetime_value.customers(fitted, BG, amounts, 12, 0.1)
    result = lifetime_value.activity(foreseen)
    assert result.frame["n"].sum() == len(foreseen)
    assert result.frame["n"].iloc[0] == (foreseen["p_alive"] < 0.5).sum()
    assert said(result)[0].values["n"] == result.frame["n"].iloc[0]


def test_nothing_foreseen_is_no_table(fitted, amounts):
    nothing = lifetime_value.customers(fitted, "", amounts, 12, 0.1)
    assert not len(nothing)
    assert not len(lifetime_value.value(tenths(nothing), None, 12, None, None))
    assert not len(lifetime_value.activity(nothing))
