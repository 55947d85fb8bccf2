"""Tasks run side by side, each after those it builds on."""

from __future__ import annotations

import threading

import pytest

from customer_profiles.execution.schedule import run_all

AFTER = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}


def test_each_task_runs_once_after_those_it_builds_on():
    order = []
    results = run_all({name: lambda name=name: order.append(name) or name.upper() for name in AFTER}, AFTER, jobs=2)
    assert results == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert sorted(order) == list(AFTER)
    assert order[0] == "a"
    assert order[-1] == "d"


def test_what_is_not_among_the_tasks_counts_as_done():
    assert run_all({"d": lambda: 1}, AFTER, jobs=1) == {"d": 1}


@pytest.mark.parametrize("jobs", [1, 2])
def test_independent_tasks_run_side_by_side_up_to_jobs(jobs):
    active, most = 0, 0
    guard, together = threading.Lock(), threading.Barrier(jobs)

    def task():
        nonlocal active, most
        with guard:
            active += 1
            most = max(most, active)
        together.wait(timeout=10)
        with guard:
            active -= 1

    run_all(dict.fromkeys("wxyz", task), dict.fromkeys("wxyz", ()), jobs)
    assert most == jobs


def test_a_failure_stops_the_others_and_starts_nothing_new():
    stopped, started = threading.Event(), []

    def fail():
        raise ValueError("first")

    def patient():
        assert stopped.wait(timeout=10)

    tasks = {"a": fail, "b": patient, "c": lambda: started.append("c"), "d": lambda: started.append("d")}
    with pytest.raises(ValueError, match="first"):
        run_all(tasks, {"a": (), "b": (), "c": ("a",), "d": ("b",)}, jobs=2, stop=stopped.set)
    assert started == []
