"""The vocabulary of columns."""

from __future__ import annotations

import csv
from collections import Counter

from customer_profiles.ingest import contract
from customer_profiles.reporting import labels


def test_every_column_has_a_formatter_that_exists():
    assert {c.kind for c in labels.COLUMNS.values()} <= {*labels.KINDS, "text"}


def test_no_name_is_said_twice():
    with labels.VOCABULARY.open(encoding="utf-8", newline="") as file:
        names = [(row[0], row[1]) for row in csv.reader(file)]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_unknown_columns_are_called_by_their_own_name():
    assert labels.column("delivery_days", numeric=True) == labels.Column("Delivery days", "number")
    assert labels.column("remark").kind == "text"
    assert labels.column("late_share", numeric=True).kind == "share"


def test_vocabularies_do_not_contradict_each_other():
    assert not set(labels.MEASURES) & set(labels.KEYS)
    assert not set(labels.MEASURES) & set(labels.TRAITS)
    assert not set(labels.KEYS) & set(labels.TRAITS)


def test_every_table_and_column_of_the_contract_has_a_name():
    """Chapter 01 names them in the reader's language, so each needs an entry that the catalogues can translate."""
    named = labels.VALUES.keys() | labels.TERMS.keys() | labels.COLUMNS.keys() | labels.FIELDS.keys()
    assert {*contract.TABLES, *(name for fields in contract.TABLES.values() for name in fields)} <= named
