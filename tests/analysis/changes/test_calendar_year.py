"""A calendar year of 52 weekly runs in which things happen to the company, and to its data.

Runs are published, kept, pruned and purged as they are; their notebooks are not executed: what chapter 11 computes is
computed here, from the tables that the run before has left. The same year without the events stands beside it: what
alarms in both is chance, of which a year of runs may spend one alarm at most; all else must be what was planted.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_spending import planted
from two_runs import DEFINITIONS, Company

from customer_profiles.analysis import kpis
from customer_profiles.analysis.changes import links, over_time, parts, spending, told
from customer_profiles.analysis.changes.exports import sources
from customer_profiles.analysis.changes.knowledge import Knowledge
from customer_profiles.analysis.changes.watch import watch
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.privacy.purge import purge
from customer_profiles.reporting import alerts, history, publish
from customer_profiles.tables import Stamp, Tables

pytestmark = pytest.mark.slow

FIRST, WEEKS = date(2025, 1, 5), 52
LOST, CENTS, ERASED = 23, 33, 42
"""Weeks in which a tenth of the shop's orders is missing once, amounts come in cents, a customer is erased."""
WORSE, CRISIS = "2025-04-01", "2025-12-08"
"""Days from which on customers recommend the company less, and from which service cases pile up."""
WATCHED = 4
"""Weeks that the watch of each day looks back: so often it sees all of them."""
KEPT = ("transactions", "feedback", "tickets", "identities", "profile", "segments", "reconciliation", "definitions")
MADE_OF = {"dataset": {"sha256": ""}, "params": {}, "versions": {"customer-profiles": "1"}}


