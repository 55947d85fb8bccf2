"""The classifier behind `sentiment`: simple models of the wording, weighed by how well each did on unseen texts.

Each model says one number about a comment: whether its grade is at least 1, 2, 3 or 4 (logistic regression on words and
pieces of words, one model per step: the ordinal use of scores of Frank & Hall 2001, ECML) and whether it is the middle
one, the same of the middle steps by words that are typical of one side (Wang & Manning 2012, "Baselines and Bigrams",
ACL), the grade itself (ridge), and the tone by a list of words (`lexicon`). A multinomial logistic regression on their
out-of-fold numbers makes calibrated probabilities of them (stacking: Wolpert 1992, Neural Networks 5:241–259). Classes
are then weighted so that macro-F1 is largest, because the rare class matters as much as the frequent one. Nothing is
ever judged by what has seen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..words import counted, impersonal
from . import lexicon

TOKENS = r"(?u)\b\w+\b|[!?]+|[:;]-?[()DP]"  # exclamation marks and faces carry tone
PIECES = (3, 5)  # letters of a piece of a word: bridges endings, compounds and misspellings
MIN_SIDE = 10  # comments on either side of a step, else the step is not learnt
WEIGHTS = np.exp(np.linspace(-1.8, 1.8, 19))  # of a class against the last one: a sixth to six times
STRENGTH, TYPICAL_STRENGTH, RIDGE = (
    4.0,
    0.1,
    2.0,
)  # regularisation, by folds within the training parts of three labelled sets


@dataclass(frozen=True)
class Features:
    """What the models read of each text.

    Parameters
    ----------
    words : Any
        Sparse (texts × features): TF-IDF of words, pairs of words and pieces of words.
    presence : Any
        Sparse (texts × features) of 0 and 1: words, pairs and triples.
    tone : array, shape (texts,)
        By the list of words of its language; 0 where there is none.
    """

    words: Any
    presence: Any
    tone: np.ndarray


@dataclass(frozen=True)
class Reader:
    """Makes `Features` of texts, with the words of the texts it was made from."""

    pieces: Any
    phrases: Any

    def read(self, texts: Sequence[str], languages: Sequence[str]) -> Features:
        """Features of texts with their languages."""
        texts = [impersonal(text) for text in texts]
        return _features(texts, languages, self.pieces.transform(texts), self.phrases.transform(texts))


@dataclass(frozen=True)
class Classifier:
    """Learnt models: ``steps`` (models on words), ``typical`` (on presence) and ``stack`` on their numbers."""

    classes: np.ndarray
    steps: np.ndarray
    typical: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    stack: Any
    weights: np.ndarray

    def probabilities(self, features: Features, rows: np.ndarray) -> np.ndarray:
        """Probability of each class, shape (rows, classes)."""
        numbers = _numbers(features, rows, self.steps, self.typical)
        return self.stack.predict_proba((numbers - self.centre) / self.spread)

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Index of the class that each comment gets."""
        return (probabilities * self.weights).argmax(axis=1)


def read(texts: Sequence[str], languages: Sequence[str]) -> tuple[Features, Reader]:
    """Features of texts; which words there are is learnt from them, what they mean is not.

    Raises
    ------
    NoWords
        If no two texts share a word.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.pipeline import make_union

    texts = [impersonal(text) for text in texts]
    few = 2 if len(texts) < 5000 else 3
    pieces = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=TOKENS, dtype=np.float32),
        TfidfVectorizer(analyzer="char_wb", ngram_range=PIECES, min_df=few, sublinear_tf=True, dtype=np.float32),
    )
    phrases = CountVectorizer(ngram_range=(1, 3), min_df=2, token_pattern=TOKENS, binary=True, dtype=np.float64)
    features = _features(texts, languages, counted(pieces, texts), counted(phrases, texts))
    return features, Reader(pieces, phrases)


def learn(
    features: Features,
    own: np.ndarray,
    grade: np.ndarray,
    rows: np.ndarray,
    groups: np.ndarray,
    folds: int,
    seed: int,
    classes: Sequence[str] | None = None,
) -> tuple[Classifier, np.ndarray, np.ndarray]:
    """Learn from scored comments, judging each by models that saw neither it nor its author's others.

    Parameters
    ----------
    features : Features
        Of all comments.
    own, grade, groups : array, shape (comments,)
        Class by score, grade from 0 to 4, and customer, of all comments; only `rows` are looked at.
    rows : int array
        Comments to learn from.
    folds : int
        By customer.
    seed : int
        Of the folds and of the solver.
    classes : sequence of str, optional
        To tell apart; comments of other classes still teach the steps between grades, but are judged as one of these.

    Returns
    -------
    Classifier
        Learnt from all `rows`.
    array, shape (rows, classes)
        Probabilities of the comments learnt from, as if unseen.
    int array, shape (rows,)
        The class each of them gets, as if unseen.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    truth, grade = own[rows].astype(str), grade[rows].astype(float)
    known = np.unique(truth) if classes is None else np.unique(np.asarray(classes, dtype=str))
    asked = np.isin(truth, known)
    sides = _sides(grade)
    typical: list[str] = [side for side in ("2+", "3+", "middle") if side in sides] or list(sides)[:1]
    parts = list(StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(rows, truth, groups[rows]))
    numbers = np.zeros((len(rows), len(sides) + len(typical) + 2))
    for seen, unseen in parts:
        models = _fit(
            features, rows[seen], grade[seen], {name: side[seen] for name, side in sides.items()}, typical, seed
        )
        numbers[unseen] = _numbers(features, rows[unseen], *models)
    probabilities, decided = np.zeros((len(rows), len(known))), np.zeros(len(rows), dtype=int)
    for seen, unseen in parts:
        centre, spread, stack, weights = _stack(numbers[seen][asked[seen]], truth[seen][asked[seen]], known)
        # Where all of a class are one customer's, the others teach nothing of it.
        taught = np.searchsorted(known, stack.classes_)
        probabilities[np.ix_(unseen, taught)] = stack.predict_proba((numbers[unseen] - centre) / spread)
        decided[unseen] = (probabilities[unseen] * weights).argmax(axis=1)
    final = _fit(features, rows, grade, sides, typical, seed)
    return Classifier(known, *final, *_stack(numbers[asked], truth[asked], known)), probabilities, decided


