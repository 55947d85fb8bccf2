import numpy as np
import pandas as pd
import pytest

from customer_profiles.privacy.disclosure import Gate
from customer_profiles.text.sentiment import aspects, summaries, training

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


def comments_of(table, language=""):
    """Comments of a table of answers; what is good and poor stands in the definition of each metric."""
    good = table["metric"].map({"nps": 9, "csat": 4, "stars": 4}).astype(float)
    poor = table["metric"].map({"nps": 6, "csat": 2, "stars": 2}).astype(float)
    answers = table.assign(row=table.index, good=table["score"] >= good, poor=table["score"] <= poor)
    texts = table[["customer_no", "at", "text"]].assign(row=table.index, language=language)
    return training.comments_of(texts, answers[table["score"].notna()])


@pytest.fixture(scope="module")
def model():
    table = feedback()
    table.loc[400:, ["score", "metric"]] = [np.nan, "none"]
    return training.train(comments_of(table))


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
    comments = comments_of(table)
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
    comments = comments_of(feedback(honest=False))
    model = training.train(comments)
    assert not model.useful
    results = summaries.quality(model), summaries.curve(model), summaries.shares(training.heard(model))
    assert [len(result) for result in results] == [0, 0, 0]
    assert "does not tell" in summaries.limits(comments, model)[0].message


def test_fewer_than_200_scored_comments_of_an_unknown_language_give_a_limit():
    comments = comments_of(feedback(150))
    model = training.train(comments)
    assert (model.method, model.useful, len(training.heard(model))) == (training.NOTHING, False, 0)
    assert summaries.limits(comments, model)[0].values == {"n": 150, "min": training.MIN_SCORED}


def test_without_comments_all_is_empty():
    comments = comments_of(feedback()[:0])
    model = training.train(comments)
    heard = training.heard(model)
    themes, about = pd.DataFrame(columns=["theme", "terms"]), pd.DataFrame(columns=["row", "customer_no", "theme"])
    nothing = aspects.aspects(comments, heard, themes, about, model)
    results = summaries.shares(heard), summaries.by_theme(nothing), summaries.quality(model), summaries.curve(model)
    assert [(len(result), result.needs) for result in results] == [(0, "feedback")] * 4
    assert list(heard.columns) == training.JUDGED
    assert summaries.limits(comments, model)[0].values["n"] == 0


def test_one_class_only_cannot_be_learnt():
    assert training.train(comments_of(feedback().assign(score=5.0))).method == training.NOTHING


def test_two_classes_are_enough_to_learn_from():
    table = feedback(300)
    model = training.train(comments_of(table[table["score"] != 3]))
    assert model.classifier.classes.tolist() == ["negative", "positive"]
    assert model.quality["guessing"].iloc[0] == pytest.approx(0.5)
    assert model.quality["macro_f1"].iloc[0] > 0.9


def test_the_grade_tells_the_ends_of_the_scale_from_what_lies_between():
    table = feedback(6).assign(score=[1.0, 2, 3, 4, 5, np.nan])
    assert comments_of(table)["grade"].tolist()[:5] == [0, 1, 2, 3, 4]
    assert comments_of(table)["grade"].isna().tolist() == [False] * 5 + [True]


def test_of_very_many_comments_those_of_some_customers_teach_and_the_page_says_so(monkeypatch):
    monkeypatch.setattr(training, "MOST", 300)
    comments = comments_of(feedback())
    people = comments["customer_no"].to_numpy(float)
    taught = training._drawn(np.arange(450), people, seed=1)
    assert 280 <= len(taught) <= 300
    assert not set(people[taught]) & set(np.delete(people, taught))  # nobody is half seen
    model = training.train(comments)
    assert model.labels == len(taught)
    assert model.quality["n"].iloc[0] == 450  # measured on all, by models that have not seen them
    assert model.quality["macro_f1"].iloc[0] > 0.9
    assert model.curve["labels"].tolist() == [200, len(taught)]
    assert summaries.quality(model).about.values == {"n": len(taught), "base": 450}


def test_the_curve_grows_to_all_labels(model):
    assert summaries.quality(model).about is None
    assert model.curve["labels"].tolist() == [200, 400]
    assert 60 <= model.curve["n"].iloc[0] <= 100  # one fifth of the customers
    assert model.curve["macro_f1"].iloc[-1] == model.quality["macro_f1"].iloc[0]
    assert model.curve["macro_f1"].between(model.curve["macro_f1_low"], model.curve["macro_f1_high"]).all()


@pytest.fixture(scope="module")
def spoken():
    return comments_of(feedback(300), "de")


