"""What counts as a pain that nobody wrote about, each by a few rows that can be counted by hand."""

from datetime import date

import pandas as pd
import pytest

from customer_profiles.analysis.pain_points import behaviour
from customer_profiles.analysis.pain_points.behaviour import BEHAVIOURS, definitions, occasions
from customer_profiles.ingest.contract import empty_table

AS_OF = date(2025, 3, 31)


def at(*days: str) -> pd.Series:
    return pd.to_datetime(pd.Series(days))


def visits(*rows: tuple) -> pd.DataFrame:
    """Interactions from customer, session, time and kind."""
    table = pd.DataFrame(rows, columns=["customer_no", "session_id", "at", "kind"])
    return table.assign(at=pd.to_datetime(table["at"]))


def found(pain: str, **tables: pd.DataFrame) -> list[tuple[int, bool]]:
    rows = occasions(tables, AS_OF)
    rows = rows[rows["pain"] == pain]
    return list(zip(rows["customer_no"], rows["hit"], strict=True))


def test_a_search_fails_if_nothing_is_looked_at_after_the_last_one():
    rows = visits(
        (1, "a", "2025-03-01 10:00", "search"),
        (1, "a", "2025-03-01 10:01", "view"),
        (1, "b", "2025-03-02 10:00", "view"),
        (1, "b", "2025-03-02 10:01", "search"),
        (2, "c", "2025-03-02 10:00", "search"),
        (2, "c", "2025-03-02 10:01", "help"),
        (3, "d", "2025-03-02 10:00", "view"),
        (None, "e", "2025-03-02 10:00", "search"),
    )
    assert found("failed_search", interactions=rows) == [(1, False), (1, True), (2, True)]


def test_visits_without_session_numbers_are_days():
    rows = visits((1, None, "2025-03-01 10:00", "search"), (1, None, "2025-03-01 18:00", "view"))
    later = visits((1, None, "2025-03-01 10:00", "search"), (1, None, "2025-03-02 18:00", "view"))
    assert found("failed_search", interactions=rows) == [(1, False)]
    assert found("failed_search", interactions=later) == [(1, True)]


def test_a_basket_is_left_unless_bought_then_or_within_a_week():
    rows = visits(
        (1, "a", "2025-03-01 10:00", "basket"),
        (1, "a", "2025-03-01 10:05", "purchase"),
        (2, "b", "2025-03-01 10:00", "basket"),
        (3, "c", "2025-03-01 10:00", "basket"),
        (4, "d", "2025-03-01 10:00", "basket"),
        (5, "e", "2025-03-30 10:00", "basket"),  # the week is not over
    )
    orders = pd.DataFrame({"customer_no": [2, 3, 4], "at": at("2025-03-05", "2025-03-20", "2025-02-20"), "amount": 1.0})
    expected = [(1, False), (2, False), (3, True), (4, True)]
    assert found("abandoned_basket", interactions=rows, transactions=orders) == expected
    assert found("abandoned_basket", interactions=rows) == [(1, False), (2, True), (3, True), (4, True)]


def test_parcels_count_only_where_late_ones_are_told_apart():
    rows = visits((1, None, "2025-03-01", "late delivery"), (2, None, "2025-03-01", "delivery in time"))
    assert found("late_delivery", interactions=rows) == [(1, True), (2, False)]
    assert found("late_delivery", interactions=rows[1:]) == []


@pytest.fixture
def tickets() -> pd.DataFrame:
    opened = at("2025-01-01", "2025-01-15", "2025-01-30", "2025-01-01", "2025-03-30")
    return pd.DataFrame(
        {
            "customer_no": [1, 1, 1, 2, 3],
            "opened_at": opened,
            "closed_at": opened + pd.to_timedelta([72, 73, None, 1, None], unit="h"),
            "reopened": [False, True, None, False, None],
        }
    )


def test_tickets_that_repeat_reopen_or_take_long(tickets):
    assert found("repeated_contact", tickets=tickets) == [(1, False), (1, True), (1, False), (2, False), (3, False)]
    assert found("reopened_case", tickets=tickets) == [(1, False), (1, True), (2, False)]
    # An open case has taken long already, or it is too early to tell.
    assert found("long_resolution", tickets=tickets) == [(1, False), (1, True), (1, True), (2, False)]


def test_returns_are_negative_lines_where_there_are_any():
    lines = pd.DataFrame(
        {"customer_no": [1, 1, 2], "at": at(*["2025-01-01"] * 3), "amount": [9.0, -9.0, 5.0], "quantity": [1, 1, 1]}
    )
    assert found("returned_goods", transactions=lines) == [(1, False), (1, True), (2, False)]
    assert found("returned_goods", transactions=lines[lines["amount"] > 0]) == []


def test_offers_are_ignored_by_who_took_none_of_the_last_three():
    sent = pd.DataFrame(
        {
            "customer_no": [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4],
            "at": at(*["2025-01-01"] * 3, "2024-01-01", *["2025-01-01"] * 8),
            "responded": [False] * 3 + [True] + [False] * 2 + [True] + [False] * 5,
            "control_group": [False] * 9 + [True] + [False] * 2,
        }
    )
    assert found("ignored_offers", campaigns=sent) == [(1, True), (2, False)]
    assert found("ignored_offers", campaigns=sent.assign(responded=False)) == []


def test_only_what_a_source_records_is_looked_for(tickets):
    empty = {name: empty_table(name) for name in ("tickets", "interactions", "transactions", "campaigns")}
    none = occasions(empty, AS_OF)
    assert none.empty
    assert definitions(none) == []
    some = occasions(empty | {"tickets": tickets}, AS_OF)
    assert set(some["pain"]) == {"repeated_contact", "reopened_case", "long_resolution"}
    told = definitions(some)
    assert [text.values["pain"] for text in told] == ["repeated_contact", "reopened_case", "long_resolution"]
    assert told[0].values["days"] == behaviour.REPEAT_DAYS


def test_every_behaviour_has_a_name_of_its_own():
    assert len({each.name for each in BEHAVIOURS}) == len(BEHAVIOURS)
    assert all("{pain:value}: " in each.definition for each in BEHAVIOURS)
