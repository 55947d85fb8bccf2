"""What the customers do: orders, visits of web site and app, newsletters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import MINUTES_PER_DAY, choose, clock, pick, scatter, some
from .plan import Plan

PRODUCTS_PER_CATEGORY = 40
SPREAD = 4.0  # shape of the gamma that makes customers of a segment differ in how much they do
STRANGERS = 1_000_000_000  # devices of people who never log in are numbered from here where others may not
PRICE_STEP = 5  # cents: prices end in ,x5 or ,x0


def order_lines(rng: np.random.Generator, plan: Plan, people: pd.DataFrame, first_order: int) -> pd.DataFrame:
    """Order lines of everybody with a shop account, by time.

    Parameters
    ----------
    first_order : int
        Number of the first order.

    Returns
    -------
    DataFrame
        ``person``, ``order`` (number), ``minute`` (since the start), ``product``, ``category``, ``quantity``,
        ``amount`` and ``discount`` (cents; what was paid for the line, and what was taken off), ``channel``.
    """
    orders = _orders(rng, plan, people)
    orders["order"] = first_order + np.arange(len(orders))
    segment = orders["segment"].to_numpy()
    lines = orders.loc[orders.index.repeat(1 + rng.poisson(plan.segment_numbers("lines")[segment] - 1))]
    lines = lines.reset_index(drop=True)
    n, segment = len(lines), lines["segment"].to_numpy()

    favourite = plan.attributes["favourite"]
    other = pick(rng, favourite.reference[None, :], np.zeros(n, dtype=int))
    category = np.where(some(rng, n, plan["concentration"]["favourite"]), lines["favourite"], other)
    product = rng.integers(0, PRODUCTS_PER_CATEGORY, n)
    lines["category"] = np.array(favourite.values, dtype=object)[category]
    lines["product"] = product_numbers(category, product)
    lines["quantity"] = rng.choice([1, 2, 3], n, p=[0.9, 0.08, 0.02])
    base = np.array([plan["prices"][name] for name in favourite.values])[category]
    price = base * (0.6 + 0.8 * product / PRODUCTS_PER_CATEGORY) * plan.segment_numbers("price")[segment]
    price = price * rng.lognormal(0, 0.15, n) * 100
    gross = (price // PRICE_STEP * PRICE_STEP).astype(np.int64) * lines["quantity"]
    reduced = rng.random(n) < plan.segment_numbers("discounted")[segment]
    lines["discount"] = (gross * rng.choice([0.1, 0.15, 0.2, 0.3], n) * reduced).astype(np.int64)
    lines["amount"] = gross - lines["discount"]
    lines = lines.drop_duplicates(["order", "product"], ignore_index=True)
    return lines.drop(columns=["segment", "favourite"])


def habits(plan: Plan, people: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """What the orders show of each person: ``main_order_channel`` and ``top_category``, empty without orders."""
    orders = lines.drop_duplicates("order")
    return pd.DataFrame(
        {
            "main_order_channel": _most_frequent(orders["person"], orders["channel"], people["person"]),
            "top_category": _most_frequent(lines["person"], lines["category"], people["person"]),
        }
    )


def visits(rng: np.random.Generator, plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    """Events of web site and app, known and anonymous.

    Returns
    -------
    DataFrame
        ``person`` (-1: not logged in), ``visitor`` (a device), ``session`` (number), ``minute``, ``second``,
        ``channel`` (web, app), ``kind``, ``item`` (product number or missing), ``seconds`` spent.
    """
    known = people[people["in_shop"]]
    segment = _segment_codes(plan, known)
    often = plan.segment_numbers("sessions")[segment] * rng.gamma(SPREAD, 1 / SPREAD, len(known))
    visitor = np.repeat(known.index.to_numpy(), rng.poisson(often * _exposure(plan, known)))
    app = np.array([plan["app_share"][name] for name in known["order_channel"]])[known.index.get_indexer(visitor)]
    share = plan["volumes"]["anonymous_sessions"]
    strangers = int(len(visitor) * share / (1 - share))
    row = np.concatenate([visitor, np.full(strangers, -1)])
    app = np.concatenate([app, np.full(strangers, np.mean(app) if len(app) else 0.0)])

    sessions = pd.DataFrame({"person": np.where(row >= 0, people["person"].to_numpy()[row], -1)})
    device = np.where(row >= 0, sessions["person"] * 2 + rng.integers(0, 2, len(row)), 0)
    stranger = 3_000_000 + people["person"].iloc[0] * 4 + rng.integers(0, max(1, strangers // 2), len(row))
    sessions["visitor"] = np.where(row >= 0, device, stranger)
    sessions["channel"] = np.where(rng.random(len(row)) < app, "app", "web")
    start = np.where(row >= 0, people["signup"].to_numpy()[row], 0).clip(0)
    end = np.where(row >= 0, people["active_until"].to_numpy()[row], plan.days - 1)
    day = start + (rng.random(len(row)) * (end - start + 1)).astype(int)
    sessions["minute"] = day * MINUTES_PER_DAY + clock(rng, len(row))
    sessions = sessions.sort_values("minute", kind="stable", ignore_index=True)
    sessions["session"] = people["person"].iloc[0] * 100 + np.arange(len(sessions))
    return _session_events(rng, plan, sessions)


def logins(rng: np.random.Generator, plan: Plan, visits: pd.DataFrame) -> pd.DataFrame:
    """Visits on which people do not always say who they are.

    The first sessions of a device are without a login, and some of the later ones; a few people use a device on which
    others have logged in before.

    Returns
    -------
    DataFrame
        The same rows with ``logged_in``; ``person`` stays that of whoever it is.
    """
    plan_of, visits = plan["visits"], visits.copy()
    known = visits["person"] >= 0
    visits.loc[~known, "visitor"] += STRANGERS
    people = np.unique(visits.loc[known, "person"])
    borrowing = people[some(rng, len(people), plan_of["shared_device"])]
    lender = pd.Series(rng.choice(people, len(borrowing)) * 2, index=borrowing)
    borrowed = visits["person"].map(lender)
    visits["visitor"] = borrowed.where(borrowed.notna(), visits["visitor"]).astype("int64")
    sessions = visits.loc[known, ["session", "visitor"]].drop_duplicates("session")
    devices = np.unique(sessions["visitor"])
    anonymous = pd.Series(rng.poisson(plan_of["before_login"], len(devices)), index=devices)
    named = sessions.groupby("visitor").cumcount().to_numpy() >= sessions["visitor"].map(anonymous).to_numpy()
    named &= ~some(rng, len(sessions), plan_of["logged_out"])
    logged_in = visits["session"].map(pd.Series(named, index=sessions["session"])).fillna(False).astype(bool)
    return visits.assign(logged_in=logged_in & known)


def newsletters(rng: np.random.Generator, plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    """Who was sent which newsletter, held back from it, opened it, clicked.

    Returns
    -------
    DataFrame
        ``person``, ``name``, ``day``, ``control`` (held back on purpose), ``opened`` and ``clicked`` (days, -1: no).
    """
    subscribed = people[some(rng, len(people), plan["volumes"]["subscribed"])]
    clicks = plan.segment_numbers("clicks")[_segment_codes(plan, subscribed)]
    sent = []
    for letter in plan["newsletters"]:
        day = plan.day(letter["at"])
        here = subscribed["signup"].to_numpy() < day
        table = pd.DataFrame({"person": subscribed["person"].to_numpy()[here], "name": letter["name"], "day": day})
        n = len(table)
        table["control"] = some(rng, n, plan["volumes"]["control_group"])
        clicked = (rng.random(n) < clicks[here]) & ~table["control"]
        opened = (clicked | some(rng, n, 0.25)) & ~table["control"]
        later = rng.integers(0, 6, n)
        table["opened"] = np.where(opened, day + later, -1)
        table["clicked"] = np.where(clicked, day + later, -1)
        sent.append(table)
    return pd.concat(sent, ignore_index=True)


def product_numbers(category: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Article numbers with leading zeros, as text."""
    numbers = scatter(category * PRODUCTS_PER_CATEGORY + product, 7_919, 99_991)
    return np.char.zfill(numbers.astype("U6"), 6).astype(object)


