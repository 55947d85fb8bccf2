"""One profile at once: what was learnt, kept as plain values, says of each record what the run says of the customer."""

from __future__ import annotations

import json
import re
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from shops import START, shop
from test_churn import LAST
from test_churn import shop as leavers

from customer_profiles.analysis.prediction import (
    churn,
    contracts,
    lifetime_value,
    order_forecast,
    order_history,
    readable,
)
from customer_profiles.analysis.prediction.scoring import Scorer
from customer_profiles.errors import InputRejected
from customer_profiles.reporting import stored

SAME_AS = 1e-12
FORESEEN = ["expected_orders", "expected_spend", "clv", "p_alive", "expected_months", "p_churn"]


def through_json(models):
    return json.loads(json.dumps(models, allow_nan=False))


def compare(scorer, profile):
    """Every value of the run and of the record, and nothing where the other has nothing."""
    found = pd.DataFrame([scorer.score(record) for record in profile.to_dict("records")], profile.index)
    names = [name for name in FORESEEN if name in profile]
    assert set(found) - {"foreseen_on"} <= set(names)
    for name in names:
        told = found[name].astype(float) if name in found else pd.Series(np.nan, found.index)
        np.testing.assert_allclose(told, profile[name].astype(float), rtol=SAME_AS, atol=SAME_AS, err_msg=name)
    return found


def mixed(n=1500, seed=1):
    """Traits of every kind, with gaps and rare values, and who was lost."""
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "age": rng.normal(45, 15, n).round(),
            "visits": pd.array(rng.integers(0, 5000, n), dtype="Int64"),
            "empty": np.nan,
            "colour": rng.choice(["red", "green", "blue", "mauve"], n, p=[0.5, 0.3, 0.197, 0.003]),
            "member": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "rated": rng.choice(["good", None], n),
        }
    ).rename_axis("customer_no")
    features.loc[rng.random(n) < 0.1, ["age", "colour"]] = None
    features.loc[rng.random(n) < 0.1, ["visits", "member"]] = pd.NA
    odds = (features["age"].fillna(20) - 45) / 9 + 2 * features["colour"].eq("red") - 1
    return features, pd.Series(rng.random(n) < 1 / (1 + np.exp(-odds.to_numpy())), features.index, name="lost")


@pytest.mark.filterwarnings("ignore:Skipping features")
@pytest.mark.parametrize("kind", ["logistic", "trees"])
def test_a_model_of_plain_values_is_the_model_that_was_learnt(kind, monkeypatch):
    features, lost = mixed()
    models = tuple(churn.model_of(kind, features, 1).fit(features[part], lost[part]) for part in (lost.index % 2 == 0,))
    tried = churn.Tried(models, lost.astype(float), lost, lost.astype(float))
    kept = through_json(readable.churn_model(tried, 10))
    assert kept["models"][0]["kind"] == kind
    assert "mauve" not in json.dumps(kept)
    history = pd.DataFrame(dict.fromkeys(order_history.KNOWN, 1.0), features.index)
    orders = SimpleNamespace(last=pd.Timestamp(LAST))
    scorer = Scorer(through_json(readable.kept({"churn": kept}, features, orders, LAST)))
    profile = features.join(history).assign(p_churn=churn.foreseen(models, features))
    strange = profile.head(4).assign(colour=["violet", None, "mauve", "red"], member=[None, True, False, True])
    strange["p_churn"] = churn.foreseen(models, strange.astype({"member": "boolean"}))
    compare(scorer, pd.concat([profile, strange.astype({"member": "boolean"})]))


@pytest.fixture(scope="module")
def buyers():
    """A shop, what its run says of each customer, and what the run keeps; as chapter 07 makes them."""
    lines, traits = leavers(1, drives=2.5)
    profile = traits.reset_index().assign(mood=lambda frame: frame["mood"].mask(frame.index % 7 == 0))
    return run(lines, profile)


