import pandas as pd
import pytest

from customer_profiles.text.glossary import fold
from customer_profiles.text.themes import discovery
from customer_profiles.text.themes.words import Words, compound_parts

SUBJECTS = {
    "delivery": ["Die Lieferung kommt viel zu spät", "Meine Lieferung ist noch immer nicht angekommen", "Verzögerung"],
    "refund": ["Die Rückzahlung fehlt auf meinem Konto", "Wo bleibt mein Geld zurück", "Die Rückzahlung dauert"],
    "fitting": ["Die Größe der Jacke passt nicht", "Die Jacke sitzt zu eng", "Die Größe fällt anders aus"],
    "app": ["Die Anwendung stürzt beim Bezahlen ab", "Absturz beim Bezahlen", "Die Anwendung hängt beim Bezahlen"],
}
FILLERS = ["Danke.", "Bitte helfen Sie.", "Viele Grüße", "Was nun?", "Ich bin enttäuscht.", "Das nervt."]


def table(texts):
    return pd.DataFrame({"row": range(len(texts)), "customer_no": range(len(texts)), "text": texts, "language": "de"})


def swapped(word):
    return word[:2] + word[3] + word[2] + word[4:]


@pytest.mark.parametrize("word", ["Lieferung", "Rückzahlung", "Bezahlen", "Anwendung"])
def test_slips_are_led_back_to_the_frequent_word(word):
    slips = [swapped(word), word[:3] + word[4:], word[:3] + word[3] + word[3:], word[:4] + "x" + word[5:]]
    texts = [f"{word} bitte"] * 100 + slips
    spelt = Words(texts, ["de"] * len(texts)).spelt()
    assert [found[0] for found in spelt[100:]] == [fold(word)] * 4


def test_frequent_words_that_differ_by_a_letter_stay_two_words():
    texts = ["meine Kasse"] * 20 + ["meine Klasse"] * 20
    assert {found[1] for found in Words(texts, ["de"] * 40).spelt()} == {"kasse", "klasse"}


def test_umlauts_written_out_are_the_same_word():
    assert fold("Größe") == fold("Groesse")
    assert fold("Rückgabe") == fold("RUECKGABE")


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("lieferverzoegerung", ("lieferung", "verzoegerung")),
        ("rueckzahlungsfrist", ("rueckzahlung", "frist")),
        ("groessentabelle", ("groesse", "tabelle")),
        ("verzoegerung", ()),
        ("tabelle", ()),
    ],
)
def test_compounds_share_their_parts(word, parts):
    known = {"lieferung", "verzoegerung", "rueckzahlung", "frist", "groesse", "tabelle"}
    assert compound_parts(word, known) == parts


def test_misspelt_texts_and_compounds_land_in_the_theme_of_the_others():
    clean = [f"{text}. {filler}" for filler in FILLERS * 3 for texts in SUBJECTS.values() for text in texts]
    subject = [name for _ in FILLERS * 3 for name, texts in SUBJECTS.items() for _ in texts]
    wrong = {
        "delivery": ["Die Leiferung kommt viel zu spaet", "Die Lieferungg kommt nicht", "Lieferverzögerung"],
        "refund": ["Die Rueckzahlung fehlt auf meinem Konto", "Die Rückzalung dauert", "Rückzahlungsdauer"],
        "fitting": ["Die Groesse der Jakce passt nicht", "Die Größse fällt anders aus", "Die Jacek sitzt zu eng"],
        "app": ["Die Anwednung hängt", "Die Anwendug stürzt beim Bezalhen ab", "Absturz beim Bezahlne"],
    }
    misspelt = [text for texts in wrong.values() for text in texts]
    found = discovery.find_themes(table(clean + misspelt), number=4, min_customers=2)
    theme = found.assignments.drop_duplicates("row").set_index("row")["theme"]
    usual = {name: theme[[row for row, of in enumerate(subject) if of == name]].mode()[0] for name in SUBJECTS}
    assert len(set(usual.values())) == 4
    meant = [usual[name] for name, texts in wrong.items() for _ in texts]
    right = (theme[range(len(clean), len(clean) + len(misspelt))].to_numpy() == meant).mean()
    assert right >= 0.9
