"""Make a finished run the current one, or nothing at all.

A run is written beside the last one and becomes current when the link ``latest`` is swapped, which the file system
does in one step: a reader sees the old report or the new one, never half of either.
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


def publish(*folders: Path) -> None:
    """Make each run folder the ``latest`` of the folder it lies in: all of them, or none.

    Parameters
    ----------
    folders : Path
        Run folders in the order in which they are switched; the one that readers see comes last.

    Raises
    ------
    EnvironmentFailed
        If a link cannot be swapped; those already swapped point to the previous run again.
    """
    done: list[tuple[Path, str | None]] = []
    try:
        for folder in folders:
            link = folder.parent / LATEST
            before = os.readlink(link) if link.is_symlink() else None
            _point(link, folder.name)
            done.append((link, before))
    except OSError as error:
        for link, before in reversed(done):
            _point(link, before) if before else link.unlink()
        raise EnvironmentFailed(
            f"{link} cannot be made to point to the new run ({error.strerror}); the previous report stays current"
        ) from error


def prune(*parents: Path, keep: int = KEPT_RUNS) -> None:
    """Delete all but the newest runs; the current one always stays, and so does what is not a run."""
    for parent in parents:
        current = (parent / LATEST).resolve()
        runs = sorted((path for path in parent.glob("*") if RUN_ID.fullmatch(path.name)), reverse=True)
        for old in runs[keep:]:
            if old != current:
                shutil.rmtree(old, ignore_errors=True)


def _point(link: Path, target: str) -> None:
    """Let a link point to a neighbour of it, in one step."""
    part = link.with_name(f".{link.name}-{secrets.token_hex(4)}")
    part.symlink_to(target, target_is_directory=True)
    try:
        part.replace(link)
    except OSError:
        part.unlink()
        raise
