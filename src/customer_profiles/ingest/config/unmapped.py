"""Columns of the contract that a source could fill but does not."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .. import contract
from ..init.headings import means
from .dataset import Dataset, Source

# Columns of which one makes the others unnecessary, and those that do not concern persons or companies.
_EITHER = (
    ("name", "last_name"),
    ("name", "first_name"),
    ("birth_date", "age", "age_band"),
    ("income", "income_band"),
    ("employees", "employees_band"),
    ("revenue", "revenue_band"),
    ("responded", "responded_at"),
    ("share", "count"),
)
_OF_COMPANIES = frozenset({"company", "domain", "industry", "employees", "employees_band", "revenue", "revenue_band"})
_OF_PERSONS = frozenset(
    [
        *("name", "first_name", "last_name", "birth_date", "age", "age_band", "gender", "income", "income_band"),
        *(
            "education",
            "marital_status",
            "household_size",
            "children",
            "occupation",
            "interests",
            "values",
            "lifestyle",
        ),
    ]
)
_NOT_OF = {"b2c": _OF_COMPANIES, "b2b": _OF_PERSONS}


def gaps(dataset: Dataset, headers: Mapping[str, list[str]]) -> pd.DataFrame:
    """Columns of the contract that a source could fill but does not.

    Parameters
    ----------
    dataset : Dataset
    headers : mapping
        From source to the columns of its files.

    Returns
    -------
    DataFrame
        source, table, field, found (column of the export that looks like it, empty if none does), elsewhere (whether
        another source fills it); first those with such a column, then those nobody fills.
    """
    rows = []
    for source in dataset.sources:
        read = {name for column in source.mapped.values() for name in column.reads}
        unread = [name for name in headers.get(source.name, []) if name not in read]
        meant = {field: name for name in reversed(unread) if (field := _meant(name, source))}
        others = [other for other in dataset.filled(source.table) if other is not source]
        elsewhere = {name for other in others for name in other.mapped}
        for name in contract.TABLES[source.table]:
            same = {name}.union(*(group for group in _EITHER if name in group))
            if not same & set(source.mapped) and name not in _NOT_OF[dataset.kind]:
                if name == "customer_id" and source.key:
                    continue
                rows.append((source.name, source.table, name, meant.get(name, ""), name in elsewhere))
    table = pd.DataFrame(rows, columns=["source", "table", "field", "found", "elsewhere"])
    table = table.astype(dict.fromkeys(("source", "table", "field", "found"), "str") | {"elsewhere": "bool"})
    order = table.assign(nothing=table.found == "").sort_values(["nothing", "elsewhere"], kind="stable")
    return order.drop(columns="nothing").reset_index(drop=True)


def _meant(heading: str, source: Source) -> str | None:
    """Column of the source's table that a heading probably means."""
    found = means(heading, source.table)
    return max(found, key=lambda name: found[name], default=None)
