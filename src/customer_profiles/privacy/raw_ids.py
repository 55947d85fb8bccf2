"""What a company's own systems call its customers: read anew from the exports, and kept nowhere."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pandas as pd

from ..errors import ConfigurationError
from ..identity.pseudonyms import pseudonym
from ..ingest.config.dataset import Dataset
from ..ingest.config.suggest import nearest
from ..ingest.ledger import Account
from ..ingest.parsing.cleaning import Log
from ..ingest.pipeline import may_appear, read_people
from ..ingest.reading import Run, casts
from ..tables import Tables

NAMES = ("name", "first_name", "last_name", "company", "email", "phone", "street", "postal_code", "city")


def raw_ids(dataset: Dataset, space: str, identities: pd.DataFrame, key: bytes, as_of: date) -> pd.DataFrame:
    """Ids of one system, with the customers they belong to in a run.

    Parameters
    ----------
    dataset : Dataset
    space : str
        Name space of the ids, as dataset.yaml calls it (``ids:`` of a source).
    identities : DataFrame
        ``pseudonym, customer_id`` of every account of the run.
    key : bytes
        Of the pseudonyms.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``id, customer_id``; a person with several accounts in the system has several rows. Accounts that the run does
        not know, for example of people who object, are absent.

    Raises
    ------
    ConfigurationError
        If no source has ids of that name.
    """
    spaces = sorted({source.ids for source in dataset.sources if "customer_id" in source.columns})
    if space not in spaces:
        near = nearest(space, spaces)
        hint = f", did you mean {near!r}?" if near else ""
        raise ConfigurationError(f"no source has ids called {space!r}{hint} (the data set has {', '.join(spaces)})")
    run = _run(dataset, key, as_of)
    found: set[str] = set()
    # Somebody may stand in the orders only: every source that numbers customers so is read.
    for source in dataset.sources:
        if source.ids == space and "customer_id" in source.columns:
            for cast, _ in casts(run, source, Account(source, cleaned=Log(dataset.cleaning.off))):
                found.update(cast.table.loc[cast.good, "customer_id"].dropna())
    ids = pd.DataFrame({"id": sorted(found)})
    ids["customer_id"] = [pseudonym(key, space, text) for text in ids["id"]]
    known = identities.set_index("pseudonym")["customer_id"]
    ids["customer_id"] = ids["customer_id"].map(known)
    return ids.dropna(ignore_index=True)


def lead_ids(dataset: Dataset, key: bytes, as_of: date) -> pd.DataFrame:
    """Prospects who may be handed over, as the company calls them: ``id, lead_id`` (pseudonym).

    Read anew from the exports: who was erased since the run, or has become a customer who objects, is absent.
    """
    run, accounts = _run(dataset, key, as_of), {source.name: Account(source) for source in dataset.sources}
    people, found = read_people(run, accounts)[1], set()
    for source in dataset.filled("leads"):
        for cast, _ in casts(run, source, Account(source, cleaned=Log(dataset.cleaning.off))):
            rows = cast.table[cast.good]
            found.update(rows.loc[may_appear(run, source, rows, people), "lead_id"])
    ids = pd.DataFrame({"id": sorted(found)})
    return ids.assign(lead_id=[pseudonym(key, "lead", text) for text in ids["id"]])


def withdrawn(dataset: Dataset, key: bytes, as_of: date) -> set[str]:
    """Pseudonyms of all accounts of people who object today or were erased, read from the exports anew."""
    accounts = {source.name: Account(source, cleaned=Log(dataset.cleaning.off)) for source in dataset.sources}
    return read_people(_run(dataset, key, as_of), accounts)[1].withdrawn()


def people_of(dataset: Dataset, accounts: Collection[str], key: bytes, as_of: date) -> pd.DataFrame:
    """What the exports call somebody: ids, names and addresses of the given accounts.

    Parameters
    ----------
    dataset : Dataset
    accounts : collection of str
        Pseudonyms of accounts.
    key : bytes
        Of the pseudonyms.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``space, raw_id`` and the columns of `NAMES` that the exports have, a row for each record.
    """
    accounts_read = {source.name: Account(source, cleaned=Log(dataset.cleaning.off)) for source in dataset.sources}
    records = read_people(_run(dataset, key, as_of), accounts_read)[0]
    theirs = [
        pseudonym(key, space, text) in accounts for space, text in zip(records["space"], records["raw_id"], strict=True)
    ]
    columns = ["space", "raw_id", *(name for name in NAMES if name in records)]
    return records.loc[theirs, columns].drop_duplicates(ignore_index=True)


def _run(dataset: Dataset, key: bytes, as_of: date) -> Run:
    return Run.of(dataset, Tables(dataset.folder / "runs"), as_of, key)
