"""Damaged Parquet, JSON and YAML files, and what every run states about how its files are written."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest.hazards import (
    MOST_MEGABYTES,
    amounts,
    crm,
    customers_of,
    detected,
    megabytes_of_refusal,
    orders,
    refused,
    set_aside,
)
from written_company import CUSTOMERS, ORDERS

from customer_profiles.errors import ConfigurationError, InputRejected
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.readers.registry import read

PARQUET = {**ORDERS, "path": "orders.parquet"}


class TestParquet:
    def table(self, rows: int = 500) -> pa.Table:
        random = np.random.default_rng(4711)
        return pa.table(
            {
                "id": pa.array([f"K{i % 90}" for i in range(rows)]),
                "at": pa.array(pd.date_range("2024-01-01", periods=rows, freq="7h").astype("datetime64[us]")),
                "amount": pa.array(random.integers(100, 100_000, rows) / 100),
            }
        )

    def test_cut_short(self, company):
        path = company.folder / "orders.parquet"
        pq.write_table(self.table(), path)
        content = path.read_bytes()
        for part in (0, 3, len(content) // 2, len(content) - 1):
            path.write_bytes(content[:part])
            message = refused(company, PARQUET, match=r"orders\.parquet is not a readable Parquet file", hidden=("K1",))
            assert "cut off or damaged; copy or export it again" in message

    def test_any_flipped_bit_of_the_data_is_noticed_by_its_checksum(self, company):
        path = company.folder / "orders.parquet"
        pq.write_table(self.table(), path, write_page_checksum=True)
        dataset = company.dataset(PARQUET)
        content, expected = path.read_bytes(), self.rows(path, dataset)
        footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
        places = np.random.default_rng(1).integers(4, footer, 60)
        noticed = []
        for place in places:
            path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
            try:
                assert self.rows(path, dataset).equals(expected)  # a byte that nobody reads
            except InputRejected as error:
                noticed.append(str(error))
        assert len(noticed) > len(places) * 3 / 4
        assert all("orders.parquet" in message for message in noticed)
        path.write_bytes(content)
        assert detected(company.collect(PARQUET))["checksums"] == "yes"

    def rows(self, path, dataset) -> pd.DataFrame:
        return pd.concat([chunk.cells for chunk in read(path, dataset.sources[0], ["id", "at", "amount"])])

    def test_a_value_beyond_the_range_in_the_footer(self, company):
        """Without checksums, a flipped bit still shows where it takes a value out of its range."""
        path = company.folder / "orders.parquet"
        pq.write_table(self.table(), path, compression="none", use_dictionary=False)
        content = path.read_bytes()
        place = content.index(np.float64(self.table()["amount"][7].as_py()).tobytes()) + 7
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :])
        message = refused(company, PARQUET, match=r"records 1 to 500, column 'amount': a value beyond the range")
        assert "it is damaged; copy or export it again" in message

    def test_missing_checksums_are_stated(self, company):
        pq.write_table(self.table(), company.folder / "orders.parquet")
        assert detected(company.collect(PARQUET))["checksums"] == "no"

    def test_types_that_pandas_would_change(self, company):
        """Bytes are no "b'K1'", long decimals no rounded floats, and a gap makes no whole number a broken one."""
        table = pa.table(
            {
                "id": pa.array([b"K\xc3\xbc1", b"K2"], pa.binary()),
                "at": pa.array(["2025-01-01", "2025-01-02"]),
                "amount": pa.array([Decimal("12.50"), Decimal("7.00")], pa.decimal128(12, 2)),
                "order": pa.array([Decimal(10**17 + 1), None], pa.decimal128(20, 0)),
                "item": pa.array([2**53 + 1, None], pa.int64()),
            }
        )
        pq.write_table(table, company.folder / "orders.parquet")
        company.write("crm.csv", "id\nKü1\n")
        company.collect(
            CUSTOMERS, {**PARQUET, "columns": {**ORDERS["columns"], "order_id": "order", "product_id": "item"}}
        )
        written = company.tables.read("transactions")
        assert written.customer_no.tolist()[0] == 0
        assert amounts(company) == [12.5, 7]
        assert written.order_id[0] == str(10**17 + 1)
        assert written.product_id[0] == str(2**53 + 1)

    def test_bytes_that_are_no_text(self, company):
        pq.write_table(pa.table({"id": pa.array([b"\xff\xfe"], pa.binary())}), company.folder / "crm.parquet")
        source = {**CUSTOMERS, "path": "crm.parquet"}
        refused(company, source, match=r"crm\.parquet, column 'id': holds binary that is no string; export it as text")

    def test_days_as_text(self, company):
        pq.write_table(
            pa.table({"id": ["K1"], "at": ["31/12/2024"], "amount": ["1,5"]}), company.folder / "orders.parquet"
        )
        assert detected(company.collect(PARQUET))["date"] == "%d/%m/%Y"
        assert amounts(company) == [1.5]


LINES = {**ORDERS, "path": "orders.jsonl"}
GOOD = json.dumps({"id": "K1", "at": "2025-01-01", "amount": 12.5})


class TestJsonLines:
    @pytest.mark.parametrize(
        "line",
        [
            '{"id": "K2", "at": "2025-01-02", "amou',
            "[1, 2]",
            "null",
            '{"id": "K2", "id": "K3", "at": "2025-01-02", "amount": 1}',
            '{"id": "K2", "at": "2025-01-02", "amount": NaN}',
        ],
    )
    def test_broken_lines_and_keys_that_are_given_twice(self, company, line):
        company.write("orders.jsonl", f"{GOOD}\n{line}\n{GOOD.replace('K1', 'K4')}\n")
        collected = company.collect(LINES)
        assert collected.set_aside.row.tolist() == [2]
        assert amounts(company) == [12.5, 12.5]
        assert "K2" not in collected.set_aside.to_csv()

    def test_ids_and_words_stay(self, company):
        lines = [{"id": i, "city": city} for i, city in [(9007199254740993, "NO"), ("007", "Null"), (1e17, "x")]]
        company.write("crm.jsonl", "\n".join(json.dumps(line) for line in lines) + "\n")
        source = {**CUSTOMERS, "path": "crm.jsonl", "columns": {"customer_id": "id", "city": "city"}}
        ((row, column, reason),) = set_aside(company.collect(source))
        assert (row, column) == (3, "id")
        assert "its last digits are lost" in reason
        assert customers_of(company, "city") == [["NO"], ["Null"]]

    def test_other_encoding(self, company):
        company.write("orders.jsonl", b'{"id": "K\xfc"}\n')
        refused(company, LINES, match=r"orders\.jsonl, near line 1: not utf-8 text; set 'encoding'")


YAML = """\
name: test
title: Test
sources:
  - {name: crm, system: crm, path: crm.csv, table: customers, columns: {customer_id: id}}
