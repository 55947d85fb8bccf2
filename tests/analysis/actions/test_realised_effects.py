"""Promised and observed: planted effects are found, and nothing is claimed where nothing was done."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from known_pains import evidence_of_behaviour, evidence_of_tickets

from customer_profiles.analysis.actions import realised_effects
from customer_profiles.ingest.contract import empty_table

AS_OF, START = date(2025, 12, 31), pd.Timestamp("2025-03-03")
PROFILE = pd.DataFrame({"customer_no": range(3000), "member": np.arange(3000) % 2 == 0})
NO_EVENTS, NO_TICKETS = empty_table("events"), empty_table("tickets")


def occasions(seed, reduction=0.0, members_only=False, n=9000, rate=0.4):
    """Searches of two years, of which from `START` on fewer fail."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"customer_no": rng.integers(0, len(PROFILE), n)})
    rows["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730 * 24, n), unit="h")
    after = (rows["at"] >= START) & (PROFILE["member"].to_numpy()[rows["customer_no"]] | (not members_only))
    return rows.assign(hit=rng.random(n) < rate * (1 - reduction * after)).sort_values(["customer_no", "at"])


def action(low=0.3, high=0.3, started=START, partial=False, pain="failed_search"):
    row = {"action": "A", "pain": pain, "promised_low": low, "promised_high": high, "partial": partial}
    return pd.DataFrame([row | {"started_on": started}]).astype({"started_on": "datetime64[us]"})


def judged(evidence, actions, tickets=NO_TICKETS, events=NO_EVENTS):
    members = PROFILE["member"] if actions["partial"].any() else pd.Series(True, PROFILE.index)
    given = pd.DataFrame(dict.fromkeys(actions["action"], members))
    return realised_effects.outcomes(actions, evidence, tickets, PROFILE, given, events, AS_OF)


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
    table = judged(evidence, action(*promised, partial=members_only))
    row = table.iloc[0]
    assert row["observed_low"] <= planted <= row["observed_high"]
    assert row["verdict"] == verdict
    assert row["method"] == (realised_effects.OTHERS if members_only else realised_effects.SERIES)
    assert table.attrs["family"] == 1
    finding = realised_effects.findings(table)[0]
    assert finding.values["observed"] == row["observed"]
    assert finding.kind == ("fact" if verdict == realised_effects.BROKEN else "difference")


def test_the_others_tell_apart_what_changed_for_everybody():
    everybody_better = evidence_of_behaviour(occasions(4, 0.5, members_only=False))
    row = judged(everybody_better, action(partial=True)).iloc[0]
    assert row["observed_low"] <= 0 <= row["observed_high"]
    assert row["verdict"] != realised_effects.KEPT


def test_the_difference_in_differences_is_the_ratio_of_ratios():
    rows = occasions(5, 0.4, members_only=True)
    row = judged(evidence_of_behaviour(rows), action(partial=True)).iloc[0]
    length = pd.Timestamp("2026-01-01") - START
    rows = rows.assign(member=PROFILE["member"].to_numpy()[rows["customer_no"]], after=rows["at"] >= START)
    inside = rows[(rows["at"] >= START - length)]
    rate = inside.groupby(["after", "member", "customer_no"])["hit"].max().groupby(["after", "member"]).mean()
    ratio = rate[True, True] / rate[False, True] / (rate[True, False] / rate[False, False])
    assert row["observed"] == pytest.approx(1 - ratio, abs=0.01)  # a window may end on either side of midnight


def test_tickets_count_as_a_share_of_all_tickets():
    rows = occasions(6, 0.6, n=4000).reset_index(drop=True)
    tickets = rows[["customer_no"]].assign(opened_at=rows["at"])
    evidence = evidence_of_tickets(tickets, np.where(rows["hit"], "delivery", ""))
    known = realised_effects.occasions_of("delivery", evidence, tickets)
    assert (len(known), int(known["hit"].sum())) == (4000, int(rows["hit"].sum()))
    row = judged(evidence, action(0.4, 0.6, pain="delivery"), tickets).iloc[0]
    assert row["verdict"] == realised_effects.KEPT


def test_an_event_is_not_taken_for_the_action():
    rng = np.random.default_rng(8)
    rows = occasions(8, n=12000)
    later = pd.Timestamp("2025-07-07")
    spared = (rows["at"] >= later) & (rng.random(len(rows)) < 0.6)
    evidence = evidence_of_behaviour(rows.assign(hit=rows["hit"] & ~spared))
    calendar = pd.DataFrame({"at": [later], "until": [pd.NaT], "name": ["A"], "kind": ["launch"]})
    row = judged(evidence, action(), events=calendar.astype({"until": "datetime64[us]"})).iloc[0]
    assert row["observed_low"] <= 0 <= row["observed_high"]


@pytest.mark.parametrize(
    ("started", "verdict"),
    [
        (pd.NaT, realised_effects.NOT_BEGUN),
        ("2026-03-01", realised_effects.NOT_BEGUN),
        ("2025-12-01", realised_effects.EARLY),
    ],
)
def test_what_has_hardly_begun_is_not_judged(started, verdict):
    table = judged(evidence_of_behaviour(occasions(1, n=2000)), action(started=pd.Timestamp(started)))
    assert table.loc[0, "verdict"] == verdict
    assert pd.isna(table.loc[0, "observed"])
    assert [finding.kind for finding in realised_effects.findings(table)] == (
        [] if verdict == realised_effects.NOT_BEGUN else ["nothing"]
    )


def test_a_pain_that_nobody_has_or_that_has_no_days_cannot_be_told():
    evidence = evidence_of_behaviour(occasions(1, n=2000))
    assert judged(evidence, action(pain="snow chains")).loc[0, "verdict"] == realised_effects.OPEN
    few = evidence_of_behaviour(occasions(1, n=60))
    for partial in (False, True):
        assert judged(few, action(partial=partial)).loc[0, "verdict"] == realised_effects.OPEN
    nothing = judged(evidence, action()[:0])
    assert nothing.empty
    assert realised_effects.findings(nothing) == []
    assert realised_effects.facts(nothing) == {"actions_begun": 0, "promises_kept": 0, "promises_not_kept": 0}


@pytest.mark.parametrize("partial", [False, True])
def test_an_action_without_effect_is_hardly_ever_called_kept(partial):
    verdicts = [
        judged(evidence_of_behaviour(occasions(seed, n=3000)), action(0.1, 0.2, partial=partial)).loc[0, "verdict"]
        for seed in range(100, 130 if partial else 112)
    ]
    assert np.mean([verdict in (realised_effects.KEPT, realised_effects.PARTLY) for verdict in verdicts]) <= 0.1
