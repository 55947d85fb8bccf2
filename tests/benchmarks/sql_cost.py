"""What reading a table of PostgreSQL costs, beside the ways a user would take without this project.

Starts a server of its own, makes a table, and reads it in alternating rounds, each in a new process: as chunks of
typed cells, as a run does; as rows of a DBAPI cursor (ADBC's); and, if another Python with SQLAlchemy and psycopg is
given (``--python``), with `pandas.read_sql`. Only the ratios mean something on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgres_server import start

TABLE = """CREATE TABLE sales AS SELECT n AS id, lpad((n % 5000)::text, 6, '0') AS customer, timestamp '2024-01-01' +
n * interval '1 minute' AS at, ((n % 9973) / 100.0)::numeric(10, 2) AS amount, (n % 7)::int AS quantity, n % 3 = 0 AS
online, date '2024-01-01' + (n % 365)::int AS day, (n % 997) / 7.0::double precision AS discount, CASE WHEN n % 11 > 0
THEN 'Kategorie ' || chr(65 + (n % 9)::int) END AS category, 'Artikel ' || n % 5003 AS product
FROM generate_series(1, {rows}) AS n"""
MEASURED = """
import resource, sys, time
def done(rows, start):
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(rows, time.perf_counter() - start[0], time.process_time() - start[1], used.ru_maxrss / 1024)
"""
OURS = """
from customer_profiles.ingest.config.dataset import FileFormat
from customer_profiles.ingest.readers.registry import read
from customer_profiles.ingest.readers.sql import Place
import adbc_driver_postgresql.dbapi, pyarrow
start = time.perf_counter(), time.process_time()
form = FileFormat(database="env:BENCH_DATABASE", db_table="sales")
done(sum(len(chunk.rows) for chunk in read(Place("BENCH_DATABASE"), form, ["id", "amount"])), start)
"""
DBAPI = """
import os, pandas, adbc_driver_postgresql.dbapi as postgresql
start = time.perf_counter(), time.process_time()
with postgresql.connect(os.environ["BENCH_DATABASE"]) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT * FROM sales")
    table = pandas.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])
done(len(table), start)
"""
READ_SQL = """
import os, pandas, sqlalchemy
engine = sqlalchemy.create_engine(os.environ["BENCH_DATABASE"].replace("postgresql://", "postgresql+psycopg://"))
start = time.perf_counter(), time.process_time()
done(len(pandas.read_sql("SELECT * FROM sales", engine)), start)
"""


def main() -> None:
    """Print one line per way, and the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = os.environ.get("BENCH_PYTHON")
    parser.add_argument("--python", default=given, help="a Python with SQLAlchemy and psycopg, or BENCH_PYTHON")
    options = parser.parse_args()
    ways = {"this project (ADBC, batches)": (sys.executable, OURS), "rows of a DBAPI cursor": (sys.executable, DBAPI)}
    if options.python:
        ways["pandas.read_sql (SQLAlchemy, psycopg)"] = (options.python, READ_SQL)
    server = start()
    try:
        _make(server.url(), options.rows)
        seen: dict[str, list[tuple[float, ...]]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, (python, program) in ways.items():
                rows, *cost = _measured(python, program, server.url())
                if rows != options.rows:
                    raise SystemExit(f"{name}: {rows:.0f} rows of {options.rows}")
                seen[name].append(tuple(cost))
    finally:
        server.stop()
    medians = {}
    print(f"{'way':40s} {'wall s':>8s} {'CPU s':>8s} {'peak MB':>8s}   median of {options.rounds}, {options.rows} rows")
    for name, rounds in seen.items():
        medians[name] = [sorted(values)[len(values) // 2] for values in zip(*rounds, strict=True)]
        print(f"{name:40s} {medians[name][0]:8.2f} {medians[name][1]:8.2f} {medians[name][2]:8.0f}")
    ours, *others = medians.values()
    for name, other in zip(list(medians)[1:], others, strict=True):
        wall, cpu, peak = (theirs / own for own, theirs in zip(ours, other, strict=True))
        print(f"{name}: {wall:.1f} times the time, {cpu:.1f} times the CPU, {peak:.1f} times the memory")


def _make(url: str, rows: int) -> None:
    import adbc_driver_postgresql.dbapi as postgresql

    with postgresql.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE.format(rows=rows))
        cursor.execute("ANALYZE sales")


def _measured(python: str, program: str, url: str) -> tuple[float, ...]:
    environment = os.environ | {"BENCH_DATABASE": url, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, "-c", MEASURED + program], env=environment, check=True, capture_output=True, text=True
    )
    return tuple(float(part) for part in done.stdout.split())


if __name__ == "__main__":
    main()
