"""The values that matter: committed facts come out again, and parameters reach the numbers.

Facts are compared with those of the scheduled report. nbval runs notebooks as a data scientist would, one after the
other in a working folder of their own: in every test run those that show that it notices a difference, among the slow
tests all of them. Papermill runs notebooks as a scheduler without this package would.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from notebook_facts import facts_cell, printed
from support import copied_company, run_environment

from customer_profiles.chapters import CHAPTERS

pytestmark = pytest.mark.xdist_group("values")

SPECS = list(CHAPTERS.values())  # in the order in which they can run


def facts(run: Path, number: str) -> dict:
    return json.loads((run / "chapters" / number / "facts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_committed_facts_come_out_again(demo_report, spec):
    committed, executed = (
        printed(path) for path in (spec.notebook, demo_report.run / "notebooks" / spec.notebook.name)
    )
    assert committed.splitlines() == executed.splitlines(), "run `make facts` and look at what has changed"
    assert committed.splitlines() == [f"{name}: {fact}" for name, fact in demo_report.facts[spec.number].items()]


def sabotaged(source: Path, target: Path) -> Path:
    """Copy of a notebook whose kept facts are off by one in one place."""
    notebook = nbformat.read(source, as_version=4)
    (output,) = facts_cell(notebook).outputs
    before, last = output.text.rstrip("\n")[:-1], output.text.rstrip("\n")[-1]
    assert last.isdigit()
    output.text = f"{before}{(int(last) + 1) % 10}\n"
    nbformat.write(notebook, target)
    return target


def nbval(home: Path, *notebooks: Path) -> dict[str, list[tuple[str, str]]]:
    """Name and outcome of every cell, by notebook."""
    (home / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "nbval.plugin", "--nbval-lax", "-p", "no:cacheprovider", "-q"]
    environment = run_environment(home) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, "--junitxml=cells.xml", *notebooks], env=environment, capture_output=True, text=True, cwd=home
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    outcomes: dict[str, list[tuple[str, str]]] = {}
    for case in ElementTree.parse(home / "cells.xml").iter("testcase"):
        said = [child.get("message") or child.text or "" for child in case if child.tag in ("failure", "error")]
        notebook = case.get("classname").removesuffix(".ipynb")
        outcomes.setdefault(notebook, []).append((case.get("name"), said[0] if said else "passed"))
    return outcomes


def assert_passed(cells: list[tuple[str, str]], spec) -> None:
    notebook = nbformat.read(spec.notebook, as_version=4)
    # nbval compares nothing in a cell without outputs or without an execution count, and says that it passed.
    assert facts_cell(notebook).outputs
    assert facts_cell(notebook).execution_count
    assert len(cells) == sum(cell.cell_type == "code" for cell in notebook.cells)
    assert [(name, outcome) for name, outcome in cells if outcome != "passed"] == []


def test_facts_that_differ_are_noticed(demo_home, tmp_path):
    copied_company(demo_home, tmp_path)
    first = CHAPTERS["01"]
    wrong = sabotaged(first.notebook, tmp_path / "sabotaged.ipynb")
    cells = nbval(tmp_path, Path(shutil.copy(first.notebook, tmp_path)), wrong)
    assert_passed(cells[first.stem], first)
    outcomes = [outcome for _, outcome in cells["sabotaged"]]
    assert outcomes[-1] != "passed"
    assert set(outcomes[:-1]) == {"passed"}


@pytest.mark.slow
def test_all_notebooks_run_one_after_the_other_by_hand(demo_home, tmp_path):
    copied_company(demo_home, tmp_path)
    cells = nbval(tmp_path, *(Path(shutil.copy(spec.notebook, tmp_path)) for spec in SPECS))
    for spec in SPECS:
        assert_passed(cells[spec.stem], spec)


@pytest.fixture(scope="module")
def runs(demo_report, tmp_path_factory) -> Path:
    """Runs of a data set after a published run; a copy that a test may write to."""
    home = tmp_path_factory.mktemp("published")
    shutil.copytree(demo_report.home / "data", home / "data", symlinks=True)
    return home / "data" / "demo" / "runs"


def papermill(runs: Path, number: str, output: Path, **parameters: object) -> subprocess.CompletedProcess[str]:
    """Run a notebook by the plain command, from a folder that is not the project's."""
    given = [part for name, value in parameters.items() for part in ("-p", name, str(value))]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", CHAPTERS[number].notebook, output]
    command += ["-p", "dataset", runs.parent / "dataset.yaml", *given]
    environment = run_environment(runs.parents[2])
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=output.parent)


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file."""
    stats = {str(path): path.lstat() for path in sorted(folder.rglob("*"))}
    return {path: (found.st_size, found.st_mtime_ns) for path, found in stats.items()}


def test_papermill_alone_continues_from_the_last_published_run(runs, tmp_path):
    latest = (runs / "latest").resolve()
    before = contents(latest)
    usual = facts(latest, "05")
    assert usual["segments"] > 2
    done = papermill(runs, "05", tmp_path / "out.ipynb", max_segments=2, bootstraps=20)
    assert done.returncode == 0, done.stderr
    changed = facts(runs / "interactive", "05")
    # Everything the parameters do not touch is as it was; the number of segments is not.
    assert changed["segments"] <= 2
    assert {name: changed[name] for name in ("customers", "orders", "spend")} == {
        name: usual[name] for name in ("customers", "orders", "spend")
    }
    assert contents(latest) == before
    kept = facts_cell(nbformat.read(tmp_path / "out.ipynb", as_version=4)).outputs[0].text
    assert f"segments: {changed['segments']}\n" in kept


def test_nothing_after_the_day_of_the_run_is_counted(runs, tmp_path):
    usual = facts(runs / "latest", "01")
    done = papermill(runs, "01", tmp_path / "out.ipynb", as_of="2025-06-30", run_folder=tmp_path / "run")
    assert done.returncode == 0, done.stderr
    earlier = facts(tmp_path / "run", "01")
    assert earlier["rows_read"] == usual["rows_read"]
    assert earlier["rows_excluded"] > usual["rows_excluded"]
    assert 0 < earlier["orders"] < usual["orders"]
    assert not os.path.exists(runs / "interactive" / "chapters" / "01")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"key_finding": 5}, "unknown parameter 'key_finding', did you mean 'key_findings'?"),
        ({"key_findings": "many"}, "parameter 'key_findings': Input should be a valid integer"),
    ],
)
def test_a_wrong_parameter_is_refused(runs, tmp_path, parameters, says):
    before = contents(runs)
    done = papermill(runs, "00", tmp_path / "out.ipynb", **parameters)
    assert done.returncode != 0
    assert says in done.stderr
    assert contents(runs) == before
