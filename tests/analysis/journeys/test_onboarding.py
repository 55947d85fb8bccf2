"""The first steps of new customers: who counts, from when on, and who needs longer."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from customer_profiles.analysis.journeys import onboarding
from customer_profiles.ingest.contract import empty_table
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.stats import survival

AS_OF = date(2025, 12, 31)


def days(*texts: str) -> pd.Series:
    return pd.to_datetime(pd.Series(texts), format="ISO8601")


PROFILE = pd.DataFrame(
    {"customer_no": [1, 2, 3, 4], "signup_date": days("2025-02-01", "2020-01-01", None, "2025-06-01")}
)
ORDERS = pd.DataFrame(
    {
        "customer_no": [1, 1, 1, 2, 2, 3],
        "at": days("2025-02-11 09:00", "2025-02-11 18:00", "2025-03-01", "2025-01-01", "2025-01-05", "2025-09-01"),
    }
)


def spells(
    orders: pd.DataFrame = ORDERS, tickets: pd.DataFrame | None = None, visits: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Waits as the notebook makes them."""
    first = orders.groupby("customer_no")["at"].min()
    starts = {
        "signup_to_order": onboarding.signups(PROFILE, first),
        "order_to_order": onboarding.newcomers(first, PROFILE),
    }
    if visits is not None:
        starts["visit_to_order"] = onboarding.newcomers(visits.groupby("customer_no")["at"].min(), PROFILE)
    if tickets is not None:
        starts["ticket_to_order"] = tickets.groupby("customer_no")["opened_at"].min()
    return onboarding.spells(starts, orders, AS_OF)


def fitted(waits: pd.DataFrame) -> SurvfuncRight:
    return SurvfuncRight(waits["days"], waits["event"])


def spell(waits: pd.DataFrame, step: str) -> dict[int, tuple[int, bool]]:
    of = waits[waits["step"] == step]
    return {row.customer_no: (row.days, row.event) for row in of.itertuples()}


def test_days_are_counted_from_the_beginning_that_the_records_show():
    waits = spells()
    # Customer 2 signed up long before the records begin, customer 3 at a day nobody noted.
    assert spell(waits, "signup_to_order") == {1: (10, True), 4: (214, False)}
    # Two orders of one day are one; customer 3 came well after the records began.
    assert spell(waits, "order_to_order") == {1: (18, True), 3: (122, False)}


def test_guests_who_sign_up_after_their_first_order_do_not_wait_for_it():
    guest = pd.concat([ORDERS, pd.DataFrame({"customer_no": [4], "at": days("2025-05-01")})])
    assert set(spell(spells(guest), "signup_to_order")) == {1}


def test_contacts_and_visits_start_a_wait_for_the_next_order():
    tickets = pd.DataFrame({"customer_no": [2, 3], "opened_at": days("2025-01-02", "2025-10-01")})
    visits = pd.DataFrame(
        {"customer_no": [2, 1], "at": days("2025-01-01", "2025-02-10"), "kind": "view", "channel": "web"}
    )
    waits = spells(ORDERS, tickets, visits)
    assert spell(waits, "ticket_to_order") == {2: (3, True), 3: (92, False)}
    assert spell(waits, "visit_to_order") == {1: (1, True)}


def test_the_curve_ends_where_few_are_watched():
    waits = pd.DataFrame({"step": "x", "customer_no": range(100), "days": 40, "event": False})
    waits.loc[:19, ["days", "event"]] = [10, True]
    table = onboarding.curve(fitted(waits), "x").frame
    assert table["after_days"].tolist() == [0, 7, 14, 30]
    assert table["n"].tolist() == [0, 0, 20, 20]
    assert table["added"].tolist() == [0, 0, 20, 0]
    assert table["at_risk"].tolist() == [100, 100, 80, 80]
    assert table["share"].tolist() == pytest.approx([0, 0, 0.2, 0.2])
    row = onboarding.times(waits, onboarding.MILESTONES).frame.iloc[0]
    assert (row["n"], row["base"]) == (20, 100)
    assert np.isnan(row["share"])  # nobody was watched for a quarter
    assert np.isnan(row["median_days"])


def test_the_curve_is_that_of_kaplan_and_meier():
    _, waits = new_buyers(3, faster=1.5)
    estimate = fitted(waits)
    result = onboarding.curve(estimate)
    referee = survival.at(survival.kaplan_meier(waits["days"], waits["event"]), result.frame["after_days"])
    pd.testing.assert_frame_equal(result.frame[list(referee)], referee)
    taken = onboarding.times(waits, onboarding.MILESTONES)
    (told,) = taken.claims(taken.frame)
    assert (told.id, told.values["days"], told.n) == ("onboarding.second", onboarding.ACTIVATED, len(waits))
    assert taken.claims(taken.frame.assign(hidden=True)) == []
    share = 1 - estimate.surv_prob[estimate.surv_times <= onboarding.ACTIVATED][-1]
    assert told.values["share"] == pytest.approx(share)
    other = onboarding.times(waits.assign(step="another"), onboarding.MILESTONES)
    assert other.claims(other.frame) == []


