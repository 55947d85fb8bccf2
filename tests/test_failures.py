"""Runs that go wrong for real, through the command line and with the notebooks of the project.

Whatever happens, the exit code says what kind of failure it was, one paragraph names the place and the cause without
showing a customer's value, the last report stays byte for byte as it was, and nothing half-written remains.
What single modules do about a fault is tested beside them; `execution/test_run.py` has more faults on tiny notebooks.
"""

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

import nbformat
import nbformat.v4 as v4
import pandas as pd
import pytest
from support import run_environment

from customer_profiles import paths
from customer_profiles.chapters import CHAPTERS, INJECTED
from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.reporting import publish

pytestmark = pytest.mark.xdist_group("failures")

CUSTOMERS = 240
FACTS = "nbval-check-output"
# The real command line, told where the notebooks lie: a test breaks copies of them, never the originals.
ENTRY = """
import sys
from pathlib import Path
from customer_profiles import paths
folder = Path(sys.argv.pop(1))
paths.notebooks = lambda: folder
from customer_profiles.cli import main
main()
"""
DATASET = """\
name: kiosk
title: Corner Kiosk
as_of: 2025-12-31
time_zone: Europe/Berlin
currency: EUR
sources:
  - name: people
    system: crm
    path: raw/people.csv
    encoding: cp1252
    delimiter: ";"
    date: "%d.%m.%Y"
    table: customers
    columns:
      customer_id: Nr
      name: Name
      email: E-Mail
      postal_code: PLZ
      birth_date: geboren
      occupation: Beruf
  - name: orders
    system: shop
    path: raw/orders.csv
    delimiter: ";"
    decimal: ","
    thousands: "."
    datetime: "%d.%m.%Y %H:%M"
    table: transactions
    columns: {customer_id: Nr, order_id: Bon, at: am, amount: Betrag}
"""
BIG = 9007199254740992  # 2^53: from here on, neighbours are the same number to many programs
SPOILT_PERSON = "900001;Quirin Nebelhorn;quirin@nebelhorn.example;01067;31.02.1980;Koch"
SHORT_PERSON = "900002;Wanda Ypsilon"
SPOILT_ORDER = "100001;B-x;05.05.2025 10:00;zwölf"
LATE_ORDER = "100001;B-late;01.01.2026 00:30;10,00"
STRANGE_ORDER = "777777;B-strange;05.05.2025 10:00;10,00"


def ids() -> list[str]:
    """Numbers of the customers; the last two differ only in the last digit of a very large number."""
    return [str(100_001 + row) for row in range(CUSTOMERS - 2)] + [str(BIG), str(BIG + 1)]


def people() -> list[str]:
    """Lines of the customers: names of the north, one who is really called Null, postal codes with a zero."""
    jobs = ("Koch", "Maler", "Bäckerin", "Lehrer")
    lines = []
    for row, number in enumerate(ids()):
        name = "Ingo Null" if row == 7 else f"Vorname{row:03d} Nachnäm{row:03d}"
        place = "01067" if row % 2 else "99084"
        day = f"{1 + row % 28:02d}.{1 + row % 12:02d}.{1950 + row % 50}"
        lines.append(f"{number};{name};p{row:03d}@kiosk.example;{place};{day};{jobs[row % 4]}")
    return lines


def orders() -> list[str]:
    """Lines of the orders: three for each customer, amounts such as ``1.012,50``."""
    lines = []
    for row, number in enumerate(ids()):
        for turn in range(3):
            cents = 101_250 if row == turn == 0 else 250 + 25 * ((row * 7 + turn * 3) % 400)
            amount = f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"
            lines.append(f"{number};B-{row}-{turn};{1 + row % 28:02d}.{3 + turn * 3:02d}.2025 12:{turn:02d};{amount}")
    return lines


def write_company(folder: Path) -> None:
    """The kiosk's exports, with one row of every kind that cannot be used."""
    (folder / "raw").mkdir(parents=True)
    (folder / "dataset.yaml").write_text(DATASET, encoding="utf-8")
    head = "Nr;Name;E-Mail;PLZ;geboren;Beruf"
    given = [head, *people(), SPOILT_PERSON, SHORT_PERSON]
    (folder / "raw" / "people.csv").write_bytes(("\r\n".join(given) + "\r\n").encode("cp1252"))
    given = ["Nr;Bon;am;Betrag", *orders(), SPOILT_ORDER, LATE_ORDER, STRANGE_ORDER]
    (folder / "raw" / "orders.csv").write_text("\n".join(given) + "\n", encoding="utf-8")


