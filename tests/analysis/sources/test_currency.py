"""How recent sources are, and how long customers have been known and silent."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from told import seen, told

from customer_profiles.analysis.sources import currency

AS_OF = date(2025, 12, 31)
ENDS = [-1, 90, 365, 730, math.inf]


def cut(*days: int | None, ends=ENDS) -> pd.Series:
    return pd.cut(pd.Series(days, dtype="float64"), ends)


def dated(**last: str) -> pd.DataFrame:
    table = pd.DataFrame({"source": list(last), "table": "transactions", "first": pd.Timestamp("2024-01-01")})
    return table.assign(last=pd.to_datetime(list(last.values())), of_customers=True)


def test_sources_by_the_age_of_their_newest_row():
    result = currency.newest(dated(a="2025-01-31", b="2025-12-30"), AS_OF, 10)
    assert result.frame[["source", "age_days"]].to_numpy().tolist() == [["a", 334], ["b", 1]]


def test_last_years_file_beside_this_years_is_not_stale():
    assert told(currency.newest(dated(a="2024-12-31", b="2025-12-30"), AS_OF, 10)) == []
    (finding,) = told(currency.newest(dated(a="2024-12-31"), AS_OF, 10))
    assert (finding.id, finding.n) == ("stale.a", 10)
    assert finding.values == {"source": "a", "days": 365, "last": date(2024, 12, 31)}
    assert told(currency.newest(dated(a="2024-12-31").assign(of_customers=False), AS_OF, 10)) == []


def test_customers_by_the_age_of_their_last_trace():
    table = currency.last_traces(cut(0, 90, 91, 365, 366, 731, 5000, None), 365).frame
    assert table[["days", "n"]].to_numpy().tolist() == [
        ["0–90", 2],
        ["91–365", 2],
        ["366–730", 1],
        ["731+", 2],
        ["unknown", 1],
    ]
    assert (table.base == 8).all()
    assert table.share_low[0] == pytest.approx(proportion_confint(2, 8, method="wilson")[0])
    own = currency.last_traces(cut(0, 100, ends=[-1, 90, 365, 500, 730, math.inf]), 500).frame
    assert own.days.tolist() == ["0–90", "91–365", "366–500", "501–730", "731+"]


def test_who_left_no_trace_is_told_unless_it_would_tell_of_a_few():
    days = [0] * 60 + [400] * 30 + [800] * 20
    (finding,) = told(currency.last_traces(cut(*days), 365), least=10)
    assert finding.id == "outdated"
    assert finding.values == {"share": 50 / 110, "n": 50, "base": 110, "days": 365}
    assert finding.interval == pytest.approx(proportion_confint(50, 110, method="wilson"))
    few = currency.last_traces(cut(*days[:-15]), 365)
    assert seen(few)["n"].isna().tolist() == [False, False, True, True]
    assert told(few, least=10) == []
    assert told(currency.last_traces(cut(*[0] * 60), 365)) == []


def test_small_bands_are_joined_with_their_neighbours():
    bands = currency.join_small(cut(*[5] * 3, *[100] * 20, *[500] * 12, *[800] * 2, None), 10)
    assert currency.last_traces(bands, 365).frame[["days", "n"]].to_numpy().tolist() == [
        ["0–365", 23],
        ["366+", 14],
        ["unknown", 1],
    ]
    assert currency.join_small(cut(1, 2), 10).cat.categories.size == 1
    assert currency.join_small(cut(), 10).empty


def test_new_customers_are_those_of_the_first_band():
    result = currency.first_seen(cut(*[3] * 20, *[90] * 60, None, ends=[-1, 89, 365, math.inf]), 90)
    assert result.frame["known_days"].tolist() == ["0–89", "90–365", "366+"]
    (finding,) = told(result)
    assert (finding.id, finding.reach) == ("new_customers", 20)
    assert finding.values == {"n": 20, "base": 80, "share": 0.25, "days": 90}
    assert told(currency.first_seen(cut(*[3] * 20), 30)) == []  # another cut tells nothing of who is new
    few = currency.first_seen(cut(*[3] * 4, *[90] * 60, ends=[-1, 89, math.inf]), 90)
    assert seen(few)["n"].isna().all()
    assert told(few, least=10) == []


def test_currency_of_what_describes_and_of_what_happened():
    ages = pd.DataFrame({"source": ["crm"] * 3, "age": [10.0, 400.0, math.nan], "n": [1, 3, 5]})
    newest = pd.Series({"orders": pd.Timestamp("2025-12-31 10:00"), "old": pd.Timestamp("2023-01-01"), "never": pd.NaT})
    share = currency.recent_share(ages, newest, AS_OF, 365)
    assert share.to_dict() == {"crm": 0.25, "orders": 1.0, "old": 0.0}
    assert currency.recent_share(ages, newest, AS_OF, 400)["crm"] == 1


def test_nothing_gives_nothing():
    assert not len(currency.newest(dated(), AS_OF, 0))
    assert not len(currency.last_traces(cut(), 365))
    assert not len(currency.first_seen(cut(None, None), 90))
    assert currency.recent_share(pd.DataFrame({"source": [], "age": [], "n": []}), dated()["last"], AS_OF, 365).empty
    unknown = currency.last_traces(cut(None), 365)
    assert unknown.frame["n"].tolist() == [0, 0, 0, 0, 1]
    assert told(unknown) == []
