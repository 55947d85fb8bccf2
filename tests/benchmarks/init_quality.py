"""How much of a dataset.yaml written by hand `customer-profiles init` finds out by itself.

For each data set the proposal is compared with its committed dataset.yaml, file by file and column by column. A table
is right if the committed file fills the same one from that file, or looks something up in it where both do. A column is
right if both read it as the same column of the contract, both as an attribute of one's own (its name is free), both as
the key of a lookup, or both leave it out. It is wrong if the committed file reads it as something else, and more if the
committed file leaves out what the proposal reads as a column of the contract; all else is open: what it leaves
to a person, or keeps as an attribute.

    python tests/benchmarks/init_quality.py            # what ships with the repository or lies beside it
    python tests/benchmarks/init_quality.py FOLDER …   # other data sets: dataset.yaml, exports in raw/ or beside it
"""

from __future__ import annotations

import argparse
import glob
import importlib.util
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import unseen
import yaml

from customer_profiles.demo import make_company
from customer_profiles.errors import ProfileError
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.config.yaml_file import read_yaml
from customer_profiles.ingest.init import Proposal, propose
from customer_profiles.ingest.init.roles import ATTRIBUTE, CONDITION, KEY, LOOKUP, Roles, _files, roles
from customer_profiles.ingest.pipeline import collect
from customer_profiles.tables import Tables

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
NO_MEANING = {ATTRIBUTE, KEY, CONDITION}
RIGHT, WRONG, MORE, OPEN = "right", "wrong", "more", "open"
ANY = "any"
Meant = dict[str, set[str]]


def exports(folder: Path) -> list[Path]:
    """Files of a data set that its dataset.yaml may read, wherever it says they are."""
    content = read_yaml(folder / "dataset.yaml")[0]
    found = {path for place in (folder / "raw", folder) if place.is_dir() for path in place.iterdir() if path.is_file()}
    for source in content["sources"]:
        for form in (source, *source.get("lookups", ())):
            path = str(form.get("path") or "")
            if path.startswith("package:"):
                package, _, inner = path.removeprefix("package:").partition("/")
                spec = importlib.util.find_spec(package)
                if spec and spec.submodule_search_locations:
                    found.add(Path(next(iter(spec.submodule_search_locations))) / inner)
            else:
                found |= {Path(name) for name in glob.glob(str(folder / path))}
    return sorted(
        path for path in found if path.name not in ("dataset.yaml", "expected.txt", "truth.json", "solutions.yaml")
    )


