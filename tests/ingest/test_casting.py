"""Values are cast as declared, never guessed; a row that does not fit says why, without showing the value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.errors import InputRejected

GERMAN = {"delimiter": ";", "decimal": ",", "thousands": ".", "date": "%d.%m.%Y", "datetime": "%d.%m.%Y %H:%M"}


def test_nothing_is_guessed(company):
    company.write("crm.csv", "id;Name;PLZ;Geb\n9007199254740993;Null;01067;31.12.1985\n2;NA;80331;\n")
    crm = source(CUSTOMERS, {"name": "Name", "postal_code": "PLZ", "birth_date": "Geb"}, **GERMAN)
    company.collect(crm)
    customers = company.tables.read("customers")
    assert customers.postal_code.tolist() == ["01067", "80331"]
    assert customers.birth_date[0] == pd.Timestamp("1985-12-31")
    assert pd.isna(customers.birth_date[1])
    filled = company.tables.read("completeness").set_index("field")["n"]
    assert filled["name"] == 2  # a person named Null has a name


def test_ids_beyond_floating_point_stay_apart(company):
    company.write("crm.csv", "id\n9007199254740992\n9007199254740993\n")
    company.collect(CUSTOMERS)
    assert len(company.tables.read("customers")) == 2


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1.234,50", 1234.5), ("1234,5", 1234.5), ("-0,5", -0.5), (",5", 0.5), ("7", 7.0), ("1e3", 1000.0)],
)
def test_german_numbers(company, written, amount):
    company.write("orders.csv", f"id;at;amount\n1;31.12.2025 08:00;{written}\n")
    company.collect(source(ORDERS, **GERMAN))
    assert company.tables.read("transactions").amount.tolist() == [amount]


@pytest.mark.parametrize("written", ["1,234.50", "1.23", "12.34.567", "1 000", "0x10", "nan", "inf", "１２", "1_000"])
def test_numbers_in_another_format_set_the_row_aside(company, written):
    company.write("orders.csv", f"id;at;amount\n1;31.12.2025 08:00;{written}\n2;31.12.2025 08:00;1\n")
    set_aside = company.collect(source(ORDERS, **GERMAN)).set_aside
    assert set_aside[["source", "file", "row", "column", "reason"]].to_numpy().tolist() == [
        ["orders", "orders.csv", 2, "amount", "not a number in the declared format"]
    ]
    assert written not in set_aside.masked[0]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("id", "", "a required value is missing"),
        ("at", "31.02.2025 08:00", "not a point in time as written in the declared format"),
        ("at", "2025-12-31", "not a point in time as written in the declared format"),
        ("at", "01.01.1900", "a placeholder day, not a real one"),
        ("at", "31.12.9999", "a placeholder day, not a real one"),
        ("amount", "", "a required value is missing"),
    ],
)
def test_reasons(company, column, cell, reason):
    good = {"id": "1", "at": "31.12.2025", "amount": "1"}
    company.write(
        "orders.csv", f"id;at;amount\n{';'.join(good.values())}\n{';'.join((good | {column: cell}).values())}\n"
    )
    set_aside = company.collect(source(ORDERS, **GERMAN)).set_aside
    assert set_aside[["row", "column", "reason"]].to_numpy().tolist() == [[3, column, reason]]


@pytest.mark.parametrize(
    ("table", "cells", "column", "reason"),
    [
        ("customers", {"age": "121"}, "age", "outside 0 to 120"),
        ("customers", {"age": "3,5"}, "age", "not a whole number"),
        ("customers", {"latitude": "-91"}, "latitude", "outside -90 to 90"),
        ("customers", {"birth_date": "01.01.2026"}, "birth_date", "in the future"),
        ("tickets", {"opened_at": "02.01.2025", "closed_at": "01.01.2025"}, "closed_at", "closed before it was opened"),
        (
            "feedback",
            {"at": "02.01.2025", "metric": "nps", "score": "11"},
            "score",
            "outside the scale of its question",
        ),
        (
            "feedback",
            {"at": "02.01.2025", "metric": "csat", "score": "6"},
            "score",
            "outside the scale of its question",
        ),
        ("feedback", {"at": "02.01.2025", "scale": "5", "score": "6"}, "scale", "not a scale such as 1-5"),
    ],
)
def test_ranges_and_contradictions(company, table, cells, column, reason):
    company.write("crm.csv", "id\n1\n")
    columns = {"customer_id": "id"} | {name: name for name in cells}
    extra = {"name": "x", "system": "survey", "path": "x.csv", "table": table, "columns": columns, **GERMAN}
    company.write("x.csv", f"id;{';'.join(cells)}\n7;{';'.join(cells.values())}\n")
    with pytest.raises(InputRejected, match=reason) as error:  # every row is wrong, so the mapping must be
        company.collect(CUSTOMERS, extra)
    assert f"column '{column}'" in str(error.value)


def test_csat_of_seven_is_right_on_its_own_scale(company):
    company.write("crm.csv", "id\n1\n")
    company.write("f.csv", "id,at,score,scale\n1,2025-01-01,7,1-7\n")
    columns = {"customer_id": "id", "at": "at", "score": "score", "scale": "scale", "metric": {"value": "csat"}}
    company.collect(
        CUSTOMERS, {"name": "f", "system": "survey", "path": "f.csv", "table": "feedback", "columns": columns}
    )
    assert company.tables.read("feedback").score.tolist() == [7]


def test_unknown_codes_become_missing_and_are_counted(company):
    company.write("crm.csv", "id,g,i,b\n1,w,low,1900-01-01\n2,q,?,1980-05-05\n3,,high,\n")
    columns = {
        "gender": {"column": "g", "values": {"w": "female", "m": "male"}},
        "income_band": {"column": "i", "order": ["low", "high"]},
        "birth_date": "b",
    }
    collected = company.collect(source(CUSTOMERS, columns))
    log = collected.cleaning[collected.cleaning.source == "crm"]
    assert log[["column", "rule", "n", "before", "after"]].to_numpy().tolist() == [
        ["gender", "undeclared_codes", 1, 2, 1],
        ["income_band", "undeclared_codes", 1, 3, 2],
        ["birth_date", "placeholder_days", 1, 2, 1],
    ]
    assert company.tables.read("customers").gender.notna().tolist() == [True, False, False]
    assert len(collected.set_aside) == 0


def test_forms_of_a_column(company):
    company.write("orders.csv", "id,at,cents,a,b,c\n1,2025-01-01,1999,1.5,0.25,\n2,2025-01-02,5,,,x\n")
    columns = {
        "amount": {"column": "cents", "factor": 0.01},
        "discount": {"sum": ["a", "b"]},
        "channel": {"value": "store"},
        "category": {"join": ["id", "c"]},
    }
    company.collect(source(ORDERS, columns))
    lines = company.tables.read("transactions")
    assert lines.amount.tolist() == [19.99, 0.05]
    assert lines.discount.tolist()[0] == 1.75
    assert np.isnan(lines.discount[1])
    assert lines.category.tolist() == ["1", "2 x"]
    assert set(lines.channel) == {"store"}


def test_times_are_local_to_the_data_set(company):
    rows = ["2025-07-01T22:30:00Z", "2025-07-02T00:30:00+02:00", "2025-07-02 00:30", "2025-07-02"]
    company.write("orders.csv", "id,at,amount\n" + "".join(f"{i},{at},1\n" for i, at in enumerate(rows)))
    company.collect(ORDERS, time_zone="Europe/Berlin")
    half_past = pd.Timestamp("2025-07-02 00:30")
    assert company.tables.read("transactions")["at"].tolist() == [half_past] * 3 + [pd.Timestamp("2025-07-02")]
    company.collect(source(ORDERS, time_zone="America/New_York"), time_zone="Europe/Berlin")
    assert company.tables.read("transactions")["at"][2] == pd.Timestamp("2025-07-02 06:30")


def test_excel_numbers_that_lost_digits_are_set_aside(company):
    frame = pd.DataFrame({"id": [1e17, 5.0], "at": pd.Timestamp("2025-01-01 10:00"), "amount": ["3", 4]})
    frame.to_excel(company.folder / "orders.xlsx", index=False)
    collected = company.collect(source(ORDERS, path="orders.xlsx"))
    assert collected.set_aside.reason.str.contains("last digits are lost").tolist() == [True]
    assert company.tables.read("transactions").amount.tolist() == [4.0]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "3", ""]),
            st.sampled_from(["2025-01-01", "2025-02-30", "2026-01-01", "1900-01-01", ""]),
            st.sampled_from(["1", "2.5", "x", ""]),
        ),
        max_size=12,
    )
)
def test_every_row_is_accounted_for(company, rows):
    """One customer refused, rows broken in every way: the counts still add up, and say what an eye would say."""
    company.write("crm.csv", "id,ok\n1,yes\n2,no\n")
    good = [("1", "2025-03-03", "1"), *rows]
    company.write("orders.csv", "id,at,amount\n" + "".join(f"{','.join(row)}\n" for row in good))
    collected = company.collect(source(CUSTOMERS, {"consent": "ok"}), ORDERS)
    counts = collected.reconciliation.set_index("source").loc["orders"]
    fine = [r for r in good if r[0] and r[1] in ("2025-01-01", "2026-01-01", "2025-03-03") and r[2] in ("1", "2.5")]
    kept = {r for r in fine if r[0] != "2" and r[1] != "2026-01-01"}
    assert counts["read"] == len(good)
    assert counts.set_aside == len(good) - len(fine)
    assert counts.duplicate == len(fine) - len(set(fine))
    assert counts.used == len(kept) == len(company.tables.read("transactions"))
