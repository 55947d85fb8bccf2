"""Whom a report compares with whom: persons and companies, with and without a reference, and nobody at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analyse import audience, index, standardise

NO_REFERENCE = pd.DataFrame({"attribute": [], "value": [], "share": []})


@pytest.fixture
def accounts() -> pd.DataFrame:
    """Companies: laboratories buy most, and are small."""
    rng = np.random.default_rng(0)
    industry = rng.choice(["laboratory", "plastics", "chemicals"], 600)
    small = rng.random(600) < np.where(industry == "laboratory", 0.8, 0.4)
    return pd.DataFrame(
        {
            "industry": industry,
            "employees": np.where(small, rng.integers(1, 10, 600), rng.integers(50, 250, 600)),
            "employees_band": np.where(small, "1–9", "50–249"),
            "spend": rng.lognormal(6, 1, 600) * np.where(industry == "laboratory", 3, 1),
        }
    )


def test_firmographics_go_through_the_same_index(accounts):
    traits = audience.traits(accounts, ["industry", "employees", "employees_band"])
    assert traits == ["industry", "employees_band"]  # the number is given in bands, too
    found = audience.compare(accounts, NO_REFERENCE, traits)
    assert found.base.message == "all other customers"
    row = found.table.set_index("value").loc["laboratory"]
    assert row["claim"]
    assert row["index"] > 150
    assert found.by == "employees_band"
    assert found.standardised.set_index("value").loc["laboratory", "verdict"] == standardise.REMAINS


def test_a_reference_of_companies(accounts):
    reference = pd.DataFrame(
        {
            "attribute": ["industry"] * 3 + ["employees_band"] * 2,
            "value": ["laboratory", "plastics", "chemicals", "1–9", "50–249"],
            "share": [0.1, 0.5, 0.4, 0.8, 0.2],
            "base": "companies",
        }
    )
    found = audience.compare(accounts, reference, ["industry", "employees_band"])
    assert (found.reference, found.by) == ("companies", "employees_band")
    assert found.table.set_index("value").loc["laboratory", "index"] > 300
    assert set(found.standardised["attribute"]) == {"industry"}


def test_nothing_to_compare(accounts):
    assert audience.compare(accounts, NO_REFERENCE, []) is None
    assert audience.compare(accounts.drop(columns="spend"), NO_REFERENCE, ["industry"]) is None
    few = audience.compare(accounts[:60], NO_REFERENCE, ["industry"])
    assert index.findings(few.table) == []  # bases too small: nothing was tested, so nothing is said
    assert audience.counts(None, pairs=few.table) == {
        "index_comparisons": 0,
        "index_established": 0,
        "pairs_comparisons": 0,
        "pairs_established": 0,
    }
