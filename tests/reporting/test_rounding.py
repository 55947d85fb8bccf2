"""Rounded numbers of a report that leaves the house: nobody reads off who came in between, and all numbers agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_profiles.messages import Finding, Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting import panel, rounding
from customer_profiles.reporting.language import Language
from customer_profiles.results import Disclosure, Result
from customer_profiles.stats.intervals import wilson

CELLS = st.lists(st.tuples(st.integers(10, 400), st.integers(0, 400)), min_size=3, max_size=6, unique=True)


def table(cells, more=(0, 0)) -> pd.DataFrame:
    """Shares of two groups and what is calculated from them, in the columns that the chapters use."""
    frame = pd.DataFrame(cells, columns=["n", "left"]).astype(int)
    frame["n"] += [more[0], *[0] * (len(frame) - 1)]
    frame["base"] = frame["n"] + frame.pop("left") + more[1]
    frame["n_rest"], frame["base_rest"] = 40, 120
    frame["share"], frame["share_rest"] = frame["n"] / frame["base"], frame["n_rest"] / frame["base_rest"]
    frame["share_low"], frame["share_high"] = wilson(frame["n"], frame["base"])
    frame["ratio"] = frame["share"] / frame["share_rest"]
    frame["index"] = 100 * frame["ratio"]
    frame["difference"] = frame["share"] - frame["share_rest"]
    frame["value"] = [f"v{i}" for i in range(len(frame))]
    return frame


@settings(deadline=None, max_examples=50)
@given(CELLS)
def test_shares_are_those_of_rounded_counts_and_intervals_still_hold(cells):
    exact = table(cells)
    told = rounding.frame(exact)
    assert (told[["n", "base"]] % 5 == 0).all(axis=None)
    assert ((told["n"] - exact["n"]).abs() <= 2).all()
    np.testing.assert_allclose(told["share"], told["n"] / told["base"])
    np.testing.assert_allclose(told["ratio"], told["share"] / told["share_rest"])
    np.testing.assert_allclose(told["index"], 100 * told["ratio"])
    np.testing.assert_allclose(told["difference"], told["share"] - told["share_rest"], atol=1e-12)
    assert told["share_low"].le(exact["share_low"] + 1e-9).all()
    assert told["share_high"].ge(exact["share_high"] - 1e-9).all()
    assert told.dtypes.equals(exact.dtypes)


@settings(deadline=None, max_examples=50)
@given(CELLS, st.integers(0, 60))
def test_what_is_shown_of_shares_does_not_tell_which_of_five_counts_it_was(cells, start):
    """All counts that are rounded to the same one give the same numbers, the ends of intervals but for one digit."""
    n = 5 * start + 10
    base = 5 * (start + sum(left for _, left in cells[:1])) + 500
    row = pd.DataFrame({"n": range(n - 2, n + 3), "base": base, "n_rest": 40, "base_rest": 120})
    row = row[row["n"] >= rounding.FEWEST].assign(share=lambda t: t["n"] / t["base"], share_rest=40 / 120)
    row["index"] = 100 * row["share"] / row["share_rest"]
    told = pd.concat([rounding.frame(row.iloc[[i]]) for i in range(len(row))])
    assert (told.nunique() == 1).all()


def test_hidden_numbers_stay_hidden_and_keys_whole():
    exact = pd.DataFrame(
        {"segment": [11, 12], "tenth": [1, 10], "n": pd.array([23, None], "Int64"), "base": [100, 100]}
    )
    exact["share"], exact["after_days"] = exact["n"].astype(float) / exact["base"], [14, 28]
    told = rounding.frame(exact.assign(p=[0.01237, np.nan], spend=[412.35, np.nan]))
    assert told[["segment", "tenth", "after_days"]].equals(exact[["segment", "tenth", "after_days"]])
    assert told["n"].tolist() == [25, pd.NA]
    assert told.loc[0, ["share", "p", "spend"]].tolist() == [0.25, 0.01, 410]
    assert told.loc[1, ["share", "p", "spend"]].isna().all()


def claims(frame):
    """One claim by what the row holds, one by what only the function knows."""
    row = frame.iloc[0]
    values = {"share": float(row["share"]), "base": int(row["base"])}
    yield Finding("{share:share} of {base:count}", values, n=int(row["base"]), reach=int(row["n"]), interval=(0.1, 0.2))
    yield Finding("{share:part} of {of:label}", {"share": 37 / 203, "of": Text("{n:count}", {"n": 203})}, n=203)


@pytest.mark.parametrize("rounded", [False, True])
def test_a_panel_says_what_its_table_shows(rounded):
    frame = table([(28, 198), (120, 106)]).assign(attribute="a")
    result = Result("r", frame, Text("{n:count} customers", {"n": 226}), Disclosure(within=None), claims)
    language = Language("en", rounded=rounded)
    shown = panel.of_result(result, None, Gate(10), language, "r")
    assert shown is not None
    row = shown.table.frame.iloc[0]
    first, second = shown.claims
    assert (first.values["share"], first.values["base"], first.n) == (row["share"], row["base"], row["base"])
    said = [language.text(text) for text in (first, second, shown.title)]
    if rounded:
        assert said == ["13% of 225", "17% of 205", "225 customers"]
        assert (first.reach, second.n, second.values["share"]) == (30, 205, 35 / 205)
    else:
        assert said == ["12.4% of 226", "18% of 203", "226 customers"]


def test_facts_are_rounded_where_they_count():
    facts = {"customers": 1617, "segments": 5, "share": 0.12345, "name": "x", "yes": True, "none": None}
    assert rounding.facts(facts) == facts | {"customers": 1615, "share": 0.12}
