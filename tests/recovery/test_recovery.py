"""What was planted in the demo company is found again, at three seeds; its traits at five.

How a planted pain is matched: each theme that the analysis finds stands for the planted theme that most of its
tickets were written about. A planted theme may be found in several parts, for example late parcels and parcels that
are lost; it counts as found in a group if one of its parts is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from recovery.analysed import Analysed
from scipy.stats import binom

from customer_profiles.analysis.feedback import events
from customer_profiles.demo.plan import load_plan

SEEDS = (1, 2, 3)
MORE_SEEDS = (4, 5)  # for traits and for whom pains hit
MIN_PRECISION, MIN_RECALL = 0.99, 0.95  # of pairs of accounts said to be one person

# Values that are clearly more or less frequent among the customers than in the reference population.
TRAITS = [
    ("age_band", "25–34", "over"),
    ("age_band", "35–44", "over"),
    ("age_band", "45–54", "under"),
    ("age_band", "55–64", "under"),
    ("age_band", "65+", "under"),
    ("household_size", "5+", "under"),
    ("income_band", "under 1500", "under"),
    ("region", "Bayern", "over"),
    ("region", "Niedersachsen", "under"),
    ("region", "Nordrhein-Westfalen", "under"),
    ("region", "Sachsen", "over"),
]
UNEQUAL_PAINS = ["app_checkout", "durability", "late_delivery", "refund", "sizing", "store_advice", "voucher"]

# Points on the 0–10 scale from which a pain has to be noticed. A pain's sufferers who answered number 20 to 60, so
# the difference has a standard error of 0.25 to 0.35; after correction a claim needs about three of them.
CLEAR_COST = -1.0
COSTLY_PAINS = ["app_checkout", "durability", "late_delivery", "refund", "store_advice", "wrong_item"]

PER_POINT = {"nps": 1.0, "csat": 0.4, "stars": 0.4}  # of each scale, for one point on 0–10

# Measured: 0.73 to 0.755 at seeds 1 to 5. A quarter of the customers has no order in the period, so what they did
# hardly tells their segment. More is not in the data: gradient boosting over the same columns, shown the planted
# segments of four fifths of the customers, names those of the others at 0.77 (seed 1; 0.87 among those who have
# ordered).
MIN_RAND_INDEX = 0.70

# What is known not to be found, and why: (seed, check, what).
MISSED: dict[tuple[int, str, str], str] = {
    (3, "trait", "income_band under 1500"): "chance: of those whose income is known 11.8 % have it, where 9.8 % were "
    "planted and 13 % are the reference",
    # Only answers given after a pain count, and half of the company's come before: few sufferers are left to compare.
    (1, "cost", "app_checkout"): "28 answered after it: -0.89 points (-1.81 to 0.03), p = 0.19 after correction",
    (1, "cost", "refund"): "18 answered after it, fewer than are compared",
    (1, "cost", "store_advice"): "28 answered after it: -0.65 points (-1.39 to 0.09), p = 0.26 after correction",
    (2, "cost", "durability"): "20 answered after it: -1.28 points (-2.35 to -0.22), p = 0.079 after correction",
    (2, "cost", "refund"): "13 answered after it, fewer than are compared",
    (2, "cost", "store_advice"): "23 answered after it: -0.56 points (-1.59 to 0.47), p = 0.65 after correction",
    (3, "cost", "wrong_item"): "16 answered after it, fewer than are compared",
}


@pytest.fixture(scope="session")
def companies(tmp_path_factory) -> dict[int, Analysed]:
    """The companies of this session, by seed; each is made when a test first needs it."""

    class Companies(dict):
        def __missing__(self, seed: int) -> Analysed:
            self[seed] = Analysed(tmp_path_factory.mktemp(f"seed_{seed}"), seed)
            return self[seed]

    return Companies()


# One worker makes a company and runs all its tests.
@pytest.fixture(params=[pytest.param(seed, marks=pytest.mark.xdist_group(f"company {seed}")) for seed in SEEDS])
def company(request, companies) -> Analysed:
    """A company of 2,000 customers with everything planted in it."""
    return companies[request.param]


@pytest.fixture(
    params=[pytest.param(seed, marks=pytest.mark.xdist_group(f"company {seed}")) for seed in (*SEEDS, *MORE_SEEDS)]
)
def described(request, companies) -> Analysed:
    """A company of 2,000 customers of which traits and whom pains hit are looked at."""
    return companies[request.param]


@pytest.fixture
def expect(request):
    """Expect a check to fail where `MISSED` says so: when it stops failing, the entry has to go."""
    company = request.getfixturevalue("described" if "described" in request.fixturenames else "company")

    def mark(check: str, what: str = "") -> None:
        reason = MISSED.get((company.seed, check, what))
        if reason:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    return mark


def pairs(accounts: pd.DataFrame, same: str) -> set[tuple[str, str]]:
    """Every two accounts of one person."""
    both = accounts[["pseudonym", same]].merge(accounts[["pseudonym", same]], on=same)
    both = both[both["pseudonym_x"] < both["pseudonym_y"]]
    return set(zip(both["pseudonym_x"], both["pseudonym_y"], strict=True))


def drawn_shares() -> dict[tuple[str, str], float]:
    """The share that every value of the reference's attributes was drawn with, over all segments."""
    plan = load_plan()
    size = plan.segment_numbers("share")
    drawn = {name: plan.attributes[name] for name in plan.population}
    return {
        (name, value): float(share)
        for name, attribute in drawn.items()
        for value, share in zip(attribute.values, size @ attribute.chances, strict=True)
    }


