"""What a database is asked: one statement that reads. Databases of every kind share these rules."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ...errors import ConfigurationError, InputRejected
from ..config.suggest import nearest

# Everything else a database understands changes it, or the session that reads it.
_READS = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*(?:select|with|values)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Place:
    """Where rows come from that is no file.

    Parameters
    ----------
    name : str
        What messages and the list of rows set aside call it.
    """

    name: str


def check_request(query: str | None, table: str | None) -> None:
    """Refuse a source of a database that says nothing, two things, or something that does not read.

    Raises
    ------
    ValueError
        With the remedy.
    """
    if (query is None) == (table is None):
        raise ValueError("a database needs either 'query' (SELECT …) or 'db_table'")
    if query is not None and not _READS.match(query):
        raise ValueError("'query' must begin with SELECT or WITH: databases are only read")


def statement(query: str | None, table: str | None) -> str:
    """The statement of a query, or the one that reads a whole table.

    >>> statement("select 1;", None), statement(None, 'sales."x')
    ('select 1', 'SELECT * FROM "sales"."\"\"x"')
    """
    if query is not None:
        return query.strip().rstrip(";").rstrip()
    parts = ['"' + part.replace('"', '""') + '"' for part in (table or "").split(".")]
    return f"SELECT * FROM {'.'.join(parts)}"


def column_names(where: str, given: Sequence[str], needed: Collection[str]) -> list[str]:
    """Names of an answer's columns in composed Unicode, as dataset.yaml has them.

    Raises
    ------
    InputRejected
        If a needed column is not among them, or a name is empty or there twice; says how to correct the query.
    """
    names = [unicodedata.normalize("NFC", name) for name in given]
    for name in needed:
        if name not in names:
            near = nearest(name, names)
            meant = f"did you mean {near!r}?" if near else f"it answers with: {', '.join(names)}"
            raise InputRejected(f"{where}: there is no column {name!r}; {meant}")
    twice = [name for name, count in Counter(names).items() if count > 1 or not name]
    if twice:
        raise InputRejected(
            f"{where}: the column {twice[0]!r} is there twice; give one another name in the query (AS …)"
        )
    return names


def unknown_name(where: str, what: str, name: str, known: Iterable[str]) -> ConfigurationError:
    """What to say about a table or column that a database does not have."""
    near = nearest(name, known)
    meant = f"; did you mean {near!r}?" if near else "; correct 'query' or 'db_table' in dataset.yaml"
    return ConfigurationError(f"{where}: there is no {what} {name!r}{meant}")
