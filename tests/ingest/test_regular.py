"""The short way for regular files and plain columns finds what the careful way finds."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from unittest import mock
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT
from written_company import CUSTOMERS, ORDERS, Company, source

from customer_profiles.errors import ProfileError
from customer_profiles.ingest.config.dataset import Source, load_dataset
from customer_profiles.ingest.ledger import Account
from customer_profiles.ingest.parsing import casting, notation
from customer_profiles.ingest.parsing.cleaning import Log
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.readers import csv_file, json_file
from customer_profiles.ingest.readers.chunks import Chunk
from customer_profiles.ingest.reading import Run, casts
from customer_profiles.ingest.regular import json_lines as json_lines_of
from customer_profiles.tables import Tables

sys.path.append(str(ROOT / "tests" / "benchmarks"))
from reading_hazards import cases

CASES = ROOT.parent / "shared" / "cases"
KEY = b"a key of thirty-two bytes, no more"
BERLIN, AS_OF = ZoneInfo("Europe/Berlin"), date(2025, 12, 31)
MANY = settings(max_examples=int(os.environ.get("MANY", 100)), derandomize=True)


@contextmanager
def careful():
    """Only the careful way, as if nothing were regular or plain."""
    with (
        mock.patch.object(csv_file, "_regular_header", return_value=None),
        mock.patch.object(json_file, "regular_cells", return_value=None),
        mock.patch.object(casting, "plain_values", return_value=None),
    ):
        yield


def both(found):
    """What is found by the short way and by the careful one; a refusal is its message."""

    def told():
        try:
            return found()
        except ProfileError as error:
            return str(error)

    short = told()
    with careful():
        return short, told()


# Files: mostly what systems write, sometimes what makes a file irregular.

PLAIN = st.sampled_from(["", "a", "K1", "12.50", "2025-01-31", "Köln", "x y", " b", "#N/A", "\u2028", "\x0b", "'"])
ODD = st.sampled_from(
    ['"', 'a"b', '"a"', '""', '"a,b"', '"a""b"', '"a\nb"', "a\rb", "\0", "a,b", '" a"', '"a" ', "\ufeff"]
)
CELL = st.one_of(*[PLAIN] * 12, ODD)


@st.composite
def files(draw) -> bytes:
    """A file of up to nine rows."""
    width, sign = draw(st.integers(1, 4)), draw(st.sampled_from([",", ",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    quoted = draw(st.booleans())
    header = ["id", "at", "amount", "note"][:width]
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=9))
    if draw(st.integers(0, 9)) == 0:
        rows.append(draw(st.lists(CELL, max_size=5)))
    lines = [sign.join(f'"{cell}"' if quoted and '"' not in cell else cell for cell in row) for row in [header, *rows]]
    text = end.join(lines) + draw(st.sampled_from([end, end, end, "", end + end]))
    banner = draw(st.sampled_from(["", "", "", "Export of today" + end, end]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + (banner + text).encode(
        draw(st.sampled_from(["utf-8", "utf-8", "cp1252"])), errors="replace"
    )


DECLARED = st.sampled_from([{}, {}, {"delimiter": ";"}, {"encoding": "cp1252"}, {"last_rows": 1}, {"skip_rows": 1}])


@MANY
@given(content=files(), declared=DECLARED)
def test_a_file_is_read_alike(content, declared, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "regular.csv"
    path.write_bytes(content)
    form = Source.model_validate({**ORDERS, "path": path.name, **declared})

    def read():
        chunks = list(csv_file.read_csv(path, form, ["id"]))
        cells = [(chunk.cells.to_dict("list"), chunk.cells.dtypes.astype("str").tolist()) for chunk in chunks]
        return cells, [(chunk.rows.tolist(), [*chunk.faults], [*chunk.stated]) for chunk in chunks]

    with mock.patch.object(csv_file, "CHUNK_ROWS", 3):
        short, long = both(read)
    assert short == long


@pytest.mark.parametrize(
    ("text", "regular"),
    [
        ("id,at\nK1,2\nK2,3\n", True),
        ("id,at\r\nK1,2\r\n", True),
        ('"id","at"\n"K, ""1""",2\n"",\n', True),
        ("\ufeffid,at\nK1,Köln\n", True),
        ('\ufeff"id",at\nK1,Köln\n', True),
        ("id,at\n", True),
        ("id\nK1\nK2\n", True),
        ("id\nK1\n\nK2\n", False),
        ("id,at\nK1,2", False),
        ("id,at\nK1,2\n\n", False),
        ("id,at\nK1,2\nK2\n", False),
        ("id,at\nK1,2,3\n", False),
        ("id,at\n1,2,3\n4\n", False),
        ('id,at\nK1,"a\nb"\n', False),
        ('id,at\nK1,a"b\n', False),
        ('id,at\nK1,"a"b\n', False),
        ('id,at\nK1,"ab\n', False),
        ("id,at\nK1,2\rK2,3\n", False),
        ("id,at\nK1,\0\n", False),
        ("id,at\n-,EUR\nK1,2\n", False),
    ],
)
def test_what_is_regular(tmp_path, text, regular):
    path = tmp_path / "orders.csv"
    path.write_bytes(text.encode())
    form = Source.model_validate({**ORDERS, "path": path.name})
    dialect = csv_file.dialect_of(path, form, ["id"])
    assert (csv_file._regular_header(path, form, dialect) is not None) == regular