def parts(company: Analysed, theme: str) -> list[str]:
    """Found themes that stand for a planted one."""
    return company.stands_for.index[company.stands_for == theme].tolist()


def planted_pain(company: Analysed, theme: str) -> dict:
    return next(pain for pain in company.truth["pains"] if pain["theme"] == theme)


def sufferers(company: Analysed, theme: str) -> np.ndarray:
    """Which customers really wrote about a planted theme, whatever the analysis made of it."""
    tickets = company.planted("tickets")
    wrote = tickets.loc[(tickets["theme"] == theme) | (tickets["second_theme"] == theme), "person"]
    return company.persons["person"].isin(wrote).to_numpy()


def made_ratio(company: Analysed, pain: dict) -> float:
    """How many times as many customers of the group as of the others wrote about a theme."""
    suffered, value = sufferers(company, pain["theme"]), company.profile[pain["attribute"]]
    group = (value == pain["value"]).fillna(False).to_numpy(bool)
    return suffered[group].mean() / suffered[~group & value.notna().to_numpy()].mean()


def made_cost(company: Analysed, theme: str) -> float:
    """Mean score of those who wrote about a theme less that of the others."""
    suffered, score = sufferers(company, theme), company.profile["nps_score"].astype(float)
    return score[suffered].mean() - score[~suffered].mean()


def test_the_same_person_is_found_across_systems(company, record_property):
    found, true = pairs(company.accounts, "customer_no"), pairs(company.accounts, "person")
    precision, recall = len(found & true) / len(found), len(found & true) / len(true)
    record_property("precision", precision)
    record_property("recall", recall)
    assert precision >= MIN_PRECISION
    assert recall >= MIN_RECALL


def test_these_are_the_planted_traits_and_pains(company):
    assert sorted((t["attribute"], t["value"], t["direction"]) for t in company.truth["traits"]) == TRAITS
    pains = pd.DataFrame(company.truth["pains"])
    assert sorted(pains.loc[pains["attribute"].notna(), "theme"]) == UNEQUAL_PAINS
    assert sorted(pains.loc[pains["effect"] <= CLEAR_COST, "theme"]) == COSTLY_PAINS


@pytest.mark.parametrize(("attribute", "value", "direction"), TRAITS)
def test_trait_is_claimed_in_its_direction(described, expect, attribute, value, direction):
    expect("trait", f"{attribute} {value}")
    rows = described.index
    row = rows[(rows["attribute"] == attribute) & (rows["value"] == value)].iloc[0]
    assert row["claim"]
    assert (row["index"] > 100) == (direction == "over")


