"""Whom to address now: nobody in two lists, everybody counted, nobody called who is to be left alone."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from support import told

from customer_profiles.analysis.targets import addressees
from customer_profiles.privacy.disclosure import Gate

N = 1200
QUIET = ["lists.make_an_offer", "lists.ask_in_a_survey"]


def company(seed=1):
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame(
        {
            "customer_no": np.arange(N)[::-1],
            "open_tickets": pd.array(rng.random(N) < 0.1, dtype="Int64"),
            "consent": pd.array(np.where(rng.random(N) < 0.8, 1, None), dtype="Int64"),
            "preferred_channel": rng.choice(["phone", "web", "store"], N),
            "spend": rng.lognormal(5, 1, N),
            "answers": rng.integers(0, 2, N),
            "recency_days": rng.integers(0, 600, N),
        }
    )
    alive = rng.random(N)
    predicted = pd.DataFrame(
        {
            "customer_id": "x",
            "customer_no": np.arange(N),
            "p_alive": alive,
            "p_churn": np.nan,
            "expected_spend": alive * rng.lognormal(5, 1, N),
            "next_offer": np.where(rng.random(N) < 0.5, "tents", None),
        }
    )
    predicted.loc[rng.random(N) < 0.3, "p_alive"] = 0.99  # who is safe can be made an offer
    return profile, predicted.iloc[:1000]


def test_every_customer_is_in_one_row_and_the_counts_reconcile():
    listed = addressees.lists(*company(), None, 100)
    assert listed["customer_no"].tolist() == company()[0]["customer_no"].tolist()
    table = addressees.counted(listed).frame.set_index("purpose")
    assert table["n"].sum() == N == table["base"].iloc[0]
    assert list(table.index) == list(addressees.PURPOSES)
    assert addressees.facts(addressees.counted(listed).frame)["list_call"] == table.loc["call", "n"]


def test_no_list_is_longer_than_can_be_addressed_and_has_those_with_most_at_stake():
    few, all_of = (addressees.lists(*company(), None, capacity).set_index("customer_no") for capacity in (20, N))
    for purpose in (addressees.CALL, addressees.WRITE):
        chosen, everybody = (table[table["purpose"] == purpose] for table in (few, all_of))
        assert len(chosen) == 20
        assert set(chosen.index) == set(everybody["loss"].nlargest(20).index)
        assert sorted(chosen["place"]) == list(range(1, 21))


def test_an_offer_that_finds_no_place_becomes_a_question_and_hardly_moved_customers_get_none():
    profile, predicted = company()
    listed = addressees.lists(profile, predicted, None, 30)
    offered, asked = (listed[listed["purpose"] == purpose] for purpose in (addressees.OFFER, addressees.SURVEY))
    assert len(offered) == len(asked) == 30
    table = profile.merge(predicted[["customer_no", "next_offer"]], how="left").set_index("customer_no")
    assert table.loc[offered["customer_no"], "next_offer"].notna().all()
    of_asked = table.loc[asked["customer_no"]]
    assert (of_asked["answers"] == 0).all()
    assert (of_asked["recency_days"] <= 365).all()
    assert of_asked["next_offer"].notna().any()
    spared = addressees.lists(profile, predicted, None, 30, unmoved=offered["customer_no"])
    again = spared.loc[spared["purpose"] == addressees.OFFER, "customer_no"]
    assert not again.isin(offered["customer_no"]).any()
    none = addressees.lists(profile, predicted, None, 30, fewest=N)
    assert not none["purpose"].isin((addressees.OFFER, addressees.SURVEY)).any()


def test_a_budget_is_spent_in_the_order_of_the_lists():
    whole = addressees.lists(*company(), None, 30)
    listed = addressees.lists(*company(), None, 30, contacts=70)
    counts = listed["purpose"].value_counts()
    assert counts.reindex(addressees.LISTS).fillna(0).tolist() == [30, 30, 10, 0, 0]
    assert counts[addressees.ALONE] == (whole["purpose"] == addressees.ALONE).sum()
    won = listed[listed["purpose"] == addressees.WIN_BACK]
    assert sorted(won["place"]) == list(range(1, 11))
    assert len(listed) == N


def test_who_is_to_be_left_alone_is_in_no_other_list():
    profile, predicted = company()
    listed = addressees.lists(profile, predicted, None, N)
    alone = profile["open_tickets"].gt(0) | profile["consent"].isna()
    assert listed["purpose"].eq(addressees.ALONE).tolist() == alone.tolist()
    assert not listed.loc[listed["purpose"] == addressees.CALL, "channel"].eq("web").any()
    assert listed.loc[listed["purpose"] == addressees.WRITE, "channel"].eq("web").all()


def test_the_loss_is_what_a_customer_who_stays_would_bring_times_the_chance_to_lose_them():
    profile = pd.DataFrame({"customer_no": [0, 1, 2]})
    predicted = pd.DataFrame({"customer_no": [0, 1, 2], "expected_spend": [80.0, 50.0, 90.0]})
    predicted = predicted.assign(p_alive=[0.8, np.nan, 0.95], p_churn=[np.nan, 0.2, np.nan])
    listed = addressees.lists(profile, predicted, None, 10)
    assert listed["loss"].tolist()[:2] == pytest.approx([20.0, 10.0])
    assert listed["purpose"].tolist() == [addressees.CALL, addressees.CALL, addressees.REST]


def test_the_loss_is_that_of_the_chapter_which_foresees_it():
    _, predicted = company()
    foreseen = predicted.assign(expected_loss=np.where(predicted["customer_no"] < 500, 7.0, np.nan))
    own, without = (addressees._loss(table) for table in (foreseen, predicted))
    assert (own[:500] == 7.0).all()
    assert np.array_equal(own[500:], without[500:])


def test_orders_rank_customers_and_are_no_money():
    profile, predicted = company()
    orders = predicted.rename(columns={"expected_spend": "expected_orders"})
    listed = addressees.lists(profile, orders, None, 40)
    assert listed["loss"].isna().all()
    assert listed["purpose"].eq(addressees.CALL).sum() == 40
    finding = told(addressees.counted(listed))[0]
    assert finding.values == {"n": 80}
    assert "money" not in finding.message


def test_facts_tell_no_list_of_few():
    table = addressees.counted(addressees.lists(*company(), None, 4))
    known = addressees.facts(Gate(10).guard(table).frame)
    assert "list_call" not in known
    assert known["list_leave_alone"] > 10


def test_who_has_left_by_a_contract_is_to_be_won_back():
    profile, predicted = company()
    profile = profile.assign(status=np.where(profile["customer_no"] < 100, "left", "there"), consent=1, open_tickets=0)
    outcome = SimpleNamespace(column="status", value="left", good=False)
    listed = addressees.lists(profile, predicted.assign(p_alive=0.99), outcome, N)
    assert listed["purpose"].eq(addressees.WIN_BACK).tolist() == profile["status"].eq("left").tolist()
    assert set(listed.loc[listed["purpose"] == addressees.WIN_BACK, "reason"]) == {addressees.LEFT}


def test_who_has_a_contract_has_not_left_however_probable_it_is():
    """What may be lost with those on file as staying is said of the same customers as in what is foreseen."""
    profile, predicted = company()
    profile = profile.assign(status="there", consent=1, open_tickets=0, preferred_channel="phone")
    outcome = SimpleNamespace(column="status", value="left", good=False)
    likely = predicted.assign(p_churn=0.9, expected_loss=predicted["expected_spend"])
    listed = addressees.lists(profile, likely, outcome, 200)
    called = listed[listed["purpose"] == addressees.CALL]
    assert not listed["purpose"].eq(addressees.WIN_BACK).any()
    assert called["loss"].sum() == pytest.approx(likely["expected_loss"].nlargest(200).sum())
    unknown = addressees.lists(profile.assign(status=pd.NA), likely, outcome, 200)
    assert set(unknown.loc[unknown["purpose"] == addressees.WIN_BACK, "reason"]) == {addressees.GONE}


def test_each_list_is_told_with_its_number():
    findings = told(addressees.counted(addressees.lists(*company(), None, 40)))
    assert [finding.id for finding in findings] == ["lists.contact", "lists.win_back", "lists.leave_alone", *QUIET]
    assert findings[0].values["n"] == 80


@pytest.mark.parametrize("keep", [["customer_no"], ["customer_no", "open_tickets"]])
def test_without_anything_foreseen_nobody_is_addressed(keep):
    profile, predicted = company()
    listed = addressees.lists(profile[keep], predicted.head(0), None, 100)
    assert len(listed) == N
    assert not len(addressees.counted(listed))
