"""How long contracts last, from a snapshot that holds only who left lately."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from customer_profiles.analysis.prediction import contracts

LEFT = SimpleNamespace(column="status", value="churned", good=False)
TERMS = SimpleNamespace(months="tenure", charge="fee", by="plan", left_within=3)


def snapshot(seed: int, monthly: dict[str, float], n: int = 3000, window: int = 3) -> pd.DataFrame:
    """A file of those who were there at the start of the last months, or came since; each leaves at a constant rate."""
    rng = np.random.default_rng(seed)
    parts = []
    for plan, chance in monthly.items():
        began, lasts = rng.integers(0, 60, 20 * n), rng.geometric(chance, 20 * n)  # months before today
        gone = lasts <= began
        on_file = ~gone | (lasts > began - window)
        table = pd.DataFrame({"tenure": np.where(gone, lasts, began), "plan": plan})[on_file].head(n)
        parts.append(table.assign(status=np.where(gone[on_file][:n], "churned", "stayed")))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(customer_no=range(len(table)), fee=50.0)


def test_expected_months_are_those_of_the_process():
    agreed = contracts.members(snapshot(1, {"short": 0.10, "long": 0.01}), TERMS, LEFT)
    foreseen = contracts.customers(agreed, 12, 0.0)
    result = contracts.remaining(agreed, foreseen, 12)
    assert result.frame["group"].tolist() == ["short", "long"]
    for row, chance in zip(result.frame.itertuples(), (0.10, 0.01), strict=True):
        truth = ((1 - chance) ** np.arange(1, 13)).sum()
        assert row.expected_months == pytest.approx(truth, rel=0.08)
        assert row.expected_months_low < row.expected_months < row.expected_months_high
        assert row.expected_spend == pytest.approx(row.expected_months * row.n * 50)
    revenue, soonest = result.claims(result.frame.assign(hidden=False))
    assert revenue.values["total"] == pytest.approx(result.frame["expected_spend"].sum(), rel=0.005)
    assert soonest.values["group"] == "short"
    gone = agreed["left"].to_numpy(bool)
    assert (foreseen.loc[gone, "expected_spend"] == 0).all()


def test_shares_that_leave_are_those_of_statsmodels(monkeypatch):
    monkeypatch.setattr(contracts, "MIN_AT_RISK", 1)
    agreed = contracts.members(snapshot(2, {"short": 0.05}), TERMS, LEFT)
    agreed = agreed[agreed["months"] > agreed["since"]]
    found = SurvfuncRight(agreed["months"].to_numpy(), agreed["left"].to_numpy(int), entry=agreed["since"].to_numpy())
    own = contracts.leaving(agreed["months"], agreed["left"], agreed["since"], 24)
    theirs = pd.Series(found.n_events / found.n_risk, found.surv_times).reindex(range(1, 25), fill_value=0)
    assert np.allclose(own, theirs)


def test_groups_that_do_not_differ_are_not_told_apart():
    agreed = contracts.members(snapshot(3, {"a": 0.05, "b": 0.05}, 1000), TERMS, LEFT)
    result = contracts.remaining(agreed, contracts.customers(agreed, 12, 0.1), 12)
    assert [finding.id for finding in result.claims(result.frame.assign(hidden=False))] == ["contracts.revenue"]


def test_nobody_without_terms_or_with_a_good_outcome():
    profile = snapshot(4, {"a": 0.05}, 50)
    assert not len(contracts.members(profile, None, LEFT))
    assert not len(contracts.members(profile, TERMS, None))
    empty = contracts.members(profile, TERMS, SimpleNamespace(column="status", value="churned", good=True))
    assert not len(contracts.remaining(empty, contracts.customers(empty, 12, 0.1), 12))
    assert contracts.limits(empty) == []


def test_of_groups_of_whom_hardly_anybody_left_nothing_is_said():
    agreed = contracts.members(snapshot(5, {"a": 0.05, "b": 0.0001}, 400), TERMS, LEFT)
    foreseen = contracts.customers(agreed, 12, 0.1)
    assert contracts.remaining(agreed, foreseen, 12).frame["group"].tolist() == ["a"]
    assert foreseen.loc[agreed["group"] == "b", "expected_months"].isna().all()