# Lines of JSON: mostly in one form, sometimes not.

VALUES = [
    *(
        '"K1"',
        '""',
        '"Köln"',
        '" x"',
        '"1.5"',
        '"null"',
        '"\u2028"',
        '"\x85 "',
        '"a,b"',
        '"}"',
        '"\x7f"',
        "\"{'a': 1}\"",
    ),
    *("1", "-1", "0", "-0", "1.50", "2.0", "-0.0", "999999999999999", "0.1234567890123456", "true", "false", "null"),
]
ODD_VALUES = [
    *(r'"a\"b"', r'"\u0041"', r'"\u0000"', r'"\ud800"', '"a\tb"', '"a\x00b"', "{}", "[]", "[1]", '{"k": 1}'),
    *("1e5", "01", "1.", ".5", "+1", "-", "٣", "1_0", "NaN", "Infinity", "True", "9" * 16, "0." + "1" * 18, "1 ", ""),
    *('[{"id": 7, "value": "x"}]', '"x', "x"),
]
KEYS = ["id", "at", "amount", "k.a", "note", "größe", "gro\u0308ße"]
ODD_LINES = ["", " ", "{}", "[]", "null", '"x"', "{", "}", "x", "\u3000", '{"id": "K1"}', '{"id": 1, "id": 2}', "{} {}"]


@st.composite
def json_lines(draw) -> bytes:
    """A file of up to nine lines."""
    keys = draw(
        st.lists(st.sampled_from(["id", *KEYS] * 3 + ["id "]), min_size=1, max_size=4, unique=draw(st.booleans()))
    )
    comma, colon, brackets = draw(
        st.sampled_from([(",", ":", "{}"), (", ", ": ", "{}"), (" ,  ", " :  ", ("{ ", " }"))])
    )
    few = draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3))
    value = st.one_of(*[st.sampled_from(few)] * 12, st.sampled_from(ODD_VALUES if draw(st.booleans()) else VALUES))
    lines = []
    for _ in range(draw(st.integers(0, 9))):
        mine = keys if draw(st.integers(0, 9)) else draw(st.permutations(keys))[: draw(st.integers(1, 4))]
        members = comma.join(f'"{key}"{colon}{draw(value)}' for key in mine)
        lines.append(
            brackets[0] + members + brackets[1] if draw(st.integers(0, 19)) else draw(st.sampled_from(ODD_LINES))
        )
    end = draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", " \n"]))
    text = end.join(lines) + draw(st.sampled_from([end, end, "", end + end]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode(
        draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "cp1252"])), errors="replace"
    )


