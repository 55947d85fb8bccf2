"""Small random tools that the parts of the demo company share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

MINUTES_PER_DAY = 1440
# When people shop and write: chances of the hours 0–23, two peaks as in most web shops.
HOURS = np.array([1, 0.5, 0.3, 0.2, 0.2, 0.5, 2, 4, 5, 6, 7, 7, 7, 6, 6, 6, 6, 7, 8, 9, 9, 7, 4, 2])


def pick(rng: np.random.Generator, chances: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Draw a value for each member of a group.

    Parameters
    ----------
    chances : ndarray, shape (groups, values)
        Chance of each value in each group.
    groups : ndarray of int, shape (n,)
        Group of each member.

    Returns
    -------
    ndarray of int, shape (n,)
        Position of the value.
    """
    limits = chances.cumsum(axis=1)
    limits[:, -1] = 1.0
    return (rng.random(len(groups))[:, None] >= limits[groups]).sum(axis=1)


def choose(rng: np.random.Generator, values: Sequence, n: int, chances: ArrayLike | None = None) -> np.ndarray:
    """Draw `n` values with replacement, as an array of objects."""
    weights = None if chances is None else np.asarray(chances) / np.sum(chances)
    return np.asarray(values, dtype=object)[rng.choice(len(values), n, p=weights)]


def some(rng: np.random.Generator, n: int, share: float) -> np.ndarray:
    """Mark a share of `n` rows at random."""
    return rng.random(n) < share


def clock(rng: np.random.Generator, n: int) -> np.ndarray:
    """Minutes since midnight."""
    return rng.choice(24, n, p=HOURS / HOURS.sum()) * 60 + rng.integers(0, 60, n)


def scatter(number: np.ndarray, multiplier: int, modulus: int) -> np.ndarray:
    """Turn running numbers into distinct numbers without visible order.

    Distinct as long as the running numbers stay below `modulus`, which must be prime.
    """
    return (np.asarray(number, dtype=np.int64) * multiplier + modulus // 3) % modulus
