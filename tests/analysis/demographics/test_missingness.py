"""Uneven gaps: a planted one is found and named, evenly spread ones stay silent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import told

from customer_profiles.analysis.demographics import missingness


def profile(seed: int, planted: float = 0.0, n: int = 900) -> pd.DataFrame:
    """Income is unknown for a fifth of the customers, and for a `planted` part more of those of 65 and over."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age_band": rng.choice(["18–34", "35–64", "65+"], n, p=[0.3, 0.45, 0.25]),
            "region": rng.choice([f"r{i:02}" for i in range(12)], n),
            "children": rng.choice(["0", "1", "2+"], n),
            "income": rng.choice(["low", "high"], n),
        }
    ).astype(object)
    chance = 0.2 + planted * (table["age_band"] == "65+")
    table.loc[rng.random(n) < chance, "income"] = None
    table.loc[rng.random(n) < 0.15, "children"] = None
    return table.astype("str").where(table.notna())


TRAITS = ["age_band", "region", "children", "income"]


def test_a_planted_gap_is_named_with_its_shares():
    result = missingness.uneven(profile(1, 0.25), TRAITS)
    table = result.frame
    first = table.iloc[0]
    assert (first["attribute"], first["group"], first["value"], first["claim"]) == ("income", "age_band", "65+", True)
    data = profile(1, 0.25)
    theirs = stats.chi2_contingency(pd.crosstab(data["income"].isna(), data["age_band"]), correction=False)
    assert first["p"] == pytest.approx(theirs.pvalue)
    assert first["share"] == pytest.approx(data.loc[data["age_band"] == "65+", "income"].isna().mean())
    found = told(result)
    assert found[0].values["attribute"] == "income"
    assert found[0].reach == 0  # a caveat


def test_even_gaps_are_a_finding():
    result = missingness.uneven(profile(0), TRAITS)
    table = result.frame  # not one of the five in a hundred that chance may claim
    assert [finding.kind for finding in told(result)] == ["nothing"]
    assert result.family == len(table) == 6


@pytest.mark.slow  # null companies cover it in every run
def test_false_claims_stay_within_the_promise():
    claims = sum(missingness.uneven(profile(seed), TRAITS).frame["claim"].any() for seed in range(100))
    assert claims <= stats.binom.isf(0.001, 100, 0.05)


def test_a_shared_gap_is_one_question_and_small_ones_none():
    data = profile(3, 0.25)
    data["occupation"] = np.where(data["income"].isna(), None, "employee")
    assert "occupation" not in set(missingness.uneven(data, [*TRAITS, "occupation"]).frame["attribute"])
    few = profile(4).assign(income="low")
    few.loc[:20, "income"] = None
    assert "income" not in set(missingness.uneven(few, TRAITS).frame["attribute"])
    assert told(missingness.uneven(few[["age_band"]], ["age_band"])) == []


def test_a_group_whose_size_is_hidden_is_not_named():
    data = profile(1, 0.25)
    spread = pd.DataFrame(
        [(name, value, value == "65+") for name in TRAITS for value in data[name].dropna().unique()],
        columns=["attribute", "value", "suppressed"],
    )
    result = missingness.uneven(data, TRAITS, spread)
    table = result.frame
    assert "65+" not in set(table["value"])
    assert result.family == missingness.uneven(data, TRAITS).family


def test_gaps_that_follow_from_others_are_not_looked_at():
    """A stage of life is unknown wherever the number of children is and the age leaves it open."""
    data = profile(5)
    old = data["age_band"] == "65+"
    stage = pd.Series(np.where(old, "old", np.where(data["children"] == "0", "single", "parent")), data.index)
    data["life_stage"] = stage.mask(data["children"].isna() & ~old).astype("str")
    of = {"life_stage": ("age_band", "children")}
    names = [*TRAITS, "life_stage"]
    assert (
        missingness.uneven(data, names).frame.query("attribute == 'life_stage' and group == 'age_band'")["claim"].all()
    )
    result = missingness.uneven(data, names, made_of=of)
    table = result.frame
    assert "life_stage" not in set(table["attribute"])
    assert not table["claim"].any()
    assert "life_stage" in set(table.loc[table["attribute"] == "income", "group"])
    assert "life_stage" not in set(table.loc[table["attribute"] == "children", "group"])
