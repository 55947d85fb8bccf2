"""Scores overall and by group: against scipy and a plain computation, planted differences found, null data quiet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import scores
from customer_profiles.needs import NEEDS
from customer_profiles.stats import group_tests

METRICS = ("nps", "csat")


def company(seed: int, n: int = 900, effect: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Feedback and profile; people of the north score lower by `effect` points."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "east", "west", "centre"], n)
    profile = pd.DataFrame(
        {
            "customer_no": np.arange(n),
            "region": region,
            "gender": rng.choice(["f", "m"], n),
            "no": rng.choice(list("abcd"), n),
        }
    )
    who = rng.integers(0, n, n)
    metric = rng.choice(METRICS, n)
    good = 7.5 + 2.2 * rng.standard_normal(n) - effect * (region[who] == "north")
    score = np.where(metric == "nps", np.clip(good.round(), 0, 10), np.clip((good / 2).round(), 1, 5))
    at = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365, n), unit="D")
    feedback = pd.DataFrame({"customer_no": pd.array(who, dtype="Int64"), "at": at, "metric": metric, "score": score})
    return feedback, profile


class TestScores:
    def test_one_answer_per_customer(self):
        feedback, _ = company(0)
        table = scores.scores(feedback).set_index("metric")
        assert table.index.tolist() == ["nps", "csat"]
        for metric in METRICS:
            part = feedback[feedback["metric"] == metric]
            last = part.sort_values("at", kind="stable").drop_duplicates("customer_no", keep="last")["score"]
            assert (table.loc[metric, "n"], table.loc[metric, "answers"]) == (len(last), len(part))
            theirs = stats.ttest_1samp(last, 0).confidence_interval()
            np.testing.assert_allclose(
                table.loc[metric, ["mean", "mean_low", "mean_high"]].to_list(), [last.mean(), *theirs]
            )
            if metric == "nps":
                assert table.loc[metric, "nps"] == pytest.approx(100 * ((last >= 9).mean() - (last <= 6).mean()))
            else:
                assert table.loc[metric, "share"] == pytest.approx((last >= 4).mean())

    def test_boxes_add_up(self):
        feedback, _ = company(1)
        table = scores.boxes(feedback)
        assert table["value"].tolist() == ["promoter", "passive", "detractor", "satisfied", "neutral", "dissatisfied"]
        np.testing.assert_allclose(table.groupby("metric")["share"].sum(), 1)

    def test_too_few_answers_are_said_not_shown(self):
        feedback, _ = company(2, n=40)
        assert scores.scores(feedback, min_answers=100)["mean"].isna().all()
        assert scores.findings(scores.scores(feedback, min_answers=100)) == []
        assert [limit.values["metric"] for limit in scores.limits(feedback, 100)] == ["nps", "csat"]
        assert [limit.needs for limit in scores.limits(feedback[:0])] == [NEEDS["feedback"]]
        assert scores.scores(feedback[:0]).empty

    def test_facts_are_counts_that_add_up(self):
        feedback, _ = company(3)
        facts = scores.facts(feedback)
        assert facts["answers"] == len(feedback)
        assert facts["nps_customers"] == sum(facts[f"nps_{box}"] for box in ("promoter", "passive", "detractor"))
        assert scores.facts(feedback[:0]) == {"answers": 0}

    def test_headlines(self):
        feedback, _ = company(3)
        found = scores.findings(scores.scores(feedback))
        assert [finding.id for finding in found] == ["04.score.nps", "04.score.csat"]
        assert found[0].interval[0] < found[0].values["nps"] < found[0].interval[1]


class TestGroups:
    def rows(self, effect=1.5):
        feedback, profile = company(4, effect=effect)
        table = scores.scores_by_group(feedback, profile, ["region", "gender", "no"])
        joined = scores.latest(scores.answers(feedback)).merge(profile, on="customer_no")
        return table, joined

    def test_tests_agree_with_scipy(self):
        table, joined = self.rows()
        for row in table.itertuples():
            part = joined[joined["metric"] == row.metric]
            inside = part[row.attribute] == row.value
            group, rest = part.loc[inside, "score"], part.loc[~inside, "score"]
            assert (row.n, row.n_rest, row.base) == (len(group), len(rest), len(part))
            assert row.mean_rest == pytest.approx(rest.mean())
            if row.metric == "csat":
                assert row.p == pytest.approx(stats.ttest_ind(group, rest, equal_var=False).pvalue)
            else:
                counted = [[(s >= 9).sum(), ((s > 6) & (s < 9)).sum(), (s <= 6).sum()] for s in (group, rest)]
                assert row.p == pytest.approx(float(group_tests.nps_difference(*counted).p))
                assert row.difference == pytest.approx(row.nps - row.nps_rest)
            assert row.effect == pytest.approx(np.sign(np.subtract.outer(group.to_numpy(), rest.to_numpy())).mean())

    def test_planted_difference_is_found_and_only_that(self):
        table, _ = self.rows()
        assert set(table.loc[table["claim"], "value"]) == {"north"}
        assert table.loc[0, "value"] == "north"
        assert table.attrs["family"] == 2 * (5 + 1 + 4)  # two-valued gender counts once
        found = scores.group_findings(table)
        assert {finding.values["value"] for finding in found} == {"north"}
        assert all(finding.kind == "difference" and 0 < finding.effect <= 1 for finding in found)

    def test_false_claims_stay_within_the_promise(self):
        claims = 0
        for seed in range(40):
            feedback, profile = company(seed, n=600)
            claims += scores.scores_by_group(feedback, profile, ["region", "gender", "no"])["claim"].any()
        assert claims <= stats.binom.isf(0.001, 40, 0.05)

    def test_small_groups_have_no_estimate(self):
        feedback, profile = company(5, n=300)
        profile.loc[profile.index[:290], "gender"] = "f"
        table = scores.scores_by_group(feedback, profile, ["gender"], min_answers=30)
        assert table["p"].isna().all()
        assert table.loc[table["n"] < 30, ["nps", "mean", "mean_rest"]].isna().all(axis=None)

    def test_numbers_are_banded(self):
        feedback, profile = company(7)
        table = scores.scores_by_group(feedback, profile.assign(age=profile["customer_no"] % 70), ["age"])
        assert table.groupby("metric")["value"].nunique().to_dict() == {"nps": 5, "csat": 5}

    def test_nothing_to_compare(self):
        feedback, profile = company(6, n=200)
        empty = scores.scores_by_group(feedback[:0], profile, ["gender"])
        assert empty.empty
        assert scores.group_findings(empty) == []
        quiet = scores.scores_by_group(feedback, profile, ["gender"])
        assert [finding.kind for finding in scores.group_findings(quiet)] == ["nothing"]
