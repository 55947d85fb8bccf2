"""How much of what customers buy they buy at a discount, where the order lines tell of discounts."""

from __future__ import annotations

import pandas as pd

from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Result
from ...stats.claims import shown
from ...stats.intervals import add_shares

CLASSES = [N_("up to a quarter"), N_("up to half"), N_("up to three quarters"), N_("more than three quarters")]
"""Parts of what somebody bought."""
MIN_LINES = 3
"""Order lines from which a customer is counted: who bought once is always or never."""


def by_customer(lines: pd.DataFrame) -> Result:
    """Customers by the share of their order lines that they bought at a discount.

    Parameters
    ----------
    lines : DataFrame
        Order lines: ``customer_no, discount``; a line without a discount on file has none.

    Returns
    -------
    Result
        ``habit`` (`CLASSES`)``, n, base, share`` with interval; empty where no line has a discount.
    """
    title = Text(N_("How much of what they buy is at a discount"))
    at_all = lines["discount"].fillna(0) > 0
    table = pd.DataFrame(columns=["habit", "n", "base", "share", "share_low", "share_high"])
    part = at_all.groupby(lines["customer_no"]).agg(["mean", "size"])
    part = part.loc[part["size"] >= MIN_LINES, "mean"]
    if at_all.any() and len(part):
        counts = pd.cut(part, [-1, 0.25, 0.5, 0.75, 1], labels=CLASSES).value_counts().reindex(CLASSES)
        table = add_shares(pd.DataFrame({"habit": CLASSES, "n": counts.to_numpy(), "base": len(part)}))
    about = Text(
        N_("Share of {n:count} customers with at least {lines:count} items bought."),
        {"n": len(part), "lines": MIN_LINES},
    )
    return Result("discount_habits", table, title, ONE_MARGIN, _told, about=about)


def _told(table: pd.DataFrame) -> list[Finding]:
    rows = table[table["habit"].isin(CLASSES[2:])]
    if not len(rows) or len(shown(rows)) < len(rows):
        return []
    n, base = int(rows["n"].sum()), int(rows["base"].iloc[0])
    message = N_("{share:part} of customers buy more than half of their items at a discount.")
    return [Finding(message, {"share": n / base}, id="discounts.habit", n=base, reach=n)]
