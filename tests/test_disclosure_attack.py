"""Whoever has all tables of a report, with their bases and rests, learns of no group too small to be shown."""

from __future__ import annotations

import pandas as pd
import pytest
from disclosure_attack import given_away, read, spoken_of, tables_of
from support import Report

from customer_profiles.privacy.disclosure import Published

LEAST = 10


def told_by(report: Report) -> tuple[dict[str, pd.DataFrame], int]:
    """All tables that a report has published, and how many customers it is about."""
    tables = {
        f"{number}.{name}": report.table(number, name) for number in report.facts for name in report.titles(number)
    }
    return tables, report.facts["02"]["customers"]


def check(report: Report, cells: int) -> None:
    tables, customers = told_by(report)
    said = tables_of(report.findings)
    assert sum(map(len, said.values())) > cells / 200  # sentences are read, too
    facts = read(tables | said, customers)
    assert len(facts.known) > cells  # it did put tables together
    assert not given_away(facts, LEAST)
    assert not spoken_of(report.findings, tables, LEAST)
    for name, table in tables.items():  # no row's place tells what is hidden of it
        if "suppressed" in table:
            assert Published(table, LEAST).placed().frame.equals(table), name


def test_the_demo_report_gives_nobody_away(demo_report):
    check(demo_report, 3000)


@pytest.mark.xdist_group("telco_olist")
def test_the_report_of_telco_gives_nobody_away(telco_report):
    check(telco_report, 500)


def genders(**counts: int | None) -> pd.DataFrame:
    return pd.DataFrame({"attribute": "gender", "value": list(counts), "n": list(counts.values()), "base": 1617})


def test_tables_that_hide_different_rows_of_a_margin_are_found_out():
    shares = genders(female=885, male=None, diverse=None)
    of_segment = genders(female=None, male=92, diverse=None).assign(base=366, segment=2, base_rest=1251)
    of_segment["n_rest"] = [None, 631, None]
    assert not given_away(read({"shares": shares}), LEAST)
    found = given_away(read({"shares": shares, "traits": of_segment}), LEAST)
    assert (9, 9) in found.values()


def test_few_of_whom_nothing_is_known_are_found_out():
    shares = genders(female=885, male=732)
    assert not given_away(read({"shares": shares}, 1617), LEAST)
    assert set(given_away(read({"shares": shares}, 1620), LEAST).values()) == {(3, 3)}


def test_those_of_a_group_who_are_in_no_row_are_found_out():
    pains = pd.DataFrame({"attribute": "a", "value": ["x", "y"], "n": [40, 17], "base": [200, 150], "pain": "p"})
    pains = pains.assign(n_rest=60 - pains["n"], base_rest=400 - pains["base"])
    assert (3, 3) in given_away(read({"pains": pains}), LEAST).values()


def finding(numbers: dict, reach: int = 0) -> list[dict]:
    return [{"id": "f", "kind": "fact", "chapter": "02", "table": "t", "n": 400, "reach": reach, "numbers": numbers}]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"attribute": "gender", "value": "male", "share": 0.25, "base": 400}, {}),
        ({"attribute": "gender", "value": "diverse", "share": 0.25, "base": 400}, {"f": "hidden"}),
        ({"attribute": "gender", "value": "male", "share": 9 / 400, "base": 400}, {"f": "few"}),
        ({"attribute": "gender", "value": "male", "share": 395 / 400, "base": 400}, {"f": "few"}),
        ({"n": 395, "base": 400}, {"f": "few"}),
    ],
)
def test_sentences_about_few_are_found_out(told, found):
    table = pd.DataFrame({"attribute": "gender", "value": ["male", "diverse"], "suppressed": [False, True]})
    assert spoken_of(finding(told), {"02.t": table}, LEAST) == found
    assert spoken_of(finding(told, reach=3), {}, LEAST) == {"f": "few"}


def test_a_sentence_that_tells_what_a_table_hides_is_found_out():
    """The table hides the partner of a small value; the sentence gives it, and with it the small one."""
    shares = genders(female=885, male=None, diverse=None)
    assert not given_away(read({"shares": shares}), LEAST)
    said = tables_of(finding({"attribute": "gender", "value": "male", "share": 723 / 1617, "base": 1617}))
    assert (9, 9) in given_away(read({"shares": shares} | said), LEAST).values()
