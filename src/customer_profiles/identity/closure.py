"""From pairs to persons: who is joined with whom, without chaining two people through a third record.

A joins B and B joins C does not make A and C one person where their given names or birth dates contradict each other.
Links are taken in order of their probability; one that would bring such a contradiction into a group is not taken.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .comparable import MISSING, Comparable
from .linkage import near_days
from .phonetics import same_given_name

_DIGITS = 9  # beyond them, probabilities depend on the order in which numbers were added up


def kept_links(known: Comparable, left: np.ndarray, right: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Which links can be taken without a contradiction inside a group.

    Parameters
    ----------
    known : Comparable
    left, right : ndarray of int, shape (links,)
        Records.
    probability : ndarray, shape (links,)
        Links of probability 1 are facts and always taken. Of equally probable ones, that of the first ids is taken
        first, whatever the order of the records.

    Returns
    -------
    ndarray of bool, shape (links,)
        Groups made of the links above any threshold are those that the same rule makes at that threshold.
    """
    kept = np.ones(len(left), dtype=bool)
    group = groups(known.n, left, right)
    disputed = np.flatnonzero(_contradictory(known, group)[group[left]])
    if not len(disputed):
        return kept
    rank = _rank(known, np.unique(np.concatenate([left[disputed], right[disputed]])))
    one, other = rank[left[disputed]], rank[right[disputed]]
    order = disputed[
        np.lexsort([np.maximum(one, other), np.minimum(one, other), -probability[disputed].round(_DIGITS)])
    ]
    members: dict[int, list[int]] = {}
    leader: dict[int, int] = {}
    for at in order.tolist():
        a, b = int(left[at]), int(right[at])
        one, other = leader.setdefault(a, a), leader.setdefault(b, b)
        if one == other:
            continue
        mine, theirs = members.get(one, [one]), members.get(other, [other])
        if probability[at] < 1 and any(_contradict(known, x, y) for x in mine for y in theirs):
            kept[at] = False
            continue
        if len(mine) < len(theirs):
            one, mine, theirs = other, theirs, mine
        leader.update(dict.fromkeys(theirs, one))
        members[one] = mine + theirs
    return kept


def groups(n: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Number of the group of each record, from 0, in the order of their first records; links join.

    >>> groups(4, np.array([3]), np.array([1])).tolist()
    [0, 1, 2, 1]
    """
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(left), dtype=bool), (left, right)), shape=(n, n))
    return pd.factorize(connected_components(graph, directed=False)[1])[0]


def _rank(known: Comparable, records: np.ndarray) -> np.ndarray:
    """Place of some records in the order of their ids; of all others -1."""
    rank = np.full(known.n, -1)
    if known.ids is None:
        rank[records] = np.arange(len(records))
    else:
        ids = known.ids.iloc[records].reset_index(drop=True)
        rank[records[ids.sort_values(["space", "raw_id"], kind="stable").index]] = np.arange(len(records))
    return rank


def _contradictory(known: Comparable, group: np.ndarray) -> np.ndarray:
    """Groups that hold more than one birth date or given name: only those need a closer look."""
    several = np.zeros(int(group.max(initial=-1)) + 1, dtype=bool)
    for column in ("first", "birth_date"):
        codes = known.codes[column]
        given = codes != MISSING
        values = np.unique(np.column_stack([group[given], codes[given]]), axis=0)[:, 0]
        several |= np.bincount(values, minlength=len(several)) > 1
    return several


def _contradict(known: Comparable, one: int, other: int) -> bool:
    births = known.codes["birth_date"][[one, other]]
    if (births != MISSING).all() and births[0] != births[1]:
        days = known.values["birth_date"][births]
        if not near_days(days[:1], days[1:])[0]:
            return True
    first, last = known.codes["first"][[one, other]], known.codes["last"][[one, other]]
    if (first == MISSING).any() or first[0] == first[1]:
        return False
    names = known.values["first"]
    swapped = first[0] == last[1] or first[1] == last[0]
    return not swapped and not _may_be_one_name(names[first[0]], names[first[1]])


@lru_cache(maxsize=100_000)
def _may_be_one_name(one: str, other: str) -> bool:
    """Whether given names may be one: an initial, a variant, or a typing error; as in `linkage`, but more strictly."""
    from rapidfuzz.distance import OSA

    if min(len(one), len(other)) == 1:
        return one[0] == other[0]
    if same_given_name(one, other):
        return True
    off, shortest = OSA.distance(one, other), min(len(one), len(other))
    return (off <= 1 and shortest >= 3) or (off <= 2 and shortest >= 6)
