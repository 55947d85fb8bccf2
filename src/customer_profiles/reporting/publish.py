"""Make a finished run the current one, or nothing at all.

A run is written beside the last one, its tables below ``data/<name>/runs``, its pages below ``reports/<name>``.
Both become current by one rename: ``runs/latest`` is the only link that is swapped, and ``latest`` beside the pages
leads through it (``reports/<name>/latest`` → ``runs/latest/report`` → the pages of that run). Whoever looks sees the
old run in both places or the new one in both, also if the power fails in between.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..errors import EnvironmentFailed, RunLocked

LATEST = "latest"
REPORT = "report"
KEPT_RUNS = 3
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


def new_run_id() -> str:
    """Name of a run: time of its start (UTC), so that names sort by age, and a random end.

    >>> bool(RUN_ID.fullmatch(new_run_id()))
    True
    """
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


@contextlib.contextmanager
def lock(runs: Path) -> Iterator[None]:
    """Hold the lock of a data set; the system frees it even if the process is killed.

    Raises
    ------
    RunLocked
        If another process holds it.
    """
    runs.mkdir(parents=True, exist_ok=True)
    with (runs / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunLocked(
                f"another run of this data set is under way (it holds {runs / '.lock'}): wait until it has ended"
            ) from None
        yield


def publish(run: Path, pages: Path) -> None:
    """Make a run the ``latest`` of its tables and of its pages, in one step.

    Parameters
    ----------
    run : Path
        Folder of the run, in the data set's ``runs``.
    pages : Path
        Folder of its pages, in the folder of reports. If the last run's pages lie in another one, that one keeps
        showing them.

    Raises
    ------
    EnvironmentFailed
        If a link cannot be made; what was current stays current.
    """
    current, shown = run.parent / LATEST, pages.parent / LATEST
    through, before = os.path.relpath(current / REPORT, shown.parent), _target(shown)
    try:
        _point(run / REPORT, os.path.relpath(pages, run))
        last = (current / REPORT).resolve()
        if current.exists() and last.parent != pages.parent.resolve() and (last.parent / LATEST).is_symlink():
            _point(last.parent / LATEST, last.name)
        if before != through:
            _point(shown, through)
        _point(current, run.name)
    except OSError as error:
        if _target(shown) != before:
            _point(shown, before) if before else shown.unlink()
        raise EnvironmentFailed(
            f"{error.filename2 or error.filename} cannot be made to point to the new run ({error.strerror}); "
            "the previous report stays current"
        ) from error


def prune(*parents: Path, keep: int = KEPT_RUNS) -> None:
    """Delete all but the newest runs; the current one always stays, and so does what is not a run."""
    for parent in parents:
        current = (parent / LATEST).resolve()
        runs = sorted((path for path in parent.glob("*") if RUN_ID.fullmatch(path.name)), reverse=True)
        for old in runs[keep:]:
            if old != current:
                shutil.rmtree(old, ignore_errors=True)


def withdraw(runs: Path) -> int:
    """Take the pages of all runs of a data set back, wherever they lie; returns how many runs had any."""
    taken = 0
    for link in runs.glob(f"*/{REPORT}"):
        pages = link.resolve()
        if link.is_symlink() and not link.parent.is_symlink() and RUN_ID.fullmatch(pages.name):
            shown = pages.parent / LATEST
            if pages.is_dir():
                shutil.rmtree(pages)
                taken += 1
            if shown.is_symlink() and not shown.exists():
                shown.unlink()
            link.unlink()
    return taken


def _target(link: Path) -> str | None:
    return os.readlink(link) if link.is_symlink() else None


def _point(link: Path, target: str) -> None:
    """Let a link point to a neighbour of it, in one step."""
    part = link.with_name(f".{link.name}-{secrets.token_hex(4)}")
    part.symlink_to(target, target_is_directory=True)
    try:
        part.replace(link)
    except OSError:
        part.unlink()
        raise
