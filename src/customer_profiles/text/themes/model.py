"""Which texts are about the same thing: word vectors from co-occurrence, then a mixture of themes.

Short texts share few words, and most of what they share is politeness. So words are first placed by the company they
keep (positive pointwise mutual information, Levy and Goldberg 2014; a courtesy occurs beside everything and has
none), texts by their words and by their groups of letters (a misspelt or inflected word keeps most of them), and a
mixture of multinomials (Nigam et al. 2000, "Text classification from labeled and unlabeled documents using EM") then
decides from all words of a text which themes it is about.

Where the company names a sentence encoder, its points take the place of these.

Themes are found in the language with most texts. Texts in another join them by what their words mean (a glossary)
and by the category they were filed under, and then add their own words to the themes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..words import NoWords, counted
from .words import Words

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Encode = Callable[[list[str]], np.ndarray]  # texts to one point each, shape (texts, dimensions)

# Chosen on labelled requests (CLINC150): dropping stop words does harm there.
MIN_TEXTS = 3  # texts with a word before it counts
MAX_SHARE = 0.3  # of the texts: more frequent words are no clue to a theme
FEWEST_DIMENSIONS, MOST_DIMENSIONS = 40, 150  # as many as themes between these

LETTERS = (2, 4)  # in a group, within a word
GROUPS = 20_000  # most frequent groups of letters that count
OF_LETTERS = 0.6  # length of a text's point by letters, where that by words has length one

RESAMPLES = 8  # random parts of the texts behind each stability figure
PART = 0.8
LARGEST_PART = 2_500  # texts of a part: more of them cost time and change no figure
MOST_RATED = 10_000  # texts on whose themes the parts have to agree
STARTS = 3
LARGEST_TREE = 3_000  # texts whose merging, two nearest at a time, finds where k-means starts in the end

STEPS = 20  # of expectation–maximisation; labels hardly move after ten
TEMPER = 0.7  # words of a text repeat each other: each counts as so much of an independent clue
SMOOTHING = 0.2  # words of the usual mix in a theme's mix, as a share of the words of an average theme
ENCODED = 20.0  # what an encoder's point counts for beside the words (concentration of a von Mises–Fisher mixture)
FILED_AS = 5.0  # prior texts with the usual mix of categories behind a word's own mix


@contextmanager
def alike() -> Iterator[None]:
    """Without the warning that there are fewer different texts than themes: those that are alike are one theme."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


