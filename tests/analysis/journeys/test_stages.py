"""The stage of every customer from the own rhythm, by customers whose rhythm is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import stages
from customer_profiles.ingest.contract import empty_table
from customer_profiles.messages import Finding
from customer_profiles.privacy.disclosure import Gate

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


def days(orders: pd.DataFrame) -> pd.DataFrame:
    """Days with an order, as the notebook makes them."""
    return orders.assign(at=orders["at"].dt.normalize()).drop_duplicates(["customer_no", "at"])


def told(found: stages.Stages, profile: pd.DataFrame) -> list[Finding]:
    """What is said on sizes and groups."""
    results = (
        stages.sizes(found.table["stage"].value_counts()),
        stages.by_group(stage_of(found, profile), profile, ["half"]),
    )
    return [finding for result in results for finding in result.claims(result.frame)]


def stage_of(found: stages.Stages, profile: pd.DataFrame) -> pd.Series:
    return profile[["customer_no"]].merge(found.table, how="left", validate="one_to_one")["stage"]


def placed(*customers: tuple[int, list[int]]) -> dict[int, str]:
    """Stage of customers who ordered so many days before the run, beside the crowd."""
    rows = [(number, END - pd.Timedelta(days=back)) for number, before in customers for back in before]
    orders = pd.concat([crowd(), pd.DataFrame(rows, columns=["customer_no", "at"])], ignore_index=True)
    profile = pd.DataFrame({"customer_no": [*range(100, 160), *(number for number, _ in customers)]})
    found = stages.stages(days(orders), profile, AS_OF)
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
        stages.INACTIVE,
        stages.ACTIVE,
        stages.INACTIVE,
        stages.BACK,
        stages.NONE,
    ]


def test_the_rule_follows_from_the_gaps_of_the_company():
    orders = crowd()
    found = stages.stages(days(orders), pd.DataFrame({"customer_no": range(100, 160)}), AS_OF)
    gaps = orders.sort_values(["customer_no", "at"]).groupby("customer_no")["at"].diff().dt.days.dropna()
    assert found.typical_days == gaps.median()
    assert (found.limits["at_risk"] < found.limits["inactive"]).all()
    row = found.table.iloc[0]
    own = orders[orders["customer_no"] == 100]["at"].sort_values().diff().dt.days.dropna()
    assert row["rhythm_days"] == pytest.approx((own.sum() + gaps.median()) / (len(own) + 1))
    assert row["stage_ratio"] == pytest.approx(row["elapsed_days"] / row["rhythm_days"])
    assert found.rule[1].values["few"] == found.limits["inactive"][1]


def test_lines_of_one_day_are_one_order():
    twice = pd.concat([crowd(), crowd().assign(at=lambda lines: lines["at"] + pd.Timedelta(hours=3))])
    profile = pd.DataFrame({"customer_no": range(100, 160)})
    once = stages.stages(days(crowd()), profile, AS_OF)
    pd.testing.assert_frame_equal(stages.stages(days(twice), profile, AS_OF).table, once.table)


def test_few_gaps_say_nothing():
    profile = pd.DataFrame({"customer_no": range(100, 160), "half": ["a", "b"] * 30})
    for orders in (crowd().head(50), crowd().head(1), empty_table("transactions")):
        none = stages.stages(days(orders), profile, AS_OF)
        assert (len(none), none.rule, list(none.table)) == (0, (), stages.COLUMNS)
        sizes = stages.sizes(none.table["stage"].value_counts())
        groups = stages.by_group(stage_of(none, profile), profile, ["half"])
        assert (len(sizes), len(groups), groups.family) == (0, 0, 0)
        assert sizes.needs == groups.needs == "transactions"
        assert told(none, profile) == []
    assert stages.limits(none, crowd())[0].needs == stages.RETURNING
    assert stages.limits(none, crowd().iloc[:0])[0].needs != stages.RETURNING
    assert stages.limits(stages.stages(days(crowd()), profile, AS_OF), crowd()) == []


def test_stages_of_few_customers_are_hidden():
    counts = pd.Series({stages.ACTIVE: 80, stages.AT_RISK: 4, stages.INACTIVE: 40})
    sizes = stages.sizes(counts)
    shown = Gate(10).guard(sizes)
    assert shown.frame["suppressed"].sum() == 2  # and another, so that it cannot be worked out
    assert set(shown.frame.dropna(subset="n")["stage"]) == {stages.ACTIVE}
    assert sizes.claims(shown.marks(sizes.frame)) == []
    stage = pd.Series([stages.ACTIVE] * 100 + [stages.INACTIVE] * 64)
    profile = pd.DataFrame({"customer_no": range(164), "half": ["a"] * 60 + ["b"] * 100 + ["a"] * 4})
    groups = stages.by_group(stage, profile, ["half"])
    assert sorted(groups.frame["n"]) == [4, 40, 60, 60]
    frame = Gate(10).guard(groups).frame
    assert frame["suppressed"].all()  # two by two: any of them gives the others away
    assert frame.loc[:, ["n", "share", "ratio"]].isna().all(axis=None)


def company(seed: int, lost: float) -> tuple[stages.Stages, pd.DataFrame]:
    """Buyers of two halves; a share of the first has not come back for a year."""
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame({"customer_no": range(600), "half": rng.choice(["one", "two"], 600)})
    number = rng.poisson(8, 600) + 3
    who = np.repeat(np.arange(600), number)
    back = rng.integers(0, 400, len(who))
    gone = (profile["half"].to_numpy() == "one") & (rng.random(600) < lost)
    orders = pd.DataFrame({"customer_no": who, "at": END - pd.to_timedelta(back + 400 * gone[who], "D")})
    return stages.stages(days(orders), profile, AS_OF), profile


def test_the_group_that_lapses_is_told():
    found, profile = company(1, lost=0.3)
    sizes = stages.sizes(found.table["stage"].value_counts()).frame
    assert sizes["n"].sum() == len(profile)
    assert sizes["base"].unique().tolist() == [600]
    table = stages.by_group(stage_of(found, profile), profile, ["half"]).frame
    row = table[(table["stage"] == stages.INACTIVE) & (table["value"] == "one")].iloc[0]
    assert row["claim"]
    assert row["n"] + row["n_rest"] == sizes.set_index("stage").loc[stages.INACTIVE, "n"]
    said = told(found, profile)
    assert [finding.id for finding in said[:2]] == ["stages.stage_slowing", "stages.stage_lapsed"]  # ids stay
    first = next(finding for finding in said if finding.kind == "difference")
    assert (first.values["stage"], first.values["value"]) == (stages.INACTIVE, "one")
    assert first.id == "stages.half.one.stage_lapsed"


def test_a_stage_that_nobody_with_a_known_value_is_in_is_not_compared():
    profile = pd.DataFrame({"customer_no": range(100, 200), "half": ["a", "b"] * 30 + [None] * 40})
    found = stages.stages(days(crowd()), profile, AS_OF)
    assert (found.table["stage"] == stages.NONE).sum() == 40
    assert stages.NONE not in set(stages.by_group(stage_of(found, profile), profile, ["half"]).frame["stage"])


def test_no_difference_is_said_aloud():
    found, profile = company(2, lost=0.0)
    assert told(found, profile)[-1].kind == "nothing"


def steady(seed: int, shape: float, every: float, years: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers of very different rates who order at random and never leave; they came at any time."""
    rng = np.random.default_rng(seed)
    lines = []
    for number, rate in enumerate(rng.gamma(shape, 1 / every, 2000)):
        ago = rng.uniform(0, 365 * years)
        lines += [(number, ago - day) for day in [0.0, *rng.uniform(0, ago, rng.poisson(rate * ago))]]
    orders = pd.DataFrame(lines, columns=["customer_no", "ago"])
    orders["at"] = pd.Timestamp(AS_OF) - pd.to_timedelta(np.floor(orders["ago"]), unit="D")
    return orders, pd.DataFrame({"customer_no": orders["customer_no"].unique()})


