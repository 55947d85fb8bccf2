"""What is foreseen of one profile, from the models that a run has kept as plain values (`readable`).

A record is a row of the profile with the columns that the schema names. What is not known of a customer is null, and
counts as it did in the run; a column that is not there is refused, since null and forgotten are not the same.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Container, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputRejected
from ...stats.purchase_models import Buying, Histories, by_month
from ...stats.value_models import Spending
from .churn import part_of
from .contracts import ALL, stay
from .lifetime_value import BETWEEN, EVERYBODY, worth_now
from .order_forecast import MODELS, SAME
from .order_history import KNOWN, SINCE_FIRST, SINCE_LAST, rhythm
from .readable import OTHER, PERIOD

Row = dict[str, Any]


class Scorer:
    """The models of a run, ready to score one record after the other.

    Parameters
    ----------
    kept : dict
        From `readable.kept`.

    Raises
    ------
    InputRejected
        If nothing was learnt in the run.
    """

    def __init__(self, kept: Mapping[str, Any]):
        self.schema = kept["schema"]
        self._kinds = {column["name"]: column["kind"] for column in self.schema["columns"]}
        self._null = {one["name"]: one["counts_as_null"] for one in self.schema["columns"] if "counts_as_null" in one}
        self._contracts, self._churn = (kept.get(name, {}) for name in ("contracts", "churn"))
        self._buyers = _Buyers(kept["orders"]) if "orders" in kept else None
        if not self.schema["models"]:
            raise InputRejected("nothing could be learnt in the last run, so nothing is foreseen: chapter 07 says why")
        self._models = [_Model(model) for model in self._churn.get("models", ())]
        names = [name for model in self.schema["models"] for name in kept[model]["gives"]]
        self._nothing: dict[str, Any] = {**dict.fromkeys(names), "foreseen_on": self.schema["as_of"]}

    def score(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """What is foreseen of one record; None where nothing is, as of somebody who has left.

        Parameters
        ----------
        record : mapping of str to value
            With the columns that the schema names, others are not read; None, NaN or NaT where not known.

        Returns
        -------
        dict
            ``p_churn``, and ``expected_orders, expected_spend, clv, p_alive`` of buyers, ``expected_months,
            expected_spend, clv`` of contracts, as far as the run foresees them, with ``foreseen_on``.

        Raises
        ------
        InputRejected
            If a column is missing, is no number where one is due, or the history contradicts itself. Names the column
            and what to write, never the value.
        """
        row = self._row(record)
        found = dict(self._nothing)
        contract = _contract(self._contracts, row) if self._contracts else None
        if contract:
            found |= _staying(self._contracts, *contract)
        if self._buyers and row["order_days"] is not None:
            found |= self._buyers.foreseen(row)
        if self._churn and self._is_asked(row, contract):
            found["p_churn"] = self._p(row)
        return found

    def _row(self, record: Mapping[str, Any]) -> Row:
        missing = [name for name in self._kinds if name not in record]
        if missing:
            raise InputRejected(_missing(missing, record))
        row = {name: _value(name, record[name], kind) for name, kind in self._kinds.items()}
        row |= {name: None for name, values in self._null.items() if row[name] in values}
        if "order_days" in row:
            _check_history(row)
        return row

    def _is_asked(self, row: Row, contract: tuple[str, float, float | None, bool] | None) -> bool:
        if self._churn["of"] == "contracts":
            return contract is not None and not contract[3]
        return row["order_days"] is not None and row[SINCE_LAST] < self._churn["recent_days"]

    def _p(self, row: Row) -> float:
        if self._churn["of"] == "buyers":
            every, silent = (float(x) for x in rhythm(*(np.float64(row[name]) for name in KNOWN[:3])))
            row = {**row, "rhythm_days": _known(every), "rhythms_silent": _known(silent)}
        number = row.get("customer_no") if len(self._models) > 1 else 0
        if number is None:  # somebody new: no model has seen them
            return sum(model.p(row) for model in self._models) / len(self._models)
        return self._models[part_of(np.float64(number), len(self._models))].p(row)


class _Model:
    """One model of the probability to be lost; inputs in a list and trees as tuples, which is faster than mappings."""

    def __init__(self, kept: Mapping[str, Any]):
        self._fill, self._constant = kept["numbers"], kept["constant"]
        self._levels = {name: [*told, OTHER] for name, told in kept["levels"].items()}
        names = [(name, kind) for name in self._fill for kind in ("", "unknown")]
        places = [*names, *((name, "is", level) for name, told in self._levels.items() for level in told)]
        self._place = {place: index for index, place in enumerate(places)}
        scale = ("mean", "spread", "weight")
        self._terms = [(self._of(term), *(term[name] for name in scale)) for term in kept.get("terms", ())]
        self._trees = [self._branch(tree) for tree in kept.get("trees", ())]

    def p(self, row: Row) -> float:
        """Probability to be lost."""
        given: list[Any] = []
        for name, fill in self._fill.items():
            value = row[name]
            given += (fill, 1) if value is None else (value, 0)
        for name, levels in self._levels.items():
            own = _level(row[name], levels)
            given += [level == own for level in levels]
        odds = self._constant
        for place, mean, spread, weight in self._terms:
            odds += (given[place] - mean) / spread * weight
        for node in self._trees:
            while type(node) is tuple:
                place, at_most, then, otherwise = node
                node = then if given[place] <= at_most else otherwise
            odds += node
        return 1 / (1 + math.exp(-odds)) if odds > 0 else math.exp(odds) / (1 + math.exp(odds))

    def _of(self, one: Mapping[str, Any]) -> int:
        """Place of an input that a term or a tree asks for."""
        name = one["column"]
        return self._place[(name, "is", one["is"]) if "is" in one else (name, "unknown" if "unknown" in one else "")]

    def _branch(self, node: Any) -> Any:
        if not isinstance(node, Mapping):
            return node
        then, otherwise = self._branch(node["then"]), self._branch(node["else"])
        if "at_most" in node:
            return self._of(node), node["at_most"], then, otherwise
        return self._of(node), 0, otherwise, then


class _Buyers:
    """What a buyer will order and spend, as `lifetime_value.customers` says it of all."""

    def __init__(self, kept: Mapping[str, Any]):
        self._orders, self._amount, self._ahead, self._months = (
            kept[name] for name in ("orders", "amount", "ahead_days", "months")
        )
        self._alive = _buying(kept["alive"])
        self._buying = _buying(self._orders) if self._orders["way"] in MODELS else None
        between = self._amount["way"] == BETWEEN and "q" in self._amount
        self._spending = Spending(*(self._amount[name] for name in "pqv")) if between else None
        self._now = worth_now(self._months, kept["discount_rate"])

    def foreseen(self, row: Row) -> Row:
        """Of one buyer; amounts only where any are known."""
        days, since_first, since_last, own = (row[name] for name in KNOWN[:4])
        told = Histories(*(np.array([x]) for x in (days - 1, since_first - since_last, since_first, 1.0)))
        found = {"p_alive": float(self._alive.alive(told)[0])}
        monthly = self._monthly(told, row)
        found["expected_orders"] = float(monthly.sum())
        worth = self._amount["mean"] if own is None or self._amount["way"] == EVERYBODY else own
        if worth is None:
            return found
        if self._spending:
            worth = float(self._spending.per_order(days if own is not None else 0, worth))
        return found | {"expected_spend": found["expected_orders"] * worth, "clv": float(monthly @ self._now) * worth}

    def _monthly(self, told: Histories, row: Row) -> np.ndarray:
        if self._buying:
            return by_month(self._buying, told, self._ahead, self._months)[0]
        whole = self._orders.get("orders")
        if self._orders["way"] == SAME:
            whole = (row[PERIOD] or 0) * self._ahead / self._orders["period_days"]
        return np.full(self._months, whole / self._months)


def _buying(kept: Mapping[str, Any]) -> Buying:
    return Buying(kept["r"], kept["alpha"], kept["a"], kept["b"], kept["at_once"])


def _contract(kept: Mapping[str, Any], row: Row) -> tuple[str, int, float | None, bool] | None:
    """Group, months, charge, and whether somebody left, as `contracts.members` says it; None without a contract."""
    names, status = kept["columns"], row[kept["left"]["column"]]
    months, by = row[names["months"]], row.get(names["by"], ALL)
    if status is None or by is None or months is None or months < 0:
        return None
    left = _level(status, {kept["left"]["value"]}) == kept["left"]["value"]
    whole = max(math.ceil(months), 1) if left else math.floor(months)
    return _text(by, kept["leaving"]), whole, row.get(names["charge"]), left


def _staying(kept: Mapping[str, Any], group: str, months: int, charge: float | None, left: bool) -> Row:
    """How long somebody stays and what they pay, as `contracts.customers` says it of all."""
    if group not in kept["leaving"]:
        return {}
    share, horizon = np.array(kept["leaving"][group]), kept["months"]
    if months + horizon > len(share):  # older than any was
        share = np.pad(share, (0, months + horizon - len(share)), mode="edge")
    there = stay(share, np.array([months]), horizon)[0] * (not left)
    found = {"expected_months": float(there.sum())}
    if charge is None:
        return found
    now = float(there @ worth_now(horizon, kept["discount_rate"]))
    return found | {"expected_spend": found["expected_months"] * charge, "clv": now * charge}


def _value(name: str, value: Any, kind: str) -> Any:
    """A value of a record as the models take it; None where not known."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return None
    if not np.isscalar(value):
        if value is pd.NA or value is pd.NaT:
            return None
        if not isinstance(value, date):
            raise InputRejected(f'"{name}" has several values: a record has one, or null')
    if kind == "level":
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number) or math.isinf(value):
        raise InputRejected(f'"{name}" is no number: write it without quotes, as in "{name}": 12.5, or null')
    return float(value)


