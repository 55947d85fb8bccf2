"""How the company that each contact works for was found."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ...codes import BY_ID, WAYS
from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import shown


def placement(counts: pd.DataFrame, known: int, customers: int) -> Result:
    """What told the companies of the contacts.

    Parameters
    ----------
    counts : DataFrame
        One row per way, its index: ``n`` (contacts) and ``customers`` (whom they work for).
    known : int
        Customers with a contact.
    customers : int
        All customers.

    Returns
    -------
    Result
        found_by, n, base (all contacts), share, customers; empty without a contact.
    """
    table = counts.reindex(list(WAYS), fill_value=0).rename_axis("found_by").reset_index()
    base = int(table["n"].sum())
    table = table.assign(base=base, share=table["n"] / max(base, 1))
    return Result(
        "contacts",
        table[: None if base else 0][["found_by", "n", "base", "share", "customers"]],
        Text(N_("How the accounts of the contacts were found")),
        Disclosure(within=(), also=("customers",)),
        claims=partial(_placed, known=known, customers=customers),
        about=Text(N_("Share of {n:count} contacts."), {"n": base}),
    )


def _placed(table: pd.DataFrame, known: int, customers: int) -> list[Finding]:
    told = shown(table[table["found_by"] == BY_ID])
    if told.empty:
        return []
    message = N_(
        "{n:count} contacts work at {known:count} of {base:count} customers; {share:share} of them do not name their "
        "account and were placed by the domain of their e-mail address or by their company’s name and town."
    )
    n = int(table["base"].iloc[0])
    values = {"n": n, "known": known, "base": customers, "share": 1 - int(told["n"].iloc[0]) / n}
    return [Finding(message, values, id="contacts", n=n, reach=known)]
