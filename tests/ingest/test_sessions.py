"""Sessions are parted by half an hour without activity, per visitor, and never across visitors."""

from __future__ import annotations

import tempfile
from pathlib import Path

import ibis
import pandas as pd
import pytest

from customer_profiles.ingest.sessions import SESSION_GAP_MINUTES, with_sessions

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

COLUMNS = ("customer_id", "anonymous_id", "at", "session_id")


def sessions(*rows: tuple, gap: int = SESSION_GAP_MINUTES) -> list[str | None]:
    """Session of each row, in the order given."""
    touches = pd.DataFrame(rows, columns=COLUMNS).assign(row=range(len(rows)))
    touches["at"] = pd.to_datetime("2025-03-01 " + touches["at"]).astype("datetime64[us]")
    texts = dict.fromkeys(("customer_id", "anonymous_id", "session_id"), "str")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "touches.parquet"
        touches.astype(texts).to_parquet(path)
        table = ibis.duckdb.connect().read_parquet(path)
        found = with_sessions(table, gap).order_by("row").to_pyarrow().to_pandas()
    assert list(found.columns) == [*COLUMNS, "row"]
    return found["session_id"].tolist()


def test_exactly_half_an_hour_is_the_same_session_and_a_second_more_is_not():
    found = sessions(
        (None, "v", "08:00:00", None),
        (None, "v", "08:30:00", None),
        (None, "v", "09:00:01", None),
        (None, "v", "09:10:00", None),
    )
    assert found[0] == found[1] != found[2] == found[3]


def test_visitors_do_not_share_sessions_and_order_of_rows_does_not_matter():
    found = sessions(
        (None, "b", "10:00:00", None),
        (None, "a", "08:05:00", None),
        (None, "b", "08:01:00", None),
        (None, "a", "08:00:00", None),
    )
    assert found[1] == found[3]
    assert len(set(found)) == 3


def test_ids_of_the_export_stay_and_do_not_part_what_is_derived():
    found = sessions(
        (None, "v", "08:00:00", None),
        (None, "v", "08:20:00", "s1"),
        (None, "v", "08:25:00", None),
    )
    assert found[1] == "s1"
    assert found[0] == found[2] != "s1"


def test_a_login_without_a_device_counts_per_customer_and_nobody_has_no_session():
    found = sessions(
        ("c1", None, "08:00:00", None),
        ("c2", None, "08:01:00", None),
        ("c1", None, "08:10:00", None),
        (None, None, "08:02:00", None),
    )
    assert found[0] == found[2] != found[1]
    assert pd.isna(found[3])


def test_the_gap_can_be_chosen():
    rows = ((None, "v", "08:00:00", None), (None, "v", "08:20:00", None))
    assert len(set(sessions(*rows))) == 1
    assert len(set(sessions(*rows, gap=10))) == 2
