"""A report with ``audience: external``: everything that is published is rounded, and tells the same."""

from __future__ import annotations

import string

import pandas as pd
import pytest
from support import Report, copied_company

from customer_profiles.privacy.disclosure import NUMERIC_KEYS
from customer_profiles.reporting.labels import KEYS, column


@pytest.fixture(scope="module")
def external_report(published, demo_home) -> Report:
    """The demo company's report for readers outside."""

    def lay(home):
        file = copied_company(demo_home, home)
        text = file.read_text("utf-8").replace("privacy: {", "privacy: {audience: external, ")
        text = text.replace("name: demo", "name: external", 1)
        assert "external" in text
        file.write_text(text, "utf-8")
        file.parent.rename(file.parent.with_name("external"))

    return published("external", lay)


def uneven(number) -> bool:
    return isinstance(number, int | float) and number >= 10 and number % 5 != 0


def test_no_count_in_a_table_is_exact(external_report, demo_report):
    seen = 0
    for number in external_report.facts:
        for name in external_report.titles(number):
            table = external_report.table(number, name)
            for of in table.select_dtypes("number"):
                if of in {*KEYS, *NUMERIC_KEYS} or of.endswith("_days") or column(of, numeric=True).kind != "count":
                    continue
                counts = table[of].dropna().astype(float)
                seen += len(counts)
                assert not counts.map(uneven).any(), (name, of)
            if {"n", "base", "share"} <= set(table) and (number, name) in SHARES:
                known = table.dropna(subset=["n", "share"])
                assert (known["share"] - known["n"] / known["base"]).abs().max() < 1e-12
    assert seen > 1000
    exact = demo_report.table("02", "distributions")
    told = external_report.table("02", "distributions")
    assert (exact["value"].tolist(), len(told)) == (told["value"].tolist(), len(exact))
    assert exact["n"].map(uneven).any()


SHARES = {("02", "distributions"), ("02", "index"), ("05", "segment_figures"), ("06", "stages")}


def test_sentences_facts_the_workbook_and_the_manifest_tell_the_same(external_report):
    for finding in external_report.findings:
        kinds = {name: kind for _, name, kind, _ in string.Formatter().parse(finding["message"]) if name}
        counts = [
            finding["n"],
            finding["reach"],
            *(finding["numbers"][name] for name in kinds if kinds[name] == "count"),
        ]
        assert not any(map(uneven, counts)), finding["id"]
    facts = [value for of in external_report.facts.values() for value in of.values() if isinstance(value, int)]
    assert not any(map(uneven, facts))
    assert not any(uneven(value) for row in external_report.manifest["rows"] for value in row.values())
    assert not any(uneven(source.get("rows", 0)) for source in external_report.manifest["sources"])
    sheet = pd.read_excel(external_report.folder / "tables.xlsx", sheet_name=None, header=None)
    table = external_report.table("02", "index")
    cells = {value for frame in sheet.values() for value in frame.to_numpy().ravel() if isinstance(value, int | float)}
    assert set(table["n"].dropna()) <= cells
    assert "Counts are rounded to five" in external_report.pages["02"]
