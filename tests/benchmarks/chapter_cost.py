"""What each chapter of a report costs at size: CPU seconds and memory, on a demo company of so many customers.

Two chapters run side by side, as in every run. CPU is user + system time of a chapter's kernel, memory the most that it
has held; "all" is the whole run with what starts the kernels and makes the pages.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from customer_profiles.demo import make_company
from customer_profiles.execution import run

if TYPE_CHECKING:
    from customer_profiles.chapters import ChapterSpec

SELDOM = 12
"""Looks between two that add up memory, which takes the longer the more there is."""
SERVER = "customer_profiles.execution.kernel_server"


class Watch(threading.Thread):
    """Looks four times a second at the processes of a run.

    Attributes
    ----------
    cpu : dict
        Seconds so far, by process.
    peak : dict
        Most MB of each.
    kernels : list of int
        Processes forked for a chapter, in the order in which they began.
    together : int
        Most MB of all at once, what they share counted once.
    own : float
        CPU seconds that belong to no run: of what this process did before, and of looking.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.cpu: dict[int, float] = {}
        self.peak: dict[int, int] = {}
        self.kernels: list[int] = []
        self.together = 0
        self.own = self.begun = time.process_time()
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
                    if process.pid not in self.cpu and SERVER in process.cmdline() and process.ppid() != own.pid:
                        self.kernels.append(process.pid)
                except (psutil.Error, OSError):
                    continue  # it has ended meanwhile
                self.cpu[process.pid] = times.user + times.system
                self.peak[process.pid] = max(_megabytes("VmHWM", status), self.peak.get(process.pid, 0))
            self.together = max(self.together, together)
            self.own = self.begun + time.thread_time()
            if self.ended.wait(0.25):
                return

    def next_kernel(self, known: int) -> int:
        """The kernel that begins after so many others."""
        while len(self.kernels) <= known and not self.ended.is_set():
            time.sleep(0.1)
        return self.kernels[known]


def _megabytes(name: str, text: str) -> int:
    """A line such as ``Pss: 12 kB``; 0 where there is none, because the process is just ending."""
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) // 1024 if found else 0


def main() -> None:
    """Print a line per chapter, and one for the whole with what starts the kernels and makes the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", help="this chapter and what it needs")
    parser.add_argument("--dataset", type=Path, help="dataset.yaml of a company that is there already")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1"}
    execute, starting = run.execute, threading.Lock()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        dataset = options.dataset or Path(folder) / "company" / "dataset.yaml"
        if options.dataset is None:
            make_company(dataset.parent, customers=options.customers)
        watch = Watch()
        watch.start()

        def watched(spec: ChapterSpec, *arguments: Any) -> Any:
            starting.acquire()  # one at a time, so that it is known whose kernel begins
            kernel = pool.submit(watch.next_kernel, len(watch.kernels))
            kernel.add_done_callback(lambda _: starting.release())
            try:
                return execute(spec, *arguments)
            finally:
                pid = kernel.result()
                print(f"{spec.number} {watch.cpu[pid]:8.1f} s {watch.peak[pid]:8,d} MB", flush=True)

        run.execute = watched
        start = time.perf_counter()
        try:
            run.run_report(dataset, out=Path(folder) / "reports", jobs=options.jobs, only=options.only)
        finally:
            wall = time.perf_counter() - start
            watch.ended.set()
            watch.join()
    print(f"all {sum(watch.cpu.values()) - watch.own:7.1f} s {watch.together:8,d} MB {wall:8.1f} s of time")


if __name__ == "__main__":
    main()
