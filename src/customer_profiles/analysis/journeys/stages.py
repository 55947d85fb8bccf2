"""The stage of the relation that each customer is in, told by the customer's own rhythm of buying.

The rhythm is the average of a customer's gaps between days with an order and one gap typical of the company, so that
a single gap does not decide. How long is long follows from the gaps of the company that ended with another order, each
measured in the rhythm that the customer had before it: on a day at random, of customers who go on ordering, one in
five is silent for longer than at risk begins, one in twenty for longer than inactive begins. A day falls into a long
gap more often than into a short one (age of a renewal process: Feller 1971, vol. II, XI.4), and a rhythm of few orders
is known badly, so the limits depend on how many there are. Quantiles of gaps would call a tenth of the customers
inactive where nobody leaves. Nobody is late within a gap as the company knows them, though: where all order on the
first of a month, on its last day all have been silent for as long as on few days. Who has ordered on one day has no
rhythm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from ...codes import LAPSED_BY_CHANCE
from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import ONE_MARGIN, Disclosure, Result
from ...stats.claims import Claims
from ...stats.comparisons import compare_shares, compared
from ...stats.intervals import add_shares
from ..demographics.categories import Orders
from .clustered import tested
from .groups import difference, members, strongest

AT_RISK_FROM, INACTIVE_FROM = 0.20, LAPSED_BY_CHANCE
"""Shares of customers who go on ordering that count as at risk or inactive, and as inactive, on a day at random."""

ORDER_DAYS = (1, 2, 3, 5, 10)
"""Days with an order from which the limits are others."""

MIN_GAPS = 100
"""Gaps between orders below which nothing is said: the twentieth longest of fewer rests on a handful."""

NEW, ONCE, ONBOARDING, ACTIVE, AT_RISK, INACTIVE, BACK, NONE = STAGES = (
    "stage_new",
    "stage_once",
    "stage_onboarding",
    "stage_active",
    "stage_at_risk",
    "stage_inactive",
    "stage_won_back",
    "stage_no_order",
)
IDS = {AT_RISK: "stage_slowing", INACTIVE: "stage_lapsed"}
"""What the ids of findings call stages that had another name: ids stay."""

LIMITS = ["order_days", "gaps", "at_risk", "inactive"]
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
    typical_days : float
        Median gap between two days with an order.
    limits : DataFrame
        ``order_days`` (from how many on)``, gaps`` (that the limits rest on)``, at_risk, inactive``: multiples of the
        own rhythm from which somebody is at risk, inactive.
    """

    table: pd.DataFrame
    typical_days: float = np.nan
    limits: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LIMITS))

    def __len__(self) -> int:
        return len(self.table)

    @property
    def rule(self) -> tuple[Text, ...]:
        """The rule in sentences."""
        if not len(self):
            return ()
        few, many = self.limits.iloc[1], self.limits.iloc[-1]
        values = {"typical": self.typical_days, "gaps": int(self.limits["gaps"].sum()), "days": int(many["order_days"])}
        values |= {"few": float(few["inactive"]), "many": float(many["inactive"])}
        return tuple(Text(sentence, values) for sentence in _RULE)


