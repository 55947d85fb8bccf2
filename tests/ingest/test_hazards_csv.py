"""Damaged and unusual CSV files, from the bytes on disk to the tables of a run."""

from __future__ import annotations

import pytest
from ingest.hazards import (
    MOST_MEGABYTES,
    amounts,
    crm,
    customers_of,
    detected,
    hides,
    megabytes_of_refusal,
    orders,
    refused,
    set_aside,
)

LINES = "id,at,amount\nK1,2025-01-01,12.50\nK2,2025-01-02,7\n"


class TestNoRows:
    def test_empty_file(self, company):
        refused(company, crm(company, ""), match=r"crm\.csv is empty: it has no header")

    def test_blank_lines_only(self, company):
        refused(company, crm(company, "\n\n\n"), match=r"crm\.csv, line 1: is empty: there is no header")

    def test_header_only(self, company):
        source = orders(company, "id,at,amount\n")
        collected = company.collect(crm(company, "id\nK1\n"), source)
        assert collected.reconciliation["read"].tolist() == [1, 0]
        assert len(company.tables.read("transactions")) == 0

    def test_no_header(self, company):
        source = crm(company, "4711,Zoe Quandt,zoe@quandt.de\n4712,Ben Alt,ben@alt.de\n", {"name": "name"})
        refused(
            company,
            source,
            match=r"crm\.csv, header: there is no column 'id'; none of the 2 columns .* first row \(3 cells\): has the "
            "file a row of column names",
            hidden=("4711", "Quandt", "quandt"),
        )

    def test_no_header_and_a_first_name_like_a_column(self, company):
        refused(company, crm(company, "Ida,i@x.de\nBen,b@x.de\n"), match="no column 'id'", hidden=("Ida", "i@x"))


class TestAroundTheRows:
    def test_banner_above_the_names(self, company):
        text = 'Export of 2025-12-31\n"Sales, all regions"\n\nid,at,amount\nK1,2025-01-01,12.50\nK2,x,7\n'
        collected = company.collect(orders(company, text))
        assert amounts(company) == [12.5]
        assert set_aside(collected)[0][0] == 6  # the physical line, the banner counted
        assert detected(collected)["skip_rows"] == "3"

    def test_declared_banner(self, company):
        collected = company.collect(orders(company, "id,at,amount\n" + LINES, skip_rows=1))
        assert amounts(company) == [12.5, 7]
        assert ["orders", "orders.csv", "skip_rows", "1", "declared"] in collected.dialects.to_numpy().tolist()

    def test_declared_names_in_a_line_that_has_none(self, company):
        refused(company, orders(company, LINES, skip_rows=1), match="header: there is no column", hidden=("K1", "12.5"))

    def test_units_below_the_names(self, company):
        text = LINES.replace("\n", "\n-,[yyyy-mm-dd],EUR\n", 1)
        collected = company.collect(orders(company, text))
        assert set_aside(collected) == [
            [2, "", "looks like a row of units; set 'units_row: true' if it is one"],
        ]
        assert amounts(company) == [12.5, 7]
        assert len(company.collect(orders(company, text, units_row="true")).set_aside) == 0
        assert amounts(company) == [12.5, 7]

    @pytest.mark.parametrize("word", ["Total", "SUMME", "Gesamtsumme:", "Insgesamt"])
    def test_total_below_the_rows(self, company, word):
        collected = company.collect(orders(company, f"{LINES}{word},2025-01-31,19.50\n"))
        assert set_aside(collected) == [[4, "id", "looks like a row of totals; leave it out or set 'last_rows'"]]
        assert amounts(company) == [12.5, 7]

    def test_total_without_a_word(self, company):
        assert set_aside(company.collect(orders(company, LINES + ",,19.50\n")))[0][0] == 4
        assert amounts(company) == [12.5, 7]

    def test_total_would_be_an_area(self, company):
        company.write("areas.csv", "area,n\n01067,10\nTotal,10\n")
        areas = {"name": "areas", "system": "external_database", "path": "areas.csv", "table": "areas"}
        company.collect(crm(company, "id\n1\n"), {**areas, "columns": {"area": "area", "population": "n"}})
        assert company.tables.read("areas").area.tolist() == ["01067"]

    @pytest.mark.parametrize("total", ["Total,,19.50\n", "Total;19.50\n", "K9,2025-01-31,19.5\nNumber of rows: 3"])
    def test_declared_last_rows(self, company, total):
        count = total.count("\n") + (not total.endswith("\n"))
        collected = company.collect(orders(company, LINES + total, last_rows=count))
        assert amounts(company) == [12.5, 7]
        assert len(collected.set_aside) == 0
        assert collected.reconciliation["read"].tolist() == [2]

    def test_last_rows_across_chunks(self, company, monkeypatch):
        from customer_profiles.ingest.readers import csv_file

        monkeypatch.setattr(csv_file, "CHUNK_ROWS", 2)
        rows = [f"K{i},2025-01-0{i},{i}\n" for i in range(1, 7)]
        rows[3] = "K4\n"
        collected = company.collect(orders(company, "id,at,amount\n" + "".join(rows), last_rows=2))
        assert amounts(company) == [1, 2, 3]
        assert set_aside(collected) == [[5, "", "1 cells where the header has 3"]]


