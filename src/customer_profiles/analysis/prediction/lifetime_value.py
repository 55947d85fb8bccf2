"""What buyers will spend: orders foreseen × what an order of theirs is worth, for all together and for each.

Value in this sense is what a buyer is expected to spend within the horizon, discounted to the day of the run.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import ONE_MARGIN, Result
from ...stats import value_models
from ...stats.claims import Claims
from ...stats.intervals import Estimate
from ...stats.value_models import Spending
from . import order_forecast
from .order_forecast import SAME, Fitted

ASSOCIATED = 0.2
"""Correlation of frequency and amount, either way, above which it is told that the model takes them as independent."""
MIN_PAID = 30
"""Buyers with amounts of later orders from which the way to foresee an amount is chosen."""
OWN, EVERYBODY, BETWEEN = N_("own mean"), N_("mean of all"), N_("between own mean and mean of all")
TENTHS = 10
COLUMNS = ["expected_orders", "expected_spend", "clv", "p_alive"]
STOPPED = 0.5
BANDS = {N_("probably stopped"): STOPPED, N_("uncertain"): 0.8, N_("probably active"): 1.0}
"""Bands of the probability to be still a customer, by their upper ends."""


def per_order(history: pd.DataFrame) -> pd.DataFrame:
    """What an order of each buyer is worth, foreseen in three ways.

    Parameters
    ----------
    history : DataFrame
        From `order_history.history`.

    Returns
    -------
    DataFrame
        A column per way: `OWN`, `EVERYBODY`, and `BETWEEN` by the Gamma-Gamma model (where it has no mean, as `OWN`).
        Who has no amount gets the mean of all; missing for everybody where no amounts are known.
    """
    mean, fitted = amount_model(history)
    own = history["per_order"].fillna(mean)
    ways = pd.DataFrame({OWN: own, EVERYBODY: mean, BETWEEN: own}, history.index)
    if fitted:
        ways[BETWEEN] = fitted.per_order(history["orders"].where(history["per_order"].notna(), 0), own)
    return ways


def amount_model(history: pd.DataFrame) -> tuple[float, Spending | None]:
    """Mean amount of all orders, missing where none is known, and the Gamma-Gamma model if it has a mean."""
    paid = history[history["per_order"].notna()]
    mean = float(np.average(paid["per_order"], weights=paid["orders"])) if len(paid) else np.nan
    if paid["per_order"].nunique() < 2:
        return mean, None
    fitted = value_models.fit_spending(paid["orders"], paid["per_order"])
    return mean, fitted if fitted.q > 1 else None


def best_amount(ways: pd.DataFrame, came: pd.DataFrame) -> str:
    """The way that came nearest to the amounts of later orders, by squared error per order.

    Parameters
    ----------
    ways : DataFrame
        From `per_order`, of what was known before.
    came : DataFrame
        From `order_history.came`, of the same buyers.
    """
    ordered = came["orders"].gt(0) & came["spend"].gt(0)
    if ordered.sum() < MIN_PAID:
        return EVERYBODY
    later, weight = came["spend"] / came["orders"], came["orders"]
    errors = {way: (weight * (ways[way] - later) ** 2)[ordered].sum() for way in ways}
    return min(errors, key=lambda way: errors[way])


def customers(fitted: Fitted, way: str, amounts: pd.Series, months: int, discount: float) -> pd.DataFrame:
    """What is foreseen of each buyer.

    Parameters
    ----------
    fitted : Fitted
        To all that is known.
    way : str
        How orders are foreseen, from `order_forecast.chosen`.
    amounts : Series
        What an order of each is worth, a column of `per_order`.
    months : int
        Horizon.
    discount : float
        Yearly rate.

    Returns
    -------
    DataFrame
        By ``customer_no``: ``expected_orders, expected_spend, clv`` (discounted)``, p_alive``; no rows where nothing
        can be foreseen.
    """
    if not (fitted and way):
        return pd.DataFrame(columns=COLUMNS, dtype=float).rename_axis("customer_no")
    by_month = fitted.by_month(way, months)
    expected = by_month.sum(axis=1)
    table = pd.DataFrame({"expected_orders": expected}, fitted.history.index)
    table["expected_spend"] = expected * amounts
    table["clv"] = by_month @ worth_now(months, discount) * amounts
    table["p_alive"] = fitted.alive()
    return table


def worth_now(months: int, discount: float) -> np.ndarray:
    """Worth today of money in the middle of each of the next months, at a yearly rate."""
    return (1 + discount) ** (-(np.arange(months) + 0.5) / 12)


def total(fitted: Fitted, way: str, amounts: pd.Series) -> Estimate:
    """What all buyers together are expected to spend, or to order where no amounts are known, with its interval."""
    return fitted.total(way, amounts.to_numpy() if amounts.notna().all() else 1.0)


def value(tenths: pd.DataFrame, whole: Estimate | None, months: int, about: Text | None, note: Text | None) -> Result:
    """What is expected of each tenth of the buyers, those of whom most is expected first.

    Parameters
    ----------
    tenths : DataFrame
        By ``tenth``: ``n`` and the sums of ``expected_orders, expected_spend, clv`` from `customers`.
    whole : Estimate, optional
        From `total`.
    months : int
        Horizon.
    about, note : Text, optional
        How to read it and how far the check was off, and what else has to be known.

    Returns
    -------
    Result
        ``tenth, n, expected_orders, expected_spend, clv, share`` (of the spend, or of the orders where no amounts are
        known; then without the amounts).
    """
    valued = bool(tenths["expected_spend"].gt(0).any())
    of = tenths["expected_spend" if valued else "expected_orders"]
    table = tenths.assign(share=of / of.sum()).rename_axis("tenth").reset_index()
    table.insert(1, "n", table.pop("n"))
    title = N_("What buyers are expected to spend") if valued else N_("What buyers are expected to order")
    return Result(
        "expected_value",
        table if valued else table.drop(columns=["expected_spend", "clv"]),
        Text(title),
        ONE_MARGIN,
        claims=lambda frame: _expected(frame, whole, months, valued),
        about=about,
        note=note,
    )


def activity(foreseen: pd.DataFrame) -> Result:
    """How many buyers are probably still customers: ``activity, n, base, share, expected_spend``."""
    columns = ["activity", "n", "base", "share", "expected_spend"]
    title = Text(N_("Who is still a customer"))
    if not len(foreseen):
        return Result("activity", pd.DataFrame(columns=columns), title, ONE_MARGIN)
    band = pd.cut(foreseen["p_alive"], [-np.inf, *BANDS.values()], labels=list(BANDS), right=False)
    band = band.fillna(list(BANDS)[-1])
    table = foreseen.groupby(band.rename("activity"), observed=False).agg(
        n=("p_alive", "size"), expected_spend=("expected_spend", "sum")
    )
    table["base"] = len(foreseen)
    table["share"] = table["n"] / table["base"]
    return Result(
        "activity",
        table.reset_index().astype({"activity": str}),
        title,
        ONE_MARGIN,
        claims=STOPPED_BUYERS,
        about=Text(N_("Share of {n:count} buyers, by the chance that they order again at all."), {"n": len(foreseen)}),
        note=Text(
            N_("Probably stopped: the chance is below {low:part}; probably active: at least {high:part}."),
            {"low": STOPPED, "high": 0.8},
        ),
    )


def association(history: pd.DataFrame) -> float:
    """Rank correlation of the number of orders and their mean amount, over buyers with a second order."""
    again = history[history["repeats"].gt(0) & history["per_order"].notna()]
    if again["orders"].nunique() < 2 or again["per_order"].nunique() < 2:
        return np.nan
    return float(scipy.stats.spearmanr(again["orders"], again["per_order"]).statistic)


def associated(history: pd.DataFrame) -> Text | None:
    """That frequent buyers spend more or less per order, where they do: the forecast takes both as independent."""
    found = association(history)
    if not abs(found) > ASSOCIATED:
        return None
    more = N_("Frequent buyers spend more per order (rank correlation {r:ratio}); the forecast takes no account of it.")
    less = N_("Frequent buyers spend less per order (rank correlation {r:ratio}); the forecast takes no account of it.")
    return Text(more if found > 0 else less, {"r": found})


def checked(checked_orders: Result) -> Text | None:
    """What stands under the forecast: how to read it, and what the check against the last period said."""
    frame = checked_orders.frame
    if not len(frame):
        return None
    foreseen, observed = ((frame[name] * frame["n"]).sum() for name in ("expected_orders", "observed_orders"))
    if not observed > 0:
        return None
    off = float(foreseen / observed - 1)
    high = N_(
        "Tenths of the buyers, those of whom most is expected first. The same forecast, made {days:count} days "
        "earlier, was {by:part} too high."
    )
    low = N_(
        "Tenths of the buyers, those of whom most is expected first. The same forecast, made {days:count} days "
        "earlier, was {by:part} too low."
    )
    days = checked_orders.about.values["days"] if checked_orders.about else 0
    return Text(high if off > 0 else low, {"days": days, "by": abs(off)})


def limits(bought: pd.DataFrame, valued: bool) -> list[Limit]:
    """What customers will spend, where there are no orders or no amounts."""
    if not len(bought):
        return [Limit(N_("What customers will order"), needs=NEEDS["transactions"])]
    return [] if valued else [Limit(N_("What customers will spend"), needs=N_("amounts of the orders"))]


def facts(fitted: Fitted, compared: Result, foreseen: pd.DataFrame) -> dict[str, int | float]:
    """Buyers, repeat buyers, which way was used, and what is foreseen."""
    way = order_forecast.chosen(compared)
    return {
        "buyers": len(fitted.history),
        "repeat_buyers": fitted.repeaters,
        "foreseen_by_model": int(way in order_forecast.MODELS),
        "foreseen_as_before": int(way == SAME),
        "buyers_foreseen": len(foreseen),
        "expected_orders": int(rounded(foreseen["expected_orders"].sum())),
        "expected_spend": int(rounded(foreseen["expected_spend"].sum())),
    }


def rounded(amount: float) -> float:
    """Five figures: more would be the last steps of a search for a maximum, fewer would be rounded twice in a sentence.

    >>> rounded(412_345.67), rounded(0.0)
    (412350.0, 0.0)
    """
    return float(f"{amount:.5g}")


def _expected(table: pd.DataFrame, whole: Estimate | None, months: int, valued: bool) -> list[Finding]:
    if whole is None or table["hidden"].all():
        return []
    n = int(table["n"].sum())
    spend = N_("Customers who bought are expected to spend {total:money} in the next {months:count} months.")
    order = N_("Customers who bought are expected to place {total:count} orders in the next {months:count} months.")
    interval = (rounded(whole.low), rounded(whole.high))
    found = [
        Finding(
            spend if valued else order,
            {"total": rounded(whole.value), "months": months},
            id="value.expected",
            n=n,
            interval=interval,
            test=N_("jackknife over customers"),
            reach=n,
        )
    ]
    first = table.iloc[0]
    if len(table) == TENTHS and not first["hidden"]:
        share, members = float(first["share"]), int(first["n"])
        message = N_("The best tenth of the buyers, {n:count} customers, is expected to bring {share:part} of it.")
        found.append(
            Finding(
                message,
                {"share": share, "n": members},
                id="value.best_tenth",
                n=n,
                effect=max(share - 1 / TENTHS, 0.0),
                reach=members,
            )
        )
    return found


STOPPED_BUYERS = Claims(
    "value.stopped",
    N_("{n:count} of {base:count} buyers have probably stopped."),
    effect=0.0,
    kind="fact",
    rows=lambda table: table.head(1)[lambda first: first["n"] > 0],
)
