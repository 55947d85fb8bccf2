"""Areas with potential: what their measures let expect, the nearest branch, and silence without enough areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import told

from customer_profiles.analysis.targets import potential


def country(seed: int = 0, power: float = 0.4, lacking: float = 1.0, **measures) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sixty areas: customers follow households and purchasing power; in the first are too few."""
    rng = np.random.default_rng(seed)
    areas = pd.DataFrame({"area": [f"{i:02}" for i in range(60)], "population": rng.integers(20_000, 90_000, 60)})
    areas = areas.assign(purchasing_power=rng.normal(100, 10, 60), **measures)
    rate = 4e-4 * np.exp(power * (areas["purchasing_power"] - 100) / 10)
    customers = rng.poisson(rate * areas["population"])
    areas.loc[0, "population"] = int(areas.loc[0, "population"] * lacking)
    profile = pd.DataFrame({"postal_code": np.repeat(areas["area"], customers) + "123"})
    return profile.assign(customer_no=range(len(profile)), spend_365d=rng.exponential(200, len(profile))), areas


def test_customers_are_expected_from_the_measures_and_their_lack_is_worth_what_they_spend():
    profile, areas = country(lacking=3)
    found = potential.potential(profile, areas)
    first = found.frame.nlargest(1, "lacking").iloc[0]
    assert (first["area"], first["claim"], found.frame["claim"].sum()) == ("00", True, 1)
    assert first["lacking_low"] < 2 * first["n"] < first["lacking_high"] * 1.2
    assert first["worth"] == pytest.approx(first["lacking"] * profile["spend_365d"].mean())
    # Rich areas have more customers, and none of them is said to have too many.
    expected = found.frame.set_index("area")["expected_customers"] / areas.set_index("area")["population"]
    assert stats.spearmanr(expected, areas.set_index("area")["purchasing_power"]).statistic > 0.95
    assert found.frame["area"].is_monotonic_increasing  # the place of a hidden area must not tell of it
    (said,) = told(found)
    assert (said.id, said.values["area"]) == ("potential.area", "00")


def test_households_take_the_place_of_inhabitants_and_the_nearest_branch_is_named():
    profile, areas = country(latitude=np.linspace(48, 54, 60), longitude=10.0)
    areas["households"] = (areas["population"] / 2).astype(int)
    branches = pd.DataFrame({"branch": ["south", "north"], "latitude": [48.0, 54.0], "longitude": [10.0, 10.0]})
    table = potential.potential(profile, areas, branches).frame.set_index("area")
    assert table["base"].to_dict() == areas.set_index("area")["households"].to_dict()
    np.testing.assert_allclose(table["market_coverage"], 1000 * table["n"] / table["base"])
    assert table.loc[["00", "29", "30", "59"], "branch"].tolist() == ["south", "south", "north", "north"]
    assert table.loc["00", "branch_km"] == pytest.approx(0, abs=1e-6)
    assert table.loc["59", "branch_km"] == pytest.approx(0, abs=1e-6)
    assert table.loc["10", "branch_km"] == pytest.approx(10 / 59 * 6 * 111.195, rel=1e-3)  # a degree is 111.195 km


def test_few_areas_or_none_tell_nothing():
    profile, areas = country()
    for some in (areas[: potential.FEWEST_AREAS - 1], areas[:0], pd.DataFrame(columns=["area", "population"])):
        assert potential.potential(profile, some).frame.empty
    assert potential.potential(profile.drop(columns="postal_code"), areas).frame.empty
    without = potential.potential(profile.drop(columns="spend_365d"), areas)
    assert "worth" not in without.frame
    assert [claim.id for claim in told(without)] == ["potential.nothing"]


@pytest.mark.slow
def test_intervals_of_an_area_that_was_named_beforehand_keep_their_promise():
    """The share of intervals that hold twice the customers an area lacks, of 400 companies."""
    holds = 0
    for seed in range(400):
        profile, areas = country(seed, lacking=3)
        row = potential.potential(profile, areas).frame.set_index("area").loc["00"]
        true = 4e-4 * np.exp(0.4 * (areas.loc[0, "purchasing_power"] - 100) / 10) * areas.loc[0, "population"]
        holds += row["lacking_low"] <= 2 / 3 * true <= row["lacking_high"]
    assert stats.binomtest(holds, 400, 0.95, alternative="less").pvalue >= 0.01


def test_without_structure_an_area_is_rarely_claimed():
    claims = sum(potential.potential(*country(seed, power=0)).frame["claim"].any() for seed in range(50))
    assert claims <= 7
