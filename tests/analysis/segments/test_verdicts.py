import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.segments import verdicts
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result


def customers(sizes: list[int], centres: list[tuple[float, float]]) -> tuple[np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(5)
    points = np.vstack([rng.normal(centre, 1, (n, 2)) for n, centre in zip(sizes, centres, strict=True)])
    return points, pd.DataFrame({"preferred_channel": ["mail", None] * (len(points) // 2)})


def judged(sizes, centres, segments, jaccard=0.9, distinct=3) -> pd.DataFrame:
    return result(sizes, centres, segments, jaccard, distinct).frame.set_index("segment")


def result(sizes, centres, segments, jaccard=0.9, distinct=3) -> Result:
    points, profile = customers(sizes, centres)
    labels = pd.Series(np.repeat(segments, sizes))
    table = labels.value_counts().rename_axis("segment").rename("n").reset_index()
    table = table.assign(base=len(labels), share=table["n"] / len(labels), jaccard=jaccard)
    distinct = pd.Series(distinct, index=sorted(set(segments)))
    reached = profile["preferred_channel"].notna()
    return verdicts.judge(points, labels, table, distinct, reached)


CORNERS = [(0, 0), (12, 0), (0, 12)]


def test_segments_of_one_piece_are_right():
    found = judged([300, 300, 200], CORNERS, [1, 2, 3])
    assert found["verdict"].tolist() == ["right"] * 3
    assert found["explained"].nunique() == 1
    assert (found["explained_merged"] < found["explained"]).all()
    assert (found["explained_split"] > found["explained"]).all()


def test_two_in_one_is_too_broad():
    found = judged([300, 300, 200], CORNERS, [1, 1, 2])
    assert found.loc[1, "verdict"] == "too broad"
    assert found.loc[1, "split_n"] == pytest.approx(300, abs=5)
    assert found.loc[1, "split_jaccard"] > 0.95
    assert found.loc[2, "verdict"] == "right"


@pytest.mark.parametrize(
    ("sizes", "jaccard", "distinct", "reason"),
    [
        ([300, 300, 20], 0.9, 3, "few customers"),
        ([300, 300, 200], 0.5, 3, "not found again"),
        ([300, 300, 200], 0.9, 0, "no trait"),
    ],
)
def test_what_nobody_can_use_is_too_narrow(sizes, jaccard, distinct, reason):
    found = judged(sizes, CORNERS, [1, 2, 3], jaccard, distinct).loc[3]
    assert found["verdict"] == "too narrow"
    assert reason in found["reason"]


def test_the_figures_are_those_of_an_independent_count():
    from sklearn.metrics import pairwise_distances

    points, _ = customers([300, 300, 200], CORNERS)
    found = judged([300, 300, 200], CORNERS, [1, 2, 3])
    # The mean squared distance of pairs is twice that from the centre.
    squares = pairwise_distances(points[:300]) ** 2, pairwise_distances(points) ** 2
    assert found.loc[1, "spread"] == pytest.approx(squares[0].mean() / squares[1].mean())
    assert found.loc[1, "reach"] == 0.5


def test_the_verdicts_are_counted_and_a_small_segment_is_hidden():
    found = result([300, 300, 4], CORNERS, [1, 2, 3])
    (finding,) = found.claims(found.frame)
    assert finding.id == "segments.verdicts"
    assert finding.values == {"k": 3, "right": 2, "narrow": 1, "broad": 0}
    assert Gate(10).guard(found).frame.set_index("segment").loc[3, "suppressed"]


def test_without_segments_there_is_no_verdict():
    nobody = pd.Series(pd.NA, range(50), dtype="Int64")
    table = pd.DataFrame(columns=["segment", "n", "base", "share", "jaccard"])
    found = verdicts.judge(np.zeros((50, 0)), nobody, table, pd.Series(dtype=int), pd.Series(False, range(50)))
    assert len(found) == 0
    assert set(found.frame) == set(result([300, 300], CORNERS[:2], [1, 2]).frame)


def test_what_no_source_tells_is_not_told():
    """No channel is known of anybody; nothing is known of the segments but what they were made from."""
    points = np.random.default_rng(1).normal(size=(400, 2)) + np.repeat([[0, 0], [8, 0]], 200, axis=0)
    labels = pd.Series(np.repeat([1, 2], 200))
    table = pd.DataFrame({"segment": [1, 2], "n": 200, "base": 400, "share": 0.5, "jaccard": 0.95})
    found = verdicts.judge(points, labels, table, None, pd.Series(False, range(400))).frame
    assert found["reach"].isna().all()
    assert found["verdict"].tolist() == [verdicts.UNTOLD] * 2


@pytest.mark.parametrize("few", [1, 2, 3])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_a_segment_of_one_or_of_people_alike_is_judged(few, spread):
    points = np.vstack(
        [np.random.default_rng(2).normal(0, 1, (150, 2)), 9 + spread * np.arange(2 * few).reshape(-1, 2)]
    )
    labels = pd.Series(np.repeat([1, 2], [150, few]))
    table = pd.DataFrame({"segment": [1, 2], "n": [150, few], "base": 150 + few, "share": 0.5, "jaccard": 0.9})
    judged = verdicts.judge(points, labels, table, pd.Series({1: 1, 2: 1}), labels > 0).frame
    assert judged["verdict"].tolist() == ["right", "too narrow"]
    assert judged["explained_split"].notna().all()
