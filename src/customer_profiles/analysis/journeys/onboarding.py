"""How fast customers take the next step: sign-up, first order, second order, first use of a feature.

Customers who are still waiting count for as long as they have waited (Kaplan–Meier). Only those count who can be
followed from their beginning: the first order in the records of a customer of ten years is not the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats import survival
from ...stats.comparisons import family_size, shown
from ..demographics.categories import Orders
from ..pain_points.behaviour import LOOKS
from .clustered import tested
from .friction import TROUBLE
from .funnels import own
from .groups import members

RUN_IN_DAYS = 90
"""Where no source says since when somebody is a customer: days without a trace, from the first day of the records on,
after which the first trace counts as the beginning."""

DAYS = (7, 14, 30, 60, 90, 180, 365)
"""Days after the beginning for which shares are given."""

ACTIVATED = 90
"""Of `DAYS`, the one that sentences and bars speak of: a quarter."""

MIN_AT_RISK = 30
"""Customers still watched below whom no share is given: the end of a curve rests on few (Pocock, Clayton & Altman
2002, Lancet 359:1686–1689, advise to end it where 10 to 20 % are left)."""

MIN_GROUP = 50
"""Customers that a group and its rest must both have to be compared."""

MIN_EVENTS = 20
"""Steps taken that must be expected on either side, as `clustered.MIN_HITS`: the test is a normal approximation."""

TOGETHER = ["step", "attribute"]
MILESTONES = ("signup_to_order", "order_to_order", "visit_to_order", "ticket_to_order")
SPELLS = ["step", "customer_no", "days", "event"]
BY_GROUP = [
    *("step", "attribute", "value", "n", "base", "n_rest", "base_rest", "ratio", "ratio_low", "ratio_high"),
    *("p", "p_adjusted", "effect", "claim"),
]
CLAIMS_TOLD = 4


def spells(tables: Mapping[str, pd.DataFrame], profile: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """How long each customer took, or has waited, from one milestone to the next.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``transactions, interactions, tickets`` as far as a source fills them.
    profile : DataFrame
        One row per customer; ``signup_date`` if known.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``step`` (signup_to_order: sign-up to first order, order_to_order: first to second day with an order,
        visit_to_order: first visit to next order, ticket_to_order: first ticket to next order)``, customer_no, days,
        event``. Nothing without orders.
    """
    orders = _dated(tables.get("transactions"), "at", profile)
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    if not len(orders):
        return _no_spells()
    begin, first = orders["at"].min(), orders.groupby("customer_no")["at"].min()
    starts = {}
    if "signup_date" in profile:
        signup = profile.dropna(subset="signup_date").set_index("customer_no")["signup_date"]
        before = first.reindex(signup.index) < signup  # who ordered as a guest before signing up has no such wait
        starts["signup_to_order"] = signup[(signup >= begin.normalize()) & ~before]
    starts["order_to_order"] = newcomers(first, profile, begin)
    touches = tables.get("interactions")
    visits = _dated(None if touches is None else own(touches), "at", profile)
    if len(visits):
        seen = visits.groupby("customer_no")["at"].min()
        starts["visit_to_order"] = newcomers(seen, profile, visits["at"].min())
    tickets = _dated(tables.get("tickets"), "opened_at", profile)
    if len(tickets):
        starts["ticket_to_order"] = tickets.groupby("customer_no")["at"].min()
    parts = [_waited(start[start < end], orders, end, step) for step, start in starts.items()]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True)[SPELLS] if parts else _no_spells()


def adoption(interactions: pd.DataFrame, profile: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """How long each new visitor took to use each feature first: a kind of interaction, or a channel if there are two.

    Returns
    -------
    DataFrame
        ``step`` (the feature)``, customer_no, days, event``; looking at products is no feature, nor is asking for help.
    """
    rows = _dated(own(interactions), "at", profile, ("kind", "channel"))
    if not len(rows):
        return _no_spells()
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    start = newcomers(rows.groupby("customer_no")["at"].min(), profile, rows["at"].min())
    kinds = sorted(set(rows["kind"].dropna()) - set(LOOKS) - TROUBLE)
    channels = sorted(set(rows["channel"].dropna())) if rows["channel"].nunique() > 1 else []
    parts = []
    for column, names in (("kind", kinds), ("channel", [name for name in channels if name not in kinds])):
        for name in names:
            parts.append(_waited(start, rows[rows[column] == name], end, name, later=False))
    parts = [part for part in parts if part["event"].any()]
    return pd.concat(parts, ignore_index=True)[SPELLS] if parts else _no_spells()


def newcomers(first: pd.Series, profile: pd.DataFrame, begin: pd.Timestamp) -> pd.Series:
    """Those of the first traces with which a customer really began.

    Parameters
    ----------
    first : Series of datetime
        First trace in the records, by ``customer_no``.
    profile : DataFrame
        ``customer_no`` and, if known, ``signup_date``.
    begin : Timestamp
        When the records begin.
    """
    signup = pd.Series(pd.NaT, first.index)
    if "signup_date" in profile:
        signup = profile.set_index("customer_no")["signup_date"].reindex(first.index)
    late = first >= begin + pd.Timedelta(days=RUN_IN_DAYS)
    return first[(signup >= begin.normalize()) | (signup.isna() & late)]


def curve(waits: pd.DataFrame, step: str, days: Sequence[int] = DAYS) -> pd.DataFrame:
    """Share of the customers who have taken a step by each of some days.

    Returns
    -------
    DataFrame
        ``step, after_days, n`` (seen to have taken it by then)``, added`` (of these since the row before)``, at_risk``
        (watched for longer)``, base, share`` with interval (Kaplan–Meier)``; it ends where fewer than `MIN_AT_RISK`
        are watched, and begins with day 0.
    """
    of = waits[waits["step"] == step]
    here, event = of["days"].to_numpy(), of["event"].to_numpy(bool)
    points = np.array([0, *days])
    watched = (here[:, None] > points[None, :]).sum(axis=0) if len(here) else np.zeros(len(points), int)
    done = (event[:, None] & (here[:, None] <= points[None, :])).sum(axis=0)
    table = pd.DataFrame({"step": step, "after_days": points, "n": done, "added": np.diff(done, prepend=0)})
    table = table.assign(at_risk=watched, base=len(of))
    table = table.join(survival.at(survival.kaplan_meier(here, event), points))
    return table[table["at_risk"] >= MIN_AT_RISK].reset_index(drop=True)


def times(waits: pd.DataFrame) -> pd.DataFrame:
    """The share that has taken each step within `ACTIVATED` days, and the time until half of all have.

    Returns
    -------
    DataFrame
        ``step, n`` (taken)``, base, share`` with interval, ``median_days`` with interval; missing where fewer than half
        have taken it, or too few were watched for so long.
    """
    rows = []
    for step in dict.fromkeys(waits["step"]):
        of = waits[waits["step"] == step]
        found = survival.kaplan_meier(of["days"], of["event"])
        share = survival.at(found, [ACTIVATED]).iloc[0]
        if (of["days"] > ACTIVATED).sum() < MIN_AT_RISK:
            share[:] = np.nan
        middle = survival.median(found)
        row = {"step": step, "n": int(of["event"].sum()), "base": len(of), **share.to_dict()}
        row |= {"median_days": middle.value, "median_days_low": middle.low, "median_days_high": middle.high}
        rows.append(row)
    columns = ["step", "n", "base", "share", "share_low", "share_high", "median_days"]
    return pd.DataFrame(rows, columns=[*columns, "median_days_low", "median_days_high"])


def by_group(
    waits: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> pd.DataFrame:
    """Which groups take a step sooner or later than all other customers.

    Returns
    -------
    DataFrame
        `BY_GROUP`: ``n`` have taken the step of ``base``; ``ratio`` is the hazard ratio, above 1: sooner. Log-rank
        test, one Benjamini–Hochberg family; ``effect`` runs from −1 to 1: how much likelier than not it is that a
        member takes the step first, (ratio − 1) / (ratio + 1).
    """
    parts = []
    for step in dict.fromkeys(waits["step"]):
        of = waits[waits["step"] == step]
        days, event = of["days"].to_numpy(), of["event"].to_numpy(bool)
        for group in members(profile, attributes, orders, of["customer_no"]):
            found = survival.log_rank(days, event, group.member, group.known)
            part = pd.DataFrame({"step": step, "attribute": group.attribute, "value": group.values})
            part["n"], part["base"] = (group.member & event[:, None]).sum(axis=0), group.member.sum(axis=0)
            part["n_rest"] = int((group.known & event).sum()) - part["n"]
            part["base_rest"] = int(group.known.sum()) - part["base"]
            part = part.assign(ratio=found.ratio, ratio_low=found.low, ratio_high=found.high, p=found.p)
            fewest = np.minimum(found.expected, (part["n"] + part["n_rest"]) - found.expected)
            enough = (np.minimum(part["base"], part["base_rest"]) >= MIN_GROUP) & (fewest >= MIN_EVENTS)
            parts.append(part.assign(p=part["p"].where(enough)))
    if not parts:
        return tested(pd.DataFrame(columns=BY_GROUP), TOGETHER, BY_GROUP)
    table = pd.concat(parts, ignore_index=True)
    table["effect"] = (table["ratio"] - 1) / (table["ratio"] + 1)
    return tested(table, TOGETHER, BY_GROUP)


def findings(taken: pd.DataFrame, differences: pd.DataFrame, chapter: str = "06") -> list[Finding]:
    """How many buy again within a quarter, and who takes a step sooner or later than others.

    Parameters
    ----------
    taken : DataFrame
        From `times`, marked by the gate.
    differences : DataFrame
        From `by_group`, marked by the gate.
    """
    found = []
    for row in taken[(taken["step"] == "order_to_order") & taken["share"].notna() & shown(taken)].itertuples():
        low, high = float(row.share_low), float(row.share_high)
        values = {"days": ACTIVATED, "share": float(row.share), "low": low, "high": high, "n": int(row.base)}
        evidence = {"n": int(row.base), "reach": int(row.base), "interval": (low, high), "table": "next_steps"}
        found.append(Finding(_AGAIN, values, id=f"{chapter}.onboarding.second", effect=0.1, test=KM, **evidence))
    return [*found, *_groups(differences, chapter, _STEPS)]


def adoption_findings(differences: pd.DataFrame, chapter: str = "06") -> list[Finding]:
    """Which groups take up a feature sooner or later, from `by_group` of `adoption` marked by the gate."""
    return _groups(differences, chapter, _FEATURES)


def limits(waits: pd.DataFrame) -> list[Limit]:
    """That nobody's beginning can be followed, where it is so."""
    question = N_("How fast new customers take their first steps, and who needs longer")
    return [] if len(waits) else [Limit(question, needs=NEEDS["transactions"])]


