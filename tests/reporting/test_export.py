"""A page: complete, translated, inert, and only made of what passed the privacy gate."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import nbformat.v4 as v4
import pandas as pd
import pytest

from customer_profiles import viz
from customer_profiles.chapters import CHAPTERS
from customer_profiles.errors import CellFailed
from customer_profiles.messages import Finding, Limit, Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting import outputs, pages, stored
from customer_profiles.reporting import panel as panels
from customer_profiles.reporting.export import export, stylesheet
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.markdown import Prose
from customer_profiles.reporting.stored import BLOCK, Results
from customer_profiles.reporting.tiles import tiles
from customer_profiles.viz import palette

WHO = CHAPTERS["02"]
PIXEL = "data:image/png;base64,iVBORw0KGgo="
FINDINGS = (
    Finding("Seen in {n:count} customers.", {"n": 1862}, id="seen", n=1862, table="seen", effect=0.9, reach=1862),
    Finding("A is larger.", id="a", test="Fisher's test", family=38, effect=0.1, reach=9, kind="difference"),
    Finding("Nothing found.", id="none", test="Fisher's test", family=12, kind="nothing"),
)


def block(name: str):
    return v4.new_output("display_data", {"text/html": "<p>as it looks in the notebook</p>", BLOCK: {"block": name}})


def code(source: str, *shown, tags=()):
    return v4.new_code_cell(source, outputs=list(shown), metadata={"tags": list(tags)})


def notebook(*cells):
    opening = v4.new_markdown_cell("# Who they are\n\n*Who is it?*\n\nThis chapter reads the profile.")
    return v4.new_notebook(cells=[opening, *cells])


def report(language: str = "en", folder: Path = Path(), **results) -> pages.Report:
    return pages.Report(
        company="Berg & Tal <GmbH>",
        language=Language(language, "EUR"),
        as_of=date(2025, 12, 31),
        specs=pages.reading_order(CHAPTERS),
        min_group_size=10,
        folder=folder,
        params={number: spec.params() for number, spec in CHAPTERS.items()},
        results={"02": Results(**{"findings": FINDINGS} | results)},
    )


def page(*cells, spec=WHO, **options) -> str:
    return export(notebook(*cells), spec, report(**options))


@pytest.fixture
def kept(tmp_path):
    """Folder of a run whose chapter 02 has kept a panel and a sentence."""
    frame = pd.DataFrame({"value": ["a", "b"], "n": [30, 70], "base": 100, "share": [0.3, 0.7]})
    published = Gate(10).publish(frame)
    drawing = panels.draw(viz.bars, published.frame, Language("en"), "Shares", "shares", x="share", y="value")
    folder = tmp_path / "chapters" / "02"
    stored.write_panel(folder, panels.Panel("shares", Text("Shares"), drawing=drawing, table=published, asks=True))
    stored.write_block(folder, "words", "<p>Said with numbers.<script>alert(1)</script></p>")
    return tmp_path


class TestPage:
    def test_frame(self):
        text = page(v4.new_markdown_cell("## Age\n\nText."))
        assert text.startswith("<!DOCTYPE html>")
        assert '<html lang="en">' in text
        assert "<title>Who they are – Berg &amp; Tal &lt;GmbH&gt;</title>" in text
        assert "As of 31 December 2025" in text
        assert text.count("<h1>") == 1
        assert "<h1>Who are they?</h1>" in text
        assert "Who is it?" not in text  # the notebook's own question; the page has its heading
        assert '<a href="02_find_demographics.html" aria-current="page" title="Who they are">Customers</a>' in text
        assert '<a href="index.html" title="Summary">Summary</a>' in text
        assert '<h2 id="section-age">Age</h2>' in text

    def test_pages_and_charts_have_the_same_colours(self):
        style = stylesheet()["style"]
        assert palette.css() in style
        assert not re.findall(r"--(?:ink|ours|paper): #", style)

    def test_panels_with_a_message_come_first_and_the_rest_is_folded(self, kept):
        said = stored.read_block(kept / "chapters" / "02", "shares", 10)
        for name, claim in (("told", FINDINGS[1]), ("none", FINDINGS[2])):
            stored.write_panel(kept / "chapters" / "02", replace(said, name=name, claims=(claim,)))
        shown = [v4.new_markdown_cell("## Age"), code("x", block("shares"), block("none"), block("told"))]
        text = page(*shown, folder=kept)
        parts = ('id="panel-told"', "did not find", '<details class="more"', 'id="panel-shares"')
        order = [text.index(part) for part in parts]
        assert order == sorted(order)
        assert "<h2>A is larger.</h2>" in text
        assert text.count('id="panel-told"') == 1
        assert '<li><a href="#panel-told">Shares</a></li>' in text

    def test_end_holds_methods_parameters_facts_and_code(self):
        text = page(code("answer = 6 * 7  # why"), facts={"customers": 1862, "unknown": None})
        about = text[text.index('id="about"') :]
        assert "<li>Fisher&#39;s test; corrected together (comparisons: 38)</li>" in about
        assert "<dt><code>min_base</code> <span>smallest base of an index, customers</span></dt><dd>50</dd>" in about
        assert "<dt><code>customers</code></dt><dd>1862</dd>" in about
        assert 'answer = 6 * 7  <span class="c"># why</span>' in about

    def test_speaks_german(self):
        text = page(language="de", facts={"customers": 1862, "orders": 4000})
        assert '<html lang="de">' in text
        assert "31. Dezember 2025" in text
        assert "1.862" in text

    def test_the_same_content_gives_the_same_bytes(self, kept):
        def once():
            return page(v4.new_markdown_cell("## Age"), code("x", block("shares")), folder=kept)

        assert once() == once()
        assert "as it looks in the notebook" not in once()

    def test_summary_repeats_the_leading_answer_of_each_chapter(self, kept):
        panel = replace(stored.read_block(kept / "chapters" / "02", "shares", 10), claims=FINDINGS[1:2])
        text = export(notebook(), CHAPTERS["00"], report(folder=kept), {"02": [panel]})
        answers = text[text.index('class="answers"') : text.index('class="sure-of"')]
        assert re.findall(r'href="([^"]+)"', answers) == ["02_find_demographics.html"]
        assert "Who are they?" in answers
        assert "<h2>A is larger.</h2>" in answers
        assert answers.count("<svg") == 1

    def test_a_page_alone_needs_no_way_to_others(self):
        alone = report()
        alone = pages.Report(**vars(alone) | {"specs": (WHO,)})
        text = export(notebook(), WHO, alone)
        assert 'aria-label="Chapters"' not in text
        assert 'class="neighbours"' not in text

    def test_paths_of_this_machine_stay_here(self):
        injected = code('# Parameters\ndataset = "/home/anna/dataset.yaml"', tags=["injected-parameters"])
        assert "/home/anna" not in page(injected, code("1 + 1"))

    def test_the_notebook_itself_is_left_alone(self):
        made = notebook(v4.new_markdown_cell("## Age"))
        before = str(made)
        export(made, WHO, report())
        assert str(made) == before


class TestInert:
    def test_policy_allows_this_style_and_embedded_images_only(self):
        text = page()
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
        assert policy.startswith("default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-")
        assert not re.search(r"<(script|link|iframe|object|form)\b|\son\w+=|javascript:", text)
        assert "http" not in re.sub(r'http-equiv="[^"]+"', "", text)

    @pytest.mark.parametrize(
        "attack",
        [
            "<script>alert(1)</script>",
            '<img src="x" onerror="alert(1)" alt="">',
            '<img src="https://example.org/pixel.png" alt="">',
            '<a href="javascript:alert(1)">x</a>',
            '<a href="https://example.org">x</a>',
            '<a href="data:text/html,x">x</a>',
            '<svg onload="alert(1)"></svg>',
            '<p style="background:url(https://example.org)">x</p>',
            '<source srcset="https://example.org/x.png">',
            '<img src="data:image/svg+xml;base64,PHN2Zz4=" alt="">',
        ],
    )
    def test_sanitise(self, attack):
        clean = outputs.sanitise(f'<div class="limits">{attack}</div>')
        assert not re.search(r"script|onerror|onload|example\.org|data:text|svg|style=", clean)

    def test_what_reports_need_survives(self):
        table = (
            '<div class="published-table" id="table-x"><div class="table-scroll" role="region" aria-labelledby="c" '
            'tabindex="0"><table><caption id="c">T</caption><thead><tr><th scope="col" class="number">n</th></tr>'
            "</thead>"
            '<tbody><tr><td class="number">12</td></tr></tbody></table></div></div>'
        )
        assert outputs.sanitise(table) == table
        image = f'<img src="{PIXEL}" alt="A" width="2" height="1">'
        picture = f'<picture><source media="screen" srcset="{PIXEL}">{image}</picture>'
        assert outputs.sanitise(picture) == picture
        link = '<a href="02_find_demographics.html#table-index">table</a>'
        assert outputs.sanitise(link) == link

    def test_markdown_and_code_are_escaped(self):
        text = page(v4.new_markdown_cell("## <img src=x>\n\n<script>alert(1)</script>"), code("'<script>'"))
        assert "<script" not in text
        assert "<img src=x" not in text

    def test_data_in_findings_is_escaped(self):
        evil = Finding("Group {g:label}", {"g": "<b onclick=x>"}, id="x", kind="difference")
        assert "<b onclick" not in page(findings=(evil,))


class TestOutputs:
    @pytest.mark.parametrize(
        ("output", "reason"),
        [
            (v4.new_output("display_data", {"text/html": "<table class='dataframe'><td>Anna</td></table>"}), "a value"),
            (v4.new_output("display_data", {"text/html": '<section class="panel">Anna</section>'}), "a value"),
            (v4.new_output("execute_result", {"text/plain": "Anna"}, execution_count=1), "a value"),
            (v4.new_output("display_data", {"image/png": "aaaa", "text/plain": "Anna"}), "a picture"),
            (v4.new_output("stream", name="stdout", text="Anna Schmidt"), "prints"),
            (v4.new_output("stream", name="stderr", text="UserWarning: Anna"), "a warning (UserWarning)"),
        ],
    )
    def test_what_is_no_block_stays_in_the_notebook_and_is_named_once(self, output, reason, kept):
        made = notebook(code("x", output, output))
        (said,) = map(str, outputs.check(made, WHO))
        assert reason in said
        assert "02_find_demographics, cell 2" in said
        assert "Anna" not in said
        assert "Anna" not in export(made, WHO, report(folder=kept))

    def test_an_error_is_a_failed_run(self):
        with pytest.raises(CellFailed, match="<4 characters>"):
            page(code("x", v4.new_output("error", ename="KeyError", evalue="'Anna'")))

    def test_a_block_that_nobody_kept_is_not_shown(self, kept):
        assert "as it looks" not in page(code("x", block("unknown")), folder=kept)

    def test_blocks_stand_where_their_cells_stand(self, kept):
        text = page(v4.new_markdown_cell("## Age"), code("x", block("shares"), block("words")), folder=kept)
        order = [text.index(part) for part in ('<h2 id="section-age">', 'id="panel-shares"', "Said with numbers.")]
        assert order == sorted(order)
        assert text.count("<svg") == 2
        assert "<script" not in text

    def test_printed_facts_pass_but_are_not_repeated(self):
        facts = v4.new_output("stream", name="stdout", text="customers: 99887\n")
        made = notebook(code("chapter.facts()", facts, tags=["nbval-check-output"]))
        assert outputs.check(made, WHO) == []
        assert "99887" not in export(made, WHO, report())


class TestParts:
    def test_sections_have_unique_ids(self):
        prose = Prose()
        prose.html("## Age\n\n## Age\n\n### Detail")
        prose.html("## Größe *und* Form")
        assert [section["id"] for section in prose.sections] == [
            "section-age",
            "section-age-2",
            "section-größe-und-form",
        ]
        assert prose.sections[-1]["title"] == "Größe und Form"

    def test_tiles_show_what_there_is(self):
        facts = {"spend": 1_284_356.2, "customers": 1862, "nps": None, "rows_used": 3, "basket_value": float("nan")}
        shown = tiles(facts, Language("en", "EUR"))
        assert shown == [{"label": "Customers", "value": "1,862"}, {"label": "Sales", "value": "€1.3M"}]
        assert tiles({"customers": 1862}, Language("en", "EUR")) == []

    def test_a_nought_is_a_tile_only_where_it_says_something(self):
        facts = {"customers": 1862, "orders": 0, "tickets": 0, "rows_read": 9, "rows_set_aside": 0}
        shown = [tile["label"] for tile in tiles(facts, Language("en", "EUR"))]
        assert shown == ["Customers", "Rows read", "Rows set aside"]

    def test_methods_name_each_test_once_with_its_largest_family(self):
        told = ["Fisher's test; corrected together (comparisons: 38)", pages.SELECTED]
        assert pages.methods(FINDINGS, Language("en")) == told

    def test_limits_survive_the_way_through_json(self, tmp_path):
        import json
        from dataclasses import asdict

        from customer_profiles.reporting.stored import read_results

        limit = Limit("Nothing is known of {what:label}.", {"what": "age"}, needs="a source")
        (tmp_path / "limits.json").write_text(json.dumps([asdict(limit)]))
        (tmp_path / "findings.json").write_text(json.dumps([finding.to_dict() for finding in FINDINGS]))
        results = read_results(tmp_path)
        assert results.limits == (limit,)
        assert results.findings == FINDINGS
