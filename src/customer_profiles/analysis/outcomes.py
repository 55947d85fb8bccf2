"""Which groups have the company's own outcome most: who left, who accepted, who was won.

A group is a value of one trait or of two. Small groups with an extreme share and large ones with a slight excess are
both of little use, so groups are ranked by √(share of customers) × (share with the outcome − that of all), the
binomial test quality of subgroup discovery.

References
----------
Klösgen (1996), Explora: a multipattern and multistrategy discovery assistant, in Advances in Knowledge Discovery and
Data Mining, 249–271.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..messages import N_, Finding, Text
from ..results import Disclosure, Result
from ..stats import effect_sizes
from ..stats.claims import Claims, shown
from ..stats.comparisons import compare_shares
from ..stats.intervals import add_shares
from .demographics.categories import banded, values_of
from .leakage import determines

TOLD = 3
OVERLAP = 0.5
"""Groups that share more than this part of their customers with one told before are not told again."""
SHOWN = 40
COLUMNS = [
    *("group", "attribute", "value", "attribute_2", "value_2", "n", "base", "share", "share_low", "share_high"),
    *("n_rest", "base_rest", "share_rest", "of_customers", "of_outcome", "ratio", "ratio_low", "ratio_high"),
    *("p", "p_adjusted", "effect", "subgroup_quality", "claim"),
]


def groups(profile: pd.DataFrame, attributes: Iterable[str], outcome: Any, min_base: int = 30) -> Result:
    """Groups of customers against all others, those with most of the outcome first.

    Parameters
    ----------
    profile : DataFrame
        A row per customer.
    attributes : iterable of str
        Traits that may form groups. Those that say the outcome in other words are left out.
    outcome : Outcome or None
        ``column, value, good`` of dataset.yaml.
    min_base : int
        Customers a group must have.

    Returns
    -------
    Result
        ``group`` (its values)``, attribute, value, attribute_2, value_2`` (empty for a single trait)``, n`` (with the
        outcome)``, base, share`` with its interval``, n_rest, base_rest, share_rest, of_customers, of_outcome, ratio``
        with its interval``, p, p_adjusted, effect, subgroup_quality, claim``; at most `SHOWN` rows of the family.
    """
    title = Text(N_("Groups with most of the outcome"))
    empty = Result("outcome_groups", pd.DataFrame(columns=COLUMNS), title, Disclosure(within=None))
    if outcome is None or outcome.column not in profile:
        return empty
    known = profile[profile[outcome.column].notna()].reset_index(drop=True)
    has = (values_of(known[outcome.column]) == outcome.value).to_numpy()
    traits = [name for name in attributes if name in known and name != outcome.column]
    columns = {name: values_of(column) for name, column in banded(known, traits).items()}
    columns = {name: column for name, column in columns.items() if column.nunique() > 1 and not determines(column, has)}
    if not has.any() or has.all() or not columns:
        return empty
    counted = pd.concat([_counts(columns, names, has) for k in (1, 2) for names in combinations(columns, k)])
    counted = counted[(counted["base"] >= min_base) & (counted["base"] <= len(known) - min_base)]
    if counted.empty:
        return empty
    counted = counted.assign(n_rest=has.sum() - counted["n"], base_rest=len(known) - counted["base"])
    table = add_shares(compare_shares(counted.reset_index(drop=True), min_base, ["attribute", "attribute_2"]))
    family = int(table["p"].notna().sum())
    overall = has.mean()
    table["of_customers"], table["of_outcome"] = table["base"] / len(known), table["n"] / has.sum()
    table["subgroup_quality"] = np.sqrt(table["of_customers"]) * (table["share"] - overall)
    table["effect"] = effect_sizes.from_shares(table["share"], table["share_rest"])
    table["claim"] &= table["subgroup_quality"] > 0
    table["group"] = table["value"] + np.where(table["value_2"] != "", " · " + table["value_2"], "")
    table = table.sort_values(["claim", "subgroup_quality"], ascending=False, kind="stable", ignore_index=True)
    members = _members(columns, table.head(SHOWN))
    told = _different(table.head(SHOWN), members)
    return Result(
        "outcome_groups",
        table.reindex(columns=COLUMNS).head(SHOWN),
        title,
        Disclosure(within=None),
        claims=lambda frame: _claims(frame, told, family),
        family=family,
        about=Text(N_("Share with the outcome among {base:count} customers."), {"base": len(known)}),
    )


def _counts(columns: dict[str, pd.Series], names: tuple[str, ...], has: np.ndarray) -> pd.DataFrame:
    """Customers and customers with the outcome for each combination of values."""
    keys = [columns[name].rename(part) for name, part in zip(names, ("value", "value_2"), strict=False)]
    table = pd.Series(has, name="has").groupby(keys).agg(n="sum", base="size").reset_index()
    table.insert(0, "attribute", names[0])
    second = names[1] if len(names) > 1 else ""
    return table.assign(attribute_2=second, value_2=table["value_2"] if second else "")


def _members(columns: dict[str, pd.Series], table: pd.DataFrame) -> np.ndarray:
    """Who is in each group, groups × customers."""
    rows = [
        (columns[row.attribute] == row.value) & ((columns[row.attribute_2] == row.value_2) if row.attribute_2 else True)
        for row in table.itertuples()
    ]
    return np.array([row.to_numpy(bool) for row in rows])


def _different(table: pd.DataFrame, members: np.ndarray) -> list[int]:
    """Rows to tell: the best, then those that are about other customers."""
    told: list[int] = []
    for at in np.flatnonzero(table["claim"].to_numpy(bool)):
        shared = [(members[at] & members[other]).sum() / min(members[at].sum(), members[other].sum()) for other in told]
        if len(told) < TOLD and max(shared, default=0.0) <= OVERLAP:
            told.append(int(at))
    return told


def _claims(frame: pd.DataFrame, told: list[int], family: int) -> list[Finding]:
    rows = frame.loc[[at for at in told if at in frame.index]]
    return CLAIMS.tell(frame, family, shown(rows))


CLAIMS = Claims(
    "outcome",
    N_(
        "{attribute/value/other/that:group} are {of_customers:part} of all, and {share:part} of them {outcome:label}: "
        "{n:count} of all {all:count} who did."
    ),
    {
        "outcome": lambda row: "outcome",
        "other": "attribute_2",
        "that": "value_2",
        "all": lambda row: row.n + row.n_rest,
    },
    key=("attribute", "value", "attribute_2", "value_2"),
    nothing=N_("No group has clearly more of the outcome than the others ({family:count} compared)."),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="share",
    n="base",
    reach="n",
)
