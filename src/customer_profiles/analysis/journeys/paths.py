"""What customers do before and after they get in touch, and how they move from one channel to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import Disclosure, Result
from ...stats.claims import Claims
from ...stats.comparisons import compare_shares, family_size
from ...stats.intervals import add_shares
from .groups import difference, teller

WINDOW_DAYS = 14
"""Days before and after a contact in which something belongs to its path, as for a repeated contact (see
`pain_points.behaviour.REPEAT_DAYS`)."""

CONTACTS = {
    "chatbot": ("chatbot", "bot", "virtual assistant"),
    "chat": ("chat", "live chat"),
    "phone": ("phone", "call", "hotline", "telephone", "ivr"),
}
"""Channels or kinds of interactions that are contacts although they are no tickets."""
_CONTACT = {name: channel for channel, names in CONTACTS.items() for name in names}

ORDER, NOTHING = "path_order", "path_nothing"
SWITCHES = [
    *("first_channel", "then_channel", "n", "base", "share", "share_low", "share_high"),
    *("n_rest", "base_rest", "share_rest", "ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "effect", "claim"),
]
MIN_BASE = 50


def conversations(interactions: pd.DataFrame) -> pd.DataFrame:
    """Interactions that are contacts: ``customer_no, at, channel``, one row a day, for a conversation has many."""
    by_channel, by_kind = (interactions[name].astype("object").map(_CONTACT) for name in ("channel", "kind"))
    named = by_channel.fillna(by_kind)
    spoken = interactions.loc[named.notna(), ["customer_no", "at"]].assign(channel=named)
    return spoken[~spoken.assign(day=spoken["at"].dt.normalize()).duplicated(["customer_no", "channel", "day"])]


def timeline(contacts: pd.DataFrame, visits: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Everything customers did, one after the other.

    Parameters
    ----------
    contacts, visits : DataFrame
        ``customer_no, at, channel``. A visit by a channel of `CONTACTS` is a contact and does not count twice.
    orders : DataFrame
        ``customer_no, at``, each order once.

    Returns
    -------
    DataFrame
        ``customer_no, at, what`` (``contact_…`` and ``visit_…`` with the channel, or an order)``, channel, contact``
        (truth value), by customer and time. What has no channel, or nobody who is known, is left out.
    """
    came = visits[~visits["channel"].isin(_CONTACT)]
    parts = [contacts.assign(contact=True), came.assign(contact=False), orders.assign(channel=ORDER, contact=False)]
    columns = {"customer_no": "int64", "at": "datetime64[us]", "channel": "object", "contact": "bool"}
    known = [part[list(columns)].dropna(subset=["customer_no", "at", "channel"]).astype(columns) for part in parts]
    table = pd.concat(known, ignore_index=True)
    prefix = np.where(table["contact"], "contact_", "visit_").astype(object)
    table["what"] = np.where(table["channel"] == ORDER, ORDER, prefix + table["channel"].to_numpy(object))
    table = table.sort_values(["customer_no", "at", "what"], kind="stable", ignore_index=True)
    return table[["customer_no", "at", "what", "channel", "contact"]]


def follow(events: pd.DataFrame, contacts: pd.DataFrame, steps: int = 6) -> pd.DataFrame:
    """What each customer did before and after a contact.

    Parameters
    ----------
    events : DataFrame
        From `timeline`.
    contacts : DataFrame
        Rows of `events`, one for each customer.
    steps : int
        Steps shown, half of them on either side.

    Returns
    -------
    DataFrame
        ``customer_no, place`` (0: the contact; the same thing again and again is one step)``, what``: for each customer
        every place, `NOTHING` where nothing was within `WINDOW_DAYS` of the contact.
    """
    half, window = steps // 2, pd.Timedelta(days=WINDOW_DAYS)
    anchor = contacts[["customer_no", "at"]].assign(of=contacts.index).rename(columns={"at": "contact_at"})
    near = events.assign(row=events.index).merge(anchor, on="customer_no")
    near = near[(near["at"] - near["contact_at"]).abs() <= window]
    # The contact itself stays a step of its own; before and after it, runs of the same thing are one.
    side = np.sign(near["row"] - near["of"]).astype(int)
    key = near["customer_no"].astype("str") + side.astype("str") + near["what"].astype("str")
    near = near.assign(side=side)[key.ne(key.shift()).to_numpy()]
    after = near.groupby(["customer_no", "side"]).cumcount() + 1
    before = near.groupby(["customer_no", "side"]).cumcount(ascending=False) + 1
    place = np.select([near["side"] > 0, near["side"] < 0], [after, -before], 0)
    near = near.assign(place=place)[np.abs(place) <= half]
    every = pd.MultiIndex.from_product(
        [contacts["customer_no"], range(-half, half + 1)], names=["customer_no", "place"]
    )
    filled = near.set_index(["customer_no", "place"])["what"].reindex(every, fill_value=NOTHING)
    return filled.reset_index()


