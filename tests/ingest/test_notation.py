"""Whatever notation a source has: it is found out, or the source is refused, but nothing is read as something else."""

from __future__ import annotations

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_profiles.ingest.parsing.cells import as_dates, as_numbers
from customer_profiles.ingest.parsing.notation import Notation, Written

NOTHING = dict.fromkeys(("decimal", "sign", "thousands", "date", "datetime", "time_zone"))
SIGNS = [(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'"), (".", " ")]
FORMS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d%m%Y"]


def notation(numbers=(), days=()) -> Notation:
    return Notation(SimpleNamespace(**NOTHING), list(numbers), list(days))


def written(cents: int, digits: int, decimal: str, thousands: str) -> str:
    """A number with so many decimals, written with these signs."""
    return f"{cents / 10**digits:,.{digits}f}".translate({ord(","): thousands, ord("."): decimal})


@settings(max_examples=300)
@given(
    numbers=st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 3)), min_size=1, max_size=6),
    signs=st.sampled_from(SIGNS),
)
def test_numbers_are_read_right_or_refused(numbers, signs):
    cells = pd.DataFrame({"x": [written(cents, digits, *signs) for cents, digits in numbers]}, dtype="str")
    learned = notation(numbers=["x"])
    if learned.learn(cells):
        return
    values, wrong = as_numbers(cells.x, learned.written)
    assert pd.isna(wrong).all()
    assert values.tolist() == [float(f"{cents / 10**digits:.{digits}f}") for cents, digits in numbers]


@settings(max_examples=300)
@given(
    days=st.lists(
        st.dates(pd.Timestamp("1930-01-01").date(), pd.Timestamp("2030-12-31").date()), min_size=1, max_size=6
    ),
    form=st.sampled_from(FORMS),
)
def test_days_are_read_right_or_refused(days, form):
    cells = pd.DataFrame({"x": [day.strftime(form) for day in days]}, dtype="str")
    learned = notation(days=["x"])
    if learned.learn(cells):
        return
    values, wrong = as_dates(cells.x, learned.written, ZoneInfo("Europe/Berlin"))
    for value, reason, day in zip(values, wrong, days, strict=True):
        assert value.date() == day if reason is None else True


@settings(max_examples=100)
@given(numbers=st.lists(st.integers(1000, 10**9), min_size=3, max_size=6), signs=st.sampled_from(SIGNS[2:]))
def test_numbers_that_prove_their_signs_are_not_refused(numbers, signs):
    proof = written(123456, 2, *signs)
    cells = pd.DataFrame({"x": [proof, *(written(number, 2, *signs) for number in numbers)]}, dtype="str")
    learned = notation(numbers=["x"])
    assert learned.learn(cells) is None
    assert (learned.written.decimal, learned.written.thousands) == signs


def test_a_group_of_thousands_never_leads_with_a_zero():
    cells = pd.Series(["0.123", "1.234", "-0.5", "012.345", "123", "0"], dtype="str")
    values, wrong = as_numbers(cells, Written(decimal=",", thousands="."))
    assert values.fillna(-1).tolist() == [-1, 1234, -1, -1, 123, 0]
    assert [reason is not None for reason in wrong] == [True, False, True, True, False, False]
