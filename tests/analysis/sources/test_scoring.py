"""Quality of each source: what the dimensions are made of, and what the report says about them."""

from __future__ import annotations

from datetime import date
from string import Formatter

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from told import seen, told
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.analysis.sources import currency, scoring

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


def aged(collected):
    age = (pd.Timestamp(AS_OF) - collected.ages["day"]).dt.days
    return collected.ages.assign(age=age.clip(lower=0))


def scored(collected, max_age_days=365):
    c, ages = collected, aged(collected)
    parts = (t.groupby("source")[["n", "base"]].sum() for t in (c.completeness, c.checks, c.contradictions))
    happened = c.inventory[c.inventory["table"] == "transactions"].set_index("source")
    newest = happened.groupby(["system", "table"])["last"].transform("max")
    recent = currency.recent_share(ages[ages["table"] == "customers"], newest, AS_OF, max_age_days)
    return scoring.scores(c.reconciliation, *parts, recent)


def fields(collected):
    c = collected
    result = scoring.by_field(c.completeness, c.checks, c.shared_addresses, c.contradictions, aged(c))
    return result.frame.set_index(["source", "field"])


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
    table = scored(collected).frame.set_index("source")
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
    assert scored(collected, 3650).frame.set_index("source").loc["crm", "currency"] == 1


def test_an_old_file_beside_a_new_one_of_the_same_system_is_current(company):
    company.write("old.csv", "id,at,amount\n1,2023-01-01,5\n")
    company.write("new.csv", "id,at,amount\n1,2025-12-31,5\n")
    both = company.collect(source(ORDERS, name="old", path="old.csv"), source(ORDERS, name="new", path="new.csv"))
    assert scored(both).frame.currency.tolist() == [1, 1]
    assert scored(company.collect(source(ORDERS, name="old", path="old.csv"))).frame.currency.tolist() == [0]


def test_a_flawless_source_has_no_weakest_side(company):
    company.write("orders.csv", "id,at,amount\n1,2025-12-31,5\n")
    table = scored(company.collect(ORDERS)).frame
    assert table.quality.tolist() == [100]
    assert table.weakest.isna().all()


def test_findings(collected):
    (finding,) = told(scored(collected))
    assert finding.id == "quality"
    assert finding.values["source"] == collected_worst(collected)
    assert {name for _, name, _, _ in Formatter().parse(finding.message) if name} <= set(finding.values)


def collected_worst(collected) -> str:
    return scored(collected).frame["source"].iloc[0]


def test_the_most_contradicted_field_is_told_unless_few_are_compared():
    compared = pd.DataFrame({"field": ["city", "email", "phone"], "n": [20, 30, 2], "base": [200, 100, 90]})
    result = scoring.contradictions(compared)
    assert result.frame["field"].tolist() == ["email", "city", "phone"]
    (finding,) = told(result)
    assert (finding.id, finding.n) == ("contradiction.email", 100)
    assert finding.values == {"share": 0.3, "base": 100, "field": "email"}
    assert seen(result)["share"].isna().tolist() == [False, False, True]
    assert told(scoring.contradictions(compared.tail(1).assign(base=10)), least=10) == []
    assert told(scoring.contradictions(compared.assign(n=0))) == []


def test_nothing_to_say_of_good_data(company):
    company.write("orders.csv", "id,at,amount\n1,2025-12-31,5\n")
    c = company.collect(ORDERS)
    assert told(scored(c)) == []
    assert not len(scoring.contradictions(c.contradictions))
    assert scoring.limits(c.ages) == []


def test_a_source_without_any_date_is_a_limit(collected):
    (limit,) = scoring.limits(collected.ages)
    assert limit.values == {"source": "shop"}
    assert "updated_at" in limit.needs


def test_prospects_are_as_old_as_their_row(company):
    company.write("leads.csv", "id,at,city\n1,2025-12-01,Ulm\n")
    columns = {"lead_id": "id", "at": "at", "city": "city"}
    leads = {"name": "leads", "system": "crm", "path": "leads.csv", "table": "leads", "columns": columns}
    company.write("crm.csv", "id\n1\n")
    table = fields(company.collect(CUSTOMERS, leads))
    assert table.loc[("leads", "city"), ["age_median", "basis"]].tolist() == [30, "event"]


def test_nothing_gives_nothing(collected):
    c = collected
    parts = (c.completeness, c.checks, c.shared_addresses, c.contradictions, aged(c))
    assert not len(scoring.by_field(*(table.head(0) for table in parts)))
    cells = pd.DataFrame({"n": [], "base": []})
    nothing = scoring.scores(c.reconciliation.head(0), cells, cells, cells, pd.Series(dtype="float64"))
    assert not len(nothing)
    assert told(nothing) == []