KM = N_("Kaplan–Meier estimate")
TEST = N_("log-rank test, Benjamini–Hochberg")
_AGAIN = N_(
    "{share:share} of new buyers order again within {days:count} days ({low:share} to {high:share}, n = {n:count})."
)


class _Told(NamedTuple):
    """The sentences of one family, and the table it stands in."""

    name: str
    table: str
    sooner: str
    later: str
    nothing: str


_STEPS = _Told(
    "onboarding",
    "next_steps_by_group",
    N_(
        "Customers with {attribute:label} “{value:label}” take the step “{step:label}” sooner than others: at any time "
        "{ratio:ratio} times as often ({low:ratio} to {high:ratio}, n = {n:count} of {base:count} have taken it)."
    ),
    N_(
        "Customers with {attribute:label} “{value:label}” take the step “{step:label}” later than others: at any time "
        "{ratio:ratio} times as often ({low:ratio} to {high:ratio}, n = {n:count} of {base:count} have taken it)."
    ),
    N_("No group takes its next steps sooner or later than others ({family:count} comparisons)."),
)
_FEATURES = _Told(
    "adoption",
    "adoption_by_group",
    N_(
        "New visitors with {attribute:label} “{value:label}” take up “{step:label}” sooner than others: at any time "
        "{ratio:ratio} times as often ({low:ratio} to {high:ratio}, n = {n:count} of {base:count} have used it)."
    ),
    N_(
        "New visitors with {attribute:label} “{value:label}” take up “{step:label}” later than others: at any time "
        "{ratio:ratio} times as often ({low:ratio} to {high:ratio}, n = {n:count} of {base:count} have used it)."
    ),
    N_("No group takes up any feature sooner or later than others ({family:count} comparisons)."),
)


