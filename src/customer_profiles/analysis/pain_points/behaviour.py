"""Pains that nobody wrote about: they show in what customers do and in what happens to them.

Every behaviour has occasions, on which it could have shown, and those of them on which it did. A search that led to
nothing says little of somebody who searched a hundred times; so rates are always of occasions, never of customers
who did something often enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from ...messages import N_, Text, Value

Tables = Mapping[str, pd.DataFrame]

SEARCHES = ("search", "site search", "view_search_results")
LOOKS = ("view", "product view", "view_item", "product viewed", "viewed product")
BASKETS = ("basket", "cart", "add to cart", "add_to_cart", "product added", "added to cart")
PURCHASES = ("purchase", "order", "order completed", "placed order")
"""Kinds of interactions, as exports of web and app analytics call them."""

LATE, IN_TIME = ("late delivery", "late_delivery"), ("delivery in time", "delivery")
"""Kinds of interactions that tell how a parcel arrived."""

BASKET_DAYS = 7
"""Days after which what lies in a basket counts as left there: shops remind of it within the first three, and an
order that follows a week later is hardly that of the same visit."""

REPEAT_DAYS = 14
"""Days within which another ticket counts as the same trouble again. First-contact resolution is measured over 7 to
30 days (Dixon, Freeman & Toman 2010, Stop Trying to Delight Your Customers, Harvard Business Review 88(7/8):116–122,
count calls again within 7 to 14 days)."""

LONG_HOURS = 72
"""Hours from which a case took long: three days, after which most customers have asked again."""

LAST_OFFERS = 3
"""Offers in a row of which none was taken up. As many of everybody: who gets more offers has more chances."""


_OCCASION = {"pain": "str", "source": "str", "customer_no": "int64", "at": "datetime64[us]", "hit": "bool"}


@dataclass(frozen=True)
class Behaviour:
    """A pain that shows in behaviour.

    Parameters
    ----------
    name : str
        Short name; reports translate it.
    tables : tuple of str
        Canonical tables it is read from; without the first there is nothing to see.
    definition : str
        What exactly counts, in a sentence that the report shows.
    find : callable
        Takes the tables and the day of the run; returns one row per occasion with ``customer_no, at, hit``, or None if
        the tables do not record such a thing. ``at`` may be missing.
    values : dict
        Numbers in the definition.
    """

    name: str
    tables: tuple[str, ...]
    definition: str
    find: Callable[[Tables, pd.Timestamp], pd.DataFrame | None]
    values: dict[str, Value] = field(default_factory=dict)


def occasions(tables: Tables, as_of: date) -> pd.DataFrame:
    """Every occasion on which one of `BEHAVIOURS` could have shown.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Canonical tables by name; those that no source fills may be empty or absent.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``pain, source`` (canonical tables, joined by "+")``, customer_no, at, hit``; oldest first within each pain and
        customer. Occasions of unknown customers are left out.
    """
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    parts = []
    for behaviour in BEHAVIOURS:
        if not len(tables.get(behaviour.tables[0], ())):
            continue
        found = behaviour.find(tables, end)
        if found is not None and len(found):
            found = found[found["customer_no"].notna()].assign(pain=behaviour.name, source="+".join(behaviour.tables))
            parts.append(found.sort_values(["customer_no", "at"], kind="stable"))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_OCCASION))
    return table[list(_OCCASION)].astype(_OCCASION)


def definitions(found: pd.DataFrame) -> list[Text]:
    """What each behaviour that `occasions` found means, a sentence for each."""
    known = set(found["pain"])
    return [Text(each.definition, {"pain": each.name} | each.values) for each in BEHAVIOURS if each.name in known]


def _visits(tables: Tables) -> pd.DataFrame:
    """Interactions of known customers by visit and time; without session numbers, a day of a customer is a visit."""
    rows = tables["interactions"]
    rows = rows.loc[rows["customer_no"].notna(), ["customer_no", "at", "kind", "session_id"]].copy()
    session, days = pd.factorize(rows.pop("session_id"))[0], pd.factorize(rows["at"].dt.normalize())[0]
    rows["session"] = np.where(session >= 0, session, -1 - days)
    rows["visit"] = rows.groupby(["customer_no", "session"], sort=False).ngroup()
    return rows.sort_values(["visit", "at"], kind="stable", ignore_index=True)


def _after(rows: pd.DataFrame, first: tuple[str, ...], then: tuple[str, ...], last: bool) -> pd.DataFrame | None:
    """Visits with something of the kinds `first`, and whether one of `then` came after the last or first of them."""
    order = np.arange(len(rows))
    starts = pd.Series(order, rows.index).where(rows["kind"].isin(first)).groupby(rows["visit"])
    start = (starts.max() if last else starts.min()).dropna()
    if start.empty:
        return None
    final = pd.Series(order, rows.index).where(rows["kind"].isin(then)).groupby(rows["visit"]).max()
    at = rows.iloc[start.to_numpy(int)].set_index("visit")[["customer_no", "at"]]
    return at.assign(followed=(final.reindex(at.index) > start.reindex(at.index)).to_numpy())


def _failed_searches(tables: Tables, end: pd.Timestamp) -> pd.DataFrame | None:
    visits = _after(_visits(tables), SEARCHES, (*LOOKS, *BASKETS, *PURCHASES), last=True)
    return None if visits is None else visits.assign(hit=~visits["followed"])


def _abandoned_baskets(tables: Tables, end: pd.Timestamp) -> pd.DataFrame | None:
    visits = _after(_visits(tables), BASKETS, PURCHASES, last=False)
    if visits is None:
        return None
    week = pd.Timedelta(days=BASKET_DAYS)
    visits = visits[visits["at"] < end - week].astype({"customer_no": "int64"})
    orders = tables.get("transactions")
    if orders is not None and len(orders):
        known = orders.loc[orders["customer_no"].notna(), ["customer_no", "at"]].astype({"customer_no": "int64"})
        known = known.drop_duplicates().rename(columns={"at": "ordered_at"}).sort_values("ordered_at")
        visits = pd.merge_asof(
            visits.sort_values("at", kind="stable"),
            known,
            left_on="at",
            right_on="ordered_at",
            by="customer_no",
            direction="forward",
            tolerance=week,
        )
        visits["followed"] = visits["followed"] | visits["ordered_at"].notna()
    return visits.assign(hit=~visits["followed"].astype(bool))


def _late_deliveries(tables: Tables, end: pd.Timestamp) -> pd.DataFrame | None:
    rows = tables["interactions"]
    parcels = rows.loc[rows["kind"].isin([*LATE, *IN_TIME]), ["customer_no", "at", "kind"]]
    return parcels.assign(hit=parcels["kind"].isin(LATE)) if parcels["kind"].isin(LATE).any() else None


def _tickets(tables: Tables) -> pd.DataFrame:
    tickets = tables["tickets"].rename(columns={"opened_at": "at"})
    return tickets.sort_values(["customer_no", "at"], kind="stable")


def _repeated_contacts(tables: Tables, end: pd.Timestamp) -> pd.DataFrame:
    tickets = _tickets(tables)
    since = tickets["at"] - tickets.groupby("customer_no")["at"].shift()
    return tickets[["customer_no", "at"]].assign(hit=since <= pd.Timedelta(days=REPEAT_DAYS))


def _reopened(tables: Tables, end: pd.Timestamp) -> pd.DataFrame | None:
    tickets = _tickets(tables)
    known = tickets[tickets["reopened"].notna()] if "reopened" in tickets else tickets[:0]
    return known[["customer_no", "at"]].assign(hit=known["reopened"].astype(bool)) if len(known) else None


def _long_resolutions(tables: Tables, end: pd.Timestamp) -> pd.DataFrame | None:
    tickets = _tickets(tables)
    if "closed_at" not in tickets or tickets["closed_at"].isna().all():
        return None
    hours = (tickets["closed_at"].fillna(end) - tickets["at"]).dt.total_seconds() / 3600
    decided = tickets["closed_at"].notna() | (hours > LONG_HOURS)
    return tickets.loc[decided, ["customer_no", "at"]].assign(hit=hours[decided] > LONG_HOURS)


def _returns(tables: Tables, end: pd.Timestamp) -> pd.DataFrame | None:
    lines = tables["transactions"]
    back = lines["amount"].lt(0) | (lines["quantity"].lt(0) if "quantity" in lines else False)
    return lines[["customer_no", "at"]].assign(hit=back) if back.any() else None


def _ignored_offers(tables: Tables, end: pd.Timestamp) -> pd.DataFrame | None:
    offers = tables["campaigns"]
    sent = offers[~offers["control_group"].fillna(False).astype(bool)] if "control_group" in offers else offers
    taken = sent["responded"].fillna(False).astype(bool) if "responded" in sent else pd.Series(False, sent.index)
    if "responded_at" in sent:
        taken |= sent["responded_at"].notna()
    if not taken.any():
        return None
    last = (
        sent.assign(taken=taken)
        .sort_values(["customer_no", "at"], kind="stable")
        .groupby("customer_no")
        .tail(LAST_OFFERS)
    )
    each = last.groupby("customer_no")["taken"].agg(["size", "sum"]).reset_index()
    each = each[each["size"] == LAST_OFFERS]
    return pd.DataFrame({"customer_no": each["customer_no"], "at": pd.NaT, "hit": each["sum"] == 0})


BEHAVIOURS = (
    Behaviour(
        "late_delivery",
        ("interactions",),
        N_("{pain:value}: a parcel that came after the promised day had begun."),
        _late_deliveries,
    ),
    Behaviour(
        "failed_search",
        ("interactions",),
        N_("{pain:value}: a visit after whose last search no product was looked at, put into the basket or bought."),
        _failed_searches,
    ),
    Behaviour(
        "abandoned_basket",
        ("interactions", "transactions"),
        N_(
            "{pain:value}: a visit in which something was put into the basket, without a purchase in it and without an "
            "order in the next {days:count} days."
        ),
        _abandoned_baskets,
        {"days": BASKET_DAYS},
    ),
    Behaviour(
        "repeated_contact",
        ("tickets",),
        N_("{pain:value}: a ticket opened within {days:count} days of an earlier one."),
        _repeated_contacts,
        {"days": REPEAT_DAYS},
    ),
    Behaviour(
        "reopened_case",
        ("tickets",),
        N_("{pain:value}: a ticket that was opened again after it was closed."),
        _reopened,
    ),
    Behaviour(
        "long_resolution",
        ("tickets",),
        N_("{pain:value}: a ticket that took longer than {hours:count} hours to be closed."),
        _long_resolutions,
        {"hours": LONG_HOURS},
    ),
    Behaviour(
        "returned_goods",
        ("transactions",),
        N_("{pain:value}: an order line with a negative amount or quantity."),
        _returns,
    ),
    Behaviour(
        "ignored_offers",
        ("campaigns",),
        N_("{pain:value}: none of the last {offers:count} offers sent to a customer was taken up."),
        _ignored_offers,
        {"offers": LAST_OFFERS},
    ),
)
