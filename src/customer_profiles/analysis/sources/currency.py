"""How recent the data are: the newest row of each source, and how long ago customers were first and last heard of."""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import NOBODY, ONE_MARGIN, Result
from ...stats.claims import Claims, fact, shown
from ...stats.intervals import wilson

STALE_DAYS = 90
"""A source whose newest row is older than a quarter no longer describes customers as they are."""

_MOST_NAMED = 3
_UNTOLD = "unknown"


def newest(dated: pd.DataFrame, as_of: date, customers: int) -> Result:
    """Age of the newest row of each source, oldest first.

    Parameters
    ----------
    dated : DataFrame
        Sources with a date: ``source, table, first, last``, and ``of_customers`` (whether its rows are customers').
    as_of : date
        Day of the run.
    customers : int
        Number of customers, the base of what is said.

    Returns
    -------
    Result
        source, table, first, last, age_days (from the newest row to the run's date).
    """
    table = dated.assign(age_days=(pd.Timestamp(as_of) - dated["last"].dt.normalize()).dt.days)
    table = table.sort_values(["age_days", "source"], ascending=[False, True], ignore_index=True)
    return Result(
        "currency",
        table,
        Text(N_("Age of the newest row of each source")),
        NOBODY,
        claims=partial(_stale, customers=customers),
        about=Text(N_("Days from the newest row to the day of the run.")),
        columns=("source", "table", "first", "last", "age_days"),
    )


def join_small(bands: pd.Series, least: int) -> pd.Series:
    """Bands of which none holds fewer customers than may be shown, where neighbours can be joined.

    Parameters
    ----------
    bands : Series of Interval
        As `pandas.cut` makes them.
    least : int
        Smallest group that may be shown.

    >>> days = pd.Series([3, 40, 50, 60, 400, 500, 800])
    >>> join_small(pd.cut(days, [-1, 90, 365, 730, np.inf]), 3).value_counts(sort=False).to_dict()
    {Interval(-1.0, 90.0, closed='right'): 4, Interval(90.0, 365.0, closed='right'): 0, \
Interval(365.0, inf, closed='right'): 3}
    """
    joined: list[list[int]] = []  # codes of the bands that stand together
    sizes = np.bincount(bands.cat.codes[bands.notna()], minlength=len(bands.cat.categories))
    for code in range(len(sizes)):
        if joined and 0 < sizes[joined[-1]].sum() < least:
            joined[-1].append(code)
        else:
            joined.append([code])
    while len(joined) > 1 and 0 < sizes[joined[-1]].sum() < least:
        joined[-2:] = [joined[-2] + joined[-1]]
    old = bands.cat.categories
    new = pd.IntervalIndex([pd.Interval(old[codes[0]].left, old[codes[-1]].right) for codes in joined])
    number = {code: place for place, codes in enumerate(joined) for code in codes} | {-1: -1}
    codes = bands.cat.codes.map(number)
    return pd.Series(pd.Categorical.from_codes(codes, new, ordered=True), index=bands.index)


def last_traces(bands: pd.Series, max_age_days: int) -> Result:
    """Customers by the days since they last did something or their data were recorded.

    Parameters
    ----------
    bands : Series of Interval
        Days since the last trace of each customer, cut into bands by `pandas.cut`; missing where no source tells.
    max_age_days : int
        Customers in bands beyond it are called outdated.

    Returns
    -------
    Result
        days (band, ``unknown`` if no source tells), n, base (all customers), share with share_low and share_high.
    """
    old = [band for band in bands.cat.categories if band.left >= max_age_days]
    values = {"days": int(old[0].left) if old else 0}
    claims = partial(_outdated, bands={_name(band) for band in old}, values=values)
    title = Text(N_("Customers by the days since their last trace"))
    about = Text(N_("By days, share of {n:count} customers."), {"n": len(bands)})
    return Result("trace_ages", _counted(bands, "days"), title, ONE_MARGIN, claims, about=about)


