"""The workbook of all published tables."""

from __future__ import annotations

import os

import openpyxl
import pandas as pd
import pytest

from customer_profiles.errors import EnvironmentFailed
from customer_profiles.reporting import excel
from customer_profiles.reporting.excel import Sheet, safe, sheet_name, write_workbook
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
    tables = [
        Sheet("=Other", FRAME, "Who they are"),
        Sheet("The traits, all of them", FRAME, "Who they are", leads=True),
    ]
    write_workbook(path, [*tables, Sheet("The traits: the customers' own", FRAME)], SPEAK)
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


def test_contents_tell_titles_chapters_and_what_to_read_first(book):
    assert book.sheetnames == ["Contents", "The traits", "Other", "The traits 2"]
    heading, *rows = book["Contents"].iter_rows(values_only=True)
    assert heading == ("Sheet", "What it shows", "Chapter", "Rows", "For the board")
    assert rows[0] == ("The traits", "The traits, all of them", "Who they are", 2, "read first")
    assert rows[1][1:] == ("'=Other", "Who they are", 2, None)
    assert [book["Contents"].cell(row, 1).hyperlink.location for row in (2, 4)] == [
        "'The traits'!A1",
        "'The traits 2'!A1",
    ]


def test_every_sheet_can_be_filtered_and_printed(book):
    for sheet in book.worksheets[1:]:
        assert sheet.auto_filter.ref == "A2:G4"
        assert (sheet.freeze_panes, sheet.print_title_rows) == ("A3", "$2:$2")
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight, sheet.page_setup.paperSize) == (1, 0, 9)
        assert sheet.page_setup.orientation == "landscape"
        assert "&P" in sheet.oddFooter.right.text
    assert book["Contents"].auto_filter.ref == "A1:E4"


def test_numbers_are_written_in_their_unit(tmp_path):
    frame = pd.DataFrame(
        {
            "spend": [1234.5, 99999.0],
            "basket_value": [12.5, 400.0],
            "nps": [23.2, -4.0],
            "index": [158.3, 90.0],
            "ratio": [1.234, 2],
        }
    )
    write_workbook(tmp_path / "tables.xlsx", [Sheet("Figures", frame)], Language("de", "EUR"))
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx").worksheets[1]
    kinds = {cell.column: cell.number_format.replace("\xa0", " ") for cell in sheet[3]}
    assert list(kinds.values()) == ['#,##0 "€"', '#,##0.00 "€"', "+#,##0;-#,##0;0", "0", "0.00"]


def test_a_key_figure_is_written_in_the_unit_of_its_row(tmp_path):
    frame = pd.DataFrame(
        {"kpi": ["sales", "nps"], "kind": ["money", "points"], "value": [946_000.0, -22.0], "change_low": [1.0, 2.0]}
    )
    write_workbook(tmp_path / "tables.xlsx", [Sheet("Figures", frame)], Language("en", "EUR"))
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx").worksheets[1]
    assert [cell.number_format for cell in sheet["C"][2:]] == ['"€"#,##0', "+#,##0;-#,##0;0"]
    assert [cell.value for cell in sheet["C"][2:]] == [946_000, -22]


def test_wide_tables_print_on_as_many_pages_as_can_be_read(tmp_path):
    frame = pd.DataFrame({f"column_{i}": [1.5] for i in range(40)})
    write_workbook(tmp_path / "tables.xlsx", [Sheet("Wide", frame)], SPEAK)
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx").worksheets[1]
    assert sheet.page_setup.fitToWidth == 3
    assert sheet.print_title_cols == "$A:$A"


@pytest.mark.xdist_group("values")
def test_the_workbook_of_the_demo_begins_with_what_answers_its_questions(demo_report):
    book = openpyxl.load_workbook(demo_report.folder / "tables.xlsx", read_only=True)
    rows = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [row[4] for row in rows[:11]] == ["read first"] * 10 + [None]
    assert rows[0][1] == demo_report.titles("00")["kpis"]["title"]
    assert len({row[2] for row in rows[:10]}) >= 8
    assert [row[0] for row in rows] == book.sheetnames[1:]
    assert not [name for name in book.sheetnames if "_" in name]


def test_names_fit_excel():
    taken = set()
    for name in ["a" * 40, "a" * 40, "A" * 31, "x/y:[z]*?\\", "''", ""]:
        taken.add(sheet_name(name, taken).lower())
    assert len(taken) == 6
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in taken)


def test_numbers_stay_numbers_and_hidden_cells_are_empty(book):
    heading, first, second = ([cell.value for cell in row] for row in book["The traits"].iter_rows(min_row=2))
    assert heading[:5] == ["Attribute", "Value", "Number (n)", "Share", "Share (lower end, 95%)"]
    assert first[:5] == ["Home", "rent", 50, 0.25, 0.2]
    assert first[6] is True
    assert second[2:] == [None] * 5
    assert book["The traits"]["D3"].number_format == book["The traits"]["E3"].number_format == "0.0%"


def test_equal_tables_give_equal_files(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ("one.xlsx", "two.xlsx")]
    for path in paths:
        write_workbook(path, [Sheet("Traits", FRAME)], SPEAK)
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_longer_text_than_a_cell_holds_is_cut():
    assert len(safe("=" * 50_000)) == excel.LONGEST_CELL


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/proc"), reason="needs a folder nobody can write to")
def test_a_folder_that_cannot_be_written_is_named():
    from pathlib import Path

    with pytest.raises(EnvironmentFailed, match=r"tables\.xlsx cannot be written"):
        write_workbook(Path("/proc/tables.xlsx"), [Sheet("Traits", FRAME)], SPEAK)
