"""What chapter 07 has learnt as plain values: weights, levels, nested thresholds, parameters. No pickle, no customer.

``schema`` names the columns of a record, one row of the profile; each other entry is one model. `scoring` reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..segments.embedding import is_number
from . import contracts, lifetime_value, order_history
from .churn import Tried
from .order_forecast import MBG, MEAN, SAME, Fitted
from .order_history import KNOWN, Orders

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

OTHER = None
"""Stands for all values of a column that too few have, and for new ones."""
PERIOD = "period_order_days"


def churn_model(tried: Tried, recent_days: int) -> dict[str, Any]:
    """The probability to be lost.

    Parameters
    ----------
    tried : Tried
        With a model; of a snapshot it is asked of those who have a contract and have not left.
    recent_days : int
        Days within which a buyer ordered of whom it is asked.
    """
    asked = {"of": "contracts"} if tried.snapshot else {"of": "buyers", "recent_days": recent_days}
    return {"gives": ["p_churn"], **asked, "models": [_plain(model) for model in tried.models]}


def order_model(fitted: Fitted, way: str, bought: Orders, amounts: str, months: int, discount: float) -> dict[str, Any]:
    """What buyers will order and spend, with the arguments of `lifetime_value.customers`.

    Parameters
    ----------
    bought : Orders
        To whose history until the last day it was `fitted`.
    amounts : str
        The way to foresee an amount, from `lifetime_value.best_amount`.
    """
    mean, between = lifetime_value.amount_model(fitted.history)
    ahead = {"ahead_days": fitted.ahead_days, "months": months, "discount_rate": discount}
    orders: dict[str, Any] = {"way": way}
    if way in fitted.models:
        orders |= _parameters(fitted.models[way])
    elif way == MEAN:
        orders["orders"] = float(fitted.expected[MEAN].iloc[0])
    else:
        orders["period_days"] = order_history.period_days(bought, bought.last)
    spending = {"p": between.p, "q": between.q, "v": between.v} if between else {}
    return {
        "gives": lifetime_value.COLUMNS,
        **ahead,
        "orders": orders,
        "alive": _parameters(fitted.models[MBG]),
        "amount": {"way": amounts, "mean": None if np.isnan(mean) else mean, **spending},
    }


def contract_model(
    agreed: pd.DataFrame, subscription: Any, outcome: Any, horizon: int, discount: float
) -> dict[str, Any]:
    """How long contracts last, with the arguments of `contracts.members` and `contracts.customers`."""
    shares = contracts.shares_leaving(agreed, horizon)
    return {
        "gives": ["expected_months", "expected_spend", "clv"],
        "columns": {"months": subscription.months, "charge": subscription.charge, "by": subscription.by},
        "left": {"column": outcome.column, "value": outcome.value},
        "months": horizon,
        "discount_rate": discount,
        "leaving": {name: share.tolist() for name, share in shares.items()},
    }


def kept(
    models: dict[str, dict[str, Any]],
    profile: pd.DataFrame,
    bought: Orders,
    as_of: date,
    withheld: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The models with the schema of a record.

    Parameters
    ----------
    models : dict of str to dict
        ``churn, orders, contracts`` as far as there are any.
    profile : DataFrame
        Tells which columns hold numbers.
    bought : Orders
    as_of : date
        Day of the run.
    withheld : DataFrame, optional
        Values of few customers that the models were not given, in columns of the profile's names: they count as null.
    """
    columns = [
        {"name": name, "kind": _kind(profile, name)} | _noted(name, profile, withheld)
        for name in dict.fromkeys(_asked(models, profile))
    ]
    days = {"as_of": as_of.isoformat(), "orders_until": bought.last.date().isoformat()}
    schema = {**days, "columns": columns, "models": list(models)}
    return {"schema": schema, **models}


def _noted(name: str, profile: pd.DataFrame, withheld: pd.DataFrame | None) -> dict[str, Any]:
    """What else there is to know of a column of a record."""
    about = {"about": ABOUT[name]} if name in ABOUT else {}
    unknown: set[Any] = set()
    if withheld is not None and name in withheld and name in profile:
        unknown = set(withheld[name].dropna()) - set(profile[name].dropna())
    return about | ({"counts_as_null": sorted(unknown)} if unknown else {})


ABOUT = {
    "customer_no": "number of the customer in the run; null for somebody who is new",
    "order_days": "days with an order; null for who never ordered",
    "days_since_first_order": "from the first order to orders_until",
    "days_since_last_order": "from the last order to orders_until",
    "order_day_value": "mean amount of a day with an order, less what was given back",
    "recent_order_days": "days with an order in the last recent_days of the model of churn",
    PERIOD: "days with an order in the last ahead_days of the model of orders, at most the days on file",
}
"""What the columns mean that are not those of the profile of chapter 01."""


