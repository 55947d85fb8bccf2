"""Findings and limits on the page."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from customer_profiles.messages import Finding, Limit
from customer_profiles.reporting import findings
from customer_profiles.reporting.language import Language

SPEAK = Language("en")


def finding(message="{name:label}: {share:share}", values=None, **more):
    values = {"name": "a<b", "share": 0.3} if values is None else values
    return Finding(message, values, **{"id": "themes.x", "n": 500, "table": "pains", "interval": (0.2, 0.4), **more})


def test_statement_with_its_evidence():
    html = findings.html([finding(test="Wilson interval", p_adjusted=0.0004, family=30, kind="difference")], SPEAK)
    assert '<li class="finding difference"><p class="statement">a&lt;b: 30.0%</p>' in html
    evidence = re.sub(r"<[^>]*>", "", html.partition('class="evidence">')[2])
    assert evidence.split(" · ") == [
        "n = 500",
        "95% interval 20.0% to 40.0%",
        "Wilson interval",
        "p &lt; 0.001 after correction (comparisons: 30)",
        "table",
    ]


def test_what_the_sentence_says_is_not_repeated():
    said = finding(
        "{share:share} ({low:share} to {high:share}, n = {n:count})",
        {"share": 0.3, "low": 0.2, "high": 0.4, "n": 500},
    )
    assert findings.evidence(said, SPEAK) == []


@pytest.mark.parametrize(
    ("message", "value", "interval", "words"),
    [
        ("{x:points}", 12.0, (5.0, 19.0), "+5 to +19"),
        ("{x:money}", 120.0, (110.0, 130.0), "€110 to €130"),
        ("{x:ratio}", 2.0, (1.5, 2.5), "1.50 to 2.50"),
        ("Nothing to see.", None, (1.5, 2.5), "1.50 to 2.50"),
    ],
)
def test_the_interval_has_the_unit_of_the_headline_number(message, value, interval, words):
    values = {} if value is None else {"x": value}
    assert findings.evidence(finding(message, values, interval=interval), SPEAK)[1] == f"95% interval {words}"


def test_the_unit_is_that_of_the_number_inside_the_interval():
    two = finding(
        "{n:count} customers, {share:share}, ratio {x:ratio}", {"n": 9, "share": 0.1, "x": 2.0}, interval=(1, 3)
    )
    assert "95% interval 1.00 to 3.00" in findings.evidence(two, SPEAK)


@pytest.mark.parametrize(
    ("chapter", "address"),
    [("03", "03_analyse_pain_points.html#table-pains"), ("00", "index.html#table-pains"), ("", "#table-pains")],
)
def test_links_to_the_table_from_any_page(chapter, address):
    assert findings.link(finding(chapter=chapter)) == address


def test_no_findings_no_list():
    assert findings.html([], SPEAK) == ""
    assert findings.limits_html([], SPEAK) == ""


def test_limits_name_the_source_that_would_help():
    html = findings.limits_html([Limit("What <b> costs", needs="orders"), Limit("Why")], SPEAK)
    assert "What &lt;b&gt; costs" in html
    assert "Needs: orders" in html
    assert html.count("evidence") == 1


def test_json_holds_sentence_and_numbers():
    plain = findings.to_json([finding("{d:day}: {s:share}", {"d": date(2025, 9, 1), "s": 0.3})], SPEAK)
    assert json.loads(json.dumps(plain))[0] | {"interval": None} == plain[0] | {"interval": None}
    assert plain[0]["text"] == "1 September 2025: 30.0%"
    assert plain[0]["values"] == {"d": "2025-09-01", "s": 0.3}


def test_a_finding_read_back_from_json_reads_the_same():
    one = finding("{d:day}: {s:share}", {"d": date(2025, 9, 1), "s": 0.3})
    back = Finding(**json.loads(json.dumps(one.to_dict())) | {"interval": (0.2, 0.4)})
    assert findings.html([back], SPEAK) == findings.html([one], SPEAK)
