"""The vocabulary of columns."""

from __future__ import annotations

from customer_profiles.report import labels


def test_every_column_has_a_formatter_that_exists():
    assert {c.kind for c in labels.COLUMNS.values()} <= {*labels.KINDS, "text"}


def test_unknown_columns_are_called_by_their_own_name():
    assert labels.column("delivery_days", numeric=True) == labels.Column("Delivery days", "number")
    assert labels.column("remark").kind == "text"
    assert labels.column("late_share", numeric=True).kind == "share"


def test_vocabularies_do_not_contradict_each_other():
    assert not set(labels.MEASURES) & set(labels.KEYS)
    assert not set(labels.MEASURES) & set(labels.TRAITS)
    assert not set(labels.KEYS) & set(labels.TRAITS)