_RULE = (
    N_(
        "A customer’s rhythm is the average of the own gaps between days with an order and one gap typical of all "
        "customers, which is {typical:number} days."
    ),
    N_(
        "Inactive is who has been silent for so long that of those who go on ordering only one in twenty is on a day "
        "at random, at risk who is among the one in five: after {few:ratio} times the own rhythm with orders on two "
        "days, after {many:ratio} times from {days:count} days on, by {gaps:count} gaps that ended with an order."
    ),
    N_(
        "Of the others, who has ordered on one day is new, and a one-time buyer after a while; on two days in "
        "onboarding; won back is who returned from a gap so long that it counts as inactive; everybody else is active."
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
    # Late gaps are known only if they were short: the limits are those of gaps that had time to end.
    early = known & (days["at"].shift() <= days["at"].min() + (pd.Timestamp(as_of) - days["at"].min()) / 2)
    limits = _limits(gaps[early], before[early], number[early]) if early.sum() >= MIN_GAPS else None
    limits = _limits(gaps[known], before[known], number[known]) if limits is None else limits
    last = days.assign(rhythm=(so_far + typical) / (number + 1), orders=number + 1)
    last["back"] = gaps / before > _limit(limits["inactive"], number.clip(lower=1))
    last = last.groupby("customer_no").tail(1).set_index("customer_no").reindex(profile["customer_no"])
    elapsed = (pd.Timestamp(as_of) - last["at"]).dt.days
    ratio = elapsed / last["rhythm"]
    orders = last["orders"].fillna(1).astype(int)
    risk, inactive = (ratio > _limit(limits[name], orders) for name in ("at_risk", "inactive"))
    once = last["orders"] == 1
    rules = [last["orders"].isna(), once & risk, once, inactive, risk, last["back"].eq(True), last["orders"] == 2]
    stage = np.select(
        [rule.to_numpy(bool) for rule in rules], [NONE, ONCE, NEW, INACTIVE, AT_RISK, BACK, ONBOARDING], ACTIVE
    )
    columns = (profile["customer_no"].to_numpy(), stage, *(one.to_numpy() for one in (last["rhythm"], elapsed, ratio)))
    table = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    return Stages(table, typical, limits)


def silence(gaps: pd.Series, rhythm: pd.Series, share: float) -> float:
    """Rhythms without an order that this share of customers who go on ordering exceed on a day at random.

    Parameters
    ----------
    gaps, rhythm : Series of float, days
        Gaps that ended with an order, and the rhythm of the customer before each.
    share : float

    >>> round(silence(pd.Series([10.0] * 5), pd.Series([10.0] * 5), 0.2), 2)
    0.8
    """
    from scipy.optimize import brentq

    def beyond(limit: float) -> float:
        return float((gaps - limit * rhythm).clip(lower=0).sum() / gaps.sum()) - share

    return float(brentq(beyond, 0.0, float((gaps / rhythm).max())))


def _limits(gaps: pd.Series, rhythm: pd.Series, order_days: pd.Series) -> pd.DataFrame:
    """`Stages.limits`: those of fewer than `MIN_GAPS` gaps are the limits of all."""
    band = _band(order_days)
    rows = []
    for place, least in enumerate(ORDER_DAYS):
        those = band == place if (band == place).sum() >= MIN_GAPS else np.full(len(band), True)
        usual = (gaps[those] / rhythm[those]).quantile
        ends = (max(silence(gaps[those], rhythm[those], p), usual(1 - p)) for p in (AT_RISK_FROM, INACTIVE_FROM))
        rows.append((least, int((band == place).sum()), *ends))
    return pd.DataFrame(rows, columns=LIMITS)


def _limit(limits: pd.Series, order_days: pd.Series) -> np.ndarray:
    return limits.to_numpy()[_band(order_days)]


def _band(order_days: pd.Series) -> np.ndarray:
    return np.searchsorted(ORDER_DAYS, order_days.to_numpy(), side="right") - 1


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
        claims=QUIET,
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
    shares = [compare_shares(pd.concat(parts, ignore_index=True), MIN_BASE, TOGETHER)] if parts else []
    table, family = tested(shares, TOGETHER, BY_GROUP)
    return Result(
        "stages_by_group",
        table,
        Text(N_("Who is in which stage more often")),
        RULE,
        claims=CLAIMS,
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
    key=("id",),
    estimate="share",
    effect=0.1,
    kind="fact",
    rows=lambda table: _named(table[table["stage"].isin([AT_RISK, INACTIVE])]),
)
CLAIMS = Claims(
    "stages",
    N_(
        "{attribute/value:group} are in the stage “{stage:label}” {ratio:ratio} times as often as others ({low:ratio} "
        "to {high:ratio}): {share:share} against {rest:share}, n = {n:count} of {base:count}."
    ),
    key=("attribute", "value", "id"),
    nothing=N_("No group is in any stage more often than chance would allow ({family:count} comparisons)."),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="ratio",
    effect=difference,
    most=6,
    rows=lambda table: _named(strongest(table, True, ["stage", "attribute"])),
)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with what ids call each stage."""
    return table.assign(id=table["stage"].replace(IDS))
