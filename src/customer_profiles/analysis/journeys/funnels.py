"""Visits and their steps: how far they get, where they end, and which customers get on less often."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import shown
from ..demographics.categories import Orders
from ..pain_points.behaviour import BASKETS, IN_TIME, LATE, LOOKS, PURCHASES
from . import clustered
from .groups import by_ratio, teller

DELIVERIES = (*LATE, *IN_TIME)
"""Kinds of interactions that customers did not begin: a parcel that arrives is no visit."""

CHECKOUTS = ("checkout", "begin checkout", "begin_checkout", "payment", "add payment info")
"""Kinds of interactions between basket and purchase, as exports of web and app analytics call them."""

VISIT, ORDER = "step_visit", "step_order"
STEPS = {
    "step_look": LOOKS,
    "step_basket": BASKETS,
    "step_checkout": CHECKOUTS,
    ORDER: PURCHASES,
}
"""Steps in the order customers take them. Who took a later one has taken those before, whether it was recorded or not:
an export that lacks some events must not invent drop-outs."""

ENTRY = ("device", "source", "medium", "campaign")
"""How a visit began, where the export says it: what the page calls entry."""

ORDER_HOURS = 24
"""Where the interactions record no purchase: hours after the beginning of a visit in which an order counts as its
own."""


def sessions(interactions: pd.DataFrame) -> pd.DataFrame:
    """Interactions with ``visitor`` and ``visit``, both as numbers, and texts as categories.

    A visitor is a customer, else a device (below zero); a visit is a session, else a visitor's day (below zero).
    """
    device, session = (pd.factorize(interactions[name])[0] for name in ("anonymous_id", "session_id"))
    rows = interactions.drop(columns=["customer_id", "anonymous_id", "session_id"], errors="ignore")
    rows = rows.astype(dict.fromkeys(rows.select_dtypes("str"), "category"))
    rows["visitor"] = rows["customer_no"].astype("Int64").fillna(pd.Series(-2 - device, rows.index)).astype("int64")
    day = rows.assign(day=rows["at"].dt.normalize()).groupby(["visitor", "day"], sort=False).ngroup()
    return rows.assign(visit=np.where(session >= 0, session, -1 - day))


def visits(interactions: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per visit: who it was, when it began, and the last step it reached.

    Parameters
    ----------
    interactions : DataFrame
        ``visit, visitor, customer_no, at, kind, channel``, from `sessions`, without `DELIVERIES`.
    orders : DataFrame
        ``customer_no, at`` of orders: counted where no kind of interaction is a purchase.

    Returns
    -------
    DataFrame
        ``visitor, customer_no`` (missing: never logged in)``, at, channel, reached``: the last step as an ordered
        categorical, whose categories are the visit and those of `STEPS` that the interactions, or else the orders,
        record; only the visit if it is no shop's site. Further the columns of `ENTRY`, each as the visit first names
        it, and ``minutes``: what its interactions lasted, or where no export says it, from the first to the last.
    """
    kinds = set(interactions["kind"].dropna().unique())
    steps = [VISIT, *(step for step, names in STEPS.items() if kinds & set(names))]
    place = {kind: at for at, step in enumerate(steps) for kind in STEPS.get(step, ())}
    rows = (
        interactions.reindex(columns=interactions.columns.union([*ENTRY, "duration_s"], sort=False))
        .assign(
            reached=interactions["kind"].map(place).astype("float64").fillna(0).astype(int),
        )
        .sort_values("at", kind="stable")
    )
    table = rows.groupby("visit", sort=False).agg(
        visitor=("visitor", "first"),
        customer_no=("customer_no", "first"),
        at=("at", "first"),
        channel=("channel", "first"),
        reached=("reached", "max"),
        **{name: (name, "first") for name in ENTRY},
        last=("at", "max"),
        seconds=("duration_s", "sum"),
    )
    table = table.astype(dict.fromkeys(table.select_dtypes("category"), "object"))
    span = (table.pop("last") - table["at"]).dt.total_seconds()
    seconds = table.pop("seconds").astype("float64")
    table["minutes"] = seconds.where(seconds > 0, span.where(span > 0)) / 60
    # Whoever logs in during a visit is known for all of it.
    table["visitor"] = table["customer_no"].fillna(table["visitor"]).astype("int64")
    table = table.reset_index(drop=True)
    if ORDER not in steps and len(steps) > 1 and len(orders):
        ordered = _ordered(table, orders)
        table["reached"] = table["reached"].mask(ordered, len(steps))
        steps += [ORDER] if ordered.any() else []
    return table.assign(reached=pd.Categorical.from_codes(table["reached"], steps, ordered=True))