def values() -> set[str]:
    """Every value by which a customer of the kiosk could be known."""
    fields = [line.split(";") for line in (*people(), SPOILT_PERSON, SHORT_PERSON)]
    known = {field for line in fields for field in line[:3]} | {part for line in fields for part in line[1].split()}
    return known - {"Null", "Ingo"}


FULL = "import duckdb\nraise duckdb.IOException('IO Error: Could not write: No space left on device')"
"""As an engine says it, in words of its own; `execution/test_run.py` has others."""


class Project:
    """A project folder whose command line is the real one.

    Parameters
    ----------
    home : Path
        Holds ``data/kiosk`` and, after the first run, ``reports/kiosk``.

    Attributes
    ----------
    said : str
        What the first run wrote to standard error.
    """

    def __init__(self, home: Path):
        self.home = home
        self.company = home / "data" / "kiosk"
        self.reports = home / "reports" / "kiosk"
        self.runs = self.company / "runs"
        self.said = ""

    def yaml(self, old: str, new: str) -> Path:
        """A second dataset.yaml of the kiosk, beside the good one."""
        assert old in DATASET
        path = self.company / "other.yaml"
        path.write_text(DATASET.replace(old, new), encoding="utf-8")
        return path

    def command(self, *arguments: object, notebooks: Path | None = None) -> list[str]:
        """The command line, for notebooks of the project or changed copies of them."""
        folder = notebooks or paths.notebooks()
        return [sys.executable, "-c", ENTRY, str(folder), *map(str, arguments)]

    def start(self, *arguments: object, notebooks: Path | None = None) -> subprocess.Popen[str]:
        """Start a command that the test will interfere with."""
        return subprocess.Popen(
            self.command(*arguments, notebooks=notebooks),
            env=run_environment(self.home),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Whoever starts the tests in the background has Ctrl-C ignored for them and all their children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def call(
        self, *arguments: object, notebooks: Path | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments, notebooks=notebooks),
            env=run_environment(self.home),
            cwd=self.home,
            capture_output=True,
            text=True,
            **options,
        )

    def state(self) -> dict[str, object]:
        """Everything published, byte for byte, and where the links point."""
        links = {str(parent): os.readlink(parent / publish.LATEST) for parent in (self.reports, self.runs)}
        latest = (self.runs / publish.LATEST).resolve()
        files = [path for folder in (self.reports, latest) for path in folder.rglob("*") if path.is_file()]
        return links | {str(path): path.read_bytes() for path in files}

    def leftovers(self) -> set[str]:
        """What failed runs have left besides their executed notebooks."""
        current = os.readlink(self.runs / publish.LATEST)
        runs, reports = (
            [path for path in parent.iterdir() if publish.RUN_ID.fullmatch(path.name) and path.name != current]
            for parent in (self.runs, self.reports)
        )
        kept = [path for folder in runs for path in folder.iterdir() if path.name != "notebooks"]
        parts = [path for folder in (self.runs, self.reports) for path in folder.rglob("*.part")]
        swaps = [path for folder in (self.runs, self.reports) for path in folder.glob(".latest-*")]
        return {str(path) for path in (*kept, *reports, *parts, *swaps)}


