"""How scores are read: directions declared, told by other scores, or usual; and contradictions that stop the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_profiles.analysis.feedback import metric_definitions, metrics
from customer_profiles.errors import InputRejected
from customer_profiles.privacy.disclosure import Gate


def answered(metric: str, scale: str | None = None, seed: int = 1, n: int = 200, **more) -> pd.DataFrame:
    """The same customers say how likely they are to recommend and give another score, 10 for the most content."""
    rng = np.random.default_rng(seed)
    content = rng.standard_normal(n)
    nps = np.clip((7 + 2 * content + rng.standard_normal(n)).round(), 0, 10)
    worst, best = (float(end) for end in (more.pop("felt", None) or scale or "1-5").split("-"))
    place = np.clip(0.5 + 0.25 * content + 0.1 * rng.standard_normal(n), 0, 1)
    other = pd.DataFrame({"metric": metric, "score": (worst + place * (best - worst)).round(), "scale": scale, **more})
    both = pd.concat([pd.DataFrame({"metric": "nps", "score": nps, "scale": None}), other], ignore_index=True)
    both["customer_no"] = pd.array([*range(n), *range(n)], dtype="Int64")
    return both.assign(at=pd.Timestamp("2025-05-01"), source="survey")


def reading(table: pd.DataFrame, metric: str) -> pd.Series:
    return metric_definitions.readings(table).frame.set_index("metric").loc[metric]


@pytest.mark.parametrize(
    ("metric", "scale", "direction", "how", "good", "poor"),
    [
        ("csat", None, metric_definitions.HIGH, metric_definitions.USUAL, "≥ 4", "≤ 2"),
        ("csat", "5-1", metric_definitions.LOW, metric_definitions.DECLARED, "≤ 2", "≥ 4"),
        ("stars", "1-10", metric_definitions.HIGH, metric_definitions.USUAL, "≥ 7.75", "≤ 3.25"),
        ("rating", "6-1", metric_definitions.LOW, metric_definitions.DECLARED, "≤ 2.25", "≥ 4.75"),
        ("rating", "0-100", metric_definitions.HIGH, metric_definitions.DETECTED, "≥ 75", "≤ 25"),
        ("ces", "1-7", metric_definitions.HIGH, metric_definitions.DETECTED, "≥ 5", "≤ 3"),
    ],
)
def test_scores_that_agree(metric, scale, direction, how, good, poor):
    row = reading(answered(metric, scale), metric)
    assert (row["direction"], row["how"], row["good_from"], row["poor_from"]) == (direction, how, good, poor)
    assert row["correlation"] > 0.7
    assert row["overlap"] == 200


def test_effort_from_one_to_five_is_good_when_low():
    """Alone, the question of 2010 is read as its authors mean it; beside other scores, these tell."""
    alone = answered("ces", "1-5").query("metric == 'ces'")
    row = reading(alone, "ces")
    assert (row["direction"], row["how"], row["good_from"]) == (
        metric_definitions.LOW,
        metric_definitions.USUAL,
        "≤ 2.33",
    )
    assert np.isnan(row["correlation"])
    assert reading(answered("ces", "1-5"), "ces")["direction"] == metric_definitions.HIGH
    assert reading(answered("ces", "1-5", felt="5-1"), "ces")["direction"] == metric_definitions.LOW


def test_a_score_upside_down_is_read_as_the_data_tell_and_said():
    table = answered("csat", "1-6", felt="6-1")
    row = reading(table, "csat")
    assert (row["direction"], row["how"]) == (metric_definitions.LOW, metric_definitions.DETECTED)
    found = metric_definitions.readings(table)
    (finding,) = found.claims(found.frame)
    assert finding.values["direction"] == metric_definitions.LOW
    assert finding.n == 200
    agreeing = metrics.answers(table).groupby("customer_no")["score"].first()
    marks = metrics.answers(table).query("metric == 'csat'").set_index("customer_no")["score"]
    assert stats.spearmanr(agreeing, marks.reindex(agreeing.index)).statistic > 0.7


def test_the_correlation_is_scipys():
    table = answered("csat", "1-5")
    nps, csat = (table.loc[table["metric"] == name, "score"].to_numpy() for name in ("nps", "csat"))
    theirs = stats.spearmanr(csat, nps)
    row = reading(table, "csat")
    assert row["correlation"] == pytest.approx(theirs.statistic)
    assert row["p"] == pytest.approx(theirs.pvalue)


def test_a_declared_direction_that_the_data_contradict_stops_the_run():
    table = answered("csat", "1-5", felt="5-1", direction=metric_definitions.HIGH)
    with pytest.raises(InputRejected) as error:
        metrics.answers(table)
    for part in (
        "csat",
        "'survey'",
        f'declared "{metric_definitions.HIGH}"',
        "rank correlation -0.",
        "n = 200",
        metric_definitions.LOW,
    ):
        assert part in str(error.value)
    low = metrics.answers(answered("csat", "1-5", felt="5-1", direction=metric_definitions.LOW))
    assert low.loc[low["metric"] == "csat", "good"].mean() > 0.1


@pytest.mark.parametrize(
    ("metric", "scale", "direction", "why"),
    [
        ("csat", "5-1", metric_definitions.HIGH, "change one of them"),
        ("nps", "10-0", None, "high is good"),
        ("nps", "0-10", metric_definitions.LOW, "high is good"),
        ("csat", "1-5", "up", "neither"),
    ],
)
def test_declarations_that_contradict_themselves(metric, scale, direction, why):
    table = pd.DataFrame({"customer_no": [1], "at": pd.Timestamp("2025-01-01"), "metric": metric, "score": 3.0})
    with pytest.raises(InputRejected, match=why):
        metrics.answers(table.assign(scale=scale, direction=direction))


def test_unrelated_scores_change_nothing():
    """One contradiction in a thousand by chance: among 60 surveys of scores without anything in common, one at most."""
    changed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        table = answered("csat", "1-5", n=60)
        table["score"] = np.where(table["metric"] == "nps", rng.integers(0, 11, 120), rng.integers(1, 6, 120))
        changed += reading(table, "csat")["how"] != metric_definitions.USUAL
    assert changed <= 1


def test_few_common_customers_tell_nothing():
    table = answered("rating", "0-100", n=20)
    assert reading(table, "rating")["how"] == metric_definitions.USUAL
    nothing, found = metric_definitions.readings(table[:0]), metric_definitions.readings(table)
    assert (len(nothing), nothing.needs) == (0, "feedback")
    assert found.claims(found.frame) == []


def test_a_question_that_few_answered_is_hidden_and_not_told():
    few = metric_definitions.readings(answered("csat", "1-6", felt="6-1"))
    few = replace(few, frame=few.frame.assign(overlap=7))
    published = Gate(10).guard(few)
    assert published.frame["suppressed"].all()
    assert few.claims(published.marks(few.frame)) == []
