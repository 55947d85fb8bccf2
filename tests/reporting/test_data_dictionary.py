"""The data dictionary of the profile is current, complete, and says what the profile really holds."""

from __future__ import annotations

from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.ingest.profile import column_types
from customer_profiles.reporting.labels import COLUMNS, FIELDS
from tools import data_dictionary

TYPES = {name: kind for types in column_types().values() for name, kind in types.items()}


def test_the_page_is_current():
    assert data_dictionary.path().read_text(encoding="utf-8") == data_dictionary.document(), "run `make messages`"


def test_every_column_is_explained_once():
    assert sum(len(types) for types in column_types().values()) == len(TYPES)
    assert {name for name in TYPES if name not in {*data_dictionary.DEFINITIONS, *COLUMNS, *FIELDS}} == set()
    assert set(data_dictionary.DEFINITIONS) <= set(TYPES)
    assert "birth_date" not in TYPES


def test_a_profile_holds_no_other_column(company):
    company.write("crm.csv", "id,mail,since,age,sex\n1,a@x.de,2025-12-01,40,f\n2,b@x.de,2020-01-01,21,m\n")
    company.write("orders.csv", "id,at,amount,kind,way,off\n1,2025-01-31,5,shoes,web,1\n2,2025-02-01,5,bags,shop,\n")
    sex = {"column": "sex", "values": {"f": "female", "m": "male"}}
    columns = {"email": "mail", "signup_date": "since", "age": "age", "gender": sex}
    bought = {"category": "kind", "channel": "way", "discount": "off"}
    profile = company.profile(source(CUSTOMERS, columns), source(ORDERS, bought))
    assert set(profile) <= set(TYPES)
    assert {"orders", "discount_share", "top_category", "tenure_days", "age_band", "is_new"} <= set(profile)
    kinds = {"string": "OSU", "int64": "i", "float64": "f", "timestamp": "M", "boolean": "b"}
    wrong = {
        name: (TYPES[name], values.dtype)
        for name, values in profile.items()
        if values.dtype.kind not in kinds[TYPES[name].partition("(")[0]]
    }
    assert wrong == {}
