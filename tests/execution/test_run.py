"""A run publishes everything or nothing, and says what went wrong with the right exit code.

The notebooks here are a few lines each; those of the project are tested with the demo company.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from tiny_report import END, SHOW, SPECS, make, write

from customer_profiles import errors, paths
from customer_profiles.execution import kernels
from customer_profiles.execution import run as module
from customer_profiles.execution.run import chapters, run_report
from customer_profiles.reporting import paper, publish


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A data set and two notebooks, with plain kernels, because these are the quickest for a single cell."""
    make(tmp_path)
    monkeypatch.setattr(module, "CHAPTERS", SPECS)
    monkeypatch.setattr(paths, "notebooks", lambda: tmp_path / "notebooks")
    monkeypatch.setenv(kernels.SWITCH, kernels.COLD)
    return tmp_path


def report(project: Path, **options) -> Path:
    return run_report(project / "dataset.yaml", out=project / "out", progress=False, **options)


def published(project: Path) -> dict[str, bytes]:
    """Every file of the published report by name."""
    latest = project / "out" / "tiny" / publish.LATEST
    return {path.name: path.read_bytes() for path in sorted(latest.iterdir())} if latest.exists() else {}


def run_folders(project: Path) -> list[Path]:
    return sorted(path for path in (project / "runs").iterdir() if publish.RUN_ID.fullmatch(path.name))


PLAIN = ["01_first.html", "findings.json", "index.html", "run.json", "summary.txt", "tables.xlsx"]


def test_a_run_leaves_pages_manifest_findings_and_workbook(project):
    page = report(project)
    assert page == project / "out" / "tiny" / "latest" / "index.html"
    files = published(project)
    assert sorted(files) == PLAIN
    assert b"Tiny Company" in files["index.html"]
    (finding,) = json.loads(files["findings.json"])
    assert finding["id"] == "seen"
    assert finding["chapter"] == "01"
    assert finding["page"] == "01_first.html"
    assert finding["numbers"] == {"n": 1862}
    assert finding["text"] == "Seen in 1,862 customers."
    manifest = json.loads(files["run.json"])
    assert manifest["dataset"]["name"] == "tiny"
    assert manifest["as_of"] == "2025-06-30"
    assert manifest["params"]["01"] == {"as_of": "2025-06-30", "language": "en", "seed": 1, "max_age_days": 365}
    assert [source["file"] for source in manifest["sources"]] == ["people.csv"]
    assert str(project) not in files["run.json"].decode()
    assert (project / "runs" / "latest").resolve().name == page.resolve().parent.name


def test_without_chromium_all_but_the_pdf_is_published(project, monkeypatch):
    monkeypatch.setattr(paper, "BROWSERS", ("no-such-browser",))
    with pytest.raises(errors.FormMissing, match="no-such-browser is on the path: install it") as failure:
        report(project, forms=["slides", "pdf"])
    assert failure.value.page == project / "out" / "tiny" / "latest" / "index.html"
    assert sorted(published(project)) == sorted([*PLAIN, "slides.html"])
    assert not (project / "runs" / "latest" / publish.UNFINISHED).exists()


@pytest.mark.browser
def test_with_chromium_the_pdf_is_published_with_the_rest(project):
    report(project, forms=["pdf"])
    files = published(project)
    assert sorted(files) == sorted([*PLAIN, "report.pdf", "summary.pdf"])
    assert all(files[name].startswith(b"%PDF") for name in ("report.pdf", "summary.pdf"))


def test_a_chromium_that_fails_is_named(project, monkeypatch):
    broken = project / "broken-browser"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(paper, "BROWSERS", (str(broken),))
    with pytest.raises(errors.FormMissing, match=r"broken-browser could not print it \(exit code 3\): no display"):
        report(project, forms=["pdf"])
    assert sorted(published(project)) == PLAIN


def test_equal_runs_give_equal_bytes(project):
    report(project)
    first = published(project)
    report(project)
    assert {name for name, content in published(project).items() if first[name] != content} == {"run.json"}
    assert len(run_folders(project)) == 2


def test_options_reach_the_notebooks_and_the_pages(project):
    report(project, as_of="2025-03-31", language="de")
    page = published(project)["index.html"].decode()
    assert '<html lang="de">' in page
    assert "31. März 2025" in page


