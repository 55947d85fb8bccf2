"""What was planted in the demo company about campaigns and prospects is found again; of a null company less is claimed.

The two files are made and read here without the rest of the company, so that many seeds are cheap.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.targets import funnel, potential, prospects, responders, trials, twins, uplift
from customer_profiles.demo import prospects as planted_prospects
from customer_profiles.demo import references
from customer_profiles.demo import voucher as planted_voucher
from customer_profiles.demo.people import make_people
from customer_profiles.demo.plan import load_plan
from customer_profiles.demo.sheets import CODES

SEEDS = (1, 2, 3, 4, 5)
TRAITS = ["age_band", "gender", "region", "interests", "values"]


def mailed(seed, null=False, n=2000):
    """The voucher: its effect and that in each group, and the customers."""
    plan = load_plan(null)
    people = make_people(np.random.default_rng([seed, 0]), plan, 0, n)
    rows = planted_voucher.voucher(plan, people, people.set_index("person", drop=False)["person"], seed, 0)
    visited = pd.to_datetime(rows["visited"].replace("", None))
    table = pd.DataFrame({"customer_no": rows["recipient"], "campaign": rows["campaign"], "responded_at": visited})
    table = table.assign(at=pd.to_datetime(rows["day"]), control_group=rows["held_back"].eq(1))
    traits = people.rename(columns={"person": "customer_no"}).set_index("customer_no")[TRAITS]
    found = trials.trials(trials.contacts(table, plan.as_of), pd.DataFrame(), 30, plan.as_of)
    alike = trials.balance(found, traits.reset_index(), traits)
    ranking = uplift.quality(uplift.ranked(found, alike, traits))
    groups = responders.by_group(found, alike, traits)
    reach = responders.reached(trials.contacts(table, plan.as_of), traits.reset_index(), TRAITS)
    return trials.effects(found, alike), groups, ranking, reach, planted_voucher.truth(plan), traits


def asked(seed, null=False, n=2000):
    """The prospects and what was planted of them."""
    plan = load_plan(null)
    rows = planted_prospects.prospects(plan, n, seed)
    names = {"Nr": "lead_id", "Herkunft": "lead_origin", "Interesse": "interests", "Bundesland": "region"}
    days = {name: pd.to_datetime(rows[name].replace("", None), dayfirst=True) for name in ("Eingang", "Kauf am")}
    table = rows.rename(columns=names).assign(at=days["Eingang"], converted_at=days["Kauf am"])
    table = table[[*names.values(), "Altersgruppe", "at", "converted_at"]]
    return prospects.prospects(table, plan.as_of), planted_prospects.truth(plan)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_voucher_and_the_group_that_it_moves_are_found_with_their_effect(seed):
    effects, groups, ranking, _, truth, traits = mailed(seed)
    row = effects.frame.iloc[0]
    true = 100 * (truth["brings"] + truth["moves"] * (traits[truth["attribute"]] == truth["value"]).mean())
    assert row["claim"]
    assert row["brought_low"] < true < row["brought_high"]
    claimed = groups.frame[groups.frame["claim"]]
    moved = claimed[(claimed["attribute"] == truth["attribute"]) & (claimed["value"] == truth["value"])].iloc[0]
    assert moved["brought_low"] < 100 * (truth["brings"] + truth["moves"]) < moved["brought_high"]
    # A perfect ranking has the group first: half of what it adds, less what a random choice finds of it.
    part = (traits[truth["attribute"]] == truth["value"]).mean()
    best = 100 * truth["moves"] * part * (1 - part) / 2
    assert 0.25 * best < ranking.frame["qini"].iloc[0] < ranking.frame["qini_high"].iloc[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_origin_of_prospects_who_buy_is_found_and_they_can_be_ranked(seed):
    found, truth = asked(seed)
    groups = prospects.by_group(found).frame.set_index("value")
    assert groups.loc["Empfehlung", "claim"]
    assert groups.loc["Empfehlung", "ratio"] > 1
    assert groups.loc["Adresskauf", "claim"]
    assert groups.loc["Adresskauf", "ratio"] < 1
    assert found.horizon == pytest.approx(-truth["delay_days"] * np.log(0.1), rel=0.25)
    if seed != SEEDS[0]:  # learning takes seconds
        return
    model = prospects.tried(found)
    assert (
        prospects.gains(model, prospects.measured(model), found.horizon).frame["share"].iloc[0]
        > 1.5 * model.lost.mean()
    )


STAGES = ["qualifiziert", "besucht", "Angebot", "Auftrag"]


def on_the_way(seed, null=False, firms=400):
    """Which prospects of the company whose customers are firms are lost at which step, and what was planted of it."""
    plan = load_plan(null, "b2b")
    rows = planted_prospects.prospects(plan, firms, seed).replace("", None)
    days = {name: pd.to_datetime(rows[name], dayfirst=True) for name in ("Eingang", "Kauf am")}
    table = rows.rename(columns={"Nr": "lead_id", "Stufe": "lead_stage"}).drop(columns=list(days))
    found = prospects.prospects(table.assign(at=days["Eingang"], converted_at=days["Kauf am"]), plan.as_of)
    taken = funnel.steps(found, {"lead_stage": STAGES})
    return funnel.funnel(taken), funnel.losses(taken, found, {}), planted_prospects.truth(plan)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_steps_at_which_prospects_of_firms_are_lost_are_found(seed):
    steps, losses, truth = on_the_way(seed)
    rows = steps.frame.set_index("step")
    assert list(rows.index) == STAGES
    # Of the step at which nobody differs the share is the planted one.
    for stage, (step, share) in zip(STAGES, truth["steps"].items(), strict=True):
        if step not in truth["odds"]:
            assert rows.loc[stage, "share"] == pytest.approx(share, abs=0.06)
    claimed = losses.frame[losses.frame["claim"]].set_index(["step", "value"])["ratio"]
    assert claimed["qualifiziert", "Adresskauf"] < 1
    assert claimed["Auftrag", "Lebensmittel"] < 1
    assert claimed["Auftrag", "Empfehlung"] > 1
    assert set(claimed.index.get_level_values("step")) <= {"qualifiziert", "Auftrag"}


def beside_customers(seed, null=False, n=2000):
    """Prospects beside the customers, by the words of the file."""
    people = make_people(np.random.default_rng([seed, 0]), load_plan(null), 0, n)
    traits = people.assign(interests=people["interests"].map(CODES["interests"]), Altersgruppe=people["age_band"])
    found, truth = asked(seed, null, n)
    return twins.twins(found, traits.set_index("person")), found, truth


@pytest.mark.parametrize("seed", SEEDS)
def test_hidden_customers_are_found_and_foreign_prospects_flagged(seed, record_property):
    found, leads, truth = beside_customers(seed)
    recall = twins.spikes(found).frame["share"].iloc[0]
    record_property("spike_recall", float(recall))
    assert recall >= 2 / 10
    foreign = leads.features.loc[found.rows.index, "region"] == truth["foreign"]["region"]
    assert foreign.sum() == 2000 * truth["foreign"]["per_customer"]
    flagged, wrongly = (float(found.rows.loc[part, "outside"].mean()) for part in (foreign, ~foreign))
    record_property("foreign_flagged", flagged)
    record_property("others_flagged", wrongly)
    assert flagged >= 0.95
    assert wrongly <= 0.05


def where(seed, null=False, n=2000):
    """Customers lacking by area, with what was planted of one of them."""
    plan = load_plan(null)
    people = make_people(np.random.default_rng([seed, 0]), plan, 0, n)
    names = {"PLZ-Region": "area", "Einwohner": "population", "Kaufkraftindex": "power", "Wanderwege": "trails"}
    areas = dict(references.references(plan))["gebiete.csv"].rename(columns=names)[list(names.values())]
    areas[["power", "trails"]] = areas[["power", "trails"]].apply(lambda text: text.str.replace(",", ".").astype(float))
    return potential.potential(people.rename(columns={"person": "customer_no"}), areas).frame, references.truth(plan)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_area_with_potential_is_found(seed):
    table, truth = where(seed)
    first = table.nlargest(1, "lacking").iloc[0]
    assert (first["area"], first["claim"], table["claim"].sum()) == (truth["area"], True, 1)
    # Of its customers, drawn again and again, `inhabitants` times as many would be there.
    usual = np.mean([where(other)[0].set_index("area").loc[truth["area"], "n"] for other in SEEDS])
    assert first["lacking_low"] < (truth["inhabitants"] - 1) * usual < first["lacking_high"]


@pytest.mark.parametrize(("seeds", "most"), [(6, 2), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_a_null_company_claims_no_more_than_promised(seeds, most, record_property):
    families = ("effects", "groups", "ranking", "prospects", "twins", "potential", "reach", "losses")
    claims = dict.fromkeys(families, 0)
    for seed in range(201, 201 + seeds):
        effects, groups, ranking, reach, _, _ = mailed(seed, null=True)
        alikes, found, _ = beside_customers(seed, null=True)
        claims["effects"] += effects.frame["claim"].any()
        claims["groups"] += groups.frame["claim"].any()
        claims["ranking"] += ranking.frame["claim"].any()
        claims["reach"] += reach.frame["claim"].any()
        claims["losses"] += on_the_way(seed, null=True)[1].frame["claim"].any()
        claims["twins"] += len(twins.ranked(alikes, twins.spikes(alikes))) > 0
        claims["potential"] += where(seed, null=True)[0]["claim"].any()
        claims["prospects"] += prospects.by_group(found).frame["claim"].any()
    record_property("companies_with_a_claim", json.dumps({name: int(number) for name, number in claims.items()}))
    assert max(claims.values()) <= most, claims
