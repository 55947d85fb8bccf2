"""Chapter 08 is whole with campaigns alone, prospects alone, forecasts alone, and with none of them.

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
from customer_profiles.tables import Tables

CUSTOMERS = 600
DATASET = """
name: shop
title: Shop
sources:
  - name: crm
    system: crm
    path: crm.csv
    table: customers
    columns: {customer_id: id, gender: gender, region: region}
"""
PUBLISHED = {
    "trial": {"campaign_effects", "campaign_groups", "campaign_reach", "uplift_fifths", "uplift_quality"},
    "campaigns": {"campaign_responses", "response_by_group"},
    "leads": {"lead_groups", "lead_gains", "lead_quality", "twin_spikes"},
    "forecasts": {"address_lists"},
    "neither": set(),
}


def company(folder: Path, source: str) -> None:
    """A run's tables with one source of the chapter."""
    rng, tables, number = np.random.default_rng(1), Tables(folder), np.arange(CUSTOMERS)
    ids, at = number.astype(str), pd.Timestamp("2025-03-01")
    profile = pd.DataFrame({"customer_id": ids, "customer_no": number})
    profile["gender"], profile["region"] = rng.choice(["female", "male"], CUSTOMERS), rng.choice(["n", "s"], CUSTOMERS)
    predicted = pd.DataFrame(columns=["customer_id", "customer_no", "expected_spend", "p_alive", "p_churn"])
    if source in ("trial", "campaigns"):
        sent = pd.DataFrame({"customer_id": ids, "customer_no": number, "at": at, "campaign": "Spring"})
        sent["control_group"] = pd.array((rng.random(CUSTOMERS) < 0.4) & (source == "trial"), dtype="boolean")
        tables.write("campaigns", sent.assign(responded=pd.array(rng.random(CUSTOMERS) < 0.3, dtype="boolean")))
    if source == "leads":
        came = at - pd.to_timedelta(rng.integers(0, 600, 1500), unit="D")
        leads = pd.DataFrame({"lead_id": [f"L{i}" for i in range(1500)], "at": came})
        leads["converted_at"] = (leads["at"] + pd.Timedelta(days=9)).where(rng.random(1500) < 0.3)
        tables.write("leads", leads.assign(region=rng.choice(["n", "s"], 1500)))
    if source == "forecasts":
        predicted = pd.DataFrame({"customer_id": ids, "customer_no": number, "p_alive": rng.random(CUSTOMERS)})
        predicted = predicted.assign(expected_spend=100 * predicted["p_alive"], p_churn=np.nan)
    tables.write("profile", profile)
    tables.write("predicted_value", predicted)


@pytest.fixture(params=list(PUBLISHED))
def run(request, tmp_path, monkeypatch):
    """Name of the only source, and the folder of the chapter's results."""
    monkeypatch.setenv("CUSTOMER_PROFILES_HOME", str(tmp_path))
    shop = tmp_path / "data" / "shop"
    shop.mkdir(parents=True)
    (shop / "dataset.yaml").write_text(DATASET)
    company(tmp_path / "run", request.param)
    given = {"dataset": str(shop / "dataset.yaml"), "as_of": "2025-12-31", "run_folder": str(tmp_path / "run")}
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    try:
        for cell in nbformat.read(CHAPTERS["08"].notebook, as_version=4).cells:
            if cell.cell_type == "code":
                shell.run_cell(cell.source, store_history=False).raise_error()
                if "parameters" in cell.metadata.get("tags", []):
                    shell.user_ns |= given
        yield request.param, tmp_path / "run"
    finally:
        InteractiveShell.clear_instance()


def test_the_chapter_is_whole(run, capsys):
    source, folder = run
    results = folder / "chapters" / "08"
    titles = json.loads((results / "published" / "titles.json").read_text()) if PUBLISHED[source] else {}
    assert titles.keys() == PUBLISHED[source]
    needs = " ".join(limit["needs"] for limit in json.loads((results / "limits.json").read_text()))
    assert ("sent and answered mailings" in needs) == (source not in ("trial", "campaigns"))
    assert ("held back at random" in needs) == (source == "campaigns")
    assert ("prospects with the day they came" in needs) == (source != "leads")
    listed = pd.read_parquet(folder / "address_list.parquet")
    assert listed["customer_no"].is_unique
    assert len(listed) == CUSTOMERS
