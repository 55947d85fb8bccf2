"""Files that cannot be read without guessing are refused, with file, row and column."""

from __future__ import annotations

import json

import openpyxl
import pandas as pd
import pytest
from written_company import CUSTOMERS

from customer_profiles.errors import InputRejected
from customer_profiles.ingest.readers import chunks, csv_file
from customer_profiles.ingest.readers.registry import files, read


def chunks_of(company, path, needed=("id",), **keys):
    form = company.dataset({**CUSTOMERS, "path": path.name, **keys}).sources[0]
    return list(read(path, form, needed))


class TestCsv:
    def test_text_stays_text_with_its_line(self, company):
        path = company.write("a.csv", '\ufeffid,note\n007,"two\nlines"\n\n9007199254740993,Null\n')
        (chunk,) = chunks_of(company, path)
        assert chunk.cells.to_dict("list") == {"id": ["007", "9007199254740993"], "note": ["two\nlines", "Null"]}
        assert list(chunk.rows) == [2, 5]

    def test_rows_of_wrong_length_are_faults_of_the_row(self, company):
        path = company.write("a.csv", "id,b\n1\n2,x\n3,y,z\n4,\0\n")
        (chunk,) = chunks_of(company, path)
        assert list(chunk.cells.id) == ["2"]
        assert [fault[:3] for fault in chunk.faults] == [
            (2, "", "1 cells where the header has 2"),
            (4, "", "3 cells where the header has 2"),
            (5, "", "contains a NUL byte"),
        ]

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b'id,b\n1,x\n2,"never closed\n3,y\n', "line 3: a quote is opened and never closed"),
            (b'id,b\n1,"x"y\n', "line 2: "),
            (b"", "empty"),
            (b"id,id\n1,2\n", "'id' appears twice"),
            (b"idd,b\n1,2\n", "no column 'id'; did you mean 'idd'"),
        ],
    )
    def test_unreadable_files(self, company, content, expected):
        with pytest.raises(InputRejected, match=expected) as error:
            chunks_of(company, company.write("a.csv", content))
        assert "a.csv" in str(error.value)

    @pytest.mark.parametrize(
        ("content", "declared", "expected"),
        [
            (b"id,b\n1,x\n2,M\xfcller\n", {"encoding": "utf-8"}, r"line 3: not utf-8 text \(cp1252 would fit\)"),
            (b"id;b\n1;2\n", {"delimiter": ","}, "Is ',' its delimiter"),
            ("id,b\n1,2\n".encode("utf-16"), {"encoding": "utf-8"}, "begins like utf-16"),
        ],
    )
    def test_files_that_are_not_as_declared(self, company, content, declared, expected):
        with pytest.raises(InputRejected, match=expected):
            chunks_of(company, company.write("a.csv", content), **declared)

    def test_utf8_declared_as_cp1252_is_noticed(self, company):
        path = company.write("a.csv", "id\nMüller\n")
        with pytest.raises(InputRejected, match="is UTF-8, not cp1252"):
            chunks_of(company, path, encoding="cp1252")
        path.write_bytes("id\nMüller\n".encode("cp1252"))
        assert chunks_of(company, path, encoding="cp1252")[0].cells.id[0] == "Müller"

    def test_chunks_are_bounded(self, company, monkeypatch):
        monkeypatch.setattr(csv_file, "CHUNK_ROWS", 2)
        path = company.write("a.csv", "id\n" + "".join(f"{i}\n" for i in range(5)))
        assert [len(chunk.cells) for chunk in chunks_of(company, path)] == [2, 2, 1]


