"""The command line: exit codes, one clear paragraph per failure, and a cheap start."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from customer_profiles import errors
from customer_profiles.cli import ALARM, main
from customer_profiles.execution import run
from customer_profiles.reporting import publish, stored

DATASET = """
name: tiny
title: Tiny Company
as_of: 2025-06-30
sources:
  - name: crm
    system: crm
    path: people.csv
    table: customers
    columns: {customer_id: id, birth_date: born}
"""


@pytest.fixture
def dataset(tmp_path):
    (tmp_path / "people.csv").write_text("id,born\n1,1980-05-06\n2,1990-02-31\n3,1975-01-01\n")
    path = tmp_path / "dataset.yaml"
    path.write_text(DATASET)
    return path


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_names_every_command():
    result = call("--help")
    assert result.exit_code == 0
    for command in ("report", "check", "demo", "erase"):
        assert command in result.output
        assert call(command, "--help").exit_code == 0


def test_starting_costs_nothing():
    code = (
        "import sys, customer_profiles.cli; print({'pandas', 'pydantic', 'nbconvert', 'papermill'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_check_counts_every_row_and_names_what_was_set_aside(dataset):
    result = call("check", dataset)
    assert result.exit_code == 0, result.output
    header, row = result.output.splitlines()[:2]
    counts = dict(zip(header.split(), row.split(), strict=True))
    assert {name: counts[name] for name in ("source", "read", "used", "set_aside")} == {
        "source": "crm",
        "read": "3",
        "used": "2",
        "set_aside": "1",
    }
    assert "born" in result.output
    assert "1990" not in result.output


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda text: text.replace("system: crm", "sytem: crm"), 2, "sytem"),
        (lambda text: text.replace("people.csv", "absent.csv"), 3, "absent.csv"),
        (lambda text: text.replace("born}", "birthday}"), 3, "birthday"),
    ],
)
def test_bad_input_gives_its_exit_code_and_one_paragraph(dataset, change, code, says):
    dataset.write_text(change(DATASET))
    result = call("check", dataset)
    assert result.exit_code == code
    assert says in result.stderr
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output
    assert result.stderr.count("\n") == 1


def test_a_data_set_that_is_not_there(tmp_path):
    result = call("report", tmp_path / "dataset.yaml")
    assert result.exit_code == 2
    assert "dataset.yaml" in result.stderr


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (errors.ConfigurationError("why"), 2),
        (errors.InputRejected("why"), 3),
        (errors.PrivacyRefused("why"), 4),
        (errors.EnvironmentFailed("why"), 5),
        (errors.RunLocked("why"), 6),
        (errors.CellFailed("why"), 7),
        (errors.KernelDied("why"), 8),
        (errors.FormMissing("why"), 9),
        (OSError(errno.ENOSPC, "why: no space left"), 5),
        (PermissionError(errno.EACCES, "why: permission denied", "reports"), 5),
        (MemoryError(), 5),
    ],
)
def test_every_failure_has_its_exit_code(monkeypatch, failure, code):
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr(run, "run_report", fail)
    result = call("report", "demo")
    assert result.exit_code == code
    assert result.stderr.startswith("Error: ")
    assert "why" in result.stderr or isinstance(failure, MemoryError)


def test_debug_shows_the_traceback(monkeypatch):
    def fail(*_, **__):
        raise errors.InputRejected("why")

    monkeypatch.setattr(run, "run_report", fail)
    assert isinstance(call("--debug", "report", "demo").exception, errors.InputRejected)


def test_report_passes_its_options_on_and_prints_the_page(monkeypatch, tmp_path):
    seen = {}

    def record(dataset, **options):
        seen.update(options, dataset=dataset)
        return Path("reports/demo/latest/index.html")

    monkeypatch.setattr(run, "run_report", record)
    result = call("report", "demo", "--as-of", "2025-06-30", "--language", "de", "--out", tmp_path, "--jobs", 3)
    assert result.exit_code == 0
    assert result.stdout.strip() == "reports/demo/latest/index.html"
    assert seen == {
        "dataset": "demo",
        "as_of": "2025-06-30",
        "language": "de",
        "out": str(tmp_path),
        "only": None,
        "jobs": 3,
        "forms": [],
        "compare": "",
        "resume": False,
    }


def test_a_missing_form_is_exit_code_9_and_the_page_is_told(monkeypatch):
    seen = []

    def publish(dataset, *, forms, **_):
        seen.extend(forms)
        raise errors.FormMissing("no Chromium", Path("reports/demo/latest/index.html"))

    monkeypatch.setattr(run, "run_report", publish)
    result = call("report", "demo", "--slides", "--pdf")
    assert result.exit_code == 9
    assert result.stdout.strip() == "reports/demo/latest/index.html"
    assert result.stderr == "Error: the report is published, but its PDF is missing: no Chromium\n"
    assert seen == ["slides", "pdf"]


def test_the_readme_has_every_exit_code():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", readme, re.M)}
    codes = {failure.exit_code for failure in errors.ProfileError.__subclasses__()}
    assert listed == codes | {0, ALARM, 130, 143}


@pytest.mark.parametrize("arguments", [["report"], ["report", "demo", "--jobs", "0"], ["demo"], ["nothing"], ["erase"]])
def test_wrong_usage_is_exit_code_2(arguments):
    assert call(*arguments).exit_code == 2


def test_demo_writes_a_data_set_that_checks(tmp_path):
    result = call("demo", "--out", tmp_path / "company", "--customers", 60, "--seed", 5)
    assert "name: company\n" in (tmp_path / "company" / "dataset.yaml").read_text()
    assert result.exit_code == 0, result.output
    made = Path(result.stdout.strip())
    assert made.is_file()
    assert call("check", made).exit_code == 0


def erased(dataset, *arguments, stdin=None):
    return CliRunner().invoke(main, ["erase", str(dataset), *map(str, arguments)], input=stdin)


def test_erase_reads_standard_input_and_repeats_nothing(dataset):
    result = erased(dataset, "--from", "-", stdin="id 3\n\nid customer:4711\nemail zoe@quandt.example\n")
    assert result.exit_code == 0, result.output
    assert "1 of 3 given are in today's exports; 3 hashes are new on the list." in result.output
    assert "4711" not in result.output
    assert "quandt" not in result.output
    counts = call("check", dataset).output.splitlines()
    assert dict(zip(counts[0].split(), counts[1].split(), strict=True))["excluded"] == "1"


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "says"),
    [
        ([], None, 2, "--from"),
        (["--from", "-"], "name Zoe Quandt\n", 2, "line 1: begin it with"),
        (["--email", "zoe"], None, 2, "email number 1"),
        (["--from", "absent.txt"], None, 2, "absent.txt"),
    ],
)
def test_erase_says_what_is_wrong(dataset, arguments, stdin, code, says):
    result = erased(dataset, *arguments, stdin=stdin)
    assert result.exit_code == code
    assert says in result.stderr
    assert "Quandt" not in result.output
    assert not dataset.with_name("suppressed.txt").exists()


def test_erase_waits_for_no_run(dataset):
    with publish.lock(dataset.parent / "runs"):
        assert erased(dataset, "--id", "3").exit_code == 6


def test_erase_can_take_published_pages_back(dataset, tmp_path):
    runs, pages = tmp_path / "runs", tmp_path / "elsewhere" / "tiny"
    for number in (1, 2):
        name = f"2025063{number}T000000Z-00000{number}"
        for folder in (runs, pages):
            (folder / name).mkdir(parents=True)
        (pages / name / "index.html").write_text("a page")
        publish.publish(runs / name, pages / name)
    assert (pages / "latest" / "index.html").exists()
    (pages / "notes.txt").write_text("no run")
    assert "--withdraw" in erased(dataset, "--id", "3").output
    assert (pages / "latest" / "index.html").exists()
    result = erased(dataset, "--id", "3", "--withdraw")
    assert "The published pages of 2 runs were taken back." in result.output
    assert [path.name for path in pages.iterdir()] == ["notes.txt"]
    publish.publish(runs / name, _made(pages / name))
    assert (pages / "latest" / "index.html").exists()


def _made(pages):
    pages.mkdir()
    (pages / "index.html").write_text("a page")
    return pages


@pytest.mark.parametrize(("asked", "alarm", "code"), [(True, True, 10), (True, False, 0), (False, True, 0)])
def test_a_real_change_ends_in_ten_where_it_was_asked_for(monkeypatch, tmp_path, dataset, asked, alarm, code):
    stored.write_json(tmp_path / "alerts.json", {"alarm": alarm, "alerts": []})
    (tmp_path / "alerts.txt").write_text("Sales misses its target\n")
    monkeypatch.setattr(run, "run_report", lambda *given, **named: tmp_path / "index.html")
    result = call("report", dataset, *(["--alert"] if asked else []))
    assert result.exit_code == code
    assert ("misses its target" in result.output) is (code == 10)


def test_a_run_that_is_not_kept_cannot_be_compared_with(dataset):
    result = call("report", dataset, "--compare", "2024-01-01")
    assert result.exit_code == errors.ConfigurationError.exit_code
    assert "no run '2024-01-01' is kept to compare with; kept are: none" in result.output
