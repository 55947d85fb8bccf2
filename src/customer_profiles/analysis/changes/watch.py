"""Do service cases or bad comments pile up these days? A crisis is to be told when it shows, not with the quarter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.families import ALPHA, Family
from ...stats.segmented import noise_covariance
from ..feedback.change_points import search

BACK, WATCHED, SHORTEST = 182, 28, 2
"""Days that are looked at, at the end of which a rise is looked for, and that it has lasted at least."""
WHOLE = BACK + WATCHED
"""Days that are needed: how much a day varies is learnt from those before the watched ones."""
SERIES = {"tickets": N_("Service cases"), "negative": N_("Negative comments")}
NAMES = (N_("Series"), N_("Per day"), N_("Per day before"))
"""Headings of the table that no other table has."""
COLUMNS = ["series", "at", "n", "per_day_before", "per_day", "p", "p_adjusted", "claim"]
ROSE = Claims(
    "watch",
    N_("{series:label} pile up since {at:day}: {per_day:number} a day, {per_day_before:number} in the months before."),
    {"series": lambda row: Text(row.series), "at": lambda row: row.at.date()},
    key=("key",),
    nothing=N_("Neither service cases nor negative comments pile up in these days more than chance explains."),
    test=N_("supremum test of a break, simulated series, Benjamini–Hochberg"),
    n="n",
    effect=0.5,
)


def watch(happened: Mapping[str, pd.DataFrame], as_of: date, level: float = ALPHA, seed: int = 1) -> Result:
    """The largest rise of each daily series within the last weeks, and whether chance makes such.

    Parameters
    ----------
    happened : mapping of str to DataFrame
        By the name of `SERIES`: ``at, customer_no`` of what happened.
    as_of : date
        Day of the run: what is watched ends with it, or with the last record of any series within a week of it.
    level : float
        False discovery rate that this run may spend, see `spending.since_day`.
    seed : int
        Of the simulated series.

    Returns
    -------
    Result
        ``series, at`` (first day of the rise)``, n`` (customers since then; whoever is not known counts as one)``,
        per_day_before, per_day, p, p_adjusted, claim``. Numbers a day are tested as square roots, which makes their
        chance the same on busy and on quiet days (Anscombe 1948), beside weekdays and a trend.
    """
    rows = [row for name in SERIES if (row := _rise(happened[name], name, pd.Timestamp(as_of), seed))]
    table = pd.DataFrame(rows, columns=["key", *(name for name in COLUMNS if name not in ("p_adjusted", "claim"))])
    family = Family.of(table["p"])
    table["p_adjusted"] = family.adjust(table["p"])
    table["claim"] = (table["p_adjusted"] <= level) & (table["per_day"] > table["per_day_before"])
    title = Text(N_("What piles up in these days"))
    return Result(
        "watch", table, title, OVERLAPPING, partial(ROSE.tell, family=family.size), family.size, columns=COLUMNS
    )


def _rise(rows: pd.DataFrame, name: str, end: pd.Timestamp, seed: int) -> dict:
    """Row of `watch`; nothing where the series is shorter than what is looked at, or ends long before."""
    day = pd.to_datetime(rows["at"]).dropna().dt.normalize()  # a table without rows has no types
    day = day[day <= end]
    if day.empty or day.min() > end - pd.Timedelta(days=WHOLE - 1) or day.max() < end - pd.Timedelta(days=7):
        return {}
    days = pd.date_range(end=day.max(), periods=WHOLE)
    n = day.value_counts().reindex(days, fill_value=0).to_numpy(dtype=float)
    weekdays = pd.get_dummies(days.day_of_week, dtype=float).to_numpy()
    y, x = np.sqrt(n + 0.375), np.column_stack([weekdays, np.linspace(-1, 1, WHOLE)])
    covariance = noise_covariance(y[:BACK], x[:BACK], np.full(BACK, 0.25))
    days, n, y, x = (each[WATCHED:] for each in (days, n, y, x))
    places = np.arange(BACK - WATCHED, BACK - SHORTEST + 1)
    steps, errors, chance = search(y, x, covariance, places, seed)
    best = int(np.argmax(steps / errors))
    since = rows.loc[rows["at"] >= days[places[best]]]
    return {
        "key": name,
        "series": SERIES[name],
        "at": days[places[best]],
        "n": int(since["customer_no"].nunique() + since["customer_no"].isna().sum()),
        "per_day_before": n[: places[best]].mean(),
        "per_day": n[places[best] :].mean(),
        "p": (1 + (chance >= (steps / errors)[best]).sum()) / (1 + len(chance)),
    }
