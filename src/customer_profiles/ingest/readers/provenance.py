"""Which bytes were read: the hash of every file of a run, taken when it is first opened and checked after the last row.

Readers open a file several times, to learn how it is written and to read it. So that all of them, and whoever looks it
up later, mean the same bytes, a file that has changed in between is refused.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputRejected
from ...tables import file_hash


@dataclass(frozen=True)
class Content:
    """What tells one content of a file from another.

    Parameters
    ----------
    bytes : int
    sha256 : str
    changed : int
        Time of the last change, in nanoseconds: a file may be changed and changed back.
    touched, seen : int
        When the file was last changed in any way, and when this was told.
    """

    bytes: int
    sha256: str
    changed: int
    touched: int = field(default=0, compare=False)
    seen: int = field(default=0, compare=False)

    @classmethod
    def of(cls, path: Path) -> Content | None:
        """Content of a file as it is now, None if it cannot be read."""
        try:
            status, now = path.stat(), time.time_ns()
            return cls(status.st_size, file_hash(path), status.st_mtime_ns, status.st_ctime_ns, now)
        except OSError:
            return None

    def is_still(self, path: Path) -> bool:
        """Whether a file has this content.

        What was not touched since, its system says, and is believed if that was a while before it was seen: clocks of
        file systems are coarse.
        """
        status = path.stat() if path.exists() else None
        untouched = status and (status.st_size, status.st_mtime_ns, status.st_ctime_ns) == (
            self.bytes,
            self.changed,
            self.touched,
        )
        return bool(untouched and self.touched < self.seen - _COARSE) or Content.of(path) == self


_COARSE = 2_000_000_000  # nanoseconds
Contents = dict[Path, Content | None]
_RUN: ContextVar[Contents | None] = ContextVar("files of a run", default=None)


@contextmanager
def remembered() -> Iterator[Contents]:
    """Within it, the content of every file that is read is remembered."""
    contents: Contents = {}
    token = _RUN.set(contents)
    try:
        yield contents
    finally:
        _RUN.reset(token)


def remember(path: Path) -> Content | None:
    """Take the hash of a file that is about to be read; within a run only the first time counts."""
    contents = _RUN.get()
    if contents is None:
        return None
    if path not in contents:
        contents[path] = Content.of(path)
    return contents[path]


def refuse_changed(contents: Contents | None = None) -> None:
    """Check that files still are what they were: those given, or those that the run has read so far.

    Raises
    ------
    InputRejected
        If one is not; names it.
    """
    when = "while it was read" if contents is None else "during the run"
    for path, content in (_RUN.get() or {} if contents is None else contents).items():
        if not (content.is_still(path) if content else Content.of(path) is None):
            raise InputRejected(f"{path.name} changed {when}: wait until it is written completely, then run again")
