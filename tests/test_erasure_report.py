"""Erasing a customer of the published demo report: nothing below its runs and reports knows them any more."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from privacy.test_opt_outs import everything
from support import command_line

from customer_profiles.identity.pseudonyms import fingerprint, pseudonym


@pytest.fixture(scope="module")
def home(demo_report_home, tmp_path_factory):
    target = tmp_path_factory.mktemp("erasure") / "home"
    shutil.copytree(demo_report_home, target, symlinks=True)
    return target


def test_an_erased_customer_is_gone_from_runs_reports_and_the_next_run(home):
    company = home / "data" / "demo"
    key = (company / "runs" / ".key").read_bytes()
    tables = company / "runs" / "latest"
    crm = pd.read_csv(company / "raw" / "crm_kunden.csv", sep=";", encoding="cp1252", dtype="str")
    identities = pd.read_parquet(tables / "identities.parquet")
    tickets = pd.read_parquet(tables / "tickets.parquet")
    several = identities[identities.groupby("customer_no").ids.transform("nunique") > 1]
    known = set(several.pseudonym[several.customer_no.isin(tickets.customer_no)])
    person = crm[crm["E-Mail"].notna() & ~crm["E-Mail"].duplicated(keep=False)].set_index("Kundennr", drop=False)
    person = person[[pseudonym(key, "crm", raw_id) in known for raw_id in person.index]].iloc[0]
    number = identities.customer_no[identities.pseudonym == pseudonym(key, "crm", person.Kundennr)].iloc[0]
    traces = {
        *identities.pseudonym[identities.customer_no == number],
        *tickets.customer_id[tickets.customer_no == number],
        *(person[name] for name in ("Kundennr", "E-Mail")),
        *(fingerprint(key, person[name]) for name in ("Kundennr", "E-Mail")),
    }
    assert len(traces) >= 6

    def found() -> set[str]:
        content = everything(company / "runs") + everything(home / "reports")
        return {trace for trace in traces if trace in content}

    assert len(found()) >= 4
    assert {"history.parquet", ".collected"} <= {path.name for path in (company / "runs").iterdir()}
    done = command_line(home, "erase", "demo", "--from", "-", input=f"email {person['E-Mail']}\n")
    assert done.returncode == 0, done.stderr
    assert person["E-Mail"] not in done.stdout + done.stderr
    assert found() == set()
    again = command_line(home, "report", "demo", "--only", "01")
    assert again.returncode == 0, again.stderr
    assert found() == set()
    (new,) = (
        path
        for path in (company / "runs").glob("2*")
        if (path / "identities.parquet").exists() and path != tables.resolve()
    )
    assert pd.read_parquet(new / "customers.parquet").shape[0] == identities.customer_no.nunique() - 1
