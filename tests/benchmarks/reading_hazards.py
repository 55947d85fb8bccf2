"""How many damaged or unusual CSV files pandas, DuckDB and this project misread without a word.

Each case is a file with known true rows. A reader is right if it delivers exactly these (a value it leaves as the text
that is written counts as right), it tells if it raises, sets a row aside or counts a change, and it misreads if it
delivers anything else in silence. pandas and DuckDB read with their defaults, which for DuckDB means its sniffer.
"""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

from customer_profiles.errors import ProfileError
from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.tables import Tables

KEY = b"a key of thirty-two bytes, no more"
NAMES = ("id", "at", "amount", "city")
DAY = datetime(2025, 1, 31)
UNKNOWN = object()
"""A cell of which nobody can tell the value: left as text it is right, as a value it is misread."""
RIGHT, TOLD, MISREAD = "right", "told", "misread"


@dataclass(frozen=True)
class Case:
    """A file, the rows somebody meant by it, and what a reader finds if it leaves cells as they are."""

    name: str
    content: bytes
    rows: list[tuple]
    written: list[tuple]
    declared: dict[str, Any] = field(default_factory=dict)


def of_cells(name: str, column: str, *cells: tuple[str, Any], sign: str = ",", **declared: Any) -> Case:
    """A case in which one column holds these cells: pairs of what is written and what it means."""
    rows, written = [], []
    for number, (text, value) in enumerate(cells):
        plain = {"id": f"K{number}", "at": "2025-01-31", "amount": "1.5", "city": "Bonn"}
        meant = {"id": f"K{number}", "at": DAY, "amount": 1.5, "city": "Bonn"}
        written.append(tuple((plain | {column: text}).values()))
        rows.append(tuple((meant | {column: value}).values()))
    lines = [sign.join(NAMES), *(sign.join(row) for row in written)]
    return Case(name, ("\n".join(lines) + "\n").encode(), rows, written, declared)


def of_file(name: str, content: str | bytes, count: int = 2, **declared: Any) -> Case:
    """A case of the rows K0, K1, … in a file that is built otherwise; none of them if it cannot be known."""
    rows = [(f"K{i}", DAY, 1.5, "Köln") for i in range(count)]
    written = [(f"K{i}", "2025-01-31", "1.5", "Köln") for i in range(count)]
    return Case(name, content.encode() if isinstance(content, str) else content, rows, written, declared)


