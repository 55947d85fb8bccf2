"""Databases of a run: each is opened once and read in one transaction, so that all its sources show one moment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Opened = TypeVar("Opened")

_RUN: ContextVar[tuple[dict[Hashable, Any], ExitStack] | None] = ContextVar("databases of a run", default=None)


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Within it, or within a function it decorates, every database is opened once and shows one moment."""
    with ExitStack() as stack:
        token = _RUN.set(({}, stack))
        try:
            yield
        finally:
            _RUN.reset(token)


@contextmanager
def opened(key: Hashable, open_it: Callable[[], AbstractContextManager[Opened]]) -> Iterator[Opened]:
    """A database, the one that the run has open already or else a new one; outside a run it is closed at the end.

    Parameters
    ----------
    key : hashable
        What tells databases apart.
    open_it : callable
        Opens the database and begins its transaction.
    """
    run = _RUN.get()
    if run is None:
        with open_it() as database:
            yield database
        return
    databases, stack = run
    if key not in databases:
        databases[key] = stack.enter_context(open_it())
    yield databases[key]
