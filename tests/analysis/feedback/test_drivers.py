"""What goes with a score: planted drivers come first, data without structure has none, late delivery in real data."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support import real_data

from customer_profiles.analysis.feedback import driver_facts, drivers, metrics, topic_effects
from customer_profiles.ingest.contract import empty_table
from customer_profiles.needs import NEEDS
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result

DAY = pd.Timestamp("2025-01-01")


def company(seed: int, n: int = 500, planted: bool = True) -> dict[str, pd.DataFrame]:
    """Answers, of which some mention a topic; a third follow a ticket. Topic and slow tickets lower the score."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "east"], n)
    profile = pd.DataFrame({"customer_no": np.arange(n), "region": region, "age": rng.integers(18, 80, n)})
    at = DAY + pd.to_timedelta(rng.integers(100, 300, n), unit="D")
    wrote, hours = rng.random(n) < 0.35, rng.choice([5.0, 30.0, 100.0], n)
    topic = rng.random(n) < 0.2
    felt = 7 + 1.8 * rng.standard_normal(n) + planted * (-2.0 * topic - 0.02 * wrote * hours)
    score = np.clip(felt.round(), 0, 10)
    feedback = pd.DataFrame(
        {"customer_no": pd.array(range(n), dtype="Int64"), "at": at, "metric": "nps", "score": score}
    )
    opened = at[wrote] - pd.Timedelta(days=5)
    tickets = pd.DataFrame({"customer_no": np.flatnonzero(wrote), "opened_at": opened, "channel": "mail"})
    tickets["closed_at"] = opened + pd.to_timedelta(hours[wrote], unit="h")
    tickets["reopened"] = rng.random(len(tickets)) < 0.2
    others = rng.random(n) < 0.1
    topics = [(row, "parcel late") for row in np.flatnonzero(topic)] + [
        (row, "colour") for row in np.flatnonzero(others)
    ]
    return {
        "feedback": feedback,
        "profile": profile,
        "tickets": tickets,
        "transactions": empty_table("transactions"),
        "topics": pd.DataFrame(topics, columns=["row", "theme"]),
    }


def candidates(attributes: list[str], feedback: pd.DataFrame, **tables) -> drivers.Candidates:
    latest = metrics.latest(metrics.answers(feedback))
    given = latest[latest["metric"] == metrics.main(latest)]
    return drivers.candidates(given, feedback, attributes=attributes, **tables)


def found_in(tables: dict[str, pd.DataFrame], resamples: int = 40) -> tuple[drivers.Candidates, Result]:
    said = candidates(["region", "age"], **tables)
    return said, drivers.drivers(said, resamples=resamples)


def told_of(result: Result) -> list:
    return result.claims(result.frame) if result.claims else []


@pytest.fixture(scope="module")
def planted():
    return found_in(company(1))


def test_planted_drivers_come_first_with_their_direction(planted):
    table = planted[1].frame.set_index("driver")
    assert table.index[0] == "parcel late"
    assert set(table.index[table["claim"]]) == {"parcel late", "ticket_before", "ticket_hours"}
    assert table.loc["parcel late", "kind"] == driver_facts.TOPIC
    assert (table.loc[table["claim"], "difference_high"] < 0).all()
    assert table.loc["parcel late", "net_low"] < -1.7 < table.loc["parcel late", "net_high"]
    assert table.loc["ticket_hours", "value"] == "100"


def test_numbers_agree_with_scipy(planted):
    said, told = planted
    row = told.frame.set_index("driver").loc["parcel late"]
    mentions = said.values["parcel late"] == "yes"
    group, rest = said.score[mentions], said.score[~mentions]
    assert row["p"] == pytest.approx(stats.kruskal(group, rest).pvalue)
    theirs = stats.ttest_ind(group, rest, equal_var=False).confidence_interval()
    np.testing.assert_allclose(row[["difference_low", "difference_high"]].to_list(), theirs)
    assert row["explained"] == pytest.approx(np.corrcoef(mentions, said.score)[0, 1] ** 2, abs=0.03)


def test_a_topic_is_weighed_by_what_the_score_would_be_without_it(planted):
    said = planted[0]
    row = topic_effects.topic_effects(said).frame.set_index("theme").loc["parcel late"]
    rest = said.score[said.values["parcel late"] == "no"]
    assert row["without"] == pytest.approx(100 * ((rest >= 9).mean() - (rest <= 6).mean()))
    assert row["lift"] == pytest.approx(row["without"] - row["score"])
    assert 0 < row["lift_low"] < row["lift"] < row["lift_high"]
    (sentence,) = told_of(topic_effects.topic_effects(said))
    assert sentence.values["theme"] == "parcel late"


def test_sentences_say_that_association_is_no_cause(planted):
    *named, together = told_of(planted[1])
    assert "no proof of a cause" in together.message
    assert {finding.values["driver"] for finding in named} == {"parcel late", "ticket_before", "ticket_hours"}
    assert all("lower" in finding.message for finding in named)


