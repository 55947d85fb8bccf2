"""The workbook of all published tables."""

from __future__ import annotations

import os

import openpyxl
import pandas as pd
import pytest

from customer_profiles.errors import EnvironmentFailed
from customer_profiles.reporting import excel
from customer_profiles.reporting.excel import safe, sheet_name, write_workbook
from customer_profiles.reporting.language import Language

SPEAK = Language("en", labels={"home": {"en": "Home"}})
FRAME = pd.DataFrame(
    {
        "attribute": ["home", "=cmd|' /C calc'!A0"],
        "value": ["rent\x07", "+49 30 123"],
        "n": pd.array([50, None], "Int64"),
        "share": [0.25, None],
        "share_low": [0.2, None],
        "month": pd.to_datetime(["2025-01-01", None]),
        "claim": pd.array([True, None], "boolean"),
        "suppressed": [False, True],
    }
)


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "tables.xlsx"
    write_workbook(path, {"traits": ("Traits", FRAME), "Traits": ("=Other", FRAME)}, SPEAK)
    return openpyxl.load_workbook(path)


def test_no_cell_is_a_formula(book):
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not [text for text in texts if text.lstrip().startswith(("=", "+", "-", "@"))]
    assert "'=cmd|' /C calc'!A0" in texts


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\n=1", "\x00=1"])
def test_texts_never_start_a_formula(text):
    assert safe(text).startswith("'")


def test_contents_and_unique_names(book):
    assert book.sheetnames == ["Tables", "traits", "Traits 2"]
    assert [row[0].value for row in book["Tables"].iter_rows()] == ["traits", "Traits 2"]
    assert book["Tables"]["A2"].hyperlink.location == "'Traits 2'!A1"


def test_names_fit_excel():
    taken = set()
    for name in ["a" * 40, "a" * 40, "A" * 31, "x/y:[z]*?\\", "''", ""]:
        taken.add(sheet_name(name, taken).lower())
    assert len(taken) == 6
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in taken)


def test_numbers_stay_numbers_and_hidden_cells_are_empty(book):
    heading, first, second = ([cell.value for cell in row] for row in book["traits"].iter_rows(min_row=2))
    assert heading[:5] == ["Attribute", "Value", "Number (n)", "Share", "Share (lower end, 95%)"]
    assert first[:5] == ["Home", "rent", 50, 0.25, 0.2]
    assert first[6] is True
    assert second[2:] == [None] * 5
    assert book["traits"]["D3"].number_format == book["traits"]["E3"].number_format == "0.0%"


def test_equal_tables_give_equal_files(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("one.xlsx", "two.xlsx")]
    for path in paths:
        write_workbook(path, {"traits": ("Traits", FRAME)}, SPEAK)
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_longer_text_than_a_cell_holds_is_cut():
    assert len(safe("=" * 50_000)) == excel.LONGEST_CELL


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/proc"), reason="needs a folder nobody can write to")
def test_a_folder_that_cannot_be_written_is_named():
    from pathlib import Path

    with pytest.raises(EnvironmentFailed, match=r"tables\.xlsx cannot be written"):
        write_workbook(Path("/proc/tables.xlsx"), {"traits": ("Traits", FRAME)}, SPEAK)
