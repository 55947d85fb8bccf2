import numpy as np
import pytest
from sklearn.metrics import f1_score

from customer_profiles.text.sentiment import cold_start, measures
from customer_profiles.text.sentiment import model as sentiment_model
from customer_profiles.text.sentiment.model import Features


def test_macro_f1_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    truth, told = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    counts = np.bincount(truth * 3 + told, minlength=9)
    assert sentiment_model.macro_f1(counts, 3) == pytest.approx(f1_score(truth, told, average="macro"))


def test_a_class_that_is_told_but_never_true_counts_against_the_others_only():
    own, told = np.array(["a", "a", "b", "b"]), np.array(["a", "c", "b", "b"])
    value, low, high = measures.f1_interval(own, told)
    assert value == pytest.approx(f1_score(own, told, labels=["a", "b"], average="macro"))
    assert low <= value <= high


def test_the_interval_of_macro_f1_covers_the_truth():
    rng = np.random.default_rng(7)
    table = np.array([[0.3, 0.1, 0.0], [0.05, 0.1, 0.05], [0.0, 0.1, 0.3]])
    true = sentiment_model.macro_f1(table.ravel(), 3)
    hits = 0
    for seed in range(100):
        cells = rng.choice(9, 300, p=table.ravel())
        names = np.array(["a", "b", "c"])
        _, low, high = measures.f1_interval(names[cells // 3], names[cells % 3], seed)
        hits += low <= true <= high
    assert hits >= 88  # 95 of 100 expected; fewer than 88 in one of a thousand such tests


def test_calibrated_probabilities_have_a_small_error_and_bold_ones_a_large_one():
    rng = np.random.default_rng(3)
    sure = rng.uniform(0.4, 1, 20_000)
    right = rng.random(20_000) < sure
    assert measures.calibration_error(right, sure) < 0.01
    assert measures.calibration_error(right, np.minimum(sure + 0.2, 1)) > 0.1


def test_weights_lift_the_rare_class():
    truth = np.array([0] * 10 + [1] * 90)
    chance = np.where(truth == 0, 0.4, 0.1)
    probabilities = np.column_stack([chance, 1 - chance])
    weights = sentiment_model.best_weights(probabilities, truth)
    assert ((probabilities * weights).argmax(axis=1) == truth).all()
    assert (sentiment_model.best_weights(np.eye(2)[truth], truth) == 1).all()  # nothing to gain: no weight


def test_comments_are_judged_as_if_unseen_and_customers_stay_together():
    """Each text says a word of its customer alone, so only a look at the same customer could tell the class."""
    rng = np.random.default_rng(5)
    people = np.repeat(np.arange(100), 3)
    own = np.where(rng.random(100) < 0.5, "negative", "positive")[people].astype(object)
    word = ["".join(rng.choice(list("bcdfghjklmnpqrstvwxz"), 8)) for _ in range(100)]
    texts = [f"{word[person]} {word[person]}" for person in people]
    features, _ = sentiment_model.read(texts, ["de"] * 300)
    grade = np.where(own == "positive", 3.0, 1.0)
    rows = np.arange(300)
    value = {}
    for name, groups in (("apart", people), ("mixed", rows)):
        model, _, decided = sentiment_model.learn(features, own, grade, rows, groups, 5, 1)
        value[name] = f1_score(own.astype(str), model.classes[decided], average="macro")
    assert value["apart"] < 0.65
    assert value["mixed"] > 0.9


def test_self_training_learns_words_that_the_list_does_not_know():
    """`blau` goes with praise and `grau` with blame; the list knows neither."""
    from scipy.sparse import csr_array

    rng = np.random.default_rng(2)
    good = rng.random(400) < 0.5
    tone = np.where(rng.random(400) < 0.6, np.where(good, 0.5, -0.5), 0.0)
    words = csr_array(np.column_stack([good, ~good]).astype(float))
    numbers = cold_start.sounds(Features(words, words, tone), ["de"] * 400, seed=1)
    told = cold_start.judge(numbers)
    assert (told[tone == 0] == np.where(good, 1, -1)[tone == 0]).all()
    assert np.isnan(cold_start.sounds(Features(words, words, tone), ["fr"] * 400, seed=1)).all()


def test_too_few_comments_leave_it_to_the_list():
    from scipy.sparse import csr_array

    words = csr_array(np.ones((50, 1)))
    numbers = cold_start.sounds(Features(words, words, np.linspace(-1, 1, 50)), ["en"] * 50, seed=1)
    assert (numbers[:, 1] == 0).all()
    assert cold_start.judge(numbers)[[0, -1]].tolist() == [-1, 1]
