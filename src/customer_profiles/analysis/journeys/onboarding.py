"""How fast customers take the next step: sign-up, first order, second order, first use of a feature.

Customers who are still waiting count for as long as they have waited (Kaplan–Meier). Only those count who can be
followed from their beginning: the first order in the records of a customer of ten years is not the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats import survival
from ...stats.claims import Claims
from ...stats.effect_sizes import from_ratio
from ...stats.intervals import wilson, z_value
from ..demographics.categories import Orders
from .clustered import tested
from .groups import members, teller

if TYPE_CHECKING:
    from statsmodels.duration.survfunc import SurvfuncRight

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
SECOND_ORDER = "order_to_order"
SPELLS = {"step": "str", "customer_no": "int64", "days": "int64", "event": "bool"}
CURVE = Disclosure(
    within=None, mask=("n", "added", "at_risk", "share", "share_low", "share_high"), also=("added", "at_risk")
)
"""Who took a step between two days of a curve must not be few."""

BY_GROUP = [
    *("step", "attribute", "value", "n", "base", "n_rest", "base_rest", "ratio", "ratio_low", "ratio_high"),
    *("p", "p_adjusted", "effect", "claim"),
]


@dataclass(frozen=True)
class Steps:
    """A kind of steps, and how tables and sentences on it are called.

    Parameters
    ----------
    name, group_name : str
        Of the tables of all steps, and of the groups that take them sooner or later.
    title, group_title, about : str
        Titles of these tables, and the base of the first with ``{n:count}``.
    claims : Claims
        Who takes a step sooner or later.
    needs : str
        Table of the contract that tells of the steps.
    """

    name: str
    group_name: str
    title: str
    group_title: str
    about: str
    claims: Claims
    needs: str


def signups(profile: pd.DataFrame, first_order: pd.Series) -> pd.Series:
    """Day of the sign-up of customers who signed up while orders were recorded, by ``customer_no``.

    Parameters
    ----------
    profile : DataFrame
        ``customer_no`` and, if known, ``signup_date``.
    first_order : Series of datetime
        By ``customer_no``. Who ordered as a guest before signing up has not waited.
    """
    if "signup_date" not in profile or not len(first_order):
        return pd.Series(dtype="datetime64[us]")
    signup = profile.dropna(subset="signup_date").set_index("customer_no")["signup_date"]
    guest = first_order.reindex(signup.index) < signup
    return signup[(signup >= first_order.min().normalize()) & ~guest]


def newcomers(first: pd.Series, profile: pd.DataFrame) -> pd.Series:
    """Those of the first traces with which a customer really began.

    Parameters
    ----------
    first : Series of datetime
        First trace in the records, by ``customer_no``; the earliest is where the records begin.
    profile : DataFrame
        ``customer_no`` and, if known, ``signup_date``.
    """
    begin, signup = first.min(), pd.Series(pd.NaT, first.index)
    if not len(first):
        return first
    if "signup_date" in profile:
        signup = profile.set_index("customer_no")["signup_date"].reindex(first.index)
    late = first >= begin + pd.Timedelta(days=RUN_IN_DAYS)
    return first[(signup >= begin.normalize()) | (signup.isna() & late)]


def spells(starts: Mapping[str, pd.Series], orders: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """How long each customer took, or has waited, from a beginning to the next order.

    Parameters
    ----------
    starts : mapping of str to Series of datetime
        For every step, when it began for whom, by ``customer_no``. On from an order, the next one is on another day.
    orders : DataFrame
        ``customer_no, at``. Without orders there is nothing to wait for.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``step, customer_no, days, event``.
    """
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    begun = {step: start[start < end] for step, start in starts.items() if len(start) and len(orders)}
    return _together(
        _waited(start, orders, end, step, another_day=step == SECOND_ORDER) for step, start in begun.items()
    )


def adoption(used: pd.DataFrame, start: pd.Series, as_of: date) -> pd.DataFrame:
    """How long each new visitor took to use each feature first.

    Parameters
    ----------
    used : DataFrame
        ``customer_no, at, feature``, in the order in which features are to be listed.
    start : Series of datetime
        First visit of new visitors, by ``customer_no``.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``step`` (the feature)``, customer_no, days, event``; what no new visitor has used is left out.
    """
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    parts = [_waited(start, rows, end, name) for name, rows in used.groupby("feature", sort=False)]
    return _together(part for part in parts if part["event"].any())


def curve(fitted: SurvfuncRight, step: str = SECOND_ORDER, days: Sequence[int] = DAYS) -> Result:
    """Share of the customers who have taken a step by each of some days.

    Parameters
    ----------
    fitted : statsmodels.duration.survfunc.SurvfuncRight
        Kaplan–Meier estimate of the days until the step.

    Returns
    -------
    Result
        ``step, after_days, n`` (seen to have taken it by then)``, added`` (of these since the row before)``, at_risk``
        (watched for longer)``, base, share`` with interval; it ends where fewer than `MIN_AT_RISK` are watched, and
        begins with day 0.
    """
    here, event = np.asarray(fitted.time), np.asarray(fitted.status, bool)
    points = np.array([0, *days])
    watched = (here[:, None] > points[None, :]).sum(axis=0)
    done = (event[:, None] & (here[:, None] <= points[None, :])).sum(axis=0)
    table = pd.DataFrame({"step": step, "after_days": points, "n": done, "added": np.diff(done, prepend=0)})
    table = table.assign(at_risk=watched, base=len(here)).join(survival.at(_waiting(fitted), points))
    later = table["after_days"] > 0
    table.loc[later, "share_high"] = _at_most(table["share"], table["share_high"], table["at_risk"])[later]
    return Result(
        "activation",
        table[table["at_risk"] >= MIN_AT_RISK].reset_index(drop=True),
        Text(N_("New buyers who have ordered again, by days since their first order")),
        CURVE,
        about=Text(N_("Kaplan–Meier estimate for {n:count} new buyers."), {"n": len(here)}),
        needs="transactions",
    )


def times(waits: pd.DataFrame, steps: Steps) -> Result:
    """The share that has taken each step within `ACTIVATED` days, and the time until half of all have.

    Returns
    -------
    Result
        ``step, n`` (taken)``, base, share`` with interval, ``median_days`` with interval; missing where fewer than half
        have taken it, or too few were watched for so long.
    """
    rows = []
    for step, of in waits.groupby("step", sort=False):
        found = survival.kaplan_meier(of["days"], of["event"])
        share = survival.at(found, [ACTIVATED]).iloc[0]
        watched = (of["days"] > ACTIVATED).sum()
        share["share_high"] = _at_most(share["share"], share["share_high"], watched)
        if watched < MIN_AT_RISK:
            share[:] = np.nan
        middle = survival.median(found)
        row = {"step": step, "n": int(of["event"].sum()), "base": len(of), **share.to_dict()}
        rows.append(row | dict(zip(_MEDIAN, middle, strict=True)))
    table = pd.DataFrame(rows, columns=["step", "n", "base", "share", "share_low", "share_high", *_MEDIAN])
    most = int(table["base"].max()) if rows else 0
    about = Text(steps.about, {"n": most})
    return Result(steps.name, table, Text(steps.title), OVERLAPPING, AGAIN, about=about, needs=steps.needs)


def by_group(
    waits: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], steps: Steps, orders: Orders | None = None
) -> Result:
    """Which groups take a step sooner or later than all other customers.

    Returns
    -------
    Result
        `BY_GROUP`: ``n`` have taken the step of ``base``; ``ratio`` is Cox's hazard ratio, above 1: sooner.
        Log-rank test, one Benjamini–Hochberg family; ``effect`` runs from −1 to 1: how much likelier than not it is
        that a member takes the step first, (ratio − 1) / (ratio + 1).
    """
    parts = []
    for step, of in waits.groupby("step", sort=False):
        days, event = of["days"].to_numpy(), of["event"].to_numpy(bool)
        for group in members(profile, attributes, orders, of["customer_no"]):
            found = survival.log_rank(days, event, group.member, group.known)
            part = pd.DataFrame({"step": step, "attribute": group.attribute, "value": group.values})
            part["n"], part["base"] = (group.member & event[:, None]).sum(axis=0), group.member.sum(axis=0)
            part["n_rest"] = int((group.known & event).sum()) - part["n"]
            part["base_rest"] = int(group.known.sum()) - part["base"]
            part = part.assign(ratio=found.ratio, ratio_low=found.low, ratio_high=found.high, p=found.p)
            part["effect"] = np.sign(np.log(part["ratio"])) * from_ratio(part["ratio"])
            fewest = np.minimum(found.expected, (part["n"] + part["n_rest"]) - found.expected)
            enough = (np.minimum(part["base"], part["base_rest"]) >= MIN_GROUP) & (fewest >= MIN_EVENTS)
            parts.append(part.assign(p=part["p"].where(enough)))
    table, family = tested(parts, TOGETHER, BY_GROUP)
    about = N_("Above one: sooner than other customers; {n:count} customers.")
    return Result(
        steps.group_name,
        table,
        Text(steps.group_title),
        Disclosure(within=("step", "attribute")),
        claims=teller(steps.claims, family, None, ["step"]),
        family=family,
        about=Text(about, {"n": len(profile)}),
        needs=steps.needs,
    )


def limits(waits: pd.DataFrame) -> list[Limit]:
    """That nobody's beginning can be followed, where it is so."""
    question = N_("How fast new customers take their first steps, and who needs longer")
    return [] if len(waits) else [Limit(question, needs=NEEDS["transactions"])]