@pytest.mark.parametrize("days_before_the_next", [1, 15])
def test_who_orders_on_the_first_of_every_month_is_never_late_within_it(days_before_the_next):
    """A subscription: all have been silent for equally long, on the last day for longer than on nearly any other."""
    months = pd.date_range("2023-09-01", periods=24, freq="MS")
    begun = np.random.default_rng(8).integers(0, 22, 500)
    orders = pd.DataFrame([(number, at) for number, first in enumerate(begun) for at in months[first:]])
    orders.columns = ["customer_no", "at"]
    today = (months[-1] + pd.DateOffset(months=1) - pd.Timedelta(days=days_before_the_next)).date()
    everybody = pd.DataFrame({"customer_no": range(500)})
    found = stages.stages(orders, everybody, today)
    assert not found.table["stage"].isin([stages.AT_RISK, stages.INACTIVE]).any()
    late = (months[-1] + pd.DateOffset(months=3)).date()
    assert (
        stages.stages(orders, pd.DataFrame({"customer_no": range(500)}), late).table["stage"] == stages.INACTIVE
    ).all()


@pytest.mark.parametrize(("shape", "every", "years"), [(0.8, 60, 3), (2, 40, 2), (0.5, 90, 4)])
def test_where_nobody_leaves_no_more_are_inactive_than_the_rule_says(shape, every, years, record_property):
    orders, profile = steady(6, shape, every, years)
    found = stages.stages(days(orders), profile, AS_OF)
    several = found.table["customer_no"].map(days(orders)["customer_no"].value_counts()) > 1
    inactive = (found.table.loc[several, "stage"] == stages.INACTIVE).mean()
    record_property("inactive", inactive)
    assert inactive < 0.06
    assert set(found.table.loc[~several, "stage"]) == {stages.NEW, stages.ONCE}
