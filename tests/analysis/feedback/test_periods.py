"""Quarter against quarter: scipy's numbers, a planted move found, quiet years quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import metrics, periods
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.stats import group_tests

AS_OF = date(2025, 12, 31)


def feedback(seed: int, drop: float = 0.0, n: int = 1600) -> pd.DataFrame:
    """Two years of answers to two questions; the last quarter is lower by `drop`."""
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 731, n), unit="D")
    felt = 7.5 + 2 * rng.standard_normal(n) - drop * (at >= "2025-10-01")
    nps = rng.random(n) < 0.5
    score = np.where(nps, np.clip(felt.round(), 0, 10), np.clip((felt / 2).round(), 1, 5))
    who = pd.array(rng.integers(0, 900, n), dtype="Int64")
    return pd.DataFrame({"customer_no": who, "at": at, "metric": np.where(nps, "nps", "csat"), "score": score})


def compared(table: pd.DataFrame, as_of: date = AS_OF):
    answers = metrics.answers(table)
    quarterly = metrics.latest(answers.assign(quarter=answers["at"].dt.to_period("Q")), per="quarter")
    return periods.score_periods(quarterly, as_of)


def told(table: pd.DataFrame) -> list:
    found = compared(table)
    return found.claims(found.frame)


def quarter(table: pd.DataFrame, metric: str, name: str) -> pd.Series:
    part = table[(table["metric"] == metric) & (table["at"].dt.to_period("Q") == name)]
    return part.sort_values("at", kind="stable").drop_duplicates("customer_no", keep="last")["score"]


def test_numbers_agree_with_scipy():
    table = feedback(1, drop=1)
    rows = compared(table).frame.set_index(["metric", "compared_with"])
    assert len(rows) == 4
    for name, other in ((periods.BEFORE, "2025Q3"), (periods.YEAR, "2024Q4")):
        now, then = (quarter(table, "csat", q) for q in ("2025Q4", other))
        row, theirs = rows.loc[("csat", name)], stats.ttest_ind(now, then, equal_var=False)
        assert (row["n"], row["n_rest"]) == (len(now), len(then))
        assert row["p"] == pytest.approx(theirs.pvalue)
        np.testing.assert_allclose(
            row[["difference_low", "difference_high"]].to_list(), theirs.confidence_interval(), rtol=1e-9
        )
        now, then = (quarter(table, "nps", q) for q in ("2025Q4", other))
        counted = [[(s >= 9).sum(), ((s > 6) & (s < 9)).sum(), (s <= 6).sum()] for s in (now, then)]
        assert rows.loc[("nps", name), "p"] == pytest.approx(float(group_tests.nps_difference(*counted).p))


def test_planted_move_is_told():
    found = told(feedback(2, drop=1.5))
    assert {finding.values["now"] < finding.values["then"] for finding in found} == {True}
    assert {finding.kind for finding in found} == {"difference"}


def test_an_unfinished_quarter_does_not_count():
    table = feedback(3)
    assert compared(table, date(2025, 12, 30)).frame["month"].unique() == pd.Timestamp("2025-07-01")
    assert compared(table, date(2026, 2, 1)).frame["month"].unique() == pd.Timestamp("2025-10-01")


def test_quiet_years_stay_quiet():
    claims = sum(compared(feedback(seed)).frame["claim"].any() for seed in range(40))
    assert claims <= stats.binom.isf(0.001, 40, 0.05)


def test_too_few_answers_or_none():
    table = feedback(4, n=200)
    assert (len(compared(table)), compared(table).needs) == (0, "feedback")
    assert told(table[:0]) == []
    assert [finding.kind for finding in told(feedback(5))] == ["nothing"]


def test_a_quarter_of_few_answers_is_hidden_and_not_told():
    found = compared(feedback(2, drop=1.5))
    few = replace(found, frame=found.frame.assign(n=4))
    published = Gate(10).guard(few)
    assert published.frame["suppressed"].all()
    assert {claim.kind for claim in few.claims(published.marks(few.frame))} <= {"nothing"}
