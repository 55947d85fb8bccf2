"""What customers do before and after they get in touch, and how they move from one channel to the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats.comparisons import compare_shares, family_size, shown
from ...stats.intervals import add_shares
from . import funnels

WINDOW_DAYS = 14
"""Days before and after a contact in which something belongs to its path, as for a repeated contact (see
`pain_behaviour.REPEAT_DAYS`)."""

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
CLAIMS_TOLD = 4


def timeline(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Everything customers did, one after the other.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``tickets, interactions, transactions`` as far as a source fills them.

    Returns
    -------
    DataFrame
        ``customer_no, at, what`` (``contact_…`` and ``visit_…`` with the channel, or an order)``, channel, contact``
        (truth value), by customer and time. A visit is one row, and so is an order; what has no channel is left out.
    """
    parts = []
    tickets = tables.get("tickets")
    if tickets is not None and len(tickets) and "channel" in tickets:
        rows = tickets.rename(columns={"opened_at": "at"})[["customer_no", "at", "channel"]]
        parts.append(rows.assign(contact=True))
    touches = tables.get("interactions")
    if touches is not None and len(touches):
        touches = funnels.own(touches)
        visits = funnels.visits(touches)[["customer_no", "at", "channel"]]
        parts.append(visits[~visits["channel"].isin(_CONTACT)].assign(contact=False))
        named = touches["channel"].map(_CONTACT).fillna(touches["kind"].map(_CONTACT))
        spoken = touches.loc[named.notna(), ["customer_no", "at"]].assign(channel=named, contact=True)
        day = spoken["at"].dt.normalize()  # a conversation has many rows
        parts.append(spoken[~spoken.assign(day=day).duplicated(["customer_no", "channel", "day"])])
    lines = tables.get("transactions")
    if lines is not None and len(lines):
        bought = lines[["customer_no", "at"]].drop_duplicates()
        parts.append(bought.assign(channel=ORDER, contact=False))
    columns = {"customer_no": "int64", "at": "datetime64[us]", "channel": "object", "contact": "bool"}
    parts = [part.dropna(subset=["customer_no", "at", "channel"]).astype(columns) for part in parts]
    parts = [part[list(columns)] for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=["customer_no", "at", "what", "channel", "contact"])
    table = pd.concat(parts, ignore_index=True)
    prefix = np.where(table["contact"], "contact_", "visit_")
    table["what"] = np.where(table["channel"] == ORDER, ORDER, prefix + table["channel"].astype("str").to_numpy(object))
    table = table.sort_values(["customer_no", "at", "what"], kind="stable", ignore_index=True)
    return table[["customer_no", "at", "what", "channel", "contact"]]


def paths(events: pd.DataFrame, as_of: date, steps: int = 6) -> pd.DataFrame:
    """What each customer did before and after the first contact that can be followed on both sides.

    Parameters
    ----------
    events : DataFrame
        From `timeline`.
    as_of : date
        Day of the run.
    steps : int
        Steps shown, half of them on either side.

    Returns
    -------
    DataFrame
        ``customer_no, place`` (0: the contact; the same thing again and again is one step)``, what``: for each customer
        every place, `NOTHING` where nothing was within `WINDOW_DAYS` of the contact.
    """
    half, window = steps // 2, pd.Timedelta(days=WINDOW_DAYS)
    begin, end = events["at"].min() + window, pd.Timestamp(as_of) + pd.Timedelta(days=1) - window
    anchors = events[events["contact"] & events["at"].between(begin, end)].drop_duplicates("customer_no")
    if anchors.empty:
        return pd.DataFrame({"customer_no": [], "place": [], "what": []})
    anchor = anchors.assign(row=anchors.index).set_index("customer_no")
    near = events.assign(row=events.index, of=events["customer_no"].map(anchor["row"]))
    near = near[near["of"].notna()]
    apart = (near["at"] - near["customer_no"].map(anchor["at"])).abs()
    near = near[apart <= window]
    # The contact itself stays a step of its own; before and after it, runs of the same thing are one.
    side = np.sign(near["row"] - near["of"]).astype(int)
    key = near["customer_no"].astype("str") + side.astype("str") + near["what"].astype("str")
    near = near.assign(side=side)[key.ne(key.shift()).to_numpy()]
    after = near.groupby(["customer_no", "side"]).cumcount() + 1
    before = near.groupby(["customer_no", "side"]).cumcount(ascending=False) + 1
    place = np.select([near["side"] > 0, near["side"] < 0], [after, -before], 0)
    near = near.assign(place=place)[np.abs(place) <= half]
    every = pd.MultiIndex.from_product([anchors["customer_no"], range(-half, half + 1)], names=["customer_no", "place"])
    filled = near.set_index(["customer_no", "place"])["what"].reindex(every, fill_value=NOTHING)
    return filled.reset_index()


def around(walked: pd.DataFrame) -> pd.DataFrame:
    """The step matrix: share of the customers who do each thing at each place of the path.

    Returns
    -------
    DataFrame
        ``what, position`` (−3 … +3 as text)``, n, base, share`` with interval; the most frequent thing first.
    """
    if not len(walked):
        return pd.DataFrame(columns=["what", "position", "n", "base", "share", "share_low", "share_high"])
    counts = pd.crosstab(walked["what"], walked["place"]).stack().rename("n").reset_index()
    names = walked.loc[walked["what"] != NOTHING, "what"].value_counts()
    order = [*sorted(names.index, key=lambda name: (-names[name], name)), NOTHING]
    counts["place_of"] = counts["what"].map({name: at for at, name in enumerate(order)})
    counts = counts.sort_values(["place_of", "place"], ignore_index=True)
    table = counts.assign(position=counts["place"].map(_position), base=walked["customer_no"].nunique())
    return add_shares(table)[["what", "position", "n", "base", "share", "share_low", "share_high"]]


