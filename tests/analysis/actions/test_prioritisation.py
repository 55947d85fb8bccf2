"""The board: reach, worth and rank recomputed, and what is incomplete."""

import numpy as np
import pandas as pd
import pytest
from known_pains import evidence_of_behaviour

from customer_profiles.analysis.actions import prioritisation, realised_effects
from customer_profiles.analysis.pain_points.observations import Evidence
from customer_profiles.privacy.disclosure import Gate

SINCE = pd.Timestamp("2025-12-31") - pd.Timedelta(days=prioritisation.YEAR_DAYS)
NOTHING_SEEN = pd.DataFrame({"action": [], "verdict": []})
NUMBERS = ["cost_low", "cost_high", "expected_low", "expected_high"]


def actions_of(*rows):
    table = pd.DataFrame(rows, columns=["action", "pain", *NUMBERS])
    return table.assign(owner="Shop", started_on=pd.NaT).astype(dict.fromkeys(NUMBERS, float))


@pytest.fixture
def searches():
    """Of 400 customers 100 met the pain this year and 200 before it."""
    this = pd.DataFrame({"customer_no": range(400), "at": pd.Timestamp("2025-06-01"), "hit": np.arange(400) < 100})
    before = this.assign(at=pd.Timestamp("2023-06-01"), hit=np.arange(400) >= 200)
    return evidence_of_behaviour(pd.concat([before, this], ignore_index=True))


@pytest.fixture
def profile():
    return pd.DataFrame({"customer_no": range(1000)})


def prioritised(actions, evidence, profile, given, realised=NOTHING_SEEN, seed=1):
    """The result, where the chapter lets only decided promises replace what was expected."""
    decided = realised[realised["verdict"].isin(realised_effects.DECIDED)]
    return prioritisation.board(actions, evidence, profile, given, SINCE, decided, seed)


def board(*given, **more):
    return prioritised(*given, **more).frame


def claims_of(result, hidden=False):
    return result.claims(result.frame.assign(hidden=hidden))


def everybody(actions, profile):
    return pd.DataFrame(True, index=profile.index, columns=actions["action"])


def test_reached_are_those_of_the_year_before_the_run(searches, profile):
    row = prioritisation.reached(searches, profile, SINCE).iloc[0]
    assert (row["n"], row["base"]) == (100, 400)
    assert prioritisation.reached(searches, profile[profile["customer_no"] < 50], SINCE).iloc[0][
        ["n", "base"]
    ].tolist() == [
        50,
        50,
    ]


def test_worth_is_reach_times_effect_over_cost(searches, profile):
    actions = actions_of(("A", "failed_search", 9999.9, 10000.1, 0.29999, 0.30001))
    row = board(actions, searches, profile, everybody(actions, profile)).iloc[0]
    assert row["spared"] == pytest.approx(30, rel=0.02)
    assert row["per_thousand"] == pytest.approx(3, rel=0.02)
    # Only the reach is uncertain, in the width of Wilson's interval of 100 of 400 (.2101 to .2947).
    assert [row["spared_low"], row["spared_high"]] == pytest.approx([0.3 * 400 * 0.2101, 0.3 * 400 * 0.2947], rel=0.02)
    assert (row["rank"], row["chance_first"], row["verdict"]) == (1, 1, prioritisation.READY)


def test_cases_are_no_customers(profile):
    """Half of the cases spared of customers with three of them: one in eight is spared the pain."""
    three = pd.DataFrame({"customer_no": np.repeat(np.arange(400), 3), "at": pd.Timestamp("2025-06-01"), "hit": True})
    never = pd.DataFrame({"customer_no": range(400, 1000), "at": pd.Timestamp("2025-06-01"), "hit": False})
    actions = actions_of(("A", "failed_search", 10, 10.001, 0.49999, 0.50001))
    evidence = evidence_of_behaviour(pd.concat([three, never], ignore_index=True))
    row = board(actions, evidence, profile, everybody(actions, profile)).iloc[0]
    assert row["spared"] == pytest.approx(400 / 8, rel=0.02)


def test_one_number_may_be_off_by_half_and_a_range_is_what_it_is(searches, profile):
    actions = actions_of(
        ("one", "failed_search", 1000, 1000, 0.3, 0.3), ("range", "failed_search", 900, 1100, 0.28, 0.32)
    )
    table = board(actions, searches, profile, everybody(actions, profile)).set_index("action")
    width = np.log(table["per_thousand_high"] / table["per_thousand_low"])
    assert width["one"] > 2 * width["range"]
    assert table.loc["one", ["cost_least", "cost_most"]].tolist() == [1000, 1000]
    assert table.loc["range", ["expected_least", "expected_most"]].tolist() == [0.28, 0.32]


def test_the_order_is_as_sure_as_the_draws_say(searches, profile):
    clear = actions_of(("cheap", "failed_search", 90, 110, 0.3, 0.4), ("dear", "failed_search", 9000, 11000, 0.3, 0.4))
    result = prioritised(clear, searches, profile, everybody(clear, profile))
    table = result.frame
    assert table["action"].tolist() == ["cheap", "dear"]
    assert table["chance_first"].tolist() == [1, 0]
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [2, 2]]
    assert "not certain" not in claims_of(result)[0].message
    same = actions_of(("a", "failed_search", 1000, 1000, 0.3, 0.3), ("b", "failed_search", 1000, 1000, 0.3, 0.3))
    result = prioritised(same, searches, profile, everybody(same, profile))
    assert result.frame["chance_first"].between(0.4, 0.6).all()
    assert result.frame["rank_high"].tolist() == [2, 2]
    assert "probably" in claims_of(result)[0].message


