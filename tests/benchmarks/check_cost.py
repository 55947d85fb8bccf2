"""What `init` and `check` cost on one large file of order lines, beside reading it once as a run does.

    check_cost.py                      1.5 million invented order lines
    check_cost.py --lines 15000000     ten times as many (1.1 GB)

Each way runs in a process of its own; what counts are CPU seconds, user + system.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from engine_cost import invent
from profile_cost import AS_OF, measure, most_megabytes

from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.doubts import doubts, unread
from customer_profiles.ingest.init import propose
from customer_profiles.ingest.pipeline import Collected, collect
from customer_profiles.tables import Tables


def reading(folder: Path) -> Collected:
    """As a run reads its sources."""
    dataset = load_dataset(folder / "dataset.yaml")
    return collect(dataset, Tables(folder / "read"), AS_OF, b"a key for the benchmark, 32 bytes")


def checking(folder: Path) -> None:
    """What the command does."""
    dataset, collected = load_dataset(folder / "dataset.yaml"), reading(folder)
    unread(dataset)
    doubts(dataset, collected)


def init(folder: Path) -> None:
    """As for somebody who has the file and nothing else."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        (Path(own) / "orders.csv").symlink_to(folder / "orders.csv")
        propose(own)


WAYS = {"init": init, "reading": reading, "check": checking}


def main() -> None:
    """Print a line per way, and what `check` takes of reading."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_500_000, help="order lines")
    for name in ("--way", "--tables", "--result"):  # how it calls itself
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        WAYS[options.way](Path(options.tables))
        print(most_megabytes())
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        invent(folder, options.lines)
        cpu = {}
        for way in WAYS:
            wall, cpu[way], megabytes = measure(way, folder, folder / "none", None, Path(__file__))
            print(f"{way:>7s} {wall:8.1f} s {cpu[way]:8.1f} CPU s {megabytes:8,.0f} MB", flush=True)
            shutil.rmtree(folder / "read", ignore_errors=True)
    print(f"check / reading: {cpu['check'] / cpu['reading']:.0%}")


if __name__ == "__main__":
    main()
