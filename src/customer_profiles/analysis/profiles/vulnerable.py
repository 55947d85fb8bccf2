"""Customers who may need particular care: how many, who comes first, and whether they are served as well as others.

Indicators are only those that dataset.yaml permits, under the four drivers of the guidance FG21/1 of the Financial
Conduct Authority (2021), which asks firms to check that vulnerable customers get outcomes as good as others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats.comparisons import adjust, compare_shares, shown
from ...stats.group_tests import welch
from ...stats.intervals import add_shares
from ..feedback.metrics import answers, latest
from ..pain_points.behaviour import REPEAT_DAYS
from ..segments.channels import EVIDENCE, SELF, ways
from .fair_service import OUTCOMES, SCORES, rates

DRIVERS = (N_("health"), N_("life events"), N_("resilience"), N_("capability"))
ANY = N_("any sign")
MIN_BASE = 30  # customers of a group and of the others from which an outcome is compared
CLAIMS_SHOWN = 8  # sentences at most; the table holds the rest

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
        none is, else missing. A single driver is the same as `ANY` and left out.
    """
    parts = {ANY: list(flags)}
    named = {driver: [name for name in flags if drivers[name] == driver] for driver in DRIVERS}
    named = {driver: names for driver, names in named.items() if names}
    parts |= named if len(named) > 1 else {}
    return pd.DataFrame({name: _either(flags[names]) for name, names in parts.items()}, index=flags.index)


def counts(flags: pd.DataFrame, drivers: Mapping[str, str]) -> pd.DataFrame:
    """How many customers show each indicator, and any.

    Returns
    -------
    DataFrame
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
    rows += [(ANY, ANY, together[ANY].where(whole))]
    table = pd.DataFrame(
        [(driver, name, int(values.fillna(False).sum()), int(values.notna().sum())) for driver, name, values in rows],
        columns=["driver", "indicator", "n", "base"],
    )
    return add_shares(table)


def priorities(
    profile: pd.DataFrame, tickets: pd.DataFrame, flags: pd.DataFrame, drivers: Mapping[str, str]
) -> pd.Series:
    """Whom to look after first, by `RULES`: 1 to 4, and 5 for customers without a known indicator.

    A case needs care if it is open, was reopened, or if the customer came again within `REPEAT_DAYS`.

    Returns
    -------
    Series of int
        In the order of the profile.
    """
    together = groups(flags, drivers)
    several = together.drop(columns=ANY).fillna(False).sum(axis=1).gt(1) if len(together.columns) > 1 else False
    shows = together[ANY].fillna(False).astype(bool)
    troubled = profile["customer_no"].isin(_troubled(tickets))
    fits = [shows & several & troubled, shows & troubled, shows & several, shows]
    return pd.Series(np.select([mask.to_numpy(bool) for mask in fits], [1, 2, 3, 4], 5), profile.index)


def priority_table(ranks: pd.Series) -> pd.DataFrame:
    """The rules in use with the customers whom they pick: ``rank, criterion, n, base, share`` with its interval."""
    counts = ranks.value_counts().sort_index()
    table = pd.DataFrame(
        {"rank": counts.index, "criterion": [RULES[rank - 1] for rank in counts.index], "n": counts.array}
    )
    return add_shares(table.assign(base=len(ranks)))


def prioritised(profile: pd.DataFrame, ranks: pd.Series) -> pd.DataFrame:
    """The customers who come first: ``customer_id, customer_no, priority, rule``; of others no row is kept."""
    chosen = ranks[ranks < len(RULES)]
    rules = [RULES[rank - 1] for rank in chosen]
    return profile.loc[chosen.index, ["customer_id", "customer_no"]].assign(priority=chosen, rule=rules)


def needs(
    profile: pd.DataFrame,
    flags: pd.DataFrame,
    drivers: Mapping[str, str],
    made_of: Mapping[str, Collection[str]],
    min_base: int = MIN_BASE,
) -> pd.DataFrame:
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
    DataFrame
        ``group`` (driver, or `ANY`)``, evidence, n, base, share, n_rest, base_rest, share_rest, ratio`` with interval,
        ``p, p_adjusted, effect, claim``: of those whose way is known, the share of remote and personal ones, against
        customers without a known indicator; one family. A kind of evidence in which all are alike is left out.
    """
    together = groups(flags, drivers)
    others = ~together[ANY].fillna(False).astype(bool)
    rows = []
    for evidence, column in EVIDENCE.items():
        way = ways(profile[column]) if column in profile else pd.Series(None, profile.index)
        with_a_person = way.notna() & way.ne(SELF)
        if not with_a_person.any() or with_a_person.sum() == way.notna().sum():
            continue
        for group in together:
            if any(column in made_of[name] for name in flags if group in (ANY, drivers[name])):
                continue
            members = together[group].fillna(False).astype(bool)
            sides = [(int((who & with_a_person).sum()), int((who & way.notna()).sum())) for who in (members, others)]
            rows.append((group, evidence, *sides[0], *sides[1]))
    table = pd.DataFrame(rows, columns=["group", "evidence", "n", "base", "n_rest", "base_rest"])
    return compare_shares(table, min_base, ["group", "evidence"])


