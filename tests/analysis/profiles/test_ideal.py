"""Ideal customers: found by a printed rule, told from others where something tells them, and not where nothing does."""

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.profiles import fit, ideal
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result
from customer_profiles.stats.intervals import auc_interval, wilson


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


def find(profile: pd.DataFrame, value: str | None = None, **conditions: pd.Series) -> ideal.Ideal:
    """The best quarter of those who stay and meet further conditions."""
    worth = ideal.worth(profile, value)
    best_quarter = worth >= worth.quantile(1 - ideal.BEST_SHARE)
    rules = {ideal.VALUE: best_quarter, ideal.STAYS: ideal.stays(profile), **conditions}
    return ideal.select(worth, pd.DataFrame(rules))


def fit_of(profile, best: ideal.Ideal, attributes) -> fit.Fit:
    return fit.cross_validated(profile, best.members, best.worth, attributes)


def fitted(seed: int, told: bool = True) -> tuple[ideal.Ideal, fit.Fit]:
    profile = company(seed, told)
    best = find(profile)
    return best, fit_of(profile, best, ["interests", "region", "age"])


def said(result: Result) -> list:
    """What a page says of a result."""
    return list(result.claims(Gate(10).guard(result).marks(result.frame)))


def test_ideal_is_who_meets_every_condition_that_is_known():
    n = 400
    profile = pd.DataFrame(
        {
            "customer_no": range(n),
            "spend": [100.0] * 100 + [1.0] * 299 + [np.nan],
            "status": ["churned"] * 20 + ["active"] * 380,
        }
    )
    content = pd.Series(pd.NA, profile.index, dtype="boolean")
    content[[30, 31]] = [False, True]
    best = find(profile, **{ideal.CONTENT: content})
    # Twenty have left, one is discontent; whom nobody asked counts as content.
    assert best.members.sum() == 79
    assert not best.members[30]
    assert best.members[31]
    table = ideal.definition(best).frame.set_index("criterion")
    assert table.loc[ideal.VALUE, ["n", "base"]].tolist() == [100, 399]
    assert table.loc[ideal.STAYS, ["n", "base"]].tolist() == [379, 399]
    assert table.loc[ideal.CONTENT, ["n", "base"]].tolist() == [1, 2]
    assert table.loc[ideal.IDEAL, ["n", "base"]].tolist() == [79, 399]
    low, high = wilson(79, 399)
    assert table.loc[ideal.IDEAL, ["share_low", "share_high"]].tolist() == pytest.approx([low, high])


def test_another_amount_can_say_what_customers_are_worth():
    profile = company(1).rename(columns={"spend": "monthly_charge"})
    assert not find(profile)
    assert find(profile, "monthly_charge").members.sum() == 200


@pytest.mark.parametrize(
    "profile",
    [
        company(1, n=150),
        company(1)[:0],
        company(1)[:1],
        company(1).drop(columns="spend"),
        company(1).assign(spend=np.nan),
    ],
    ids=["too few", "no rows", "one row", "no worth", "all missing"],
)
def test_where_nobody_is_ideal_every_result_is_empty(profile):
    best = find(profile)
    found = fit_of(profile, best, ["interests", "age"])
    assert not best
    assert not found
    assert not found.stands_out
    assert found.chance.isna().all()
    for result in (
        ideal.definition(best),
        found.gains,
        ideal.traits(profile, best, ["interests"]),
        ideal.lookalikes(best, found),
    ):
        assert len(result) == 0
        assert result.family == 0
        assert Gate(10).guard(result).frame.empty
    assert "order" in ideal.limits(best, found)[0].needs
    assert set(ideal.facts(best, found).values()) == {0}


def test_without_a_description_nothing_tells_who_is_ideal():
    profile = company(1)
    best = find(profile)
    found = fit_of(profile, best, [])
    assert best
    assert not found
    assert "nothing describes them" in ideal.limits(best, found)[0].message


def test_where_everybody_is_ideal_nothing_tells_them_apart():
    profile = company(1).assign(spend=10.0)
    best = find(profile)
    assert best.members.all()
    assert not fit_of(profile, best, ["interests"])


