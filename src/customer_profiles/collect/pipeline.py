"""From the files of a data set to the canonical tables of a run, with every row accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from ..errors import InputRejected
from ..messages import N_
from ..tables import Tables
from . import contract, ledger
from .casting import Cast, cast_chunk
from .config import Dataset, Source
from .contract import Field
from .duplicates import Seen, row_hashes
from .ledger import Account
from .lookups import load_lookup
from .people import EXCLUDED, UNKNOWN, People
from .pseudonyms import pseudonym
from .readers import files, read
from .writer import TableWriter

NO_CONSENT, LATER, NOBODY = N_("no consent"), N_("after the date of the run"), N_("customer not known")


@dataclass(frozen=True)
class Collected:
    """What collecting found out, besides the tables it wrote; see `ledger` for the columns."""

    reconciliation: pd.DataFrame
    set_aside: pd.DataFrame
    inventory: pd.DataFrame
    cleaning: pd.DataFrame
    exclusions: pd.DataFrame
    completeness: pd.DataFrame


@dataclass(frozen=True)
class Run:
    """What every step of one run shares."""

    dataset: Dataset
    tables: Tables
    as_of: date
    key: bytes

    @property
    def end(self) -> pd.Timestamp:
        """First moment that the run does not see."""
        return pd.Timestamp(self.as_of + timedelta(days=1))


def collect(dataset: Dataset, tables: Tables, as_of: date, key: bytes) -> Collected:
    """Read all sources and write the canonical tables, without names and addresses, and the accounts of the run.

    Parameters
    ----------
    dataset : Dataset
        What to read and how.
    tables : Tables
        Where to write; besides the canonical tables: reconciliation, set_aside, inventory, cleaning, exclusions,
        completeness, identities and identifiers.
    as_of : date
        Date of the run: what happened later is excluded.
    key : bytes
        Secret of the pseudonyms.

    Raises
    ------
    InputRejected
        If a source cannot be read, or its rows do not add up.
    EnvironmentFailed
        If a table cannot be written.
    """
    run = Run(dataset, tables, as_of, key)
    accounts = {source.name: Account(source) for source in dataset.sources}
    records = _read_customers(run, accounts)
    people = People(key, records)
    _account_for_customers(records, people, accounts)
    for table in contract.TABLES:
        if table != "customers" and dataset.filled(table):
            _write_table(run, table, people, accounts)
    for account in accounts.values():
        account.close()
    _write_customers(run, people, list(accounts.values()))
    tables.write("identities", people.identities())
    tables.write("identifiers", people.identifiers(records))
    return _write_accounts(tables, list(accounts.values()), len(people))


def _casts(run: Run, source: Source, account: Account) -> Iterator[tuple[Cast, np.ndarray]]:
    """Cast chunks of a source, and which of their rows are new; faults and duplicates are accounted for."""
    lookups = [load_lookup(run.dataset, source, lookup) for lookup in source.lookups]
    looked_up = {name for lookup in source.lookups for name in lookup.take}
    keys = {name for lookup in source.lookups for name in lookup.on}
    needed = sorted(keys | {name for column in source.mapped.values() for name in column.reads} - looked_up)
    seen = Seen()
    for path in files(run.dataset, source):
        for chunk in read(path, source, needed):
            account.read += len(chunk.rows) + len(chunk.faults)
            hashes = row_hashes(chunk.cells)
            for lookup in lookups:
                chunk = chunk.with_cells(lookup.join(chunk.cells, source))
            cast = cast_chunk(chunk, source, run.dataset.zone, run.as_of)
            account.add_faults(path.name, cast.faults)
            account.cleaned.update(cast.cleaned)
            new = cast.good.copy()
            if source.duplicates == "drop":
                told_apart = cast.good & _has_somebody(source.table, cast.table)
                new[told_apart] = ~seen.repeats(hashes[told_apart])
                account.duplicate += int(cast.good.sum() - new.sum())
            yield cast, new


def _has_somebody(table: str, rows: pd.DataFrame) -> np.ndarray:
    """Rows of a known person or visitor. Two equal anonymous answers are two answers, not one sent twice."""
    if table not in contract.MAY_BE_ANONYMOUS:
        return np.ones(len(rows), dtype=bool)
    return (
        rows[[name for name in ("customer_id", "anonymous_id", "email", "phone") if name in rows]]
        .notna()
        .any(axis=1)
        .to_numpy()
    )


def _late(run: Run, table: str, rows: pd.DataFrame) -> np.ndarray:
    """Rows that happened after the run's date."""
    column = contract.HAPPENED_AT.get(table)
    return (rows[column] >= run.end).to_numpy() if column in rows else np.zeros(len(rows), dtype=bool)


def _read_customers(run: Run, accounts: dict[str, Account]) -> pd.DataFrame:
    """Records of all sources of customers: canonical columns, source, space, raw_id, refused, counts.

    A row that cannot be used still counts as a refusal if it does not say yes to consent: otherwise a mistyped
    birth date would bring back a person who objected.
    """
    parts = []
    for source in run.dataset.filled("customers"):
        account = accounts[source.name]
        ids: set[str] = set()
        for cast, new in _casts(run, source, account):
            rows = cast.table.assign(source=source.name, space=source.ids, raw_id=cast.table.customer_id)
            asked = "consent" in source.mapped
            rows["refused"] = ~rows.consent.fillna(False).to_numpy(dtype=bool) if asked else False
            late = new & _late(run, "customers", rows)
            again = new & ~late & (rows.raw_id.isin(ids) | rows.raw_id.where(new & ~late).duplicated()).to_numpy()
            account.excluded[LATER] += int(late.sum())
            account.duplicate += int(again.sum())
            rows["counts"] = new & ~late & ~again
            ids.update(rows.raw_id[rows.counts])
            parts.append(rows[(rows.counts | rows.refused) & rows.raw_id.notna()].drop(columns="customer_id"))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _account_for_customers(records: pd.DataFrame, people: People, accounts: dict[str, Account]) -> None:
    if records.empty:
        return
    for name, rows in records[records.counts].groupby("source", sort=False):
        numbers = people.record_numbers[rows.index]
        accounts[name].excluded[NO_CONSENT] += int((numbers == EXCLUDED).sum())
        kept = numbers != EXCLUDED
        accounts[name].add_used(rows[kept].assign(customer_id=rows.raw_id[kept]), numbers[kept])