def _groups(table: pd.DataFrame, chapter: str, about: _Told) -> list[Finding]:
    family = family_size(table, TOGETHER) if len(table) else 0
    if not family:
        return []
    evidence = {"table": about.table, "test": TEST, "family": family}
    claims = table[table["claim"].astype(bool)]
    if claims.empty:
        n, identifier = int(table["base"].max()), f"{chapter}.{about.name}.nothing"
        return [Finding(about.nothing, {"family": family}, id=identifier, n=n, kind="nothing", **evidence)]
    spoken = claims[shown(claims)].assign(size=lambda t: t["effect"].abs())
    spoken = spoken.sort_values(["size", "step"], ascending=[False, True], kind="stable")
    found = []
    for row in spoken.head(CLAIMS_TOLD).itertuples():
        low, high = float(row.ratio_low), float(row.ratio_high)
        values = {"attribute": row.attribute, "value": row.value, "step": row.step, "ratio": float(row.ratio)}
        values |= {"low": low, "high": high, "n": int(row.n), "base": int(row.base)}
        found.append(
            Finding(
                about.sooner if row.ratio > 1 else about.later,
                values,
                id=f"{chapter}.{about.name}.{row.attribute}.{row.value}.{row.step}",
                n=int(row.base),
                interval=(low, high),
                p_adjusted=float(row.p_adjusted),
                effect=abs(float(row.effect)),
                reach=int(row.base),
                kind="difference",
                **evidence,
            )
        )
    return found


