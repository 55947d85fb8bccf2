"""Two ways to group customers, side by side: nearest neighbours in a space, and latent classes of mixed data.

No single method fits every base. k-means divides the space of `embedding` into compact regions; `latent_classes` take
categories and gaps as they are. Which of them is used is decided without knowing any truth: by whether their segments
come back in resamples, and by how well segments tell of a column that had no part in making them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...messages import N_
from . import latent_classes
from .embedding import blocks, project

NEIGHBOURS, CLASSES = "neighbours", "classes"
METHODS = {NEIGHBOURS: N_("k-means in the space of the traits"), CLASSES: N_("latent classes of mixed data")}

STARTS = 3  # k-means starts for each resample and each simulated copy
FINAL_STARTS = 10  # for the segments themselves
CHANCE_STARTS = 4  # of latent classes, beside the one from k-means

FIT_ROWS = 20_000  # customers drawn to fit segments where there are more; everybody is then assigned
RESAMPLE_ROWS = 2_500  # customers in a resample where there are more: stability is then a little understated


@dataclass(frozen=True)
class Data:
    """Customers as both ways see them, in the same order.

    Parameters
    ----------
    profile : DataFrame
        The columns that segments are made of, and no others.
    points : ndarray, shape (customers, components)
        See `embedding.embed`.
    levels : Levels
        See `latent_classes.levels`.
    """

    profile: pd.DataFrame
    points: np.ndarray
    levels: latent_classes.Levels

    def __len__(self) -> int:
        return len(self.points)

    def rows(self, rows: np.ndarray) -> Data:
        """The same for some of the customers."""
        return Data(self.profile.iloc[rows], self.points[rows], self.levels.rows(rows))


def solve(data: Data, sizes: range, rng: np.random.Generator, seed: int) -> tuple[dict, dict[int, float]]:
    """Segments of every customer for each number of segments.

    Parameters
    ----------
    data : Data
        All customers.
    sizes : range
        Numbers of segments.
    rng : Generator
        Of the sample and the first guesses.
    seed : int
        Of the k-means starts.

    Returns
    -------
    solutions : dict of dict of ndarray of int, shape (customers,)
        By method, then by number of segments; labels from 0.
    bic : dict of float
        Bayesian information criterion of the latent classes, by number.
    """
    part = data
    if len(data) > FIT_ROWS:
        part = data.rows(np.sort(rng.choice(len(data), FIT_ROWS, replace=False)))
    solutions: dict[str, dict[int, np.ndarray]] = {NEIGHBOURS: {}, CLASSES: {}}
    bic = {}
    for k in sizes:
        near = kmeans(part.points, k, seed, FINAL_STARTS)
        chance = [rng.integers(0, k, len(part)) for _ in range(CHANCE_STARTS)]
        fitted = latent_classes.fit(part.levels, k, [near.labels_, *chance])
        solutions[NEIGHBOURS][k] = near.labels_ if part is data else near.predict(data.points)
        solutions[CLASSES][k] = fitted.assign(data.levels)
        bic[k] = fitted.bic
    return solutions, bic


def stability(
    data: Data, solutions: dict[str, dict[int, np.ndarray]], bootstraps: int, rng: np.random.Generator, seed: int
) -> dict[str, dict[int, np.ndarray]]:
    """Jaccard overlap of each segment with its best match in each resample.

    Every resample is fitted anew: latent classes start from its own k-means, never from the segments that are judged.

    Returns
    -------
    dict of dict of ndarray, shape (bootstraps, k)
        By method, then by number of segments.
    """
    n = len(data)
    overlap = {method: {k: np.zeros((bootstraps, k)) for k in of} for method, of in solutions.items()}
    for b in range(bootstraps):
        rows = np.sort(rng.integers(0, n, min(n, RESAMPLE_ROWS)))
        distinct = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        points, levels = data.points[rows], data.levels.rows(rows)
        for k in solutions[NEIGHBOURS]:
            near = kmeans(points, k, seed, STARTS).labels_
            again = {
                NEIGHBOURS: near,
                CLASSES: latent_classes.fit(levels, k, [near], latent_classes.ROUGH_GAIN).assign(levels),
            }
            for method, labels in again.items():
                before = solutions[method][k][rows[distinct]]
                overlap[method][k][b] = jaccard(before, labels[distinct], k)
    return overlap


def use(data: Data, k: int, method: str, rng: np.random.Generator, seed: int) -> float:
    """How much segments tell of a column that had no part in making them.

    Each column in turn is left out, segments are made of the others, and the share of the differences between
    customers in the column left out that lies between segments is taken: η² of a number, Goodman & Kruskal's τ of a
    category. The same question to every method, which none of them optimises.

    Returns
    -------
    float
        Mean over the columns, from 0 (nothing) to 1.
    """
    if len(data) > RESAMPLE_ROWS:
        data = data.rows(np.sort(rng.choice(len(data), RESAMPLE_ROWS, replace=False)))
    parts = blocks(data.profile)
    told = []
    for out, block in enumerate(parts):
        others = np.hstack([other for i, other in enumerate(parts) if i != out])
        labels = kmeans(project(others, min(data.points.shape[1], others.shape[1])), k, seed, STARTS).labels_
        if method == CLASSES:
            levels = data.levels.without(out)
            labels = latent_classes.fit(levels, k, [labels], latent_classes.ROUGH_GAIN).assign(levels)
        told.append(explained(block, labels))
    return float(np.mean(told))


def explained(block: np.ndarray, labels: np.ndarray) -> float:
    """Share of the variance of centred columns that lies between groups.

    Parameters
    ----------
    block : ndarray, shape (customers, columns)
        Each with mean 0.
    labels : ndarray of int, shape (customers,)
        Groups, from 0.

    Examples
    --------
    >>> explained(np.array([[-1.0], [-1.0], [1.0], [1.0]]), np.array([0, 0, 1, 1]))
    1.0
    """
    counts = np.bincount(labels)
    sums = np.zeros((len(counts), block.shape[1]))
    np.add.at(sums, labels, block)
    between = (sums**2 / np.maximum(counts, 1)[:, None]).sum() - len(block) * (block.mean(axis=0) ** 2).sum()
    return float(between / max(((block - block.mean(axis=0)) ** 2).sum(), 1e-12))


def kmeans(points: np.ndarray, k: int, seed: int, starts: int):
    """k-means fitted to points of shape (customers, components), the best of several starts.

    Of fewer points than `k` each is a cluster of its own, and points that are alike are in one cluster.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than clusters
        return KMeans(min(k, len(points)), n_init=starts, random_state=seed).fit(points)


def jaccard(labels: np.ndarray, again: np.ndarray, k: int) -> np.ndarray:
    """Best Jaccard overlap of each of k clusters with the clusters of another labelling of the same rows.

    Examples
    --------
    >>> jaccard(np.array([0, 0, 1, 1]), np.array([1, 1, 1, 0]), 2).round(2).tolist()
    [0.67, 0.5]
    """
    both = np.zeros((k, k))
    np.add.at(both, (labels, again), 1)
    union = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    return (both / np.maximum(union, 1)).max(axis=1)
