"""Addresses of several customers, and sources that contradict each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from written_company import CUSTOMERS, source

from customer_profiles.ingest import crosschecks

RECORDS = pd.DataFrame(
    {
        "source": ["crm", "crm", "shop", "shop", "shop"],
        "email": ["A@x.de", "a@x.de", "a@x.de", "c@x.de", None],
        "phone": ["0170 1234567", None, "+49 170 1234567", "0171 7654321", "none"],
        "city": ["Köln", "Ulm", "Koeln", "Bonn", "Ulm"],
        "street": ["Lange Straße 5", None, "Langestr. 5", None, None],
    }
).astype("str")
NUMBERS = np.array([0, 1, 0, 2, -1])


def test_shared_addresses():
    found = crosschecks.shared_addresses(RECORDS, NUMBERS).set_index(["source", "field"])
    assert found.loc[("crm", "email"), ["n", "base", "share"]].tolist() == [1, 1, 1.0]  # customers 0 and 1
    assert found.loc[("shop", "email"), ["n", "base"]].tolist() == [1, 2]
    assert found.loc[("shop", "phone"), ["n", "base"]].tolist() == [0, 2]


def test_contradictions_ignore_spelling():
    found = crosschecks.contradictions(RECORDS, NUMBERS).set_index(["source", "field"])
    assert found.loc[("crm", "city"), ["n", "base"]].tolist() == [0, 1]
    assert found.loc[("shop", "street"), ["n", "base"]].tolist() == [0, 1]
    other = RECORDS.assign(city=["Köln", "Ulm", "Bonn", "Bonn", "Ulm"])
    found = crosschecks.contradictions(other, NUMBERS).set_index(["source", "field"])
    for name in ("crm", "shop"):
        assert found.loc[(name, "city"), ["n", "base", "share"]].tolist() == [1, 1, 1.0]
        assert found.loc[(name, "phone"), "n"] == 0


def test_two_records_of_one_source_do_not_contradict_another_source():
    same = RECORDS.assign(source="crm")
    assert crosschecks.contradictions(same, NUMBERS).empty


def test_who_must_not_appear_is_not_counted():
    hidden = np.full(5, -1)
    assert crosschecks.shared_addresses(RECORDS, hidden).empty
    assert crosschecks.contradictions(RECORDS, hidden).empty


def test_no_records():
    for check in (crosschecks.shared_addresses, crosschecks.contradictions):
        table = check(pd.DataFrame(), np.array([], dtype="int64"))
        assert list(table.columns) == ["source", "field", "n", "base", "share"]
        assert table.empty


def test_as_the_run_writes_them(company):
    company.write("crm.csv", "id,mail,born,city\n1,a@x.de,1980-01-01,Ulm\n2,b@x.de,1990-01-01,Bonn\n")
    company.write("shop.csv", "id,mail,born,city\nS1,a@x.de,1980-01-01,ULM\nS2,b@x.de,1990-01-01,Köln\n")
    columns = {"email": "mail", "birth_date": "born", "city": "city"}
    shop = source(CUSTOMERS, columns, name="shop", path="shop.csv", ids="shop")
    company.collect(source(CUSTOMERS, columns, ids="crm"), shop)
    found = company.tables.read("contradictions")
    assert found[found.n > 0][["source", "field", "n", "base"]].to_numpy().tolist() == [
        ["crm", "city", 1, 2],
        ["shop", "city", 1, 2],
    ]
    assert company.tables.read("shared_addresses").n.tolist() == [0, 0]
