"""Take people out of what past runs keep, down to the last cached file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..paths import DONE, UNFINISHED
from ..tables import Tables

# Tables of a run that are about no customer at all: counts, calendars and statistics of areas.
ABOUT_NOBODY = frozenset(
    [
        *(
            "events",
            "areas",
            "branches",
            "population",
            "reconciliation",
            "set_aside",
            "inventory",
            "cleaning",
            "exclusions",
        ),
        *("completeness", "dialects", "files_read", "id_changes", "match_evidence"),
        *("checks", "shared_addresses", "contradictions", "kinds", "gaps"),
        *("headlines", "definitions", "changes"),
    ]
)
_OWNER = ("customer_no", "customer_id", "pseudonym")
_KEPT = (".parquet", ".sha256", ".stamp", DONE, UNFINISHED)
"""Ends of names of files that stay: tables, and by what a killed run is known."""
_RESULTS, NOTE = "chapters", "purged.json"


@dataclass
class Purged:
    """What was taken out: runs that held one of the people, their rows, and tables deleted as a whole."""

    runs: int = 0
    rows: int = 0
    deleted: int = 0


def purge(
    runs: Path,
    gone: Collection[str],
    spare: Path | None = None,
    traces: Collection[str] = (),
    unsure: bool = False,
    everywhere: bool = False,
) -> Purged:
    """Take people out of all runs but one.

    Of a run that held one of them, their rows leave every table; tables in which their rows cannot be told, models
    that were learnt from them and executed notebooks are deleted. Results that have passed the privacy gate stay: no
    single person is in them.

    Parameters
    ----------
    runs : Path
        Folder of the runs of a data set.
    gone : collection of str
        Pseudonyms of all ids of these people.
    spare : Path, optional
        The run under way, which never had them.
    traces : collection of str
        Fingerprints of addresses of which no id is known. A run that had one of them, or can no longer tell, loses
        all its tables about customers.
    unsure : bool
        Whether every run has to lose them, because there is nothing to tell by whether it had these people.
    everywhere : bool
        Whether to look into every table of a run whose register of customers does not know them: prospects and
        visitors are in no register.
    """
    purged, gone, traces = Purged(), set(gone), set(traces)
    if not gone and not traces and not unsure:
        return purged
    folders = [path for path in sorted(runs.glob("*")) if path.is_dir() and not path.is_symlink()]
    folders = [path for path in folders if spare is None or path.resolve() != spare.resolve()]
    known = {folder: _numbers(folder, gone) for folder in folders}
    names = gone.union(*(_customer_ids(folder, numbers) for folder, numbers in known.items() if numbers))
    for folder, numbers in known.items():
        look = everywhere or not (folder / "identities.parquet").exists()
        _purge_run(folder, numbers, names if numbers or look else set(), traces, unsure, purged)
    return purged


def linked_before(runs: Path, names: Collection[str]) -> set[str]:
    """Pseudonyms of all ids that a kept run took for the same customers, though no export may show it any more."""
    found: set[str] = set()
    for path in sorted(runs.glob("*/identities.parquet")):
        table = pq.read_table(path)
        theirs = _is_one_of(table["customer_no"], _numbers(path.parent, set(names)))
        found |= set(table.filter(pa.array(theirs))["pseudonym"].to_pylist())
    return found


def _purge_run(
    folder: Path, numbers: set[int], names: set[str], traces: set[str], unsure: bool, purged: Purged
) -> None:
    personal = [path for path in sorted(folder.glob("*.parquet")) if path.stem not in ABOUT_NOBODY]
    removed: dict[Path, int] = {}
    names = names | _devices(folder, numbers)
    if numbers or (names and any(_holds(path, names) for path in personal)):
        removed = {path: _without(path, numbers, names) for path in personal}
        untold = [path for path in personal if not removed[path] and _may_be_in(path)]
    elif personal and (unsure or (traces and _may_hold(folder, traces))):
        untold = personal
    else:
        return
    for path in untold:
        path.unlink()
        for beside in (".sha256", ".stamp"):
            path.with_suffix(beside).unlink(missing_ok=True)
    _delete_the_rest(folder)
    rows = {path.stem: n for path, n in removed.items() if n}
    (folder / NOTE).write_text(json.dumps({"rows": rows, "deleted": [path.stem for path in untold]}, indent=1) + "\n")
    purged.runs += 1
    purged.rows += sum(rows.values())
    purged.deleted += len(untold)


def _numbers(folder: Path, gone: set[str]) -> set[int]:
    """Customer numbers that these people had in a run."""
    path = folder / "identities.parquet"
    if not gone or not path.exists():
        return set()
    table = pq.read_table(path)
    theirs = _is_one_of(table["pseudonym"], gone)
    return set(table.filter(pa.array(theirs))["customer_no"].to_pylist())


def _customer_ids(folder: Path, numbers: set[int]) -> set[str]:
    """What these customers are called in the tables of a run."""
    found: set[str] = set()
    for path in folder.glob("*.parquet"):
        if {"customer_no", "customer_id"} <= set(pq.read_schema(path).names):
            table = pq.read_table(path, columns=["customer_no", "customer_id"])
            found |= set(table.filter(pa.array(_is_one_of(table["customer_no"], numbers)))["customer_id"].to_pylist())
    return found - {None}


def _devices(folder: Path, numbers: set[int]) -> set[str]:
    """Visitors as whom none but these customers have logged in: what they did without a login is theirs too."""
    path = folder / "interactions.parquet"
    if not numbers or not path.exists() or "anonymous_id" not in pq.read_schema(path).names:
        return set()
    table = pq.read_table(path, columns=["customer_no", "anonymous_id"])
    theirs = _is_one_of(table["customer_no"], numbers)
    others = table["customer_no"].is_valid().to_numpy() & ~theirs
    seen, shared = (set(table.filter(pa.array(rows))["anonymous_id"].to_pylist()) for rows in (theirs, others))
    return seen - shared - {None}


def _may_be_in(path: Path) -> bool:
    """Whether people may be in a table whose rows do not say whose they are; nobody is in one without rows."""
    return bool(pq.read_metadata(path).num_rows) and not set(pq.read_schema(path).names) & set(_OWNER)


def _may_hold(folder: Path, traces: set[str]) -> bool:
    path = folder / "identifiers.parquet"
    return not path.exists() or bool(traces & set(pq.read_table(path, columns=["hash"])["hash"].to_pylist()))


def _holds(path: Path, gone: set[str]) -> bool:
    file = pq.ParquetFile(path)
    return any(_theirs(file.read_row_group(group), set(), gone).any() for group in range(file.num_row_groups))


def _without(path: Path, numbers: set[int], names: set[str]) -> int:
    """Rewrite a table without the rows of these people; returns how many there were."""
    file, part, removed = pq.ParquetFile(path), path.with_name(f".{path.stem}.part"), 0
    with pq.ParquetWriter(part, file.schema_arrow) as writer:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            theirs = _theirs(table, numbers, names)
            removed += int(theirs.sum())
            writer.write_table(table.filter(pa.array(~theirs)))
    if removed:
        Tables(path.parent).adopt(path.stem, part)
    else:
        part.unlink()
    return removed


def _theirs(table: pa.Table, numbers: set[int], names: set[str]) -> np.ndarray:
    """Rows of these people: by number, or by a pseudonym in any column."""
    theirs = np.zeros(table.num_rows, dtype=bool)
    if "customer_no" in table.column_names and numbers:
        theirs |= _is_one_of(table["customer_no"], numbers)
    for name in table.column_names:
        if names and (pa.types.is_string(table[name].type) or pa.types.is_large_string(table[name].type)):
            theirs |= _is_one_of(table[name], names)
    return theirs


def _is_one_of(column: pa.ChunkedArray, values: set) -> np.ndarray:
    """Which entries are among the values; a column without any entry has no type to compare by."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), dtype=bool)
    return pc.is_in(column, pa.array(sorted(values)).cast(column.type)).to_numpy(zero_copy_only=False)


def _delete_the_rest(folder: Path) -> None:
    """Delete models, executed notebooks and caches: all but tables, results, marks and the link to the pages."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink() and path.name != _RESULTS:
            shutil.rmtree(path)
        elif path.is_file() and not path.is_symlink() and not path.name.endswith(_KEPT):
            path.unlink()
