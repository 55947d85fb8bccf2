"""Who answers: rates against a plain computation, a planted bias found, null data quiet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import response
from customer_profiles.privacy.disclosure import Gate


def survey(seed: int, n: int = 1000, bias: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame({"customer_no": np.arange(n), "age_band": rng.choice(["18–34", "35–64", "65+"], n)})
    profile["gender"] = rng.choice(["f", "m"], n)
    chance = 0.3 + bias * (profile["age_band"] == "65+")
    who = profile.loc[rng.random(n) < chance, "customer_no"].repeat(2)
    feedback = pd.DataFrame({"customer_no": who.astype("Int64"), "at": pd.Timestamp("2025-01-01"), "metric": "nps"})
    return feedback.assign(score=7.0), profile


def answering(feedback: pd.DataFrame, profile: pd.DataFrame, attributes: list[str]):
    return response.response(profile["customer_no"].isin(feedback["customer_no"]), profile, attributes)


def told(*survey) -> list:
    found = answering(*survey)
    return found.claims(found.frame)


def test_rates_count_customers_not_answers():
    feedback, profile = survey(0, bias=0.2)
    result = answering(feedback, profile, ["age_band", "gender"])
    table = result.frame
    answered = profile["customer_no"].isin(feedback["customer_no"])
    row = table.set_index("value").loc["65+"]
    old = profile["age_band"] == "65+"
    assert (row["n"], row["base"]) == ((answered & old).sum(), old.sum())
    assert row["share"] == pytest.approx(answered[old].mean())
    assert row["share_rest"] == pytest.approx(answered[~old].mean())
    counts = [[(answered & side).sum(), (~answered & side).sum()] for side in (old, ~old)]
    # About 100 expected in the smallest cell: the exact test and the χ² test agree to a few percent.
    assert row["p"] == pytest.approx(stats.fisher_exact(counts).pvalue, rel=0.5)
    assert row["claim"]
    assert result.family == 4
    found = result.claims(table)
    assert found[0].values["value"] == "65+"
    assert found[0].family == 4


@pytest.mark.slow  # null companies cover it in every run
def test_false_claims_stay_within_the_promise():
    claims = sum(answering(*survey(seed, n=400), ["age_band", "gender"]).frame["claim"].any() for seed in range(60))
    assert claims <= stats.binom.isf(0.001, 60, 0.05)


def test_equal_rates_are_a_finding_and_no_survey_is_none():
    feedback, profile = survey(1)
    assert [f.kind for f in told(feedback, profile, ["gender"])] == ["nothing"]
    assert (
        told(feedback[:0], profile, ["gender"]) == told(feedback, profile, []) == told(feedback, profile[:0], []) == []
    )
    nobody = answering(feedback[:0], profile, ["gender"])
    assert (len(nobody), nobody.needs) == (0, "feedback")
    everybody = answering(feedback, profile[profile["customer_no"].isin(feedback["customer_no"])], ["gender"])
    assert len(everybody) == 0


def test_a_group_with_few_answers_is_hidden_and_not_told():
    feedback, profile = survey(0, bias=0.2)
    profile["island"] = np.where(profile["customer_no"] < 400, "yes", "no")
    few = feedback[~feedback["customer_no"].between(4, 399)]
    result = answering(few, profile, ["island"])
    published = Gate(10).guard(result)
    assert result.frame["claim"].any()
    assert published.frame["suppressed"].all()
    assert result.claims(published.marks(result.frame)) == []
