"""How good judgements of comments are, measured against the customers' own scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...stats.intervals import CONFIDENCE
from .model import macro_f1

BINS = 10  # of the expected calibration error (Guo et al. 2017, On Calibration of Modern Neural Networks, ICML)
MIN_LANGUAGE = 100  # scored comments of a language that is measured by itself
DRAWS = 1000  # of the bootstrap

QUALITY = [
    "language",
    "method",
    "n",
    "macro_f1",
    "macro_f1_low",
    "macro_f1_high",
    "accuracy",
    "guessing",
    "calibration_error",
]


def measure(own: np.ndarray, judged: pd.DataFrame, method: str) -> pd.DataFrame:
    """Quality of judgements, over all languages and for each with enough scored comments.

    Parameters
    ----------
    own : array of str, shape (comments,)
        Classes by score.
    judged : DataFrame
        ``language, sentiment, probability`` of the same comments.
    method : str
        What judged them.

    Returns
    -------
    DataFrame
        `QUALITY`; ``guessing`` is the macro-F1 of guessing each class as often as it occurs.
    """
    rows = [("all", method, *_measures(own, judged))]
    for language, part in judged.groupby("language"):
        if language and len(part) >= MIN_LANGUAGE:
            rows.append((language, method, *_measures(own[part.index], part)))
    return pd.DataFrame(rows, columns=QUALITY)


def f1_interval(own: np.ndarray, told: np.ndarray, seed: int = 1) -> tuple[float, float, float]:
    """Macro-F1 with its bootstrap interval, comments drawn anew.

    A draw of comments is a multinomial draw of the cells of the confusion table: over a hundred times as fast as
    scikit-learn's ``f1_score`` on every resample of 2,000 comments (measured November 2026).
    """
    classes = np.unique(np.asarray(own).astype(str))
    known = np.isin(np.asarray(told).astype(str), classes)
    k = len(classes)
    truth = np.searchsorted(classes, np.asarray(own).astype(str))
    # A class that never occurs can be told all the same: always wrong, it has a column of its own.
    column = np.where(known, np.searchsorted(classes, np.asarray(told).astype(str)), k)
    cells = np.bincount(truth * (k + 1) + column, minlength=k * (k + 1))
    draws = np.random.default_rng(seed).multinomial(cells.sum(), cells / cells.sum(), DRAWS)
    low, high = np.quantile([_f1(draw, k) for draw in draws], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return _f1(cells, k), float(low), float(high)


def calibration_error(right: np.ndarray, sure: np.ndarray) -> float:
    """Expected calibration error: how far stated probabilities are from the share that was right, on average.

    >>> round(calibration_error(np.array([True, True, True, False]), np.full(4, 0.9)), 2)
    0.15
    """
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(
        sum(abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))
    )


def _f1(cells: np.ndarray, k: int) -> float:
    table = np.vstack([np.asarray(cells).reshape(k, k + 1), np.zeros(k + 1)])
    return macro_f1(table.ravel(), k + 1) * (k + 1) / k


def _measures(own: np.ndarray, judged: pd.DataFrame) -> tuple[float, ...]:
    told, sure = judged["sentiment"].to_numpy(dtype=object), judged["probability"].to_numpy(float)
    right = told == own
    shares = pd.Series(own).value_counts(normalize=True)
    # Guessing class c with its frequency is right as often as it is frequent: its F1 is that frequency.
    guessing = float(shares.sum() / len(shares))
    return len(own), *f1_interval(own, told), float(right.mean()), guessing, calibration_error(right, sure)
