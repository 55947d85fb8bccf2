"""How comments sound: learnt from the customers' own scores and measured on comments it has not seen.

Where too few comments have a score, a list of words begins the work (`cold_start`), and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...messages import N_
from ..words import NoWords, filled
from . import cold_start as start
from . import lexicon
from .measures import QUALITY, f1_interval, measure
from .model import Classifier, Reader, learn, read

# What a score says about the comment beside it is what its metric says about the customer:
# promoters and satisfied customers are positive, detractors and dissatisfied ones negative.
POSITIVE, NEUTRAL, NEGATIVE = N_("positive"), N_("neutral"), N_("negative")
CLASSES = (NEGATIVE, NEUTRAL, POSITIVE)

MIN_SCORED = 200  # scored comments; below it own labels are no better than a list of words
MIN_CLASS = 10  # customers with scored comments of each class, so that every fold has some
FOLDS = 5
MANY, FOLDS_OF_MANY = 10_000, 3  # scored comments from which two thirds teach as much as four fifths
MOST = 20_000  # scored comments that teach, by customers drawn at random: more take time, and teach nothing more
BETTER_THAN_GUESSING = 0.10  # macro-F1 above that of guessing by frequency; else tone and score go separate ways
SIZES = (200, 500, 1000, 2000, 5000)  # scored comments of the learning curve
CURVE_FOLDS = 3  # inside it, where only the last step needs them
JUDGED = ["row", "customer_no", "at", "language", "sentiment", "probability"]
CURVE = ("labels", "n", "macro_f1", "macro_f1_low", "macro_f1_high")

# What judged the comments.
OWN = N_("own scores")
FEW = N_("word list, borders by few own scores")
LIST = N_("word list, not measured here")
NOTHING = ""


@dataclass(frozen=True)
class SentimentModel:
    """What judged the comments, and how good it is.

    Parameters
    ----------
    method : str
        `OWN`, `FEW`, `LIST` or, where nothing could judge them, `NOTHING`.
    labels : int
        Scored comments it was learnt with, at most `MOST`, or measured with.
    quality : DataFrame
        ``language`` ("all" first)``, method, n`` (scored comments)``, macro_f1`` with interval``, accuracy, guessing``
        (macro-F1 of guessing by frequency)``, calibration_error``: all on comments kept out of the training; missing
        where nothing could be measured.
    comments : DataFrame
        ``row, customer_no, at, language, sentiment, probability`` of every comment given; without those of a language
        that has no list, where a list judged. Those with a score were judged by models that had not seen them.
    curve : DataFrame
        ``labels, n`` (comments it was measured on)``, macro_f1`` with interval: how good it is with fewer scored
        comments, to all of them. Empty where a list judged.
    reader, classifier : objects
        The learnt models; see `predict`. None where a list judged.
    """

    method: str
    labels: int
    quality: pd.DataFrame
    comments: pd.DataFrame
    curve: pd.DataFrame
    reader: Reader | None = None
    classifier: Classifier | None = None

    @property
    def measured(self) -> bool:
        """Whether there were scores to measure it with."""
        return bool(self.quality["macro_f1"].head(1).notna().any())

    @property
    def useful(self) -> bool:
        """Whether it beats guessing by enough to be shown; a list that cannot be measured is shown with a warning."""
        if self.method == NOTHING or not self.measured:
            return self.method != NOTHING
        row = self.quality.iloc[0]
        return bool(round(row["macro_f1"] - row["guessing"], 6) >= BETTER_THAN_GUESSING)

    def predict(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> pd.DataFrame:
        """Probability of each class for new texts, one row each; only of a model learnt from own scores."""
        assert self.reader is not None  # learnt from own scores
        assert self.classifier is not None
        features = self.reader.read(texts, languages if languages is not None else [""] * len(texts))
        rows = np.arange(len(texts))
        return pd.DataFrame(self.classifier.probabilities(features, rows), columns=self.classifier.classes)


def comments_of(texts: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Comments with the class that their own score gives them.

    Parameters
    ----------
    texts : DataFrame
        ``row`` (unique key)``, customer_no, at, text, language``; texts without a word are left out.
    answers : DataFrame
        The scores beside them: ``row, metric, score, good, poor``.

    Returns
    -------
    DataFrame
        ``row, customer_no, at, text, language, own`` (class by score)``, grade`` (0 the worst answer that occurs, 1
        poor, 2 middle, 3 good, 4 the best); the last two are missing without a score.
    """
    written = texts.loc[filled(texts["text"]), ["row", "customer_no", "at", "text", "language"]].reset_index(drop=True)
    scored = answers.loc[answers["row"].isin(written["row"])].set_index("row")
    ends = scored.groupby("metric")["score"]
    grade = 2.0 + scored["good"] - scored["poor"]
    grade += (scored["good"] & (scored["score"] == ends.transform("max"))) * 1.0
    grade -= (scored["poor"] & (scored["score"] == ends.transform("min"))) * 1.0
    own = pd.Series(np.select([scored["good"], scored["poor"]], [POSITIVE, NEGATIVE], NEUTRAL), scored.index, "object")
    return written.assign(own=written["row"].map(own), grade=written["row"].map(grade).astype(float))


