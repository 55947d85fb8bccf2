"""A newcomer with a folder of exports does what docs/own_data.md says, and the report has the right totals."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner
from in_process import run_notebooks
from own_shop import make_exports
from support import ROOT

from customer_profiles.cli import main
from customer_profiles.tables import Tables

PAGE = (ROOT / "docs" / "own_data.md").read_text(encoding="utf-8")
PROPOSED, SETTLED, ADDED = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
REFUNDS = re.search(r"'Refunded Amount' is not read.*", PAGE)


@pytest.fixture
def newcomer(tmp_path):
    """The exports in a folder of their own, what they add up to, and the dataset.yaml that `init` proposes of them."""
    folder = tmp_path / "data" / "myshop"
    truth = make_exports(folder / "raw")
    said = CliRunner().invoke(main, ["init", str(folder)])
    assert said.exit_code == 0, said.output
    return folder / "dataset.yaml", truth


def settled(file) -> None:
    """Fill in what the page says."""
    text = file.read_text(encoding="utf-8")
    open_lines = [line for line in text.splitlines() if "OPEN" in line and not line.startswith("#")]
    for open_line, right in zip(open_lines, SETTLED.splitlines(), strict=True):
        assert open_line.startswith(right)
        text = text.replace(open_line, right)
    category = ADDED.rstrip()
    tickets = text.index("table: tickets")
    file.write_text(
        text[:tickets] + text[tickets:].replace("    columns:\n", f"    columns:\n{category}\n", 1), "utf-8"
    )


def check(file, *options):
    return CliRunner().invoke(main, ["check", str(file), *options])


def test_init_proposes_what_the_page_shows(newcomer):
    proposed = [line.split("   #")[0] for line in newcomer[0].read_text(encoding="utf-8").splitlines()]
    assert [line for line in PROPOSED.splitlines() if line not in proposed] == []


def test_nothing_is_doubtful(newcomer):
    file, truth = newcomer
    settled(file)
    said = check(file, "--strict")
    assert said.exit_code == 0, said.output
    assert re.search(rf"hubspot_contacts\D+240 +{truth['customers']:.0f} ", said.output)
    assert re.search(rf"zendesk_tickets\D+\d+ +{truth['tickets']:.0f} ", said.output)


def test_forgotten_refunds_are_told_with_the_line_that_mends_them(newcomer):
    file, _ = newcomer
    settled(file)
    text = file.read_text(encoding="utf-8")
    product = "{product: [Lineitem price, Lineitem quantity]}"
    file.write_text(re.sub(r"amount: .*", f"amount: {product}", text), encoding="utf-8")
    assert REFUNDS[0] in check(file).output
    assert check(file, "--strict").exit_code == 3


def test_the_report_has_the_right_totals(newcomer, tmp_path, undrawn):
    file, truth = newcomer
    settled(file)
    run_notebooks(file, tmp_path / "run")
    profile, tables = Tables(tmp_path / "run").read("profile"), Tables(tmp_path / "run")
    facts = json.loads((tmp_path / "run" / "chapters" / "00" / "facts.json").read_text())
    told = {name: facts[name] for name in ("customers", "orders", "spend", "tickets", "answers")}
    expected = truth | {"spend": pytest.approx(truth["sales"], abs=0.01)}
    assert told == {name: expected[name] for name in told}
    assert tables.read("feedback")["score"].sum() == truth["score"]
    assert profile["interests_hiking"].sum() > 50
    assert tables.read("tickets")["category"].notna().all()
