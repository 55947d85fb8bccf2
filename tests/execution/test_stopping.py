"""Whoever stops a run gets the terminal back within seconds, and finds everything as it was before.

The moments are those between which something different has to be undone: processes, folders, links.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import tiny_report
from support import ROOT, copied_company, run_environment

from customer_profiles.execution import kernels
from customer_profiles.reporting import publish

pytestmark = [pytest.mark.costly, pytest.mark.xdist_group("stopping")]

WITHIN = 20  # seconds, on a machine that is busy with other things
NOTHING = "nothing was published, and the last report stays as it was"
REQUESTS = [signal.SIGTERM, signal.SIGINT]


def in_turn(name: str, steps: Iterable) -> pytest.MarkDecorator:
    """Every step with every request: in turn with one of them in every run, with the other among the slow tests."""
    pairs = [
        pytest.param(
            step, number, marks=[pytest.mark.slow] if (at + turn) % 2 else [], id=f"{step or 'forked'}-{number}"
        )
        for at, step in enumerate(steps)
        for turn, number in enumerate(REQUESTS)
    ]
    return pytest.mark.parametrize((name, "number"), pairs)


SLEEP = "import time\n(folder.parents[2] / 'waiting').touch()\ntime.sleep(300)"


class Started:
    """A command in a session and a process group of its own, with everything that it starts.

    Parameters
    ----------
    home : Path
        Project folder; what the command prints goes into files there, temporary files into ``tmp``.
    command : list of str
    """

    def __init__(self, home: Path, command: list[str], **environment: str):
        self.home, self.mark = home, uuid.uuid4().hex
        self.tmp = home / "tmp"
        self.tmp.mkdir(exist_ok=True)
        own = {"STARTED_BY_TEST": self.mark, "TMPDIR": str(self.tmp)}
        self.run = subprocess.Popen(
            command,
            env=run_environment(home) | own | environment,
            stdout=(home / "stdout").open("w"),
            stderr=(home / "stderr").open("w"),
            start_new_session=True,
            # Whoever starts the tests in the background has Ctrl-C ignored for them and all their children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    @property
    def stderr(self) -> str:
        return (self.home / "stderr").read_text()

    def processes(self) -> list[str]:
        """Command lines of all processes at work that the command has started, itself included."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                ended = (process / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
                if not ended and self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def until(self, true: Callable[[], object], seconds: float = 240) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not true():
            assert self.run.poll() is None, self.stderr
            assert time.monotonic() < deadline, self.stderr
            time.sleep(0.01)

    def ask(self, number: int) -> float:
        """Ask it to stop, as a scheduler (the process) or a terminal does (the group); seconds until it has ended."""
        asked = time.monotonic()
        (os.killpg if number == signal.SIGINT else os.kill)(self.run.pid, number)
        self.run.wait(timeout=4 * WITHIN)
        return time.monotonic() - asked

    def assert_stopped(self, number: int) -> None:
        """Ask it to stop: it ends soon, says so in one sentence, and no process is left."""
        seconds = self.ask(number)
        assert self.run.returncode == 128 + number, self.stderr
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        assert self.stderr.splitlines()[-1] in (f"Error: stopped by {name}: {NOTHING}", f"Error: stopped by {name}")
        assert "Traceback" not in self.stderr
        assert (self.home / "stdout").read_text() == ""
        assert seconds < WITHIN
        self.assert_gone()

    def assert_gone(self, within: float = 3) -> None:
        deadline = time.monotonic() + within
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left == []
        assert list((self.home / "tmp").iterdir()) == []


