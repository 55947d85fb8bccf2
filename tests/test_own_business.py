"""A newcomer with contracts, and one who sells to firms, do what docs/own_business.md says: the totals are right."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from in_process import run_notebooks
from own_business import make_contracts, make_sales
from support import ROOT

from customer_profiles.cli import main
from customer_profiles.tables import Tables

PAGE = (ROOT / "docs" / "own_business.md").read_text(encoding="utf-8")
PROPOSED, OF_FIRMS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def described(tmp_path, name, make):
    """The file that `init` proposes, settled as the page says, and what the exports add up to."""
    folder = tmp_path / "data" / name
    truth = make(folder / "raw")
    said = CliRunner().invoke(main, ["init", str(folder)])
    assert said.exit_code == 0, said.output
    file = folder / "dataset.yaml"
    lines = [line.split("   #")[0] for line in file.read_text(encoding="utf-8").splitlines()]
    wanted = PROPOSED if name == "mytelco" else OF_FIRMS
    assert [line for line in wanted.splitlines() if line not in lines] == []
    text = "\n".join([line.removeprefix("# ") if line in PROPOSED else line for line in lines])
    file.write_text(text + "\n", encoding="utf-8")
    checked = CliRunner().invoke(main, ["check", str(file), "--strict"])
    assert checked.exit_code == 0, checked.output
    return file, truth


def report(file, folder):
    """Facts of the first page, and the tables behind the report."""
    run_notebooks(file, folder)
    return json.loads((folder / "chapters" / "00" / "facts.json").read_text()), Tables(folder)


def test_a_contract_business(undrawn, tmp_path):
    file, truth = described(tmp_path, "mytelco", make_contracts)
    facts, tables = report(file, tmp_path / "run")
    assert {name: facts[name] for name in ("customers", "tickets", "answers")} == {
        name: truth[name] for name in ("customers", "tickets", "answers")
    }
    profile = tables.read("profile")
    assert (profile["status"] == "Cancelled").sum() == truth["left"]
    assert profile["monthly_fee"].sum() == pytest.approx(truth["fees"])


def test_sales_to_firms(undrawn, tmp_path):
    file, truth = described(tmp_path, "mysales", make_sales)
    facts, tables = report(file, tmp_path / "run")
    told = {name: facts[name] for name in ("customers", "orders", "spend", "tickets")}
    assert told == {name: truth[name] for name in told}
    leads = tables.read("leads")
    assert (len(leads), leads["converted_at"].notna().sum()) == (truth["leads"], truth["won_leads"])
