"""What became of the rows of each source, whom it covers and how recent it is; see `scoring` for its values."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ...ingest.contract import OF_CUSTOMERS
from ...messages import N_, Finding, Limit
from ...needs import NEEDS

if TYPE_CHECKING:
    from ...ingest.pipeline import Collected

# A source whose newest row is older than a quarter no longer describes customers as they are.
STALE_DAYS = 90
# Below half, statements about "the customers" from a source are statements about a minority.
LOW_COVERAGE = 0.5
# One row in a hundred set aside is more than typing errors explain.
MANY_SET_ASIDE = 0.01
_MOST_NAMED = 3

_UNANSWERED = {
    "customers": N_("It is not known who the customers are: no source describes them."),
    "transactions": N_("It is not known what customers buy or what they are worth: no source has orders."),
    "interactions": N_("It is not known how customers use the website or the app: no source has their visits."),
    "tickets": N_("It is not known what customers ask for help with: no source has service cases."),
    "feedback": N_("It is not known what customers say: no source has answers, reviews or posts."),
    "campaigns": N_("It is not known how customers respond to offers: no source has campaigns."),
    "events": N_("Changes over time cannot be set against what happened: there is no calendar of events."),
    "areas": N_("Customers per inhabitant cannot be told: there are no figures about areas."),
    "population": N_("Customers cannot be compared with the population: there is no reference distribution."),
}


def validity(reconciliation: pd.DataFrame, set_aside: pd.DataFrame) -> pd.DataFrame:
    """Rows set aside by source, column and reason.

    Returns
    -------
    DataFrame
        source, column, reason, n, base (rows read), share; most frequent first.
    """
    keys = ["source", "column", "reason"]
    counts = set_aside.groupby(keys, as_index=False, sort=True)["n"].sum()
    table = counts.merge(reconciliation[["source", "read"]], on="source", validate="many_to_one")
    table = table.rename(columns={"read": "base"}).assign(share=lambda t: t["n"] / t["base"])
    return table.sort_values(["n", *keys], ascending=[False, True, True, True], ignore_index=True)


def currency(inventory: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Age of the newest row of each source that has a date.

    Returns
    -------
    DataFrame
        source, table, first, last, age_days (from the newest row to the run's date); oldest first.
    """
    dated = inventory.loc[inventory["last"].notna(), ["source", "table", "first", "last"]]
    age = (pd.Timestamp(as_of) - dated["last"].dt.normalize()).dt.days
    return dated.assign(age_days=age).sort_values(["age_days", "source"], ascending=[False, True], ignore_index=True)


def coverage(inventory: pd.DataFrame) -> pd.DataFrame:
    """Customers that each source with customers knows: source, table, n, base (all customers), share."""
    known = inventory[inventory.table.isin(["customers", *OF_CUSTOMERS])]
    table = known[["source", "table"]].assign(n=known.customers, base=known.base, share=known.coverage)
    return table.sort_values(["share", "source"], ascending=[False, True], ignore_index=True)


def matching(identities: pd.DataFrame) -> pd.DataFrame:
    """Ids of each name space and the customers they belong to: ids, records, customers, shared with others.

    `shared` counts the customers who are known by another name space too.
    """
    spaces = identities.groupby("customer_no").ids.nunique()
    known = identities.assign(shared=identities.customer_no.map(spaces) > 1)
    grouped = known.groupby("ids", sort=True)
    shared = known[known.shared].groupby("ids").customer_no.nunique()
    table = grouped.agg(records=("pseudonym", "size"), customers=("customer_no", "nunique")).reset_index()
    return table.assign(shared=table.ids.map(shared).fillna(0).astype("int64"))


def findings(
    reconciliation: pd.DataFrame,
    inventory: pd.DataFrame,
    set_aside: pd.DataFrame,
    identities: pd.DataFrame,
    profile: pd.DataFrame,
    as_of: date,
) -> list[Finding]:
    """What chapter 01 says about the sources, from the accounts that `collect` wrote and the profile."""
    customers = len(profile)
    several = int((profile.sources > 1).sum())
    found = [
        Finding(
            N_(
                "{read:count} rows were read from {sources:count} sources: {used:count} are used, {set_aside:count} "
                "were set aside as unreadable, {duplicate:count} are duplicates and {excluded:count} were excluded."
            ),
            {"sources": len(reconciliation)}
            | {
                name: int(reconciliation[name].sum()) for name in ("read", "used", "set_aside", "duplicate", "excluded")
            },
            id="01.rows",
            n=int(reconciliation["read"].sum()),
            table="reconciliation",
        ),
        Finding(
            N_("{n:count} customers are known; {share:share} of them appear in more than one source."),
            {"n": customers, "share": several / customers},
            id="01.customers",
            n=customers,
            table="inventory",
        ),
    ]
    return (
        found
        + _merged(identities)
        + _uncovered(inventory)
        + _unreadable(reconciliation, set_aside)
        + _stale(inventory, as_of, customers)
    )


