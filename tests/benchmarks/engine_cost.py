"""What the way from a CSV file to the profile costs, beside a pandas script that does the same.

    engine_cost.py                      1.5 million invented order lines
    engine_cost.py --lines 14700000     ten times as many (1.1 GB, and the pandas script needs some 5 GB of memory)
    engine_cost.py --lines 147000000 --rounds 1     ours alone, where the pandas script does not fit into memory

Both read the file, cast its columns, drop repeated lines, number the customers, write Parquet and make the profile from
it; ours also accounts for each row and gives pseudonyms. "again" is ours with the same file once more. Each way runs in
a process of its own; CPU seconds are its user + system time, memory is the most it held at once. The profiles are
compared, column by column.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import pandas as pd
from profile_cost import AS_OF, compare, measure, most_megabytes, plain_pandas

DATASET = """
name: engine
title: Order lines
currency: EUR
time_zone: UTC
sources:
  - name: orders
    system: shop
    path: orders.csv
    table: transactions
    columns: {columns}
"""
COLUMNS = ("customer_id", "at", "order_id", "product_id", "category", "quantity", "amount", "discount", "channel")


def invent(folder: Path, lines: int) -> None:
    """Write order lines of one year in the order of time, every thousandth twice, and dataset.yaml."""
    import duckdb

    duckdb.execute(f"""
        COPY (
            SELECT 'K' || printf('%07d', (hash(i // 9) % {max(lines // 100, 10)})::INT) AS customer_id,
                strftime(TIMESTAMP '2017-01-01' + to_seconds(i * 31000000 // {lines}), '%Y-%m-%d %H:%M:%S') AS "at",
                'O' || (1000000 + i // 9) AS order_id,
                'P' || hash(i) % 40000 AS product_id,
                'Category ' || hash(i) % 40000 % 120 AS category,
                1 + hash(i + 7) % 4 AS quantity,
                printf('%.2f', (hash(i + 3) % 20000) / 100) AS amount,
                printf('%.2f', (hash(i + 5) % 300) / 100) AS discount,
                ['shop', 'web', 'app'][1 + (hash(i // 9) % 3)::INT] AS channel
            FROM (SELECT unnest(if(n % 1000 = 0, [n, n], [n])) AS i FROM range({lines * 1000 // 1001}) AS r(n))
        ) TO '{folder / "orders.csv"}' (HEADER)
    """)
    mapping = "{" + ", ".join(f"{name}: {name}" for name in COLUMNS) + "}"
    (folder / "dataset.yaml").write_text(DATASET.replace("{columns}", mapping), encoding="utf-8")


def ours(folder: Path, memory_limit: str | None) -> pd.DataFrame:
    """As a first run collects a source and builds the profile."""
    from customer_profiles.ingest.reuse import forget

    forget(folder)
    return again(folder, memory_limit)


def again(folder: Path, memory_limit: str | None) -> pd.DataFrame:
    """As every later run does it as long as the source has not changed."""
    from customer_profiles.ingest.config.dataset import load_dataset
    from customer_profiles.ingest.pipeline import collect
    from customer_profiles.ingest.profile import build_profile
    from customer_profiles.tables import Tables

    dataset, tables = load_dataset(folder / "dataset.yaml"), Tables(folder / "ours")
    collect(dataset, tables, AS_OF, b"a key for the benchmark, 32 bytes", folder)
    return build_profile(tables, AS_OF, dataset.attributes(), memory_limit=memory_limit)


def script(folder: Path, _: str | None) -> pd.DataFrame:
    """The same, written the way one writes it in a notebook."""
    texts = dict.fromkeys(("customer_id", "order_id", "product_id", "category", "channel"), "str")
    lines = pd.read_csv(folder / "orders.csv", dtype=texts, parse_dates=["at"]).drop_duplicates()
    lines["customer_no"], ids = pd.factorize(lines["customer_id"])
    made = folder / "pandas"
    made.mkdir(exist_ok=True)
    lines.to_parquet(made / "transactions.parquet", index=False)
    pd.DataFrame({"customer_no": range(len(ids))}).to_parquet(made / "customers.parquet", index=False)
    del lines
    return plain_pandas(made, None)


WAYS = {"ours": ours, "again": again, "pandas": script}
PANDAS_BYTES = 350
"""Memory that the pandas script needs for each line."""


def main() -> None:
    """Print a line per way, and our share of what pandas takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_500_000, help="order lines")
    parser.add_argument("--rounds", type=int, default=3, help="the least of each counts")
    parser.add_argument("--memory-limit", default="512MB", help="of the engine that makes the profile")
    parser.add_argument("--folder", type=Path, help="where the file is made, and deleted")
    for name in ("--way", "--tables", "--result"):  # how it calls itself
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        WAYS[options.way](Path(options.tables), options.memory_limit).to_parquet(options.result)
        print(most_megabytes())
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        invent(folder, options.lines)
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        ways = [way for way in WAYS if way != "pandas" or options.lines * PANDAS_BYTES < machine]
        results = {way: folder / f"{way}.parquet" for way in ways}
        costs: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
        for _ in range(options.rounds):  # in turns, because other work on the machine slows both
            for way, result in results.items():
                costs[way].append(measure(way, folder, result, options.memory_limit, Path(__file__)))
        least = {way: [min(values) for values in zip(*costs[way], strict=True)] for way in ways}
        print(f"{options.lines:,d} lines, {(folder / 'orders.csv').stat().st_size / 1e6:,.0f} MB")
        for way, (wall, cpu, megabytes) in least.items():
            print(f"{way:>7s} {wall:8.1f} s {cpu:8.1f} CPU s {megabytes:8,.0f} MB")
        if "pandas" in least:
            shares = (mine / theirs for mine, theirs in zip(least["ours"], least["pandas"], strict=True))
            print("ours / pandas: wall {:.0%}, CPU {:.0%}, memory {:.0%}".format(*shares))
        shares = (more / first for more, first in zip(least["again"], least["ours"], strict=True))
        print("again / ours: wall {:.0%}, CPU of a second run {:.0%}, memory {:.0%}".format(*shares))
        for other in ways[1:]:
            print(f"{other}: equal in {compare(results['ours'], results[other])} columns")


if __name__ == "__main__":
    main()
