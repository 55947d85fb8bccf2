"""What dataset.yaml can say beyond naming a column: times compared, rows chosen, gaps named, files joined on."""

from __future__ import annotations

import pandas as pd
import pytest
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.errors import ConfigurationError, InputRejected
from customer_profiles.ingest.reading import NOT_WANTED

PARCELS = """\
id,at,amount,promised,arrived,state
1,2025-01-02,10,2025-01-05,2025-01-04 18:00,sent
1,2025-01-03,10,2025-01-05,2025-01-05 00:01,sent
2,2025-01-04,10,2025-01-05,,lost
2,2025-12-30,10,2025-12-31,2026-01-02 09:00,sent
"""
LATE = {"delivered_late": {"after": ["arrived", "promised"]}}


def test_of_two_times_the_later_one(company):
    company.write("orders.csv", PARCELS)
    company.collect(source(ORDERS, attributes=LATE))
    late = company.tables.read("transactions").delivered_late
    assert late.dtype == "boolean"
    # On the day itself before midnight is in time; of the last parcel nothing is known yet on 31 December.
    assert late.tolist() == [False, True, pd.NA, pd.NA]


def test_times_compared_can_be_named_and_so_can_their_absence(company):
    company.write("orders.csv", PARCELS)
    named = {"after": ["arrived", "promised"], "values": {"true": "late", "false": "in time"}, "missing": "on its way"}
    company.collect(source(ORDERS, attributes={"delivery": named}))
    assert company.tables.read("transactions").delivery.tolist() == ["in time", "late", "on its way", "on its way"]


def test_an_unreadable_time_sets_the_row_aside_without_showing_it(company):
    company.write("orders.csv", PARCELS.replace("2025-01-04 18:00", "teatime"))
    collected = company.collect(source(ORDERS, attributes=LATE))
    (fault,) = collected.set_aside.itertuples()
    assert (fault.row, fault.column) == (2, "arrived, promised")
    assert "teatime" not in str(fault)


def test_a_gap_is_named_but_an_undeclared_code_is_not(company):
    company.write("crm.csv", "id,tariff\n1,A\n2,\n3,-\n4,X\n")
    tariff = {"column": "tariff", "values": {"A": "basic"}, "missing": "none"}
    collected = company.collect(source(CUSTOMERS, attributes={"tariff": tariff}, empty=["", "-"]))
    assert company.tables.read("customers").tariff.fillna("?").tolist() == ["basic", "none", "none", "?"]
    undeclared = collected.cleaning[collected.cleaning.reason.str.contains("not among the declared")]
    assert undeclared.n.tolist() == [1]


def test_only_rows_that_are_asked_for(company):
    company.write("orders.csv", PARCELS.replace(",sent", ", sent ", 1) + "3,yesterday,10,,,lost\n")
    collected = company.collect(source(ORDERS, where={"state": ["sent"]}))
    (row,) = collected.reconciliation.to_dict("records")
    assert (row["read"], row["used"], row["set_aside"], row["excluded"]) == (5, 3, 0, 2)
    assert collected.exclusions[["reason", "n"]].to_numpy().tolist() == [[NOT_WANTED, 2]]
    assert set(company.tables.read("customers").customer_no) == {0, 1}


def test_rows_are_chosen_by_a_column_of_another_file(company):
    company.write("orders.csv", PARCELS)
    company.write("states.csv", "state,final\nsent,yes\nlost,no\n")
    lookup = {"path": "states.csv", "on": {"state": "state"}, "take": ["final"]}
    collected = company.collect(source(ORDERS, lookups=[lookup], where={"final": ["yes"]}))
    assert collected.reconciliation.used.tolist() == [3]


def test_files_joined_one_after_the_other(company):
    company.write("orders.csv", "login,at,amount\nx,2025-01-01,1\ny,2025-01-02,2\nz,2025-01-03,3\n")
    company.write("accounts.csv", "login,account\nx,a1\ny,a2\n")
    company.write("people.csv", "account,person\na1,p\na2,p\n")
    lookups = [
        {"path": "accounts.csv", "on": {"login": "login"}, "take": ["account"]},
        {"path": "people.csv", "on": {"account": "account"}, "take": ["person"]},
    ]
    collected = company.collect(source(ORDERS, {"customer_id": "person"}, lookups=lookups))
    assert company.tables.read("customers").shape[0] == 1
    assert (collected.reconciliation.used[0], collected.reconciliation.set_aside[0]) == (2, 1)


def test_several_rows_of_a_lookup_become_their_median(company):
    company.write("crm.csv", "id,zip\n1,01067\n2,99999\n3,01067\n")
    company.write("places.csv", 'zip,lat,lon\n01067,"51,0",13\n01067,"51,2",14\n01067,"4,0",\n10115,"52,5",13\n')
    lookup = {"path": "places.csv", "on": {"zip": "zip"}, "take": ["lat", "lon"], "median": True}
    columns = {"latitude": "lat", "longitude": "lon"}
    company.collect(source(CUSTOMERS, columns, lookups=[lookup], decimal=","))
    found = company.tables.read("customers")
    assert found.latitude.fillna(0).tolist() == [51.0, 0, 51.0]
    assert found.longitude.fillna(0).tolist() == [13.5, 0, 13.5]


def test_a_median_of_words_is_refused_without_showing_them(company):
    company.write("crm.csv", "id,zip\n1,01067\n")
    company.write("places.csv", "zip,lat\n01067,Dresden\n")
    lookup = {"path": "places.csv", "on": {"zip": "zip"}, "take": ["lat"], "median": True}
    with pytest.raises(InputRejected, match=r"places.csv, column 'lat': 1 cells are no numbers") as error:
        company.collect(source(CUSTOMERS, {"latitude": "lat"}, lookups=[lookup]))
    assert "Dresden" not in str(error.value)


def test_events_keep_columns_of_their_own(company):
    company.write("answers.csv", "id,at,product,score\n1,2025-01-01,lamp,4\n")
    company.write("orders.csv", PARCELS)
    feedback = {
        "name": "reviews",
        "system": "review",
        "path": "answers.csv",
        "table": "feedback",
        "columns": {"customer_id": "id", "at": "at", "score": "score", "metric": {"value": "stars"}},
        "attributes": {"product": "product"},
    }
    company.collect(ORDERS, feedback)
    assert company.tables.read("feedback")["product"].tolist() == ["lamp"]


@pytest.mark.parametrize(
    ("base", "keys", "expected"),
    [
        (CUSTOMERS, {"columns": {"customer_id": "id", "consent": "ok"}, "where": {"state": ["x"]}}, "somebody objects"),
        (CUSTOMERS, {"attributes": {"age_now": {"column": "a", "number": True, "missing": "none"}}}, "'age_now'"),
        (CUSTOMERS, {"attributes": {"a": {"column": "a", "order": ["x", "y"], "missing": "z"}}}, "'missing' names"),
        (CUSTOMERS, {"attributes": {"a": {"after": ["x", "y"], "missing": "z"}}}, "'missing' names"),
        (CUSTOMERS, {"attributes": {"a": {"after": ["x"]}}}, "after"),
        (CUSTOMERS, {"attributes": {"a": {"column": "b", "after": ["x", "y"]}}}, "exactly one of"),
    ],
)
def test_contradictions_are_refused(company, base, keys, expected):
    with pytest.raises(ConfigurationError, match=expected):
        company.dataset({**base, **keys})
