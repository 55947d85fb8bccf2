"""Customers that only a file of orders, tickets or answers describes: what is the same in all rows of each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .. import contract
from .guesses import Guess, Meaning, assigned
from .headings import plain, synonyms

_TELLING = {"name", "first_name", "last_name", "email", "gender", "age", "age_band", "birth_date", "city", "region"}
_TELLING |= {"country", "postal_code", "company", "income", "income_band", "education", "marital_status", "occupation"}


def described(guesses: list[Guess]) -> Iterator[Guess]:
    """A further reading of files whose rows tell of customers that no other file lists."""
    if any(one.table == "customers" for one in guesses):
        return
    for one in guesses:
        key = one.columns.get("customer_id") or one.columns.get(one.key or "")
        if one.table == "interactions":  # the place of a visit is not where the visitor lives
            continue
        is_address = key is not None and key.role != "customer_id"
        if one.table not in contract.OF_CUSTOMERS or key is None or (is_address and one.table != "transactions"):
            continue
        ids = one.sample.cells[key.heading]
        same = [
            name
            for name in one.sample.cells
            if name == key.heading or (name not in one.read and _is_of_each(one, name, key.heading))
        ]
        sample = replace(
            one.sample, cells=one.sample.cells[same][ids.notna() & ~ids.duplicated()].reset_index(drop=True)
        )
        columns = {
            role: meaning for role, meaning in assigned(sample, "customers").items() if meaning.heading != key.heading
        }
        if is_address:
            columns |= {key.role: key}
        if _TELLING & set(columns) or is_address:
            why = "no column of ids; an address is a customer" if is_address else "as in the other source of this file"
            own = Meaning("customer_id", key.heading, 1.0, why)
            reason = f"{', '.join(columns)} are the same in all rows of a customer"
            yield Guess(sample, "customers", {"customer_id": own, **columns}, reason)


def _is_of_each(one: Guess, name: str, key: str) -> bool:
    """Whether a column has one value per customer, not by chance."""
    if plain(name) in map(plain, synonyms()["ignored"]):
        return False
    pairs = one.sample.cells[[key, name]].dropna()
    grouped = pairs.groupby(key)[name]
    several = grouped.size() > 1
    return bool(several.any()) and bool((grouped.nunique()[several] <= 1).mean() > 0.98)
