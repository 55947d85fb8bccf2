"""What buyers will order, foreseen in several ways, of which what came after a cut in time chooses one.

Two models of ordering and stopping stand beside two simple ways that may win: then the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...results import ONE_MARGIN, OVERLAPPING, Result
from ...stats import purchase_models
from ...stats.claims import fact, shown
from ...stats.intervals import CONFIDENCE, Estimate, add_shares, z_value
from ...stats.purchase_models import Buying, Histories
from . import order_history
from .order_history import Orders

MIN_REPEATERS = 100
"""Buyers with a second order that a model needs; fewer tell nothing of rates that differ between customers."""
BG, MBG = N_("orders until they stop"), N_("orders until they stop, perhaps after the first")
SAME, MEAN = N_("the same as in the last period"), N_("the same for everybody")
MODELS, SIMPLE = {BG: False, MBG: True}, (SAME, MEAN)
CLASSES = 8
"""Classes of buyers by their number of orders, at most."""


@dataclass(frozen=True)
class Fitted:
    """Ways to foresee the orders of the same buyers; without models where too few have ordered twice.

    Parameters
    ----------
    history : DataFrame
        From `order_history.history`.
    ahead_days : int
        Days that are foreseen.
    told, place
        From `Histories.of`.
    models : dict of str to Buying
    expected : DataFrame
        Orders of each buyer in these days, a column per way.
    """

    history: pd.DataFrame
    ahead_days: int
    told: Histories
    place: np.ndarray
    models: dict[str, Buying] = field(default_factory=dict)
    expected: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __bool__(self) -> bool:
        return bool(self.models)

    @property
    def repeaters(self) -> int:
        """Buyers with a second order."""
        return int(self.history["repeats"].gt(0).sum())

    def total(self, way: str, worth: np.ndarray | float = 1.0) -> Estimate:
        """Orders of all buyers in these days, or what they are worth, with an interval over customers."""
        if way in self.models:
            return purchase_models.total(self.models[way], self.told, self.place, self.ahead_days, worth)
        return purchase_models.sum_over_customers(self.expected[way].to_numpy() * worth)

    def by_month(self, way: str, months: int) -> np.ndarray:
        """Orders of each buyer in each of so many equal parts of the days ahead, shape (customers, months)."""
        if way not in self.models:
            return np.repeat(self.expected[[way]].to_numpy() / months, months, axis=1)
        return purchase_models.by_month(self.models[way], self.told, self.ahead_days, months)[self.place]

    def alive(self) -> np.ndarray:
        """Probability of each buyer to be one still. By the model in which the first order may be the last."""
        return self.models[MBG].alive(self.told)[self.place]


def fit(history: pd.DataFrame, ahead_days: int, period_days: int) -> Fitted:
    """Fit every way to what was known at a cut.

    Parameters
    ----------
    history : DataFrame
        From `order_history.history`.
    ahead_days, period_days : int
        Days to foresee, and days of the last period, see `order_history.period_days`.
    """
    told, place = Histories.of(history["repeats"], history["last_days"], history["known_days"])
    nothing = Fitted(history, ahead_days, told, place)
    if nothing.repeaters < MIN_REPEATERS or ahead_days < 1:
        return nothing
    models = {way: purchase_models.fit(told, at_once) for way, at_once in MODELS.items()}
    expected = {way: model.orders(told, ahead_days)[place] for way, model in models.items()}
    expected[SAME] = history["recent"].to_numpy() * ahead_days / period_days
    expected[MEAN] = np.full(len(history), history["repeats"].sum() / history["known_days"].sum() * ahead_days)
    return Fitted(history, ahead_days, told, place, models, pd.DataFrame(expected, history.index))


def repeaters(history: pd.DataFrame) -> Result:
    """How many buyers came back: ``value, n, base, share`` with interval."""
    again = history["repeats"].gt(0)
    n = [int(again.sum()), int((~again).sum())]
    table = add_shares(pd.DataFrame({"value": [AGAIN, ONCE], "n": n, "base": len(history)}))

    about = Text(N_("Share of {n:count} customers with an order."), {"n": len(history)})
    table = table if len(history) else table.head(0)
    return Result("repeaters", table, Text(N_("Who came back")), ONE_MARGIN, CAME_BACK, about=about)


def compare(fitted: Fitted, came: pd.DataFrame) -> Result:
    """The ways to foresee orders against what came.

    Parameters
    ----------
    fitted : Fitted
        To what was known before.
    came : DataFrame
        From `order_history.came`, of the same buyers.

    Returns
    -------
    Result
        ``method, n`` (buyers)``, error`` (root of the mean squared error, orders)``, foreseen, came`` (orders)``,
        foreseen_ratio, correlation`` (of ranks)``, top_share`` (of the orders, that the tenth placed of whom most was
        foreseen)``, less_error`` (error less than that of the better simple way; of models) with interval``,
        claim, chosen``, first. The interval is wide enough for two models. Of these the one counts whose total came
        nearer; it is chosen if it errs certainly less than the better simple way, else that one is.
    """
    later = came["orders"].to_numpy(float)
    squared = (fitted.expected.to_numpy() - later[:, None]) ** 2 if fitted else np.empty((len(later), 0))
    errors = dict(zip(fitted.expected.columns, squared.T, strict=True))
    rows = [_row(way, fitted.expected[way].to_numpy(), later, errors) for way in fitted.expected]
    table = pd.DataFrame(rows, columns=METHOD_COLUMNS)
    table["chosen"] = table["method"].eq(_choice(table))
    table = table.sort_values(["chosen", "error"], ascending=[False, True], kind="stable", ignore_index=True)
    return Result(
        "forecast_methods",
        table,
        Text(N_("Ways to foresee orders")),
        OVERLAPPING,
        claims=_skill,
        family=len(MODELS) if len(table) else 0,
        about=Text(N_("Orders of {n:count} buyers in the {days:count} days that no way had seen."), _span(fitted)),
        note=Text(
            N_(
                "In the models customers order at a rate of their own and at some time stop for good (BG/NBD and "
                "MBG/NBD). A model is used if its error, the root of the mean squared one, is certainly less than that "
                "of the simple ways."
            )
        ),
        columns=[name for name in METHOD_COLUMNS if name not in ("chosen",)],
    )


def chosen(compared: Result) -> str:
    """The way that is used; empty where there is none."""
    return str(compared.frame["method"].iloc[0]) if len(compared) else ""


def check(fitted: Fitted, way: str, came: pd.DataFrame) -> Result:
    """What was foreseen and what came, by how often customers had ordered before.

    Returns
    -------
    Result
        ``orders_before`` (class)``, n, expected_orders, observed_orders`` (means). Its claim compares the totals.
    """
    columns = ["orders_before", "n", "expected_orders", "observed_orders"]
    title = Text(N_("Orders foreseen and orders that came"))
    if not fitted:
        return Result("forecast_check", pd.DataFrame(columns=columns), title, ONE_MARGIN)
    given = fitted.history[["orders"]].assign(
        orders_before=classes(fitted.history["orders"]), expected=fitted.expected[way], came=came["orders"]
    )
    table = given.groupby("orders_before", observed=True).agg(
        n=("orders", "size"), expected_orders=("expected", "mean"), observed_orders=("came", "mean")
    )
    total, observed = fitted.total(way), float(came["orders"].sum())
    return Result(
        "forecast_check",
        table.reset_index().astype({"orders_before": str}),
        title,
        ONE_MARGIN,
        claims=lambda table: [] if table["hidden"].all() else [_held(total, observed, fitted)],
        about=Text(N_("Orders per buyer within {days:count} days, by the orders before."), _span(fitted)),
    )


def classes(orders: pd.Series) -> pd.Series:
    """Classes of buyers by their number of orders, about equally large, in order.

    >>> classes(pd.Series([1, 1, 1, 2, 3])).tolist()
    ['1', '2', '3']
    """
    numbers, counts = np.unique(orders, return_counts=True)
    starts, gathered, left = [0], 0, counts.sum()
    for place, n in enumerate(counts[:-1]):
        gathered += n
        if len(starts) < CLASSES and gathered * (CLASSES + 1 - len(starts)) >= left:
            starts, gathered, left = [*starts, place + 1], 0, left - gathered
    firsts = numbers[starts]
    lasts = numbers[[*(start - 1 for start in starts[1:]), -1]]
    words = [str(int(b)) if a == b else f"{int(a)}–{int(b)}" for a, b in zip(firsts, lasts, strict=True)]
    return pd.Series(pd.cut(orders, [-np.inf, *lasts], labels=words), orders.index)


def limits(fitted: Fitted, bought: Orders) -> list[Limit]:
    """Why nothing is foreseen, or what may be wrong with it.

    Parameters
    ----------
    fitted : Fitted
        To what was known before the check.
    bought : Orders
    """
    if not len(fitted.history):
        return []
    longer = N_("orders over a longer time")
    if not bought.ahead_days:
        message = N_("What customers will order in the next {ahead:count} days: the records cover {days:count} days")
        return [Limit(message, {"ahead": bought.horizon_days, "days": (bought.last - bought.first).days}, needs=longer)]
    if not fitted:
        message = N_(
            "What customers will order: only {n:count} of {base:count} buyers ordered a second time before the check "
            "({least:count} are needed)"
        )
        values = {"n": fitted.repeaters, "base": len(fitted.history), "least": MIN_REPEATERS}
        return [Limit(message, values, needs=longer)]
    if (early := order_history.cut_off(bought)) > EARLY:
        message = N_(
            "Since when customers have been buying: {share:part} of the first orders on file fall into the first "
            "twelfth of the records, so that many may have ordered before"
        )
        return [Limit(message, {"share": early}, needs=N_("orders from before the records begin"))]
    return []


EARLY = 0.25
"""Share of first orders in the first twelfth of the records from which they are called cut off: three times its due."""
ONCE, AGAIN = N_("ordered once"), N_("ordered again")
METHOD_COLUMNS = [
    *("method", "n", "error", "foreseen", "came", "foreseen_ratio", "correlation", "top_share"),
    *("less_error", "less_error_low", "less_error_high", "claim", "chosen"),
]
_REPEATERS = N_("{share:part} of buyers have come back: {n:count} of {base:count} ordered again.")
_FEW = N_("Too few buyers have come back to foresee what will be ordered: {share:part} of {base:count} ordered again.")
CAME_BACK = fact(
    "orders.again",
    lambda row: _FEW if row.n < MIN_REPEATERS else _REPEATERS,
    test=N_("Wilson interval"),
    estimate="share",
    rows=lambda table: table.head(0 if table["hidden"].any() else 1),
)
_BETTER = N_("Future orders can be foreseen: the forecast errs {less:part} less than “{than:label}”.")
_NO_BETTER = N_("No model foresees orders better than “{than:label}”.")
_HELD = N_(
    "The forecast held: it foresaw {foreseen:count} orders for the last {days:count} days, and {came:count} came."
)
_OFF_HIGH = N_(
    "The forecast was {by:part} too high: it foresaw {foreseen:count} orders for the last {days:count} days, and "
    "{came:count} came."
)
_OFF_LOW = N_(
    "The forecast was {by:part} too low: it foresaw {foreseen:count} orders for the last {days:count} days, and "
    "{came:count} came."
)


def _row(way: str, expected: np.ndarray, came: np.ndarray, errors: dict[str, np.ndarray]) -> dict[str, object]:
    ordered = pd.Series(expected).rank(ascending=False, method="first").to_numpy()
    tells = np.ptp(expected) > 0
    whole = came.sum() or np.nan
    row = {
        "method": way,
        "n": len(came),
        "error": float(np.sqrt(errors[way].mean())),
        "foreseen": float(expected.sum()),
        "came": float(came.sum()),
        "foreseen_ratio": float(expected.sum() / whole),
        "correlation": float(pd.Series(expected).corr(pd.Series(came), method="spearman")) if tells else np.nan,
        "top_share": float(came[ordered <= len(came) / 10].sum() / whole) if tells else np.nan,
        "claim": False,
    }
    if way in MODELS:
        simple = min(SIMPLE, key=lambda other: errors[other].mean())
        less = _less(errors[way], errors[simple])
        row |= {"less_error": less.value, "less_error_low": less.low, "less_error_high": less.high}
        row["claim"] = bool(less.low > 0)
    return row


def _choice(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    models = table[table["method"].isin(MODELS)]
    model = models.loc[(models["foreseen"] - models["came"]).abs().idxmin()]
    simple = table[~table["method"].isin(MODELS)]
    return str(model["method"] if model["claim"] else simple.loc[simple["error"].idxmin(), "method"])


def _less(error: np.ndarray, other: np.ndarray) -> Estimate:
    """By how much a root of mean squared errors is less than another: a ratio of sums over customers, linearised."""
    whole = other.sum()
    if not whole > 0:
        return Estimate(np.nan, np.nan, np.nan)
    ratio = error.sum() / whole
    spread = z_value(1 - (1 - CONFIDENCE) / len(MODELS)) * np.sqrt(((error - ratio * other) ** 2).sum()) / whole
    return Estimate(*(float(1 - np.sqrt(max(of, 0))) for of in (ratio, ratio + spread, ratio - spread)))


def _skill(table: pd.DataFrame) -> list[Finding]:
    rows = shown(table)
    if rows.empty:
        return []
    best = rows.iloc[0]
    than = rows[rows["method"].isin(SIMPLE)].sort_values("error", kind="stable")["method"].iloc[0]
    if not best["claim"]:
        return [Finding(_NO_BETTER, {"than": than}, id="orders.skill", n=int(best["n"]), kind="nothing", test=_TEST)]
    return [
        Finding(
            _BETTER,
            {"less": float(best["less_error"]), "than": than},
            id="orders.skill",
            n=int(best["n"]),
            interval=(float(best["less_error_low"]), float(best["less_error_high"])),
            test=_TEST,
            family=len(MODELS),
            effect=float(np.clip(best["less_error"], 0, 1)),
            kind="difference",
        )
    ]


_TEST = N_("squared error after a cut in time, interval over customers")


def _held(total: Estimate, came: float, fitted: Fitted) -> Finding:
    held = total.low <= came <= total.high
    off = total.value / came - 1 if came else 1.0
    by = sorted(abs(end / came - 1) for end in (total.low, total.high)) if came else [0.0, 1.0]
    values = {"foreseen": round(total.value), "came": int(came), "by": abs(off)} | _span(fitted)
    return Finding(
        _HELD if held else _OFF_HIGH if off > 0 else _OFF_LOW,
        values,
        id="orders.check",
        n=len(fitted.history),
        interval=(total.low, total.high) if held else (by[0], by[1]),
        test=N_("jackknife over customers"),
    )


def _span(fitted: Fitted) -> dict[str, int]:
    return {"n": len(fitted.history), "days": fitted.ahead_days}
