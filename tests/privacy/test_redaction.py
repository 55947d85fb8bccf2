import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import from_regex

from customer_profiles.privacy import redaction
from customer_profiles.privacy.person_names import Vocabulary

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import redaction_quality as quality  # the generator of texts and the measure stand there

GERMAN, ENGLISH = Vocabulary("de"), Vocabulary("en")


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
        ("null eins sieben sechs, vier vier zwo", "number"),
        ("zero one seven 6 five four", "number"),
    ],
)
def test_personal_data_is_replaced(secret, kind):
    redacted = redaction.redact(f"Bitte melden: {secret}, danke")
    assert f"[{kind}]" in redacted
    assert secret not in redacted


def test_ordinary_figures_stay():
    sentence = "Seit 3 Wochen warte ich auf 129,95 Euro und Größe 42"
    assert redaction.redact(sentence) == sentence


def test_known_names_are_replaced_as_whole_words():
    assert redaction.redact("Herr Lang wartet lange", names=["Lang"]) == "Herr [name] wartet lange"


@pytest.mark.parametrize(
    ("vocabulary", "before", "after"),
    [
        (GERMAN, "Sehr geehrte Frau Dr. Yılmaz, danke", "Sehr geehrte Frau Dr. [name], danke"),
        (GERMAN, "gestern hat frau lang angerufen", "gestern hat frau [name] angerufen"),
        (GERMAN, "herr Koch war freundlich", "herr [name] war freundlich"),
        (GERMAN, "meine frau sagt das auch", "meine frau sagt das auch"),
        (ENGLISH, "mrs baker was kind", "mrs [name] was kind"),
        (ENGLISH, "i miss you and the old shop", "i miss you and the old shop"),
        (GERMAN, "Viele Grüße\nJoão da Silva", "Viele Grüße\n[name]"),
        (GERMAN, "ich heiße priya sharma", "ich heiße [name]"),
        (GERMAN, "Das hat Thomas im Laden gesagt", "Das hat [name] im Laden gesagt"),
        (GERMAN, "Hallo Team, die Lieferverzögerung nervt", "Hallo Team, die Lieferverzögerung nervt"),
        (ENGLISH, "Mr Rose was kind, the rose was not", "Mr [name] was kind, the rose was not"),
        (ENGLISH, "I spoke to Agnieszka Nowak on Monday", "I spoke to [name] on Monday"),
        (ENGLISH, "My iPhone and the WhatsApp chat in May", "My iPhone and the WhatsApp chat in May"),
        (Vocabulary("pt"), "Falei com a Joana Figueiredo ontem", "Falei com a [name] ontem"),
    ],
)
def test_names_are_told_by_how_they_are_used(vocabulary, before, after):
    assert redaction.redact(before, vocabulary=vocabulary) == after


def test_words_of_the_trade_are_no_names():
    texts = ["Der Zorblax passt nicht"] * 12
    assert redaction.redact(texts[0], vocabulary=GERMAN) == "Der [name] passt nicht"
    known = Vocabulary.of(texts, range(12), "de")
    assert redaction.redact(texts[0], vocabulary=known) == texts[0]
    assert redaction.redact(texts[0], vocabulary=Vocabulary.of(texts, [1] * 12, "de")) == "Der [name] passt nicht"


def test_as_many_are_found_as_promised():
    found = quality.measure([*quality.named(26, 1), *quality.numbered(100, 2)])
    recall = found.groupby(["kind", "language"])["hidden"].mean()
    assert recall["name", "de"] >= 0.95
    assert recall["name", "en"] >= 0.90
    assert recall[["e-mail", "phone", "IBAN"]].min() >= 0.995
    assert found["lost"].sum() / found["words"].sum() <= 0.01
    assert found[found["kind"] == "name"]["country"].nunique() >= 8


def test_names_on_file_are_found():
    assert quality.known(26, 3)["hidden"].mean() >= 0.995


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("Die Lieferung kam zu spät.", False),
        ("Die Lieferung von [name] kam zu spät.", False),
        ("Mein Kundenkonto 4711 ist gesperrt", True),
        ("schreibt an foo@bar", True),
        ("das ist qwrtzlk", True),
        ("und [das", False),
        ("Das ist der Kowalczyk", True),
    ],
)
def test_what_is_doubtful(text, doubtful):
    known = Vocabulary("de", frozenset({"Lieferung", "Kundenkonto"}))
    assert redaction.doubtful(text, known) == doubtful


@pytest.mark.parametrize(
    "piece", ["a", "a.", "a@", "1 ", "A1", "DE89 ", "Am ", "Frau ", "[", "www.", "Aa-", "e\u0301\u0302", "\x00"]
)
def test_only_the_beginning_of_a_huge_text_is_looked_at(piece):
    huge = piece * (1_000_000 // len(piece))
    assert len(redaction.redact(huge, vocabulary=GERMAN)) <= redaction.LONGEST
    assert len(redaction.harmless(huge)) <= redaction.LONGEST + 2


def test_harmless_text_hides_turns_and_piles_up_nothing():
    hostile = "a\u202eb\u2066c\u200bd\x00e\x1b[31mf\ufeff\ud800" + "g" + "\u0300\u0301\u0302" * 50 + "\nh"
    assert redaction.harmless(hostile) == "abcde[31mfg\nh"


@pytest.mark.parametrize(("pattern", "sign"), [entry[1:] for entry in redaction.PERSONAL])
def test_nothing_is_left_because_a_text_lacks_the_sign_of_a_pattern(pattern, sign):
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(from_regex(pattern, fullmatch=True))
    def told(found):
        assert sign.search(found)

    told()
