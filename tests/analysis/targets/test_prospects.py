"""Which prospects become customers: decided ones only, a later time, and no claim where nothing tells."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from support import told

from customer_profiles.analysis.prediction import churn
from customer_profiles.analysis.targets import prospects
from customer_profiles.stats.intervals import auc_interval

AS_OF = date(2025, 12, 31)
DELAY = 20.0


def leads(seed, n=3000, times=1.0, days=720):
    """Prospects of whom those by recommendation buy with so many times the odds, after twenty days on average."""
    rng = np.random.default_rng(seed)
    origin = rng.choice(["recommendation", "web", "list"], n, p=[0.3, 0.4, 0.3])
    odds = 0.2 * np.where(origin == "recommendation", times, 1.0)
    at = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, days, n), unit="D")
    bought = at + pd.to_timedelta(np.ceil(rng.exponential(DELAY, n)), unit="D")
    buys = rng.random(n) < odds / (1 + odds)
    bought = pd.Series(bought).where(buys & (bought <= pd.Timestamp(AS_OF)))
    return pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(n)],
            "at": at,
            "converted_at": bought,
            "lead_origin": origin,
            "gender": rng.choice(["f", "m"], n),
            "status": np.where(buys, "won", "open"),
        }
    )


def all_of(table):
    found = prospects.prospects(table, AS_OF)
    model = prospects.tried(found)
    measured = prospects.measured(model)
    return found, model, measured, prospects.gains(model, measured, found.horizon)


def test_the_horizon_is_the_day_by_which_nine_in_ten_buyers_have_bought():
    found = prospects.prospects(leads(1, n=20_000), AS_OF)
    assert found.horizon == pytest.approx(-DELAY * np.log(0.1), rel=0.1)
    assert (found.decided["age"] >= found.horizon).all()


def test_a_planted_origin_is_found_and_the_best_tenth_buys_more_often():
    found, model, measured, gains = all_of(leads(2, times=8.0))
    assert "status" not in found.features
    assert measured.frame.set_index("measure").loc["brier_skill", "figure_low"] > 0
    assert 0.7 < measured.frame.set_index("measure").loc["calibration_slope", "figure"] < 1.4
    best = told(gains)[0]
    assert best.id == "leads.tenth"
    assert best.values["share"] > 1.5 * best.values["all"]
    groups = prospects.by_group(found)
    assert {row.value for row in groups.frame[groups.frame["claim"]].itertuples()} == {"recommendation", "web", "list"}
    assert told(groups)[0].values["value"] == "recommendation"
    row = groups.frame.set_index("value").loc["recommendation"]
    chance = 8 * 0.2 / (1 + 8 * 0.2) / (0.2 / 1.2)
    assert row["ratio_low"] < chance < row["ratio_high"]
    assert len(model.p) == gains.frame["base"].sum()


@pytest.mark.parametrize(("seeds", "most"), [(2, 1), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_nothing_is_claimed_beyond_the_promise_where_nothing_tells_who_buys(seeds, most):
    ranked = grouped = 0
    for seed in range(seeds):
        found, _, _, gains = all_of(leads(seed, n=1600))
        ranked += any(finding.kind != "nothing" for finding in told(gains))
        grouped += prospects.by_group(found).frame["claim"].any()
    assert ranked <= most
    assert grouped <= most


def test_what_was_learnt_was_decided_before_the_time_it_was_tried_on():
    table = leads(3, times=8.0)
    found, model, _, _ = all_of(table)
    at = table.set_index("lead_id")["at"]
    first_tried = at[model.p.index].min()
    assert (found.rows["age"][model.p.index] >= found.horizon).all()
    later = table["converted_at"] > first_tried + pd.Timedelta(days=found.horizon)
    blind = prospects.tried(prospects.prospects(table.assign(converted_at=table["converted_at"].mask(later)), AS_OF))
    early = [name for name in blind.p.index if at[name] < first_tried + pd.Timedelta(days=1)]
    np.testing.assert_allclose(blind.p[early], model.p[early], atol=1e-9)


def test_the_chances_of_open_prospects_add_up_to_those_who_buy():
    table = leads(4, n=12_000, times=8.0)
    end = pd.Timestamp(AS_OF) - pd.Timedelta(days=80)
    then = table[table["at"] <= end].assign(converted_at=lambda t: t["converted_at"].where(t["converted_at"] <= end))
    found = prospects.prospects(then, end.date())
    scored = prospects.scores(found, prospects.tried(found))
    came = table.set_index("lead_id")["converted_at"].reindex(scored["lead_id"]).notna().sum()
    assert scored["p_converts"].sum() == pytest.approx(came, abs=3 * np.sqrt(came) + 0.15 * came)
    assert scored["lead_tenth"].between(1, 10).all()
    assert scored["lead_tenth"].is_monotonic_increasing
    at = then.set_index("lead_id")["at"].reindex(scored["lead_id"]).reset_index(drop=True)
    same = scored["p_converts"].round(9).diff().eq(0)
    assert same.any()
    assert (at <= at.shift())[same].all()  # of equal chances who came last is first


def unknown_of(table, seed, of_buyers=0.3, of_others=0.6):
    """The origin is known of buyers twice as often."""
    rng, hidden = (
        np.random.default_rng(100 + seed),
        table["converted_at"].notna().map({True: of_buyers, False: of_others}),
    )
    return table.assign(lead_origin=table["lead_origin"].mask(rng.random(len(table)) < hidden))


@pytest.mark.parametrize("seed", range(3))
def test_whether_a_trait_is_known_carries_no_chance(seed):
    table = unknown_of(leads(seed), seed)
    found, model, _, gains = all_of(table)
    assert not any(finding.kind != "nothing" for finding in told(gains))
    known = found.features.loc[model.p.index, "lead_origin"].notna()
    assert abs(model.p[known].mean() - model.p[~known].mean()) < 0.25 * model.p.std() + 0.002


def test_chances_are_the_same_if_what_is_unknown_is_dealt_out_anew():
    table, rng = leads(8, n=9000, times=8.0), np.random.default_rng(3)
    informative = unknown_of(table, 1)
    dealt = table["lead_origin"].mask(rng.permutation(informative["lead_origin"].isna().to_numpy()))
    (_, one, _, _), (_, other, _, _) = (all_of(each) for each in (informative, table.assign(lead_origin=dealt)))
    both = informative.set_index("lead_id")["lead_origin"].notna() & dealt.set_axis(table["lead_id"]).notna()
    asked = one.p.index[both[one.p.index]]
    areas = [auc_interval(model.p[asked], model.lost[asked]).value for model in (one, other)]
    assert areas[0] > 0.65
    assert areas[0] == pytest.approx(areas[1], abs=0.02)


def called_otherwise(table):
    """The same prospects with other ids, which come in another order."""
    return table.assign(lead_id=[f"{number:04d}" for number in np.random.default_rng(9).permutation(len(table))])


def test_nothing_hangs_on_the_ids_of_prospects():
    """Which model is taken is decided on parts of them; where neither is better, other parts would take the other."""
    found = [prospects.prospects(table, AS_OF) for table in (leads(7), called_otherwise(leads(7)))]
    before = [churn.Cases(of.features.loc[of.decided.index], of.decided["won"]) for of in found]
    alone = [churn.learn(cases, None) for cases in before]
    np.testing.assert_array_equal(alone[0].p, alone[1].p)
    listed = [prospects.scores(of, prospects.tried(of)).drop(columns="lead_id") for of in found]
    pd.testing.assert_frame_equal(*listed)


def test_the_list_has_a_value_a_step_and_a_reason_and_adds_up():
    found, model, _, _ = all_of(leads(2, times=8.0))
    groups = prospects.by_group(found)
    table = prospects.scores(found, model, groups, worth=100.0, capacity=5)
    assert table["expected_value"].tolist() == pytest.approx((100 * table["p_converts"]).tolist())
    assert (table["next_step"].iloc[:5] == prospects.FIRST).all()
    assert (table["next_step"] == prospects.UNFIT).tolist() == (table["lead_tenth"] > 5).tolist()
    origin = found.features.loc[table["lead_id"], "lead_origin"].to_numpy()
    of_best = table["lead_tenth"].le(5).to_numpy() & (origin == "recommendation")
    assert (table.loc[of_best, "reason"] == "lead_origin: recommendation").all()
    assert not table.loc[~of_best, "reason"].eq("lead_origin: recommendation").any()
    steps = prospects.steps(table)
    assert steps.frame["n"].sum() == len(table)
    assert steps.frame["expected_value"].sum() == pytest.approx(table["expected_value"].sum())


def test_who_is_found_again_as_a_customer_bought_with_the_first_order():
    day = pd.Timestamp("2025-06-01")
    table = pd.DataFrame({"lead_id": list("abcd"), "at": day, "customer_no": pd.array([1, 2, None, 3], "Int64")})
    table["converted_at"] = pd.Series([pd.NaT, pd.NaT, day + pd.Timedelta(days=2), pd.NaT])
    first = [day + pd.Timedelta(days=9), day - pd.Timedelta(days=9), pd.NaT]
    profile = pd.DataFrame({"customer_no": [1, 2, 3], "first_order_at": first})
    rows = prospects.prospects(table, AS_OF, profile).rows
    assert rows["bought"].to_dict() == {"a": True, "c": True, "d": False}  # b had bought before
    assert rows.loc["a", "days"] == 9


def test_people_of_the_population_are_drawn_by_its_shares():
    population = pd.DataFrame({"attribute": ["gender"] * 2 + ["region"] * 2, "value": ["f", "m", "n", "s"]})
    population["share"] = [0.7, 0.3, 0.2, 0.8]
    found = prospects.of_population(population, AS_OF)
    assert found.features.eq(["f", "s"]).mean().to_numpy() == pytest.approx([0.7, 0.8], abs=0.02)
    assert not found.rows["bought"].any()
    assert not len(prospects.of_population(population.head(0), AS_OF).rows)


def test_impossible_and_repeated_rows_are_no_prospects():
    table = leads(5, n=500)
    early = table.head(50).assign(
        lead_id=lambda t: "E" + t["lead_id"], converted_at=lambda t: t["at"] - pd.Timedelta("9D")
    )
    found = prospects.prospects(pd.concat([table, table.head(20), early]), AS_OF)
    assert len(found.rows) == 500


@pytest.mark.parametrize("n", [0, 30])
def test_few_prospects_tell_nothing(n):
    found, model, measured, gains = all_of(leads(6).head(n))
    assert not model.models
    assert not len(gains)
    assert not len(measured)
    assert not told(gains)
    assert not told(prospects.by_group(found))
    assert not len(prospects.scores(found, model))
    assert len(prospects.limits(found, model)) == 1