def test_no_more_traits_are_claimed_than_the_correction_promises(described):
    """A claim is false if the customers were drawn with the share of the reference, or with one on its other side."""
    made, rows = drawn_shares(), described.index
    ratio = np.array([made[key] for key in zip(rows["attribute"], rows["value"], strict=True)]) / rows["share_rest"]
    wrong = rows["claim"] & ((ratio - 1).round(3) * (rows["index"] - 100) <= 0)
    assert wrong.sum() <= binom.ppf(0.99, rows["claim"].sum(), 0.05)
    outside = ~(100 * ratio).between(rows["index_low"], rows["index_high"])
    assert outside.sum() <= binom.ppf(0.99, len(rows), 0.05)


def test_stage_of_life_is_that_of_the_persons(described):
    """It is derived from what the exports say, and compared with who the persons are."""
    persons, found = described.persons, described.profile["life_stage"]
    old, parent = persons["age_band"] == "65+", persons["children"].isin(["1", "2", "3"])
    expected = np.select([old, parent], ["retirement age", "family with children"], "")
    told = found.where(found.isin(["retirement age", "family with children"]), "").where(found.notna())
    known = told.notna()
    assert known.mean() > 0.7
    assert (told[known] == expected[known]).mean() > 0.98


@pytest.mark.parametrize("theme", UNEQUAL_PAINS)
def test_pain_is_claimed_in_the_group_it_hits(described, expect, theme):
    expect("pain", theme)
    pain, rows = planted_pain(described, theme), described.pains
    rows = rows[(rows["attribute"] == pain["attribute"]) & (rows["value"] == pain["value"])]
    claims = rows[rows["pain"].isin(parts(described, theme)) & rows["claim"] & (rows["ratio"] > 1)]
    assert len(claims)
    truths = (made_ratio(described, pain), pain["rate_ratio"])
    for claim in claims.itertuples():
        assert any(claim.ratio_low <= ratio <= claim.ratio_high for ratio in truths), claim


@pytest.mark.parametrize("theme", COSTLY_PAINS)
def test_costly_pain_is_found_to_lower_the_score(company, expect, theme):
    expect("cost", theme)
    rows = company.pain_costs.query("outcome == 'score'")
    claims = rows[rows["pain"].isin(parts(company, theme)) & rows["claim"]]
    assert len(claims)
    assert (claims["difference"] < 0).all()
    truths = (made_cost(company, theme), planted_pain(company, theme)["effect"])
    for claim in claims.itertuples():
        assert any(claim.difference_low <= cost <= claim.difference_high for cost in truths), claim


def test_no_pain_is_said_to_raise_the_score(company):
    assert not (company.pain_costs["claim"] & (company.pain_costs["difference"] > 0)).any()


def test_event_with_an_effect_is_found(company):
    """By one of the scores at least: a few hundred answers to each since the event do not always suffice."""
    for event in company.truth["events"]:
        if event["effect"]:
            claims = company.events[(company.events["event"] == event["name"]) & company.events["claim"]]
            assert len(claims)
            for claim in claims[claims["metric"] != events.TOGETHER].itertuples():
                assert claim.change_low <= event["effect"] * PER_POINT[claim.metric] <= claim.change_high, claim


def test_event_without_an_effect_is_not_claimed(company):
    without = [event["name"] for event in company.truth["events"] if not event["effect"]]
    assert len(without) == 3
    assert not (company.events["claim"] & company.events["event"].isin(without)).any()


def test_segments_agree_with_the_planted_ones_which_overlap(company, record_property):
    from sklearn.metrics import adjusted_rand_score

    agreement = adjusted_rand_score(company.persons["segment"], company.segments.labels)
    record_property("adjusted_rand_index", agreement)
    assert company.segments.kind == "reproducible"
    assert agreement >= MIN_RAND_INDEX


def test_there_are_as_many_segments_as_planted(company, expect):
    expect("number of segments")
    assert len(company.segments.table) == len(company.truth["segments"])


@pytest.mark.parametrize("attribute", ["age_band", "offers", "spend"])
def test_what_formed_the_segments_is_not_claimed_of_them(company, expect, attribute):
    """Bands of the age, orders times basket value, and offers that were answered or not."""
    expect("formed by", attribute)
    rows = company.segment_traits[company.segment_traits["attribute"] == attribute]
    assert len(rows)
    assert not rows["claim"].any()
