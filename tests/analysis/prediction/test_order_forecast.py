"""Orders are foreseen from before a cut, judged by what came after it, and no skill is claimed where there is none."""

from __future__ import annotations

import cdnow
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from shops import START, shop

from customer_profiles.analysis.prediction import order_forecast, order_history
from customer_profiles.analysis.prediction.order_forecast import BG, MBG, MEAN, SAME

AS_OF = START.date().replace(year=2030)


def backtest(lines: pd.DataFrame, months: int = 12):
    """The ways fitted before the cut, what came after it, the comparison and the way that is used."""
    bought = order_history.orders(lines, AS_OF, months)
    past = order_history.history(bought, bought.check_from)
    came = order_history.came(bought, past.index)
    period = order_history.period_days(bought, bought.check_from)
    tried = order_forecast.fit(past, bought.check_days, period)
    compared = order_forecast.compare(tried, came)
    return tried, came, compared, order_forecast.chosen(compared)


def said(result):
    """Findings of a result of which nothing is hidden."""
    return list(result.claims(result.frame.assign(hidden=False)))


def test_history_counted_by_hand():
    days = ["2024-01-01", "2024-01-01", "2024-01-11", "2024-03-01", "2024-02-01", "2024-02-05", "2024-12-31"]
    lines = pd.DataFrame(
        {"customer_no": [1, 1, 1, 1, 2, 2, 3], "at": pd.to_datetime(days), "amount": [5.0, 5, 30, 8, 40, -40, 1]}
    )
    bought = order_history.orders(lines, pd.Timestamp("2024-12-31").date(), 3)
    assert len(bought.days) == 5  # two lines of one day are one order, a day of returns is none
    table = order_history.history(bought, pd.Timestamp("2024-02-29"))
    assert table.loc[1].tolist() == [2, 1, 10, 59, 20.0, 2]
    assert table.loc[2].drop("per_order").tolist() == [1, 0, 0, 28, 1]
    assert np.isnan(table.loc[2, "per_order"])  # all was given back
    assert 3 not in table.index
    assert order_history.came(bought, table.index)["orders"].tolist() == [0, 0]
    back = pd.DataFrame({"customer_no": [1], "at": pd.to_datetime(["2024-02-02"]), "amount": [-16.0]})
    again = order_history.orders(pd.concat([lines, back]), pd.Timestamp("2024-12-31").date(), 3)
    less = order_history.history(again, pd.Timestamp("2024-02-29"))
    assert less.loc[1, "per_order"] == 12.0  # what was given back later lowers what an order is worth
    pd.testing.assert_frame_equal(less.drop(columns="per_order"), table.drop(columns="per_order"))
    assert bought.check_days == 91


def test_half_of_the_records_at_most_is_kept_for_the_check():
    lines = pd.DataFrame({"customer_no": [1, 1], "at": [START, START + pd.Timedelta(days=100)], "amount": 1.0})
    assert order_history.orders(lines, AS_OF, 12).check_days == 50
    assert not order_history.orders(lines.head(0), AS_OF, 12).known


def test_nothing_after_the_cut_reaches_a_forecast():
    lines = shop(5)
    tried, _, _, _ = backtest(lines)
    bought = order_history.orders(lines, AS_OF, 12)
    seen = lines["at"].dt.normalize() <= bought.check_from
    kept = seen | (np.arange(len(lines)) % 3 == 0) | (lines["at"] >= bought.last)
    changed = lines.assign(amount=lines["amount"].where(seen, 1e6))
    again, _, _, _ = backtest(changed[kept])
    pd.testing.assert_frame_equal(tried.expected, again.expected)


def test_cdnow_is_foreseen_by_a_model():
    tried, came, compared, way = backtest(cdnow.orders(), 9)
    assert way == BG
    assert compared.frame["claim"].iloc[0]
    rows = compared.frame.set_index("method")
    assert rows.loc[BG, "foreseen_ratio"] == pytest.approx(0.87, abs=0.02)
    assert rows.loc[BG, "correlation"] == pytest.approx(0.45, abs=0.01)
    assert rows.loc[BG, "top_share"] == pytest.approx(0.467, abs=0.005)
    assert rows.loc[SAME, "foreseen_ratio"] > 2
    check = order_forecast.check(tried, way, came)
    assert check.frame["n"].sum() == 2357
    assert said(check)[0].message.startswith("The forecast held")


