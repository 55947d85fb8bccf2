"""What the truth file says is in the data, within what chance allows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

SURE = 4.0  # standard errors: a planted number further off than this is a mistake, not chance


def shares(values: pd.Series) -> pd.Series:
    return values.value_counts(normalize=True)


def tickets_per_person(company) -> pd.DataFrame:
    """Tickets of each person by main theme, shape (people, themes)."""
    persons, tickets = company.table("persons"), company.table("tickets")
    return pd.crosstab(tickets["person"], tickets["theme"]).reindex(persons["person"], fill_value=0)


def test_pains_hit_the_groups_they_name(large):
    persons, number = large.table("persons"), tickets_per_person(large)
    for pain in large.truth["pains"]:
        counts = number[pain["theme"]].to_numpy()
        if pain["attribute"] is None:
            assert counts.mean() == pytest.approx(pain["rate"], rel=0.2)
            continue
        hit = (persons[pain["attribute"]] == pain["value"]).to_numpy()
        log_ratio = np.log(counts[hit].mean() / counts[~hit].mean())
        # The counts of a customer vary more than Poisson's by the frailty, here a quarter at most.
        error = np.sqrt(1.25 / counts[hit].sum() + 1.25 / counts[~hit].sum())
        assert abs(log_ratio - np.log(pain["rate_ratio"])) < SURE * error, pain["theme"]
        assert 2 <= pain["rate_ratio"] <= 4


def test_there_are_enough_pains_of_each_kind(company):
    pains = company.truth["pains"]
    assert sum(pain["attribute"] is not None for pain in pains) >= 5
    assert sum(pain["attribute"] is None for pain in pains) >= 3
    assert all(len(words) >= 8 for pain in pains for words in pain["vocabulary"].values())


def test_traits_differ_from_the_reference_as_stated(large):
    persons, traits = large.table("persons"), large.truth["traits"]
    assert len(traits) >= 6
    assert {trait["direction"] for trait in traits} == {"over", "under"}
    for trait in traits:
        share = float((persons[trait["attribute"]] == trait["value"]).mean())
        error = np.sqrt(trait["share"] * (1 - trait["share"]) / len(persons))
        assert abs(share - trait["share"]) < SURE * error, trait
        assert share == pytest.approx(trait["made"], abs=1e-4)


def test_each_pain_costs_its_points(large):
    """Least squares of the score on the pains, as near as rounding and the ends of the scale allow."""
    number, feedback = tickets_per_person(large), large.table("feedback")
    tickets = large.table("tickets")
    number = number + pd.crosstab(tickets["person"], tickets["second_theme"]).reindex(
        index=number.index, columns=number.columns, fill_value=0
    )
    nps = feedback[feedback["metric"] == "nps"]
    has = (number.loc[nps["person"]] > 0).to_numpy(dtype=float)
    estimate, *_ = np.linalg.lstsq(np.column_stack([np.ones(len(has)), has]), nps["score"].to_numpy(), rcond=None)
    planted = {pain["theme"]: pain["effect"] for pain in large.truth["pains"]}
    for theme, points in zip(number.columns, estimate[1:], strict=True):
        assert points == pytest.approx(planted[theme], abs=0.45), theme
    assert np.corrcoef(estimate[1:], [planted[theme] for theme in number.columns])[0, 1] > 0.95


def test_one_event_lowers_the_scores_and_the_others_do_not(large):
    answers = pd.read_csv(large.raw("umfragen.csv"), sep=";", dtype=str, keep_default_na=False)
    answers = answers[(answers["Frage"] == "Weiterempfehlung") & answers["Wert"].str.isdigit()]
    day = pd.to_datetime(answers["Datum"], format="%d.%m.%Y", errors="coerce")
    score = answers["Wert"].astype(int)
    events = large.truth["events"]
    assert [event["name"] for event in events if event["effect"]] == ["Warehouse move"]
    for event in events:
        turn = pd.Timestamp(event["day"])
        before = score[(day < turn) & (day >= turn - pd.Timedelta(days=110))]
        after = score[(day >= turn) & (day < turn + pd.Timedelta(days=80))]
        error = np.sqrt(before.var() / len(before) + after.var() / len(after))
        assert abs(after.mean() - before.mean() - event["effect"]) < SURE * error, event["name"]


def test_late_parcels_become_more_frequent_after_the_move(large):
    opened = pd.read_csv(large.raw("tickets.csv"), dtype=str, keep_default_na=False)["opened"]
    late = (large.table("tickets")["theme"] == "late_delivery").to_numpy()
    after = (opened >= "2025-09-01").to_numpy()
    assert late[after].mean() > 1.3 * late[~after].mean()


def test_tone_follows_the_score_with_some_noise(company):
    feedback = company.table("feedback")
    nps = feedback[(feedback["metric"] == "nps") & (feedback["text"] != "")]
    promoters, detractors = nps[nps["score"] >= 9], nps[nps["score"] <= 6]
    assert 0.8 < (promoters["tone"] == "positive").mean() < 0.98
    assert 0.7 < (detractors["tone"] == "negative").mean() < 0.95


def test_duplicates_are_the_same_person_under_two_ids(company):
    pairs, identities = company.table("duplicates"), company.table("identities")
    person = identities.set_index("id")["person"]
    assert (pairs["id_a"].map(person) == pairs["id_b"].map(person)).all()
    across = pairs[(pairs["ids_a"] == "crm") & (pairs["ids_b"] == "shop")]
    assert set(across["link"]) == {"same_email", "same_phone", "same_birth_date", "same_address", "hardly"}
    shop = identities[identities["ids"] == "shop"]
    known = shop["person"].isin(identities.loc[identities["ids"] == "crm", "person"])
    assert 0.82 < known.mean() < 0.88
    assert (pairs["ids_b"] == "crm").sum() > 10, "some persons are in the CRM twice"


def test_links_are_really_there(company):
    pairs = company.table("duplicates")
    crm = pd.read_csv(company.raw("crm_kunden.csv"), sep=";", dtype=str, encoding="cp1252", keep_default_na=False)
    shop = pd.read_csv(company.raw("shop_kunden.csv"), dtype=str, keep_default_na=False)
    both = pairs[pairs["link"] != ""].merge(crm, left_on="id_a", right_on="Kundennr")
    both = both.merge(shop, left_on="id_b", right_on="account")
    same_email = both["E-Mail"].str.lower() == both["email"].str.lower()
    on_file = both["E-Mail"].str.contains("@") & ~both["E-Mail"].str.startswith("keine")
    assert same_email[(both["link"] == "same_email") & on_file].all()
    assert not same_email[both["link"] != "same_email"].any()
    digits = both["phone"].str.replace(r"\D", "", regex=True).str[-10:]
    same_phone = digits == both["Telefon"].str[-10:]
    has_phone = both["Telefon"].str.len() == 12
    assert same_phone[both["link"].isin(["same_phone", "hardly"]) & has_phone].all()


def test_segments_differ_and_overlap(company):
    persons = company.table("persons")
    assert persons["segment"].nunique() == 5 == len(company.truth["segments"])
    assert shares(persons["segment"]).min() > 0.1
    for segment in company.truth["segments"]:
        members = persons[persons["segment"] == segment["segment"]]
        others = persons[persons["segment"] != segment["segment"]]
        for attribute, value in segment["traits"].items():
            assert (members[attribute] == value).mean() > (others[attribute] == value).mean(), (segment, attribute)
    for attribute in ("age_band", "household_size", "interests", "values", "favourite", "order_channel"):
        guessed = pd.crosstab(persons[attribute], persons["segment"]).max(axis=1).sum() / len(persons)
        assert guessed < 0.75, f"{attribute} alone gives the segment away"
