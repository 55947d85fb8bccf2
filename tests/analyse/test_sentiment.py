import numpy as np
import pandas as pd
import pytest

from customer_profiles.analyse import sentiment

GOOD = ["wunderbar", "schnell geliefert", "gerne wieder", "tolle Jacke", "sehr freundlich", "perfekt"]
FAIR = ["geht so", "in Ordnung", "nichts Besonderes", "mittelmäßig", "teils teils", "ganz okay"]
POOR = ["kaputt", "viel zu spät", "nie wieder", "unfreundlich", "enttäuscht", "schlechte Qualität"]


def feedback(n=450, seed=0, honest=True):
    rng = np.random.default_rng(seed)
    stars = rng.choice([1, 2, 3, 4, 5], n)
    tone = stars if honest else rng.permutation(stars)
    pools = [POOR, POOR, FAIR, GOOD, GOOD]
    texts = [
        ", ".join(rng.choice(pools[t - 1], 2)) + f" beim {rng.choice(['Zelt', 'Rucksack', 'Schuh'])}" for t in tone
    ]
    return pd.DataFrame(
        {
            "customer_no": rng.integers(0, 300, n),
            "at": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
            "metric": "stars",
            "score": stars.astype(float),
            "text": texts,
        }
    )


@pytest.fixture(scope="module")
def model():
    table = feedback()
    table.loc[400:, ["score", "metric"]] = [np.nan, "none"]
    return sentiment.train(sentiment.comments_of(table))


def test_the_class_of_a_comment_follows_the_definition_of_its_metric():
    table = pd.DataFrame(
        {
            "customer_no": [1, 1, 2, 3, 4],
            "at": pd.to_datetime(["2025-03-01", "2025-01-01", "2025-02-01", "2025-02-01", "2025-02-01"]),
            "metric": ["nps", "nps", "csat", "stars", "none"],
            "score": [9, 6, 3, 5, np.nan],
            "text": ["ab", "cd", "ef", "", "gh"],
        },
        index=[10, 11, 12, 13, 14],
    )
    comments = sentiment.comments_of(table)
    assert comments["row"].tolist() == [10, 11, 12, 14]
    assert comments["own"].tolist()[:3] == ["positive", "negative", "neutral"]
    assert pd.isna(comments["own"].iloc[3])


def test_unseen_comments_are_judged_well_and_unscored_ones_too(model):
    quality = model.quality.iloc[0]
    assert quality["n"] == 400
    assert quality["macro_f1"] > 0.9
    assert quality["calibration_error"] < 0.1
    assert model.useful
    assert len(model.comments) == 450
    probabilities = model.predict(["kaputt und enttäuscht", "wunderbar, gerne wieder"])
    assert probabilities.idxmax(axis=1).tolist() == ["negative", "positive"]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_wording_that_says_nothing_about_the_score_is_not_shown():
    comments = sentiment.comments_of(feedback(honest=False))
    model = sentiment.train(comments)
    assert not model.useful
    assert sentiment.findings(model) == []
    assert "does not tell" in sentiment.limits(comments, model)[0].message


def test_fewer_than_200_scored_comments_give_a_limit():
    comments = sentiment.comments_of(feedback(150))
    assert sentiment.train(comments) is None
    assert sentiment.limits(comments, None)[0].values == {"n": 150, "min": sentiment.MIN_SCORED}


def test_one_class_only_cannot_be_learnt():
    assert sentiment.train(sentiment.comments_of(feedback().assign(score=5.0))) is None


def test_the_same_input_gives_the_same_judgement(model):
    table = feedback()
    table.loc[400:, ["score", "metric"]] = [np.nan, "none"]
    again = sentiment.train(sentiment.comments_of(table))
    pd.testing.assert_frame_equal(model.comments, again.comments)


def test_shares_add_up_and_every_class_has_a_row(model):
    table = sentiment.shares(model.comments)
    assert table["sentiment"].tolist() == ["negative", "neutral", "positive"]
    assert table["share"].sum() == pytest.approx(1)
    only = model.comments[model.comments["sentiment"] == "positive"]
    assert sentiment.shares(only)["n"].tolist() == [0, 0, len(only)]


def test_by_theme_puts_the_most_negative_first(model):
    judged = model.comments
    assignments = pd.DataFrame({"row": judged["row"], "theme": np.where(judged["sentiment"] == "negative", "b", "a")})
    table = sentiment.by_theme(judged, assignments)
    assert table["theme"].tolist() == ["b"] * 3 + ["a"] * 3


def test_findings_quote_quality_and_share(model):
    share, quality = sentiment.findings(model)
    assert share.values["share"] == pytest.approx((model.comments["sentiment"] == "negative").mean())
    assert quality.values["f1"] == pytest.approx(model.quality["macro_f1"].iloc[0])


def test_the_language_that_the_source_names_goes_before_a_guess():
    table = feedback().head(3).assign(text=["não chegou", "nada", "super"], language=["pt", "pt", None])
    guessed = pd.Series("de", table.index)
    assert sentiment.comments_of(table, guessed)["language"].tolist() == ["pt", "pt", "de"]
    assert sentiment.comments_of(table.drop(columns="language"), guessed)["language"].tolist() == ["de"] * 3