class TestExcel:
    def book(self, company, rows, **formats):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for cell, form in formats.items():
            book.active[cell].number_format = form
        path = company.folder / "a.xlsx"
        book.save(path)
        return path

    def test_types_and_shown_zeros(self, company):
        path = self.book(
            company, [["id", "plz", None], [1, 1067, None], [None, None, None], ["Null", 80331, None]], B2="00000"
        )
        (chunk,) = chunks_of(company, path)
        assert chunk.cells.plz.tolist() == ["01067", 80331]
        assert list(chunk.rows) == [2, 4]

    def test_formula_without_result_is_refused(self, company):
        with pytest.raises(InputRejected, match=r"a.xlsx, row 3, column 'id': a formula without a stored result"):
            chunks_of(company, self.book(company, [["id"], [1], ["=A2+1"]]))

    def test_error_cell_is_a_fault_of_the_row(self, company):
        path = self.book(company, [["id"], [1], ["#N/A"]])
        (chunk,) = chunks_of(company, path)
        assert len(chunk.cells) == 1
        assert chunk.faults[0][:3] == (3, "id", "the cell holds an Excel error")

    def test_sheet_must_be_named_if_there_are_several(self, company):
        path = self.book(company, [["id"], [1]])
        book = openpyxl.load_workbook(path)
        book.create_sheet("Zwei")
        book.save(path)
        with pytest.raises(InputRejected, match="several sheets: set 'sheet' to one of Sheet, Zwei"):
            chunks_of(company, path)

    def test_no_workbook(self, company):
        with pytest.raises(InputRejected, match=r"not a readable .xlsx"):
            chunks_of(company, company.write("a.xlsx", "id,b\n"))


class TestJsonLines:
    def test_objects_and_broken_lines(self, company):
        lines = [json.dumps({"id": 9007199254740993, "on": {"page": "x"}}), "{broken", "[1]", "", '{"id": "Null"}']
        path = company.write("a.jsonl", "\n".join(lines))
        (chunk,) = chunks_of(company, path, ["id", "on.page"])
        assert chunk.cells.id.tolist() == [9007199254740993, "Null"]
        assert chunk.cells["on.page"].notna().tolist() == [True, False]
        assert [fault[0] for fault in chunk.faults] == [2, 3]

    def test_key_in_no_row(self, company):
        with pytest.raises(InputRejected, match="no column 'id'; did you mean 'ID'"):
            chunks_of(company, company.write("a.jsonl", '{"ID": 1}\n'))

    def test_no_row_at_all(self, company):
        (chunk,) = chunks_of(company, company.write("a.jsonl", ""))
        assert list(chunk.cells) == ["id"]


class TestParquet:
    def test_whole_numbers_stay_whole_beside_gaps(self, company):
        path = company.folder / "a.parquet"
        pd.DataFrame({"id": pd.array([2**53 + 1, None], dtype="Int64")}).to_parquet(path)
        (chunk,) = chunks_of(company, path)
        assert chunk.cells.id.tolist() == [2**53 + 1, pd.NA]

    def test_damaged(self, company):
        with pytest.raises(InputRejected, match=r"a.parquet is not a readable Parquet file"):
            chunks_of(company, company.write("a.parquet", b"PAR1" + b"\0" * 20))

    def test_missing_column(self, company):
        path = company.folder / "a.parquet"
        pd.DataFrame({"Id": [1]}).to_parquet(path)
        with pytest.raises(InputRejected, match="did you mean 'Id'"):
            chunks_of(company, path)


def test_missing_files_tell_where_they_come_from(company):
    dataset = company.dataset({**CUSTOMERS, "path": "raw/*.csv"}, origin="Ask the CRM team.")
    with pytest.raises(InputRejected, match=r"raw/\*.csv does not exist in .* Ask the CRM team"):
        files(dataset, dataset.sources[0])
    dataset = company.dataset({**CUSTOMERS, "path": "package:no_such_package/x.parquet"})
    with pytest.raises(InputRejected, match="package is not installed"):
        files(dataset, dataset.sources[0])


def test_patterns_are_sorted(company):
    for name in ("b.csv", "a.csv"):
        company.write(f"raw/{name}", "id\n1\n")
    dataset = company.dataset({**CUSTOMERS, "path": "raw/*.csv"})
    assert [path.name for path in files(dataset, dataset.sources[0])] == ["a.csv", "b.csv"]


def test_masks_show_no_value():
    assert chunks.mask("Anna Müller") == "11×<character>"