def cases() -> list[Case]:
    """All files."""
    head, k0, k1 = "id,at,amount,city\n", "K0,2025-01-31,1.5,Köln\n", "K1,2025-01-31,1.5,Köln\n"
    good = head + k0 + k1
    two = "K2,2025-01-31"
    german = ("31.01.2025", DAY)
    return [
        of_file("empty file", "", 0),
        of_file("no header", k0 + k1),
        of_file("banner above the names", "Export 2025\nall regions\n\n" + good),
        of_file("units below the names", head + "-,day,EUR,-\n" + k0 + k1),
        of_file("total at the end", good + "Total,,3.0,\n"),
        of_file("cut-off last row", good + two),
        of_file("cut-off last value", good + "K2,2025-01-31,1.5,Kö"),
        of_file("quote never closed", good + f'{two},1.5,"Köln\n'),
        of_file("quotes that swallow rows", head + 'K0,2025-01-31,1.5,"Köln\nK1,2025-01-31,1.5,Köln"\n', 2),
        of_file("short row", good + two + "\n"),
        of_file("long row", good + f"{two},1.5,Köln,x\n"),
        of_file("every row one cell too many", good.replace("Köln\n", "Köln,x\n")),
        of_file("semicolons", good.replace(",", ";")),
        of_file("tabs", good.replace(",", "\t")),
        of_file("NUL byte", good + f"{two},1.5,K\0\n"),
        of_file("cell of five megabytes", good + f"{two},1.5,{'x' * 5_000_000}\n"),
        of_file("UTF-8 mark", b"\xef\xbb\xbf" + good.encode()),
        of_file("UTF-16", good.encode("utf-16")),
        of_file("Windows-1252", good.encode("cp1252")),
        of_file("one Windows-1252 row", (head + k0).encode() + k1.encode("cp1252")),
        of_file("DOS encoding", good.encode("cp850")),
        of_file("column missing", good.replace("amount", "sum")),
        of_file("column twice", "id,at,amount,city,city\n" + (k0 + k1).replace("Köln\n", "Köln,Bonn\n"), 0),
        of_file("column without a name", good.replace("city\n", "city,\n").replace("Köln\n", "Köln,x\n")),
        of_cells("decomposed umlauts", "city", ("Ko\u0308ln", "Köln"), ("Köln", "Köln")),
        of_cells("mojibake", "city", ("KÃ¶ln", "Köln"), ("Bonn", "Bonn")),
        of_cells("letters lost", "city", ("K\ufffdln", "Köln"), ("Bonn", "Bonn")),
        of_cells("zero-width characters in an id", "id", ("K\u200b0", "K0"), ("K1\ufeff", "K1")),
        of_cells("bidirectional marks in an id", "id", ("\u202eK0", "K0"), ("K1", "K1")),
        of_cells("leading zeros", "id", ("007", "007"), ("0123", "0123")),
        of_cells("ids over 2^53", "id", ("9007199254740993", "9007199254740993"), ("x", "x")),
        of_cells("ids over 2^53, one missing", "id", ("9007199254740993", "9007199254740993"), ("", None)),
        of_cells("ids over 2^64", "id", ("184467440737095516170001", "184467440737095516170001"), ("1", "1")),
        of_cells("ids in scientific notation", "id", ("1.23457E+12", UNKNOWN), ("2.5E+12", UNKNOWN)),
        of_cells("ids with exponents", "id", ("1E5", "1E5"), ("2E5", "2E5")),
        of_cells("Null as a name", "city", ("Null", "Null"), ("Bonn", "Bonn")),
        of_cells("NA as a name", "city", ("NA", "NA"), ("Bonn", "Bonn")),
        of_cells("None as a name", "city", ("None", "None"), ("nan", "nan")),
        of_cells("NO and YES as names", "city", ("NO", "NO"), ("YES", "YES")),
        of_cells("true and false as names", "city", ("true", "true"), ("False", "False")),
        of_cells("NULL as an id", "id", ("NULL", None), ("K1", "K1")),
        of_cells("decimal commas", "amount", ("1,5", 1.5), ("2,25", 2.25), sign=";"),
        of_cells("German thousands", "amount", ("1.234,50", 1234.5), ("2.500", 2500), sign=";"),
        of_cells("thousands only", "amount", ("1.234", UNKNOWN), ("2.500", UNKNOWN), sign=";"),
        of_cells("thousands only, with commas", "amount", ("1,234", UNKNOWN), ("2,500", UNKNOWN), sign=";"),
        of_cells("mixed decimal marks", "amount", ("1.234,50", UNKNOWN), ("12.50", UNKNOWN), sign=";"),
        of_cells("blanks between thousands", "amount", ("1 234.5", 1234.5), ("1.5", 1.5)),
        of_cells("currency signs", "amount", ("€1.50", UNKNOWN), ("1.5", 1.5)),
        of_cells("minus behind the number", "amount", ("1.50-", UNKNOWN), ("1.5", 1.5)),
        of_cells("infinity", "amount", ("inf", UNKNOWN), ("1.5", 1.5)),
        of_cells("not a number", "amount", ("nan", UNKNOWN), ("1.5", 1.5)),
        of_cells("hexadecimal", "amount", ("0x1F", UNKNOWN), ("1.5", 1.5)),
        of_cells("underscores", "amount", ("1_000", UNKNOWN), ("1.5", 1.5)),
        of_cells("German days", "at", german, ("01.02.2025", datetime(2025, 2, 1))),
        of_cells("31 February", "at", ("31.02.2025", UNKNOWN), german),
        of_cells("ISO among German days", "at", ("2025-02-01", UNKNOWN), german),
        of_cells("days or months first", "at", ("01/02/2025", UNKNOWN), ("03/04/2025", UNKNOWN)),
        of_cells("month first", "at", ("01/31/2025", DAY), ("02/01/2025", datetime(2025, 2, 1))),
        of_cells("month first among days first", "at", ("31/01/2025", UNKNOWN), ("01/31/2025", UNKNOWN)),
        of_cells("years of two digits", "at", ("31.01.25", UNKNOWN), ("01.02.25", UNKNOWN)),
        of_cells("days as Excel counts them", "at", ("45688", UNKNOWN), ("45689", UNKNOWN)),
        of_cells("placeholder 1900", "at", ("1900-01-01", None), ("2025-01-31", DAY)),
        of_cells("placeholder 9999", "at", ("9999-12-31", None), ("2025-01-31", DAY)),
        of_cells("an hour that does not exist", "at", ("2025-03-30 02:30", None), ("2025-01-31", DAY)),
        of_cells("offsets", "at", ("2025-01-31T00:00:00+01:00", DAY), ("2025-01-30T23:00:00Z", DAY)),
        of_cells("the word today", "at", ("today", UNKNOWN), ("2025-01-31", DAY)),
        of_cells("errors of a spreadsheet", "city", ("#N/A", None), ("#REF!", None)),
    ]  # fmt: skip


def is_right(found: Any, written: str, meant: Any) -> bool:
    """Whether a cell is what was meant, or still the text that was written."""
    if isinstance(found, str):
        return found == meant if isinstance(meant, str) else found == written
    if meant is UNKNOWN or isinstance(found, bool):
        return False
    if found is None or pd.isna(found):
        return meant is None
    if isinstance(meant, str):
        return isinstance(found, int | float) and f"{found:.0f}" == meant
    if isinstance(meant, datetime):
        return isinstance(found, date) and _local(found) == meant
    return meant is not None and isinstance(found, int | float) and found == meant


