"""A mailing with a voucher, half of its customers held back, and a group that it moves more than others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .draws import some
from .plan import Plan
from .sheets import Times

STREAM = 20
"""Beside seed and block: what is drawn here takes nothing from the stream of the customers."""
DAYS = 14
"""Days after the mailing in which a visit to a store, known by the loyalty card, is a response."""


def voucher(plan: Plan, people: pd.DataFrame, email: pd.Series, seed: int, block: int) -> pd.DataFrame:
    """The rows of ``gutschein.csv``: who was to get it, who was held back, and who came to a store; both may come.

    Parameters
    ----------
    plan : Plan
    people : DataFrame
        Of a block of customers.
    email : Series
        By ``person``.
    seed, block : int
    """
    rng, planned, times = np.random.default_rng([seed, block, STREAM]), plan["voucher"], Times(plan)
    day = plan.day(planned["at"])
    mailed = people[people["signup"] < day]
    n = len(mailed)
    held = some(rng, n, planned["held"])
    moved = (mailed[planned["attribute"]] == planned["value"]).to_numpy() * planned["moves"]
    came = rng.random(n) < planned["comes"] + np.where(held, 0.0, planned["brings"] + moved)
    visited = np.where(came, day + rng.integers(1, DAYS + 1, n), -1)
    return pd.DataFrame(
        {
            "recipient": email.loc[mailed["person"]].to_numpy(),
            "campaign": planned["name"],
            "day": times.iso[np.full(n, day)],
            "visited": times.iso[visited],
            "held_back": held.astype(int),
        }
    )


def truth(plan: Plan) -> dict[str, Any]:
    """What was planted: shares of customers."""
    planned = plan["voucher"]
    return {name: planned[name] for name in ("name", "held", "comes", "brings", "attribute", "value", "moves")}
