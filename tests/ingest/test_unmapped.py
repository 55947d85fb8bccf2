"""What each source could fill but does not."""

from __future__ import annotations

from written_company import CUSTOMERS, ORDERS, source


def collected(company, **keys):
    company.write("crm.csv", "id,mail,PLZ,marital status,Umsatz,notes\n1,a@x.de,01067,single,7,\n2,b@x.de,,,,\n")
    company.write("shop.csv", "id,mail\nS1,a@x.de\n")
    company.write("orders.csv", "id,at,amount,Rabatt\nS1,2025-01-31,5,\nS1,2025-02-01,5,1\n")
    crm = source(CUSTOMERS, {"email": "mail", "age": {"value": "40"}}, ids="crm")
    shop = source(CUSTOMERS, {"email": "mail", "city": {"value": "Ulm"}}, name="shop", path="shop.csv", ids="shop")
    return company.collect(crm, shop | {"system": "shop"}, source(ORDERS, ids="shop"), **keys)


def test_columns_that_could_be_filled(company):
    gaps = collected(company).gaps
    crm = gaps[gaps.source == "crm"].set_index("field")
    assert crm.found[crm.found != ""].to_dict() == {"postal_code": "PLZ", "marital_status": "marital status"}
    assert crm.loc["city", "elsewhere"]
    assert not crm.loc["education", "elsewhere"]
    assert {"birth_date", "age_band", "email", "customer_id"} & set(crm.index) == set()  # age is there
    assert {"company", "revenue"} & set(crm.index) == set()  # customers are persons
    assert gaps[gaps.source == "orders"].set_index("field").loc["discount", "found"] == "Rabatt"
    assert gaps.found[:3].ne("").all()
    assert gaps.found[3:].eq("").all()


def test_companies_lack_other_columns_than_persons(company):
    company.write("crm.csv", "id,name\n1,Werk GmbH\n")
    firms = source(CUSTOMERS, {"company": "name"})
    gaps = company.collect(firms, kind="b2b").gaps
    assert {"industry", "employees", "revenue"} <= set(gaps.field)
    assert {"gender", "birth_date", "first_name"} & set(gaps.field) == set()
