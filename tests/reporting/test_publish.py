"""One run becomes current in one step, or nothing changes."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from customer_profiles.errors import EnvironmentFailed, RunLocked
from customer_profiles.reporting import publish

IDS = [f"2025010{day}T120000Z-00000{day}" for day in range(1, 7)]


@pytest.fixture
def places(tmp_path):
    runs, reports = tmp_path / "runs", tmp_path / "reports"
    for parent in (runs, reports):
        for name in IDS:
            (parent / name).mkdir(parents=True)
    return runs, reports


def shown(*parents: Path) -> list[str | None]:
    """Name of the run that each folder's ``latest`` leads to in the end."""
    links = [parent / publish.LATEST for parent in parents]
    return [link.resolve().name if link.exists() else None for link in links]


def renames(monkeypatch) -> list[Path]:
    """What is swapped from now on, in order."""
    seen, swap = [], publish._point
    monkeypatch.setattr(publish, "_point", lambda link, target: (seen.append(link), swap(link, target)))
    return seen


def test_one_rename_moves_tables_and_pages_together(places, monkeypatch):
    runs, reports = places
    publish.publish(runs / IDS[0], reports / IDS[0])
    swapped = renames(monkeypatch)
    publish.publish(runs / IDS[1], reports / IDS[1])
    assert swapped == [runs / IDS[1] / publish.REPORT, runs / publish.LATEST]  # the first is inside the new run
    assert shown(runs, reports) == [IDS[1], IDS[1]]
    assert {path.name for path in reports.iterdir()} == {*IDS, publish.LATEST}


def test_killed_at_any_step_both_show_the_same_run(places, monkeypatch):
    """The machine dies before the first, the second, … link is made: never the tables of one run, pages of another."""
    runs, reports = places
    swap = publish._point
    for run, previous in ((IDS[0], None), (IDS[1], IDS[0])):
        for survived in range(3):

            def dying(link, target, left=[survived]):  # noqa: B006 - counts down over the calls of one run
                if not left[0]:
                    raise KeyboardInterrupt
                left[0] -= 1
                swap(link, target)

            monkeypatch.setattr(publish, "_point", dying)
            with contextlib.suppress(KeyboardInterrupt):
                publish.publish(runs / run, reports / run)
            assert shown(runs, reports) in ([previous, previous], [run, run])
        monkeypatch.setattr(publish, "_point", swap)
        publish.publish(runs / run, reports / run)
        assert shown(runs, reports) == [run, run]


def test_another_folder_of_reports_leaves_the_first_as_it_is(places, tmp_path):
    runs, reports = places
    other = tmp_path / "elsewhere" / "reports"
    for name in IDS[:4]:
        (other / name).mkdir(parents=True)
    publish.publish(runs / IDS[0], reports / IDS[0])
    publish.publish(runs / IDS[1], other / IDS[1])
    assert shown(runs, reports, other) == [IDS[1], IDS[0], IDS[1]]
    publish.publish(runs / IDS[2], reports / IDS[2])
    assert shown(runs, reports, other) == [IDS[2], IDS[2], IDS[1]]
    shutil.rmtree(other)
    publish.publish(runs / IDS[3], reports / IDS[3])
    assert shown(runs, reports) == [IDS[3], IDS[3]]


def test_links_survive_a_move_of_the_project(places, tmp_path):
    runs, reports = places
    publish.publish(runs / IDS[0], reports / IDS[0])
    home = tmp_path.rename(tmp_path.with_name("moved"))
    assert (home / "reports" / publish.LATEST).resolve() == (home / "reports" / IDS[0]).resolve()


@pytest.mark.parametrize("before", [None, IDS[0]])
@pytest.mark.parametrize("blocked", ["runs", "reports"])
def test_a_failed_swap_changes_nothing(places, tmp_path, monkeypatch, before, blocked):
    runs, reports = places
    other = tmp_path / "other"
    (other / IDS[0]).mkdir(parents=True)
    if before:
        publish.publish(runs / before, other / before)
    swap, fails = publish._point, tmp_path / blocked / publish.LATEST

    def failing(link, target):
        if link == fails and target != before:
            raise OSError(28, "No space left on device", str(link))
        swap(link, target)

    monkeypatch.setattr(publish, "_point", failing)
    with pytest.raises(EnvironmentFailed, match=rf"{blocked}/latest cannot .* previous report stays"):
        publish.publish(runs / IDS[1], reports / IDS[1])
    assert shown(runs, other) == [before, before]
    assert not (reports / publish.LATEST).is_symlink()


