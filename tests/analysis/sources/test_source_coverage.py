"""Whom sources know, which kinds there are, and what the missing ones would tell."""

from __future__ import annotations

from typing import get_args

import pandas as pd
import pytest
from told import seen, told
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.analysis.sources import coverage
from customer_profiles.ingest.config.dataset import System
from customer_profiles.ingest.contract import OF_CUSTOMERS


def inventory(*customers: int, table="customers", base=1000) -> pd.DataFrame:
    """Sources that know so many customers each."""
    names = [f"s{number}" for number in range(len(customers))]
    sources = pd.DataFrame({"source": names, "system": "crm", "table": table, "rows": customers, "first": pd.NaT})
    sources = sources.assign(last=pd.NaT, customers=customers, base=base, keys="crm, email")
    return sources.assign(coverage=sources["customers"] / base, of_customers=table == "customers")


def systems(inventory: pd.DataFrame) -> pd.DataFrame:
    """Sources by kind, as the notebook sums them."""
    columns = {"rows": ("rows", "sum"), "first": ("first", "min"), "last": ("last", "max")}
    table = inventory.groupby("system").agg(sources=("source", "size"), **columns, keys=("keys", ", ".join))
    known = inventory[inventory["table"].isin(["customers", *OF_CUSTOMERS])]
    return table.assign(customers=known.groupby("system")["customers"].max())


@pytest.fixture
def collected(company):
    company.write("crm.csv", "id,mail\n1,a@x.de\n2,b@x.de\n")
    company.write("shop.csv", "id,mail\nS1,a@x.de\n")
    company.write("orders.csv", "id,at,amount\nS1,2025-01-31,5\nS1,2025-02-01,5\n")
    crm = source(CUSTOMERS, {"email": "mail", "age": {"value": "40"}}, ids="crm")
    shop = source(CUSTOMERS, {"email": "mail"}, name="shop", path="shop.csv", ids="shop")
    return company.collect(crm, shop | {"system": "shop"}, source(ORDERS, ids="shop"))


def test_all_thirteen_kinds_are_told(collected):
    kinds = coverage.kinds(systems(collected.inventory), 2).frame.set_index("system")
    assert set(kinds.index) == set(get_args(System)) == set(coverage.GAIN)
    assert len(kinds) == 13
    assert kinds.loc["crm", ["sources", "rows", "keys", "coverage", "gain"]].tolist() == [1, 2, "crm, email", 1.0, ""]
    assert kinds.loc["shop", ["sources", "rows", "keys", "coverage"]].tolist() == [2, 3, "shop, email", 0.5]
    assert kinds.loc["shop", "last"] == pd.Timestamp("2025-02-01")
    missing = kinds[kinds.sources == 0]
    assert len(missing) == 11
    assert (missing.gain != "").all()
    assert missing.coverage.isna().all()
    assert list(kinds.sources) == sorted(kinds.sources, reverse=True)


def test_sources_that_know_few_customers_are_told_least_first():
    found = told(coverage.inventory(inventory(900, 400, 300, 200, 100)))
    assert [finding.id for finding in found] == ["coverage.s4", "coverage.s3", "coverage.s2"]
    assert found[0].values == {"source": "s4", "share": 0.1, "n": 100, "base": 1000}
    assert told(coverage.inventory(inventory(10, table="areas"))) == []


def test_nobody_learns_of_a_few_customers_of_a_source_or_beside_it():
    table = inventory(500, 6, 994)
    result = coverage.inventory(table)
    frame = seen(result)
    assert frame["coverage"].isna().tolist() == [False, True, True]
    assert "keys" not in result.columns
    assert told(result, least=10) == []
    assert seen(coverage.kinds(systems(table[1:2]), 1000))["coverage"].isna().all()


def test_customers_by_the_number_of_their_sources():
    result = coverage.sources_per_customer(pd.Series({1: 40, 3: 60}))
    assert result.frame[["known_by", "n", "share"]].to_numpy().tolist() == [
        ["1", 40, 0.4],
        ["2", 0, 0.0],
        ["3", 60, 0.6],
    ]
    (finding,) = told(result)
    assert (finding.id, finding.values) == ("customers", {"n": 100, "share": 0.6})
    few = coverage.sources_per_customer(pd.Series({1: 3, 2: 50, 3: 60}))
    assert seen(few)["n"].isna().tolist() == [True, True, False]
    (finding,) = told(few)
    assert finding.values == {"n": 113}


def test_limits_name_what_is_missing():
    needs = [limit.needs for limit in coverage.limits(["customers", "transactions"])]
    assert len(needs) == 7
    assert any("CRM" in need for need in needs) is False
    assert coverage.limits([])[0].needs.startswith("customer master data")


def test_nothing_gives_nothing(collected):
    assert not len(coverage.inventory(inventory()))
    assert not len(coverage.gaps(collected.gaps.head(0)))
    assert not len(coverage.sources_per_customer(pd.Series(dtype="int64")))
    assert coverage.kinds(systems(inventory()), 0).frame["sources"].tolist() == [0] * 13