def columns(history: pd.DataFrame, recent: pd.DataFrame) -> pd.DataFrame:
    """The history of each buyer as a record names it.

    Parameters
    ----------
    history, recent : DataFrame
        From `order_history.history`, with the last period of the forecast and that of `churn.of_buyers`.
    """
    return order_history.known(recent).assign(**{PERIOD: history["recent"]})


def _asked(models: dict[str, dict[str, Any]], profile: pd.DataFrame) -> Iterator[str]:
    if "orders" in models:
        yield from KNOWN[:4]
        if models["orders"]["orders"]["way"] == SAME:
            yield PERIOD
    if "contracts" in models:
        yield models["contracts"]["left"]["column"]
        yield from (name for name in models["contracts"]["columns"].values() if name in profile)
    if "churn" in models:
        if models["churn"]["of"] == "buyers":
            yield from KNOWN
        if len(models["churn"]["models"]) > 1:
            yield "customer_no"
        for model in models["churn"]["models"]:
            yield from (name for name in [*model["numbers"], *model["levels"]] if name in profile)


def _kind(profile: pd.DataFrame, name: str) -> str:
    return "number" if name not in profile or is_number(profile[name]) else "level"


def _parameters(model: Any) -> dict[str, Any]:
    return {name: getattr(model, name) for name in ("r", "alpha", "a", "b", "at_once")}


def _plain(model: Pipeline) -> dict[str, Any]:
    """A fitted pipeline of `churn` as plain values; what is unknown counts as the number, or the level, given there."""
    table, last = model[0], model[-1]
    fill, unknown, levels = _inputs(table)
    inputs: list[dict[str, Any]] = [{"column": name} for name, value in fill.items() if value is not None]
    inputs += [{"column": name, "unknown": True} for name in unknown]
    inputs += [{"column": name, "is": level} for name, told in levels.items() for level in told]
    told = {name: [level for level in known if level is not OTHER] for name, known in levels.items()}
    plain = {"kind": "logistic" if hasattr(last, "coef_") else "trees", "numbers": fill, "levels": told}
    if hasattr(last, "coef_"):
        return plain | {"constant": float(last.intercept_[0]), "terms": _terms(table, last, inputs)}
    trees = [_node(each[0].nodes, 0, inputs) for each in last._predictors]
    return plain | {"constant": float(last._baseline_prediction.item()), "trees": trees}


def _inputs(table: ColumnTransformer) -> tuple[dict[str, float | None], list[str], dict[str, list[str | None]]]:
    """Numbers with what fills their gaps, those whose gaps count, and levels; in the order in which they come out."""
    (_, numeric, numbers), (_, texts, others) = table.transformers_[:2]
    fill: dict[str, float | None] = {}
    unknown, levels = [], {}
    if len(numbers):
        fills = zip(numbers, numeric[1].statistics_, strict=True)
        fill = {name: None if np.isnan(value) else float(value) for name, value in fills}
        unknown = [numbers[place] for place in numeric[1].indicator_.features_]
    if len(others):
        for name, told, rare in zip(others, texts[-1].categories_, texts[-1].infrequent_categories_, strict=True):
            pooled = set() if rare is None else set(rare)
            levels[name] = [level for level in told if level not in pooled] + ([OTHER] if pooled else [])
    return fill, unknown, levels


def _terms(table: ColumnTransformer, last: Any, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each input adds to the log odds: ``(x - mean) / spread * weight``, x being 0 or 1 of levels and gaps."""
    (_, numeric, numbers) = table.transformers_[0]
    scales = zip(numeric[2].mean_, numeric[2].scale_, strict=True) if len(numbers) else ()
    scaled = [(float(mean), float(spread)) for mean, spread in scales]
    scaled += [(0.0, 1.0)] * (len(inputs) - len(scaled))
    return [
        {**one, "mean": mean, "spread": spread, "weight": float(weight)}
        for one, (mean, spread), weight in zip(inputs, scaled, last.coef_[0], strict=True)
    ]


def _node(nodes: np.ndarray, place: int, inputs: list[dict[str, Any]]) -> dict[str, Any] | float:
    """A tree from one of its nodes down: ``at_most`` or not of a number, ``is`` or not of a level; what it adds."""
    node = nodes[place]
    if node["is_leaf"]:
        return float(node["value"])
    low, high = (_node(nodes, int(node[side]), inputs) for side in ("left", "right"))
    one = inputs[node["feature_idx"]]
    if len(one) == 1:
        return {**one, "at_most": float(node["num_threshold"]), "then": low, "else": high}
    return {**one, "then": high, "else": low}
