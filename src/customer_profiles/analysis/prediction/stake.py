"""What hangs on those who may be lost: what is expected not to come from them, and what a call would keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Result
from ...stats.claims import shown
from .churn import MIN_CASES, TENTHS, Cases
from .lifetime_value import rounded
from .order_history import MONTH_DAYS


def at_stake(loss: pd.Series, months: int, capacity: int, save_rate: float) -> Result:
    """What hangs on those who are likely to be lost, by tenth of what is expected to be lost.

    Parameters
    ----------
    loss : Series of float
        Of every customer, from `buyer_loss` or `contract_loss`; missing where not known.
    months : int
        Months ahead for which it is said.
    capacity : int
        Customers that can be called.
    save_rate : float
        Part of those who would be lost that a call keeps.

    Returns
    -------
    Result
        ``risk_tenth, n, loss``, the tenth with most at stake first.
    """
    title = Text(N_("What is at stake with customers who may be lost"))
    loss = loss.dropna().sort_values(ascending=False, kind="stable")
    loss = loss[loss > 0]
    if len(loss) < TENTHS * MIN_CASES:
        return Result("churn_stake", pd.DataFrame(columns=["risk_tenth", "n", "loss"]), title, ONE_MARGIN)
    place = np.arange(1, len(loss) + 1)
    tenth = pd.Series(np.ceil(place / len(loss) * TENTHS).astype(int), loss.index, name="risk_tenth")
    table = loss.groupby(tenth).agg(n="size", loss="sum").reset_index()
    called = loss.head(capacity)
    values = {"n": len(called), "months": months, "loss": rounded(called.sum())}
    values |= {"kept": rounded(save_rate * called.sum())}
    about = Text(
        N_("Tenths of {n:count} customers, those with most at stake first: what is expected not to come from them."),
        {"n": len(loss)},
    )
    return Result("churn_stake", table, title, ONE_MARGIN, lambda frame: _staked(frame, values, save_rate), 0, about)


def buyer_loss(p: pd.Series, today: Cases, days: int, months: int) -> pd.Series:
    """What is expected not to come from each buyer: what the last days brought, for the months ahead, times p."""
    ahead = months * MONTH_DAYS / max(days, 1)
    return (p * today.features["recent_order_days"] * today.features["order_day_value"] * ahead).reindex(p.index)


def contract_loss(p: pd.Series, contracts: pd.DataFrame, months: int, within: int | None) -> pd.Series:
    """What is expected not to be paid under each contract.

    Parameters
    ----------
    p : Series of float
        Probability to leave.
    contracts : DataFrame
        From `contracts.members`: ``charge`` a month.
    months : int
        Months ahead.
    within : int, optional
        Months in which those on file have left, so that p is the chance to leave within as many: month after month the
        same part leaves. Without it, nobody knows how soon, and who leaves is taken to pay nothing from now on.
    """
    charge = contracts["charge"].reindex(p.index)
    if within is None:
        return p * months * charge
    stays = (1 - p.to_numpy()[:, None]) ** (np.arange(1, months + 1) / within)
    return (months - stays.sum(axis=1)) * charge


def _staked(table: pd.DataFrame, values: dict[str, Any], save_rate: float) -> list[Finding]:
    if not len(shown(table)):
        return []
    message = N_(
        "If they went on as lately, {n:count} customers who may be lost would bring {loss:money} more in the next "
        "{months:count} months than is to be expected."
    )
    saved = N_("If a call keeps {rate:part} of those who would be lost, calling them keeps {kept:money}.")
    n = int(values["n"])
    return [
        Finding(message, values, id="churn.stake", n=int(table["n"].sum()), effect=0.2, reach=n),
        Finding(saved, values | {"rate": save_rate}, id="churn.calls", n=n, reach=n),
    ]
