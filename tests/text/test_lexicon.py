import pytest

from customer_profiles.text.sentiment import lexicon


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("de", "Sehr freundlich und schnell geliefert!", "Total enttäuscht, die Ware war kaputt."),
        ("en", "Great quality, I love it.", "Terrible service, it arrived broken."),
        ("pt", "Ótimo produto, recomendo!", "Péssimo, o produto veio com defeito."),
    ],
)
def test_praise_and_blame_are_told_apart_in_each_language(language, good, bad):
    praise, blame, nothing = lexicon.tones([good, bad, "…"], language)
    assert praise > 0.3
    assert blame < -0.3
    assert nothing == 0


@pytest.mark.parametrize(
    ("language", "plain", "turned"),
    [
        ("de", "Das ist gut", "Das ist nicht gut"),
        ("de", "Die App funktioniert", "Die App funktioniert nicht"),
        ("en", "I like it", "I don't like it"),
        ("pt", "gostei do produto", "não gostei do produto"),
    ],
)
def test_a_negation_turns_a_word(language, plain, turned):
    first, second = lexicon.tones([plain, turned], language)
    assert first > 0 > second


def test_a_negation_ends_with_its_clause():
    first, second = lexicon.tones(["Not today. Great shop", "Great shop"], "en")
    assert first == second


def test_strengthening_words_and_what_follows_but_count_more():
    weak, plain, strong = lexicon.tones(["somewhat annoying", "annoying", "very annoying"], "en")
    assert strong < plain < weak < 0
    assert (
        lexicon.tones(["great colour but bad fit"], "en")[0] < 0 < lexicon.tones(["bad colour but great fit"], "en")[0]
    )


def test_german_endings_and_the_longest_beginning():
    german = lexicon.load("de")
    assert german.value("enttäuschendes") == german.value("enttäuscht") < 0
    assert german.value("kostenloser") > 0 > german.value("kosten")


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_lists_are_sound(language):
    listed = lexicon.load(language)
    assert all(1 <= abs(value) <= 3 for value in (*listed.words.values(), *listed.stems.values()))
    assert all(word == word.lower() for word in (*listed.words, *listed.stems, *listed.roles))
    assert set(listed.roles.values()) == {"not", "very", "little", "but"}
    assert sum(len(part) for part in (listed.words, listed.stems)) >= 200