def state(*folders: Path) -> dict[str, object]:
    """Every file, byte for byte, and where links point."""
    return {
        str(path): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A tiny project with a published report."""
    home = tmp_path_factory.mktemp("made")
    tiny_report.make(home)
    done = subprocess.run(tiny_command(home), env=run_environment(home) | COLD, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="s-") as folder:
        yield Path(folder)


@pytest.fixture
def tiny(made, short) -> Path:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(made, short / "t", symlinks=True))


COLD = {kernels.SWITCH: kernels.COLD}  # quickest for a single cell


def tiny_command(home: Path, step: str = "") -> list[str]:
    """The command line, which waits at a step."""
    program = str(ROOT / "tests" / "tiny_report.py")
    return [sys.executable, program, str(home), step, "report", str(home / "dataset.yaml"), "--out", str(home / "out")]


def kept(home: Path) -> dict[str, object]:
    return state(home / "runs", home / "out")


@in_turn(
    "step",
    [
        "reporting.publish:clear_killed",
        "execution.run:Progress",
        "reporting.bundle:write_workbook",
        "execution.stopping:finish",
    ],
)
def test_before_anything_is_published(tiny, step, number):
    before = kept(tiny)
    started = Started(tiny, tiny_command(tiny, step), **COLD)
    started.until((tiny / "waiting").exists)
    started.assert_stopped(number)
    assert kept(tiny) == before


@in_turn("step", ["reporting.publish:publish", "reporting.publish:_point", "reporting.publish:prune"])
def test_once_it_is_being_published_it_is_too_late(tiny, step, number):
    before = os.readlink(tiny / "runs" / publish.LATEST)
    started = Started(tiny, tiny_command(tiny, step), **COLD)
    started.until((tiny / "waiting").exists)
    os.kill(started.run.pid, number)
    time.sleep(0.2)
    (tiny / "go").touch()
    assert started.run.wait(timeout=WITHIN) == 0, started.stderr
    now = os.readlink(tiny / "runs" / publish.LATEST)
    assert now != before
    assert (tiny / "out" / "tiny" / now / "index.html").exists()
    assert not (tiny / "runs" / now / publish.UNFINISHED).exists()
    started.assert_gone()


@pytest.mark.parametrize("number", REQUESTS)
def test_while_the_kernels_get_ready(tiny, number):
    before = kept(tiny)
    started = Started(tiny, tiny_command(tiny))
    started.until(lambda: any("kernel_server" in command for command in started.processes()))
    started.assert_stopped(number)
    assert kept(tiny) == before


@in_turn("kernel", ["", kernels.COLD])
def test_while_a_cell_is_at_work(tiny, kernel, number):
    tiny_report.write(tiny / "notebooks", tiny_report.SPECS["01"], SLEEP)
    before = kept(tiny)
    started = Started(tiny, tiny_command(tiny), **({kernels.SWITCH: kernel} if kernel else {}))
    started.until((tiny / "runs" / "waiting").exists)
    (tiny / "runs" / "waiting").unlink()
    started.assert_stopped(number)
    assert kept(tiny) == before


def test_a_second_request_does_not_disturb_the_first(tiny):
    before = kept(tiny)
    started = Started(tiny, tiny_command(tiny, "reporting.publish:abandon"), **COLD)
    tiny_report.write(tiny / "notebooks", tiny_report.SPECS["01"], SLEEP)
    started.until((tiny / "runs" / "waiting").exists)
    (tiny / "runs" / "waiting").unlink()
    os.kill(started.run.pid, signal.SIGINT)
    started.until((tiny / "waiting").exists)
    for _ in range(3):
        os.kill(started.run.pid, signal.SIGINT)
    (tiny / "go").touch()
    assert started.run.wait(timeout=WITHIN) == 128 + signal.SIGINT
    assert "Traceback" not in started.stderr
    assert kept(tiny) == before


@pytest.mark.parametrize("environment", [{}, COLD], ids=["forked", "cold"])
def test_what_a_killed_run_leaves_is_cleared_by_the_next(tiny, environment):
    good = os.readlink(tiny / "runs" / publish.LATEST)
    before = kept(tiny)
    tiny_report.write(tiny / "notebooks", tiny_report.SPECS["00"], SLEEP)
    started = Started(tiny, tiny_command(tiny), **environment)
    started.until((tiny / "runs" / "waiting").exists)
    (tiny / "runs" / "waiting").unlink()
    started.run.kill()
    started.run.wait()
    deadline = time.monotonic() + WITHIN
    while started.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert started.processes() == []
    assert {path: content for path, content in kept(tiny).items() if path in before} == before
    tiny_report.write(tiny / "notebooks", tiny_report.SPECS["00"], tiny_report.SHOW)
    done = subprocess.run(
        tiny_command(tiny),
        env=run_environment(tiny) | {"TMPDIR": str(tiny / "tmp")} | COLD,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    now = os.readlink(tiny / "runs" / publish.LATEST)
    assert {path.name for path in (tiny / "out" / "tiny").iterdir()} == {good, now, publish.LATEST}
    assert {path.name for path in (tiny / "runs").glob("2*")} == {good, now}
    assert list((tiny / "tmp").iterdir()) == []


def test_a_run_at_work_is_left_alone(tiny):
    """The reports of two data sets of the same name lie side by side; only the lock tells who is at work."""
    started = Started(tiny, tiny_command(tiny, "reporting.bundle:write_workbook"), **COLD)
    started.until((tiny / "waiting").exists)
    mine = state(tiny / "out", tiny / "runs")
    other = tiny / "other"
    other.mkdir()
    tiny_report.make(other)
    for home, code in ((tiny, 6), (other, 0)):
        command = [*tiny_command(other)[:4], "report", str(home / "dataset.yaml"), "--out", str(tiny / "out")]
        done = subprocess.run(command, env=run_environment(other) | COLD, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
    now = state(tiny / "out", tiny / "runs")
    assert {path: content for path, content in now.items() if path in mine and "latest" not in path} == {
        path: content for path, content in mine.items() if "latest" not in path
    }
    started.assert_stopped(signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize("number", REQUESTS)
@pytest.mark.parametrize("moment", ["start", "server", "kernel", "tables", "two notebooks", "last notebook", "pages"])
def test_a_company_at_every_moment(small_company, short, moment, number):
    runs, reports = short / "data" / "demo" / "runs", short / "reports"
    copied_company(small_company, short)
    started = Started(short, [sys.executable, "-m", "customer_profiles.cli", "report", "demo"])
    moments = {
        "start": lambda: time.monotonic() - begun > 0.5,
        "server": lambda: any("kernel_server" in command for command in started.processes()),
        "kernel": lambda: list((short / "tmp").glob("kernels-*/*.json")),
        "tables": lambda: list(runs.glob("*/customers.parquet")),
        "two notebooks": lambda: "  01 " in started.stderr,
        "last notebook": lambda: "  10 " in started.stderr,
        "pages": lambda: list(reports.glob("*/*/*.html")),
    }
    begun = time.monotonic()
    started.until(moments[moment])
    started.assert_stopped(number)
    assert state(reports) == {}
    assert {path.name for path in runs.glob("*")} <= {".lock", ".key"}


@pytest.fixture(scope="module")
def small_company(tmp_path_factory) -> Path:
    from customer_profiles.demo import make_company

    home = tmp_path_factory.mktemp("small")
    make_company(home / "data" / "demo", customers=60)
    return home


def test_temporary_files_of_a_check_are_removed(tiny):
    """They hold customers."""
    started = Started(tiny, [*tiny_command(tiny, "ingest.pipeline:_collect")[:4], "check", str(tiny / "dataset.yaml")])
    started.until((tiny / "waiting").exists)
    assert [path.name for path in (tiny / "tmp").iterdir()] != [tempfile.gettempprefix()]
    started.assert_stopped(signal.SIGTERM)
