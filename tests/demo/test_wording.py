"""Texts are varied, correct in form, and no sentence gives its theme away by being repeated."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from customer_profiles.demo.plan import load_plan, read_yaml
from customer_profiles.demo.wording import DECLENSION, Dice, Wording, capitalise, misspell, parse

LANGUAGES = ("de", "en")
SENTENCE = re.compile(r"[^.!?\n]+[.!?]")


def fragments(language: str) -> list[str]:
    """Every fragment of a language."""
    tickets, comments = read_yaml(f"texts/tickets_{language}.yaml"), read_yaml(f"texts/comments_{language}.yaml")
    themes = [text for theme in tickets["themes"].values() for text in (*theme["says"], *theme["adds"])]
    general = [text for name in ("openings", "also", "digressions", "requests", "closings") for text in tickets[name]]
    praise = [text for pool in comments["positive"].values() for text in pool]
    return themes + general + praise + [t for name in ("neutral", "negative", "only", "still") for t in comments[name]]


def slots(parts: tuple) -> set[str]:
    found = set()
    for part in parts:
        if not isinstance(part, str):
            kind, content = part
            found |= {content} if kind == "slot" else set().union(*(slots(option) for option in content))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_fragments(language):
    tickets = read_yaml(f"texts/tickets_{language}.yaml")
    assert set(tickets["themes"]) == set(load_plan().pains)
    assert len(tickets["openings"]) >= 25
    assert len(tickets["closings"]) >= 20
    assert all(len(theme["says"]) >= 20 for theme in tickets["themes"].values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fragment_can_be_read_and_every_slot_is_known(language):
    tickets = read_yaml(f"texts/tickets_{language}.yaml")
    things = {f"{article} Artikel" for article in DECLENSION} | {"er", "ihn"}
    known = set(tickets["words"]) | (things if language == "de" else {"the item", "a item", "it"})
    unknown = {
        name.lower() if language == "en" else name for text in fragments(language) for name in slots(parse(text))
    }
    assert {name[0].lower() + name[1:] for name in unknown} <= known


@pytest.mark.parametrize("language", LANGUAGES)
def test_fragments_are_not_shared_between_themes(language):
    counts = Counter(fragments(language))
    assert [text for text, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_have_no_traces_of_how_they_were_made(language):
    wording, dice = Wording(language), Dice(np.random.default_rng(1))
    themes = list(wording.themes)
    for _ in range(3000):
        theme, second = dice.one(themes), dice.one(themes)
        tone, about = dice.one(["positive", "neutral", "negative"]), dice.one(["shop", "service", "product"])
        for text in (wording.ticket(dice, [theme, second]), wording.comment(dice, tone, theme, about)):
            assert not re.search(r"[{}|()]|  | [.,!?]|\.\.|Artikel\b(?<=\{)| item\}", text), text
            assert text[0] == text[0].upper(), text


def test_articles_agree_with_the_noun():
    wording, dice = Wording("de"), Dice(np.random.default_rng(1))
    genders = {noun: gender for group in wording.things.values() for noun, gender in group.items()}
    nominative = {"m": "der", "f": "die", "n": "das"}
    for theme in ("sizing", "durability"):
        fill = wording._filler(dice, theme)
        article, noun = fill("{der Artikel}").split(" ", 1)
        assert article.lower() == nominative[genders[noun]]


def test_no_sentence_about_a_theme_is_repeated_often(company):
    tickets = company.table("tickets")
    for (_, _), group in tickets.groupby(["theme", "language"]):
        sentences = Counter(s.strip() for text in group["text"] for s in set(SENTENCE.findall(text)) if len(s) > 45)
        sentence, n = sentences.most_common(1)[0]
        assert n <= max(6, 0.15 * len(group)), sentence


def test_hardly_two_tickets_are_alike(company):
    assert company.table("tickets")["text"].duplicated().mean() < 0.01


def test_languages_and_second_themes_have_the_planned_shares(large):
    tickets = large.table("tickets")
    assert (tickets["language"] == "en").mean() == pytest.approx(0.25, abs=0.03)
    assert (tickets["second_theme"] != "").mean() == pytest.approx(0.15, abs=0.02)
    assert (tickets["theme"] != tickets["second_theme"]).all()


def test_mistakes_are_made_and_leave_the_text_readable():
    dice, text = (
        Dice(np.random.default_rng(1)),
        "Mein Paket ist leider immer noch nicht angekommen, größte Enttäuschung.",
    )
    written = [misspell(dice, text) for _ in range(200)]
    assert sum(other != text for other in written) > 150
    assert all(abs(len(other) - len(text)) <= 5 for other in written)


def test_unbalanced_fragments_are_refused():
    for text in ("Ein (Versuch|", "Noch ein (halber"):
        with pytest.raises(ValueError, match="unbalanced"):
            parse(text)


def test_capital_letter_at_the_start():
    assert capitalise("das  Zelt .") == "Das Zelt."
