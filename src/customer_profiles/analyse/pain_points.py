"""Which themes hurt whom: how many customers have them, how badly, and which groups more than others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from ..messages import N_, Finding, Limit
from ..needs import NEEDS
from .comparisons import adjust, compare_shares, compared, family_size, shown
from .distributions import order_of, values_of
from .group_tests import welch
from .index import banded
from .intervals import add_shares
from .themes import OTHER

# The first score that the profile has tells what a pain costs; with the length of its scale.
SCORES = {"nps_score": 10, "csat_score": 4, "stars_score": 4}
CLAIMS_SHOWN = 12  # sentences at most; the table holds the rest

THEMES_DRAWN, ATTRIBUTES_DRAWN = 6, 5  # what still reads on a phone

TOGETHER = ["theme", "attribute"]
COLUMNS = ["theme", *compared("ratio")]


def pains_by_customer(assignments: pd.DataFrame) -> pd.DataFrame:
    """Which known customer has which pain, however often they wrote.

    Parameters
    ----------
    assignments : DataFrame
        ``customer_no`` (may be missing)``, theme``, as `themes.find_themes` returns them.

    Returns
    -------
    DataFrame
        ``customer_no, theme``, each pair once, sorted; texts of unknown customers and of no theme are left out.
    """
    known = assignments[assignments["customer_no"].notna() & (assignments["theme"] != OTHER)]
    pairs = known[["customer_no", "theme"]].drop_duplicates().sort_values(["customer_no", "theme"], ignore_index=True)
    return pairs.astype({"customer_no": "int64"})


def prevalence(assignments: pd.DataFrame, tickets: pd.DataFrame, profile: pd.DataFrame) -> pd.DataFrame:
    """How frequent and how harmful each pain is.

    Parameters
    ----------
    assignments : DataFrame
        ``row, customer_no, theme``.
    tickets : DataFrame
        Cases, their index being the ``row`` of the assignments; used if present: ``opened_at, closed_at, reopened``.
    profile : DataFrame
        One row per customer, with a score of `SCORES` if there is one.

    Returns
    -------
    DataFrame
        ``theme, n`` (customers)``, base`` (all customers)``, share`` with interval``, tickets, reopened_share`` with
        interval``, resolution_hours`` (median) and ``difference`` (mean score of the affected less that of all others,
        with Welch's interval and ``p_adjusted``)``, score_n`` (affected with a score)``, scale`` (its length).
        Most frequent first, then by theme.
    """
    pains = pains_by_customer(assignments)
    table = pains.groupby("theme").size().rename("n").reset_index()
    table = add_shares(table.assign(base=len(profile)))
    cases = assignments[assignments["theme"].isin(table["theme"])].join(tickets.drop(columns="customer_no"), on="row")
    table["tickets"] = table["theme"].map(cases.groupby("theme").size())
    if "reopened" in cases and cases["reopened"].notna().any():
        known = cases[cases["reopened"].notna()].assign(reopened=lambda t: t["reopened"].astype(bool))
        counts = known.groupby("theme")["reopened"].agg(["sum", "size"]).reindex(table["theme"], fill_value=0)
        table["reopened_n"], table["reopened_base"] = counts["sum"].to_numpy(), counts["size"].to_numpy()
        table = add_shares(table, n="reopened_n", base="reopened_base", share="reopened_share")
    if {"opened_at", "closed_at"} <= set(cases):
        hours = (cases["closed_at"] - cases["opened_at"]).dt.total_seconds() / 3600
        table["resolution_hours"] = table["theme"].map(hours.groupby(cases["theme"]).median())
    table = pd.concat([table, _cost(pains, profile, table["theme"])], axis=1)
    return table.sort_values(["n", "theme"], ascending=[False, True], kind="stable", ignore_index=True)


def by_group(
    pains: pd.DataFrame,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    min_n: int = 50,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """How much more often each group has each pain than all other customers.

    Parameters
    ----------
    pains : DataFrame
        ``customer_no, theme``, each pair once.
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
        ``theme, attribute, value, n, base, share, n_rest, base_rest, share_rest, ratio, ratio_low, ratio_high, p,
        p_adjusted, effect, claim``. One Benjamini–Hochberg family over the whole matrix, in which the mirror-image
        rows of a two-valued attribute count once. ``effect`` is Cohen's h. Customers whose attribute is unknown are
        outside the base.
    """
    names = [name for name in attributes if name in profile]
    groups = banded(profile, names)
    themes = sorted(pains["theme"].unique())
    affected = pd.crosstab(pains["customer_no"], pains["theme"]).reindex(profile["customer_no"], fill_value=0)
    affected = affected.reindex(columns=themes).to_numpy(dtype=float)
    parts = []
    for name in names:
        values = values_of(groups[name])
        order = order_of(groups[name], (orders or {}).get(name))
        member = (values.to_numpy(dtype=object)[:, None] == np.array(order, dtype=object)[None, :]).astype(float)
        n = affected.T @ member  # themes × values
        total = (affected * values.notna().to_numpy()[:, None]).sum(axis=0)
        base, known = member.sum(axis=0), int(values.notna().sum())
        part = pd.DataFrame(
            {
                "theme": np.repeat(themes, len(order)),
                "attribute": name,
                "value": np.tile(np.array(order, dtype=object), len(themes)),
                "n": n.ravel().astype(int),
                "base": np.tile(base, len(themes)).astype(int),
            }
        )
        part["n_rest"] = np.repeat(total, len(order)).astype(int) - part["n"]
        part["base_rest"] = known - part["base"]
        parts.append(part)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    if table.empty:
        return table.reindex(columns=COLUMNS)
    table = compare_shares(table, min_n, TOGETHER)
    family = table.attrs["family"]
    table = table[COLUMNS]
    table.attrs["family"] = family
    return table


def heaviest(table: pd.DataFrame) -> dict[str, list[str]]:
    """Themes and attributes to draw: those with the strongest claims first, then the largest differences.

    Returns
    -------
    dict
        ``theme`` and ``attribute``, in the order of the table.
    """
    strength = table.assign(effect=table["effect"].abs().fillna(0.0), claim=table["claim"].astype(bool))
    chosen = {}
    for column, most in (("theme", THEMES_DRAWN), ("attribute", ATTRIBUTES_DRAWN)):
        ranked = strength.groupby(column, sort=True)[["claim", "effect"]].agg({"claim": "sum", "effect": "max"})
        best = ranked.sort_values(["claim", "effect"], ascending=False, kind="stable").index[:most]
        chosen[column] = [name for name in table[column].unique() if name in best]
    return chosen


def facts(tickets: pd.DataFrame, assignments: pd.DataFrame, themes: pd.DataFrame) -> dict[str, int | str]:
    """Tickets, how many fit a theme, and the size of each theme."""
    found: dict[str, int | str] = {"tickets": len(tickets), "customers_with_tickets": tickets["customer_no"].nunique()}
    if "theme" not in assignments:
        return found | {"themes": 0}
    fitting = assignments.loc[assignments["theme"] != OTHER, "theme"]
    sizes = {f"theme_{number}": f"{row.theme} ({row.n})" for number, row in enumerate(themes.itertuples(), start=1)}
    return found | {"themes": fitting.nunique(), "tickets_with_theme": len(fitting)} | sizes


def limits(tickets: pd.DataFrame) -> list[Limit]:
    """What is missing for pain points."""
    if len(tickets) and "text" in tickets and tickets["text"].notna().any():
        return []
    return [Limit(N_("What hurts customers, and which groups more than others"), needs=NEEDS["tickets"])]


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
                "No group is hit harder by any theme than chance would allow ({family:count} comparisons).",
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
    spoken = spoken.sort_values(["effect", "theme", "attribute"], ascending=[False, True, True], kind="stable")
    return [_claim(row, chapter, family) for row in spoken.head(CLAIMS_SHOWN).itertuples()]


def cost_findings(table: pd.DataFrame, chapter: str = "03") -> list[Finding]:
    """The pains whose sufferers score lower than others, from `prevalence`; association, not cause."""
    if "difference" not in table:
        return []
    rows = table[table["p_adjusted"].le(0.05) & table["difference"].lt(0)].sort_values(["difference", "theme"])
    family = int(table["p_adjusted"].notna().sum())
    result = []
    for rank, row in enumerate(rows.itertuples(), start=1):
        low, high = float(row.difference_low), float(row.difference_high)
        values = {
            "theme": row.theme,
            "points": -float(row.difference),
            "low": -high,
            "high": -low,
            "n": int(row.score_n),
        }
        result.append(
            Finding(
                "Customers with the theme “{theme:label}” score {points:number} points lower than others "
                "({low:number} to {high:number}, n = {n:count}). This is an association, not proof of a cause.",
                values,
                id=f"{chapter}.pain_cost.{rank}",
                n=int(row.score_n),
                table="pain_points",
                interval=(low, high),
                test=N_("Welch's t test, Benjamini–Hochberg"),
                p_adjusted=float(row.p_adjusted),
                family=family,
                effect=min(1.0, -float(row.difference) / float(row.scale)),
                reach=int(row.n),
                kind="difference",
            )
        )
    return result


_TEST = N_("Fisher's exact or χ² test, Benjamini–Hochberg")


def _cost(pains: pd.DataFrame, profile: pd.DataFrame, themes: pd.Series) -> pd.DataFrame:
    """Mean score of the affected less that of all others, per theme; nothing if the profile has no score."""
    score = next((name for name in SCORES if name in profile and profile[name].notna().any()), None)
    if score is None:
        return pd.DataFrame(index=themes.index)
    known = profile.loc[profile[score].notna(), ["customer_no", score]]
    rows = []
    for theme in themes:
        hit = known["customer_no"].isin(pains.loc[pains["theme"] == theme, "customer_no"])
        with_pain, without = known.loc[hit, score].astype(float), known.loc[~hit, score].astype(float)
        found = welch(with_pain.mean(), with_pain.std(), len(with_pain), without.mean(), without.std(), len(without))
        rows.append((*(float(value) for value in found), len(with_pain)))
    table = pd.DataFrame(
        rows, columns=["difference", "difference_low", "difference_high", "p", "score_n"], index=themes.index
    )
    return adjust(table).drop(columns="claim").assign(scale=SCORES[score])


def _claim(row, chapter: str, family: int) -> Finding:
    low, high = float(row.ratio_low), float(row.ratio_high)
    return Finding(
        "“{theme:label}” hits {attribute:label} “{value:label}” {ratio:ratio} times as often as other customers "
        "({low:ratio} to {high:ratio}): {share:share} against {rest:share}, n = {n:count} of {base:count}.",
        {
            "theme": row.theme,
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
        id=f"{chapter}.pains.{row.attribute}.{row.value}.{row.theme}",
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
