from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.changes import spending
from customer_profiles.analysis.changes.watch import SERIES, watch
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.language import Language

TODAY = date(2025, 12, 31)
NONE = pd.DataFrame({"at": pd.to_datetime([]), "customer_no": []})


def cases(seed: int, a_day: float = 6.0, more: float = 1.0, since: str = "2025-12-20") -> pd.DataFrame:
    """Cases of a year, fewer at weekends, `more` times as many from a day on; each week has a swing of its own."""
    rng, days = np.random.default_rng(seed), pd.date_range("2025-01-01", TODAY)
    expected = a_day * np.where(days.day_of_week < 5, 1.2, 0.5) * np.where(days >= since, more, 1)
    at = days.repeat(rng.poisson(expected * np.repeat(rng.gamma(20, 1 / 20, 53), 7)[: len(days)]))
    return pd.DataFrame({"at": at, "customer_no": rng.integers(0, 3000, len(at))})


def told(**happened: pd.DataFrame) -> pd.DataFrame:
    level = spending.since_day(TODAY - timedelta(days=7), TODAY)
    return watch(dict.fromkeys(SERIES, NONE) | happened, TODAY, level)


def test_a_rise_of_these_days_is_told_with_its_day():
    found = 0
    for seed in range(4):
        result = told(tickets=cases(seed, more=2.2))
        (row,) = result.frame.itertuples()
        found += row.claim
        assert abs((row.at - pd.Timestamp("2025-12-20")).days) <= 4
        assert row.per_day > 1.5 * row.per_day_before
    assert found >= 3
    (said,) = result.findings(Gate(10).guard(result).marks(result.frame))
    text = Language("en").text(said)
    assert (said.id, said.kind) == ("watch.tickets", "difference")
    assert text.startswith("Service cases pile up since ")
    assert text.endswith(" in the months before.")


@pytest.mark.parametrize(("years", "most"), [(4, 1), pytest.param(60, 3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("a_day", [0.7, 6.0])
def test_where_nothing_happens_few_weekly_runs_alarm(a_day, years, most, record_property):
    """A weekly run may spend one in a hundred."""
    alarms = 0
    for seed in range(years):
        frame = told(tickets=cases(seed, a_day), negative=cases(1000 + seed, a_day)).frame
        assert len(frame) == 2
        alarms += bool(frame["claim"].any())
    record_property("alarms", alarms / years)
    assert alarms <= most


def test_a_fall_an_old_export_and_a_short_one_are_no_crisis():
    assert not told(tickets=cases(1, more=0.2)).frame["claim"].any()
    old = cases(1, more=4, since="2025-12-01")
    assert not len(told(tickets=old[old["at"] < "2025-12-20"]))
    assert not len(told(tickets=old[old["at"] > "2025-08-01"], negative=NONE.astype(object)))