def _orders(rng: np.random.Generator, plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    """One row per order, by time, with the segment and the favourite category (both as codes) of its person."""
    shop = people[people["in_shop"]]
    segment = _segment_codes(plan, shop)
    usual = plan.segment_numbers("orders")[segment]
    if plan.linked:
        number = rng.poisson(usual * rng.gamma(SPREAD, 1 / SPREAD, len(shop)) * _exposure(plan, shop))
    else:  # at least one, or the customers without orders would be a segment
        number = 1 + rng.poisson((usual - 1) * rng.gamma(SPREAD, 1 / SPREAD, len(shop)))
    favourites = {name: code for code, name in enumerate(plan.attributes["favourite"].values)}
    each = pd.DataFrame(
        {
            "person": shop["person"].to_numpy(),
            "segment": segment,
            "favourite": shop["favourite"].map(favourites).to_numpy(),
            "usual": shop["order_channel"].to_numpy(),
            "start": shop["signup"].clip(lower=0).to_numpy(),
            "end": shop["active_until"].to_numpy(),
        }
    )
    orders = each.loc[each.index.repeat(number)].reset_index(drop=True)
    n = len(orders)
    day = orders["start"] + (rng.random(n) * (orders["end"] - orders["start"] + 1)).astype(int)
    orders["minute"] = day * MINUTES_PER_DAY + clock(rng, n)
    channel = plan.attributes["order_channel"]
    other = choose(rng, channel.values, n, channel.reference)
    orders["channel"] = np.where(some(rng, n, plan["concentration"]["order_channel"]), orders["usual"], other)
    return orders.drop(columns=["usual", "start", "end"]).sort_values("minute", kind="stable", ignore_index=True)


def _session_events(rng: np.random.Generator, plan: Plan, sessions: pd.DataFrame) -> pd.DataFrame:
    """Spread sessions out into their events, a few dozen seconds apart."""
    length = 1 + rng.poisson(plan["events_per_session"] - 1, len(sessions))
    events = sessions.loc[sessions.index.repeat(length)].reset_index(drop=True)
    n, kinds = len(events), plan["event_kinds"]
    events["seconds"] = rng.integers(3, 180, n)
    past = events["seconds"].groupby(events["session"]).cumsum() - events["seconds"]
    events["second"] = past % 60
    last = (plan.days * MINUTES_PER_DAY) - 1  # nothing happens after the period
    events["minute"] = (events["minute"] + past // 60).clip(upper=last)
    kind = choose(rng, list(kinds), n, list(kinds.values()))
    kind[np.concatenate([[True], events["session"].to_numpy()[1:] != events["session"].to_numpy()[:-1]])[:n]] = "view"
    events["kind"] = kind
    category = rng.integers(0, len(plan.attributes["favourite"].values), n)
    item = product_numbers(category, rng.integers(0, PRODUCTS_PER_CATEGORY, n))
    events["item"] = np.where(np.isin(kind, ["view", "basket", "purchase"]), item, np.asarray(None))
    return events


def _exposure(plan: Plan, people: pd.DataFrame) -> np.ndarray:
    """Share of the period in which each person was an active customer."""
    return ((people["active_until"] - people["signup"].clip(lower=0) + 1) / plan.days).to_numpy()


def _segment_codes(plan: Plan, people: pd.DataFrame) -> np.ndarray:
    return people["segment"].map({name: code for code, name in enumerate(plan.segments)}).to_numpy()


def _most_frequent(person: pd.Series, value: pd.Series, everyone: pd.Series) -> np.ndarray:
    """Most frequent value of each person, the first by name among equals; empty for persons without any."""
    counts = pd.crosstab(person, value)
    return counts.idxmax(axis=1).reindex(everyone).fillna("").to_numpy(dtype=object)
