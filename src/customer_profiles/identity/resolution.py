"""Which records of several systems are one person.

Exact keys first: records with the same id, or with the same full name, birth date and a common contact, are one person.
Then the pairs that share any key are scored (`linkage`), those above the threshold are joined, and no group may hold
two people (`closure`).

Splink 5 was measured beside it on the same invented people, two of five in shared households, with 100,000 records
(tests/benchmarks/identity_cost.py). Its quick start merges families (precision .46 at recall .98); with address and
phone as one comparison it reaches .87 at .94; these fixed weights reach .995 at .97 in less than half the CPU time.
What makes the difference is the second rival, the household, which Splink's model has no place for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from .candidates import candidate_pairs
from .closure import groups, kept_links
from .comparable import MISSING, Comparable, comparable
from .linkage import FIELDS, LEVELS, Scored, score

# Probabilities from which two records are joined: as used unless dataset.yaml says otherwise, and the two between
# which figures are shown to move.
THRESHOLD = 0.7
STRICT, LOOSE = 0.99, 0.5
EXACT_KEYS = (
    ("first", "last", "birth_date", "email"),
    ("first", "last", "birth_date", "phone"),
    ("first", "last", "birth_date", "street", "postal_code"),
)
# Probabilities between which it is worth a look whether two records are one person.
BORDERLINE = (0.05, 0.99)


@dataclass(frozen=True)
class Matching:
    """Who is who, at the threshold used and at others.

    Parameters
    ----------
    person : ndarray of int, shape (records,)
        Persons numbered by their first record.
    strict, loose : ndarray of int, shape (records,)
        The same at `STRICT` and at `LOOSE`: each strict person is part of one person, which is part of one loose one.
    evidence : DataFrame
        Pairs by what agreed, see `evidence_table`.
    kept : ndarray of bool, shape (records,)
        Records of persons who are one only because they were in the last run.
    """

    person: np.ndarray
    strict: np.ndarray
    loose: np.ndarray
    evidence: pd.DataFrame
    kept: np.ndarray

    @classmethod
    def given(cls, person: np.ndarray) -> Self:
        """Persons who are known otherwise: the same at any threshold."""
        return cls(person, person, person, evidence_table(None, person), np.zeros(len(person), dtype=bool))

    @classmethod
    def nobody(cls) -> Self:
        """No records, no persons."""
        return cls.given(np.empty(0, dtype="int64"))


def match_people(records: pd.DataFrame, threshold: float | None = THRESHOLD) -> np.ndarray:
    """Number of the person each record belongs to; see `resolve`."""
    return resolve(records, threshold).person


def resolve(records: pd.DataFrame, threshold: float | None = THRESHOLD, together: np.ndarray | None = None) -> Matching:
    """Recognise the persons behind records.

    Parameters
    ----------
    records : DataFrame, shape (records, columns)
        Columns ``space`` and ``raw_id``, and any of name, first_name, last_name, email, phone, street,
        postal_code, birth_date. Two records with the same space and raw_id are always one person.
    threshold : float, optional
        Probability from which two records are joined; None: only by id.
    together : ndarray of int, shape (records,), optional
        Records with the same number, from 0, are joined unless they contradict each other, see `IdLedger`.

    Returns
    -------
    Matching
    """
    known = Comparable(len(records)) if threshold is None else comparable(records)
    ids = _same_id(records)
    if threshold is None:
        return Matching.given(groups(known.n, *ids))
    exact = [ids, *(_chain(known, keys) for keys in EXACT_KEYS)]
    certain = tuple(np.concatenate(sides) for sides in zip(*exact, strict=True))
    already = groups(known.n, *certain)
    pairs = candidate_pairs(known)
    pairs = pairs[already[pairs // known.n] != already[pairs % known.n]] if len(pairs) else pairs
    scored = score(known, pairs, certain=_pairs_within(already))
    least = min(LOOSE, threshold)
    links = scored.probability >= least
    before = _held(np.full(known.n, -1) if together is None else together)
    left, right = (
        np.concatenate([sure, side[links], held])
        for sure, side, held in zip(certain, (scored.left, scored.right), before, strict=True)
    )
    found = np.append(scored.probability[links], np.ones(len(before[0])))
    probability = np.concatenate([np.ones(len(certain[0])), np.minimum(found, 1 - 1e-12)])
    kept = kept_links(known, left, right, probability)

    def at(level: float, links: int = len(left)) -> np.ndarray:
        taken = kept[:links] & (probability[:links] >= level)
        return groups(known.n, left[:links][taken], right[:links][taken])

    person, alone = at(threshold), at(threshold, len(left) - len(before[0]))
    several = pd.Series(alone).groupby(person).transform("nunique").to_numpy() > 1
    # With a threshold beyond one of the two ends, the band ends at the threshold itself.
    return Matching(person, at(max(STRICT, threshold)), at(least), evidence_table(scored, person), several)


def evidence_table(scored: Scored | None, person: np.ndarray) -> pd.DataFrame:
    """Scored pairs counted by what agreed in them; no value of any record is in it.

    Returns
    -------
    DataFrame
        One row per outcome of the comparisons and whether the pair was joined: a column for each of `FIELDS` with one
        of `LEVELS`, ``joined``, ``pairs``, ``expected`` (sum of the probabilities that they are one person),
        ``variance`` (of that sum), ``borderline`` (pairs with a probability within `BORDERLINE`), and of B-cubed
        ``record_loss`` (by how much the pairs lower the mean over all records: precision where they are joined, recall
        where not) and ``record_variance``.

    References
    ----------
    Bagga & Baldwin (1998), "Entity-Based Cross-Document Coreferencing Using the Vector Space Model", COLING-ACL.
    """
    measured = ["expected", "variance", "record_loss", "record_variance"]
    columns = [*FIELDS, "joined", "pairs", *measured, "borderline"]
    if scored is None or not len(scored.left):
        kinds = dict.fromkeys(FIELDS, "str") | {"joined": "bool", "pairs": "int64", "borderline": "int64"}
        return pd.DataFrame(columns=columns).astype(kinds | dict.fromkeys(measured, "float64"))
    joined = person[scored.left] == person[scored.right]
    p = scored.probability
    weight = _record_weight(scored, person, joined)
    pattern = np.column_stack([scored.levels, joined]).astype("int64") @ (len(LEVELS) ** np.arange(len(FIELDS) + 1))
    distinct, first, which = np.unique(pattern, return_index=True, return_inverse=True)
    names = np.array(LEVELS, dtype="object")
    table = pd.DataFrame({name: names[scored.levels[first, at]] for at, name in enumerate(FIELDS)}).astype("str")
    table["joined"] = joined[first]
    table["pairs"] = np.bincount(which, minlength=len(distinct))
    table["expected"] = np.bincount(which, weights=p)
    table["variance"] = np.bincount(which, weights=p * (1 - p))
    table["record_loss"] = np.bincount(which, weights=weight * np.where(joined, 1 - p, p))
    table["record_variance"] = np.bincount(which, weights=weight**2 * p * (1 - p))
    table["borderline"] = np.bincount(which, weights=(p >= BORDERLINE[0]) & (p < BORDERLINE[1])).astype("int64")
    return table.sort_values(["expected", *FIELDS, "joined"], ascending=False, ignore_index=True)[columns]


def _record_weight(scored: Scored, person: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """By how much the mean over records falls if a pair is decided wrongly: what one record is of its two groups.

    The group of a record is the one found; where the pair is not joined, the one expected, which is larger by what is
    likely to be missed.
    """
    missed = np.where(joined, 0.0, scored.probability)
    size = np.bincount(person)[person].astype(float)
    expected = size + sum(
        np.bincount(side, weights=missed, minlength=len(person)) for side in (scored.left, scored.right)
    )
    group = [np.where(joined, size[side], expected[side]) for side in (scored.left, scored.right)]
    return (1 / group[0] + 1 / group[1]) / len(person)


def _same_id(records: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Each record with the next one of the same id in the same name space."""
    return _followers(records.groupby(["space", "raw_id"], sort=False).ngroup().to_numpy())


def _held(together: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each record with the next one of the same number; of -1 there is none."""
    given = np.flatnonzero(together >= 0)
    left, right = _followers(together[given])
    return given[left], given[right]


def _chain(known: Comparable, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Each record with the next one in which all of the keys are the same."""
    columns = [known.codes[name] for name in keys]
    given = np.flatnonzero(np.all([codes != MISSING for codes in columns], axis=0))
    if not len(given):
        return np.empty(0, "int64"), np.empty(0, "int64")
    label = np.zeros(len(given), dtype="int64")
    for codes in columns:
        label = np.unique(label * (int(codes.max()) + 1) + codes[given], return_inverse=True)[1]
    left, right = _followers(label)
    return given[left], given[right]


def _followers(label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(label, kind="stable")
    same = label[order][1:] == label[order][:-1]
    return order[:-1][same], order[1:][same]


def _pairs_within(group: np.ndarray) -> int:
    size = np.bincount(group) if len(group) else np.zeros(1, "int64")
    return int((size * (size - 1) // 2).sum())
