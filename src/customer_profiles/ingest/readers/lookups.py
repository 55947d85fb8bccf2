"""Columns joined to a source from another file, before the source is mapped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...errors import ConfigurationError, InputRejected
from ..config.dataset import Dataset, Lookup, Source
from ..parsing.cells import as_numbers, key_texts, stripped
from ..parsing.notation import Notation
from .chunks import Stated
from .registry import files, read

_BETWEEN = "\x1f"


@dataclass(frozen=True)
class LoadedLookup:
    """A lookup in memory.

    Parameters
    ----------
    lookup : Lookup
        What it joins.
    keys : Index of str
        Key of each row, unique.
    columns : DataFrame
        What it adds, in the order of the keys.
    stated : tuple of (file, (property, value, how))
        How its files are written.
    """

    lookup: Lookup
    keys: pd.Index
    columns: pd.DataFrame
    stated: tuple[tuple[str, Stated], ...] = ()

    def join(self, cells: pd.DataFrame, source: Source) -> pd.DataFrame:
        """Cells of a source with the looked-up columns; rows without a match have none. Keeps every row."""
        if clash := set(self.columns) & set(cells):
            first, prefix = sorted(clash)[0], f"{Path(self.lookup.place).stem}_"
            raise ConfigurationError(
                f"source {source.name!r}: the lookup {self.lookup.place} adds {first!r}, which is there already; "
                f"write 'prefix: {prefix}' into the lookup, and '{prefix}{first}' where its column is meant"
            )
        position = self.keys.get_indexer(_keys(cells, list(self.lookup.on), source.empty))
        found = self.columns.reindex(position).reset_index(drop=True)  # position -1 is no label: no match
        return pd.concat([cells.reset_index(drop=True), found], axis=1)


def load_lookup(dataset: Dataset, source: Source, lookup: Lookup) -> LoadedLookup:
    """Read a lookup's file.

    Raises
    ------
    InputRejected
        If a key appears twice and the lookup does not say ``first: true`` or ``median: true``.
    """
    needed = [*lookup.on.values(), *lookup.take]
    parts, stated = [], []
    for path in files(dataset, lookup):
        for chunk in read(path, lookup, needed):
            if chunk.faults:
                row, _, reason, _ = chunk.faults[0]
                raise InputRejected(f"{path.name}, row {row}: {reason}; a lookup must be readable throughout")
            stated += [(path.name, what) for what in chunk.stated]
            parts.append(chunk.cells[list(dict.fromkeys(needed))])
    table = pd.concat(parts, ignore_index=True)
    keys = _keys(table, list(lookup.on.values()), source.empty)
    if lookup.median:
        index, medians = _medians(table[list(lookup.take)], keys, lookup, source)
        return LoadedLookup(lookup, index, medians.add_prefix(lookup.prefix), tuple(stated))
    repeated = keys.duplicated().to_numpy()
    if repeated.any() and not lookup.first:
        on = ", ".join(lookup.on.values())
        raise InputRejected(
            f"{lookup.place}: {int(repeated.sum())} of {len(keys)} rows repeat an earlier key ({on}); "
            "which one is meant cannot be told; make the key unique or say 'first: true'"
        )
    columns = table.loc[~repeated, list(lookup.take)].reset_index(drop=True).add_prefix(lookup.prefix)
    return LoadedLookup(lookup, pd.Index(keys[~repeated]), columns, tuple(stated))


def _medians(columns: pd.DataFrame, keys: pd.Series, lookup: Lookup, source: Source) -> tuple[pd.Index, pd.DataFrame]:
    """Keys, each once, and the median of the numbers of their rows."""
    numbers, notation = {}, Notation(source, list(columns), [])
    if doubt := notation.learn(columns):
        raise InputRejected(f"{lookup.place}, column {doubt.column!r}: {doubt.problem}")
    for name, cells in columns.items():
        numbers[name], wrong = as_numbers(stripped(cells, source.empty), notation.written)
        if pd.notna(wrong).any():
            count = int(pd.notna(wrong).sum())
            raise InputRejected(
                f"{lookup.place}, column {name!r}: {count} cells are no numbers, of which it takes medians"
            )
    medians = pd.DataFrame(numbers).groupby(keys).median()
    return pd.Index(medians.index), medians.reset_index(drop=True)


def _keys(cells: pd.DataFrame, names: list[str], empty: tuple[str, ...]) -> pd.Series:
    """One text per row from its key columns."""
    texts = [key_texts(cells[name], empty) for name in names]
    return texts[0] if len(texts) == 1 else texts[0].str.cat(texts[1:], sep=_BETWEEN)