def compared(name: str, committed: Path, files: list[Path]) -> pd.DataFrame:
    """One row per file (column empty) and per column: set, file, column, truth, proposed, verdict."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / name / "raw"
        raw.mkdir(parents=True)
        for path in files:
            (raw / path.name).symlink_to(path.resolve())
        proposal = propose(raw.parent)
    names, truth = [path.name for path in files], read_yaml(committed)[0]
    return verdicts(name, proposal, names, tables(truth, names), roles(truth, names))


def verdicts(name: str, proposal: Proposal, names: list[str], true_tables: Meant, true_roles: Roles) -> pd.DataFrame:
    """The rows of `compared` of a proposal, given the truth; a column that may be read in several ways has no row."""
    guess = yaml.safe_load(proposal.text)
    guessed_tables, guessed, rows = tables(guess, names), roles(guess, names), []
    for file in names:
        mine, theirs = guessed_tables.get(file, set()), true_tables.get(file, set())
        same = mine & theirs or not mine | theirs or (not mine - {LOOKUP} and not theirs - {LOOKUP})
        rows.append((file, "", theirs, mine, RIGHT if same else WRONG if mine - {LOOKUP} else OPEN))
    for file, column in proposal.guesses[["file", "column"]].itertuples(index=False):
        theirs, mine = true_roles.get((file, column), set()), guessed.get((file, column), set())
        if ANY in theirs:
            continue
        same = mine & theirs or not mine | theirs
        other = (WRONG if theirs else MORE) if mine - NO_MEANING else OPEN
        rows.append((file, column, theirs, mine, RIGHT if same else other))
    table = pd.DataFrame(rows, columns=["file", "column", "truth", "proposed", "verdict"])
    return table.assign(set=name)


def tables(content: dict, files: list[str]) -> dict[str, set[str]]:
    """Tables that each file fills, and whether something is looked up in it."""
    found: dict[str, set[str]] = defaultdict(set)
    for source in content.get("sources") or ():
        for file in _files(source, files):
            found[file].add(source["table"])
        for lookup in source.get("lookups", ()):
            for file in _files(lookup, files):
                found[file].add(LOOKUP)
    return dict(found)


def unseen_set(name: str, work: Path) -> tuple[pd.DataFrame, str]:
    """A set of unseen.py, and whether its sales are right as proposed, or a marked line says what is lacking."""
    files, sales = unseen.make(name, work / name / "raw")
    proposal = propose(work / name)
    true_tables = {file: {of.table} for file, of in files.items()}
    known = {"attribute": ATTRIBUTE, "key": KEY, "condition": CONDITION, None: ANY}
    true_roles = {
        (file, heading): {known.get(role, f"{of.table}.{role}")}
        for file, of in files.items()
        for heading, role, _ in of.columns
        if role != ""
    }
    told = verdicts(name, proposal, list(files), true_tables, true_roles)
    try:
        tables_of_run = Tables(work / name / "run")
        dataset = load_dataset(proposal.file)
        collect(dataset, tables_of_run, date(2026, 1, 1), b"a key of thirty-two bytes, no more")
        read = round(float(tables_of_run.read("transactions")["amount"].sum()), 2)
    except ProfileError as error:
        return told, f"refused: {str(error).splitlines()[0]}"
    parts = proposal.text.split("\n\n")
    asked = [
        line.strip() for part in parts if "table: transactions" in part for line in part.splitlines() if "OPEN" in line
    ]
    right = abs(read - sales) < 0.0005 * sales
    return told, "right" if right else f"{read:,.2f} instead of {sales:,.2f}, {'asked: ' if asked else 'silent'}{asked}"


def data_sets(folders: list[Path], work: Path) -> Iterator[tuple[str, Path, list[Path]]]:
    """Name, dataset.yaml and files of each data set."""
    for folder in folders:
        yield folder.name, folder / "dataset.yaml", exports(folder)
    if folders:
        return
    for name, kind in (("demo", "b2c"), ("demo_b2b", "b2b")):
        made = make_company(work / name, customers=600 if kind == "b2c" else 150, seed=1, null=False, kind=kind)
        yield name, Path(made), exports(work / name)
    for name in ("olist", "telco", "complete_journey"):
        shipped, raw = ROOT / "data" / name, SHARED / "data" / name
        if name == "complete_journey" or raw.is_dir():
            beside = sorted(raw.iterdir()) if raw.is_dir() else []
            own = [path for path in exports(shipped) if path.parent.name != "raw"]
            yield name, shipped / "dataset.yaml", [*own, *beside]
    for folder in sorted((SHARED / "cases").glob("*/")):
        if (folder / "dataset.yaml").exists():
            yield folder.name, folder / "dataset.yaml", exports(folder)


def main() -> None:
    """Measure, and print a line per data set and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--unseen", action="store_true", help="the exports of unseen.py")
    parser.add_argument("--list", action="store_true", help="also list what is not right")
    given = parser.parse_args()
    parts, sales = [], []
    with tempfile.TemporaryDirectory() as work:
        for name in unseen.SETS if given.unseen else ():
            told, of_sales = unseen_set(name, Path(work))
            parts.append(told)
            sales.append(of_sales)
            print(f"{name}: sales {of_sales}")
        for name, committed, files in () if given.unseen else data_sets(given.folders, Path(work)):
            try:
                parts.append(compared(name, committed, files))
            except ProfileError as error:
                print(f"{name}: {error}", file=sys.stderr)
    every = pd.concat(parts, ignore_index=True)
    if given.list:
        print(every[every["verdict"] != RIGHT].to_string(index=False))
    of_files = every["column"] == ""
    counts = {
        what: pd.crosstab(rows["set"], rows["verdict"]).reindex(columns=[RIGHT, WRONG, MORE, OPEN], fill_value=0)
        for what, rows in (("tables", every[of_files]), ("columns", every[~of_files]))
    }
    print(pd.concat(counts, axis=1).to_string())
    for what, table in counts.items():
        total = table.to_numpy().sum()
        shares = ", ".join(f"{verdict} {table[verdict].sum() / total:.3f}" for verdict in (RIGHT, WRONG, MORE))
        print(f"{what}: {shares} of {total}")
    if sales:
        wrong = sum("silent" in of_sales for of_sales in sales)
        print(f"sales: right {sales.count(RIGHT)}, wrong without a word {wrong} of {len(sales)}")


if __name__ == "__main__":
    main()
