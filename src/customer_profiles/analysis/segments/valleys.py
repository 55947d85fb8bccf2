"""Whether there is an emptier space between segments: what makes them natural.

Any cloud of customers can be cut, and a curved or skewed one is cut better than a round one without having groups.
Groups are natural only if there are fewer customers between them than on either side. Each pair of segments is looked
at along the line that tells the two apart best (Fisher's discriminant); segments without a valley between them belong
together, directly or by way of others (merging of clusters as in Hennig 2010, "Methods for merging Gaussian mixture
components"). A density with one peak falls off on both sides, so that of equally wide stretches no inner one can
hold fewer customers than one before and one after it: two binomial tests that must both reject (Berger 1982).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import binom, norm

from .embedding import CLIP, SKEWED, is_number, pool

STRETCHES = 7  # equally wide, between the middles of two segments
SHALLOW = 0.8  # share of the lower side that a valley may hold and still be none: slopes in a density are not gaps
RIDGE = 1e-3  # of the mean variance: keeps the discriminant of columns that repeat each other defined
LEAST = 10  # customers of a segment; fewer cannot show what lies beside them
REPEATS = ("categories",)  # with the orders, it would show a gap where there is only one between 1 and 2
OUTERMOST = 1e-4  # probability beyond which a normal score is cut off


def continuous(profile: pd.DataFrame, along: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Customers as points of a space in which only groups of customers leave gaps.

    Whole numbers, rounded amounts and categories have gaps of their own: customers with the same number are spread
    evenly over the room up to the next one, and a category is read as what it would be cut from, a normal variable
    (as with polychoric correlation). The number of categories is left out: whoever ordered once bought one.

    Parameters
    ----------
    profile : DataFrame
        One row per customer, only columns to be used.
    along : ndarray, shape (customers,)
        Coordinate by which the levels of a category are put in order.
    rng : Generator
        Of the spread.

    Returns
    -------
    ndarray, shape (customers, columns)
        Standard deviations from the mean; unknown values at 0.
    """
    return np.column_stack(
        [
            _spread(profile[name], rng) if is_number(profile[name]) else _normal(profile[name], along, rng)
            for name in profile.columns.difference(REPEATS, sort=False)
        ]
    )


def groups(points: np.ndarray, labels: np.ndarray, level: float) -> tuple[int, float]:
    """How many groups of segments are set apart by a valley, and how surely at least two are.

    Parameters
    ----------
    points : ndarray, shape (customers, columns)
        See `continuous`.
    labels : ndarray of int, shape (customers,)
        Segment of each customer.
    level : float
        Of each test.

    Returns
    -------
    groups : int
        Segments joined where no valley lies between them.
    p : float
        Of the clearest division of the segments into two groups.
    """
    from scipy.sparse.csgraph import minimum_spanning_tree

    members = [points[labels == name] for name in np.unique(labels)]
    members = [part for part in members if len(part) >= LEAST]
    if len(members) < 2:
        return 1, 1.0
    alike = np.zeros((len(members), len(members)))
    for i, one in enumerate(members):
        for j, other in enumerate(members[:i]):
            alike[i, j] = -_valley(one, other) - 1  # below 0: the tree skips zeros, and joins the most alike first
    joints = -minimum_spanning_tree(alike).data - 1
    return 1 + int((joints <= level).sum()), float(joints.min())


def _valley(one: np.ndarray, other: np.ndarray) -> float:
    """p-value of a valley between two segments.

    The line comes from every second customer and is tried on the others, and the other way round: a line that was
    fitted to the same customers would separate them a little in any case.
    """
    placed = []
    for half in (0, 1):
        fitted, tried = (one[half::2], other[half::2]), (one[1 - half :: 2], other[1 - half :: 2])
        line = _discriminant(*fitted)
        start, end = np.median(fitted[0] @ line), np.median(fitted[1] @ line)
        if end <= start:
            return 1.0
        placed += [(part @ line - start) / (end - start) for part in tried]
    counts = np.histogram(np.concatenate(placed), STRETCHES, (0.0, 1.0))[0]
    p, tests = 1.0, 0
    least = SHALLOW / (1 + SHALLOW)
    for i in range(1, STRETCHES - 1):
        tests += i * (STRETCHES - 1 - i)
        before, after = counts[:i].max(), counts[i + 1 :].max()
        p = min(p, max(binom.cdf(counts[i], counts[i] + side, least) for side in (before, after)))
    return min(1.0, float(p) * tests)


def _discriminant(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Direction along which two segments differ most beside their spread within, from the first to the second."""
    apart = other.mean(axis=0) - one.mean(axis=0)
    within = np.concatenate([one - one.mean(axis=0), other - other.mean(axis=0)])
    spread = np.atleast_2d(within.T @ within) / len(within)
    return np.linalg.solve(spread + RIDGE * (np.trace(spread) / len(spread) + RIDGE) * np.eye(len(spread)), apart)


def _spread(values: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """A number without gaps of its own, on a log scale if it is skewed."""
    x = values.to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(x)
    levels, code, counts = np.unique(x[known], return_inverse=True, return_counts=True)
    if len(levels) < 2:
        return np.zeros(len(x))
    gaps = np.diff(levels)
    room = np.minimum(np.r_[gaps[0], gaps], np.r_[gaps, gaps[-1]]) / 2
    y = x[known] + np.where(counts > 1, room, 0.0)[code] * rng.uniform(-1, 1, len(code))
    skew = float(pd.Series(y).skew())
    if abs(skew) >= SKEWED:
        above = np.sign(skew) * y - (np.sign(skew) * y).min()
        y = np.sign(skew) * np.log1p(above / np.median(above[above > 0]))
    column = np.zeros(len(x))
    column[known] = np.clip((y - y.mean()) / (y.std() or 1.0), -CLIP, CLIP)
    return column


def _normal(values: pd.Series, along: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A category as a normal variable that was cut into its levels."""
    levels = pool(values)
    position = levels.map(pd.Series(along).groupby(levels.to_numpy()).mean()).astype(float).to_numpy()
    known = ~np.isnan(position)
    _, code, counts = np.unique(position[known], return_inverse=True, return_counts=True)
    ends = np.r_[0, np.cumsum(counts)] / known.sum()
    within = ends[code] + (ends[code + 1] - ends[code]) * rng.uniform(size=len(code))
    column = np.zeros(len(position))
    column[known] = norm.ppf(np.clip(within, OUTERMOST, 1 - OUTERMOST))
    return column
