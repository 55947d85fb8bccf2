"""What came after a pain: who left, who spent, who got in touch, each counted from a day on which the pain was known.

Who stays longer has more time for pains, so that whoever was ever hit seems to stay. A pain therefore counts from the
day of its first sign on, and an outcome only after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..demographics.associations import FIRSTS
from ..feedback.metrics import METRICS
from .observations import Evidence

DAY = pd.Timedelta(days=1)
YEAR = pd.Timedelta(days=365)
"""What is spent in so long is compared, or in half of the records where they are shorter than two years."""

ENOUGH_ORDERS = 3
"""From so many orders on a customer's own gap says what the usual one is."""

UNKNOWN_ENDS = 0.05
"""Share of customers who left at an unknown time from which cases have no rate over time."""

Records = Mapping[str, pd.DataFrame]


class Outcome(NamedTuple):
    """What may follow a pain.

    Parameters
    ----------
    value : Series of float, index of the profile
        Missing where unknown.
    until : Series of datetime, index of the profile
        Pains up to then count; missing: all of them.
    alike : array, shape (customers, k)
        What customers must be alike in besides who they are.
    """

    value: pd.Series
    until: pd.Series
    alike: np.ndarray


def answered(profile: pd.DataFrame, feedback: pd.DataFrame | None, score: str) -> pd.Series:
    """When each customer gave the score that the profile tells; missing where no day is known."""
    nothing = pd.Series(pd.NaT, profile.index, dtype="datetime64[us]")
    if feedback is None or not len(feedback):
        return nothing
    given = feedback[(feedback["metric"] == score.removesuffix("_score")) & feedback["score"].notna()]
    at = given.groupby("customer_no")["at"].max().reindex(profile["customer_no"])
    return at.astype("datetime64[us]").set_axis(profile.index)


def scored(profile: pd.DataFrame, feedback: pd.DataFrame | None, score: str) -> dict[str, Outcome]:
    """The score of each customer, and whether it is low, with what had hurt them by the day of the answer."""
    value, until = profile[score].astype(float), answered(profile, feedback, score)
    low = value.round(9).le(METRICS[score.removesuffix("_score")].poor).astype(float).mask(value.isna())
    nothing = np.empty((len(profile), 0))
    return {"score": Outcome(value, until, nothing), "low_score": Outcome(low, until, nothing)}


def followed(profile: pd.DataFrame, records: Records, left: pd.Series | None, as_of: date) -> dict[str, Outcome]:
    """What customers spend, and whether they open a ticket, in the last year; pains count up to its beginning.

    Only who ordered before the year and in it, and has not left, is asked: leaving is asked elsewhere, and who leaves
    has less time for pains and for orders.

    Returns
    -------
    dict of str to Outcome
        ``spend`` (logarithm of the amount; alike in that of the year before) and ``tickets`` (1 or 0), as far as the
        records tell of them.
    """
    lines = records.get("transactions")
    if lines is None or not len(lines) or lines["at"].isna().all():
        return {}
    end = pd.Timestamp(as_of) + DAY
    length = min(YEAR, (end - lines["at"].min()) / 2)
    middle, number = end - length, profile["customer_no"]

    def spent(since: pd.Timestamp, until: pd.Timestamp) -> pd.Series:
        rows = lines[(lines["at"] >= since) & (lines["at"] < until)]
        return rows.groupby("customer_no")["amount"].sum().reindex(number).astype(float).set_axis(profile.index)

    before, after = spent(middle - length, middle), spent(middle, end)
    asked = (before > 0) & (after > 0)
    if left is not None:
        asked &= ~left.eq(1)
    until = pd.Series(middle, profile.index)
    alike = np.column_stack([np.log(before.where(before > 0, 1.0))])
    found = {"spend": Outcome(np.log(after.where(asked)), until, alike)} if asked.any() else {}
    cases = records.get("tickets")
    if cases is not None and len(cases) and asked.any():
        again = number.isin(cases.loc[cases["opened_at"].between(middle, end), "customer_no"])
        found["tickets"] = Outcome(again.astype(float).where(asked), until, alike)
    return found