@MANY
@given(content=json_lines(), needed=st.sampled_from([["id"], ["id", "at"], ["id", "k.a"], ["größe"], ["more"]]))
def test_lines_of_json_are_read_alike(content, needed, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "regular.jsonl"
    path.write_bytes(content)
    form = Source.model_validate({**ORDERS, "path": path.name})

    def read():
        told = []
        for chunk in json_file.read_jsonl(path, form, needed):
            cells = {
                name: [(type(cell).__name__, str(cell)) for cell in column] for name, column in chunk.cells.items()
            }
            told.append(
                [list(cells), cells, chunk.cells.dtypes.astype("str").tolist(), chunk.rows.tolist(), [*chunk.faults]]
            )
        return told

    with mock.patch.object(json_file, "CHUNK_ROWS", 3), mock.patch.object(json_file, "CHUNK_CHARACTERS", 120):
        short, long = both(read)
    assert short == long


@pytest.mark.parametrize(
    ("text", "regular"),
    [
        ('{"id": "K1", "n": 1}\n{"id": "K2", "n": null}\n', True),
        ('{"id":"K1","n":1.5}\n{"id":true,"n":"x"}', True),
        ('{ "id": "" }\n', True),
        ('{"id": "K1"}\n{"id":"K2"}\n', False),
        ('{"id": "K1"}\n\n{"id": "K2"}\n', False),
        ('{"id": "K1", "n": 1}\n{"n": 1, "id": "K2"}\n', False),
        ('{"id": "K1", "id": "K2"}\n', False),
        ('{"id": "K1", "n": {"m": 1}}\n', False),
        (r'{"id": "K\"1"}', False),
        ('{"id": 1e5}\n', False),
        ('{"id": 01}\n', False),
        ('{"id": ٣}\n', False),
        ('{"id": "K1"} x\n', False),
        ('{"id": "K1"\n', False),
        ("{}\n", False),
    ],
)
def test_which_lines_of_json_are_regular(text, regular):
    assert (json_lines_of.regular_cells(text.splitlines(keepends=True)) is not None) == regular


# Columns: each kind in the notations that sources declare.

IDS = ["", " K3", "K\u200b1", "9" * 20, *re.split(" ", r"K1 K2 007 Total NULL 1E+5 1E5 #REF! Köln - nan \N")]
NUMBERS = ["", " 2", "9" * 17, *re.split(" ", "1 12.50 -3 0 1,5 1.234,50 1.234 (5) 5- --5 .5 5. -0 1e3 - 1e")]
DAYS = re.split(
    " ", "2025-01-31 2025-02-28 2025-02-29 31.01.2025 1.2.2025 31.02.2025 1900-01-01 9999-12-31 2026-01-01 today"
)
TIMES = [
    *("2025-01-31 10:00:00", "2025-06-01T23:59:59", "2025-06-01 23:59:59", "2025-03-30 02:30:00"),
    *("2025-01-31 10:00", "2025-01-31", "2025-01-31 24:00:00", "2025-01-31 10:00:60", "2025-01-31T10:00:00Z", ""),
    *("31.01.2025 10:00", "01.06.2025 00:00", "2025-01-31 00:00:00", "1700000000", "2025-10-26 02:30:00"),
    "2025-01-31 10:00:00.5",
]
CLOCKS = [{}, {"datetime": "%d.%m.%Y %H:%M"}, {"datetime": "%Y-%m-%d %H:%M:%S"}, {"datetime": "unix"}]
SIGNS = [{}, {"decimal": ","}, {"decimal": ",", "thousands": "."}, {"factor": 0.01}]
COLUMNS = {
    "transactions": {
        "customer_id": (IDS, [{}]),
        "order_id": (IDS, [{}, {"pad": 4}, {"values": {"K1": "one"}}]),
        "category": ([*IDS, "x" * 10_001], [{}, {"order": ["K1", "K2"]}, {"missing": "none"}]),
        "at": (TIMES, CLOCKS),
        "amount": (NUMBERS, SIGNS),
    },
    "customers": {
        "customer_id": (IDS, [{}]),
        "birth_date": (DAYS, [{}]),
        "signup_date": ([*DAYS, *TIMES], [{}, {"date": "%d.%m.%Y"}, {"date": "%d%m%Y"}]),
        "household_size": (NUMBERS, SIGNS),
        "children": (NUMBERS, [{}]),
        "gender": (["f", "F", "male", "x", ""], [{}]),
        "consent": (["yes", "no", "", "?"], [{}]),
    },
}
WRITTEN = st.sampled_from([{}, {}, {"empty": ["", "-"]}, {"empty": ["-"]}, {"time_zone": "UTC"}, {"date": "%d.%m.%Y"}])


def cells_of(pool: list[str]) -> st.SearchStrategy[list[str]]:
    """Twelve cells, of which few or none are odd: a column is either plain or it is not."""
    return st.lists(st.sampled_from(pool), min_size=1, max_size=3).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=12, max_size=12)
    )


