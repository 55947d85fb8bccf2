"""The facts of the chapter hold nothing that its page hides."""

from __future__ import annotations

import pandas as pd

from customer_profiles.analysis.journeys import overview


def test_facts_hold_what_is_shown():
    sizes = pd.DataFrame({"stage": ["stage_new", "stage_active"], "n": [3, 97], "hidden": [True, False]})
    taken = pd.DataFrame({"step": ["order_to_order"], "n": [40], "hidden": [False]})
    family = pd.DataFrame({"claim": [True, False]})
    family.attrs["family"] = 2
    found = overview.facts(pd.DataFrame(index=range(100)), pd.DataFrame(), sizes, taken, None, stages_by_group=family)
    assert found == {
        "customers": 100,
        "visits": 0,
        "stage_active": 97,
        "order_to_order": 40,
        "ways_to_an_order": 0,
        "stages_by_group_comparisons": 2,
        "stages_by_group_established": 1,
    }
