"""How the rows of a table become sentences."""

from __future__ import annotations

import pandas as pd
import pytest

from customer_profiles.messages import Text
from customer_profiles.results import OVERLAPPING, Result
from customer_profiles.stats.claims import Claims, fact
from customer_profiles.stats.comparisons import corrected

TABLE = pd.DataFrame(
    {"name": ["a", "b", "c"], "change": [-2.0, 3.0, 0.1], "change_low": [-3.0, 1.0, -1.0], "n": 40, "base": 90}
).assign(change_high=[-1.0, 5.0, 1.2], effect=0.2, p=[0.001, 0.002, 0.9], share_rest=0.25)


def moved(**how):
    return Claims("moved", "{name:value}: {size:number} ({low:number} to {high:number})", estimate="change", **how)


def test_a_size_is_told_without_its_sign_and_so_is_its_interval():
    table, family = corrected(TABLE)
    fell, rose = moved(sized="size", key=("name",)).tell(table, family)
    assert fell.values == {"name": "a", "size": 2.0, "low": 1.0, "high": 3.0}
    assert rose.values == {"name": "b", "size": 3.0, "low": 1.0, "high": 5.0}
    assert (fell.id, fell.family, fell.interval) == ("moved.a", 3, (-3.0, -1.0))


def test_a_sentence_carries_what_it_says_and_no_more():
    (told,) = fact("rest", "{name:value} against {rest:share}", most=1).each(TABLE)
    assert told.values == {"name": "a", "rest": 0.25}
    assert (told.kind, told.effect, told.reach, told.n) == ("fact", 0.0, 0, 90)


def test_rows_choose_and_order_what_is_told():
    last = fact("last", "{name:value}", rows=lambda table: table.tail(1))
    assert [told.values["name"] for told in last.tell(TABLE, 0)] == ["c"]
    upward = moved(sized="size", rows=lambda table: table[table["change"] > 0])
    table, family = corrected(TABLE)
    assert [told.values["name"] for told in upward.tell(table, family)] == ["b", "c"]
    assert upward.tell(table.assign(hidden=True), family) == []


def test_a_result_tells_its_claims_with_its_own_family():
    table, family = corrected(TABLE)
    result = Result("moves", table, Text("Moves"), OVERLAPPING, moved(sized="size"), family)
    assert {told.family for told in result.findings(table)} == {3}
    assert Result("moves", table, Text("Moves"), OVERLAPPING, moved(sized="size")).findings(table) == []


@pytest.mark.parametrize(("rows", "n"), [([], 0), (pd.DataFrame(), 0), ([{"name": "a"}], 1)])
def test_without_comparisons_a_table_has_its_columns_and_no_claim(rows, n):
    table, family = corrected(rows, ["name", "p", "effect", "claim"], ["name"])
    assert (list(table), family, len(table)) == (["name", "p", "effect", "claim"], 0, n)
    assert not table["claim"].any()
    assert table["claim"].dtype == bool


def test_parts_are_corrected_together():
    table, family = corrected([TABLE[:1], TABLE[1:]], ["name", "p_adjusted", "claim"])
    assert family == 3
    assert table["claim"].tolist() == [True, True, False]
