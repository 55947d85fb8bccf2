"""Where visits come from, how long they last and where they end, with visitors as the unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import entries, friction, funnels
from customer_profiles.ingest.contract import empty_table


def shop(seed: int, mobile: float = 1.0, long: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Visits by phone and by computer, of visitors of whom each has her own taste; interactions, visits, profile."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(400), rng.poisson(6, 400) + 1)
    taste, old = rng.beta(4, 8, 400)[who], (np.arange(400) % 2)[who]
    phone = rng.random(len(who)) < 0.5
    bought = rng.random(len(who)) < taste * np.where(phone, mobile, 1.0)
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 200_000, len(who)), "min")
    seconds = rng.exponential(200 * np.where(old == 1, long, 1.0))
    base = {"customer_no": who, "session_id": [f"s{n}" for n in range(len(who))], "device": np.where(phone, "m", "d")}
    rows = pd.DataFrame(base).assign(at=start, kind="view", duration_s=seconds, item=rng.choice(["/a", "/b"], len(who)))
    after = rows.assign(at=start + pd.Timedelta(minutes=1), kind="purchase", duration_s=1.0, device=None, item="/done")
    table = pd.concat([rows, after[bought]], ignore_index=True).assign(channel="web", anonymous_id=None)
    table["customer_no"] = table["customer_no"].astype("Int64")
    own = funnels.sessions(table)
    profile = pd.DataFrame({"customer_no": range(400), "half": np.where(np.arange(400) % 2, "old", "young")})
    return own, funnels.visits(own, empty_table("transactions")), profile


def test_the_device_whose_visits_end_less_often_in_an_order_is_told():
    _, visits, _ = shop(1, mobile=0.5)
    result = entries.conversion(visits)
    assert result.frame.set_index("value").loc["m", "ratio"] == pytest.approx(0.5, abs=0.08)
    assert {finding.values["value"] for finding in result.claims(result.frame)} == {"d", "m"}
    assert result.family == 1  # two values of one attribute are one question


def test_groups_and_pages_of_which_visits_are_longer_or_end():
    own, visits, profile = shop(2, long=2.0)
    lasting = entries.dwell(visits, profile, ["half"])
    told = lasting.frame.set_index(["attribute", "value"])
    assert told.loc[("half", "old"), "claim"]
    assert not told.loc[("device", "m"), "claim"]
    ended = entries.endings(own)
    pages = entries.exits(ended).frame.set_index("page")
    assert pages.loc["/done", "share"] == 1
    assert pages.loc["/a", "occasions"] == (own["item"] == "/a").sum()
    assert (
        pages.loc["/a", "times"]
        == ((own["item"] == "/a") & ~own["visit"].isin(own[own["item"] == "/done"]["visit"])).sum()
    )
    groups = entries.exits_by_group(ended, profile, ["half"])
    assert [finding.kind for finding in groups.claims(groups.frame)] == ["nothing"]


def test_nothing_is_found_where_nothing_is():
    """Of 60 companies without structure, those with an established difference stay within what 5 % allow."""
    wrong = [0, 0]
    for seed in range(60):
        _, visits, profile = shop(1000 + seed)
        wrong[0] += bool(entries.conversion(visits).frame["claim"].any())
        wrong[1] += bool(entries.dwell(visits, profile, ["half"]).frame["claim"].any())
    assert max(wrong) <= 9  # P(more than 9 of 60 at 5 %) is 0.1 %


def test_intervals_hold_although_visitors_are_on_both_sides():
    inside = 0
    for seed in range(60):
        _, visits, _ = shop(3000 + seed, mobile=0.6)
        row = entries.conversion(visits).frame.set_index("value").loc["m"]
        inside += row["ratio_low"] <= 0.6 <= row["ratio_high"]
    assert inside >= 51  # P(fewer of 60 at 95 %) is 0.1 %


def test_without_visits_there_is_nothing_to_say():
    own = funnels.sessions(empty_table("interactions"))
    visits, profile = funnels.visits(own, empty_table("transactions")), pd.DataFrame({"customer_no": []})
    ended = entries.endings(own)
    results = [entries.conversion(visits), entries.dwell(visits, profile, []), entries.exits(ended)]
    results += [entries.exits_by_group(ended, profile, []), friction.searched_in_vain(own, 10)]
    assert [len(result) for result in results] == [0] * 5
    assert [result.claims(result.frame) for result in results if result.claims] == [[]] * 4
    assert len(entries.limits(visits)) == 1
    assert entries.limits(shop(1)[1]) == []


def test_words_that_many_searched_for_in_vain():
    rows = [(n, f"s{n}", "2025-03-01 10:00", "search", "Crampons ") for n in range(30)]
    rows += [(n, f"s{n}", "2025-03-01 10:01", "search", "tent") for n in range(30)]
    rows += [(n, f"s{n}", "2025-03-01 10:02", "view", "T-1") for n in range(25)]
    rows += [(n, f"t{n}", "2025-03-02 10:00", "search", "Ada Auental") for n in range(3)]
    rows += [(n, f"u{n}", "2025-03-02 10:00", "search", "ada@example.org") for n in range(30)]
    table = pd.DataFrame(rows, columns=["customer_no", "session_id", "at", "kind", "item"])
    own = funnels.sessions(table.assign(at=pd.to_datetime(table["at"]), anonymous_id=None))
    found = friction.searched_in_vain(own, 10)
    assert found.frame[["word", "n", "occasions"]].to_numpy().tolist() == [["crampons", 30, 30]]
    assert found.claims(found.frame)[0].values["word"] == "crampons"
    assert friction.searched_in_vain(own, 5).frame["word"].tolist() == ["crampons", "tent"]
