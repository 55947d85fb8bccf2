"""What a row leaves to others to say: order fields that only its first line fills, and ids that became another one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputRejected
from .config.columns import Unpivot
from .config.dataset import Dataset
from .parsing.cells import as_texts, by_rule, stripped
from .readers.chunks import Chunk
from .readers.registry import files, read

LIST = re.compile(r"[^;,|\[\]\"'\s]+")


@dataclass
class FilledDown:
    """Empty cells of one file filled from the row above with the same key, across its chunks.

    Parameters
    ----------
    columns : mapping
        Key to the columns that are filled.
    empty : tuple of str
        What means no value.
    once : mapping
        Key to the columns of numbers that count in its first row only.
    """

    columns: Mapping[str, tuple[str, ...]]
    empty: tuple[str, ...]
    once: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _last: dict[str, pd.DataFrame] = field(default_factory=dict)
    _keys: dict[str, Any] = field(default_factory=dict)

    def cells(self, cells: pd.DataFrame) -> pd.DataFrame:
        """The cells with what the first row of each key says in all of its rows, or in no further one."""
        for key, names in self.once.items():
            keys = cells[key].reset_index(drop=True)
            before = keys.shift(fill_value=self._keys.get(key))
            self._keys[key] = keys.iloc[-1] if len(keys) else self._keys.get(key)
            again = (keys.notna() & (keys == before)).to_numpy()
            cells = cells.assign(**{name: cells[name].astype("object").mask(again, "0") for name in names})
        for key, names in self.columns.items():
            part = cells[[key, *names]].reset_index(drop=True)
            blank = {name: stripped(part[name], self.empty).isna() for name in names}
            part = part.assign(**{name: part[name].mask(blank[name]) for name in names})
            before = self._last.get(key)
            joined = part if before is None else pd.concat([before, part], ignore_index=True)
            runs = (joined[key] != joined[key].shift()).cumsum()
            filled = joined.groupby(runs, sort=False)[list(names)].ffill()
            whole = pd.concat([joined[[key]], filled], axis=1)
            self._last[key] = whole.tail(1)
            cells = cells.reset_index(drop=True).assign(**whole.tail(len(part)).reset_index(drop=True)[list(names)])
        return cells


def unpivoted(chunk: Chunk, form: Unpivot) -> Chunk:
    """A row for each of some columns, with the column's name and its cell, beside the other cells of its row."""
    others = [name for name in chunk.cells if name not in form.columns]
    cells = chunk.cells.reset_index(drop=True).melt(others, list(form.columns), form.name, form.value)
    return replace(chunk, cells=cells, rows=np.tile(chunk.rows, len(form.columns)))


def merged_ids(dataset: Dataset) -> dict[str, dict[str, str]]:
    """Former ids and the one that each became in the end, by name space, as sources of customers list them.

    Raises
    ------
    InputRejected
        If one former id is listed for two customers, or became itself again.
    """
    found: dict[str, dict[str, str]] = {}
    for source in dataset.filled("customers"):
        if source.merged_ids is None:
            continue
        column = source.columns["customer_id"]
        own = column.column
        if own is None:
            raise InputRejected(f"source {source.name!r}: 'merged_ids' needs a customer_id that is a column")
        known = found.setdefault(source.ids, {})
        for path in files(dataset, source):
            for chunk in read(path, source, [own, source.merged_ids]):
                texts = {
                    name: as_texts(stripped(chunk.cells[name], source.empty))[0] for name in (own, source.merged_ids)
                }
                pairs = pd.DataFrame({"today": texts[own], "former": texts[source.merged_ids]}).dropna()
                pairs = pairs.assign(former=pairs["former"].str.findall(LIST)).explode("former").dropna()
                today, former = (by_rule(pairs[name].astype("str"), column) for name in ("today", "former"))
                for now, one in zip(today, former, strict=True):
                    if one != now and known.setdefault(one, now) != now:
                        raise InputRejected(f"source {source.name!r}: a former id is listed for two customers")
    return {space: _resolved(ids, space) for space, ids in found.items()}


def _resolved(ids: Mapping[str, str], space: str) -> dict[str, str]:
    """Each former id with the one at the end of its chain: who was A, then B and is C now, was A and is C."""
    found = {}
    for former, today in ids.items():
        steps = 0
        while today in ids and ids[today] != today:
            today, steps = ids[today], steps + 1
            if steps > len(ids):
                raise InputRejected(f"'merged_ids' of {space!r}: ids became each other, so nobody is the last one")
        found[former] = today
    return found


def same_person(merged: Mapping[str, str], one: str) -> list[str]:
    """All ids, former ones and today's, of whoever has or had an id."""
    today = merged.get(one, one)
    return [today, *(former for former, now in merged.items() if now == today and former != today)]


def current_ids(ids: pd.Series, merged: Mapping[str, str]) -> pd.Series:
    """Ids with former ones replaced by today's."""
    return ids.map(merged).astype("str").fillna(ids.astype("str"))