def occasions(visits: pd.DataFrame) -> pd.DataFrame:
    """Every step a visit reached but the last, and whether it got on to the next one.

    Returns
    -------
    DataFrame
        ``step`` (the next one)``, customer_no, visitor, at, hit``.
    """
    reached, parts = visits["reached"].cat.codes, []
    for place, step in enumerate(visits["reached"].cat.categories[1:], start=1):
        here = visits.loc[reached >= place - 1, ["customer_no", "visitor", "at"]]
        parts.append(here.assign(step=step, hit=reached >= place))
    columns = ["step", "customer_no", "visitor", "at", "hit"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def funnel(visits: pd.DataFrame) -> Result:
    """How many visits reach each step, and how many of those that reached the step before.

    Returns
    -------
    Result
        ``step, n`` (visitors who reached it once at least)``, base`` (visitors)``, visits, reached_share`` of all
        visits with interval, ``share`` of the visits that reached the step before with interval; every interval takes
        the visitor as the unit. Empty where visits have no steps.
    """
    steps, columns = visits["reached"].cat.categories, ["step", "n", "base", "visits", "reached_share", "share"]
    table = pd.DataFrame(columns=columns)
    if len(steps) > 1 and len(visits):
        moved = occasions(visits)
        onward = clustered.shares(moved.assign(customer_no=moved["visitor"])).set_index("step")
        everybody = [visits[["visitor"]].assign(step=step, hit=visits["reached"] >= step) for step in steps]
        reached = clustered.shares(pd.concat(everybody).rename(columns={"visitor": "customer_no"})).set_index("step")
        table = reached.drop(columns="occasions").rename(columns={"times": "visits"})
        table = table.rename(columns={name: f"reached_{name}" for name in ("share", "share_low", "share_high")})
        table = table.join(onward[["share", "share_low", "share_high"]]).reset_index()
    about = {"visits": len(visits), "n": int(visits["visitor"].nunique())}
    return Result(
        "funnel",
        table,
        Text(N_("How far visits get")),
        OVERLAPPING,
        claims=_widest_gap,
        about=Text(N_("Share of {visits:count} visits by {n:count} visitors."), about),
        needs="interactions",
    )


def by_group(
    moved: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> Result:
    """Which groups get on to the next step more or less often, see `clustered.by_group`.

    Parameters
    ----------
    moved : DataFrame
        From `occasions`, of visitors who are known.
    """
    table, family = clustered.by_group(moved, profile, attributes, orders)
    return Result(
        "funnel_by_group",
        table,
        Text(N_("Who gets on to the next step more often")),
        Disclosure(within=("step", "attribute")),
        claims=teller(CLAIMS, family, False, ["step"]),
        family=family,
        about=Text(N_("Ratios among {n:count} customers."), {"n": len(profile)}),
        needs="interactions",
    )


def limits(visits: pd.DataFrame) -> list[Limit]:
    """That the way to an order is not recorded, where it is so."""
    question = N_("How many visits get from a look to the basket and to an order, and where they end")
    return [] if len(visits["reached"].cat.categories) > 2 else [Limit(question, needs=NEEDS["interactions"])]


CLAIMS = by_ratio(
    "funnel",
    N_(
        "Visits of {attribute/value:group} reach the step “{step:label}” {ratio:ratio} times as often as those of "
        "other customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the visits that came as "
        "far as the step before, n = {n:count} customers."
    ),
    N_("No group of customers gets on from step to step more or less often ({family:count} comparisons)."),
    ("attribute", "value", "step"),
    most=6,
)


def _widest_gap(table: pd.DataFrame) -> list[Finding]:
    """The step before which most visits end; nothing where the page hides it or the step before."""
    share = table["share"].astype(float)
    if not share.notna().any():
        return []
    at = int(np.nanargmin(share))
    two = table.iloc[at - 1 : at + 1]
    if len(shown(two)) < 2:
        return []
    last, row = (two.iloc[place] for place in (0, 1))
    message = N_(
        "The largest loss is before the step “{step:label}”: of {visits:count} visits that came as far as "
        "“{before:label}”, {share:share} went on ({low:share} to {high:share})."
    )
    low, high, n = float(row["share_low"]), float(row["share_high"]), int(last["n"])
    values = {"step": row["step"], "before": last["step"], "visits": int(last["visits"])}
    values |= {"share": float(row["share"]), "low": low, "high": high}
    return [Finding(message, values, id=f"funnel.{row['step']}", n=n, reach=n, interval=(low, high), effect=0.1)]


def _ordered(visits: pd.DataFrame, orders: pd.DataFrame) -> np.ndarray:
    """Whether the customer of each visit orders within `ORDER_HOURS` of its beginning."""
    known = visits.loc[visits["customer_no"].notna(), ["customer_no", "at"]].reset_index()
    known = known.astype({"customer_no": "int64"}).sort_values("at", kind="stable")
    bought = orders[["customer_no", "at"]].dropna().astype({"customer_no": "int64"}).sort_values("at", kind="stable")
    bought["bought"] = True
    window = pd.Timedelta(hours=ORDER_HOURS)
    met = pd.merge_asof(known, bought, on="at", by="customer_no", direction="forward", tolerance=window)
    return visits.index.isin(met.loc[met["bought"].notna(), "index"])
