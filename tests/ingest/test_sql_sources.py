"""SQLite and a real PostgreSQL: exact values, one moment for all sources, and errors that tell no secret."""

from __future__ import annotations

import csv
import hashlib
import os
import sqlite3
from datetime import date

import adbc_driver_postgresql.dbapi as adbc
import pandas as pd
import pytest
import yaml
from postgres_server import PASSWORD
from support import command_line
from written_company import CUSTOMERS, ORDERS, source

from customer_profiles.errors import ConfigurationError, EnvironmentFailed, InputRejected
from customer_profiles.ingest import reading
from customer_profiles.ingest.config.dataset import FileFormat
from customer_profiles.ingest.parsing.casting import cast_chunk
from customer_profiles.ingest.readers import postgres, sqlite_file
from customer_profiles.ingest.readers.registry import files, read
from customer_profiles.ingest.readers.snapshots import one_snapshot
from customer_profiles.ingest.readers.sql import Place
from customer_profiles.reporting.manifest import sources

VARIABLE = "SHOP_DATABASE"
FILE = {"path": "shop.sqlite", "db_table": "people"}
SERVER = {"database": f"env:{VARIABLE}", "path": None, "db_table": "people"}


def asked(base: dict, **keys) -> dict:
    """A source of conftest that a database answers."""
    return {name: value for name, value in (base | keys).items() if value is not None}


class TestDatasetYaml:
    @pytest.mark.parametrize(
        "keys",
        [
            {"database": "postgresql://anna:geheim@db.example/shop", "path": None, "db_table": "x"},
            {"database": "host=db.example password=geheim", "path": None, "db_table": "x"},
            {"database": "SHOP_DATABASE", "path": None, "db_table": "x"},
            {"path": "postgresql://anna:geheim@db.example/shop", "query": "SELECT 1"},
        ],
    )
    def test_a_connection_string_is_refused_with_the_remedy_and_not_repeated(self, company, keys):
        with pytest.raises(ConfigurationError, match="database: env:SHOP_DATABASE") as error:
            company.dataset(asked(CUSTOMERS, **keys))
        assert "geheim" not in str(error.value)
        assert "db.example" not in str(error.value)

    def test_an_address_of_the_web_is_not_repeated_either(self, company):
        with pytest.raises(ConfigurationError, match="download it first") as error:
            company.dataset(CUSTOMERS | {"path": "https://anna:geheim@files.example/crm.csv"})
        assert "geheim" not in str(error.value)

    @pytest.mark.parametrize(
        ("keys", "expected"),
        [
            ({"path": "a.sqlite"}, "needs either 'query' .* or 'db_table'"),
            ({"path": "a.sqlite", "query": "SELECT 1", "db_table": "a"}, "needs either 'query' .* or 'db_table'"),
            ({"path": "a.sqlite", "query": "DELETE FROM a"}, "must begin with SELECT"),
            ({"path": "a.sqlite", "query": "/* SELECT */ COMMIT"}, "must begin with SELECT"),
            ({"path": "a.csv", "query": "SELECT 1"}, "are for databases"),
            ({"path": "a.csv", "records": "x"}, "for JSON documents"),
            ({"path": "a.csv", "database": "env:A"}, "give either 'path' .* or 'database'"),
            ({"path": None}, "give either 'path' .* or 'database'"),
            ({"path": None, "database": "env:A", "db_table": "a", "format": "csv"}, "'format' is for files"),
        ],
    )
    def test_contradictions(self, company, keys, expected):
        with pytest.raises(ConfigurationError, match=expected):
            company.dataset(asked(CUSTOMERS, **keys))

    @pytest.mark.parametrize(
        "query", ["-- all\n select 1", "(SELECT 1) UNION SELECT 2", "WITH a AS (SELECT 1) SELECT *"]
    )
    def test_queries(self, query):
        assert FileFormat(path="a.db", query=f"{query} ; ").statement == query


