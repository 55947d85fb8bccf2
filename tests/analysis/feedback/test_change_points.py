"""Breaks: statsmodels' estimate at each place, Andrews' critical value, a planted jump dated, quiet series quiet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import change_points, events
from customer_profiles.privacy.disclosure import Gate


def answers(seed: int, drop: float = 0.0, n: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 731, n), unit="D")
    score = np.clip((7.5 + 2.3 * rng.standard_normal(n) - drop * (at >= "2025-02-03")).round(), 0, 10)
    return pd.DataFrame({"at": at, "metric": "nps", "score": score})


def test_each_step_is_the_one_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    n = 40
    x = np.column_stack([np.ones(n), np.arange(n)])
    covariance = 0.3 ** np.abs(np.subtract.outer(np.arange(n), np.arange(n))) + np.diag(rng.uniform(0.5, 2, n))
    y = rng.multivariate_normal(np.zeros(n), covariance)
    places = np.array([8, 20, 31])
    steps, errors, _ = change_points.search(y, x, covariance, places)
    for place, step, error in zip(places, steps, errors, strict=True):
        design = np.column_stack([x, np.arange(n) >= place])
        fit = sm.GLS(y, design, sigma=covariance).fit()
        assert step == pytest.approx(fit.params[-1])
        assert error == pytest.approx(fit.bse[-1] / np.sqrt(fit.scale))


def test_chance_has_the_critical_value_of_andrews():
    """Break of a mean, 15 % trimmed: 8.85 at 5 % (Andrews 1993, table 1); a finite series stays a little below."""
    n = 400
    *_, chance = change_points.search(np.zeros(n), np.ones((n, 1)), np.eye(n), np.arange(60, 341))
    assert np.quantile(chance**2, 0.95) == pytest.approx(8.7, abs=0.6)


def test_planted_jump_is_found_and_dated():
    found = change_points.breaks(answers(2, drop=2.2, n=1500))
    table = found.frame
    row = table.iloc[0]
    assert row["claim"]
    assert abs((row["at"] - pd.Timestamp("2025-02-03")).days) <= 28
    assert row["change_low"] < -1.9 < row["change_high"] < 0
    (sentence,) = found.claims(table)
    assert "lower" in sentence.message
    assert change_points.with_events(table, table.assign(name="")[:0], "nps")["at"].tolist() == [row["at"]]
    calendar = pd.DataFrame({"at": [pd.Timestamp("2025-09-01")], "name": ["move"], "kind": ["outage"]})
    assert change_points.with_events(table, calendar, "nps")["name"].tolist() == ["break in the series", "move"]
    assert change_points.with_events(table, calendar[:0], "csat").empty


def test_what_an_event_did_is_no_break_and_another_still_is():
    """One verdict of one day: where the calendar explains the jump, only what it does not explain is looked for."""
    said = answers(2, drop=2.2, n=1500)
    calendar = pd.DataFrame({"at": [pd.Timestamp("2025-02-03")], "until": pd.NaT, "name": "move", "kind": "other"})
    effects = events.event_effects(said, calendar).frame
    known = change_points.established(effects, calendar)
    assert known[["metric", "at"]].to_numpy().tolist() == [["nps", pd.Timestamp("2025-02-03")]]
    quiet = change_points.breaks(said, known=known)
    assert not quiet.frame["claim"].any()
    (nothing,) = quiet.claims(quiet.frame)
    assert "that no event explains" in nothing.message
    lower = said.assign(score=said["score"] - 2.2 * (said["at"] >= "2024-07-01"))
    found = change_points.breaks(lower, known=known).frame.iloc[0]
    assert found["claim"]
    assert abs((found["at"] - pd.Timestamp("2024-07-01")).days) <= 28


def test_quiet_series_stay_quiet():
    claims = [change_points.breaks(answers(seed, n=400)).frame["claim"].any() for seed in range(30)]
    assert sum(claims) <= stats.binom.isf(0.001, 30, 0.05)
    quiet = change_points.breaks(answers(0, n=400))
    assert [finding.kind for finding in quiet.claims(quiet.frame)] == ["nothing"]


def test_a_trend_is_no_break():
    table = answers(3)
    slow = table.assign(score=table["score"] - 3 * (table["at"] - table["at"].min()).dt.days / 731)
    assert not change_points.breaks(slow).frame["claim"].any()


def test_short_constant_or_no_series():
    assert change_points.breaks(answers(4).query("at < '2024-05-01'")).frame.empty
    assert change_points.breaks(answers(4).assign(score=5.0)).frame.empty
    nothing = change_points.breaks(answers(4)[:0])
    assert (len(nothing), nothing.needs, nothing.claims(nothing.frame)) == (0, "feedback", [])


def test_a_break_of_few_answers_is_hidden_and_not_told():
    found = change_points.breaks(answers(2, drop=2.2, n=1500))
    few = replace(found, frame=found.frame.assign(n=4))
    published = Gate(10).guard(few)
    assert published.suppressed == 1
    assert few.claims(published.marks(few.frame)) == []


def test_without_effects_or_events_no_break_is_known():
    effects = pd.DataFrame(columns=["metric", "event", "at", "claim"])
    events = pd.DataFrame({"name": ["sale"], "at": pd.to_datetime(["2025-01-01"]), "until": pd.NaT})
    assert change_points.established(effects, events).empty
    assert change_points.established(effects, events[:0]).empty
