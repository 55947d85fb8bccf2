"""JSON documents and lines: read as the standard says or refused with the line, and never all at once."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from written_company import CUSTOMERS, ORDERS

from customer_profiles.errors import InputRejected
from customer_profiles.ingest.readers import json_file, json_text
from customer_profiles.ingest.readers.registry import read


def chunks_of(company, content: str | bytes, needed=("id",), name="a.json", **keys):
    path = company.write(name, content)
    form = company.dataset({**CUSTOMERS, "path": name, **keys}).sources[0]
    return list(read(path, form, needed))


class TestDocuments:
    def test_a_list_of_objects(self, company):
        records = [{"id": 9007199254740993, "plz": "01067"}, {"id": "Null", "amount": 1.5, "ok": True}, {"id": None}]
        (chunk,) = chunks_of(company, json.dumps(records, indent=1))
        assert chunk.cells.id.tolist() == [9007199254740993, "Null", None]
        assert chunk.cells.plz.iloc[0] == "01067"
        assert chunk.cells.amount.tolist() == [None, 1.5, None]
        assert chunk.cells.ok.tolist() == [None, True, None]
        assert chunk.rows.tolist() == [1, 2, 3]

    def test_a_list_inside_an_object(self, company):
        document = {"note": "ü", "made": {"by": ["x"]}, "data": {"n": 2, "orders": [{"id": 1}, {"id": 2}]}, "end": 1.5}
        (chunk,) = chunks_of(company, json.dumps(document), records="data.orders")
        assert chunk.cells.id.tolist() == [1, 2]

    def test_fields_inside_objects_are_written_with_a_dot(self, company):
        records = [{"id": 1, "device": {"kind": "app", "os": {"name": "x"}}, "tags": ["a", "ü"]}, {"id": 2}]
        (chunk,) = chunks_of(company, json.dumps(records), needed=["id", "device.os.name", "tags"])
        assert chunk.cells["device.os.name"].iloc[0] == "x"
        assert chunk.cells["device.os.name"].isna().tolist() == [False, True]
        assert chunk.cells.tags.iloc[0] == '["a", "ü"]'

    @pytest.mark.parametrize("content", ["[]", " [ ] \n", '{"a": []}'])
    def test_no_record(self, company, content):
        (chunk,) = chunks_of(company, content, **({"records": "a"} if "a" in content else {}))
        assert list(chunk.cells) == ["id"]
        assert len(chunk.rows) == 0

    def test_a_record_that_is_no_object_is_a_fault_of_its_row(self, company):
        (chunk,) = chunks_of(company, '[{"id": 1}, "Anna", {"id": 2}, [3]]')
        assert chunk.rows.tolist() == [1, 3]
        assert [fault[:3] for fault in chunk.faults] == [(2, "", "not a JSON object"), (4, "", "not a JSON object")]
        assert "Anna" not in str(chunk.faults)

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (
                '[{"id": 1},\n {"id": 2, "id": 3}]',
                "after record 1: in the value that begins on line 2: a key appears twice",
            ),
            ('[{"id": 1, "a": {"b": 1, "b": 1}}]', "line 1: a key appears twice"),
            ('{"x": [{"id": 1}], "x": []}', "line 1: a key appears twice"),
            ('[{"id": NaN}]', "NaN or Infinity"),
            ('[{"id": 1},\n\n{"id": -Infinity}]', "line 3: NaN or Infinity"),
            ('[{"id": 1}, {"id": }]', r"broken JSON \(expecting value\)"),
            ('[{"id": 1}, {"id": 2}', "']' expected, but the document ends"),
            ('[{"id": 1}, {"id": "never closed', "broken JSON"),
            ('[{"id": 1}, ]', "broken JSON"),
            ('[{"id": 1} {"id": 2}]', "',' or ']' expected"),
            ('[{"id": 1}] [{"id": 2}]', "text behind the end"),
            ('[{"id": 1}]}', "text behind the end"),
            ('[{"id": 1}, {"id": "\\ud83d"}]', "a character that no text can hold"),
            ('[{"id": "a\\u0000b"}]', "a character that no text can hold"),
            ('[{"id": "a\tb"}]', "broken JSON"),
            ("[" * 100_000, "nested too deeply"),
            ('[{"id": 1' + "0" * 5000 + "}]", "more than 4300 digits"),
            ("", "the document is empty; a list without records"),
            ("id,b\n1,2\n", "not a list of records"),
            ('{"a": 1, "orders": [{"id": 1}]}', "not a list of records; say where it is: 'records: orders'"),
            ('{"a": 1}', "not a list of records; say at which key"),
            ('[{"ID": 1}]', "no column 'id'; did you mean 'ID'"),
            (b'[{"id": "M\xfcller"}]', "not utf-8 text"),
            ("[1]".encode("utf-16"), "not utf-8 text"),
        ],
    )
    def test_what_cannot_be_read_without_guessing(self, company, content, expected):
        keys = {"records": "x"} if '"x"' in str(content) else {}
        with pytest.raises(InputRejected, match=expected) as error:
            chunks_of(company, content, **keys)
        assert "a.json" in str(error.value)
        assert "ller" not in str(error.value)

    @pytest.mark.parametrize(
        ("document", "records", "expected"),
        [
            ({"orders": [{"id": 1}]}, "order", "there is no key 'order'; did you mean 'orders'"),
            ({"a": {"b": {"id": 1}}}, "a.b", "'records: a.b' is not a list"),
            ({"a": [{"id": 1}]}, "a.b", "needs an object with the key 'b' here"),
            ([{"id": 1}], "a", "needs an object with the key 'a' here"),
        ],
    )
    def test_a_list_that_is_not_where_it_should_be(self, company, document, records, expected):
        with pytest.raises(InputRejected, match=expected):
            chunks_of(company, json.dumps(document), records=records)

    def test_emoji_and_escaped_umlauts_are_text(self, company):
        (chunk,) = chunks_of(company, json.dumps([{"id": "😀 Müller \\u0000"}], ensure_ascii=True))
        assert chunk.cells.id.tolist() == ["😀 Müller \\u0000"]

    def test_a_declared_encoding(self, company):
        (chunk,) = chunks_of(company, '[{"id": "Müller"}]'.encode("utf-16"), encoding="utf-16")
        assert chunk.cells.id.tolist() == ["Müller"]
        (chunk,) = chunks_of(company, b'\xef\xbb\xbf[{"id": 1}]')
        assert chunk.cells.id.tolist() == [1]

    def test_decomposed_keys(self, company):
        (chunk,) = chunks_of(company, '[{"Gro\u0308\u00dfe": 5}]', needed=["Größe"])
        assert chunk.cells["Größe"].tolist() == [5]
        with pytest.raises(InputRejected, match="a key appears twice"):
            chunks_of(company, '[{"Größe": 5, "Gro\u0308ße": 6}]', needed=["Größe"])

    def test_a_key_that_is_there_twice_once_it_is_flat(self, company):
        with pytest.raises(InputRejected, match="a key appears twice"):
            chunks_of(company, '[{"a": {"b": 1}, "a.b": 2}]', needed=["a.b"])

    @pytest.mark.parametrize("block", [1, 2, 7, 64])
    def test_pieces_make_no_difference(self, monkeypatch, block):
        """Wherever a piece of the text ends, in a number, an escape or a word: the values stay the same."""
        monkeypatch.setattr(json_text, "BLOCK", block)
        records = [
            {"id": 12345, "f": -1.5e-3, "t": True, "n": None, "s": 'a"\\ü\n😀', "l": [1, [2]], "o": {}},
            17,
            "x",
            3.25,
        ]
        document = json.dumps({"before": [1.25, {"x": "y"}], "k": 123456, "a": {"b": records}, "z": 99}, indent=1)
        assert [value for value, _ in json_text.records(io.StringIO(document), "a.b")] == records
        tight = json.dumps(records, separators=(",", ":"))
        assert [value for value, _ in json_text.records(io.StringIO(tight), None)] == records
        with pytest.raises(json_text.Unreadable, match="line 3: "):
            list(json_text.records(io.StringIO('[\n{"id": 1},\n{"id" 2}]'), None))

    def test_chunks_are_bounded_by_rows_and_by_text(self, company, monkeypatch):
        content = json.dumps([{"id": n, "text": "x" * 90} for n in range(10)])
        monkeypatch.setattr(json_file, "CHUNK_ROWS", 4)
        assert [len(chunk.rows) for chunk in chunks_of(company, content)] == [4, 4, 2]
        monkeypatch.setattr(json_file, "CHUNK_CHARACTERS", 300)
        assert [len(chunk.rows) for chunk in chunks_of(company, content)] == [3, 3, 3, 1]

    def test_a_document_is_never_held_as_a_whole(self, company, monkeypatch):
        monkeypatch.setattr(json_file, "CHUNK_ROWS", 1000)
        monkeypatch.setattr(json_text, "BLOCK", 1 << 16)
        path = company.folder / "a.json"
        with path.open("w") as file:
            file.write('{"rows": [' + ",\n".join(f'{{"id": {n}, "t": "{"x" * 200}"}}' for n in range(10_000)) + "]}")
        form = company.dataset({**CUSTOMERS, "path": "a.json", "records": "rows"}).sources[0]
        tracemalloc.start()
        rows = sum(len(chunk.rows) for chunk in read(path, form, ["id"]))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert rows == 10_000
        assert peak < path.stat().st_size / 2

    def test_the_whole_way(self, company):
        company.write("crm.json", json.dumps({"people": [{"id": n} for n in range(3)]}))
        orders = [{"id": n % 3, "at": f"2025-05-0{n + 1}", "amount": n, "more": {"x": 1}} for n in range(6)]
        company.write("orders.json", json.dumps(orders))
        made = company.collect(
            {**CUSTOMERS, "path": "crm.json", "records": "people"}, {**ORDERS, "path": "orders.json"}
        )
        assert made.reconciliation.used.tolist() == [3, 6]
        assert company.tables.read("transactions").amount.sum() == 15


class TestLines:
    def test_what_only_some_readers_would_take_is_a_fault_of_the_line(self, company):
        lines = [
            '{"id": 1}',
            '{"id": 1, "id": 2}',
            '{"id": NaN}',
            '{"id": "\\ud800"}',
            '{"id": 2} {"id": 3}',
            '{"id": 4}',
        ]
        (chunk,) = chunks_of(company, "\n".join(lines), name="a.jsonl")
        assert chunk.cells.id.tolist() == [1, 4]
        assert [(fault[0], fault[2]) for fault in chunk.faults] == [
            (2, json_text.KEY_TWICE),
            (3, json_text.NO_NUMBER),
            (4, json_text.NO_CHARACTER),
            (5, json_text.NO_OBJECT),
        ]
