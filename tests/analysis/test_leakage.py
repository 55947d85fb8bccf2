from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis import leakage
from customer_profiles.ingest.config.outcome import Outcome

LEFT = Outcome(column="status", value="left", good=False)


@pytest.fixture
def profile():
    rng = np.random.default_rng(1)
    left = rng.random(1000) < 0.25
    return pd.DataFrame(
        {
            "status": np.where(left, "left", "stayed"),
            "why": np.where(left, rng.choice(["price", "service"], 1000), None),  # missing where nobody left
            "fee": np.where(left, 9.0, rng.choice([1.0, 2.0, 3.0], 1000)),  # a number that is one to one
            "contract": np.where(left, rng.choice(list("ab"), 1000), rng.choice(list("abc"), 1000)),
            "city": rng.choice(list("xyz"), 1000),
        }
    )


def test_the_outcome_and_what_says_it_in_other_words_are_named(profile):
    assert leakage.same_as(profile, list(profile), LEFT) == ["status", "why", "fee"]


def test_a_strong_sign_is_no_other_word(profile):
    nearly = np.where(np.random.default_rng(2).random(1000) < 0.9, profile["status"], "stayed")
    assert leakage.same_as(profile.assign(nearly=nearly), ["nearly", "contract", "city"], LEFT) == []


@pytest.mark.parametrize("outcome", [None, Outcome(column="gone")])
def test_without_an_outcome_nothing_is_left_out(profile, outcome):
    assert leakage.same_as(profile, list(profile), outcome) == []


def test_what_was_left_out_is_told():
    assert [text.values["name"] for text in leakage.told(["why", "fee"])] == ["why", "fee"]


def test_a_price_settles_an_amount_and_a_weak_trait_or_a_name_does_not():
    rng, amount = np.random.default_rng(1), np.random.default_rng(2).lognormal(3, 1, 4000)
    plan = pd.Series(np.where(amount > np.median(amount), "big", "small"))
    noisy = plan.mask(rng.random(4000) < 0.2, "small")
    trait = pd.Series(np.where(rng.random(4000) < 0.5 + 0.15 * (amount > np.median(amount)), "a", "b"))
    assert leakage.settles(plan, amount)
    assert leakage.settles(noisy, amount)
    assert not leakage.settles(trait, amount)
    assert not leakage.settles(pd.Series(range(4000)).astype(str), amount)
    form = pd.Series(rng.choice(["x", "y"], 4000)).mask(amount < np.median(amount))  # only good customers filled it in
    assert not leakage.settles(form, amount)


def test_what_tells_only_how_it_ended_is_no_trait_of_before(profile):
    known = {name: SimpleNamespace(reason=name == "why") for name in profile}
    assert leakage.lasting(profile, known, LEFT) == ["contract", "city"]
    assert leakage.lasting(profile, known, None) == ["fee", "contract", "city"]
