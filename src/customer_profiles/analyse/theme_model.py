"""Which texts are about the same thing: word vectors from co-occurrence, then a mixture of themes.

Short texts share few words, and most of what they share is politeness. So words are first placed by the company they
keep (positive pointwise mutual information, Levy and Goldberg 2014; a courtesy occurs beside everything and has
none), texts by their words, and a mixture of multinomials (Nigam et al. 2000, "Text classification from labeled and
unlabeled documents using EM") then decides from all words of a text which themes it is about.

Themes are found in the language with most texts. Texts in another join them by what their words mean (a glossary)
and by the category they were filed under, and then add their own words to the themes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .glossary import concept
from .text import impersonal, words

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Chosen on labelled requests (CLINC150, eleven intents at a time): dropping stop words does harm there.
MIN_TEXTS = 3  # texts with a word before it counts
MAX_SHARE = 0.3  # of the texts: more frequent words are no clue to a theme
DIMENSIONS = 20
TOGETHER = 2  # texts in which two words meet before they count as related

RESAMPLES = 8  # random parts of the texts behind each stability figure
PART = 0.8
STARTS = 3
FINAL_STARTS = 10

STEPS = 20  # of expectation–maximisation; labels hardly move after ten
TEMPER = 0.5  # words of a text repeat each other: each counts as half an independent clue
SMOOTHING = 0.1
FILED_AS = 5.0  # prior texts with the usual mix of categories behind a word's own mix


class TextModel:
    """Texts as counts of words and as points.

    Parameters
    ----------
    texts, languages : sequences of str
        Of the same length.
    category : Series, optional
        What the company filed each text under: words that point to a category weigh more, and it is a clue to the
        theme as a word is. Wrong categories do little harm.
    seed : int
        Of the decomposition and of k-means starts.
    """

    def __init__(self, texts: Sequence[str], languages: Sequence[str], category: pd.Series | None, seed: int):
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.preprocessing import normalize

        self._seed = seed
        codes = pd.Series(languages).value_counts()
        self._leading = np.asarray(languages) == min(codes[codes == codes.max()].index)
        pairs = list(zip(texts, languages, strict=True))
        vectorizer = CountVectorizer(analyzer=_tokens, min_df=MIN_TEXTS, max_df=MAX_SHARE, binary=True, dtype=float)
        self._counts = vectorizer.fit_transform(pairs).tocsr()
        # A theme has a mix of words in each language and one of meanings: it must not be pulled to one language.
        blocks = np.array([name.split(" ")[0] if " " in name else "#" for name in vectorizer.get_feature_names_out()])
        self._blocks = [blocks == block for block in np.unique(blocks)]
        filed = category is not None and category.notna().any()
        self._filed = pd.get_dummies(category).to_numpy(dtype=float) if filed else None
        counts = self._counts[self._leading]
        weight = np.log(counts.shape[0] / np.maximum(np.asarray(counts.sum(axis=0)).ravel(), 1))
        if self._filed is not None:
            weight = weight * np.sqrt(_pointing(counts, self._filed[self._leading]))
        vectors = normalize(_word_vectors(counts, seed))
        self._points = normalize(counts @ (vectors * weight[:, None]))

    def stability(self, sizes: Sequence[int]) -> pd.DataFrame:
        """How well random parts of the texts agree on the themes of all.

        Returns
        -------
        DataFrame
            ``k, stability`` (mean adjusted Rand index over pairs of parts).
        """
        from sklearn.metrics import adjusted_rand_score

        rng = np.random.default_rng(self._seed)
        count = len(self._points)
        parts = [rng.choice(count, int(PART * count), replace=False) for _ in range(RESAMPLES)]
        rows = []
        for k in sizes:
            labels = [self._kmeans(self._points[part], k, STARTS).predict(self._points) for part in parts]
            rows.append((k, float(np.mean([adjusted_rand_score(*pair) for pair in combinations(labels, 2)]))))
        return pd.DataFrame(rows, columns=["k", "stability"])

    def mixture(self, k: int) -> np.ndarray:
        """Probability of each of k themes for each text, shape (texts, k)."""
        share = np.zeros((len(self._leading), k))
        share[self._leading] = np.eye(k)[self._kmeans(self._points, k, FINAL_STARTS).labels_]
        usual = self._mix(np.asarray(self._counts.sum(axis=0)))
        for _ in range(STEPS):
            of_theme = self._mix((self._counts.T @ share).T + SMOOTHING * self._counts.shape[1] * usual)
            evidence = TEMPER * (self._counts @ np.log(of_theme / usual).T) + np.log(share.sum(axis=0) + 1)
            if self._filed is not None:
                filed = share.T @ self._filed + 1
                evidence = evidence + self._filed @ np.log(filed / filed.sum(axis=1, keepdims=True)).T
            share = np.exp(evidence - evidence.max(axis=1, keepdims=True))
            share = share / share.sum(axis=1, keepdims=True)
        return share

    def _mix(self, weights: np.ndarray) -> np.ndarray:
        """Weights as shares of one within each block of words, shape (themes, words)."""
        for block in self._blocks:
            weights[:, block] /= weights[:, block].sum(axis=1, keepdims=True)
        return weights

    def _kmeans(self, points: np.ndarray, k: int, starts: int):
        from sklearn.cluster import KMeans

        return KMeans(k, n_init=starts, random_state=self._seed).fit(points)


def _tokens(pair: tuple[str, str]) -> list[str]:
    """Words of a text, marked with its language, and the concepts they stand for in every language."""
    text, language = pair
    found = [word.lower() for word in words(impersonal(text))]
    meanings = {concept(word, language) for word in found}
    return [f"{language} {word}" for word in found] + [meaning for meaning in sorted(meanings) if meaning[0] == "#"]


def _word_vectors(counts: csr_array, seed: int) -> np.ndarray:
    """Words placed by which words they meet more often than chance, shape (words, dimensions)."""
    from scipy.sparse import coo_array
    from sklearn.utils.extmath import randomized_svd

    met = coo_array(counts.T @ counts)
    keep = (met.row != met.col) & (met.data >= TOGETHER)
    row, col, together = met.row[keep], met.col[keep], met.data[keep]
    uses = np.asarray(counts.sum(axis=0)).ravel()
    information = np.maximum(np.log(together * counts.shape[0] / (uses[row] * uses[col])), 0.0)
    matrix = coo_array((information, (row, col)), shape=met.shape).tocsr()
    size = min(DIMENSIONS, matrix.shape[0] - 1)
    left, spread, _ = randomized_svd(matrix, size, n_iter=5, random_state=seed)
    return left * np.sqrt(spread)


def _pointing(counts: csr_array, filed: np.ndarray) -> np.ndarray:
    """How far the categories of the texts with a word differ from the usual mix, in nats, shape (words,)."""
    usual = filed.mean(axis=0)
    seen = counts.T @ filed + FILED_AS * usual
    mix = seen / seen.sum(axis=1, keepdims=True)
    return np.maximum((mix * np.log(mix / usual)).sum(axis=1), 0.0)
