"""Where a site or an app gets in the way: uses of a feature after which somebody asks for help or meets an error."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims
from ..demographics.categories import Orders
from ..pain_points.behaviour import BASKETS, LOOKS, PURCHASES, SEARCHES
from . import clustered
from .groups import by_ratio, teller

TROUBLE = frozenset(
    ("help", "faq", "support", "error", "app error", "crash", "failed payment", "payment failed", "failed login", "404")
)
"""Kinds of interactions that tell of trouble, as exports of web and app analytics call them."""


def rates(used: pd.DataFrame) -> Result:
    """How often each feature leads to trouble: ``feature`` and the columns of `clustered.shares`.

    Parameters
    ----------
    used : DataFrame
        One row per interaction: ``feature`` (its kind)``, customer_no, hit``: whether the next thing in the visit was
        trouble. Nothing can be said where no kind tells of `TROUBLE`.
    """
    return Result(
        "friction",
        clustered.shares(_features(used), by="feature"),
        Text(N_("Uses of a feature after which help was needed")),
        OVERLAPPING,
        about=Text(N_("Share of the uses, with the customer as the unit.")),
        needs="interactions",
    )


def by_group(
    used: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> Result:
    """Which groups meet trouble more often after a feature, see `clustered.by_group`; ``feature`` for ``step``."""
    occasions = _features(used).rename(columns={"feature": "step"})
    table, family = clustered.by_group(occasions, profile, attributes, orders)
    return Result(
        "friction_by_group",
        table.rename(columns={"step": "feature"}),
        Text(N_("Help needed after each feature, in every group")),
        Disclosure(within=("feature", "attribute")),
        claims=teller(CLAIMS, family, True, ["feature"]),
        family=family,
        about=Text(N_("Ratios among {n:count} customers."), {"n": len(profile)}),
        needs="interactions",
    )


def searched_in_vain(own: pd.DataFrame, least: int) -> Result:
    """What was searched for and not found, by word: no product was looked at, put into the basket or bought after it.

    Parameters
    ----------
    own : DataFrame
        From `funnels.sessions`: ``visit, visitor, at, kind, item``; of a search, ``item`` is what was searched for.
    least : int
        Visitors who must have searched for it in vain for a word to be shown at all: words of a few may name them.

    Returns
    -------
    Result
        ``word`` and the columns of `clustered.shares`, those that most searched for in vain first.
    """
    rows = own.reindex(columns=["visit", "visitor", "at", "kind", "item"]).sort_values(["visit", "at"], kind="stable")
    is_search = rows["kind"].isin(SEARCHES)
    found = rows["kind"].isin([*LOOKS, *BASKETS, *PURCHASES])
    turn = is_search.groupby(rows["visit"]).cumsum()
    rows = rows.assign(hit=~found.groupby([rows["visit"], turn]).transform("any"))
    asked = rows.rename(columns={"visitor": "customer_no"})[is_search & rows["item"].notna()]
    words = asked["item"].astype("str").str.casefold().str.replace(r"\s+", " ", regex=True).str.strip()
    asked = asked.assign(word=words)[~words.str.contains(r"@|\d{4}", regex=True)]
    table = clustered.shares(asked, by="word")
    table = table[table["n"] >= least].sort_values(["n", "word"], ascending=[False, True], ignore_index=True)
    return Result(
        "searched_in_vain",
        table.head(MOST_WORDS),
        Text(N_("What was searched for and not found")),
        OVERLAPPING,
        claims=WORDS,
        about=Text(N_("Searches after which no product was looked at, put into the basket or bought.")),
        needs="interactions",
    )


def limits(rates: Result) -> list[Limit]:
    """That nothing tells of trouble with features, where it is so."""
    question = N_("After which features customers look for help or meet an error")
    return [] if len(rates) else [Limit(question, needs=NEEDS["interactions"])]


MOST_WORDS = 20
"""Words that are listed, those of most visitors first."""

WORDS = Claims(
    "searched_in_vain",
    N_(
        "{n:count} visitors searched for “{word:value}” and looked at nothing afterwards: {share:share} of the "
        "searches for it ({low:share} to {high:share})."
    ),
    key=("word",),
    test=N_("Wilson interval with the visitor as the unit"),
    estimate="share",
    effect=0.05,
    kind="fact",
    most=1,
)

CLAIMS = by_ratio(
    "friction",
    N_(
        "After “{feature:label}”, {attribute/value:group} need help or meet an error {ratio:ratio} times as often as "
        "other customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the uses, n = {n:count} "
        "customers."
    ),
    N_("No group needs more help than others after starting to use a feature ({family:count} comparisons)."),
    ("attribute", "value", "feature"),
)


def _features(used: pd.DataFrame) -> pd.DataFrame:
    """Uses of what is no trouble itself, features by name; none where nothing tells of trouble."""
    trouble = used["feature"].isin(TROUBLE)
    rows = used[~trouble] if trouble.any() else used.iloc[:0]
    return rows.sort_values("feature", kind="stable")[["feature", "customer_no", "hit"]]
