import pytest

from customer_profiles.analyse import text


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        ("anna.mueller@example.org", "e-mail"),
        ("anna(at)example.org", "e-mail"),
        ("0170 1234567", "number"),
        ("+49 (0)351 / 123 456", "number"),
        ("DE89 3704 0044 0532 0130 00", "IBAN"),
        ("Hauptstraße 12a", "address"),
        ("Am Markt Weg 3", "address"),
        ("221 Baker Street", "address"),
        ("01067 Dresden", "town"),
        ("https://example.org/konto?id=7", "link"),
        ("BW-2024551", "number"),
    ],
)
def test_personal_data_is_replaced(secret, kind):
    redacted = text.redact(f"Bitte melden: {secret}, danke")
    assert f"[{kind}]" in redacted
    assert secret not in redacted


def test_ordinary_figures_stay():
    sentence = "Seit 3 Wochen warte ich auf 129,95 Euro und Größe 42"
    assert text.redact(sentence) == sentence


def test_known_names_are_replaced_as_whole_words():
    assert text.redact("Herr Lang wartet lange", names=["Lang"]) == "Herr [name] wartet lange"


def test_placeholders_do_not_count_as_words():
    assert text.words(text.impersonal("Mail an anna@example.org bitte")) == ["Mail", "an", "bitte"]


def test_words_keep_spelling_and_leave_out_numbers():
    assert text.words("Gore-Tex-Jacke in Größe 42, don't!") == ["Gore-Tex-Jacke", "in", "Größe", "don't"]


def test_stop_words_keep_what_people_complain_about():
    assert {"the", "don't", "hello"} <= text.stop_words("en")
    assert not {"order", "small", "page", "problem"} & text.stop_words("en")
    assert {"nicht", "hallo", "ich"} <= text.stop_words("de")
    assert text.stop_words("xx") == frozenset()


def test_mask_shows_no_character():
    assert text.mask("O'Neil 7") == "1×<letter> 1×<sign> 4×<letter> 1×<blank> 1×<digit>"
    assert text.mask("") == "empty"
