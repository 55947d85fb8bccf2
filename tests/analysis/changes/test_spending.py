"""Years of weekly runs alarm rarely where nothing changes, and find what does."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from two_runs import Company

from customer_profiles.analysis.changes import parts, spending

FIRST = date(2025, 1, 5)


def days(weeks: int = 52) -> list[date]:
    """Of weekly runs."""
    return [FIRST + timedelta(weeks=week) for week in range(weeks)]


def first_of_months(weeks: int = 52) -> list[date]:
    """The runs that are the first to know a month, and those before them: all that can test anything."""
    every = days(weeks)
    return sorted({day for pair in pairwise(every) if pair[0].month != pair[1].month for day in pair})


def told(company: Company, runs: list[date], **tables) -> list[pd.DataFrame]:
    """What each run tells, against the run before and with the history of all."""
    found, history, before = [], [pd.DataFrame({"as_of": [FIRST.isoformat()], "p_adjusted": [np.nan]})], None
    for day in runs:
        now = company.run(day, **tables)
        if before is not None:
            level = spending.level(pd.concat(history), before.as_of, day)
            found.append(parts.split(now, before, ["region"], level).assign(as_of=day))
            history.append(found[-1][["headline", "p_adjusted"]].assign(as_of=day.isoformat()))
        before = now
    return found


def those_that_test(runs: list[pd.DataFrame]) -> list[pd.DataFrame]:
    return [run for run in runs if run["p"].notna().any()]


def test_only_the_first_run_that_knows_a_month_tests_anything():
    company, weeks = Company(500, customers=80), 14
    every, some = (those_that_test(told(company, runs)) for runs in (days(weeks), first_of_months(weeks)))
    assert len(every) == 3
    for one, other in zip(every, some, strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(("years", "most"), [(1, 3), pytest.param(20, 20, marks=pytest.mark.slow)])
def test_a_year_of_weekly_runs_on_an_unchanged_company_alarms_rarely(years, most, record_property):
    alarms, spent = 0, []
    for seed in range(years):
        runs = those_that_test(told(Company(500 + seed, customers=80), first_of_months()))
        alarms += sum(bool(run["claim"].any()) for run in runs)
        spent.append(sum(run["level"].max() for run in runs))
        assert len(runs) >= 11
    record_property("alarms_a_year", alarms / years)
    assert alarms <= most
    assert max(spent) <= spending.YEARLY


def planted(company: Company, points: float, since: str) -> pd.DataFrame:
    """Answers of which some of those who recommend turned, from a day on, into ones who do not."""
    rows = company.feedback.copy()
    late = rows["at"] >= since
    turned = late & (rows["score"] >= 9) & (np.random.default_rng(3).random(len(rows)) < points / 100 / 2 / 0.35)
    return rows.assign(score=rows["score"].mask(turned, 3.0))


@pytest.mark.parametrize(("years", "least"), [(1, 1), pytest.param(20, 16, marks=pytest.mark.slow)])
def test_a_fall_of_the_score_by_ten_points_alarms_in_a_weekly_run(years, least, record_property):
    """In the first run that knows the whole quarter, at the level that eleven runs before have left."""
    found = 0
    for seed in range(years):
        company = Company(700 + seed, customers=4000)
        runs = told(company, first_of_months(14), feedback=planted(company, 10, "2025-01-01"))
        score = pd.concat(runs).query("headline == 'nps' and p == p")
        found += bool((score["claim"] & (score["behaviour"] < 0)).any())
    record_property("falls_found", found / years)
    assert found >= least


def test_more_runs_have_no_more_to_spend():
    """Whether a report is made each day or each quarter, a year spends the same at most, and never below nothing."""
    for every in (1, 7, 30, 91):
        runs = [FIRST + timedelta(days=day) for day in range(0, 366, every)]
        history = pd.DataFrame({"as_of": [FIRST.isoformat()], "p_adjusted": [np.nan]})
        spent = 0.0
        for before, now in pairwise(runs):
            spent += spending.level(history, before, now)
            history.loc[len(history)] = [now.isoformat(), 0.3]
        assert 0 < spent <= spending.YEARLY + 1e-9
    assert spending.level(history, FIRST, FIRST - timedelta(days=3)) == 0
