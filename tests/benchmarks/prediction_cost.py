"""What it costs to foresee: `python tests/benchmarks/prediction_cost.py --customers 1000000 --lines 15000000`.

The customers are invented and order by the process of the model; the order lines are invented, too, with items of
which some are bought far more often than others.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_profiles.analysis.prediction import next_offer, purchases
from customer_profiles.stats import purchase_models
from customer_profiles.stats.purchase_models import Histories

AS_OF, WEEKS, ITEMS = date(2025, 12, 31), 78, 300


def histories(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeats, weeks to the last and weeks known of n customers, to the day; each stops with a chance of their own."""
    known = rng.integers(7 * WEEKS // 2, 7 * WEEKS, n) / 7
    rate, stop = rng.gamma(0.6, 1 / 6, n), rng.beta(0.8, 2.5, n)
    repeats, last, at, there = np.zeros(n), np.zeros(n), np.zeros(n), rng.random(n) >= stop
    while there.any():
        at += rng.exponential(1 / rate)
        there &= at < known
        repeats[there] += 1
        last = np.where(there, at, last)
        there &= rng.random(n) >= stop
    return repeats, np.minimum(np.ceil(7 * last) / 7, known), known


def order_lines(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Order lines of two years, of about 150 lines for a customer."""
    share = 1 / np.arange(1, ITEMS + 1)
    days = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, 730, n), unit="D")
    items = pd.Categorical.from_codes(
        rng.choice(ITEMS, n, p=share / share.sum()), [f"item {i:03d}" for i in range(ITEMS)]
    )
    return pd.DataFrame({"customer_no": rng.integers(0, max(n // 150, 10), n), "at": days, "category": items})


def timed(name: str, step: Callable[[], Any]) -> Any:
    """What a step gives; prints how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = step()
    print(f"{name}: {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} CPU s", flush=True)
    return found


def foreseen(told: tuple[np.ndarray, ...]) -> np.ndarray:
    """Orders of a year of each customer, by both models."""
    grouped, place = Histories.of(*(pd.Series(each) for each in told))
    fitted = [purchase_models.fit(grouped, at_once) for at_once in (False, True)]
    return max(fitted, key=lambda each: each.log_likelihood).orders(grouped, 52)[place]


def main() -> None:
    """Print a line for each step, and the most memory that was held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=15_000_000)
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    if args.customers:
        told = histories(rng, args.customers)
        timed("foreseen", lambda: foreseen(told))
        print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", flush=True)
    if args.lines:
        lines = order_lines(rng, args.lines)
        bought = timed("counted", lambda: purchases.purchases(lines, "category", AS_OF, 180))
        given = timed("offered", lambda: next_offer.customers(bought, next_offer.chosen(next_offer.tried(bought))))
        print(f"offers for {given.shape[0]} customers")


if __name__ == "__main__":
    main()
