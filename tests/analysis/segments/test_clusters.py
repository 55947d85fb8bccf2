from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from customer_profiles.analysis.segments import algorithms, clusters, columns, solution
from customer_profiles.privacy.disclosure import Gate

QUICK = {"max_segments": 6, "bootstraps": 10}


def planted(n=900, seed=1, apart=1.0):
    """Four groups that differ in skewed numbers and in categories, and two columns of noise."""
    rng = np.random.default_rng(seed)
    group = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    means = np.array([[0, 0, 0], [4, 0, 2], [0, 5, -2], [-4, -4, 0]]) * apart
    shares = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.4, 0.3, 0.3]])
    numbers = means[group] + rng.normal(size=(n, 3))
    return pd.DataFrame(
        {
            "customer_no": range(n),
            "orders": np.exp(numbers[:, 0]),
            "sessions": np.exp(numbers[:, 1]),
            "age": numbers[:, 2],
            "top_category": np.array(list("xyz"))[[rng.choice(3, p=shares[g]) for g in group]],
            "main_order_channel": np.where(
                rng.random(n) < 0.8, np.array(["web", "web", "app", "store"])[group], "phone"
            ),
            "gender": rng.choice(["f", "m"], n),
            "discount_share": rng.random(n),
        }
    ), group


def gradual(n=900, seed=1):
    """One common factor, a tenth who never bought, columns that otherwise say nothing of each other."""
    rng = np.random.default_rng(seed)
    activity = rng.gamma(1.5, 1, n)
    orders = np.where(rng.random(n) < 0.1, 0, 1 + rng.poisson(3 * activity))
    bought = orders > 0
    return pd.DataFrame(
        {
            "customer_no": range(n),
            "orders": orders,
            "basket_value": np.where(bought, rng.lognormal(4, 0.5, n), np.nan),
            "recency_days": np.where(bought, rng.exponential(300 / (1 + orders)), np.nan),
            "sessions": rng.poisson(8 * activity),
            "age": rng.integers(18, 80, n),
            "gender": rng.choice(["f", "m"], n),
            "top_category": rng.choice(list("uvwxy"), n),
        }
    )


def said(segmentation):
    """The one sentence on whether the segments are real."""
    result = solution.stability(segmentation)
    (finding,) = result.claims(result.frame)
    return finding


@pytest.fixture(scope="module")
def found():
    profile, group = planted()
    return clusters.find(profile, **QUICK), group


def test_planted_segments_are_natural_and_found(found):
    segmentation, group = found
    assert segmentation.kind == "natural"
    assert len(segmentation.table) in (4, 5)
    assert adjusted_rand_score(group, segmentation.labels) > 0.6


@pytest.mark.slow  # null companies cover it in every run
def test_a_base_without_segments_is_never_natural():
    for seed in (1, 2):
        segmentation = clusters.find(gradual(seed=seed), max_segments=6, bootstraps=2)
        assert segmentation.kind != "natural"
        sentence = said(segmentation)
        assert sentence.message.startswith("Customers differ gradually")
        assert sentence.kind == "nothing"


def test_labels_are_numbered_by_size_and_cover_everybody(found):
    segmentation, _ = found
    counts = segmentation.labels.value_counts()
    assert counts.sum() == len(segmentation.labels) == segmentation.table["base"].iloc[0]
    assert segmentation.table["n"].tolist() == [counts[i] for i in segmentation.table["segment"]]
    assert segmentation.table["n"].is_monotonic_decreasing


def test_the_same_input_gives_the_same_segments_with_any_number_of_threads(found):
    from threadpoolctl import threadpool_limits

    segmentation, _ = found
    with threadpool_limits(2):
        again = clusters.find(planted()[0], **QUICK)
    pd.testing.assert_series_equal(segmentation.labels, again.labels)
    pd.testing.assert_frame_equal(segmentation.k_table, again.k_table)
    pd.testing.assert_frame_equal(segmentation.methods, again.methods)


def test_the_chosen_method_is_stable_and_tells_most_of_columns_left_out(found):
    segmentation, _ = found
    compared = segmentation.methods
    assert compared["method"].tolist() == list(algorithms.METHODS.values())
    assert compared["chosen"].sum() == 1
    best = compared[compared["chosen"]].iloc[0]
    assert algorithms.METHODS[segmentation.method] == best["method"]
    assert best["k"] == len(segmentation.table)
    assert best["jaccard_min"] == pytest.approx(segmentation.table["jaccard"].min())
    firm = compared[compared["jaccard_min"] >= clusters.VALID]
    assert best["told"] == (firm if len(firm) else compared)["told"].max()
    assert compared["agreement"].between(-1, 1).all()


