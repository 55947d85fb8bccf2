"""runs/history.parquet: what each published run said of the headlines, kept when the run itself is pruned.

A row is one figure of one run as it passed the gate; where its change was tested, with the corrected p-value and the
level at which the run judged it. It holds no person, so that nothing has to leave it when somebody is erased.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd

from ..tables import Tables
from . import rounding
from .publish import REPORT, published_runs

NAME = "history.parquet"
COLUMNS = {
    "run": "str",
    "as_of": "str",
    "name": "str",
    "unit": "str",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "n": "int64",
    "months": "float64",
    "p_adjusted": "float64",
    "level": "float64",
    "dataset_sha256": "str",
    "params_sha256": "str",
    "version": "str",
    "libraries_sha256": "str",
}
FIGURES = {"headline": "name", "kind": "unit", "value_low": "low", "value_high": "high"}
"""Columns of a run's headlines, as they are called here."""


def read(runs: Path) -> pd.DataFrame:
    """The history of a data set, a row for each figure of each published run, the oldest run first."""
    path = runs / NAME
    found = pd.read_parquet(path) if path.exists() else pd.DataFrame()
    return found.reindex(columns=list(COLUMNS)).astype(COLUMNS)  # versions before wrote fewer columns


def update(runs: Path, rounded: bool = False) -> pd.DataFrame:
    """Add the published runs that are not in it yet: also one that was killed right after it was published.

    Parameters
    ----------
    runs : Path
        Folder of the runs of a data set; the caller holds its lock.
    rounded : bool
        Whether the report leaves the house: then no figure is kept that is more exact than on its page.
    """
    known = read(runs)
    missing = [run for run in published_runs(runs) if run.name not in set(known["run"])]
    found = pd.concat([known, *filter(len, (_figures(run, rounded) for run in missing))], ignore_index=True).astype(
        COLUMNS
    )
    if len(found) > len(known):
        part = runs / f".{NAME}.part"
        part.touch(mode=0o600)
        found.sort_values("run", kind="stable").to_parquet(part, index=False)
        part.replace(runs / NAME)
    return found


def _figures(run: Path, rounded: bool) -> pd.DataFrame:
    """What a run published of the headlines, with what it was made of."""
    tables, manifest = Tables(run), run / REPORT / "run.json"
    if not (tables.has("headlines") and manifest.exists()):
        return pd.DataFrame()
    made_of = json.loads(manifest.read_text(encoding="utf-8"))
    shown = tables.read("headlines")
    shown = (rounding.frame(shown) if rounded else shown).rename(columns=FIGURES).dropna(subset="value")
    if tables.has("changes"):
        tested = tables.read("changes").reindex(columns=["key", "p_adjusted", "level"]).dropna(subset="p_adjusted")
        shown = shown.merge(tested, left_on="name", right_on="key", how="left")
    return shown.assign(
        run=run.name,
        dataset_sha256=made_of["dataset"]["sha256"],
        params_sha256=_hash({number: {**of, "as_of": ""} for number, of in made_of["params"].items()}),
        version=made_of["versions"]["customer-profiles"],
        libraries_sha256=_hash(made_of["versions"]),
    ).reindex(columns=list(COLUMNS))


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