def flows(walked: pd.DataFrame, before: int = 1, after: int = 2) -> pd.DataFrame:
    """How customers move from each place of the path to the next: the flows of a Sankey diagram.

    Returns
    -------
    DataFrame
        ``position`` (where the flow begins)``, from_what, to_what, n, base, share``, largest first in each position.
        Who does nothing after a contact goes to `NOTHING` and does not flow on.
    """
    wide = walked.pivot(index="customer_no", columns="place", values="what")
    parts = []
    for place in range(-before, after):
        if not {place, place + 1} <= set(wide.columns):
            continue
        moved = wide.loc[(wide[place] != NOTHING) | (place < 0), [place, place + 1]]
        counted = moved.value_counts().rename_axis(["from_what", "to_what"]).rename("n").reset_index()
        counted = counted.sort_values(["n", "from_what", "to_what"], ascending=[False, True, True], kind="stable")
        parts.append(counted.assign(position=_position(place), base=len(wide)))
    columns = ["position", "from_what", "to_what", "n", "base", "share", "share_low", "share_high"]
    return add_shares(pd.concat(parts, ignore_index=True))[columns] if parts else pd.DataFrame(columns=columns)


def switches(events: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """From which channel customers turn to which within `WINDOW_DAYS`, against contacts that began elsewhere.

    Parameters
    ----------
    events : DataFrame
        From `timeline`.
    as_of : date
        Day of the run; a contact counts if the window after it is over.

    Returns
    -------
    DataFrame
        `SWITCHES`: of ``base`` customers whose first contact was by ``first_channel``, ``n`` were next in touch by
        ``then_channel``; the rest began on another channel. One family; the customer's first contact counts.
    """
    contacts = events[events["contact"]] if len(events) else events
    columns = pd.DataFrame(columns=SWITCHES)
    columns.attrs["family"] = 0
    if not len(contacts):
        return columns
    following = contacts.groupby("customer_no")[["at", "channel"]].shift(-1)
    soon = (following["at"] - contacts["at"]) <= pd.Timedelta(days=WINDOW_DAYS)
    first = contacts.assign(then=following["channel"].where(soon)).drop_duplicates("customer_no")
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    first = first[first["at"] <= end - pd.Timedelta(days=WINDOW_DAYS)]
    names = first["channel"].value_counts()
    names = sorted(names.index, key=lambda name: (-names[name], name))
    rows = []
    for channel in names:
        here = first["channel"] == channel
        for then in (name for name in names if (first["then"] == name).any()):
            turned = first["then"] == then
            row = {"first_channel": channel, "then_channel": then, "n": int((here & turned).sum()), "base": here.sum()}
            rows.append(row | {"n_rest": int((~here & turned).sum()), "base_rest": int((~here).sum())})
    if not rows or len(names) < 2:
        return columns
    table = add_shares(compare_shares(pd.DataFrame(rows).astype({"base": int}), MIN_BASE, ["then_channel"]))
    result = table[SWITCHES]
    result.attrs["family"] = family_size(table, ["then_channel"])
    return result


def findings(changed: pd.DataFrame, chapter: str = "06") -> list[Finding]:
    """Which way of getting in touch is followed by another one more often, or that none is."""
    family = family_size(changed, ["then_channel"]) if len(changed) else 0
    if not family:
        return []
    test = N_("Fisher's exact or χ² test, Benjamini–Hochberg")
    evidence = {"table": "channel_switches", "test": test, "family": family}
    claims = changed[changed["claim"].astype(bool)]
    if claims.empty:
        none = N_(
            "Whichever channel customers begin on, they are next in touch by the same channels: {family:count} "
            "comparisons, no difference beyond chance."
        )
        n = int(changed["base"].max())
        return [Finding(none, {"family": family}, id=f"{chapter}.contacts.nothing", n=n, kind="nothing", **evidence)]
    message = N_(
        "Who begins by “{first:label}” is next in touch by “{then:label}” within {days:count} days {ratio:ratio} times "
        "as often as who begins elsewhere ({low:ratio} to {high:ratio}): {share:share} against {rest:share}, "
        "n = {n:count}."
    )
    spoken = claims[shown(claims) & (claims["ratio"] > 1)]
    spoken = spoken.sort_values(["effect", "first_channel"], ascending=[False, True], kind="stable")
    found = []
    for row in spoken.head(CLAIMS_TOLD).itertuples():
        low, high = float(row.ratio_low), float(row.ratio_high)
        values = {"first": row.first_channel, "then": row.then_channel, "days": WINDOW_DAYS, "ratio": float(row.ratio)}
        values |= {"low": low, "high": high, "share": float(row.share), "rest": float(row.share_rest)}
        found.append(
            Finding(
                message,
                values | {"n": int(row.base)},
                id=f"{chapter}.contacts.{row.first_channel}.{row.then_channel}",
                n=int(row.base),
                interval=(low, high),
                p_adjusted=float(row.p_adjusted),
                effect=abs(float(row.share) - float(row.share_rest)),
                reach=int(row.n),
                kind="difference",
                **evidence,
            )
        )
    return found


def limits(events: pd.DataFrame) -> list[Limit]:
    """That nobody's contacts are known, where it is so."""
    question = N_("What customers do before and after they get in touch, and how they change channels")
    known = len(events) and bool(events["contact"].any())
    return [] if known else [Limit(question, needs=NEEDS["tickets"])]


def _position(place: int) -> str:
    """A place of the path as it is written.

    >>> _position(-2), _position(0), _position(1)
    ('−2', '0', '+1')
    """
    return f"{place:+d}".replace("-", "−") if place else "0"
