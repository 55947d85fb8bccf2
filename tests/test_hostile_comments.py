"""Comments that try something: markup, formulas, control characters, a megabyte of text. They end as harmless text."""

from __future__ import annotations

import json
import random
import re

import openpyxl
import pandas as pd
import pytest
from support import command_line

pytestmark = pytest.mark.xdist_group("hostile")

DATASET = """\
name: board
title: Notice board
as_of: 2025-12-31
language: en
privacy: {quotes: true}
sources:
  - name: people
    system: crm
    path: raw/people.jsonl
    table: customers
    columns: {customer_id: id, name: name, region: region}
  - name: reviews
    system: review
    path: raw/reviews.jsonl
    table: feedback
    columns: {customer_id: id, at: at, source: {value: reviews}, metric: {value: stars}, score: stars, text: text}
"""
GOOD = ("The delivery was fast and the parcel arrived on time.", "Great quality, the jacket fits and feels warm.")
BAD = ("The parcel came late and the delivery took three weeks.", "Poor quality, the seam of the jacket came apart.")
HOSTILE = (
    "<script>alert('delivery')</script> the parcel was late",
    '<img src=x onerror="alert(1)"> the parcel was late',
    "</td></tr></table><h1>The delivery was late</h1>",
    '=HYPERLINK("http://evil.example","the parcel was late")',
    "@SUM(1+1)*cmd|' /C calc'!A0 the delivery was late",
    "the \u202eparcel\u202c was\u200b late \u0007\u001b[31m and the delivery too",
    "t\u0336h\u0336e\u0336 p\u0336a\u0336r\u0336c\u0336e\u0336l\u0336 was late",
    "{{ config }} {% raw %} the delivery {0} %s was late",
    "the parcel was late " * 50_000,  # a megabyte
)
CUSTOMERS = 320


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project folder with a published report in which every fourth comment is hostile."""
    home = tmp_path_factory.mktemp("board")
    raw = home / "data" / "board" / "raw"
    raw.mkdir(parents=True)
    (raw.parent / "dataset.yaml").write_text(DATASET, encoding="utf-8")
    rng = random.Random(7)
    people, reviews = [], []
    for i in range(CUSTOMERS):
        people.append({"id": f"K{i:04d}", "name": f"Vorname{i} Nachname{i}", "region": rng.choice(["north", "south"])})
        pleased = rng.random() < 0.6
        text, stars = rng.choice(GOOD if pleased else BAD), rng.choice([4, 5] if pleased else [1, 2, 3])
        if i % 4 == 0:
            text, stars = HOSTILE[i // 4 % len(HOSTILE)] if i < 4 * len(HOSTILE) else HOSTILE[i // 4 % 8], 1
        day = f"2025-{1 + i % 12:02d}-{1 + i % 28:02d}T10:00:00"
        reviews.append({"id": f"K{i:04d}", "at": day, "stars": str(stars), "text": text})
    for name, rows in (("people", people), ("reviews", reviews)):
        (raw / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    done = command_line(home, "report", "board")
    assert done.returncode == 0, done.stderr
    return home


def test_no_page_holds_what_a_comment_tried(home):
    pages = list((home / "reports" / "board" / "latest").glob("*.html"))
    assert {"index.html", "04_analyse_feedback.html"} <= {page.name for page in pages}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script|<[^>]*\sonerror|<img[^>]*src=[\"']?x[\"' >]|evil\.example\"", text), page.name
        assert not re.search("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e\u2066-\u2069\u200b]", text), (
            page.name
        )


def test_comments_are_quoted_as_text(home):
    page = (home / "reports" / "board" / "latest" / "04_analyse_feedback.html").read_text(encoding="utf-8")
    assert 'class="quotes"' in page
    assert any(sentence in page for sentence in (*GOOD, *BAD))


def test_no_cell_of_the_workbook_starts_a_formula(home):
    book = openpyxl.load_workbook(home / "reports" / "board" / "latest" / "tables.xlsx")
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.rows for cell in row)


def test_what_is_too_long_is_cut_and_said(home):
    run = home / "data" / "board" / "runs" / "latest"
    cleaning = pd.read_parquet(run / "cleaning.parquet").set_index("rule")
    assert cleaning.loc["long_texts", "n"] == 1
    assert pd.read_parquet(run / "feedback.parquet")["text"].str.len().max() <= 10_000
    reconciliation = pd.read_parquet(run / "reconciliation.parquet").set_index("source")
    assert reconciliation.loc["reviews", "used"] == CUSTOMERS
