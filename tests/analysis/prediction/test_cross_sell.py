"""Pairs that go together: as statsmodels counts them, and none where customers only differ in how much they buy."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from customer_profiles.analysis.prediction import cross_sell, purchases

LAST = pd.Timestamp("2025-12-31")


def shop(seed, follows=0.0, n=1200, items=10):
    """Customers who differ widely in how much they buy; who has item 0 goes on to item 1."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer, much in enumerate(rng.gamma(0.8, 12, n)):
        days = np.sort(rng.integers(0, 400, rng.poisson(much) + 1))
        bought = rng.integers(0, items, len(days))
        began = np.flatnonzero(bought == 0)
        if len(began):
            later = np.arange(len(days)) > began[0]
            bought = np.where(later & (rng.random(len(days)) < follows), 1, bought)
        rows += [
            (customer, LAST - pd.Timedelta(days=int(400 - day)), f"item {what}")
            for day, what in zip(days, bought, strict=True)
        ]
    return pd.DataFrame(rows, columns=["customer_no", "at", "category"])


def of(table):
    return purchases.purchases(table, "category", LAST.date(), 100)


def test_a_pair_is_tested_as_statsmodels_tests_it():
    bought = of(shop(1, 0.3))
    a, n1, c, n0 = cross_sell._counts(bought.active(2))
    found = cross_sell.pairs(bought).frame
    row = found[(found["item"] == "item 0") & (found["then"] == "item 1")].iloc[0]
    at = list(bought.items).index("item 0"), list(bought.items).index("item 1")
    strata = [
        np.array([[a[s][at], n1[s][at] - a[s][at]], [c[s][at], n0[s][at] - c[s][at]]])
        for s in range(len(a))
        if n1[s][at] > 0 and n0[s][at] > 0
    ]
    referee = StratifiedTable(strata)
    assert row["p"] == pytest.approx(referee.test_null_odds(correction=False).pvalue / 2, rel=1e-6)
    risk = sum(t[0, 0] * t[1].sum() / t.sum() for t in strata) / sum(t[1, 0] * t[0].sum() / t.sum() for t in strata)
    assert row["ratio"] == pytest.approx(risk)
    assert row["n"] == sum(t[0, 0] for t in strata)
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"]


def test_what_is_tied_is_found_and_counted_in_customers():
    found = cross_sell.pairs(of(shop(2, 0.4)))
    claimed = found.frame.loc[found.frame["claim"], ["item", "then"]].to_numpy().tolist()
    assert claimed[0] == ["item 0", "item 1"]
    assert len(claimed) <= 2
    told = found.claims(found.frame.assign(hidden=False))[0]
    assert (told.values["item"], told.values["then"]) == ("item 0", "item 1")
    assert found.frame["base"].max() < 1200


def test_who_buys_much_makes_no_pair():
    claims = [cross_sell.pairs(of(shop(seed))).frame["claim"].sum() for seed in range(10, 16)]
    assert sum(map(bool, claims)) <= 1, claims