def best_weights(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Weights of the classes with which macro-F1 is largest; of equally good ones the mildest.

    Parameters
    ----------
    probabilities : array, shape (n, 2 or 3)
    truth : int array, shape (n,)
        Index of the true class.
    """
    k = probabilities.shape[1]
    grids = np.stack(np.meshgrid(*[WEIGHTS] * (k - 1), indexing="ij"), axis=-1).reshape(-1, k - 1)
    grids = grids[np.argsort(np.abs(np.log(grids)).sum(axis=1), kind="stable")]
    best, found = -1.0, np.ones(k)
    for weights in np.column_stack([grids, np.ones(len(grids))]):
        value = macro_f1(np.bincount(truth * k + (probabilities * weights).argmax(axis=1), minlength=k * k), k)
        if value > best + 1e-9:
            best, found = value, weights
    return found


def macro_f1(counts: np.ndarray, k: int) -> float:
    """Mean F1 of `k` classes from their confusion counts (true class × told class, flat)."""
    table = np.asarray(counts, float).reshape(k, k)
    both = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(np.divide(2 * np.diag(table), both, out=np.zeros(k), where=both > 0)))


def _features(texts: Sequence[str], languages: Sequence[str], words: Any, presence: Any) -> Features:
    tone = np.zeros(len(texts))
    known = np.asarray(languages, dtype=object)
    for language in lexicon.LANGUAGES:
        rows = np.flatnonzero(known == language)
        tone[rows] = lexicon.tones([texts[row] for row in rows.tolist()], language)
    return Features(words.tocsr(), presence.tocsr(), tone)


def _sides(grade: np.ndarray) -> dict[str, np.ndarray]:
    """What the models tell apart: each step of the grade that has enough comments on both sides, and the middle.

    The middle is not only what lies between: a comment without any tone is in other words than a mixed one.
    """
    sides: dict[str, np.ndarray] = {}
    asked = {f"{cut}+": grade >= cut for cut in (2, 3, 1, 4)} | {"middle": grade == 2}
    for name, side in asked.items():
        told = any((side == other).all() or (side != other).all() for other in sides.values())
        if MIN_SIDE <= side.sum() <= len(side) - MIN_SIDE and not told:
            sides[name] = side
    return sides


def _fit(
    features: Features, rows: np.ndarray, grade: np.ndarray, sides: dict[str, np.ndarray], typical: list[str], seed: int
):
    from sklearn.linear_model import Ridge

    words, presence = features.words[rows], features.presence[rows]
    steps = [_line(words, side, STRENGTH, seed) for side in sides.values()]
    ridge = Ridge(alpha=RIDGE, solver="lsqr", tol=1e-3).fit(words, grade)
    steps.append(np.append(ridge.coef_, ridge.intercept_))
    lines = []
    for name in typical:
        ratio = _ratio(presence, sides[name])
        line = _line(presence.multiply(ratio).tocsr(), sides[name], TYPICAL_STRENGTH, seed)
        lines.append(np.append(line[:-1] * ratio, line[-1]))
    return np.array(steps), np.array(lines)


def _line(matrix: Any, side: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """Coefficients and intercept of a logistic regression; zeros where all are on one side."""
    from sklearn.linear_model import LogisticRegression

    if side.all() or not side.any():
        return np.zeros(matrix.shape[1] + 1)
    line = LogisticRegression(
        C=strength, solver="liblinear", dual=True, class_weight="balanced", tol=1e-2, max_iter=1000, random_state=seed
    ).fit(matrix, side)
    return np.append(line.coef_[0], line.intercept_[0])


def _ratio(presence: Any, side: np.ndarray) -> np.ndarray:
    """How much more often each word occurs on one side than on the other, as a logarithm."""
    high = np.asarray(presence[np.flatnonzero(side)].sum(axis=0)).ravel() + 1.0
    low = np.asarray(presence[np.flatnonzero(~side)].sum(axis=0)).ravel() + 1.0
    return np.log(high / high.sum()) - np.log(low / low.sum())


def _numbers(features: Features, rows: np.ndarray, steps: np.ndarray, typical: np.ndarray) -> np.ndarray:
    words, presence = features.words[rows], features.presence[rows]
    return np.column_stack(
        [words @ steps[:, :-1].T + steps[:, -1], presence @ typical[:, :-1].T + typical[:, -1], features.tone[rows]]
    )


def _stack(numbers: np.ndarray, truth: np.ndarray, classes: np.ndarray):
    from sklearn.linear_model import LogisticRegression

    centre, spread = numbers.mean(axis=0), numbers.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    stack = LogisticRegression(C=1.0, max_iter=1000).fit((numbers - centre) / spread, truth)
    weights = np.ones(len(classes))
    known = np.searchsorted(classes, stack.classes_)
    probabilities = stack.predict_proba((numbers - centre) / spread)
    weights[known] = best_weights(probabilities, np.searchsorted(stack.classes_, truth))
    return centre, spread, stack, weights