# What a cell shows besides its panels, and what the run says of it.
STAYS = {
    "profile.head()": "shows a value",
    "print(profile['customer_id'].iloc[0])": "prints",
    "import warnings\nwarnings.warn(profile['customer_id'].iloc[0])": "writes a warning",
    "import seaborn as sns\nsns.countplot(profile, x='occupation');": "shows a picture",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The kiosk after its first report, for which somebody had looked at customers in notebook 01."""
    project = Project(tmp_path_factory.mktemp("kiosk"))
    write_company(project.company)
    looked = changed_notebooks(tmp_path_factory.mktemp("looked") / "notebooks", "01", *STAYS)
    done = project.call("report", "kiosk", notebooks=looked)
    assert done.returncode == 0, done.stderr
    assert_no_value(done.stdout + done.stderr)
    project.said = done.stderr
    return project


@pytest.fixture
def unchanged(project):
    """Whatever the test does, the published report and its run stay as they were, and nothing else remains."""
    before, left = project.state(), project.leftovers()
    yield
    assert project.state() == before
    assert project.leftovers() <= left


STAMPS = re.compile(r"\b(\d{8}T\d{6}Z-[0-9a-f]{6}|[0-9a-f]{64})\b")
"""Names of runs and hashes, whose digits may be those of a customer by chance."""


def assert_no_value(text: str) -> None:
    text = STAMPS.sub("", text)
    assert [value for value in values() if value in text] == []


def assert_failed(done: subprocess.CompletedProcess[str], code: int, *says: str) -> None:
    """One paragraph with the place and the cause, the right exit code, no value of a customer."""
    assert done.returncode == code, done.stderr
    (paragraph,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.stderr.endswith(f"{paragraph}\n")
    for words in says:
        assert re.search(words, paragraph), paragraph
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert_no_value(done.stderr)


def changed_notebooks(folder: Path, number: str, *sources: str) -> Path:
    """Copies of the notebooks; one of them has more cells, right before its facts."""
    shutil.copytree(paths.notebooks(), folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    path = folder / CHAPTERS[number].notebook.name
    notebook = nbformat.read(path, as_version=4)
    at = next(i for i, cell in enumerate(notebook.cells) if FACTS in cell.metadata.get("tags", []))
    notebook.cells[at:at] = [v4.new_code_cell(source) for source in sources]
    nbformat.write(notebook, path)
    return folder


def until(true, what: str, seconds: float = 120) -> None:
    for _ in range(int(seconds * 10)):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def alive(pid: int) -> bool:
    """Whether a process is at work; one that has ended but was not waited for is not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestRowsThatCannotBeUsed:
    """Nothing is guessed and nothing is lost: the first report of the kiosk."""

    def test_counts_reconcile(self, project):
        rows = json.loads((project.reports / publish.LATEST / "run.json").read_text())["rows"]
        counted = {row.pop("source"): {k: v for k, v in row.items() if isinstance(v, int)} for row in rows}
        assert counted == {
            "people": {"read": CUSTOMERS + 2, "used": CUSTOMERS, "set_aside": 2, "duplicate": 0, "excluded": 0},
            "orders": {
                "read": 3 * CUSTOMERS + 3,
                "used": 3 * CUSTOMERS + 1,
                "set_aside": 1,
                "duplicate": 0,
                "excluded": 1,
            },
        }

    def test_what_was_set_aside_is_named_by_row_and_column(self, project):
        table = pd.read_parquet(project.runs / publish.LATEST / "set_aside.parquet")
        found = {(row.file, row.row): row for row in table.itertuples()}
        people_end, orders_end = 1 + CUSTOMERS, 1 + 3 * CUSTOMERS
        assert {place: row.column for place, row in found.items() if row.column} == {
            ("people.csv", people_end + 1): "geboren",
            ("orders.csv", orders_end + 1): "Betrag",
        }
        assert ("people.csv", people_end + 2) in found
        assert all(row.reason for row in found.values())
        assert_no_value(table.to_csv())
        assert "zwölf" not in table.to_csv()

    def test_values_arrive_as_they_were_written(self, project):
        profile = pd.read_parquet(project.runs / publish.LATEST / "profile.parquet").set_index("customer_id")
        key = (project.runs / ".key").read_bytes()
        first, null, *large = (
            profile.loc[pseudonym(key, "customer", number)] for number in ("100001", "100008", str(BIG), str(BIG + 1))
        )
        assert set(profile.postal_code.dropna()) == {"01067", "99084"}
        assert first.spend == pytest.approx(1012.50 + 2.50 + 25 * 3 / 100 + 2.50 + 25 * 6 / 100)
        assert null.orders == 3
        assert [person.orders for person in large] == [3, 3]
        assert large[0].customer_no != large[1].customer_no
        assert "Bäckerin" in set(profile.occupation)

    def test_no_value_of_a_customer_is_published(self, project):
        profile = pd.read_parquet(project.runs / publish.LATEST / "profile.parquet")
        for path in sorted((project.reports / publish.LATEST).glob("*")):
            if path.suffix in (".html", ".json"):
                text = path.read_text(encoding="utf-8")
                assert_no_value(text)
                assert not any(name in text for name in profile.customer_id), path.name
                assert "<img" not in text, path.name


class TestOtherOutputs:
    """Exit code 0: what a cell shows besides its panels stays in the notebook, and the run says so once."""

    @pytest.mark.parametrize(("cell", "does"), STAYS.items())
    def test_each_is_named_without_a_value(self, project, cell, does):
        executed = nbformat.read(project.runs / publish.LATEST / "notebooks" / "01_collect_data.ipynb", as_version=4)
        own = [each for each in executed.cells if INJECTED not in each.metadata.get("tags", [])]
        number = next(place for place, each in enumerate(own, start=1) if each.source == cell)
        assert project.said.count(f"notebook 01_collect_data, cell {number} {does}") == 1
        profile = pd.read_parquet(project.runs / publish.LATEST / "profile.parquet")
        assert not any(name in project.said for name in profile.customer_id)


@pytest.mark.usefixtures("unchanged")
class TestConfiguration:
    """Exit code 2."""

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("    system: crm", "    sytem: crm", ("other.yaml", "sytem", "did you mean.*system")),
            ("currency: EUR", "currency: EUR\nprivacy: {min_group_size: 3}", ("other.yaml", "min_group_size", "5")),
            ("      occupation: Beruf", "    attributes: {religion: Beruf}", ("other.yaml", "religion", "legal")),
            ("title: Corner Kiosk", "title: !!python/name:os.system", ("other.yaml", "tag")),
        ],
    )
    def test_wrong_dataset_yaml(self, project, old, new, says):
        assert_failed(project.call("check", project.yaml(old, new)), 2, *says)

    def test_a_parameter_out_of_range_starts_no_run(self, project):
        runs = sorted(project.runs.iterdir())
        assert_failed(project.call("report", "kiosk", "--language", "fr"), 2, "language", "'en'")
        assert sorted(project.runs.iterdir()) == runs

    def test_a_key_that_could_be_guessed(self, project):
        environment = run_environment(project.home) | {"CUSTOMER_PROFILES_KEY": "secret"}
        done = subprocess.run(
            project.command("check", "kiosk"), env=environment, cwd=project.home, capture_output=True, text=True
        )
        assert_failed(done, 2, "CUSTOMER_PROFILES_KEY")
        assert "secret" not in done.stderr


