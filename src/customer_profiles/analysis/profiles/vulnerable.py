"""Customers who may need particular care: how many, who comes first, and whether they are served as well as others.

Indicators are only those that dataset.yaml permits, under the four drivers of the guidance FG21/1 of the Financial
Conduct Authority (2021), which asks firms to check that vulnerable customers get outcomes as good as others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import ONE_MARGIN, OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import compare_shares, family_size
from ...stats.effect_sizes import from_shares
from ...stats.intervals import add_shares
from ..pain_points.behaviour import REPEAT_DAYS
from ..segments.channels import EVIDENCE, SELF, ways

DRIVERS = (N_("health"), N_("life events"), N_("resilience"), N_("capability"))
ANY = N_("any sign")
MIN_BASE = 30  # customers of a group and of the others from which an outcome is compared

FIRST = N_("signs of two drivers or more, and a case that is open, was reopened or came again")
SECOND = N_("a sign, and a case that is open, was reopened or came again")
THIRD = N_("signs of two drivers or more, no such case")
FOURTH = N_("a sign, no such case")
NONE = N_("no known sign")
RULES = (FIRST, SECOND, THIRD, FOURTH, NONE)
"""Whom to look after first: the first rule that fits a customer counts."""


def groups(flags: pd.DataFrame, drivers: Mapping[str, str]) -> pd.DataFrame:
    """Who shows an indicator at all, and of each driver.

    Parameters
    ----------
    flags : DataFrame of boolean
        One row per customer, one column per indicator; missing where unknown.
    drivers : mapping of str to str
        Driver of each indicator.

    Returns
    -------
    DataFrame of boolean
        `ANY`, then the drivers of which there is an indicator: true where one is met, false where all are known and
        none is, else missing. A single driver is the same as `ANY` and left out; without indicators no column.
    """
    parts = {ANY: list(flags)} if len(flags.columns) else {}
    named = {driver: [name for name in flags if drivers[name] == driver] for driver in DRIVERS}
    named = {driver: names for driver, names in named.items() if names}
    parts |= named if len(named) > 1 else {}
    return pd.DataFrame({name: _either(flags[names]) for name, names in parts.items()}, index=flags.index)


def counts(flags: pd.DataFrame, drivers: Mapping[str, str]) -> Result:
    """How many customers show each indicator, and any.

    Returns
    -------
    Result
        ``driver, indicator, n, base`` (customers of whom it is known; of any indicator, those of whom all are)``,
        share`` with its interval; customers with several indicators count in each row. A driver with several
        indicators has a row for any of them.
    """
    # Whoever shows one sign shows any, known or not the others; whoever shows none must be known in all. Counting both
    # as they are known would make signs look more frequent than they are.
    whole = flags.notna().all(axis=1)
    rows = [(drivers[name], name, flags[name]) for name in sorted(flags, key=lambda name: DRIVERS.index(drivers[name]))]
    several = [driver for driver in DRIVERS if sum(drivers[name] == driver for name in flags) > 1]
    together = groups(flags, drivers)
    rows += [(driver, ANY, together[driver].where(whole)) for driver in several if driver in together]
    rows += [(ANY, ANY, together[ANY].where(whole))] if ANY in together else []
    table = pd.DataFrame(
        [(driver, name, int(values.fillna(False).sum()), int(values.notna().sum())) for driver, name, values in rows],
        columns=["driver", "indicator", "n", "base"],
    )
    return Result(
        "vulnerable",
        add_shares(table),
        Text(N_("Customers with a sign that they may need particular care")),
        OVERLAPPING,
        claims=SHARE,
        about=Text(N_("Counted: {n:count} customers."), {"n": len(flags)}),
    )


def troubled(tickets: pd.DataFrame) -> pd.DataFrame:
    """Cases that need care: open, reopened, or after which the customer came again within `REPEAT_DAYS`."""
    closed, reopened = tickets.get("closed_at"), tickets.get("reopened", pd.Series(False, tickets.index))
    open_still = closed.isna() if closed is not None and closed.notna().any() else False
    ordered = tickets.sort_values(["customer_no", "opened_at"], kind="stable")
    again = ordered.groupby("customer_no")["opened_at"].diff() <= pd.Timedelta(days=REPEAT_DAYS)
    return tickets[again.reindex(tickets.index) | open_still | reopened.fillna(False).astype(bool)]


def priorities(groups: pd.DataFrame, troubled: pd.Series) -> pd.Series:
    """Whom to look after first, by `RULES`: 1 to 4, and 5 for customers without a known indicator.

    Parameters
    ----------
    groups : DataFrame of boolean
        From `groups`.
    troubled : Series of bool
        Who has a case that needs care, see `troubled`; same order.

    Returns
    -------
    Series of Int64
        Index of the groups; missing where there is no indicator.
    """
    if ANY not in groups:
        return pd.Series(pd.NA, groups.index, dtype="Int64")
    known = groups.fillna(False).astype(bool)
    several, shows = known.drop(columns=ANY).sum(axis=1).gt(1), known[ANY]
    fits = [shows & several & troubled.to_numpy(), shows & troubled.to_numpy(), shows & several, shows]
    return pd.Series(np.select([mask.to_numpy(bool) for mask in fits], [1, 2, 3, 4], 5), groups.index, dtype="Int64")


def rules(ranks: pd.Series) -> Result:
    """The rules in use with the customers whom they pick: ``rank, criterion, n, base, share`` with its interval."""
    sizes = ranks.value_counts().sort_index().astype(int)
    table = pd.DataFrame({"rank": sizes.index.astype(int), "n": sizes.array, "base": int(sizes.sum())})
    table.insert(1, "criterion", [RULES[rank - 1] for rank in table["rank"]])
    return Result(
        "priorities",
        add_shares(table),
        Text(N_("Rules of priority and the customers they pick")),
        ONE_MARGIN,
        about=Text(N_("Counted: {n:count} customers."), {"n": len(ranks)}),
    )


def prioritised(profile: pd.DataFrame, ranks: pd.Series) -> pd.DataFrame:
    """The customers who come first: ``customer_id, customer_no, priority, rule``; of others no row is kept."""
    chosen = ranks[ranks.lt(len(RULES)).fillna(False).astype(bool)].astype(int)
    rules = pd.Series([RULES[rank - 1] for rank in chosen], chosen.index, dtype="str")
    return profile.loc[chosen.index, ["customer_id", "customer_no"]].assign(priority=chosen, rule=rules)


def needs(
    profile: pd.DataFrame,
    flags: pd.DataFrame,
    drivers: Mapping[str, str],
    made_of: Mapping[str, Collection[str]],
    min_base: int = MIN_BASE,
) -> Result:
    """Who needs a person: how often customers with an indicator ask for, buy in and seek help in a way with a person.

    Parameters
    ----------
    profile : DataFrame
        From `channels.with_help`.
    flags : DataFrame of boolean
    drivers : mapping of str to str
    made_of : mapping of str to collection of str
        Columns that each indicator is read from: a group that is made of a way is not compared in it.
    min_base : int
        Smallest base that is tested.

    Returns
    -------
    Result
        ``group`` (driver, or `ANY`)``, evidence, n, base, share, n_rest, base_rest, share_rest, ratio`` with interval,
        ``p, p_adjusted, effect, claim``: of those whose way is known, the share of remote and personal ones, against
        customers without a known indicator; one family. A kind of evidence in which all are alike is left out.
    """
    together = groups(flags, drivers).fillna(False).astype(bool)
    rows = []
    for evidence, column in EVIDENCE.items() if ANY in together else ():
        way = ways(profile[column]) if column in profile else pd.Series(None, profile.index)
        with_a_person = way.notna() & way.ne(SELF)
        if not with_a_person.any() or with_a_person.sum() == way.notna().sum():
            continue
        for group, members in together.items():
            if any(column in made_of[name] for name in flags if group in (ANY, drivers[name])):
                continue
            sides = (members, ~together[ANY])
            rows.append(
                (
                    group,
                    evidence,
                    *(int((who & is_so).sum()) for who in sides for is_so in (with_a_person, way.notna())),
                )
            )
    table = pd.DataFrame(rows, columns=["group", "evidence", "n", "base", "n_rest", "base_rest"])
    table = compare_shares(table, min_base, ["group", "evidence"])
    family = family_size(table, ["group", "evidence"])
    return Result(
        "need_of_a_person",
        table,
        Text(N_("How often a person is needed, against customers without a known sign")),
        OVERLAPPING,
        claims=partial(_needing, family=family),
        family=family,
        about=Text(N_("Of the customers of whom the way is known; hollow marks may be chance.")),
    )


def limits(flags: pd.DataFrame, drivers: Mapping[str, str], cases: pd.DataFrame, persons: bool = True) -> list[Limit]:
    """Drivers without a permitted indicator, where customers are persons, and service that no source tells of."""
    none = [driver for driver in DRIVERS if driver not in {drivers[name] for name in flags}] if persons else []
    message = N_(
        "Whether customers need particular care: nothing in the data may be taken for a sign of {driver:label}"
    )
    needed = N_("an indicator under “vulnerability” in dataset.yaml, with its legal basis where one is needed")
    found = [Limit(message, {"driver": driver}, needs=needed) for driver in none]
    if len(none) == len(DRIVERS):
        nothing = N_("Whether customers need particular care: nothing in the data may be taken for a sign of it")
        found = [Limit(nothing, needs=needed)]
    if len(flags.columns) and not len(cases):
        found.append(Limit(N_("Whether vulnerable customers are served as well as others"), needs=NEEDS["tickets"]))
    return found


def facts(flags: pd.DataFrame, drivers: Mapping[str, str]) -> dict[str, int]:
    """Customers with any sign, those of whom all signs are known, and the number of signs; 0 where there is none."""
    whole = counts(flags, drivers).frame.tail(1)
    return {
        "vulnerable": int(whole["n"].sum()),
        "vulnerable_base": int(whole["base"].sum()),
        "signs": len(flags.columns),
    }


NEEDING = Claims(
    "need",
    N_(
        "{evidence:label}, customers with the sign “{group:value}”: {share:share} in a way with a person, {rest:share} "
        "of customers without a known sign – {ratio:ratio} times as often ({low:ratio} to {high:ratio}, n = {n:count})."
    ),
    {"rest": "share_rest", "n": "base"},
    key=("evidence", "group"),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="ratio",
    reach="base",
    effect=lambda row: from_shares(row.share, row.share_rest),
)


def _needing(table: pd.DataFrame, family: int) -> list[Finding]:
    """Who needs a person more or less often than others, most surely first; nothing where nobody does."""
    rows = table[table["claim"].astype(bool)].sort_values("p_adjusted", kind="stable")
    return [replace(finding, id=finding.id.replace(" ", "_")) for finding in NEEDING.tell(table, family, rows)]


SHARE = Claims(
    "vulnerable.share",
    N_(
        "{share:share} of the customers of whom it is known show a permitted sign that they may need particular care "
        "({low:share} to {high:share}, n = {n:count})."
    ),
    {"n": "base"},
    test=N_("Wilson interval"),
    estimate="share",
    effect="share",
    kind="fact",
    rows=lambda table: table.tail(1),  # any sign at all
)


def _either(flags: pd.DataFrame) -> pd.Series:
    """True where any column is, false where all are known and none is."""
    either = flags.fillna(False).any(axis=1).astype("boolean")
    return either.mask(~either & flags.isna().any(axis=1))
