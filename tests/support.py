"""Running the command line in a project folder of its own, and reading the report that it has published."""

from __future__ import annotations

import html
import json
import math
import os
import re
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from customer_profiles.chapters import CHAPTERS
from customer_profiles.reporting.pages import file_name

ROOT = Path(__file__).parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"
# What a developer may have set for runs of their own must not reach those of the tests.
NOT_INHERITED = {"CUSTOMER_PROFILES_KEY", "CUSTOMER_PROFILES_KERNEL", "MPLBACKEND", "PYTEST_ADDOPTS"}


def run_environment(home: Path) -> dict[str, str]:
    """Environment of a process whose data and reports lie in `home`."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return kept | {"CUSTOMER_PROFILES_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}


def command_line(home: Path, *arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """Run ``customer-profiles`` as a process of its own, so that no state leaks into the tests."""
    command = [sys.executable, "-m", "customer_profiles.cli", *map(str, arguments)]
    return subprocess.run(command, env=run_environment(home), capture_output=True, text=True, **options)


def copied_company(home: Path, target: Path, name: str = "demo") -> Path:
    """Copy the files of a demo company, without its runs, into a new project folder; returns its dataset.yaml."""
    company = target / "data" / name
    shutil.copytree(home / "data" / name, company, ignore=shutil.ignore_patterns("runs"))
    return company / "dataset.yaml"


def real_data(name: str) -> Path:
    """Folder of a real data set beside the checkout; the test is skipped where it is absent, but not in CI."""
    folder = REAL_DATA / name
    if not folder.is_dir():
        reason = f"needs the real data set {name} in {folder}"
        pytest.fail(reason) if os.environ.get("CUSTOMER_PROFILES_NO_SKIP") else pytest.skip(reason)
    return folder


def shipped_dataset(name: str, home: Path, raw: Path | None = None) -> Path:
    """Copy what the repository ships of a data set into a project folder, its raw/ linked; returns its dataset.yaml."""
    folder = home / "data" / name
    shutil.copytree(ROOT / "data" / name, folder, ignore=shutil.ignore_patterns("raw", "runs"))
    if raw is None:
        (folder / "raw").mkdir()
    else:
        (folder / "raw").symlink_to(raw)
    return folder / "dataset.yaml"


class Report:
    """A published report as its reader has it, and the run behind it; neither is to be written to."""

    def __init__(self, home: Path, name: str):
        self.home = home
        self.data = home / "data" / name
        self.run = self.data / "runs" / "latest"
        self.folder = home / "reports" / name / "latest"

    @cached_property
    def pages(self) -> dict[str, str]:
        """HTML of the pages, by the number of the chapter; who has nothing to say has none."""
        files = {number: self.folder / file_name(spec) for number, spec in CHAPTERS.items()}
        return {number: path.read_text("utf-8") for number, path in files.items() if path.exists()}

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """What findings.json says."""
        return json.loads((self.folder / "findings.json").read_text("utf-8"))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What run.json says."""
        return json.loads((self.folder / "run.json").read_text("utf-8"))

    @cached_property
    def facts(self) -> dict[str, dict[str, Any]]:
        """Named numbers of the chapters, by their number."""
        return {n: json.loads((self.run / "chapters" / n / "facts.json").read_text("utf-8")) for n in CHAPTERS}

    def titles(self, number: str) -> dict[str, dict[str, Any]]:
        """Title and number of rows of the tables that a chapter has published, by their name."""
        path = self.run / "chapters" / number / "published" / "titles.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    def table(self, number: str, name: str) -> pd.DataFrame:
        """A table as it was published: numbers that may not be shown are missing."""
        return pd.read_parquet(self.run / "chapters" / number / "published" / f"{name}.parquet")

    def values(self, number: str, name: str, attribute: str) -> pd.DataFrame:
        """Rows of a published table about one attribute, by its value."""
        table = self.table(number, name)
        rows = table[table["attribute"] == attribute].set_index("value")
        assert rows.index.is_unique
        return rows

    def limits(self, number: str) -> list[str]:
        """Lists of what could not be answered, as a page says them."""
        return [visible(item) for item in re.findall(r'<ul class="limits">(.*?)</ul>', self.pages[number], re.S)]


def visible(markup: str) -> str:
    """Text of a piece of HTML, without what only a program reads."""
    markup = re.sub(r"<(style|script|title)\b.*?</\1>", " ", markup, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def rows_on_page(page: str, table: str) -> list[list[str]]:
    """Rows of a published table as a reader sees them, those folded away included; the first one is the header."""
    block = page[page.index(f'id="table-{table}"') :]
    block = block[: block.index("</section>")]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", block, re.S)]
    header, *body = [[visible(cell) for cell in row] for row in cells]
    return [header, *(row for row in body if row != header)]


def wilson(n: int, base: int) -> tuple[float, float]:
    """Interval of Wilson (1927) for a share, written out."""
    z, p = 1.959963984540054, n / base
    middle, spread = p + z * z / (2 * base), z * math.sqrt(p * (1 - p) / base + z * z / (4 * base * base))
    return (middle - spread) / (1 + z * z / base), (middle + spread) / (1 + z * z / base)


def told(result, least: int = 10) -> list:
    """What a panel says of a result: its claims about rows that the gate lets through."""
    from customer_profiles.privacy.disclosure import Gate

    if result.claims is None or not len(result.frame):
        return []
    return list(result.claims(Gate(least).guard(result).marks(result.frame)))
