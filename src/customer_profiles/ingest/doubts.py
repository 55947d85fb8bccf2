"""What a description of a data set probably gets wrong without any row being refused, with the line that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from . import contract
from .config.dataset import Dataset, Source
from .init.headings import plain, synonyms
from .parsing.cells import as_numbers, as_texts, by_rule, stripped
from .parsing.notation import Written
from .readers.lookups import load_lookup
from .readers.registry import files, read

if TYPE_CHECKING:
    from .pipeline import Collected

FEW = 0.5
"""Share of the ids of a source that should be known where another source lists the customers."""
MOST_OF_ONE = 0.2
"""Share of the rows that no single customer has; guests and "unknown" have."""
_FEWEST_ROWS = 50

MENDS: dict[str, tuple[str, Callable[[pd.Series], pd.Series]]] = {
    "lower": ("{{column: {heading}, lower: true}}", lambda ids: ids.str.lower()),
    "pad": ("{{column: {heading}, pad: {width}}}", lambda ids: ids.str.lstrip("0")),
    "point": ("text in the export: its ids end in .0", lambda ids: ids.str.removesuffix(".0")),
    "cut": ("{{column: {heading}, cut: {width}}}", lambda ids: ids),
}
"""Ways in which the ids of two systems nearly meet: what to write, and the form in which they are compared."""


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
                *_of_ids(source, cells, registers),
                *_of_codes(source, cells),
                *_of_currency(source, cells, dataset),
            )
            found += [f"source {source.name!r}: {sentence}" for sentence in told]
    return found + list(_of_rows(dataset, collected))


def unread(dataset: Dataset) -> dict[str, list[str]]:
    """Columns of the files that no source reads, by path."""
    found: dict[str, set[str]] = {}
    known: dict[str, list[str]] = {}
    for source in dataset.sources:
        for path in files(dataset, source)[:1]:
            chunk = next(iter(read(path, source, source.read_columns)), None)
            known[source.place] = list(chunk.cells) if chunk is not None else []
            found.setdefault(source.place, set()).update(source.read_columns)
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


def _texts(source: Source, cells: pd.DataFrame, name: str) -> pd.Series:
    return as_texts(stripped(cells[name], source.empty))[0]


def _ids(source: Source, cells: pd.DataFrame) -> pd.Series:
    """Ids of customers or contacts of each row, as the source says."""
    name = "contact_id" if source.table == "contacts" else "customer_id"
    column = source.columns.get(name)
    if column is None or column.column is None or column.column not in cells:
        return pd.Series([], dtype="str")
    return by_rule(_texts(source, cells, column.column), column)


def _of_ids(source: Source, cells: pd.DataFrame, registers: dict[str, pd.Index]) -> Iterator[str]:
    """Ids that nobody knows, or that one customer has far too often."""
    if source.table not in contract.OF_CUSTOMERS:
        return
    ids = _ids(source, cells).dropna()
    if not len(ids):
        return
    share = ids.value_counts(normalize=True)
    if share.iloc[0] > MOST_OF_ONE and len(ids) >= _FEWEST_ROWS and len(share) > 5:
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
    if mend := _mend(missing, pd.Series(known, dtype="str"), heading):
        yield f"{1 - met:.0%} of its customers meet those of the customers' sources only nearly; write {mend}"
    elif met < FEW:
        yield (
            f"only {met:.0%} of its {len(distinct):,} customers are known to the sources of customers; is {heading!r} "
            "the same number, and 'ids' the same name space?"
        )


def _mend(missing: pd.Series, known: pd.Series, heading: str) -> str:
    """What makes most of the ids meet that do not; empty if nothing does."""
    if not len(known):
        return ""
    for name, (line, form) in MENDS.items():
        width = int(known.str.len().mode().max())
        mine, theirs = form(missing), form(known)
        if name == "cut":
            width = min(int(missing.str.len().mode().max()), width)
            mine, theirs = missing.str[:width], known.str[:width]
            if width < 6 or theirs.nunique() < known.nunique():
                continue
        if mine.isin(theirs).mean() >= FEW:
            written = line.format(heading=heading, width=width)
            both = " in both sources" if name in ("lower", "cut") else ""
            return f"customer_id: {written}{both}" if name != "point" else f"{heading!r} as {written}"
    return ""


def _of_codes(source: Source, cells: pd.DataFrame) -> Iterator[str]:
    """Conditions, codes and lookups that meet nothing in the file."""
    for name, wanted in source.where.items():
        seen = _texts(source, cells, name)
        lacking = [value for value in wanted if value and not seen.isin([value]).any()]
        if len(lacking) == len(wanted):
            like = sorted(
                {str(text) for text in seen.dropna().unique() if text.casefold() in map(str.casefold, wanted)}
            )
            hint = f": write [{', '.join(like)}]" if like else ""
            yield f"no row has one of the values that 'where' asks for in {name!r}{hint}"
    for role, column in source.mapped.items():
        if column.values and column.column is not None and column.column in cells:
            seen = _texts(source, cells, column.column).dropna()
            if len(seen) and not seen.isin(list(column.values)).any():
                yield f"none of the codes under 'values' of {role!r} is in the column {column.column!r}"
    for lookup in source.lookups:
        if cells[list(lookup.take)].isna().to_numpy().all():
            yield f"the lookup in {lookup.place} finds nothing: do {', '.join(lookup.on)} have the same values there?"


def _of_currency(source: Source, cells: pd.DataFrame, dataset: Dataset) -> Iterator[str]:
    """Amounts of several currencies that would be added up, and scores that are on another scale."""
    read_columns = set(source.read_columns)
    headings = set(map(plain, synonyms()["currency_headings"]))
    if {"amount", "revenue", "income"} & set(source.mapped):
        for name in cells:
            if plain(name) in headings and name not in read_columns:
                codes = sorted(set(_texts(source, cells, name).dropna().str.upper()))
                if codes not in ([], [dataset.currency]):
                    yield (
                        f"amounts are in {', '.join(codes[:5])} as {name!r} says, which is not read; make a source of "
                        f"each with 'where: {{{name}: [{codes[0]}]}}' and a 'factor'"
                    )
    score, metric = source.columns.get("score"), source.columns.get("metric")
    if source.table == "feedback" and score is not None and score.column in cells and metric and metric.value == "nps":
        numbers = as_numbers(_texts(source, cells, score.column or ""), Written())[0].dropna()
        if "scale" not in source.columns and len(numbers) and numbers.max() > 10:
            yield f"answers go up to {numbers.max():g}, but a Net Promoter Score ends at 10: is the scale moved by one?"


def _of_rows(dataset: Dataset, collected: Collected) -> Iterator[str]:
    """Rows that became no part of any table."""
    keep = {source.name for source in dataset.filled("transactions")}
    for row in collected.reconciliation.itertuples():
        if row.source in keep and row.duplicate:
            yield (
                f"source {row.source!r}: {row.duplicate:,} order lines are equal to an earlier one in every cell and "
                "were dropped; if two equal articles are two rows there, add 'duplicates: keep'"
            )
        if row.set_aside > 0.01 * row.read:
            yield f"source {row.source!r}: {row.set_aside:,} of {row.read:,} rows cannot be read and were set aside"
        if row.read and not row.used:
            yield f"source {row.source!r}: none of its {row.read:,} rows became part of the table {row.table!r}"
