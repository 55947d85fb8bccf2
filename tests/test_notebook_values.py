"""The values that matter: committed facts come out again, and parameters reach the numbers.

nbval runs the notebooks as a data scientist would, one after the other in a working folder of their own, and compares
the one cell whose output is committed. Papermill runs them as a scheduler without this package would.
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
from support import copied_company, run_environment

from customer_profiles.chapters import CHAPTERS

pytestmark = pytest.mark.xdist_group("values")

FACTS = "nbval-check-output"
SPECS = list(CHAPTERS.values())  # in the order in which they can run


def facts(run: Path, number: str) -> dict:
    return json.loads((run / "chapters" / number / "facts.json").read_text(encoding="utf-8"))


def facts_cell(notebook) -> nbformat.NotebookNode:
    (cell,) = [cell for cell in notebook.cells if FACTS in cell.metadata.get("tags", [])]
    return cell


def sabotaged(source: Path, target: Path) -> Path:
    """Copy of a notebook whose kept facts are off by one in one place."""
    notebook = nbformat.read(source, as_version=4)
    (output,) = facts_cell(notebook).outputs
    before, last = output.text.rstrip("\n")[:-1], output.text.rstrip("\n")[-1]
    assert last.isdigit()
    output.text = f"{before}{(int(last) + 1) % 10}\n"
    nbformat.write(notebook, target)
    return target


@pytest.fixture(scope="module")
def nbval(demo_home, tmp_path_factory) -> dict[str, list[tuple[str, str]]]:
    """Name and outcome of every cell, by notebook: all six in a fresh project, then a sabotaged copy of the last."""
    home = tmp_path_factory.mktemp("nbval")
    copied_company(demo_home, home)
    (home / "pytest.ini").write_text("[pytest]\n")
    notebooks = [Path(shutil.copy(spec.notebook, home)) for spec in SPECS]
    if facts_cell(nbformat.read(notebooks[-1], as_version=4)).outputs:
        notebooks.append(sabotaged(notebooks[-1], home / "sabotaged.ipynb"))
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


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_committed_facts_come_out_again(nbval, spec):
    notebook = nbformat.read(spec.notebook, as_version=4)
    # nbval compares nothing in a cell without outputs or without an execution count, and says that it passed.
    kept = facts_cell(notebook)
    assert kept.outputs
    assert kept.execution_count
    cells = nbval[spec.stem]
    assert len(cells) == sum(cell.cell_type == "code" for cell in notebook.cells)
    assert [(name, outcome) for name, outcome in cells if outcome != "passed"] == []


def test_facts_that_differ_are_noticed(nbval):
    outcomes = [outcome for _, outcome in nbval["sabotaged"]]
    assert outcomes[-1] != "passed"
    assert set(outcomes[:-1]) == {"passed"}


@pytest.fixture(scope="module")
def published(demo_report_home, tmp_path_factory) -> Path:
    """Runs of a data set after a published run; a copy that a test may write to."""
    home = tmp_path_factory.mktemp("published")
    shutil.copytree(demo_report_home / "data", home / "data", symlinks=True)
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


def test_papermill_alone_continues_from_the_last_published_run(published, tmp_path):
    latest = (published / "latest").resolve()
    before = contents(latest)
    usual = facts(latest, "05")
    assert usual["segments"] > 2
    done = papermill(published, "05", tmp_path / "out.ipynb", max_segments=2, bootstraps=20)
    assert done.returncode == 0, done.stderr
    changed = facts(published / "interactive", "05")
    # Everything the parameters do not touch is as it was; the number of segments is not.
    assert changed["segments"] <= 2
    assert {name: changed[name] for name in ("customers", "orders", "spend")} == {
        name: usual[name] for name in ("customers", "orders", "spend")
    }
    assert contents(latest) == before
    kept = facts_cell(nbformat.read(tmp_path / "out.ipynb", as_version=4)).outputs[0].text
    assert f"segments: {changed['segments']}\n" in kept


def test_nothing_after_the_day_of_the_run_is_counted(published, tmp_path):
    usual = facts(published / "latest", "01")
    done = papermill(published, "01", tmp_path / "out.ipynb", as_of="2025-06-30", run_folder=tmp_path / "run")
    assert done.returncode == 0, done.stderr
    earlier = facts(tmp_path / "run", "01")
    assert earlier["rows_read"] == usual["rows_read"]
    assert earlier["rows_excluded"] > usual["rows_excluded"]
    assert 0 < earlier["orders"] < usual["orders"]
    assert not os.path.exists(published / "interactive" / "chapters" / "01")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"key_finding": 5}, "unknown parameter 'key_finding', did you mean 'key_findings'?"),
        ({"key_findings": "many"}, "parameter 'key_findings': Input should be a valid integer"),
    ],
)
def test_a_wrong_parameter_is_refused(published, tmp_path, parameters, says):
    before = contents(published)
    done = papermill(published, "00", tmp_path / "out.ipynb", **parameters)
    assert done.returncode != 0
    assert says in done.stderr
    assert contents(published) == before
