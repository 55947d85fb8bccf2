"""A company whose customers are companies, from its exports to the page: what was planted is told, nobody is named."""

from __future__ import annotations

import json
import re
import zipfile

import pandas as pd
import pytest
from support import Report, command_line, copied_company, visible

from customer_profiles.text.languages import detect

pytestmark = pytest.mark.xdist_group("b2b")

# Of persons only: no page about companies has it as an attribute or a sentence.
OF_PERSONS = ("Age group", "Gender", "Marital status", "Household size", "Call this customer")
WORDS = 4  # of fewer the language cannot be told
OF_PERSONS_DE = ("Altersgruppe", "Familienstand", "Nennen wir")


def units(page: str) -> set[str]:
    """Texts of a page, each of an element; without code, and without what says that it is in another language."""
    page = re.sub(r"<(style|script|title|pre|code)\b.*?</\1>", " ", page, flags=re.S)
    page = re.sub(r'<(?!html)(\w+)\b[^>]* lang="en"[^>]*>.*?</\1>', " ", page, flags=re.S)
    parts = re.split(r"<(?!/?(?:b|i|em|strong|span|small|a)\b)[^>]+>", page)
    return {text for part in parts if (text := visible(part))}


def english_left(page: str) -> list[str]:
    """Texts of some words that are rather English than German."""
    long = pd.Series([text for text in sorted(units(page)) if len(re.findall(r"[^\W\d_]{2,}", text)) >= WORDS])
    return long[detect(long, ("de", "en")).eq("en")].tolist()


@pytest.fixture(scope="module")
def report(b2b_report) -> Report:
    return b2b_report


@pytest.fixture(scope="module")
def truth(report) -> dict:
    return json.loads((report.data / "truth.json").read_text(encoding="utf-8"))


def planted(report: Report, name: str) -> pd.DataFrame:
    return pd.read_parquet(report.data / "truth" / f"{name}.parquet")


def test_all_chapters_are_there_and_speak_of_companies(report):
    for number, page in report.pages.items():
        text = visible(page)
        assert not [word for word in OF_PERSONS if word in text], number
    assert "Company size by staff" in visible(report.pages["02"])


def test_customers_are_the_companies(report, truth):
    profile = pd.read_parquet(report.run / "profile.parquet")
    assert truth["customers"] == 400
    assert abs(len(profile) - 400) <= 8
    contacts = planted(report, "contacts")
    placed = contacts[contacts["consent"] & (contacts["by"] != "")]
    assert profile["contacts"].sum() == pytest.approx(placed["contact"].nunique(), rel=0.01)
    spend = planted(report, "accounts")["spend_eur"].sum()
    assert profile["spend"].sum() == pytest.approx(spend, rel=0.02)


def test_planted_industries_are_claimed_and_in_the_right_direction(report, truth):
    index = report.table("02", "index").query("claim")
    accounts = planted(report, "accounts")
    reference = pd.read_csv(report.data / "raw" / "bevoelkerung.csv", sep=";", decimal=",")
    expected = reference.set_index(["Merkmal", "Ausprägung"])["Anteil"]
    found = dict(zip(zip(index["attribute"], index["value"], strict=True), index["index"], strict=True))
    for (attribute, value), number in found.items():
        made = (accounts[attribute] == value).mean()
        assert (number > 100) == (made > expected[attribute, value]), (attribute, value)
    clear = [row for row in truth["traits"] if row["index"] > 180 and row["attribute"] == "industry"]
    assert len(clear) >= 2
    assert all((row["attribute"], row["value"]) in found for row in clear)
    assert ("industry", "medical laboratories") in found
    assert ("industry", "research institutes") in found


def test_concentration_is_that_of_the_orders(report, truth):
    told = report.table("05", "concentration").set_index("top")["spend_share"].dropna()
    for row in truth["concentration"]:
        if row["top"] in told.index:
            assert told[row["top"]] == pytest.approx(row["spend_share"], abs=0.04)
    assert len(told) >= 2


def test_the_event_and_the_pain_of_an_industry_are_found(report):
    texts = [finding["text"] for finding in report.findings if finding["kind"] == "difference"]
    assert any("Move of the central warehouse" in text and "lower" in text for text in texts)
    assert not any("Price list 2025" in text or "New order portal" in text for text in texts)
    assert any("medical laboratories" in text and "times as often" in text for text in texts)


def test_no_company_and_no_contact_is_named_anywhere(report):
    raw = report.data / "raw"
    firms = pd.read_csv(raw / "crm_firmen.csv", sep=";", dtype=str, encoding="cp1252")
    contacts = pd.read_csv(raw / "crm_kontakte.csv", sep=";", dtype=str, encoding="utf-8-sig")
    names = [*firms["Firma"], *firms["Website"].dropna(), *contacts["E-Mail"], *contacts["Kontaktnr"]]
    texts = [*map(visible, report.pages.values()), (report.folder / "findings.json").read_text(encoding="utf-8")]
    with zipfile.ZipFile(report.folder / "tables.xlsx") as workbook:
        texts += [workbook.read(name).decode("utf-8") for name in workbook.namelist() if name.endswith(".xml")]
    together = "\n".join(texts)
    assert not [name for name in names if name in together]
    assert ".example" not in together


@pytest.mark.slow
def test_the_same_company_is_told_in_german(report, b2b_home, tmp_path):
    copied_company(b2b_home, tmp_path, "demo_b2b")
    done = command_line(tmp_path, "report", "demo_b2b", "--language", "de")
    assert done.returncode == 0, done.stderr
    german = Report(tmp_path, "demo_b2b")
    assert "Wer sie sind" in visible(german.pages["02"])
    for number, page in german.pages.items():
        text = visible(page)
        assert not [word for word in OF_PERSONS_DE if word in text], number
        assert english_left(page) == [], number
    numbers = {finding["id"]: finding["numbers"] for finding in german.findings}
    assert numbers == {finding["id"]: finding["numbers"] for finding in report.findings}