FAULTS = {
    "a cell raises": (
        "{'a': 1}['Anna ' + 'Sch' + 'midt']",
        errors.CellFailed,
        r"notebook 01_first, cell 5.*: KeyError: '<12 characters>'$",
    ),
    "our own error": (
        "from customer_profiles.errors import InputRejected\nraise InputRejected('people.csv, row 3: no date')",
        errors.InputRejected,
        r"^people.csv, row 3: no date$",
    ),
    "the disk is full, with a path": (
        "raise OSError(28, 'No space left on device', '/disk/spill')",
        errors.EnvironmentFailed,
        r"^/disk/spill.*No space left on device \(notebook 01_first\)",
    ),
    "the disk is full, without": (
        "raise OSError(28, 'Error writing bytes to file. Detail: No space left on device')",
        errors.EnvironmentFailed,
        r"runs\b.*No space left on device \(notebook 01_first\)",
    ),
    "memory runs out": ("raise MemoryError", errors.EnvironmentFailed, "memory"),
    "the kernel is killed": ("import os\nos.kill(os.getpid(), 9)", errors.KernelDied, "01_first: its kernel was"),
    "the notebook stops early": ("exit()", errors.KernelDied, "before it saved its facts"),
    "an address slips through": (
        SHOW.replace("Seen", "write to anna.schmidt@example.org"),
        errors.PrivacyRefused,
        r"01_first.html would have shown personal data \(e-mail\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_leaves_the_last_report_as_it_was(project, fault, monkeypatch):
    places = [parent / "20250101T000000Z-000000" for parent in (project / "runs", project / "out" / "tiny")]
    for place in places:
        place.mkdir(parents=True)
    publish.publish(*places)
    (places[1] / "index.html").write_text("the last good report")
    latest = {parent: os.readlink(parent / "latest") for parent in (place.parent for place in places)}
    cell, error, message = FAULTS[fault]
    end = "" if fault == "the notebook stops early" else END
    write(project / "notebooks", SPECS["01"], cell, end=end)

    with pytest.raises(error, match=message) as caught:
        report(project)

    assert "Schmidt" not in str(caught.value)
    assert published(project) == {"index.html": b"the last good report"}
    assert {parent: os.readlink(parent / "latest") for parent in latest} == latest
    assert len(list((project / "out" / "tiny").iterdir())) == 2
    assert {path.name for path in run_folders(project)[-1].iterdir()} == {"notebooks"}


def test_a_cell_that_takes_too_long(project, monkeypatch):
    from customer_profiles.execution import notebook as execution

    monkeypatch.setattr(execution, "CELL_TIMEOUT", 1)
    write(project / "notebooks", SPECS["01"], "import time\ntime.sleep(60)")
    with pytest.raises(errors.KernelDied, match="longer than 1 s"):
        report(project)
    assert published(project) == {}


def test_known_names_are_found_on_any_page(project):
    import customer_profiles.identity.pseudonyms as pseudonyms

    key = pseudonyms.pseudonym_key(module.load_dataset(project / "dataset.yaml"))
    mark = pseudonyms.fingerprint(key, "Anna Schmidt")
    frame = f"pd.DataFrame([{{'kind': 'name', 'hash': {mark!r}}}])"
    write_table = (
        "import pandas as pd\nfrom customer_profiles.tables import Tables\n"
        f"Tables(Path(run_folder)).write('identifiers', {frame});"
    )
    write(project / "notebooks", SPECS["01"], write_table, SHOW.replace("Seen", "Mostly bought by anna  schmidt."))
    with pytest.raises(errors.PrivacyRefused, match=r"\(name\)") as caught:
        report(project)
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize(
    ("shown", "error"),
    [
        ("lambda frame, ax: ax.scatter(range(500), range(500)), title='Mine'", errors.PrivacyRefused),
        ("lambda frame, ax: ax.bar(frame['group'], frame['n'])", errors.ConfigurationError),
    ],
)
def test_a_panel_that_is_refused_names_its_cell(project, shown, error):
    open_chapter = (
        "import pandas as pd\nfrom customer_profiles import params\nfrom customer_profiles.chapter import Chapter\n"
        "from customer_profiles.chapters import ChapterSpec\n"
        "chapter = Chapter.open(ChapterSpec('01', '01_first', 'First', params.CollectData), globals())"
    )
    panel = f"chapter.panel(pd.DataFrame({{'group': ['a', 'b'], 'n': [20, 30]}}), {shown})"
    write(project / "notebooks", SPECS["01"], SHOW, open_chapter, panel)
    with pytest.raises(error, match=r"^notebook 01_first, cell 7: .*(draws 500 dots|title='Cases by group')"):
        report(project)


def test_what_a_page_does_not_show_is_named_and_the_run_goes_on(project, capsys):
    cells = {
        "name = 'Anna Sch' + 'midt'\nprint(name)": "prints",
        "import warnings\nwarnings.warn(name, FutureWarning)": "writes a warning (FutureWarning)",
        "from IPython.display import HTML\nHTML(f'<p>{name}</p>')": "shows a value",
        "print('Anna')\nprint(name)\nname": "prints and shows a value",
    }
    write(project / "notebooks", SPECS["01"], SHOW, *cells)
    run_report(project / "dataset.yaml", out=project / "out")
    said = [line for line in capsys.readouterr().err.splitlines() if "stays in the notebook" in line]
    assert [line.split(" cell ")[1].split(";")[0] for line in said] == [
        f"{number} {does}" for number, does in enumerate(cells.values(), start=6)
    ]
    listed = json.loads(published(project)["run.json"])["kept_in_notebooks"]
    assert listed == [
        {"notebook": "01_first", "cell": number, "outputs": does.split(" and ")}
        for number, does in enumerate(cells.values(), start=6)
    ]
    assert not [name for name, content in published(project).items() if b"Schmidt" in content]
    assert not any("Schmidt" in line for line in said)


def test_a_file_that_a_person_changes_during_the_run_is_noticed(project):
    write(project / "notebooks", SPECS["01"], "_ = Path(dataset).with_name('topics.yaml').write_text('tickets: []')")
    with pytest.raises(errors.InputRejected, match=r"topics\.yaml changed during the run"):
        report(project)
    assert published(project) == {}


def test_a_second_run_is_refused_while_one_is_under_way(project):
    with publish.lock(project / "runs"), pytest.raises(errors.RunLocked):
        report(project)


@pytest.mark.parametrize("option", [{"as_of": "31.12.2025"}, {"language": "fr"}, {"only": "99"}])
def test_wrong_options_are_refused_before_anything_starts(project, option, monkeypatch):
    monkeypatch.setattr(module, "Kernels", lambda: pytest.fail("a kernel was started"))
    with pytest.raises(errors.ConfigurationError):
        report(project, **option)


def test_only_one_chapter_is_left_beside_the_published_report(project):
    report(project)
    before = published(project)
    page = report(project, only="01")
    assert page.name == "01_first.html"
    assert page.parent.name != publish.LATEST
    assert "index.html" not in {path.name for path in page.parent.iterdir()}
    assert published(project) == before


def test_a_chapter_comes_with_what_it_needs():
    assert list(chapters("05")) == ["01", "02", "03", "04", "05"]
    assert list(chapters("02")) == ["01", "02"]
    assert list(chapters())[-1] == "00"


def test_manifest_counts_rows_and_hashes_tables(project):
    from datetime import UTC, date, datetime

    from customer_profiles.reporting.manifest import manifest
    from customer_profiles.tables import Tables, file_hash

    tables = Tables(project / "tables")
    path = tables.write("reconciliation", pd.DataFrame([{"source": "crm", "read": 2, "used": 2}]))
    dataset = module.load_dataset(project / "dataset.yaml")
    made = manifest("id", datetime.now(UTC), dataset, date(2025, 6, 30), {}, tables, "forked")
    assert made["rows"] == [{"source": "crm", "read": 2, "used": 2}]
    assert made["tables"] == {"reconciliation": file_hash(path)}
    assert made["sources"][0]["sha256"] == file_hash(project / "people.csv")
    assert {"python", "pandas", "customer-profiles"} <= made["versions"].keys()
    json.dumps(made)