def run(lines, profile, way=order_forecast.BG, amount=lifetime_value.BETWEEN, months=6):
    bought = order_history.orders(lines, LAST, months)
    now = order_history.history(bought, bought.last)
    fitted = order_forecast.fit(now, bought.ahead_days, order_history.period_days(bought, bought.last))
    foreseen = lifetime_value.customers(fitted, way, lifetime_value.per_order(now)[amount], months, 0.1)
    days = churn.check_days(bought)
    traits = churn.traits_of(profile, ["mood", "noise"])
    learnt, later, today = (
        churn.of_buyers(bought, bought.last - pd.Timedelta(days=back * days), days, traits) for back in (2, 1, 0)
    )
    tried = churn.learn(learnt, later)
    known = readable.columns(now, order_history.history(bought, bought.last, days))
    predicted = known.join([foreseen, churn.now(tried, today)], how="outer").rename_axis("customer_no").reset_index()
    models = {"orders": readable.order_model(fitted, way, bought, amount, months, 0.1)}
    models |= {"churn": readable.churn_model(tried, days)} if tried.models else {}
    return profile.merge(predicted, on="customer_no", how="left"), readable.kept(models, profile, bought, LAST)


def test_every_buyer_is_scored_as_in_the_run(buyers):
    profile, kept = buyers
    found = compare(Scorer(through_json(kept)), profile)
    assert found["p_churn"].notna().sum() > 100
    assert found["p_churn"].isna().sum() > 10
    assert set(found["foreseen_on"]) == {LAST.isoformat()}


@pytest.mark.parametrize(
    ("way", "amount"),
    [
        (order_forecast.MBG, lifetime_value.OWN),
        (order_forecast.SAME, lifetime_value.EVERYBODY),
        (order_forecast.MEAN, lifetime_value.OWN),
    ],
)
def test_every_way_to_foresee_orders_and_amounts_is_kept(way, amount, monkeypatch):
    monkeypatch.setattr(churn, "MIN_CASES", 10_000)  # nothing is learnt of who is lost
    lines = shop(3, 400).assign(at=lambda frame: frame["at"] + (pd.Timestamp(LAST) - START - pd.Timedelta(days=730)))
    lines.loc[lines["customer_no"] % 5 == 0, "amount"] = np.nan
    profile, kept = run(lines, pd.DataFrame({"customer_no": range(400), "mood": "content", "noise": "a"}), way, amount)
    compare(Scorer(through_json(kept)), profile)


@pytest.fixture(scope="module")
def members():
    """A snapshot of contracts, what the run says of each customer, and what the run keeps."""
    rng = np.random.default_rng(5)
    n = 2500
    profile = pd.DataFrame({"customer_no": rng.permutation(n), "plan": rng.choice(["month", "year", "new"], n)})
    profile["plan"] = profile["plan"].mask(rng.random(n) < 0.02)
    profile["fee"] = pd.Series(rng.normal(50, 10, n)).mask(rng.random(n) < 0.05)
    profile["tenure"] = pd.Series(rng.integers(0, 40, n) + rng.choice([0.0, 0.5], n)).mask(rng.random(n) < 0.02)
    gone = rng.random(n) < 1 / (1 + np.exp(-(profile["fee"].fillna(50) - 62) / 5))
    profile["status"] = pd.Series(np.where(gone & profile["plan"].ne("new"), "churned", "stayed")).mask(
        rng.random(n) < 0.02
    )
    terms = SimpleNamespace(months="tenure", charge="fee", by="plan", left_within=3)
    outcome = SimpleNamespace(column="status", value="churned", good=False)
    agreed = contracts.members(profile, terms, outcome)
    staying = contracts.customers(agreed, 12, 0.1)
    signed = churn.of_contracts(agreed, churn.traits_of(profile, ["plan", "fee", "status"]), outcome, profile)
    tried = churn.learn(signed, None)
    predicted = staying.join(churn.now(tried, signed), how="outer").reset_index()
    models = {
        "contracts": readable.contract_model(agreed, terms, outcome, 12, 0.1),
        "churn": readable.churn_model(tried, 0),
    }
    nothing = SimpleNamespace(last=pd.Timestamp(LAST))
    return profile.merge(predicted, on="customer_no", how="left"), readable.kept(models, profile, nothing, LAST)


def test_every_contract_is_scored_as_in_the_run_by_a_model_that_has_not_seen_it(members):
    profile, kept = members
    assert len(kept["churn"]["models"]) == churn.FOLDS
    found = compare(Scorer(through_json(kept)), profile)
    assert found["p_churn"].notna().sum() > 1000
    assert found.loc[profile["status"].eq("churned"), "p_churn"].isna().all()


