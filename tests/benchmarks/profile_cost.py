"""What the profile costs, from 1.5 to 150 million real transactions, beside the same columns the plain pandas way.

The transactions are those of complete_journey, repeated with other customers and orders, in the order of time. Each way
runs in a process of its own; CPU seconds are its user + system time, memory is the most it held at once. At the first
size both results are compared, column by column. The pandas way is left out where it would need more than this machine
has.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
DATASET = ROOT / "data" / "complete_journey" / "dataset.yaml"
AS_OF = date(2017, 12, 31)
LINES = 1_469_307  # transactions of complete_journey
SIZES = (1, 10, 100)  # times that
SLICE = 500_000  # rows of a piece
PANDAS_BYTES = 220  # memory of the pandas way for each transaction, as measured at ten times


def collected(folder: Path) -> Path:
    """The canonical tables of complete_journey, made by the product itself."""
    from customer_profiles.ingest.config.dataset import load_dataset
    from customer_profiles.ingest.pipeline import collect
    from customer_profiles.tables import Tables

    collect(load_dataset(DATASET), Tables(folder), AS_OF, b"a key for the benchmark, 32 bytes")
    return folder


def repeat(tables: Path, times: int, folder: Path) -> Path:
    """Customers and transactions so many times, each time with other customers and orders."""
    import duckdb
    import pyarrow.parquet as pq

    from customer_profiles.tables import Tables

    folder.mkdir()
    engine = duckdb.connect(config={"memory_limit": "1GB"})
    engine.execute(f"SET VARIABLE customers = (SELECT max(customer_no) + 1 FROM '{tables}/customers.parquet')")
    for name, own, order in (
        ("customers", "", "customer_no"),
        ("transactions", ", order_id || '-' || i AS order_id", '"at"'),
    ):
        engine.execute(f"CREATE TABLE {name} AS FROM '{tables}/{name}.parquet' ORDER BY {order}")
        ((rows,),) = engine.execute(f"SELECT count(*) FROM {name}").fetchall()
        part, writer = folder / f"{name}.part", None
        # Piece by piece, so that the table stays in the order of time without anything large being sorted.
        for start in range(0, rows, SLICE // times):
            piece = engine.sql(f"""
                SELECT piece.* REPLACE (
                    customer_id || '-' || i AS customer_id,
                    customer_no + i * getvariable('customers') AS customer_no {own}
                ) FROM (FROM {name} LIMIT {SLICE // times} OFFSET {start}) AS piece, range({times}) AS r(i)
            """).to_arrow_table()
            writer = writer or pq.ParquetWriter(part, piece.schema, compression="zstd")
            writer.write_table(piece)
        writer.close()
        Tables(folder).adopt(name, part)
    engine.close()
    return folder


def ours(folder: Path, memory_limit: str | None) -> pd.DataFrame:
    """The profile as a run builds it."""
    from customer_profiles.ingest.config.dataset import load_dataset
    from customer_profiles.ingest.profile import build_profile
    from customer_profiles.tables import Tables

    return build_profile(Tables(folder), AS_OF, load_dataset(DATASET).attributes(), memory_limit=memory_limit)


def plain_pandas(folder: Path, _: str | None) -> pd.DataFrame:
    """The same columns, written the way one writes them in a notebook."""
    customers = pd.read_parquet(folder / "customers.parquet")
    columns = ["customer_no", "at", "order_id", "category", "quantity", "amount", "discount", "channel"]
    lines = pd.read_parquet(folder / "transactions.parquet", columns=columns)
    lines["quantity"] = lines["quantity"].fillna(1)
    profile = lines.groupby("customer_no").agg(
        orders=("order_id", "nunique"),
        items=("quantity", "sum"),
        spend=("amount", "sum"),
        first_order_at=("at", "min"),
        last_order_at=("at", "max"),
        categories=("category", "nunique"),
        discount=("discount", "sum"),
    )
    recent = lines[lines["at"] >= pd.Timestamp(AS_OF - timedelta(days=364))].groupby("customer_no")
    profile["orders_365d"], profile["spend_365d"] = recent["order_id"].nunique(), recent["amount"].sum()
    profile["basket_value"] = profile["spend"] / profile["orders"]
    profile["recency_days"] = (pd.Timestamp(AS_OF) - profile["last_order_at"].dt.normalize()).dt.days
    before_discount = profile["spend"] + profile.pop("discount")
    profile["discount_share"] = 1 - profile["spend"] / before_discount.where(before_discount > 0)
    for name, column in {"top_category": "category", "main_order_channel": "channel"}.items():
        counts = lines.groupby(["customer_no", column]).size().rename("n").reset_index()
        most = counts[counts["n"] == counts.groupby("customer_no")["n"].transform("max")]
        profile[name] = most.drop_duplicates("customer_no", keep=False).set_index("customer_no")[
            column
        ]  # ties: unknown
    return customers.merge(profile, on="customer_no", how="left").sort_values("customer_no", ignore_index=True)


WAYS = {"ours": ours, "pandas": plain_pandas}


def measure(
    way: str, tables: Path, result: Path, memory_limit: str | None, program: Path = Path(__file__)
) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and most MB of a way, in a process of its own."""
    command = [sys.executable, str(program), "--way", way, "--tables", str(tables), "--result", str(result)]
    command += ["--memory-limit", memory_limit] if memory_limit else []
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    end, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return end - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, float(done.stdout)


def most_megabytes() -> float:
    """The most memory this process has held; what `getrusage` tells also counts that of the process it came from."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def compare(one: Path, other: Path) -> int:
    """Number of columns that both results have; fails if one of them differs."""
    left, right = pd.read_parquet(one), pd.read_parquet(other)
    common = [column for column in left if column in right]
    pd.testing.assert_frame_equal(left[common], right[common], check_dtype=False, rtol=1e-9)
    return len(common)


def main() -> None:
    """Print a line per size and way, and our share of what pandas takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how often the transactions are repeated")
    parser.add_argument("--rounds", type=int, default=3, help="of each size up to ten times; the least of each counts")
    parser.add_argument("--memory-limit", help="of the engine, e.g. 2GB; otherwise its own")
    parser.add_argument("--folder", type=Path, help="where the tables are made, and deleted (some GB)")
    for name in ("--way", "--tables", "--result"):  # how it calls itself
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        WAYS[options.way](Path(options.tables), options.memory_limit).to_parquet(options.result)
        print(most_megabytes())
        return
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    print(f"{'transactions':>12s} {'way':>7s} {'wall s':>8s} {'CPU s':>8s} {'MB':>8s}   ours / pandas")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        base = collected(Path(folder) / "base")
        for size in options.sizes:
            tables = repeat(base, size, Path(folder) / f"times_{size}")
            ways = [way for way in WAYS if way == "ours" or LINES * size * PANDAS_BYTES < machine]
            results = {way: Path(folder) / f"{way}.parquet" for way in ways}
            rounds = range(options.rounds if size <= 10 else 1)
            # In alternating rounds, because other work on the machine slows both.
            costs = {way: [] for way in ways}
            for _ in rounds:
                for way in ways:
                    costs[way].append(measure(way, tables, results[way], options.memory_limit))
            least = {way: [min(values) for values in zip(*costs[way], strict=True)] for way in ways}
            for way, (wall, cpu, megabytes) in least.items():
                print(f"{LINES * size:12,d} {way:>7s} {wall:8.1f} {cpu:8.1f} {megabytes:8,.0f}", end="")
                if way == "pandas":
                    shares = (ours / theirs for ours, theirs in zip(least["ours"], least["pandas"], strict=True))
                    print("   wall {:.0%}, CPU {:.0%}, memory {:.0%}".format(*shares), end="")
                print(flush=True)
            if "pandas" in ways:
                print(f"{'':12s} equal in {compare(*results.values())} columns")
            for file in (*tables.iterdir(), *results.values()):
                file.unlink()
    print("aims: at 15 million at most 33 % of the time and 20 % of the memory; 150 million within 4,096 MB")


if __name__ == "__main__":
    main()
