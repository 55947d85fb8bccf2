"""What is told of single customers, and only to whoever asks on the command line: briefs, and segments handed over."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from support import command_line


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
    from customer_profiles.collect.identity.pseudonyms import pseudonym

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
