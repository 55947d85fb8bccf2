"""run.json: what a report was made from, so that anybody can say later where a number came from."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from .. import __version__
from ..ingest.config.dataset import Dataset, Source
from ..ingest.config.solutions import NAME as SOLUTIONS
from ..ingest.config.topics import NAME as TOPICS
from ..ingest.readers.file_format import DATABASES, FileFormat
from ..ingest.readers.provenance import Content
from ..ingest.readers.registry import files, files_read, shown_name
from ..ingest.readers.sql import Place
from ..params import Params
from ..tables import Tables, file_hash
from . import rounding
from .outputs import Kept

LIBRARIES = ("pandas", "numpy", "scikit-learn", "statsmodels", "scipy", "duckdb", "ibis-framework", "matplotlib")


def manifest(
    run_id: str,
    started: datetime,
    dataset: Dataset,
    as_of: date,
    params: dict[str, Params],
    tables: Tables,
    kernel: str,
    kept: Sequence[Kept] = (),
) -> dict[str, Any]:
    """Data set, parameters, versions, source files with hashes, row counts and hashes of all tables.

    Parameters
    ----------
    run_id : str
    started : datetime
        Start of the run, with time zone.
    dataset : Dataset
    as_of : date
        Nothing after this day was visible.
    params : dict
        Parameters by chapter number.
    tables : Tables
        Tables of the run.
    kernel : str
        How the notebooks' kernels came about.
    kept : sequence of Kept
        Cells whose outputs no page shows.
    """
    return {
        "run": run_id,
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        "dataset": {"name": dataset.name, "title": dataset.title, "file": "dataset.yaml", "sha256": dataset.file_hash},
        **{Path(name).stem: _beside(dataset, name) for name in (TOPICS, SOLUTIONS)},
        "as_of": as_of.isoformat(),
        "params": {n: of.model_dump(exclude={"dataset", "run_folder"}) for n, of in params.items()},
        "versions": versions(),
        "kernel": kernel,
        "kept_in_notebooks": [each.to_dict() for each in kept],
        "sources": sources(
            dataset,
            {row["source"]: row["read"] for row in _rows(tables, dataset.privacy.rounded)},
            tables.read("files_read") if tables.has("files_read") else None,
        ),
        "rows": _rows(tables, dataset.privacy.rounded),
        "tables": {name: file_hash(tables.path(name)) for name in tables.names()},
    }


def _beside(dataset: Dataset, name: str) -> dict[str, str] | None:
    """A file that a person keeps beside dataset.yaml, None if there is none."""
    path = dataset.folder / name
    return {"file": name, "sha256": file_hash(path)} if path.exists() else None


def versions() -> dict[str, str]:
    """Versions of Python, of this package and of the libraries that numbers depend on."""
    found = {"customer-profiles": __version__, "python": platform.python_version()}
    return found | {name: version(name) for name in LIBRARIES}


def sources(dataset: Dataset, rows: dict[str, int], read: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Everything a source was read from, its lookups included.

    A file has its size and hash; a database, which may have changed since, the kind it is, the hash of what it was
    asked and the number of rows that it answered to a source. Nothing tells where the database is.

    Parameters
    ----------
    dataset : Dataset
    rows : dict
        Rows read, by source.
    read : DataFrame, optional
        The table files_read of the run: size and hash of what was parsed. Without it, of what lies there now.
    """
    if read is None:
        contents = {path: Content.of(path) for path in _paths(dataset)}
        read = pd.DataFrame(files_read(dataset, contents), columns=["source", "place", "file", "bytes", "sha256"])
    found: list[dict[str, Any]] = []
    for source in dataset.sources:
        for form in (source, *source.lookups):
            if form.kind in DATABASES:
                found += [
                    {"source": source.name} | _database(path, form, dataset, rows) for path in files(dataset, form)
                ]
            else:
                mine = read[(read["source"] == source.name) & (read["place"] == form.place)].drop(columns="place")
                found += [{str(key): value for key, value in row.items()} for row in mine.to_dict("records")]
    return found


def _paths(dataset: Dataset) -> list[Path]:
    """Files of all sources that are no databases."""
    forms = [form for source in dataset.sources for form in (source, *source.lookups) if form.kind not in DATABASES]
    return [path for form in forms for path in files(dataset, form) if isinstance(path, Path)]


def _database(path: Path | Place, form: FileFormat, dataset: Dataset, rows: dict[str, int]) -> dict[str, Any]:
    origin: dict[str, Any] = {"file": shown_name(path, form, dataset)} if isinstance(path, Path) else {}
    origin |= {"database": form.kind, "query_sha256": hashlib.sha256(form.statement.encode()).hexdigest()}
    return origin | ({"rows": rows[form.name]} if isinstance(form, Source) and form.name in rows else {})


def _rows(tables: Tables, rounded: bool) -> list[dict[str, Any]]:
    """Read = used + set aside + duplicate + excluded, by source."""
    if not tables.has("reconciliation"):
        return []
    rows = [{str(k): v for k, v in row.items()} for row in tables.read("reconciliation").to_dict("records")]
    return [rounding.facts(row) for row in rows] if rounded else rows
