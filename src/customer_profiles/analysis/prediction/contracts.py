"""How long customers with a contract stay and what they still pay: a snapshot of who left and who is there.

Share that stays: Kaplan–Meier by month of the contract. Whoever left before one began to look is on no file, so the
others count only for the months in which they could have been seen leaving (delayed entry). Where few contracts are as
old, the shifted-beta-geometric model carries on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...messages import N_, Finding, Limit, Text
from ...results import ONE_MARGIN, Result
from ...stats.claims import shown
from ...stats.intervals import CONFIDENCE
from ...stats.value_models import Staying, fit_staying
from ..demographics.categories import values_of
from .lifetime_value import rounded, worth_now

MIN_AT_RISK = 50
"""Contracts of an age from which the share that leaves at that age is taken as it is."""
MIN_LEFT = 10
"""Customers of a group who left; with fewer nothing is said of how long the others stay."""
RESAMPLES = 200
ALL = N_("all customers")


def members(profile: pd.DataFrame, subscription: Any, outcome: Any) -> pd.DataFrame:
    """Customers with a contract whose age is known, and of whom it is known whether they left.

    Parameters
    ----------
    profile : DataFrame
    subscription, outcome : Subscription and Outcome, or None
        Of dataset.yaml; nobody where one is missing or the outcome is a good one.

    Returns
    -------
    DataFrame
        By ``customer_no``: ``group, months`` (of the contract)``, since`` (months that were over when one began to
        look)``, left, charge``.
    """
    names = ["group", "months", "since", "left", "charge"]
    if subscription is None or outcome is None or outcome.good or subscription.months not in profile:
        return pd.DataFrame(columns=names).rename_axis("customer_no")
    status, months = values_of(profile[outcome.column]), profile[subscription.months].astype(float)
    by = values_of(profile[subscription.by]) if subscription.by in profile else pd.Series(ALL, profile.index)
    charge = profile[subscription.charge] if subscription.charge in profile else pd.Series(np.nan, profile.index)
    left = (status == outcome.value).to_numpy(bool)
    whole = np.where(left, np.maximum(np.ceil(months), 1), np.floor(months))  # who left, left in a month that had begun
    since = np.maximum(whole - (subscription.left_within or np.inf), 0)
    table = pd.DataFrame({"group": by, "months": whole, "since": since, "left": left, "charge": charge.astype(float)})
    known = status.notna().to_numpy() & months.ge(0).to_numpy() & by.notna().to_numpy()
    return table.set_axis(profile["customer_no"])[known]


def leaving(
    months: ArrayLike,
    left: ArrayLike,
    since: ArrayLike,
    until: int,
    n: ArrayLike = 1.0,
    older: Staying | None = None,
) -> np.ndarray:
    """Share that leaves in each month of the contract, of those who could be seen leaving in it; from month 1.

    Parameters
    ----------
    months, left, since : array_like, shape (k,)
        As `members` returns them.
    until : int
        Last month of a contract that is asked for.
    n : array_like
        Customers in each row.
    older : Staying, optional
        What holds for ages that few contracts have; by default fitted to these.

    References
    ----------
    Kaplan & Meier (1958); with delayed entry Klein & Moeschberger (2003), Survival Analysis, 2nd ed., section 4.6.
    """
    last, gone, first = np.asarray(months, float), np.asarray(left, bool), np.asarray(since, float)
    weight = np.broadcast_to(np.asarray(n, float), last.shape)
    age = np.arange(1, until + 1)
    seen = weight @ ((first[:, None] < age) & (last[:, None] >= age))
    lost = weight @ ((last[:, None] == age) & gone[:, None])
    share = lost / np.maximum(seen, 1)
    tail = seen < MIN_AT_RISK
    if tail.any():
        share[tail] = (older or fit_staying(last, gone, first, weight)).leave(age[tail])
    return share


def stay(share: np.ndarray, months: np.ndarray, horizon: int) -> np.ndarray:
    """Chance to be there at the end of each of the next months, for contracts of an age, shape (contracts, horizon)."""
    ages = np.asarray(months, int)[:, None] + np.arange(horizon)  # index of the month that comes next
    return np.cumprod(1 - share[ages], axis=1)


def customers(contracts: pd.DataFrame, horizon: int, discount: float) -> pd.DataFrame:
    """What is expected of each customer: ``expected_months`` of the horizon``, expected_spend, clv`` (discounted).

    Whoever left is expected to stay and to pay nothing. Missing in groups of which too few left to tell.
    """
    table = pd.DataFrame(index=contracts.index, columns=["expected_months", "expected_spend", "clv"], dtype=float)
    shares = shares_leaving(contracts, horizon)
    for name, group in _told(contracts):
        there = stay(shares[name], group["months"].to_numpy(), horizon) * ~group["left"].to_numpy(bool)[:, None]
        paid = group["charge"].to_numpy()
        months, now = there.sum(axis=1), there @ worth_now(horizon, discount)
        table.loc[group.index, list(table)] = np.column_stack([months, months * paid, now * paid])
    return table


def shares_leaving(contracts: pd.DataFrame, horizon: int) -> dict[str, np.ndarray]:
    """Share that leaves in each month of the contract, by group of which enough left, see `leaving`."""
    shares = {}
    for name, group in _told(contracts):
        alike = group.value_counts(["months", "left", "since"]).reset_index(name="n")
        until = _until(contracts, horizon)
        shares[name] = leaving(alike["months"], alike["left"], alike["since"], until, alike["n"])
    return shares


def remaining(contracts: pd.DataFrame, foreseen: pd.DataFrame, horizon: int, seed: int = 1) -> Result:
    """How long the customers of each group stay within the horizon, and what they pay.

    Parameters
    ----------
    contracts, foreseen : DataFrame
        From `members` and `customers`.
    horizon : int
        Months.
    seed : int
        Of the bootstrap over customers.

    Returns
    -------
    Result
        ``group, n`` (still there)``, left, expected_months`` with interval``, expected_spend, clv`` (sums).
    """
    rows = []
    for name, group in _told(contracts):
        there = group.index[~group["left"].to_numpy(bool)]
        low, high = _interval(group, horizon, _until(contracts, horizon), seed)
        row = {"group": name, "n": len(there), "left": int(group["left"].sum())}
        row |= {"expected_months": foreseen.loc[there, "expected_months"].mean()}
        row |= {"expected_months_low": low, "expected_months_high": high}
        rows.append(row | foreseen.loc[there, ["expected_spend", "clv"]].sum(min_count=1).to_dict())
    names = ["group", "n", "left", "expected_months", "expected_months_low", "expected_months_high"]
    table = pd.DataFrame(rows, columns=[*names, "expected_spend", "clv"]).sort_values("expected_months")
    window = contracts["months"] - contracts["since"]
    seen = int(window.max()) if len(contracts) else 0
    return Result(
        "contracts",
        table.reset_index(drop=True),
        Text(N_("How long customers with a contract stay")),
        ONE_MARGIN,
        claims=lambda frame: _claims(frame, horizon),
        about=Text(
            N_("Months of the next {horizon:count} that a customer is expected to stay, on average."),
            {"horizon": horizon},
        ),
        note=Text(
            N_(
                "A snapshot, no forecast that could be checked: it holds if customers go on leaving as in the "
                "{months:count} months on file. Customers who are there and pay are counted in n."
            ),
            {"months": seen},
        ),
    )


def limits(contracts: pd.DataFrame) -> list[Limit]:
    """What a snapshot does not tell."""
    if not len(contracts):
        return []
    message = N_("Whether customers with a contract stay as long as foreseen: the data are a snapshot without dates")
    return [Limit(message, needs=N_("the days on which contracts began and ended, of all who ever had one"))]


def facts(contracts: pd.DataFrame, foreseen: pd.DataFrame) -> dict[str, int]:
    """Customers with a contract, how many left, months and revenue expected of the others."""
    return {
        "contracts": len(contracts),
        "contracts_left": int(contracts["left"].sum()),
        "expected_months": int(rounded(foreseen["expected_months"].sum())),
        "expected_revenue": int(rounded(foreseen["expected_spend"].sum())),
    }


def _told(contracts: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    groups = [(str(name), group) for name, group in contracts.groupby("group", observed=True)]
    return [(name, group) for name, group in groups if group["left"].sum() >= MIN_LEFT and not group["left"].all()]


def _until(contracts: pd.DataFrame, horizon: int) -> int:
    return int(contracts["months"].max()) + horizon


def _interval(group: pd.DataFrame, horizon: int, until: int, seed: int) -> tuple[float, float]:
    """Interval of the mean months left, customers drawn anew; the oldest contracts leave as estimated."""
    rng = np.random.default_rng([seed, len(group)])
    alike = group.value_counts(["months", "left", "since"]).reset_index(name="n")
    there = ~alike["left"].to_numpy(bool)
    older = fit_staying(alike["months"], alike["left"], alike["since"], alike["n"])
    means = []
    for n in rng.multinomial(len(group), alike["n"] / len(group), RESAMPLES):
        some = n > 0
        drawn = alike[some]
        share = leaving(drawn["months"], drawn["left"], drawn["since"], until, n[some], older)
        left = stay(share, alike.loc[there, "months"].to_numpy(), horizon).sum(axis=1)
        if n[there].any():
            means.append(np.average(left, weights=n[there]))
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _claims(table: pd.DataFrame, horizon: int) -> list[Finding]:
    rows = shown(table)
    if rows.empty:
        return []
    found = []
    n, spend = int(rows["n"].sum()), rows["expected_spend"].sum(min_count=1)
    if pd.notna(spend) and len(rows) == len(table):
        message = N_("Customers with a contract are expected to pay {total:money} in the next {months:count} months.")
        values = {"total": rounded(spend), "months": horizon}
        found.append(Finding(message, values, id="contracts.revenue", n=n, reach=n))
    first, others = rows.iloc[0], rows.iloc[1:]
    if len(others) and first["expected_months_high"] < others["expected_months_low"].min():
        message = N_(
            "Customers with “{group:value}” leave soonest: of the next {months:count} months they are expected to stay "
            "{stay:count}, “{other:label}” {longest:count}."
        )
        last = rows.iloc[-1]
        values = {"group": first["group"], "months": horizon, "stay": float(first["expected_months"])}
        values |= {"other": last["group"], "longest": float(last["expected_months"])}
        found.append(
            Finding(
                message,
                values,
                id="contracts.soonest",
                n=int(first["n"]),
                interval=(float(first["expected_months_low"]), float(first["expected_months_high"])),
                test=N_("bootstrap over customers"),
                effect=float((last["expected_months"] - first["expected_months"]) / horizon),
                reach=int(first["n"]),
            )
        )
    return found
