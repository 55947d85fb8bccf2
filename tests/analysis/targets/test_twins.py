"""Customers hidden among prospects are found where these differ, and not where they do not; strangers are flagged."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from support import told

from customer_profiles.analysis.targets import prospects, twins

AS_OF = date(2025, 12, 31)


def people(rng, n, climbs, foreign=0):
    table = pd.DataFrame(
        {
            "interests": np.where(rng.random(n) < climbs, "climbing", rng.choice(["hiking", "travel"], n)),
            "age": rng.normal(45, 12, n).round().clip(18, 90),
            "region": rng.choice(list("abcdef"), n),
        }
    )
    table.loc[: foreign - 1, ["interests", "region"]] = ["golf", "abroad"]
    return table


def compared(seed, climbs=0.5, n=3000, foreign=150, unknown=0.0):
    """Customers who climb often, a part of them without a known interest, and prospects of whom one in ten climbs."""
    rng = np.random.default_rng(seed)
    customers = people(rng, 1500, climbs).rename_axis("customer_no")
    customers["interests"] = customers["interests"].mask(np.random.default_rng(99).random(1500) < unknown)
    leads = people(rng, n, 0.1, foreign)
    leads["lead_id"] = [f"L{i:05d}" for i in range(n)]
    leads["at"] = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    leads["converted_at"] = (leads["at"] + pd.Timedelta(days=5)).where(rng.random(n) < 0.05)
    return twins.twins(prospects.prospects(leads, AS_OF), customers), leads.set_index("lead_id")


@pytest.mark.parametrize("seed", range(5))
def test_hidden_customers_are_found_and_strangers_are_flagged(seed):
    found, leads = compared(seed)
    result = twins.spikes(found)
    assert result.frame["n"].sum() == len(found.hidden) == 300
    assert result.frame["share"].iloc[0] >= 0.2
    assert told(result)[0].id == "twins.found"
    foreign = leads.loc[found.rows.index, "region"] == "abroad"
    assert found.rows.loc[foreign, "outside"].mean() >= 0.95
    assert found.rows.loc[~foreign, "outside"].mean() <= 0.05
    strangers = twins.strangers(found).frame.set_index("likeness")
    assert strangers.loc[twins.UNLIKE, "n"] == found.rows["outside"].sum()
    assert strangers["n"].sum() == len(found.rows)
    facts = twins.facts(result.frame, strangers.reset_index())
    assert facts["twins_found"] == result.frame["n"].iloc[0]


def test_without_prospects_customers_are_sought_in_the_population():
    customers = people(np.random.default_rng(1), 1500, 0.5).rename_axis("customer_no")
    values = {"interests": {"climbing": 0.1, "hiking": 0.45, "travel": 0.45}, "region": dict.fromkeys("abcdef", 1 / 6)}
    rows = [(name, value, share) for name, of in values.items() for value, share in of.items()]
    drawn = prospects.of_population(pd.DataFrame(rows, columns=["attribute", "value", "share"]), AS_OF)
    found = twins.twins(drawn, customers)
    spikes = twins.spikes(found)
    assert "population" in told(spikes)[0].message
    assert told(spikes)[0].id == "twins.found"
    first = twins.described(found, drawn, spikes).frame.iloc[0]
    assert (first["attribute"], first["value"]) == ("interests", "climbing")
    assert first["share"] > 0.9
    assert first["share_rest"] < 0.1


@pytest.mark.parametrize(("seeds", "most"), [(6, 2), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_where_prospects_are_like_customers_nobody_is_found(seeds, most):
    results = [twins.spikes(compared(seed, climbs=0.1, n=1500, foreign=0)[0]) for seed in range(20, 20 + seeds)]
    assert sum(told(result)[0].kind != "nothing" for result in results) <= most


def test_what_a_file_leaves_open_is_no_likeness():
    found, _ = compared(20, climbs=0.1, foreign=0, unknown=0.4)
    assert told(twins.spikes(found))[0].id == "twins.nothing"
    assert len(found.hidden) < 200


def test_likeness_is_the_same_if_what_is_unknown_is_dealt_out_anew():
    """What is unknown of customers who climb, and of prospects who do not, or of as many of both by chance."""
    rng = np.random.default_rng(2)
    customers, leads = people(rng, 3000, 0.5).rename_axis("customer_no"), people(rng, 3000, 0.1).rename_axis("lead_id")
    leads = leads.reset_index().assign(at=pd.Timestamp(AS_OF), converted_at=pd.NaT)
    found = []
    for dealt in (False, True):
        tables = []
        for table, of in ((customers, "climbing"), (leads, "hiking")):
            hidden = (table["interests"] == of).to_numpy() & (rng.random(len(table)) < 0.5)
            hidden = rng.permutation(hidden) if dealt else hidden
            tables.append(table.assign(region=table["region"].mask(hidden)))
        alike = twins.twins(prospects.prospects(tables[1], AS_OF), tables[0])
        found.append(alike.rows["likeness"].groupby(tables[1].set_index("lead_id")["interests"]).mean())
    assert (found[0].rank() == found[1].rank()).all()
    assert found[0].to_numpy() == pytest.approx(found[1].to_numpy(), abs=0.05)


def test_equally_alike_prospects_are_ordered_by_who_came_last():
    found, leads = compared(1)
    table = twins.ranked(found, twins.spikes(found))
    assert table["place"].tolist() == list(range(1, len(found.rows) + 1))
    assert not table["lead_id"].isin(leads.index[leads["converted_at"].notna()]).any()
    at = leads.loc[table["lead_id"], "at"].reset_index(drop=True)
    same = table["likeness"].eq(table["likeness"].shift()) & table["outside"].eq(table["outside"].shift())
    assert same.any()
    assert (at <= at.shift())[same].all()
    assert table["outside"].is_monotonic_increasing


@pytest.mark.parametrize("n", [0, 30])
def test_few_prospects_have_no_twins(n):
    found, _ = compared(1, n=max(n, 1), foreign=0)
    assert not told(twins.spikes(found))
    assert not len(twins.strangers(found))
    assert not len(twins.ranked(found, twins.spikes(found)))
    assert twins.facts(twins.spikes(found).frame, twins.strangers(found).frame.reindex(columns=["likeness", "n"])) == {}
