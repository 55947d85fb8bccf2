"""Who would be whom at other thresholds, and what that makes of the headline figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.analysis.sources import matching
from customer_profiles.codes import LOOSE, STRICT
from customer_profiles.identity import resolution
from customer_profiles.identity.alternatives import Alternatives

COLUMNS = {"name": "name", "email": "mail", "street": "street", "postal_code": "plz"}
HEAD = "id,name,mail,street,plz\n"
CRM = source(CUSTOMERS, COLUMNS, ids="crm")
SHOP = source(CUSTOMERS, COLUMNS, name="shop", path="shop.csv", ids="shop")


def doubtful_company(company):
    """Anna Berg has two mailboxes at one address: one person, or mother and daughter of one name."""
    company.write("crm.csv", HEAD + "1,Anna Berg,anna@berg.de,Weg 3,80331\n2,Cem Kaya,cem@kaya.de,Ring 9,10115\n")
    company.write("shop.csv", HEAD + "7,Anna Berg,wanderlust@fern.de,Weg 3,80331\n")
    company.write("orders.csv", "id,order,at,amount\n1,A,2025-01-01,10\n1,A,2025-01-01,5\n2,B,2025-01-02,20\n")
    company.write("more.csv", "id,order,at,amount\n7,C,2025-02-01,30\n")
    orders = source(ORDERS, {"order_id": "order"}, ids="crm")
    more = source(ORDERS, {"order_id": "order"}, name="more", path="more.csv", ids="shop")
    return company.profile(CRM, SHOP, orders, more)


def test_the_band_of_a_doubtful_pair(company):
    profile = doubtful_company(company)
    evidence = company.tables.read("match_evidence")
    assert resolution.THRESHOLD <= evidence["expected"].iloc[0] < resolution.STRICT
    table = matching.sensitivity(profile, company.tables.read("match_alternatives")).frame.set_index("matching")
    assert table["customers"].tolist() == [3, 2, 2]
    assert table["buyers"].tolist() == [3, 2, 2]
    assert table["repeat_share"].tolist() == [0, 0.5, 0.5]
    assert table.loc[STRICT, "spend_per_customer"] == 65 / 3


def test_no_doubt_no_alternatives(company):
    company.write("crm.csv", HEAD + "1,Anna Berg,anna@berg.de,Weg 3,80331\n")
    company.collect(CRM)
    assert company.tables.read("match_alternatives").empty


def test_parts_and_merges_of_those_who_appear():
    records = pd.DataFrame({"space": ["crm", "shop", "crm", "shop", "crm"], "raw_id": list("12345")}, dtype="str")
    number = np.array([0, 0, 1, 2, -1])
    found = Alternatives(records, number, strict=np.array([0, 1, 2, 3, 4]), loose=np.array([0, 0, 1, 1, 1]))
    lines = pd.DataFrame({"customer_id": ["1", "1", "3"], "order_id": ["a", "a", "b"], "at": pd.NaT})
    found.add_orders("crm", lines)
    found.add_orders("crm", lines.assign(order_id="c"))
    found.add_orders("web", lines)
    table = found.table()
    parts = table[table["matching"] == STRICT]
    assert parts[["customer_no", "orders"]].to_numpy().tolist() == [[0, 2], [0, 0]]
    merges = table[table["matching"] == LOOSE]
    assert merges["customer_no"].tolist() == [1, 2]
    assert merges["alternative"].nunique() == 1
