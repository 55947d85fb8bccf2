"""Reading tells of rows and of the time that is left, only where somebody looks and only when it takes long."""

from __future__ import annotations

import io
import os
import pty
import re
import sys
import termios
import time
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from customer_profiles.chapters import CHAPTERS
from customer_profiles.demo import make_company
from customer_profiles.execution.progress import Progress
from customer_profiles.ingest import pipeline, profile, rows_read
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.readers.chunks import Chunk
from customer_profiles.tables import Tables

LINES = "id;name\n" + "1;a\n" * 4000


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Reads a file in forty chunks, and tells of each."""
    monkeypatch.setattr(rows_read, "DELAY", 0.0)
    monkeypatch.setattr("tqdm.std.tqdm.monitor_interval", 0)
    (tmp_path / "crm.csv").write_text(LINES)
    clock = iter(np.arange(0, 1e5, 1.0))  # a second between any two looks at it
    monkeypatch.setattr("tqdm.std.time", lambda: next(clock))

    def read(folder):
        folder.mkdir(exist_ok=True)
        rows = Chunk(pd.DataFrame({"id": ["1"] * 100}), np.arange(100), [])
        parts = [("crm.csv", rows, ["id"])] * 40
        assert list(rows_read.counting(parts, "crm", [tmp_path / "crm.csv"], folder)) == parts

    return read


def test_a_terminal_and_a_notebook_opened_by_hand_see_rows_and_the_time_left(source, tmp_path, monkeypatch):
    for folder, terminal in ((tmp_path / "run", "stderr"), (tmp_path / rows_read.BY_HAND, "stdout")):
        seen = io.StringIO()
        monkeypatch.setattr(seen, "isatty", lambda terminal=terminal: terminal == "stderr", raising=False)
        monkeypatch.setattr(sys, terminal, seen)
        source(folder)
        assert re.search(r"crm: 2\.\d+k of about 4\.0\dk rows, \d\d:\d\d left", seen.getvalue())


def test_nobody_else_sees_anything(source, tmp_path, capfd):
    source(tmp_path / "run")
    assert capfd.readouterr() == ("", "")
    assert list((tmp_path / "run").iterdir()) == []


def test_what_takes_less_than_two_seconds_is_not_told(source, tmp_path, monkeypatch):
    monkeypatch.setattr(rows_read, "DELAY", 1e9)
    seen = io.StringIO()
    monkeypatch.setattr(seen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", seen)
    source(tmp_path / "run")
    assert seen.getvalue() == ""


def test_a_step_that_counts_nothing_for_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(rows_read, "DELAY", 0.05)
    seen = io.StringIO()
    monkeypatch.setattr(seen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", seen)
    with rows_read.told("customers recognised", None, tmp_path, begun=5000):
        for _ in range(100):
            time.sleep(0.05)
            if seen.getvalue():
                break
    assert "customers recognised: 5.00k rows" in seen.getvalue()


def test_recognising_customers_and_the_profile_are_told_like_reading(tmp_path, monkeypatch):
    dataset = load_dataset(make_company(tmp_path / "company", customers=60))
    told = []

    @contextmanager
    def listen(what, total, folder, begun=0):
        told.append([what, total or begun, 0])
        yield lambda rows, mine=told[-1]: mine.__setitem__(2, mine[2] + rows)

    for module in (rows_read, pipeline, profile):
        monkeypatch.setattr(module, "told", listen)
    tables = Tables(tmp_path / "tables")
    collected = pipeline.collect(dataset, tables, dataset.as_of, b"a key of sixteen", tmp_path / "runs")
    read = {source.name for source in dataset.sources}
    assert {what for what, *_ in told} == read | {"customers recognised"}
    rows = dict(zip(collected.reconciliation.source, collected.reconciliation.read, strict=True))
    assert all(done >= rows[what] for what, _, done in told if what in rows)
    told.clear()
    profile.build_profile(tables, dataset.as_of, dataset.attributes())
    ((what, total, done),) = told
    assert (what, done) == ("profile", total)
    assert total > len(tables.read("transactions"))


def test_the_terminal_of_a_run_repeats_what_its_kernels_say(source, tmp_path, monkeypatch):
    run = tmp_path / "run"
    run.mkdir()
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 200))
    with os.fdopen(theirs, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        with Progress([CHAPTERS["01"]], True, run) as progress:
            assert (run / rows_read.FOLLOWED).exists()
            patch.setattr(sys, "stderr", io.StringIO())  # a kernel has no terminal
            source(run)
            (run / rows_read.FOLLOWED).write_text("\rcrm: 1k of about 4k rows, 00:01 left\rcrm: 2k of about 4k rows")
            progress.repeat()
        assert not (run / rows_read.FOLLOWED).exists()
    assert b"crm: 2k of about 4k rows" in os.read(ours, 1 << 16)


def test_rows_are_guessed_of_lines_and_known_of_parquet_alone(tmp_path):
    (tmp_path / "a.csv").write_text(LINES)
    pd.DataFrame({"n": range(7)}).to_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.xlsx").write_bytes(b"")
    assert rows_read.rows_of([tmp_path / "a.csv", tmp_path / "b.parquet"]) == 4001 + 7
    assert rows_read.rows_of([tmp_path / "c.xlsx"]) is None
    (tmp_path / "empty.csv").write_text("")
    assert rows_read.rows_of([tmp_path / "empty.csv"]) == 0
