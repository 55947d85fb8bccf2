"""Events: a planted drop is found and dated, quiet calendars stay quiet, and thin data is said to be thin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import events
from customer_profiles.needs import NEEDS
from customer_profiles.privacy.disclosure import Gate

FIRST = pd.Timestamp("2024-01-01")
CALENDAR = pd.DataFrame(
    {
        "at": pd.to_datetime(["2024-06-01", "2025-01-15", "2025-09-01"]),
        "until": pd.to_datetime([None, None, None]),
        "name": ["price rise", "app relaunch", "warehouse move"],
        "kind": ["price", "launch", "other"],
    }
)


def answers(seed: int, drop: float = 0.0, n: int = 1500, until: str | None = None) -> pd.DataFrame:
    """Two years of answers; from September 2025 on (until a day) they are lower by `drop`."""
    rng = np.random.default_rng(seed)
    at = FIRST + pd.to_timedelta(rng.integers(0, 731, n), unit="D")
    affected = (at >= "2025-09-01") & (at <= (until or "2099-01-01"))
    score = np.clip((7.5 + 2.3 * rng.standard_normal(n) - drop * affected).round(), 0, 10)
    return pd.DataFrame({"at": at, "metric": "nps", "score": score})


def effects(said: pd.DataFrame, calendar: pd.DataFrame) -> pd.DataFrame:
    return events.event_effects(said, calendar).frame


def told(said: pd.DataFrame, calendar: pd.DataFrame = CALENDAR) -> list:
    found = events.event_effects(said, calendar)
    return list(found.claims(found.frame)) if found.claims else []


def test_planted_drop_is_found_and_nothing_else():
    table = effects(answers(1, drop=1.5), CALENDAR).set_index("event")
    assert table.index[table["claim"]].tolist() == ["warehouse move"]
    row = table.loc["warehouse move"]
    assert row["change_low"] < -1.3 < row["change_high"]
    assert row["change_high"] < 0
    assert row["mean_before"] == pytest.approx(7.3, abs=0.6)
    assert table.columns.tolist() == [name for name in events.COLUMNS if name != "event"]


@pytest.mark.parametrize("draws", [10, pytest.param(400, marks=pytest.mark.slow)])
def test_a_drop_of_two_fifths_of_a_standard_deviation_lies_in_its_interval(draws, record_property):
    """With a mood of its own in each week, as weekly scores have."""
    covered, told = 0, []
    for seed in range(draws):
        rng = np.random.default_rng([seed, 79])
        day = rng.integers(0, 731, 1200)
        score = rng.gamma(4, 0.5, 1200) + rng.normal(0, 0.3, 105)[day // 7]  # leans to one side; its deviation is 1.04
        at = FIRST + pd.to_timedelta(day, unit="D")
        said = pd.DataFrame({"at": at, "metric": "effort", "score": score - 0.4 * 1.04 * (at >= "2025-03-01")})
        event = CALENDAR.iloc[[1]].assign(at=pd.Timestamp("2025-03-01"))
        row = effects(said, pd.concat([CALENDAR.iloc[[0, 2]], event])).set_index("event").loc["app relaunch"]
        covered += row["change_low"] <= -0.4 * 1.04 <= row["change_high"]
        told.append(row["change"])
    record_property("covered", covered / draws)
    assert stats.binom.cdf(covered, draws, 0.95) >= 0.01
    assert np.mean(told) == pytest.approx(-0.4 * 1.04, abs=4 * np.std(told) / np.sqrt(draws))


def test_an_event_that_ends_is_measured_while_it_lasts():
    calendar = CALENDAR.assign(until=pd.to_datetime([None, None, "2025-10-15"]))
    table = effects(answers(2, drop=2.5, until="2025-10-15"), calendar).set_index("event")
    row = table.loc["warehouse move"]
    scores = answers(2)
    assert row["n"] == scores["at"].between("2025-09-01", "2025-10-15").sum()  # the last day counts
    assert row["change_low"] < -2 < row["change_high"] + 0.3
    assert row["claim"]


@pytest.mark.slow  # null companies cover it in every run
def test_null_calendars_stay_quiet():
    claims = sum(effects(answers(seed, n=800), CALENDAR)["claim"].any() for seed in range(16))
    assert claims <= stats.binom.isf(0.001, 16, 0.05)


def test_events_of_one_day_are_one_question():
    twins = pd.concat([CALENDAR, CALENDAR.iloc[[2]].assign(name="strike")], ignore_index=True)
    table = effects(answers(3, drop=1.5), twins)
    both = table[table["event"].isin(["strike", "warehouse move"])]
    assert both[["change", "p", "p_adjusted"]].nunique().tolist() == [1, 1, 1]
    assert events.event_effects(answers(3, drop=1.5), twins).family == 3


def test_several_scores_are_one_family():
    both = pd.concat([answers(4, drop=1.5), answers(5).assign(metric="sentiment", score=lambda d: d["score"] / 10)])
    table = effects(both, CALENDAR)
    assert events.event_effects(both, CALENDAR).family == 6
    assert set(table["metric"]) == {"nps", "sentiment"}


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2023-06-01", None),
        ("2024-01-20", None),
        ("2025-12-20", None),
        ("2026-06-01", None),
        ("2025-03-03", "2025-03-04"),
    ],
)
def test_events_without_enough_answers_around_them_are_not_judged(at, until):
    calendar = pd.DataFrame(
        {"at": [pd.Timestamp(at)], "until": [pd.Timestamp(until or "NaT")], "name": "x", "kind": "y"}
    )
    table = effects(answers(6), calendar)
    assert table[["change", "p"]].isna().all(axis=None)
    assert not table["claim"].any()
    assert told(answers(6), calendar) == []
    assert [limit.values["event"] for limit in events.limits(events.event_effects(answers(6), calendar), calendar)] == [
        "x"
    ]


def test_nothing_to_do():
    assert effects(answers(7)[:0], CALENDAR).empty
    empty = events.event_effects(answers(7), CALENDAR[:0])
    assert len(empty) == 0
    assert [limit.needs for limit in events.limits(empty, CALENDAR[:0])] == [NEEDS["events"]]
    assert events.event_effects(answers(7), CALENDAR[:0]).needs == "events"
    assert events.event_effects(answers(7)[:0], CALENDAR).needs == "feedback"
    assert events.limits(events.event_effects(answers(7)[:0], CALENDAR), CALENDAR) == []
    constant = effects(answers(7).assign(score=5.0), CALENDAR)
    assert not constant["claim"].any()


def test_sentences():
    found = {finding.values.get("event"): finding for finding in told(answers(1, drop=1.5))}
    claim = found["warehouse move"]
    assert "lower" in claim.message
    assert 0 < claim.values["low"] < claim.values["change"] < claim.values["high"]
    assert claim.kind == "difference"
    assert 0 < claim.effect < 1
    assert found["price rise"].kind == "nothing"
    assert "no evidence" in found["price rise"].message


def test_an_event_that_changed_no_score_is_said_once():
    scores = [answers(seed, drop=1.5).assign(metric=name) for seed, name in enumerate(("nps", "csat"), start=1)]
    found = [claim for claim in told(pd.concat(scores, ignore_index=True)) if claim.values.get("event") == "price rise"]
    assert [(claim.kind, claim.values["k"]) for claim in found] == [("nothing", 2)]


def test_one_verdict_for_each_event():
    """Two scores fell, a third too little to tell: that nothing is established of it is not said beside them."""
    parts = [answers(seed, drop=drop).assign(metric=name) for seed, drop, name in ((1, 1.5, "nps"), (8, 0.2, "csat"))]
    found = events.event_effects(pd.concat(parts, ignore_index=True), CALENDAR)
    rows = found.frame.set_index(["event", "metric"])["claim"]
    assert (rows["warehouse move", "nps"], rows["warehouse move", "csat"]) == (True, False)
    kinds = {(f.values.get("event"), f.kind) for f in found.claims(found.frame)}
    assert ("warehouse move", "difference") in kinds
    assert ("warehouse move", "nothing") not in kinds
    # The p-value of a row is that of its verdict: quiet dates count, too.
    assert (found.frame["claim"] == (found.frame["p_adjusted"] <= 0.05)).all()
    assert (found.frame["p_adjusted"] >= found.frame["p_placebo"].fillna(0)).all()


def test_a_move_no_larger_than_at_quiet_dates_is_no_evidence():
    found = events.event_effects(answers(1, drop=1.5), CALENDAR)
    usual = found.frame.assign(p_placebo=0.2, p_adjusted=0.2, claim=False)
    messages = {finding.values.get("event"): finding.message for finding in found.claims(usual)}
    assert "where nothing happened" in messages["warehouse move"]


def test_a_small_move_of_all_scores_is_found_in_them_together():
    """Three scores with a drop too small for each alone; and quiet scores stay quiet together."""
    thirds = [answers(20 + i, drop=1.2, n=600).assign(metric=name) for i, name in enumerate(("nps", "csat", "stars"))]
    three = pd.concat(thirds, ignore_index=True)
    both = events.with_all(three)
    added = both[both["metric"] == events.TOGETHER]
    assert len(added) == len(three)
    assert added["score"].mean() == pytest.approx(0, abs=1e-9)
    table = effects(both, CALENDAR)
    claimed = table.loc[table["claim"], ["metric", "event"]]
    assert (events.TOGETHER, "warehouse move") in set(claimed.itertuples(index=False, name=None))
    assert set(claimed["event"]) == {"warehouse move"}
    assert events.with_all(answers(1)) is not None
    assert events.TOGETHER not in set(events.with_all(answers(1))["metric"])


def test_a_turn_of_the_slope_is_found_beside_the_level():
    base = answers(9, n=3000)
    months = (base["at"] - pd.Timestamp("2025-01-15")).dt.days / 30.4
    turned = base.assign(score=base["score"] - 0.25 * months.clip(lower=0))
    table = effects(turned, CALENDAR.iloc[[1]]).iloc[0]
    assert table["turn_claim"]
    assert table["turn_low"] < -0.25 < table["turn_high"] < 0
    (sentence,) = [f for f in told(turned, CALENDAR.iloc[[1]]) if ".turn." in f.id]
    assert "less" in sentence.message
    assert [finding.kind for finding in told(base, CALENDAR.iloc[[1]])] == ["nothing", "nothing"]


def test_an_event_of_few_answers_is_hidden_and_not_told():
    found = events.event_effects(answers(1, drop=1.5), CALENDAR)
    few = replace(
        found, frame=found.frame.assign(n=found.frame["n"].where(found.frame["event"] != "warehouse move", 4))
    )
    published = Gate(10).guard(few)
    assert published.frame.loc[published.frame["suppressed"], "event"].tolist() == ["warehouse move"]
    assert "warehouse move" not in {claim.values.get("event") for claim in few.claims(published.marks(few.frame))}


def test_same_input_same_table():
    one, two = (effects(answers(8, drop=1), CALENDAR) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
