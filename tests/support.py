"""Running the command line in a project folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
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


def copied_company(home: Path, target: Path) -> Path:
    """Copy the files of the demo company, without its runs, into a new project folder; returns its dataset.yaml."""
    company = target / "data" / "demo"
    shutil.copytree(home / "data" / "demo", company, ignore=shutil.ignore_patterns("runs"))
    return company / "dataset.yaml"
