"""Who answers and who does not: whom the scores speak for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...messages import N_, Finding
from ...stats.comparisons import MIN_EXPECTED, adjust, cohens_h, family_size, rate_ratio, shown
from ...stats.intervals import add_shares
from ..demographics.categories import Orders, banded, order_of, values_of
from .metrics import answers

COLUMNS = [
    *("attribute", "value", "n", "base", "share", "share_low", "share_high", "n_rest", "base_rest", "share_rest"),
    *("ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "effect", "claim"),
]

CLAIMS_SHOWN = 12
"""Sentences at most; the table holds the rest."""


def response(
    feedback: pd.DataFrame,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    min_base: int = 50,
    orders: Orders | None = None,
) -> pd.DataFrame:
    """Who answers: share of the customers of each group with at least one scored answer, against all others.

    Returns
    -------
    DataFrame
        ``attribute, value, n, base, share`` (with interval), ``n_rest, base_rest, share_rest, ratio`` (with
        interval), ``p, p_adjusted, effect, claim``; Fisher's exact or χ² test, effect: Cohen's h.
    """
    answered = profile["customer_no"].isin(answers(feedback)["customer_no"].dropna())
    parts = []
    for attribute, column in banded(profile, attributes).items():
        values = values_of(column)
        order = order_of(column, (orders or {}).get(attribute))
        base = values.value_counts().reindex(order).to_numpy(int)
        n = values[answered].value_counts().reindex(order, fill_value=0).to_numpy(int)
        part = pd.DataFrame({"attribute": attribute, "value": pd.array(order, dtype="str"), "n": n, "base": base})
        parts.append(part.assign(n_rest=n.sum() - n, base_rest=base.sum() - base))
    if not parts or not sum(map(len, parts)):
        return pd.DataFrame(columns=COLUMNS).astype({"claim": bool})
    table = add_shares(pd.concat(parts, ignore_index=True))
    k1, n1, k0, n0 = (table[name].to_numpy(float) for name in ("n", "base", "n_rest", "base_rest"))
    table["share_rest"] = k0 / np.where(n0 > 0, n0, np.nan)
    table["ratio"], table["ratio_low"], table["ratio_high"], p = rate_ratio(k1, n1, k0, n0)
    expected = np.minimum(k1 + k0, n1 + n0 - k1 - k0) * np.minimum(n1, n0) / (n1 + n0)
    table["p"] = np.where((np.minimum(n1, n0) >= min_base) & (expected >= MIN_EXPECTED), p, np.nan)
    table["effect"] = cohens_h(table["share"], table["share_rest"])
    table = adjust(table, together=["attribute"])
    family = table.attrs["family"]
    table = table[COLUMNS]
    table.attrs["family"] = family
    return table


def everybody_answers(table: pd.DataFrame) -> bool:
    """Whether every customer of every group has answered, so that rates by group say nothing; from `response`."""
    return bool(len(table)) and bool((table["n"] == table["base"]).all())


def divided(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `response`, or none where everybody has answered: a table of nothing but 100 % tells nothing."""
    return table[:0] if everybody_answers(table) else table


def findings(table: pd.DataFrame, chapter: str = "04", min_group: int = 10) -> list[Finding]:
    """Groups that answer more or less often than the others, from `response`."""
    family = family_size(table, ["attribute"])
    if not family:
        return []
    claims = table.loc[table["claim"].astype(bool)].sort_values("effect", key=np.abs, ascending=False, kind="stable")
    if claims.empty:
        message = N_("All groups answer equally often: none of {family:count} comparisons differs by more than chance.")
        return [
            Finding(
                message,
                {"family": family},
                id=f"{chapter}.response.nothing",
                n=int(table["base"].sum()),
                table="response",
                test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
                family=family,
                kind="nothing",
            )
        ]
    hidden = np.minimum(claims["n"], claims["base"] - claims["n"]) < min_group
    pairs = claims["base"] + claims["base_rest"] == claims.groupby("attribute")["base"].transform("sum")
    claims = claims.loc[~hidden & shown(claims) & ~(pairs & claims.duplicated("attribute"))]
    message = N_(
        "{attribute:label} “{value:label}”: {share:share} have answered ({low:share} to {high:share}, "
        "n = {base:count}) against {rest:share} of the other customers; the scores speak for those who answer."
    )
    return [
        Finding(
            message,
            {
                "attribute": row.attribute,
                "value": row.value,
                "share": float(row.share),
                "low": float(row.share_low),
                "high": float(row.share_high),
                "rest": float(row.share_rest),
                "base": int(row.base),
            },
            id=f"{chapter}.response.{row.attribute}.{row.value}",
            n=int(row.base),
            table="response",
            interval=(float(row.share_low), float(row.share_high)),
            test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
            p_adjusted=float(row.p_adjusted),
            family=family,
            effect=abs(float(row.share) - float(row.share_rest)),
            reach=int(row.base),
            kind="difference",
        )
        for row in claims.head(CLAIMS_SHOWN).itertuples()
    ]
