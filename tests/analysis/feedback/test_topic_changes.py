"""New and vanished topics: counted by hand, tested as scipy does, quiet when nothing changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import topic_changes
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.text.themes.discovery import OTHER

SINCE = pd.Timestamp("2025-10-01")


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


def compared(topics: pd.DataFrame):
    return topic_changes.topic_changes(topics[topics["at"] >= SINCE], topics[topics["at"] < SINCE])


def test_new_and_vanished_topics_are_announced():
    result = compared(changed(1))
    table = result.frame.set_index("theme")
    verdicts = table["verdict"].to_dict()
    assert verdicts == {
        "app": topic_changes.NEW,
        "parcel": topic_changes.GROWING,
        "price": topic_changes.VANISHED,
        "shop": topic_changes.VANISHED,
    }
    found = {f.values["theme"]: f for f in result.claims(result.frame)}
    assert "never before" in found["app"].message
    assert set(found["price"].values) == {"theme", "months", "high", "rest"}


def test_counts_and_tests_by_hand():
    table = changed(2)
    now = table["at"] >= "2025-10-01"
    row = compared(table).frame.set_index("theme").loc["parcel"]
    k1, k0 = ((table["theme"] == "parcel") & now).sum(), ((table["theme"] == "parcel") & ~now).sum()
    assert (row["n"], row["base"], row["n_rest"], row["base_rest"]) == (k1, now.sum(), k0, (~now).sum())
    theirs = stats.fisher_exact([[k1, now.sum() - k1], [k0, (~now).sum() - k0]]).pvalue
    assert row["p"] == pytest.approx(theirs)


def test_nothing_is_new_where_nothing_changes():
    claims = sum(compared(items(seed)).frame["claim"].any() for seed in range(60))
    assert claims <= stats.binom.isf(0.001, 60, 0.05)
    quiet = compared(items(0))
    assert [finding.kind for finding in quiet.claims(quiet.frame)] == ["nothing"]


def test_too_few_texts():
    few, none = compared(items(3, n=50)), compared(items(3)[:0])
    assert len(few) == len(none) == 0
    assert (none.needs, none.claims(none.frame)) == ("feedback", [])
    assert len(topic_changes.topic_volumes(items(3)[:0])) == 0


def test_a_topic_of_few_texts_is_hidden_and_not_told():
    table = changed(1)
    app = table.index[table["theme"] == "app"][:-4]
    result = compared(table.drop(index=app[4:]))
    few = replace(result, frame=result.frame.assign(n=result.frame["n"].where(result.frame["theme"] != "app", 4)))
    published = Gate(10).guard(few)
    assert published.frame.loc[published.frame["suppressed"], "theme"].tolist() == ["app"]
    assert "app" not in {claim.values["theme"] for claim in few.claims(published.marks(few.frame))}


def test_a_quarter_with_few_texts_about_a_topic_hides_them():
    rare = pd.concat([items(4), items(5)[:3].assign(row=[9000, 9001, 9002], theme="app", at=SINCE)])
    volumes = topic_changes.topic_volumes(rare)
    hidden = Gate(10).guard(volumes).frame.query("suppressed")
    assert "app" in set(hidden["theme"])
    assert set(hidden["month"]) >= {SINCE}
