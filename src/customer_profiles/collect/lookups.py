"""Columns joined to a source from another file, before the source is mapped."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..errors import ConfigurationError, InputRejected
from .cells import as_texts, stripped
from .config import Dataset, Lookup, Source
from .readers import files, read

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
    """

    lookup: Lookup
    keys: pd.Index
    columns: pd.DataFrame

    def join(self, cells: pd.DataFrame, source: Source) -> pd.DataFrame:
        """Cells of a source with the looked-up columns; rows without a match have none. Keeps every row."""
        if clash := set(self.columns) & set(cells):
            raise ConfigurationError(
                f"source {source.name!r}: the lookup {self.lookup.path} adds {sorted(clash)[0]!r}, "
                "which the source has already"
            )
        position = self.keys.get_indexer(_keys(cells, list(self.lookup.on), source.empty))
        found = self.columns.reindex(position).reset_index(drop=True)  # position -1 is no label: no match
        return pd.concat([cells.reset_index(drop=True), found], axis=1)


def load_lookup(dataset: Dataset, source: Source, lookup: Lookup) -> LoadedLookup:
    """Read a lookup's file.

    Raises
    ------
    InputRejected
        If a key appears twice and the lookup does not say ``first: true``.
    """
    needed = [*lookup.on.values(), *lookup.take]
    parts = []
    for path in files(dataset, lookup):
        for chunk in read(path, lookup, needed):
            if chunk.faults:
                row, _, reason, _ = chunk.faults[0]
                raise InputRejected(f"{path.name}, row {row}: {reason}; a lookup must be readable throughout")
            parts.append(chunk.cells[list(dict.fromkeys(needed))])
    table = pd.concat(parts, ignore_index=True)
    keys = _keys(table, list(lookup.on.values()), source.empty)
    repeated = keys.duplicated().to_numpy()
    if repeated.any() and not lookup.first:
        on = ", ".join(lookup.on.values())
        raise InputRejected(
            f"{lookup.path}: {int(repeated.sum())} of {len(keys)} rows repeat an earlier key ({on}); "
            "which one is meant cannot be told; make the key unique or say 'first: true'"
        )
    return LoadedLookup(
        lookup, pd.Index(keys[~repeated]), table.loc[~repeated, list(lookup.take)].reset_index(drop=True)
    )


def _keys(cells: pd.DataFrame, names: list[str], empty: tuple[str, ...]) -> pd.Series:
    """One text per row from its key columns."""
    texts = [_texts(stripped(cells[name].reset_index(drop=True), empty)) for name in names]
    return texts[0] if len(texts) == 1 else texts[0].str.cat(texts[1:], sep=_BETWEEN)


def _texts(cells: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(cells, use_na_sentinel=True)
    texts, _ = as_texts(pd.Series(distinct))
    return texts.reindex(codes).reset_index(drop=True)
