"""One row per customer: who they are, what they did and what they said, as one Ibis expression per table.

The same expressions run on any engine of `engine`, with equal results. Money is added up in whole ten-thousandths,
because sums of floating point depend on the order in which threads finish; and nothing counts distinct texts, because
two small tables, one of a customer's orders and one of the customers, cost less time and memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from ..places import with_areas
from ..tables import Tables
from . import contract
from .config.dataset import (
    AGE_BAND_STARTS,
    AGE_BANDS,
    EMPLOYEES_BAND_STARTS,
    EMPLOYEES_BANDS,
    REVENUE_BAND_STARTS,
    REVENUE_BANDS,
    Attribute,
)
from .config.derived import derive
from .engine import EngineName, fetch, open_engine
from .reuse import with_profile
from .rows_read import told
from .visitors import NEW_DAYS

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

DAYS_OF_A_YEAR = 365
_HOUR = 3_600_000_000  # microseconds
_PARTS = 10_000  # money and quantities count to the fourth decimal
_COUNTS = {
    "transactions": ("orders", "items", "spend", "orders_365d", "spend_365d", "categories"),
    "contacts": ("contacts",),
    "interactions": ("sessions", "touchpoints", "linked_touchpoints"),
    "campaigns": ("offers", "offer_responses"),
    "tickets": ("tickets", "open_tickets", "reopened_tickets"),
    "feedback": ("answers", "comments"),
}
_FIRST = ("customer_id", "customer_no", "sources", "consent")
# How the words of a contact's role begin or go on, English and German, and the decision level they stand for; the first
# that fits counts, and no other role decides.
_LEVEL_OF_ROLE = (
    (r"assist|sekret|secret", 0),
    (r"vice|middle", 1),
    (r"^(top )?management$|^executive|\bc[efitom]o\b|chief|president|owner|founder|managing|gesch(ä|ae)ftsf|vorst", 2),
    (r"inhaber|gesellschafter|prokur|\bboard\b", 2),
    (r"head|direktor|director|lead|leit|manag|chef|\bvp\b", 1),
)


def build_profile(
    tables: Tables,
    as_of: date,
    attributes: Mapping[str, Attribute],
    engine: EngineName = "duckdb",
    memory_limit: str | None = None,
    new_days: int = NEW_DAYS,
) -> pd.DataFrame:
    """Build the profile from the canonical tables of a run, or take it if it is kept with them, see `reuse`.

    Parameters
    ----------
    tables : Tables
        Tables that `collect` wrote; `customers` at least.
    as_of : date
        Date of the run: ages, tenures and recency count from it.
    attributes : mapping of str to Attribute
        Attributes of the data set, see `Dataset.attributes`.
    engine : {"duckdb", "spark"}
        What computes it; the result is the same.
    memory_limit : str, optional
        For the engine, e.g. ``"2GB"``; beyond it, it spills to disk beside the tables. See `open_engine`.
    new_days : int
        A customer first seen (signed up, bought or visited) within so many days up to `as_of` is new.

    Returns
    -------
    DataFrame, shape (customers, columns)
        Ordered by customer_no. Counts are 0 where a table exists but not for this customer; a column that no
        source fills is absent.

    Raises
    ------
    EnvironmentFailed
        If the engine is missing or runs out of memory or disk.
    """
    made_by = {
        "as_of": as_of.isoformat(),
        "attributes": {name: attribute.model_dump_json() for name, attribute in attributes.items()},
        "new_days": new_days,
    }

    def build() -> pd.DataFrame:
        return _build(tables, as_of, attributes, engine, memory_limit, new_days)

    return with_profile(tables, (*EXPRESSIONS, "areas"), made_by, build)


def _build(
    tables: Tables,
    as_of: date,
    attributes: Mapping[str, Attribute],
    engine: EngineName,
    memory_limit: str | None,
    new_days: int,
) -> pd.DataFrame:
    import pyarrow.parquet as pq

    rows_of = {name: pq.read_metadata(tables.path(name)).num_rows for name in EXPRESSIONS if tables.has(name)}
    with (
        told("profile", sum(rows_of.values()), tables.folder) as done,
        open_engine(engine, tables.folder, memory_limit) as connection,
    ):
        read = {name: connection.read_parquet(str(tables.path(name))) for name in rows_of}
        who = _sized(_who(read["customers"], as_of, "age_band" in attributes), attributes)
        profile = fetch(who)
        done(rows_of["customers"])
        for name, expression in EXPRESSIONS.items():
            if name in read and name != "customers":
                known = read[name].filter(read[name].customer_no.notnull())
                part = fetch(expression(known, as_of))
                rows = len(profile)
                profile = profile.merge(part, on="customer_no", how="left", validate="one_to_one")
                assert len(profile) == rows, f"joining {name} changed the number of customers"
                counts = [column for column in _COUNTS[name] if column in part]
                profile[counts] = profile[counts].fillna(0)
                done(rows_of[name])
    if tables.has("areas"):
        profile = with_areas(profile, tables.read("areas"))
    profile = _newness(profile, as_of, new_days).sort_values("customer_no", ignore_index=True)
    assert profile.customer_no.is_unique, "a customer has two rows in the profile"
    assert profile.customer_id.is_unique, "two customers share a pseudonym"
    profile = _tidy(profile)
    derived = {name: derive(profile, of.derived, attributes) for name, of in attributes.items() if of.derived}
    return profile.assign(**{name: values for name, values in derived.items() if values.notna().any()})


def _who(customers: Table, as_of: date, banded: bool) -> Table:
    import ibis

    today = ibis.literal(as_of)
    born = customers.birth_date
    birthday_ahead = born.month() * 100 + born.day() > today.month() * 100 + today.day()
    years = today.year() - born.year() - birthday_ahead.cast("int64")
    age = ibis.coalesce(customers.age, years.cast("int64"))
    given = customers.age_band.notnull().any().as_scalar()
    derived = _band(age, AGE_BAND_STARTS, AGE_BANDS) if banded else ibis.null("string")
    return customers.mutate(
        age=age,
        age_band=ibis.ifelse(given, customers.age_band, derived),
        tenure_days=_days(as_of, customers.signup_date),
    ).drop("birth_date")


def _sized(customers: Table, attributes: Mapping[str, Attribute]) -> Table:
    """Customers with the size class of their staff and revenue, where these are given as numbers only."""
    classes = {"employees": (EMPLOYEES_BAND_STARTS, EMPLOYEES_BANDS), "revenue": (REVENUE_BAND_STARTS, REVENUE_BANDS)}
    derived = {
        f"{name}_band": customers[f"{name}_band"].fill_null(_band(customers[name], *sizes))
        for name, sizes in classes.items()
        if f"{name}_band" in attributes and attributes[f"{name}_band"].order == sizes[1]
    }
    return customers.mutate(**derived) if derived else customers


def _band(number: Value, starts: tuple[int, ...], bands: tuple[str, ...]) -> Value:
    import ibis

    return ibis.cases(*((number >= start, band) for start, band in reversed(list(zip(starts, bands, strict=True)))))


def _days(as_of: date, moment: Value) -> Value:
    """Days from a moment's day to the run's date."""
    import ibis

    return ibis.literal(as_of).delta(moment.date(), unit="day")


def _bought(lines: Table, as_of: date) -> Table:
    import ibis

    a_year_ago = pd.Timestamp(as_of - timedelta(days=DAYS_OF_A_YEAR - 1))
    order = ibis.coalesce(lines.order_id, lines.at.cast("string"))
    orders = lines.group_by("customer_no", order=order).aggregate(last_at=lines.at.max())
    orders = orders.group_by("customer_no").aggregate(
        orders=orders.count(),
        orders_365d=(orders.last_at >= a_year_ago).sum(),
        last_order_at=orders.last_at.max(),
    )
    amount = _parts(lines.amount)
    totals = lines.group_by("customer_no").aggregate(
        items=_whole(_parts(lines.quantity.fill_null(1)).sum()),
        spend=_whole(amount.sum()),
        first_order_at=lines.at.min(),
        spend_365d=_whole(amount.sum(where=lines.at >= a_year_ago)),
        discount=_whole(_parts(lines.discount).sum()),
    )
    totals = orders.inner_join(totals, "customer_no")
    before_discount = totals.spend + totals.discount
    totals = totals.mutate(
        basket_value=totals.spend / totals.orders,
        recency_days=_days(as_of, totals.last_order_at),
        discount_share=ibis.ifelse(before_discount > 0, totals.discount / before_discount, None),
    ).drop("discount")
    totals = _with_most_frequent(totals, lines, "category", "top_category", "categories")
    return _with_most_frequent(totals, lines, "channel", "main_order_channel")


def _parts(number: Value) -> Value:
    """A number in whole ten-thousandths, which add up exactly in any order."""
    return (number * _PARTS).round().cast("int64")


def _whole(parts: Value) -> Value:
    return parts.cast("float64") / _PARTS


def _met(touches: Table, as_of: date) -> Table:
    totals = touches.group_by("customer_no").aggregate(
        touchpoints=touches.count(),
        linked_touchpoints=touches.linked.fill_null(False).sum(),
        first_touch_at=touches.at.min(),
        last_touch_at=touches.at.max(),
    )
    totals = _with_number_of(totals, touches, "session_id", "sessions")
    return _with_most_frequent(totals, touches, "channel", "main_touch_channel")


def _worked_with(contacts: Table, as_of: date) -> Table:
    import ibis

    role = contacts.role.lower()
    level = ibis.cases(*((role.re_search(words), level) for words, level in _LEVEL_OF_ROLE), else_=0)
    found = contacts.mutate(level=ibis.ifelse(role.isnull(), None, level)).group_by("customer_no")
    totals = found.aggregate(contacts=lambda of: of.person_no.nunique(), level=lambda of: of.level.max())
    highest = ibis.cases(*((totals.level == at, name) for at, name in enumerate(contract.DECISION_LEVELS)))
    return totals.mutate(**{contract.DECISION_LEVEL: highest}).drop("level")


def _offered(offers: Table, as_of: date) -> Table:
    sent = offers.filter(~offers.control_group.fill_null(False))
    return sent.group_by("customer_no").aggregate(
        offers=sent.count(), offer_responses=sent.responded.fill_null(False).sum()
    )


def _asked_for_help(tickets: Table, as_of: date) -> Table:
    # Engines agree on microseconds; some round whole seconds, others cut them off.
    duration = tickets.closed_at.delta(tickets.opened_at, unit="microsecond")
    return tickets.group_by("customer_no").aggregate(
        tickets=tickets.count(),
        open_tickets=tickets.closed_at.isnull().sum(),
        reopened_tickets=tickets.reopened.fill_null(False).sum(),
        resolution_hours=duration.median().cast("float64") / _HOUR,
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


EXPRESSIONS: dict[str, Callable[..., Table]] = {
    "customers": _who,
    "contacts": _worked_with,
    "transactions": _bought,
    "interactions": _met,
    "campaigns": _offered,
    "tickets": _asked_for_help,
    "feedback": _said,
}


def _with_most_frequent(totals: Table, rows: Table, column: str, name: str, number: str | None = None) -> Table:
    """Each customer's most frequent value of a column, unknown if several are equally frequent; and their number.

    Broken by name, ties would favour what comes first in the alphabet, among those with few rows most of all.
    """
    import ibis

    known = rows.filter(rows[column].notnull())
    counts = known.group_by("customer_no", column).aggregate(n=known.count())
    # Grouped by how frequent they are and not joined with the most frequent, counts are made once.
    ranks = counts.group_by("customer_no", "n").aggregate(values=counts.count(), value=counts[column].min())
    top = ranks.group_by("customer_no").aggregate(
        **{name: ranks.value.argmax(ranks.n)}, tied=ranks["values"].argmax(ranks.n), number=ranks["values"].sum()
    )
    top = top.mutate(**{name: ibis.ifelse(top.tied == 1, top[name], None)}).drop("tied")
    top = top.rename({number: "number"}) if number else top.drop("number")
    return totals.left_join(top, "customer_no").drop("customer_no_right")


def _with_number_of(totals: Table, rows: Table, column: str, name: str) -> Table:
    """How many different values of a column each customer has."""
    values = rows.filter(rows[column].notnull()).select("customer_no", column).distinct()
    number = values.group_by("customer_no").aggregate(**{name: values.count()})
    return totals.left_join(number, "customer_no").drop("customer_no_right")


def _newness(profile: pd.DataFrame, as_of: date, new_days: int) -> pd.DataFrame:
    """The profile with the first day a customer is known of, and whether that is recent."""
    firsts = [name for name in ("signup_date", "first_order_at", "first_touch_at") if name in profile]
    first = profile[firsts].min(axis=1) if firsts else pd.Series(pd.NaT, index=profile.index)
    first = first.astype("datetime64[us]")
    recent = first > pd.Timestamp(as_of - timedelta(days=new_days))
    return profile.assign(first_seen_at=first, is_new=recent.astype("boolean").mask(first.isna()))


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


def column_types() -> dict[str, dict[str, str]]:
    """Types of all columns that a profile can have, by the table that they come from; nothing is read.

    What a data set adds of its own, and what dataset.yaml derives, is not among them.

    Returns
    -------
    dict
        From table to types by column, ``{"transactions": {"orders": "int64", …}, …}``; columns that are made of several
        tables stand under ``profile``.
    """
    import ibis

    as_of, types = date(2000, 1, 1), {}
    for name, expression in EXPRESSIONS.items():
        kept = {column: _IBIS_TYPES[contract.DTYPES[field.kind]] for column, field in contract.kept(name).items()}
        table = ibis.table(kept, name=name)
        made = _who(table, as_of, banded=True) if name == "customers" else expression(table, as_of)
        types[name] = {column: str(made[column].type()) for column in made.columns}
        if name != "customers":
            del types[name]["customer_no"]
    return types | {"profile": {"first_seen_at": "timestamp", "is_new": "boolean"}}


_IBIS_TYPES = {
    "str": "string",
    "Int64": "int64",
    "float64": "float64",
    "datetime64[us]": "timestamp",
    "boolean": "boolean",
}
