"""Two versions of an invitation: which was answered more often, by known counts, and no claim where none was."""

import numpy as np
import pandas as pd
import pytest
from mailings import AS_OF, SENT
from support import told

from customer_profiles.analysis.targets import trials, versions


def invited(seed, better=0.0, n=2000):
    """A survey to which half of the customers are invited by another text."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["short", "long"], n)
    table = pd.DataFrame({"customer_no": np.arange(n), "at": SENT, "campaign": "Survey", "kind": kind})
    table["responded"] = pd.array(rng.random(n) < 0.2 + better * (kind == "short"), dtype="boolean")
    profile = pd.DataFrame({"customer_no": np.arange(n), "region": rng.choice(list("abcdef"), n)})
    sent = trials.contacts(table, AS_OF)
    return versions.compared(sent, profile, profile.set_index("customer_no")), table


def test_the_better_invitation_is_told_with_its_lift():
    result, table = invited(1, better=0.1)
    row = result.frame.iloc[0]
    rates = table.groupby("kind")["responded"].mean()
    assert (len(result.frame), row["campaign"]) == (1, "Survey: short")
    assert row["brought"] == pytest.approx(100 * (rates["short"] - rates["long"]))
    assert row["brought_low"] < 10 < row["brought_high"]
    assert told(result)[0].id == "versions.Survey: short.responded"


@pytest.mark.parametrize(("seeds", "most"), [(20, 3), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_no_version_is_claimed_beyond_the_promise_where_all_are_alike(seeds, most):
    assert sum(invited(seed)[0].frame["claim"].any() for seed in range(60, 60 + seeds)) <= most


def test_one_version_is_compared_with_nothing():
    table = invited(1)[1].assign(kind="short")
    profile = pd.DataFrame({"customer_no": [1], "region": ["a"]})
    result = versions.compared(trials.contacts(table, AS_OF), profile, profile.set_index("customer_no"))
    assert not len(result)
