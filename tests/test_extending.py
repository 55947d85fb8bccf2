"""docs/extending.md does what it says: each example of it is run in a copy of the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from support import ROOT, copied_company, run_environment

DOC = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"<!-- (file|cell|insert): (\S+)(?: before (.+?))? -->\n```python\n(.*?)```", re.DOTALL)


def examples(kind: str) -> list[tuple[str, str, str]]:
    return [(target, before, code) for what, target, before, code in EXAMPLE.findall(DOC) if what == kind]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, demo_home):
    """A copy of the checkout, changed as the page tells, with a demo company."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("src", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    copied_company(demo_home, folder)
    for target, _, code in examples("file"):
        (folder / target).write_text(code, encoding="utf-8")
    for target, before, code in examples("insert"):
        text = (folder / target).read_text(encoding="utf-8")
        assert text.count(before) == 1
        (folder / target).write_text(text.replace(before, code + before), encoding="utf-8")
    for target, _, code in examples("cell"):
        path = folder / "notebooks" / f"{target}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        last = max(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "markdown")
        notebook.cells.insert(last, nbformat.v4.new_code_cell(code.strip()))
        nbformat.write(notebook, path)
    path = folder / "notebooks" / "12_know_standing.ipynb"
    shutil.copy(folder / "notebooks" / "template.ipynb", path)
    text = path.read_text(encoding="utf-8")
    opened = re.search(r"Chapter\.open\((ChapterSpec\(.*?\)), globals\(\)\)", text)
    path.write_text(text.replace(opened[1], '\\"12\\"'), encoding="utf-8")
    return folder


def report(checkout, number: str) -> tuple[str, list[dict], str]:
    """Page, findings and messages of one chapter."""
    environment = run_environment(checkout) | {"PYTHONPATH": str(checkout / "src")}
    command = [sys.executable, "-m", "customer_profiles.cli", "report", "demo", "--only", number]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=checkout)
    assert done.returncode == 0, done.stderr
    page = done.stdout.strip().splitlines()[-1]
    folder = os.path.dirname(page)
    with open(page, encoding="utf-8") as file, open(os.path.join(folder, "findings.json"), encoding="utf-8") as found:
        return file.read(), json.load(found), done.stderr


@pytest.fixture(scope="module")
def chapter_two(checkout):
    return report(checkout, "02")


def test_every_kind_of_example_is_there():
    assert {kind: len(examples(kind)) for kind in ("file", "cell", "insert")} == {"file": 2, "cell": 3, "insert": 1}


def test_a_frame_with_a_seaborn_chart_becomes_a_guarded_panel(chapter_two):
    page, _, stderr = chapter_two
    panel = page.partition('id="panel-orders_per_customer_by_years_known"')[2].partition("</section>")[0]
    assert panel.count("<svg") == 2
    assert "Orders per customer by years known" in panel
    assert "stays in the notebook" not in stderr


def test_a_result_brings_its_sentence_and_its_evidence(chapter_two):
    page, findings, _ = chapter_two
    assert 'id="panel-standing"' in page
    (found,) = [finding for finding in findings if finding["id"] == "standing.orders"]
    assert (found["chapter"], found["table"]) == ("02", "standing")
    assert found["text"] in page


def test_a_new_kind_of_chart_is_drawn(chapter_two):
    page, _, _ = chapter_two
    assert re.search(r'id="panel-distributions-\d+"', page)


def test_a_copied_template_becomes_a_page(checkout):
    page, _, stderr = report(checkout, "12")
    assert "<h1>How long they have known us</h1>" in page
    assert page.count('class="panel"') == 2
    assert page.rindex('class="panel"') < page.index("Everything else this page looked at")
    assert "stays in the notebook" not in stderr
