"""Running the command line in a project folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


def copied_company(home: Path, target: Path) -> Path:
    """Copy the files of the demo company, without its runs, into a new project folder; returns its dataset.yaml."""
    company = target / "data" / "demo"
    shutil.copytree(home / "data" / "demo", company, ignore=shutil.ignore_patterns("runs"))
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


def told(result, least: int = 10) -> list:
    """What a panel says of a result: its claims about rows that the gate lets through."""
    from customer_profiles.privacy.disclosure import Gate

    if result.claims is None or not len(result.frame):
        return []
    return list(result.claims(Gate(least).guard(result).marks(result.frame)))
