"""Who would be whom if records were joined more strictly or more loosely: what headline figures depend on.

Only customers that differ are kept: those who would fall into parts, with the orders of each part, and those who would
become one. Everybody else is the same at each threshold.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..codes import LOOSE, STRICT

_COLUMNS = {"matching": "str", "customer_no": "int64", "alternative": "int64", "orders": "int64"}
_NOBODY = np.empty(0, dtype="int64")


class Alternatives:
    """Collects the orders of customers who might be several persons, while orders are read.

    Parameters
    ----------
    records : DataFrame, shape (records, columns), optional
        ``space`` and ``raw_id`` of each; without records there are no alternatives.
    number : ndarray of int, shape (records,)
        Customer behind each record; negative for those who must not appear.
    strict, loose : ndarray of int, shape (records,)
        Persons at a higher and at a lower threshold; see `identity.Matching`.
    """

    def __init__(
        self,
        records: pd.DataFrame | None = None,
        number: np.ndarray = _NOBODY,
        strict: np.ndarray = _NOBODY,
        loose: np.ndarray = _NOBODY,
    ):
        shown = number >= 0
        self._parts = _several(number[shown], strict[shown])
        self._merges = _several(loose[shown], number[shown])
        self._part_of: dict[str, dict[str, int]] = {}
        self._orders: list[pd.DataFrame] = []
        doubtful = np.isin(number, self._parts["whole"].to_numpy()) & shown
        if records is not None:
            rows = records.loc[doubtful, ["space", "raw_id"]].assign(part=strict[doubtful])
            for space, theirs in rows.groupby("space", sort=False):
                self._part_of[space] = dict(zip(theirs.raw_id, theirs.part, strict=True))

    def add_orders(self, space: str, rows: pd.DataFrame) -> None:
        """Note the orders among `rows` of those who might be several persons; `rows` has ``customer_id`` as read."""
        if space not in self._part_of:
            return
        part = rows["customer_id"].map(self._part_of[space])
        theirs = rows[part.notna()]
        if len(theirs):
            order = theirs["order_id"] if "order_id" in theirs else pd.Series(None, index=theirs.index, dtype="str")
            order = order.fillna(theirs["at"].astype("str"))
            parts = pd.DataFrame({"part": part.dropna().astype("int64"), "order": order})
            self._orders.append(parts.drop_duplicates())

    def table(self) -> pd.DataFrame:
        """The alternatives to the customers of the run.

        Returns
        -------
        DataFrame
            ``matching`` (stricter, looser), ``customer_no``, ``alternative`` (number of the part, or of the customer it
            would be merged into), and the ``orders`` of a part.
        """
        bought = pd.concat(self._orders) if self._orders else pd.DataFrame(columns=["part", "order"])
        orders = bought.groupby("part")["order"].nunique().rename("orders")
        parts = self._parts.rename(columns={"whole": "customer_no"}).join(orders, on="part").assign(matching=STRICT)
        merges = self._merges.rename(columns={"part": "customer_no", "whole": "alternative"}).assign(matching=LOOSE)
        table = pd.concat([parts.rename(columns={"part": "alternative"}), merges], ignore_index=True)
        table = table.reindex(columns=list(_COLUMNS)).fillna({"orders": 0})
        return table.astype(_COLUMNS).sort_values(["matching", "alternative", "customer_no"], ignore_index=True)


def _several(whole: np.ndarray, part: np.ndarray) -> pd.DataFrame:
    """Wholes of several parts: whole, part; each part once."""
    table = pd.DataFrame({"whole": whole, "part": part}).drop_duplicates()
    return table[table.groupby("whole")["part"].transform("size") > 1]