@st.composite
def chunks(draw) -> tuple[dict, pd.DataFrame]:
    """A source and a chunk of it."""
    table, columns, cells = draw(st.sampled_from(list(COLUMNS))), {}, {}
    for name, (pool, ways) in COLUMNS[table].items():
        columns[name] = {"column": name, **draw(st.sampled_from(ways))}
        cells[name] = draw(cells_of(pool))
    return {**ORDERS, **draw(WRITTEN), "table": table, "columns": columns}, pd.DataFrame(cells, dtype="str")


def cast(described: dict, cells: pd.DataFrame, off: tuple[str, ...]) -> list:
    """All that casting tells of a chunk, in a form that can be compared."""
    chunk = Chunk(cells, np.arange(len(cells)) + 2)
    found = casting.cast_chunk(chunk, Source.model_validate(described), BERLIN, AS_OF, off)
    table = found.table.astype("object").where(found.table.notna(), None)
    return [
        table.to_dict("list"),
        found.table.dtypes.astype("str").to_dict(),
        found.good.tolist(),
        found.faults,
        {key: vars(change) for key, change in found.cleaned.changes.items()},
        found.checked,
    ]


@MANY
@given(drawn=chunks(), off=st.sampled_from([(), (), ("blanks",), ("empty_words",), ("placeholder_days",)]))
def test_a_chunk_is_cast_alike(drawn, off):
    short, long = both(lambda: cast(*drawn, off))
    assert short == long


@MANY
@given(first=cells_of([*DAYS, *TIMES]), later=cells_of([*DAYS, *TIMES]), column=st.sampled_from(CLOCKS[:3]))
def test_days_tell_alike_how_they_are_written(first, later, column):
    described = {**ORDERS, "columns": {"customer_id": "id", "at": {"column": "at", **column}, "amount": "amount"}}

    def told():
        known = casting.notation_of(Source.model_validate(described))
        doubts = [known.learn(pd.DataFrame({"at": cells}, dtype="str")) for cells in (first, later)]
        return doubts, known.written, known.stated()

    short = told()
    with mock.patch.object(notation, "fills_out", return_value=False):
        assert told() == short


def test_plain_columns_take_the_short_way():
    cells = pd.DataFrame(
        {
            "customer_id": ["K1", "K2"],
            "order_id": ["A", ""],
            "category": ["x y", "z"],
            "at": ["2025-06-01 10:00:00", "2025-06-02 11:00:00"],
            "quantity": ["1", ""],
            "amount": ["1.50", "-2"],
        },
        dtype="str",
    )
    with mock.patch.object(casting, "_cast_column") as with_care:
        found = cast({**ORDERS, "columns": {name: name for name in cells}}, cells, ())
    assert not with_care.called
    assert found[0]["at"] == [pd.Timestamp("2025-06-01 10:00"), pd.Timestamp("2025-06-02 11:00")]
    assert found[0]["quantity"] == [1, None]
    assert found[0]["amount"] == [1.5, -2]


# Sources: of what reading hands on, everything behind it is one way only.


def handed_on(load, folder) -> dict[str, list | str] | str:
    """By source, the chunks that reading hands on and its account of the rest, or why it is refused."""
    try:
        dataset = load()
    except ProfileError as error:
        return str(error)
    run = Run.of(dataset, Tables(folder), dataset.as_of or AS_OF, KEY)
    return {one.name: chunks_of(run, one) for one in dataset.sources}


def chunks_of(run: Run, one: Source) -> list | str:
    account = Account(one, cleaned=Log(run.dataset.cleaning.off))
    try:
        found = [(cast.table, cast.rows, cast.good, new) for cast, new in casts(run, one, account)]
    except ProfileError as error:
        return str(error)
    return [found, {name: part for name, part in asdict(account).items() if name not in ("source", "ages")}]