def parity(
    profile: pd.DataFrame,
    cases: pd.DataFrame,
    feedback: pd.DataFrame,
    flags: pd.DataFrame,
    drivers: Mapping[str, str],
) -> pd.DataFrame:
    """Whether customers with an indicator are served as well as others.

    What is counted of cases is compared as the ratio of two rates, with the customer as the unit, see
    `fair_service.rates`; beside it stands the ratio at the same mix of topics, because who has longer cases may only
    have other ones. Scores are compared by Welch's t test of each customer's latest answer.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    cases : DataFrame
        From `fair_service.outcomes`.
    feedback : DataFrame
        Scores, see `metrics.answers`.
    flags : DataFrame of boolean
    drivers : mapping of str to str

    Returns
    -------
    DataFrame
        ``metric, group, n`` (customers concerned; for times and scores all who have one)``, base, n_rest, base_rest,
        mean, mean_rest`` (hours, cases of a hundred, points)``, ratio`` with interval, ``same_mix`` with interval
        (cases), ``difference`` with interval (scores), ``p, p_adjusted, effect, claim``. All rows are one family;
        groups or others of fewer than `MIN_BASE` customers are not tested. "Others" have no known indicator.
    """
    together = groups(flags, drivers).set_axis(profile["customer_no"].to_numpy())
    others = together.index[~together[ANY].fillna(False).astype(bool)]
    members = {name: together.index[together[name].fillna(False).astype(bool)] for name in together}
    rows = [
        {"metric": outcome, "group": name, **rates(cases, outcome, who, others)}
        for outcome in OUTCOMES
        if outcome in cases and cases[outcome].notna().any()
        for name, who in members.items()
    ]
    said = latest(answers(feedback)) if len(feedback) else pd.DataFrame(columns=["metric", "customer_no", "score"])
    for metric, score in SCORES.items():
        of = said.loc[(said["metric"] == metric) & said["customer_no"].notna()].set_index("customer_no")["score"]
        if len(of):
            rows += [{"metric": score, "group": name, **_scores(of, who, others)} for name, who in members.items()]
    columns = ["metric", "group", "n", "base", "n_rest", "base_rest", "mean", "mean_rest"]
    for estimate in ("ratio", "same_mix", "difference"):
        columns += [estimate, f"{estimate}_low", f"{estimate}_high"]
    table = pd.DataFrame(rows, columns=[*columns, "p", "effect"])
    table["p"] = table["p"].where(table[["base", "base_rest"]].min(axis=1) >= MIN_BASE).astype(float)
    family = adjust(table)
    result = family[[*columns, "p", "p_adjusted", "effect", "claim"]]
    result.attrs["family"] = family.attrs["family"]
    return result


def findings(table: pd.DataFrame, served: pd.DataFrame, chapter: str = "10") -> list[Finding]:
    """How many show an indicator, and what they get that differs from what others get.

    Parameters
    ----------
    table : DataFrame
        From `counts`.
    served : DataFrame
        From `parity`, marked by the gate.
    """
    row = table[table["driver"] == ANY].iloc[0]
    low, high = float(row["share_low"]), float(row["share_high"])
    said = [
        Finding(
            "{share:share} of the customers of whom it is known show a permitted sign that they may need particular "
            "care ({low:share} to {high:share}, n = {n:count}).",
            {"share": float(row["share"]), "low": low, "high": high, "n": int(row["base"])},
            id=f"{chapter}.vulnerable.share",
            n=int(row["base"]),
            table="vulnerable",
            interval=(low, high),
            test=N_("Wilson interval"),
            effect=float(row["share"]),
            reach=int(row["n"]),
        )
    ]
    family = int(served.attrs.get("family", served["p"].notna().sum()))
    claims = served.loc[served["claim"].astype(bool) & shown(served)]
    claims = claims.sort_values("p_adjusted", kind="stable").head(CLAIMS_SHOWN)
    if family and not served["claim"].any():
        said.append(
            Finding(
                "Customers with such a sign are served as others are: no outcome differs by more than chance would "
                "allow (compared: {family:count}). That is no proof that there is no difference: the intervals in the "
                "table say how large it may still be.",
                {"family": family},
                id=f"{chapter}.parity.nothing",
                n=int(served["base"].max()),
                table="parity_of_service",
                test=_TEST,
                family=family,
                kind="nothing",
            )
        )
    return said + [_claim(row, family, chapter) for row in claims.itertuples()]


