"""How comments sound where nobody, or hardly anybody, has scored them.

A list of words (`lexicon`) says how sure words sound; a classifier is taught with the company's own comments that the
list is surest about, and so learns the words that this company's customers use ("self-training": Yarowsky 1995, ACL).
One round only: further ones drift towards the more frequent side. Both are added. A few scored comments, if there are
any, say from where on that counts as negative or positive, and how often it is right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import lexicon
from .model import Features, best_weights

TAUGHT = 200  # comments of a language from which the company's own wording is learnt
SURE = 0.70  # of the comments on either side, the surest are examples
STRENGTH = 1.0  # regularisation: the examples are partly wrong
FOLDS = 5
FAR = 0.5  # standard deviations from neutral from which a comment counts as negative or positive
FEW = 20  # scored comments that can set the borders
MIN_CLASS = 5

# Macro-F1 of negative against positive on labelled public comments, measured by tests/benchmarks/sentiment_quality.py:
# German railway feedback, English reviews of clothing, Portuguese reviews of a marketplace.
PUBLIC = {"de": 0.61, "en": 0.80, "pt": 0.92}


def sounds(features: Features, languages: Sequence[str], seed: int) -> np.ndarray:
    """Tone by the list and by the company's own wording, in standard deviations from neutral.

    Parameters
    ----------
    features : Features
        Of all comments.
    languages : sequence of str, shape (comments,)
    seed : int
        Of the folds and the solver.

    Returns
    -------
    array, shape (comments, 2)
        By the list; by the wording (0 where a language has too few comments). Missing for languages without a list.
    """
    known = np.asarray(languages, dtype=object)
    numbers = np.full((len(known), 2), np.nan)
    for language in lexicon.LANGUAGES:
        rows = np.flatnonzero(known == language)
        tone = features.tone[rows]
        if len(rows):
            numbers[rows, 0] = _scaled(tone)
            numbers[rows, 1] = _scaled(_taught(features.words[rows], tone, seed))
    return numbers


def judge(numbers: np.ndarray) -> np.ndarray:
    """-1, 0 or 1 for each comment, without any score to go by."""
    total = numbers.sum(axis=1)
    return np.sign(total) * (np.abs(total) > FAR)


def calibrate(numbers: np.ndarray, own: np.ndarray, rows: np.ndarray, seed: int):
    """Borders and probabilities by a few scored comments.

    Parameters
    ----------
    numbers : array, shape (comments, 2)
        From `sounds`, nothing missing.
    own : array, shape (comments,)
        Classes; only those of `rows` are looked at.
    rows : int array
        Scored comments.

    Returns
    -------
    classes : array of str
    probabilities : array, shape (comments, classes)
        Those of `rows` as if unseen.
    decided : int array, shape (comments,)
        Index of the class; those of `rows` as if unseen.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    truth = own[rows].astype(str)
    classes, counts = np.unique(truth, return_counts=True)
    classes = classes[counts >= MIN_CLASS]
    asked = np.isin(truth, classes)
    rows, truth = rows[asked], truth[asked]

    def fit(seen):
        model = LogisticRegression(C=1.0).fit(numbers[rows[seen]], truth[seen])
        inner = np.searchsorted(classes, truth[seen])
        return model, best_weights(model.predict_proba(numbers[rows[seen]]), inner)

    model, weights = fit(np.arange(len(rows)))
    probabilities = model.predict_proba(numbers)
    decided = (probabilities * weights).argmax(axis=1)
    folds = StratifiedKFold(min(FOLDS, counts[counts >= MIN_CLASS].min()), shuffle=True, random_state=seed)
    for seen, unseen in folds.split(rows, truth):
        model, weights = fit(seen)
        probabilities[rows[unseen]] = model.predict_proba(numbers[rows[unseen]])
        decided[rows[unseen]] = (probabilities[rows[unseen]] * weights).argmax(axis=1)
    return classes, probabilities, decided


def enough(own: np.ndarray) -> bool:
    """Whether so few scores can set borders: two classes at least, five comments of each."""
    _, counts = np.unique(own.astype(str), return_counts=True)
    return len(own) >= FEW and (counts >= MIN_CLASS).sum() > 1


def _taught(words, tone: np.ndarray, seed: int) -> np.ndarray:
    """What a classifier says of each comment that learnt from other comments, those the list is surest about."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold

    said = np.zeros(len(tone))
    good, bad = tone > 0, tone < 0
    if len(tone) < TAUGHT or min(good.sum(), bad.sum()) < FEW:
        return said
    high, low = np.quantile(tone[good], 1 - SURE), np.quantile(tone[bad], SURE)
    examples = (tone >= high) & good | (tone <= low) & bad
    for seen, unseen in KFold(FOLDS, shuffle=True, random_state=seed).split(tone):
        seen = seen[examples[seen]]
        model = LogisticRegression(
            C=STRENGTH, class_weight="balanced", solver="liblinear", dual=True, tol=1e-2, random_state=seed
        ).fit(words[seen], good[seen])
        said[unseen] = model.decision_function(words[unseen])
    return said


def _scaled(numbers: np.ndarray) -> np.ndarray:
    """In standard deviations; zero stays zero."""
    spread = numbers.std()
    return numbers / spread if spread > 0 else numbers
