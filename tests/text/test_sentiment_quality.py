"""The figures that are promised, on public comments; all of them are printed by benchmarks/sentiment_quality.py."""

import pytest
from benchmarks import sentiment_quality as quality

from customer_profiles.text.sentiment import cold_start, lexicon


@pytest.fixture(scope="module")
def olist():
    return quality.comments_of(quality.labelled("olist"))


def test_portuguese_reviews_are_learnt_and_calibrated(olist):
    row = quality.learnt(olist, classes=2)
    assert row["macro_f1"] >= 0.93
    assert row["calibration_error"] <= 0.05


def test_without_labels_portuguese_is_told_better_than_by_guessing(olist):
    begun = quality.begun(olist, shipped=False).set_index("method")["two classes"]
    assert begun["our list and own wording"] >= cold_start.PUBLIC["pt"] - 0.02
    assert begun["our list and own wording"] > begun["our list alone"]


def test_every_language_with_a_list_has_a_public_figure():
    assert set(cold_start.PUBLIC) == set(lexicon.LANGUAGES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "classes", "least"),
    [
        ("womens_clothing_half", 2, 0.89),
        ("womens_clothing_half", 3, 0.65),
        ("germeval2017", 3, 0.58),
        ("olist", 3, 0.65),
    ],
)
def test_learnt_from_scores(name, classes, least):
    row = quality.learnt(quality.comments_of(quality.labelled(name)), classes)
    assert row["macro_f1"] >= least
    assert row["calibration_error"] <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("name", quality.LANGUAGE)
def test_without_labels_better_than_the_shipped_list(name):
    comments = quality.comments_of(quality.labelled(name))
    table = quality.begun(comments).set_index("method")["two classes"]
    assert table["our list and own wording"] > table.iloc[2:].max()
    assert table["our list and own wording"] == pytest.approx(cold_start.PUBLIC[quality.LANGUAGE[name]], abs=0.02)
