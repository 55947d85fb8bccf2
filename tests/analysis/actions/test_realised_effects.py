"""Promised and observed: planted effects are found, and nothing is claimed where nothing was done."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from known_pains import evidence_of_behaviour, evidence_of_tickets

from customer_profiles.analysis.actions import realised_effects
from customer_profiles.ingest.contract import empty_table
from customer_profiles.privacy.disclosure import Gate

AS_OF, START = date(2025, 12, 31), pd.Timestamp("2025-03-03")
PROFILE = pd.DataFrame({"customer_no": range(3000), "member": np.arange(3000) % 2 == 0})
NO_EVENTS = empty_table("events")


def occasions(seed, reduction=0.0, members_only=False, n=9000, rate=0.4):
    """Searches of two years, of which from `START` on fewer fail."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"customer_no": rng.integers(0, len(PROFILE), n)})
    rows["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730 * 24, n), unit="h")
    after = (rows["at"] >= START) & (PROFILE["member"].to_numpy()[rows["customer_no"]] | (not members_only))
    return rows.assign(hit=rng.random(n) < rate * (1 - reduction * after)).sort_values(["customer_no", "at"])


def action(low=0.3, high=0.3, started=START, partial=False, pain="failed_search"):
    row = {"action": "A", "pain": pain, "expected_low": low, "expected_high": high, "partial": partial}
    return pd.DataFrame([row | {"started_on": started}]).astype({"started_on": "datetime64[us]"})


def result_of(evidence, actions, events=NO_EVENTS):
    members = PROFILE["member"] if actions["partial"].any() else pd.Series(True, PROFILE.index)
    given = pd.DataFrame(dict.fromkeys(actions["action"], members))
    return realised_effects.by_action(actions, evidence, PROFILE, given, events, AS_OF)


def judged(*given, **more):
    return result_of(*given, **more).frame


def claims_of(result):
    return result.claims(result.frame.assign(hidden=False))


@pytest.mark.parametrize("members_only", [False, True])
@pytest.mark.parametrize(
    ("planted", "promised", "verdict"),
    [
        (0.5, (0.3, 0.5), realised_effects.KEPT),
        (0.0, (0.5, 0.6), realised_effects.BROKEN),
        (0.5, (0.95, 1.0), realised_effects.PARTLY),
    ],
)
def test_promises_are_judged_by_the_planted_effect(members_only, planted, promised, verdict):
    evidence = evidence_of_behaviour(occasions(2, planted, members_only))
    result = result_of(evidence, action(*promised, partial=members_only))
    row = result.frame.iloc[0]
    assert row["realised_low"] <= planted <= row["realised_high"]
    assert row["verdict"] == verdict
    assert row["method"] == (realised_effects.OTHERS if members_only else realised_effects.SERIES)
    assert result.family == 1
    finding = claims_of(result)[0]
    assert finding.values["observed"] == row["realised"]
    assert finding.kind == ("fact" if verdict == realised_effects.BROKEN else "difference")


def test_the_others_tell_apart_what_changed_for_everybody():
    everybody_better = evidence_of_behaviour(occasions(4, 0.5, members_only=False))
    row = judged(everybody_better, action(partial=True)).iloc[0]
    assert row["realised_low"] <= 0 <= row["realised_high"]
    assert row["verdict"] != realised_effects.KEPT


def test_the_difference_in_differences_is_the_ratio_of_ratios():
    rows = occasions(5, 0.4, members_only=True)
    row = judged(evidence_of_behaviour(rows), action(partial=True)).iloc[0]
    length = pd.Timestamp("2026-01-01") - START
    rows = rows.assign(member=PROFILE["member"].to_numpy()[rows["customer_no"]], after=rows["at"] >= START)
    inside = rows[(rows["at"] >= START - length)]
    rate = inside.groupby(["after", "member"])["hit"].mean()
    ratio = rate[True, True] / rate[False, True] / (rate[True, False] / rate[False, False])
    assert row["realised"] == pytest.approx(1 - ratio, abs=0.01)  # a window may end on either side of midnight


@pytest.mark.parametrize(("planted", "verdict"), [(0.6, realised_effects.KEPT), (0.0, None)])
def test_another_pain_that_grows_keeps_no_promise(planted, verdict):
    """Tickets are counted of the customers of each week: of all tickets, this pain falls to a half by itself."""
    rows = occasions(6, planted, n=6000).reset_index(drop=True)
    more = occasions(7, n=6000).assign(hit=False).query("at >= @START")
    rows = pd.concat([rows, more], ignore_index=True)
    tickets = rows[["customer_no"]].assign(opened_at=rows["at"])
    evidence = evidence_of_tickets(tickets, np.where(rows["hit"], "delivery", "login"))
    row = judged(evidence, action(0.4, 0.6, pain="delivery")).iloc[0]
    assert row["realised_low"] <= planted <= row["realised_high"]
    assert row["verdict"] == verdict or (verdict is None and row["verdict"] != realised_effects.KEPT)


@pytest.mark.slow
def test_of_actions_without_effect_none_is_kept_because_another_pain_grows(record_property):
    kept = 0
    for seed in range(25):
        rows = occasions(300 + seed, 0.0, n=6000).reset_index(drop=True)
        more = occasions(400 + seed, n=6000).assign(hit=False).query("at >= @START")
        rows = pd.concat([rows, more], ignore_index=True)
        evidence = evidence_of_tickets(
            rows[["customer_no"]].assign(opened_at=rows["at"]), np.where(rows["hit"], "delivery", "login")
        )
        kept += judged(evidence, action(0.1, 0.2, pain="delivery")).loc[0, "verdict"] == realised_effects.KEPT
    record_property("kept", kept)
    assert kept <= 2


def test_an_event_is_not_taken_for_the_action():
    rng = np.random.default_rng(8)
    rows = occasions(8, n=12000)
    later = pd.Timestamp("2025-07-07")
    spared = (rows["at"] >= later) & (rng.random(len(rows)) < 0.6)
    evidence = evidence_of_behaviour(rows.assign(hit=rows["hit"] & ~spared))
    calendar = pd.DataFrame({"at": [later], "until": [pd.NaT], "name": ["A"], "kind": ["launch"]})
    row = judged(evidence, action(), events=calendar.astype({"until": "datetime64[us]"})).iloc[0]
    assert row["realised_low"] <= 0 <= row["realised_high"]


@pytest.mark.parametrize(
    ("started", "verdict"),
    [
        (pd.NaT, realised_effects.NOT_BEGUN),
        ("2026-03-01", realised_effects.NOT_BEGUN),
        ("2025-12-01", realised_effects.EARLY),
    ],
)
def test_what_has_hardly_begun_is_not_judged(started, verdict):
    result = result_of(evidence_of_behaviour(occasions(1, n=2000)), action(started=pd.Timestamp(started)))
    table = result.frame
    assert table.loc[0, "verdict"] == verdict
    assert pd.isna(table.loc[0, "realised"])
    assert [finding.kind for finding in claims_of(result)] == (
        [] if verdict == realised_effects.NOT_BEGUN else ["nothing"]
    )


def test_a_pain_that_nobody_has_or_that_has_no_days_cannot_be_told():
    evidence = evidence_of_behaviour(occasions(1, n=2000))
    assert judged(evidence, action(pain="snow chains")).loc[0, "verdict"] == realised_effects.OPEN
    few = evidence_of_behaviour(occasions(1, n=60))
    for partial in (False, True):
        assert judged(few, action(partial=partial)).loc[0, "verdict"] == realised_effects.OPEN
    nothing = result_of(evidence, action()[:0])
    assert not len(nothing)
    assert claims_of(nothing) == []
    assert realised_effects.facts(nothing.frame) == {"actions_begun": 0, "promises_kept": 0, "promises_not_kept": 0}


@pytest.mark.parametrize("partial", [False, True])
def test_an_action_without_effect_is_hardly_ever_called_kept(partial):
    verdicts = [
        judged(evidence_of_behaviour(occasions(seed, n=3000)), action(0.1, 0.2, partial=partial)).loc[0, "verdict"]
        for seed in range(100, 130 if partial else 112)
    ]
    assert np.mean([verdict in (realised_effects.KEPT, realised_effects.PARTLY) for verdict in verdicts]) <= 0.1


def test_small_counts_are_hidden():
    hit_few = occasions(1, n=2000).assign(hit=False).reset_index(drop=True)
    late = hit_few[hit_few["at"] >= START].drop_duplicates("customer_no").index[:4]
    hit_few.loc[late, "hit"] = True
    result = result_of(evidence_of_behaviour(hit_few), action())
    assert result.frame.loc[0, "n"] == 4
    page = Gate(10).guard(result).frame
    assert page["suppressed"].tolist() == [True]
    assert page.loc[0, ["n", "realised"]].isna().all()
    assert page.loc[0, "expected_least"] == 0.3
