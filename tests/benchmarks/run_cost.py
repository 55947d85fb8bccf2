"""What one run of the demo costs, beside cold `papermill` and `nbconvert` commands on the same notebooks.

Both are measured in one go, in alternating rounds, because only their ratio means something on a busy machine.
CPU seconds are user + system time of the whole process tree.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from customer_profiles.chapters import CHAPTERS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def measure(commands: list[list[str]]) -> tuple[float, float]:
    """Wall and CPU seconds of commands run one after the other."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return end - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def our_run(dataset: Path, out: Path) -> list[list[str]]:
    """The one command of this project."""
    return [[str(BIN / "customer-profiles"), "report", str(dataset), "--out", str(out)]]


def cold_commands(dataset: Path, out: Path) -> list[list[str]]:
    """What a user would type without it: two commands for each notebook."""
    commands = []
    for spec in CHAPTERS.values():
        notebook = spec.notebook
        made = out / notebook.name
        commands += [
            [str(BIN / "papermill"), str(notebook), str(made), "-p", "dataset", str(dataset),
             "-p", "run_folder", str(out / "run")],
            [str(BIN / "jupyter"), "nbconvert", "--to", "html", "--no-input", str(made)],
        ]  # fmt: skip
    return commands


def main() -> None:
    """Print one line per way, and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dataset", type=Path, default=ROOT / "data" / "demo" / "dataset.yaml")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    ways = {"customer-profiles report": our_run, "papermill + nbconvert, cold": cold_commands}
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, commands in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                seen[name].append(measure(commands(options.dataset.resolve(), Path(folder))))
    medians = {}
    print(f"{'way':30s} {'wall s':>16s} {'CPU s':>16s}   minimum / median of {options.rounds}")
    for name, rounds in seen.items():
        wall, cpu = (sorted(values) for values in zip(*rounds, strict=True))
        medians[name] = cpu[len(cpu) // 2]
        print(f"{name:30s} {wall[0]:7.1f} /{wall[len(wall) // 2]:7.1f} {cpu[0]:7.1f} /{cpu[len(cpu) // 2]:7.1f}")
    ours, cold = (medians[name] for name in ways)
    print(f"CPU ratio: {ours / cold:.0%} (aim: under 40 %)")


if __name__ == "__main__":
    main()
