"""The stage of the relation that each customer is in, told by the customer's own rhythm of buying.

The rhythm is the average of a customer's gaps between days with an order and one gap typical of the company, so that
a single gap does not decide. How long is long follows from the gaps of the company: of all gaps that ended with
another order, one in five was longer than `AT_RISK_FROM` says, one in twenty longer than `INACTIVE_FROM` says, each
measured in the rhythm that the customer had before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import ONE_MARGIN, Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import compare_shares, compared
from ...stats.intervals import add_shares
from ..demographics.categories import Orders
from .clustered import tested
from .groups import RATIO, difference, members, strongest

AT_RISK_FROM, INACTIVE_FROM = 0.80, 0.95
"""Shares of the gaps that were shorter than the one from which somebody counts as at risk, and as inactive."""

MIN_GAPS = 100
"""Gaps between orders below which nothing is said: the twentieth longest of fewer rests on a handful."""

NEW, ONBOARDING, ACTIVE, AT_RISK, INACTIVE, BACK, NONE = STAGES = (
    "stage_new",
    "stage_onboarding",
    "stage_active",
    "stage_at_risk",
    "stage_inactive",
    "stage_won_back",
    "stage_no_order",
)
IDS = {AT_RISK: "stage_slowing", INACTIVE: "stage_lapsed"}
"""What the ids of findings call stages that had another name: ids stay."""

COLUMNS = ["customer_no", "stage", "rhythm_days", "elapsed_days", "stage_ratio"]
TOGETHER = ["stage", "attribute"]
BY_GROUP = ["stage", *compared("ratio")]
RULE = Disclosure(
    within=(("stage", "attribute"), ("attribute", "value")),
    mask=[name for name in BY_GROUP if name not in ("stage", "attribute", "value", "base", "base_rest")],
)
"""The stages of a group add up to the group, and a stage's groups to the stage."""

MIN_BASE = 50


@dataclass(frozen=True)
class Stages:
    """The stage of every customer, and the rule it follows from; empty where no stage can be told.

    Parameters
    ----------
    table : DataFrame
        ``customer_no, stage, rhythm_days`` (missing without orders)``, elapsed_days`` (since the last order)``,
        stage_ratio`` (elapsed in rhythms)``, in the order of the profile.
    typical_days, at_risk, inactive : float
        Median gap between two days with an order; multiples of the own rhythm from which somebody is at risk, inactive.
    gaps : int
        Gaps that the rule rests on.
    """

    table: pd.DataFrame
    typical_days: float = np.nan
    at_risk: float = np.nan
    inactive: float = np.nan
    gaps: int = 0

    def __len__(self) -> int:
        return len(self.table)

    @property
    def rule(self) -> tuple[Text, ...]:
        """The rule in sentences."""
        values = {"typical": self.typical_days, "risk": self.at_risk, "inactive": self.inactive, "gaps": self.gaps}
        return tuple(Text(sentence, values) for sentence in _RULE) if len(self) else ()


_RULE = (
    N_(
        "A customer’s rhythm is the average of the own gaps between days with an order and one gap typical of all "
        "customers, which is {typical:number} days."
    ),
    N_(
        "A customer is at risk after {risk:ratio} times the own rhythm without an order, and inactive after "
        "{inactive:ratio} times: of {gaps:count} gaps that ended with an order, one in five and one in twenty were "
        "longer."
    ),
    N_(
        "Of the others, who has ordered on one day is new, on two days in onboarding; won back is who returned from a "
        "gap so long that it counts as inactive; everybody else is active."
    ),
)


def stages(days: pd.DataFrame, profile: pd.DataFrame, as_of: date) -> Stages:
    """The stage of every customer.

    Parameters
    ----------
    days : DataFrame
        ``customer_no, at``: every day on which a customer ordered, once.
    profile : DataFrame
        One row per customer.
    as_of : date
        Day of the run.

    Returns
    -------
    Stages
        Empty with fewer than `MIN_GAPS` gaps between orders.
    """
    days = days[["customer_no", "at"]].astype({"customer_no": "int64"})
    days = days.sort_values(["customer_no", "at"], kind="stable", ignore_index=True)
    gaps = days.groupby("customer_no")["at"].diff().dt.days
    known = gaps.notna()
    if known.sum() < MIN_GAPS:
        none = pd.DataFrame(columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:], "float64"))
        return Stages(none.astype({"customer_no": "int64", "stage": "str"}))
    typical = float(gaps[known].median())
    so_far = gaps.fillna(0).groupby(days["customer_no"]).cumsum()
    number = days.groupby("customer_no").cumcount()  # gaps up to and with this day
    before = (so_far - gaps.fillna(0) + typical) / number.clip(lower=1)  # rhythm before the gap that ends here
    relative = (gaps / before)[known]
    risk, inactive = (float(np.quantile(relative, share)) for share in (AT_RISK_FROM, INACTIVE_FROM))
    last = days.assign(rhythm=(so_far + typical) / (number + 1), orders=number + 1, relative=gaps / before)
    last = last.groupby("customer_no").tail(1).set_index("customer_no").reindex(profile["customer_no"])
    elapsed = (pd.Timestamp(as_of) - last["at"]).dt.days
    ratio = elapsed / last["rhythm"]
    rules = [last["orders"].isna(), ratio > inactive, ratio > risk, last["relative"] > inactive]
    rules += [last["orders"] == 1, last["orders"] == 2]
    stage = np.select([rule.to_numpy(bool) for rule in rules], [NONE, INACTIVE, AT_RISK, BACK, NEW, ONBOARDING], ACTIVE)
    columns = (profile["customer_no"].to_numpy(), stage, *(one.to_numpy() for one in (last["rhythm"], elapsed, ratio)))
    table = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    return Stages(table, typical, risk, inactive, int(known.sum()))


