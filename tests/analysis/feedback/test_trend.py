"""Months, volumes and trends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import metrics, trend
from customer_profiles.privacy.disclosure import Gate


def feedback(seed: int, per_year: float = 0.0, n: int = 1200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    day = rng.integers(0, 731, n)
    score = np.clip((7.5 + per_year * day / 365 + 2 * rng.standard_normal(n)).round(), 0, 10)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D")
    return pd.DataFrame(
        {"customer_no": pd.array(np.arange(n), dtype="Int64"), "at": at, "metric": "nps", "score": score}
    )


def by_month(table: pd.DataFrame, **more):
    answers = metrics.answers(table)
    return trend.score_trend(metrics.latest(answers.assign(month=trend.months(answers["at"])), "month"), **more)


class TestScoreTrend:
    def test_months_agree_with_a_plain_computation(self):
        answers = feedback(0)
        table = by_month(answers).frame
        assert table["month"].tolist() == pd.date_range("2024-01-01", "2025-12-01", freq="MS").tolist()
        march = answers.loc[answers["at"].dt.strftime("%Y-%m") == "2025-03", "score"]
        row = table.set_index("month").loc["2025-03-01"]
        assert row["n"] == len(march)
        assert row["mean"] == pytest.approx(march.mean())
        assert row["nps"] == pytest.approx(100 * ((march >= 9).mean() - (march <= 6).mean()))

    def test_empty_and_thin_months_stay_in_the_series(self):
        answers = feedback(1)
        answers = answers[~answers["at"].dt.strftime("%Y-%m").isin(["2024-05"])]
        thin = answers["at"].dt.strftime("%Y-%m") == "2024-07"
        answers = pd.concat([answers[~thin], answers[thin][:3]])
        table = by_month(answers).frame.set_index("month")
        assert table.loc["2024-05-01", "n"] == 0
        assert table.loc["2024-07-01", "n"] == 3
        assert table.loc[["2024-05-01", "2024-07-01"], ["nps", "mean"]].isna().all(axis=None)

    def test_a_customer_counts_once_a_month_and_every_anonymous_answer_counts(self):
        one = feedback(2)[:1]
        again = pd.concat([one.assign(score=3.0), one.assign(score=9.0)], ignore_index=True)
        assert by_month(again, min_answers=1).frame["mean"].tolist() == [9]
        assert by_month(again.assign(customer_no=pd.NA), min_answers=1).frame["n"].tolist() == [2]
        nothing = by_month(one[:0])
        assert (len(nothing), nothing.needs, nothing.claims(nothing.frame)) == (0, "feedback", [])

    def test_months_of_few_answers_are_hidden(self):
        few = by_month(feedback(2, n=150), min_answers=1)
        published = Gate(10).guard(few).frame
        small = few.frame["n"].between(1, 9)
        assert small.any()
        assert published["suppressed"].tolist() == small.tolist()
        assert published.loc[small, "mean"].isna().all()


class TestThemes:
    def test_volumes_count_items_once_and_show_zeros(self):
        at = pd.to_datetime(["2025-01-03", "2025-01-03", "2025-01-20", "2025-03-01"])
        items = pd.DataFrame({"row": [1, 1, 2, 3], "at": at, "theme": ["late", "rude", "late", "late"]})
        table = trend.theme_volumes(items)
        assert table[["theme", "n", "base"]].to_numpy().tolist() == [
            *(["late", 2, 2], ["late", 0, 0], ["late", 1, 1]),
            *(["rude", 1, 2], ["rude", 0, 0], ["rude", 0, 1]),
        ]
        assert trend.theme_volumes(items[:0]).empty


class TestDrift:
    def test_agrees_with_scipy_over_gaps(self):
        table = by_month(feedback(3, per_year=-1)).frame.drop(index=5)
        row = trend.drift(table, "metric", "mean").iloc[0]
        months = table["month"].dt.year * 12 + table["month"].dt.month
        assert row["p"] == pytest.approx(stats.kendalltau(months, table["mean"]).pvalue)
        assert row["slope"] == pytest.approx(stats.theilslopes(table["mean"], months).slope)
        assert row["claim"]
        assert row["slope_low"] < -1 / 12 * 0.8 < row["slope_high"] + 0.05

    def test_sentence_turns_a_fall_around(self):
        result = by_month(feedback(3, per_year=-1))
        found = result.claims(result.frame)
        assert "falls by" in found[0].message
        assert 0 < found[0].values["low"] < found[0].values["slope"] < found[0].values["high"]
        assert found[0].values["slope"] == pytest.approx(0.8, abs=0.4)

    def test_short_and_flat_series_are_not_tested(self):
        month = pd.date_range("2025-01-01", periods=9, freq="MS")
        short = pd.DataFrame({"month": month, "theme": "a", "share": np.arange(9.0)})
        flat = pd.DataFrame({"month": pd.date_range("2024-01-01", periods=20, freq="MS"), "theme": "b", "share": 0.1})
        table = trend.drift(pd.concat([short, flat]), "theme", "share")
        assert table["p"].isna().all()

    @pytest.mark.slow  # null companies cover it in every run
    def test_false_claims_stay_within_the_promise(self):
        claims = 0
        month = pd.date_range("2024-01-01", periods=24, freq="MS")
        for seed in range(60):
            rng = np.random.default_rng(seed)
            themes = [
                pd.DataFrame({"month": month, "theme": f"{i}", "share": rng.binomial(60, 0.1, 24) / 60})
                for i in range(8)
            ]
            claims += trend.drift(pd.concat(themes), "theme", "share")["claim"].any()
        assert claims <= stats.binom.isf(0.001, 60, 0.05)

    def test_nothing_is_a_finding(self):
        quiet = by_month(feedback(4))
        assert [finding.kind for finding in quiet.claims(quiet.frame)] == ["nothing"]
