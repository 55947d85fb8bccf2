"""Who will be lost: learnt before a day, tried after it, better than silence alone or silent itself."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.prediction import churn, churn_reasons, order_history
from customer_profiles.analysis.prediction.stake import at_stake, buyer_loss, contract_loss
from customer_profiles.privacy.disclosure import Gate

LAST = date(2025, 12, 31)


def shop(seed, drives=0.0, n=900, days=900):
    """Buyers who order at their own rate and leave; what drives leaving is a trait."""
    rng = np.random.default_rng(seed)
    unhappy = rng.random(n) < 0.4
    begin = rng.uniform(0, days * 0.6, n)
    stay = rng.exponential(np.where(unhappy, 900 * np.exp(-drives), 900), n)
    end = np.minimum(begin + stay, days)
    rows = []
    for i, rate in enumerate(rng.gamma(6, 1 / 150, n)):
        ordered = begin[i] + rng.uniform(0, max(end[i] - begin[i], 0), rng.poisson(rate * (end[i] - begin[i])))
        rows += [(i, day) for day in [begin[i], *ordered]]
    lines = pd.DataFrame(rows, columns=["customer_no", "day"])
    lines["at"] = pd.Timestamp(LAST) - pd.to_timedelta(days - np.floor(lines["day"]), unit="D")
    lines["amount"] = rng.lognormal(3, 0.5, len(lines))
    mood = pd.Series(np.where(unhappy, "unhappy", "content"), name="mood")
    return lines, pd.DataFrame({"mood": mood, "noise": rng.choice(list("abc"), n)}).rename_axis("customer_no")


def tried(lines, traits, seed=1):
    bought = order_history.orders(lines, LAST, 6)
    days = churn.check_days(bought)
    learnt, later = (
        churn.of_buyers(bought, bought.last - pd.Timedelta(days=back * days), days, traits) for back in (2, 1)
    )
    return bought, days, churn.learn(learnt, later, seed)


def test_what_drives_leaving_is_learnt_and_holds_at_a_later_time():
    lines, traits = shop(1, drives=2.5)
    _, _, found = tried(lines, traits)
    assert not found.snapshot
    measured = churn.quality(found).frame.set_index("measure")
    assert measured.loc["brier_skill", "figure_low"] > 0
    assert 0.7 < measured.loc["calibration_slope", "figure"] < 1.4
    gains = churn.gains(found, churn.quality(found))
    assert gains.frame["base"].sum() == len(found.lost)
    assert gains.frame["n"].sum() == found.lost.sum()
    (finding,) = gains.claims(gains.frame.assign(hidden=False))
    assert finding.id == "churn.tenth"
    assert finding.values["share"] > 1.5 * finding.values["all"]


def test_what_goes_with_being_lost_is_told_and_noise_is_not():
    lines, traits = shop(1, drives=2.5)
    bought, days, found = tried(lines, traits)
    later = churn.of_buyers(bought, bought.last - pd.Timedelta(days=days), days, traits)
    measured = churn.quality(found)
    why = churn_reasons.reasons(found, later.features, measured, {})
    table = why.frame.set_index("feature")
    assert table.loc["mood", "claim"]
    assert table.loc["mood", "added_error_low"] > 0
    assert not table.loc["noise", "claim"]
    assert table["n"].eq(len(found.lost)).all()
    assert set(why.frame["feature"]) == {"mood", "noise", *churn_reasons.OF_HISTORY.values()}
    assert "mood" in {finding.values["feature"] for finding in why.claims(why.frame.assign(hidden=False))}
    nothing = measured.frame.assign(figure_low=-0.1)
    assert churn_reasons.reasons(found, later.features, replace(measured, frame=nothing), {}).frame.empty


def test_features_know_nothing_after_the_day():
    lines, traits = shop(2)
    bought = order_history.orders(lines, LAST, 6)
    days = churn.check_days(bought)
    until = bought.last - pd.Timedelta(days=days)
    with_future = churn.of_buyers(bought, until, days, traits).features
    before = order_history.orders(lines[lines["at"] <= until], LAST, 6)
    pd.testing.assert_frame_equal(with_future, churn.of_buyers(before, until, days, traits).features)


def alike(seed, n=500, days=900):
    """Buyers who order at the same rate and never leave: whether one orders within a period is chance."""
    rng = np.random.default_rng(seed)
    rows = [(i, day) for i in range(n) for day in rng.uniform(0, days, rng.poisson(days / 180))]
    lines = pd.DataFrame(rows, columns=["customer_no", "day"])
    lines["at"] = pd.Timestamp(LAST) - pd.to_timedelta(days - np.floor(lines["day"]), unit="D")
    lines["amount"] = rng.lognormal(3, 0.5, len(lines))
    return lines, pd.DataFrame({"noise": rng.choice(list("abc"), n)}).rename_axis("customer_no")


def claimed(seeds):
    found = [tried(*alike(seed)) for seed in seeds]
    assert all(each.models for _, _, each in found)
    return sum(churn.holds(churn.quality(each)) for _, _, each in found)


def test_where_customers_are_alike_skill_is_rarely_claimed():
    assert claimed(range(11, 14)) <= 1


@pytest.mark.slow
def test_where_customers_are_alike_skill_is_claimed_in_seven_of_fifty_at_most(record_property):
    found = claimed(range(101, 151))
    record_property("claims_of_churn", found)
    assert found <= 7


def test_a_status_and_numbers_of_today_are_no_traits_of_an_earlier_day():
    profile = pd.DataFrame({"customer_no": range(100), "gender": ["f", "m"] * 50, "status": ["active", "left"] * 50})
    profile = profile.assign(age=40, months_known=12, last_call="today")
    names = ["gender", "status", "age", "months_known", "absent"]
    assert list(churn.lasting(profile, names, None)) == ["gender", "age"]


def test_of_many_customers_a_sample_is_learnt_from_and_everybody_has_a_probability(monkeypatch):
    monkeypatch.setattr(churn, "MOST", 600)
    traits, left = members(8)
    cases = churn.Cases(traits, left)
    found = churn.learn(cases, None)
    assert len(found.p) == 600
    p = churn.now(found, cases)
    assert set(p.index) == set(left.index[~left])
    assert p.between(0, 1).all()
    inside = p.index.intersection(found.p.index)
    pd.testing.assert_series_equal(p[inside], found.p[inside], check_names=False)


def members(seed, n=1500):
    rng = np.random.default_rng(seed)
    price = rng.normal(50, 10, n)
    left = pd.Series(rng.random(n) < 1 / (1 + np.exp(-(price - 62) / 5)), name="lost").rename_axis("customer_no")
    traits = pd.DataFrame({"price": price, "colour": rng.choice(list("rgb"), n)}).rename_axis("customer_no")
    traits["closing_note"] = np.where(left, np.where(rng.random(n) < 0.97, "final bill", "none"), "none")
    return traits, left


def test_a_column_that_was_written_down_later_is_named_and_left_out():
    traits, left = members(3)
    found = churn.learn(churn.Cases(traits, left), None)
    assert found.snapshot
    assert found.left_out == ("closing_note",)
    assert "closing_note" in churn.told(found)[0].values["name"]
    assert 0.7 < churn.quality(found).frame.set_index("measure").loc["auc", "figure"] < 0.98


def test_a_value_of_ones_own_and_one_of_everybody_tell_nothing():
    traits, left = members(4, 600)
    names = {"name": [f"c{i}" for i in range(600)], "country": "US", "age": 40}
    assert churn.leaks(churn.Cases(traits[[]].assign(**names), left)) == []


def test_a_snapshot_without_drivers_says_so():
    traits, left = members(5)
    found = churn.learn(churn.Cases(traits[["colour"]], left.sample(frac=1, random_state=5).set_axis(left.index)), None)
    gains = churn.gains(found, churn.quality(found))
    (finding,) = gains.claims(gains.frame.assign(hidden=False))
    assert finding.kind == "nothing"


def test_what_is_at_stake_counts_everybody_once_and_the_calls_by_capacity():
    loss = pd.Series(np.linspace(1, 90, 1000)).rename_axis("customer_no")
    result = at_stake(loss, 12, 50, 0.2)
    assert result.frame["n"].sum() == 1000
    assert result.frame["loss"].sum() == pytest.approx(loss.sum())
    stake, calls = result.claims(result.frame.assign(hidden=False))
    assert (stake.values["n"], stake.values["months"]) == (50, 12)
    assert calls.values["kept"] == pytest.approx(0.2 * loss.nlargest(50).sum(), rel=0.01)


def test_contracts_are_lost_month_after_month_and_buyers_by_what_they_brought():
    p = pd.Series([0.0, 1 - 0.5**3, 1.0], name="p_churn")
    agreed = pd.DataFrame({"charge": [10.0, 10.0, 10.0]})
    months = 12 - sum(0.5**month for month in range(1, 13))
    assert contract_loss(p, agreed, 12, 3).tolist() == pytest.approx([0, 10 * months, 120])
    assert contract_loss(p, agreed, 12, None).tolist() == pytest.approx([0, 120 * p[1], 120])
    today = churn.Cases(
        pd.DataFrame({"recent_order_days": [2, 2, 0], "order_day_value": [50.0, 50.0, 50.0]}), pd.Series(dtype=bool)
    )
    year = buyer_loss(p, today, 365, 12)
    assert year.tolist() == pytest.approx([0, 100 * p[1], 0], rel=0.01)


def test_a_hidden_tenth_keeps_its_name():
    traits, left = members(9)
    found = churn.learn(churn.Cases(traits, left), None)
    shown = Gate(10).guard(churn.gains(found, churn.quality(found))).frame
    assert shown["suppressed"].any()
    assert shown["risk_tenth"].tolist() == list(range(1, 11))


def test_too_few_lost_are_a_limit():
    traits, left = members(6, 200)
    found = churn.learn(churn.Cases(traits, left & (np.arange(200) < 20)), None)
    assert found.models == ()
    assert len(churn.limits(found)) == 1
    assert churn.quality(found).frame.empty
    assert churn.gains(found, churn.quality(found)).frame.empty
    assert churn.now(found, churn.Cases(traits, left)).empty
    assert at_stake(pd.Series(dtype=float), 12, 10, 0.1).frame.empty


def test_new_values_and_missing_ones_have_a_probability():
    traits, left = members(7)
    found = churn.learn(churn.Cases(traits, left), None)
    strange = traits.head(3).assign(colour=["purple", None, "r"], price=[np.nan, 50.0, 1e6])
    p = churn.now(found, churn.Cases(strange, left.iloc[:0]))
    assert p.between(0, 1).all()
    assert p.name == "p_churn"
