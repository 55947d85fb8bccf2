"""The tables of two runs as monthly sums, in the steps from one to the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

import pandas as pd

from .. import kpis
from ..feedback import metrics
from . import knowledge
from .knowledge import TABLES, Knowledge

Period: TypeAlias = tuple[int, int]
"""First and last month."""
Gaps: TypeAlias = dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]]


@dataclass(frozen=True)
class Steps:
    """The tables of two runs in the steps of the decomposition, as monthly sums.

    Parameters
    ----------
    before : Months
        As the last run had them.
    covered : Months
        The time of the last run as this run's exports tell it, customers joined as then.
    joined : Months
        The same, customers joined as now.
    told : Months
        By the definitions of now, with what the exports lack and the last run had, and without what they say twice.
    now : Months
        As this run has them.
    gaps : dict of str to list of (Timestamp, Timestamp)
        First and last of new days in a row of which a table has no record, by table.
    unsure : dict of str to float
        Relative error of what such days would have brought, by table.
    owner : dict of int to str
        Customer behind each number.
    more : dict of str to int
        Rows that a table has more of the time of the last run than it had then, of tables that tell that time
        otherwise.
    """

    before: kpis.Months
    covered: kpis.Months
    joined: kpis.Months
    told: kpis.Months
    now: kpis.Months
    gaps: Gaps = field(default_factory=dict)
    unsure: dict[str, float] = field(default_factory=dict)
    owner: dict[int, str] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)


def steps(now: Knowledge, before: Knowledge) -> Steps:
    """The tables of both runs, step by step from the last run to this one."""
    changed = knowledge.redefined(now, before)
    accounts = knowledge.links(now["identities"], before["identities"])
    ids, was = accounts["customer_id"], accounts["customer_id_before"]
    at_each: dict[str, dict[str, pd.DataFrame]] = {name: {} for name in ("before", "covered", "joined", "told", "now")}
    gaps, unsure, more = {}, {}, {}
    for name, at in TABLES.items():
        mine, last = now[name], before[name]
        twice = knowledge.repeated(mine, at)
        told = once = mine[~twice] if twice.any() else mine
        if knowledge.affected(name, changed, now["reconciliation"]):
            covered, joined = last, knowledge.joined_as(last, mine, was, ids)
        else:
            last_today = knowledge.joined_as(last, mine, was, ids)
            told = joined = knowledge.repaired(once, last_today, at, before.as_of)
            covered = knowledge.joined_as(told, last, ids, was)
            more[name] = int((covered[at] < next_day(before)).sum()) - int(last[at].notna().sum())
        for step, rows in zip(at_each, (last, covered, joined, told, mine), strict=True):
            at_each[step][name] = rows
        if len(mine) and mine[at].notna().any():
            new = next_day(before)
            found = knowledge.silences(mine[at], mine[at].min().normalize(), mine[at].max().normalize())
            gaps[name] = [(max(first, new), last) for first, last in found if last >= new]
            lost = sum((last - first).days + 1 for first, last in gaps[name])
            unsure[name] = knowledge.spread(mine, at, lost) if lost else 0.0
    owners = pd.concat([rows["customer_id"] for tables in at_each.values() for rows in tables.values()])
    codes = {name: code for code, name in enumerate(owners.dropna().unique())}
    known: dict[tuple[int, ...], kpis.Months] = {}  # steps of which no table differs are one
    for tables in at_each.values():
        same = tuple(map(id, tables.values()))
        known[same] = known.get(same) or _months(tables, codes)
    months = {step: known[tuple(map(id, tables.values()))] for step, tables in at_each.items()}
    owner = {code: name for name, code in codes.items()}
    return Steps(
        **months, gaps=gaps, unsure=unsure, owner=owner, more={name: rows for name, rows in more.items() if rows}
    )


def _months(tables: dict[str, pd.DataFrame], codes: dict[str, int]) -> kpis.Months:
    coded = {
        name: rows.assign(customer_no=rows["customer_id"].map(codes).astype("Int64")) for name, rows in tables.items()
    }
    return kpis.by_month(coded["transactions"], metrics.answers(coded["feedback"]), coded["tickets"])


def periods(name: str, tables: Steps, before: date, now: date) -> tuple[Period, Period, Period, Period]:
    """The period of a key figure in the last run, one as long as today's that ends with it, today's, and this run's."""
    then, ahead = kpis.period(name, tables.before, before), kpis.period(name, tables.told, now)
    return then, (then[1] - (ahead[1] - ahead[0]), then[1]), ahead, kpis.period(name, tables.now, now)


def young_periods(name: str, tables: Steps, then: Period, ahead: Period) -> tuple[Period, Period] | None:
    """The months since the last run and as many before it, where records do not reach back over the whole period.

    None where they do, or where one of the two would be empty.
    """
    known = kpis.covered(name, tables.told, then[1])
    if not kpis.too_young(known, ahead[1] - ahead[0] + 1):
        return None
    months = min(ahead[1] - then[1], known)
    found = tuple((last - months + 1, last) for last in (then[1], ahead[1]))
    at_each = [(each, found[0]) for each in (tables.before, tables.covered, tables.joined, tables.told)]
    at_each += [(each, found[1]) for each in (tables.told, tables.now)]
    empty = any(kpis.ratio(name, each, *period).iloc[:, -1].sum() == 0 for each, period in at_each)
    return None if months < 1 or empty else (found[0], found[1])


def own_months(now: Knowledge) -> tuple[kpis.Months, dict[int, str]]:
    """Monthly sums of one run, and the customer behind each number."""
    owners = pd.concat([now[name]["customer_id"] for name in TABLES]).dropna().unique()
    months = _months({name: now[name] for name in TABLES}, {name: code for code, name in enumerate(owners)})
    return months, dict(enumerate(owners))


def next_day(run: Knowledge) -> pd.Timestamp:
    """The first day that a run does not know."""
    return pd.Timestamp(run.as_of) + pd.Timedelta(days=1)
