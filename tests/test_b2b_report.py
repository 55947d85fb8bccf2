"""A company whose customers are companies, from its exports to the page: what was planted is told, nobody is named."""

from __future__ import annotations

import html
import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from support import command_line

from customer_profiles.demo import make_company

pytestmark = pytest.mark.xdist_group("b2b")

PAGES = (
    *("index.html", "01_collect_data.html", "02_find_demographics.html", "03_analyse_pain_points.html"),
    *("04_analyse_feedback.html", "05_segment_customers.html"),
)
# Of persons only: no page about companies has it as an attribute or a sentence.
OF_PERSONS = ("Age group", "Gender", "Marital status", "Household size", "Call this customer")


@pytest.fixture(scope="module")
def home(shared) -> Path:
    """A project folder in which the report of the b2b demo company has been published; not to be written to."""

    def make(folder: Path) -> None:
        make_company(folder / "data" / "demo_b2b", kind="b2b")
        done = command_line(folder, "report", "demo_b2b")
        if done.returncode != 0:
            raise RuntimeError(f"exit code {done.returncode}\n{done.stderr}")

    return shared.once("demo_b2b_report", make)


@pytest.fixture(scope="module")
def report(home) -> Path:
    return home / "reports" / "demo_b2b" / "latest"


@pytest.fixture(scope="module")
def findings(report) -> list[dict]:
    return json.loads((report / "findings.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def truth(home) -> dict:
    return json.loads((home / "data" / "demo_b2b" / "truth.json").read_text(encoding="utf-8"))


def words(page: Path) -> str:
    text = re.sub(r"<(style|script)\b.*?</\1>|data:[^\"']+", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


def published(home: Path, chapter: str, name: str) -> pd.DataFrame:
    run = home / "data" / "demo_b2b" / "runs" / "latest"
    return pd.read_parquet(run / "chapters" / chapter / "published" / f"{name}.parquet")


def test_all_chapters_are_there_and_speak_of_companies(report):
    for name in PAGES:
        text = words(report / name)
        assert not [word for word in OF_PERSONS if word in text], name
    assert "Company size by staff" in words(report / "02_find_demographics.html")


def test_customers_are_the_companies(home, truth):
    profile = pd.read_parquet(home / "data" / "demo_b2b" / "runs" / "latest" / "profile.parquet")
    assert truth["customers"] == 400
    assert abs(len(profile) - 400) <= 8
    contacts = pd.read_parquet(home / "data" / "demo_b2b" / "truth" / "contacts.parquet")
    placed = contacts[contacts["consent"] & (contacts["by"] != "")]
    assert profile["contacts"].sum() == pytest.approx(placed["contact"].nunique(), rel=0.01)
    spend = pd.read_parquet(home / "data" / "demo_b2b" / "truth" / "accounts.parquet")["spend_eur"].sum()
    assert profile["spend"].sum() == pytest.approx(spend, rel=0.02)


def test_planted_industries_are_claimed_and_in_the_right_direction(home, truth):
    index = published(home, "02", "index").query("claim")
    accounts = pd.read_parquet(home / "data" / "demo_b2b" / "truth" / "accounts.parquet")
    reference = pd.read_csv(home / "data" / "demo_b2b" / "raw" / "bevoelkerung.csv", sep=";", decimal=",")
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


def test_concentration_is_that_of_the_orders(home, truth):
    told = published(home, "05", "concentration").set_index("top")["spend_share"].dropna()
    for row in truth["concentration"]:
        if row["top"] in told.index:
            assert told[row["top"]] == pytest.approx(row["spend_share"], abs=0.04)
    assert len(told) >= 2


def test_the_event_and_the_pain_of_an_industry_are_found(findings):
    texts = [finding["text"] for finding in findings if finding["kind"] == "difference"]
    assert any("Move of the central warehouse" in text and "dropped" in text for text in texts)
    assert not any("Price list 2025" in text or "New order portal" in text for text in texts)
    assert any("medical laboratories" in text and "times as often" in text for text in texts)


def test_no_company_and_no_contact_is_named_anywhere(home, report):
    raw = home / "data" / "demo_b2b" / "raw"
    firms = pd.read_csv(raw / "crm_firmen.csv", sep=";", dtype=str, encoding="cp1252")
    contacts = pd.read_csv(raw / "crm_kontakte.csv", sep=";", dtype=str, encoding="utf-8-sig")
    names = [*firms["Firma"], *firms["Website"].dropna(), *contacts["E-Mail"], *contacts["Kontaktnr"]]
    texts = [words(report / name) for name in PAGES] + [(report / "findings.json").read_text(encoding="utf-8")]
    with zipfile.ZipFile(report / "tables.xlsx") as workbook:
        texts += [workbook.read(name).decode("utf-8") for name in workbook.namelist() if name.endswith(".xml")]
    together = "\n".join(texts)
    assert not [name for name in names if name in together]
    assert ".example" not in together


@pytest.mark.slow
def test_the_same_company_is_told_in_german(home, tmp_path):
    make_company(tmp_path / "data" / "demo_b2b", kind="b2b")
    done = command_line(tmp_path, "report", "demo_b2b", "--language", "de")
    assert done.returncode == 0, done.stderr
    report = tmp_path / "reports" / "demo_b2b" / "latest"
    assert "Wer sie sind" in words(report / "02_find_demographics.html")
    for name in PAGES:
        text = words(report / name)
        assert not [word for word in ("Altersgruppe", "Familienstand", "Nennen wir") if word in text], name
    numbers = {finding["id"]: finding["numbers"] for finding in json.loads((report / "findings.json").read_text())}
    english = home / "reports" / "demo_b2b" / "latest" / "findings.json"
    for finding in json.loads(english.read_text(encoding="utf-8")):
        assert numbers[finding["id"]] == finding["numbers"]
