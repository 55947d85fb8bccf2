"""Published tables as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from customer_profiles.errors import PrivacyRefused
from customer_profiles.messages import Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting import tables
from customer_profiles.reporting.language import Language

ENGLISH, GERMAN = Language("en"), Language("de")
GATE = Gate(5)


def shares(rows=3):
    n = [4 + i for i in range(rows)]
    frame = pd.DataFrame({"attribute": "age_band", "value": [f"v{i}" for i in range(rows)], "n": n, "base": 1000})
    return frame.assign(share=frame.n / 1000, share_low=0.001, share_high=0.02)


def rows_of(html):
    body = re.findall(r"<tbody>(.*?)</tbody>", html)
    return [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for part in body for row in re.findall(r"<tr>(.*?)</tr>", part)
    ]


def test_an_interval_joins_its_estimate_in_one_cell():
    html = tables.html(GATE.publish(shares(), within=None), Text("Ages"), GERMAN)
    assert rows_of(html)[1] == ["Altersgruppe", "v1", "5", "1.000", "0,5\xa0% (0,1–2,0\xa0%)"]
    assert "share_low" not in html


def test_hidden_numbers_are_dashes_and_the_note_says_why():
    html = tables.html(GATE.publish(shares(), within=None), Text("Ages"), ENGLISH)
    assert rows_of(html)[0] == ["Age group", "v0", "–", "1,000", "–"]
    assert "fewer than 5 customers" in html
    assert "suppressed" not in html
    assert "fewer than" not in tables.html(GATE.publish(shares(), n=None), Text("Ages"), ENGLISH)


def test_headers_belong_to_rows_and_columns():
    html = tables.html(GATE.publish(shares(), n=None), Text("Ages"), ENGLISH, anchor="table-ages")
    assert html.count('scope="col"') == 5
    assert html.count('scope="row"') == 3
    assert '<div class="published-table" id="table-ages">' in html
    assert 'role="region" aria-labelledby="table-ages-caption" tabindex="0"' in html
    assert '<caption id="table-ages-caption">Ages</caption>' in html


def test_long_tables_fold_and_lose_nothing():
    html = tables.html(GATE.publish(shares(30), n=None), Text("Ages"), ENGLISH, anchor="t")
    assert len(rows_of(html)) == 30
    assert "<summary>18 more rows</summary>" in html
    identifiers = re.findall(r'\bid="([^"]*)"', html)
    assert len(identifiers) == len(set(identifiers))
    assert html.count("<caption") == 2
    assert "Ages (18 more rows)" in html


def test_texts_from_data_are_escaped():
    frame = pd.DataFrame({"theme": ['<script>alert("x")</script>'], "terms": ["<b>&"], "n": [50]})
    html = tables.html(GATE.publish(frame), Text("A & B"), ENGLISH, note=Text("<i>"), anchor='"><x')
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert 'id="&#34;&gt;&lt;x"' in html


def test_is_well_formed():
    class Tags(HTMLParser):
        stack: tuple[str, ...] = ()

        def handle_starttag(self, tag, attrs):
            self.stack += (tag,)

        def handle_endtag(self, tag):
            assert self.stack[-1] == tag
            self.stack = self.stack[:-1]

    parser = Tags()
    parser.feed(tables.html(GATE.publish(shares(40), within=None), Text("Ages"), ENGLISH))
    assert parser.stack == ()


def test_labels_of_the_data_set_win():
    speak = Language("de", labels={"home": {"en": "Home", "de": "Wohnung"}})
    frame = pd.DataFrame({"attribute": ["home"], "home": ["rent"], "n": [50]})
    html = tables.html(GATE.publish(frame), Text("t"), speak)
    assert html.count("Wohnung") == 2


def test_missing_is_empty_but_hidden_is_a_dash():
    frame = pd.DataFrame({"theme": ["a", "b", "c"], "n": [50, 2, 60], "mean": [None, 3.0, 4.0]})
    html = tables.html(GATE.publish(frame, within=None), Text("t"), ENGLISH)
    assert rows_of(html) == [["a", "50", ""], ["b", "–", "–"], ["c", "60", "4"]]


def test_a_column_without_any_value_is_left_out_but_not_one_that_is_hidden():
    frame = pd.DataFrame({"theme": ["a"], "n": [50], "mean": [None]})
    assert rows_of(tables.html(GATE.publish(frame, within=None), Text("t"), ENGLISH)) == [["a", "50"]]
    hidden = GATE.publish(frame.assign(n=2, mean=3.0), within=None)
    assert rows_of(tables.html(hidden, Text("t"), ENGLISH)) == [["a", "–", "–"]]


def test_only_published_tables_are_shown():
    with pytest.raises(PrivacyRefused, match="DataFrame cannot be shown"):
        tables.html(shares(), Text("t"), ENGLISH)


def test_a_table_without_a_row_says_so_under_its_title():
    html = tables.html(GATE.publish(shares(3).iloc[:0], within=None), Text("Ages"), ENGLISH, anchor="table-ages")
    assert "<table" not in html
    assert 'id="table-ages"' in html
    assert html.index("Ages") < html.index("There is nothing to list.")