def need_findings(table: pd.DataFrame, chapter: str = "10") -> list[Finding]:
    """Which customers with an indicator need a person more or less often than others, from `needs`."""
    message = N_(
        "{evidence:label}, customers with the sign “{group:label}”: {share:share} in a way with a person, {rest:share} "
        "of customers without a known sign – {ratio:ratio} times as often ({low:ratio} to {high:ratio}, n = {n:count})."
    )
    claims = table.loc[table["claim"].astype(bool) & shown(table)].sort_values("p_adjusted", kind="stable")
    return [
        Finding(
            message,
            {
                "evidence": row.evidence,
                "group": row.group,
                "share": float(row.share),
                "rest": float(row.share_rest),
                "ratio": float(row.ratio),
                "low": float(row.ratio_low),
                "high": float(row.ratio_high),
                "n": int(row.base),
            },
            id=f"{chapter}.need.{row.evidence}.{row.group}".replace(" ", "_"),
            n=int(row.base),
            table="need_of_a_person",
            interval=(float(row.ratio_low), float(row.ratio_high)),
            test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
            p_adjusted=float(row.p_adjusted),
            family=int(table.attrs.get("family", len(table))),
            effect=abs(float(row.share) - float(row.share_rest)),
            reach=int(row.base),
            kind="difference",
        )
        for row in claims.itertuples()
    ]


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
    row = counts(flags, drivers).iloc[-1] if len(flags.columns) else {"n": 0, "base": 0}
    return {"vulnerable": int(row["n"]), "vulnerable_base": int(row["base"]), "signs": len(flags.columns)}


_TEST = N_("ratio of rates with customers as units, Welch’s t test; Benjamini–Hochberg")
_RATIO = N_(
    "{metric:label}, customers with the sign “{group:label}”: {ratio:ratio} times as much as for customers without a "
    "known sign ({low:ratio} to {high:ratio}, n = {n:count}); with the same mix of topics {same:ratio} times as much."
)
_DIFFERENCE = N_(
    "{metric:label}, customers with the sign “{group:label}”: {difference:number} points against customers without a "
    "known sign ({low:number} to {high:number}, n = {n:count})."
)


def _claim(row: object, family: int, chapter: str) -> Finding:
    of_score = row.metric in SCORES.values()
    estimate = "difference" if of_score else "ratio"
    interval = (float(getattr(row, f"{estimate}_low")), float(getattr(row, f"{estimate}_high")))
    values = {"metric": row.metric, "group": row.group, estimate: float(getattr(row, estimate))}
    values |= {"low": interval[0], "high": interval[1], "n": int(row.base)}
    return Finding(
        _DIFFERENCE if of_score else _RATIO,
        values if of_score else values | {"same": float(row.same_mix)},
        id=f"{chapter}.parity.{row.metric}.{row.group}".replace(" ", "_"),
        n=int(row.base),
        table="parity_of_service",
        interval=interval,
        test=_TEST,
        p_adjusted=float(row.p_adjusted),
        family=family,
        effect=min(abs(float(row.effect)), 1.0),
        reach=int(row.base),
        kind="difference",
    )


def _scores(scores: pd.Series, members: pd.Index, others: pd.Index) -> dict[str, float]:
    """One row of `parity` for a score."""
    here, there = (scores[scores.index.isin(who)].to_numpy(float) for who in (members, others))
    row = dict(zip(("n", "base", "n_rest", "base_rest"), (len(here), len(here), len(there), len(there)), strict=True))
    if min(len(here), len(there)) < 2:
        return row | {"p": np.nan}
    found = welch(here.mean(), here.std(ddof=1), len(here), there.mean(), there.std(ddof=1), len(there))
    spread = float(np.sqrt((here.var(ddof=1) + there.var(ddof=1)) / 2))
    numbers = {"mean": here.mean(), "mean_rest": there.mean(), "difference": found.value, "p": found.p}
    numbers |= {"difference_low": found.low, "difference_high": found.high}
    return row | {name: float(x) for name, x in numbers.items()} | {"effect": float(found.value) / (spread or np.nan)}


def _either(flags: pd.DataFrame) -> pd.Series:
    """True where any column is, false where all are known and none is."""
    either = flags.fillna(False).any(axis=1).astype("boolean")
    return either.mask(~either & flags.isna().any(axis=1))


def _troubled(tickets: pd.DataFrame) -> pd.Series:
    """Customers with a case that is open, was reopened, or after which they came again within `REPEAT_DAYS`."""
    if not len(tickets):
        return pd.Series(dtype="Int64")
    open_still = tickets["closed_at"].isna() if "closed_at" in tickets and tickets["closed_at"].notna().any() else False
    reopened = tickets["reopened"].fillna(False).astype(bool) if "reopened" in tickets else False
    ordered = tickets.sort_values(["customer_no", "opened_at"], kind="stable")
    again = ordered.groupby("customer_no")["opened_at"].diff() <= pd.Timedelta(days=REPEAT_DAYS)
    return tickets.loc[again.reindex(tickets.index) | open_still | reopened, "customer_no"]
