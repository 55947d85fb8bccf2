"""Make a finished run the current one, or nothing at all.

A run is written beside the last one, its tables below ``data/<name>/runs``, its pages below ``reports/<name>``.
Both become current by one rename: ``runs/latest`` is the only link that is swapped, and ``latest`` beside the pages
leads through it (``reports/<name>/latest`` → ``runs/latest/report`` → the pages of that run). Whoever looks sees the
old run in both places or the new one in both, also if the power fails in between.

A run marks its folder as unfinished until it has ended. Whoever holds the lock and finds the mark in another run knows
that it was killed, and clears what it has left.
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

from ..errors import ConfigurationError, EnvironmentFailed, RunLocked, naming
from ..paths import DONE, UNFINISHED
from ..tables import Tables

LATEST = "latest"
REPORT = "report"
NOTEBOOKS = "notebooks"  # all that a failed run leaves
KEPT_RUNS = 3
# Nobody else may list or read a run; but the way to its pages, which follow the umask, leads through its folder.
PRIVATE_FILE, PRIVATE_FOLDER, PASSAGE = 0o600, 0o700, 0o711
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
    runs.chmod(PASSAGE)
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
    keep_private(run)
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


def keep_private(run: Path) -> None:
    """Let nobody else read what a finished run holds; its own folder is the way to its pages, but cannot be listed."""
    for folder, _, files in os.walk(run):
        Path(folder).chmod(PRIVATE_FOLDER if Path(folder) != run else PASSAGE)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                path.chmod(PRIVATE_FILE)


def begin(run: Path, pages: Path) -> None:
    """Make the two folders of a run; that of one that goes on is there. The caller holds the lock."""
    run.mkdir(parents=True, exist_ok=True)
    run.chmod(PRIVATE_FOLDER)
    with naming(run):
        (run / UNFINISHED).write_text(os.path.relpath(pages, run), encoding="utf-8")
    pages.mkdir(parents=True)


def end(run: Path) -> None:
    """Say that a run has ended: what it has left is meant to stay."""
    for mark in (DONE, UNFINISHED):
        (run / mark).unlink(missing_ok=True)


def abandon(run: Path, pages: Path, keep: str = "") -> None:
    """Delete what a run that is not published has made; `keep` names a folder in it that stays."""
    if is_current(run):
        return
    shutil.rmtree(pages, ignore_errors=True)
    for path in run.glob("*") if keep and (run / keep).is_dir() else ():
        if path.name != keep:
            _remove(path)
    if keep and (run / keep).is_dir():
        end(run)
    else:
        shutil.rmtree(run, ignore_errors=True)


def unfinished(runs: Path) -> list[Path]:
    """Folders of killed runs, the oldest first; the caller holds the lock, so none of them is at work."""
    known = sorted(path for path in runs.glob("*") if RUN_ID.fullmatch(path.name) and not path.is_symlink())
    return [run for run in known if not is_current(run) and ((run / UNFINISHED).is_file() or not any(run.iterdir()))]


def clear_killed(runs: Path, reports: Path, spare: Path | None = None) -> list[str]:
    """Delete what killed runs have left, but for one that goes on, and say which; the caller holds the lock."""
    killed = []
    if (runs / LATEST).exists():  # perhaps killed when all was done
        end((runs / LATEST).resolve())
    for run in unfinished(runs):
        if run != spare:
            mark = run / UNFINISHED
            where = mark.read_text(encoding="utf-8") if mark.is_file() else ""
            pages = Path(os.path.normpath(run / where)) if where else reports / run.name
            killed.append(run.name)
            abandon(run, pages if pages.name == run.name else reports / run.name)
    for swap in (*runs.glob(f".{LATEST}-*"), *runs.glob(f"*/.{REPORT}-*"), *reports.glob(f".{LATEST}-*")):
        if swap.is_symlink():
            _remove(swap)
    return killed


def is_current(run: Path) -> bool:
    """Whether a run is the published one."""
    return _target(run.parent / LATEST) == run.name


def kept_run(runs: Path, wanted: str = "") -> Path:
    """Folder of a published run that is still kept.

    Parameters
    ----------
    runs : Path
        Folder of the runs of a data set.
    wanted : str
        Name of the run, or its day as YYYY-MM-DD: then the last run as of it. Empty: the last published run, whose
        folder need not exist.

    Raises
    ------
    ConfigurationError
        If it is not kept; says which are.
    """
    if not wanted:
        return runs / LATEST
    kept = {run: Tables(run).made_of("profile") for run in published_runs(runs) if Tables(run).has("profile")}
    of_day = [run for run, stamp in kept.items() if wanted in (run.name, stamp and stamp.as_of)]
    if not of_day:
        known = ", ".join(f"{run.name} (as of {stamp.as_of if stamp else '?'})" for run, stamp in kept.items())
        raise ConfigurationError(f"no run {wanted!r} is kept to compare with; kept are: {known or 'none'}")
    return of_day[-1]


def published_runs(runs: Path) -> list[Path]:
    """Folders of the runs that were published and are still kept, the oldest first."""
    return [run for run in sorted(runs.glob("*")) if RUN_ID.fullmatch(run.name) and (run / REPORT).is_symlink()]


def prune(*parents: Path, keep: int = KEPT_RUNS) -> None:
    """Delete all but the newest runs; the current one always stays, and so does what is not a run.

    Failed runs, of which there are executed notebooks only, are counted by themselves: they push no other one out.
    """
    for parent in parents:
        current = (parent / LATEST).resolve()
        runs = sorted((path for path in parent.glob("*") if RUN_ID.fullmatch(path.name)), reverse=True)
        failed = [run for run in runs if [path.name for path in run.glob("*")] == [NOTEBOOKS]]
        for old in [run for run in runs if run not in failed][keep:] + failed[keep:]:
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


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


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
