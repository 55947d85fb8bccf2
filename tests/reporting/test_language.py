"""Wording and numbers in the reader's language."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_profiles.messages import N_, Text
from customer_profiles.reporting import language as module
from customer_profiles.reporting.labels import KINDS
from customer_profiles.reporting.language import Language

NBSP = "\xa0"
NUMBERS = ("count", "share", "part", "in", "money", "sum", "index", "points", "ratio", "number", "about", "p")


def plain(text):
    return text.replace(NBSP, " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("kind", "value", "english", "german"),
    [
        ("count", 1_234_567, "1,234,567", "1.234.567"),
        ("share", 0.1235, "12.4%", "12,4 %"),
        ("share", 0.0004, "< 0.1%", "< 0,1 %"),
        ("share", 0, "0.0%", "0,0 %"),
        ("money", 99.994, "€99.99", "99,99 €"),
        ("money", 99.995, "€100", "100 €"),
        ("money", 1234.5, "€1,235", "1.235 €"),
        ("money", -3.2, "−€3.20", "−3,20 €"),
        ("index", 104.5, "105", "105"),
        ("points", 12.4, "+12", "+12"),
        ("points", -12.5, "−13", "−13"),
        ("points", -0.2, "0", "0"),
        ("ratio", 2.345, "2.35", "2,35"),
        ("ratio", 12.34, "12.3", "12,3"),
        ("number", 3.0, "3", "3"),
        ("number", 0.126, "0.13", "0,13"),
        ("p", 0.0345, "p = 0.035", "p = 0,035"),
        ("p", 0.0001, "p < 0.001", "p < 0,001"),
        ("day", date(2025, 12, 31), "31 December 2025", "31. Dezember 2025"),
        ("day", "2025-12-31", "31 December 2025", "31. Dezember 2025"),
        ("month", pd.Timestamp("2025-12-01"), "December 2025", "Dezember 2025"),
    ],
)
def test_numbers_are_written_as_people_write_them(kind, value, english, german):
    assert plain(Language("en").format(kind, value)) == english
    assert plain(Language("de").format(kind, value)) == german


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("kind", KINDS[:-3])
def test_what_does_not_exist_is_a_dash(kind, missing):
    assert Language("en").format(kind, missing) == "–"


@settings(max_examples=60, deadline=None)
@given(st.floats() | st.integers(-(10**30), 10**30), st.floats(), st.sampled_from(["en", "de"]), st.booleans())
def test_every_number_can_be_written(number, other, code, rounded):
    """Of few cases come intervals without an end, and amounts that no context of decimals holds."""
    told = Language(code, rounded=rounded)
    for kind in NUMBERS:
        assert told.format(kind, number)
        assert told.span(kind, number, other)
        assert told.interval(kind, number, other)
    assert math.isnan(number) or all((told.short_money(number), told.percent(number), told.decimal(number, 2)))


def test_what_has_no_end_is_told_so():
    english = Language("en")
    assert english.format("ratio", math.inf) == english.format("ratio", 1e300) == "∞"
    assert english.span("ratio", 1.2, math.inf) == "1.20–∞"
    assert english.format("money", -math.inf) == "−€∞"


def test_rounds_half_up_on_what_is_seen():
    # 0.145 is below a half in binary, but everybody who sees 14.5 % reads it as a half.
    assert Language("en").percent(0.145) == "15%"
    assert Language("en").format("share", 1 / 8 / 100) == "0.1%"


def test_a_text_is_filled_and_never_filled_twice():
    text = Text("{name:label}: {n:count}", {"name": "{n:count}", "n": 5})
    assert Language("en").text(text) == "{n:count}: 5"


def test_a_missing_value_is_an_error_and_so_is_an_unknown_formatter():
    with pytest.raises(KeyError):
        Language("en").text(Text("{n:count}"))
    with pytest.raises(ValueError, match="no formatter 'class'"):
        Language("en").text(Text("{n:class}", {"n": 1}))  # not even one that happens to be an attribute


def test_unknown_language_is_refused():
    with pytest.raises(ValueError, match="known are en, de"):
        Language("fr")


def test_labels_come_from_the_data_set_first_then_from_the_vocabulary():
    speak = Language("de", labels={"home": {"en": "Home", "de": "Wohnung"}, "car": {"en": "Car"}})
    assert [speak.label(name) for name in ("home", "car", "Bavaria")] == ["Wohnung", "Car", "Bavaria"]
    assert Language("en").label("age_band") == "Age group"


def test_values_are_no_names_of_columns_and_have_labels_of_their_own():
    speak = Language("de", labels={"spend": {"de": "Ausgaben"}}, values={"tickets": {"de": "Eintrittskarten"}, "b": {}})
    words = ("tickets", "spend", "children", "crm", "female", "True", "b")
    assert [speak.value(word) for word in words] == [
        "Eintrittskarten",
        "spend",
        "children",
        "crm",
        "weiblich",
        "ja",
        "b",
    ]
    assert speak.label("tickets") == Language("de").label("tickets") != "Eintrittskarten"
    assert Language("de", values={"Umzug": {"de": "Umzug des Lagers"}}).label("Umzug") == "Umzug des Lagers"


def test_codes_of_a_data_set_are_no_names_of_columns():
    assert [Language("en").label(code) for code in ("m", "f", "k", "first", "other")] == [
        "m",
        "f",
        "k",
        "first",
        "other",
    ]


def test_a_text_can_be_a_label():
    inner = Text("{n:count} days", {"n": 3})
    assert Language("en").text(Text("{x:label}.", {"x": inner})) == "3 days."


def test_catalogue_is_used_and_uncertain_translations_are_not(tmp_path, monkeypatch):
    message = N_("{n:count} more rows")
    entry = 'msgid "{0}"\nmsgstr "{1}"\n\n'
    (tmp_path / "de.po").write_text(
        entry.format("", "Content-Type: text/plain; charset=utf-8\\n")
        + entry.format(message, "{n:count} weitere Zeilen")
        + "#, fuzzy\n"
        + entry.format("table", "Tisch"),
        encoding="utf-8",
    )
    monkeypatch.setattr(module, "LOCALE", tmp_path)
    module.catalogue.cache_clear()
    try:
        speak = Language("de")
        assert speak.text(Text(message, {"n": 1200})) == "1.200 weitere Zeilen"
        assert speak.translate("table") == "table"
        assert Language("en").text(Text(message, {"n": 1200})) == "1,200 more rows"
    finally:
        module.catalogue.cache_clear()


def test_spans_give_the_unit_once():
    assert Language("en").span("share", 0.1, 0.145) == "10.0–14.5%"
    assert plain(Language("de").span("money", 120, 150)) == "120–150 €"
    assert Language("en").span("points", -5, 12) == "−5 – +12"
    assert Language("en").span("count", 5, 12) == "5–12"


def test_amounts_in_charts_are_short():
    assert [Language("en", "USD").short_money(v) for v in (950, 23_456, 2_345_678)] == ["$950", "$23K", "$2.3M"]
    assert plain(Language("de").short_money(23_456)) == "23.000 €"
    assert plain(Language("de").short_money(2_345_678)) == "2,3 Mio. €"
