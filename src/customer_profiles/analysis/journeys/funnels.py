"""Visits and their steps: how far they get, where they end, and which customers get on less often."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats.comparisons import family_size, shown
from ..demographics.categories import Orders
from ..pain_points.behaviour import BASKETS, IN_TIME, LATE, LOOKS, PURCHASES
from . import clustered

CHECKOUTS = ("checkout", "begin checkout", "begin_checkout", "payment", "add payment info")
"""Kinds of interactions between basket and purchase, as exports of web and app analytics call them."""

VISIT = "step_visit"
STEPS = {
    "step_look": LOOKS,
    "step_basket": BASKETS,
    "step_checkout": CHECKOUTS,
    "step_order": PURCHASES,
}
"""Steps in the order customers take them. Who took a later one has taken those before, whether it was recorded or not:
an export that lacks some events must not invent drop-outs."""

ORDER_HOURS = 24
"""Where the interactions record no purchase: hours after the beginning of a visit in which an order counts as its
own."""

CLAIMS_TOLD = 6


def visits(interactions: pd.DataFrame, orders: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per visit: who it was, when it began, and the last step it reached.

    Parameters
    ----------
    interactions : DataFrame
        ``customer_no, at, kind`` and, if known, ``anonymous_id, session_id, channel``. Without a session number a day
        of a visitor is a visit.
    orders : DataFrame, optional
        ``customer_no, at`` of orders: counted where no kind of interaction is a purchase.

    Returns
    -------
    DataFrame
        ``visitor`` (customer, else device)``, customer_no`` (missing: never logged in)``, at, channel, reached``
        (position in `recorded`, 0: no step).
    """
    rows = own(interactions).reset_index(drop=True)
    device = rows["anonymous_id"] if "anonymous_id" in rows else pd.Series(pd.NA, rows.index)
    number = rows["customer_no"].astype("Int64")
    who = (
        number.astype("str")
        .astype("object")
        .where(number.notna(), "–" + device.astype("object").fillna("").astype(str))
    )
    session = rows["session_id"].astype("object") if "session_id" in rows else pd.Series(None, rows.index, dtype=object)
    visit = session.where(session.notna(), who + " " + rows["at"].dt.strftime("%Y-%m-%d"))
    steps = recorded(rows)
    place = {kind: at for at, step in enumerate(steps) for kind in STEPS.get(step, ())}
    found = pd.DataFrame(
        {
            "visit": pd.factorize(visit)[0],
            "visitor": who,
            "customer_no": number,
            "at": rows["at"],
            "channel": rows["channel"].astype("object") if "channel" in rows else None,
            "reached": rows["kind"].map(place).fillna(0).astype(int),
        }
    ).sort_values(["visit", "at"], kind="stable")
    grouped = found.groupby("visit", sort=False)
    table = grouped.agg(customer_no=("customer_no", "first"), at=("at", "first"), channel=("channel", "first"))
    table["reached"] = grouped["reached"].max()
    named = table["customer_no"].astype("str").astype("object")
    table.insert(0, "visitor", named.where(table["customer_no"].notna(), grouped["visitor"].first()))
    table = table.reset_index(drop=True)
    if "step_order" not in steps and len(steps) > 1 and orders is not None and len(orders):
        table["reached"] = table["reached"].mask(_ordered(table, orders), len(steps))
    return table


def own(interactions: pd.DataFrame) -> pd.DataFrame:
    """Interactions that customers began: a parcel that arrives is none."""
    return interactions[~interactions["kind"].isin([*LATE, *IN_TIME])]


def recorded(interactions: pd.DataFrame) -> list[str]:
    """The visit and those of `STEPS` that the interactions record, in order; only the visit if it is no shop's site."""
    kinds = set(interactions["kind"].dropna().unique()) if len(interactions) else set()
    return [VISIT, *(step for step, names in STEPS.items() if kinds & set(names))]


def steps_of(visits: pd.DataFrame, interactions: pd.DataFrame) -> list[str]:
    """`recorded`, and the order where it is known from the orders only."""
    steps = recorded(interactions)
    return [*steps, "step_order"] if len(visits) and visits["reached"].max() >= len(steps) else steps


