"""One row per customer: who they are, what they did and what they said, as one Ibis expression per table.

Money is summed as exact decimals: sums of floating point depend on the order in which threads finish.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from ..tables import Tables
from . import contract
from .config import AGE_BAND_STARTS, AGE_BANDS, Attribute

if TYPE_CHECKING:
    from ibis.backends import BaseBackend
    from ibis.expr.types import Table, Value

DAYS_OF_A_YEAR = 365
_MONEY = "decimal(18, 4)"
_COUNTS = {
    "transactions": ("orders", "items", "spend", "orders_365d", "spend_365d", "categories"),
    "interactions": ("sessions", "touchpoints"),
    "campaigns": ("offers", "offer_responses"),
    "tickets": ("tickets", "open_tickets", "reopened_tickets"),
    "feedback": ("answers", "comments"),
}
_FIRST = ("customer_id", "customer_no", "sources", "consent")


def build_profile(
    tables: Tables, as_of: date, attributes: Mapping[str, Attribute], memory_limit: str | None = None
) -> pd.DataFrame:
    """Build the profile from the canonical tables of a run.

    Parameters
    ----------
    tables : Tables
        Tables that `collect` wrote; `customers` at least.
    as_of : date
        Date of the run: ages, tenures and recency count from it.
    attributes : mapping of str to Attribute
        Attributes of the data set, see `Dataset.attributes`.
    memory_limit : str, optional
        For the engine, e.g. ``"2GB"``; beyond it, it spills to disk beside the tables.

    Returns
    -------
    DataFrame, shape (customers, columns)
        Ordered by customer_no. Counts are 0 where a table exists but not for this customer; a column that no
        source fills is absent.
    """
    with _engine(tables, memory_limit) as engine:
        read = {name: engine.read_parquet(str(tables.path(name))) for name in EXPRESSIONS if tables.has(name)}
        profile = _who(read["customers"], as_of, "age_band" in attributes).to_pyarrow().to_pandas()
        for name, expression in EXPRESSIONS.items():
            if name in read and name != "customers":
                known = read[name].filter(read[name].customer_no.notnull())
                part = expression(known, as_of).to_pyarrow().to_pandas()
                rows = len(profile)
                profile = profile.merge(part, on="customer_no", how="left", validate="one_to_one")
                assert len(profile) == rows, f"joining {name} changed the number of customers"
                counts = [column for column in _COUNTS[name] if column in part]
                profile[counts] = profile[counts].fillna(0)
    profile = profile.sort_values("customer_no", ignore_index=True)
    assert profile.customer_no.is_unique, "a customer has two rows in the profile"
    assert profile.customer_id.is_unique, "two customers share a pseudonym"
    return _tidy(profile)


@contextmanager
def _engine(tables: Tables, memory_limit: str | None) -> Iterator[BaseBackend]:
    """DuckDB, spilling beside the tables. Ibis 12 uses calls of DuckDB and pandas that these have deprecated since."""
    import ibis

    settings = {"memory_limit": memory_limit} if memory_limit else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        engine = ibis.duckdb.connect(temp_directory=str(tables.folder / ".spill"), **settings)
        try:
            yield engine
        finally:
            engine.disconnect()


def _who(customers: Table, as_of: date, banded: bool) -> Table:
    import ibis

    today = ibis.literal(as_of)
    born = customers.birth_date
    birthday_ahead = born.month() * 100 + born.day() > today.month() * 100 + today.day()
    years = today.year() - born.year() - birthday_ahead.cast("int64")
    age = ibis.coalesce(customers.age, years.cast("int64"))
    given = customers.age_band.notnull().any().as_scalar()
    derived = _band(age) if banded else ibis.null("string")
    return customers.mutate(
        age=age,
        age_band=ibis.ifelse(given, customers.age_band, derived),
        tenure_days=_days(as_of, customers.signup_date),
    ).drop("birth_date")


def _band(age: Value) -> Value:
    import ibis

    starts = reversed(list(zip(AGE_BAND_STARTS, AGE_BANDS, strict=True)))
    return ibis.cases(*((age >= start, band) for start, band in starts))


def _days(as_of: date, moment: Value) -> Value:
    """Days from a moment's day to the run's date."""
    import ibis

    return ibis.literal(as_of).delta(moment.date(), unit="day")


def _bought(lines: Table, as_of: date) -> Table:
    import ibis

    a_year_ago = pd.Timestamp(as_of - timedelta(days=DAYS_OF_A_YEAR - 1))
    recent = lines.at >= a_year_ago
    order = ibis.coalesce(lines.order_id, lines.at.cast("string"))
    amount, discount = lines.amount.cast(_MONEY), lines.discount.cast(_MONEY)
    totals = lines.group_by("customer_no").aggregate(
        orders=order.nunique(),
        items=lines.quantity.fill_null(1).cast(_MONEY).sum().cast("float64"),
        spend=amount.sum().cast("float64"),
        first_order_at=lines.at.min(),
        last_order_at=lines.at.max(),
        orders_365d=order.nunique(where=recent),
        spend_365d=amount.sum(where=recent).cast("float64"),
        categories=lines.category.nunique(),
        discount=discount.sum().cast("float64"),
    )
    before_discount = totals.spend + totals.discount
    totals = totals.mutate(
        basket_value=totals.spend / totals.orders,
        recency_days=_days(as_of, totals.last_order_at),
        discount_share=ibis.ifelse(before_discount > 0, totals.discount / before_discount, None),
    ).drop("discount")
    return _with_most_frequent(totals, lines, {"top_category": "category", "main_order_channel": "channel"})


def _met(touches: Table, as_of: date) -> Table:
    totals = touches.group_by("customer_no").aggregate(
        sessions=touches.session_id.nunique(), touchpoints=touches.count(), last_touch_at=touches.at.max()
    )
    return _with_most_frequent(totals, touches, {"main_touch_channel": "channel"})


def _offered(offers: Table, as_of: date) -> Table:
    sent = offers.filter(~offers.control_group.fill_null(False))
    return sent.group_by("customer_no").aggregate(
        offers=sent.count(), offer_responses=sent.responded.fill_null(False).sum()
    )


def _asked_for_help(tickets: Table, as_of: date) -> Table:
    hours = tickets.closed_at.delta(tickets.opened_at, unit="second") / 3600
    return tickets.group_by("customer_no").aggregate(
        tickets=tickets.count(),
        open_tickets=tickets.closed_at.isnull().sum(),
        reopened_tickets=tickets.reopened.fill_null(False).sum(),
        resolution_hours=hours.median(),
    )


def _said(feedback: Table, as_of: date) -> Table:
    totals = feedback.group_by("customer_no").aggregate(
        answers=feedback.score.count(), comments=(feedback.text.notnull() & (feedback.text != "")).sum()
    )
    for metric in ("nps", "csat", "stars"):
        scored = feedback.filter(feedback.metric == metric, feedback.score.notnull())
        latest = scored.group_by("customer_no").mutate(latest=scored.at.max())
        latest = latest.filter(latest.at == latest.latest)
        # Of two answers at the same moment the lower counts: which came last cannot be told.
        score = latest.group_by("customer_no").aggregate(**{f"{metric}_score": latest.score.min()})
        totals = totals.left_join(score, "customer_no").drop("customer_no_right")
    return totals


EXPRESSIONS = {
    "customers": _who,
    "transactions": _bought,
    "interactions": _met,
    "campaigns": _offered,
    "tickets": _asked_for_help,
    "feedback": _said,
}


def _with_most_frequent(totals: Table, rows: Table, columns: Mapping[str, str]) -> Table:
    """Each customer's most frequent value of some columns; of equally frequent ones the first by name."""
    import ibis

    for name, column in columns.items():
        known = rows.filter(rows[column].notnull())
        counts = known.group_by(["customer_no", column]).aggregate(n=known.count())
        order = ibis.window(group_by="customer_no", order_by=[counts.n.desc(), counts[column]])
        ranked = counts.mutate(rank=ibis.row_number().over(order))
        top = ranked.filter(ranked["rank"] == 0).select("customer_no", **{name: ranked[column]})
        totals = totals.left_join(top, "customer_no").drop("customer_no_right")
    return totals


def _tidy(profile: pd.DataFrame) -> pd.DataFrame:
    """Identity first, whole numbers whole, texts as text, and no column without a value."""
    counts = [column for columns in _COUNTS.values() for column in columns]
    columns = {}
    for name in [*_FIRST, *(column for column in profile if column not in _FIRST)]:
        values = profile[name]
        if name not in ("customer_id", "customer_no") and values.isna().all():
            continue
        if name in counts and name not in ("spend", "spend_365d", "items"):
            values = values.astype("int64")
        elif name in ("age", "tenure_days", "recency_days", "employees"):
            values = values.astype("Int64")
        elif name == "consent" or (contract.kept("customers").get(name) is not None and values.dtype == "bool"):
            values = values.astype("boolean")
        elif values.dtype == "object":
            values = values.astype("boolean" if values.dropna().map(type).eq(bool).all() else "str")
        columns[name] = values
    return pd.DataFrame(columns)
