"""The first steps of new customers: who counts, from when on, and who needs longer."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import onboarding
from customer_profiles.ingest.contract import empty_table

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


def spell(waits: pd.DataFrame, step: str) -> dict[int, tuple[int, bool]]:
    of = waits[waits["step"] == step]
    return {row.customer_no: (row.days, row.event) for row in of.itertuples()}


def test_days_are_counted_from_the_beginning_that_the_records_show():
    waits = onboarding.spells({"transactions": ORDERS}, PROFILE, AS_OF)
    # Customer 2 signed up long before the records begin, customer 3 at a day nobody noted.
    assert spell(waits, "signup_to_order") == {1: (10, True), 4: (214, False)}
    # Two orders of one day are one; customer 3 came well after the records began.
    assert spell(waits, "order_to_order") == {1: (18, True), 3: (122, False)}


def test_guests_who_sign_up_after_their_first_order_do_not_wait_for_it():
    guest = pd.concat([ORDERS, pd.DataFrame({"customer_no": [4], "at": days("2025-05-01")})])
    assert set(spell(onboarding.spells({"transactions": guest}, PROFILE, AS_OF), "signup_to_order")) == {1}


def test_contacts_and_visits_start_a_wait_for_the_next_order():
    tickets = pd.DataFrame({"customer_no": [2, 3], "opened_at": days("2025-01-02", "2025-10-01")})
    visits = pd.DataFrame(
        {"customer_no": [2, 1], "at": days("2025-01-01", "2025-02-10"), "kind": "view", "channel": "web"}
    )
    waits = onboarding.spells({"transactions": ORDERS, "tickets": tickets, "interactions": visits}, PROFILE, AS_OF)
    assert spell(waits, "ticket_to_order") == {2: (3, True), 3: (92, False)}
    assert spell(waits, "visit_to_order") == {1: (1, True)}


def test_the_curve_ends_where_few_are_watched():
    waits = pd.DataFrame({"step": "x", "customer_no": range(100), "days": 40, "event": False})
    waits.loc[:19, ["days", "event"]] = [10, True]
    table = onboarding.curve(waits, "x")
    assert table["after_days"].tolist() == [0, 7, 14, 30]
    assert table["n"].tolist() == [0, 0, 20, 20]
    assert table["added"].tolist() == [0, 0, 20, 0]
    assert table["at_risk"].tolist() == [100, 100, 80, 80]
    assert table["share"].tolist() == pytest.approx([0, 0, 0.2, 0.2])
    assert onboarding.curve(waits, "y").empty
    row = onboarding.times(waits).iloc[0]
    assert (row["n"], row["base"]) == (20, 100)
    assert np.isnan(row["share"])  # nobody was watched for a quarter
    assert np.isnan(row["median_days"])


def test_features_are_counted_from_the_first_visit():
    rows = pd.DataFrame(
        {
            "customer_no": [1, 1, 1, 4, 2],
            "at": days("2025-02-01", "2025-02-01", "2025-02-08", "2025-06-01", "2025-01-01"),
            "kind": ["view", "search", "basket", "help", "search"],
            "channel": ["web", "web", "app", "web", "web"],
        }
    )
    found = onboarding.adoption(rows, PROFILE, AS_OF)
    assert list(dict.fromkeys(found["step"])) == ["basket", "search", "app", "web"]
    assert spell(found, "basket") == {1: (7, True), 4: (214, False)}
    assert spell(found, "search")[1] == (0, True)
    assert onboarding.adoption(empty_table("interactions"), PROFILE, AS_OF).empty


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
    table = onboarding.by_group(waits, profile, ["half", "third"])
    assert table.attrs["family"] == 4
    claims = table[table["claim"]]
    assert set(claims["attribute"]) == {"half"}
    row = claims.set_index("value").loc["one"]
    assert row["ratio_low"] < 2.0 < row["ratio_high"] + 0.3  # Peto's ratio leans towards 1
    told = onboarding.findings(onboarding.times(waits), table)
    assert told[0].id == "06.onboarding.second"
    assert {finding.values["value"] for finding in told[1:]} == {"one", "two"}
    features = onboarding.adoption_findings(table)
    assert {finding.table for finding in features} == {"adoption_by_group"}
    assert "sooner" in next(f for f in told if f.values.get("value") == "one").message


def test_on_data_without_structure_false_claims_stay_rare():
    wrong = []
    for seed in range(200, 250):
        profile, waits = new_buyers(seed, faster=1.0)
        wrong.append(onboarding.by_group(waits, profile, ["half", "third"])["claim"].any())
    assert np.mean(wrong) <= 0.10  # 5 % promised; more than 5 of 50 have a chance of 4 %


def test_nothing_known_is_said():
    none = onboarding.spells({"transactions": empty_table("transactions")}, PROFILE, AS_OF)
    assert none.empty
    assert onboarding.times(none).empty
    assert onboarding.by_group(none, PROFILE, ["signup_date"]).attrs["family"] == 0
    assert onboarding.findings(onboarding.times(none), onboarding.by_group(none, PROFILE, [])) == []
    assert len(onboarding.limits(none)) == 1
