"""Erase people: put them on the suppression list under everything they are known by, and out of all kept runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from ..errors import ConfigurationError, InputRejected
from ..identity.pseudonyms import fingerprint, pseudonym
from ..ingest.carried import merged_ids, same_person
from ..ingest.config.dataset import Column, Dataset
from ..ingest.config.suggest import nearest
from ..ingest.ledger import Account
from ..ingest.parsing.cells import by_rule
from ..ingest.parsing.cleaning import Log
from ..ingest.pipeline import read_people
from ..ingest.reading import Run
from ..ingest.reuse import forget
from ..tables import Tables
from .opt_outs import CONTACTS, Entry, Suppressed, list_file
from .purge import Purged, linked_before, purge

_ID = "id:"
_IDS = {"customer_id", "contact_id"}
# What a run calls prospects and visitors, who have no records of customers.
_OWN_SPACES = {"leads": "lead", "interactions": "anonymous"}


@dataclass(frozen=True)
class Erased:
    """What became of a request.

    Parameters
    ----------
    given : int
        Ids and addresses that were given.
    known : int
        Those that a record in today's exports has.
    entries : int
        Keyed hashes that were added to the suppression list.
    purged : Purged
        What was taken out of kept runs.
    unread : str
        Why today's exports could not be searched for further ids of the same people; empty if they could.
    """

    given: int
    known: int
    entries: int
    purged: Purged
    unread: str = ""


def entries(dataset: Dataset, ids: Iterable[str], emails: Iterable[str], phones: Iterable[str]) -> list[Entry]:
    """Ids and addresses of people in the form in which they are recognised.

    Parameters
    ----------
    dataset : Dataset
        Tells the name spaces of ids.
    ids : iterable of str
        ``space:id``; the space may be left out if there is only one.
    emails, phones : iterable of str

    Raises
    ------
    ConfigurationError
        If one cannot be an address, or its name space is not told; says which, never what it is.
    """
    spaces = sorted({source.ids for source in dataset.sources if _IDS & set(source.columns)})
    spaces += [space for table, space in _OWN_SPACES.items() if dataset.filled(table)]
    found = [_id_entry(text.strip(), spaces, number) for number, text in enumerate(ids, start=1)]
    for kind, texts in (("email", list(emails)), ("phone", list(phones))):
        normal = CONTACTS[kind](pd.Series(texts, dtype="str"))
        for number, text in enumerate(normal, start=1):
            if pd.isna(text):
                raise ConfigurationError(f"{kind} number {number} is not one that a person could be known by")
            found.append((kind, text))
    return found


def erase(dataset: Dataset, given: Sequence[Entry], key: bytes, as_of: date) -> Erased:
    """Keep people out of every later run, and take them out of what past runs keep.

    Today's exports are searched for these people, and every id and address that is theirs alone goes on the list.

    Raises
    ------
    ConfigurationError
        If an address belongs to several people: which one is meant cannot be told. Nothing has been changed then.
    """
    path, asked = list_file(dataset), _all_ids(dataset, given)
    given = list(dict.fromkeys(entry for entries in asked.values() for entry in entries))
    before = Suppressed.load(path, key)
    after, known, unread = before.with_entries(given), set(), ""
    run = replace(Run.of(dataset, Tables(dataset.folder / "runs"), as_of, key), suppressed=after)
    accounts = {source.name: Account(source, cleaned=Log(dataset.cleaning.off)) for source in dataset.sources}
    gone = {name for entry in given for name in _pseudonyms(key, entry)}
    try:
        records, people, run = read_people(run, accounts)
    except InputRejected as error:
        unread = str(error)
    else:
        known, after = _known(records, people.groups, given), run.suppressed
        gone |= people.withdrawn()
    if dataset.kind == "b2c":  # at companies, a contact's id leads to the company's
        linked = linked_before(run.tables.folder, [name for name in gone if after.has("pseudonym", name)])
        gone |= linked
        after = after.with_entries(("pseudonym", name) for name in linked)
    after.save(path)
    unresolved = [entry for entry in given if entry[0] in CONTACTS and entry not in known]
    # A number is written in too many ways to look for it among the fingerprints of a run.
    traces = {fingerprint(key, text) for _, text in unresolved}
    unsure = any(kind == "phone" for kind, _ in unresolved)
    forget(run.tables.folder)
    purged = purge(run.tables.folder, gone, traces=traces, unsure=unsure, everywhere=True)
    found = sum(not known.isdisjoint(entries) for entries in asked.values())
    return Erased(len(asked), found, len(after) - len(before), purged, unread)


def _all_ids(dataset: Dataset, given: Sequence[Entry]) -> dict[Entry, list[Entry]]:
    """Each entry with the other ids of the same person: a list of merged ids may be gone from the next export."""
    try:
        merged = merged_ids(dataset)
    except InputRejected:  # the search of the exports says why
        merged = {}
    found = {}
    for kind, text in given:
        space = kind.removeprefix(_ID) if kind.startswith(_ID) else None
        written = [by_rule(pd.Series([text]), column)[0] for column in _id_columns(dataset, space)]
        ids = [one for each in (text, *written) for one in same_person(merged.get(space or "", {}), each)]
        found[kind, text] = list(dict.fromkeys([(kind, text), *((kind, one) for one in ids if space)]))
    return found


def _id_columns(dataset: Dataset, space: str | None) -> list[Column]:
    """Columns with ids of a name space that are written otherwise in the exports than in the tables."""
    columns = [
        source.columns[name] for source in dataset.sources if source.ids == space for name in _IDS & set(source.columns)
    ]
    return [column for column in columns if column.has_rule]


def _id_entry(text: str, spaces: list[str], number: int) -> Entry:
    space, colon, raw_id = text.partition(":")
    if colon and space in spaces and raw_id.strip():
        return f"{_ID}{space}", raw_id.strip()
    if len(spaces) == 1 and text:
        return f"{_ID}{spaces[0]}", text
    near = nearest(space, spaces) if colon else None
    raise ConfigurationError(
        f"id number {number} does not say whose id it is: write it as {near or spaces[0]}:… "
        f"(the data set has {', '.join(spaces)})"
    )


def _pseudonyms(key: bytes, entry: Entry) -> list[str]:
    """What runs call somebody with an id; contacts at companies have two names."""
    kind, text = entry
    space = kind.removeprefix(_ID)
    return [pseudonym(key, name, text) for name in (space, "contact")] if kind.startswith(_ID) else []


def _known(records: pd.DataFrame, groups: np.ndarray, given: Sequence[Entry]) -> set[Entry]:
    """Those of the given ids and addresses that a record has."""
    known = set()
    counts: dict[str, int] = {}
    for kind, text in given:
        counts[kind] = counts.get(kind, 0) + 1
        if kind in CONTACTS:
            theirs = (CONTACTS[kind](records[kind]) == text).to_numpy(dtype=bool) if kind in records else []
        elif len(records):
            theirs = ((records.space == kind.removeprefix(_ID)) & (records.raw_id == text)).to_numpy(dtype=bool)
        else:
            theirs = []
        people = len(set(groups[theirs])) if len(theirs) else 0
        if people > 1:
            raise ConfigurationError(
                f"{kind} number {counts[kind]} is used by {people} people, perhaps a family: "
                "give the id of the one who is to be erased"
            )
        if people:
            known.add((kind, text))
    return known
