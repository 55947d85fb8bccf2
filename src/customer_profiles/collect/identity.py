"""Which records of several systems are one person, and what is known of that person.

Records that share an e-mail address, a phone number, a birth date or an address (with part of the name or the postal
code) are candidates. A guard then keeps families apart, who share much of this but the first name: the first names
must be similar and the birth dates compatible. Without it, such rules merge a family in every fourth case.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import normalise
from .pseudonyms import fingerprint, pseudonym, pseudonym_key

__all__ = ["fingerprint", "golden_records", "match_people", "pseudonym", "pseudonym_key"]

# Jaro-Winkler similarity from which two first names may be spellings of one ("Stefan", "Stephan": 0.88).
SIMILAR_NAMES = 0.85
# The same where only spelling tells neighbours and siblings apart ("Anna", "Anne": 0.88).
NEARLY_EQUAL_NAMES = 0.92
# More records than this share a real address or number only if it is a placeholder such as a branch's own.
LARGEST_BLOCK = 20


def match_people(records: pd.DataFrame) -> np.ndarray:
    """Number of the person each record belongs to.

    Parameters
    ----------
    records : DataFrame, shape (records, columns)
        Columns ``space`` and ``raw_id``, and any of name, first_name, last_name, email, phone, street,
        postal_code, birth_date. Two records with the same space and raw_id are always one person.

    Returns
    -------
    ndarray of int, shape (records,)
        Persons numbered by their first record.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    known = _comparable(records)
    pairs = [_pairs(known, ["space", "raw_id"])]
    for keys, guard in (
        (["email"], _same_first),
        (["phone"], _same_first_and_more),
        (["first", "last", "birth_date"], _same_first),
        (["first", "last", "street", "postal_code"], _same_first),
        (["first", "birth_date"], _same_name),
        (["birth_date", "postal_code"], _same_name),
        (["street", "postal_code"], _same_name),
    ):
        if set(keys) <= set(known):
            candidates = _pairs(known, keys)
            pairs.append(candidates[guard(known, candidates)])
    left, right = np.concatenate(pairs).T
    graph = coo_matrix((np.ones(len(left), dtype=bool), (left, right)), shape=(len(known), len(known)))
    labels = connected_components(graph, directed=False)[1]
    return pd.factorize(labels)[0]


def golden_records(records: pd.DataFrame, person: np.ndarray) -> pd.DataFrame:
    """One row per person: of each column, the first value in the order of the sources.

    Returns
    -------
    DataFrame, shape (persons, columns)
        In the order of the persons' numbers.
    """
    return records.groupby(person, sort=True).first().reset_index(drop=True)


def _comparable(records: pd.DataFrame) -> pd.DataFrame:
    """Matching columns in normal form, as far as any record has them."""
    known = records[["space", "raw_id"]].reset_index(drop=True)
    given = records.reset_index(drop=True)
    known[["first", "last"]] = normalise.names(given)
    for column, normal in (("email", normalise.emails), ("phone", normalise.phones), ("street", normalise.streets)):
        if column in given:
            known[column] = normal(given[column])
    for column in ("birth_date", "postal_code"):
        if column in given:
            known[column] = given[column]
    return known.dropna(axis="columns", how="all")


def _pairs(known: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """Pairs of positions whose keys are all given and equal; each pair once, none from a placeholder."""
    block = known[keys].dropna()
    size = block.groupby(keys)[keys[0]].transform("size")
    block = block[(size > 1) & ((size <= LARGEST_BLOCK) | (keys[0] == "space"))].assign(position=lambda t: t.index)
    if keys[0] == "space":  # a chain is enough where no guard follows
        follower = block.groupby(keys)["position"].shift(-1)
        return np.column_stack([block.position[follower.notna()], follower.dropna().astype("int64")]).astype("int64")
    pairs = block.merge(block, on=keys)
    pairs = pairs[pairs.position_x < pairs.position_y]
    return pairs[["position_x", "position_y"]].to_numpy(dtype="int64")


def _same_first(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    return _similar(known, pairs, "first") & _compatible_births(known, pairs)


def _same_first_and_more(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """Phone numbers change hands: a second agreement is asked for."""
    more = _similar(known, pairs, "last", missing=False) | _equal(known, pairs, "birth_date")
    return _same_first(known, pairs) & (more | _equal(known, pairs, "email"))


def _same_name(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """First and last name both given and spelt nearly alike: what is left of a typing error at the same address."""
    first = _similar(known, pairs, "first", missing=False, least=NEARLY_EQUAL_NAMES)
    return first & _similar(known, pairs, "last", missing=False) & _compatible_births(known, pairs)


def _sides(known: pd.DataFrame, pairs: np.ndarray, column: str) -> tuple[pd.Series, pd.Series] | None:
    if column not in known:
        return None
    values = known[column]
    return values.take(pairs[:, 0]).reset_index(drop=True), values.take(pairs[:, 1]).reset_index(drop=True)


def _similar(
    known: pd.DataFrame, pairs: np.ndarray, column: str, missing: bool = True, least: float = SIMILAR_NAMES
) -> np.ndarray:
    """Whether names are spellings of one; an initial fits every name it begins; `missing` if one is not given."""
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cpdist

    sides = _sides(known, pairs, column)
    if sides is None or not len(pairs):
        return np.full(len(pairs), missing)
    unknown = (sides[0].isna() | sides[1].isna()).to_numpy()
    left, right = (side.fillna("").to_numpy(dtype="object") for side in sides)
    similar = cpdist(left, right, scorer=JaroWinkler.similarity) >= least
    initial = np.array([min(len(a), len(b)) == 1 and a[:1] == b[:1] for a, b in zip(left, right, strict=True)])
    return np.where(unknown, missing, similar | initial)


def _equal(known: pd.DataFrame, pairs: np.ndarray, column: str) -> np.ndarray:
    sides = _sides(known, pairs, column)
    return (
        np.zeros(len(pairs), dtype=bool) if sides is None else sides[0].eq(sides[1]).fillna(False).to_numpy(dtype=bool)
    )


def _compatible_births(known: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """Whether birth dates may be one: equal, not given, day and month swapped, or one of the two mistyped."""
    sides = _sides(known, pairs, "birth_date")
    if sides is None:
        return np.ones(len(pairs), dtype=bool)
    a, b = (side.dt for side in sides)
    swapped = (a.day == b.month) & (a.month == b.day)
    mistyped = (a.day == b.day) | (a.month == b.month)
    unknown = sides[0].isna() | sides[1].isna()
    return (unknown | ((a.year == b.year) & (swapped | mistyped))).to_numpy()