def test_without_a_score_a_list_of_words_begins_and_the_page_warns(spoken):
    comments = spoken.assign(own=None, grade=np.nan)
    model = training.train(comments)
    assert model.method == training.LIST
    assert not model.measured
    assert model.useful
    known = spoken["own"].to_numpy()
    sides = np.isin(known, ["negative", "positive"])
    assert (model.comments["sentiment"].to_numpy() == known)[sides].mean() > 0.85
    assert [limit.values.get("n") for limit in summaries.limits(comments, model)] == [0, None]
    shares, quality = summaries.shares(model.comments, model.method), summaries.quality(model)
    assert [len(result.claims(result.frame)) for result in (shares, quality)] == [1, 0]


def test_a_few_scores_set_the_borders_and_measure(spoken):
    model = training.train(spoken.assign(own=spoken["own"].where(spoken.index < 60)))
    row = model.quality.iloc[0]
    assert (model.method, model.labels, row["n"]) == (training.FEW, 60, 60)
    assert row["macro_f1_low"] < row["macro_f1"] < row["macro_f1_high"]
    assert row["macro_f1"] > 0.6
    assert len(model.comments) == 300


def test_a_few_scores_that_contradict_the_list_hide_it(spoken):
    order = np.random.default_rng(1).permutation(60)
    own = spoken["own"].iloc[:60].to_numpy()[order]
    model = training.train(spoken.assign(own=pd.Series(own).reindex(range(300))))
    assert not model.useful
    assert training.heard(model).empty
    assert "little better" in summaries.limits(spoken, model)[0].message


def test_comments_of_a_language_without_a_list_are_left_out_and_counted(spoken):
    comments = spoken.assign(own=None, language=["fr"] * 40 + ["de"] * 260)
    model = training.train(comments)
    assert len(model.comments) == 260
    assert summaries.limits(comments, model)[-1].values == {"n": 40, "base": 300}


def test_the_same_input_gives_the_same_judgement(model):
    table = feedback()
    table.loc[400:, ["score", "metric"]] = [np.nan, "none"]
    again = training.train(comments_of(table))
    pd.testing.assert_frame_equal(model.comments, again.comments)


def test_shares_add_up_and_every_class_has_a_row(model):
    table = summaries.shares(model.comments).frame
    assert table["sentiment"].tolist() == ["negative", "neutral", "positive"]
    assert table["share"].sum() == pytest.approx(1)
    only = model.comments[model.comments["sentiment"] == "positive"]
    assert summaries.shares(only).frame["n"].tolist() == [0, 0, len(only)]


def test_by_theme_puts_the_most_negative_first(model):
    judged = model.comments
    table = summaries.by_theme(judged.assign(theme=np.where(judged["sentiment"] == "negative", "b", "a"))).frame
    assert table["theme"].tolist() == ["b"] * 3 + ["a"] * 3
    assert table["sentiment"].tolist()[:3] == ["positive", "neutral", "negative"]


def test_few_comments_of_a_sentiment_are_hidden_and_not_told(model):
    few = model.comments[(model.comments["sentiment"] != "negative") | (model.comments["row"] < 20)]
    assert 0 < (few["sentiment"] == "negative").sum() < 10
    result = summaries.shares(few)
    published = Gate(10).guard(result)
    assert published.suppressed == 2  # a second one, lest the sum gives the first away
    assert result.claims(published.marks(result.frame)) == []
    by_theme = Gate(10).guard(summaries.by_theme(few.assign(theme="a"))).frame.set_index("sentiment")
    assert by_theme.loc["negative", "suppressed"]


def test_findings_quote_quality_and_share(model):
    results = summaries.shares(model.comments), summaries.quality(model), summaries.curve(model)
    (share,), (quality,), (labels,) = (result.claims(result.frame) for result in results)
    assert share.values["share"] == pytest.approx((model.comments["sentiment"] == "negative").mean())
    assert quality.values["f1"] == pytest.approx(model.quality["macro_f1"].iloc[0])
    assert labels.n == 400


def test_ten_complaints_of_one_customer_teach_nothing_about_others():
    table = feedback(300)
    poor = table["score"] <= 2
    table.loc[poor, "customer_no"] = 1
    assert training.train(comments_of(table)).method == training.NOTHING


@pytest.mark.parametrize(
    "written", [[], ["ok"], ["?", "!"], ["the zip broke"] * 30, ["good", "bad"], ["gut", "oje"] * 150]
)
@pytest.mark.parametrize("language", ["de", "en", "xx"])
def test_any_comments_are_judged_or_none_is(written, language):
    table = pd.DataFrame({"text": pd.Series(written, dtype="str"), "customer_no": range(len(written))})
    table = table.assign(
        metric="nps", score=[float(i % 11) for i in range(len(written))], at=pd.Timestamp("2025-01-01")
    )
    model = training.train(comments_of(table, language))
    assert len(model.comments) in (0, len(written))
