"""Cells that need data: what is missing is named once, in the reader's words."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from customer_profiles.chapter import Chapter
from customer_profiles.chapters import CHAPTERS
from customer_profiles.ingest.config.dataset import load_dataset

DATASET = """\
name: test
title: Test
sources:
  - {name: crm, system: crm, path: crm.csv, table: customers, columns: {customer_id: id}}
"""


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """Run cells in a notebook of their own; the variables, and what was said."""
    (tmp_path / "dataset.yaml").write_text(DATASET)
    spec = CHAPTERS["04"]
    chapter = Chapter(spec, spec.params(), load_dataset(tmp_path / "dataset.yaml"), tmp_path / "run")
    chapter.write("feedback", pd.DataFrame({"score": [5.0]}))
    shell = SimpleNamespace(user_ns={}, transform_cell=str)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    said = []
    monkeypatch.setattr(chapter, "show_text", lambda *texts: said.extend(map(chapter.language.text, texts)))
    return SimpleNamespace(run=chapter._needs, variables=shell.user_ns, said=said)


def test_a_cell_runs_where_its_data_are_there(cells):
    cells.run("feedback", "answers = 1")
    assert cells.variables["answers"] == 1
    assert cells.said == []


def test_a_missing_table_is_named_once(cells):
    cells.run("tickets", "found = 1")
    cells.run("tickets", "more = 1")
    assert not cells.variables.keys() & {"found", "more"}
    assert cells.said == ["Left out: the data hold no “Service tickets”."]


def test_what_a_left_out_cell_would_have_made_is_no_news(cells):
    cells.run("feedback events", "effects, placebo = compare(feedback)")
    cells.run("feedback effects", "show(effects)")
    cells.run("feedback placebo", "show(placebo)")
    assert len(cells.said) == 1
    assert "effects" not in cells.said[0]


def test_a_column_that_no_source_fills_is_named(cells):
    cells.run("spend", "total = 1")
    assert cells.said == ["Left out: the data hold no “Spend”."]
