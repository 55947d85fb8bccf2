"""Quality of each source: what the dimensions are made of, and what the report says about them."""

from __future__ import annotations

from datetime import date, timedelta
from string import Formatter

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.analysis.sources import scoring

AS_OF = date(2025, 12, 31)


@pytest.fixture
def collected(company):
    company.write(
        "crm.csv",
        "id,mail,since,age,city\n1,a@x.de,2025-12-01,40,Ulm\n2,b@x.de,2020-01-01,121,Ulm\n"
        "3,c@x.de,2020-01-01,,Bonn\n4,,2021-01-01,50,\n",
    )
    company.write("shop.csv", "id,mail,city\nS1,a@x.de,Köln\nS3,c@x.de,Bonn\nS3,c@x.de,Bonn\n")
    company.write("orders.csv", "id,at,amount\nS1,2025-12-31,5\nS1,2025-12-30,5\nS1,2025-12-30,5\nS9,2025-12-30,x\n")
    columns = {"email": "mail", "city": "city"}
    crm = source(CUSTOMERS, columns | {"signup_date": "since", "age": "age"}, ids="crm")
    shop = source(CUSTOMERS, columns, name="shop", path="shop.csv", ids="shop")
    return company.collect(crm, shop, source(ORDERS, ids="shop"))


def scored(collected, max_age_days=365):
    c = collected
    tables = (c.completeness, c.checks, c.reconciliation, c.contradictions, c.ages, c.inventory)
    return scoring.scores(*tables, AS_OF, max_age_days)


def fields(collected):
    c = collected
    table = scoring.by_field(c.completeness, c.checks, c.shared_addresses, c.contradictions, c.ages, AS_OF)
    return table.set_index(["source", "field"])


def test_fields(collected):
    table = fields(collected)
    age = table.loc[("crm", "age")]
    assert age[["base", "filled", "valid"]].tolist() == [3, 2 / 3, 2 / 3]  # 121 set its row aside
    low, high = proportion_confint(2, 3, method="wilson")
    assert age[["valid_low", "valid_high"]].tolist() == pytest.approx([low, high])
    assert table.loc[("crm", "city"), "consistent"] == 0.5  # of customers 1 and 3, both known to the shop
    assert table.loc[("crm", "email"), "unique"] == 1
    assert table.loc[("crm", "city"), ["age_median", "basis"]].tolist() == [30, "signing up"]
    assert table.loc[("shop", "city"), "basis"] == "not told"
    assert np.isnan(table.loc[("shop", "city"), "age_median"])
    assert table.loc[("orders", "amount"), ["age_median", "basis"]].tolist() == [0, "event"]


def test_scores_are_the_mean_of_what_is_known(collected):
    table = scored(collected).set_index("source")
    crm = table.loc["crm"]
    assert crm.completeness == pytest.approx((3 + 2 + 3 + 2 + 2) / 15)
    assert crm.validity == pytest.approx(16 / 17)
    assert crm[["uniqueness", "consistency"]].tolist() == [1, 0.75]  # of e-mail and city of two customers
    assert crm.currency == pytest.approx(4 / 9)  # values of the one who signed up in December
    assert crm.quality == round(100 * np.mean([12 / 15, 16 / 17, 1, 0.75, 4 / 9]))
    assert crm.weakest == "currency"
    shop = table.loc["shop"]
    assert shop.uniqueness == pytest.approx(2 / 3)
    assert np.isnan(shop.currency)
    assert shop.quality == round(100 * np.mean([1, 1, 2 / 3, 0.75]))
    assert table.loc["orders", "currency"] == 1
    assert list(table.quality) == sorted(table.quality)


def test_a_longer_time_makes_sources_more_current(collected):
    assert scored(collected, 3650).set_index("source").loc["crm", "currency"] == 1


