import json

import pandas as pd
import pytest

from customer_profiles.errors import ConfigurationError
from customer_profiles.privacy.purge import purge
from customer_profiles.reporting import history, publish
from customer_profiles.tables import Stamp, Tables

FIGURES = pd.DataFrame(
    [("sales", "money", 10.0, 8.0, 12.0, 40, "2025-01-31"), ("nps", "points", None, None, None, 12, "2025-01-31")],
    columns=["headline", "kind", "value", "value_low", "value_high", "n", "as_of"],
)
MADE_OF = {
    "dataset": {"sha256": "d"},
    "params": {"01": {"as_of": "2025-01-31", "seed": 1}},
    "versions": {"customer-profiles": "0.1"},
}


def run(runs, reports, name, day="2025-01-31", figures=FIGURES):
    folder, pages = runs / name, reports / name
    publish.begin(folder, pages)
    Tables(folder).write("headlines", figures)
    Tables(folder, stamp=Stamp(as_of=day)).write("profile", pd.DataFrame({"customer_no": [1]}))
    (pages / "run.json").write_text(json.dumps(MADE_OF))
    publish.publish(folder, pages)
    publish.end(folder)


NAMES = [f"20250{i}01T000000Z-00000{i}" for i in range(1, 6)]


def test_what_was_published_stays_when_runs_are_pruned(tmp_path):
    runs, reports = tmp_path / "runs", tmp_path / "reports"
    for name in NAMES:
        run(runs, reports, name)
        history.update(runs)
        publish.prune(runs, reports)
    kept = history.read(runs)
    assert kept["run"].tolist() == NAMES
    assert kept["value"].tolist() == [10.0] * 5  # what was hidden is not in it
    assert kept["name"].eq("sales").all()
    assert len(list(runs.glob("2*"))) == publish.KEPT_RUNS
    assert (runs / history.NAME).stat().st_mode & 0o777 == 0o600
    before = (runs / history.NAME).read_bytes()
    purge(runs, {"somebody"}, unsure=True, everywhere=True)
    history.update(runs)
    assert (runs / history.NAME).read_bytes() == before
    left = Tables(runs / NAMES[-1])
    assert left.has("headlines")
    assert not left.has("profile")


def test_a_report_that_leaves_the_house_keeps_no_exact_figure(tmp_path):
    """Of the run the figures stay exact, because the next one takes the difference to what it counts again."""
    run(tmp_path / "runs", tmp_path / "reports", NAMES[0], figures=FIGURES.assign(value=[412343.0, None], n=43))
    kept = history.update(tmp_path / "runs", rounded=True)
    assert kept[["value", "n"]].to_numpy().tolist() == [[410000, 45]]
    assert Tables(tmp_path / "runs" / NAMES[0]).read("headlines")["value"].iloc[0] == 412343


def test_a_run_that_was_killed_after_publishing_is_added_by_the_next(tmp_path):
    runs, reports = tmp_path / "runs", tmp_path / "reports"
    for name in NAMES[:2]:
        run(runs, reports, name)
    assert history.update(runs)["run"].tolist() == NAMES[:2]


def test_a_run_is_found_by_its_name_and_by_its_day(tmp_path):
    runs, reports = tmp_path / "runs", tmp_path / "reports"
    for name, day in zip(NAMES, ("2025-01-31", "2025-02-28", "2025-02-28"), strict=False):
        run(runs, reports, name, day)
    assert publish.kept_run(runs) == runs / "latest"
    assert publish.kept_run(runs, NAMES[0]).name == NAMES[0]
    assert publish.kept_run(runs, "2025-02-28").name == NAMES[2]
    with pytest.raises(ConfigurationError, match="no run '2024-01-01' is kept to compare with; kept are: 20250101"):
        publish.kept_run(runs, "2024-01-01")
