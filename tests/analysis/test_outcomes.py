import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis import outcomes
from customer_profiles.ingest.config.outcome import Outcome, faults

LEFT = Outcome(column="status", value="left", good=False)


def company(n=2000, seed=1, planted=0.5):
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame({name: rng.choice(list("abc"), n) for name in ("contract", "internet", "region")})
    risk = np.where((profile["contract"] == "a") & (profile["internet"] == "b"), planted, 0.15)
    profile["status"] = np.where(rng.random(n) < risk, "left", "stayed")
    return profile.assign(why=np.where(profile["status"] == "left", "price", "did not leave"), country="DE")


def told(result):
    return result.claims(result.frame.assign(hidden=False)) if result.claims else []


def test_the_planted_pair_comes_first():
    profile = company()
    result = outcomes.groups(profile, ["contract", "internet", "region", "country", "why"], LEFT)
    first = result.frame.iloc[0]
    assert (first.attribute, first.value, first.attribute_2, first.value_2) == ("contract", "a", "internet", "b")
    inside = profile[(profile["contract"] == "a") & (profile["internet"] == "b")]
    assert (first.base, first.n) == (len(inside), (inside["status"] == "left").sum())
    assert first.n + first.n_rest == (profile["status"] == "left").sum()
    assert told(result)[0].values["n"] == first.n


def test_what_says_the_outcome_in_other_words_and_what_everybody_has_form_no_group():
    result = outcomes.groups(company(), ["contract", "why", "country", "status"], LEFT)
    assert set(result.frame["attribute"]) == {"contract"}


def test_where_nothing_is_planted_nothing_is_claimed():
    wrong = sum(
        outcomes.groups(company(600, seed, planted=0.15), ["contract", "internet", "region"], LEFT).frame["claim"].any()
        for seed in range(20)
    )
    assert wrong <= 4  # binomial, 5 %, 99.7 %


@pytest.mark.parametrize("outcome", [None, Outcome(column="gone")])
def test_without_an_outcome_there_is_nothing_to_tell(outcome):
    result = outcomes.groups(company(50), ["contract"], outcome)
    assert result.frame.empty
    assert told(result) == []


def test_a_value_that_the_column_never_has_is_refused():
    from customer_profiles.ingest.config.derived import Known

    known = {"status": Known(False, (), ("stayed", "churned"))}
    assert "churned" in next(faults(Outcome(column="status", value="churnd"), known))["msg"]
    assert list(faults(Outcome(column="status", value="churned"), known)) == []
