"""The same input, parameters and lock give the same bytes, whatever the language, clock, hash seed, key or cores."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from support import command_line, copied_company

from customer_profiles.demo import make_company

pytestmark = [pytest.mark.costly, pytest.mark.xdist_group("same bytes")]

OF_THE_RUN = ("run", "started", "seconds", "kernel")  # what run.json says of when and how, besides of what
HERE = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
ELSEWHERE = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "77"}
OTHER_KEY = {"CUSTOMER_PROFILES_KEY": "a key by which all pseudonyms are others"}


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("company")
    make_company(home / "data" / "demo", customers=80)
    (home / "key").write_bytes(bytes(range(32)))
    return home


def report(company: Path, home: Path, monkeypatch, environment: dict[str, str], *options: str) -> dict[str, bytes]:
    """Every file that a run in these surroundings publishes."""
    runs = copied_company(company, home).parent / "runs"
    runs.mkdir()
    shutil.copy(company / "key", runs / ".key")  # of the pseudonyms
    (runs / ".key").chmod(0o600)
    with monkeypatch.context() as surroundings:
        for name, value in environment.items():
            surroundings.setenv(name, value)
        done = command_line(home, "report", "demo", *options, cwd=home)
    assert done.returncode == 0, done.stderr
    files = {path.name: path.read_bytes() for path in Path(done.stdout.strip()).parent.iterdir()}
    manifest = json.loads(files["run.json"])
    for name in OF_THE_RUN:
        assert manifest.pop(name) is not None
    return files | {"run.json": json.dumps(manifest).encode()}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def test_clock_language_hash_seed_and_key_change_nothing(company, tmp_path, monkeypatch):
    here = report(company, tmp_path / "here", monkeypatch, HERE, "--only", "02")
    there = report(company, tmp_path / "there", monkeypatch, ELSEWHERE | OTHER_KEY, "--only", "02")
    assert {"01_collect_data.html", "02_find_demographics.html", "tables.xlsx", "findings.json"} < here.keys()
    assert differing(here, there) == set()


@pytest.mark.slow
def test_a_whole_report_is_the_same_everywhere(company, tmp_path, monkeypatch):
    here = report(company, tmp_path / "here", monkeypatch, HERE, "--jobs", "1")
    two = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    elsewhere = ELSEWHERE | OTHER_KEY | two
    assert differing(here, report(company, tmp_path / "there", monkeypatch, elsewhere, "--jobs", "2")) == set()
    cold = {"CUSTOMER_PROFILES_KERNEL": "python3"}
    monkeypatch.setattr("support.NOT_INHERITED", set())
    assert differing(here, report(company, tmp_path / "cold", monkeypatch, cold, "--jobs", "2")) == set()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})  # children have this one core, too
    try:
        assert differing(here, report(company, tmp_path / "core", monkeypatch, HERE, "--jobs", "2")) == set()
    finally:
        os.sched_setaffinity(0, before)