def lifetimes(profile: pd.DataFrame, left: pd.Series, evidence: Evidence | None, as_of: date) -> pd.DataFrame | None:
    """When each customer began, and left or was last known to be one.

    Parameters
    ----------
    profile : DataFrame
    left : Series of float
        1, 0 or missing: who has left or lapsed.
    evidence : Evidence or None
        Its pains are traces of customers of whom a status says who has left. Where leaving is told by the last order,
        a later pain is none: None.
    as_of : date

    Returns
    -------
    DataFrame or None
        ``begin, end`` (days since 1970)``, left``, index of the profile; missing where unknown, the last two also for
        those without a last trace. Sources seldom say when somebody left: it counts as the customer's own time per
        order, drawn to the usual one, after the last trace, an order or a pain. None where nobody has a last trace.
    """
    firsts = [name for name in FIRSTS if name in profile]
    lasts = [name for name in ("last_order_at", "last_touch_at") if name in profile]
    if not lasts or not firsts:
        return None
    traces = profile[list(dict.fromkeys([*firsts, *lasts]))]
    if evidence is not None:
        shown = pd.concat([evidence.hits, evidence.occasions]).groupby("customer_no")["at"].max()
        traces = traces.assign(shown=shown.reindex(profile["customer_no"]).to_numpy())
    days = _days(traces)
    end, gap = pd.Timestamp(as_of).timestamp() / 86_400 + 1, pd.Series(0.0, profile.index)
    if {"orders", "first_order_at", "last_order_at"} <= set(profile):
        since = days[firsts].min(axis=1).clip(lower=days["first_order_at"].min())
        time = (days["last_order_at"] - since).clip(lower=0).fillna(0)
        orders = profile["orders"].fillna(0).astype(float)
        usual = np.nan_to_num((time / orders).where(orders >= ENOUGH_ORDERS).mean())
        gap = (time + usual) / (orders + 1)
    known = left.notna() & days[lasts].notna().any(axis=1)
    until = (days.drop(columns=firsts).max(axis=1) + gap).clip(upper=end).where(left.eq(1), end)
    return pd.DataFrame({"begin": days[firsts].min(axis=1), "end": until.where(known), "left": left.where(known)})


def _days(times: pd.DataFrame) -> pd.DataFrame:
    """Days since 1970."""
    return times.apply(
        lambda at: pd.to_datetime(at).astype("datetime64[us]").astype("int64").where(at.notna()) / 86_400e6
    )


