"""What became of rows, and what the report says of it."""

from __future__ import annotations

from string import Formatter

import pandas as pd
import pytest
from told import told
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.analysis.sources import reconciliation


@pytest.fixture
def collected(company):
    company.write("crm.csv", "id,mail\n1,a@x.de\n2,b@x.de\n2,b@x.de\n")
    company.write("shop.csv", "id,mail\nS1,a@x.de\nS2,c@x.de\nS3,d@x.de\nS4,e@x.de\n")
    company.write("orders.csv", "id,at,amount\nS1,2025-01-31,1\nS1,2025-02-30,1\nS1,2025-02-31,1\nS1,2025-01-01,x\n")
    crm = source(CUSTOMERS, {"email": "mail"}, ids="crm")
    shop = source(CUSTOMERS, {"email": "mail"}, name="shop", path="shop.csv", ids="shop")
    return company.collect(crm, shop, source(ORDERS, ids="shop"))


def reasons(collected) -> pd.DataFrame:
    counts = collected.set_aside.groupby(["source", "column", "reason"], as_index=False)["n"].sum()
    read = collected.reconciliation[["source", "read"]]
    return counts.merge(read, on="source").rename(columns={"read": "base"})


def test_rows(collected):
    (finding,) = told(reconciliation.by_source(collected.reconciliation))
    assert finding.id == "rows"
    assert finding.values == {"sources": 3, "read": 11, "used": 7, "set_aside": 3, "duplicate": 1, "excluded": 0}
    assert {name for _, name, _, _ in Formatter().parse(finding.message) if name} == set(finding.values)


def test_rows_set_aside_and_the_sources_that_lost_many(collected):
    result = reconciliation.set_aside(reasons(collected))
    assert result.frame[["column", "n", "base", "share"]].to_numpy().tolist() == [
        ["at", 2, 4, 0.5],
        ["amount", 1, 4, 0.25],
    ]
    (finding,) = told(result)
    assert finding.id == "set_aside.orders"
    assert (finding.values["n"], finding.values["share"], finding.values["column"]) == (3, 0.75, "at")
    assert (finding.effect, finding.n) == (0.75, 4)
    assert told(reconciliation.set_aside(reasons(collected).assign(base=1000))) == []


def test_a_row_without_a_column_is_told_too(collected):
    (finding,) = told(reconciliation.set_aside(reasons(collected).assign(column="")))
    assert finding.values["column"] == "–"


def test_cleaned_values_are_told(company):
    company.write("crm.csv", "id,city,b\n1, Ulm,1900-01-01\n2, Bonn ,\n")
    cleaning = company.collect(source(CUSTOMERS, {"city": "city", "birth_date": "b"})).cleaning
    (finding,) = told(reconciliation.changes(cleaning))
    assert (finding.id, finding.values) == ("cleaned", {"n": 3, "rules": 2, "lost": 1})


def test_facts(collected):
    facts = reconciliation.facts(collected)
    assert (facts["sources"], facts["rows_read"], facts["rows_set_aside"]) == (3, 11, 3)
    assert facts["source_kinds"] == collected.inventory["system"].nunique()


def test_nothing_gives_nothing(collected):
    nothing = [
        reconciliation.by_source(collected.reconciliation.head(0)),
        reconciliation.set_aside(reasons(collected).head(0)),
        reconciliation.changes(collected.cleaning.head(0)),
        reconciliation.dialects(collected.dialects.head(0)),
    ]
    assert [len(result) for result in nothing] == [0] * 4
    assert told(reconciliation.changes(collected.cleaning[collected.cleaning["rule"] == "bands"])) == []
