"""Who answers again, and whom many contacts tire: contacts of one campaign compared with each other."""

import numpy as np
import pandas as pd
import pytest
from mailings import AS_OF
from support import told

from customer_profiles.analysis.targets import habits, trials


def mailings(seed, habit=0.0, tired=0.0, n=1500):
    """A mailing every thirty days to a random part; the later ones are answered more by everybody."""
    rng = np.random.default_rng(seed)
    likes, rows, contacted = rng.random(n) < 0.3, [], np.zeros((8, n), bool)
    for number in range(8):
        contacted[number] = rng.random(n) < rng.uniform(0.2, 0.9)
        lately = contacted[max(0, number - 2) : number].sum(axis=0)
        p = 0.15 + 0.02 * number + habit * likes - tired * lately
        table = pd.DataFrame({"customer_no": np.arange(n), "responded": rng.random(n) < p})
        table["at"] = pd.Timestamp("2025-01-10") + pd.Timedelta(days=30 * number)
        rows.append(table[contacted[number]].assign(campaign=f"C{number}", control_group=False))
    return trials.contacts(pd.concat(rows, ignore_index=True), AS_OF)


def test_who_answered_before_and_who_is_tired_is_told():
    result = habits.history(mailings(1, habit=0.4))
    assert [finding.id for finding in told(result)] == ["response_history.answered_before"]
    result = habits.history(mailings(1, tired=0.06))
    slope = result.frame.set_index(["attribute", "value"]).loc[("contacts_before", "3+")]
    assert slope["difference_low"] < -6 < slope["difference_high"]
    assert "response_history.contacts_before" in [finding.id for finding in told(result)]


def test_what_came_before_is_counted_as_by_hand():
    sent = mailings(2, n=200)
    counted = {"0": 0, "1": 0, "2": 0, "3+": 0, "no": 0, "yes": 0}
    for row in sent.itertuples():
        before = sent[(sent["customer_no"] == row.customer_no) & (sent["at"] < row.at)]
        lately = (before["at"] >= row.at - pd.Timedelta(days=90)).sum()
        counted["3+" if lately > 2 else str(lately)] += 1
        if len(before):
            counted["yes" if before["responded"].any() else "no"] += 1
    table = habits.history(sent).frame
    assert dict(zip(table["value"], table["occasions"], strict=True)) == {k: n for k, n in counted.items() if n}


@pytest.mark.parametrize(("seeds", "most"), [(6, 2), pytest.param(50, 7, marks=pytest.mark.slow)])
def test_no_habit_is_claimed_beyond_the_promise_where_there_is_none(seeds, most):
    assert sum(habits.history(mailings(seed, n=400)).frame["claim"].any() for seed in range(seeds)) <= most


@pytest.mark.parametrize("keep", [0, 30])
def test_few_contacts_tell_nothing(keep):
    result = habits.history(mailings(2).head(keep))
    assert not len(result)
    assert not told(result)
