"""Who is moved more than others, and who only answers more often."""

import numpy as np
import pandas as pd
import pytest
from mailings import AS_OF, mailing
from support import told

from customer_profiles.analysis.targets import responders, returns, trials

TRAITS = ["region", "age", "gender"]


def groups(campaigns, lines, profile):
    found = trials.trials(trials.contacts(campaigns, AS_OF), lines, 30, AS_OF)
    traits = profile.set_index("customer_no")[TRAITS]
    return responders.by_group(found, trials.balance(found, profile, traits), traits)


def test_the_group_that_reacts_is_found_with_its_effect():
    result = groups(*mailing(1, n=12000, moves=0.2))
    claimed = result.frame[result.frame["claim"]]
    assert set(claimed["value"]) == {"a"}
    claimed = claimed[claimed["reaction"] != "spend"]
    assert claimed["brought_low"].lt(20).all()
    assert claimed["brought_high"].gt(20).all()
    finding = told(result)[0]
    assert finding.values["attribute"] == "region"
    assert finding.values["brought"] > 10 > finding.values["others"]


@pytest.mark.parametrize(("seeds", "most"), [(6, 2), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_no_group_is_claimed_beyond_the_promise_where_all_react_alike(seeds, most):
    claimed = sum(groups(*mailing(seed, n=2000, brings=0.1)).frame["claim"].any() for seed in range(seeds))
    assert claimed <= most


def test_without_control_group_the_answers_are_an_association():
    campaigns, _, profile = mailing(2, moves=0.2)
    sent = trials.contacts(campaigns.assign(control_group=False), AS_OF)
    rates = responders.responses(sent)
    assert rates.frame["base"].sum() == len(sent)
    assert told(rates)[0].values["share"] == rates.frame["share"].max()
    result = responders.responding(sent, profile, TRAITS)
    assert [finding.values["value"] for finding in told(result)] == ["a"]
    (limit,) = responders.limits(sent, [])
    assert "held back at random" in limit.needs


def test_a_campaign_without_any_answer_is_no_campaign_that_nobody_answered():
    campaigns, _, _ = mailing(3)
    campaigns["responded_at"] = campaigns["responded_at"].mask(campaigns["campaign"] == "Sale")
    sent = trials.contacts(campaigns.assign(control_group=False), AS_OF)
    assert "Sale" not in set(responders.responses(sent).frame["campaign"])


@pytest.mark.parametrize("keep", [0, 20])
def test_empty_and_tiny_tables_tell_nothing(keep):
    campaigns, lines, profile = mailing(4, n=60)
    result = groups(campaigns.head(keep), lines, profile)
    assert not len(result)
    assert not len(returns.returns([], result, 0.5, 1.0))
    sent = trials.contacts(campaigns.head(keep), AS_OF)
    assert not told(responders.responding(sent, profile, TRAITS))
    assert pd.DataFrame(responders.responses(sent.head(0)).frame).empty


def test_spend_is_compared_in_each_group_and_what_a_contact_earns_there():
    campaigns, lines, profile = mailing(1, n=12000, moves=0.2)
    found = trials.trials(trials.contacts(campaigns, AS_OF), lines, 30, AS_OF)
    traits = profile.set_index("customer_no")[TRAITS]
    result = responders.by_group(found, trials.balance(found, profile, traits), traits)
    spends = result.frame[(result.frame["reaction"] == "spend") & (result.frame["campaign"] == "Spring")]
    row = spends.set_index("value").loc["a"]
    (spring,) = (trial for trial in found if trial.campaign == "Spring")
    rows = spring.rows.merge(profile, on="customer_no").query("region == 'a'")
    means = rows.groupby("held")["spend"].mean()
    assert row["brought_spend"] == pytest.approx(means[False] - means[True])
    assert row["claim"]
    assert row["brought_spend_low"] < 0.2 * 50 < row["brought_spend_high"]
    earned = returns.returns(found, result, 0.5, 1.0)
    paid = earned.frame.set_index(["campaign", "value"]).loc[("Spring", "a")]
    assert paid["worth"] == pytest.approx(0.5 * row["brought_spend"] - 1)
    assert paid["claim"]
    assert not earned.frame.query("worth > 0 and claim and value == 'b'").shape[0]
    assert told(earned)[0].values["value"] == "a"
    assert not len(returns.returns(found, result, 0.0, 1.0))


@pytest.mark.parametrize(("seeds", "most"), [(4, 1), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_no_group_is_said_to_spend_more_where_few_spend_much_and_all_react_alike(seeds, most):
    claimed = 0
    for seed in range(seeds):
        campaigns, lines, profile = mailing(seed, n=6000, brings=0.1)
        amounts = np.random.default_rng(50 + seed).lognormal(3, 1.2, len(lines))
        frame = groups(campaigns, lines.assign(amount=amounts), profile).frame
        claimed += frame.loc[frame["reaction"] == "spend", "claim"].any()
    assert claimed <= most


def test_whom_a_campaign_reaches_is_told_beside_all_customers_on_file():
    campaigns, _, profile = mailing(3, n=4000, by_trait=True)
    sent = trials.contacts(campaigns, AS_OF)
    result = responders.reached(sent, profile, TRAITS)
    row = result.frame.set_index(["campaign", "attribute", "value"]).loc[("Spring", "region", "a")]
    assert (row["n"], row["claim"]) == (0, True)
    assert row["base"] == (profile["region"] == "a").sum()
    assert {finding.values["attribute"] for finding in told(result)} == {"region"}
    random, _, profile = mailing(3, n=4000)
    assert not responders.reached(trials.contacts(random, AS_OF), profile, TRAITS).frame["claim"].any()
    everybody = sent.assign(held=False, campaign="All").drop_duplicates("customer_no")
    assert not len(responders.reached(everybody, profile, TRAITS))
    assert not len(responders.reached(sent.head(0), profile, TRAITS))
