"""Whose accounts are linked otherwise than in the last run, as a result."""

from __future__ import annotations

import pandas as pd

from ...codes import KEPT, ON_FILE
from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from .knowledge import Knowledge

LINKS = {
    "held": N_("one only by the links of the last run"),
    "several": N_("several now"),
    "one": N_("one now, several in the last run"),
}
"""What became of customers whose accounts are linked otherwise."""
LINK_TOLD = {
    "held": N_(
        "{n:count} customers have no record in “{source:value}” any more: without the links of the last run they would "
        "be counted twice."
    ),
    "several": N_(
        "{n:count} customers of the last run are counted more than once now: their accounts in “{source:value}” are no "
        "longer linked."
    ),
    "one": N_(
        "{n:count} customers were counted more than once in the last run: their accounts in “{source:value}” are "
        "linked now."
    ),
}
JOINED = Claims(
    "joined_otherwise",
    lambda row: LINK_TOLD[row.link],
    key=("link", "source"),
    n="n",
    effect=0.1,
    kind="fact",
)


def joined_otherwise(now: Knowledge, before: Knowledge) -> Result:
    """Customers of the last run who are several now, were several then, or are one only because the last run knew it.

    Returns
    -------
    Result
        ``became`` (`LINKS`)``, source`` (whose ids)``, n`` (customers).
    """
    columns = ["pseudonym", "customer_id", "ids", "known_from"]
    mine, last = (run["identities"].reindex(columns=columns) for run in (now, before))
    both = mine.merge(last, on="pseudonym", how="outer", suffixes=("", "_before")).astype("object")
    both["source"] = both["ids"].fillna(both["ids_before"])
    # A record that is on file no more: its customer stays one only where another id still leads to the same.
    gone = both["known_from_before"].eq(ON_FILE) & ~both["known_from"].isin([ON_FILE, KEPT])
    together = both["known_from"].eq(KEPT)
    together |= gone & both.groupby("customer_id")["pseudonym"].transform("size").gt(1)
    held = both[gone & both["customer_id_before"].isin(both.loc[together, "customer_id_before"])]
    known = both.dropna(subset=["customer_id", "customer_id_before"])
    moved = known[known["customer_id"] != known["customer_id_before"]]
    counts = [held.groupby("source")["customer_id_before"].nunique()]
    for of, other in (("customer_id_before", "customer_id"), ("customer_id", "customer_id_before")):
        numbers = known.groupby(of)[other].nunique()
        counts.append(moved[moved[of].isin(numbers.index[numbers > 1])].groupby("source")[of].nunique())
    table = pd.concat(counts, keys=list(LINKS), names=["link"]).rename("n").reset_index()
    table = table.assign(became=table["link"].map(LINKS)).sort_values("n", ascending=False, ignore_index=True)
    title = Text(N_("Customers joined otherwise than in the last run"))
    return Result("joined_otherwise", table, title, OVERLAPPING, JOINED, columns=["became", "source", "n"])
