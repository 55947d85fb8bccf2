"""Who answers: rates against a plain computation, a planted bias found, null data quiet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import response


def survey(seed: int, n: int = 1000, bias: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame({"customer_no": np.arange(n), "age_band": rng.choice(["18–34", "35–64", "65+"], n)})
    profile["gender"] = rng.choice(["f", "m"], n)
    chance = 0.3 + bias * (profile["age_band"] == "65+")
    who = profile.loc[rng.random(n) < chance, "customer_no"].repeat(2)
    feedback = pd.DataFrame({"customer_no": who.astype("Int64"), "at": pd.Timestamp("2025-01-01"), "metric": "nps"})
    return feedback.assign(score=7.0), profile


def test_rates_count_customers_not_answers():
    feedback, profile = survey(0, bias=0.2)
    table = response.response(feedback, profile, ["age_band", "gender"])
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
    assert table.attrs["family"] == 4
    found = response.findings(table)
    assert found[0].values["value"] == "65+"
    assert found[0].family == 4


def test_false_claims_stay_within_the_promise():
    claims = sum(response.response(*survey(seed, n=400), ["age_band", "gender"])["claim"].any() for seed in range(60))
    assert claims <= stats.binom.isf(0.001, 60, 0.05)


def test_equal_rates_are_a_finding_and_no_survey_is_none():
    feedback, profile = survey(1)
    assert [f.kind for f in response.findings(response.response(feedback, profile, ["gender"]))] == ["nothing"]
    assert response.findings(response.response(feedback[:0], profile, ["gender"])) == []
    assert response.findings(response.response(feedback, profile, [])) == []
