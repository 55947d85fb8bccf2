"""Personal data is found in what leaves the house, and ordinary pages pass."""

from __future__ import annotations

import pytest

from customer_profiles.identity.pseudonyms import by_words, fingerprint
from customer_profiles.privacy.outgoing import scan


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("<td>anna.k@example.org</td>", ["e-mail"]),
        ("<img alt='anna.k@example.org'>", ["e-mail"]),
        ("call +49 30 1234567 today", ["phone"]),
        ("Tel. 0151/23456789", ["phone"]),
        ("GB33BUKB20201555555555", ["IBAN"]),
        ("bought by Änne Müller-Lüdenscheidt.", ["name"]),
        ("<td>Hauptstr. 12 b</td>", ["street"]),
    ],
)
def test_personal_data_is_found(text, kinds):
    known = {"Änne Müller-Lüdenscheidt": "name", "Hauptstr. 12 b": "street"}
    assert scan(text, known, str) == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("Das ist ein Kunde", []), ("I. Stein", ["name"]), ("<b>i stein</b>", ["name"]), ("I.Stein called", ["name"])],
)
def test_an_initial_and_a_surname_are_told_from_the_same_letters_in_other_words(text, kinds):
    known = {fingerprint(b"key", by_words("I. Stein")): "name"}
    assert scan(text, known, lambda phrase: fingerprint(b"key", phrase)) == kinds


@pytest.mark.parametrize("text", ["Anna Stein", "annastein", "ANNA-STEIN"])
def test_a_full_name_is_found_however_it_is_joined(text):
    known = {fingerprint(b"key", by_words("Anna Stein")): "name"}
    assert scan(text, known, lambda phrase: fingerprint(b"key", phrase)) == ["name"]


@pytest.mark.parametrize(
    "text",
    [
        "1,469,307 rows, 0.12 (0.10–0.14), p = 0.001, 12 %",
        "2025-12-31 00:00:00, run 20251231-101500, seed 1234567890",
        "<td>0</td><td>12345678</td>",
        "<img src='data:image/png;base64,AAA+0123456789012345/=='>",
        "sha256 0345678901234567890123456789012345678901234567890123456789012345",
        "1,469,307 baskets until 2025-12-31",
        "DE12 is not an IBAN, nor is AB12CDEF3456GHIJ",
        "<style>a { margin: 0 01234567890px }</style>",
    ],
)
def test_ordinary_pages_are_clean(text):
    assert scan(text, {"12", "307", "1469307", "20251231"}, lambda phrase: "".join(filter(str.isalnum, phrase))) == []