def occasions(visits: pd.DataFrame, steps: list[str]) -> pd.DataFrame:
    """Every step a visit reached but the last, and whether it got on to the next one.

    Returns
    -------
    DataFrame
        ``step`` (the next one)``, customer_no, visitor, at, hit``.
    """
    parts = []
    for place, step in enumerate(steps[1:], start=1):
        here = visits.loc[visits["reached"] >= place - 1, ["customer_no", "visitor", "at", "reached"]]
        parts.append(here.assign(step=step, hit=here["reached"] >= place).drop(columns="reached"))
    columns = ["step", "customer_no", "visitor", "at", "hit"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def funnel(visits: pd.DataFrame, steps: list[str]) -> pd.DataFrame:
    """How many visits reach each step, and how many of those that reached the step before.

    Returns
    -------
    DataFrame
        ``step, n`` (visitors who reached it once at least)``, base`` (visitors)``, visits, reached_share`` of all
        visits with interval, ``share`` of the visits that reached the step before with interval; every interval takes
        the visitor as the unit.
    """
    if len(steps) < 2 or not len(visits):
        return pd.DataFrame(columns=["step", "n", "base", "visits", "reached_share", "share"])
    moved = occasions(visits, steps)
    onward = clustered.shares(moved.assign(customer_no=moved["visitor"])).set_index("step")
    everybody = [
        visits[["visitor"]].assign(step=step, hit=visits["reached"] >= place) for place, step in enumerate(steps)
    ]
    reached = clustered.shares(pd.concat(everybody).rename(columns={"visitor": "customer_no"})).set_index("step")
    table = reached.drop(columns="occasions").rename(columns={"times": "visits"})
    table = table.rename(columns={name: f"reached_{name}" for name in ("share", "share_low", "share_high")})
    return table.join(onward[["share", "share_low", "share_high"]]).reset_index()


def visitors(visits: pd.DataFrame) -> int:
    """How many customers and devices the visits belong to."""
    return int(visits["visitor"].nunique())


def by_group(
    moved: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> pd.DataFrame:
    """Which groups get on to the next step more or less often; visits of unknown visitors are left out."""
    known = moved[moved["customer_no"].notna()] if len(moved) else moved
    return clustered.by_group(known, profile, attributes, orders)


def findings(table: pd.DataFrame, differences: pd.DataFrame, chapter: str = "06") -> list[Finding]:
    """Where most visits end, and who gets on less often than others, or that nobody does.

    Parameters
    ----------
    table : DataFrame
        From `funnel`, marked by the gate.
    differences : DataFrame
        From `by_group`, marked by the gate.
    """
    if not len(table):
        return []
    return [*_widest_gap(table, chapter), *_groups(differences, chapter)]


def limits(steps: list[str]) -> list[Limit]:
    """That the way to an order is not recorded, where it is so."""
    question = N_("How many visits get from a look to the basket and to an order, and where they end")
    return [] if len(steps) > 2 else [Limit(question, needs=NEEDS["interactions"])]


def _widest_gap(table: pd.DataFrame, chapter: str) -> list[Finding]:
    steps = table[table["share"].notna() & shown(table)]
    if steps.empty:
        return []
    row = steps.loc[steps["share"].astype(float).idxmin()]
    before = table.iloc[table.index.get_loc(row.name) - 1]
    message = N_(
        "The largest loss is before the step “{step:label}”: of {visits:count} visits that came as far as "
        "“{before:label}”, {share:share} went on ({low:share} to {high:share})."
    )
    low, high = float(row["share_low"]), float(row["share_high"])
    values = {"step": row["step"], "before": before["step"], "visits": int(before["visits"])}
    values |= {"share": float(row["share"]), "low": low, "high": high}
    evidence = {"n": int(before["n"]), "table": "funnel", "interval": (low, high), "effect": 0.1}
    return [Finding(message, values, id=f"{chapter}.funnel.{row['step']}", reach=int(before["n"]), **evidence)]


def _groups(table: pd.DataFrame, chapter: str) -> list[Finding]:
    family = family_size(table, clustered.TOGETHER) if len(table) else 0
    if not family:
        return []
    evidence = {"table": "funnel_by_group", "test": TEST, "family": family}
    claims = table[table["claim"].astype(bool)]
    if claims.empty:
        none = N_("No group of customers gets on from step to step more or less often ({family:count} comparisons).")
        n = int(table["base"].max())
        return [Finding(none, {"family": family}, id=f"{chapter}.funnel.nothing", n=n, kind="nothing", **evidence)]
    spoken = claims[shown(claims) & (claims["ratio"] < 1)].sort_values(["effect", "step"], kind="stable")
    return [_claim(row, chapter, evidence) for row in spoken.head(CLAIMS_TOLD).itertuples()]


TEST = N_("score test with the customer as the unit, Benjamini–Hochberg")


def _claim(row, chapter: str, evidence: dict) -> Finding:
    message = N_(
        "Visits of {attribute:label} “{value:label}” reach the step “{step:label}” {ratio:ratio} times as often as "
        "those of other customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the visits that "
        "came as far as the step before, n = {n:count} customers."
    )
    low, high = float(row.ratio_low), float(row.ratio_high)
    values = {"attribute": row.attribute, "value": row.value, "step": row.step, "ratio": float(row.ratio)}
    values |= {"low": low, "high": high, "share": float(row.share), "rest": float(row.share_rest), "n": int(row.base)}
    return Finding(
        message,
        values,
        id=f"{chapter}.funnel.{row.attribute}.{row.value}.{row.step}",
        n=int(row.base),
        interval=(low, high),
        p_adjusted=float(row.p_adjusted),
        effect=abs(float(row.share) - float(row.share_rest)),
        reach=int(row.base),
        kind="difference",
        **evidence,
    )


def _ordered(visits: pd.DataFrame, orders: pd.DataFrame) -> np.ndarray:
    """Whether the customer of each visit orders within `ORDER_HOURS` of its beginning."""
    known = visits.loc[visits["customer_no"].notna(), ["customer_no", "at"]].reset_index()
    known = known.astype({"customer_no": "int64"}).sort_values("at", kind="stable")
    bought = orders[["customer_no", "at"]].dropna().astype({"customer_no": "int64"}).sort_values("at", kind="stable")
    bought["bought"] = True
    window = pd.Timedelta(hours=ORDER_HOURS)
    met = pd.merge_asof(known, bought, on="at", by="customer_no", direction="forward", tolerance=window)
    return visits.index.isin(met.loc[met["bought"].notna(), "index"])
