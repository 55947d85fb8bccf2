"""The same person in several systems is one customer; a family is not."""

from __future__ import annotations

import pandas as pd
import pytest
from collect.conftest import CUSTOMERS

from customer_profiles.collect import normalise
from customer_profiles.collect.identity import golden_records, match_people
from customer_profiles.collect.pseudonyms import KEY_VARIABLE, fingerprint, pseudonym, pseudonym_key
from customer_profiles.errors import ConfigurationError

ANNA = {
    "name": "Anna Müller",
    "email": "anna@mueller.de",
    "phone": "+49 170 1234567",
    "street": "Lange Straße 5",
    "postal_code": "01067",
    "birth_date": pd.Timestamp("1985-03-04"),
}


def people(*records):
    table = pd.DataFrame([{"space": f"s{i}", "raw_id": "1", **record} for i, record in enumerate(records)])
    texts = [column for column in table if column != "birth_date"]
    return match_people(table.astype(dict.fromkeys(texts, "str"))).tolist()


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
    ],
)
def test_one_person(other):
    assert people(ANNA, other) == [0, 0]


@pytest.mark.parametrize(
    "other",
    [
        without(ANNA, name="Bernd Müller"),  # husband, twin, everything shared
        without(ANNA, name="Lena Müller", birth_date=pd.Timestamp("2010-01-01")),
        without(ANNA, birth_date=pd.Timestamp("1955-03-04")),  # mother of the same name
        without(ANNA, "email", "street", "birth_date", name="Anna Weber"),  # a phone number that changed hands
        without(ANNA, "email", "phone", "street", "birth_date"),  # nothing but the name
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


def test_golden_record_takes_the_first_source_that_knows():
    records = pd.DataFrame({"gender": [None, "female", "male"], "city": ["Bonn", "Köln", None]}, dtype="str")
    golden = golden_records(records, pd.Series([0, 0, 1]).to_numpy())
    assert golden.gender.tolist() == ["female", "male"]
    assert golden.city.fillna("-").tolist() == ["Bonn", "-"]


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
