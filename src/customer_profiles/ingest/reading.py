"""The sources of a run, chunk by chunk: cast to the contract, every row accounted for, repeated rows known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from ..messages import N_
from ..privacy.opt_outs import Suppressed, list_file, objections_file
from ..tables import Tables
from .carried import FilledDown, current_ids, merged_ids, unpivoted
from .config.dataset import Dataset, Source
from .duplicates import Seen, has_somebody, row_hashes
from .ledger import Account
from .parsing.casting import Cast, cast_chunk, notation_of
from .parsing.cells import key_texts
from .parsing.learning import Part, learned
from .readers.lookups import LoadedLookup, load_lookup
from .readers.registry import files, read
from .refusals import Answers, refuse_explanations
from .rows_read import counting

NOT_WANTED = N_("left out as dataset.yaml says")


@dataclass(frozen=True)
class Run:
    """What every step of one run shares; who was erased is suppressed, who objected in an earlier export remembered."""

    dataset: Dataset
    tables: Tables
    as_of: date
    key: bytes
    suppressed: Suppressed
    objections: Suppressed

    @classmethod
    def of(cls, dataset: Dataset, tables: Tables, as_of: date, key: bytes) -> Run:
        """A run on a data set, with the lists that keep people out."""
        lists = (Suppressed.load(path, key) for path in (list_file(dataset), objections_file(dataset)))
        return cls(dataset, tables, as_of, key, *lists)

    @cached_property
    def merged(self) -> Mapping[str, dict[str, str]]:
        """Former ids and today's, by name space."""
        return merged_ids(self.dataset)

    @property
    def end(self) -> pd.Timestamp:
        """First moment that the run does not see."""
        return pd.Timestamp(self.as_of + timedelta(days=1))


def casts(run: Run, source: Source, account: Account) -> Iterator[tuple[Cast, np.ndarray]]:
    """Cast chunks of a source, and which of their rows are new; faults and duplicates are accounted for."""
    lookups = [load_lookup(run.dataset, source, lookup) for lookup in source.lookups]
    account.stated += [what for lookup in lookups for what in lookup.stated]
    seen, answers, begun = Seen(), Answers(), set[str]()
    notation = notation_of(source)

    def told() -> Iterator[Part]:
        parts = _parts(run, source, lookups)
        return counting(parts, source.name, files(run.dataset, source), run.tables.folder)

    for file, chunk, own in learned(notation, told):
        account.read += len(chunk.rows) + len(chunk.faults)
        account.file = file
        account.stated += [(file, what) for what in chunk.stated]
        account.headers = list(dict.fromkeys([*account.headers, *own]))
        if source.where:
            wanted = _wanted(chunk.cells, source)
            account.excluded[NOT_WANTED] += int((~wanted).sum())
            chunk = chunk.only(wanted)
        cast = cast_chunk(chunk, source, run.dataset.zone, run.as_of, run.dataset.cleaning.off, notation)
        if source.ids in run.merged and "customer_id" in cast.table:
            cast.table["customer_id"] = current_ids(cast.table["customer_id"], run.merged[source.ids])
        if file not in begun:
            begun.add(file)
            refuse_explanations(file, chunk, cast.good)
        if source.table == "feedback":
            answers.add(cast.table)
        account.add_faults(file, cast.faults)
        account.cleaned.update(cast.cleaned)
        account.add_checked(cast.checked)
        new = cast.good.copy()
        if source.drops_repeats and account.cleaned.wants("repeated_rows"):
            told_apart = cast.good & has_somebody(source.table, cast.table)
            new[told_apart] = ~seen.repeats(row_hashes(chunk.cells[own])[told_apart])
            before, after = int(cast.good.sum()), int(new.sum())
            account.duplicate += before - after
            account.cleaned.count("repeated_rows", "", before, after, before - after)
        yield cast, new
    answers.refuse_another_scale(source)
    account.stated += [("", what) for what in notation.stated()]


def _parts(run: Run, source: Source, lookups: list[LoadedLookup]) -> Iterator[Part]:
    """Chunks of all files of a source with the columns of its lookups."""
    for path in files(run.dataset, source):
        filled = FilledDown(source.fill_down, source.empty, source.once)
        for chunk in read(path, source, source.read_columns):
            chunk = chunk.with_cells(filled.cells(chunk.cells))
            if source.unpivot:
                chunk = unpivoted(chunk, source.unpivot)
            own, cells = list(chunk.cells), chunk.cells
            for lookup in lookups:
                cells = lookup.join(cells, source)
            yield path.name, chunk.with_cells(cells), own


def _wanted(cells: pd.DataFrame, source: Source) -> np.ndarray:
    """Rows that have one of the values that ``where`` asks for in each of its columns."""
    columns = [key_texts(cells[name], source.empty).isin(values) for name, values in source.where.items()]
    return np.all(columns, axis=0)