class TestCutOff:
    def test_row_with_too_few_cells(self, company):
        collected = company.collect(orders(company, LINES + "K3,2025-0"))
        assert set_aside(collected) == [[4, "", "2 cells where the header has 3"]]
        hides(collected, "K3")

    def test_half_a_number_is_a_number_too(self, company):
        collected = company.collect(orders(company, LINES + "K3,2025-01-03,12"))
        ((row, column, reason),) = set_aside(collected)
        assert (row, column) == (4, "amount")
        assert "the file ends without an end of line" in reason
        assert "end it with one" in reason
        assert amounts(company) == [12.5, 7]

    def test_a_closed_quote_or_an_unread_column_proves_the_row(self, company):
        company.collect(orders(company, LINES + 'K3,2025-01-03,"12"'))
        assert amounts(company) == [12.5, 7, 12]
        company.collect(orders(company, "id,at,amount,note\nK3,2025-01-03,12,hal"))
        assert amounts(company) == [12]

    def test_a_lookup_is_not_used_in_part(self, company):
        company.write("p.csv", "code,department\n7,shoes\n8,bo")
        lookup = {"path": "p.csv", "on": {"pid": "code"}, "take": ["department"]}
        source = orders(
            company, LINES.replace("amount\n", "amount,pid\n").replace("50\n", "50,7\n").replace(",7\n", ",7,8\n")
        )
        source = {**source, "columns": {**source["columns"], "category": "department"}, "lookups": [lookup]}
        refused(company, source, match=r"p\.csv, row 3: the file ends without an end of line", hidden=("shoes",))


class TestQuotesAndWidths:
    def test_quote_never_closed(self, company):
        refused(
            company,
            orders(company, LINES.replace("K2,", 'K2,"') + "K3,2025-01-03,5\n"),
            match=r"orders\.csv, line 3: a quote is opened and never closed; mend the quoting",
            hidden=("K2", "K3"),
        )

    def test_quote_closed_by_the_next_stray_one(self, company):
        """Two stray quotes swallow the rows between them, and what remains is as wide as the header."""
        text = 'id,note,at,amount\nK1,"big,2025-01-01,1\nK2,x,2025-01-02,2\nK3,24",2025-01-03,3\nK4,y,2025-01-04,4\n'
        collected = company.collect(orders(company, text))
        assert set_aside(collected) == [[2, "", "a quote that seems to be closed some rows too late"]]
        assert amounts(company) == [4]
        hides(collected, "K1", "K2", "K3", "big")

    def test_honest_cells_of_several_lines(self, company):
        text = 'id,note,at,amount\nK1,"first, second\nthird, and, fourth",2025-01-01,1\nK2,"a ""b"" c",2025-01-02,2\n'
        company.collect(orders(company, text))
        assert amounts(company) == [1, 2]

    def test_text_behind_a_closed_quote(self, company):
        source = orders(company, LINES.replace("K2", '"K2"secret'))
        refused(company, source, match=r"orders\.csv, line 3: .*; mend the quoting", hidden=("secret",))

    def test_short_and_long_rows(self, company):
        collected = company.collect(orders(company, LINES + "K3,2025-01-03\nK4,2025-01-04,5,6\nK5,2025-01-05,1\n"))
        assert set_aside(collected) == [
            [4, "", "2 cells where the header has 3"],
            [5, "", "4 cells where the header has 3"],
        ]
        assert collected.set_aside.masked.tolist() == ["2 cells", "4 cells"]
        assert amounts(company) == [12.5, 7, 1]

    def test_every_row_one_cell_too_many(self, company):
        source = orders(company, "id,at,amount\nK1,2025-01-01,12,5\nK2,2025-01-02,7,0\n")
        refused(
            company,
            source,
            match=r"orders\.csv, line 2: every row has 4 cells where the header has 3; is a name missing in the header",
            hidden=("K1", "2025-01"),
        )

    def test_every_row_one_cell_too_few(self, company):
        source = orders(company, "id,at,amount,x\nK1,2025-01-01,12\nK2,2025-01-02,7\n")
        refused(company, source, match=r"every row has 3 cells where the header has 4; is ',' its delimiter")

    def test_other_delimiter_than_declared(self, company):
        source = orders(company, LINES.replace(",", ";"), delimiter=",")
        refused(company, source, match=r"header: there is no column 'amount'.* Is ',' its delimiter\?", hidden=("K1",))

    @pytest.mark.parametrize("sign", [";", "\t", "|", ","])
    def test_delimiter_is_told_by_the_names(self, company, sign):
        collected = company.collect(orders(company, LINES.replace(",", sign)))
        assert amounts(company) == [12.5, 7]
        assert detected(collected)["delimiter"] == {"\t": "\\t"}.get(sign, sign)

    def test_delimiter_that_two_signs_may_be(self, company):
        source = crm(company, "a,id\nx,b;id\nK1,K2;K3\n")
        refused(company, source, match=r"header: its delimiter may be ',' or ';'; set 'delimiter'", hidden=("K1",))

    def test_one_column_has_no_delimiter(self, company):
        company.collect(crm(company, "id\nK1\nK2\n"))
        assert len(company.tables.read("customers")) == 2

    def test_nul_byte(self, company):
        collected = company.collect(orders(company, LINES + "K3\0,2025-01-03,5\n"))
        assert set_aside(collected) == [[4, "", "contains a NUL byte"]]
        hides(collected, "K3")