_MEDIAN = ("median_days", "median_days_low", "median_days_high")


def _ratios(subject: str, sooner: str, later: str, nothing: str) -> Claims:
    """How hazard ratios are told: those above one as times, those below as a part."""
    return Claims(
        subject,
        lambda row: sooner if row.ratio > 1 else later,
        key=("attribute", "value", "step"),
        nothing=nothing,
        test=N_("log-rank test, Benjamini–Hochberg"),
        estimate="ratio",
        reach="base",
        most=4,
    )


MILESTONES = Steps(
    "next_steps",
    "next_steps_by_group",
    N_("Steps taken within a quarter, and the time until half have taken them"),
    N_("Who takes the next step sooner"),
    N_("Share who have taken the step within a quarter, of up to {n:count} customers."),
    _ratios(
        "onboarding",
        N_(
            "{attribute/value:group} take the step “{step:label}” about {ratio:ratio} times as fast as others "
            "({low:ratio} to {high:ratio}, n = {n:count} of {base:count} have taken it)."
        ),
        N_(
            "{attribute/value:group} take the step “{step:label}” only about {ratio:share} as fast as others "
            "({low:share} to {high:share}, n = {n:count} of {base:count} have taken it)."
        ),
        N_("No group takes its next steps sooner or later than others ({family:count} comparisons)."),
    ),
    "transactions",
)
FEATURES = Steps(
    "adoption",
    "adoption_by_group",
    N_("Features taken up within a quarter, and the time until half have used them"),
    N_("Who takes up each feature sooner or later"),
    N_("Share of {n:count} new visitors who used it within a quarter."),
    _ratios(
        "adoption",
        N_(
            "{attribute/value:group} start using “{step:label}” about {ratio:ratio} times as fast as other new "
            "visitors ({low:ratio} to {high:ratio}, n = {n:count} of {base:count} have used it)."
        ),
        N_(
            "{attribute/value:group} start using “{step:label}” only about {ratio:share} as fast as other new "
            "visitors ({low:share} to {high:share}, n = {n:count} of {base:count} have used it)."
        ),
        N_("No group takes up any feature sooner or later than others ({family:count} comparisons)."),
    ),
    "interactions",
)
AGAIN = Claims(
    "onboarding",
    N_(
        "{share:share} of new buyers order again within {days:count} days ({low:share} to {high:share}, n = {n:count})."
    ),
    {"days": lambda row: ACTIVATED, "n": "base"},
    key=("id",),
    test=N_("Kaplan–Meier estimate"),
    estimate="share",
    reach="base",
    effect=0.1,
    kind="fact",
    rows=lambda table: table[(table["step"] == SECOND_ORDER) & table["share"].notna()].assign(id="second"),
)


