import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from customer_profiles.analysis.segments import continuity
from customer_profiles.privacy.disclosure import Gate

CUSTOMERS = pd.Series([f"c{i}" for i in range(100)])
BEFORE = pd.Series(np.repeat([1, 2, 4], [50, 30, 20]))


def previous(rows=slice(None), customers=CUSTOMERS) -> pd.Series:
    """The segment each customer was in, of those who are in the last run."""
    last = pd.DataFrame({"customer_id": CUSTOMERS, "segment": BEFORE})[rows]
    return customers.map(last.set_index("customer_id")["segment"])


def test_the_same_segments_keep_their_numbers_whatever_they_are_called_now():
    now = BEFORE.map({1: 3, 2: 1, 4: 2})
    assert continuity.keep_numbers(now, previous(), BEFORE).tolist() == BEFORE.tolist()


def test_a_segment_without_counterpart_gets_a_number_of_its_own():
    now = BEFORE.copy()
    now[:25] = 3  # half of the first leaves: 25 of 50 is just the same segment, the other half is new
    found = continuity.keep_numbers(now, previous(), BEFORE)
    assert sorted(set(found)) == [1, 2, 4, 5]
    assert set(found[50:80]) == {2}


def test_the_first_run_and_strangers_keep_what_they_have():
    assert continuity.keep_numbers(BEFORE, previous(slice(0)), BEFORE[:0]).tolist() == BEFORE.tolist()
    assert continuity.keep_numbers(BEFORE, previous(customers=CUSTOMERS + "x"), BEFORE).tolist() == BEFORE.tolist()
    assert continuity.migration(BEFORE, previous(slice(0))).frame.empty


def test_new_customers_do_not_decide():
    found = continuity.keep_numbers(BEFORE.map({1: 2, 2: 1, 4: 3}), previous(BEFORE.index % 2 == 0), BEFORE)
    assert found.tolist() == BEFORE.tolist()


def test_moves_add_up():
    now = BEFORE.copy()
    now[:5] = 2
    result = continuity.migration(now, previous(slice(90)))
    table = result.frame
    assert table["n"].sum() == len(CUSTOMERS)
    moved = table[(table["segment_before"] == "1") & (table["segment"] == 2)].iloc[0]
    assert (moved["n"], moved["base"]) == (5, 50)
    assert table.loc[table["segment_before"] == continuity.NEW, "n"].sum() == 10
    (finding,) = result.claims(table)
    assert finding.values["share"] == 85 / 90
    # Five who moved are too few to tell, and so are the others of their segment.
    hidden = Gate(10).guard(result).frame.set_index(["segment_before", "segment"])["suppressed"]
    assert hidden.loc["1"].all()
    assert not hidden.loc["2"].any()


def moved(there: int, back: int) -> tuple:
    """What is said of so many moves from the first segment to the second and back; a third one has none."""
    before = pd.Series(np.repeat([1, 2, 4], 300))
    now = before.copy()
    now[:there], now[300 : 300 + back] = 2, 1
    result = continuity.migration(now, before)
    guarded = Gate(10).guard(result)
    return result, [c for c in result.findings(guarded.marks(result.frame)) if c.id.startswith("segments.moved")]


def test_more_moves_one_way_than_back_are_told_and_equal_ones_are_chance():
    result, (claim,) = moved(60, 20)
    assert (claim.id, claim.values["n"], result.family) == ("segments.moved.1.2", 60, 1)
    assert claim.p_adjusted == pytest.approx(binomtest(60, 80).pvalue)
    assert moved(40, 38)[1] == []
    assert moved(0, 0)[0].family == 0


def test_few_who_came_back_cannot_be_worked_out():
    """Neither their number nor the test that it could be read from is told."""
    result, (claim,) = moved(60, 3)
    assert claim.p_adjusted is None
    assert {"back", "p_adjusted"}.isdisjoint(result.columns)


def test_chance_at_a_border_is_rarely_told_as_a_move():
    rng = np.random.default_rng(5)
    told = sum(bool(moved(*rng.binomial(80, 0.5, 2))[1]) for _ in range(200))
    assert told <= 18  # 5 % of 200, and three standard deviations


def test_where_there_are_no_segments_nobody_keeps_or_moves():
    nobody = pd.Series(pd.NA, BEFORE.index, dtype="Int64")
    assert continuity.keep_numbers(nobody, previous(), BEFORE).isna().all()
    assert continuity.migration(nobody, previous()).frame.empty
