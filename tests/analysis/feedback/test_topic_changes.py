"""New and vanished topics: counted by hand, tested as scipy does, quiet when nothing changes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import topic_changes
from customer_profiles.text.themes.discovery import OTHER

AS_OF = date(2025, 12, 31)


def items(seed: int, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2024-07-01") + pd.to_timedelta(rng.integers(0, 549, n), unit="D")
    return pd.DataFrame({"row": range(n), "at": at, "theme": rng.choice(["parcel", "shop", "price", OTHER], n)})


def changed(seed: int) -> pd.DataFrame:
    """From October 2025 on half of those who wrote about the price write about an app, and nobody about shops."""
    table = items(seed)
    now = table["at"] >= "2025-10-01"
    table.loc[now & (table["theme"] == "price"), "theme"] = "app"
    table.loc[now & (table["theme"] == "shop"), "theme"] = "parcel"
    return table


def test_new_and_vanished_topics_are_announced():
    table = topic_changes.topic_changes(changed(1), AS_OF).set_index("theme")
    verdicts = table["verdict"].to_dict()
    assert verdicts == {
        "app": topic_changes.NEW,
        "parcel": topic_changes.GROWING,
        "price": topic_changes.VANISHED,
        "shop": topic_changes.VANISHED,
    }
    found = {f.values["theme"]: f for f in topic_changes.findings(table.reset_index())}
    assert "never before" in found["app"].message
    assert set(found["price"].values) == {"theme", "months", "high", "rest"}


def test_counts_and_tests_by_hand():
    table = changed(2)
    now = table["at"] >= "2025-10-01"
    row = topic_changes.topic_changes(table, AS_OF).set_index("theme").loc["parcel"]
    k1, k0 = ((table["theme"] == "parcel") & now).sum(), ((table["theme"] == "parcel") & ~now).sum()
    assert (row["n"], row["base"], row["n_rest"], row["base_rest"]) == (k1, now.sum(), k0, (~now).sum())
    theirs = stats.fisher_exact([[k1, now.sum() - k1], [k0, (~now).sum() - k0]]).pvalue
    assert row["p"] == pytest.approx(theirs)


def test_nothing_is_new_where_nothing_changes():
    claims = sum(topic_changes.topic_changes(items(seed), AS_OF)["claim"].any() for seed in range(60))
    assert claims <= stats.binom.isf(0.001, 60, 0.05)
    quiet = topic_changes.findings(topic_changes.topic_changes(items(0), AS_OF))
    assert [finding.kind for finding in quiet] == ["nothing"]


def test_too_few_texts():
    assert topic_changes.topic_changes(items(3, n=50), AS_OF).empty
    assert topic_changes.findings(topic_changes.topic_changes(items(3)[:0], AS_OF)) == []
