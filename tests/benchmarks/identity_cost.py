"""How well and how fast records are matched to persons, beside Splink on the same invented people.

    identity_cost.py                                    10,000 and 100,000 records, seeds not used for the weights
    identity_cost.py --splink-python venv/bin/python    the same, and Splink 5 installed in another environment
    identity_cost.py --people 625000                    about a million records

Each way runs in a process of its own, one after the other on the same table. Ours starts from the values as sources
write them; Splink gets them normalised by us and its time is without that. Splink is run as its quick start has it
(one comparison per column) and with care (address and phone as one comparison, a higher threshold).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEEDS = (202, 303)  # the weights were made with another one
THRESHOLDS = {"splink, quick start": 0.99, "splink, with care": 0.999}
COLUMNS = ("first_name", "last_name", "birth_date", "email", "phone", "street", "postal_code")


def ours(table: Path, found: Path) -> None:
    """Match with this project."""
    import pandas as pd

    from customer_profiles.identity.resolution import resolve

    person = resolve(pd.read_parquet(table)).person
    pd.DataFrame({"record": range(len(person)), "person": person}).to_parquet(found)


def splink(way: str, table: Path, found: Path) -> None:
    """Match with Splink; needs nothing of this project."""
    import pyarrow.parquet as pq
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    common = [
        cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.EmailComparison("email"),
    ]
    if way == "splink, quick start":
        places = [cl.ExactMatch("phone"), cl.JaroWinklerAtThresholds("street", [0.9]), cl.ExactMatch("postal_code")]
    else:
        address = cll.And(cll.ExactMatchLevel("street"), cll.ExactMatchLevel("postal_code"))
        household = [
            cll.And(cll.NullLevel("phone"), cll.NullLevel("street")),
            cll.And(address, cll.ExactMatchLevel("phone")),
            cll.Or(address, cll.ExactMatchLevel("phone")),
            cll.ExactMatchLevel("postal_code"),
            cll.ElseLevel(),
        ]
        places = [cl.CustomComparison(output_column_name="household", comparison_levels=household)]
    rules = [
        block_on("email"),
        block_on("phone"),
        block_on("birth_date", "first_name"),
        block_on("birth_date", "last_name"),
        block_on("first_name", "last_name", "postal_code"),
        block_on("street", "postal_code"),
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        comparisons=[*common, *places],
        blocking_rules_to_generate_predictions=rules,
    )
    api = DuckDBAPI()
    linker = Linker(api.register(pq.read_table(table)), settings, log_level=None)
    sure = [block_on("first_name", "last_name", "birth_date"), block_on("email", "first_name")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("first_name", "last_name"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, THRESHOLDS[way])
    query = f"SELECT record, cluster_id AS person FROM {clusters.physical_name} ORDER BY record"
    api.duckdb_con.sql(f"COPY ({query}) TO '{found}' (FORMAT parquet)")


def measure(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read()}")
    return time.perf_counter() - start, used.ru_utime + used.ru_stime


def normalised(records, table: Path) -> None:
    """Write the values as they are compared, for Splink: it has no normalisation of its own."""
    import pandas as pd

    from customer_profiles.identity import normalise

    names = normalise.names(records)
    columns = {"record": range(len(records)), "first_name": names["first"], "last_name": names["last"]}
    columns |= {"birth_date": records["birth_date"].dt.strftime("%Y-%m-%d").mask(records["birth_date"] == "1970-01-01")}
    for column, normal in (("email", normalise.emails), ("phone", normalise.phones), ("street", normalise.streets)):
        values = normal(records[column])
        columns[column] = values.mask(values.groupby(values).transform("size") > 20)
    pd.DataFrame(columns).assign(postal_code=records["postal_code"]).to_parquet(table)


def main() -> None:
    """Print one line per way, table and seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="*", default=[6_250, 62_500])
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--splink-python", type=Path, help="interpreter of an environment with splink 5 and pyarrow")
    parser.add_argument("--worker", nargs=3, metavar=("WAY", "TABLE", "FOUND"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        way, table, found = options.worker[0], *map(Path, options.worker[1:])
        ours(table, found) if way == "ours" else splink(way, table, found)
        peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
        found.with_suffix(".peak").write_text(peak.split()[1])  # the system's count would start at that of the caller
        return
    import pandas as pd

    sys.path.insert(0, str(Path(__file__).parents[1] / "identity"))
    from known_truth import b_cubed, pairwise
    from linkage_people import make_records

    ways = ["ours", *(THRESHOLDS if options.splink_python else ())]
    heads = ("precision (95 %)", "recall (95 %)", "B³ precision", "B³ recall", "wall s", "CPU s", "MB")
    print(f"{'records':>9} {'seed':>5} {'way':20}" + "".join(f"{head:>22}" for head in heads[:2])
          + "".join(f"{head:>14}" for head in heads[2:]))  # fmt: skip
    for people in options.people:
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                records = make_records(people, seed)
                records.drop(columns="person").to_parquet(folder / "raw.parquet")
                normalised(records, folder / "normalised.parquet")
                for way in ways:
                    table = folder / ("raw.parquet" if way == "ours" else "normalised.parquet")
                    python = sys.executable if way == "ours" else str(options.splink_python)
                    command = [python, __file__, "--worker", way, str(table), str(folder / "found.parquet")]
                    cost = (*measure(command), int((folder / "found.peak").read_text()) / 1024)
                    found = pd.read_parquet(folder / "found.parquet").sort_values("record")["person"]
                    pairs, cubed = pairwise(found, records["person"]), b_cubed(found, records["person"], resamples=200)
                    told = "".join(
                        f"{f'{estimate.value:.4f} ({estimate.low:.4f}–{estimate.high:.4f})':>22}"
                        for estimate in pairs.values()
                    ) + "".join(f"{estimate.value:14.4f}" for estimate in cubed.values())
                    costs = "".join(f"{number:14.1f}" for number in cost)
                    print(f"{len(records):9,} {seed:5} {way:20}{told}{costs}", flush=True)


if __name__ == "__main__":
    main()
