"""Who visits without saying who they are, and whose visits a later login tells."""

from __future__ import annotations

import pandas as pd

from ...codes import ANONYMOUS, LINKED, VISITORS
from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Result
from ...stats.claims import shown

_COUNTS = ("n", "sessions", "touchpoints", "linked_touchpoints")


def by_kind(counts: pd.DataFrame) -> Result:
    """Visitors by what tells whose they are.

    Parameters
    ----------
    counts : DataFrame
        One row per kind of visitor, its index: ``n`` (visitors), ``sessions, touchpoints, linked_touchpoints`` (without
        a login, counted as the customer's).

    Returns
    -------
    Result
        kind, n, base (all visitors), share, sessions, touchpoints, linked_touchpoints; empty without a visitor.
    """
    known = counts.reindex(columns=list(_COUNTS)).reindex(list(VISITORS), fill_value=0).fillna(0).astype("int64")
    table = known.rename_axis("kind").reset_index()
    base = int(table["n"].sum())
    table.insert(2, "base", base)
    table.insert(3, "share", table["n"] / max(base, 1))
    return Result(
        "visitors",
        table[: None if base else 0],
        Text(N_("Who visits the website or the app, and whose visits are known")),
        ONE_MARGIN,
        claims=_visitors,
        about=Text(N_("Share of {n:count} visitors."), {"n": base}),
        needs="interactions",
    )


def _visitors(table: pd.DataFrame) -> list[Finding]:
    rows = shown(table).set_index("kind")
    if not {ANONYMOUS, LINKED} <= set(rows.index):
        return []
    message = N_(
        "{n:count} visitors came to the website or the app: {anonymous:share} of them never logged in. "
        "For {linked:count} visitors a login tells who they are; {touchpoints:count} of their touchpoints without "
        "a login are counted as those of the customer."
    )
    n = int(table["base"].iloc[0])
    values = {
        "n": n,
        "anonymous": float(rows.loc[ANONYMOUS, "share"]),
        "linked": int(rows.loc[LINKED, "n"]),
        "touchpoints": int(rows.loc[LINKED, "linked_touchpoints"]),
    }
    alone = N_("{n:count} visitors came to the website or the app: {anonymous:share} of them never logged in.")
    return [Finding(message if values["linked"] else alone, values, id="visitors", n=n)]
