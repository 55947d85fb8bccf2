"""The published example of models of repeat buying: 2,357 customers of CDNOW, 39 weeks to learn and 39 to predict."""

from __future__ import annotations

import pandas as pd
from support import real_data

CUT, END = pd.Timestamp("1997-09-30"), pd.Timestamp("1998-06-30")


def orders() -> pd.DataFrame:
    """An order of each customer and day: ``customer_no, at, amount``."""
    names = ["master", "customer_no", "at", "cds", "amount"]
    lines = pd.read_csv(real_data("cdnow") / "sample.txt", sep=r"\s+", header=None, names=names)
    lines["at"] = pd.to_datetime(lines["at"].astype(str))
    return lines.groupby(["customer_no", "at"], as_index=False)["amount"].sum()


def summary() -> pd.DataFrame:
    """By customer: repeat orders, weeks to the last and to the cut, mean amount of repeats, orders after the cut."""
    bought = orders()
    learnt, held = bought[bought["at"] <= CUT], bought[bought["at"] > CUT]
    grouped = learnt.groupby("customer_no")["at"]
    first = grouped.min()
    repeats = learnt[learnt["at"] > learnt["customer_no"].map(first)]
    table = pd.DataFrame({"repeats": grouped.size() - 1, "last": (grouped.max() - first).dt.days / 7})
    table["known"] = (CUT - first).dt.days / 7
    table["amount"] = repeats.groupby("customer_no")["amount"].mean()
    table["later"] = held.groupby("customer_no").size()
    return table.fillna({"later": 0})
