"""The same person in several systems is one customer; a family is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_company import CUSTOMERS, source

from customer_profiles.errors import ConfigurationError
from customer_profiles.identity import normalise
from customer_profiles.identity.pseudonyms import KEY_VARIABLE, fingerprint, pseudonym, pseudonym_key
from customer_profiles.identity.resolution import THRESHOLD, match_people, resolve

ANNA = {
    "name": "Anna Müller",
    "email": "anna@mueller.de",
    "phone": "+49 170 1234567",
    "street": "Lange Straße 5",
    "postal_code": "01067",
    "birth_date": pd.Timestamp("1985-03-04"),
}


def as_table(*records):
    table = pd.DataFrame([{"space": f"s{i}", "raw_id": "1", **record} for i, record in enumerate(records)])
    texts = [column for column in table if column != "birth_date"]
    return table.astype(dict.fromkeys(texts, "str"))


def people(*records):
    return match_people(as_table(*records)).tolist()


def without(record, *columns, **other):
    return {name: None if name in columns else value for name, value in record.items()} | other


@pytest.mark.parametrize(
    "other",
    [
        without(ANNA, "phone", "street", "birth_date", email="ANNA@mueller.de "),
        without(ANNA, "email", "street", "birth_date", phone="0170-1234567"),
        without(ANNA, "email", "phone", "street", name="Mueller, Anna"),
        without(ANNA, "email", "phone", "birth_date", street="LANGE STR. 5"),
        without(ANNA, "phone", "street", name="Anna Schmidt"),  # married
        without(ANNA, "phone", "street", "birth_date", name="A. Müller"),
        without(ANNA, "phone", "street", birth_date=pd.Timestamp("1985-04-03")),  # day and month swapped
        without(ANNA, "phone", "street", "name"),
        without(ANNA, "email", "phone", name="Müller Anna", birth_date=pd.Timestamp("1985-03-04")),  # swapped
        without(ANNA, "email", "street", name="Anna Mueler"),
        without(ANNA, "phone", "postal_code", email="anna@mueler.de"),
        without(ANNA, "email", birth_date=pd.Timestamp("1985-03-14")),  # one digit
        without(ANNA, "email", "phone", street="Lange Strasse 5", postal_code="01069"),
        without(ANNA, "phone", "email", name="Anna Müller-Schmidt"),
    ],
)
def test_one_person(other):
    assert people(ANNA, other) == [0, 0]


@pytest.mark.parametrize(
    "other",
    [
        without(ANNA, name="Bernd Müller"),  # husband, twin, everything shared
        without(ANNA, name="Lena Müller", birth_date=pd.Timestamp("2010-01-01")),
        without(ANNA, birth_date=pd.Timestamp("1955-07-19")),  # mother of the same name
        without(ANNA, "email", "street", "birth_date", name="Anna Weber"),  # a phone number that changed hands
        without(ANNA, "email", "phone", "street", "birth_date"),  # nothing but the name and the postal code
        without(ANNA, name="Anne Müller", birth_date=pd.Timestamp("1987-11-21")),  # sister
        without(ANNA, "email", name="Lena Müller"),  # twin sister
    ],
)
def test_two_persons(other):
    assert people(ANNA, other) == [0, 1]


@pytest.mark.parametrize("value", ["noreply@shop.de", "unbekannt@x.de", "none", "test@test.de"])
def test_placeholder_addresses_join_nobody(value):
    assert people({"name": "Anna A", "email": value}, {"name": "Anna B", "email": value}) == [0, 1]


def test_an_address_shared_by_many_is_nobodys():
    records = [{"name": "Anna A", "email": "branch@shop.de"}] * 30
    assert people(*records) == list(range(30))


def test_same_id_is_one_person_and_persons_are_numbered_by_first_record():
    records = pd.DataFrame({"space": ["a", "b", "a", "a"], "raw_id": ["9", "9", "1", "9"]}, dtype="str")
    assert match_people(records).tolist() == [0, 1, 2, 0]


def test_chains_join():
    first = {"name": "Anna A", "email": "a@x.de"}
    link = {"name": "Anna A", "email": "a@x.de", "phone": "0170 7654321"}
    last = {"name": "Anna A", "phone": "0170 7654321"}
    assert people(first, last, link) == [0, 0, 0]


@pytest.mark.parametrize(
    ("written", "normal"), [("+49 (0)170 123-45-67", "701234567"), ("0170/1234567", "701234567"), ("0000000", None)]
)
def test_phones(written, normal):
    (found,) = normalise.phones(pd.Series([written], dtype="str"))
    assert (found if isinstance(found, str) else None) == normal


def test_key_is_made_once_and_kept_private(company, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    dataset = company.dataset(CUSTOMERS)
    key = pseudonym_key(dataset)
    assert pseudonym_key(dataset) == key
    assert len(key) == 32
    assert (company.folder / "runs" / ".key").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv(KEY_VARIABLE, "short")
    with pytest.raises(ConfigurationError, match="shorter than 16"):
        pseudonym_key(dataset)
    monkeypatch.setenv(KEY_VARIABLE, "long enough to be a key")
    assert pseudonym_key(dataset) == b"long enough to be a key"


def test_pseudonyms_depend_on_key_and_name_space():
    names = {pseudonym(key, space, "1") for key in (b"a" * 32, b"b" * 32) for space in ("crm", "shop")}
    assert len(names) == 4
    assert all(len(name) == 16 for name in names)
    assert fingerprint(b"k", "Lange Str. 5") == fingerprint(b"k", "lange  STR 5") != fingerprint(b"l", "Lange Str. 5")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Johannes", "Hans"), ("Katharina", "Käthe"), ("Robert", "Bob"), ("William", "Bill"), ("Stefan", "Stephan")],
)
def test_short_forms_and_spellings_are_the_same_name(one, other):
    assert people(
        without(ANNA, "phone", "email", name=f"{one} Berger"), without(ANNA, "phone", "email", name=f"{other} Berger")
    ) == [0, 0]


def test_a_family_with_one_mailbox_stays_a_family():
    """Father and son of one name, twins, and mother share address, phone and mailbox."""
    born = ["1955-07-19", "1985-03-04", "1985-03-04", "1957-01-30"]
    family = [
        ANNA | {"name": f"{name} Müller", "birth_date": pd.Timestamp(day)}
        for name, day in zip(["Karl", "Karl", "Anton", "Ida"], born, strict=True)
    ]
    assert people(*family, *family) == [0, 1, 2, 3, 0, 1, 2, 3]


def test_an_account_without_name_joins_one_of_a_couple_at_most():
    """A record with nothing but the shared mailbox must not chain two people."""
    found = people(ANNA, ANNA | {"name": "Bernd Müller", "birth_date": pd.Timestamp("1983-05-06")},
                   {"email": ANNA["email"], "postal_code": ANNA["postal_code"]})  # fmt: skip
    assert found[0] != found[1]


def test_a_record_in_the_middle_does_not_chain_two_birth_dates():
    """A and C are one digit from B, but not from each other."""
    days = [pd.Timestamp(day) for day in ("1985-03-04", "1985-03-14", "1985-03-18")]
    found = people(*(ANNA | {"birth_date": day} for day in days))
    assert found[0] != found[2]


def test_off_joins_by_id_only():
    records = as_table(ANNA, ANNA)
    assert match_people(records, threshold=None).tolist() == [0, 1]
    assert match_people(records.assign(space="crm"), threshold=None).tolist() == [0, 0]


def test_no_record_and_one_record():
    assert resolve(as_table(ANNA)).person.tolist() == [0]
    nobody = resolve(as_table(ANNA).head(0))
    assert len(nobody.person) == len(nobody.evidence) == 0


def test_thresholds_are_nested_and_the_evidence_adds_up():
    from linkage_people import make_records

    found = resolve(make_records(400, seed=5))
    for finer, coarser in ((found.strict, found.person), (found.person, found.loose)):
        assert pd.Series(coarser).groupby(finer).nunique().max() == 1
    evidence = found.evidence
    assert (evidence["expected"] <= evidence["pairs"]).all()
    joined = evidence[evidence["joined"]]
    assert joined["expected"].sum() > THRESHOLD * joined["pairs"].sum()
    assert {"space", "raw_id", "email"} & set(evidence) == {"email"}
    assert set(evidence["email"]) <= {"missing", "equal", "near", "different"}  # outcomes, never values


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_records_makes_no_difference(seed, random):
    from linkage_people import make_records

    records = make_records(60, seed)
    order = list(range(len(records)))
    random.shuffle(order)
    one, other = match_people(records), match_people(records.iloc[order].reset_index(drop=True))
    back = np.empty(len(order), dtype=int)
    back[order] = other
    assert (pd.factorize(back)[0] == one).all()


def test_dataset_yaml_can_switch_matching_off_or_make_it_stricter(company):
    company.write("crm.csv", "id,name,mail\n1,Anna Berg,anna@berg.de\n2,Anna Berg,anna@berg.de\n")
    crm = source(CUSTOMERS, {"name": "name", "email": "mail"})
    assert len(company.profile(crm)) == 1
    assert len(company.profile(crm, identity={"match": "off"})) == 2
    with pytest.raises(ConfigurationError, match=r"greater than or equal to 0\.5"):
        company.dataset(crm, identity={"threshold": 0.2})
    with pytest.raises(ConfigurationError, match="did you mean 'threshold'"):
        company.dataset(crm, identity={"treshold": 0.9})