def chunks_of(company, needed=("id",), **keys):
    form = company.dataset(asked(CUSTOMERS, **(FILE | keys)), as_of="2025-12-31").sources[0]
    (place,) = files(company.dataset(asked(CUSTOMERS, **(FILE | keys))), form)
    return list(read(place, form, needed))


@pytest.fixture
def shop(company):
    """A SQLite file with a table of two people; yields a connection that writes to it."""
    connection = sqlite3.connect(company.folder / "shop.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE people (id, name TEXT, amount)")
    connection.execute("INSERT INTO people VALUES (9007199254740993, '007', 1.5), ('A-1', NULL, 2)")
    yield connection
    connection.close()


class TestSqlite:
    def test_each_cell_has_the_type_it_is_stored_with(self, company, shop):
        (chunk,) = chunks_of(company)
        assert chunk.cells.id.tolist() == [9007199254740993, "A-1"]
        assert chunk.cells.name.iloc[0] == "007"
        assert chunk.cells.name.isna().tolist() == [False, True]
        assert chunk.cells.amount.tolist() == [1.5, 2]
        assert chunk.rows.tolist() == [1, 2]

    def test_chunks_are_bounded(self, company, shop, monkeypatch):
        monkeypatch.setattr(sqlite_file, "CHUNK_ROWS", 2)
        shop.executemany("INSERT INTO people VALUES (?, NULL, 1)", [(n,) for n in range(4)])
        made = chunks_of(company)
        assert [chunk.rows.tolist() for chunk in made] == [[1, 2], [3, 4], [5, 6]]

    def test_a_query_and_a_view(self, company, shop):
        (chunk,) = chunks_of(company, db_table=None, query="SELECT upper(id) AS id FROM people WHERE amount > 1.7;")
        assert chunk.cells.id.tolist() == ["A-1"]
        shop.execute('CREATE VIEW "one "" two" AS SELECT 1 AS id')
        assert chunks_of(company, db_table='one " two')[0].cells.id.tolist() == [1]

    def test_no_rows(self, company, shop):
        (chunk,) = chunks_of(company, db_table=None, query="SELECT id FROM people WHERE false")
        assert list(chunk.cells) == ["id"]
        assert len(chunk.rows) == 0

    def test_binary_data_set_their_row_aside(self, company, shop):
        shop.execute("INSERT INTO people VALUES (x'00ff00', 'x', 1)")
        (chunk,) = chunks_of(company)
        assert chunk.faults == [(3, "id", "binary data, neither text nor number", "3×<byte>")]
        assert chunk.rows.tolist() == [1, 2]

    @pytest.mark.parametrize(
        ("keys", "expected"),
        [
            ({"db_table": "peopel"}, "source 'crm': there is no table 'peopel'; did you mean 'people'"),
            ({"db_table": None, "query": "SELECT nam FROM people"}, "no column 'nam'; did you mean 'name'"),
            ({"db_table": None, "query": "SELECT id FRM people"}, 'the query is wrong: near "people": syntax error'),
            (
                {"db_table": None, "query": "WITH a AS (SELECT 1) DELETE FROM people"},
                "the query would write|is only read",
            ),
            (
                {"db_table": None, "query": "SELECT 1 AS id; DELETE FROM people"},
                "the query is wrong: You can only exec",
            ),
        ],
    )
    def test_wrong_queries(self, company, shop, keys, expected):
        with pytest.raises(ConfigurationError, match=expected):
            chunks_of(company, **keys)
        assert shop.execute("SELECT count(*) FROM people").fetchone() == (2,)

    def test_a_missing_column_comes_with_the_nearest(self, company, shop):
        with pytest.raises(InputRejected, match="source 'crm': there is no column 'amuont'; did you mean 'amount'"):
            chunks_of(company, needed=["amuont"])
        with pytest.raises(InputRejected, match="'id' is there twice"):
            chunks_of(company, db_table=None, query="SELECT id, id FROM people")

    def test_a_text_that_is_no_utf8_is_named_but_not_shown(self, company, shop):
        shop.execute("INSERT INTO people VALUES (1, CAST(x'4d' || x'fc' || x'6c6c6572' AS TEXT), 1)")
        with pytest.raises(InputRejected, match="column 'name': a text is not UTF-8") as error:
            chunks_of(company)
        assert "ller" not in str(error.value)

    def test_a_value_in_an_error_is_not_shown(self, company, shop):
        shop.execute("UPDATE people SET name = 'anna@example.org'")
        with pytest.raises(InputRejected, match="the query fails on the data") as error:
            chunks_of(company, db_table=None, query="SELECT json_extract(name, '$.x') AS id FROM people")
        assert "anna" not in str(error.value)

    def test_no_database(self, company):
        company.write("shop.sqlite", "id,name\n" + "1,x\n" * 500)
        with pytest.raises(InputRejected, match=r"shop.sqlite is not a SQLite database"):
            chunks_of(company)

    def test_a_damaged_page(self, company, shop):
        shop.executemany("INSERT INTO people VALUES (?, ?, 1)", [(n, "x" * 100) for n in range(2000)])
        shop.execute("PRAGMA journal_mode = DELETE")
        content = bytearray((company.folder / "shop.sqlite").read_bytes())
        for start in range(4096, len(content) // 2, 4096):
            content[start : start + 64] = b"\xff" * 64
        company.write("shop.sqlite", bytes(content))
        with pytest.raises(InputRejected, match=r"shop.sqlite is damaged .*\.backup"):
            chunks_of(company)

    def test_another_program_keeps_it_locked(self, company, shop, monkeypatch):
        monkeypatch.setattr(sqlite_file, "PATIENCE", 0.05)
        shop.execute("PRAGMA journal_mode = DELETE")
        shop.execute("BEGIN EXCLUSIVE")
        with pytest.raises(EnvironmentFailed, match=r"shop.sqlite is locked by another program"):
            chunks_of(company)

    def test_a_writer_between_two_sources_does_not_show(self, company, shop):
        with one_snapshot():
            (before,) = chunks_of(company)
            shop.execute("INSERT INTO people VALUES (3, 'new', 1)")
            (again,) = chunks_of(company)
            assert len(again.rows) == len(before.rows) == 2
        assert len(chunks_of(company)[0].rows) == 3

    def test_same_tables_as_the_csv_of_it(self, company, shop):
        with_the_table_of_a_csv(company, shop.execute, {"path": "shop.sqlite"})


def with_the_table_of_a_csv(company, execute, where: dict) -> None:
    """Collect people and orders from a database and from CSV files of it, and compare all that is written."""
    people = [[f"{n:05d}", "yes", f"{1950 + n % 50}-0{1 + n % 9}-11"] for n in range(60)]
    orders = [
        [f"{n % 60:05d}", f"2025-0{1 + n % 9}-{10 + n % 18} 08:15:00", str(n / 4), "AB"[n % 2]] for n in range(500)
    ]
    for name, header, rows in (
        ("customers", ["id", "consent", "born"], people),
        ("orders", ["id", "at", "amount", "product"], orders),
    ):
        with (company.folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        kinds = {"amount": "double precision", "born": "date", "at": "timestamp"}
        columns = ", ".join(f"{column} {kinds.get(column, 'text')}" for column in header)
        execute(f"CREATE TABLE {name} ({columns})")
        for start in range(0, len(rows), 100):
            values = ", ".join("(" + ", ".join(f"'{cell}'" for cell in row) + ")" for row in rows[start : start + 100])
            execute(f"INSERT INTO {name} VALUES {values}")
    execute("CREATE TABLE products (code text, department text)")
    execute("INSERT INTO products VALUES ('A', 'Outdoor'), ('B', 'Indoor')")
    company.write("products.csv", "code,department\nA,Outdoor\nB,Indoor\n")

    def collected(of) -> dict[str, pd.DataFrame]:
        lookup = {"on": {"product": "code"}, "take": ["department"]}
        customers = source(CUSTOMERS, {"birth_date": "born", "consent": "consent"})
        bought = source(ORDERS, {"category": "department"}, lookups=[lookup | of("products")])
        company.collect(
            asked(customers, **({"path": None} | of("customers"))), asked(bought, **({"path": None} | of("orders")))
        )
        names = ("customers", "transactions", "reconciliation", "identities")
        return {name: company.tables.read(name) for name in names}

    expected, made = collected(lambda name: {"path": f"{name}.csv"}), collected(lambda name: where | {"db_table": name})
    assert expected["reconciliation"].read.tolist() == [60, 500]
    for name, table in expected.items():
        pd.testing.assert_frame_equal(made[name], table)


@pytest.fixture
def database(postgres, company, monkeypatch):
    """An empty database of its own; yields a function that runs statements in it."""
    name = f"t{hashlib.sha256(str(company.folder).encode()).hexdigest()[:12]}"
    with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    monkeypatch.setenv(VARIABLE, postgres.url(name))

    def execute(statement: str) -> None:
        with adbc.connect(postgres.url(name), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    execute("CREATE TABLE people AS SELECT n AS id, 'x' AS name FROM generate_series(1, 2) AS n")
    return execute


@pytest.fixture(scope="module")
def prepared_url(postgres) -> str:
    """Connection string of a database that no test writes to."""
    with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE people AS SELECT n AS id, 'x' AS name FROM generate_series(1, 2) AS n")
        cursor.execute("CREATE TYPE mood AS ENUM ('ok', 'sad')")
        cursor.execute("CREATE TYPE pair AS (a int, b int)")
        cursor.execute("CREATE SEQUENCE counter")
    return postgres.url()


@pytest.fixture
def prepared(prepared_url, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, prepared_url)


def cells_of(query: str, needed=("x",)) -> pd.DataFrame:
    (chunk,) = read(Place(VARIABLE), FileFormat(database=f"env:{VARIABLE}", query=query), needed)
    return chunk.cells


@pytest.mark.xdist_group("postgres")
class TestPostgres:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("12.30::numeric(12,2)", 12.3),
            ("9007199254740993::numeric(20)", 2.0**53),
            ("9223372036854775807", 9223372036854775807),
            ("1::smallint", 1),
            ("1.1::real", 1.1),
            ("1.1::double precision", 1.1),
            ("true", True),
            ("'01067'::text", "01067"),
            ("'Müller'::varchar(9)", "Müller"),
            ("'{\"a\": 1}'::json", '{"a": 1}'),
            ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ("'ok'::mood", "ok"),
            ("'<a/>'::xml", "<a/>"),
            ("'10:00'::time", "10:00:00.000000"),
            ("'2025-01-31'::date", pd.Timestamp("2025-01-31")),
            ("'infinity'::date", pd.Timestamp("9999-12-31")),
            ("'-infinity'::date", pd.Timestamp("0001-01-02")),
            ("'0044-03-15 BC'::date", pd.Timestamp("0001-01-02")),
            ("'2025-01-31 10:00:00.123456'::timestamp", pd.Timestamp("2025-01-31 10:00:00.123456")),
            ("'infinity'::timestamp", pd.Timestamp("9999-12-31")),
            ("'-infinity'::timestamp", pd.Timestamp("0001-01-02")),
            ("'20000-01-01'::timestamp", pd.Timestamp("9999-12-31")),
            ("'2025-01-31 10:00+02'::timestamptz", pd.Timestamp("2025-01-31 08:00", tz="UTC")),
            ("'infinity'::timestamptz", pd.Timestamp("9999-12-31", tz="UTC")),
        ],
    )
    def test_types(self, prepared, value, expected):
        cells = cells_of(f"SELECT {value} AS x UNION ALL SELECT NULL")
        assert cells.x.iloc[0] == expected
        assert cells.x.isna().tolist() == [False, True]
        empty = cells_of(f"SELECT {value} AS x WHERE false")
        assert empty.x.dtype == cells.x.dtype

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("12::money", "write x::numeric"),
            ("5::oid", "write x::bigint"),
            ("array[1, 2]", r"array_to_string\(x, ','\)"),
            ("(1, 2)::pair", "lists or records"),
            ("'1 day'::interval", r"extract\(epoch from x\)"),
            ("'x'::bytea", "binary data"),
            ("'10.0.0.1'::inet", "type inet is not read; write x::text"),
        ],
    )
    def test_types_that_cannot_be_read_exactly_are_refused_where_they_are_needed(self, prepared, value, expected):
        with pytest.raises(InputRejected, match=rf"column 'x': .*{expected}"):
            cells_of(f"SELECT {value} AS x")
        assert list(cells_of(f"SELECT {value} AS x, 1 AS y", needed=["y"])) == ["y"]

    def test_nan_sets_its_row_aside(self, prepared):
        form = FileFormat(database=f"env:{VARIABLE}", query="SELECT v FROM (VALUES (1.5), ('NaN'), (NULL)) AS t (v)")
        (chunk,) = read(Place(VARIABLE), form, ["v"])
        assert chunk.rows.tolist() == [1, 3]
        assert chunk.faults == [(2, "v", "not a number in the declared format", "3×<letter>")]

    def test_a_table_gives_the_numbers_that_a_query_gives(self, database):
        database(
            """CREATE TABLE "exact ""s" AS SELECT n AS "a ""b", (random() * 10 ^ (n % 30 - 15))::numeric AS "x*",
            CASE WHEN n % 9 > 0 THEN (n / 7.0)::numeric(20, 6) ELSE 'NaN' END AS y, n::text AS z
            FROM generate_series(1, 5000) AS n"""
        )
        form = FileFormat(database=f"env:{VARIABLE}", db_table='exact "s')
        query = FileFormat(database=f"env:{VARIABLE}", query='SELECT * FROM "exact ""s"')
        (table,), (other,) = (read(Place(VARIABLE), each, ["x*", "y"]) for each in (form, query))
        pd.testing.assert_frame_equal(table.cells, other.cells, check_exact=True)
        assert table.faults == other.faults != []
        assert table.cells["x*"].dtype == "float64"

    def test_ids_that_are_too_long_for_a_number_are_not_rounded(self, database, company):
        database("CREATE TABLE long AS SELECT v AS id FROM (VALUES (9007199254740993.0), (7)) AS t (v)")
        company.collect(asked(CUSTOMERS, **SERVER | {"db_table": "long"}))
        assert company.tables.read("set_aside").column.tolist() == ["id"]
        assert company.tables.read("reconciliation").used.tolist() == [1]

    def test_placeholder_days_of_the_server_are_none(self, database, company):
        database("CREATE TABLE born AS SELECT n AS id, 'infinity'::date AS born FROM generate_series(1, 3) AS n")
        company.collect(source(asked(CUSTOMERS, **SERVER | {"db_table": "born"}), {"birth_date": "born"}))
        assert company.tables.read("customers").birth_date.isna().all()
        assert company.tables.read("reconciliation").used.tolist() == [3]

    @pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
    def test_texts_of_other_encodings(self, postgres, monkeypatch, encoding):
        name = f"db_{encoding.lower()}"
        with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0")
        monkeypatch.setenv(VARIABLE, postgres.url(name))
        if encoding == "LATIN1":
            assert cells_of("SELECT 'M' || chr(252) || 'ller' AS x").x.tolist() == ["Müller"]
        else:
            with pytest.raises(InputRejected, match="not in the encoding of its database") as error:
                cells_of(r"SELECT E'M\xfcller' AS x")
            assert "ller" not in str(error.value)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("SELECT id AS x FROM peopel", "no table 'peopel'; did you mean 'people'"),
            ("SELECT nam AS x FROM people", "no column 'nam'; did you mean 'name'"),
            ("SELECT p.nam AS x FROM people AS p", "no column 'nam'; did you mean 'name'"),
            ("SELECT 1 AS x FROM sales.people", "no table 'sales.people'; did you mean 'people'"),
            ("SELECT x FRM people", "the query is wrong: syntax error"),
            ("SELECT 1 AS x; DROP TABLE people", "the query is wrong"),
            ("WITH a AS (INSERT INTO people VALUES (3) RETURNING id) SELECT id AS x FROM a", "would write"),
            ("SELECT nextval('counter') AS x", "would write"),
        ],
    )
    def test_wrong_queries(self, prepared, query, expected):
        with pytest.raises(ConfigurationError, match=expected):
            cells_of(query)
        assert len(cells_of("SELECT id AS x FROM people")) == 2

    def test_a_missing_column_names_source_and_the_nearest(self, prepared, company):
        with pytest.raises(
            InputRejected, match=f"{VARIABLE}, source 'crm': there is no column 'ids'; did you mean 'id'"
        ):
            company.collect(asked({**CUSTOMERS, "columns": {"customer_id": "ids"}}, **SERVER))

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT 'anna@example.org'::text::int AS x",
            "SELECT (CASE n WHEN 90000 THEN 'anna@example.org' ELSE '1' END)::int x FROM generate_series(1, 90001) n",
        ],
    )
    def test_an_error_of_the_data_shows_no_value(self, prepared, query):
        with pytest.raises(InputRejected, match="the query fails on the data") as error:
            cells_of(query)
        assert "anna" not in str(error.value)

    def test_rights(self, postgres, database, monkeypatch):
        database("DROP ROLE IF EXISTS guest")
        database("CREATE ROLE guest LOGIN PASSWORD 'guest'")
        monkeypatch.setenv(VARIABLE, os.environ[VARIABLE].replace(f"tester:{PASSWORD}", "guest:guest"))
        with pytest.raises(EnvironmentFailed, match=r"permission denied for table people; .*GRANT SELECT"):
            cells_of("SELECT id AS x FROM people")

    def test_a_writer_between_two_sources_does_not_show(self, database, company, monkeypatch):
        """Orders written while the customers are read belong to the next run, with their customers."""
        database("CREATE TABLE orders AS SELECT 1 AS id, timestamp '2025-05-01' AS at, 9.5 AS amount")

        def read_and_write(place, form, needed):
            yield from read(place, form, needed)
            if form.name == "crm":
                database("INSERT INTO people VALUES (3, 'new')")
                database("INSERT INTO orders VALUES (1, '2025-05-02', 10), (3, '2025-05-02', 10)")

        monkeypatch.setattr(reading, "read", read_and_write)
        sources = asked(CUSTOMERS, **SERVER), asked(ORDERS, **SERVER | {"db_table": "orders"})
        assert company.collect(*sources).reconciliation.read.tolist() == [2, 1]
        monkeypatch.setattr(reading, "read", read)
        assert company.collect(*sources).reconciliation.read.tolist() == [3, 3]

    def test_sources_and_lookups_share_one_connection(self, database, company, monkeypatch):
        opened = []
        attempt = postgres._attempt
        monkeypatch.setattr(postgres, "_attempt", lambda given: opened.append(1) or attempt(given))
        with_the_table_of_a_csv(company, database, {"database": f"env:{VARIABLE}"})
        assert len(opened) == 1

    def test_300000_rows_give_the_same_table_as_their_csv(self, postgres, database, company):
        database(
            "CREATE TABLE sales AS SELECT '0' || (n % 5000 + 1) AS id, "
            "timestamp '2024-01-01' + n * interval '1 minute' AS at, (n % 9973) / 100.0 AS amount, "
            "(n % 7)::int AS quantity, CASE WHEN n % 11 > 0 THEN 'Kategorie ' || chr(65 + n % 9) END AS category "
            "FROM generate_series(1, 300000) AS n"
        )
        database(f"COPY sales TO '{postgres.folder}/sales.csv' (FORMAT csv, HEADER)")
        company.write("sales.csv", (postgres.folder / "sales.csv").read_bytes())
        bought = source(ORDERS, {"quantity": "quantity", "category": "category"})
        made = {}
        for name, keys in {"csv": {"path": "sales.csv"}, "sql": SERVER | {"db_table": "sales"}}.items():
            dataset = company.dataset(asked(bought, **keys))
            form = dataset.sources[0]
            (place,) = files(dataset, form)
            cast = [
                cast_chunk(chunk, form, dataset.zone, date(2025, 12, 31))
                for chunk in read(place, form, form.read_columns)
            ]
            made[name] = pd.concat([part.table[part.good] for part in cast], ignore_index=True)
        # Sixty orders are of the hour that the clocks skip on 31 March.
        assert len(made["csv"]) == 300_000 - 60
        pd.testing.assert_frame_equal(made["sql"], made["csv"])


