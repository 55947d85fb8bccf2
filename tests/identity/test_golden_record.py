"""One record per person: which source wins each field, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from written_company import CUSTOMERS, source

from customer_profiles.analysis.sources.matching import values_by_source
from customer_profiles.identity import golden
from customer_profiles.identity.golden import golden_records


def records(**columns) -> pd.DataFrame:
    table = pd.DataFrame(columns)
    texts = [name for name in table if name not in ("updated_at", "age")]
    return table.astype(dict.fromkeys(texts, "str"))


def why(provenance: pd.DataFrame, field: str, customer: int = 0) -> dict:
    row = provenance[(provenance["field"] == field) & (provenance["customer_no"] == customer)]
    return row.iloc[0].to_dict() if len(row) else {}


def test_the_first_source_that_knows_wins():
    best, provenance = golden_records(
        records(source=["crm", "shop", "shop"], gender=[None, "female", "male"], city=["Bonn", "Köln", None]),
        np.array([0, 0, 1]),
    )
    assert best.gender.tolist() == ["female", "male"]
    assert best.city.fillna("-").tolist() == ["Bonn", "-"]
    assert why(provenance, "gender")["reason"] == golden.ONLY
    city = why(provenance, "city")
    assert (city["source"], city["reason"], city["n_candidates"], city["disagreeing"]) == ("crm", golden.FIRST, 2, 1)
    assert why(provenance, "city", customer=1) == {}


def test_sources_that_agree_but_for_spelling():
    _, provenance = golden_records(
        records(source=["crm", "shop"], street=["Lange Straße 5", "LANGE STR. 5"], city=["Bonn", "BONN"]),
        np.array([0, 0]),
    )
    for field in ("street", "city"):
        assert why(provenance, field)["reason"] == golden.AGREE
        assert why(provenance, field)["disagreeing"] == 0


def test_a_placeholder_never_wins_over_a_value():
    best, provenance = golden_records(
        records(
            source=["crm", "web"], email=["noreply@shop.de", "anna@post.example"], phone=["000000", "0170 1234567"]
        ),
        np.array([0, 0]),
    )
    assert best.email.tolist() == ["anna@post.example"]
    assert best.phone.tolist() == ["0170 1234567"]
    assert {why(provenance, field)["reason"] for field in ("email", "phone")} == {golden.NOT_PLACEHOLDER}


def test_what_was_changed_last_wins_where_the_source_says_when():
    days = pd.to_datetime(["2020-01-01", "2024-06-01", None])
    best, provenance = golden_records(
        records(source=["crm", "shop", "web"], updated_at=days, city=["Bonn", "Köln", "Ulm"], age=[30.0, None, 31.0]),
        np.array([0, 0, 0]),
    )
    assert best.city.tolist() == ["Köln"]
    assert why(provenance, "city")["reason"] == golden.LATEST
    assert best.age.tolist() == [30.0]  # a known day comes before an unknown one
    assert best.updated_at.tolist() == [pd.Timestamp("2024-06-01")]


def test_no_records():
    best, provenance = golden_records(records(source=[], city=[]), np.array([], dtype=int))
    assert len(best) == len(provenance) == 0
    assert list(best) == ["source", "city"]


def test_provenance_holds_no_value_and_counts_who_won(company):
    company.write("crm.csv", "id,mail,city,gender\n1,anna@berg.de,Bonn,female\n2,bea@tal.de,Ulm,\n")
    company.write("shop.csv", "id,mail,city,gender\n7,anna@berg.de,Köln,female\n8,cem@see.de,Kiel,male\n")
    columns = {"email": "mail", "city": "city", "gender": "gender"}
    company.collect(
        source(CUSTOMERS, columns, ids="crm"), source(CUSTOMERS, columns, name="shop", path="shop.csv", ids="shop")
    )
    provenance = company.tables.read("provenance")
    text = provenance.to_csv()
    assert not [value for value in ("Bonn", "Köln", "anna", "female", "berg.de") if value in text]
    assert set(provenance["customer_no"]) == {0, 1, 2}
    counted = provenance.assign(several=provenance["n_candidates"] > 1, differing=provenance["disagreeing"] > 0)
    table = values_by_source(counted).frame.set_index(["field", "source"])
    assert table.loc[("city", "crm"), ["n", "base", "several"]].tolist() == [2, 3, 1]
    assert table.loc[("city", "shop"), "n"] == 1
    assert table.loc[("city", "crm"), "disagree_share"] == 1
    assert table.loc[("gender", "crm"), "disagree_share"] == 0


def test_of_people_who_must_not_appear_nothing_is_kept(company):
    company.write("crm.csv", "id,city,ok\n1,Bonn,no\n2,Ulm,yes\n3,Kiel,yes\n")
    company.collect(source(CUSTOMERS, {"city": "city", "consent": "ok"}))
    provenance = company.tables.read("provenance")
    assert set(provenance["customer_no"]) == {0, 1}
    assert (provenance["field"] == "city").sum() == 2


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["a", "b", "A", None])), min_size=1, max_size=12))
def test_every_value_comes_from_a_record_of_the_person(rows):
    person = pd.factorize(np.array([number for number, _ in rows]))[0]
    table = records(source=[f"s{i}" for i in range(len(rows))], city=[city for _, city in rows])
    best, provenance = golden_records(table, person)
    for number, city in best["city"].items():
        theirs = table["city"][person == number].dropna()
        if pd.isna(city):
            assert theirs.empty
            continue
        told = why(provenance, "city", number)
        assert city == theirs.iloc[0] == table.loc[table["source"] == told["source"], "city"].iloc[0]
        assert told["n_candidates"] == len(theirs)
        assert told["disagreeing"] == (theirs.str.lower() != city.lower()).sum()
        assert (told["reason"] == golden.ONLY) == (len(theirs) == 1)