def train(comments: pd.DataFrame, seed: int = 1) -> SentimentModel:
    """Judge all comments: learn from the scored ones, or, where they are too few, begin with a list of words.

    Parameters
    ----------
    comments : DataFrame
        From `comments_of`.
    seed : int
        Of the folds.

    Returns
    -------
    SentimentModel
        Of the method `NOTHING` if there is nothing to learn from and no list for the languages, or no two comments
        share a word.
    """
    from threadpoolctl import threadpool_limits

    nothing = SentimentModel(
        NOTHING, 0, pd.DataFrame(columns=QUALITY), pd.DataFrame(columns=JUDGED), pd.DataFrame(columns=CURVE)
    )
    if comments.empty:
        return nothing
    comments = comments.reset_index(drop=True)
    languages = comments["language"].fillna("").to_numpy(dtype=object)
    # A customer's comments resemble each other; unknown customers are each on their own.
    people = comments["customer_no"].astype("Float64").fillna(pd.Series(-1.0 - comments.index, dtype="Float64"))
    own = comments["own"].to_numpy(dtype=object)
    scored = np.flatnonzero(comments["own"].notna())
    taught = _drawn(scored, people.to_numpy(float)[scored], seed)
    with threadpool_limits(1), suppress(NoWords):
        if _enough(own[taught], people.to_numpy(float)[taught]):
            features, reader = read(comments["text"].tolist(), languages)
            task = (features, own, comments["grade"].to_numpy(float), taught, people.to_numpy(float))
            return _from_scores(comments, task, reader, seed)
        if np.isin(languages, lexicon.LANGUAGES).any():
            return _from_list(comments, languages, own, seed)
    return nothing


def heard(model: SentimentModel) -> pd.DataFrame:
    """Comments with their sentiment; none where there is no classifier good enough to be shown."""
    return model.comments if model.useful else model.comments.iloc[:0]


def _enough(own: np.ndarray, people: np.ndarray) -> bool:
    """Whether there is enough to learn from: each class from ten different customers, so that every fold has some."""
    customers = pd.Series(people).groupby(own.astype(str)).nunique()
    return len(own) >= MIN_SCORED and len(customers) > 1 and int(customers.min()) >= MIN_CLASS


def _drawn(scored: np.ndarray, people: np.ndarray, seed: int) -> np.ndarray:
    """The comments that teach: all, or those of customers drawn at random, each with all of theirs."""
    if len(scored) <= MOST:
        return scored
    who = pd.factorize(people)[0]
    order = np.argsort(np.random.default_rng(seed).permutation(who.max() + 1)[who], kind="stable")
    return np.sort(scored[order[:MOST][who[order[:MOST]] != who[order[MOST]]]])