def test_points_of_the_curve_between_which_few_took_the_step_are_hidden():
    waits = pd.DataFrame({"step": "order_to_order", "customer_no": range(200), "days": 100, "event": False})
    waits.loc[:19, ["days", "event"]] = [10, True]
    waits.loc[20:24, ["days", "event"]] = [20, True]
    shown = Gate(10).guard(onboarding.curve(fitted(waits))).frame.set_index("after_days")
    assert shown["suppressed"].to_dict() == {0: False, 7: False, 14: False, 30: True, 60: False, 90: False}
    taken = onboarding.times(waits.assign(event=waits["customer_no"].between(20, 24)), onboarding.MILESTONES)
    assert Gate(10).guard(taken).frame["suppressed"].all()
    profile = pd.DataFrame({"customer_no": range(200), "half": ["a"] * 60 + ["b"] * 140})
    waits = waits.assign(days=100, event=waits["customer_no"].between(55, 130))  # five of group a
    groups = onboarding.by_group(waits, profile, ["half"], onboarding.MILESTONES)
    assert sorted(groups.frame["n"]) == [5, 71]
    assert Gate(10).guard(groups).frame["suppressed"].all()


def test_features_are_counted_from_the_first_visit():
    rows = pd.DataFrame(
        {
            "customer_no": [1, 1, 4, 2, 2],
            "at": days("2025-02-08", "2025-02-01", "2025-02-08", "2025-01-01", "2025-01-01"),
            "feature": ["basket", "search", "app", "search", "scan"],
        }
    )
    start = pd.Series(days("2025-02-01", "2025-06-01").to_list(), index=[1, 4])
    found = onboarding.adoption(rows.assign(customer_no=[1, 1, 1, 2, 2]), start, AS_OF)
    assert list(dict.fromkeys(found["step"])) == ["basket", "search", "app"]  # nobody new has used the scanner
    assert spell(found, "basket") == {1: (7, True), 4: (214, False)}
    assert spell(found, "search")[1] == (0, True)
    assert onboarding.adoption(rows.iloc[:0], start, AS_OF).empty
    assert onboarding.adoption(rows, start.iloc[:0], AS_OF).empty


def new_buyers(seed: int, faster: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame(
        {"customer_no": range(500), "half": rng.choice(["one", "two"], 500), "third": rng.choice(list("abc"), 500)}
    )
    true = rng.exponential(np.where(profile["half"] == "one", 100 / faster, 100))
    watched = rng.uniform(30, 300, 500)
    waits = pd.DataFrame(
        {"step": "order_to_order", "customer_no": range(500), "days": np.minimum(true, watched).astype(int)}
    )
    return profile, waits.assign(event=true < watched)


def test_the_faster_group_is_told_with_its_ratio():
    profile, waits = new_buyers(1, faster=2.0)
    result = onboarding.by_group(waits, profile, ["half", "third"], onboarding.MILESTONES)
    assert result.family == 4
    claims = result.frame[result.frame["claim"]]
    assert set(claims["attribute"]) == {"half"}
    row = claims.set_index("value").loc["one"]
    assert row["ratio_low"] < 2.0 < row["ratio_high"] + 0.3  # Peto's ratio leans towards 1
    told = result.claims(result.frame)
    assert {finding.id for finding in told} == {f"onboarding.half.{value}.order_to_order" for value in ("one", "two")}
    features = onboarding.by_group(waits, profile, ["half"], onboarding.FEATURES)
    assert features.name == "adoption_by_group"
    assert all(found.id.startswith("adoption.half.") for found in features.claims(features.frame))
    ratios = {finding.values["value"]: finding.values["ratio"] for finding in told}
    assert ratios["two"] < 1 < ratios["one"]


@pytest.mark.slow  # null companies cover it in every run
def test_on_data_without_structure_false_claims_stay_rare():
    wrong = []
    for seed in range(200, 250):
        profile, waits = new_buyers(seed, faster=1.0)
        result = onboarding.by_group(waits, profile, ["half", "third"], onboarding.MILESTONES)
        wrong.append(result.frame["claim"].any())
    assert np.mean(wrong) <= 0.10  # 5 % promised; more than 5 of 50 have a chance of 4 %


def test_nothing_known_is_said():
    nobody = empty_table("transactions")
    assert onboarding.signups(PROFILE[["customer_no"]], ORDERS.groupby("customer_no")["at"].min()).empty
    for none in (spells(nobody, empty_table("tickets"), empty_table("interactions")), spells(nobody)):
        assert none.empty
        for result in (
            onboarding.curve(fitted(none)),
            onboarding.times(none, onboarding.MILESTONES),
            onboarding.by_group(none, PROFILE, ["signup_date"], onboarding.MILESTONES),
        ):
            assert (len(result), result.family, result.needs) == (0, 0, "transactions")
            assert result.claims is None or result.claims(result.frame) == []
        assert len(onboarding.limits(none)) == 1
    assert onboarding.times(none, onboarding.FEATURES).needs == "interactions"
