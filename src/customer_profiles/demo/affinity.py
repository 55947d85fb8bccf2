"""What customers buy after something that it fits: planted in the order lines, which stay what they are otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .behaviour import PRODUCTS_PER_CATEGORY, product_numbers
from .draws import some
from .plan import Plan

STREAM = 21
"""Beside seed and block: what is drawn here takes nothing from the stream of the customers."""


def planted(plan: Plan, people: pd.DataFrame, lines: pd.DataFrame, seed: int, block: int) -> pd.DataFrame:
    """The order lines, in which some after the first of one category became lines of another.

    Lines of the favourite category stay what they are, and so do all amounts.

    Parameters
    ----------
    plan : Plan
    people : DataFrame
        ``person, favourite`` of a block of customers.
    lines : DataFrame
        From `behaviour.order_lines`, by time.
    seed, block : int
    """
    rng, affinity = np.random.default_rng([seed, block, STREAM]), plan["affinity"]
    first = lines[lines["category"] == affinity["after"]].groupby("person")["minute"].min()
    later = lines["minute"] > lines["person"].map(first)
    free = lines["category"] != lines["person"].map(people.set_index("person")["favourite"])
    moved = (later & free).to_numpy() & some(rng, len(lines), affinity["share"])
    category = np.full(len(lines), plan.attributes["favourite"].values.index(affinity["buys"]))
    product = product_numbers(category, rng.integers(0, PRODUCTS_PER_CATEGORY, len(lines)))
    lines = lines.assign(
        category=lines["category"].mask(moved, affinity["buys"]), product=lines["product"].mask(moved, product)
    )
    return lines.drop_duplicates(["order", "product"], ignore_index=True)


def truth(plan: Plan) -> dict[str, Any]:
    """What was planted: after which category, what is bought, and which share of the free later lines."""
    return dict(plan["affinity"])
