"""What it costs to score prospects: `python tests/benchmarks/target_cost.py --prospects 1000000`.

The prospects are invented, with traits as a list of addresses has them. What is learnt from older ones is applied to
all those who are still open: their chance to buy, and how much they are like the customers on file.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from customer_profiles.analysis.targets import prospects, twins

AS_OF = date(2025, 12, 31)
CUSTOMERS, OLDER = 20_000, 50_000


def people(rng: np.random.Generator, n: int, climbs: float) -> pd.DataFrame:
    """Traits of n people."""
    return pd.DataFrame(
        {
            "interests": np.where(rng.random(n) < climbs, "climbing", rng.choice(["hiking", "travel", "garden"], n)),
            "age": rng.normal(45, 12, n).round().clip(18, 90),
            "gender": rng.choice(["f", "m"], n),
            "region": rng.choice(list("abcdefghijklmnop"), n),
            "household_size": rng.integers(1, 6, n).astype(float),
            "source": rng.choice(["fair", "web", "list"], n),
        }
    )


def leads(rng: np.random.Generator, n: int, days: int) -> pd.DataFrame:
    """A table of the prospects of some days; who climbs buys three times as often, who buys does so within 100 days."""
    table = people(rng, n, 0.2)
    at = pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, days, n), unit="D")
    buys = rng.random(n) < np.where(table["interests"] == "climbing", 0.15, 0.05)
    bought = pd.Series(at + pd.to_timedelta(rng.integers(1, 100, n), unit="D"))
    converted = bought.where(buys & (bought <= pd.Timestamp(AS_OF)))
    return table.assign(lead_id=[f"L{i:07d}" for i in range(n)], at=at, converted_at=converted)


def timed(name: str, step: Callable[[], object]) -> object:
    """What a step gives; prints how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = step()
    print(f"{name}: {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} CPU s", flush=True)
    return found


def main() -> None:
    """Print a line for each step, and the most memory that was held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prospects", type=int, default=1_000_000)
    n, rng = parser.parse_args().prospects, np.random.default_rng(1)
    older, customers = leads(rng, OLDER, 1000), people(rng, CUSTOMERS, 0.5).rename_axis("customer_no")
    table = leads(rng, n, 30)
    began = time.process_time()
    known = prospects.prospects(older, AS_OF)
    model = timed("learnt", lambda: prospects.tried(known))
    found = timed("prepared", lambda: prospects.prospects(table, AS_OF))
    found = replace(found, curve=known.curve, horizon=known.horizon)
    scored = timed("scored", lambda: prospects.scores(found, model))
    alike = timed("compared", lambda: twins.twins(found, customers))
    assert len(scored) == len(alike.rows) == (~found.rows["bought"]).sum()
    print(f"all: {time.process_time() - began:.1f} CPU s")
    print(f"{len(scored):,} open, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB at most")


if __name__ == "__main__":
    main()
