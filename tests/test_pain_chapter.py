"""Chapter 03 is whole with tickets alone, interactions alone, stated reasons alone, and with none of them.

The cells run in this process: no kernel, no page.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from customer_profiles.chapters import CHAPTERS
from customer_profiles.demo.wording import Dice, Wording
from customer_profiles.tables import Tables

CUSTOMERS = 400
THEMES = ["late_delivery", "sizing", "refund", "login"]
DATASET = """
name: shop
title: Shop
sources:
  - name: crm
    system: crm
    path: crm.csv
    table: customers
    columns: {customer_id: id, gender: gender, region: region}
    attributes:
      churn_reason: {column: reason, missing: did not leave}
"""
PUBLISHED = {
    "tickets": {"pain_points", "pain_costs", "pain_low_scores", "contact_drivers", "pains_by_group", "pain_volumes"},
    "interactions": {"pain_points", "pain_costs", "pain_low_scores", "pains_by_group", "pain_volumes"},
    "reasons": {"pain_points", "pain_costs", "pain_low_scores", "pains_by_group"},
    "neither": set(),
}
KINDS = {"tickets": "theme", "interactions": "behaviour", "reasons": "reason"}


def company(folder: Path, source: str) -> None:
    """A run's tables with one source of pains."""
    rng, tables = np.random.default_rng(1), Tables(folder)
    number = np.arange(CUSTOMERS)
    profile = pd.DataFrame({"customer_id": number.astype(str), "customer_no": number})
    profile["gender"], profile["region"] = rng.choice(["female", "male"], CUSTOMERS), rng.choice(["n", "s"], CUSTOMERS)
    profile["nps_score"] = rng.integers(0, 11, CUSTOMERS).astype(float)
    given = {"customer_no": number, "at": pd.Timestamp("2025-12-01"), "metric": "nps", "source": "survey"}
    tables.write("feedback", pd.DataFrame(given).assign(score=profile["nps_score"]))
    who, at = number[:150], pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, 150), unit="D")
    if source == "reasons":
        profile["churn_reason"] = np.where(number < 60, "price", np.where(number < 120, "service", "did not leave"))
    if source == "interactions":
        clicks = pd.DataFrame({"customer_no": who, "at": at, "kind": "search", "session_id": who.astype(str)})
        looked = clicks[::3].assign(kind="view", at=clicks["at"] + pd.Timedelta(minutes=1))
        tables.write("interactions", pd.concat([clicks, looked], ignore_index=True))
    if source == "tickets":
        about, dice, words = rng.integers(0, 4, 150), Dice(rng), Wording("de", "texts")
        cases = pd.DataFrame({"customer_no": who, "opened_at": at, "closed_at": at + pd.Timedelta(hours=20)})
        cases["category"] = np.array(["delivery", "product", "returns", "account"])[about]
        cases["text"] = [words.ticket(dice, [THEMES[theme]]) for theme in about]
        cases["channel"], cases["reopened"] = "mail", rng.random(150) < 0.2
        tables.write("tickets", cases.astype({"reopened": "boolean"}))
    tables.write("profile", profile)


@pytest.fixture(params=list(PUBLISHED))
def run(request, tmp_path, monkeypatch) -> tuple[str, Path, list[str]]:
    """Name of the only source, folder of the run, and what the cells printed instead of a page."""
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(tmp_path))
    shop = tmp_path / "data" / "shop"
    shop.mkdir(parents=True)
    marked = DATASET.replace("did not leave}", "did not leave, reason: true}")
    (shop / "dataset.yaml").write_text(marked if request.param == "reasons" else DATASET)
    company(tmp_path / "run", request.param)
    given = {
        "dataset": str(shop / "dataset.yaml"),
        "as_of": "2025-12-31",
        "run_folder": str(tmp_path / "run"),
        "max_themes": 4,
    }
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    try:
        for cell in nbformat.read(CHAPTERS["03"].notebook, as_version=4).cells:
            if cell.cell_type == "code":
                shell.run_cell(cell.source, store_history=False).raise_error()
                if "parameters" in cell.metadata.get("tags", []):
                    shell.user_ns |= given
        yield request.param, tmp_path / "run" / "chapters" / "03"
    finally:
        InteractiveShell.clear_instance()


def test_the_chapter_is_whole(run, capsys):
    source, results = run
    titles = json.loads((results / "published" / "titles.json").read_text()) if PUBLISHED[source] else {}
    assert PUBLISHED[source] <= titles.keys()
    assert titles.keys() <= PUBLISHED[source] | {"themes", "theme_stability"}
    facts = json.loads((results / "facts.json").read_text())
    assert facts["customers_with_a_pain"] > 0 or source == "neither"
    for name, kind in KINDS.items():
        assert bool(facts[f"pains_by_{kind}"]) == (source == name or (kind, source) in ALSO)
    needs = " ".join(limit["needs"] for limit in json.loads((results / "limits.json").read_text()))
    assert ("tickets with their text" in needs) == (source != "tickets")
    assert ("web or app analytics" in needs) == (source != "interactions")


ALSO = {("reason", "tickets"), ("behaviour", "tickets")}  # categories, and cases that were opened again
