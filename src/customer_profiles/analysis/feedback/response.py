"""Who answers and who does not: whom the scores speak for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import Result
from ...stats.claims import Claims
from ...stats.comparisons import compare_shares, family_size
from ...stats.effect_sizes import from_shares
from ...stats.intervals import add_shares
from ..demographics.categories import Orders, counted

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
    counts = counted(profile, answered, attributes, orders)
    table, family = pd.DataFrame(columns=COLUMNS).astype({"claim": bool, "effect": float}), 0
    if answered.any() and (counts["n"] < counts["base"]).any():
        table = add_shares(compare_shares(counts, min_base, ["attribute"]))
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
    key=("attribute", "value"),
    nothing=N_("All groups answer equally often: none of {family:count} comparisons differs by more than chance."),
    test=N_("Fisher's exact or χ² test, Benjamini–Hochberg"),
    estimate="share",
    reach="base",
    effect=lambda row: from_shares(row.share, row.share_rest),
    most=CLAIMS_SHOWN,
)
