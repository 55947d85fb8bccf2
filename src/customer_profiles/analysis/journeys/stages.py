"""The stage of the relation that each customer is in, told by the customer's own rhythm of buying.

The rhythm is the average of a customer's gaps between days with an order and one gap typical of the company, so that
a single gap does not decide. How long is long follows from the gaps of the company: of all gaps that ended with
another order, one in five was longer than `SLOWING` says, one in twenty longer than `LAPSED` says, each measured in
the rhythm that the customer had before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...stats.comparisons import compare_shares, compared, family_size, shown
from ...stats.intervals import add_shares
from ..demographics.categories import Orders
from .clustered import tested
from .groups import members

SLOWING, LAPSED = 0.80, 0.95
"""Shares of the gaps that were shorter than the one from which somebody counts as slowing, and as lapsed."""

MIN_GAPS = 100
"""Gaps between orders below which nothing is said: the twentieth longest of fewer rests on a handful."""

NEW, ONBOARDING, ACTIVE, SLOW, LOST, BACK, NONE = STAGES = (
    "stage_new",
    "stage_onboarding",
    "stage_active",
    "stage_slowing",
    "stage_lapsed",
    "stage_won_back",
    "stage_no_order",
)
TOGETHER = ["stage", "attribute"]
BY_GROUP = ["stage", *compared("ratio")]
MEASURED = [name for name in BY_GROUP if name not in ("stage", "attribute", "value", "base", "base_rest")]
"""What `by_group` has measured: all that has to go where a row is hidden."""

MIN_BASE = 50
CLAIMS_TOLD = 6


@dataclass(frozen=True)
class Stages:
    """The stage of every customer, and the rule it follows from.

    Parameters
    ----------
    table : DataFrame
        ``customer_no, stage, rhythm_days`` (missing without orders)``, elapsed_days`` (since the last order)``,
        stage_ratio`` (elapsed in rhythms)``, in the order of the profile.
    typical_days, slowing, lapsed : float
        Median gap between two days with an order; multiples of the own rhythm from which somebody is slowing, lapsed.
    gaps : int
        Gaps that the rule rests on.
    """

    table: pd.DataFrame
    typical_days: float
    slowing: float
    lapsed: float
    gaps: int

    def __len__(self) -> int:
        return len(self.table)

    @property
    def rule(self) -> tuple[Text, ...]:
        """The rule in sentences."""
        values = {"typical": self.typical_days, "slowing": self.slowing, "lapsed": self.lapsed, "gaps": self.gaps}
        return tuple(Text(sentence, values) for sentence in _RULE)


_RULE = (
    N_(
        "A customer’s rhythm is the average of the own gaps between days with an order and one gap typical of all "
        "customers, which is {typical:number} days."
    ),
    N_(
        "A customer is slowing after {slowing:ratio} times the own rhythm without an order, and lapsed after "
        "{lapsed:ratio} times: of {gaps:count} gaps that ended with an order, one in five and one in twenty were "
        "longer."
    ),
    N_(
        "Of the others, who has ordered on one day is new, on two days in onboarding; won back is who returned from a "
        "gap so long that it counts as lapsed; everybody else is active."
    ),
)


def stages(transactions: pd.DataFrame, profile: pd.DataFrame, as_of: date) -> Stages | None:
    """The stage of every customer.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_no, at``, an order line each; a day with an order counts once.
    profile : DataFrame
        One row per customer.
    as_of : date
        Day of the run.

    Returns
    -------
    Stages or None
        None with fewer than `MIN_GAPS` gaps between orders.
    """
    days = transactions.loc[transactions["customer_no"].isin(profile["customer_no"]), ["customer_no", "at"]]
    days = days.assign(customer_no=days["customer_no"].astype("int64"), at=days["at"].dt.normalize())
    days = days.drop_duplicates().sort_values(["customer_no", "at"], kind="stable", ignore_index=True)
    gaps = (days["at"] - days.groupby("customer_no")["at"].shift()).dt.days
    known = gaps.notna()
    if known.sum() < MIN_GAPS:
        return None
    typical = float(gaps[known].median())
    so_far = gaps.fillna(0).groupby(days["customer_no"]).cumsum()
    number = days.groupby("customer_no").cumcount()  # gaps up to and with this day
    before = (so_far - gaps.fillna(0) + typical) / number.clip(lower=1)  # rhythm before the gap that ends here
    relative = (gaps / before)[known]
    slowing, lapsed = (float(np.quantile(relative, share)) for share in (SLOWING, LAPSED))
    last = days.assign(rhythm=(so_far + typical) / (number + 1), orders=number + 1, relative=gaps / before)
    last = last.groupby("customer_no").tail(1).set_index("customer_no").reindex(profile["customer_no"])
    elapsed = (pd.Timestamp(as_of) - last["at"]).dt.days
    ratio = elapsed / last["rhythm"]
    rules = [last["orders"].isna(), ratio > lapsed, ratio > slowing, last["relative"] > lapsed]
    rules += [last["orders"] == 1, last["orders"] == 2]
    stage = np.select([rule.to_numpy(bool) for rule in rules], [NONE, LOST, SLOW, BACK, NEW, ONBOARDING], ACTIVE)
    table = pd.DataFrame(
        {
            "customer_no": profile["customer_no"].to_numpy(),
            "stage": stage,
            "rhythm_days": last["rhythm"].to_numpy(),
            "elapsed_days": elapsed.to_numpy(),
            "stage_ratio": ratio.to_numpy(),
        }
    )
    return Stages(table, typical, slowing, lapsed, int(known.sum()))


def sizes(found: Stages | None) -> pd.DataFrame:
    """How many customers are in each stage: ``stage, n, base, share`` with interval, in the order of `STAGES`."""
    if found is None:
        return pd.DataFrame(columns=["stage", "n", "base", "share", "share_low", "share_high"])
    counts = found.table["stage"].value_counts()
    table = pd.DataFrame({"stage": [name for name in STAGES if name in counts.index]})
    table["n"] = counts.reindex(table["stage"]).to_numpy(int)
    return add_shares(table.assign(base=len(found)))


def by_group(
    found: Stages | None, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> pd.DataFrame:
    """How much more often each group is in each stage than all other customers.

    Returns
    -------
    DataFrame
        `BY_GROUP`, see `compare_shares`; one family over all stages and groups. Empty where no stage can be told.
    """
    stage = np.array([], dtype=object) if found is None else found.table["stage"].to_numpy()
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
    if not parts:
        return tested(pd.DataFrame(columns=BY_GROUP), TOGETHER, BY_GROUP)
    return tested(compare_shares(pd.concat(parts, ignore_index=True), MIN_BASE, TOGETHER), TOGETHER, BY_GROUP)


def findings(sizes: pd.DataFrame, differences: pd.DataFrame, chapter: str = "06") -> list[Finding]:
    """How many are slowing or lapsed, and which groups are in a stage more often than others.

    Parameters
    ----------
    sizes : DataFrame
        From `sizes`, marked by the gate.
    differences : DataFrame
        From `by_group`, marked by the gate.
    """
    found = []
    for row in sizes[sizes["stage"].isin([SLOW, LOST]) & shown(sizes)].itertuples():
        message = N_(
            "{n:count} of {base:count} customers are in the stage “{stage:label}”: {share:share} ({low:share} to "
            "{high:share})."
        )
        low, high = float(row.share_low), float(row.share_high)
        values = {"n": int(row.n), "base": int(row.base), "stage": row.stage, "share": float(row.share)}
        evidence = {"n": int(row.base), "table": "stages", "interval": (low, high), "reach": int(row.n)}
        values |= {"low": low, "high": high}
        found.append(Finding(message, values, id=f"{chapter}.stages.{row.stage}", effect=0.1, **evidence))
    return [*found, *_groups(differences, chapter)]


def limits(found: Stages | None, transactions: pd.DataFrame) -> list[Limit]:
    """That no rhythm can be told, where it is so: there are no orders, or hardly anybody orders twice."""
    question = N_("In which stage each customer is: new, active, slowing, lapsed or won back")
    return (
        [] if found is not None else [Limit(question, needs=RETURNING if len(transactions) else NEEDS["transactions"])]
    )


RETURNING = N_("orders over a longer time: so far too few customers have ordered on several days")


def _groups(table: pd.DataFrame, chapter: str) -> list[Finding]:
    family = family_size(table, TOGETHER) if len(table) else 0
    if not family:
        return []
    test = N_("Fisher's exact or χ² test, Benjamini–Hochberg")
    evidence = {"table": "stages_by_group", "test": test, "family": family}
    claims = table[table["claim"].astype(bool)]
    if claims.empty:
        none = N_("No group is in any stage more often than chance would allow ({family:count} comparisons).")
        n = int(table["base"].max())
        return [Finding(none, {"family": family}, id=f"{chapter}.stages.nothing", n=n, kind="nothing", **evidence)]
    message = N_(
        "{attribute:label} “{value:label}” are in the stage “{stage:label}” {ratio:ratio} times as often as other "
        "customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share}, n = {n:count} of {base:count}."
    )
    spoken = claims[shown(claims) & (claims["ratio"] > 1)]
    spoken = spoken.sort_values(["effect", "stage", "attribute"], ascending=[False, True, True], kind="stable")
    found = []
    for row in spoken.head(CLAIMS_TOLD).itertuples():
        low, high = float(row.ratio_low), float(row.ratio_high)
        values = {"attribute": row.attribute, "value": row.value, "stage": row.stage, "ratio": float(row.ratio)}
        values |= {"low": low, "high": high, "share": float(row.share), "rest": float(row.share_rest)}
        found.append(
            Finding(
                message,
                values | {"n": int(row.n), "base": int(row.base)},
                id=f"{chapter}.stages.{row.attribute}.{row.value}.{row.stage}",
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
