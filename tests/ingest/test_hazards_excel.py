"""Workbooks as people keep them, and what only calls itself one, through a whole run."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from ingest.hazards import (
    MOST_MEGABYTES,
    amounts,
    customers_of,
    detected,
    hides,
    megabytes_of_refusal,
    refused,
    set_aside,
)
from written_company import ORDERS

ROWS = [["id", "at", "amount"], ["K1", datetime(2025, 1, 1), 12.5], ["K2", datetime(2025, 1, 2), 7]]
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def source(company):
    return {**ORDERS, "path": "orders.xlsx", "columns": dict(ORDERS["columns"])}


def save(company, rows, change=None, name: str = "orders.xlsx") -> None:
    """Write a workbook of one sheet; `change` gets the sheet before it is saved."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book.active)
    book.save(company.folder / name)


def rewrite(company, part: str, old: str, new: str, name: str = "orders.xlsx") -> None:
    """Change the XML of one part, as other systems than openpyxl write it."""
    path = company.folder / name
    with zipfile.ZipFile(path) as book:
        parts = {entry: book.read(entry) for entry in book.namelist()}
    assert re.search(old, parts[part].decode())
    parts[part] = re.sub(old, new, parts[part].decode(), count=1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for entry, content in parts.items():
            book.writestr(entry, content)


class TestCells:
    def test_formula_without_stored_result(self, company, source):
        save(company, [*ROWS, ["K3", datetime(2025, 1, 3), "=C2*2"]])
        refused(
            company,
            source,
            match=r"orders\.xlsx, row 4, column 'amount': a formula without a stored result; open the workbook",
            hidden=("12.5", "C2"),
        )

    def test_formula_in_a_column_that_is_not_read(self, company, source):
        save(company, [[*ROWS[0], "x"], [*ROWS[1], "=C2*2"]])
        company.collect(source)
        assert amounts(company) == [12.5]

    def test_formula_with_a_stored_result(self, company, source):
        save(company, [*ROWS, ["K3", datetime(2025, 1, 3), "=C2*2"]])
        rewrite(company, SHEET, r"<f>C2\*2</f><v ?/?>(</v>)?", "<f>C2*2</f><v>25</v>")
        company.collect(source)
        assert amounts(company) == [12.5, 7, 25]

    def test_formula_whose_result_is_no_text(self, company, source):
        """An empty text is a result: the cell is empty, and nothing is missing from the file."""
        save(company, [[*ROWS[0], "item"], [*ROWS[1], "A"], [*ROWS[2], '=IF(1>2,"x","")']])
        rewrite(company, SHEET, r'<c r="D3"><f>(.*?)</f><v ?/?>(</v>)?', r'<c r="D3" t="str"><f>\1</f><v></v>')
        source["columns"]["product_id"] = "item"
        company.collect(source)
        assert company.tables.read("transactions").product_id.isna().tolist() == [False, True]

    @pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!"])
    def test_error_cells(self, company, source, error):
        save(company, [*ROWS, ["K3", datetime(2025, 1, 3), error]])
        collected = company.collect(source)
        assert set_aside(collected) == [[4, "amount", "the cell holds an Excel error"]]
        assert amounts(company) == [12.5, 7]

    def test_error_as_a_text(self, company, source):
        """A name that begins with # is a text; what a spreadsheet has pasted in as its error is not."""
        save(company, [[*ROWS[0], "group"], [*ROWS[1], "#1 fans"], [*ROWS[2], "#NV"]])
        source["columns"]["category"] = "group"
        company.collect(source)
        assert company.tables.read("transactions").category.fillna("-").tolist() == ["#1 fans", "-"]

    def test_numbers_of_more_digits_than_excel_keeps(self, company, source):
        save(
            company,
            [ROWS[0], [1234567890123456, ROWS[1][1], 1], [1e17, ROWS[1][1], 2], [123456789012345, ROWS[1][1], 3]],
        )
        collected = company.collect(source)
        reason = "too long for a number cell, its last digits are lost; export it as text"
        assert set_aside(collected) == [[2, "id", reason], [3, "id", reason]]
        assert amounts(company) == [3]
        hides(collected, "1234567890123")

    def test_ids_as_they_are_shown(self, company):
        def show(sheet):
            sheet["A2"].number_format, sheet["B2"].number_format = '"K-"0000', "00000"

        save(company, [["id", "plz"], [12, 1067], ["K-0013", "01067"]], show, "crm.xlsx")
        save(company, [["id", "at", "amount"], ["K-0012", datetime(2025, 1, 1), 1]])
        crm = {"name": "crm", "system": "crm", "path": "crm.xlsx", "table": "customers"}
        crm["columns"] = {"customer_id": "id", "postal_code": "plz"}
        company.collect(crm, {**ORDERS, "path": "orders.xlsx"})
        assert customers_of(company, "postal_code") == [["01067"], ["01067"]]
        assert company.tables.read("transactions").customer_no.tolist() == [0]

    def test_days_as_numbers(self, company, source):
        save(company, [*ROWS, ["K3", 45291, 5]])
        ((row, column, reason),) = set_aside(company.collect(source))
        assert (row, column) == (4, "at")
        assert "as Excel counts days; format the column as dates there" in reason

    def test_times_without_a_day(self, company, source):
        save(company, [*ROWS, ["K3", time(10, 30), 5]])
        assert company.collect(source).set_aside.row.tolist() == [4]

    def test_days_as_texts_among_days(self, company, source):
        save(company, [*ROWS, ["K3", "03.01.2025", 5], ["K4", date(2025, 1, 4), 6]])
        company.collect(source)
        days = company.tables.read("transactions")["at"]
        assert days.dt.strftime("%m-%d").tolist() == ["01-01", "01-02", "01-03", "01-04"]

    def test_numbers_as_texts(self, company, source):
        save(company, [*ROWS, ["K3", datetime(2025, 1, 3), "1.234,50"]])
        collected = company.collect(source)
        assert amounts(company) == [12.5, 7, 1234.5]
        assert detected(collected)["decimal"] == ","


class TestSheets:
    def test_merged_cells(self, company, source):
        save(company, [*ROWS, [None, datetime(2025, 1, 3), 5]], lambda sheet: sheet.merge_cells("A3:A4"))
        refused(
            company,
            source,
            match=r"orders\.xlsx, rows 3 to 4, column 'id': merged cells, .*; unmerge them and fill each",
            hidden=("K2",),
        )

    def test_merged_banner_and_merged_cells_beside_the_table(self, company, source):
        rows = [["Sales of the year", None, None], [None], *[[*row, None] for row in ROWS]]

        def merge(sheet):
            sheet.merge_cells("A1:C1")
            sheet.merge_cells("E3:F5")

        save(company, rows, merge)
        collected = company.collect(source)
        assert amounts(company) == [12.5, 7]
        assert detected(collected)["skip_rows"] == "2"

    def test_hidden_rows_are_read_and_stated(self, company, source):
        def hide(sheet):
            sheet.row_dimensions[3].hidden = True

        save(company, ROWS, hide)
        collected = company.collect(source)
        assert amounts(company) == [12.5, 7]
        assert detected(collected)["hidden_rows_read"] == "1"

    def test_hidden_sheets_are_named_but_not_chosen(self, company, source):
        def add(sheet):
            sheet.parent.create_sheet("old").sheet_state = "hidden"

        save(company, ROWS, add)
        refused(company, source, match=r"has several sheets: set 'sheet' to one of Sheet, old \(hidden\)")
        company.collect({**source, "sheet": "Sheet"})
        assert amounts(company) == [12.5, 7]

    def test_a_hidden_sheet_that_is_asked_for(self, company, source):
        def add(sheet):
            other = sheet.parent.create_sheet("old")
            for row in ROWS:
                other.append(row)
            other.sheet_state = "hidden"

        save(company, [["x"]], add)
        collected = company.collect({**source, "sheet": "old"})
        assert amounts(company) == [12.5, 7]
        assert detected(collected)["hidden_sheet"] == "read"

    def test_units_totals_and_declared_ends(self, company, source):
        rows = [ROWS[0], ["-", "[day]", "EUR"], *ROWS[1:], ["Total", None, 19.5]]
        save(company, rows)
        collected = company.collect(source)
        assert [row for row, _, _ in set_aside(collected)] == [2, 5]
        collected = company.collect({**source, "units_row": "true", "last_rows": 1})
        assert len(collected.set_aside) == 0
        assert amounts(company) == [12.5, 7]

    def test_a_smaller_range_than_the_sheet_fills(self, company, source):
        save(company, ROWS)
        rewrite(company, SHEET, r'<dimension ref="[^"]*"', '<dimension ref="A1"')
        company.collect(source)
        assert amounts(company) == [12.5, 7]

    @pytest.mark.parametrize(
        ("rows", "match"),
        [
            ([], "is empty: it has no header"),
            ([["K1", 5, "x"]], "no column .* has the file a row of column names"),
            ([["id", "at", "amount", "amount"]], "'amount' appears twice"),
            ([["id", "at", "Amount"]], "did you mean 'Amount'"),
        ],
    )
    def test_names(self, company, source, rows, match):
        save(company, rows)
        refused(company, source, match=match, hidden=("K1",))

    def test_a_column_without_a_name_that_nobody_reads_does_no_harm(self, company, source):
        save(company, [[row[0], None if row is ROWS[0] else "x", *row[1:]] for row in ROWS])
        company.collect(source)
        assert amounts(company) == [12.5, 7]


class TestNoWorkbooks:
    @pytest.mark.parametrize(
        ("content", "match"),
        [
            (b"<html><body><table><tr><td>id</td></tr></table></body></html>", "an HTML or XML page; open it in Excel"),
            (b"id,at,amount\nK1,2025-01-01,12.50\n", "a text file; say 'format: csv'"),
            (b"id;at;amount\nK1;2025-01-01;12,50\n", "a text file; say 'format: csv'"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "an old .xls or has a password; save it as .xlsx"),
            (b"", "it is empty"),
            (b"PK\x03\x04" + b"\0" * 200, "cut off or damaged"),
        ],
    )
    def test_what_only_calls_itself_one(self, company, source, content, match):
        company.write("orders.xlsx", content)
        refused(
            company, source, match=rf"orders\.xlsx is not a readable \.xlsx workbook: .*{match}", hidden=("K1", "12")
        )

    def test_csv_named_xlsx_is_read_if_the_format_says_so(self, company, source):
        company.write("orders.xlsx", "id;at;amount\nK1;2025-01-01;12,50\n")
        company.collect({**source, "format": "csv"})
        assert amounts(company) == [12.5]

    def test_cut_off(self, company, source):
        save(company, ROWS)
        content = (company.folder / "orders.xlsx").read_bytes()
        company.write("orders.xlsx", content[: len(content) // 2])
        refused(company, source, match="cut off or damaged; copy or export it again")

    def test_damaged_part(self, company, source):
        save(company, ROWS)
        rewrite(company, SHEET, "</sheetData>", "</sheetDat")
        refused(company, source, match=r"not a readable \.xlsx workbook: a part of it is damaged", hidden=("K1",))

    def test_decompression_bomb(self, company, source):
        save(company, ROWS)
        path = company.folder / "orders.xlsx"
        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            for name, content in parts.items():
                with book.open(name, "w", force_zip64=True) as part:
                    part.write(content.replace(b"</sheetData>", b""))
                    if name == SHEET:
                        row = b"<row><c t='inlineStr'><is><t>" + b"x" * 1000 + b"</t></is></c></row>"
                        for _ in range(1000):
                            part.write(row * 1000)
        assert path.stat().st_size < 10_000_000
        company.dataset(source)
        message, size = megabytes_of_refusal(company.folder / "dataset.yaml")
        assert re.search(r"orders\.xlsx, part xl/worksheets/sheet1\.xml: \d+ bytes unpack to 10\d{8}", message)
        assert "export it again" in message
        assert size < MOST_MEGABYTES

    @pytest.mark.parametrize("above", ["", f"<!-- {'x' * 10_000} -->"])
    def test_entities(self, company, source, above):
        save(company, ROWS)
        bomb = f'{above}<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet'
        rewrite(company, SHEET, "<worksheet", bomb)
        refused(company, source, match="has a document type, which no workbook has; export it again")
