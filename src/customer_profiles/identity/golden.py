"""One record per person out of several, with where each value came from and why it won.

The rule: a value that says something comes before a placeholder; of those, the one from the record that was changed
last, if its source says when; of those, the one from the source that dataset.yaml names first.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..messages import N_
from . import normalise

ONLY = N_("only value")
AGREE = N_("all sources agree")
LATEST = N_("changed last")
FIRST = N_("first source that knows")
NOT_PLACEHOLDER = N_("the other was a placeholder")
REASONS = (ONLY, AGREE, LATEST, FIRST, NOT_PLACEHOLDER)
# Column that says when a record was changed, where a source has one.
CHANGED_AT = "updated_at"
_USABLE = {"email": normalise.emails, "phone": normalise.phones}
_SAME = {"street": normalise.streets, "postal_code": normalise.postal_codes}
_PROVENANCE = {"customer_no": "int64", "field": "category", "source": "category", "reason": "category"}
_PROVENANCE |= {"n_candidates": "int32", "disagreeing": "int32"}
# What `collect` notes of a record; nothing about the person.
_OF_THE_RECORD = (
    *("space", "raw_id", "agrees", "refused", "remembered", "withheld", "erased", "counts", "source", "is_contact"),
    CHANGED_AT,
    *("account_space", "account_id", "contact_id", "customer_id"),
)


def golden_records(records: pd.DataFrame, person: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per person, and the provenance of its values.

    Parameters
    ----------
    records : DataFrame, shape (records, columns)
        In the order of the sources; ``source`` names the source of each.
    person : ndarray of int, shape (records,)
        Number of the person behind each record, from 0.

    Returns
    -------
    golden : DataFrame, shape (persons, columns)
        In the order of the persons' numbers; values that belong to a record rather than to a person (``space``,
        ``raw_id``) are those of the first record.
    provenance : DataFrame
        One row per person and field with a value: ``customer_no`` (the person's number), ``field``, ``source``,
        ``reason``, ``n_candidates`` (records with a value) and ``disagreeing`` (those that say something else than the
        winner). Never a value.
    """
    records = records.reset_index(drop=True)
    persons = int(person.max(initial=-1)) + 1
    sources = records["source"].astype("category") if "source" in records else None
    changed = records[CHANGED_AT].to_numpy() if CHANGED_AT in records else None
    golden, parts = {}, []
    for name in records:
        values = records[name]
        if name in _OF_THE_RECORD:
            of_person = values.groupby(person, sort=True)
            golden[name] = of_person.max() if name == CHANGED_AT else of_person.first()
            continue
        winner, part = _winners(name, values, person, persons, changed)
        golden[name] = values.take(winner).set_axis(part.index).reindex(range(persons))
        part["source"] = sources.take(winner).to_numpy() if sources is not None else ""
        parts.append(part.reset_index(names="customer_no").assign(field=name))
    return pd.DataFrame(golden, columns=list(records)), _provenance(parts)


def _winners(
    name: str, values: pd.Series, person: np.ndarray, persons: int, changed: np.ndarray | None
) -> tuple[np.ndarray, pd.DataFrame]:
    """Positions of the winning records of a field, and reason, n_candidates and disagreeing by person."""
    given = np.flatnonzero(values.notna().to_numpy())
    usable = np.ones(len(given), dtype=bool)
    if name in _USABLE:
        usable = _USABLE[name](values.take(given)).notna().to_numpy()
    keys = [person[given]]
    if changed is not None:
        age = -pd.to_datetime(pd.Series(changed[given])).astype("int64").to_numpy()
        keys.insert(0, np.where(pd.isna(changed[given]), np.iinfo("int64").max, age))
    if not usable.all():
        keys.insert(-1, ~usable)
    order = np.lexsort(keys)  # stable: of equals, the first record in the order of the sources
    ordered = person[given][order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(order) else np.empty(0, "int64")
    winner = given[order][first]
    who = ordered[first]
    same, _ = pd.factorize(_comparable(name, values.take(given)))
    won = np.full(persons, -1)
    won[who] = same[order][first]
    n = np.bincount(person[given], minlength=persons)[who]
    other = np.bincount(person[given], weights=same != won[person[given]], minlength=persons)[who].astype("int32")
    reason = np.select([n == 1, other == 0], [0, 1], 3)
    passed_over = np.bincount(person[given], weights=~usable, minlength=persons)[who] > 0
    reason = np.where((reason == 3) & passed_over & usable[order][first], 4, reason)
    if changed is not None:
        reason = np.where((reason == 3) & ~pd.isna(changed[winner]), 2, reason)
    named = pd.Categorical.from_codes(reason, categories=list(REASONS))
    return winner, pd.DataFrame({"reason": named, "n_candidates": n.astype("int32"), "disagreeing": other}, index=who)


def _comparable(name: str, values: pd.Series) -> pd.Series:
    """Values in the form in which spellings of the same one are equal."""
    if name in _USABLE:
        return _USABLE[name](values).fillna(values)
    if name in _SAME:
        return _SAME[name](values)
    return values.str.lower() if pd.api.types.is_string_dtype(values.dtype) else values


def empty_provenance() -> pd.DataFrame:
    """The provenance of no values."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _PROVENANCE.items()})


def _provenance(parts: list[pd.DataFrame]) -> pd.DataFrame:
    parts = [part for part in parts if len(part)]
    if not parts:
        return empty_provenance()
    fields = pd.CategoricalDtype([part["field"].iloc[0] for part in parts])
    table = pd.concat([part.astype({"field": fields}) for part in parts], ignore_index=True)
    return table.astype(_PROVENANCE)[list(_PROVENANCE)]