def _local(found: date) -> pd.Timestamp:
    """A point in time in the zone of the cases."""
    moment = pd.Timestamp(found)
    return moment.tz_convert("Europe/Berlin").tz_localize(None) if moment.tzinfo else moment


def judged(found: list[tuple] | None, case: Case) -> str:
    """Verdict on a reader that delivered these rows in silence; None: it told."""
    if found is None:
        return TOLD
    if len(found) != len(case.rows):
        return MISREAD
    cells = [
        is_right(cell, text, meant)
        for row, written, rows in zip(found, case.written, case.rows, strict=True)
        for cell, text, meant in zip(row, written, rows, strict=True)
    ]
    return RIGHT if all(cells) else MISREAD


def by_pandas(path: Path, case: Case) -> str:
    """``pandas.read_csv(path)``; names that are not there raise as soon as somebody uses them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table = pd.read_csv(path)
    except Exception:  # whatever it raises, it has told
        return judged(None, case)
    if not set(NAMES) <= set(table):
        return judged(None, case)
    cells = [[None if pd.isna(cell) else cell for cell in table[name].tolist()] for name in NAMES]
    return judged(list(zip(*cells, strict=True)), case)


def by_duckdb(path: Path, case: Case) -> str:
    """``read_csv(path)`` of DuckDB."""
    try:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'Europe/Berlin'")
            result = connection.execute("SELECT * FROM read_csv(?)", [str(path)])
            names = [column[0] for column in result.description]
            rows = result.fetchall()
    except duckdb.Error:
        return judged(None, case)
    if not set(NAMES) <= set(names):
        return judged(None, case)
    places = [names.index(name) for name in NAMES]
    return judged([tuple(_plain(row[place]) for place in places) for row in rows], case)


def _plain(cell: Any) -> Any:
    return float(cell) if type(cell).__name__ == "Decimal" else cell


def by_us(path: Path, case: Case) -> str:
    """A run of this project in which nothing about the file is declared."""
    source = {"name": "orders", "system": "shop", "path": path.name, "table": "transactions", "duplicates": "keep"}
    columns = {"customer_id": "id", "at": "at", "amount": "amount", "category": "city"}
    content = {"name": "test", "title": "Test", "time_zone": "Europe/Berlin"}
    content["sources"] = [{**source, "columns": columns, **case.declared}]
    configuration = path.with_name("dataset.yaml")
    configuration.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    tables = Tables(path.with_name("tables"))
    try:
        collected = collect(load_dataset(configuration), tables, date(2025, 12, 31), KEY)
    except ProfileError:
        return judged(None, case)
    lines = tables.read("transactions")
    found = [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in lines[["customer_id", "at", "amount", "category"]].itertuples(index=False)
    ]
    hidden = [
        (pseudonym(KEY, "customer", row[0]) if isinstance(row[0], str) else row[0], *row[1:]) for row in case.rows
    ]
    told = len(collected.set_aside) + int(collected.cleaning["n"].sum())
    whole = Case(case.name, case.content, hidden, case.written)
    if judged(found, whole) == RIGHT:
        return RIGHT
    missing = [row for row in found if not any(_fits(row, meant) for meant in hidden)]
    return TOLD if told and not missing else MISREAD


def _fits(row: tuple, meant: tuple) -> bool:
    """Whether a delivered row is one that was meant, but for a cell that was made missing and counted."""
    return all(cell is None or is_right(cell, "", value) for cell, value in zip(row, meant, strict=True))


READERS: dict[str, Callable[[Path, Case], str]] = {
    f"pandas {pd.__version__} read_csv": by_pandas,
    f"DuckDB {duckdb.__version__} read_csv": by_duckdb,
    "customer-profiles": by_us,
}


def main() -> None:
    """Print the verdict on each file, and how many each reader misreads."""
    verdicts: dict[str, list[str]] = {name: [] for name in READERS}
    every = cases()
    width = max(len(case.name) for case in every)
    print(f"{'file':{width}}  " + "  ".join(f"{name:>24}" for name in READERS))
    for case in every:
        for name, reader in READERS.items():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "orders.csv"
                path.write_bytes(case.content)
                verdicts[name].append(reader(path, case))
        print(f"{case.name:{width}}  " + "  ".join(f"{verdicts[name][-1]:>24}" for name in READERS), flush=True)
    for verdict in (RIGHT, TOLD, MISREAD):
        counts = [Counter(verdicts[name])[verdict] for name in READERS]
        print(f"{verdict + f' of {len(every)}':{width}}  " + "  ".join(f"{count:>24}" for count in counts))


if __name__ == "__main__":
    main()
