"""Customers are called by what they are, in either language, whatever the column and the value."""

from __future__ import annotations

import pytest

from customer_profiles.messages import Text
from customer_profiles.reporting.language import Language

EN, DE = Language("en"), Language("de")


@pytest.mark.parametrize(
    ("attribute", "value", "english", "german"),
    [
        ("age_band", "25–34", "customers aged 25 to 34", "Kunden von 25 bis 34 Jahren"),
        ("age_band", "under 18", "customers under 18", "Kunden unter 18 Jahren"),
        ("gender", "female", "women", "Frauen"),
        ("gender", "unknown", "customers (gender: unknown)", "Kunden (Geschlecht: unbekannt)"),
        ("household_size", "1", "customers living alone", "allein lebende Kunden"),
        ("interests", "chess", "customers interested in chess", "Kunden mit Interesse an chess"),
        ("tenure_days", "< 490", "customers for less than 490 days", "Kunden seit weniger als 490 Tagen"),
        ("own_column", "≥ 12", "customers (own column: 12 and more)", "Kunden (own column: 12 und mehr)"),
        ("own_column", "x {y}", "customers (own column: x {y})", "Kunden (own column: x {y})"),
    ],
)
def test_a_value_of_any_column_names_customers(attribute, value, english, german):
    assert (EN.group(attribute, value), DE.group(attribute, value)) == (english, german)


def test_two_traits_are_told_of_the_same_customers():
    text = Text(
        "{attribute/value/other/that:group} leave.",
        {"attribute": "contract", "value": "monthly", "other": "net", "that": "fibre"},
    )
    assert EN.text(text) == "Customers (contract: monthly, net: fibre) leave."
    alone = Text(text.message, {**text.values, "attribute": "gender", "value": "male", "other": "", "that": ""})
    assert EN.text(alone) == "Men leave."
    assert EN.group("gender", "male", "net", "fibre") == "men (net: fibre)"