class Year:
    """The weekly runs of a company.

    Parameters
    ----------
    folder : Path
        Where runs and reports go.
    disturbed : bool
        Whether anything happens in it.
    """

    def __init__(self, folder: Path, disturbed: bool = True):
        self.runs, self.reports = folder / "runs", folder / "reports"
        self.disturbed = disturbed
        self.company = Company(11, customers=300)
        if disturbed:
            self._plant()
        else:
            self.feedback = self.company.feedback
        self.found: list[dict[str, set[str]]] = []
        self.levels: list[float] = []
        for week in range(WEEKS):
            self._run(week)

    def _plant(self) -> None:
        self.feedback = planted(self.company, 40, WORSE)
        piled = pd.date_range(CRISIS, "2025-12-31").repeat(4)
        cases = pd.DataFrame({"customer_id": np.random.default_rng(2).choice(self.company.ids[8:], len(piled))})
        self.company.tickets = pd.concat([self.company.tickets, cases.assign(opened_at=piled)], ignore_index=True)
        self.gone = str(self.company.ids[7])

    def alarms(self) -> dict[date, set[str]]:
        """What is told as done by customers, by day of the run that tells it."""
        days = {FIRST + timedelta(weeks=week): found["change"] for week, found in enumerate(self.found)}
        return {day: names for day, names in days.items() if names}

    def known(self, week: int) -> Knowledge:
        """What the exports of a week say."""
        given = {"transactions": self.company.orders, "feedback": self.feedback, "tickets": self.company.tickets}
        given |= {"profile": self.company.profile, "identities": self.company.accounts.assign(customer_no=self._no)}
        if not self.disturbed:
            return self.company.run(FIRST + timedelta(weeks=week), definitions=DEFINITIONS, **given)
        if week >= ERASED:
            given = {name: rows[rows["customer_id"] != self.gone] for name, rows in given.items()}
        orders = given["transactions"]
        if week == LOST:
            lost = np.random.default_rng(1).choice(orders.index, len(orders) // 10, replace=False)
            given["transactions"] = orders.drop(index=lost)
        if week >= CENTS:
            given["transactions"] = orders.assign(amount=orders["amount"] * 100)
        definitions = DEFINITIONS | ({"source:shop": "2"} if week >= CENTS else {})
        return self.company.run(FIRST + timedelta(weeks=week), definitions=definitions, **given)

    @property
    def _no(self) -> pd.Series:
        numbers = self.company.profile.set_index("customer_id")["customer_no"]
        return self.company.accounts["customer_id"].map(numbers)

    def _run(self, week: int) -> None:
        if week == ERASED and self.disturbed:
            accounts = self.company.accounts
            names = set(accounts.loc[accounts["customer_id"] == self.gone, "pseudonym"])
            assert purge(self.runs, names, everywhere=True).runs == publish.KEPT_RUNS
        now, last = self.known(week), Tables(self.runs / publish.LATEST)
        read = {name: last.read(name) if last.has(name) else pd.DataFrame() for name in (*KEPT, "headlines")}
        before = Knowledge.of_last(read | {"standing": kpis.standing(read["profile"])}, now.as_of)
        level = spending.level(history.read(self.runs), before.as_of, now.as_of)
        split = parts.joined(parts.split(now, before, ["region"], level), 10)
        changes = told.decomposition(split, before.as_of)
        exports = sources(now, before)
        results = [changes, told.of_data(split, exports.frame), exports, links.joined_otherwise(now, before)]
        if week % WATCHED == WATCHED - 1:
            spent = spending.since_day(now.as_of - timedelta(weeks=WATCHED), now.as_of)
            results.append(watch(self._daily(now), now.as_of, spent))
        kinds = [(each.id, alerts.kind(each)) for result in results for each in self._findings(result)]
        self.found.append({kind: {name for name, of in kinds if of == kind} for kind in ("change", "data")})
        self.levels.append(level if split["p"].notna().any() else 0.0)
        self._publish(week, now, Gate(10).guard(changes).frame.drop(columns="suppressed") if len(split) else split)

    @staticmethod
    def _daily(now: Knowledge) -> dict[str, pd.DataFrame]:
        numbers = now["profile"].set_index("customer_id")["customer_no"]
        given = {
            "tickets": now["tickets"].rename(columns={"opened_at": "at"}),
            "negative": now["feedback"].query("score < 7"),
        }
        return {name: rows.assign(customer_no=rows["customer_id"].map(numbers)) for name, rows in given.items()}

    @staticmethod
    def _findings(result) -> list:
        return list(result.findings(Gate(10).guard(result).marks(result.frame))) if len(result) else []

    def _publish(self, week: int, now: Knowledge, changes: pd.DataFrame) -> None:
        name = f"{now.as_of:%Y%m%d}T050000Z-{week:06x}"
        run, pages = self.runs / name, self.reports / name
        publish.begin(run, pages)
        tables = Tables(run, stamp=Stamp(as_of=now.as_of.isoformat()))
        for table in (*KEPT, "headlines"):
            tables.write(table, now[table])
        if len(changes):
            tables.write("changes", changes.reindex(columns=["key", "p_adjusted", "level"]))
        (pages / "run.json").write_text(json.dumps(MADE_OF))
        publish.publish(run, pages)
        history.update(self.runs)
        publish.end(run)
        publish.prune(self.runs, self.reports)


@pytest.fixture(scope="module")
def year(tmp_path_factory) -> Year:
    return Year(tmp_path_factory.mktemp("year"))


@pytest.fixture(scope="module")
def quiet_year(tmp_path_factory) -> Year:
    return Year(tmp_path_factory.mktemp("quiet_year"), disturbed=False)


def test_a_year_in_which_nothing_happens_alarms_once_at_most_and_finds_no_fault(quiet_year):
    assert sum(map(len, quiet_year.alarms().values())) <= 1
    assert [found["data"] for found in quiet_year.found if found["data"]] == []
    assert sum(quiet_year.levels) <= spending.YEARLY


def test_what_customers_did_alarms_once_it_is_known_and_nothing_else_does(year, quiet_year):
    chance = quiet_year.alarms()
    alarms = {day: names - chance.get(day, set()) for day, names in year.alarms().items()}
    alarms = {day: names for day, names in alarms.items() if names}
    worse, crisis = date.fromisoformat(WORSE), date.fromisoformat(CRISIS)
    of_days = {day: names for day, names in alarms.items() if any(name.startswith("watch.") for name in names)}
    assert {day for day, names in alarms.items() if "changes.nps" in names} == {date(2025, 7, 6)}
    assert date(2025, 12, 28) in of_days
    for day, names in of_days.items():  # what piles up is told within four weeks, or not at all
        assert names == {"watch.tickets"} if day >= crisis else names == {"watch.negative"}
        assert day >= crisis or worse <= day <= worse + timedelta(weeks=4)
    assert set(alarms) - set(of_days) == {date(2025, 7, 6)}


def test_what_happened_to_the_data_is_named_and_is_no_behaviour(year):
    assert {"changed_source.shop", "changes.data.sales.coverage"} <= year.found[LOST]["data"]
    assert "changes.data.sales.coverage" in year.found[LOST + 1]["data"]
    assert {"redefined.source:shop", "changes.data.sales.definition"} <= year.found[CENTS]["data"]
    quiet = [found for week, found in enumerate(year.found) if week not in (LOST, LOST + 1, CENTS, ERASED)]
    assert [found["data"] for found in quiet if found["data"]] == []


def test_the_year_stays_in_the_history_and_nobody_in_it(year):
    kept = history.read(year.runs)
    assert kept["as_of"].nunique() == WEEKS
    assert len(list(year.runs.glob("2*"))) == publish.KEPT_RUNS
    assert sum(year.levels) <= spending.YEARLY
    lines = over_time.history(kept, year.known(WEEKS - 1)["headlines"]).frame
    assert lines.groupby("headline")["at"].nunique().eq(WEEKS).all()


def test_who_was_erased_is_in_no_table_that_is_left(year):
    for path in year.runs.glob("2*/*.parquet"):
        texts = pd.read_parquet(path).select_dtypes(["object", "str"])
        assert not texts.apply(lambda column: column.astype(str).str.contains(year.gone)).any(axis=None), path.name