def test_skill_is_claimed_where_customers_differ():
    _, _, compared, way = backtest(shop(1))
    assert way in (BG, MBG)
    (finding,) = said(compared)
    assert finding.kind == "difference"
    assert 0 < finding.interval[0] < finding.values["less"] < finding.interval[1]


def test_where_all_are_alike_the_same_for_everybody_is_used():
    _, _, compared, way = backtest(shop(2, rate=None, stop=None))
    assert way == MEAN
    (finding,) = said(compared)
    assert finding.kind == "nothing"
    assert finding.values["than"] == MEAN


def claims_in_null_shops(seeds: range) -> int:
    return sum(bool(backtest(shop(seed, 400, None, None))[2].frame["claim"].any()) for seed in seeds)


def test_no_skill_in_shops_without_differences():
    assert claims_in_null_shops(range(101, 111)) <= binom.ppf(0.99, 10, 0.05)


@pytest.mark.slow
def test_no_skill_in_fifty_shops_without_differences(record_property):
    found = claims_in_null_shops(range(201, 251))
    record_property("claims_of_orders", found)
    assert found <= 7


def covered(seeds: range) -> float:
    found = []
    for seed in seeds:
        stop = [(0.6, 4.0), (1.0, 3.0), (0.3, 6.0)][seed % 3]
        tried, came, _, _ = backtest(shop(seed, 700, stop=stop))
        total = tried.total(BG)
        found.append(total.low <= came["orders"].sum() <= total.high)
    return float(np.mean(found))


def test_the_interval_holds_what_comes_in_simulated_shops():
    assert covered(range(301, 311)) >= 0.8


@pytest.mark.slow
def test_the_interval_holds_what_comes_in_fifty_simulated_shops(record_property):
    found = covered(range(401, 451))
    record_property("covered", found)
    assert found >= 0.9


def test_too_few_repeat_buyers_are_refused_and_named():
    lines = shop(3, 150, rate=(0.2, 200.0))
    tried, came, compared, way = backtest(lines)
    assert not tried
    assert way == ""
    assert not len(compared)
    assert not len(order_forecast.check(tried, way, came))
    (limit,) = order_forecast.limits(tried, order_history.orders(lines, AS_OF, 12))
    assert limit.values == {"n": tried.repeaters, "base": len(tried.history), "least": 100}
    (finding,) = said(order_forecast.repeaters(tried.history))
    assert finding.message.startswith("Too few buyers have come back")


def test_first_orders_that_are_cut_off_are_told():
    lines = shop(4, rate=(4.0, 120.0))
    even = order_history.orders(lines, AS_OF, 12)
    late = order_history.orders(lines[lambda lines: lines["at"] > START + pd.Timedelta(days=365)], AS_OF, 12)
    assert order_history.cut_off(even) < 0.12
    assert order_history.cut_off(late) > order_forecast.EARLY
    tried = backtest(lines)[0]
    assert not order_forecast.limits(tried, even)
    assert order_forecast.limits(tried, late)[0].values["share"] > order_forecast.EARLY


def test_a_year_is_not_foreseen_from_a_month():
    lines = shop(7, rate=(4.0, 8.0), days=30)
    month, year = (order_history.orders(lines, AS_OF, months) for months in (1, 12))
    assert month.ahead_days == month.horizon_days
    assert year.ahead_days == 0
    now = order_history.history(year, year.last)
    assert not order_forecast.fit(now, year.ahead_days, order_history.period_days(year, year.last))
    (limit,) = order_forecast.limits(backtest(lines)[0], year)
    assert limit.values == {"ahead": 365, "days": (year.last - year.first).days}


def test_months_add_up_to_the_whole():
    tried = backtest(shop(6))[0]
    for way in tried.expected:
        assert np.allclose(tried.by_month(way, 12).sum(axis=1), tried.expected[way])


def test_classes_are_few_and_in_order():
    orders = pd.Series(np.r_[np.ones(500), np.arange(1, 200)])
    table = order_forecast.classes(orders).value_counts(sort=False)
    assert len(table) == order_forecast.CLASSES
    assert table.index[0] == "1"
    assert table.iloc[0] == 501
    assert table.min() >= 20
