"""What became of every row of every source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import InputRejected
from .ages import Ages
from .config.dataset import Source
from .contract import HAPPENED_AT
from .parsing.cleaning import Log, table
from .readers.chunks import Fault, Stated

# Rows listed one by one; of a source with more faults the rest is counted by column and reason.
MOST_LISTED = 20_000


@dataclass
class Account:
    """Counts of one source while it is read."""

    source: Source
    file: str = ""  # that is being read
    read: int = 0
    used: int = 0
    set_aside: int = 0
    duplicate: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    cleaned: Log = field(default_factory=Log)
    checked: dict[str, tuple[int, int]] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    stated: list[tuple[str, Stated]] = field(default_factory=list)
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    listed: list[tuple[str, Fault]] = field(default_factory=list)
    unlisted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    customers: list[np.ndarray] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    ages: Ages = field(init=False)

    def __post_init__(self) -> None:
        """Start counting ages."""
        self.ages = Ages(self.source.table)

    def add_faults(self, file: str, faults: list[Fault]) -> None:
        """Set rows aside."""
        self.set_aside += len(faults)
        room = max(0, MOST_LISTED - len(self.listed))
        self.listed += [(file, fault) for fault in faults[:room]]
        self.unlisted.update((file, column, reason) for _, column, reason, _ in faults[room:])

    def add_checked(self, checked: dict[str, tuple[int, int]]) -> None:
        """Count cells with a value, and those of them that broke the contract, by column."""
        for name, (filled, broken) in checked.items():
            before = self.checked.get(name, (0, 0))
            self.checked[name] = (before[0] + filled, before[1] + broken)

    def add_used(self, rows: pd.DataFrame, numbers: np.ndarray | None) -> None:
        """Count rows that became part of a table, what they hold, when they happened and whose they are."""
        self.used += len(rows)
        self.filled.update({name: int(rows[name].count()) for name in self.source.mapped if name in rows})
        times = rows.get(HAPPENED_AT.get(self.source.table))
        if times is not None and times.notna().any():
            self.first = min(filter(None, (self.first, times.min())))
            self.last = max(filter(None, (self.last, times.max())))
        self.ages.add(rows, list(self.source.mapped), numbers)
        if numbers is not None:
            self.customers.append(pd.unique(numbers[numbers >= 0]))

    def known_customers(self) -> np.ndarray:
        """Numbers of the customers this source knows, ascending."""
        return np.flatnonzero(np.bincount(np.concatenate([np.array([], dtype="int64"), *self.customers])))

    def close(self) -> None:
        """Check that every row is accounted for.

        Raises
        ------
        InputRejected
            If a count does not add up, or no row at all could be cast: then dataset.yaml is wrong, not the rows.
        """
        name = self.source.name
        accounted = self.used + self.set_aside + self.duplicate + self.excluded.total()
        if accounted != self.read:
            raise InputRejected(f"source {name!r}: {self.read} rows were read but {accounted} are accounted for")
        wanted = self.read - self.excluded.total()
        if self.set_aside and self.set_aside == wanted:
            file, (row, column, reason, masked) = self.listed[0]
            raise InputRejected(
                f"source {name!r}: none of {wanted} rows fits what dataset.yaml says; the first: {file}, "
                f"row {row}, column {column!r}: {reason} ({masked})"
            )


def reconciliation(accounts: list[Account]) -> pd.DataFrame:
    """Rows read and what became of them; one row per source."""
    return pd.DataFrame(
        [
            {
                "source": account.source.name,
                "table": account.source.table,
                "system": account.source.system,
                "read": account.read,
                "used": account.used,
                "set_aside": account.set_aside,
                "duplicate": account.duplicate,
                "excluded": account.excluded.total(),
            }
            for account in accounts
        ]
    )


def exclusions(accounts: list[Account]) -> pd.DataFrame:
    """Why rows were excluded: source, reason, n."""
    rows = [(a.source.name, reason, n) for a in accounts for reason, n in sorted(a.excluded.items()) if n]
    return pd.DataFrame(rows, columns=["source", "reason", "n"]).astype(
        {"source": "str", "reason": "str", "n": "int64"}
    )


def set_aside(accounts: list[Account]) -> pd.DataFrame:
    """Rows set aside: source, file, row, column, reason, masked, n; many of a kind share a row without a number."""
    rows: list[tuple] = [(a.source.name, file, *fault, 1) for a in accounts for file, fault in a.listed]
    rows += [
        (a.source.name, file, None, column, reason, "", n)
        for a in accounts
        for (file, column, reason), n in sorted(a.unlisted.items())
    ]
    table = pd.DataFrame(rows, columns=["source", "file", "row", "column", "reason", "masked", "n"])
    texts = dict.fromkeys(("source", "file", "column", "reason", "masked"), "str")
    return table.astype(texts | {"row": "Int64", "n": "int64"})


def checks(accounts: list[Account]) -> pd.DataFrame:
    """Cells of all rows that could be read, against the contract: source, table, field, n (broken), base (filled)."""
    rows = [
        (account.source.name, account.source.table, name, broken, filled)
        for account in accounts
        for name, (filled, broken) in account.checked.items()
    ]
    found = pd.DataFrame(rows, columns=["source", "table", "field", "n", "base"])
    return found.astype({"source": "str", "table": "str", "field": "str", "n": "int64", "base": "int64"})


def cleaning(accounts: list[Account], derived: Log) -> pd.DataFrame:
    """Every automatic change, by source, rule and column; see `cleaning.table`."""
    return table([*((account.source.name, account.cleaned) for account in accounts), ("profile", derived)])


def dialects(accounts: list[Account]) -> pd.DataFrame:
    """How each source is written: source, file (empty: all of them), property, value, how (declared or detected)."""
    rows = [(account.source.name, file, *what) for account in accounts for file, what in dict.fromkeys(account.stated)]
    return pd.DataFrame(rows, columns=["source", "file", "property", "value", "how"]).astype("str")


def inventory(accounts: list[Account], customers: int) -> pd.DataFrame:
    """What each source brings: rows, period, what ties them to customers, and the share of all customers it covers."""
    rows = []
    for account in accounts:
        known = len(account.known_customers())
        rows.append(
            {
                "source": account.source.name,
                "system": account.source.system,
                "table": account.source.table,
                "rows": account.used,
                "first": account.first,
                "last": account.last,
                "customers": known,
                "base": customers,
                "coverage": known / customers if customers else 0.0,
                "keys": ", ".join(_keys(account.source)),
            }
        )
    return pd.DataFrame(rows).astype({"first": "datetime64[us]", "last": "datetime64[us]"})


def completeness(accounts: list[Account]) -> pd.DataFrame:
    """How many of a source's used rows have each column filled: source, table, field, n, base, share."""
    rows = [
        (a.source.name, a.source.table, name, int(a.filled[name]), a.used, a.filled[name] / a.used)
        for a in accounts
        if a.used
        for name in a.source.mapped
    ]
    table = pd.DataFrame(rows, columns=["source", "table", "field", "n", "base", "share"])
    return table.astype({"source": "str", "table": "str", "field": "str"})


def sources_per_customer(accounts: list[Account], customers: int) -> np.ndarray:
    """Number of sources each customer is known from, in the order of their numbers."""
    known = [account.known_customers() for account in accounts]
    return np.bincount(np.concatenate([*known, np.array([], dtype="int64")]), minlength=customers)


def _keys(source: Source) -> list[str]:
    """What ties the rows of a source to customers: name spaces of ids, addresses."""
    found = [source.ids] if {"customer_id", "contact_id"} & set(source.columns) else []
    contacts = ("email", "phone") if source.table in ("customers", "contacts") else (source.key,)
    return [*found, *(name for name in contacts if name and name in source.columns)]