class Unwell:
    """A driver that fails some times before it connects."""

    def __init__(self, monkeypatch, failures: int, text: str = "Connection refused"):
        self.calls, self.waits = 0, []
        connect = adbc.connect

        def failing(uri, **options):
            self.calls += 1
            if self.calls <= failures:
                raise adbc.OperationalError(
                    f'connection to server at "db.example", port 1 failed: {text}', status_code=10
                )
            return connect(uri, **options)

        monkeypatch.setattr(adbc, "connect", failing)
        monkeypatch.setattr(postgres.time, "sleep", self.waits.append)


@pytest.mark.xdist_group("postgres")
class TestConnections:
    def test_a_server_that_restarts_is_waited_for(self, prepared, monkeypatch):
        driver = Unwell(monkeypatch, failures=3)
        assert len(cells_of("SELECT 1 AS x")) == 1
        assert driver.calls == 4
        assert driver.waits == [1, 2, 4]

    @pytest.mark.parametrize(
        ("text", "calls", "reason"),
        [
            ("Connection refused", 4, "nothing answers at its host and port, 4 attempts"),
            ("timeout expired", 4, "no answer in time, 4 attempts"),
            ("FATAL:  the database system is starting up", 4, "4 attempts"),
            ("Verbindung abgelehnt für anna", 4, "no connection, 4 attempts"),
            ('FATAL:  password authentication failed for user "anna"', 1, "user or password are refused"),
            ('FATAL:  database "shop" does not exist', 1, "there is no such database"),
            (
                'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "anna"',
                1,
                "does not let this machine or user in",
            ),
        ],
    )
    def test_what_helps_is_tried_again_and_nothing_is_told(self, monkeypatch, text, calls, reason):
        driver = Unwell(monkeypatch, failures=9, text=text)
        monkeypatch.setenv(VARIABLE, "postgresql://anna:geheim@db.example/shop")
        with pytest.raises(EnvironmentFailed, match=reason) as error:
            cells_of("SELECT 1 AS x")
        assert driver.calls == calls
        assert error.value.__suppress_context__ or error.value.__context__ is None
        assert not [secret for secret in ("anna", "geheim", "db.example", "10.0.0.9") if secret in str(error.value)]

    @pytest.mark.parametrize(
        ("url", "expected", "failure"),
        [
            (lambda server: server.url(password="geheim-1"), "user or password are refused", EnvironmentFailed),
            (lambda server: server.url("nowhere", password=PASSWORD), "there is no such database", EnvironmentFailed),
            (lambda server: server.url(user="nobody"), "user or password are refused", EnvironmentFailed),
            (lambda server: f"postgresql://tester:{PASSWORD}@127.0.0.1:1/x", "nothing answers", EnvironmentFailed),
            (lambda server: f"postgresql://tester:{PASSWORD}@nowhere.invalid/x", "host name is not", EnvironmentFailed),
            (lambda server: f"postgresql://tester:{PASSWORD}%%@x/x", "holds no connection string", ConfigurationError),
            (lambda server: f"mysql://tester:{PASSWORD}@x/x", "holds no connection string", ConfigurationError),
            (lambda server: PASSWORD, "holds no connection string", ConfigurationError),
            (lambda server: "", f"variable {VARIABLE} is not set", ConfigurationError),
        ],
    )
    def test_of_the_real_server(self, postgres, monkeypatch, url, expected, failure):
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        monkeypatch.setenv(VARIABLE, url(postgres))
        with pytest.raises(failure, match=expected) as error:
            cells_of("SELECT 1 AS x")
        shown = str(error.value)
        told = (PASSWORD, "geheim-1", "tester", "127.0.0.1", str(postgres.port), "nowhere", "nobody")
        assert not [secret for secret in told if secret in shown]

    def test_key_words_instead_of_an_address(self, postgres, monkeypatch):
        words = f"host=127.0.0.1 port={postgres.port} user=tester password={PASSWORD} dbname=postgres"
        monkeypatch.setenv(VARIABLE, words)
        assert cells_of("SELECT 1 AS x").x.tolist() == [1]

    def test_a_connection_lost_while_reading(self, database):
        query = "SELECT n AS x, repeat('x', 200) AS y FROM generate_series(1, 1000000) AS n"
        reading = read(Place(VARIABLE), FileFormat(database=f"env:{VARIABLE}", query=query), ["x"])
        next(reading)
        mine = "query LIKE 'COPY%' AND datname = current_database()"
        database(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")
        with pytest.raises(EnvironmentFailed, match=r"the connection was lost after record \d+; run again"):
            list(reading)

    def test_the_command_line_checks_databases(self, postgres, database, company, monkeypatch):
        sources = [asked(CUSTOMERS, **SERVER), asked(ORDERS, path="orders.json", columns=ORDERS["columns"])]
        content = {"name": "test", "title": "Test", "as_of": "2025-12-31", "sources": sources}
        file = company.write("data/test/dataset.yaml", yaml.safe_dump(content))
        company.write("data/test/orders.json", '[{"id": 1, "at": "2025-05-01", "amount": 3}]')
        done = command_line(company.folder, "check", file)
        assert done.returncode == 0, done.stderr
        assert [line.split()[3:5] for line in done.stdout.splitlines()[1:3]] == [["2", "2"], ["1", "1"]]
        monkeypatch.setenv(VARIABLE, os.environ[VARIABLE].replace(PASSWORD, "geheim-1"))
        done = command_line(company.folder, "check", file)
        assert done.returncode == 5
        assert "user or password are refused" in done.stderr
        for secret in ("geheim-1", "tester", "127.0.0.1", str(postgres.port)):
            assert secret not in done.stdout + done.stderr


def test_the_manifest_tells_what_was_asked_and_how_much_came(company, shop):
    asked_for = "SELECT id FROM people"
    lookup = {"database": f"env:{VARIABLE}", "db_table": "products", "on": {"name": "code"}, "take": ["department"]}
    dataset = company.dataset(asked(CUSTOMERS, path="shop.sqlite", query=asked_for, lookups=[lookup]))
    made = sources(dataset, {"crm": 2})
    assert made == [
        {
            "source": "crm",
            "file": "shop.sqlite",
            "database": "sqlite",
            "query_sha256": hashlib.sha256(asked_for.encode()).hexdigest(),
            "rows": 2,
        },
        {
            "source": "crm",
            "database": "postgresql",
            "query_sha256": hashlib.sha256(b'SELECT * FROM "products"').hexdigest(),
        },
    ]
