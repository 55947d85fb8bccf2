"""Key figures of the company: what each means, in which direction it should go, and how it moved within a year.

A key figure is a total, or a ratio of two totals, of what customers did in a period. Their
definitions are in `kpi_definitions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ..messages import CERTAIN, CHANCE, LIKELY, N_, UNKNOWN, Finding, Text
from ..results import Disclosure, Result
from ..stats import effect_sizes
from ..stats.families import ALPHA, Family
from ..stats.ratios import change, estimate
from .demographics.categories import values_of
from .feedback.metrics import METRICS
from .kpi_definitions import INSTEAD, KPI, KPIS, ONE_SCORE, QUARTER, YEAR, Part

QUARTERS = 8
"""Quarters of the small line beside each figure."""
MIN_ANSWERS = 50
"""Answers that a quarter needs in both years; with fewer a score looks back a year."""
LAST_YEAR = 5
"""Quarters from the same one a year before to the last."""
MOST = 5

COLUMNS = [
    *("kpi", "label", "definition", "better", "kind", "months", "since", "until", "value", "value_before"),
    *("change", "change_low", "change_high", "n", "n_before", "p", "p_adjusted", "effect", "claim", "verdict"),
]


DERIVED = ("label", "definition", "better", "p_adjusted", "claim", "verdict")
WINDOW = 90
"""Days at either end of the records that tell how many days are without any."""
GAP = 0.001
"""A month that begins or ends with so many days without a record that chance hardly does it is not covered."""


@dataclass(frozen=True)
class Monthly:
    """What customers did in each month, and which months the records cover.

    Parameters
    ----------
    sums : DataFrame
        ``customer_no, month`` (months since year 0) and what was summed.
    first, last : int
        First and last month without a stub: an export may begin or end in the middle of one.
    """

    sums: pd.DataFrame
    first: int = 0
    last: int = 0


Months = Mapping[str, Monthly]


def by_month(transactions: pd.DataFrame, answers: pd.DataFrame, tickets: pd.DataFrame) -> dict[str, Monthly]:
    """What each customer did in each month, the only thing that key figures need.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_no, at, order_id, amount``.
    answers : DataFrame
        From `feedback.metrics.answers`.
    tickets : DataFrame
        ``customer_no, opened_at``.

    Returns
    -------
    dict of Monthly
        ``orders`` (with ``orders, sales``), ``tickets`` and one for each score (``answers, points``). Rows without a
        customer are customers of their own: nothing tells that two of them are one person.
    """
    lines = transactions[["customer_no", "at", "order_id", "amount"]].dropna(subset=["at"])
    lines = lines.assign(order=lines["order_id"].astype("object").where(lines["order_id"].notna(), lines["at"]))
    bought = _sums(lines, "at", orders=("order", "nunique"), sales=("amount", "sum"))
    asked = _sums(tickets[["customer_no", "opened_at"]].dropna(subset=["opened_at"]), "opened_at", tickets="size")
    months = {"orders": bought, "tickets": asked}
    for metric, given in answers.dropna(subset=["at"]).groupby("metric"):
        points = given["good"].astype(int) - (given["poor"].astype(int) if metric == "nps" else 0)
        months[str(metric)] = _sums(
            given.assign(points=points), "at", answers=("points", "size"), points=("points", "sum")
        )
    return months


def compare(months: Months, as_of: date, snapshot: pd.DataFrame | None = None) -> Result:
    """Each key figure now and a year before.

    Parameters
    ----------
    months : mapping of str to Monthly
        From `by_month`.
    as_of : date
        The last full month and the last full quarter count, up to this day and as far as the records reach.
    snapshot : DataFrame, optional
        From `on_file`; told first where nobody orders.

    Returns
    -------
    Result
        ``kpi, label, definition, better`` (1: more is better, −1: less)``, kind`` (formatter)``, months`` (looked
        back)``, since, until`` (first and last day)``, value, value_before, change, change_low, change_high, n,
        n_before`` (customers behind both)``, p, p_adjusted, effect, claim, verdict``. Without a year before, only
        ``value`` is told.
    """
    end = _full_month(as_of)
    rows = [row for name in _available(months, end) if (row := _compared(name, months, end))]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in DERIVED])
    family = Family.of(table["p"])
    table["p_adjusted"] = family.adjust(table["p"])
    table["claim"] = table["p_adjusted"] <= ALPHA
    likely, compared = table["p"] <= ALPHA, table["p"].notna()
    table["verdict"] = np.select([table["claim"], likely, compared], [CERTAIN, LIKELY, CHANCE], UNKNOWN)
    if snapshot is not None and "buyers" not in set(table["kpi"]):
        table = pd.concat([snapshot, table], ignore_index=True) if len(table) else snapshot
    registered = pd.DataFrame([vars(KPIS[kpi]) for kpi in table["kpi"]], table.index, ["label", "definition", "better"])
    table = table.reindex(columns=COLUMNS).combine_first(registered)
    return Result(
        "kpis",
        table[COLUMNS].head(MOST),
        Text(N_("Key figures")),
        Disclosure(within=None, also=("n_before",)),
        claims=_claims(family.size),
        family=family.size,
        note=Text(N_("A year before means the same months. Errors are clustered by customer, corrected together.")),
    )


def on_file(profile: pd.DataFrame, outcome: Any = None, worth: str | None = None) -> pd.DataFrame:
    """Key figures of a company whose customers have no history: how many, who has the outcome, what they are worth.

    Parameters
    ----------
    profile, outcome, worth
        As of `standing`.

    Returns
    -------
    DataFrame
        Rows as `compare` has them; a snapshot has no year before.
    """
    sums = standing(profile, outcome, worth)
    rows = [
        {"kpi": name, "kind": KPIS[name].kind, "value": estimate(*totals(own))[0], "n": int((own["top"] > 0).sum())}
        for name, own in sums.groupby("headline", sort=False)
    ]
    table = pd.DataFrame(rows).assign(verdict=UNKNOWN, claim=False)
    table["label"] = table["kpi"].map({"worth": worth})
    return table.assign(n_before=table["n"]).reindex(columns=COLUMNS)


def standing(profile: pd.DataFrame, outcome: Any = None, worth: str | None = None) -> pd.DataFrame:
    """What each customer adds to the key figures that are told without a history.

    Parameters
    ----------
    profile : DataFrame
    outcome : Outcome, optional
        ``column, value`` that say who has it; those who have it are worth nothing any more if it is a bad one.
    worth : str, optional
        Column with what a customer is worth.

    Returns
    -------
    DataFrame
        ``headline, customer_id, top, bottom`` (1; missing for a total), see `totals`.
    """
    sums, staying = {"customers": pd.Series(1.0, profile.index)}, pd.Series(True, profile.index)
    if outcome is not None and outcome.column in profile:
        known = values_of(profile[outcome.column]).dropna()
        sums["outcome"] = (known == outcome.value).astype(float)
        staying = ~sums["outcome"].eq(1).reindex(profile.index, fill_value=False) | outcome.good
    if worth in profile:
        sums["worth"] = profile[worth].dropna().astype(float) * staying
    ids = profile.get("customer_id", pd.Series(dtype="str"))  # a table without rows has no columns
    parts = [pd.DataFrame({"headline": name, "customer_id": ids, "top": of}).loc[of.index] for name, of in sums.items()]
    found = pd.concat(parts, ignore_index=True).dropna(subset="top")
    return found.assign(bottom=np.where(found["headline"].map(lambda name: KPIS[name].bottom is None), np.nan, 1.0))


def totals(sums: pd.DataFrame) -> tuple[pd.Series, pd.Series | None]:
    """Above and below the line of a key figure from `standing`; nothing is below that of a total."""
    return sums["top"], None if sums["bottom"].isna().all() else sums["bottom"]


def history(months: Months, as_of: date) -> Result:
    """Each key figure of the last quarters.

    Returns
    -------
    Result
        ``kpi, label, quarter`` (first day)``, value, n``; quarters before the data begin are left out.
    """
    rows = []
    for name in _available(months, _full_month(as_of)):
        end = _full_quarter(_last(months, KPIS[name], _full_month(as_of)))
        for back in range(QUARTERS - 1, -1, -1):
            last = end - 3 * back
            if last - 2 < _first(months, KPIS[name]):
                continue
            top, bottom, n = _totals(KPIS[name], months, last - 2, last)
            below = None if bottom is None else bottom.sum()
            if below is None or below > 0:
                value = KPIS[name].times * top.sum() / (1 if below is None else below)
                rows.append(
                    {"kpi": name, "kind": KPIS[name].kind, "quarter": first_day(last - 2), "value": value, "n": n}
                )
    frame = pd.DataFrame(rows, columns=["kpi", "kind", "quarter", "value", "n"]).astype({"quarter": "datetime64[ns]"})
    frame.insert(0, "label", [KPIS[name].label for name in frame["kpi"]])
    shown = ["kpi", "label", "quarter", "value", "n"]
    return Result("kpi_history", frame, Text(N_("Key figures by quarter")), Disclosure(within=None), columns=shown)


def line(history: Result, figures: Result, name: str) -> Result:
    """One key figure by quarter, under its own name; its claim is how it moved within a year.

    If a quarter of the last year is too small to be shown, nothing is said.
    """
    own = history.frame.query("kpi == @name")[["quarter", "value", "n"]].rename(columns={"value": name})
    told = figures.claims(figures.frame) if figures.claims else []
    return Result(
        "kpi_line",
        own,
        Text(N_("{kpi:label} by quarter"), {"kpi": KPIS[name].label}),
        Disclosure(within=None),
        claims=lambda frame: [
            claim for claim in told if claim.id == f"kpi.{name}" and not frame["hidden"].tail(LAST_YEAR).any()
        ],
        about=Text(KPIS[name].definition),
    )


def _claims(family: int) -> Callable[[pd.DataFrame], list[Finding]]:
    def tell(table: pd.DataFrame) -> list[Finding]:
        """Figures that changed, the largest change first."""
        changed = table[table["claim"] & ~table.get("hidden", pd.Series(False, table.index)).astype(bool)]
        return [_finding(row, family) for row in changed.sort_values("effect", ascending=False).itertuples()]

    return tell


def _finding(row: Any, family: int) -> Finding:
    kpi = KPIS[row.kpi]
    return Finding(
        kpi.up if row.change > 0 else kpi.down,
        {"value": float(row.value), "before": float(row.value_before)},
        id=f"kpi.{row.kpi}",
        n=int(row.n),
        interval=(float(row.change_low), float(row.change_high)),
        test=N_("difference of two ratios, linearised, errors clustered by customer"),
        p_adjusted=float(row.p_adjusted),
        family=family,
        effect=float(row.effect),
        reach=int(row.n),
        kind="difference",
    )


def _sums(table: pd.DataFrame, at: str, **sums: Any) -> Monthly:
    """Monthly sums by customer; those without a number count as one customer each."""
    if table.empty:
        return Monthly(pd.DataFrame(columns=["customer_no", "month", *sums], dtype="int64"))
    number = table["customer_no"].astype("float64")
    number = number.where(number.notna(), -1.0 - np.arange(len(table)))
    days = table[at].dt
    table = table.assign(customer_no=number.astype("int64"), month=12 * days.year + days.month - 1)
    groups = table.groupby(["customer_no", "month"], sort=False)
    sized = set(sums.values()) == {"size"}
    found = groups.size().rename(next(iter(sums))) if sized else groups.agg(**sums)
    return Monthly(found.reset_index(), *_covered(table[at]))


def _covered(at: pd.Series) -> tuple[int, int]:
    """First and last month that the records cover.

    The share of days with a record, of the `WINDOW` days at either end, tells how long a silence may be chance. A first
    month that begins with a longer one is a stub; the last month is the one that ends before such a silence is over, at
    most a quarter after the last record.
    """
    days = pd.Series(at.dt.normalize().unique()).sort_values(ignore_index=True)
    begin, end = days.iloc[0], days.iloc[-1]
    known = min(WINDOW, (end - begin).days + 1)
    window = pd.Timedelta(days=known)
    first = 12 * begin.year + begin.month - 1 + (begin.day - 1 > longest_silence((days < begin + window).sum() / known))
    return first, _full_month(end + pd.Timedelta(days=longest_silence((days > end - window).sum() / known)))


def longest_silence(share: float, places: int = 1) -> int:
    """Days in a row without a record that chance may bring in one of `places`, if each day has one with a `share`."""
    return int(min(np.log(GAP / places) / np.log1p(-share), WINDOW)) if share < 1 else 0


def known(months: Months, as_of: date) -> list[str]:
    """Key figures that the data know, in the order of the registry."""
    return _known(months, _full_month(as_of))


def period(name: str, months: Months, as_of: date) -> tuple[int, int]:
    """First and last month of a key figure, as `compare` takes them; of younger records, as many as there are."""
    return _period(name, months, _full_month(as_of))


def covered(name: str, months: Months, last: int) -> int:
    """Months up to `last` that the records behind a key figure cover."""
    return max(last - _first(months, KPIS[name]) + 1, 0)


def too_young(months: Any, needed: Any) -> Any:
    """Whether records of so many months are too young for a figure that looks back over those that are needed.

    Whoever compares or judges a figure asks here. What is on file, without months, never is.
    """
    return months < needed


def ratio(name: str, months: Months, first: int, last: int) -> pd.DataFrame:
    """What is above and below the line of a key figure between two months, in its unit.

    Returns
    -------
    DataFrame
        ``top, bottom`` by ``customer_no``; without the column ``bottom`` if it is a total.
    """
    top, bottom, _ = _totals(KPIS[name], months, first, last)
    parts = {"top": KPIS[name].times * top} | ({} if bottom is None else {"bottom": bottom})
    return pd.DataFrame(parts).fillna(0.0)


def _available(months: Months, end: int) -> list[str]:
    """Key figures that the summary tells, at most `MOST`, of scores one."""
    found = [name for name in _known(months, end) if KPIS[name].up]
    score = next((name for name in ONE_SCORE if name in found), None)
    return [name for name in found if name not in ONE_SCORE or name == score][:MOST]


def _known(months: Months, end: int) -> list[str]:

    def has(name: str) -> bool:
        return all(
            part is None
            or (
                part.table in months
                and months[part.table].sums["month"].between(end - YEAR + 1, end).any()
                and not (part.months_before and too_young(covered(name, months, _last(months, KPIS[name], end)), YEAR))
            )
            for part in (KPIS[name].top, KPIS[name].bottom)
        )

    found = [name for name in KPIS if has(name)]
    return [name for name in found if INSTEAD.get(name) not in found]


def _compared(name: str, months: Months, end: int) -> dict[str, Any] | None:
    """A row of `compare`; None if the period is empty."""
    kpi = KPIS[name]
    first, last = _period(name, months, end)
    span = last - first + 1
    top, bottom, n = _totals(kpi, months, first, last)
    if not n or (bottom is not None and not bottom.sum()):
        return None
    until = first_day(last + 1) - pd.Timedelta(days=1)
    row = {"kpi": name, "kind": kpi.kind, "months": span, "since": first_day(first), "until": until}
    if too_young(covered(name, months, last), span + YEAR):
        value = kpi.times * top.sum() / (1 if bottom is None else bottom.sum())
        return (
            row
            | {"value": value, "n": n, "n_before": n}
            | dict.fromkeys(["value_before", "change", "change_low", "change_high", "p", "effect"], np.nan)
        )
    top_before, bottom_before, n_before = _totals(kpi, months, last - span + 1 - YEAR, last - YEAR)
    parts = {"top": top, "bottom": bottom, "top_before": top_before, "bottom_before": bottom_before}
    sums = pd.DataFrame({name: part for name, part in parts.items() if part is not None}).fillna(0)
    found = change(sums["top"], sums.get("bottom"), sums["top_before"], sums.get("bottom_before"))
    now, before, low, high = (kpi.times * each for each in found[:4])
    return row | {
        "value": now,
        "value_before": before,
        "change": now - before,
        "change_low": low,
        "change_high": high,
        "n": n,
        "n_before": n_before,
        "p": found.p,
        "effect": _effect(kpi, found.now, found.before, sums),
    }


def _period(name: str, months: Months, end: int) -> tuple[int, int]:
    end = _last(months, KPIS[name], end)
    span = _span(name, months, end)
    last = end if span == YEAR else _full_quarter(end)
    return max(last - span + 1, min(_first(months, KPIS[name]), last)), last


def _span(name: str, months: Months, end: int) -> int:
    """Months a figure looks back: a score with few answers in a quarter takes a year."""
    kpi = KPIS[name]
    if kpi.months == YEAR or name not in METRICS:
        return kpi.months
    sums, last = months[name].sums, _full_quarter(end)
    quarters = [sums.loc[sums["month"].between(at - 2, at), "answers"].sum() for at in (last, last - YEAR)]
    return QUARTER if min(quarters) >= MIN_ANSWERS else YEAR


def _totals(kpi: KPI, months: Months, first: int, last: int) -> tuple[pd.Series, pd.Series | None, int]:
    """Sums by customer above and below the line, and how many customers are behind them."""
    top, bottom = (None if part is None else _total(part, months, first, last) for part in (kpi.top, kpi.bottom))
    assert top is not None
    return top, bottom, len(top.index if bottom is None else bottom.index)


def _total(part: Part, months: Months, first: int, last: int) -> pd.Series:
    table = months[part.table].sums
    inside = table["month"].between(first, last)
    wanted = table["month"].between(first - part.months_before, first - 1) if part.months_before else inside
    if part.lost:
        wanted &= ~table["customer_no"].isin(table.loc[inside, "customer_no"])
    own = table[wanted].groupby("customer_no")[part.column].sum()
    return (own > 0).astype(float) if part.customers else own.astype(float)


def _effect(kpi: KPI, now: float, before: float, sums: pd.DataFrame) -> float:
    """Size of the change on the common scale."""
    if kpi.kind == "share":
        return float(effect_sizes.from_shares(now, before))
    if kpi.kind == "points":
        own = sums[sums["bottom"] > 0]
        spread = np.sqrt(np.average((own["top"] / own["bottom"] - now) ** 2, weights=own["bottom"]))
        return float(effect_sizes.from_points(now - before, spread))
    if kpi.bottom is not None:
        return float(effect_sizes.from_rates(now, before))
    return float(effect_sizes.from_ratio(now / before)) if now > 0 and before > 0 else float("nan")


def _first(months: Months, kpi: KPI) -> int:
    """First month from which on the figure can be known: the later beginning of its parts."""
    return max(months[part.table].first + part.months_before for part in (kpi.top, kpi.bottom) if part is not None)


def _last(months: Months, kpi: KPI, end: int) -> int:
    """Last month up to which the figure is known: an export may be older than the day of the run."""
    return min(end, *(months[part.table].last for part in (kpi.top, kpi.bottom) if part is not None))


def _full_month(day: date) -> int:
    """The last month that is over on the evening of the day."""
    month = 12 * day.year + day.month - 1
    return month if (pd.Timestamp(day) + pd.Timedelta(days=1)).day == 1 else month - 1


def _full_quarter(month: int) -> int:
    """The last month of the last quarter that is over with the month."""
    return month - (month + 1) % 3


def first_day(month: int) -> pd.Timestamp:
    """First day of a month."""
    return pd.Timestamp(month // 12, month % 12 + 1, 1)
