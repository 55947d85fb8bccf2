"""What each chapter of a report costs at size: CPU seconds and memory, on a demo company of so many customers.

By default chapters run one after the other, so that what a kernel uses belongs to one chapter; with `--jobs 2`, as a
run does it, only the last line counts. CPU is user + system time of the kernel, memory the most that it has held.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from customer_profiles.demo import make_company
from customer_profiles.execution import run

if TYPE_CHECKING:
    from customer_profiles.chapters import ChapterSpec

SELDOM = 12
"""Looks between two that add up memory, which takes the longer the more there is."""


class Watch(threading.Thread):
    """Looks four times a second at the processes of a run.

    Attributes
    ----------
    cpu : dict
        Seconds so far, by process.
    peak : dict
        Most MB of each.
    together : int
        Most MB of all at once, what they share counted once.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.cpu: dict[int, float] = {}
        self.peak: dict[int, int] = {}
        self.together = 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Until told to end."""
        own = psutil.Process()
        for turn in itertools.count():
            together = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    times = process.cpu_times()
                    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
                    if turn % SELDOM == 0:
                        shares = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="utf-8")
                        together += _megabytes("Pss", shares)
                except (psutil.Error, OSError):
                    continue  # it has ended meanwhile
                self.cpu[process.pid] = times.user + times.system
                self.peak[process.pid] = max(_megabytes("VmHWM", status), self.peak.get(process.pid, 0))
            self.together = max(self.together, together)
            if self.ended.wait(0.25):
                return


def _megabytes(name: str, text: str) -> int:
    """A line such as ``Pss: 12 kB``; 0 where there is none, because the process is just ending."""
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) // 1024 if found else 0


def main() -> None:
    """Print a line per chapter, and one for the whole with what starts the kernels and makes the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", help="this chapter and what it needs")
    parser.add_argument("--dataset", type=Path, help="dataset.yaml of a company that is there already")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1"}
    execute, cpu, peak = run.execute, Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        dataset = options.dataset or Path(folder) / "company" / "dataset.yaml"
        if options.dataset is None:
            make_company(dataset.parent, customers=options.customers)
        watch = Watch()
        watch.start()

        def watched(spec: ChapterSpec, *arguments: Any) -> Any:
            before = set(watch.cpu)
            try:
                return execute(spec, *arguments)
            finally:
                new = watch.cpu.keys() - before
                cpu[spec.number] = sum(watch.cpu[pid] for pid in new)
                peak[spec.number] = max((watch.peak[pid] for pid in new), default=0)
                print(f"{spec.number} {cpu[spec.number]:8.1f} s {peak[spec.number]:8,d} MB", flush=True)

        run.execute = watched
        start = time.perf_counter()
        run.run_report(dataset, out=Path(folder) / "reports", jobs=options.jobs, only=options.only)
        wall = time.perf_counter() - start
        watch.ended.set()
        watch.join()
    print(f"all {sum(watch.cpu.values()):7.1f} s {watch.together:8,d} MB {wall:8.1f} s of time")


if __name__ == "__main__":
    main()
