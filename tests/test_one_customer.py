"""What is told of single customers, and only to whoever asks for one: briefs, and segments handed over."""

from __future__ import annotations

import ast
import csv
import json

import nbformat
import numpy as np
import pandas as pd
import pytest
from support import command_line

import customer_profiles as cp
from customer_profiles import paths
from customer_profiles.chapters import CHAPTERS
from customer_profiles.errors import ConfigurationError
from customer_profiles.params import OneCustomer
from customer_profiles.reporting.crm_export import FORESEEN


@pytest.fixture(scope="module")
def run(demo_report_home):
    return demo_report_home / "data" / "demo" / "runs" / "latest"


@pytest.fixture(scope="module")
def crm(demo_report_home) -> list[dict[str, str]]:
    path = demo_report_home / "data" / "demo" / "raw" / "crm_kunden.csv"
    with path.open(encoding="cp1252", newline="") as rows:
        return list(csv.DictReader(rows, delimiter=";"))


@pytest.fixture(scope="module")
def known(demo_report_home, run, crm) -> tuple[dict[str, str], pd.Series]:
    """A record of the CRM whose customer has bought, and the row of the profile."""
    profile = pd.read_parquet(run / "profile.parquet").set_index("customer_no")
    identities = pd.read_parquet(run / "identities.parquet").query("ids == 'crm'").set_index("pseudonym")["customer_no"]
    from customer_profiles.identity.pseudonyms import pseudonym

    key = (demo_report_home / "data" / "demo" / "runs" / ".key").read_bytes()
    for record in crm:
        number = identities.get(pseudonym(key, "crm", record["Kundennr"]))
        if number is not None and profile.loc[number, "orders"] > 2:
            return record, profile.loc[number]
    raise AssertionError("nobody has bought")


def test_a_brief_tells_what_is_known_without_a_name(demo_report_home, known):
    record, row = known
    done = command_line(demo_report_home, "brief", "demo", f"crm:{record['Kundennr']}")
    assert done.returncode == 0, done.stderr
    assert f"Orders: {row['orders']}" in done.stdout
    for heading in ("Who", "Bought", "Said", "Needed", "Worth", "Next contact"):
        assert heading in done.stdout.splitlines()
    secrets = [
        record[name] for name in ("Kundennr", "Vorname", "Nachname", "E-Mail", "Telefon", "Straße") if record[name]
    ]
    assert [secret for secret in secrets if secret in done.stdout] == []


def test_it_speaks_german_and_names_the_customer_when_asked(demo_report_home, known):
    record, _ = known
    done = command_line(
        demo_report_home, "brief", "demo", f"crm:{record['Kundennr']}", "--identify", "--language", "de"
    )
    assert done.returncode == 0, done.stderr
    assert record["Nachname"] in done.stdout
    assert "Bestellungen" in done.stdout
    assert "Who" not in done.stdout.split()


def test_a_stranger_is_told_so_and_not_repeated(demo_report_home):
    done = command_line(demo_report_home, "brief", "demo", "crm:K-77123")
    assert done.returncode == 3
    assert "77123" not in done.stdout + done.stderr


def test_every_field_says_where_it_comes_from(demo_report_home, known):
    record, _ = known
    done = command_line(demo_report_home, "brief", "demo", f"crm:{record['Kundennr']}")
    said = [line for line in done.stdout.splitlines() if line.startswith("  ") and "nothing is known" not in line]
    assert said
    assert [line for line in said if not line.endswith("]")] == []
    assert "  Orders: " in done.stdout
    assert "[counted from: orders]" in done.stdout
    assert "Fit with the ideal customer, tenth: " in done.stdout


@pytest.fixture
def shown(demo_report_home, monkeypatch):
    """What the notebook shows for some parameters: its last cell."""
    notebook = nbformat.read(paths.notebooks() / "one_customer.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]

    def show(**parameters) -> str:
        monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(demo_report_home))
        known = {}
        exec(cells[0], known)
        known |= {"In": ["# Parameters\n" + "\n".join(f"{name} = None" for name in parameters)]} | parameters
        for cell in cells[1:-1]:
            exec(cell, known)
        *lines, last = ast.parse(cells[-1]).body
        exec(compile(ast.Module(lines, []), "one_customer", "exec"), known)
        return eval(compile(ast.Expression(last.value), "one_customer", "eval"), known).data

    return show


