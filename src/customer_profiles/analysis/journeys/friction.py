"""Where a site or an app gets in the way: uses of a feature after which somebody asks for help or meets an error."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit
from ...needs import NEEDS
from ...stats.comparisons import family_size, shown
from ..demographics.categories import Orders
from . import clustered
from .funnels import TEST

TROUBLE = frozenset(
    ("help", "faq", "support", "error", "app error", "crash", "failed payment", "payment failed", "failed login", "404")
)
"""Kinds of interactions that tell of trouble, as exports of web and app analytics call them."""

CLAIMS_TOLD = 4


def occasions(interactions: pd.DataFrame) -> pd.DataFrame:
    """Every use of a feature by a known customer, and whether the next thing in the visit was trouble.

    Parameters
    ----------
    interactions : DataFrame
        ``customer_no, at, kind`` and, if known, ``session_id``; a feature is a kind of interaction.

    Returns
    -------
    DataFrame
        ``step`` (feature)``, customer_no, hit``; nothing where no kind tells of trouble. Features by name.
    """
    columns = ["step", "customer_no", "hit"]
    rows = interactions[interactions["customer_no"].notna() & interactions["kind"].notna()]
    if not len(rows) or not rows["kind"].isin(TROUBLE).any():
        return pd.DataFrame(columns=columns)
    rows = rows.assign(visit=_visit(rows)).sort_values(["visit", "at"], kind="stable")
    following = rows["kind"].shift(-1).where(rows["visit"].eq(rows["visit"].shift(-1)))
    table = rows[["customer_no"]].assign(step=rows["kind"].astype("object"), hit=following.isin(TROUBLE))
    used = table[~table["step"].isin(TROUBLE)]
    return used.sort_values("step", kind="stable", ignore_index=True)[columns].astype({"customer_no": "int64"})


def rates(used: pd.DataFrame) -> pd.DataFrame:
    """How often each feature leads to trouble: ``feature`` and the columns of `clustered.shares`."""
    return clustered.shares(used.rename(columns={"step": "feature"}), by="feature")


def by_group(
    used: pd.DataFrame, profile: pd.DataFrame, attributes: Iterable[str], orders: Orders | None = None
) -> pd.DataFrame:
    """Which groups meet trouble more often after a feature, see `clustered.by_group`; ``feature`` for ``step``."""
    table = clustered.by_group(used, profile, attributes, orders)
    result = table.rename(columns={"step": "feature"})
    result.attrs = table.attrs
    return result


def findings(table: pd.DataFrame, chapter: str = "06") -> list[Finding]:
    """The groups that meet trouble more often, or that none does."""
    family = family_size(table, ["feature", "attribute"]) if len(table) else 0
    if not family:
        return []
    evidence = {"table": "friction_by_group", "test": TEST, "family": family}
    claims = table[table["claim"].astype(bool)]
    if claims.empty:
        none = N_("After no feature does any group need help more often than others ({family:count} comparisons).")
        n = int(table["base"].max())
        return [Finding(none, {"family": family}, id=f"{chapter}.friction.nothing", n=n, kind="nothing", **evidence)]
    message = N_(
        "After “{feature:label}”, {attribute:label} “{value:label}” need help or meet an error {ratio:ratio} times as "
        "often as other customers ({low:ratio} to {high:ratio}): {share:share} against {rest:share} of the uses, "
        "n = {n:count} customers."
    )
    spoken = claims[shown(claims) & (claims["ratio"] > 1)]
    spoken = spoken.sort_values(["effect", "feature"], ascending=[False, True], kind="stable")
    found = []
    for row in spoken.head(CLAIMS_TOLD).itertuples():
        low, high = float(row.ratio_low), float(row.ratio_high)
        values = {"feature": row.feature, "attribute": row.attribute, "value": row.value, "ratio": float(row.ratio)}
        values |= {"low": low, "high": high, "share": float(row.share), "rest": float(row.share_rest)}
        found.append(
            Finding(
                message,
                values | {"n": int(row.base)},
                id=f"{chapter}.friction.{row.attribute}.{row.value}.{row.feature}",
                n=int(row.base),
                interval=(low, high),
                p_adjusted=float(row.p_adjusted),
                effect=abs(float(row.share) - float(row.share_rest)),
                reach=int(row.base),
                kind="difference",
                **evidence,
            )
        )
    return found


def limits(used: pd.DataFrame) -> list[Limit]:
    """That nothing tells of trouble with features, where it is so."""
    question = N_("After which features customers look for help or meet an error")
    return [] if len(used) else [Limit(question, needs=NEEDS["interactions"])]


def _visit(rows: pd.DataFrame) -> np.ndarray:
    """A number for each visit of a customer; without session numbers a day is one."""
    day = rows["at"].dt.strftime("%Y-%m-%d").astype("object")
    session = rows["session_id"].astype("object") if "session_id" in rows else pd.Series(None, rows.index, dtype=object)
    named = rows["customer_no"].astype("str").astype("object") + " " + session.where(session.notna(), day).astype(str)
    return pd.factorize(named)[0]