class TextModel:
    """Texts as counts of words and as points.

    Parameters
    ----------
    texts, languages : sequences of str
        Of the same length, without personal data.
    category : Series, optional
        What the company filed each text under: words that point to a category weigh more, and it is a clue to the
        theme as a word is. Wrong categories do little harm.
    seed : int
        Of the decomposition and of k-means starts.
    most : int
        Largest number of themes that will be asked for: more themes need more dimensions.
    encode : callable, optional
        A sentence encoder, see `Encode`.

    Attributes
    ----------
    most : int
        Themes that can be told apart at most: as many as a random part has texts of the most frequent language.

    Raises
    ------
    NoWords
        If fewer than two words are in some of the texts and not in too many of them, or the most frequent language
        has next to no texts.
    """

    def __init__(
        self,
        texts: Sequence[str],
        languages: Sequence[str],
        category: pd.Series | None,
        seed: int,
        most: int = FEWEST_DIMENSIONS,
        encode: Encode | None = None,
    ):
        from sklearn.feature_extraction.text import CountVectorizer

        self._seed = seed
        codes = pd.Series(languages).value_counts()
        self._leading = np.asarray(languages) == min(codes[codes == codes.max()].index)
        written = Words(texts, languages)
        vectorizer = CountVectorizer(analyzer=list, min_df=MIN_TEXTS, max_df=MAX_SHARE, binary=True, dtype=float)
        self.spelt = written.spelt()
        self._counts = counted(vectorizer, written.tokens()).tocsr()
        self.most = int(PART * self._leading.sum())
        if self._counts.shape[1] < 2 or self.most < 2:
            raise NoWords("one word, or one text in the most frequent language")
        # A theme has a mix of words in each language and one of meanings: it must not be pulled to one language.
        blocks = np.array([name.split(" ")[0] if " " in name else "#" for name in vectorizer.get_feature_names_out()])
        self._blocks = [blocks == block for block in np.unique(blocks)]
        filed = category is not None and category.notna().any()
        self._filed = pd.get_dummies(category).to_numpy(dtype=float) if filed else None
        leading = [text for text, here in zip(texts, self._leading, strict=True) if here]
        size = min(MOST_DIMENSIONS, max(FEWEST_DIMENSIONS, most))
        if encode is None:
            self._points = np.hstack([self._by_words(size), OF_LETTERS * _by_letters(leading, size, seed)])
        else:
            self._points = _encoded(encode, leading)
        self._encoded = encode is not None

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
        size = min(int(PART * count), LARGEST_PART)
        parts = [rng.choice(count, size, replace=False) for _ in range(RESAMPLES)]
        rated = self._points[rng.choice(count, MOST_RATED, replace=False)] if count > MOST_RATED else self._points
        rows = []
        for k in sizes:
            labels = [self._kmeans(self._points[part], k, STARTS).predict(rated) for part in parts]
            rows.append((k, float(np.mean([adjusted_rand_score(*pair) for pair in combinations(labels, 2)]))))
        return pd.DataFrame(rows, columns=["k", "stability"])

    def divide(self, k: int) -> np.ndarray:
        """One of k themes for each text of the leading language, -1 for the others."""
        labels = np.full(len(self._leading), -1)
        labels[self._leading] = self._refined(k)
        return labels

    def mixture(self, labels: np.ndarray, fixed: np.ndarray | None = None) -> np.ndarray:
        """Probability of each theme for each text, shape (texts, themes).

        Parameters
        ----------
        labels : array of int
            Theme of each text to start from, -1 for none.
        fixed : array of bool, shape (themes,), optional
            Themes whose mix of words stays that of the texts they start from.
        """
        k = int(labels.max()) + 1
        start = np.zeros((len(labels), k))
        start[labels >= 0, labels[labels >= 0]] = 1.0
        usual = self._mix(np.asarray(self._counts.sum(axis=0)))
        prior = SMOOTHING * self._counts.sum() / k * usual
        share = start
        for _ in range(STEPS):
            source = share if fixed is None else np.where(fixed, start, share)
            of_theme = self._mix((self._counts.T @ source).T + prior)
            evidence = TEMPER * (self._counts @ np.log(of_theme / usual).T) + np.log(share.sum(axis=0) + 1)
            if self._filed is not None:
                filed = source.T @ self._filed + 1
                evidence = evidence + self._filed @ np.log(filed / filed.sum(axis=1, keepdims=True)).T
            if self._encoded:
                centres = _unit(source[self._leading].T @ self._points)
                evidence[self._leading] += ENCODED * (self._points @ centres.T)
            share = np.exp(evidence - evidence.max(axis=1, keepdims=True))
            share = share / share.sum(axis=1, keepdims=True)
        return share

    def _by_words(self, size: int) -> np.ndarray:
        """Point of each text of the leading language by the company its words keep, of length one."""
        counts = self._counts[self._leading]
        weight = np.log(counts.shape[0] / np.maximum(np.asarray(counts.sum(axis=0)).ravel(), 1))
        if self._filed is not None:
            weight = weight * np.sqrt(_pointing(counts, self._filed[self._leading]))
        vectors = _unit(_word_vectors(counts, size, self._seed))
        return _unit(counts @ (vectors * weight[:, None]))

    def _mix(self, weights: np.ndarray) -> np.ndarray:
        """Weights as shares of one within each block of words, shape (themes, words)."""
        for block in self._blocks:
            weights[:, block] /= weights[:, block].sum(axis=1, keepdims=True)
        return weights

    def _refined(self, k: int) -> np.ndarray:
        """Labels of k-means that starts from Ward's merging: closer and steadier than random starts for many themes."""
        from sklearn.cluster import AgglomerativeClustering, KMeans

        chosen = self._points
        if len(chosen) > LARGEST_TREE:
            chosen = chosen[np.random.default_rng(self._seed).choice(len(chosen), LARGEST_TREE, replace=False)]
        merged = AgglomerativeClustering(k).fit_predict(chosen)
        centres = np.array([chosen[merged == theme].mean(axis=0) for theme in range(k)])
        with alike():
            return KMeans(k, init=centres, n_init=1, random_state=self._seed).fit(self._points).labels_

    def _kmeans(self, points: np.ndarray, k: int, starts: int):
        from sklearn.cluster import KMeans

        with alike():
            return KMeans(k, n_init=starts, random_state=self._seed).fit(points)


def _unit(points: np.ndarray) -> np.ndarray:
    from sklearn.preprocessing import normalize

    return normalize(np.asarray(points, dtype=float))


def _encoded(encode: Encode, texts: Sequence[str]) -> np.ndarray:
    points = np.asarray(encode(list(texts)), dtype=float)
    if points.ndim != 2 or len(points) != len(texts) or not np.isfinite(points).all():
        raise ValueError(f"the encoder returned an array of shape {points.shape} for {len(texts)} texts")
    return _unit(points)


def _by_letters(texts: Sequence[str], size: int, seed: int) -> np.ndarray:
    """Point of each text by its groups of neighbouring letters, of length one, shape (texts, dimensions)."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=LETTERS, min_df=MIN_TEXTS, max_features=GROUPS, sublinear_tf=True
    )
    groups = counted(vectorizer, texts)
    if groups.shape[1] == 1:
        return _unit(groups.toarray())
    return _unit(TruncatedSVD(min(size, groups.shape[1] - 1), random_state=seed).fit_transform(groups))


def _word_vectors(counts: csr_array, size: int, seed: int) -> np.ndarray:
    """Words placed by which words they meet more often than chance, shape (words, dimensions)."""
    from scipy.sparse import coo_array
    from sklearn.utils.extmath import randomized_svd

    met = coo_array(counts.T @ counts)
    keep = met.row != met.col
    row, col, together = met.row[keep], met.col[keep], met.data[keep]
    uses = np.asarray(counts.sum(axis=0)).ravel()
    information = np.maximum(np.log(together * counts.shape[0] / (uses[row] * uses[col])), 0.0)
    matrix = coo_array((information, (row, col)), shape=met.shape).tocsr()
    size = min(size, matrix.shape[0] - 1)
    left, spread, _ = randomized_svd(matrix, size, n_iter=5, random_state=seed)
    return left * np.sqrt(spread)


def _pointing(counts: csr_array, filed: np.ndarray) -> np.ndarray:
    """How far the categories of the texts with a word differ from the usual mix, in nats, shape (words,)."""
    usual = filed.mean(axis=0)
    seen = counts.T @ filed + FILED_AS * usual
    mix = seen / seen.sum(axis=1, keepdims=True)
    return np.maximum((mix * np.log(mix / usual)).sum(axis=1), 0.0)
