"""Runs tasks side by side, each after those it builds on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from .stopping import held

Result = TypeVar("Result")


def run_all(
    tasks: Mapping[str, Callable[[], Result]],
    after: Mapping[str, Collection[str]],
    jobs: int,
    stop: Callable[[], None] = lambda: None,
) -> dict[str, Result]:
    """Run every task once, `jobs` at a time.

    Parameters
    ----------
    tasks : mapping of str to callable
        What to do, by name; those ready at the same time start in the order given.
    after : mapping of str to collection of str
        Names that have to be done before; names that are not among the tasks count as done.
    jobs : int
        Threads.
    stop : callable
        Called when a task has failed, to end those still at work.

    Returns
    -------
    dict
        Results by name.

    Raises
    ------
    Exception
        Whatever the first failing task raised; nothing new is started after it.
    """
    waiting = dict(tasks)
    running: dict[Future[Result], str] = {}
    done: dict[str, Result] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                ready = [name for name in waiting if not tasks.keys() & set(after[name]) - done.keys()]
                for name in ready[: jobs - len(running)]:
                    running[pool.submit(waiting.pop(name))] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done[running.pop(future)] = future.result()
        except BaseException:
            with held():  # or the pool would wait for tasks that nobody has ended
                stop()
            raise
    return done
