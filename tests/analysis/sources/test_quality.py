"""What chapter 01 says about sources."""

from __future__ import annotations

from datetime import date
from string import Formatter

import pandas as pd
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.analysis.sources import quality

AS_OF = date(2025, 12, 31)


def run(company):
    company.write("crm.csv", "id,mail\n1,a@x.de\n2,b@x.de\n2,b@x.de\n")
    company.write("shop.csv", "id,mail\nS1,a@x.de\nS2,c@x.de\nS3,d@x.de\nS4,e@x.de\n")
    company.write("orders.csv", "id,at,amount\nS1,2025-01-31,1\nS1,2025-02-30,1\nS1,2025-02-31,1\nS1,2025-01-01,x\n")
    crm = source(CUSTOMERS, {"email": "mail"}, ids="crm")
    shop = source(CUSTOMERS, {"email": "mail"}, name="shop", path="shop.csv", ids="shop")
    profile = company.profile(crm, shop, source(ORDERS, ids="shop"))
    names = ("reconciliation", "inventory", "set_aside", "identities")
    return *(company.tables.read(name) for name in names), profile


def test_tables(company):
    reconciliation, inventory, set_aside, identities, _ = run(company)
    assert quality.validity(reconciliation, set_aside)[["column", "n", "base", "share"]].to_numpy().tolist() == [
        ["at", 2, 4, 0.5],
        ["amount", 1, 4, 0.25],
    ]
    assert quality.currency(inventory, AS_OF)[["source", "age_days"]].to_numpy().tolist() == [["orders", 334]]
    assert quality.matching(identities).to_numpy().tolist() == [["crm", 2, 2, 1], ["shop", 4, 4, 1]]
    assert quality.coverage(inventory).to_numpy().tolist() == [
        ["shop", "customers", 4, 5, 0.8],
        ["crm", "customers", 2, 5, 0.4],
        ["orders", "transactions", 1, 5, 0.2],
    ]
    completeness = company.tables.read("completeness").set_index(["source", "field"])
    assert completeness.loc[("crm", "email"), ["n", "base", "share"]].tolist() == [2, 2, 1.0]


def test_findings(company):
    *accounts, profile = run(company)
    findings = quality.findings(*accounts, profile, AS_OF)
    values = {finding.id: finding.values for finding in findings}
    assert list(values) == [
        "01.rows",
        "01.customers",
        "01.merged",
        "01.coverage.orders",
        "01.coverage.crm",
        "01.set_aside.orders",
        "01.stale.orders",
    ]
    assert values["01.rows"]["read"] == 11
    assert values["01.customers"] == {"n": 5, "share": 0.2}
    assert values["01.merged"] == {"records": 6, "customers": 5, "merged": 1}
    assert values["01.set_aside.orders"]["share"] == 0.75
    for finding in findings:
        assert {name for _, name, _, _ in Formatter().parse(finding.message) if name} <= set(finding.values), finding.id


def test_limits_name_what_is_missing(company):
    reconciliation, *_ = run(company)
    needs = [limit.needs for limit in quality.limits(reconciliation)]
    assert len(needs) == 7
    assert any("CRM" in need for need in needs) is False
    assert quality.limits(reconciliation.assign(used=0))[0].needs.startswith("customer master data")


def test_last_years_file_beside_this_years_is_not_stale():
    inventory = pd.DataFrame(
        {
            "source": ["a", "b"],
            "table": "transactions",
            "first": pd.Timestamp("2024-01-01"),
            "last": pd.to_datetime(["2024-12-31", "2025-12-30"]),
        }
    )
    assert quality._stale(inventory, AS_OF, 10) == []
    assert len(quality._stale(inventory.head(1), AS_OF, 10)) == 1