def test_what_is_incomplete_is_listed_last_and_not_ranked(searches, profile):
    nan = np.nan
    actions = actions_of(
        ("no cost", "failed_search", nan, nan, 0.3, 0.3),
        ("nothing", "failed_search", nan, nan, nan, nan),
        ("no effect", "failed_search", 10, 10, nan, nan),
        ("gone", "snow chains", 10, 10, 0.3, 0.3),
        ("whole", "failed_search", 10, 10, 0.3, 0.3),
    )
    result = prioritised(actions, searches, profile, everybody(actions, profile))
    table = result.frame
    assert table.loc[0, "action"] == "whole"
    assert len(table) == 5
    verdicts = table.set_index("action")["verdict"]
    assert verdicts.drop("whole").to_dict() == {
        "no cost": prioritisation.NO_COST,
        "no effect": prioritisation.NO_EFFECT,
        "nothing": prioritisation.NEITHER,
        "gone": prioritisation.NOT_FOUND,
    }
    assert table["rank"].notna().sum() == prioritisation.facts(table)["actions_ranked"] == 1
    assert {limit.values["action"] for limit in prioritisation.limits(actions, table)} == {*verdicts.index} - {"whole"}
    assert "the only action" in claims_of(result)[0].message
    assert claims_of(result, hidden=True) == []


def test_only_what_has_not_begun_comes_next(searches, profile):
    actions = actions_of(("best", "failed_search", 10, 10, 0.5, 0.5), ("second", "failed_search", 10, 10, 0.3, 0.3))
    begun = actions.assign(started_on=[pd.Timestamp("2025-12-31"), pd.NaT])
    result = prioritised(begun, searches, profile, everybody(actions, profile))
    assert result.frame["begun"].tolist() == [True, False]
    (claim,) = claims_of(result)
    assert (claim.values["action"], claim.values["owner"]) == ("second", "Shop")
    later = begun.assign(started_on=pd.Timestamp("2026-01-01"))
    assert claims_of(prioritised(later, searches, profile, everybody(actions, profile)))[0].values["action"] == "best"
    both = begun.assign(started_on=pd.Timestamp("2025-01-01"))
    (claim,) = claims_of(prioritised(both, searches, profile, everybody(actions, profile)))
    assert (claim.id, claim.values["k"]) == ("board.begun", 2)


def test_only_who_gets_it_is_reached(searches, profile):
    actions = actions_of(("A", "failed_search", 10, 10, 0.3, 0.3))
    given = pd.DataFrame({"A": profile["customer_no"] < 40})
    row = board(actions, searches, profile, given).iloc[0]
    assert (row["n"], row["base"]) == (40, 40)
    nobody = board(actions, searches, profile, ~given.astype(bool) & False)
    assert nobody.loc[0, "verdict"] == prioritisation.NOT_FOUND
    assert len(prioritisation.limits(actions, nobody)) == 1


def test_a_decided_promise_is_ranked_by_what_was_observed(searches, profile):
    actions = actions_of(("A", "failed_search", 999, 1001, 0.5, 0.5))
    seen = pd.DataFrame({"action": ["A"], "realised": [0.1], "realised_low": [0.08], "realised_high": [0.12]})
    given = everybody(actions, profile)
    decided = board(actions, searches, profile, given, seen.assign(verdict=realised_effects.BROKEN)).iloc[0]
    assert decided["effect_from"] == prioritisation.OBSERVED
    assert decided["spared"] == pytest.approx(10, rel=0.05)
    still_open = board(actions, searches, profile, given, seen.assign(verdict=realised_effects.OPEN)).iloc[0]
    assert still_open["effect_from"] == prioritisation.EXPECTED


def test_the_same_seed_gives_the_same_board(searches, profile):
    actions = actions_of(("A", "failed_search", 10, 10, 0.3, 0.3), ("B", "failed_search", 10, 12, 0.3, 0.4))
    given = everybody(actions, profile)
    first, again = (board(actions, searches, profile, given, seed=7) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def test_without_actions_there_is_an_empty_board_and_a_limit(searches, profile):
    actions = actions_of()
    result = prioritised(actions, searches, profile, everybody(actions, profile))
    assert not len(result)
    assert claims_of(result) == []
    assert "solutions.yaml" in prioritisation.limits(actions, result.frame)[0].needs


def test_without_customers_or_pains_nothing_is_reached(searches, profile):
    assert prioritisation.reached(searches, profile[:0], SINCE)["n"].tolist() == [0]
    none = Evidence(searches.hits[:0], searches.occasions[:0])
    assert prioritisation.reached(none, profile, SINCE).empty


def test_small_counts_are_hidden(searches, profile):
    actions = actions_of(("few", "failed_search", 10, 10, 0.3, 0.3), ("many", "failed_search", 10, 10, 0.3, 0.3))
    given = pd.DataFrame({"few": profile["customer_no"] < 4, "many": True})
    page = Gate(10).guard(prioritised(actions, searches, profile, given)).frame.set_index("action")
    assert page["suppressed"].to_dict() == {"many": False, "few": True}
    assert page.loc["few", ["n", "spared", "per_thousand", "rank"]].isna().all()
    assert page.loc["few", "cost_least"] == 10
