"""Sentences speak of rows that stood out: their intervals must hold for such rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.stats.comparisons import adjust
from customer_profiles.stats.selection import widened


def compared(rng, effects):
    """Estimates with standard error 1."""
    x = rng.normal(effects)
    table = pd.DataFrame({"size": x, "size_low": x - 1.96, "size_high": x + 1.96, "p": 2 * stats.norm.sf(abs(x))})
    return adjust(table)


def test_of_selected_rows_plain_intervals_miss_and_widened_ones_hold(record_property):
    rng = np.random.default_rng(1)
    effects = np.r_[np.zeros(80), np.full(20, 2.0)]
    missed = {"plain": [], "widened": []}
    for _ in range(400):
        table = compared(rng, effects)
        for name, told in (("plain", table), ("widened", widened(table, len(table)))):
            claimed = told["claim"].to_numpy()
            outside = ~told["size_low"].le(effects) | ~told["size_high"].ge(effects)
            missed[name].append(outside[claimed].mean() if claimed.any() else 0.0)
    record_property("held", 1 - np.mean(missed["widened"]))
    assert np.mean(missed["plain"]) > 0.2
    assert np.mean(missed["widened"]) <= 0.05


def test_a_widened_interval_never_contradicts_its_claim():
    rng = np.random.default_rng(2)
    table = widened(compared(rng, rng.choice([0, 4], 60)), 60)
    claimed = table[table["claim"]]
    assert ((claimed["size_low"] > 0) | (claimed["size_high"] < 0)).all()


def test_only_claimed_rows_change_ratios_on_the_log_scale_and_shares_stay_shares():
    table = pd.DataFrame(
        {"claim": [True, False, None], "ratio": 2.0, "ratio_low": 1.0, "ratio_high": 4.0}
        | {"share": 0.9, "share_low": 0.7, "share_high": 0.99, "n": 50}
    )
    told = widened(table, 3)
    assert told["ratio_low"][0] * told["ratio_high"][0] == pytest.approx(4.0)
    assert told["ratio_low"][0] < 1.0
    assert told["share_high"][0] == 1.0
    pd.testing.assert_frame_equal(told.iloc[1:], table.iloc[1:], check_dtype=False)


def test_without_a_selection_nothing_changes():
    table = pd.DataFrame({"claim": [True, True], "ratio": 2.0, "ratio_low": 1.5, "ratio_high": 3.0})
    assert widened(table, 2) is table
    assert widened(table.drop(columns="claim"), 9).equals(table.drop(columns="claim"))