def read_alike(load, folder) -> None:
    """Assert that both ways hand on the same, or the same refusal, of every source."""
    short, long = both(lambda: handed_on(load, folder))
    if isinstance(long, str) or isinstance(short, str):
        assert short == long
        return
    assert short.keys() == long.keys()
    for name, told in long.items():
        if isinstance(told, str) or isinstance(short[name], str):
            assert short[name] == told
            continue
        (found, account), (meant, careful_account) = short[name], told
        assert account == careful_account
        assert len(found) == len(meant)
        for (table, *rows), (careful_table, *careful_rows) in zip(found, meant, strict=True):
            pd.testing.assert_frame_equal(table, careful_table, obj=name)
            np.testing.assert_array_equal(rows, careful_rows)


@pytest.mark.parametrize("hazard", cases(), ids=lambda hazard: hazard.name)
def test_a_hazard_is_read_alike(tmp_path, hazard):
    company = Company(tmp_path)
    company.write("orders.csv", hazard.content)
    columns = {"category": "city"}
    read_alike(lambda: company.dataset(source(ORDERS, columns, **hazard.declared)), tmp_path)


@pytest.mark.parametrize("case", sorted(path.parent.name for path in CASES.glob("*/dataset.yaml")))
def test_a_case_is_read_alike(tmp_path, case):
    read_alike(lambda: load_dataset(CASES / case / "dataset.yaml"), tmp_path)


def random_company(folder, seed: int):
    """Loads a company of several files, lookups, left-out rows, repeated rows, refusals and addresses."""
    random, company = np.random.default_rng(seed), Company(folder)
    people = [f"K{number}" for number in range(12)]
    consent = random.choice(["yes", "no", ""], 12, p=[0.8, 0.1, 0.1])
    lines = [f"{one},{one.lower()}@x.de,{said}" for one, said in zip(people, consent, strict=True)]
    company.write("crm.csv", "\n".join(["id,mail,consent", *lines, ""]))
    for file in ("a", "b"):
        pools = {
            "id": [*people, "K99", *[""][: seed % 2]],
            "at": ["2025-06-01 10:00:00", "2025-06-02 11:30:00", *["2025-03-30 02:30:00", "2026-01-01"][: seed % 3]],
            "amount": ["1.50", "2", "-3.25", *["€5", "x"][: seed % 3]],
            "product": ["P1", "P2", *["", " P1"][: seed % 3]],
            "state": ["paid", "open", *["Paid "][: seed % 2]],
        }
        rows = [",".join(row) for row in zip(*(random.choice(pool, 35) for pool in pools.values()), strict=True)]
        rows += rows[:5] + (["K1,2025-06-01 10:00:00"] if seed == 5 else [])
        company.write(f"orders_{file}.csv", "\n".join([",".join(pools), *rows, ""]))
    company.write("products.csv", "product,group\nP1,Tea\nP2,Köln\n")
    lookup = {"path": "products.csv", "on": {"product": "product"}, "take": ["group"]}
    orders = source(
        ORDERS, {"category": "group", "product_id": "product"}, path="orders_*.csv", lookups=[lookup], time_zone="UTC"
    )
    orders["where"] = {"state": ["paid"]}
    customers = source(CUSTOMERS, {"email": "mail", "consent": "consent"})
    return lambda: company.dataset(customers, orders)


@pytest.mark.parametrize("seed", range(6))
def test_a_random_company_is_read_alike(tmp_path, seed):
    with mock.patch.object(csv_file, "CHUNK_ROWS", 7):
        read_alike(random_company(tmp_path, seed), tmp_path)


@pytest.mark.parametrize("seed", [3, 5])
def test_the_run_of_a_random_company_ends_alike(tmp_path, seed):
    load = random_company(tmp_path, seed)
    with mock.patch.object(csv_file, "CHUNK_ROWS", 7):
        short = tables_of(load, tmp_path / "short")
        with careful():
            long = tables_of(load, tmp_path / "long")
    assert short.keys() == long.keys()
    for name, table in long.items():
        pd.testing.assert_frame_equal(short[name], table, obj=name)


def tables_of(load, folder) -> dict[str, pd.DataFrame]:
    """All tables of a run."""
    dataset, tables = load(), Tables(folder)
    collect(dataset, tables, dataset.as_of, KEY)
    return {name: tables.read(name) for name in tables.names()}
