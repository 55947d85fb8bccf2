"""Every automatic change is counted, and stays away when its rule is switched off."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.errors import ConfigurationError
from customer_profiles.ingest.parsing.cleaning import LONGEST_TEXT, RULES, Log, tidied

WITH_GENDER = source(CUSTOMERS, {"gender": "x"})
WITH_CITY = source(CUSTOMERS, {"city": "x"})
# Rule, source of customers, what stands in two rows, the same after cleaning and without the rule.
CELLS = {
    "invisible": (WITH_CITY, ["Bo\u200bnn", "Ulm"], ["Bonn", "Ulm"], ["Bo\u200bnn", "Ulm"]),
    "blanks": (WITH_CITY, ["  Bonn ", "Ulm"], ["Bonn", "Ulm"], ["  Bonn ", "Ulm"]),
    "unicode": (WITH_CITY, ["Ko\u0308ln", "Ulm"], ["Köln", "Ulm"], ["Ko\u0308ln", "Ulm"]),
    "empty_words": (source(WITH_CITY, empty=["", "n/a"]), ["n/a", "Ulm"], [None, "Ulm"], ["n/a", "Ulm"]),
    "letter_case": (WITH_GENDER, ["Female", "male"], ["female", "male"], [None, "male"]),
    "undeclared_codes": (WITH_GENDER, ["lady", "male"], [None, "male"], ["male"]),
    "placeholder_days": (source(CUSTOMERS, {"birth_date": "x"}), ["1900-01-01", "1980-02-03"], None, None),
    "damaged_letters": (WITH_CITY, ["MÃ¼nchen", "Ulm"], [None, "Ulm"], ["Ulm"]),
    "spreadsheet_errors": (WITH_CITY, ["#N/A", "Ulm"], [None, "Ulm"], ["Ulm"]),
    "bands": (source(CUSTOMERS, {"age": "x"}), ["20", "70"], None, None),
}


def collected(company, base, cells, **keys):
    company.write("crm.csv", "id,x\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells, start=1)))
    return company.collect(base, **keys)


def log_of(company, rule):
    log = company.tables.read("cleaning")
    return log[log.rule == rule]


def values(company, base):
    column = next(name for name in base["columns"] if name != "customer_id")
    return [None if pd.isna(value) else value for value in company.tables.read("customers")[column]]


@pytest.mark.parametrize("rule", CELLS)
def test_a_rule_changes_counts_and_can_be_switched_off(company, rule):
    base, cells, cleaned, untouched = CELLS[rule]
    collected(company, base, cells)
    entry = log_of(company, rule)
    assert len(entry) == 1
    lost = rule in ("empty_words", "undeclared_codes", "placeholder_days", "damaged_letters", "spreadsheet_errors")
    expected = (2, 0, 2) if rule == "bands" else (1, 2, 1 if lost else 2)
    assert tuple(entry[["n", "before", "after"]].iloc[0]) == expected
    assert entry.can_be_off.all()
    if cleaned:
        assert values(company, base) == cleaned
    collected(company, base, cells, cleaning={"off": [rule]})
    assert log_of(company, rule).empty
    if untouched:
        assert values(company, base) == untouched


def test_placeholder_days_stay_when_the_rule_is_off(company):
    base, cells, *_ = CELLS["placeholder_days"]
    collected(company, base, cells)
    assert values(company, base) == [None, pd.Timestamp("1980-02-03")]
    collected(company, base, cells, cleaning={"off": ["placeholder_days"]})
    assert values(company, base) == [pd.Timestamp("1900-01-01"), pd.Timestamp("1980-02-03")]


def test_bands_are_not_derived_when_the_rule_is_off(company):
    company.write("crm.csv", "id,x\n1,20\n2,70\n")
    assert company.profile(CELLS["bands"][0]).age_band.tolist() == ["18–24", "65+"]
    assert "age_band" not in company.profile(CELLS["bands"][0], cleaning={"off": ["bands"]})


def test_an_undeclared_code_sets_its_row_aside_when_the_rule_is_off(company):
    base, cells, *_ = CELLS["undeclared_codes"]
    set_aside = collected(company, base, cells, cleaning={"off": ["undeclared_codes"]}).set_aside
    assert set_aside[["row", "column", "reason"]].to_numpy().tolist() == [[2, "x", "not among the declared values"]]


def test_repeated_rows(company):
    company.write("orders.csv", "id,at,amount\n1,2025-01-01,5\n1,2025-01-01,5\n2,2025-01-01,5\n")
    company.collect(ORDERS)
    assert log_of(company, "repeated_rows")[["source", "column", "n", "before", "after"]].to_numpy().tolist() == [
        ["orders", "", 1, 3, 2]
    ]
    counts = company.collect(ORDERS, cleaning={"off": ["repeated_rows"]}).reconciliation
    assert counts[["used", "duplicate"]].to_numpy().tolist() == [[3, 0]]
    assert log_of(company, "repeated_rows").empty


def test_repeated_ids(company):
    company.write("crm.csv", "id,x\n1,\n1,Ulm\n2,Bonn\n")
    company.collect(WITH_CITY)
    assert log_of(company, "repeated_ids")[["n", "before", "after"]].to_numpy().tolist() == [[1, 3, 2]]
    assert values(company, WITH_CITY) == [None, "Bonn"]
    counts = company.collect(WITH_CITY, cleaning={"off": ["repeated_ids"]}).reconciliation
    assert counts[["used", "duplicate"]].to_numpy().tolist() == [[3, 0]]
    assert values(company, WITH_CITY) == ["Ulm", "Bonn"]


def test_long_texts_are_cut(company):
    company.write("tickets.csv", f"id,opened,words\n1,2025-12-30,{'a b ' * 249_000}end\n1,2025-12-31,short\n")
    columns = {"customer_id": "id", "opened_at": "opened", "text": "words"}
    tickets = {"name": "t", "system": "service_desk", "path": "tickets.csv", "table": "tickets", "columns": columns}
    company.write("crm.csv", "id\n1\n")
    company.collect(CUSTOMERS, tickets)
    assert sorted(company.tables.read("tickets").text.str.len()) == [5, LONGEST_TEXT]
    assert log_of(company, "long_texts")[["column", "n", "before", "after"]].to_numpy().tolist() == [["text", 1, 2, 2]]
    with pytest.raises(ConfigurationError, match="'long_texts' cannot be switched off: of a longer text"):
        company.collect(CUSTOMERS, tickets, cleaning={"off": ["long_texts"]})


def test_what_cannot_be_switched_off_is_recorded_too(company):
    company.write("crm.csv", "id,ok,mail\n1,yes,a@x.de\n2,perhaps,b@x.de\n")
    company.write("tickets.csv", "id,opened,closed\n1,2025-12-30,2026-01-02\n1,2025-12-30,2025-12-31\n")
    columns = {"customer_id": "id", "opened_at": "opened", "closed_at": "closed"}
    tickets = {"name": "t", "system": "service_desk", "path": "tickets.csv", "table": "tickets", "columns": columns}
    company.collect(source(CUSTOMERS, {"consent": "ok"}), tickets)
    log = company.tables.read("cleaning")
    assert log[["source", "column", "rule", "n", "before", "after", "can_be_off"]].to_numpy().tolist() == [
        ["crm", "consent", "unclear_consent", 1, 2, 1, False],
        ["t", "closed_at", "later_values", 1, 2, 1, False],
    ]


@pytest.mark.parametrize(
    ("off", "says"),
    [
        ("blank", "there is no rule 'blank', did you mean 'blanks'"),
        ("later_values", "the rule 'later_values' cannot be switched off: a run sees nothing after its date"),
    ],
)
def test_rules_that_cannot_be_switched_off_are_refused(company, off, says):
    with pytest.raises(ConfigurationError, match=says):
        company.dataset(CUSTOMERS, cleaning={"off": [off]})


def test_every_rule_is_tested_here():
    tested = {*CELLS, "long_texts", "repeated_rows", "repeated_ids", "unclear_consent", "later_values"}
    assert tested == set(RULES)


def test_the_log_shows_no_value(company):
    company.write("crm.csv", "id,mail,x\n1, zoe@quandt.de ,1900-01-01\n2,b@x.de,\n")
    company.collect(source(CUSTOMERS, {"email": "mail", "birth_date": "x"}))
    log = company.tables.read("cleaning")
    assert log.set_index("rule").example.to_dict() == {
        "blanks": "15×<character> → 13×<character>",
        "placeholder_days": "10×<digit or sign> → –",
    }


def test_each_value_counts_once_though_cells_are_cleaned_once_each(company):
    rows = "".join(f"{i},{' Bonn' if i % 3 else 'Bonn'}\n" for i in range(1, 31))
    company.write("crm.csv", "id,x\n" + rows)
    company.collect(WITH_CITY)
    assert log_of(company, "blanks")[["n", "before", "after"]].to_numpy().tolist() == [[20, 30, 30]]


def test_parts_of_a_joined_column_are_counted(company):
    company.write("crm.csv", "id,a,b\n1, Ulm,Mitte\n2,Bonn,West \n")
    company.collect(source(CUSTOMERS, {"city": {"join": ["a", "b"]}}))
    assert log_of(company, "blanks")[["column", "n"]].to_numpy().tolist() == [["city", 2]]
    assert company.tables.read("customers").city.tolist() == ["Ulm Mitte", "Bonn West"]


def test_typed_cells_are_left_alone():
    numbers = pd.Series([1.5, None])
    assert tidied(numbers, ("",)) is numbers
    mixed = pd.Series([" a ", 7, None, "-"], dtype="object")
    assert tidied(mixed, ("", "-")).fillna("nothing").tolist() == ["a", 7, "nothing", "nothing"]


def test_invisible_characters_of_an_emoji_stay_in_prose():
    family = "Danke 👩\u200d👧"
    assert tidied(pd.Series([family], dtype="str"), ("",), prose=True).tolist() == [family]
    assert tidied(pd.Series([family], dtype="str"), ("",)).tolist() == ["Danke 👩👧"]


@given(st.lists(st.text(max_size=8), max_size=12))
def test_cleaning_twice_changes_nothing_more(texts):
    once = tidied(pd.Series(texts, dtype="str"), ("", "-"))
    log = Log()
    twice = tidied(once, ("", "-"), log, "x")
    pd.testing.assert_series_equal(once, twice)
    assert all(change.n == 0 for change in log.changes.values())