def around(counts: pd.DataFrame) -> Result:
    """The step matrix: share of the customers who do each thing at each place of the path.

    Parameters
    ----------
    counts : DataFrame of int
        Customers by what they did (rows) and place (columns).

    Returns
    -------
    Result
        ``what, position`` (−3 … +3 as text)``, n, base, share`` with interval; the most frequent thing first.
    """
    customers = int(counts.sum().max()) if len(counts) else 0
    columns = ["what", "position", "n", "base", "share", "share_low", "share_high"]
    table = pd.DataFrame(columns=columns)
    if customers:
        total = counts.drop(index=NOTHING, errors="ignore").sum(axis=1)
        order = [*sorted(total.index, key=lambda name: (-total[name], name)), NOTHING]
        rows = counts.reindex([name for name in order if name in counts.index]).stack().rename("n").reset_index()
        rows = rows.set_axis(["what", "place", "n"], axis=1).assign(base=customers)
        table = add_shares(rows.assign(position=rows["place"].map(_position)))[columns]
    return Result(
        "contact_steps",
        table,
        Text(N_("What customers do before and after a contact")),
        Disclosure(within=("position",)),
        about=Text(N_("Share of {n:count} customers with a contact."), {"n": customers}),
        needs="tickets",
    )


def flows(wide: pd.DataFrame, before: int = 1, after: int = 2) -> Result:
    """How customers move from each place of the path to the next: the flows of a Sankey diagram.

    Parameters
    ----------
    wide : DataFrame
        What each customer (row) did at each place (column).

    Returns
    -------
    Result
        ``position`` (where the flow begins)``, from_what, to_what, n, base, share``, largest first in each position.
        Who does nothing after a contact goes to `NOTHING` and does not flow on.
    """
    parts = []
    for place in range(-before, after):
        if not {place, place + 1} <= set(wide.columns):
            continue
        moved = wide.loc[(wide[place] != NOTHING) | (place < 0), [place, place + 1]]
        counted = moved.value_counts().rename_axis(["from_what", "to_what"]).rename("n").reset_index()
        counted = counted.sort_values(["n", "from_what", "to_what"], ascending=[False, True, True], kind="stable")
        parts.append(counted.assign(position=_position(place), base=len(wide)))
    columns = ["position", "from_what", "to_what", "n", "base", "share", "share_low", "share_high"]
    return Result(
        "contact_flows",
        add_shares(pd.concat(parts, ignore_index=True))[columns] if parts else pd.DataFrame(columns=columns),
        Text(N_("From one step to the next around a contact")),
        Disclosure(within=("position",)),
        about=Text(N_("Customers with a contact: {n:count}."), {"n": len(wide)}),
        needs="tickets",
    )


def switches(first: pd.DataFrame) -> Result:
    """From which channel customers turn to which, against contacts that began elsewhere.

    Parameters
    ----------
    first : DataFrame
        The first contact of each customer: ``channel``, and ``then``, the channel of the next one within
        `WINDOW_DAYS`, missing without one.

    Returns
    -------
    Result
        `SWITCHES`: of ``base`` customers whose first contact was by ``first_channel``, ``n`` were next in touch by
        ``then_channel``; the rest began on another channel. One family.
    """
    names = first["channel"].value_counts()
    names = sorted(names.index, key=lambda name: (-names[name], name))
    rows = []
    for channel in names:
        here = first["channel"] == channel
        for then in (name for name in names if (first["then"] == name).any()):
            turned = first["then"] == then
            row = {"first_channel": channel, "then_channel": then, "n": int((here & turned).sum()), "base": here.sum()}
            rows.append(row | {"n_rest": int((~here & turned).sum()), "base_rest": int((~here).sum())})
    table, family = pd.DataFrame(columns=SWITCHES), 0
    if rows and len(names) > 1:
        found = compare_shares(pd.DataFrame(rows).astype({"base": int}), MIN_BASE, ["then_channel"])
        table, family = add_shares(found)[SWITCHES], family_size(found, ["then_channel"])
    return Result(
        "channel_switches",
        table,
        Text(N_("By which channel customers get in touch next")),
        Disclosure(within=("first_channel",)),
        claims=teller(CLAIMS, family, True, ["first_channel"]),
        family=family,
        about=Text(N_("First contact of {n:count} customers."), {"n": len(first)}),
        needs="tickets",
    )


CLAIMS = Claims(
    "contacts",
    N_(
        "Who begins by “{first:label}” is next in touch by “{then:label}” within {days:count} days {ratio:ratio} times "
        "as often as who begins elsewhere ({low:ratio} to {high:ratio}): {share:share} against {rest:share}, "
        "n = {n:count}."
    ),
    {"first": "first_channel", "then": "then_channel", "n": "base", "days": lambda row: WINDOW_DAYS},
    key=("first_channel", "then_channel"),
    nothing=N_(
        "Whichever channel customers begin on, they are next in touch by the same channels: {family:count} "
        "comparisons, no difference beyond chance."
    ),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="ratio",
    effect=difference,
    most=4,
)


def limits(events: pd.DataFrame) -> list[Limit]:
    """That nobody's contacts are known, where it is so."""
    question = N_("What customers do before and after they get in touch, and how they change channels")
    return [] if events["contact"].any() else [Limit(question, needs=NEEDS["tickets"])]


def _position(place: int) -> str:
    """A place of the path as it is written.

    >>> _position(-2), _position(0), _position(1)
    ('−2', '0', '+1')
    """
    return f"{place:+d}".replace("-", "−") if place else "0"