def test_of_many_customers_a_sample_makes_the_segments_and_everybody_has_one(monkeypatch):
    for module in (solution, algorithms):
        monkeypatch.setattr(module, "FIT_ROWS", 500)
    for module in (solution, algorithms, clusters):
        monkeypatch.setattr(module, "RESAMPLE_ROWS", 300)
    profile, group = planted()
    segmentation = clusters.find(profile, max_segments=5, bootstraps=5)
    assert solution.methods_compared(segmentation).note.values == {"n": 500, "drawn": 300}
    assert segmentation.labels.notna().all()
    assert segmentation.table["n"].sum() == len(profile)
    assert adjusted_rand_score(group, segmentation.labels) > 0.5


def test_verdicts_follow_the_published_bars():
    assert [solution.verdict(x) for x in (0.85, 0.75, 0.6, 0.59)] == [
        "highly stable",
        "stable",
        "a pattern, not a firm segment",
        "not a segment",
    ]


def test_jaccard_of_equal_labelings_is_one():
    labels = np.array([0, 0, 1, 2, 2, 2])
    assert algorithms.jaccard(labels, (labels + 1) % 3, 3).tolist() == [1.0, 1.0, 1.0]


def test_columns_that_say_the_same_count_once():
    assert columns.active(pd.DataFrame(columns=["age_band", "age", "orders", "spend"])) == ["orders", "age"]


def test_too_little_gives_empty_results_and_a_limit():
    few = pd.DataFrame({"customer_no": range(500), "orders": range(500)})
    nothing = clusters.find(few)
    assert len(nothing) == 0
    assert nothing.labels.isna().all()
    assert nothing.labels.index.equals(few.index)
    results = (solution.stability, solution.numbers_tried, solution.methods_compared)
    assert [len(result(nothing)) for result in results] == [0, 0, 0]
    assert solution.facts(nothing) == {"segments": 0}
    assert nothing.made_from() == nothing.formed_by() == []


def test_a_small_segment_is_hidden():
    table = pd.DataFrame({"segment": [1, 2, 3], "n": [500, 400, 3], "base": 903, "jaccard": 0.9})
    result = replace(solution.stability(clusters.find(gradual(50))), frame=table)
    assert Gate(10).guard(result).frame["suppressed"].tolist() == [False, True, True]


def test_too_little_is_a_limit():
    assert clusters.limits(pd.DataFrame({"customer_no": range(500), "orders": range(500)}))
    assert not clusters.limits(planted(300)[0])


@pytest.mark.parametrize("customers", [0, 1, 2, 150])
def test_customers_who_are_alike_form_no_segments(customers):
    alike = planted(300)[0].iloc[[0] * customers].reset_index(drop=True)
    assert len(clusters.find(alike, bootstraps=2)) == 0
    assert clusters.limits(alike)


def test_one_who_differs_from_all_others_is_no_failure():
    one = planted(300)[0].iloc[[0] * 149 + [1]].reset_index(drop=True)
    found = clusters.find(one, bootstraps=2)
    assert found.kind != "natural"
    assert found.labels.value_counts().tolist() in ([], [149, 1])


def test_columns_that_are_empty_as_shown_are_too_few():
    """Of those who never bought it is not known what they buy: what is left is one column."""
    bought = (np.arange(200) < 7).astype(int)
    few = pd.DataFrame({"customer_no": range(200), "orders": bought, "categories": 2 * bought})
    few["age"] = np.random.default_rng(1).normal(50, 9, 200)
    assert len(clusters.find(few, ["age", "orders", "categories"], bootstraps=2)) == 0
    assert clusters.limits(few)


def test_a_segmentation_says_its_sizes_and_what_it_is_made_of():
    found = clusters.find(planted()[0], **QUICK)
    said = repr(found)
    assert said.startswith(f"<Segmentation: {len(found)} natural segments of {len(found.labels):,} customers by ")
    assert all(f"{row.segment}: {row.n:,} ({row.verdict})" in said for row in found.table.itertuples())
    assert "\n" not in said
    assert repr(solution.none(planted()[0])).startswith("<Segmentation: no segments of ")
