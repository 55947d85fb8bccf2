"""How probable it is that two records are one person, from how alike their fields are.

The method is that of Fellegi and Sunter with one change that keeps families apart. Two records of one person are
weighed against *two* rivals: two people of one household, who share address, phone and surname as a matter of course,
and two strangers. What a household shares tells much against strangers and nothing against relatives; only given name,
birth date and, less so, e-mail tell relatives apart. `WEIGHTS` holds every probability that is used.

References
----------
Fellegi & Sunter (1969), "A Theory for Record Linkage", JASA 64:1183–1210; Winkler (1989), "Frequency-based matching in
Fellegi–Sunter model", for weighing agreement on rare values more than on frequent ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .comparable import MISSING, Comparable, house_number
from .phonetics import cologne, same_given_name


class Level(NamedTuple):
    """How often a comparison comes out like this, for pairs of one person, of one household, and of strangers.

    A missing probability of strangers is the value's own share of the records: to agree on a rare name tells more.
    """

    same: float
    household: float
    stranger: float | None


# Probabilities are assumptions made beforehand, rounded, and checked on records that had no part in making them
# (tests/identity/test_linkage.py). Typing errors in 3–8 % of names and 5 % of birth dates, and the shares that change
# within a few years (surname 5 %, address 15 %, phone and e-mail 25–30 %), are taken as orders of magnitude; twins are
# 3 % of births; unrelated people agree on a day of birth once in 25,000 pairs.
WEIGHTS: dict[str, dict[str, Level]] = {
    "first_name": {
        "equal": Level(0.84, 0.012, None),
        "variant": Level(0.07, 0.003, 0.004),  # short form or other spelling: Hans, Johannes; Stefan, Stephan
        "initial": Level(0.02, 0.0018, 0.0014),
        "typo": Level(0.045, 0.004, 0.003),  # one letter off, and one of the two is no usual name
        "similar": Level(0.004, 0.030, 0.010),  # Anna, Anne: mostly two people
        "swapped": Level(0.010, 0.0003, 1e-6),  # with the surname
    },
    "last_name": {
        "equal": Level(0.86, 0.75, None),
        "similar": Level(0.08, 0.030, 0.004),  # typing error, same sound, or part of a double name
        "different": Level(0.06, 0.22, 0.99),  # who marries may change it
        "swapped": Level(1, 1, 1),  # weighed with the given name
    },
    "birth_date": {
        "equal": Level(0.94, 0.012, None),
        "near": Level(0.05, 0.004, 0.002),  # see `near_days`
    },
    "email": {
        "equal": Level(0.70, 0.06, 2.0**-20),
        "near": Level(0.05, 0.006, 2.0**-12),  # typing error, or the same name at another provider
        "different": Level(0.25, 0.93, 1.0),
    },
    "phone": {
        "equal": Level(0.70, 0.60, 2.0**-20),
        "near": Level(0.02, 0.01, 2.0**-16),
        "different": Level(0.28, 0.39, 1.0),
    },
    "address": {
        "equal": Level(0.72, 0.90, 2.0**-17),
        "near": Level(0.06, 0.03, 2.0**-13),  # typing error, or the postal code differs or is missing
        "area": Level(0.07, 0.02, None),  # same postal code, other street
        "place": Level(0.85, 0.94, None),  # same postal code, and no street to compare
        "different": Level(0.15, 0.05, 1.0),
    },
}
FIELDS = tuple(WEIGHTS)
_BIRTH, _EMAIL, _PHONE, _ADDRESS = (FIELDS.index(name) for name in ("birth_date", "email", "phone", "address"))
LEVELS = ("missing", "equal", "variant", "initial", "typo", "similar", "near", "area", "place", "swapped", "different")
_CODE = {level: np.int8(code) for code, level in enumerate(LEVELS)}
# Shares of values that nobody has counted, until many records have: a given name, a surname, a day, a postal area.
_USUAL = {"first": 0.005, "last": 0.002, "birth_date": 1 / 25_000, "postal_code": 0.0005}
# A small table is a sample from a population in which namesakes exist: it is weighed as if it had so many records.
LEAST_RECORDS = 2**15
# Pairs of one person per record and household pairs per such pair, until many have been counted: these assumptions are
# worth so many records.
USUAL_PAIRS, USUAL_RELATIVES, STRENGTH = 0.3, 0.5, 50
CHUNK = 1_000_000

SIMILAR_SURNAME = 0.92  # Jaro–Winkler
SIMILAR_GIVEN_NAME = 0.85
SIMILAR_STREET = 0.90
_SHORTEST_TYPO = 4  # letters; of shorter names one other letter makes another name
_USUAL_NAME = 5  # records that make a spelling a name of its own rather than a typing error
_TELLING_MAILBOX = 6  # letters before the @; "info" and "anna" at two providers are two people


@dataclass
class Scored:
    """Pairs that may be one person.

    Parameters
    ----------
    left, right : ndarray of int32, shape (pairs,)
        Positions of the records.
    levels : ndarray of int8, shape (pairs, fields)
        Outcome of each comparison: position in `LEVELS`, fields as in `FIELDS`.
    probability : ndarray of float64, shape (pairs,)
        That they are one person.
    """

    left: np.ndarray
    right: np.ndarray
    levels: np.ndarray
    probability: np.ndarray


@dataclass
class _Bits:
    """Evidence in bits against either rival, added up field by field."""

    household: np.ndarray
    stranger: np.ndarray


def score(known: Comparable, pairs: np.ndarray, certain: int = 0) -> Scored:
    """Compare candidate pairs, a million at a time, and weigh the outcome.

    Parameters
    ----------
    known : Comparable
    pairs : ndarray of int64, shape (pairs,)
        See `candidates.candidate_pairs`.
    certain : int
        Pairs of one person already found by exact keys: they tell how frequent such pairs are.

    Returns
    -------
    Scored
        Only pairs that may be one person: given names that differ, birth dates that contradict each other, and pairs
        with nothing in common but a name and an area, or a given name and a phone, are left out.
    """
    tables = _Tables(known)
    relatives = 0
    parts: list[tuple[np.ndarray, ...]] = []
    for start in range(0, len(pairs), CHUNK):
        chunk = pairs[start : start + CHUNK]
        left, right = (chunk // known.n).astype("int32"), (chunk % known.n).astype("int32")
        part, others = _compare(known, tables, left, right)
        parts.append(part)
        relatives += others
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)] if parts else []
    left, right, levels, household, stranger = joined or (np.empty(0, "int32"),) * 2 + (
        np.empty((0, len(FIELDS)), "int8"),
        *(np.empty(0, "float32"),) * 2,
    )
    probability = _posterior(household, stranger, known.n, relatives, certain)
    return Scored(left, right, levels, probability)


def _posterior(household: np.ndarray, stranger: np.ndarray, n: int, relatives: int, certain: int) -> np.ndarray:
    """Probabilities from the evidence and from how many pairs of each kind there are, found in turns.

    The pairs of one person are the sum of the probabilities themselves (expectation–maximisation over one number).
    Pairs of a household are counted: those with a common address, phone or e-mail and different given names. All other
    pairs, half the square of the records, are strangers.
    """
    records = max(n, LEAST_RECORDS)
    matches = certain + len(household) / 2
    probability = np.zeros(len(household))
    for _ in range(6):
        found = matches + USUAL_PAIRS * STRENGTH
        related = np.log2((relatives + USUAL_RELATIVES * USUAL_PAIRS * STRENGTH) / found)
        unrelated = np.log2(records / 2 * (n + STRENGTH) / found)
        with np.errstate(over="ignore"):
            against = np.exp2(related - household.astype("float64")) + np.exp2(unrelated - stranger.astype("float64"))
        probability = 1 / (1 + against)
        matches = certain + probability.sum()
    return probability


class _Tables:
    """What is needed per distinct value: shares, and the weight of agreeing on it in bits."""

    def __init__(self, known: Comparable):
        share = {column: known.frequency(column, usual) for column, usual in _USUAL.items()}
        self.bits = {column: -np.log2(values).astype("float32") for column, values in share.items()}
        self.counts = {
            column: np.bincount(codes[codes != MISSING], minlength=len(known.values[column]))
            for column, codes in known.codes.items()
            if column in ("first", "last")
        }
        self.mailbox = known.derived("email", "mailbox", lambda address: address.partition("@")[0])
        long = [len(text) >= _TELLING_MAILBOX for text in known.values["email:mailbox"]]
        self.long_mailbox = np.array([*long, False])
        self.number = known.derived("street", "number", house_number)


def _compare(
    known: Comparable, tables: _Tables, left: np.ndarray, right: np.ndarray
) -> tuple[tuple[np.ndarray, ...], int]:
    """Levels and evidence of the pairs that may be one person, and the number of pairs of one household left out."""
    first = _first_names(known, tables, left, right)
    births = _births(known, left, right)
    may_be = (first != _CODE["different"]) & (births != _CODE["different"])
    relatives = _one_household(known, left, right) & (first == _CODE["different"])
    left, right, first, births = left[may_be], right[may_be], first[may_be], births[may_be]
    last = _last_names(known, left, right)
    last[first == _CODE["swapped"]] = _CODE["swapped"]
    email, phone = _emails(known, tables, left, right), _phones(known, left, right)
    address = _addresses(known, tables, left, right)
    levels = np.column_stack([first, last, births, email, phone, address])
    agree = np.isin(levels, [_CODE["equal"], _CODE["near"]])
    corroborated = agree[:, [_BIRTH, _EMAIL, _ADDRESS]].any(axis=1)
    corroborated |= agree[:, _PHONE] & (last != _CODE["different"])  # numbers change hands
    left, right, levels = left[corroborated], right[corroborated], levels[corroborated]
    bits = _evidence(known, tables, left, levels)
    return (left, right, levels, bits.household, bits.stranger), int(relatives.sum())


def _evidence(known: Comparable, tables: _Tables, left: np.ndarray, levels: np.ndarray) -> _Bits:
    own = {"first_name": "first", "last_name": "last", "birth_date": "birth_date", "address": "postal_code"}
    bits = _Bits(np.zeros(len(left), "float32"), np.zeros(len(left), "float32"))
    for at, (field, weight_of) in enumerate(WEIGHTS.items()):
        household, stranger = np.zeros(len(LEVELS), "float32"), np.zeros(len(LEVELS), "float32")
        for level, weight in weight_of.items():
            household[_CODE[level]] = np.log2(weight.same / weight.household)
            stranger[_CODE[level]] = np.log2(weight.same / (weight.stranger or 1.0))
        codes = levels[:, at]
        bits.household += household[codes]
        bits.stranger += stranger[codes]
        for name, weight in weight_of.items():
            if weight.stranger is None:
                rows = codes == _CODE[name]
                bits.stranger[rows] += tables.bits[own[field]][known.codes[own[field]][left[rows]]]
    return bits


def _first_names(known: Comparable, tables: _Tables, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    first, last = known.codes["first"], known.codes["last"]
    levels, other = _start(first, left, right)
    counts = np.append(tables.counts["first"], 0)
    compare = lambda one, another: _given_names(one, another, known, counts)
    levels[other] = _of_distinct(known, "first", left[other], right[other], compare)
    exchanged = (levels == _CODE["different"]) & (last[left] != MISSING) & (last[right] != MISSING)
    exchanged[exchanged] = (first[left[exchanged]] == last[right[exchanged]]) & (
        last[left[exchanged]] == first[right[exchanged]]
    )
    levels[exchanged] = _CODE["swapped"]
    return levels


def _given_names(one: np.ndarray, other: np.ndarray, known: Comparable, counts: np.ndarray) -> np.ndarray:
    """Levels of pairs of different given names, as codes."""
    from rapidfuzz.distance import OSA, JaroWinkler
    from rapidfuzz.process import cpdist

    a, b = known.values["first"][one], known.values["first"][other]
    levels = np.full(len(a), _CODE["different"])
    alike = cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32) >= SIMILAR_GIVEN_NAME
    levels[alike] = _CODE["similar"]
    shortest = np.minimum(_lengths(a), _lengths(b))
    off = cpdist(a, b, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    unusual = np.minimum(counts[one], counts[other]) < _usual_name(counts)
    typo = unusual & (shortest >= _SHORTEST_TYPO - 1) & ((off <= 1) | ((off <= 2) & (shortest >= 2 * _SHORTEST_TYPO)))
    levels[typo] = _CODE["typo"]
    variant = [same_given_name(x, y) for x, y in zip(a, b, strict=True)]
    levels[np.array(variant, dtype=bool)] = _CODE["variant"]
    initial = [x[0] == y[0] for x, y in zip(a, b, strict=True)] & (shortest == 1)
    levels[initial] = _CODE["initial"]
    return levels


def _usual_name(counts: np.ndarray) -> int:
    """Records with a spelling from which it is a name: a typing error of a frequent name repeats in a large table."""
    return max(_USUAL_NAME, int(counts.sum()) // 20_000)


def _last_names(known: Comparable, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    levels, other = _start(known.codes["last"], left, right)
    levels[other] = _of_distinct(known, "last", left[other], right[other], lambda a, b: _surnames(a, b, known))
    return levels


def _surnames(one: np.ndarray, other: np.ndarray, known: Comparable) -> np.ndarray:
    from rapidfuzz.distance import OSA, JaroWinkler
    from rapidfuzz.process import cpdist

    a, b = known.values["last"][one], known.values["last"][other]
    similar = cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32) >= SIMILAR_SURNAME
    off = cpdist(a, b, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    similar |= (off <= 1) & (np.minimum(_lengths(a), _lengths(b)) >= _SHORTEST_TYPO)
    close = np.flatnonzero((off <= 2) & ~similar)
    similar[close] = [cologne(a[at]) == cologne(b[at]) for at in close]
    double = np.flatnonzero(~similar)
    similar[double] = [" " in a[at] + b[at] and bool({*a[at].split()} & {*b[at].split()}) for at in double]
    return np.where(similar, _CODE["similar"], _CODE["different"])


def _births(known: Comparable, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    levels, other = _start(known.codes["birth_date"], left, right)
    codes, days = known.codes["birth_date"], known.values["birth_date"]
    levels[other] = np.where(
        near_days(days[codes[left[other]]], days[codes[right[other]]]), _CODE["near"], _CODE["different"]
    )
    return levels


def near_days(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether days may be one, mistyped: one digit differs, two neighbours are exchanged, or day and month are.

    Also where the digit is that of a decade: parent and child of one name rarely share day and month as well.

    Parameters
    ----------
    one, other : ndarray of int64
        Days as ``yyyymmdd``.

    >>> near_days(np.array([19850304, 19850304, 19850304]), np.array([19850403, 19850324, 19960304])).tolist()
    [True, True, False]
    """
    powers = 10 ** np.arange(8)
    a, b = (days[:, None] // powers % 10 for days in (one, other))
    differs = a != b
    count = differs.sum(axis=1)
    neighbours = (a[:, :-1] == b[:, 1:]) & (a[:, 1:] == b[:, :-1]) & differs[:, 1:] & differs[:, :-1]
    exchanged = one // 10_000 == other // 10_000
    exchanged &= (one // 100 % 100 == other % 100) & (one % 100 == other // 100 % 100)
    return (count <= 1) | ((count == 2) & neighbours.any(axis=1)) | exchanged


def _emails(known: Comparable, tables: _Tables, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    levels, other = _start(known.codes["email"], left, right)
    a, b = left[other], right[other]
    near = (tables.mailbox[a] == tables.mailbox[b]) & tables.long_mailbox[tables.mailbox[a]]
    near[~near] = _one_off(known, "email", a[~near], b[~near])
    levels[other] = np.where(near, _CODE["near"], _CODE["different"])
    return levels


def _phones(known: Comparable, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    levels, other = _start(known.codes["phone"], left, right)
    near = _one_off(known, "phone", left[other], right[other])
    levels[other] = np.where(near, _CODE["near"], _CODE["different"])
    return levels


def _addresses(known: Comparable, tables: _Tables, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cpdist

    street, area = known.codes["street"], known.codes["postal_code"]
    streets, other = _start(street, left, right)
    areas, _ = _start(area, left, right)
    same_area = areas == _CODE["equal"]
    levels = np.where(same_area, np.where(streets == _CODE["missing"], _CODE["place"], _CODE["area"]), areas)
    same_street = streets == _CODE["equal"]
    levels[same_street] = np.where(same_area[same_street], _CODE["equal"], _CODE["near"])
    levels[(areas == _CODE["missing"]) & (streets == _CODE["different"])] = _CODE["different"]
    close = other[same_area[other] & (tables.number[left[other]] == tables.number[right[other]])]
    a, b = (known.values["street"][street[side[close]]] for side in (left, right))
    levels[close[cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32) >= SIMILAR_STREET]] = _CODE["near"]
    return levels


def _one_household(known: Comparable, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Pairs with a common address, phone or e-mail."""

    def shared(column: str) -> np.ndarray:
        codes = known.codes[column]
        return (codes[left] == codes[right]) & (codes[left] != MISSING)

    return shared("email") | shared("phone") | (shared("street") & shared("postal_code"))


def _start(codes: np.ndarray, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels as far as codes tell (missing, equal, else different), and the positions of the different."""
    a, b = codes[left], codes[right]
    levels = np.where(a == b, _CODE["equal"], _CODE["different"])
    levels[(a == MISSING) | (b == MISSING)] = _CODE["missing"]
    return levels, np.flatnonzero(levels == _CODE["different"])


def _of_distinct(
    known: Comparable,
    column: str,
    left: np.ndarray,
    right: np.ndarray,
    compare: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Outcome of a comparison that is made once for each pair of distinct values."""
    a, b = known.codes[column][left].astype("int64"), known.codes[column][right].astype("int64")
    many = len(known.values[column])
    distinct, which = np.unique(np.minimum(a, b) * many + np.maximum(a, b), return_inverse=True)
    return compare(distinct // many, distinct % many)[which] if len(distinct) else np.empty(0, "int8")


def _one_off(known: Comparable, column: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Pairs whose texts are one letter off or have two neighbours exchanged."""
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    codes, values = known.codes[column], known.values[column]
    a, b = values[codes[left]], values[codes[right]]
    return cpdist(a, b, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8) <= 1


def _lengths(texts: np.ndarray) -> np.ndarray:
    return np.fromiter(map(len, texts), dtype="int64", count=len(texts))