def test_a_value_that_the_run_withheld_counts_as_it_did_there(members):
    """Of five customers the plan was no secret to the company, but to every model."""
    profile, kept = members
    few = profile[profile["p_churn"].notna()].head(5).assign(plan="diverse")[["customer_no", "plan"]]
    orders = SimpleNamespace(last=pd.Timestamp(LAST))
    models = {name: kept[name] for name in kept["schema"]["models"]}
    scorer = Scorer(through_json(readable.kept(models, profile, orders, LAST, few)))
    for record in profile[profile["p_churn"].notna()].head(5).to_dict("records"):
        assert scorer.score(record | {"plan": "diverse"}) == scorer.score(record | {"plan": None})
        assert scorer.score(record) == Scorer(through_json(kept)).score(record)


def test_somebody_new_has_the_mean_of_all_models_and_an_older_contract_than_any_lasts_on(members):
    profile, kept = members
    scorer = Scorer(through_json(kept))
    record = profile[profile["p_churn"].notna()].iloc[0].to_dict()
    of_all = [scorer.score(record | {"customer_no": number})["p_churn"] for number in range(40)]
    new = scorer.score(record | {"customer_no": None})
    assert new["p_churn"] == pytest.approx(np.mean(sorted(set(of_all))))
    assert len(set(of_all)) == churn.FOLDS
    assert 0 < scorer.score(record | {"plan": "month", "tenure": 300})["expected_months"] <= 12


def test_a_record_takes_less_than_a_millisecond(buyers, members):
    for profile, kept in (buyers, members):
        scorer, records = Scorer(through_json(kept)), profile.head(400).to_dict("records")
        scorer.score(records[0])
        begun = time.process_time()
        for record in records:
            scorer.score(record)
        assert (time.process_time() - begun) / len(records) < 1e-3


def test_no_customer_is_in_what_is_kept(buyers, members):
    for _, kept in (buyers, members):
        names = {column["name"] for column in kept["schema"]["columns"]}
        assert "customer_id" not in names
        assert not re.search(r"customer_no\W+\d", json.dumps({name: kept[name] for name in kept if name != "schema"}))


WRONG = {
    "a column is missing": ({"mood": ...}, r'lacks 1 of the columns.*"mood": null'),
    "its name is mistyped": ({"mood": ..., "modo": "x"}, 'is "modo" meant for "mood"'),
    "a text for a number": ({"order_day_value": "12,50"}, '"order_day_value" is no number: write it without quotes'),
    "yes for a number": ({"order_day_value": True}, "is no number"),
    "several values": ({"mood": ["a", "b"]}, '"mood" has several values'),
    "the last order before the first": ({"days_since_last_order": 9999}, "contradicts itself"),
    "one order on two days": ({"order_days": 1, "days_since_last_order": 0}, 'where "order_days" is 1'),
    "a history in part": ({"days_since_first_order": None}, "contradicts itself"),
    "a value below nothing": ({"order_day_value": -5.0}, "above 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_scored_is_refused_by_name_without_the_value(buyers, case):
    profile, kept = buyers
    changes, says = WRONG[case]
    record = profile[profile["order_days"] > 2].iloc[0].to_dict() | changes
    with pytest.raises(InputRejected, match=says) as refused:
        Scorer(through_json(kept)).score({name: value for name, value in record.items() if value is not ...})
    assert "12,50" not in str(refused.value)


def test_who_never_ordered_has_nothing_foreseen(buyers):
    profile, kept = buyers
    record = profile.iloc[0].to_dict() | dict.fromkeys(order_history.KNOWN) | {readable.PERIOD: None}
    found = Scorer(through_json(kept)).score(record)
    assert {name for name, value in found.items() if value is not None} == {"foreseen_on"}


def test_where_nothing_was_learnt_it_says_so(buyers):
    nothing = readable.kept({}, buyers[0], SimpleNamespace(last=pd.Timestamp(LAST)), LAST)
    with pytest.raises(InputRejected, match="nothing could be learnt"):
        Scorer(through_json(nothing))


def test_models_are_private_and_take_the_place_of_earlier_ones(tmp_path, members):
    stored.write_models(tmp_path, {"schema": {}, "orders": {}})
    stored.write_models(tmp_path, members[1])
    assert stored.read_models(tmp_path) == through_json(members[1])
    folder = tmp_path / "models"
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())] == [0o700, 0o600, 0o600, 0o600]