def test_what_says_by_itself_who_is_ideal_does_not_describe():
    rng, profile = np.random.default_rng(5), company(1).assign(status="active", spend_class="high", life_stage="x")
    rank = profile["spend"].rank(pct=True)
    profile["plan"] = np.where(rank > 0.6, "fibre", np.where(rank > 0.3, "cable", "none"))
    profile["plan"] = profile["plan"].mask(rng.random(len(profile)) < 0.3, "cable")
    profile["employees"] = (100 * rank).round()  # who a customer is may go with the worth
    profile["tier"] = np.where(rank > 0.75, "gold", "other")
    best, made_of = find(profile), {"spend_class": ("spend",), "life_stage": ("age",)}
    names = ["interests", "spend", "status", "spend_class", "life_stage", "plan", "employees", "tier", "not there"]
    kept, left_out = ideal.describing(names, profile, best, {"spend", "status"}, made_of, ["interests", "employees"])
    assert kept == ["interests", "life_stage", "employees"]
    assert left_out == ["spend", "status", "spend_class", "plan", "tier"]
    assert [text.values["name"] for text in ideal.told(left_out)] == left_out
    assert ideal.describing(
        names[:1], profile, ideal.Ideal(best.members & False, best.worth * np.nan, best.conditions), ()
    )


def missing_for_others(profile, best, seed):
    """Two traits that tell nothing and are known of ideal customers twice as often, each of its own customers."""
    rng, told = np.random.default_rng(100 + seed), profile.copy()
    for name in ("region", "interests", "age"):
        told[name] = told[name].mask(rng.random(len(told)) < np.where(best.members, 0.3, 0.6))
    return told


@pytest.mark.parametrize("seed", range(3))
def test_whether_traits_are_known_carries_no_score(seed):
    profile = company(seed, told=False, n=3000)
    best, names = find(profile), ["interests", "region", "age"]
    told = missing_for_others(profile, best, seed)
    found = fit_of(told, best, names)
    assert not found.stands_out
    for name in names:
        known, unknown = (found.chance[told[name].notna() == whether].dropna() for whether in (True, False))
        assert abs(known.mean() - unknown.mean()) < 0.1 * found.chance.std()


def test_the_score_does_not_change_if_what_is_unknown_is_dealt_out_anew():
    profile, names = company(1, n=6000), ["interests", "region", "age"]
    best, rng = find(profile), np.random.default_rng(3)
    informative = missing_for_others(profile, best, 1)
    dealt = profile.copy()
    for name in names:
        dealt[name] = dealt[name].mask(rng.permutation(informative[name].isna().to_numpy()))
    areas = []
    for table in (informative, dealt):
        fits, known = fit_of(table, best, names).chance, table["interests"].notna()
        asked = known & fits.notna()
        areas.append(auc_interval(fits[asked], best.members[asked]).value)
    assert areas[0] > 0.65
    assert areas[0] == pytest.approx(areas[1], abs=0.03)


def test_the_gains_are_those_of_customers_whose_traits_are_known():
    profile = company(1, n=4000)
    best = find(profile)
    asked = np.random.default_rng(1).random(len(profile)) < 0.4
    told = profile.assign(**{name: profile[name].mask(~asked) for name in ("interests", "region", "age")})
    found = fit_of(told, best, ["interests", "region", "age"])
    assert found.gains.frame["base"].sum() == asked.sum()
    assert found.chance.notna().to_numpy().tolist() == asked.tolist()
    assert found.gains.frame["share"].iloc[0] > 1.5 * best.members[asked].mean()


def test_it_is_said_whether_the_share_falls_from_tenth_to_tenth():
    found = fitted(1)[1].gains
    rises = int((found.frame["share"].diff() > 0).sum())
    assert rises
    assert found.note.values == {"k": rises}
    assert "falls from tenth" in fit._order(pd.Series([0.3, 0.2, 0.2, 0.1])).message


