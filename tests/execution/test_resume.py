"""A killed run that goes on publishes what it would have published, and nobody who was erased in between."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_report
from privacy.test_opt_outs import everything
from support import command_line, copied_company, run_environment
from test_same_bytes import OF_THE_RUN
from test_stopping import COLD, tiny_command

from customer_profiles.demo import make_company
from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.reporting import publish

pytestmark = [pytest.mark.costly, pytest.mark.xdist_group("same bytes")]

SOME, ALL = ("--only", "04"), ()


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("company")
    make_company(home / "data" / "demo", customers=60)
    (home / "key").write_bytes(bytes(range(32)))
    return home


def laid(company: Path, home: Path) -> Path:
    """A copy of the company with its key; returns its folder of runs."""
    runs = copied_company(company, home).parent / "runs"
    runs.mkdir()
    shutil.copy(company / "key", runs / ".key")
    (runs / ".key").chmod(0o600)
    return runs


def pages(home: Path, *options: str) -> dict[str, bytes]:
    """Every file of the report that a command makes, without what run.json says of when and how."""
    done = command_line(home, "report", "demo", *options, cwd=home)
    assert done.returncode == 0, done.stderr
    (home / "said").write_text(done.stderr)
    files = {path.name: path.read_bytes() for path in Path(done.stdout.strip()).parent.iterdir()}
    manifest = {k: v for k, v in json.loads(files["run.json"]).items() if k not in OF_THE_RUN}
    return files | {"run.json": json.dumps(manifest).encode()}


def killed(home: Path, *options: str, chapters: int = 0, seconds: float = 0.0, until: str = "") -> None:
    """Begin a report and kill it some time after so many chapters are done, or once it has said something."""
    command = [sys.executable, "-m", "customer_profiles.cli", "report", "demo", *options]
    with (home / "stderr").open("w") as said:
        run = subprocess.Popen(command, env=run_environment(home), stdout=said, stderr=said, start_new_session=True)
    deadline, reached = time.monotonic() + 600, None
    while reached is None or time.monotonic() < reached + seconds:
        text = (home / "stderr").read_text()
        assert run.poll() is None, text
        assert time.monotonic() < deadline, text
        if reached is None and until in text and len(re.findall(r"^  \d\d ", text, re.MULTILINE)) >= chapters:
            reached = time.monotonic()
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()


@pytest.fixture(scope="module")
def undisturbed(company, tmp_path_factory) -> dict[tuple, tuple[dict[str, bytes], float]]:
    """What reports of the company hold, and how long they took; made when asked for."""

    class Made(dict):
        def __missing__(self, options):
            home = tmp_path_factory.mktemp("undisturbed")
            laid(company, home)
            begun = time.monotonic()
            self[options] = pages(home, *options), time.monotonic() - begun
            return self[options]

    return Made()


MOMENTS = [*((SOME, 1, k) for k in (1, 2)), *(pytest.param(ALL, 4, k, marks=pytest.mark.slow) for k in range(5))]


@pytest.mark.parametrize(("options", "kills", "seed"), MOMENTS)
def test_killed_at_any_moment_it_publishes_the_same_bytes(
    company, undisturbed, tmp_path, options, kills, seed, record_property
):
    """Killed, gone on with, killed again: at moments that fall anywhere between the ends of two chapters."""
    expected, seconds = undisturbed[options]
    runs, rng = laid(company, tmp_path), np.random.default_rng(seed)
    for _ in range(kills):
        killed(tmp_path, *options, "--resume", chapters=int(rng.integers(0, 2)), seconds=rng.uniform(0, seconds / 10))
    done = [json.loads(path.read_text())["chapters"] for path in runs.glob(f"*/{publish.DONE}")]
    found = pages(tmp_path, *options, "--resume")
    differing = {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)}
    record_property("files_that_differ", len(differing))
    assert differing == set()
    said = (tmp_path / "said").read_text()
    if done and done[0]:
        assert f"Goes on with the run that was killed; done: {', '.join(done[0])}." in said
    assert "  01 What we know" not in said or not done
    left = [path for path in runs.glob("2*") if not path.is_symlink()]
    assert len(left) == 1
    assert not [mark for mark in (publish.DONE, publish.UNFINISHED) if (left[0] / mark).exists()]


def test_whoever_is_erased_in_between_is_nowhere(company, tmp_path):
    once, again = tmp_path / "once", tmp_path / "again"
    for home in (once, again):
        runs = laid(company, home)
        killed(home, *SOME, until="  03 What hurts them")
    (run,) = (path.parent for path in runs.glob(f"*/{publish.DONE}"))
    identities = pd.read_parquet(run / "identities.parquet")
    person = pd.read_csv(again / "data" / "demo" / "raw" / "crm_kunden.csv", sep=";", dtype=str, encoding="cp1252")
    person = person[person["E-Mail"].notna() & ~person["E-Mail"].duplicated(keep=False)].set_index("Kundennr")
    known = [pseudonym(bytes(range(32)), "crm", raw_id) in set(identities["pseudonym"]) for raw_id in person.index]
    email = person.loc[known, "E-Mail"].iloc[0]
    for home in (once, again):
        assert command_line(home, "erase", "demo", "--from", "-", input=f"email {email}\n").returncode == 0
    gone = set(identities["pseudonym"]) - set(pd.read_parquet(run / "identities.parquet")["pseudonym"])
    assert gone
    found = pages(again, *SOME, "--resume")
    assert "begins again: the list of erased people changed" in (again / "said").read_text()
    assert found == pages(once, *SOME)
    content = everything(again / "data" / "demo" / "runs") + everything(again / "reports")
    assert not [name for name in {*gone, email} if name in content]


@pytest.fixture
def tiny(tmp_path) -> Path:
    """A project of two notebooks, whose run was killed when it wrote its pages."""
    tiny_report.make(tmp_path)
    command = tiny_command(tmp_path, "reporting.bundle:write_workbook")
    run = subprocess.Popen(command, env=run_environment(tmp_path) | COLD, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / "waiting").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    run.kill()
    run.wait()
    (tmp_path / "waiting").unlink()
    return tmp_path


def resumed(home: Path) -> str:
    """What a run says that goes on."""
    command = [*tiny_command(home), "--resume"]
    done = subprocess.run(command, env=run_environment(home) | COLD, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


CHANGES = {
    "dataset.yaml": lambda home: (home / "dataset.yaml").write_text(tiny_report.DATASET + "\n"),
    "an export": lambda home: (home / "people.csv").write_text("id,sex\n1,female\n"),
    "the program": lambda home: tiny_report.write(home / "notebooks", tiny_report.SPECS["00"], tiny_report.SHOW, "1;"),
    "the list of erased people": lambda home: (home / "suppressed.txt").write_text(""),
}


def test_nothing_is_made_twice(tiny):
    said = resumed(tiny)
    assert "done: 00, 01." in said
    assert "  01 First" not in said
    assert "There is no killed run to go on with." in resumed(tiny)


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_in_between_is_named_and_all_begins_again(tiny, what):
    CHANGES[what](tiny)
    said = resumed(tiny)
    assert f"The killed run begins again: {what}" in said
    assert "  01 First" in said


def test_a_damaged_chapter_is_made_again(tiny):
    (facts,) = tiny.glob("runs/2*/chapters/01/facts.json")
    facts.write_text("{}")
    said = resumed(tiny)
    assert "begins again: what it had finished is damaged" in said
