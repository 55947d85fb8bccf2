"""In a null company nothing depends on anything, and all is as large and as written as in the other."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.demo.plan import load_plan

ATTRIBUTES = (
    *("age_band", "gender", "income_band", "household_size", "children", "region", "occupation"),
    *("interests", "values", "preferred_channel", "order_channel", "favourite"),
)
ALPHA = 0.001  # per family of tests, after Bonferroni


def independence(first: pd.Series, second: pd.Series) -> float:
    """p-value of the chi-squared test; values too rare for it are left out."""
    table = pd.crosstab(first.to_numpy(), second.to_numpy())
    table = table.loc[table.sum(axis=1) > 60, table.sum() > 60]
    return float(stats.chi2_contingency(table).pvalue)


def smallest(p: list[float]) -> float:
    return min(p) * len(p)


def test_attributes_are_independent_of_each_other(null):
    persons = null.table("persons")
    pairs = itertools.combinations(ATTRIBUTES, 2)
    assert smallest([independence(persons[first], persons[second]) for first, second in pairs]) > ALPHA


def test_shares_are_those_of_the_reference(null):
    persons, plan = null.table("persons"), load_plan(null=True)
    p = []
    for name in ATTRIBUTES:
        attribute = plan.attributes[name]
        counts = persons[name].value_counts().reindex(attribute.values, fill_value=0)
        p.append(float(stats.chisquare(counts, attribute.reference * len(persons)).pvalue))
    assert smallest(p) > ALPHA


def test_population_file_states_the_reference(null):
    stated = pd.read_csv(null.raw("bevoelkerung.csv"), sep=";", decimal=",", dtype={"Ausprägung": str})
    assert np.allclose(stated.groupby("Merkmal")["Anteil"].sum(), 1)
    assert stated["Basis"].unique().tolist() == ["German population 18+ (demo figures)"]


def test_tickets_do_not_know_the_groups(null):
    persons, tickets = null.table("persons").set_index("person"), null.table("tickets")
    p = [independence(tickets["theme"], persons.loc[tickets["person"], name]) for name in ATTRIBUTES]
    raw = pd.read_csv(null.raw("tickets.csv"), dtype=str, keep_default_na=False)
    p += [independence(tickets["theme"], raw[name]) for name in ("category", "channel", "reopened", "resolution")]
    p.append(independence(tickets["theme"], tickets["second_theme"].ne("")))
    p.append(independence(tickets["theme"], (raw["opened"] >= "2025-09-01").astype(str)))
    assert smallest(p) > ALPHA


def test_how_often_somebody_writes_does_not_depend_on_who_it_is(null):
    persons, tickets = null.table("persons").set_index("person"), null.table("tickets")
    number = tickets["person"].value_counts().reindex(persons.index, fill_value=0).clip(upper=3)
    assert smallest([independence(number, persons[name]) for name in ATTRIBUTES]) > ALPHA


def test_scores_depend_on_nothing(null):
    persons, feedback = null.table("persons").set_index("person"), null.table("feedback")
    nps = feedback[feedback["metric"] == "nps"]
    p = [independence(nps["score"], persons.loc[nps["person"], name]) for name in ATTRIBUTES]
    with_text = nps[nps["text"] != ""]
    p.append(independence(with_text["score"], with_text["tone"]))
    complained = nps["person"].isin(null.table("tickets")["person"])
    p.append(independence(nps["score"], complained))
    assert smallest(p) > ALPHA


def test_scores_of_a_person_have_nothing_in_common(null):
    feedback = null.table("feedback")
    nps = feedback[feedback["metric"] == "nps"]
    twice = nps[nps.groupby("person")["score"].transform("size") >= 2].groupby("person")["score"].agg(["first", "last"])
    assert stats.pearsonr(twice["first"], twice["last"]).pvalue > ALPHA


def test_no_event_changes_the_scores(null):
    answers = pd.read_csv(null.raw("umfragen.csv"), sep=";", dtype=str, keep_default_na=False)
    answers = answers[(answers["Frage"] == "Weiterempfehlung") & answers["Wert"].str.isdigit()]
    day = pd.to_datetime(answers["Datum"], format="%d.%m.%Y", errors="coerce")
    score = answers["Wert"].astype(int)
    days = [pd.Timestamp(event["day"]) for event in null.truth["events"]]
    assert smallest([stats.ttest_ind(score[day < turn], score[day >= turn]).pvalue for turn in days]) > ALPHA


def test_orders_do_not_know_the_customer(null):
    persons = null.table("persons").set_index("person")
    accounts = null.table("identities").query("ids == 'shop'").set_index("id")["person"]
    lines = pd.read_csv(
        null.raw("bestellungen_2025.csv"), sep=";", dtype=str, encoding="utf-8-sig", keep_default_na=False
    )
    lines = lines[lines["Betrag"] != ""]
    amount = lines["Betrag"].str.replace(",", ".").astype(float)
    level = pd.qcut(amount.groupby(lines["Kundenkonto"]).mean(), 4, labels=False)
    who = persons.loc[accounts[level.index]]
    names = [name for name in ATTRIBUTES if name != "favourite"]
    assert smallest([independence(level, who[name]) for name in names]) > ALPHA


def test_everybody_is_known_to_both_systems_and_easily_matched(null):
    identities = null.table("identities")
    assert (identities.groupby("person")["ids"].nunique() == 2).all()
    assert set(null.table("duplicates")["link"]) == {"same_email", ""}


def test_truth_says_so(null):
    truth = null.truth
    assert truth["null"]
    assert truth["segments"] == truth["traits"] == truth["drivers"] == []
    assert {pain["rate_ratio"] for pain in truth["pains"]} == {1.0}
    assert {event["effect"] for event in truth["events"]} == {0.0}


@pytest.mark.parametrize("name", ["crm_kunden.csv", "tickets.csv", "umfragen.csv", "bewertungen.csv", "newsletter.csv"])
def test_files_are_of_about_the_same_size(name, null, large):
    ratio = null.raw(name).stat().st_size / large.raw(name).stat().st_size
    assert 0.75 < ratio < 1.35


def test_files_have_the_same_columns(null, large):
    for path in sorted((null.folder / "raw").glob("*.csv")):
        encoding = "cp1252" if path.name.startswith("crm") else "utf-8"
        with path.open(encoding=encoding) as one, large.raw(path.name).open(encoding=encoding) as other:
            assert one.readline() == other.readline()
