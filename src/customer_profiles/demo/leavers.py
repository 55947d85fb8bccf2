"""Customers of one group who stop coming: their orders and visits after a day of their own are taken out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .draws import MINUTES_PER_DAY, some
from .plan import Plan

STREAM = 22
"""Beside seed and block: what is drawn here takes nothing from the stream of the customers."""


def left(plan: Plan, people: pd.DataFrame, seed: int, block: int) -> pd.Series:
    """Minute from which nothing comes from each ``person`` any more; of who stays, the end of the period."""
    rng, planned, n = np.random.default_rng([seed, block, STREAM]), plan["leavers"], len(people)
    leaves = (people[planned["attribute"]] == planned["value"]).to_numpy() & some(rng, n, planned["share"])
    start = people["signup"].clip(lower=0).to_numpy()
    day = start + (rng.random(n) * (plan.days - start)).astype(int)
    return pd.Series(np.where(leaves, day, plan.days) * MINUTES_PER_DAY, people["person"])


def before(rows: pd.DataFrame, left: pd.Series) -> pd.DataFrame:
    """The rows of ``person`` and ``minute`` from before somebody left; those of nobody stay."""
    return rows[~(rows["minute"] >= rows["person"].map(left))].reset_index(drop=True)


def truth(plan: Plan) -> dict[str, Any]:
    """What was planted: who leaves, and which share of them within the period."""
    return dict(plan["leavers"])
