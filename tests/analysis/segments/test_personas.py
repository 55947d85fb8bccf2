import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.segments import naming, personas
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.language import Language
from customer_profiles.stats.comparisons import compared

TRAITS = ["n", "segment", "attribute", "value", "share", "share_rest", "claim", "formed_by"]


def described(profile, labels, attributes, formed_by=()):
    """Traits of segments, numbers by their thirds as the notebook has them."""
    return personas.traits(profile[attributes].apply(personas.thirds), labels, formed_by)


@pytest.fixture
def profile():
    rng = np.random.default_rng(0)
    n = 600
    group = np.repeat([1, 2, 3], [300, 200, 100])
    age = np.where(group == 1, 30, np.where(group == 2, 50, 70)) + rng.normal(0, 3, n)
    return pd.DataFrame(
        {
            "customer_no": range(n),
            "age": age,
            "gender": rng.choice(["f", "m"], n),
            "preferred_channel": np.where(rng.random(n) < 0.8, np.array(["", "app", "web", "store"])[group], "phone"),
            "orders": rng.poisson(group * 2),
            "spend": rng.poisson(group * 2) * 50.0,
        }
    ), pd.Series(group)


@pytest.fixture
def table(profile):
    return described(*profile, ["age", "gender", "preferred_channel"], formed_by=["age"]).frame


def test_planted_traits_lead(table):
    first = table[(table["segment"] == 2) & (table["value"] == "web")].iloc[0]
    assert first["claim"]
    assert first["share"] > 0.7 > 0.1 > first["share_rest"]
    tested = table[table["p"].notna()].sort_values("p")
    assert set(tested["attribute"].head(9)) == {"preferred_channel"}


def test_what_formed_the_segments_is_described_but_not_tested(table):
    formed = table["attribute"] == "age"
    assert table.loc[formed, "p"].isna().all()
    assert not table.loc[formed, "claim"].any()
    assert table.loc[~formed, "p"].notna().any()


def test_names_are_unique_and_from_the_strongest_traits(profile, table):
    cards = personas.personas(table, profile[1].value_counts().to_dict())
    names = [Language("en").text(card.name) for card in cards]
    assert len(set(names)) == len(cards) == 3
    assert "store" in Language("en").text(cards[2].name)
    (own,) = (card for card in personas.personas(table, {3: 100}, renamed=[3]))
    assert Language("en", values={"segment_3": {"en": "Walk-ins"}}).text(own.name) == "Walk-ins"
    assert [card.n for card in cards] == [300, 200, 100]
    assert len({card.given_name for card in cards}) == 3


def test_a_segment_without_traits_is_called_by_its_rank():
    cards = personas.personas(
        described(pd.DataFrame({"gender": ["f", "m"] * 100}), pd.Series([1, 1, 2, 2] * 50), ["gender"]).frame,
        {1: 100, 2: 100},
    )
    assert [Language("en").text(card.name) for card in cards] == [
        f"Mixed customers, rank {at} of 2 by size" for at in (1, 2)
    ]
    figures = personas.figures(pd.DataFrame({"gender": ["f", "m"] * 100}), pd.Series([1, 1, 2, 2] * 50), cards)
    assert len(figures.claims(figures.frame)) == 2
    assert all("rank" in Language("en").text(finding) for finding in figures.claims(figures.frame))


def test_the_rank_is_by_sales_where_they_are_known():
    labels = pd.Series([1, 2, 3] * 100)
    table = described(pd.DataFrame({"spend": labels.map({1: 5.0, 2: 1.0, 3: 9.0})}), labels, ["spend"]).frame
    ranked = naming.ranks(table, {1: 100, 2: 100, 3: 100})
    assert {of: text.values["rank"] for of, text in ranked.items()} == {3: 1, 1: 2, 2: 3}
    assert "by sales" in ranked[1].message


def test_figures_reconcile(profile):
    figures = personas.figures(*profile).frame
    assert figures["n"].tolist() == [300, 200, 100]
    assert figures["spend_share"].sum() == pytest.approx(1)
    assert figures.loc[0, "age"] == pytest.approx(profile[0]["age"][:300].median())


def test_a_persona_is_a_combination_that_customers_have():
    """Each value alone is the most frequent, yet nobody has both: the second is that of those who have the first."""
    people = pd.DataFrame(
        {
            "age": ["35"] * 40 + ["70"] * 60,
            "life_stage": ["young"] * 55 + ["retired"] * 45,
            "home": ["flat"] * 40 + ["house"] * 30 + ["flat"] * 30,
        }
    )
    one = pd.Series(1, people.index)
    found = personas.combination(people, one, ["home", "life_stage", "age"], 10)
    assert found["attribute"].tolist() == ["home", "age", "life_stage"]
    both = people[(people["home"] == "flat") & (people["age"] == found["value"][1])]
    assert found["shared"].tolist()[1] == len(both) // 10 * 10
    whole = people[(people[found["attribute"]].to_numpy() == found["value"].to_numpy()).all(axis=1)]
    assert len(whole) >= found["shared"].iloc[-1] >= 10
    assert found["share"].iloc[0] == 0.7
    made = personas.combination(people, one, ["home", "life_stage", "age"], 10, {"life_stage": ["age"]})
    assert made["attribute"].tolist() == ["home", "age"]  # what follows from another is said once
    assert personas.combination(people, one, ["home", "age"], 45)["attribute"].tolist() == ["home"]


def test_findings_carry_size_and_worth(profile, table):
    cards = personas.personas(table, profile[1].value_counts().to_dict())
    figures = personas.figures(*profile, cards)
    found = {finding.id: finding for finding in figures.claims(figures.frame)}
    assert found["segments.size_1"].values["share"] == pytest.approx(0.5)
    assert "spend_share" in found["segments.size_1"].values


def test_without_segments_the_tables_are_empty(profile):
    customers, labels = profile
    nobody = pd.Series(pd.NA, labels.index, dtype="Int64")
    empty = described(customers, nobody, ["age", "gender"])
    assert (len(empty), empty.family) == (0, 0)
    assert {"segment", "formed_by"} | set(compared("index")) == set(empty.frame)
    assert empty.frame["claim"].dtype == bool
    figures = personas.figures(customers, nobody)
    assert len(figures) == 0
    assert {"segment", "n", "share", "spend_share"} <= set(figures.frame)
    assert figures.claims(figures.frame) == []
    assert personas.personas(empty.frame, {}) == []
    assert personas.combination(customers, nobody).empty


def test_a_small_group_is_hidden_and_not_told(profile):
    customers, labels = profile
    labels = labels.mask(labels.index >= 596, 4)
    cards = personas.personas(pd.DataFrame(columns=TRAITS), labels.value_counts().to_dict())
    figures = personas.figures(customers, labels, cards)
    guarded = Gate(10).guard(figures)
    assert guarded.frame["suppressed"].tolist() == [False, False, True, True]
    told = figures.claims(guarded.marks(figures.frame))
    assert {finding.values["segment"] for finding in told} == {1, 2}
    traits = described(customers, labels, ["gender"])
    shown = Gate(10).guard(traits).frame.query("~suppressed")
    assert 4 not in set(shown["segment"])
    assert len(shown)
