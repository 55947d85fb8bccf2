"""What a contact changed, beside a control group: difference of means, after the contact, of groups that were alike."""

import numpy as np
import pandas as pd
import pytest
from mailings import AS_OF, SENT, mailing
from support import told

from customer_profiles.analysis.targets import returns, trials
from customer_profiles.privacy.disclosure import Gate

TRAITS = ["region", "age", "gender"]


def measured(campaigns, lines, profile, days=30):
    sent = trials.contacts(campaigns, AS_OF)
    found = trials.trials(sent, lines, days, AS_OF)
    alike = trials.balance(found, profile, profile.set_index("customer_no")[TRAITS])
    return found, alike, trials.effects(found, alike)


def told_facts(found, alike, effects):
    """Facts of what a page shows."""
    earned = returns.returns(found, effects, 0.4, 0.5)
    return trials.facts(*(Gate(10).guard(result).frame for result in (effects, earned)))


def test_the_effect_is_the_difference_of_the_means_of_the_arms():
    campaigns, lines, profile = mailing(1, brings=0.1)
    facts = told_facts(*measured(campaigns, lines, profile))
    did = campaigns["responded_at"].notna()
    spend = campaigns["customer_no"].map(lines[lines["at"] > SENT].groupby("customer_no")["amount"].sum()).fillna(0)
    held = campaigns["control_group"].astype(bool)
    for name in ("Spring", "Sale"):
        arm = campaigns["campaign"] == name
        for fact, values in (("response", did), ("order", spend > 0), ("spend", spend)):
            expected = values[arm].mean() - values[held].mean()
            assert facts[f"effect_{name.lower()}_{fact}"] == pytest.approx(expected, abs=1e-9)
    assert facts["effect_spring_response_low"] < 0.1 < facts["effect_spring_response_high"]


def test_a_planted_effect_is_told_and_the_other_arm_is_not():
    _, alike, effects = measured(*mailing(2, brings=0.1))
    assert not alike.frame["claim"].any()
    findings = told(effects)
    assert findings
    assert {finding.values["campaign"] for finding in findings} == {"Spring"}
    assert all(finding.interval[0] < finding.values["brought"] < finding.interval[1] for finding in findings)


