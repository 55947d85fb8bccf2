import numpy as np
import pandas as pd

from customer_profiles.analysis.segments import continuity

CUSTOMERS = pd.Series([f"c{i}" for i in range(100)])
BEFORE = pd.Series(np.repeat([1, 2, 4], [50, 30, 20]))


def previous(rows=slice(None)) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": CUSTOMERS, "segment": BEFORE})[rows]


def test_the_same_segments_keep_their_numbers_whatever_they_are_called_now():
    now = BEFORE.map({1: 3, 2: 1, 4: 2})
    assert continuity.keep_numbers(now, CUSTOMERS, previous()).tolist() == BEFORE.tolist()


def test_a_segment_without_counterpart_gets_a_number_of_its_own():
    now = BEFORE.copy()
    now[:25] = 3  # half of the first leaves: 25 of 50 is just the same segment, the other half is new
    found = continuity.keep_numbers(now, CUSTOMERS, previous())
    assert sorted(set(found)) == [1, 2, 4, 5]
    assert set(found[50:80]) == {2}


def test_the_first_run_and_strangers_keep_what_they_have():
    assert continuity.keep_numbers(BEFORE, CUSTOMERS, previous(slice(0))).tolist() == BEFORE.tolist()
    assert continuity.keep_numbers(BEFORE, CUSTOMERS + "x", previous()).tolist() == BEFORE.tolist()
    assert continuity.migration(BEFORE, CUSTOMERS, previous(slice(0))).empty


def test_new_customers_do_not_decide():
    found = continuity.keep_numbers(BEFORE.map({1: 2, 2: 1, 4: 3}), CUSTOMERS, previous(BEFORE.index % 2 == 0))
    assert found.tolist() == BEFORE.tolist()


def test_moves_add_up():
    now = BEFORE.copy()
    now[:5] = 2
    table = continuity.migration(now, CUSTOMERS, previous(slice(90)))
    assert table["n"].sum() == len(CUSTOMERS)
    moved = table[(table["segment_before"] == "1") & (table["segment"] == 2)].iloc[0]
    assert (moved["n"], moved["base"]) == (5, 50)
    assert table.loc[table["segment_before"] == continuity.NEW, "n"].sum() == 10
    (finding,) = continuity.findings(table)
    assert finding.values["share"] == 85 / 90
