"""Which bytes were read: the hash of every file of a run, taken when it is first opened and checked after the last row.

Readers open a file several times, to learn how it is written and to read it. So that all of them, and whoever looks it
up later, mean the same bytes, a file that has changed in between is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
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
    """

    bytes: int
    sha256: str
    changed: int

    @classmethod
    def of(cls, path: Path) -> Content | None:
        """Content of a file as it is now, None if it cannot be read."""
        try:
            status = path.stat()
            return cls(status.st_size, file_hash(path), status.st_mtime_ns)
        except OSError:
            return None


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
        if Content.of(path) != content:
            raise InputRejected(f"{path.name} changed {when}: wait until it is written completely, then run again")
