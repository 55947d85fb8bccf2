"""A source without rows, in every format and for every table, is no reason to fail."""

from __future__ import annotations

import pandas as pd
import pytest
from written_company import CUSTOMERS

from customer_profiles.ingest.contract import TABLES, empty_table


def filled(table: str) -> dict:
    columns = {name: name for name in TABLES[table]}
    return {"name": "x", "system": "crm", "table": table, "columns": columns, "ids": "other"}


def write_empty(company, table: str, form: str) -> str:
    frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in TABLES[table]})
    path = company.folder / f"x.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path)
    return path.name


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("table", TABLES)
def test_no_rows(company, table, form):
    company.write("crm.csv", "id\n1\n")
    kind = "b2b" if table == "contacts" else "b2c"  # only companies have contacts
    profile = company.profile(CUSTOMERS, filled(table) | {"path": write_empty(company, table, form)}, kind=kind)
    assert len(profile) == 1
    written = company.tables.read(table)
    assert written.dtypes.equals(empty_table(table).dtypes)
    assert company.tables.read("reconciliation").used.tolist() == [1, 0]


def test_types_of_tables_do_not_depend_on_what_is_missing(company):
    """A column that is empty in one run and filled in the next has the same type, so chapters need not ask."""
    company.write("crm.csv", "id\n1\n")
    company.collect(CUSTOMERS)
    assert company.tables.read("customers").dtypes.equals(empty_table("customers").dtypes)
