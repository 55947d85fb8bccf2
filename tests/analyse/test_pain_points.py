import numpy as np
import pandas as pd
import pytest

from customer_profiles.analyse import pain_points
from customer_profiles.analyse.themes import OTHER


@pytest.fixture
def company():
    """Late parcels hit the north three times as often; broken zips hit everybody alike."""
    rng = np.random.default_rng(4)
    n = 2000
    region = rng.choice(["north", "south", "west"], n)
    late = rng.random(n) < np.where(region == "north", 0.18, 0.06)
    zips = rng.random(n) < 0.1
    profile = pd.DataFrame(
        {
            "customer_no": range(n),
            "region": pd.Series(region).mask(rng.random(n) < 0.05),
            "gender": rng.choice(["f", "m"], n),
            "age": rng.integers(18, 80, n),
            "nps_score": np.where(rng.random(n) < 0.5, np.clip(8 - 2.0 * late + rng.normal(0, 1.5, n), 0, 10), np.nan),
        }
    )
    rows = [(i, "late") for i in np.flatnonzero(late)] + [(i, "zips") for i in np.flatnonzero(zips)]
    assignments = pd.DataFrame(rows, columns=["customer_no", "theme"])
    assignments.insert(0, "row", range(len(assignments)))
    opened = pd.Timestamp("2025-01-01")
    hours = np.where(assignments["theme"] == "late", 48, 12)
    tickets = pd.DataFrame(
        {
            "customer_no": assignments["customer_no"],
            "opened_at": opened,
            "closed_at": opened + pd.to_timedelta(hours, unit="h"),
            "reopened": assignments["theme"] == "late",
        }
    )
    return profile, assignments, tickets


def test_a_customer_has_a_pain_once_and_unknown_ones_none():
    assignments = pd.DataFrame({"customer_no": [1, 1, None, 2], "theme": ["late", "late", "late", OTHER]})
    assert pain_points.pains_by_customer(assignments).to_numpy().tolist() == [[1, "late"]]


def test_the_planted_group_is_the_strongest_claim(company):
    profile, assignments, _ = company
    table = pain_points.by_group(pain_points.pains_by_customer(assignments), profile, ["region", "gender", "age"])
    claimed = table[table["claim"]].sort_values("effect", ascending=False)
    assert claimed[["theme", "value"]].to_numpy()[0].tolist() == ["late", "north"]
    assert claimed["ratio_low"].iloc[0] < 3 < claimed["ratio_high"].iloc[0]
    assert "zips" not in set(claimed["theme"])


def test_counts_are_those_of_a_plain_count(company):
    profile, assignments, _ = company
    pains = pain_points.pains_by_customer(assignments)
    row = pain_points.by_group(pains, profile, ["region"]).query("theme == 'late' and value == 'north'").iloc[0]
    known = profile[profile["region"].notna()]
    late = known["customer_no"].isin(pains.loc[pains["theme"] == "late", "customer_no"])
    north = known["region"] == "north"
    assert row["n"] == (late & north).sum()
    assert row["base"] == north.sum()
    assert row["n_rest"] == (late & ~north).sum()
    assert row["base_rest"] == (~north).sum()


def test_small_groups_are_not_tested(company):
    profile, assignments, _ = company
    profile.loc[:20, "region"] = "island"
    table = pain_points.by_group(pain_points.pains_by_customer(assignments), profile, ["region"])
    assert table.loc[table["value"] == "island", "p"].isna().all()
    assert not table.loc[table["value"] == "island", "claim"].any()


def test_the_two_rows_of_a_two_valued_attribute_count_once(company):
    profile, assignments, _ = company
    table = pain_points.by_group(pain_points.pains_by_customer(assignments), profile, ["gender"])
    assert table.attrs["family"] == 2
    assert len(table) == 4


def test_claims_on_data_without_structure_stay_within_the_promise():
    wrong = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        profile = pd.DataFrame({"customer_no": range(800)} | {f"a{i}": rng.choice(list("abcd"), 800) for i in range(4)})
        pains = pd.DataFrame(
            [(i, theme) for theme in "xyz" for i in np.flatnonzero(rng.random(800) < 0.1)],
            columns=["customer_no", "theme"],
        )
        wrong += bool(pain_points.by_group(pains, profile, ["a0", "a1", "a2", "a3"])["claim"].any())
    assert wrong <= 6  # 99.5 % quantile of a binomial with 40 families at 5 %


def test_prevalence_tells_how_harmful_a_pain_is(company):
    profile, assignments, tickets = company
    table = pain_points.prevalence(assignments, tickets, profile).set_index("theme")
    assert table.loc["late", "n"] == (assignments["theme"] == "late").sum()
    assert table.loc["late", "base"] == len(profile)
    assert table.loc["late", "resolution_hours"] == 48
    assert table.loc["late", "reopened_share"] == 1
    assert table.loc["zips", "reopened_share"] == 0
    assert table.loc["late", "difference_low"] < -1.8 < table.loc["late", "difference_high"]
    costs = pain_points.cost_findings(table.reset_index())
    assert costs[0].values["theme"] == "late"
    assert costs[0].values["points"] == pytest.approx(-table.loc["late", "difference"])


def test_prevalence_without_scores_or_dates(company):
    profile, assignments, tickets = company
    table = pain_points.prevalence(assignments, tickets[["customer_no"]], profile[["customer_no"]])
    assert "difference" not in table
    assert pain_points.cost_findings(table) == []


def test_findings_name_the_group_or_say_that_there_is_none(company):
    profile, assignments, _ = company
    pains = pain_points.pains_by_customer(assignments)
    claim = pain_points.findings(pain_points.by_group(pains, profile, ["region"]))[0]
    assert claim.kind == "difference"
    assert (claim.values["theme"], claim.values["value"]) == ("late", "north")
    nothing = pain_points.findings(pain_points.by_group(pains, profile, ["gender"]))
    assert [finding.kind for finding in nothing] == ["nothing"]
    assert pain_points.findings(pain_points.by_group(pains, profile, []))[0].kind == "nothing"


def test_no_tickets_is_a_limit():
    assert pain_points.limits(pd.DataFrame({"text": pd.Series(dtype="str")}))
    assert pain_points.limits(pd.DataFrame({"text": ["Paket fehlt"]})) == []
