"""How frequent each pain is, how badly it hurts, whether it grows, and which groups it hits more than others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...codes import OTHER
from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import (
    MIN_EXPECTED,
    case_ratio,
    compare_shares,
    compared,
    corrected,
    family_size,
    measurements,
)
from ...stats.effect_sizes import from_d, from_tau
from ...stats.intervals import add_shares
from ..demographics.categories import banded, order_of, values_of
from ..feedback import trend
from .observations import BEHAVIOUR, KINDS, STATED, THEME, Evidence

CLAIMS_PER_PAIN = 2
"""Sentences about one pain at most; the table holds the rest."""

SAME = 0.95
"""Where so large a part of the sufferers has one value that fewer than half of the others have, the value is another
name for the pain, such as the status "churned" for a reason for leaving, and no group that it hits."""

ALL_TICKETS = N_("all tickets")
"""Stands beside the pains over time: whether customers need help more often at all is asked before with what."""

CUSTOMERS, OCCASIONS = N_("customers a month"), N_("occasions")
"""What a pain is counted of over time."""

TOGETHER = ["pain", "attribute"]
RATED = ["ratio", "ratio_low", "ratio_high", "p", "effect"]
"""Columns that tell of cases per year where a pain has days, instead of shares of customers."""

WHO_STATE_ONE = N_("customers who state a reason")
COLUMNS = ["pain", "among", *compared("ratio"), "verdict"]

HARDER, LESS = N_("hit harder"), N_("hit less")
CHANCE, TOO_FEW = N_("could be chance"), N_("too few to test")


def prevalence(counts: pd.DataFrame, evidence: Evidence, cases: pd.DataFrame, customers: int) -> Result:
    """How frequent each pain is, and how much trouble the tickets about it are.

    Parameters
    ----------
    counts : DataFrame
        ``evidence, pain, n`` (customers with the pain)``, times`` (how often it showed).
    evidence : Evidence
    cases : DataFrame
        The tickets; used if known: ``reopened`` and ``hours`` to their resolution.
    customers : int
        How many there are.

    Returns
    -------
    Result
        ``pain, evidence, n, base`` (customers it could have hit)``, share`` with interval``, times, occasions`` (on how
        many it could have, behaviour only)``, reopened_share`` with interval and ``resolution_hours`` (median; themes
        and categories only). Themes first, then reasons, then behaviour; within each the most frequent first.
    """
    met = evidence.occasions.groupby("pain")["customer_no"].agg(["nunique", "size"]).reindex(counts["pain"])
    table = counts[["pain", "evidence", "n", "times"]].reset_index(drop=True)
    table["base"] = met["nunique"].fillna(customers).to_numpy(int)
    table["occasions"] = met["size"].astype("Int64").to_numpy()
    table = _trouble(add_shares(table), evidence, cases)
    if table["occasions"].isna().all():
        table = table.drop(columns="occasions")
    place = table["evidence"].map({kind: at for at, kind in enumerate(KINDS)})
    order: np.ndarray | list[int] = np.lexsort((table["pain"], -table["n"], place)) if len(table) else []
    return Result(
        "pain_points",
        table.iloc[order].reset_index(drop=True),
        Text(N_("Pains: how frequent, how often reopened, and how long they take")),
        OVERLAPPING,
        about=Text(N_("Share of the customers whom it could have hit.")),
        needs="tickets",
    )


def by_group(
    evidence: Evidence,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    min_n: int = 50,
    orders: Mapping[str, Sequence[str]] | None = None,
    watched: pd.DataFrame | None = None,
) -> Result:
    """How much more often each group has each pain than all other customers.

    Who has been a customer for longer has had any pain more often. What customers write about is therefore compared by
    cases per year as a customer, and reasons that are stated once among those who state one.

    Parameters
    ----------
    evidence : Evidence
        Of behaviour, each customer's latest occasion counts, see `Evidence.matrix`.
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
        Columns that make groups, as far as the profile has them; numbers are banded.
    min_n : int
        Customers that group and rest must both have; below it, or where fewer than five affected are expected,
        nothing is tested.
    orders : mapping, optional
        Order of the values of ordered attributes.
    watched : DataFrame, optional
        From `aftermath.watched`; without it, and of what has no day, the shares of customers are compared.

    Returns
    -------
    Result
        ``pain, among, attribute, value, n, base, share, n_rest, base_rest, share_rest, ratio, ratio_low,
        ratio_high, p, p_adjusted, effect, claim, verdict``. ``among`` says of whom each has one of the pains and no
        more, so that these add up to the base of a group. One Benjamini–Hochberg family over the whole matrix, in
        which the mirror-image rows of a two-valued attribute count once. ``effect`` is Cohen's h, of rates the
        difference of their roots that comes to the same. Customers whose attribute is unknown are outside the base. An
        attribute that only renames a pain (`SAME`) has no rows for it; ``verdict`` says why a row is no claim.
    """
    names = [name for name in attributes if name in profile and profile[name].nunique() > 1]
    counts = _counts(evidence, banded(profile, names), profile, names, orders or {}, watched)
    source = evidence.names.set_index("pain")["source"]
    table = compare_shares(counts[~_renames(counts, source)].reset_index(drop=True), min_n, TOGETHER)
    for name in RATED if "by_year" in table else []:
        known = table["by_year"] & ((name != "p") | table["p"].notna())
        table[name] = table[name].mask(known, table[f"{name}_by_year"])
    table, family = corrected(table, together=TOGETHER)
    kinds = [table["p"].isna(), ~table["claim"], table["ratio"] > 1]
    table = table.assign(verdict=np.select(kinds, [TOO_FEW, CHANCE, HARDER], LESS))[COLUMNS]
    one_each = table["among"].notna().any()
    table = table if one_each else table.drop(columns="among")
    return Result(
        "pains_by_group",
        table,
        Text(N_("Every pain in every group")),
        Disclosure(
            within=(TOGETHER, ["among", "attribute", "value"]) if one_each else TOGETHER,
            mask=[name for name in measurements(table) if name not in ("pain", "among")],
        ),
        claims=partial(_claims, family=family),
        family=family,
        about=Text(
            N_(
                "{n:count} customers; what they write about is compared by cases per year as a customer, reasons among "
                "those who state one."
            ),
            {"n": len(profile)},
        ),
    )


def volumes(evidence: Evidence, tickets: pd.DataFrame, active: pd.DataFrame) -> pd.DataFrame:
    """How often each pain shows in each month: to how many of the customers there are, or on how many occasions.

    A share of all tickets would fall as soon as another pain grows, and say nothing where all of them grow.

    Parameters
    ----------
    evidence : Evidence
    tickets : DataFrame
        All of them are a row of their own, `ALL_TICKETS`.
    active : DataFrame
        ``customer_no, at``: who was a customer in which month, from `aftermath.active`.

    Returns
    -------
    DataFrame
        ``month, pain, evidence, n, base, share, share_low, share_high``, and ``p_of_persons`` (`trend.steady`); pains
        without days are left out.
    """
    columns = {"month": "datetime64[us]", "pain": "str", "n": "int64", "base": "int64", "p_of_persons": "float64"}
    parts = [pd.DataFrame(columns=list(columns)).astype(columns)]
    written = evidence.hits[(evidence.hits["row"] >= 0) & evidence.hits["at"].notna()]
    if len(written) and len(active):
        every = tickets.rename(columns={"opened_at": "at"}).assign(pain=ALL_TICKETS)
        known = pd.concat([each[["customer_no", "at", "pain"]] for each in (every, written)]).dropna()
        known = known.assign(at=trend.months(known["at"])).drop_duplicates().merge(active, on=["customer_no", "at"])
        base = active.groupby("at").size()
        counts = pd.crosstab(known["at"], known["pain"]).reindex(base.index, fill_value=0).rename_axis("month")
        counted = counts.melt(var_name="pain", value_name="n", ignore_index=False).reset_index()
        there = active.rename(columns={"at": "month"})
        steady = {
            pain: trend.steady(hit, 1.0, there) for pain, hit in known.rename(columns={"at": "month"}).groupby("pain")
        }
        parts.append(counted.assign(base=counted["month"].map(base), p_of_persons=counted["pain"].map(steady)))
    for pain, met in evidence.occasions[evidence.occasions["at"].notna()].groupby("pain"):
        met = met.assign(month=trend.months(met["at"]))
        table = met.groupby("month")["hit"].agg(["sum", "size"]).reset_index()
        table = table.rename(columns={"sum": "n", "size": "base"})
        parts.append(table.assign(pain=pain, p_of_persons=trend.steady(met, met["hit"]))[list(columns)])
    table = pd.concat([part.astype(columns) for part in parts], ignore_index=True)
    table["evidence"] = table["pain"].map(evidence.names.set_index("pain")["evidence"]).fillna(THEME)
    table = add_shares(table[table["base"] > 0])
    return table[["month", "pain", "evidence", *list(columns)[2:], "share", "share_low", "share_high"]].reset_index(
        drop=True
    )


def over_time(periods: pd.DataFrame, drifts: pd.DataFrame, customers: int) -> Result:
    """How often each pain shows over time, and which of them grow or fade.

    Parameters
    ----------
    periods : DataFrame
        ``month`` (the first of each period)``, pain, evidence, n, base``: `volumes`, or sums of them.
    drifts : DataFrame
        From `trend.drift` of the monthly `volumes` by pain.
    customers : int
        How many the volumes speak of.

    Returns
    -------
    Result
        ``month, pain, evidence, n, base, share`` with interval.
    """
    family = family_size(drifts)
    strength = periods["pain"].map(drifts.set_index("pain")["tau"].abs()).where(periods["pain"] != ALL_TICKETS, np.inf)
    periods = periods.iloc[np.argsort(-strength.fillna(0).to_numpy(), kind="stable")].reset_index(drop=True)
    return Result(
        "pain_volumes",
        add_shares(periods)[["month", "pain", "evidence", "n", "base", "share", "share_low", "share_high"]],
        Text(N_("Every pain over time")),
        Disclosure(within=("month", "evidence")),
        claims=partial(_drifting, drifts=drifts, family=family, customers=customers),
        family=family,
        about=Text(
            N_(
                "Periods are named by their first month. Tickets: share of customers a month; behaviour: share of "
                "occasions."
            )
        ),
    )


def facts(
    tickets: pd.DataFrame, assignments: pd.DataFrame, themes: pd.DataFrame, evidence: Evidence, **families: Result
) -> dict[str, int | str]:
    """Tickets and their themes, pains of each kind of evidence, and what each family compared and established."""
    found: dict[str, int | str] = {"tickets": len(tickets), "customers_with_tickets": tickets["customer_no"].nunique()}
    if len(assignments):
        fitting = assignments.loc[assignments["theme"] != OTHER, "theme"]
        found |= {"themes": fitting.nunique(), "tickets_with_theme": len(fitting)}
    kinds = evidence.names["evidence"].value_counts()
    found |= {f"pains_by_{kind}": int(kinds.get(kind, 0)) for kind in KINDS}
    found["customers_with_a_pain"] = evidence.hits["customer_no"].nunique()
    for name, result in families.items():
        found |= {f"{name}_comparisons": result.family, f"{name}_established": int(result.frame["claim"].sum())}
    return found | {f"theme_{at}": f"{row.theme} ({row.n})" for at, row in enumerate(themes.itertuples(), start=1)}


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """The groups that a pain hits harder than all others, or that there are none."""
    harder = table[table["claim"] & (table["ratio"] > 1)]
    harder = shown(harder).sort_values(["effect", "pain", "attribute"], ascending=[False, True, True], kind="stable")
    return CLAIMS.tell(table, family, harder[harder.groupby("pain").cumcount() < CLAIMS_PER_PAIN])


def _drifting(table: pd.DataFrame, drifts: pd.DataFrame, family: int, customers: int) -> list[Finding]:
    """Pains that show ever more or less often, all tickets first; of one whose numbers are all hidden nothing is said.

    Told are the middles of the first and of the last third on the line of the slope, so that no hidden month decides.
    """
    totals = table.groupby("pain")[["n", "base"]].sum()
    level, third = drifts["pain"].map(totals["n"] / totals["base"]), drifts["slope"] * drifts["n"] / 3
    told = drifts.assign(before=(level - third).clip(lower=0), now=(level + third).clip(lower=0))
    told["of"] = np.where(drifts["pain"].isin(table.loc[table["evidence"] == BEHAVIOUR, "pain"]), OCCASIONS, CUSTOMERS)
    order = np.lexsort((told["pain"], -told["tau"].abs(), told["pain"] != ALL_TICKETS))
    rows = told.iloc[order][lambda row: row["claim"] & row["pain"].isin(shown(table)["pain"])]
    return replace(DRIFT, n=lambda _: customers, reach=lambda _: customers).tell(told, family, rows, customers)


_MEET = N_(
    "{attribute/value:group} meet “{pain:value}” {ratio:ratio} times as often as other customers ({low:ratio} to "
    "{high:ratio}, n = {n:count} of {base:count})."
)
_NAME = N_(
    "Of those who state a reason, {attribute/value:group} name “{pain:value}” {ratio:ratio} times as often as others "
    "({low:ratio} to {high:ratio}, n = {n:count} of {base:count})."
)
CLAIMS = Claims(
    "pains",
    lambda row: _NAME if getattr(row, "among", None) == WHO_STATE_ONE else _MEET,
    key=("attribute", "value", "pain"),
    nothing=N_("No group is hit harder by any pain than chance would allow ({family:count} comparisons)."),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="ratio",
    effect=lambda row: from_d(row.effect),
    most=12,
)
_DRIFTS = {
    (True, True): N_("More and more customers ask for help: {now:share} in a month, {before:share} before."),
    (True, False): N_("Fewer and fewer customers ask for help: {now:share} in a month, {before:share} before."),
    (False, True): N_("“{pain:value}” comes up more and more: {now:share} of {of:label}, {before:share} before."),
    (False, False): N_("“{pain:value}” comes up less and less: {now:share} of {of:label}, {before:share} before."),
}
DRIFT = Claims(
    "drift",
    lambda row: _DRIFTS[row.pain == ALL_TICKETS, row.slope > 0],
    {"pain": "pain", "now": "now", "before": "before", "of": lambda row: Text(row.of)},
    key=("pain",),
    nothing=N_("No pain becomes more or less frequent: {family:count} tested, none by more than chance."),
    test=trend.DRIFT.test,
    effect=lambda row: from_tau(row.tau),
    most=100,
)


def _trouble(table: pd.DataFrame, evidence: Evidence, tickets: pd.DataFrame) -> pd.DataFrame:
    """The table with how often the tickets about each pain are opened again, and how long they take."""
    recorded = [name for name in ("reopened", "hours") if name in tickets]
    cases = evidence.hits.loc[evidence.hits["row"] >= 0, ["pain", "row"]].join(tickets[recorded], on="row")
    if "reopened" in cases and cases["reopened"].notna().any():
        known = cases[cases["reopened"].notna()].astype({"reopened": bool})
        counts = known.groupby("pain")["reopened"].agg(["sum", "size"]).reindex(table["pain"], fill_value=0)
        table["reopened_n"], table["reopened_base"] = counts["sum"].to_numpy(), counts["size"].to_numpy()
        table = add_shares(table, n="reopened_n", base="reopened_base", share="reopened_share")
        table = table.drop(columns=["reopened_n", "reopened_base"])
    if "hours" in cases and cases["hours"].notna().any():
        table["resolution_hours"] = table["pain"].map(cases.groupby("pain")["hours"].median())
    return table


def _counts(
    evidence: Evidence,
    values_in: pd.DataFrame,
    profile: pd.DataFrame,
    names: list[str],
    orders: Mapping[str, Sequence[str]],
    watched: pd.DataFrame | None,
) -> pd.DataFrame:
    """Affected and exposed customers of every group and of its rest, by pain, and what `RATED` is by cases per year."""
    pains = evidence.names["pain"].to_numpy()
    hit, exposed = (each.astype(float) for each in evidence.matrix(profile["customer_no"]))
    stated = (evidence.names["source"] == STATED).to_numpy()
    # Only who was asked for a reason could state this one: those who left, as a rule.
    exposed[:, stated] = hit[:, stated].any(axis=1, keepdims=True)
    one_each = hit[:, stated].sum(axis=1).max(initial=0) <= 1
    among = np.array([WHO_STATE_ONE if one and one_each else None for one in stated], dtype=object)
    kinds = {"pain": "str", "among": "object", "attribute": "str", "value": "str"}
    kinds |= dict.fromkeys(("n", "base", "n_rest", "base_rest"), "int64")
    parts = [pd.DataFrame(columns=list(kinds)).astype(kinds)]
    dated = None if watched is None else _cases(evidence, profile["customer_no"], pains, watched)
    for name in names if len(pains) else []:
        values = values_of(values_in[name])
        order = order_of(values_in[name], orders.get(name))
        member = (values.to_numpy(dtype=object)[:, None] == np.array(order, dtype=object)[None, :]).astype(float)
        known = values.notna().to_numpy(float)[:, None]
        part = pd.DataFrame(
            {
                "pain": np.repeat(pains, len(order)),
                "among": np.repeat(among, len(order)),
                "attribute": name,
                "value": np.tile(np.array(order, dtype=object), len(pains)),
                "n": (hit.T @ member).ravel().astype(int),  # pains × values
                "base": (exposed.T @ member).ravel().astype(int),
            }
        )
        part["n_rest"] = np.repeat((hit * known).sum(axis=0), len(order)).astype(int) - part["n"]
        part["base_rest"] = np.repeat((exposed * known).sum(axis=0), len(order)).astype(int) - part["base"]
        if dated is not None:
            found = case_ratio(*dated, member, known[:, 0])
            part = part.assign(by_year=np.repeat(dated[0].any(axis=0), len(order)))
            for column, each in zip(RATED, (*found[:4], 2 * (np.sqrt(found.rate) - np.sqrt(found.rest))), strict=True):
                part[f"{column}_by_year"] = each.ravel()
        parts.append(part)
    return pd.concat([part.astype(kinds) for part in parts], ignore_index=True)


def _cases(
    evidence: Evidence, customers: pd.Series, pains: np.ndarray, watched: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Dated cases of each customer and pain while the customer was one, and for how many years that was."""
    known = watched.set_index("customer_no").reindex(customers)
    cases = np.zeros((len(known), len(pains)))
    written = evidence.hits[(evidence.hits["row"] >= 0) & evidence.hits["at"].notna()]
    day = written["at"].astype("datetime64[us]").astype("int64").to_numpy() / 86_400e6
    who, what = known.index.get_indexer(written["customer_no"]), pd.Index(pains).get_indexer(written["pain"])
    inside = (who >= 0) & (day >= known["since"].to_numpy()[who]) & (day < known["until"].to_numpy()[who])
    np.add.at(cases, (who[inside], what[inside]), 1.0)
    return cases, (known["until"] - known["since"]).fillna(0).to_numpy() / 365.25


def _renames(counts: pd.DataFrame, source: Mapping[str, str]) -> pd.Series:
    """Rows of attributes of which one value is but another name for the pain, see `SAME`, or of whom it could hit.

    An attribute that renames most pains of a source, as the category of a reason does, is left out for all of them; so
    is one that all have in common whom a pain could hit, as the status of those who are asked why they left.
    """
    affected = counts["n"] + counts["n_rest"]
    unhit = (counts["base"] - counts["n"]) / (counts["base"] + counts["base_rest"] - affected).clip(lower=1)
    same = (counts["n"] >= SAME * affected) & (unhit < 0.5) & (affected >= MIN_EXPECTED)
    renamed = same.groupby([counts["pain"], counts["attribute"]]).transform("any")
    most = renamed.groupby([counts["pain"].map(source), counts["attribute"]]).transform("mean") > 0.5
    divides = ((counts["base"] > 0) & (counts["base_rest"] > 0)).groupby([counts["pain"], counts["attribute"]])
    return renamed | most | ~divides.transform("any")
