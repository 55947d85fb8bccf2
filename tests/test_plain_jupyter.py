"""The notebooks work with plain Jupyter: papermill and nbconvert by their own commands, from any folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import run_environment

from customer_profiles.chapters import CHAPTERS
from customer_profiles.demo import make_company

pytestmark = [pytest.mark.costly, pytest.mark.xdist_group("plain jupyter")]


def plain(home: Path, folder: Path, *command: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        env=run_environment(home),
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    """What nbconvert makes of chapter 02, run by papermill after chapter 01, without a run of this package."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("somewhere else")
    dataset = home / "data" / "demo" / "dataset.yaml"
    make_company(dataset.parent, customers=80)
    for number in ("01", "02"):
        notebook = CHAPTERS[number].notebook
        plain(home, folder, "papermill", "--no-progress-bar", notebook, f"{number}.ipynb", "-p", "dataset", dataset)
    plain(home, folder, "jupyter", "nbconvert", "--to", "html", "02.ipynb")
    return (folder / "02.html").read_text(encoding="utf-8")


def shown(page: str) -> list[str]:
    """What the chapter shows, cell by cell."""
    found = re.findall(r'<div class="customer-profiles">(.*?)\n</div>', page, re.DOTALL)
    assert len(found) > 5
    return found


def test_a_page_of_nbconvert_has_the_panels(page):
    panels = [part for part in shown(page) if 'class="panel"' in part]
    assert len(panels) > 5
    assert sum(part.count("<svg") for part in panels) >= 10
    assert "<h3>" in panels[0]


def test_its_charts_have_their_colours_and_one_width(page):
    used = set(re.findall(r"var\((--[\w-]+)\)", "".join(shown(page))))
    style = "".join(re.findall(r"<style>(\.customer-profiles.*?)</style>", page))
    assert used
    assert {name for name in used if f"{name}:#" not in style} == set()
    assert ".customer-profiles .narrow{display:none}" in style


def test_what_it_shows_asks_nobody_for_anything(page):
    for part in shown(page):
        assert "<script" not in part
        assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', part) == []
