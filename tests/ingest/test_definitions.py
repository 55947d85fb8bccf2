from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.ingest.config.definitions import definitions


def parts(company, *sources, params=None, **keys) -> dict[str, str]:
    table = definitions(company.dataset(*sources, **keys), params or {"01": {"seed": 1}})
    return table.set_index("part")["sha256"].to_dict()


def changed(one: dict, other: dict) -> set[str]:
    return {part for part in one.keys() | other.keys() if one.get(part) != other.get(part)}


def test_what_is_defined_otherwise_is_told_part_by_part(company):
    company.write("crm.csv", "id\n1\n")
    plain = parts(company, CUSTOMERS, ORDERS)
    other = source(ORDERS, {"quantity": "many"})
    assert changed(plain, parts(company, CUSTOMERS, other)) == {"source:orders"}
    assert changed(plain, parts(company, CUSTOMERS, ORDERS, identity={"threshold": 0.99})) == {"identity"}
    assert changed(plain, parts(company, CUSTOMERS, ORDERS, time_zone="UTC")) == {"rules"}
    assert changed(plain, parts(company, CUSTOMERS, ORDERS, segment_by=["orders"])) == {"segments"}
    assert changed(plain, parts(company, CUSTOMERS, ORDERS, params={"01": {"seed": 2}})) == {"parameters 01"}


def test_what_changes_no_figure_is_no_definition(company):
    plain = parts(company, CUSTOMERS, ORDERS)
    targets = {"kpis": {"sales": {"target": 1, "owner": "Sales"}}}
    told = parts(company, CUSTOMERS, {**ORDERS, "path": "february.csv"}, title="Other", language="de", **targets)
    assert changed(plain, told) == set()
    named = {"segments": {1: {"en": "Regulars"}}, "labels": {"web": {"de": "Netz"}}, "privacy": {"quotes": True}}
    assert changed(plain, parts(company, CUSTOMERS, ORDERS, **named)) == set()
    homes = (
        {**CUSTOMERS, "attributes": {"home": {"column": "id", "label": {"en": name}}}} for name in ("Home", "Flat")
    )
    assert changed(*(parts(company, home, ORDERS) for home in homes)) == set()
