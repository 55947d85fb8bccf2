"""How old values are, and when a customer last left a trace."""

from __future__ import annotations

import pandas as pd
from written_company import CUSTOMERS, ORDERS, source

DAY = pd.Timestamp
MAILING = {
    "name": "mail",
    "system": "email",
    "path": "mail.csv",
    "table": "campaigns",
    "columns": {"customer_id": "id", "at": "at", "campaign": "name", "responded": "clicked"},
}


def test_a_value_is_as_old_as_the_last_change_else_as_the_customer(company):
    company.write(
        "crm.csv",
        "id,changed,since,g,city\n1,2025-11-01,2020-01-01,male,Ulm\n2,,2021-01-01,,Ulm\n3,,,male,\n",
    )
    columns = {"updated_at": "changed", "signup_date": "since", "gender": "g", "city": "city"}
    company.collect(source(CUSTOMERS, columns))
    ages = company.tables.read("ages").set_index("field")
    assert ages.loc["gender", ["basis", "n"]].to_numpy().tolist() == [["last change", 1], ["not told", 1]]
    assert ages.loc["city", "day"].tolist() == [DAY("2025-11-01"), DAY("2021-01-01")]
    assert ages.loc["city", "basis"].tolist() == ["last change", "signing up"]
    assert {"updated_at", "signup_date"} & set(ages.index) == set()


def test_what_an_event_tells_is_as_old_as_the_event(company):
    company.write("orders.csv", "id,at,amount\n1,2025-01-01T10:00,5\n2,2025-01-01T23:59,5\n1,2025-03-01,7\n")
    company.collect(ORDERS)
    ages = company.tables.read("ages")
    assert ages[["source", "table", "field", "basis", "n"]].to_numpy().tolist() == [
        ["orders", "transactions", "at", "event", 2],
        ["orders", "transactions", "at", "event", 1],
    ]
    assert ages.day.tolist() == [DAY("2025-01-01"), DAY("2025-03-01")]


def test_the_last_trace_is_the_newest_of_all_sources(company):
    company.write("crm.csv", "id,since\n1,2020-01-01\n2,2021-01-01\n3,\n")
    company.write("orders.csv", "id,at,amount\n1,2025-01-01,5\n1,2024-01-01,5\n")
    company.write("mail.csv", "id,at,name,clicked\n1,2025-06-01,x,no\n2,2025-06-01,x,yes\n3,2025-06-01,x,no\n")
    company.collect(source(CUSTOMERS, {"signup_date": "since"}), ORDERS, MAILING)
    traces = company.tables.read("last_traces")
    assert traces.customer_no.tolist() == [0, 1, 2]
    assert traces.day[:2].tolist() == [DAY("2025-01-01"), DAY("2025-06-01")]  # an offer is no trace, an answer is
    assert pd.isna(traces.day[2])
    assert traces.table.tolist() == ["transactions", "campaigns", ""]


def test_sources_read_in_several_parts_add_up(company):
    company.write("o1.csv", "id,at,amount\n1,2025-01-01,5\n2,2025-01-01,6\n")
    company.write("o2.csv", "id,at,amount\n3,2025-01-01,5\n1,2025-02-01,6\n")
    company.collect(source(ORDERS, path="o*.csv"))
    ages = company.tables.read("ages")
    assert dict(zip(ages.day, ages.n, strict=True)) == {DAY("2025-01-01"): 3, DAY("2025-02-01"): 1}
    assert company.tables.read("last_traces").day.tolist() == [DAY("2025-02-01"), DAY("2025-01-01"), DAY("2025-01-01")]
