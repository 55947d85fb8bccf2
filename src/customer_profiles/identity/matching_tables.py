"""What a run keeps of who is who: for the report, and for the next run to give everybody the same id."""

from __future__ import annotations

import pandas as pd

from ..tables import Tables
from . import id_ledger
from .people import People


def write_matching(tables: Tables, people: People, last: pd.DataFrame) -> None:
    """Write what the matching found; no name, address or id of a source is in it.

    Parameters
    ----------
    tables : Tables
        Gets ``identities`` (which account is which customer, the ledger of the next run), ``id_changes``,
        ``match_evidence`` (what the matching rests on), ``match_alternatives`` (who would be whom at other thresholds)
        and ``provenance`` (where each value of a customer comes from).
    people : People
        After all sources were read.
    last : DataFrame
        Ids of the last run, see `id_ledger.last_ids`.
    """
    identities = people.identities()
    tables.write(id_ledger.TABLE, identities)
    tables.write("id_changes", id_ledger.changes(last, identities))
    tables.write("match_evidence", people.evidence)
    tables.write("match_alternatives", people.alternatives.table())
    tables.write("provenance", people.provenance)