class TestTooLarge:
    def test_cell_of_five_megabytes(self, company):
        company.dataset(orders(company, LINES + f"K3,2025-01-03,{'7' * 5_000_000}\n"))
        message, size = megabytes_of_refusal(company.folder / "dataset.yaml")
        assert "orders.csv, line 4: a cell of more than 4000000 characters" in message
        assert "mend the quoting" in message
        assert "777" not in message
        assert size < MOST_MEGABYTES

    def test_two_hundred_thousand_columns(self, company):
        names = ",".join(f"c{i}" for i in range(200_000))
        row = ",".join("1" * 200_000)
        company.dataset(crm(company, f"id,{names}\nK1,{row}\n"))
        message, size = megabytes_of_refusal(company.folder / "dataset.yaml")
        assert "crm.csv, header: 200001 columns, more than the 16384 of a sheet" in message
        assert len(message) < 500
        assert size < MOST_MEGABYTES

    def test_two_hundred_thousand_columns_without_the_needed_one(self, company):
        company.dataset(crm(company, ",".join(f"c{i}" for i in range(200_000)) + "\n"))
        message, size = megabytes_of_refusal(company.folder / "dataset.yaml")
        assert "200000 columns" in message
        assert len(message) < 500
        assert size < MOST_MEGABYTES