def test_the_notebook_shows_the_same_brief(demo_report_home, known, shown):
    record, row = known
    page = shown(customer=f"crm:{record['Kundennr']}")
    assert f"<td>{row['orders']}</td>" in page
    assert record["Nachname"] not in page
    assert record["Nachname"] in shown(customer=f"crm:{record['Kundennr']}", identify=True)
    assert "Bestellungen" in shown(customer=row["customer_id"], language="de")


def test_the_notebook_asks_for_a_customer_and_refuses_what_nobody_reads(shown):
    assert "No customer was asked for" in shown()
    with pytest.raises(ConfigurationError, match="did you mean 'customer'"):
        shown(costumer="x")


def test_the_notebook_is_no_chapter_and_keeps_nothing():
    notebook = nbformat.read(paths.notebooks() / "one_customer.ipynb", as_version=4)
    assert "one_customer" not in {spec.stem for spec in CHAPTERS.values()}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    (given,) = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assigned = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(given.source).body}
    defaults = {name: field.default for name, field in OneCustomer.model_fields.items()}
    assert assigned == {name: defaults[name] for name in ("dataset", "customer", "language", "identify")}


@pytest.mark.parametrize("name", ["demo", "b2b", "telco"])
def test_every_profile_is_scored_as_in_the_run(name, request, monkeypatch):
    report = request.getfixturevalue(f"{name}_report")
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(report.home))
    data = cp.load(report.data / "dataset.yaml")
    profile = data.profile
    found = pd.DataFrame([data.score(record) for record in profile.to_dict("records")], profile.index)
    by_model = [name for name in FORESEEN if not name.startswith(("next_", "foreseen_"))]  # an offer takes the orders
    foreseen = [name for name in by_model if name in profile and profile[name].notna().any()]
    assert foreseen
    for name in foreseen:
        np.testing.assert_allclose(found[name].astype(float), profile[name].astype(float), rtol=1e-12, err_msg=name)
    kept = sorted((report.run / "models").iterdir())
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600] * len(kept)
    assert not any(pseudonym in path.read_text() for path in kept for pseudonym in profile["customer_id"].head(50))


def test_profiles_are_scored_on_the_command_line(demo_report, monkeypatch):
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(demo_report.home))
    profile = cp.load("demo").profile.query("order_days > 1").head(3)
    lines = profile.to_json(orient="records", lines=True, date_format="iso", double_precision=15)
    done = command_line(demo_report.home, "score", "demo", "--from", "-", input=lines)
    assert done.returncode == 0, done.stderr
    told = pd.DataFrame([json.loads(line) for line in done.stdout.splitlines()])
    assert told["clv"].tolist() == pytest.approx(profile["clv"].tolist())
    for wrong, says in (('{"age": 34}', "record 1: the record lacks"), ("age: 34", "no JSON"), ("[]", "at least one")):
        refused = command_line(demo_report.home, "score", "demo", "--from", "-", input=wrong)
        assert refused.returncode == 3
        assert says in refused.stderr


def test_segments_go_back_under_the_ids_of_the_crm(demo_report_home, run, crm, tmp_path):
    done = command_line(demo_report_home, "export", "demo", "--to", tmp_path / "crm.csv", "--ids", "crm")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "crm.csv").open(newline="") as rows:
        handed = list(csv.DictReader(rows))
    ids = {record["Kundennr"] for record in crm}
    assert handed
    assert {row["id"] for row in handed} <= ids
    accounts = pd.read_parquet(run / "identities.parquet").query("ids == 'crm'")
    assert len(handed) == len(accounts)
    segments = pd.read_parquet(run / "segments.parquet")
    counts = accounts.merge(segments, on="customer_no")["segment"].value_counts()
    assert pd.Series([int(row["segment"]) for row in handed]).value_counts().equals(counts.rename("count"))


@pytest.mark.parametrize(("arguments", "says"), [(("--ids", "crn"), "'crm'"), ((), "no published run")])
def test_what_cannot_be_handed_over_is_told(demo_report_home, tmp_path, arguments, says):
    home = demo_report_home if arguments else tmp_path
    if not arguments:
        (tmp_path / "data" / "demo").mkdir(parents=True)
        source = demo_report_home / "data" / "demo" / "dataset.yaml"
        (tmp_path / "data" / "demo" / "dataset.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    done = command_line(home, "export", "demo", "--to", tmp_path / "out.csv", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "out.csv").exists()
