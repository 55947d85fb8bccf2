"""Where visits come from, how long they last and on which page they end, and for whom."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.comparisons import corrected
from ..demographics.categories import Orders
from ..pain_points.behaviour import SEARCHES
from . import clustered
from .funnels import ENTRY
from .groups import by_ratio, teller

WAYS = (*ENTRY, "channel")
"""What a visit is told apart by."""

MOST_PAGES = 20
"""Pages that are listed, those seen by most visitors."""


def conversion(visits: pd.DataFrame) -> Result:
    """Which visits, by device, source, medium, campaign and channel, reach the last step more or less often.

    Parameters
    ----------
    visits : DataFrame
        From `funnels.visits`.

    Returns
    -------
    Result
        `clustered.BY_GROUP`; ``n`` counts visitors who reached the step. Empty where visits have no steps.
    """
    steps = visits["reached"].cat.categories
    told = visits.assign(step=steps[-1] if len(steps) else "", hit=visits["reached"].cat.codes == len(steps) - 1)
    occasions = told.assign(customer_no=told["visitor"])
    table, family = clustered.by_visit(occasions if len(steps) > 1 else occasions.iloc[:0], WAYS)
    return Result(
        "entry",
        table,
        Text(N_("Visits that get to the last step, by where they come from")),
        OVERLAPPING,
        claims=teller(CONVERSION, family, None, ["attribute", "value"]),
        family=family,
        about=Text(N_("Share of {visits:count} visits, with the visitor as the unit."), {"visits": len(visits)}),
        needs="interactions",
    )


def dwell(
    visits: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> Result:
    """Whose visits, and which of them, are longer than the usual one more or less often.

    Parameters
    ----------
    visits : DataFrame
        From `funnels.visits`; those without a duration are left out.
    profile : DataFrame
    attributes : iterable of str
        Groups of customers to compare, besides the ways that visits come.
    orders : mapping, optional

    Returns
    -------
    Result
        `clustered.BY_GROUP`, one family of both; ``about`` tells the usual duration, the median of all visits.
    """
    known = visits.dropna(subset="minutes")
    usual = float(known["minutes"].median()) if len(known) else 0.0
    told = known.assign(step="longer_visit", hit=known["minutes"] > usual)
    by_way, _ = clustered.by_visit(told.assign(customer_no=told["visitor"]), WAYS)
    by_group, _ = clustered.by_group(told.dropna(subset="customer_no"), profile, attributes, orders)
    parts = [part for part in (by_way, by_group) if len(part)]
    table, family = corrected(parts, clustered.BY_GROUP, clustered.TOGETHER)
    return Result(
        "dwell",
        table,
        Text(N_("Visits that last longer than the usual one")),
        Disclosure(within=("step", "attribute")),
        claims=teller(DWELL, family, None, ["attribute", "value"]),
        family=family,
        about=Text(
            N_("Half of {visits:count} visits last longer than {minutes:number} minutes."),
            {"visits": len(known), "minutes": usual},
        ),
        needs="interactions",
    )


def endings(own: pd.DataFrame) -> pd.DataFrame:
    """Each page of each visit, and whether the visit ended there: ``step`` (the page)``, customer_no, visitor, hit``.

    Parameters
    ----------
    own : DataFrame
        From `funnels.sessions`, with ``item``; what was searched for is no page. The pages that most visitors saw are
        kept.
    """
    rows = own.reindex(columns=["visit", "at", "customer_no", "visitor", "item", "kind"]).dropna(subset="item")
    rows = rows[~rows.pop("kind").isin(SEARCHES)].rename(columns={"item": "step"}).astype({"step": "category"})
    rows = rows.sort_values(["visit", "at"], kind="stable")
    page = rows["step"].cat.codes
    rows["hit"] = page == page.groupby(rows["visit"]).transform("last")
    pages = rows.groupby("step", observed=True)["visitor"].nunique()
    often = pages[pages >= clustered.MIN_CUSTOMERS].sort_values(ascending=False, kind="stable").index[:MOST_PAGES]
    seen = rows[rows["step"].isin(often)].drop_duplicates(["visit", "step"])
    return seen[["step", "customer_no", "visitor", "hit"]].astype({"step": "str"})


def exits(ended: pd.DataFrame) -> Result:
    """On which pages visits end: ``page`` and the columns of `clustered.shares`, the most frequent ends first."""
    table = clustered.shares(ended.assign(customer_no=ended["visitor"])).rename(columns={"step": "page"})
    return Result(
        "exits",
        table.sort_values(["share", "page"], ascending=[False, True], ignore_index=True),
        Text(N_("Pages on which visits end")),
        OVERLAPPING,
        about=Text(N_("Share of the visits that saw the page, with the visitor as the unit.")),
        needs="interactions",
    )


def exits_by_group(
    ended: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> Result:
    """Which groups leave on a page more or less often, see `clustered.by_group`; ``page`` for ``step``."""
    table, family = clustered.by_group(ended.dropna(subset="customer_no"), profile, attributes, orders)
    return Result(
        "exits_by_group",
        table.rename(columns={"step": "page"}),
        Text(N_("Who leaves on which page more often")),
        Disclosure(within=("page", "attribute")),
        claims=teller(EXITS, family, None, ["page"]),
        family=family,
        about=Text(N_("Ratios among {n:count} customers."), {"n": len(profile)}),
        needs="interactions",
    )


def limits(visits: pd.DataFrame) -> list[Limit]:
    """That nothing tells where visits come from, where it is so."""
    question = N_("Which devices, sources and campaigns bring visits that end in an order")
    known = any(name in visits and visits[name].notna().any() for name in ENTRY)
    return [] if known else [Limit(question, needs=NEEDS["interactions"])]


CONVERSION = by_ratio(
    "entry",
    N_(
        "Visits with {attribute:label} “{value:value}” reach the step “{step:label}” {ratio:ratio} times as often as "
        "all others ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the visits, n = {n:count} "
        "visitors."
    ),
    N_("No device, source, medium, campaign or channel brings more visits to the end ({family:count} comparisons)."),
    ("attribute", "value"),
    test=N_("score test with the visitor as the unit, Benjamini–Hochberg"),
)
DWELL = by_ratio(
    "dwell",
    N_(
        "Visits of {attribute:label} “{value:value}” are longer than the usual one {ratio:ratio} times as often as all "
        "others ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the visits, n = {n:count}."
    ),
    N_("No group and no way to come makes for longer or shorter visits ({family:count} comparisons)."),
    ("attribute", "value"),
)
EXITS = by_ratio(
    "exits",
    N_(
        "On the page “{page:value}” {attribute:label} “{value:value}” leave {ratio:ratio} times as often as other "
        "customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the visits that saw it, "
        "n = {n:count} customers."
    ),
    N_("No group leaves on a page more often than others ({family:count} comparisons)."),
    ("attribute", "value", "page"),
)
