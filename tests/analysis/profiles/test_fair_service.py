"""Service of a group beside others, against statsmodels' regression with errors clustered by customer."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from customer_profiles.analysis.pain_points.behaviour import REPEAT_DAYS
from customer_profiles.analysis.profiles import fair_service

AS_OF = date(2025, 12, 31)


@pytest.fixture
def tickets() -> pd.DataFrame:
    """Customers 0 to 99 wait half as long again, and have more cases of the slow topic."""
    rng = np.random.default_rng(3)
    customer = np.sort(rng.integers(0, 400, 900))
    slow = rng.random(900) < np.where(customer < 100, 0.7, 0.2)
    hours = rng.exponential(np.where(slow, 60, 20) * np.where(customer < 100, 1.5, 1.0))
    opened = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, 900), unit="D")
    return pd.DataFrame(
        {
            "customer_no": pd.array(customer, dtype="Int64"),
            "opened_at": opened,
            "closed_at": opened + pd.to_timedelta(hours, unit="h"),
            "topic": np.where(slow, "delivery", "account"),
            "reopened": pd.array(rng.random(900) < 0.15, dtype="boolean"),
        }
    )


def sides() -> tuple[pd.Index, pd.Index]:
    return pd.Index(range(100)), pd.Index(range(100, 400))


def test_ratios_are_those_of_a_poisson_regression_clustered_by_customer(tickets):
    cases = fair_service.outcomes(tickets, AS_OF)
    for outcome in (fair_service.HOURS, fair_service.REOPENED):
        found = fair_service.rates(cases, outcome, *sides())
        design = sm.add_constant((cases["customer_no"] < 100).astype(float).to_numpy())
        clusters = {"groups": cases["customer_no"].to_numpy(int), "use_correction": False}
        model = sm.GLM(cases[outcome].to_numpy(float), design, family=sm.families.Poisson())
        fitted = model.fit(cov_type="cluster", cov_kwds=clusters)
        assert found["ratio"] == pytest.approx(np.exp(fitted.params[1]), rel=1e-6)
        # They differ by n / (n - 1) on each side.
        assert np.log(found["ratio_high"] / found["ratio"]) / 1.959964 == pytest.approx(fitted.bse[1], rel=0.01)
        assert found["p"] == pytest.approx(fitted.pvalues[1], rel=0.15)


def test_the_same_mix_of_topics_takes_out_what_the_topics_explain(tickets):
    found = fair_service.rates(fair_service.outcomes(tickets, AS_OF), fair_service.HOURS, *sides())
    assert found["ratio"] > 2
    assert found["same_mix_low"] < 1.5 < found["same_mix_high"]
    assert found["ratio"] > found["same_mix"]


def test_the_same_mix_by_hand():
    cases = pd.DataFrame(
        {"customer_no": [1, 2, 3, 4], "topic": ["a", "b", "a", "b"], fair_service.HOURS: [2.0, 8.0, 1.0, 4.0]}
    )
    found = fair_service.rates(cases, fair_service.HOURS, pd.Index([1, 2]), pd.Index([3, 4]))
    # Topics a and b take 1.5 and 6 hours on average: 10 / 7.5 against 5 / 7.5.
    assert found["ratio"] == pytest.approx(2)
    assert found["same_mix"] == pytest.approx(2)
    assert (found["n"], found["base"], found["n_rest"], found["base_rest"]) == (2, 2, 2, 2)


def test_cases_come_again_soon_and_recent_ones_cannot_tell():
    first, soon = pd.Timestamp("2025-03-01"), pd.Timedelta(days=REPEAT_DAYS)
    opened = [first, first + soon, pd.Timestamp(AS_OF), first]
    tickets = pd.DataFrame({"customer_no": pd.array([1, 1, 1, 2], dtype="Int64"), "opened_at": opened})
    found = fair_service.outcomes(tickets, AS_OF)
    assert found[fair_service.AGAIN].fillna(-1).tolist() == [100, 0, -1, 0]
    assert fair_service.HOURS not in found
    assert fair_service.REOPENED not in found


def test_cases_without_a_topic_are_of_one(tickets):
    some = tickets.assign(topic=tickets["topic"].mask(tickets.index < 5))
    assert fair_service.outcomes(some, AS_OF)["topic"].head(5).eq("").all()
    assert fair_service.outcomes(some, AS_OF)["topic"].tail(5).tolist() == tickets["topic"].tail(5).tolist()
    assert fair_service.outcomes(tickets.drop(columns="topic"), AS_OF)["topic"].eq("").all()


def test_nothing_to_compare_is_no_error():
    cases = pd.DataFrame({"customer_no": range(8), "topic": "", fair_service.REOPENED: 0.0})
    nobody, some, others = pd.Index([], dtype="int64"), pd.Index(range(4)), pd.Index(range(4, 8))
    for members in (nobody, some):  # without members, and without a single reopened case
        found = fair_service.rates(cases, fair_service.REOPENED, members, others)
        assert np.isnan(found["p"])
        assert found["n"] == 0
