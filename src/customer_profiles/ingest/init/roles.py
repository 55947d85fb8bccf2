"""What a dataset.yaml makes of each column of each file, so that two of them can be compared."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatch
from pathlib import PurePath
from typing import Any

import pandas as pd

Roles = dict[tuple[str, str], set[str]]
ATTRIBUTE, KEY, CONDITION, LOOKUP = "attribute", "key", "condition", "lookup"


def roles(content: dict[str, Any], files: list[str]) -> Roles:
    """What is read of each column.

    Parameters
    ----------
    content : dict
        A dataset.yaml.
    files : list of str
        Names of the files there are, without folders.

    Returns
    -------
    dict
        From file and column to ``table.column``, attribute, key (of a lookup) and condition.
    """
    found: Roles = defaultdict(set)
    for source in content.get("sources") or ():
        owners: dict[str, list[str]] = {}
        own = _files(source, files)
        for lookup in source.get("lookups", ()):
            other = _files(lookup, files)
            for mine, theirs in lookup["on"].items():
                for file in owners.get(mine, own):
                    found[file, mine].add(KEY)
                for file in other:
                    found[file, theirs].add(KEY)
            owners |= {lookup.get("prefix", "") + name: other for name in lookup["take"]}
        for name in source.get("where", ()):
            for file in owners.get(name, own):
                found[file, name].add(CONDITION)
        meant = {name: f"{source['table']}.{name}" for name in source["columns"]}
        mapped = source["columns"] | source.get("attributes", {})
        for name, column in mapped.items():
            for read in reads(column):
                for file in owners.get(read, own):
                    found[file, read].add(meant.get(name, ATTRIBUTE))
    return dict(found)


def difference(old: dict[str, Any], new: dict[str, Any], files: list[str]) -> pd.DataFrame:
    """Columns that two files of configuration read differently: file, column, now, proposed."""
    before, after = roles(old, files), roles(new, files)
    rows = [
        (*place, ", ".join(sorted(before.get(place, ()))), ", ".join(sorted(after.get(place, ()))))
        for place in sorted(before.keys() | after.keys())
        if before.get(place, set()) != after.get(place, set())
    ]
    return pd.DataFrame(rows, columns=["file", "column", "now", "proposed"])


def _files(form: dict[str, Any], files: list[str]) -> list[str]:
    pattern = PurePath(form.get("path") or "").name
    return [file for file in files if fnmatch(file, pattern)]


def reads(column: Any) -> list[str]:
    """Columns of the export that a column of dataset.yaml is made of."""
    if isinstance(column, str):
        return [column]
    signs = list(column.get("times", ()))
    if column.get("column") is not None:
        return [column["column"], *signs]
    listed = next((column[of] for of in ("sum", "product", "join", "after") if of in column), ())
    return [name for part in listed for name in ([part] if isinstance(part, str) else reads(part))] + signs
