"""Terms of art: explained where they are used, nowhere else, in two sentences."""

from __future__ import annotations

import re

import pytest

from customer_profiles.messages import Text
from customer_profiles.reporting import glossary
from customer_profiles.reporting.language import Language

EN = Language("en")
INTERVAL = "95% interval {span}"


def names(page: str, language: Language = EN) -> list[str]:
    return [term.name for term in glossary.used(page, language)]


def test_a_page_explains_what_it_uses_also_in_a_fold():
    page = "<h2>NPS fell</h2><details><td>Segments</td> (95% interval), n = 20, p &lt; 0.001; E-value 2</details>"
    assert names(page) == ["Net Promoter Score", "Segment", INTERVAL, "n", "p", "E-value"]
    assert names("<p>Median age, index 158, Gini 0.5, Jaccard 0.8</p>") == [
        "Index",
        "Median",
        "Gini coefficient",
        "Jaccard",
    ]
    assert names("<p>Personal data of the ceska company</p>") == []
    assert names("<p>Zwei Personas, CES</p>", Language("de")) == ["Effort (CES)", "Persona"]


def test_navigation_code_and_names_in_the_markup_use_no_term():
    page = '<nav>Segments</nav><style>.NPS{}</style><p id="Index">ACES</p><details class="code">Median</details>'
    assert names(page) == []
    assert glossary.html(page, EN) == ""


@pytest.mark.parametrize("code", ["en", "de"])
def test_every_term_has_two_sentences(code):
    speak = Language(code)
    for term in glossary.TERMS:
        meaning = speak.translate(term.meaning)
        assert len(re.findall(r"[.!?](?=\s[A-ZÄÖÜ0-9]|$)", meaning)) == 2, meaning
        assert names(speak.translate(term.name).partition("{")[0] + " = 1", speak) == [term.name]


@pytest.mark.parametrize("code", ["en", "de"])
def test_intervals_are_explained_by_the_name_that_they_have_on_pages(code):
    speak = Language(code)
    assert names(speak.text(Text("95% interval {span}", {"span": "1 to 2"})), speak) == [INTERVAL]


def test_it_is_folded():
    assert str(glossary.html("NPS", EN)).startswith('<details class="glossary"><summary>Terms on this page</summary>')
    assert "<dt>95% interval</dt>" in glossary.html("95% interval 1 to 2", EN)


@pytest.mark.xdist_group("values")
def test_pages_of_the_demo_explain_their_terms(demo_report):
    told = {
        number: re.findall(r'<details class="glossary">.*?</details>', page, re.S)
        for number, page in demo_report.pages.items()
    }
    assert all(len(found) == 1 for found in told.values())
    assert all(glossary.PLACE not in page for page in demo_report.pages.values())
    assert "<dt>Index</dt>" in told["02"][0]
    assert "<dt>Net Promoter Score</dt>" in told["00"][0]
    assert "<dt>Segment</dt>" not in told["01"][0]