def _from_scores(comments: pd.DataFrame, task: tuple, reader: Reader, seed: int) -> SentimentModel:
    features, own, grade, taught, people = task
    folds = FOLDS if len(taught) < MANY else FOLDS_OF_MANY
    classifier, unseen, decided = learn(features, own, grade, taught, people, folds, seed)
    probabilities, told = np.zeros((len(own), len(classifier.classes))), np.zeros(len(own), dtype=int)
    probabilities[taught], told[taught] = unseen, decided
    rest, scored = np.setdiff1d(np.arange(len(own)), taught), np.flatnonzero(pd.notna(own))
    if len(rest):
        probabilities[rest] = classifier.probabilities(features, rest)
        told[rest] = classifier.decide(probabilities[rest])
    judged = _judged(comments, classifier.classes[told], probabilities[np.arange(len(told)), told])
    quality = measure(own[scored], judged.iloc[scored].reset_index(drop=True), OWN)
    curve = _curve(task, seed)
    all_of_them = quality.iloc[[0]].assign(labels=len(taught))
    curve = pd.concat([curve, all_of_them[list(CURVE)]], ignore_index=True)
    return SentimentModel(OWN, len(taught), quality, judged, curve, reader, classifier)


def _from_list(comments: pd.DataFrame, languages: np.ndarray, own: np.ndarray, seed: int) -> SentimentModel:
    heard = np.flatnonzero(np.isin(languages, lexicon.LANGUAGES))
    comments, own = comments.iloc[heard].reset_index(drop=True), own[heard]
    scored = np.flatnonzero(pd.notna(own))
    spoken = languages[heard].tolist()
    features, _ = read(comments["text"].tolist(), spoken)
    numbers = start.sounds(features, spoken, seed)
    if start.enough(own[scored]):
        classes, probabilities, decided = start.calibrate(numbers, own, scored, seed)
        judged = _judged(comments, classes[decided], probabilities[np.arange(len(decided)), decided])
        quality = measure(own[scored], judged.iloc[scored].reset_index(drop=True), FEW)
        return SentimentModel(FEW, len(scored), quality, judged, pd.DataFrame(columns=CURVE))
    sides = np.array(CLASSES, dtype=object)[start.judge(numbers).astype(int) + 1]
    judged = _judged(comments, sides, np.full(len(sides), np.nan))
    names = ["all", *sorted(judged["language"].unique())]
    quality = pd.DataFrame({"language": names, "method": LIST, "n": 0}).reindex(columns=QUALITY)
    return SentimentModel(LIST, 0, quality, judged, pd.DataFrame(columns=CURVE))


def _judged(comments: pd.DataFrame, sentiment: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    kept = comments[["row", "customer_no", "at", "language"]]
    return kept.assign(sentiment=pd.Series(sentiment.astype(str), dtype="str"), probability=probability)


def _curve(task: tuple, seed: int) -> pd.DataFrame:
    """How good the classifier is when it learns from fewer comments, all measured on one fifth of the customers."""
    from sklearn.model_selection import StratifiedGroupKFold

    features, own, grade, scored, people = task
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed + 1)
    pool, held = next(parts.split(scored, own[scored].astype(str), people[scored]))
    pool, held = np.random.default_rng(seed).permutation(scored[pool]), scored[held]
    truth, lines = own[held].astype(str), []
    for size in (size for size in SIZES if size < len(scored) * 0.75):
        if not _enough(own[pool[:size]], people[pool[:size]]) or len(np.unique(own[pool[:size]].astype(str))) < len(
            np.unique(truth)
        ):
            continue
        classifier, _, _ = learn(features, own, grade, pool[:size], people, CURVE_FOLDS, seed)
        told = classifier.classes[classifier.decide(classifier.probabilities(features, held))]
        lines.append((size, len(held), *f1_interval(truth, told, seed)))
    return pd.DataFrame(lines, columns=list(CURVE))
