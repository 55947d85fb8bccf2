"""Customers with a permitted sign: counted, ranked and compared; found where they are served worse, and only there."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.proportion import proportion_confint

from customer_profiles.analysis.profiles import fair_service, vulnerable
from customer_profiles.ingest.contract import empty_table

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
            "category": rng.choice(["a", "b", "c"], 700),
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


def parity(seed: int, slower: float = 1.0) -> pd.DataFrame:
    profile, tickets, feedback, signs = company(seed, slower)
    cases = fair_service.outcomes(tickets, AS_OF)
    return vulnerable.parity(profile, cases, feedback, signs, {name: DRIVERS[name] for name in signs})


def test_any_sign_is_counted_only_where_all_are_known():
    flags = pd.DataFrame(
        {
            "small_income": pd.array([True, True, False, False, None], dtype="boolean"),
            "alone": pd.array([False, None, False, True, False], dtype="boolean"),
        }
    )
    table = vulnerable.counts(flags, DRIVERS).set_index("indicator")
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
    rows = vulnerable.counts(flags, DRIVERS)[["driver", "indicator"]].to_numpy().tolist()
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
    ranks = vulnerable.priorities(profile, tickets, flags, DRIVERS)
    # An open case; one after which the customer came again; none; none; a case but no sign; nothing known.
    assert ranks.tolist() == [1, 2, 3, 4, 5, 5]
    kept = vulnerable.prioritised(profile.assign(customer_id="x"), ranks)
    assert kept["customer_no"].tolist() == [1, 2, 3, 4]
    assert kept["rule"].tolist() == list(vulnerable.RULES[:4])
    table = vulnerable.priority_table(ranks)
    assert table["n"].sum() == 6
    assert table["criterion"].tolist() == list(vulnerable.RULES)
    assert vulnerable.priorities(profile, tickets[:0], flags, DRIVERS).tolist() == [3, 4, 3, 4, 5, 5]


def test_worse_service_is_found_and_said():
    table = parity(1, slower=2.0)
    row = table.set_index(["metric", "group"]).loc[(fair_service.HOURS, "resilience")]
    assert row["claim"]
    assert row["ratio_low"] < 2 < row["ratio_high"]
    flags = company(1)[3]
    found = vulnerable.findings(vulnerable.counts(flags, DRIVERS), table)
    assert {finding.values.get("group") for finding in found if finding.kind == "difference"} <= {
        "resilience",
        "any sign",
    }
    assert "08.parity.hours_to_resolution.resilience" in {finding.id for finding in found}


def test_scores_are_compared_as_scipy_does():
    profile, _, feedback, signs = company(4)
    drivers = {name: DRIVERS[name] for name in signs}
    table = vulnerable.parity(profile, pd.DataFrame({"customer_no": []}), feedback, signs, drivers)
    row = table.set_index("group").loc["any sign"]
    either = signs.fillna(False).any(axis=1)[feedback["customer_no"]].to_numpy()
    expected = ttest_ind(feedback.loc[either, "score"], feedback.loc[~either, "score"], equal_var=False)
    assert row["p"] == pytest.approx(expected.pvalue)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(tuple(expected.confidence_interval()))
    assert set(table["metric"]) == {"satisfaction"}


def test_equal_service_is_rarely_called_unequal():
    claims = [parity(seed)["claim"].any() for seed in range(40)]
    # 5 % of 40 families; more than 5 of 40 would have a probability of 1.4 %.
    assert sum(claims) <= 5


def test_nothing_found_is_said_with_the_size_of_the_family():
    table = next(table for table in map(parity, range(9)) if not table["claim"].any())
    counts = vulnerable.counts(company(0)[3], DRIVERS)
    said = [finding for finding in vulnerable.findings(counts, table) if finding.kind == "nothing"]
    assert [finding.family for finding in said] == [table["p"].notna().sum()]


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
    table = vulnerable.needs(profile, flags, DRIVERS, {"small_income": ("income_band",)}).set_index("evidence")
    assert table["ratio"].to_dict() == pytest.approx({"what they ask for": 3.0, "where they buy": 2.0})
    assert table["claim"].all()
    assert len(vulnerable.need_findings(table.reset_index())) == 2
    made = vulnerable.needs(profile, flags, DRIVERS, {"small_income": ("income_band", "preferred_channel")})
    assert made["evidence"].tolist() == ["where they buy"]


def test_limits_name_what_may_not_be_used():
    flags = company(0)[3]
    no_cases = pd.DataFrame()
    said = vulnerable.limits(flags, DRIVERS, no_cases)
    assert {limit.values["driver"] for limit in said if limit.values} == {"health", "capability"}
    assert "tickets" in said[-1].needs
    assert len(vulnerable.limits(flags[[]], DRIVERS, no_cases)) == 1
    assert vulnerable.limits(flags[[]], DRIVERS, no_cases, persons=False) == []
    assert vulnerable.facts(flags[[]], {}) == {"vulnerable": 0, "vulnerable_base": 0, "signs": 0}


def test_without_cases_and_scores_nothing_is_compared_and_that_is_said():
    profile, _, _, signs = company(0)
    drivers = {name: DRIVERS[name] for name in signs}
    nothing = empty_table("tickets")
    cases = fair_service.outcomes(nothing, AS_OF, pd.DataFrame())
    table = vulnerable.parity(profile, cases, empty_table("feedback"), signs, drivers)
    assert table.empty
    said = vulnerable.findings(vulnerable.counts(signs, drivers), table)
    assert [finding.kind for finding in said] == ["fact"]
    needs = vulnerable.needs(profile, signs, drivers, dict.fromkeys(signs, ()))
    assert vulnerable.need_findings(needs) == []
    assert set(vulnerable.priorities(profile, nothing, signs, drivers)) == {3, 4, 5}
