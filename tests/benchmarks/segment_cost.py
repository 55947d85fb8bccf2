"""What segments cost, for 100,000 and a million customers, beside scikit-learn's plain pipeline.

The customers are invented: four groups that differ in skewed numbers and in categories, with gaps. Ours is the whole
of it: embedding, both families at every number of segments, comparison with simulated bases, bootstraps, and everybody
assigned. The plain pipeline is StandardScaler, OneHotEncoder and KMeans at the same numbers of segments with the same
starts, chosen by silhouette of a sample, and no resample at all. Each way runs in a process of its own; CPU seconds
are its user + system time, memory is the most it held at once.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (100_000, 1_000_000)
MAX_SEGMENTS = 8
NUMBERS = ("orders", "basket_value", "recency_days", "sessions", "age")


def customers(n: int, seed: int = 1) -> pd.DataFrame:
    """A profile of n invented customers."""
    rng = np.random.default_rng(seed)
    group = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    means = rng.normal(0, 1.5, (4, len(NUMBERS)))
    profile = pd.DataFrame({"customer_no": np.arange(n)})
    for j, name in enumerate(NUMBERS):
        value = means[group, j] + rng.normal(size=n)
        profile[name] = 45 + 12 * value if name == "age" else np.ceil(np.exp(1 + value))
    for name in ("top_category", "main_order_channel", "gender", "income_band", "marital_status"):
        shares = rng.dirichlet(np.ones(5), 4).cumsum(axis=1)
        levels = np.array(list("abcde"), dtype=object)
        codes = (rng.random(n)[:, None] > shares[group]).sum(axis=1).clip(max=4)
        profile[name] = pd.Series(levels[codes]).mask(rng.random(n) < 0.1)
    return profile


def ours(profile: pd.DataFrame, bootstraps: int) -> str:
    """As chapter 05 does it."""
    from customer_profiles.analysis.segments import clusters

    found = clusters.find(profile, None, MAX_SEGMENTS, bootstraps)
    assert len(found.labels) == len(profile)
    return f"{len(found.table)} segments, {found.kind}, by {found.method}"


def plain(profile: pd.DataFrame, _: int) -> str:
    """As one writes it in a notebook."""
    from sklearn.cluster import KMeans
    from sklearn.compose import make_column_transformer
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    categories = [name for name in profile if name not in (*NUMBERS, "customer_no")]
    matrix = make_column_transformer(
        (StandardScaler(), list(NUMBERS)),
        (OneHotEncoder(sparse_output=False, handle_unknown="ignore"), categories),
    ).fit_transform(profile)
    scores = {}
    for k in range(2, MAX_SEGMENTS + 1):
        labels = KMeans(k, n_init=10, random_state=1).fit(matrix).labels_
        scores[k] = silhouette_score(matrix, labels, sample_size=5_000, random_state=1)
    return f"{max(scores, key=scores.get)} segments"


WAYS = {"ours": ours, "plain": plain}


def measure(way: str, n: int, bootstraps: int) -> tuple[float, float, float, str]:
    """Wall seconds, CPU seconds, most MB of a way, and what it found; in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--sizes", str(n), "--bootstraps", str(bootstraps)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall, megabytes, found = done.stdout.strip().split(maxsplit=2)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return float(wall), cpu, float(megabytes), found


def most_megabytes() -> float:
    """The most memory this process has held."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def main() -> None:
    """Print a line per size and way, and our share of what the plain pipeline takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="customers")
    parser.add_argument("--bootstraps", type=int, default=100, help="resamples")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="what is measured")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)  # how it calls itself
    options = parser.parse_args()
    if options.way:
        profile = customers(options.sizes[0])
        start = time.perf_counter()
        found = WAYS[options.way](profile, options.bootstraps)
        print(f"{time.perf_counter() - start:.2f} {most_megabytes():.0f} {found}")
        return
    print(f"{'customers':>12s} {'way':>6s} {'wall s':>8s} {'CPU s':>8s} {'MB':>8s}")
    for n in options.sizes:
        costs = {}
        for way in options.ways:
            *costs[way], found = measure(way, n, options.bootstraps)
            wall, cpu, megabytes = costs[way]
            print(f"{n:12,d} {way:>6s} {wall:8.1f} {cpu:8.1f} {megabytes:8,.0f}   {found}", flush=True)
        if len(costs) == len(WAYS):
            shares = [one / other for one, other in zip(costs["ours"], costs["plain"], strict=True)]
            print("{:>19s}   wall {:.0%}, CPU {:.0%}, memory {:.0%}".format("ours / plain", *shares))
    print("aims: 100,000 customers with 100 bootstraps within 60 s; a million within 4,096 MB")


if __name__ == "__main__":
    main()
