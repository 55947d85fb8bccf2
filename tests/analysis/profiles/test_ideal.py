"""Ideal customers: found by a printed rule, told from others where something tells them, and not where nothing does."""

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.profiles import ideal
from customer_profiles.stats.intervals import wilson

NO_SCORES = pd.DataFrame(columns=["customer_no", "at", "metric", "score"])


def company(seed: int, told: bool = True, n: int = 800) -> pd.DataFrame:
    """Customers who spend four times as much if they climb, or, `told` false, for no reason that is known."""
    rng = np.random.default_rng(seed)
    climbs = rng.random(n) < 0.25
    more = climbs if told else rng.permutation(climbs)
    return pd.DataFrame(
        {
            "customer_no": range(n),
            "interests": np.where(climbs, "climbing", rng.choice(["hiking", "travel", "camping"], n)),
            "region": rng.choice(list("abcdef"), n),
            "age": rng.integers(18, 80, n),
            "spend": rng.exponential(np.where(more, 400, 100)),
        }
    )


def fitted(seed: int, told: bool = True) -> tuple[ideal.Ideal, ideal.Fit]:
    profile = company(seed, told)
    best = ideal.find(profile, NO_SCORES)
    return best, ideal.fit(profile, best, ["interests", "region", "age"])


def published(gains: pd.DataFrame) -> pd.DataFrame:
    return gains.assign(suppressed=False)


def test_ideal_is_who_meets_every_condition_that_is_known():
    n = 400
    profile = pd.DataFrame(
        {
            "customer_no": range(n),
            "spend": [100.0] * 100 + [1.0] * 299 + [np.nan],
            "status": ["churned"] * 20 + ["active"] * 380,
        }
    )
    scores = pd.DataFrame(
        {"customer_no": [30, 31], "at": pd.Timestamp("2025-01-01"), "metric": "csat", "score": [1.0, 5.0]}
    )
    best = ideal.find(profile, scores)
    # Twenty have left, one is discontent; whom nobody asked counts as content.
    assert best.members.sum() == 79
    assert not best.members[30]
    assert best.members[31]
    table = ideal.definition(best).set_index("criterion")
    assert table.loc[ideal.VALUE, ["n", "base"]].tolist() == [100, 399]
    assert table.loc[ideal.STAYS, ["n", "base"]].tolist() == [379, 399]
    assert table.loc[ideal.CONTENT, ["n", "base"]].tolist() == [1, 2]
    assert table.loc[ideal.IDEAL, ["n", "base"]].tolist() == [79, 399]
    low, high = wilson(79, 399)
    assert table.loc[ideal.IDEAL, ["share_low", "share_high"]].tolist() == pytest.approx([low, high])


def test_another_amount_can_say_what_customers_are_worth():
    profile = company(1).rename(columns={"spend": "monthly_charge"})
    assert ideal.find(profile, NO_SCORES) is None
    assert ideal.find(profile, NO_SCORES, "monthly_charge").members.sum() == 200


def test_nobody_is_ideal_where_too_few_are():
    assert ideal.find(company(1, n=150), NO_SCORES) is None
    said = ideal.limits(None, None)
    assert "orders" in said[0].needs or "order" in said[0].needs


def test_what_says_by_itself_who_is_ideal_does_not_describe():
    profile = company(1).assign(status="active", spend_class="high", life_stage="x")
    made_of = {"spend_class": ("spend",), "life_stage": ("age",)}
    names = ["interests", "spend", "status", "spend_class", "life_stage", "not there"]
    assert ideal.describing(names, profile, None, made_of) == ["interests", "life_stage"]


def test_a_planted_trait_tells_ideal_customers():
    best, found = fitted(1)
    assert found.stands_out
    first = found.gains.iloc[0]
    assert first["ratio_low"] > 1.5
    assert first["value_share"] > 0.15
    assert found.gains["base"].sum() == best.known.sum()
    assert found.gains["n"].sum() == best.members.sum()
    assert found.gains["value_share"].sum() == pytest.approx(1)
    table = ideal.traits(company(1), best, ["interests", "region"])
    assert table.loc[table["claim"], "attribute"].unique().tolist() == ["interests"]
    assert table.iloc[0][["value", "claim"]].tolist() == ["climbing", True]
    said = {finding.id: finding for finding in ideal.fit_findings(best, found, published(found.gains))}
    assert said["08.ideal.fit"].kind == "difference"
    assert said["08.ideal.gap"].values["n"] == found.part.eq(1).sum() - first["n"]
    hidden = published(found.gains).assign(suppressed=lambda table: table["rank"].eq(1))
    assert len(ideal.fit_findings(best, found, hidden)) == 1


def test_the_fit_is_judged_on_customers_it_was_not_learnt_from():
    """A column with a value of its own for each customer would tell everything of those it was learnt from."""
    profile = company(2, told=False).assign(cluster=lambda table: [f"{row // 20}" for row in range(len(table))])
    best = ideal.find(profile, NO_SCORES)
    assert not ideal.fit(profile, best, ["cluster"]).pairs.low > 0.6


def test_nothing_stands_out_where_nothing_is_planted():
    found = [fitted(seed, told=False)[1].stands_out for seed in range(40)]
    # 5 % of 40; more than 5 would have a probability of 1.4 %.
    assert sum(found) <= 5
    best, fit = next((best, fit) for best, fit in (fitted(seed, told=False) for seed in range(9)) if not fit.stands_out)
    (said,) = ideal.fit_findings(best, fit, published(fit.gains))
    assert said.kind == "nothing"
    assert said.p_adjusted > 0.05


def test_the_same_seed_gives_the_same_fit():
    one, two = fitted(3)[1], fitted(3)[1]
    assert one.part.equals(two.part)
    assert one.gains.equals(two.gains)


def test_unknown_values_make_nobody_fit():
    profile = company(4)
    best = ideal.find(profile, NO_SCORES)
    missing = profile.assign(interests=profile["interests"].mask(best.members & (profile.index % 2 == 0)))
    chance = ideal.fit(missing, best, ["interests"]).chance
    assert chance[missing["interests"].isna()].median() < chance[missing["interests"] == "climbing"].median()


def test_lookalikes_and_why_they_are_not_ideal():
    best, found = fitted(1)
    table = ideal.lookalikes(best, found)
    alike = found.part.eq(1) & ~best.members
    assert table["reason"].tolist() == ["worth less than the best quarter"]
    assert table.loc[0, ["n", "base"]].tolist() == [alike.sum(), alike.sum()]
    gap = ideal.gap(best, found)
    assert gap["gap"] == pytest.approx(best.worth[best.members].mean() - best.worth[alike].mean())


def test_facts_and_names():
    best, found = fitted(1)
    facts = ideal.facts(best, found)
    assert facts["ideal"] == best.members.sum()
    assert facts["ideal_profile_stands_out"] == 1
    assert set(ideal.facts(None, None).values()) == {0}
    assert ideal.label("b2b").message != ideal.label("b2c").message