def first_seen(bands: pd.Series, new_days: int) -> Result:
    """Customers by the days since they were first seen.

    Parameters
    ----------
    bands : Series of Interval
        Days since each customer signed up, bought or visited for the first time, cut by `pandas.cut`; missing where no
        source tells.
    new_days : int
        Customers first seen within so many days are new; told if the first band is theirs.

    Returns
    -------
    Result
        known_days (band), n, base (customers of whom it is known), share with share_low and share_high.
    """
    known = bands.dropna()
    title = Text(N_("Customers by the days since they were first seen"))
    about, claims = Text(N_("By days, share of {n:count} customers."), {"n": len(known)}), partial(_new, days=new_days)
    return Result("first_seen", _counted(known, "known_days"), title, ONE_MARGIN, claims, about=about)


def recent_share(ages: pd.DataFrame, newest_at: pd.Series, as_of: date, max_age_days: int) -> pd.Series:
    """Currency of each source as a share.

    Of a source that describes customers, it is the share of dated values that are no older than `max_age_days`; of a
    source of events, it falls from 1 (an event on the day of the run) to 0 (no event for so many days).

    Parameters
    ----------
    ages : DataFrame
        Values of sources that describe customers: ``source, age`` (days, missing if nothing tells), ``n``.
    newest_at : Series
        Newest event by source of events; files of one system taken together.
    as_of : date
        Day of the run.
    """
    dated = ages.dropna(subset="age")
    recent = dated["n"].where(dated["age"] <= max_age_days, 0).groupby(dated["source"]).sum()
    age = (pd.Timestamp(as_of) - newest_at.dropna().dt.normalize()).dt.days.clip(lower=0)
    return pd.concat([recent / dated.groupby("source")["n"].sum(), (1 - age / max_age_days).clip(lower=0)])


def _counted(bands: pd.Series, key: str) -> pd.DataFrame:
    """Customers in each band, empty ones included, and those of whom nothing is known where there are any."""
    names = [_name(band) for band in bands.cat.categories]
    counts = np.bincount(bands.cat.codes[bands.notna()], minlength=len(names))
    table = pd.DataFrame({key: pd.Series(names, dtype="str"), "n": counts})
    if bands.isna().any():
        table.loc[len(table)] = [_UNTOLD, int(bands.isna().sum())]
    table = table.assign(base=len(bands))[: None if len(bands) else 0]
    low, high = wilson(table["n"], table["base"])
    return table.assign(share=table["n"] / table["base"], share_low=low, share_high=high)


def _name(band: pd.Interval) -> str:
    """Name of a band of whole days.

    >>> _name(pd.Interval(-1, 90)), _name(pd.Interval(90, float("inf")))
    ('0–90', '91+')
    """
    return f"{int(band.left) + 1}+" if np.isinf(band.right) else f"{int(band.left) + 1}–{int(band.right)}"


def _outdated(table: pd.DataFrame, bands: set[str], values: dict[str, int]) -> list[Finding]:
    """Customers in the oldest bands; nothing if one of these is hidden, because the sum would give it back."""
    rows = table[table["days"].isin(bands)]
    old, customers = int(rows["n"].sum()), int(table["base"].max())
    if not old or len(shown(rows)) < len(rows):
        return []
    low, high = wilson(old, customers)
    message = N_(
        "{share:share} of the customers ({n:count} of {base:count}) have left no trace in any source for more than "
        "{days:count} days. What is known of them may no longer be true."
    )
    told = {"share": old / customers, "n": old, "base": customers} | values
    test, interval = N_("Wilson interval"), (float(low), float(high))
    return [Finding(message, told, id="outdated", n=customers, interval=interval, test=test)]


NEW = Claims(
    "new_customers",
    N_(
        "{n:count} of {base:count} customers ({share:share}) are new: they were first seen in the last "
        "{days:count} days."
    ),
    effect=0.0,
    kind="fact",
)


def _new(table: pd.DataFrame, days: int) -> list[Finding]:
    recent = table[table["known_days"] == _name(pd.Interval(-1, days - 1))].assign(days=days)
    return NEW.each(recent)


STALE = fact(
    "stale",
    N_("The newest row of the source “{source:value}” is {days:count} days old ({last:day})."),
    {"days": "age_days", "last": lambda row: row.last.date()},
    key=("source",),
    most=_MOST_NAMED,
)


def _stale(table: pd.DataFrame, customers: int) -> list[Finding]:
    latest = table.drop_duplicates("table", keep="last")  # last year's file beside this year's
    old = latest[(latest["age_days"] > STALE_DAYS) & latest["of_customers"]].assign(base=customers)
    return STALE.each(old)
