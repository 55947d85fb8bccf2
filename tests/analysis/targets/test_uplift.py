"""Whether it can be told whom a contact moves: a ranking that holds for customers it was not learnt from."""

import numpy as np
import pandas as pd
import pytest
from mailings import AS_OF, mailing
from support import told

from customer_profiles.analysis.targets import trials, uplift
from customer_profiles.privacy.disclosure import Gate

TRAITS = ["region", "age", "gender"]


def ranked(campaigns, lines, profile):
    found = trials.trials(trials.contacts(campaigns, AS_OF), lines, 30, AS_OF)
    traits = profile.set_index("customer_no")[TRAITS]
    ranking = uplift.ranked(found, trials.balance(found, profile, traits), traits)
    quality = uplift.quality(ranking)
    return ranking, quality, uplift.fifths(ranking, quality)


def test_the_coefficient_is_the_area_counted_by_hand():
    rng = np.random.default_rng(1)
    n = 60
    score, did, held = rng.permutation(n) / n, rng.random(n) < 0.4, rng.random(n) < 0.5
    order, area, last = np.argsort(-score), 0.0, 0.0
    for k in range(1, n + 1):
        first = order[:k]
        sent, kept = first[~held[first]], first[held[first]]
        moved = (did[sent].sum() - (did[kept].sum() * len(sent) / len(kept) if len(kept) else 0)) / (~held).sum()
        area += (last + moved) / 2 / n
        last = moved
    assert uplift.qini(score, did, held) == pytest.approx(100 * (area - last / 2))


def test_customers_alike_are_contacted_together():
    held, did = np.tile([False, True], 50), np.arange(100) < 30
    assert uplift.qini(np.zeros(100), did, held) == pytest.approx(0)


def test_a_planted_group_is_ranked_first_and_told():
    ranking, quality, fifths = ranked(*mailing(1, n=9000, moves=0.25))
    assert quality.frame["claim"].all()
    assert quality.frame["qini_low"].gt(0).all()
    first = fifths.frame[fifths.frame["uplift_fifth"] == 1]
    last = fifths.frame[fifths.frame["uplift_fifth"] == 5]
    assert first["brought_low"].min() > last["brought"].max()
    counted = fifths.frame.groupby("campaign")[["base", "base_rest"]].sum().sum(axis=1)
    assert counted.to_dict() == {each.campaign: len(each.rows) for each in ranking}
    assert {finding.values["campaign"] for finding in told(fifths)} == {"Spring", "Sale"}
    facts = uplift.facts(Gate(10).guard(quality).frame)
    assert facts["qini_spring_low"] < facts["qini_spring"] < facts["qini_spring_high"]


def test_nobody_is_ranked_by_a_model_that_has_seen_them():
    """A column with a value of its own for each ten customers would tell all of those it was learnt from."""
    campaigns, lines, profile = mailing(2, n=3000, brings=0.1)
    profile["region"] = [f"r{i // 10}" for i in range(len(profile))]
    assert not ranked(campaigns, lines, profile)[1].frame["claim"].any()


@pytest.mark.parametrize(("seeds", "most"), [(4, 1), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_where_all_react_alike_it_cannot_be_told_whom_a_contact_moves(seeds, most):
    found = [ranked(*mailing(seed, n=1500, brings=0.1)) for seed in range(seeds)]
    assert sum(quality.frame["claim"].any() for _, quality, _ in found) <= most
    silent = next(fifths for _, quality, fifths in found if not quality.frame["claim"].any())
    (finding,) = told(silent)
    assert finding.kind == "nothing"


@pytest.mark.parametrize("keep", [0, 300])
def test_few_reactions_rank_nobody(keep):
    campaigns, lines, profile = mailing(3, n=300)
    ranking, quality, fifths = ranked(campaigns.head(keep), lines, profile)
    assert not ranking
    assert not len(quality)
    assert not told(fifths)
    assert uplift.facts(quality.frame) == {}
    assert pd.DataFrame(fifths.frame).empty
