"""One run becomes current in one step, or nothing changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from customer_profiles.errors import EnvironmentFailed, RunLocked
from customer_profiles.report import publish

IDS = [f"2025010{day}T120000Z-00000{day}" for day in range(1, 7)]


@pytest.fixture
def places(tmp_path):
    runs, reports = tmp_path / "runs", tmp_path / "reports"
    for parent in (runs, reports):
        for name in IDS:
            (parent / name).mkdir(parents=True)
    return runs, reports


def latest(parent: Path) -> str | None:
    link = parent / publish.LATEST
    return os.readlink(link) if link.is_symlink() else None


def test_both_links_move_together(places):
    runs, reports = places
    for name in IDS[:2]:
        publish.publish(runs / name, reports / name)
        assert latest(runs) == latest(reports) == name
    assert {path.name for path in reports.iterdir()} == {*IDS, publish.LATEST}


def test_links_survive_a_move_of_the_project(places, tmp_path):
    _, reports = places
    publish.publish(reports / IDS[0])
    moved = reports.rename(tmp_path / "elsewhere")
    assert (moved / publish.LATEST).resolve() == moved / IDS[0]


@pytest.mark.parametrize("before", [None, IDS[0]])
def test_a_failed_swap_takes_the_first_one_back(places, before):
    runs, reports = places
    if before:
        publish.publish(runs / before)
    (reports / publish.LATEST / "kept by somebody").mkdir(parents=True)  # a folder where the link should be
    with pytest.raises(EnvironmentFailed, match="previous report stays"):
        publish.publish(runs / IDS[1], reports / IDS[1])
    assert latest(runs) == before
    assert (reports / publish.LATEST / "kept by somebody").exists()
    assert not list(runs.glob(".latest-*"))
    assert not list(reports.glob(".latest-*"))


def test_prune_keeps_the_newest_the_current_and_what_is_no_run(places):
    runs, reports = places
    publish.publish(runs / IDS[0], reports / IDS[0])
    (runs / "interactive").mkdir()
    (reports / "sample").mkdir()
    publish.prune(runs, reports)
    assert {path.name for path in runs.iterdir()} == {IDS[0], *IDS[-3:], "interactive", publish.LATEST}
    assert {path.name for path in reports.iterdir()} == {IDS[0], *IDS[-3:], "sample", publish.LATEST}


def test_prune_of_a_folder_that_was_never_made(tmp_path):
    publish.prune(tmp_path / "absent")


def test_names_of_runs_sort_by_age_and_differ():
    names = [publish.new_run_id() for _ in range(3)]
    assert len(set(names)) == 3
    assert all(publish.RUN_ID.fullmatch(name) for name in names)


def test_a_lock_is_held_by_one_and_freed_at_the_end(tmp_path):
    with publish.lock(tmp_path), pytest.raises(RunLocked, match="another run"), publish.lock(tmp_path):
        pass
    with publish.lock(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    code = "import sys; from pathlib import Path; from customer_profiles.report import publish\n" \
           "with publish.lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLocked), publish.lock(tmp_path):
            pass
        holder.kill()
        holder.wait()
        with publish.lock(tmp_path):
            pass