def test_an_old_file_beside_a_new_one_of_the_same_system_is_current(company):
    company.write("old.csv", "id,at,amount\n1,2023-01-01,5\n")
    company.write("new.csv", "id,at,amount\n1,2025-12-31,5\n")
    both = company.collect(source(ORDERS, name="old", path="old.csv"), source(ORDERS, name="new", path="new.csv"))
    assert scored(both).currency.tolist() == [1, 1]
    assert scored(company.collect(source(ORDERS, name="old", path="old.csv"))).currency.tolist() == [0]


def test_a_flawless_source_has_no_weakest_side(company):
    company.write("orders.csv", "id,at,amount\n1,2025-12-31,5\n")
    table = scored(company.collect(ORDERS))
    assert table.quality.tolist() == [100]
    assert table.weakest.isna().all()


def traces(*ages):
    days = [None if age is None else pd.Timestamp(AS_OF) - timedelta(days=age) for age in ages]
    return pd.DataFrame({"customer_no": range(len(ages)), "day": pd.Series(days, dtype="datetime64[us]"), "table": ""})


def test_customers_by_the_age_of_their_last_trace():
    table = scoring.trace_ages(traces(0, 90, 91, 365, 366, 731, 5000, None), AS_OF, 365)
    assert table[["days", "n"]].to_numpy().tolist() == [
        ["0–90", 2],
        ["91–365", 2],
        ["366–730", 1],
        ["731+", 2],
        ["unknown", 1],
    ]
    assert (table.base == 8).all()
    assert table.share_low[0] == pytest.approx(proportion_confint(2, 8, method="wilson")[0])
    own = scoring.trace_ages(traces(0, 100), AS_OF, 500)
    assert own.days.tolist() == ["0–90", "91–365", "366–500", "501–730", "731+"]


def test_findings(collected):
    c = collected
    c.last_traces["day"] = pd.Timestamp("2020-01-01")
    found = scoring.findings(scored(c), c.contradictions, c.cleaning, c.last_traces, AS_OF, 365)
    values = {finding.id: finding.values for finding in found}
    assert list(values) == ["01.outdated", "01.quality", "01.contradiction.city"]
    assert values["01.outdated"]["share"] == 1
    assert values["01.contradiction.city"] == {"share": 0.5, "base": 2, "field": "city"}
    for finding in found:
        assert {name for _, name, _, _ in Formatter().parse(finding.message) if name} <= set(finding.values), finding.id


def test_nothing_to_say_of_good_data(company):
    company.write("orders.csv", "id,at,amount\n1,2025-12-31,5\n")
    c = company.collect(ORDERS)
    assert scoring.findings(scored(c), c.contradictions, c.cleaning, c.last_traces, AS_OF, 365) == []
    assert scoring.limits(c.ages) == []


def test_cleaned_values_are_told(company):
    company.write("crm.csv", "id,city,b\n1, Ulm,1900-01-01\n2, Bonn ,\n")
    c = company.collect(source(CUSTOMERS, {"city": "city", "birth_date": "b"}))
    found = scoring.findings(scored(c), c.contradictions, c.cleaning, c.last_traces, AS_OF, 365)
    assert {f.id: f.values for f in found}["01.cleaned"] == {"n": 3, "rules": 2, "lost": 1}


def test_a_source_without_any_date_is_a_limit(collected):
    (limit,) = scoring.limits(collected.ages)
    assert limit.values == {"source": "shop"}
    assert "updated_at" in limit.needs


def test_no_customers_at_all():
    assert scoring.findings(pd.DataFrame({"quality": []}), *_nothing(), traces(), AS_OF, 365) == []
    assert scoring.trace_ages(traces(None), AS_OF, 365).n.tolist() == [0, 0, 0, 0, 1]


def _nothing():
    contradictions = pd.DataFrame({"source": [], "field": [], "n": [], "base": [], "share": []})
    cleaning = pd.DataFrame({"column": [], "rule": [], "n": [], "before": [], "after": []})
    return contradictions, cleaning