def _text(value: Any, known: Container[str]) -> str:
    """A value as reports name it, see `values_of`: whole numbers and days in their short form if that is known."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    text = str(value)
    if text not in known and isinstance(value, float | np.floating) and value == int(value):
        return str(int(value))
    return text[:10] if text not in known and text[:10] in known and text[11:19] == "00:00:00" else text


def _level(value: Any, known: Container[str]) -> str | None:
    """The level that a value is counted as."""
    text = "" if value is None else _text(value, known)
    return text if text in known else OTHER


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _missing(names: list[str], record: Mapping[str, Any]) -> str:
    """What to write for columns that a record lacks."""
    near = {name: difflib.get_close_matches(name, map(str, record), 1) for name in names}
    meant = "".join(f' (is "{found[0]}" meant for "{name}"?)' for name, found in near.items() if found)
    nulls = ", ".join(f'"{name}": null' for name in names)
    return f"the record lacks {len(names)} of the columns in models/schema.json{meant}: add {nulls} where not known"


def _check_history(row: Row) -> None:
    """Refuse a history that nobody can have."""
    days, since_first, since_last, value = (row[name] for name in KNOWN[:4])
    if days is None:
        return
    if days < 1 or since_first is None or since_last is None or not 0 <= since_last <= since_first:
        raise InputRejected(
            f'the history contradicts itself: who has "order_days" above 0 has "{SINCE_LAST}" of at least 0 and '
            f'"{SINCE_FIRST}" of at least that; who never ordered has null in all of them'
        )
    if (days == 1) != (since_last == since_first):
        raise InputRejected(
            f'the history contradicts itself: "{SINCE_LAST}" is "{SINCE_FIRST}" where "order_days" is 1, and only there'
        )
    if value is not None and not value > 0:
        raise InputRejected('"order_day_value" is above 0, or null where not known')
