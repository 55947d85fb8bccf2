"""Requests to stop: Ctrl-C, a scheduler's SIGTERM, a terminal that is closed.

The first one unwinds the main thread from wherever it is, so that everything on the way is cleaned up; later ones are
ignored, so that nothing interrupts the cleaning. Where cleaning gets stuck, the process ends all the same. What may
not be torn apart stands in a `held` block; after `finish` it is too late to stop.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

REQUESTS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
CLEANED_WITHIN = 30  # seconds; what is left then is cleared by the next run


class Stopped(SystemExit):
    """A request to stop; as an exit code 128 and the number of the signal, as shells count.

    Parameters
    ----------
    number : int
        The signal.

    Attributes
    ----------
    consequence : str
        What it means for whoever asked, as far as it is known.
    """

    consequence = ""

    def __init__(self, number: int):
        super().__init__(128 + number)
        self.number = number

    def __str__(self) -> str:
        name = "Ctrl-C" if self.number == signal.SIGINT else signal.Signals(self.number).name
        return f"stopped by {name}" + (f": {self.consequence}" if self.consequence else "")


class _State:
    """What has been asked for, and whether it may take effect; only the main thread changes it."""

    asked: int | None = None
    raised = False
    held = 0
    finished = False


_state = _State()


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Within it, requests to stop raise `Stopped` in the main thread; those the caller ignores stay ignored.

    After a request the process is about to end, and hears no other one until it has.
    """
    global _state
    _state = _State()
    before = {number: signal.getsignal(number) for number in REQUESTS}
    heard = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in heard:
            signal.signal(number, _ask)
        yield
    finally:
        if not _state.asked:
            for number, handler in heard.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Requests wait until the end of the block."""
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
        if not _state.held and not _state.raised:
            _obey()


def finish() -> None:
    """From here on it is too late to stop; obeys a request that has come before."""
    _state.finished = True
    if _state.asked:
        _state.finished = False
        _obey()


def _ask(number: int, _: FrameType | None) -> None:
    if _state.asked or _state.finished:
        return
    _state.asked = number
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(CLEANED_WITHIN)
    if not _state.held:
        _obey()


def _obey() -> None:
    if _state.asked:
        _state.raised = True
        raise Stopped(_state.asked)


def _give_up(*_: object) -> NoReturn:
    os._exit(128 + (_state.asked or 0))
