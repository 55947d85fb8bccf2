"""Who visits without saying who they are, and which of these visits a later login tells to be a customer's.

A visitor is a device or browser, known by the ``anonymous_id`` that a web site or an app gives it. When somebody
logs in, its earlier visits are linked to that customer: those of the last days before the first login, and those
without a login afterwards. A visitor with whom two customers logged in is a shared device: nothing of it is linked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..codes import ANONYMOUS, KNOWN, LINKED, SHARED
from ..tables import Tables
from .engine import fetch, open_engine
from .sessions import SESSION_GAP_MINUTES, with_sessions

if TYPE_CHECKING:
    from ibis.expr.types import Table

# Who used the device a month before its login is probably the same person; the longer before, the less so.
LINK_DAYS = 30
# A quarter: what reports on customer growth usually call new.
NEW_DAYS = 90

_ROW = "file_row_number"  # as DuckDB calls it
_COLUMNS = {"anonymous_id": "str", "kind": "str", "first_at": "datetime64[us]", "last_at": "datetime64[us]"}
_COLUMNS |= dict.fromkeys(("sessions", "touchpoints", "linked"), "int64")


def prepare_touches(
    tables: Tables,
    link_days: int = LINK_DAYS,
    session_minutes: int = SESSION_GAP_MINUTES,
    memory_limit: str | None = None,
) -> None:
    """Complete the table of interactions and write that of visitors.

    Sessions are derived where they are missing, and rows without a login get their customer where `link` finds one.
    Both happen in DuckDB, which uses the disk for what exceeds the memory; a table in which there is neither to do is
    left as it is.

    Parameters
    ----------
    tables : Tables
        The run's; ``interactions`` at least.
    link_days, session_minutes : int
        As dataset.yaml says under ``visitors``.
    memory_limit : str, optional
        Of the engine, see `open_engine`.
    """
    with open_engine("duckdb", tables.folder, memory_limit) as engine:
        touches = engine.read_parquet(str(tables.path("interactions")), file_row_number=True)
        told = fetch(touches.aggregate(rows=touches.count(), sessions=touches.session_id.count()))
        without_session = session_minutes > 0 and bool(told.sessions[0] < told.rows[0])
        if without_session:
            touches = with_sessions(touches, session_minutes)
        visitors = visitors_of(touches)
        seen = fetch(visitors.select("anonymous_id", "customers", "nameless"))
        if without_session or ((seen.customers == 1) & (seen.nameless > 0)).any():
            _rewrite(tables, link(touches, visitors, link_days))
            touches = engine.read_parquet(str(tables.path("interactions")))
        tables.write("visitors", kinds_of(touches, seen))


def _rewrite(tables: Tables, touches: Table) -> None:
    """Replace the interactions by others in the same schema and order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(tables.path("interactions"))
    ordered = touches.order_by(_ROW).select(schema.names)
    raw, part = tables.folder / ".interactions.raw", tables.folder / ".interactions.part"
    try:
        ordered.to_parquet(str(raw))
        with pq.ParquetWriter(part, schema) as file:
            for batch in pq.ParquetFile(raw).iter_batches():
                file.write_table(pa.Table.from_batches([batch]).cast(schema))
    finally:
        raw.unlink(missing_ok=True)
    tables.adopt("interactions", part)


def visitors_of(touches: Table) -> Table:
    """One row per visitor: anonymous_id, customers (who logged in), owner_no, owner_id, login_at, nameless (rows)."""
    known = touches.filter(touches.anonymous_id.notnull())
    return known.group_by("anonymous_id").aggregate(
        customers=known.customer_no.nunique(),
        owner_no=known.customer_no.min(),
        owner_id=known.customer_id.min(),
        login_at=known.at.min(where=known.customer_no.notnull()),
        nameless=known.customer_no.isnull().sum(),
    )


def link(touches: Table, visitors: Table, link_days: int = LINK_DAYS) -> Table:
    """Give rows without a customer that of their visitor, where exactly one customer ever logged in with it.

    Parameters
    ----------
    touches : Table
        Interactions, with `anonymous_id`, `customer_id`, `customer_no`, `at` and `linked`.
    visitors : Table
        As `visitors_of` makes it.
    link_days : int
        Rows longer before the first login stay anonymous.

    Returns
    -------
    Table
        The same rows; `linked` is true where the customer comes from the visitor, otherwise false.
    """
    import ibis

    owned = visitors.filter(visitors.customers == 1).select("anonymous_id", "owner_no", "owner_id", "login_at")
    joined = touches.left_join(owned, "anonymous_id").drop("anonymous_id_right")
    in_time = joined.at >= joined.login_at - ibis.interval(days=link_days)
    linked = (joined.customer_no.isnull() & joined.owner_no.notnull() & in_time).fill_null(False)
    return joined.mutate(
        customer_no=ibis.ifelse(linked, joined.owner_no, joined.customer_no),
        customer_id=ibis.ifelse(linked, joined.owner_id, joined.customer_id),
        linked=linked,
    ).drop("owner_no", "owner_id", "login_at")


def kinds_of(touches: Table, seen: pd.DataFrame) -> pd.DataFrame:
    """The visitors of linked interactions: anonymous_id, kind, first_at, last_at, sessions, touchpoints, linked."""
    known = touches.filter(touches.anonymous_id.notnull())
    counts = known.group_by("anonymous_id").aggregate(
        first_at=known.at.min(),
        last_at=known.at.max(),
        sessions=known.session_id.nunique(),
        touchpoints=known.count(),
        linked=known.linked.fill_null(False).sum(),
    )
    table = seen[["anonymous_id", "customers"]].merge(fetch(counts), on="anonymous_id", validate="one_to_one")
    kind = pd.Series(KNOWN, index=table.index, dtype="str").mask(table.linked > 0, LINKED)
    kind = kind.mask(table.customers > 1, SHARED).mask(table.customers == 0, ANONYMOUS)
    table = table.assign(kind=kind).drop(columns="customers")
    return table[list(_COLUMNS)].sort_values("anonymous_id", ignore_index=True)


def nobody() -> pd.DataFrame:
    """The visitors where no source has visits, in the columns of `kinds_of`."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()})
