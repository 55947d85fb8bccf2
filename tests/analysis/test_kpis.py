from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis import kpis
from customer_profiles.analysis.feedback import metrics
from customer_profiles.analysis.kpi_definitions import KPIS
from customer_profiles.ingest.config.outcome import Outcome
from customer_profiles.messages import CERTAIN, CHANCE, UNKNOWN

AS_OF = date(2025, 12, 31)


def orders(rng, customers=300, more=1.0, first="2024-01-01"):
    """Orders over three years from a day on, `more` times as many in the last."""
    rows = []
    for year, rate in ((2023, 2.0), (2024, 2.0), (2025, 2.0 * more)):
        for customer, many in enumerate(rng.poisson(rate, customers)):
            days = pd.Timestamp(year, 1, 1) + pd.to_timedelta(rng.integers(0, 365, many), "D")
            rows += [{"customer_no": customer, "at": day, "amount": 10.0} for day in days]
    table = pd.DataFrame(rows)
    return table[table["at"] >= first].assign(order_id=lambda t: [f"o{i}" for i in range(len(t))])


def answers(rng, many=200, shift=0):
    rows = []
    for day in ("2024-01-15", "2024-11-15", "2025-11-15"):
        low = shift if day.startswith("2025") else 0
        score = np.clip(rng.integers(5, 11, many) - low, 0, 10)
        rows.append(
            pd.DataFrame({"customer_no": range(many), "at": pd.Timestamp(day), "metric": "nps", "score": score})
        )
    return metrics.answers(pd.concat(rows, ignore_index=True))


def tickets(many=0):
    return pd.DataFrame(
        {"customer_no": range(many), "opened_at": pd.date_range("2025-01-02", "2025-12-30", many)}
    ).astype({"customer_no": "Int64", "opened_at": "datetime64[ns]"})


def figures(transactions, given, cases):
    months = kpis.by_month(transactions, given, cases)
    return months, kpis.compare(months, AS_OF)


def test_the_same_months_of_two_years_are_compared():
    rng = np.random.default_rng(1)
    bought = orders(rng, more=1.5)
    _, result = figures(bought, answers(rng, shift=3), tickets())
    table = result.frame.set_index("kpi")
    this_year = bought["at"] >= "2025-01-01"
    assert table.loc["sales", "value"] == bought.loc[this_year, "amount"].sum()
    assert table.loc["sales", "value_before"] == bought.loc[~this_year, "amount"].sum()
    assert table.loc["buyers", "value"] == bought.loc[this_year, "customer_no"].nunique()
    assert table.loc["nps", "change"] < 0
    assert set(table.loc[["sales", "nps"], "verdict"]) == {CERTAIN}
    told = result.claims(result.frame)
    assert told[0].id == "kpi.nps"  # the largest change leads
    assert told[0].message == KPIS["nps"].down


def test_without_a_change_it_is_within_chance():
    rng = np.random.default_rng(3)
    _, result = figures(orders(rng), answers(rng), tickets())
    assert set(result.frame["verdict"]) == {CHANCE}
    assert not result.claims(result.frame)


def test_a_year_that_the_data_do_not_cover_is_no_year_before():
    rng = np.random.default_rng(1)
    months, result = figures(orders(rng, first="2024-03-01"), answers(rng)[:0], tickets())
    assert set(result.frame["verdict"]) == {UNKNOWN}
    assert result.frame["value"].gt(0).all()
    assert result.frame["value_before"].isna().all()
    assert kpis.history(months, AS_OF).frame["quarter"].min() == pd.Timestamp("2024-04-01")  # no stub


def test_records_younger_than_the_period_are_told_since_when():
    bought = orders(np.random.default_rng(1), first="2025-04-01")
    _, result = figures(bought, answers(np.random.default_rng(1))[:0], tickets())
    table = result.frame.set_index("kpi")
    assert table["months"].eq(9).all()
    assert table["since"].eq(pd.Timestamp("2025-04-01")).all()
    assert table.loc["sales", "value"] == bought["amount"].sum()
    _, whole = figures(orders(np.random.default_rng(1)), answers(np.random.default_rng(1))[:0], tickets())
    assert whole.frame["months"].eq(12).all()


def test_a_day_within_a_month_takes_the_last_full_one():
    rng = np.random.default_rng(1)
    months = kpis.by_month(orders(rng), answers(rng)[:0], tickets())
    assert kpis.compare(months, date(2025, 12, 30)).frame["until"].unique().tolist() == [pd.Timestamp("2025-11-30")]


def test_rows_without_a_customer_are_customers_of_their_own():
    given = answers(np.random.default_rng(1)).assign(customer_no=pd.array([None] * 600, dtype="Int64"))
    months = kpis.by_month(orders(np.random.default_rng(1)), given, tickets())
    assert months["nps"].sums["customer_no"].nunique() == 600