def test_data_without_structure_have_no_driver():
    claims, explained = 0, []
    for seed in range(20):
        _, told = found_in(company(seed, n=300, planted=False), resamples=5)
        claims += told.frame["claim"].any()
        explained.append(told.claims.keywords["told"]["explained"])
        if not told.frame["claim"].any():
            assert [finding.kind for finding in told_of(told)] == ["nothing"]
    assert claims <= stats.binom.isf(0.001, 20, 0.05)
    assert np.median(explained) < 0.02  # a plain R² would be about 0.04


def test_the_last_ticket_before_the_answer_counts():
    tables = company(2)
    later = tables["tickets"].assign(opened_at=lambda t: t["opened_at"] + pd.Timedelta(days=6))
    none = candidates([], **tables | {"tickets": later})
    assert "ticket_before" not in none.values
    old = tables["tickets"].assign(opened_at=lambda t: t["opened_at"] - pd.Timedelta(days=driver_facts.MEMORY_DAYS))
    assert "ticket_before" not in candidates([], **tables | {"tickets": old}).values
    same_day = tables["tickets"].assign(opened_at=lambda t: t["opened_at"] + pd.Timedelta(days=5, hours=9))
    assert (candidates([], **tables | {"tickets": same_day}).values["ticket_before"] == "yes").any()


def test_twins_have_no_net_difference():
    tables = company(3)
    tables["profile"]["again"] = tables["profile"]["region"].str.upper()
    said = candidates(["region", "again"], **tables)
    table = drivers.drivers(said, resamples=10).frame.set_index("driver")
    assert table.loc[["region", "again"], "net"].isna().all()
    assert table.loc["region", "explained"] == pytest.approx(table.loc["again"]["explained"])


def test_too_few_answers_are_said():
    said, told = found_in(company(4, n=60))
    assert told.frame.empty
    assert told_of(told) == []
    assert [limit.needs for limit in drivers.limits(said, told)] == [NEEDS["feedback"]]
    assert drivers.limits(said, told)[0].values["n"] == 60


def test_without_answers_all_is_empty():
    nobody = company(4)
    empty = {name: empty_table(name) for name in ("feedback", "tickets", "transactions")}
    said, told = found_in(nobody | empty | {"topics": nobody["topics"][:0]})
    results = [told, drivers.levels(said, told.frame), topic_effects.topic_effects(said)]
    assert [(len(result), result.needs, told_of(result)) for result in results] == [(0, "feedback", [])] * 3
    assert drivers.limits(said, told) == []


def test_what_few_answers_have_is_hidden_and_not_told(planted):
    said, told = planted
    effects = topic_effects.topic_effects(said)
    for result, name in ((told, "driver"), (effects, "theme")):
        frame = result.frame.assign(n=result.frame["n"].where(result.frame[name] != "parcel late", 4))
        published = Gate(10).guard(replace(result, frame=frame))
        assert published.frame.loc[published.frame["suppressed"], name].tolist() == ["parcel late"]
        assert "parcel late" not in {claim.values.get(name) for claim in result.claims(published.marks(frame))}
    values = drivers.levels(said, told.frame)
    hours = values.frame["driver"] == "ticket_hours"
    frame = values.frame.assign(n=values.frame["n"].where(~hours | hours.duplicated(), 4))
    assert Gate(10).guard(replace(values, frame=frame)).frame.loc[hours, "suppressed"].sum() == 2


def test_same_answers_same_table(planted):
    again = drivers.drivers(planted[0], resamples=40)
    pd.testing.assert_frame_equal(planted[1].frame, again.frame)


def test_late_delivery_surfaces_in_real_reviews():
    """Olist: reviews joined to orders with csv alone; lateness against every other trait of the order."""

    def rows(name: str) -> list[dict[str, str]]:
        with (real_data("olist") / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))

    orders = {row["order_id"]: row for row in rows("orders") if row["order_delivered_customer_date"]}
    payment = {row["order_id"]: row["payment_type"] for row in rows("order_payments")}
    lines = defaultdict(int)
    for row in rows("order_items"):
        lines[row["order_id"]] += 1
    state = {row["customer_id"]: row["customer_state"] for row in rows("customers")}
    reviews = [row for row in rows("order_reviews") if row["order_id"] in orders]
    mine = [orders[row["order_id"]] for row in reviews]
    feedback = pd.DataFrame(
        {
            "customer_no": pd.array(range(len(reviews)), dtype="Int64"),
            "at": pd.to_datetime([row["review_answer_timestamp"] for row in reviews]),
            "metric": "stars",
            "score": [float(row["review_score"]) for row in reviews],
            "late": [o["order_delivered_customer_date"] > o["order_estimated_delivery_date"] for o in mine],
            "payment": [payment.get(row["order_id"]) for row in reviews],
            "state": [state[order["customer_id"]] for order in mine],
            "several": [lines[row["order_id"]] > 1 for row in reviews],
        }
    )
    profile = pd.DataFrame({"customer_no": range(len(reviews))})
    empty = {name: empty_table(name) for name in ("tickets", "transactions")}
    told = drivers.drivers(candidates([], feedback, profile=profile, **empty), resamples=20)
    first = told.frame.iloc[0]
    assert (first["driver"], first["value"], first["claim"]) == ("late", "yes", True)
    late = feedback.loc[feedback["late"], "score"].mean() - feedback.loc[~feedback["late"], "score"].mean()
    assert first["difference"] == pytest.approx(late)
    assert late < -1