@pytest.mark.parametrize(("seeds", "most"), [(6, 2), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_no_effect_is_claimed_beyond_the_promise_where_nothing_works(seeds, most):
    claimed = sum(measured(*mailing(seed, n=1500))[2].frame["claim"].any() for seed in range(seeds))
    assert claimed <= most


def test_nothing_before_the_contact_counts():
    campaigns, lines, _ = mailing(3)
    early = lines[lines["at"] < SENT]
    (spring, _) = trials.trials(trials.contacts(campaigns, AS_OF), early, 30, AS_OF)
    assert not spring.rows["ordered"].any()
    assert spring.rows["spend"].eq(0).all()
    assert spring.rows["bought_before"].any()
    late = campaigns.assign(responded_at=campaigns["responded_at"] - pd.Timedelta(days=10))
    assert not trials.contacts(late, AS_OF)["responded"].any()


def test_an_order_of_the_day_of_the_contact_counts_unless_its_hour_says_that_it_came_before():
    campaigns, lines, _ = mailing(3)
    sent, bought = trials.contacts(campaigns, AS_OF), lines[lines["at"] > SENT]
    for at, counts in ((SENT.normalize(), True), (SENT - pd.Timedelta("1h"), False), (SENT + pd.Timedelta("1h"), True)):
        (spring, _) = trials.trials(sent, bought.assign(at=at), 30, AS_OF)
        assert spring.rows["ordered"].any() == counts


def test_groups_that_differed_before_are_named_and_nothing_is_claimed_of_them():
    _, alike, effects = measured(*mailing(4, brings=0.2, by_trait=True))
    assert set(alike.frame.loc[alike.frame["claim"], "attribute"]) == {"region"}
    assert not effects.frame["claim"].any()
    assert {text.values["campaign"] for text in trials.told(alike)} == {"Spring", "Sale"}


def test_a_mismatch_of_sizes_is_found_if_the_plan_is_known():
    campaigns, lines, profile = mailing(5)
    found = trials.trials(trials.contacts(campaigns, AS_OF), lines, 30, AS_OF)
    traits = profile.set_index("customer_no")[TRAITS]
    # A third of all was held back: the arms have that control group together.
    assert not trials.balance(found, profile, traits, 1 / 3).frame["claim"].any()
    assert trials.balance(found, profile, traits, 0.5).frame["claim"].any()


def test_one_campaign_sent_in_several_kinds_is_as_many_arms():
    campaigns, lines, profile = mailing(1, brings=0.1)
    arms = measured(campaigns, lines, profile)[2].frame
    kinds = campaigns.assign(kind=campaigns["campaign"], campaign="May")
    for kept in (kinds["kind"], kinds["kind"].mask(kinds["control_group"].astype(bool))):
        table = measured(kinds.assign(kind=kept), lines, profile)[2].frame
        assert set(table["campaign"]) == {"May: Spring", "May: Sale"}
        named = table.assign(campaign=table["campaign"].str.removeprefix("May: "))
        both = (each.sort_values(["campaign", "reaction"], ignore_index=True) for each in (named, arms))
        pd.testing.assert_frame_equal(*both)
    one = measured(kinds.assign(kind="mail"), lines, profile)[2].frame
    assert set(one["campaign"]) == {"May"}


def test_facts_tell_nothing_of_few():
    campaigns, _, profile = mailing(10, n=900)
    few = pd.DataFrame({"customer_no": np.arange(9), "at": SENT + pd.Timedelta(days=2), "amount": 5.0})
    facts = told_facts(*measured(campaigns, few, profile))
    assert "effect_spring_response" in facts
    assert not any("order" in name or "spend" in name for name in facts)


def test_where_only_those_contacted_can_respond_the_response_is_not_compared():
    campaigns, lines, profile = mailing(6)
    campaigns["responded_at"] = campaigns["responded_at"].mask(campaigns["control_group"].astype(bool))
    effects = measured(campaigns, lines, profile)[2]
    assert set(effects.frame["reaction"]) == {"ordered", "spend"}


def test_a_customer_is_counted_once_in_the_group_of_the_first_contact():
    campaigns, _, _ = mailing(7)
    again = campaigns.assign(at=SENT + pd.Timedelta(days=1), control_group=True, responded_at=pd.NaT)
    twice = trials.contacts(pd.concat([again, campaigns]), AS_OF)
    once = trials.contacts(campaigns, AS_OF)
    pd.testing.assert_frame_equal(
        twice.sort_values(["campaign", "customer_no"], ignore_index=True),
        once.sort_values(["campaign", "customer_no"], ignore_index=True),
    )


def test_days_that_were_not_over_are_not_looked_at():
    campaigns, lines, _ = mailing(8)
    as_of = (SENT + pd.Timedelta(days=4)).date()
    (spring, _) = trials.trials(trials.contacts(campaigns, as_of), lines, 30, as_of)
    assert spring.days == 4
    assert not spring.rows["ordered"].any()


@pytest.mark.parametrize("lines", [pd.DataFrame(columns=["customer_no", "at", "amount"]), None])
def test_empty_tables_tell_nothing(lines):
    campaigns, own, profile = mailing(9, n=1500)
    campaigns = campaigns if lines is not None else campaigns.head(0)
    found, alike, effects = measured(campaigns, own.head(0) if lines is None else lines, profile)
    assert not told(alike)
    assert set(effects.frame["reaction"]) == ({"responded"} if len(campaigns) else set())
    facts = told_facts(found, alike, effects)
    assert facts["campaigns_with_control"] == len(found) == (2 if len(campaigns) else 0)
    assert np.isfinite(list(facts.values())).all()


@pytest.mark.parametrize(("cost", "paid"), [(0.1, True), (9.0, False)])
def test_what_a_contact_earned_is_its_margin_less_its_cost(cost, paid):
    campaigns, lines, profile = mailing(2, brings=0.15)
    found, _, effects = measured(campaigns, lines, profile)
    earned = returns.returns(found, effects, 0.4, cost)
    row = earned.frame.set_index("campaign").loc["Spring"]
    brought = effects.frame.set_index(["campaign", "reaction"]).loc[("Spring", "spend"), "brought_spend"]
    assert row["worth"] == pytest.approx(0.4 * brought - cost)
    assert row["worth_low"] < row["worth"] < row["worth_high"]
    assert row["roi"] == pytest.approx(0.4 * brought / cost - 1)
    assert row["roi_low"] < row["roi"] < row["roi_high"]
    assert (told(earned)[-1 if not paid else 0].message.startswith("Campaign “{campaign:label}” paid")) == paid
    same = trials.trials(trials.contacts(campaigns.assign(cost=cost), AS_OF), lines, 30, AS_OF)
    pd.testing.assert_frame_equal(returns.returns(same, effects, 0.4, 1000.0).frame, earned.frame)


def test_without_a_margin_or_a_cost_nothing_is_said_of_what_a_contact_earned():
    found, _, effects = measured(*mailing(2, n=1500))
    assert not len(returns.returns(found, effects, 0.0, 1.0))
    assert not len(returns.returns(found, effects, 0.4, 0.0))
    assert not told(returns.returns(found, effects, 0.0, 1.0))
    found, _, effects = measured(*(table.head(0) for table in mailing(2, n=1500)))
    assert not len(returns.returns(found, effects, 0.4, 1.0))


def test_where_only_the_spend_differs_it_is_not_said_that_nothing_does():
    campaigns, lines, profile = mailing(11)
    spring = lines["customer_no"].isin(campaigns.loc[campaigns["campaign"] == "Spring", "customer_no"])
    more = lines["amount"] * np.where(spring & (lines["at"] > SENT), 9.0, 1.0)
    findings = told(measured(campaigns, lines.assign(amount=more), profile)[2])
    assert {finding.kind for finding in findings} == {"difference"}
    assert {finding.values["campaign"] for finding in findings} == {"Spring"}
