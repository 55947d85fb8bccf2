"""What sources say about the same customers: addresses that several customers use, and values that differ."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..identity import normalise
from . import contract

_ADDRESSES = {"email": normalise.emails, "phone": normalise.phones}
_SPELLINGS = {**_ADDRESSES, "street": normalise.streets, "postal_code": normalise.postal_codes}
# What belongs to a record rather than to the person.
_OF_A_RECORD = {"customer_id", "contact_id", "account_id", "signup_date", "updated_at", "consent"}


def shared_addresses(records: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    """E-mail addresses and phone numbers of each source that more than one customer uses.

    Parameters
    ----------
    records : DataFrame, shape (records, columns)
        Column ``source``, and email and phone where known.
    numbers : ndarray of int, shape (records,)
        Customer of each record, negative if nobody may know of it.

    Returns
    -------
    DataFrame
        source, field, n (distinct addresses of several customers), base (distinct addresses), share.
    """
    parts = []
    for kind, normal in _ADDRESSES.items():
        if kind in records:
            seen = numbers >= 0
            used = pd.DataFrame({"source": records.source, "to": normal(records[kind]), "no": numbers})
            used = used[seen].dropna(subset="to")
            several = used.groupby("to")["no"].nunique() > 1
            distinct = used.drop_duplicates(["source", "to"])
            of_several = distinct["to"].map(several).astype(bool)
            counts = of_several.groupby(distinct["source"]).agg(n="sum", base="size")
            parts.append(counts.reset_index().assign(field=kind))
    return _shares(parts)


def contradictions(records: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    """Customers for whom sources give different values of a field.

    Parameters
    ----------
    records, numbers
        As for `shared_addresses`.

    Returns
    -------
    DataFrame
        source, field, n (customers whose sources differ), base (customers whose value another source gives too),
        share. Spelling makes no difference, nor do upper and lower case.
    """
    if records.empty or "source" not in records:
        return _shares([])
    source, sources = pd.factorize(records.source)
    parts = []
    for name in (set(contract.TABLES["customers"]) - _OF_A_RECORD) & set(records):
        given = (records[name].notna().to_numpy()) & (numbers >= 0)
        if not given.any():
            continue
        value = pd.factorize(_spelt_alike(name, records[name][given]))[0]
        told = pd.DataFrame({"no": numbers[given], "source": source[given], "value": value})
        told = told[told.value >= 0]
        by_source = told[["no", "source"]].drop_duplicates()
        customers = int(numbers.max()) + 1
        several = np.bincount(by_source["no"], minlength=customers) > 1
        differing = np.bincount(told[["no", "value"]].drop_duplicates()["no"], minlength=customers) > 1
        told = by_source[several[by_source["no"]]]
        differ = pd.Series(differing[told["no"]])
        counts = differ.groupby(sources.to_numpy()[told.source]).agg(n="sum", base="size")
        parts.append(counts.rename_axis("source").reset_index().assign(field=name))
    return _shares(parts)


def _spelt_alike(name: str, values: pd.Series) -> pd.Series:
    """Values in the form in which spellings of the same one are equal; what is no address is missing."""
    if name in _SPELLINGS:
        return _SPELLINGS[name](values)
    if not pd.api.types.is_string_dtype(values.dtype):
        return values
    codes, distinct = pd.factorize(values)
    return pd.Series([normalise.fold(text) for text in distinct], dtype="str").take(codes).reset_index(drop=True)


def _shares(parts: list[pd.DataFrame]) -> pd.DataFrame:
    names = ["source", "field", "n", "base"]
    parts = [part[names] for part in parts if len(part)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    table = table.astype({"source": "str", "field": "str", "n": "int64", "base": "int64"})
    table = table.assign(share=table["n"] / table["base"])
    return table.sort_values(["source", "field"], ignore_index=True)