def limits(reconciliation: pd.DataFrame) -> list[Limit]:
    """What no source tells at all, and which source would."""
    present = set(reconciliation.loc[reconciliation.used > 0, "table"])
    return [Limit(message, needs=NEEDS[table]) for table, message in _UNANSWERED.items() if table not in present]


def facts(collected: Collected) -> dict[str, int]:
    """Counts of rows and values that chapter 01 fixes: of sources, rows by what became of them, values checked."""
    rows = collected.reconciliation.sum(numeric_only=True)
    return {
        "sources": len(collected.reconciliation),
        "source_kinds": int((collected.kinds["sources"] > 0).sum()),
        **{f"rows_{name}": int(rows[name]) for name in ("read", "used", "set_aside", "duplicate", "excluded")},
        "values_checked": int(collected.checks["base"].sum()),
        "values_invalid": int(collected.checks["n"].sum()),
        "values_cleaned": int(collected.cleaning["n"].sum()),
    }


def _merged(identities: pd.DataFrame) -> list[Finding]:
    records, customers = len(identities), identities.customer_no.nunique()
    if records == customers:
        return []
    message = N_(
        "{records:count} accounts in different systems belong to {customers:count} customers: "
        "{merged:count} accounts were recognised as a customer already known."
    )
    values = {"records": records, "customers": customers, "merged": records - customers}
    return [Finding(message, values, id="01.merged", n=records, table="matching")]


def _uncovered(inventory: pd.DataFrame) -> list[Finding]:
    about_customers = inventory[inventory.table.isin(["customers", *OF_CUSTOMERS]) & (inventory["rows"] > 0)]
    low = about_customers[about_customers.coverage < LOW_COVERAGE].sort_values(["coverage", "source"])
    message = N_("The source “{source:label}” knows {share:share} of the customers ({n:count} of {base:count}).")
    return [
        Finding(
            message,
            {"source": row.source, "share": row.coverage, "n": row.customers, "base": row.base},
            id=f"01.coverage.{row.source}",
            n=row.base,
            table="inventory",
        )
        for row in low.head(_MOST_NAMED).itertuples()
    ]


def _unreadable(reconciliation: pd.DataFrame, set_aside: pd.DataFrame) -> list[Finding]:
    worst = reconciliation.assign(share=reconciliation.set_aside / reconciliation["read"].clip(lower=1))
    worst = worst[worst.share >= MANY_SET_ASIDE].sort_values(["share", "source"], ascending=[False, True])
    reasons = validity(reconciliation, set_aside).drop_duplicates("source").set_index("source")
    message = N_(
        "Of the source “{source:label}”, {n:count} of {base:count} rows ({share:share}) were set aside; "
        "most often because of the column “{column:label}”: {reason:label}."
    )
    return [
        Finding(
            message,
            {
                "source": row.source,
                "n": row.set_aside,
                "base": row.read,
                "share": row.share,
                "column": reasons.column[row.source] or "–",
                "reason": reasons.reason[row.source],
            },
            id=f"01.set_aside.{row.source}",
            n=row.read,
            table="validity",
            effect=row.share,
        )
        for row in worst.head(_MOST_NAMED).itertuples()
    ]


def _stale(inventory: pd.DataFrame, as_of: date, customers: int) -> list[Finding]:
    newest = currency(inventory, as_of).drop_duplicates("table", keep="last")  # last year's file beside this year's
    old = newest[(newest.age_days > STALE_DAYS) & newest.table.isin(OF_CUSTOMERS)]
    message = N_("The newest row of the source “{source:label}” is {days:count} days old ({last:day}).")
    return [
        Finding(
            message,
            {"source": row.source, "days": row.age_days, "last": row.last.date()},
            id=f"01.stale.{row.source}",
            n=customers,
            table="currency",
        )
        for row in old.head(_MOST_NAMED).itertuples()
    ]
