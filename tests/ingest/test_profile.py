"""The profile against the same columns computed the plain way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from written_company import CUSTOMERS, ORDERS, source

DAY = pd.Timestamp("2025-12-31")


@pytest.fixture
def orders(company):
    rng = np.random.default_rng(5)
    lines = pd.DataFrame(
        {
            "id": rng.integers(1, 30, 400),
            "at": (DAY - pd.to_timedelta(rng.integers(0, 700, 400), unit="D")).strftime("%Y-%m-%dT10:00:00"),
            "order": rng.integers(1, 150, 400),
            "amount": rng.integers(0, 9999, 400) / 100,
            "discount": rng.integers(0, 500, 400) / 100,
            "quantity": rng.integers(1, 4, 400),
            "category": rng.choice(["a", "b", "c", ""], 400),
            "channel": rng.choice(["web", "store"], 400),
        }
    )
    lines.to_csv(company.folder / "orders.csv", index=False)
    company.write("crm.csv", "id\n" + "".join(f"{i}\n" for i in range(1, 41)))
    return lines


def test_orders(company, orders):
    names = ("discount", "quantity", "category", "channel")
    columns = {"order_id": "order", **{name: name for name in names}}
    profile = company.profile(CUSTOMERS, source(ORDERS, columns, duplicates="keep")).set_index("customer_no")
    lines = orders.assign(
        no=orders.id - 1, day=pd.to_datetime(orders["at"]), category=orders.category.replace("", None)
    )
    by = lines.groupby("no")
    recent = lines[lines.day > DAY - pd.Timedelta(days=364)].groupby("no")
    for column, expected in {
        "orders": by.order.nunique(),
        "items": by.quantity.sum(),
        "spend": by.amount.sum(),
        "orders_365d": recent.order.nunique(),
        "spend_365d": recent.amount.sum(),
        "categories": by.category.nunique(),
    }.items():
        np.testing.assert_allclose(profile[column], expected.reindex(range(40)).fillna(0), rtol=1e-12, err_msg=column)
    bought = profile[profile.orders > 0]
    np.testing.assert_allclose(bought.basket_value, by.amount.sum() / by.order.nunique())
    np.testing.assert_allclose(bought.discount_share, by.discount.sum() / (by.amount.sum() + by.discount.sum()))
    assert bought.last_order_at.tolist() == by.day.max().tolist()
    assert bought.recency_days.tolist() == (DAY - by.day.max().dt.normalize()).dt.days.tolist()
    top = by.category.agg(lambda values: values.mode().iloc[0] if len(values.mode()) == 1 else "")
    assert bought.top_category.fillna("").tolist() == top.tolist()
    assert (top == "").any()  # of equally frequent ones none is known
    assert profile[profile.orders == 0][["recency_days", "basket_value", "top_category"]].isna().all(axis=None)


def test_orders_without_number_are_told_apart_by_time(company):
    company.write("orders.csv", "id,at,amount\n1,2025-01-01T10:00,1\n1,2025-01-01T10:00,2\n1,2025-01-02,4\n")
    profile = company.profile(ORDERS)
    assert profile.orders.tolist() == [2]
    assert profile["items"].tolist() == [3]


def test_who_they_are(company):
    company.write(
        "crm.csv",
        "id,born,since\n1,2007-12-31,2025-12-01\n2,2008-01-01,\n3,1960-12-31,\n4,1961-01-01,\n5,,\n6,2004-02-29,\n",
    )
    profile = company.profile(
        source(CUSTOMERS, {"birth_date": "born", "signup_date": "since", "city": {"value": "Bonn"}})
    )
    assert profile.age.tolist() == [18, 17, 65, 64, pd.NA, 21]
    assert profile.age_band.fillna("-").tolist() == ["18–24", "under 18", "65+", "55–64", "-", "18–24"]
    assert profile.tenure_days.tolist()[0] == 30
    assert "birth_date" not in profile
    assert "gender" not in profile  # no source fills it


def test_given_age_bands_stay(company):
    company.write("crm.csv", "id,band,age\n1,19-24,20\n2,,40\n")
    profile = company.profile(source(CUSTOMERS, {"age_band": {"column": "band", "order": ["19-24"]}, "age": "age"}))
    assert profile.age_band.fillna("-").tolist() == ["19-24", "-"]


def test_service_and_answers(company):
    company.write("crm.csv", "id\n1\n2\n")
    company.write(
        "t.csv",
        "id,opened,closed,again\n1,2025-01-01T00:00,2025-01-01T02:00,no\n1,2025-01-01T00:00,2025-01-01T04:00,yes\n"
        "1,2025-02-01T00:00,,no\n",
    )
    company.write(
        "f.csv",
        "id,at,metric,score,text\n1,2025-01-01,nps,3,bad\n1,2025-03-01,nps,9,\n1,2025-03-01,nps,8,\n"
        "1,2025-02-01,none,,so so\n,2025-03-01,nps,1,anonymous\n",
    )
    tickets = {
        "name": "t",
        "system": "service_desk",
        "path": "t.csv",
        "table": "tickets",
        "columns": {"customer_id": "id", "opened_at": "opened", "closed_at": "closed", "reopened": "again"},
    }
    feedback = {
        "name": "f",
        "system": "nps_ces",
        "path": "f.csv",
        "table": "feedback",
        "columns": {"customer_id": "id", "at": "at", "metric": "metric", "score": "score", "text": "text"},
    }
    profile = company.profile(CUSTOMERS, tickets, feedback)
    first = profile.iloc[0]
    assert first[["tickets", "open_tickets", "reopened_tickets", "resolution_hours"]].tolist() == [3, 1, 1, 3.0]
    assert first[["answers", "comments", "nps_score"]].tolist() == [3, 2, 8.0]
    assert profile.iloc[1][["tickets", "answers", "comments"]].tolist() == [0, 0, 0]
    assert "stars_score" not in profile


def test_offers_to_the_control_group_do_not_count(company):
    company.write("crm.csv", "id\n1\n")
    company.write(
        "c.csv", "id,at,name,clicked,control\n1,2025-01-01,a,yes,no\n1,2025-02-01,b,no,\n1,2025-03-01,c,no,yes\n"
    )
    columns = {"customer_id": "id", "at": "at", "campaign": "name", "responded": "clicked", "control_group": "control"}
    mailing = {"name": "c", "system": "email", "path": "c.csv", "table": "campaigns", "columns": columns}
    profile = company.profile(CUSTOMERS, mailing)
    assert profile[["offers", "offer_responses"]].to_numpy().tolist() == [[2, 1]]


def test_touchpoints(company):
    company.write("crm.csv", "id\n1\n")
    company.write(
        "w.csv",
        "id,at,s,c\n1,2025-01-01,a,web\n1,2025-01-02,b,app\n1,2025-01-03,b,app\n1,2025-01-04,c,web\n,2025-01-04,d,web\n",
    )
    columns = {"customer_id": "id", "at": "at", "session_id": "s", "channel": "c"}
    web = {"name": "w", "system": "web_analytics", "path": "w.csv", "table": "interactions", "columns": columns}
    profile = company.profile(CUSTOMERS, web)
    assert profile[["sessions", "touchpoints"]].to_numpy().tolist() == [[3, 4]]
    assert "main_touch_channel" not in profile  # a tie: nobody's main channel is known


def test_the_first_of_the_alphabet_is_not_the_main_channel(company):
    company.write("crm.csv", "id\n1\n2\n3\n")
    company.write("w.csv", "id,at,c\n1,2025-01-01,web\n1,2025-01-02,app\n2,2025-01-02,app\n3,2025-01-02,web\n")
    columns = {"customer_id": "id", "at": "at", "channel": "c"}
    web = {"name": "w", "system": "web_analytics", "path": "w.csv", "table": "interactions", "columns": columns}
    assert company.profile(CUSTOMERS, web)["main_touch_channel"].fillna("").tolist() == ["", "app", "web"]


def test_own_attributes_and_order_of_rows(company):
    company.write("crm.csv", "id,home,pets\nz,Renter,2\na,Owner,\n")
    crm = CUSTOMERS | {"attributes": {"home": {"column": "home"}, "pets": {"column": "pets", "number": True}}}
    profile = company.profile(crm)
    assert profile.home.tolist() == ["Renter", "Owner"]
    assert profile.pets.dtype == "float64"
    assert profile.customer_no.tolist() == [0, 1]