def test_a_folder_where_the_link_should_be_is_left_alone(places):
    runs, reports = places
    (reports / publish.LATEST / "kept by somebody").mkdir(parents=True)
    with pytest.raises(EnvironmentFailed, match="previous report stays"):
        publish.publish(runs / IDS[1], reports / IDS[1])
    assert (reports / publish.LATEST / "kept by somebody").exists()
    assert not [*runs.glob(".latest-*"), *reports.glob(".latest-*"), *runs.glob(publish.LATEST)]


def test_prune_keeps_the_newest_the_current_and_what_is_no_run(places):
    runs, reports = places
    publish.publish(runs / IDS[0], reports / IDS[0])
    (runs / "interactive").mkdir()
    (reports / "sample").mkdir()
    publish.prune(runs, reports)
    assert {path.name for path in runs.iterdir()} == {IDS[0], *IDS[-3:], "interactive", publish.LATEST}
    assert {path.name for path in reports.iterdir()} == {IDS[0], *IDS[-3:], "sample", publish.LATEST}


def test_failed_and_killed_runs_push_no_good_one_out(places):
    runs, reports = places
    publish.publish(runs / IDS[0], reports / IDS[0])
    failed, killed = ([f"2025020{day}T120000Z-{kind}0000{day}" for day in range(1, 6)] for kind in "ab")
    for name in failed:
        (runs / name / publish.NOTEBOOKS).mkdir(parents=True)
    for name in killed:
        publish.begin(runs / name, reports / name)
        (reports / name / "index.html").touch()
    assert publish.clear_killed(runs, reports) == sorted({*killed, *IDS[1:]})  # theirs are empty here
    for name in IDS[1:]:
        (runs / name / "profile.parquet").parent.mkdir()
        (runs / name / "profile.parquet").touch()
    publish.prune(runs, reports)
    assert {path.name for path in runs.iterdir()} == {IDS[0], *IDS[-3:], *failed[-3:], publish.LATEST}
    assert not {*killed} & {path.name for path in reports.iterdir()}


def test_pages_of_a_killed_run_are_found_wherever_it_put_them(places, tmp_path):
    runs, reports = places
    killed = "20250201T120000Z-00000a"
    publish.begin(runs / killed, tmp_path / "elsewhere" / killed)
    publish.clear_killed(runs, reports)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_run_killed_right_after_it_was_published_stays(places):
    runs, reports = places
    made = "20250201T120000Z-00000a"
    publish.begin(runs / made, reports / made)
    publish.publish(runs / made, reports / made)
    publish.clear_killed(runs, reports)
    publish.abandon(runs / made, reports / made)
    assert shown(runs, reports) == [made, made]
    assert not (runs / made / publish.UNFINISHED).exists()


def test_a_mark_that_names_another_folder_deletes_nothing(places, tmp_path):
    runs, reports = places
    killed, precious = "20250201T120000Z-00000a", tmp_path / "precious"
    precious.mkdir()
    publish.begin(runs / killed, reports / killed)
    (runs / killed / publish.UNFINISHED).write_text("../../precious")
    publish.clear_killed(runs, reports)
    assert precious.exists()
    assert not (reports / killed).exists()


def test_prune_of_a_folder_that_was_never_made(tmp_path):
    publish.prune(tmp_path / "absent")


def test_names_of_runs_sort_by_age_and_differ():
    names = [publish.new_run_id() for _ in range(3)]
    assert len(set(names)) == 3
    assert all(publish.RUN_ID.fullmatch(name) for name in names)


def test_a_lock_is_held_by_one_and_freed_at_the_end(tmp_path):
    with publish.lock(tmp_path), pytest.raises(RunLocked, match="another run"), publish.lock(tmp_path):
        pass
    with publish.lock(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    code = "import sys; from pathlib import Path; from customer_profiles.reporting import publish\n" \
           "with publish.lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLocked), publish.lock(tmp_path):
            pass
        holder.kill()
        holder.wait()
        with publish.lock(tmp_path):
            pass


def test_nobody_else_reads_a_run_but_its_pages_can_be_reached(places):
    runs, reports = places
    run, pages = runs / "20250107T120000Z-000007", reports / "20250107T120000Z-000007"
    with publish.lock(runs):
        publish.begin(run, pages)
        (run / "chapters").mkdir()
        (run / "chapters" / "facts.json").write_text("{}")
        (pages / "index.html").write_text("")
        publish.publish(run, pages)
    modes = {
        path.relative_to(runs).parts[-1]: path.stat().st_mode & 0o777
        for path in (runs, *runs.rglob("*"))
        if path != runs
    }
    assert {modes["chapters"], modes["facts.json"]} == {0o700, 0o600}
    for passage in (runs, run):  # to reports/latest, which leads through both; neither can be listed
        assert passage.stat().st_mode & 0o777 == 0o711
    assert (reports / publish.LATEST / "index.html").stat().st_mode & 0o600 == 0o600