@pytest.mark.parametrize("table", ["transactions", "answers", "tickets", "all"])
def test_a_source_that_is_missing_leaves_its_figures_out(table):
    rng = np.random.default_rng(1)
    given = {"transactions": orders(rng), "answers": answers(rng), "tickets": tickets(80)}
    for name in given if table == "all" else [table]:
        given[name] = given[name][:0]
    months = kpis.by_month(*given.values())
    told = set(kpis.compare(months, AS_OF).frame["kpi"])
    expected = {
        "transactions": {"nps", "tickets"},
        "answers": {"buyers", "sales", "orders_per_buyer", "tickets_per_100_orders"},
        "tickets": {"buyers", "sales", "orders_per_buyer", "nps"},
        "all": set(),
    }
    assert told == expected[table]
    assert set(kpis.history(months, AS_OF).frame["kpi"]) <= told


def test_an_export_that_ends_in_the_middle_of_a_month_is_told_up_to_the_month_before():
    rng = np.random.default_rng(1)
    bought = orders(rng, first="2023-01-01")
    months = kpis.by_month(bought[bought["at"] < "2025-11-16"], answers(rng)[:0], tickets())
    table = kpis.compare(months, AS_OF).frame
    assert set(table["until"]) == {pd.Timestamp("2025-10-31")}
    assert set(table["verdict"]) == {CHANCE}  # taken to the end of December, sales would have "fallen"


def test_an_export_that_begins_in_the_middle_of_a_month_has_no_such_year_before():
    rng = np.random.default_rng(1)
    months = kpis.by_month(orders(rng, first="2024-01-16"), answers(rng)[:0], tickets())
    assert set(kpis.compare(months, AS_OF).frame["verdict"]) == {UNKNOWN}
    assert kpis.history(months, AS_OF).frame["quarter"].min() == pd.Timestamp("2024-04-01")


def test_a_survey_asked_once_a_quarter_is_no_gap():
    rng = np.random.default_rng(1)
    months = kpis.by_month(orders(rng), answers(rng), tickets())
    assert (months["nps"].first, months["nps"].last) == (12 * 2024, 12 * 2026)


def test_of_quarters_too_small_to_show_nothing_is_said():
    rng = np.random.default_rng(1)
    months, figures_ = figures(orders(rng, more=1.5), answers(rng, shift=3), tickets())
    told = kpis.line(kpis.history(months, AS_OF), figures_, "nps")
    assert told.claims(told.frame.assign(hidden=False))
    assert not told.claims(told.frame.assign(hidden=True))


def test_what_customers_without_a_history_are_worth_leaves_out_who_left():
    profile = pd.DataFrame(
        {"customer_id": list("abcd"), "status": ["left", "stayed", "stayed", None], "charge": [10.0, 20.0, 30.0, 40.0]}
    )
    table = kpis.on_file(profile, Outcome(column="status", value="left", good=False), "charge").set_index("kpi")
    assert table.loc["outcome", "value"] == pytest.approx(1 / 3)
    assert table.loc["worth", "value"] == 90
    told = kpis.compare(
        kpis.by_month(orders(np.random.default_rng(1))[:0], answers(np.random.default_rng(1))[:0], tickets()),
        AS_OF,
        table.reset_index(),
    )
    assert told.frame["kpi"].tolist() == ["customers", "outcome", "worth"]
    assert told.frame["label"].tolist() == ["Customers", "Outcome", "charge"]


def test_lost_buyers_are_those_of_the_year_before_who_bought_nothing():
    """Counted by hand; known only where the records reach back two years, and no tile of the summary."""
    days = {1: ("2024-03-01", "2025-06-01"), 2: ("2024-05-01",), 3: ("2024-01-02", "2024-12-30"), 4: ("2025-02-01",)}
    rows = [(number, pd.Timestamp(day), 10.0) for number, many in days.items() for day in many]
    every_day = [(5, day, 1.0) for day in pd.date_range("2024-01-01", "2025-12-31")]
    bought = pd.DataFrame([*rows, *every_day], columns=["customer_no", "at", "amount"])
    bought = bought.assign(order_id=[f"o{i}" for i in range(len(bought))])
    months = kpis.by_month(bought, metrics.answers(no_answers()), tickets())
    assert "churn" in kpis.known(months, AS_OF)
    sums = kpis.ratio("churn", months, *kpis.period("churn", months, AS_OF))
    assert sums.sort_index().to_dict("list") == {"top": [0.0, 1.0, 1.0, 0.0], "bottom": [1.0] * 4}
    assert "churn" not in set(kpis.compare(months, AS_OF).frame["kpi"])
    young = kpis.by_month(bought[bought["at"] >= "2024-02-01"], metrics.answers(no_answers()), tickets())
    assert "churn" not in kpis.known(young, AS_OF)


def no_answers() -> pd.DataFrame:
    return pd.DataFrame(columns=["customer_no", "at", "metric", "score"])
