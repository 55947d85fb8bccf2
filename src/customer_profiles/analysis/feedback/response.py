"""Who answers and who does not: whom the scores speak for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import Result
from ...stats.claims import Claims
from ...stats.comparisons import MIN_EXPECTED, adjust, cohens_h, family_size, rate_ratio
from ...stats.effect_sizes import from_shares
from ...stats.intervals import add_shares
from ..demographics.categories import Orders, banded, order_of, values_of

COLUMNS = [
    *("attribute", "value", "n", "base", "share", "share_low", "share_high", "n_rest", "base_rest", "share_rest"),
    *("ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "effect", "claim"),
]

CLAIMS_SHOWN = 12
"""Sentences at most; the table holds the rest."""


def response(
    answered: pd.Series,
    profile: pd.DataFrame,
    attributes: Iterable[str],
    min_base: int = 50,
    orders: Orders | None = None,
) -> Result:
    """Who answers: share of the customers of each group who answered, against all others.

    Parameters
    ----------
    answered : Series of bool
        Whether each customer of `profile` answered; same index.
    profile : DataFrame
        One row per customer.
    attributes : iterable of str
        Columns of `profile`; numbers are banded.
    min_base : int
        Customers that group and rest must both have to be compared.
    orders : mapping, optional
        Values of ordered attributes, from low to high.

    Returns
    -------
    Result
        ``attribute, value, n, base, share`` (with interval), ``n_rest, base_rest, share_rest, ratio`` (with
        interval), ``p, p_adjusted, effect, claim``; Fisher's exact or χ² test, effect: Cohen's h. Empty where nobody
        or everybody has answered: a table of nothing but 100 % tells nothing.
    """
    parts = []
    for attribute, column in banded(profile, attributes).items() if answered.any() else ():
        values = values_of(column)
        order = order_of(column, (orders or {}).get(attribute))
        base = values.value_counts().reindex(order).to_numpy(int)
        n = values[answered].value_counts().reindex(order, fill_value=0).to_numpy(int)
        part = pd.DataFrame({"attribute": attribute, "value": pd.array(order, dtype="str"), "n": n, "base": base})
        parts.append(part.assign(n_rest=n.sum() - n, base_rest=base.sum() - base))
    table, family = pd.DataFrame(columns=COLUMNS).astype({"claim": bool, "effect": float}), 0
    if parts and not all((part["n"] == part["base"]).all() for part in parts):
        table = add_shares(pd.concat(parts, ignore_index=True))
        k1, n1, k0, n0 = (table[name].to_numpy(float) for name in ("n", "base", "n_rest", "base_rest"))
        table["share_rest"] = k0 / np.where(n0 > 0, n0, np.nan)
        table["ratio"], table["ratio_low"], table["ratio_high"], p = rate_ratio(k1, n1, k0, n0)
        expected = np.minimum(k1 + k0, n1 + n0 - k1 - k0) * np.minimum(n1, n0) / (n1 + n0)
        table["p"] = np.where((np.minimum(n1, n0) >= min_base) & (expected >= MIN_EXPECTED), p, np.nan)
        table["effect"] = cohens_h(table["share"], table["share_rest"])
        table = adjust(table, together=["attribute"])
        family = family_size(table, ["attribute"])
    return Result(
        "response",
        table[COLUMNS],
        Text(N_("Share of customers who gave an answer, by group")),
        claims=partial(_claims, family=family),
        family=family,
        about=Text(N_("{n:count} of {base:count} customers have answered."), _counts(answered)),
        needs="feedback",
    )


def _counts(answered: pd.Series) -> dict[str, int]:
    return {"n": int(answered.sum()), "base": len(answered)}


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """Groups that answer more or less often than the others; of two that mirror each other the first."""
    claims = table.loc[table["claim"].astype(bool)].sort_values("effect", key=np.abs, ascending=False, kind="stable")
    pairs = claims["base"] + claims["base_rest"] == claims.groupby("attribute")["base"].transform("sum")
    return UNEVEN.tell(table, family, claims.loc[~(pairs & claims.duplicated("attribute"))])


UNEVEN = Claims(
    "response",
    N_(
        "Of the {attribute/value:group}, {share:share} have answered ({low:share} to {high:share}, n = {base:count}), "
        "of the other customers {rest:share}. The scores speak for those who answer."
    ),
    {
        **{name: name for name in ("attribute", "value", "share", "base")},
        "low": "share_low",
        "high": "share_high",
        "rest": "share_rest",
    },
    key=("attribute", "value"),
    nothing=N_("All groups answer equally often: none of {family:count} comparisons differs by more than chance."),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="share",
    reach="base",
    effect=lambda row: from_shares(row.share, row.share_rest),
    most=CLAIMS_SHOWN,
)
