"""Sessions where an export has none: the visits of one visitor, parted where nothing happens for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr.types import Table

# Google Analytics ends a session after 30 minutes without activity; most web analytics follow it.
SESSION_GAP_MINUTES = 30


def with_sessions(touches: Table, gap_minutes: int = SESSION_GAP_MINUTES) -> Table:
    """Give every row without a session id one of its own making.

    Parameters
    ----------
    touches : Table
        ``customer_id, anonymous_id, at, session_id`` and any further columns.
    gap_minutes : int
        Minutes without activity after which a new session begins; exactly so many still belong to the session.

    Returns
    -------
    Table
        The same rows and columns. A derived id is the visitor's (else the customer's) and a running number. Ids that
        the export brought stay; a row of nobody keeps none.
    """
    import ibis

    missing = touches.session_id.isnull()
    who = ibis.coalesce(touches.anonymous_id, touches.customer_id)
    known = touches.mutate(_who=who, _derived=missing & who.notnull())
    in_order = ibis.window(group_by=["_who", "_derived"], order_by="at")
    before = known.at.lag().over(in_order)
    begins = before.isnull() | (known.at.delta(before, unit="second") > gap_minutes * 60)
    known = known.mutate(_begins=begins.cast("int64"))
    number = known._begins.sum().over(
        ibis.window(group_by=["_who", "_derived"], order_by="at", preceding=None, following=0)
    )
    known = known.mutate(_number=number)
    derived = known._who + "-" + known._number.cast("string")
    session = ibis.ifelse(known._derived, derived, known.session_id)
    return known.mutate(session_id=session).drop("_who", "_derived", "_begins", "_number")