def _own_fields(dataset: Dataset, table: str) -> dict[str, Field]:
    """Columns that sources add to a table of the contract."""
    own = {}
    for source in dataset.filled(table):
        for name, column in source.mapped.items():
            if name not in contract.TABLES[table] and name != source.key:
                number = table == "areas" or getattr(column, "number", False)
                own[name] = Field("boolean" if column.present else "number" if number else "category")
    return own


def _write_table(run: Run, table: str, people: People, accounts: dict[str, Account]) -> None:
    with TableWriter(run.tables, table, _own_fields(run.dataset, table)) as writer:
        for source in run.dataset.filled(table):
            account = accounts[source.name]
            for cast, new in _casts(run, source, account):
                rows = cast.table[new]
                late = _late(run, table, rows)
                account.excluded[LATER] += int(late.sum())
                rows = _without_future(run, table, rows[~late])
                numbers = None
                if table in contract.OF_CUSTOMERS:
                    rows, numbers = _with_customers(table, source, rows, people, account)
                rows = _finished(run, table, rows)
                writer.write(rows)
                account.add_used(rows, numbers)


def _with_customers(
    table: str, source: Source, rows: pd.DataFrame, people: People, account: Account
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows with the customers they belong to; those of nobody or of a person who must not appear are excluded."""
    if source.key and "customer_id" not in rows:
        numbers = people.by_contact(source.key, rows[source.key])
    elif "customer_id" in rows:
        numbers = people.by_id(source.ids, rows.customer_id)
    else:
        numbers = np.full(len(rows), UNKNOWN)
    account.excluded[NO_CONSENT] += int((numbers == EXCLUDED).sum())
    keep = numbers != EXCLUDED
    if table not in contract.MAY_BE_ANONYMOUS:
        account.excluded[NOBODY] += int((numbers == UNKNOWN).sum())
        keep &= numbers != UNKNOWN
    numbers = numbers[keep]
    number = pd.array(np.where(numbers >= 0, numbers, 0), dtype="Int64")
    number[numbers < 0] = pd.NA
    pseudonyms = people.pseudonyms()
    name = np.append(pseudonyms, None)[np.where(numbers >= 0, numbers, len(pseudonyms))]
    return rows[keep].assign(customer_id=pd.array(name, dtype="str"), customer_no=number), numbers


def _without_future(run: Run, table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as they stood at the run's date: what was settled later is still open."""
    rows = rows.copy()
    for column, dependent in (("closed_at", "resolution"), ("until", None), ("converted_at", None)):
        if column in rows:
            future = rows[column] >= run.end
            rows[column] = rows[column].mask(future)
            if dependent in rows:
                rows[dependent] = rows[dependent].mask(future)
    if "responded_at" in rows:
        rows["responded_at"] = rows.responded_at.mask(rows.responded_at >= run.end)
        rows["responded"] = rows.responded_at.notna().astype("boolean")
    return rows


def _finished(run: Run, table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """What remains to be done for single tables."""
    if table == "interactions" and "anonymous_id" in rows:
        return rows.assign(anonymous_id=_pseudonymised(run.key, "anonymous", rows.anonymous_id))
    if table == "leads":
        return rows.assign(lead_id=_pseudonymised(run.key, "lead", rows.lead_id))
    if table == "population" and "share" not in rows:
        return rows.assign(share=rows["count"] / rows.groupby("attribute")["count"].transform("sum"))
    return rows


def _pseudonymised(key: bytes, space: str, raw_ids: pd.Series) -> pd.Series:
    names = {raw_id: pseudonym(key, space, raw_id) for raw_id in raw_ids.dropna().unique()}
    return raw_ids.map(names).astype("str")


def _write_customers(run: Run, people: People, accounts: list[Account]) -> None:
    """One row per customer; whoever is known from other tables only has a row without attributes."""
    customers = people.golden.reindex(range(len(people))).assign(
        customer_id=people.pseudonyms(),
        customer_no=np.arange(len(people)),
        sources=ledger.sources_per_customer(accounts, len(people)),
    )
    if customers.empty:
        raise InputRejected("no source has a customer who may appear in a report")
    with TableWriter(run.tables, "customers", _own_fields(run.dataset, "customers")) as writer:
        writer.write(customers)


def _write_accounts(tables: Tables, accounts: list[Account], customers: int) -> Collected:
    collected = Collected(
        reconciliation=ledger.reconciliation(accounts),
        set_aside=ledger.set_aside(accounts),
        inventory=ledger.inventory(accounts, customers),
        cleaning=ledger.cleaning(accounts),
        exclusions=ledger.exclusions(accounts),
        completeness=ledger.completeness(accounts),
    )
    for name, table in vars(collected).items():
        tables.write(name, table)
    return collected
