"""Customers with a permitted sign: counted, ranked and compared; found where they are served worse, and only there."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.proportion import proportion_confint

from customer_profiles.analysis.feedback.metrics import answers, latest
from customer_profiles.analysis.profiles import fair_service, vulnerable
from customer_profiles.ingest.contract import empty_table
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result

AS_OF = date(2025, 12, 31)
DRIVERS = {"small_income": "resilience", "alone": "life events", "low_savings": "resilience"}


def company(seed: int, slower: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """600 customers, a fifth with a small income, whose cases take `slower` times as long."""
    rng = np.random.default_rng(seed)
    n = 600
    signs = pd.DataFrame(
        {
            "small_income": pd.array(rng.random(n) < 0.2, dtype="boolean"),
            "alone": pd.array(rng.random(n) < 0.15, dtype="boolean"),
        }
    )
    signs.loc[rng.random(n) < 0.1, "alone"] = pd.NA
    profile = pd.DataFrame({"customer_no": pd.array(range(n), dtype="Int64")})
    customer = np.sort(rng.integers(0, n, 700))
    wait = rng.exponential(30, 700) * np.where(signs["small_income"].to_numpy(bool)[customer], slower, 1)
    opened = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, 700), unit="D")
    tickets = pd.DataFrame(
        {
            "customer_no": pd.array(customer, dtype="Int64"),
            "opened_at": opened,
            "closed_at": opened + pd.to_timedelta(wait, unit="h"),
            "topic": rng.choice(["a", "b", "c"], 700),
            "reopened": pd.array(rng.random(700) < 0.2, dtype="boolean"),
        }
    )
    said = rng.permutation(n)[:300]
    feedback = pd.DataFrame(
        {
            "customer_no": pd.array(said, dtype="Int64"),
            "at": pd.Timestamp("2025-06-01"),
            "metric": "csat",
            "score": rng.integers(1, 6, 300).astype(float),
        }
    )
    return profile, tickets, feedback, signs


def drivers_of(flags: pd.DataFrame) -> dict[str, str]:
    return {name: DRIVERS[name] for name in flags}


def by_customer(profile: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    return vulnerable.groups(flags, drivers_of(flags)).set_axis(profile["customer_no"])


def parity(seed: int, slower: float = 1.0) -> Result:
    profile, tickets, feedback, signs = company(seed, slower)
    cases = fair_service.outcomes(tickets, AS_OF)
    return fair_service.parity(by_customer(profile, signs), cases, latest(answers(feedback)))


def said(result: Result) -> list:
    """What a page says of a result."""
    return list(result.claims(Gate(10).guard(result).marks(result.frame))) if len(result) else []


def priorities(profile, tickets, flags) -> pd.Series:
    troubled = vulnerable.troubled(tickets)["customer_no"]
    return vulnerable.priorities(vulnerable.groups(flags, drivers_of(flags)), profile["customer_no"].isin(troubled))


def test_any_sign_is_counted_only_where_all_are_known():
    flags = pd.DataFrame(
        {
            "small_income": pd.array([True, True, False, False, None], dtype="boolean"),
            "alone": pd.array([False, None, False, True, False], dtype="boolean"),
        }
    )
    table = vulnerable.counts(flags, DRIVERS).frame.set_index("indicator")
    # The second shows one, whatever the other; counting it, but not the fifth, would make signs look too frequent.
    assert table.loc["any sign", ["n", "base"]].tolist() == [2, 3]
    assert table.loc["small_income", ["n", "base"]].tolist() == [2, 4]
    assert tuple(table.loc["alone", ["share_low", "share_high"]]) == pytest.approx(
        proportion_confint(1, 4, method="wilson")
    )
    assert table["driver"].tolist() == ["life events", "resilience", "any sign"]
    # Whoever shows one is in the group, known or not the other sign.
    assert vulnerable.groups(flags, DRIVERS)["any sign"].fillna(False).tolist() == [True, True, False, True, False]


def test_a_driver_with_two_signs_has_a_row_for_any_of_them():
    flags = pd.DataFrame({name: pd.array([True, False], dtype="boolean") for name in DRIVERS})
    rows = vulnerable.counts(flags, DRIVERS).frame[["driver", "indicator"]].to_numpy().tolist()
    assert ["resilience", "any sign"] in rows
    assert ["life events", "any sign"] not in rows


def test_the_first_rule_that_fits_counts():
    profile = pd.DataFrame({"customer_no": range(1, 7)})
    flags = pd.DataFrame(
        {
            "small_income": pd.array([True, True, True, True, False, None], dtype="boolean"),
            "alone": pd.array([True, False, True, None, False, False], dtype="boolean"),
        }
    )
    opened = pd.Timestamp("2025-05-01")
    tickets = pd.DataFrame(
        {
            "customer_no": [1, 2, 2, 5],
            "opened_at": [opened, opened, opened + pd.Timedelta(days=2), opened],
            "closed_at": [pd.NaT, opened, opened, pd.NaT],
        }
    )
    ranks = priorities(profile, tickets, flags)
    # An open case; one after which the customer came again; none; none; a case but no sign; nothing known.
    assert ranks.tolist() == [1, 2, 3, 4, 5, 5]
    kept = vulnerable.prioritised(profile.assign(customer_id="x"), ranks)
    assert kept["customer_no"].tolist() == [1, 2, 3, 4]
    assert kept["rule"].tolist() == list(vulnerable.RULES[:4])
    table = vulnerable.rules(ranks).frame
    assert table["n"].sum() == 6
    assert table["criterion"].tolist() == list(vulnerable.RULES)
    assert priorities(profile, tickets[:0], flags).tolist() == [3, 4, 3, 4, 5, 5]


def test_worse_service_is_found_and_said():
    served = parity(1, slower=2.0)
    row = served.frame.set_index(["metric", "group"]).loc[(fair_service.HOURS, "resilience")]
    assert row["claim"]
    assert row["ratio_low"] < 2 < row["ratio_high"]
    found = said(served)
    assert {finding.values.get("group") for finding in found if finding.kind == "difference"} <= {
        "resilience",
        "any sign",
    }
    told = {finding.id: finding for finding in found}["parity.hours_to_resolution.resilience"]
    assert told.interval == (row["ratio_low"], row["ratio_high"])
    assert told.family == served.family == served.frame["p"].notna().sum()
    assert 0 < told.effect < 1


def test_worse_scores_are_said_in_points():
    profile, _, feedback, signs = company(4)
    low = signs["small_income"].fillna(False)[feedback["customer_no"]].to_numpy(bool)
    feedback["score"] = feedback["score"].mask(low, 1.0)
    served = fair_service.parity(
        by_customer(profile, signs), pd.DataFrame({"customer_no": []}), latest(answers(feedback))
    )
    (told,) = [finding for finding in said(served) if finding.id == "parity.satisfaction.resilience"]
    row = served.frame.set_index("group").loc["resilience"]
    assert told.values["difference"] == row["difference"] < 0
    assert told.interval == (row["difference_low"], row["difference_high"])


def test_scores_are_compared_as_scipy_does():
    profile, _, feedback, signs = company(4)
    scores = latest(answers(feedback))
    table = fair_service.parity(by_customer(profile, signs), pd.DataFrame({"customer_no": []}), scores).frame
    row = table.set_index("group").loc["any sign"]
    either = signs.fillna(False).any(axis=1)[feedback["customer_no"]].to_numpy()
    expected = ttest_ind(feedback.loc[either, "score"], feedback.loc[~either, "score"], equal_var=False)
    assert row["p"] == pytest.approx(expected.pvalue)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(tuple(expected.confidence_interval()))
    assert set(table["metric"]) == {"satisfaction"}


@pytest.mark.slow  # null companies cover it in every run
def test_equal_service_is_rarely_called_unequal():
    claims = [parity(seed).frame["claim"].any() for seed in range(40)]
    # 5 % of 40 families; more than 5 of 40 would have a probability of 1.4 %.
    assert sum(claims) <= 5


def test_nothing_found_is_said_with_the_size_of_the_family():
    served = next(served for served in map(parity, range(9)) if not served.frame["claim"].any())
    (nothing,) = said(served)
    assert nothing.kind == "nothing"
    assert nothing.family == served.frame["p"].notna().sum()


def test_who_needs_a_person_is_not_asked_of_what_makes_the_sign():
    n = 300
    flags = pd.DataFrame({"small_income": pd.array([True] * 100 + [False] * 200, dtype="boolean")})
    profile = pd.DataFrame(
        {
            "preferred_channel": ["phone"] * 60 + ["web"] * 40 + ["phone"] * 40 + ["web"] * 160,
            "main_order_channel": ["store"] * 50 + ["web"] * 50 + ["store"] * 50 + ["web"] * 150,
            "help_channel": ["mail"] * n,
        }
    )
    needs = vulnerable.needs(profile, flags, DRIVERS, {"small_income": ("income_band",)})
    table = needs.frame.set_index("evidence")
    assert table["ratio"].to_dict() == pytest.approx({"what they ask for": 3.0, "where they buy": 2.0})
    assert table["claim"].all()
    assert {finding.id for finding in said(needs)} == {
        "need.what_they_ask_for.any_sign",
        "need.where_they_buy.any_sign",
    }
    made = vulnerable.needs(profile, flags, DRIVERS, {"small_income": ("income_band", "preferred_channel")})
    assert made.frame["evidence"].tolist() == ["where they buy"]


def test_limits_name_what_may_not_be_used():
    flags = company(0)[3]
    no_cases = pd.DataFrame()
    open_questions = vulnerable.limits(flags, DRIVERS, no_cases)
    assert {limit.values["driver"] for limit in open_questions if limit.values} == {"health", "capability"}
    assert "tickets" in open_questions[-1].needs
    assert len(vulnerable.limits(flags[[]], DRIVERS, no_cases)) == 1
    assert vulnerable.limits(flags[[]], DRIVERS, no_cases, persons=False) == []
    assert vulnerable.facts(flags[[]], {}) == {"vulnerable": 0, "vulnerable_base": 0, "signs": 0}


def test_without_cases_and_scores_nothing_is_compared_and_that_is_said():
    profile, _, _, signs = company(0)
    nothing = empty_table("tickets")
    cases = fair_service.outcomes(nothing, AS_OF)
    served = fair_service.parity(by_customer(profile, signs), cases, latest(answers(empty_table("feedback"))))
    assert len(served) == served.family == 0
    assert [finding.id for finding in said(vulnerable.counts(signs, drivers_of(signs)))] == ["vulnerable.share"]
    needs = vulnerable.needs(profile, signs, drivers_of(signs), dict.fromkeys(signs, ()))
    assert len(needs) == needs.family == 0
    assert set(priorities(profile, nothing, signs)) == {3, 4, 5}


@pytest.mark.parametrize("customers", [0, 1, 600])
def test_without_a_sign_every_result_is_empty(customers):
    profile, tickets, feedback, signs = company(0)
    profile, none = profile.head(customers).assign(customer_id="x"), signs.head(customers)[[]]
    groups = vulnerable.groups(none, {})
    ranks = priorities(profile, tickets, none)
    assert list(groups) == []
    assert ranks.isna().all()
    served = fair_service.parity(
        groups.set_axis(profile["customer_no"]), fair_service.outcomes(tickets, AS_OF), latest(answers(feedback))
    )
    for result in (
        vulnerable.counts(none, {}),
        vulnerable.rules(ranks),
        vulnerable.needs(profile, none, {}, {}),
        served,
    ):
        assert len(result) == 0
        assert result.family == 0
        assert Gate(10).guard(result).frame.empty
    assert list(vulnerable.prioritised(profile, ranks)) == ["customer_id", "customer_no", "priority", "rule"]


def test_signs_of_which_nothing_is_known_are_no_error():
    profile, tickets, feedback, signs = company(0)
    unknown = signs.mask(signs.notna())
    assert vulnerable.counts(unknown, drivers_of(unknown)).frame["n"].eq(0).all()
    assert priorities(profile, tickets, unknown).eq(5).all()
    cases = fair_service.outcomes(tickets, AS_OF)
    assert not fair_service.parity(by_customer(profile, unknown), cases, latest(answers(feedback))).frame["claim"].any()


def test_no_page_shows_a_planted_handful():
    profile, tickets, feedback, signs = company(0)
    few = signs.assign(alone=pd.array([True] * 4 + [False] * 596, dtype="boolean"))
    profile = profile.assign(preferred_channel=["phone"] * 3 + ["web"] * 297 + ["phone"] * 300)
    cases = fair_service.outcomes(tickets, AS_OF)
    groups = by_customer(profile, few)
    results = {
        "indicator": vulnerable.counts(few, drivers_of(few)),
        "group": fair_service.parity(groups, cases, latest(answers(feedback))),
        "evidence": vulnerable.needs(profile, few, drivers_of(few), dict.fromkeys(few, ())),
    }
    for column, result in results.items():
        shown = Gate(10).guard(result).frame
        about = shown[column].eq("alone") if column == "indicator" else shown["group"].eq("life events")
        assert about.any()
        assert shown.loc[about, "suppressed"].all()
        assert shown.loc[about, "n"].isna().all()
    ranks = pd.Series([1] * 4 + [4] * 50 + [5] * 546, dtype="Int64")
    shown = Gate(10).guard(vulnerable.rules(ranks)).frame
    # Hiding the four alone would give them back: all rules together are all customers.
    assert shown.loc[shown["suppressed"], "rank"].tolist() == [1, 4]


def test_nothing_is_said_of_a_hidden_share():
    flags = pd.DataFrame({"small_income": pd.array([True] * 4 + [False] * 596, dtype="boolean")})
    assert said(vulnerable.counts(flags, DRIVERS)) == []