class TestEncodings:
    NAMES = ("Müller", "Žofie", "Groß")

    def found(self, company, content: bytes, **keys) -> list[str]:
        columns = {"city": "city"}
        self.collected = company.collect(crm(company, content, columns, **keys))
        return [city for (city,) in customers_of(company, "city")]

    @pytest.mark.parametrize(
        ("encoding", "told"),
        [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-32", "utf-32"), ("cp1252", "cp1252")],
    )
    def test_told_by_the_bytes(self, company, encoding, told):
        text = "id,city\n" + "".join(f"{i},{name}\n" for i, name in enumerate(self.NAMES))
        assert self.found(company, text.encode(encoding)) == list(self.NAMES)
        assert detected(self.collected)["encoding"] == told

    def test_utf16_without_a_mark(self, company):
        source = crm(company, "id\nMüller\n".encode("utf-16-le"))
        refused(company, source, match=r"crm\.csv, line 1: every other byte is zero.*set 'encoding' to utf-16-le")
        assert self.found(company, "id,city\n1,Köln\n".encode("utf-16-le"), encoding="utf-16-le") == ["Köln"]

    def test_one_cp1252_row_in_utf8(self, company):
        content = "id,city\n1,Köln\n".encode() + "2,Würzburg\n".encode("cp1252") + b"3,Jena\n"
        match = r"crm\.csv, line 3: not utf-8 text, though line 2 is .*two encodings in one file; export it again"
        refused(company, crm(company, content), match=match, hidden=("rzburg", "Köln"))
        refused(company, crm(company, content, encoding="utf-8"), match=r"line 3: not utf-8 text \(cp1252 would fit\)")

    @pytest.mark.parametrize(
        ("encoding", "text"), [("cp850", "Mäder"), ("mac_roman", "Müller"), ("cp1250", "Wałęsa"), ("cp1251", "Москва")]
    )
    def test_other_one_byte_encodings_are_not_taken_for_western(self, company, encoding, text):
        source = crm(company, f"id,city\n1,Bonn\n2,{text}\n".encode(encoding), {"city": "city"})
        refused(company, source, match=r"crm\.csv, line 3: neither utf-8 nor cp1252 text; set 'encoding'")
        company.collect({**source, "encoding": encoding})
        assert customers_of(company, "city")[1] == [text]

    def test_utf8_declared_as_cp1252(self, company):
        source = crm(company, "id\nMüller\n", encoding="cp1252")
        refused(company, source, match="is UTF-8, not cp1252; set 'encoding: utf-8'")

    def test_mojibake(self, company):
        twice = "Müller".encode().decode("cp1252")
        collected = company.collect(crm(company, f"id,city\n1,{twice}\n2,Köln\n", {"city": "city"}))
        cities = company.tables.read("customers").city
        assert cities.isna().tolist() == [True, False]
        row = collected.cleaning[collected.cleaning.reason.str.contains("decoded twice")]
        assert row[["source", "column", "n"]].to_numpy().tolist() == [["crm", "city", 1]]
        hides(collected, twice)

    def test_mojibake_in_an_id(self, company):
        twice = "Kü1".encode().decode("cp1252")
        collected = company.collect(crm(company, f"id\n{twice}\nK2\n"))
        assert set_aside(collected) == [[2, "id", "letters lost or decoded twice in the export"]]
        hides(collected, twice)

    def test_lost_letters(self, company):
        company.collect(crm(company, "id,city\n1,M\ufffdnchen\n2,Köln\n", {"city": "city"}))
        assert company.tables.read("customers").city.isna().tolist() == [True, False]

    def test_western_letters_in_a_row_are_no_mojibake(self, company):
        names = ["São João", "Âge", "Ñandú", "Ãlvaro"]
        text = "id,city\n" + "".join(f"{i},{name}\n" for i, name in enumerate(names))
        company.collect(crm(company, text, {"city": "city"}))
        assert [city for (city,) in customers_of(company, "city")] == names

    def test_decomposed_letters(self, company):
        source = crm(company, "id,Größe\nMu\u0308,a\nM\u00fc,b\n".replace("ö", "o\u0308"), {"region": "Größe"})
        collected = company.collect(source)  # the same id, in two spellings of one letter
        assert collected.reconciliation.duplicate.tolist() == [1]
        assert customers_of(company, "region") == [["a"]]

    def test_decomposed_letters_in_dataset_yaml(self, company):
        columns = {"gender": {"column": "Größe".replace("ö", "o\u0308"), "values": {"mu\u0308": "male"}}}
        company.collect(crm(company, "id,Größe\n1,mü\n", columns))
        assert customers_of(company, "gender") == [["male"]]

    @pytest.mark.parametrize("sign", ["\u200b", "\u200d", "\ufeff", "\u202e", "\u2066", "\u00ad", "\u200f"])
    def test_characters_nobody_sees(self, company, sign):
        source = orders(company, f"id,at,amount\nK{sign}1,2025-01-01,1\n{sign}K1,2025-01-02,2\n")
        collected = company.collect(crm(company, f"id{sign},city\nK1,Bonn\n", {"city": "city"}), source)
        assert len(company.tables.read("customers")) == 1
        assert amounts(company) == [1, 2]
        changed = collected.cleaning[collected.cleaning.rule == "invisible"]
        assert changed[["source", "column", "n"]].to_numpy().tolist() == [["orders", "customer_id", 2]]


class TestNames:
    def test_missing(self, company):
        message = refused(
            company, orders(company, LINES.replace(",amount", ",x")), match="no column 'amount'; it has: id, at, x"
        )
        assert "orders.csv, header" in message

    def test_renamed(self, company):
        source = orders(company, LINES.replace("amount", "Amount"))
        refused(company, source, match="no column 'amount'; did you mean 'Amount'")

    def test_extra_and_reordered(self, company):
        company.collect(orders(company, "new,amount,id,at\nx,12.5,K1,2025-01-01\n"))
        assert amounts(company) == [12.5]

    def test_twice(self, company):
        refused(company, orders(company, "id,at,amount,amount\nK1,2025-01-01,1,2\n"), match="'amount' appears twice")

    def test_twice_in_another_spelling_of_blanks(self, company):
        refused(
            company, orders(company, "id,at,amount,amount\u200b\nK1,2025-01-01,1,2\n"), match="'amount' appears twice"
        )

    def test_empty(self, company):
        company.collect(crm(company, "id\nK1\n"), orders(company, "id,,at,amount\nK1,,2025-01-01,1\n"))
        assert company.tables.read("transactions").amount.tolist() == [1]  # nobody reads the column without a name


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("content", "match"),
        [
            (b"<html><table><tr><td>id</td></tr></table></html>", "is an HTML or XML page, not a CSV file"),
            (b"PK\x03\x04....", "is a workbook or zip archive, not a CSV file; say 'format: excel'"),
            (b"PAR1....", "is a Parquet file, not a CSV file; say 'format: parquet'"),
            (b"\x1f\x8b\x08\0", "is a gzip archive, not a CSV file; unpack it"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old .xls or a protected workbook"),
        ],
    )
    def test_named_csv(self, company, content, match):
        refused(company, crm(company, content), match=match)
