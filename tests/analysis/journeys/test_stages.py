"""The stage of every customer from the own rhythm, by customers whose rhythm is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import stages

AS_OF = date(2025, 12, 31)
END = pd.Timestamp(AS_OF)


def crowd(seed: int = 1) -> pd.DataFrame:
    """Sixty customers who order every 30 days, give or take: they set what is usual."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(100, 160):
        gaps = rng.gamma(4, 7.5, 12).round().clip(1)
        rows += [(customer, END - pd.Timedelta(days=int(back))) for back in np.cumsum(gaps) - gaps[0]]
    return pd.DataFrame(rows, columns=["customer_no", "at"])


def placed(*customers: tuple[int, list[int]]) -> dict[int, str]:
    """Stage of customers who ordered so many days before the run, beside the crowd."""
    rows = [(number, END - pd.Timedelta(days=back)) for number, before in customers for back in before]
    orders = pd.concat([crowd(), pd.DataFrame(rows, columns=["customer_no", "at"])], ignore_index=True)
    profile = pd.DataFrame({"customer_no": [*range(100, 160), *(number for number, _ in customers)]})
    found = stages.stages(orders, profile, AS_OF)
    return found.table.set_index("customer_no")["stage"].to_dict()


def test_each_customer_is_measured_by_the_own_rhythm():
    found = placed(
        (1, [5]),
        (2, [40, 10]),
        (3, [100, 70, 40, 10]),
        (4, [400, 370, 340, 310, 280, 250]),
        (5, [28, 21, 14, 7]),
        (6, [150, 143, 136, 129, 122, 115, 108, 101, 94]),  # weekly, silent for 94 days
        (7, [600, 570, 540, 30]),  # came back after a year and a half
        (8, []),
    )
    assert [found[number] for number in (1, 2, 3, 4, 5, 6, 7, 8)] == [
        stages.NEW,
        stages.ONBOARDING,
        stages.ACTIVE,
        stages.LOST,
        stages.ACTIVE,
        stages.LOST,
        stages.BACK,
        stages.NONE,
    ]


def test_the_rule_follows_from_the_gaps_of_the_company():
    orders = crowd()
    found = stages.stages(orders, pd.DataFrame({"customer_no": range(100, 160)}), AS_OF)
    gaps = orders.sort_values(["customer_no", "at"]).groupby("customer_no")["at"].diff().dt.days.dropna()
    assert found.typical_days == gaps.median()
    assert found.gaps == len(gaps)
    assert 1 < found.slowing < found.lapsed
    row = found.table.iloc[0]
    own = orders[orders["customer_no"] == 100]["at"].sort_values().diff().dt.days.dropna()
    assert row["rhythm_days"] == pytest.approx((own.sum() + gaps.median()) / (len(own) + 1))
    assert row["stage_ratio"] == pytest.approx(row["elapsed_days"] / row["rhythm_days"])
    assert "{slowing:ratio}" in found.rule[1].message


def test_lines_of_one_day_are_one_order():
    twice = pd.concat([crowd(), crowd().assign(at=lambda lines: lines["at"] + pd.Timedelta(hours=3))])
    profile = pd.DataFrame({"customer_no": range(100, 160)})
    once = stages.stages(crowd(), profile, AS_OF)
    pd.testing.assert_frame_equal(stages.stages(twice, profile, AS_OF).table, once.table)


def test_few_gaps_say_nothing():
    profile = pd.DataFrame({"customer_no": range(100, 160), "half": ["a", "b"] * 30})
    assert stages.stages(crowd().head(50), profile, AS_OF) is None
    assert stages.sizes(None).empty
    none = stages.by_group(None, profile, ["half"])
    assert none.empty
    assert stages.findings(stages.sizes(None), none) == []
    assert stages.limits(None, crowd())[0].needs == stages.RETURNING
    assert stages.limits(stages.stages(crowd(), profile, AS_OF), crowd()) == []


def company(seed: int, lost: float) -> tuple[stages.Stages, pd.DataFrame]:
    """Buyers of two halves; a share of the first has not come back for a year."""
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame({"customer_no": range(600), "half": rng.choice(["one", "two"], 600)})
    number = rng.poisson(8, 600) + 3
    who = np.repeat(np.arange(600), number)
    back = rng.integers(0, 400, len(who))
    gone = (profile["half"].to_numpy() == "one") & (rng.random(600) < lost)
    orders = pd.DataFrame({"customer_no": who, "at": END - pd.to_timedelta(back + 400 * gone[who], "D")})
    return stages.stages(orders, profile, AS_OF), profile


def test_the_group_that_lapses_is_told():
    found, profile = company(1, lost=0.3)
    sizes = stages.sizes(found)
    assert sizes["n"].sum() == len(profile)
    assert sizes["base"].unique().tolist() == [600]
    table = stages.by_group(found, profile, ["half"])
    row = table[(table["stage"] == stages.LOST) & (table["value"] == "one")].iloc[0]
    assert row["claim"]
    assert row["n"] + row["n_rest"] == sizes.set_index("stage").loc[stages.LOST, "n"]
    told = [f for f in stages.findings(sizes, table) if f.kind == "difference"]
    assert (told[0].values["stage"], told[0].values["value"]) == (stages.LOST, "one")


def test_a_stage_that_nobody_with_a_known_value_is_in_is_not_compared():
    profile = pd.DataFrame({"customer_no": range(100, 200), "half": ["a", "b"] * 30 + [None] * 40})
    found = stages.stages(crowd(), profile, AS_OF)
    assert (found.table["stage"] == stages.NONE).sum() == 40
    assert stages.NONE not in set(stages.by_group(found, profile, ["half"])["stage"])


def test_no_difference_is_said_aloud():
    found, profile = company(2, lost=0.0)
    told = stages.findings(stages.sizes(found), stages.by_group(found, profile, ["half"]))
    assert told[-1].kind == "nothing"
