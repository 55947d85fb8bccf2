"""What a description of a data set probably gets wrong without any row being refused, with the line that mends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from . import contract
from .config.dataset import Column, Dataset, Source
from .doubtful_cells import line, merged_column, of_codes, of_money, of_order_lines, texts_of
from .parsing.cells import by_rule
from .pipeline import NOBODY, Collected
from .readers.lookups import load_lookup
from .readers.registry import files, read

MOST_LOST = 0.01
"""Share of rows or values that may be lost without a word."""
_LOSING = {
    "undeclared_codes": "are not among the declared ones and became missing: name them all under 'values' or 'order'",
    "unclear_consent": "are neither yes nor no, so nobody of them appears: say under 'values' which codes are a yes",
    "repeated_ids": "stand in several rows, of which the first counts: is it a table of something else?",
}
FEW = 0.5
"""Share of the ids of a source that should be known where another source lists the customers."""
MOST_OF_ONE = 0.2
"""Share of the rows that no single customer has; guests and "unknown" have."""
_TIMES_THE_NEXT = 20
_FEWEST_ROWS = 50
_LEAST_CUT, _FEWEST_IDS = 6, 3


def _mends(missing: pd.Series, known: pd.Series) -> Iterator[tuple[dict[str, Any], bool]]:
    """Rules for ids that nearly meet, and whether both sources need them."""
    yield {"lower": True}, True
    yield {"pad": int(known.str.len().mode().max())}, False
    yield {"replace": {"^0+(?=.)": ""}}, False
    yield {"replace": {r"\.0$": ""}}, False
    width = int(min(missing.str.len().mode().max(), known.str.len().mode().max()))
    if width >= _LEAST_CUT and known.str[:width].nunique() == known.nunique():
        yield {"cut": width}, True
    yield {"replace": {"[^0-9A-Za-z]": ""}}, True
    mine, theirs = (ids.str.extract(r"^(\D*)", expand=False).mode()[0] for ids in (missing, known))
    if mine != theirs:
        yield {"replace": {f"^{re.escape(mine)}": theirs}}, False


def doubts(dataset: Dataset, collected: Collected) -> list[str]:
    """One sentence per thing that is lost or doubtful.

    Parameters
    ----------
    dataset : Dataset
    collected : Collected
        What reading it told.
    """
    found: list[str] = []
    registers: dict[str, pd.Index] = {}
    for source in dataset.filled("customers") + dataset.filled("contacts"):
        ids = _ids(source, _cells(dataset, source, whole=True))
        registers[source.ids] = registers.get(source.ids, pd.Index([])).union(pd.Index(ids.dropna().unique()))
    for source in dataset.sources:
        cells = _cells(dataset, source)
        if len(cells):
            told = (
                *_of_ids(dataset, source, cells, registers),
                *of_codes(source, cells),
                *of_money(source, cells, dataset),
                *of_order_lines(source, cells),
            )
            found += [f"source {source.name!r}: {sentence}" for sentence in told]
    return found + list(_of_rows(dataset, collected))


def unread(dataset: Dataset) -> dict[str, list[str]]:
    """Columns of the files that no source reads, or only into what no analysis reads (`contract.UNREAD`), by path."""
    found: dict[str, set[str]] = {}
    known: dict[str, list[str]] = {}
    for source in dataset.sources:
        for path in files(dataset, source)[:1]:
            chunk = next(iter(read(path, source, source.read_columns)), None)
            known[source.place] = list(chunk.cells) if chunk is not None else []
            idle = contract.UNREAD.get(source.table, frozenset())
            read_by = [(role, set(column.reads)) for role, column in source.mapped.items()]
            wanted = {name for role, names in read_by if role not in idle for name in names}
            idly = {name for role, names in read_by if role in idle for name in names} - wanted
            found.setdefault(source.place, set()).update(set(source.read_columns) - idly)
    left = {path: [name for name in names if name not in found[path]] for path, names in known.items()}
    return {path: names for path, names in left.items() if names}


def _cells(dataset: Dataset, source: Source, whole: bool = False) -> pd.DataFrame:
    """Cells of a source with those of its lookups; the first ones of each file, or all."""
    lookups = [load_lookup(dataset, source, lookup) for lookup in source.lookups]
    parts = []
    for path in files(dataset, source):
        for chunk in read(path, source, source.read_columns):
            cells = chunk.cells
            for lookup in lookups:
                cells = lookup.join(cells, source)
            parts.append(cells)
            if not whole:
                break
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _ids(source: Source, cells: pd.DataFrame) -> pd.Series:
    """Ids of customers or contacts of each row, as the source says."""
    name = "contact_id" if source.table == "contacts" else "customer_id"
    column = source.columns.get(name)
    if column is None or column.column is None or column.column not in cells:
        return pd.Series([], dtype="str")
    return by_rule(texts_of(source, cells, column.column), column)


def _of_ids(dataset: Dataset, source: Source, cells: pd.DataFrame, registers: dict[str, pd.Index]) -> Iterator[str]:
    """Ids that nobody knows, or that one customer has far too often."""
    if source.table not in contract.OF_CUSTOMERS:
        return
    ids = _ids(source, cells).dropna()
    if not len(ids):
        return
    share = ids.value_counts(normalize=True)
    unknown = share.index[0] not in registers.get(source.ids, share.index)
    usual = max(share.iloc[:2].iloc[-1] * (1.5 if unknown else _TIMES_THE_NEXT), MOST_LOST)
    if share.iloc[0] > min(MOST_OF_ONE, usual) and len(ids) >= _FEWEST_ROWS and len(share) > 5:
        yield (
            f"{share.iloc[0]:.0%} of its rows have one and the same customer_id: guests, or a word for 'unknown'? add "
            "it to 'empty', or leave these rows out with 'where'"
        )
    if source.ids not in registers:
        if registers:
            yield f"no source of customers has the ids {source.ids!r}; 'ids' is one of {', '.join(sorted(registers))}"
        return
    known = registers[source.ids]
    distinct = pd.Series(ids.unique(), dtype="str")
    met = distinct.isin(known).mean()
    if met >= 1:
        return
    missing = distinct[~distinct.isin(known)].reset_index(drop=True)
    heading = source.columns["customer_id"].column or ""
    for other in dataset.filled("customers"):
        mine = other.ids == source.ids and not other.merged_ids and len(missing) >= _FEWEST_IDS
        if mine and (column := merged_column(other, _cells(dataset, other, whole=True), missing)):
            yield (
                f"{1 - met:.0%} of its customers have ids that {column!r} of source {other.name!r} lists; write there "
                f"merged_ids: {column}"
            )
            return
    mend = _mend(missing, pd.Series(known, dtype="str"), heading) if len(missing) >= _FEWEST_IDS else ""
    if mend:
        yield f"{1 - met:.0%} of its customers meet those of the customers' sources only nearly; write {mend}"
    elif met < FEW:
        yield (
            f"only {met:.0%} of its {len(distinct):,} customers are known to the sources of customers; is {heading!r} "
            "the same number, and 'ids' the same name space?"
        )


def _mend(missing: pd.Series, known: pd.Series, heading: str) -> str:
    """What makes most of the ids meet that do not; empty if nothing does."""
    for rule, both in _mends(missing, known) if len(known) else ():
        column = Column(column=heading, **rule)
        if by_rule(missing, column).isin(by_rule(known, column) if both else known).mean() >= FEW:
            return f"customer_id: {line({'column': heading, **rule})}{' in both sources' if both else ''}"
    return ""


def _of_rows_of_others(dataset: Dataset) -> set[str]:
    """Sources of customers in a file of orders or answers, where each has as many rows as there are."""
    places = {source.place for source in dataset.sources if source.table in contract.OF_CUSTOMERS}
    return {source.name for source in dataset.filled("customers") if source.place in places}


def _of_rows(dataset: Dataset, collected: Collected) -> Iterator[str]:
    """Rows that became no part of any table."""
    excluded = collected.exclusions.set_index(["source", "reason"])["n"].to_dict()
    for change in collected.cleaning.itertuples():
        if change.rule == "repeated_ids" and change.source in _of_rows_of_others(dataset):
            continue
        if change.rule in _LOSING and change.n > MOST_LOST * change.before:
            lost = f"{change.n:,} of {change.before:,} values of {change.column!r}"
            yield f"source {change.source!r}: {lost} {_LOSING[change.rule]}"
    keep = {source.name for source in dataset.filled("transactions")}
    for row in collected.reconciliation.itertuples():
        if row.source in keep and row.duplicate:
            yield (
                f"source {row.source!r}: {row.duplicate:,} order lines are equal to an earlier one in every cell and "
                "were dropped; if two equal articles are two rows there, add 'duplicates: keep'"
            )
        if row.set_aside > MOST_LOST * row.read:
            yield f"source {row.source!r}: {row.set_aside:,} of {row.read:,} rows cannot be read and were set aside"
        nobody = excluded.get((row.source, NOBODY), 0)
        if nobody > MOST_LOST * row.read and row.used:
            yield f"source {row.source!r}: {nobody:,} of {row.read:,} rows are of nobody known and were left out"
        if row.read and not row.used:
            yield f"source {row.source!r}: none of its {row.read:,} rows became part of the table {row.table!r}"
