"""Shops whose customers order at rates of their own and stop with probabilities of their own, all known."""

from __future__ import annotations

import numpy as np
import pandas as pd

START = pd.Timestamp("2024-01-01")


def shop(
    seed: int,
    customers: int = 600,
    rate: tuple[float, float] | None = (1.2, 80.0),
    stop: tuple[float, float] | None = (0.6, 4.0),
    days: int = 730,
) -> pd.DataFrame:
    """Order lines ``customer_no, at, amount`` of two years, new customers coming evenly.

    Parameters
    ----------
    rate : pair of float, optional
        Shape and rate of the gamma distribution of orders per day; None: all order once in 60 days.
    stop : pair of float, optional
        Beta distribution of the probability to stop after an order; None: nobody stops.
    """
    rng = np.random.default_rng(seed)
    rates = rng.gamma(rate[0], 1 / rate[1], customers) if rate else np.full(customers, 1 / 60)
    stops = rng.beta(*stop, customers) if stop else np.zeros(customers)
    mean = rng.gamma(4, 15, customers)
    at, there = rng.uniform(0, days, customers), np.ones(customers, bool)
    parts = []
    while there.any():
        amount = rng.gamma(3, mean / 3)
        parts.append(pd.DataFrame({"customer_no": np.arange(customers), "at": at, "amount": amount})[there])
        there &= rng.random(customers) >= stops
        at = at + rng.exponential(1 / rates)
        there &= at < days
    lines = pd.concat(parts, ignore_index=True)
    return lines.assign(at=START + pd.to_timedelta(lines["at"], unit="D"))
