"""Where a site or an app gets in the way: uses of a feature after which somebody asks for help or meets an error."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims
from ..demographics.categories import Orders
from . import clustered
from .funnels import TEST
from .groups import RATIO, difference, teller

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


def limits(rates: Result) -> list[Limit]:
    """That nothing tells of trouble with features, where it is so."""
    question = N_("After which features customers look for help or meet an error")
    return [] if len(rates) else [Limit(question, needs=NEEDS["interactions"])]


CLAIMS = Claims(
    "friction",
    N_(
        "After “{feature:label}”, {attribute/value:group} need help or meet an error {ratio:ratio} times as often as "
        "other customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the uses, n = {n:count} "
        "customers."
    ),
    RATIO | {"feature": "feature", "n": "base"},
    key=("attribute", "value", "feature"),
    nothing=N_("No group needs more help than others after starting to use a feature ({family:count} comparisons)."),
    test=TEST,
    estimate="ratio",
    reach="base",
    effect=difference,
    most=4,
)


def _features(used: pd.DataFrame) -> pd.DataFrame:
    """Uses of what is no trouble itself, features by name; none where nothing tells of trouble."""
    trouble = used["feature"].isin(TROUBLE)
    rows = used[~trouble] if trouble.any() else used.iloc[:0]
    return rows.sort_values("feature", kind="stable")[["feature", "customer_no", "hit"]]
