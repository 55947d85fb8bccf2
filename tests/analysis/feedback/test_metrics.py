"""Definitions of the scores, and answers on one scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.feedback import metrics
from customer_profiles.errors import InputRejected
from customer_profiles.messages import Text
from customer_profiles.results import OVERLAPPING, Result


def feedback(score, metric="nps", customer_no=None, scale=None, at=None) -> pd.DataFrame:
    n = len(score)
    return pd.DataFrame(
        {
            "customer_no": pd.array(range(n) if customer_no is None else customer_no, dtype="Int64"),
            "at": pd.date_range("2025-01-01", periods=n) if at is None else pd.to_datetime(at),
            "metric": metric,
            "score": np.array(score, float),
            "scale": scale,
        }
    )


class TestAnswers:
    def test_promoters_passives_and_detractors(self):
        table = metrics.answers(feedback(range(11)))
        assert table.loc[table["good"], "score"].tolist() == [9, 10]
        assert table.loc[table["poor"], "score"].tolist() == [0, 1, 2, 3, 4, 5, 6]

    @pytest.mark.parametrize(
        ("metric", "scale", "score", "expected"),
        [
            ("csat", "1-5", [1, 5], [1, 5]),
            ("csat", 10.0, [1, 10], [1, 5]),
            ("csat", "0–100", [0, 50, 100], [1, 3, 5]),
            ("ces", "7-1", [1, 7], [7, 1]),
            ("ces", "1-5", [1, 5], [7, 1]),  # version 1.0 asks for effort
            ("ces", "1-7", [1, 7], [1, 7]),
            ("rating", "6-1", [1, 6], [100, 0]),
            ("nps", "0-10", [0, 10], [0, 10]),
            ("nps", 10, [0, 10], [0, 10]),
            ("stars", None, [1, 4.5], [1, 4.5]),
        ],
    )
    def test_declared_scale_and_direction(self, metric, scale, score, expected):
        table = metrics.answers(feedback(score, metric, scale=scale))
        np.testing.assert_allclose(table["score"], expected)

    def test_top_boxes_of_a_stretched_scale(self):
        table = metrics.answers(feedback(range(1, 8), "csat", scale="1-7"))
        assert table["good"].sum() == 2  # 6 and 7 of 7
        assert table["poor"].sum() == 2

    @pytest.mark.parametrize(
        ("metric", "scale", "score", "why"),
        [
            ("nps", "1-10", [5], "from 0 to 10"),
            ("nps", None, [11], "1 nps scores lie outside"),
            ("csat", None, [0, 6, 3], "2 csat scores lie outside"),
            ("ces", "good", [3], "cannot be read"),
            ("ces", "5-5", [5], "one answer only"),
        ],
    )
    def test_contradictions_are_refused(self, metric, scale, score, why):
        with pytest.raises(InputRejected, match=why):
            metrics.answers(feedback(score, metric, scale=scale))

    def test_comments_without_a_score_are_left_out(self):
        both = pd.concat([feedback([5, np.nan]), feedback([1], "none")])
        assert len(metrics.answers(both)) == 1
        assert metrics.answers(both[:0]).empty


def test_latest_answer_of_each_customer_and_every_anonymous_one():
    customers = [1, 1, 2, None, None]
    table = feedback([3, 9, 5, 7, 8], customer_no=customers, at=["2025-03-01", "2025-02-01", *["2025-01-01"] * 3])
    last = metrics.latest(metrics.answers(table))
    assert sorted(last["score"]) == [3, 5, 7, 8]
    months = metrics.answers(table).assign(month=lambda t: t["at"].dt.month)
    assert sorted(metrics.latest(months, per="month")["score"]) == [3, 5, 7, 8, 9]


def test_main_score():
    table = metrics.answers(pd.concat([feedback([5, 6], "nps"), feedback([3, 3, 3], "csat")]))
    assert metrics.main(table) == "csat"
    assert metrics.main(table[table["row"] < 2]) == "nps"  # of equals the first
    assert metrics.main(table[:0]) == ""


def test_summaries():
    table = metrics.answers(pd.concat([feedback([10, 9, 8, 0]), feedback([5, 4, 1], "csat")]))
    summary = metrics.summarise(table, ["metric"]).set_index("metric")
    assert summary.loc["nps", ["n", "nps", "good", "middle", "poor"]].tolist() == [4, 25, 2, 1, 1]
    assert np.isnan(summary.loc["csat", "nps"])
    assert summary.loc["csat", "share"] == pytest.approx(2 / 3)
    assert metrics.summarise(table, ["metric"], min_answers=4).set_index("metric")["mean"].isna().tolist() == [
        True,
        False,
    ]


def test_a_chart_shows_the_score_of_the_first_claim():
    table = pd.DataFrame({"metric": ["nps", "csat", "stars"], "n": 50, "claim": [False, True, True]})
    assert metrics.first_claimed(table, "nps") == "csat"
    assert metrics.first_claimed(table.assign(claim=False), "nps") == "nps"
    shown = metrics.only(Result("x", table, Text("X"), OVERLAPPING, about=Text("All of them.")), "csat")
    assert shown.view.of(table)["metric"].tolist() == ["csat"]
    assert len(shown) == 3
    assert (shown.about.values["metric"], shown.about.values["about"].message) == ("csat", "All of them.")
