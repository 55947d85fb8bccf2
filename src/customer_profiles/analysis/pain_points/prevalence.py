"""How frequent each pain is, how badly it hurts, whether it grows, and which groups it hits more than others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from ...messages import N_, Finding
from ...stats.comparisons import MIN_EXPECTED, compare_shares, compared, family_size, shown
from ...stats.intervals import add_shares
from ...text.themes.discovery import OTHER
from ..demographics.distributions import order_of, values_of
from ..demographics.index import banded
from ..feedback import trend
from .observations import BEHAVIOUR, KINDS, Evidence

CLAIMS_SHOWN, CLAIMS_PER_PAIN = 12, 2  # sentences at most, in all and about one pain; the table holds the rest

PAINS_DRAWN, ATTRIBUTES_DRAWN = 6, 5  # what still reads on a phone

SAME = 0.95
"""Where so large a part of the sufferers has one value that fewer than half of the others have, the value is another
name for the pain, such as the status "churned" for a reason for leaving, and no group that it hits."""

TENURE = "tenure_days"
"""How long somebody has been a customer: a group that no source names."""

TOGETHER = ["pain", "attribute"]
COLUMNS = ["pain", *compared("ratio"), "verdict"]
MEASURED = [name for name in COLUMNS if name not in ("pain", "attribute", "value", "base", "base_rest")]
"""What `by_group` has measured: all that has to go where a row is hidden."""

HARDER, LESS = N_("hit harder"), N_("hit less")
CHANCE, TOO_FEW = N_("could be chance"), N_("too few to test")


def groups(profile: pd.DataFrame, attributes: Iterable[str], reasons: Iterable[str] = ()) -> list[str]:
    """Attributes by which pains are compared: those given and how long somebody is a customer, without the reasons."""
    stated = set(reasons)
    named = [name for name in attributes if name not in stated]
    return [*named, TENURE] if TENURE in profile and TENURE not in named and profile[TENURE].nunique() > 1 else named


def prevalence(evidence: Evidence, profile: pd.DataFrame, tickets: pd.DataFrame) -> pd.DataFrame:
    """How frequent each pain is, and how much trouble the tickets about it are.

    Parameters
    ----------
    evidence : Evidence
    profile : DataFrame
        One row per customer.
    tickets : DataFrame
        Cases; used if present: ``opened_at, closed_at, reopened``.

    Returns
    -------
    DataFrame
        ``pain, evidence, n`` (customers, once at least)``, base`` (customers it could have hit)``, share`` with
        interval``, times`` (how often in all)``, occasions`` (on how many it could have, behaviour only)``,
        reopened_share`` with interval and ``resolution_hours`` (median; themes and categories only). Themes first,
        then reasons, then behaviour; within each the most frequent first.
    """
    table = evidence.names.drop(columns="source")
    pains = evidence.pains.groupby("pain")["n"].agg(["size", "sum"]).reindex(table["pain"])
    met = evidence.occasions.groupby("pain")["customer_no"].agg(["nunique", "size"]).reindex(table["pain"])
    table["n"], table["times"] = pains["size"].to_numpy(int), pains["sum"].to_numpy(int)
    table["base"] = met["nunique"].fillna(len(profile)).to_numpy(int)
    table["occasions"] = met["size"].astype("Int64").to_numpy()
    table = _trouble(add_shares(table), evidence, tickets)
    if table["occasions"].isna().all():
        table = table.drop(columns="occasions")
    place = table["evidence"].map({kind: at for at, kind in enumerate(dict.fromkeys(table["evidence"]))})
    order = np.lexsort((table["pain"], -table["n"], place)) if len(table) else []
    return table.iloc[order].reset_index(drop=True)


def by_group(
    evidence: Evidence,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    min_n: int = 50,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """How much more often each group has each pain than all other customers.

    Parameters
    ----------
    evidence : Evidence
        Of behaviour, each customer's latest occasion counts, see `Evidence.matrix`.
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
        Columns that make groups; numbers are banded.
    min_n : int
        Customers that group and rest must both have; below it, or where fewer than five affected are expected,
        nothing is tested.
    orders : mapping, optional
        Order of the values of ordered attributes.

    Returns
    -------
    DataFrame
        ``pain, attribute, value, n, base, share, n_rest, base_rest, share_rest, ratio, ratio_low,
        ratio_high, p, p_adjusted, effect, claim, verdict``. One Benjamini–Hochberg family over the whole matrix, in
        which the mirror-image rows of a two-valued attribute count once. ``effect`` is Cohen's h. Customers whose
        attribute is unknown are outside the base. An attribute that only renames a pain (`SAME`) has no rows for it;
        ``verdict`` says why a row is no claim.
    """
    names = [name for name in attributes if name in profile]
    counts = _counts(evidence, banded(profile, names), profile, names, orders or {})
    if counts.empty:
        return pd.DataFrame(columns=COLUMNS)
    source = evidence.names.set_index("pain")["source"]
    table = compare_shares(counts[~_renames(counts, source)].reset_index(drop=True), min_n, TOGETHER)
    family = table.attrs["family"]
    kinds = [table["p"].isna(), ~table["claim"], table["ratio"] > 1]
    table = table.assign(verdict=np.select(kinds, [TOO_FEW, CHANCE, HARDER], LESS))[COLUMNS]
    table.attrs["family"] = family
    return table


def heaviest(table: pd.DataFrame) -> dict[str, list[str]]:
    """Pains and attributes to draw: those with the strongest claims first, then the largest differences.

    Returns
    -------
    dict
        ``pain`` and ``attribute``, in the order of the table.
    """
    strength = table.assign(effect=table["effect"].abs().fillna(0.0), claim=table["claim"].astype(bool))
    chosen = {}
    for column, most in (("pain", PAINS_DRAWN), ("attribute", ATTRIBUTES_DRAWN)):
        ranked = strength.groupby(column, sort=True)[["claim", "effect"]].agg({"claim": "sum", "effect": "max"})
        best = ranked.sort_values(["claim", "effect"], ascending=False, kind="stable").index[:most]
        chosen[column] = [name for name in table[column].unique() if name in best]
    return chosen


def volumes(evidence: Evidence, tickets: pd.DataFrame, period: str = "M") -> pd.DataFrame:
    """How often each pain shows, by month or quarter: of all tickets, or of the occasions of a behaviour.

    Returns
    -------
    DataFrame
        ``month, pain, evidence, n, base, share, share_low, share_high``, see `trend.theme_volumes`; pains without days
        are left out.
    """
    dated = evidence.hits[evidence.hits["at"].notna()]
    parts = []
    if (written := dated[dated["row"] >= 0]).size:
        # A ticket without a theme is a ticket all the same.
        rest = tickets.index.difference(written["row"])
        others = pd.DataFrame({"row": rest, "at": tickets.loc[rest, "opened_at"].to_numpy(), "theme": OTHER})
        items = pd.concat([written.rename(columns={"pain": "theme"})[["row", "at", "theme"]], others])
        counted = trend.theme_volumes(items, period)
        parts.append(counted[counted["theme"] != OTHER].rename(columns={"theme": "pain"}))
    for pain, met in evidence.occasions[evidence.occasions["at"].notna()].groupby("pain"):
        month = trend.months(met["at"], period)
        table = met.groupby(month.rename("month"))["hit"].agg(["sum", "size"]).reset_index()
        table = table.rename(columns={"sum": "n", "size": "base"}).assign(pain=pain)
        parts.append(add_shares(table))
    columns = ["month", "pain", "evidence", "n", "base", "share", "share_low", "share_high"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    table["evidence"] = table["pain"].map(evidence.names.set_index("pain")["evidence"])
    return table.loc[table["base"] > 0, columns].reset_index(drop=True)


def written(volumes: pd.DataFrame) -> pd.DataFrame:
    """The `volumes` of pains that tickets tell of, whose shares are of all tickets."""
    return volumes[volumes["evidence"] != BEHAVIOUR].reset_index(drop=True)


def shown_in_behaviour(volumes: pd.DataFrame) -> pd.DataFrame:
    """The `volumes` of pains that show in behaviour, whose shares are of its occasions."""
    return volumes[volumes["evidence"] == BEHAVIOUR].reset_index(drop=True)


def facts(
    tickets: pd.DataFrame, assignments: pd.DataFrame, themes: pd.DataFrame, evidence: Evidence, **families: pd.DataFrame
) -> dict[str, int | str]:
    """Tickets and their themes, pains of each kind of evidence, and what each family compared and established."""
    found: dict[str, int | str] = {"tickets": len(tickets), "customers_with_tickets": tickets["customer_no"].nunique()}
    if "theme" in assignments:
        fitting = assignments.loc[assignments["theme"] != OTHER, "theme"]
        found |= {"themes": fitting.nunique(), "tickets_with_theme": len(fitting)}
    kinds = evidence.names["evidence"].value_counts()
    found |= {f"pains_by_{kind}": int(kinds.get(kind, 0)) for kind in KINDS}
    found["customers_with_a_pain"] = evidence.hits["customer_no"].nunique()
    for name, table in families.items():
        found[f"{name}_comparisons"] = int(table.attrs.get("family", 0))
        found[f"{name}_established"] = int(table["claim"].sum())
    return found | {f"theme_{at}": f"{row.theme} ({row.n})" for at, row in enumerate(themes.itertuples(), start=1)}


def findings(table: pd.DataFrame, chapter: str = "03", min_group: int = 10) -> list[Finding]:
    """The groups that a pain hits harder than all others, or one finding that there are none.

    Parameters
    ----------
    table : DataFrame
        From `by_group`.
    chapter : str
        Prefix of the ids.
    min_group : int
        Smallest count that may be spoken of (``privacy.min_group_size``).
    """
    family = family_size(table, TOGETHER) if len(table) else 0
    if not len(table) or not table["claim"].any():
        return [
            Finding(
                "No group is hit harder by any pain than chance would allow ({family:count} comparisons).",
                {"family": family},
                id=f"{chapter}.pains.nothing",
                n=int(table["base"].max()) if len(table) else 0,
                table="pains_by_group",
                test=_TEST,
                family=family,
                kind="nothing",
            )
        ]
    spoken = table[table["claim"] & (table["ratio"] > 1) & (table["n"] >= min_group) & shown(table)]
    spoken = spoken.sort_values(["effect", "pain", "attribute"], ascending=[False, True, True], kind="stable")
    spoken = spoken[spoken.groupby("pain").cumcount() < CLAIMS_PER_PAIN]
    return [_claim(row, chapter, family) for row in spoken.head(CLAIMS_SHOWN).itertuples()]


def drift_findings(drifts: pd.DataFrame, chapter: str = "03", n: int = 0) -> list[Finding]:
    """Pains that show ever more or less often, from `trend.drift` of monthly `volumes`."""
    family = family_size(drifts) if len(drifts) else 0
    evidence = {"n": n, "table": "pain_volumes", "test": "Mann–Kendall test, Theil–Sen slope", "family": family}
    claims = drifts.loc[drifts["claim"].astype(bool)]
    if claims.empty:
        none = N_("No pain becomes more or less frequent: {family:count} tested, none by more than chance.")
        nothing = Finding(none, {"family": family}, id=f"{chapter}.drift.nothing", kind="nothing", **evidence)
        return [nothing] if family else []
    found = []
    for row in claims.itertuples():
        rises = row.slope > 0
        ends = sorted(12 * (end if rises else -end) for end in (float(row.slope_low), float(row.slope_high)))
        values = {"pain": row.pain, "slope": 12 * abs(float(row.slope)), "low": ends[0], "high": ends[1]}
        found.append(
            Finding(
                _UP if rises else _DOWN,
                values | {"months": int(row.n)},
                id=f"{chapter}.drift.{row.pain}",
                interval=(ends[0], ends[1]),
                p_adjusted=float(row.p_adjusted),
                effect=min(values["slope"], 1.0),
                reach=n,
                kind="difference",
                **evidence,
            )
        )
    return found


_UP = N_(
    "“{pain:label}” shows more and more: its share of all tickets or occasions goes up by {slope:share} a year "
    "({low:share} to {high:share}, {months:count} months)."
)
_DOWN = N_(
    "“{pain:label}” shows less and less: its share of all tickets or occasions goes down by {slope:share} a year "
    "({low:share} to {high:share}, {months:count} months)."
)
_TEST = N_("Fisher's exact or χ² test, Benjamini–Hochberg")


def _trouble(table: pd.DataFrame, evidence: Evidence, tickets: pd.DataFrame) -> pd.DataFrame:
    """The table with how often the tickets about each pain are opened again, and how long they take."""
    cases = evidence.hits[evidence.hits["row"] >= 0]
    if cases.empty:
        return table
    recorded = [name for name in ("opened_at", "closed_at", "reopened") if name in tickets]
    cases = cases[["pain", "row"]].join(tickets[recorded], on="row")
    if "reopened" in cases and cases["reopened"].notna().any():
        known = cases[cases["reopened"].notna()].assign(reopened=lambda t: t["reopened"].astype(bool))
        counts = known.groupby("pain")["reopened"].agg(["sum", "size"]).reindex(table["pain"], fill_value=0)
        table["reopened_n"], table["reopened_base"] = counts["sum"].to_numpy(), counts["size"].to_numpy()
        table = add_shares(table, n="reopened_n", base="reopened_base", share="reopened_share")
        table = table.drop(columns=["reopened_n", "reopened_base"])
    if "closed_at" in cases and cases["closed_at"].notna().any():
        hours = (cases["closed_at"] - cases["opened_at"]).dt.total_seconds() / 3600
        table["resolution_hours"] = table["pain"].map(hours.groupby(cases["pain"]).median())
    return table


def _counts(
    evidence: Evidence,
    values_in: pd.DataFrame,
    profile: pd.DataFrame,
    names: list[str],
    orders: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Affected and exposed customers of every group and of its rest, by pain."""
    pains = evidence.names["pain"].to_numpy()
    hit, exposed = (each.astype(float) for each in evidence.matrix(profile["customer_no"]))
    parts = []
    for name in names if len(pains) else []:
        values = values_of(values_in[name])
        order = order_of(values_in[name], orders.get(name))
        member = (values.to_numpy(dtype=object)[:, None] == np.array(order, dtype=object)[None, :]).astype(float)
        known = values.notna().to_numpy(float)[:, None]
        part = pd.DataFrame(
            {
                "pain": np.repeat(pains, len(order)),
                "attribute": name,
                "value": np.tile(np.array(order, dtype=object), len(pains)),
                "n": (hit.T @ member).ravel().astype(int),  # pains × values
                "base": (exposed.T @ member).ravel().astype(int),
            }
        )
        part["n_rest"] = np.repeat((hit * known).sum(axis=0), len(order)).astype(int) - part["n"]
        part["base_rest"] = np.repeat((exposed * known).sum(axis=0), len(order)).astype(int) - part["base"]
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _renames(counts: pd.DataFrame, source: Mapping[str, str]) -> pd.Series:
    """Rows of attributes of which one value is but another name for the pain, see `SAME`.

    An attribute that renames most pains of a source, as the category of a reason does, is left out for all of them.
    """
    affected = counts["n"] + counts["n_rest"]
    unhit = (counts["base"] - counts["n"]) / (counts["base"] + counts["base_rest"] - affected).clip(lower=1)
    same = (counts["n"] >= SAME * affected) & (unhit < 0.5) & (affected >= MIN_EXPECTED)
    renamed = same.groupby([counts["pain"], counts["attribute"]]).transform("any")
    most = renamed.groupby([counts["pain"].map(source), counts["attribute"]]).transform("mean") > 0.5
    return renamed | most


def _claim(row, chapter: str, family: int) -> Finding:
    low, high = float(row.ratio_low), float(row.ratio_high)
    return Finding(
        "“{pain:label}” hits {attribute:label} “{value:label}” {ratio:ratio} times as often as other customers "
        "({low:ratio} to {high:ratio}): {share:share} against {rest:share}, n = {n:count} of {base:count}.",
        {
            "pain": row.pain,
            "attribute": row.attribute,
            "value": row.value,
            "ratio": float(row.ratio),
            "low": low,
            "high": high,
            "share": float(row.share),
            "rest": float(row.share_rest),
            "n": int(row.n),
            "base": int(row.base),
        },
        id=f"{chapter}.pains.{row.attribute}.{row.value}.{row.pain}",
        n=int(row.base),
        table="pains_by_group",
        interval=(low, high),
        test=_TEST,
        p_adjusted=float(row.p_adjusted),
        family=family,
        effect=abs(float(row.share) - float(row.share_rest)),
        reach=int(row.n),
        kind="difference",
    )