@pytest.mark.usefixtures("unchanged")
class TestInput:
    """Exit code 3."""

    def other(self, project: Project, content: bytes, name: str = "people.csv") -> Path:
        path = project.company / "raw" / f"other_{name}"
        path.write_bytes(content)
        return project.yaml(f"raw/{name}", f"raw/other_{name}")

    def test_a_report_names_file_and_row_of_what_it_cannot_read(self, project):
        lines = (project.company / "raw" / "people.csv").read_bytes().split(b"\r\n")
        lines[20] = lines[20].replace(b";Vorname", b';"Vorname')
        done = project.call("report", self.other(project, b"\r\n".join(lines)))
        assert_failed(done, 3, r"other_people\.csv", r"(row|line) 21", "quot")

    def test_another_encoding_than_declared(self, project):
        text = (project.company / "raw" / "people.csv").read_bytes()
        path = self.other(project, text)
        path.write_text(path.read_text().replace("encoding: cp1252", "encoding: utf-8"))
        assert_failed(project.call("check", path), 3, r"other_people\.csv", r"(row|line) \d+", "utf-8")

    def test_a_table_whose_bytes_have_changed_since(self, project, tmp_path):
        flip = (
            "path = chapter.tables.path('profile')\n"
            "content = bytearray(path.read_bytes())\n"
            "content[len(content) // 2] ^= 1\n"
            "_ = path.write_bytes(content)"
        )
        notebooks = changed_notebooks(tmp_path / "notebooks", "01", flip)
        done = project.call("report", "kiosk", notebooks=notebooks)
        assert_failed(done, 3, r"profile\.parquet has changed", "01_collect_data")


@pytest.mark.usefixtures("unchanged")
class TestPrivacy:
    """Exit code 4."""

    def test_a_name_typed_into_another_column(self, project):
        """A person's name in the column of occupations, of so many that it would stand on a page as a value."""
        text = (project.company / "raw" / "people.csv").read_text(encoding="cp1252")
        for before in people()[50:65]:
            assert before in text
            text = text.replace(before, before.rpartition(";")[0] + ";Vorname050 Nachnäm050")
        (project.company / "raw" / "other_people.csv").write_text(text, encoding="cp1252", newline="")
        done = project.call("report", project.yaml("raw/people.csv", "raw/other_people.csv"), "--only", "02")
        assert_failed(done, 4, r"\.html would have shown personal data \(name\)", r"dataset\.yaml")


