"""Names of segments are true of most of their customers, and told apart."""

from __future__ import annotations

import json

import pandas as pd

from customer_profiles.analysis.segments import naming
from customer_profiles.messages import Finding, Text
from customer_profiles.reporting.language import Language

ROWS = pd.DataFrame(
    [
        ("top_category", "climbing", 200),
        ("interests", "climbing", 190),
        ("spend", "high", 180),
        ("age_band", "55–64", 160),
        ("newsletter", "True", 155),
    ],
    columns=["attribute", "value", "n"],
)

RANK = Text("Mixed, rank {rank:count}", {"rank": 4})


def called(rows, size, taken=None):
    """Also after it was kept as JSON and read again."""
    name = naming.name(rows, RANK, size, set() if taken is None else taken)
    finding = Finding("{name:label}", {"name": name}, id="x")
    kept = Finding.from_dict(json.loads(json.dumps(finding.to_dict())))
    assert Language("en").text(kept) == Language("en").text(name)
    return Language("en").text(name)


def test_how_they_buy_comes_before_what_they_are():
    assert called(ROWS, 250) == "Big spenders, buyers of climbing"
    assert called(ROWS[ROWS["attribute"] != "spend"], 250) == "Buyers of climbing, aged 55–64"


def test_only_what_is_true_of_most_customers_names_a_segment():
    assert called(ROWS, 370) == "Buyers of climbing"
    assert called(ROWS, 399) == "Buyers of climbing"
    assert called(ROWS, 400) == "Mixed, rank 4"


def test_equal_segments_are_told_apart_until_nothing_is_left():
    taken: set = set()
    names = [called(ROWS, 250, taken) for _ in range(8)]
    assert names[:3] == ["Big spenders, buyers of climbing", "Big spenders, aged 55–64", "Big spenders"]
    assert names.index("Big spenders, newsletter: yes") > names.index("Buyers of climbing")  # a yes comes last
    assert names[-1] == "Mixed, rank 4"
    assert len(set(names) - {"Mixed, rank 4"}) == sum(name != "Mixed, rank 4" for name in names)


def test_a_trait_is_told_as_what_it_makes_of_a_customer():
    rows = pd.DataFrame(
        [("gender", "female", 70), ("main_order_channel", "web", 60), ("offers", "low", 55)],
        columns=["attribute", "value", "n"],
    )
    taken: set = set()
    assert called(rows[:2], 100, taken) == "Web buyers, women"
    assert called(rows, 100, taken) == "Rarely written to, women"


def test_hidden_counts_name_nothing():
    assert called(ROWS.assign(n=float("nan")), 10) == "Mixed, rank 4"
