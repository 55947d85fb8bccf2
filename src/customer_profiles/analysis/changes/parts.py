"""Each headline in two runs, split into source coverage, identity, definition, mix of customers and behaviour.

The earlier period is measured again, one step at a time: with what this run's exports say of it (coverage), with
customers joined as today (identity), by the definitions of today (definition). What is left lies between the two
periods and is measured with one and the same data: who the customers are (mix) and what they do (behaviour). The steps
follow each other, so that the parts add up. A part that cannot be told is put into ``untold``, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...stats.adjusted import adjusted_change
from ...stats.families import ALPHA, Family
from ...stats.intervals import z_value
from ...stats.ratios import change, error_of, estimate, linearised
from .. import kpis
from ..kpi_definitions import KPIS, YEAR, Part
from . import knowledge
from .knowledge import Knowledge
from .row import (
    FEW,
    GAP,
    NOT_APART,
    ON_FILE,
    PARTS,
    SEASON,
    SEASON_OR_NEW,
    SEGMENTS_ANEW,
    SPAN,
    TOO_SHORT,
    UNDATED,
    UNKNOWN_ONCE,
    Row,
)
from .steps import Gaps, Steps, next_day, own_months, periods, steps, young_periods

SOURCES_OF = {"orders": "transactions", "tickets": "tickets", "profile": "customers"}
"""Table behind monthly sums; scores come from feedback."""
MOST_LEVELS, FEWEST = 12, 30
"""Values of an attribute that are told apart, and customers that each needs."""
MOST_TRAITS = 5
KNOWN_YEARS = (-np.inf, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, np.inf)
"""Bands of years known at the end of a period: who came in the midst of it had less time in it."""


def split(now: Knowledge, before: Knowledge, attributes: Sequence[str], level: float = ALPHA) -> pd.DataFrame:
    """Every headline of both runs and the parts of its change.

    Parameters
    ----------
    now, before : Knowledge
        This run and the one it is compared with.
    attributes : sequence of str
        Columns of the profile that say who a customer is: the mix.
    level : float
        False discovery rate that this run may spend, see `spending.level`.

    Returns
    -------
    DataFrame
        ``headline, kind`` (formatter)``, value_before, value, change``, the `PARTS`, which add up to the change, each
        but the last with its interval (``behaviour_low, behaviour_high``, …; none for what is counted in full),
        ``coverage_n, identity_n, definition_n`` (customers whose sums they changed; missing for counts)``, p,
        p_adjusted, claim, level, n, n_before`` (customers behind both), ``reason``: why a part cannot be told, and
        ``since``: first day of the months that are compared with as many before, where records are too young for what
        the figure looks back, and ``covered``: rows that each table has more of the earlier period than it had then.
        Figures without a value in one of the runs are left out; empty without a run to compare
        with.
    """
    if not before.compares():
        return pd.DataFrame(columns=[*Row("", "", 0, 0).closed(), "p_adjusted", "claim", "level"])
    changed = knowledge.redefined(now, before)
    tables = steps(now, before)
    published = before["headlines"].set_index("headline")[["value", "n"]]
    traits = _traits(now["profile"], attributes)
    names = [name for name in kpis.known(tables.now, now.as_of) if name in kpis.known(tables.before, before.as_of)]
    rows = [_on_file(name, now, before, changed, published) for name in _standing(now, before)]
    figures = [_figure(name, tables, now, before, traits, changed, published) for name in names]
    rows += [row for row in figures if np.isfinite([row.value_before, row.value]).all()]
    rows += _segments(now, before, changed)
    return _judged([row.closed() for row in rows], level)


def year_before(now: Knowledge, attributes: Sequence[str]) -> pd.DataFrame:
    """Every key figure of a run against the same months a year before, with one and the same data.

    Returns
    -------
    DataFrame
        As `split`; only mix and behaviour can differ. Figures whose records do not reach back are left out.
    """
    months, owner = own_months(now)
    same, traits, rows = (
        Steps(months, months, months, months, months, owner=owner),
        _traits(now["profile"], attributes),
        [],
    )
    for name in kpis.known(months, now.as_of):
        ahead = kpis.period(name, months, now.as_of)
        then = (ahead[0] - YEAR, ahead[1] - YEAR)
        if not kpis.too_young(kpis.covered(name, months, ahead[1]), ahead[1] - then[0] + 1):
            last, current = kpis.ratio(name, months, *then), kpis.ratio(name, months, *ahead)
            row = Row(name, KPIS[name].kind, _value(last), _value(current), len(current), len(last))
            _between(row, name, same, then, ahead, traits)
            rows.append(row.closed())
    return _judged(rows or [Row("", "", 0, 0).closed()], ALPHA).iloc[: len(rows)]


def _judged(rows: list[dict[str, Any]], level: float) -> pd.DataFrame:
    """Rows as a table, with which of them are more than chance."""
    table = pd.DataFrame(rows)
    # Of what silent days leave untold nothing is claimed, but it counts: a gap is no licence to claim the rest.
    tried = table["p"].mask(table["p"].isna() & (table["reason"] == GAP), 1.0)
    adjusted = np.where(table["p"].notna(), Family.of(tried).adjust(tried), np.nan)
    return table.assign(p_adjusted=adjusted, claim=adjusted <= level, level=level)


def joined(table: pd.DataFrame, least: int) -> pd.DataFrame:
    """The same split without parts that few customers make.

    Of key figures such parts are told with the mix, an estimate that hides them, or else in ``untold``. Of counts they
    are put together into ``untold``, and further parts join them, the smallest first, until nothing is left of which
    fewer than `least` customers are told.

    Parameters
    ----------
    table : DataFrame
        From `split`.
    least : int
        Smallest group that may be told.
    """
    table = table.copy()
    for index, row in table.iterrows():
        few, into = _few(row, least)
        taken = row[few].sum()
        table.loc[index, few] = 0.0
        table.loc[index, [f"{part}{end}" for part in few for end in ("_low", "_high")]] = np.nan
        table.loc[index, [name for name in (into, f"{into}_low", f"{into}_high") if name in table]] += taken
        if few and into == "untold":
            table.loc[index, "reason"] = FEW
    return table


def _few(row: pd.Series, least: int) -> tuple[list[str], str]:
    """Parts of a row that few customers make, and the part that they are told with."""
    parts = [part for part in PARTS[:4] if row[part]]
    if not _counts_customers(row["headline"]):
        few = [part for part in parts if row.get(f"{part}_n", np.nan) < least]
        into = "mix" if row["mix"] and "mix" not in few else "untold"
        return few, "behaviour" if into == "untold" and row["headline"] in ON_FILE else into
    counts = row[parts].astype(float).sort_values(key=abs, kind="stable")
    few = list(counts.index[counts.abs() < least])
    for part in counts.index[len(few) :] if few or row["untold"] else []:
        if 0 < abs(row["untold"] + counts[few].sum()) < least:
            few.append(part)
    return few, "untold"


def _counts_customers(headline: str) -> bool:
    return headline == "customers" or headline.startswith("segment ")


def headlines(now: Knowledge) -> pd.DataFrame:
    """The headlines of one run.

    Returns
    -------
    DataFrame
        ``headline, kind`` (formatter)``, value, value_low, value_high`` (none for what is counted in full)``, n``
        (customers behind it)``, months`` (looked back; missing for what is on file) and ``as_of`` (ISO date).
    """
    months, _ = own_months(now)
    rows: list[tuple] = []
    for name, sums in now["standing"].groupby("headline", sort=False):
        value, *ends = estimate(*kpis.totals(sums))
        ends = [np.nan, np.nan] if _counts_customers(name) else ends
        rows.append((name, KPIS[name].kind, value, *ends, len(sums), np.nan))
    for name in kpis.known(months, now.as_of):
        first, last = kpis.period(name, months, now.as_of)
        sums = kpis.ratio(name, months, first, last)
        rows.append((name, KPIS[name].kind, *estimate(sums["top"], sums.get("bottom")), len(sums), last - first + 1))
    segments = now["segments"].reindex(columns=["segment"])["segment"].dropna()
    for segment, size in segments.astype(int).value_counts().sort_index().items():
        rows.append((f"segment {segment}", "count", float(size), np.nan, np.nan, int(size), np.nan))
    found = pd.DataFrame(rows, columns=["headline", "kind", "value", "value_low", "value_high", "n", "months"])
    return found.dropna(subset="value", ignore_index=True).assign(as_of=now.as_of.isoformat())


def _value(sums: pd.DataFrame) -> float:
    if "bottom" not in sums:
        return float(sums["top"].sum())
    below = sums["bottom"].sum()
    return float(sums["top"].sum() / below) if below else float("nan")


def _figure(
    name: str,
    tables: Steps,
    now: Knowledge,
    before: Knowledge,
    traits: pd.DataFrame,
    changed: set[str],
    published: pd.DataFrame,
) -> Row:
    """A key figure of the registry."""
    kpi = KPIS[name]
    then, same_span, ahead, at_end = periods(name, tables, before.as_of, now.as_of)
    shorter = young_periods(name, tables, then, ahead)
    if shorter is not None:
        (then, ahead), same_span, at_end = shorter, shorter[0], shorter[1]
    at_each = [
        (tables.before, then),
        (tables.covered, then),
        (tables.joined, then),
        (tables.told, same_span),
        (tables.told, ahead),
        (tables.now, at_end),
    ]
    sums = [kpis.ratio(name, months, *period) for months, period in at_each]
    last, current = sums[0], sums[-1]
    once = (
        published.loc[name] if shorter is None and name in published.index else {"value": _value(last), "n": len(last)}
    )
    values = [once["value"], *map(_value, sums)]
    row = Row(name, kpi.kind, values[0], values[-1], len(current), len(last))
    row.covered = {table: rows for table, rows in tables.more.items() if table in tables_of(name)}
    if shorter is not None:
        row.since, row.reason = kpis.first_day(ahead[0]), SEASON
        begin = kpis.first_day(ahead[1] + 1 - kpis.covered(name, tables.told, ahead[1]))
        if (traits["first_seen_at"] < begin).sum() < FEWEST:  # who is first seen late may have been there all along
            traits, row.reason = traits.assign(first_seen_at=pd.NaT), SEASON_OR_NEW
    if not np.isfinite(values).all():
        row.reason = UNKNOWN_ONCE
        return row
    again, lost, joined, defined, _, short = np.diff(values)
    row.identity, row.definition, row.coverage = joined, defined, lost + short
    row.halves, row.behind = _halves(sums), _behind(sums)
    of_once = "definition" if "version" in changed else "coverage"
    setattr(row, of_once, getattr(row, of_once) + again)
    row.behind[of_once] += abs(int(once["n"]) - len(last))
    if any(knowledge.affected(table, changed, now["reconciliation"]) for table in tables_of(name)):
        row.reason = NOT_APART
    if same_span[0] != then[0]:
        row.reason = SPAN
    if ahead == same_span:
        return row
    if kpis.too_young(kpis.covered(name, tables.told, ahead[1]), ahead[1] - min(same_span[0], ahead[0]) + 1):
        row.reason, row.untold = TOO_SHORT, values[5] - values[4]
        return row
    _between(row, name, tables, same_span, ahead, traits)
    return row


def _halves(sums: list[pd.DataFrame]) -> dict[str, float]:
    """Half of the interval of each part that was counted anew: how much it would vary with other customers."""
    each = [pd.Series(linearised(one["top"], one.get("bottom"))[1], one.index) for one in sums]
    last, covered, joined, told, ahead, now = (part for _, part in pd.concat(each, axis=1).fillna(0.0).items())
    parts = {"coverage": covered - last + now - ahead, "identity": joined - covered, "definition": told - joined}
    return {part: z_value() * error_of(of) for part, of in parts.items()}


def _behind(sums: list[pd.DataFrame]) -> dict[str, int]:
    """Customers whose own sums each part changed that was counted anew."""
    last, covered, joined, told, ahead, now = sums
    changes = {
        "coverage": ((last, covered), (ahead, now)),
        "identity": ((covered, joined),),
        "definition": ((joined, told),),
    }
    return {
        part: sum(int(one.sub(other, fill_value=0.0).ne(0).any(axis=1).sum()) for one, other in pairs)
        for part, pairs in changes.items()
    }


def _between(
    row: Row, name: str, tables: Steps, then: tuple[int, int], ahead: tuple[int, int], traits: pd.DataFrame
) -> None:
    """Mix and behaviour between two periods that are measured with one and the same data."""
    sums = [kpis.ratio(name, tables.told, *period) for period in (then, ahead)]
    whole = "bottom" not in sums[0]
    found = [
        _with_traits(part, traits, tables.owner, last, whole)
        for part, last in zip(sums, (then[1], ahead[1]), strict=True)
    ]
    rows = pd.concat(found, keys=[False, True], names=["now"]).reset_index(level="now")
    design = pd.get_dummies(rows.drop(columns=["now", "top", "bottom", "customer"]), dtype=float)
    one = adjusted_change(rows["top"], rows["bottom"], rows["now"], rows["customer"], design)
    if not np.isfinite(one.behaviour):
        row.reason = UNKNOWN_ONCE
        return
    counts = [len(part) for part in found]
    factor = float(np.mean(counts)) if whole else 1.0
    mix, behaviour, half = (factor * each for each in (one.mix, one.behaviour, (one.high - one.low) / 2))
    if whole:
        mix += float(np.mean([part["top"].sum() / len(part) for part in found])) * (counts[1] - counts[0])
    missing = _missing(name, tables.gaps, ahead)
    if missing is None:
        row.reason, row.untold = GAP, row.untold + mix + behaviour
        return
    # What the silent days would have brought, had they been like the others, is no behaviour; it is an estimate.
    scaled = _value(sums[1]) * (missing - 1.0)
    unsure = z_value() * scaled * max(tables.unsure.get(one, 0.0) for one in tables_of(name))
    half = float(np.hypot(half, unsure))
    row.coverage, row.mix, row.behaviour = row.coverage - scaled, mix, behaviour + scaled
    row.behind["coverage"] = row.behind.get("coverage", 0) + (counts[1] if scaled else 0)
    row.halves |= {"mix": factor * (one.mix_high - one.mix_low) / 2, "behaviour": half}
    if scaled:
        row.halves["coverage"] = float(np.hypot(np.nan_to_num(row.halves.get("coverage", 0.0)), unsure))
    row.p = one.p if scaled == 0 else _p(row.behaviour, half, one.p)
    row.reason = GAP if scaled else row.reason


def _p(estimate: float, half: float, otherwise: float) -> float:
    """p-value of an estimate that was moved, from half of its interval."""
    from scipy.stats import norm

    return float(2 * norm.sf(abs(estimate) * z_value() / half)) if half > 0 else otherwise


def _missing(name: str, gaps: Gaps, ahead: tuple[int, int]) -> float | None:
    """What a figure is to be multiplied with because of days without a record; None if that cannot be told."""
    begin, end = kpis.first_day(ahead[0]), kpis.first_day(ahead[1] + 1) - pd.Timedelta(days=1)
    factors = []
    for part in (KPIS[name].top, KPIS[name].bottom):
        table = "feedback" if part is None else _table_of(part)
        days = [(max(first, begin), min(last, end)) for first, last in gaps.get(table, [])]
        lost = sum(max((last - first).days + 1, 0) for first, last in days)
        whole = (end - begin).days + 1
        if part is not None and part.customers and lost:
            return None
        factors.append(1.0 if table == "feedback" or part is None else whole / (whole - lost))
    return factors[0] / factors[1]


def tables_of(name: str) -> set[str]:
    """Tables whose rows a headline counts."""
    kpi = KPIS[name]
    return {_table_of(part) for part in (kpi.top, kpi.bottom) if part is not None}


def _table_of(part: Part) -> str:
    return SOURCES_OF.get(part.table, "feedback")


def _with_traits(
    sums: pd.DataFrame, traits: pd.DataFrame, owner: dict[int, str], last: int, whole: bool
) -> pd.DataFrame:
    """Sums of each customer in a period with who they are; of a total, everybody who was known by its end counts."""
    sums = sums.assign(customer=[owner.get(number, f"nobody {number}") for number in sums.index])
    end = kpis.first_day(last + 1)
    years = (end - traits["first_seen_at"]).dt.days / 365.25
    known = traits.assign(known_years=pd.cut(years, list(KNOWN_YEARS)).astype("str")).drop(columns="first_seen_at")
    if whole:
        there = traits.index[~(traits["first_seen_at"] >= end)]
        sums = sums.set_index("customer").reindex(pd.Index(sums["customer"]).union(there)).fillna({"top": 0.0})
        sums = sums.rename_axis("customer").reset_index().assign(bottom=1.0)
    found = sums.merge(known, left_on="customer", right_index=True, how="left")
    return found.fillna(dict.fromkeys(known.columns, "unknown"))


def _traits(profile: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """Who a customer is, by ``customer_id``: the fullest attributes of few values, small ones joined."""
    seen = profile.get("first_seen_at", pd.Series(pd.NaT, profile.index))
    found = pd.DataFrame({"first_seen_at": seen.astype("datetime64[us]").to_numpy()}, index=profile["customer_id"])
    named = [name for name in attributes if name in profile and profile[name].dtype in ("str", "object", "category")]
    named = [name for name in named if 2 <= profile[name].nunique() <= MOST_LEVELS]
    fullest = profile[named].notna().mean().sort_values(ascending=False, kind="stable").index[:MOST_TRAITS]
    for name in fullest:
        value = profile[name].astype("object").fillna("unknown")
        found[name] = value.where(value.map(value.value_counts()) >= FEWEST, "others").astype("str").to_numpy()
    return found


def _standing(now: Knowledge, before: Knowledge) -> list[str]:
    """Figures that both runs tell without a history."""
    return [name for name in now["standing"]["headline"].unique() if (before["standing"]["headline"] == name).any()]


def _on_file(name: str, now: Knowledge, before: Knowledge, changed: set[str], published: pd.DataFrame) -> Row:
    """A figure of what is on file: who came, who is no longer in the exports, and what became of all others.

    Nothing tells what today's exports would have said then. So whoever is in both runs is compared with themselves.
    """
    mine, last = (
        run["standing"].set_index(["headline", "customer_id"])[["top", "bottom"]].xs(name) for run in (now, before)
    )
    pairs = knowledge.links(now["identities"], before["identities"])[["customer_id", "customer_id_before"]]
    pairs = pairs.dropna().drop_duplicates()
    pairs = pairs[pairs["customer_id"].isin(mine.index) & pairs["customer_id_before"].isin(last.index)]
    stayed = last.loc[last.index.isin(pairs["customer_id_before"])]
    joined = last.loc[pairs["customer_id_before"]].set_axis(pairs["customer_id"])
    joined = joined[~joined.index.duplicated()]
    seen = now["profile"].set_index("customer_id").get("first_seen_at", pd.Series(dtype="datetime64[us]"))
    since, known = seen.reindex(mine.index).astype("datetime64[us]"), mine.index.isin(joined.index)
    late, fresh = ~known & (since < next_day(before)), ~known & (since >= next_day(before))
    at_each = [last, stayed, joined, mine[known], mine[known | late], mine[known | late | fresh], mine]
    values = [estimate(*kpis.totals(sums))[0] for sums in at_each]
    row = Row(name, KPIS[name].kind, published["value"].get(name, values[0]), values[-1], len(mine), len(last))
    if not np.isfinite(values).all():
        row.reason = UNKNOWN_ONCE
        return row
    gone, row.identity, behaviour, came, row.mix, row.untold = np.diff(values)
    row.reason = UNDATED if row.untold else ""
    redefined = knowledge.affected("customers", changed, now["reconciliation"])
    if redefined:
        row.definition = gone + came
    else:
        row.coverage = gone + came
    row.coverage += values[0] - row.value_before
    twice = len(set(stayed.index) ^ set(joined.index))
    row.behind = {"coverage": len(last) - len(stayed) + int(late.sum()), "identity": twice, "mix": int(fresh.sum())}
    if redefined and behaviour:
        row.reason, row.untold = NOT_APART, row.untold + behaviour
    elif not _counts_customers(name):
        both = mine[known]
        found = change(*kpis.totals(both), *kpis.totals(joined.loc[both.index]))
        row.behaviour, row.p, row.halves = behaviour, found.p, {"behaviour": (found.high - found.low) / 2}
    return row


def _segments(now: Knowledge, before: Knowledge, changed: set[str]) -> list[Row]:
    """Size of each segment; where its members are known to be others, who came and went is told."""
    names = ("segments", "profile")
    if not all(len(run[name]) for run in (now, before) for name in names):
        return []
    mine, last = (
        run["segments"].dropna(subset="segment").set_index("customer_id")["segment"].astype(int)
        for run in (now, before)
    )
    seen = now["profile"].set_index("customer_id").get("first_seen_at", pd.Series(dtype="datetime64[us]"))
    is_new = seen.reindex(mine.index).astype("datetime64[us]") >= next_day(before)
    anew = changed & {*knowledge.EVERYWHERE, "segments", "parameters 05"}
    everybody = set(now["profile"]["customer_id"])
    rows = []
    for segment in sorted(set(mine) & set(last)):
        here, there = mine[mine == segment].index, last[last == segment].index
        row = Row(f"segment {segment}", "count", len(there), len(here), len(here), len(there))
        fresh = int(is_new[here].sum())
        undated = here[seen.reindex(here).isna()].difference(before["profile"]["customer_id"])
        late = len(here.difference(before["profile"]["customer_id"])) - fresh - len(undated)
        gone = sum(name not in everybody for name in there)
        row.mix, row.coverage = float(fresh), float(late - gone)
        if anew:
            row.definition = row.value - row.value_before - row.mix - row.coverage
        else:
            row.reason = SEGMENTS_ANEW
        rows.append(row)
    return rows
