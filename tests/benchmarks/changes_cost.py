"""What chapter 11 costs for 100,000 customers, with two runs, three years of orders, answers and cases."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis" / "changes"))
from two_runs import NOW, THEN, Company

from customer_profiles.analysis.changes import exports, links, over_time, parts, told


def held() -> int:
    """MB that this process held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(arguments: list[str]) -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    company = Company(1, customers=parser.parse_args(arguments).customers)
    now, before = company.run(NOW), company.run(THEN)
    tables, begun = held(), time.process_time()
    split = parts.joined(parts.split(now, before, ["region"]), 10)
    of_data = (read := exports.sources(now, before), links.joined_otherwise(now, before))
    for result in (told.decomposition(split, THEN), told.of_data(split, read.frame), *of_data):
        len(result)
    len(over_time.year_before(parts.year_before(now, ["region"])))
    seconds = time.process_time() - begun
    lines = sum(len(run[name]) for run in (now, before) for name in ("transactions", "feedback", "tickets"))
    print(f"{lines:,} rows of two runs, {tables} MB: {seconds:.0f} s of CPU, {held()} MB at most")


if __name__ == "__main__":
    main(sys.argv[1:])
