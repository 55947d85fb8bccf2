"""Scores overall and by group: against scipy and a plain computation, planted differences found, null data quiet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import metrics, scores
from customer_profiles.needs import NEEDS
from customer_profiles.privacy.disclosure import Gate
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


def overall(feedback: pd.DataFrame, min_answers: int = 30):
    answers = metrics.answers(feedback)
    return scores.scores(metrics.latest(answers), answers["metric"].value_counts(), min_answers)


def by_group(feedback: pd.DataFrame, profile: pd.DataFrame, attributes: list[str], min_answers: int = 30):
    return scores.scores_by_group(metrics.latest(metrics.answers(feedback)), profile, attributes, min_answers)


def facts(feedback: pd.DataFrame) -> dict:
    answers = metrics.answers(feedback)
    return scores.facts(metrics.latest(answers), answers)


class TestScores:
    def test_one_answer_per_customer(self):
        feedback, _ = company(0)
        table = overall(feedback).frame.set_index("metric")
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
        table = scores.boxes(metrics.latest(metrics.answers(feedback))).frame
        assert table["value"].tolist() == ["promoter", "passive", "detractor", "satisfied", "neutral", "dissatisfied"]
        np.testing.assert_allclose(table.groupby("metric")["share"].sum(), 1)

    def test_too_few_answers_are_said_not_shown(self):
        feedback, _ = company(2, n=40)
        few = overall(feedback, min_answers=100)
        assert few.frame["mean"].isna().all()
        assert few.claims(few.frame) == []
        assert [limit.values["metric"] for limit in scores.limits(few, 100)] == ["nps", "csat"]
        nothing = overall(feedback[:0])
        assert (len(nothing), nothing.needs, nothing.claims(nothing.frame)) == (0, "feedback", [])
        assert [limit.needs for limit in scores.limits(nothing)] == [NEEDS["feedback"]]
        assert len(scores.boxes(metrics.answers(feedback[:0]))) == 0

    def test_few_answers_are_hidden_and_not_told(self):
        feedback, _ = company(2, n=400)
        few = overall(pd.concat([feedback[feedback["metric"] == "nps"], feedback[feedback["metric"] == "csat"][:6]]), 1)
        published = Gate(10).guard(few)
        assert published.frame["suppressed"].tolist() == [False, True]
        assert [claim.id for claim in few.claims(published.marks(few.frame))] == ["score.nps"]
        latest = metrics.latest(metrics.answers(feedback))
        rare = latest[(latest["metric"] == "nps") & ~(latest["poor"] & latest["poor"].cumsum().gt(4))]
        parts = Gate(10).guard(scores.boxes(rare)).frame.set_index("value")
        assert parts.loc["detractor", "suppressed"]
        assert parts["suppressed"].sum() == 2  # a second one, lest the sum gives the first away

    def test_facts_are_counts_that_add_up(self):
        feedback, _ = company(3)
        found = facts(feedback)
        assert found["answers"] == len(feedback)
        assert found["nps_customers"] == sum(found[f"nps_{box}"] for box in ("promoter", "passive", "detractor"))
        assert facts(feedback[:0]) == {"answers": 0}

    def test_headlines(self):
        feedback, _ = company(3)
        result = overall(feedback)
        found = result.claims(result.frame)
        assert [finding.id for finding in found] == ["score.nps", "score.csat"]
        assert found[0].interval[0] < found[0].values["nps"] < found[0].interval[1]


class TestGroups:
    def rows(self, effect=1.5):
        feedback, profile = company(4, effect=effect)
        joined = metrics.latest(metrics.answers(feedback)).merge(profile, on="customer_no")
        return by_group(feedback, profile, ["region", "gender", "no"]), joined

    def test_tests_agree_with_scipy(self):
        result, joined = self.rows()
        for row in result.frame.itertuples():
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
        result, _ = self.rows()
        table = result.frame
        assert set(table.loc[table["claim"], "value"]) == {"north"}
        assert table.loc[0, "value"] == "north"
        assert result.family == 2 * (5 + 1 + 4)  # two-valued gender counts once
        found = result.claims(table)
        assert {finding.values["value"] for finding in found} == {"north"}
        assert all(finding.kind == "difference" and 0 < finding.effect <= 1 for finding in found)

    @pytest.mark.slow  # null companies cover it in every run
    def test_false_claims_stay_within_the_promise(self):
        claims = 0
        for seed in range(40):
            feedback, profile = company(seed, n=600)
            claims += by_group(feedback, profile, ["region", "gender", "no"]).frame["claim"].any()
        assert claims <= stats.binom.isf(0.001, 40, 0.05)

    def test_small_groups_have_no_estimate(self):
        feedback, profile = company(5, n=300)
        profile.loc[profile.index[:290], "gender"] = "f"
        table = by_group(feedback, profile, ["gender"], min_answers=30).frame
        assert table["p"].isna().all()
        assert table.loc[table["n"] < 30, ["nps", "mean", "mean_rest"]].isna().all(axis=None)

    def test_numbers_are_banded(self):
        feedback, profile = company(7)
        table = by_group(feedback, profile.assign(age=profile["customer_no"] % 70), ["age"]).frame
        assert table.groupby("metric")["value"].nunique().to_dict() == {"nps": 5, "csat": 5}

    @pytest.mark.parametrize("name", ["score", "metric", "at", "good", "row"])
    def test_an_attribute_may_be_called_like_a_column_of_the_answers(self, name):
        feedback, profile = company(7)
        plain, named = (by_group(feedback, profile.rename(columns={"gender": x}), [x]).frame for x in ("gender", name))
        pd.testing.assert_frame_equal(named.assign(attribute="gender"), plain)

    def test_nothing_to_compare(self):
        feedback, profile = company(6, n=200)
        empty = by_group(feedback[:0], profile, ["gender"])
        assert (len(empty), empty.needs, empty.claims(empty.frame)) == (0, "feedback", [])
        assert len(by_group(feedback, profile, [])) == len(by_group(feedback, profile[:0], ["gender"])) == 0
        quiet = by_group(feedback, profile, ["gender"])
        assert [finding.kind for finding in quiet.claims(quiet.frame)] == ["nothing"]

    def test_a_group_of_few_answers_is_hidden_and_not_told(self):
        feedback, profile = company(4, effect=1.5)
        result = by_group(feedback, profile, ["region", "gender", "no"])
        few = result.frame.assign(n=result.frame["n"].where(result.frame["value"] != "north", 4))
        published = Gate(10).guard(replace(result, frame=few))
        assert published.frame.loc[published.frame["value"] == "north", "suppressed"].all()
        assert result.claims(published.marks(few)) == []