"""


class TestYaml:
    @pytest.mark.parametrize(
        "tagged",
        ["!!python/object/apply:os.system [ls]", "!secret x", "!!binary aGFsbG8=", "!!set {a, b}", "!!omap [a: b]"],
    )
    def test_tags(self, company, tagged):
        path = company.write("dataset.yaml", YAML.replace("title: Test", f"title: {tagged}"))
        with pytest.raises(ConfigurationError, match=r"dataset\.yaml, line 2: tags such as .* are not allowed"):
            load_dataset(path)

    def test_alias_bomb(self, company):
        levels = [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 12)]
        path = company.write("dataset.yaml", "\n".join(["x0: &x0 [a]", *levels, YAML]))
        message, size = megabytes_of_refusal(path)
        assert "has more than 20000 parts: do aliases (*name) repeat each other?" in message
        assert size < MOST_MEGABYTES

    def test_plz_stays_a_text(self, company):
        values = "columns: {customer_id: id, postal_code: {value: 01067}, status: {value: no}, region: {value: 1_000}}"
        company.write("crm.csv", "id\nK1\n")
        company.write("dataset.yaml", YAML.replace("columns: {customer_id: id}", values))
        columns = load_dataset(company.folder / "dataset.yaml").sources[0].columns
        assert [columns[name].value for name in ("postal_code", "status", "region")] == ["01067", "no", "1_000"]

    def test_key_given_twice(self, company):
        path = company.write("dataset.yaml", YAML.replace("table: customers", "table: customers, table: leads"))
        with pytest.raises(ConfigurationError, match="line 4: 'table' is given twice"):
            load_dataset(path)


class TestDialects:
    def test_everything_about_a_file_is_stated(self, company):
        company.write("p.csv", "code|department\n7|shoes\n")
        lookup = {"path": "p.csv", "on": {"pid": "code"}, "take": ["department"]}
        source = orders(
            company, "id;at;amount;pid\nK1;31.12.2024 10:00;1.234,50;7\n", time_zone="UTC", lookups=[lookup]
        )
        source["columns"]["category"] = "department"
        collected = company.collect(source, crm(company, b"id\nK1\n", encoding="cp1252"))
        assert collected.dialects.to_numpy().tolist() == [
            ["orders", "p.csv", "encoding", "utf-8", "detected"],
            ["orders", "p.csv", "delimiter", "|", "detected"],
            ["orders", "orders.csv", "encoding", "utf-8", "detected"],
            ["orders", "orders.csv", "delimiter", ";", "detected"],
            ["orders", "", "decimal", ",", "detected"],
            ["orders", "", "thousands", ".", "detected"],
            ["orders", "", "datetime", "%d.%m.%Y %H:%M", "detected"],
            ["orders", "", "time_zone", "UTC", "declared"],
            ["crm", "crm.csv", "encoding", "cp1252", "declared"],
            ["crm", "crm.csv", "delimiter", ",", "detected"],
        ]
        assert company.tables.read("dialects").equals(collected.dialects)

    def test_files_of_one_source_may_differ(self, company):
        company.write("orders_1.csv", "id;at;amount\nKö;2025-01-01;1,5\n".encode("cp1252"))
        company.write("orders_2.csv", 'amount,at,id\n"2,5",2025-01-02,Kö\n')
        collected = company.collect({**ORDERS, "path": "orders_*.csv"})
        assert amounts(company) == [1.5, 2.5]
        assert collected.dialects.value.tolist() == ["cp1252", ";", "utf-8", ",", ",", "%Y-%m-%d"]
        assert len(company.tables.read("customers")) == 1

    def test_a_source_without_rows_states_what_it_can(self, company):
        collected = company.collect(crm(company, "id\nK1\n"), orders(company, "id,at,amount\n"))
        assert set(collected.dialects[collected.dialects.source == "orders"].property) == {"encoding", "delimiter"}