def watched(profile: pd.DataFrame, left: pd.Series | None, evidence: Evidence, as_of: date) -> pd.DataFrame:
    """From when to when each customer could have had a case: while they were one, and since tickets are kept.

    Parameters
    ----------
    profile, left, evidence, as_of
        As in `lifetimes`.

    Returns
    -------
    DataFrame
        ``customer_no, since, until`` (days since 1970), index of the profile; no rows without a dated ticket. Of whom
        it is known that they left and not when, both are missing: the time after it would count as one without cases.
    """
    first = evidence.hits.loc[evidence.hits["row"] >= 0, "at"].min()
    if pd.isna(first):
        return pd.DataFrame({"customer_no": np.array([], "int64"), "since": np.array([]), "until": np.array([])})
    stays = pd.Series(0.0, profile.index) if left is None else left.fillna(0.0)
    lives = lifetimes(profile, stays, None, as_of)
    found = pd.DataFrame({"customer_no": profile["customer_no"], "since": pd.Timestamp(first).timestamp() // 86_400})
    found["until"] = pd.Timestamp(as_of).timestamp() / 86_400 + 1
    ended = stays.eq(1)
    if firsts := [name for name in FIRSTS if name in profile]:
        found["since"] = np.fmax(found["since"], _days(profile[firsts]).min(axis=1))
    if lives is not None:
        found["until"] = np.fmin(found["until"], lives["end"])
        ended &= lives["end"].isna()
    found["until"] = np.fmax(found["until"], found["since"])
    found.loc[ended.to_numpy(), ["since", "until"]] = np.nan
    return found


def active(watched: pd.DataFrame, period: str) -> pd.DataFrame:
    """Everybody who was a customer for the whole of a week or month: who could have had a case on each of its days.

    Who comes or leaves in its midst has less time for one: where more and more come, periods in which many are new
    would have few cases, and nobody would see that they had as many for each day.

    Parameters
    ----------
    watched : DataFrame
        From `watched`.
    period : {"W", "M"}

    Returns
    -------
    DataFrame
        ``customer_no, at`` (first day of the week or month). None where of more than `UNKNOWN_ENDS` it is not known
        when they left: those who stay may have had other cases.
    """
    if watched.empty or watched["until"].isna().mean() > UNKNOWN_ENDS:
        return pd.DataFrame({"customer_no": np.array([], "int64"), "at": pd.to_datetime([])})
    first, last = watched["since"].min(), watched["until"].max()
    periods = pd.period_range(*(pd.Timestamp(day * 86_400e9) for day in (first, last)), freq=period)
    starts, ends = (each.to_timestamp().to_numpy("datetime64[D]").astype("int64") for each in (periods, periods + 1))
    since, until = (watched[name].to_numpy(float)[:, None] for name in ("since", "until"))
    who, when = np.nonzero((np.floor(since) <= starts) & (until >= ends))
    at = periods.to_timestamp()[when]
    return pd.DataFrame({"customer_no": watched["customer_no"].to_numpy()[who], "at": at})


def spells(
    lives: pd.DataFrame, evidence: Evidence, customers: pd.Series, pain: str, others: list[str]
) -> pd.DataFrame | None:
    """Each customer's time, cut at the first sign of a pain and of any other pain of its kind.

    Parameters
    ----------
    lives : DataFrame
        From `lifetimes`.
    evidence : Evidence
    customers : Series of int
        ``customer_no`` of the rows of `lives`.
    pain : str
    others : list of str
        The other pains of its kind.

    Returns
    -------
    DataFrame or None
        ``place`` (row of the profile)``, entry, exit`` (days since the beginning)``, event, suffers, others``. Time
        before a source tells of the pain, or before the first occasion of a behaviour, is left out. None where no sign
        has a day.
    """

    def first(rows: pd.DataFrame) -> np.ndarray:
        at = rows.dropna(subset="at").groupby("customer_no")["at"].min()
        found = at.reindex(customers).to_numpy("datetime64[us]")
        return np.where(np.isnat(found), np.inf, found.astype("int64") / 86_400e6)

    signs = evidence.hits[evidence.hits["pain"].isin([pain, *others]) & evidence.hits["at"].notna()]
    if not (signs["pain"] == pain).any():
        return None
    met = evidence.occasions[evidence.occasions["pain"] == pain]
    recorded = np.full(len(lives), signs["at"].min().timestamp() / 86_400) if met.empty else first(met)
    begin, exit = lives["begin"].to_numpy(float), lives["end"].to_numpy(float)
    entry = np.maximum(begin, recorded)
    own, other = first(signs[signs["pain"] == pain]), first(signs[signs["pain"] != pain])
    cuts = np.clip(np.sort([own, other], axis=0), entry, np.maximum(entry, exit))
    parts = []
    for since, to in ((entry, cuts[0]), (cuts[0], cuts[1]), (cuts[1], exit)):
        part = pd.DataFrame({"place": np.arange(len(lives)), "entry": since - begin, "exit": to - begin})
        part["event"] = (to == exit) & (lives["left"] == 1).to_numpy()
        part["suffers"], part["others"] = since >= own, since >= other
        parts.append(part[(to > since) & np.isfinite(to)])
    return pd.concat(parts, ignore_index=True)