def _at_most(share: ArrayLike, high: ArrayLike, watched: ArrayLike) -> np.ndarray:
    """Upper ends, also while it has happened to nobody: then by Wilson's interval of those who were watched so long."""
    return np.where(np.asarray(share) == 0, wilson(0, watched).high, high)


def _waiting(fitted: SurvfuncRight) -> pd.DataFrame:
    """Share still waiting with its interval on the scale log(−log), as `survival.kaplan_meier` gives it."""
    share = np.asarray(fitted.surv_prob, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = fitted.surv_prob_se / share / np.abs(np.log(share))
        low, high = (np.where(share > 0, share ** np.exp(sign * z_value() * spread), 0.0) for sign in (1, -1))
    return pd.DataFrame({"day": fitted.surv_times, "waiting": share, "waiting_low": low, "waiting_high": high})


def _waited(
    start: pd.Series, then: pd.DataFrame, end: pd.Timestamp, step: str, another_day: bool = False
) -> pd.DataFrame:
    """Days from each start to the first of `then` from it on; to the end of the records where there is none."""
    table = start.rename("start").rename_axis("customer_no").reset_index()
    rows = then[["customer_no", "at"]].merge(table, on="customer_no")
    begin = rows["start"].dt.normalize() + pd.Timedelta(days=1) if another_day else rows["start"]
    met = rows[rows["at"] >= begin].groupby("customer_no")["at"].min().reindex(table["customer_no"])
    met = met.set_axis(table.index)
    until = met.fillna(end).dt.normalize() - table["start"].dt.normalize()
    result = pd.DataFrame({"step": step, "customer_no": table["customer_no"], "days": until.dt.days.clip(lower=0)})
    return result.assign(event=met.notna())


def _together(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Spells of several steps in one table."""
    parts = [part for part in parts if len(part)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SPELLS))
    return table[list(SPELLS)].astype(SPELLS)