def test_a_planted_trait_tells_ideal_customers():
    best, found = fitted(1)
    assert found.stands_out
    gains = found.gains.frame
    first = gains.iloc[0]
    assert first["ratio_low"] > 1.5
    assert first["value_share"] > 0.15
    assert gains["base"].sum() == best.known.sum()
    assert gains["n"].sum() == best.members.sum()
    assert gains["value_share"].sum() == pytest.approx(1)
    table = ideal.traits(company(1), best, ["interests", "region"]).frame
    assert table.loc[table["claim"], "attribute"].unique().tolist() == ["interests"]
    assert table.iloc[0][["value", "claim"]].tolist() == ["climbing", True]
    told = {finding.id: finding for finding in [*said(found.gains), *said(ideal.lookalikes(best, found))]}
    assert told["ideal.fit"].kind == "difference"
    assert told["ideal.gap"].values["n"] == found.part.eq(1).sum() - first["n"]
    assert all(0 < finding.effect < 1 for finding in told.values())
    hidden = gains.assign(hidden=gains["rank"].eq(1))
    assert len(found.gains.claims(hidden)) == 1


def test_the_fit_is_judged_on_customers_it_was_not_learnt_from():
    """A column with a value of its own for each customer would tell everything of those it was learnt from."""
    profile = company(2, told=False).assign(cluster=lambda table: [f"{row // 20}" for row in range(len(table))])
    assert not fit_of(profile, find(profile), ["cluster"]).pairs.low > 0.6


def test_nothing_stands_out_where_nothing_is_planted():
    found = [fitted(seed, told=False)[1].stands_out for seed in range(40)]
    # 5 % of 40; more than 5 would have a probability of 1.4 %.
    assert sum(found) <= 5
    best, found = next(pair for pair in (fitted(seed, told=False) for seed in range(9)) if not pair[1].stands_out)
    (told,) = said(found.gains)
    assert told.kind == "nothing"
    assert told.p_adjusted > 0.05
    assert said(ideal.lookalikes(best, found)) == []


def test_the_same_seed_gives_the_same_fit():
    one, two = fitted(3)[1], fitted(3)[1]
    assert one.part.equals(two.part)
    assert one.gains.frame.equals(two.gains.frame)


def test_unknown_values_make_nobody_fit():
    profile = company(4)
    best = find(profile)
    missing = profile.assign(interests=profile["interests"].mask(best.members & (profile.index % 2 == 0)))
    assert fit_of(missing, best, ["interests"]).chance.isna().equals(missing["interests"].isna())
    chance = fit_of(missing, best, ["interests", "region"]).chance
    assert chance[missing["interests"].isna()].median() < chance[missing["interests"] == "climbing"].median()


def test_lookalikes_and_why_they_are_not_ideal():
    best, found = fitted(1)
    table = ideal.lookalikes(best, found).frame
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
    assert ideal.label("b2b").message != ideal.label("b2c").message


def test_no_page_shows_a_planted_handful():
    profile = company(1)
    best, found = fitted(1)
    rare = profile.assign(interests=profile["interests"].mask(best.members & (best.members.cumsum() <= 4), "chess"))
    shown = Gate(10).guard(ideal.traits(rare, best, ["interests"])).frame
    assert shown.loc[shown["value"].eq("chess"), "suppressed"].all()
    few = found.gains.frame["n"].lt(10)
    shown = Gate(10).guard(found.gains).frame
    assert few.any()
    assert shown.loc[few.to_numpy(), ["n", "share"]].isna().all(axis=None)
    content = pd.Series(True, profile.index, dtype="boolean").mask(profile.index % 2 == 1)
    content[content.index[content.notna()][:4]] = False
    shown = Gate(10).guard(ideal.definition(find(profile, **{ideal.CONTENT: content}))).frame
    assert shown.loc[shown["criterion"].eq(ideal.CONTENT), "n"].isna().all()


def test_few_ideal_customers_among_the_best_fitting_cannot_be_told_from_the_others():
    best, found = fitted(1)
    alike = found.part.eq(1) & best.members
    few = ideal.Ideal(best.members & ~(alike & (alike.cumsum() > 4)), best.worth, best.conditions)
    lookalikes = ideal.lookalikes(few, found)
    shown = Gate(10).guard(lookalikes).frame
    # The tenth is known to hold eighty: of seventy-six who are not ideal nothing may be said.
    assert shown[["n", "base", "share"]].isna().all(axis=None)
    assert said(lookalikes) == []
    assert "base_rest" not in lookalikes.columns