@pytest.mark.usefixtures("unchanged")
class TestMachine:
    """Exit code 5."""

    def mounted(self, project: Project, where: Path, options: str, *arguments: object):
        """Run a command in a world of its own in which another file system lies at `where`."""
        mount = f'mount -t tmpfs -o {options} tmpfs "$1" && shift && exec "$@"'
        world = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user", "--user"])]
        if not shutil.which("unshare") or subprocess.run([*world, "true"], capture_output=True).returncode:
            pytest.skip("this machine does not let a test mount a file system")
        command = [*world, "sh", "-c", mount, "sh", str(where), *project.command(*arguments)]
        return subprocess.run(
            command, env=run_environment(project.home), cwd=project.home, capture_output=True, text=True
        )

    def test_a_folder_that_may_not_be_written_to(self, project, tmp_path):
        done = self.mounted(project, tmp_path, "ro", "report", "kiosk", "--out", tmp_path)
        assert_failed(done, 5, "Read-only file system")

    def test_a_full_disk_below_the_runs(self, project, tmp_path):
        shutil.copytree(project.company, tmp_path / "kiosk", ignore=shutil.ignore_patterns("runs"))
        runs = tmp_path / "kiosk" / "runs"
        runs.mkdir()
        done = self.mounted(project, runs, "size=64k", "report", tmp_path / "kiosk" / "dataset.yaml")
        assert_failed(done, 5, re.escape(str(runs)), "No space left on device")

    def test_a_full_disk_below_the_reports(self, project, tmp_path):
        done = self.mounted(project, tmp_path, "size=32k", "report", "kiosk", "--out", tmp_path, "--only", "01")
        assert_failed(done, 5, re.escape(str(tmp_path)), "No space left on device")

    def test_a_cell_finds_the_disk_full(self, project, tmp_path):
        notebooks = changed_notebooks(tmp_path / "notebooks", "01", FULL)
        done = project.call("report", "kiosk", "--only", "01", notebooks=notebooks)
        where = re.escape(str(project.runs))
        assert_failed(done, 5, f"^Error: {where}", r"No space left on device \(notebook 01_collect_data\)")


@pytest.mark.usefixtures("unchanged")
def test_another_run_holds_the_lock(project):
    with publish.lock(project.runs):
        done = project.call("report", "kiosk")
    assert_failed(done, 6, "another run", r"\.lock")


@pytest.mark.usefixtures("unchanged")
def test_a_cell_raises_while_its_neighbour_is_at_work(project, tmp_path):
    """Exit code 7."""
    source = "{}[(chapter.dataset.folder / 'raw' / 'people.csv').read_text('cp1252').split(';')[6]]"  # a name
    notebooks = changed_notebooks(tmp_path / "notebooks", "02", source)
    done = project.call("report", "kiosk", notebooks=notebooks)
    written = nbformat.read(notebooks / "02_find_demographics.ipynb", as_version=4)
    number = next(i for i, cell in enumerate(written.cells, start=1) if cell.source == source)
    assert_failed(done, 7, f"notebook 02_find_demographics, cell {number}\\b", "KeyError")


@pytest.fixture
def waiting(project, tmp_path):
    """A run that has come to the end of its first notebook, with the process numbers of itself and of its kernel."""
    sign = tmp_path / "kernel"
    wait = f"import os, pathlib, time\npathlib.Path({str(sign)!r}).write_text(str(os.getpid()))\ntime.sleep(300)"
    run = project.start("report", "kiosk", notebooks=changed_notebooks(tmp_path / "notebooks", "01", wait))
    try:
        until(lambda: run.poll() is not None or (sign.exists() and sign.read_text()), "the last cell")
        assert run.poll() is None, run.stderr.read()
        yield run, int(sign.read_text())
    finally:
        run.kill()
        run.wait()


@pytest.mark.usefixtures("unchanged")
class TestKilled:
    def test_the_kernel(self, waiting):
        """Exit code 8: as the system does when memory runs out."""
        run, kernel = waiting
        os.kill(kernel, signal.SIGKILL)
        output, errors = run.communicate(timeout=60)
        done = subprocess.CompletedProcess(run.args, run.returncode, output, errors)
        assert_failed(done, 8, "notebook 01_collect_data: its kernel was killed", "--jobs 1")

    # With a tiny report, by either: `execution/test_stopping.py`.
    @pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
    def test_the_run_is_told_to_stop(self, waiting, number):
        run, kernel = waiting
        run.send_signal(number)
        _, errors = run.communicate(timeout=60)
        assert run.returncode == 128 + number
        assert re.search(r"^Error: stopped by (Ctrl-C|SIGTERM): nothing was published", errors, re.MULTILINE)
        assert "Traceback" not in errors
        assert_no_value(errors)
        until(lambda: not alive(kernel), "the end of the kernel", 30)


def test_a_run_that_is_killed_leaves_the_report_and_no_kernel(project, waiting):
    """Nobody can tidy up after SIGKILL but the next run; the lock is free, and the report is the old one."""
    before = project.state()
    run, kernel = waiting
    run.kill()
    run.wait()
    until(lambda: not alive(kernel), "the end of the kernel", 30)
    assert project.state() == before
    left = project.leftovers()
    with publish.lock(project.runs):
        (killed,) = publish.clear_killed(project.runs, project.reports)
    theirs = {path for path in left if killed in path}
    assert theirs
    assert not (project.runs / killed).exists()
    assert project.leftovers() == left - theirs
    assert project.state() == before
