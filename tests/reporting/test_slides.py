"""Slides and the e-mail: the news first, no more than can be taken in, and only what the report says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from support import visible

from customer_profiles.chapters import CHAPTERS
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.messages import Finding, Text
from customer_profiles.reporting import mail, memo, pages, slides
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.panel import Drawing, Panel
from customer_profiles.reporting.stored import Results

HEADLINE = Finding(
    "Service cases rose to {value:number}, from {before:number} a year ago.",
    {"value": 29.7, "before": 17.6},
    id="kpi.tickets",
    kind="difference",
    effect=0.2,
)
CHANGED = replace(HEADLINE, id="kpi.sales", effect=0.1, values={"value": 4, "before": 5})


def drawing(height: float, small: str = "") -> Drawing:
    wide = f'<svg viewBox="0 0 720 {height}"><g clip-path="url(#clip)"><clipPath id="clip"/></g></svg>'
    return Drawing(wide, wide.replace("clip", "narrow"), alt="", small=small)


def panel(name: str, claim: Finding, height: float = 300, small: str = "") -> Panel:
    return Panel(name, Text(name), (claim,), drawing=drawing(height, small))


FEW = '<svg viewBox="0 0 343 200"><clipPath id="few"/></svg>'


def many(panels: int) -> dict[str, list[Panel]]:
    """Panels of every chapter, those of the summary about a change of a figure."""
    chapters = {
        number: [
            panel(
                f"p{number}{at}", Finding(f"Told {at} of {number}.", id=f"{number}.{at}", effect=0.5, reach=panels - at)
            )
            for at in range(panels)
        ]
        for number in CHAPTERS
    }
    return {**chapters, "00": [panel("line", HEADLINE), panel("kpi_line", CHANGED, 1200, FEW)]}


def report(chapters: dict[str, list[Panel]], language: str = "en") -> pages.Report:
    results = {n: Results(findings=tuple(c for each in told for c in each.claims)) for n, told in chapters.items()}
    return pages.Report(
        company="Berg & Tal <GmbH>",
        language=Language(language, "EUR"),
        as_of=date(2025, 12, 31),
        specs=pages.reading_order(CHAPTERS),
        min_group_size=10,
        results=results,
    )


def shown(chapters: dict[str, list[Panel]]) -> str:
    told = report(chapters)
    return slides.html(told, chapters, memo.view(told, chapters))


def titles(page: str) -> list[str]:
    return [visible(title) for title in re.findall(r"<h[12]>(.*?)</h[12]>", page, re.S)]


def test_there_are_twenty_slides_at_most_each_with_its_place():
    page = shown(many(5))
    assert page.count('<section class="slide') == slides.MOST == 20
    assert "20 / 20" in page
    assert page.count("<h1>") == 1
    assert not re.findall(r"<script|javascript:|https?://|\bon\w+=", page)
    assert "Berg &amp; Tal &lt;GmbH&gt;" in page


def test_the_headline_stands_once_and_what_changed_follows():
    said = titles(shown(many(2)))
    assert said[:2] == [
        "Service cases rose to 30, from 18 a year ago.",
        "Service cases rose to 4, from 5 a year ago.",
    ]
    assert said[2] == "Told 0 of 11."
    assert len(set(said)) == len(said)


def test_every_chapter_but_that_on_the_data_has_a_slide_before_any_has_a_second():
    told = slides.chosen(report(many(9)), many(9), "")
    assert {number for number, _ in told} == set(CHAPTERS) - {"01"}
    assert len(told) == slides.MOST - 2


def test_names_on_a_slide_are_its_own():
    names = re.findall(r'\bid="([^"]+)"', shown(many(3)))
    assert len(set(names)) == len(names)
    assert set(re.findall(r"url\(#([^)]+)\)", shown(many(3)))) <= set(names)


@pytest.mark.parametrize(
    ("small", "height"), [("", None), ('<svg viewBox="0 0 343 900">', None), ('<svg viewBox="0 0 343 200">', 200)]
)
def test_a_tall_chart_is_shown_by_its_first_rows_or_not_at_all(small, height):
    fit = slides.readable(panel("tall", HEADLINE, 1200, small))
    assert (fit and fit.drawing.wide) == (small if height else None)
    assert slides.readable(panel("flat", HEADLINE, 300, small)).drawing.wide != small


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_mail_has_150_words_at_most_the_headline_first(language):
    chapters = many(1)
    told = report(chapters, language)
    view = memo.view(told, chapters)
    long = replace(view["answers"][0], said="word " * 50)
    text = mail.text(told, view | {"answers": [long, long, *view["answers"], long]})
    assert len(text.split()) <= 150
    assert text.index(view["headline"][:20]) < text.index("word word") < text.index("Told 0 of 03.")
    assert max(map(len, text.splitlines())) <= mail.WIDTH
    assert text.rstrip().endswith("index.html")
    assert "<" not in text.replace("<GmbH>", "")


@pytest.mark.xdist_group("values")
def test_slides_and_mail_of_the_demo_say_what_findings_and_summary_say(demo_report):
    dataset = load_dataset(demo_report.data / "dataset.yaml")
    speak = Language("en", dataset.currency, *dataset.vocabulary())
    told = {
        speak.news(Finding.from_dict({"message": plain["message"], "values": plain["numbers"]}))
        for plain in demo_report.findings
    }
    page = (demo_report.folder / "slides.html").read_text("utf-8")
    panels = re.findall(r'<section class="panel".*?</section>', page, re.S)
    said = [visible(each) for block in panels for each in re.findall(r"<(?:h2|li)>(.*?)</(?:h2|li)>", block, re.S)]
    assert len(said) >= len(panels) > 10
    assert set(said) <= {visible(sentence) for sentence in told}
    mailed = (demo_report.folder / "summary.txt").read_text("utf-8")
    on_summary = visible(demo_report.pages["00"])
    numbers = re.findall(r"[\d.,]*\d", mailed.partition("\n\n")[2])
    assert len(mailed.split()) <= 150
    assert numbers
    assert all(number in on_summary for number in numbers)