def sizes(counts: pd.Series) -> Result:
    """How many customers are in each stage: ``stage, n, base, share`` with interval, in the order of `STAGES`.

    Parameters
    ----------
    counts : Series of int
        Customers by stage.
    """
    table = pd.DataFrame({"stage": [name for name in STAGES if name in counts.index]})
    table = table.assign(n=counts.reindex(table["stage"]).to_numpy(int), base=int(counts.sum()))
    return Result(
        "stages",
        add_shares(table),
        Text(N_("Customers by stage")),
        ONE_MARGIN,
        claims=_quiet,
        about=Text(N_("Share of {n:count} customers."), {"n": int(counts.sum())}),
        needs="transactions",
    )


def by_group(
    stage: pd.Series, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> Result:
    """How much more often each group is in each stage than all other customers.

    Parameters
    ----------
    stage : Series of str
        Stage of every customer, in the order of the profile; missing where none can be told.
    profile : DataFrame
        One row per customer.

    Returns
    -------
    Result
        `BY_GROUP`, see `compare_shares`; one family over all stages and groups.
    """
    stage = stage.to_numpy(object)
    names = [name for name in STAGES if (stage == name).any()]
    hit = (stage[:, None] == np.array(names, dtype=object)[None, :]).astype(float)
    parts = []
    for group in members(profile, attributes, orders) if names else ():
        inside, known = group.member.astype(float), group.known.astype(float)
        part = pd.DataFrame(
            {
                "stage": np.repeat(names, len(group.values)),
                "attribute": group.attribute,
                "value": np.tile(np.array(group.values, dtype=object), len(names)),
                "n": (hit.T @ inside).ravel().astype(int),
                "base": np.tile(inside.sum(axis=0).astype(int), len(names)),
            }
        )
        part["n_rest"] = np.repeat((known @ hit).astype(int), len(group.values)) - part["n"]
        part["base_rest"] = int(known.sum()) - part["base"]
        parts.append(part[part["n"] + part["n_rest"] > 0])  # who has no order has no main category
    table, family = pd.DataFrame(columns=BY_GROUP), 0
    if parts:
        table, family = tested(
            compare_shares(pd.concat(parts, ignore_index=True), MIN_BASE, TOGETHER), TOGETHER, BY_GROUP
        )
    return Result(
        "stages_by_group",
        table,
        Text(N_("Who is in which stage more often")),
        RULE,
        claims=partial(_groups, family=family),
        family=family,
        about=Text(N_("Ratios among {n:count} customers."), {"n": len(profile)}),
        needs="transactions",
    )


def limits(found: Stages, transactions: pd.DataFrame) -> list[Limit]:
    """That no rhythm can be told, where it is so: there are no orders, or hardly anybody orders twice."""
    question = N_("In which stage each customer is: new, active, at risk, inactive or won back")
    return [] if len(found) else [Limit(question, needs=RETURNING if len(transactions) else NEEDS["transactions"])]


RETURNING = N_("orders over a longer time: so far too few customers have ordered on several days")
QUIET = Claims(
    "stages",
    N_(
        "{n:count} of {base:count} customers are in the stage “{stage:label}”: {share:share} ({low:share} to "
        "{high:share})."
    ),
    {**{name: name for name in ("n", "base", "stage", "share")}, "low": "share_low", "high": "share_high"},
    key=("id",),
    estimate="share",
    effect=0.1,
    kind="fact",
)
CLAIMS = Claims(
    "stages",
    N_(
        "{attribute:label} “{value:label}” are in the stage “{stage:label}” {ratio:ratio} times as often as other "
        "customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share}, n = {n:count} of {base:count}."
    ),
    RATIO | {name: name for name in ("stage", "n", "base")},
    key=("attribute", "value", "id"),
    nothing=N_("No group is in any stage more often than chance would allow ({family:count} comparisons)."),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="ratio",
    effect=difference,
    most=6,
)


def _quiet(table: pd.DataFrame) -> list[Finding]:
    """How many are at risk or inactive."""
    rows = shown(_named(table[table["stage"].isin([AT_RISK, INACTIVE])]))
    return [QUIET.one(row) for row in rows.itertuples()]


def _groups(table: pd.DataFrame, family: int) -> list[Finding]:
    """The groups that are in a stage more often than others, or that none is."""
    return CLAIMS.tell(table, family, _named(strongest(table, True, ["stage", "attribute"])))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with what ids call each stage."""
    return table.assign(id=table["stage"].replace(IDS))