def _waited(start: pd.Series, then: pd.DataFrame, end: pd.Timestamp, step: str, later: bool = True) -> pd.DataFrame:
    """Days from each start to the first of `then` after it; to the end of the records where there is none.

    With `later`, what follows on the same day does not count where the start itself is an order.
    """
    table = start.rename("start").rename_axis("customer_no").reset_index()
    rows = then[["customer_no", "at"]].merge(table, on="customer_no")
    day = rows["start"].dt.normalize() + pd.Timedelta(days=1) if step == "order_to_order" else rows["start"]
    following = rows[rows["at"] >= day] if later else rows
    met = following.groupby("customer_no")["at"].min().reindex(table["customer_no"]).set_axis(table.index)
    until = met.fillna(end).dt.normalize() - table["start"].dt.normalize()
    result = pd.DataFrame({"step": step, "customer_no": table["customer_no"], "days": until.dt.days.clip(lower=0)})
    return result.assign(event=met.notna())


def _dated(table: pd.DataFrame | None, column: str, profile: pd.DataFrame, more: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows of customers of the profile with their time as ``at``."""
    if table is None or not len(table):
        return pd.DataFrame(columns=["customer_no", "at", *more])
    rows = table.loc[table["customer_no"].notna(), ["customer_no", column, *(name for name in more if name in table)]]
    rows = rows.rename(columns={column: "at"}).astype({"customer_no": "int64"})
    rows = rows.assign(**{name: pd.NA for name in more if name not in rows})
    return rows[rows["customer_no"].isin(profile["customer_no"])]


def _no_spells() -> pd.DataFrame:
    return pd.DataFrame({"step": [], "customer_no": [], "days": [], "event": []}).astype(
        {"step": "str", "customer_no": "int64", "days": "int64", "event": "bool"}
    )
