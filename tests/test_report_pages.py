"""Pages of every report: nothing that a run has found or published is lost, and nothing on them is broken."""

from __future__ import annotations

import re
from collections import Counter

import openpyxl
import pytest
from support import Report, rows_on_page, visible

from customer_profiles.chapters import CHAPTERS
from customer_profiles.ingest.contract import TABLES
from customer_profiles.reporting import labels

# The group of the tests about the same report, so that the worker that has made it also looks at it.
REPORTS = {
    "demo_report": "values",
    "b2b_report": "b2b",
    "complete_journey_report": "complete_journey",
    "telco_report": "telco_olist",
    "olist_report": "telco_olist",
}
CHARTS = 2  # drawings of a chart: for a full column and for a phone


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.xdist_group(group)) for name, group in REPORTS.items()])
def report(request) -> Report:
    return request.getfixturevalue(request.param)


def panels(page: str) -> dict[str, str]:
    """HTML of the panels of a page by their names."""
    return dict(re.findall(r'<section class="panel" id="panel-([^"]+)">(.*?)</section>', page, re.S))


def test_every_finding_stands_on_its_page(report):
    ids = [finding["id"] for finding in report.findings]
    assert len(ids) == len(set(ids))
    seen = {number: visible(page) for number, page in report.pages.items()}
    lost = [each["id"] for each in report.findings if visible(each["text"]) not in seen[each["chapter"]]]
    assert lost == []
    assert {each["chapter"] for each in report.findings} <= CHAPTERS.keys()


def test_every_published_table_stands_on_its_page_and_in_the_workbook(report):
    book = openpyxl.load_workbook(report.folder / "tables.xlsx", read_only=True)
    published = [(number, name) for number in sorted(report.pages) for name in report.titles(number)]
    _, *sheets = book.worksheets  # the first one lists the others
    written = Counter()
    for sheet in sheets:
        title, header, *rows = sheet.iter_rows(values_only=True)
        written[(title[0], len(header), len(rows))] += 1
    expected = Counter()
    for number, name in published:
        frame = report.table(number, name)
        assert len(rows_on_page(report.pages[number], name)) - 1 == len(frame), (number, name)
        columns = frame.columns.drop("suppressed", errors="ignore")
        expected[(report.titles(number)[name]["title"], len(columns), len(frame))] += 1
    assert written == expected


def test_every_panel_says_something_and_what_it_is_of(report):
    for number, page in report.pages.items():
        for name, panel in panels(page).items():
            assert visible(re.search(r"<h[23]>(.*?)</h[23]>", panel, re.S)[1]), (number, name)
            assert "As of" in visible(re.search(r'<p class="base">(.*?)</p>', panel, re.S)[1]), (number, name)
            drawn = panel.count("<svg")
            assert drawn == CHARTS or (not drawn and f'id="table-{name}"' in panel), (number, name)


def test_no_section_is_broken(report):
    for number, page in report.pages.items():
        body = page[page.index("<article") if "<article" in page else 0 : page.index('class="about"')]
        text = visible(body)
        for trace in ("Traceback", "Error:", "None", "nan", "NaT", "{", "}", "<NA>"):
            assert trace not in text.split(), (number, trace)
        # What is left out is named in the reader's words, not by a variable of the notebook.
        named = re.findall(r"the data hold no “(.*?)”", text)
        tables = {labels.name(table) for table in TABLES}
        variables = [name for name in named if re.fullmatch(r"[a-z]+(_[a-z]+)*", name) and name not in tables]
        assert not variables, (number, named)
        # A heading is followed by something: a text, a chart or a table.
        empty = re.findall(r"<h2[^>]*>([^<]*)</h2>\s*(?:</div>\s*)?(?:<div class=\"prose\">\s*)?<h2", body)
        assert empty == [], number
        assert not re.search(r"<tbody>\s*</tbody>", body), number
        # "a median of 1 against 1" says nothing.
        assert not re.search(r"median ([\d.,]+) against \1 ", text), number
