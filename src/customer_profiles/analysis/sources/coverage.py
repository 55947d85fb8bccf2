"""Whom each source knows, which kinds of systems there are, and what the missing ones would tell."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import NOBODY, ONE_MARGIN, Disclosure, Result
from ...stats.claims import fact, shown

LOW_COVERAGE = 0.5
"""Below half, statements about "the customers" from a source are statements about a minority."""

GAIN = {
    "crm": N_("who the customers are: age, place, household, consent (chapters 2 and 5)"),
    "shop": N_("what customers buy and are worth (chapters 2 and 5)"),
    "web_analytics": N_("what customers look for on the website and where they leave (chapter 3)"),
    "app_analytics": N_("how customers use the app and where they get stuck (chapter 3)"),
    "email": N_("how customers respond to mailings (chapters 2 and 5)"),
    "social": N_("what is said in public (chapter 4)"),
    "service_desk": N_("what customers ask for help with (chapter 3)"),
    "survey": N_("how satisfied customers are, and why (chapter 4)"),
    "review": N_("what customers praise and criticise about products (chapter 4)"),
    "nps_ces": N_("whether customers would recommend the company, and how much effort it costs them (chapter 4)"),
    "market_research": N_("how customers differ from the population (chapter 2)"),
    "internal_database": N_("launches, outages and price changes that changes over time are set against (chapter 4)"),
    "external_database": N_("customers per inhabitant and what their areas are like (chapter 2)"),
}
"""What each kind of system would let the report tell."""

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


def inventory(sources: pd.DataFrame) -> Result:
    """What each source brings and how many customers it knows.

    Parameters
    ----------
    sources : DataFrame
        One row per source: ``source, system, table, rows, first, last, customers, base`` (all customers), ``coverage``
        and ``of_customers`` (whether it should know them all: that areas know none is no news).
    """
    customers = int(sources["base"].max()) if len(sources) else 0
    about = Text(N_("Share of {n:count} customers each source knows."), {"n": customers})
    return Result(
        "inventory",
        sources,
        Text(N_("Inventory of the sources")),
        Disclosure("customers", within=None, mask=("customers", "coverage")),
        claims=_uncovered,
        about=about,
        columns=("source", "system", "table", "rows", "first", "last", "customers", "base", "coverage"),
    )


def kinds(systems: pd.DataFrame, customers: int) -> Result:
    """The thirteen kinds of systems, those that are there first.

    Parameters
    ----------
    systems : DataFrame
        One row per kind that is there, its index: ``sources`` (how many), ``rows, first, last, keys`` (what ties its
        sources to customers, repetitions allowed), ``customers`` (most that one of its sources knows).
    customers : int
        All customers.

    Returns
    -------
    Result
        system, sources, coverage (share of customers), gain (what a missing kind would tell; empty if it is there),
        rows, first, last, keys.
    """
    table = systems.reindex(list(GAIN)).assign(base=customers)
    table["coverage"] = table["customers"] / table["base"]
    table[["sources", "rows"]] = table[["sources", "rows"]].fillna(0).astype("int64")
    table["gain"] = pd.Series(GAIN).where(table["sources"] == 0, "")
    table["keys"] = table["keys"].map(_each_once, na_action="ignore")
    table = table.rename_axis("system").reset_index().sort_values("sources", ascending=False, kind="stable")
    return Result(
        "kinds",
        table.reset_index(drop=True),
        Text(N_("Kinds of systems, what they cover and what the missing ones would tell")),
        Disclosure("customers", within=None, mask=("coverage",)),
        columns=("system", "sources", "coverage", "gain", "rows", "first", "last", "keys"),
    )


def gaps(unmapped: pd.DataFrame) -> Result:
    """Columns that a source could fill but does not: ``source, table, field, found, elsewhere``."""
    return Result("gaps", unmapped, Text(N_("Columns that a source could fill but does not")), NOBODY)


def sources_per_customer(customers: pd.Series) -> Result:
    """By how many sources customers are known.

    Parameters
    ----------
    customers : Series
        Number of customers by number of sources.

    Returns
    -------
    Result
        known_by, n, base (all customers), share.
    """
    counts = customers.reindex(range(1, int(customers.index.max()) + 1), fill_value=0) if len(customers) else customers
    table = counts.rename_axis("known_by").reset_index(name="n").astype({"known_by": "str"})
    table = table.assign(base=int(counts.sum()), share=table["n"] / counts.sum())
    title = Text(N_("Customers by how many sources know them"))
    about = Text(N_("By number of sources, share of {n:count} customers."), {"n": int(counts.sum())})
    return Result("sources_per_customer", table, title, ONE_MARGIN, claims=_several, about=about)


def limits(filled: Collection[str]) -> list[Limit]:
    """What no source tells at all, and which source would.

    Parameters
    ----------
    filled : collection of str
        Tables of the contract that some source fills.
    """
    return [Limit(message, needs=NEEDS[table]) for table, message in _UNANSWERED.items() if table not in set(filled)]


UNCOVERED = fact(
    "coverage",
    N_("The source “{source:value}” knows {share:share} of the customers ({n:count} of {base:count})."),
    {"share": "coverage", "n": "customers"},
    key=("source",),
    most=_MOST_NAMED,
)


def _uncovered(table: pd.DataFrame) -> list[Finding]:
    few = table["of_customers"] & (table["coverage"] < LOW_COVERAGE) & (table["rows"] > 0)
    return UNCOVERED.each(table[few].sort_values(["coverage", "source"]))


def _several(table: pd.DataFrame) -> list[Finding]:
    """How many customers there are, and, unless it would tell of a few, how many several sources know."""
    n, one = int(table["base"].iloc[0]), table[table["known_by"] == "1"]
    values: dict[str, float] = {"n": n}
    message = N_("{n:count} customers are known.")
    if len(shown(one)):
        message = N_("{n:count} customers are known; {share:share} of them appear in more than one source.")
        values["share"] = 1 - int(one["n"].iloc[0]) / n
    return [Finding(message, values, id="customers", n=n)]


def _each_once(keys: str) -> str:
    """What ties any of the sources to customers, each thing once.

    >>> _each_once("crm, email, , crm, phone")
    'crm, email, phone'
    """
    return ", ".join(dict.fromkeys(key for key in keys.split(", ") if key))
