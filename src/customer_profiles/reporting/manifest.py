"""run.json: what a report was made from, so that anybody can say later where a number came from."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..ingest.config.dataset import Dataset, Source
from ..ingest.config.topics import NAME as TOPICS
from ..ingest.readers.file_format import DATABASES, FileFormat
from ..ingest.readers.registry import files
from ..ingest.readers.sql import Place
from ..params import Params
from ..tables import Tables, file_hash

LIBRARIES = ("pandas", "numpy", "scikit-learn", "statsmodels", "scipy", "duckdb", "ibis-framework", "matplotlib")


def manifest(
    run_id: str,
    started: datetime,
    dataset: Dataset,
    as_of: date,
    params: dict[str, Params],
    tables: Tables,
    kernel: str,
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
    """
    return {
        "run": run_id,
        "started": started.astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
        "dataset": {"name": dataset.name, "title": dataset.title, "file": "dataset.yaml", "sha256": dataset.file_hash},
        "topics": _topics(dataset),
        "as_of": as_of.isoformat(),
        "params": {number: _without_paths(given) for number, given in params.items()},
        "versions": versions(),
        "kernel": kernel,
        "sources": sources(dataset, {row["source"]: row["read"] for row in _rows(tables)}),
        "rows": _rows(tables),
        "tables": {name: file_hash(tables.path(name)) for name in tables.names()},
    }


def _topics(dataset: Dataset) -> dict[str, str] | None:
    """The file in which a person has named themes, None if there is none."""
    path = dataset.folder / TOPICS
    return {"file": path.name, "sha256": file_hash(path)} if path.exists() else None


def versions() -> dict[str, str]:
    """Versions of Python, of this package and of the libraries that numbers depend on."""
    found = {"customer-profiles": __version__, "python": platform.python_version()}
    return found | {name: version(name) for name in LIBRARIES}


def sources(dataset: Dataset, rows: dict[str, int]) -> list[dict[str, Any]]:
    """Everything a source was read from, its lookups included.

    A file has its size and hash; a database, which may have changed since, the kind it is, the hash of what it was
    asked and the number of rows that it answered to a source. Nothing tells where the database is.

    Parameters
    ----------
    dataset : Dataset
    rows : dict
        Rows read, by source.
    """
    return [
        {"source": source.name} | _origin(path, form, dataset, rows)
        for source in dataset.sources
        for form in (source, *source.lookups)
        for path in files(dataset, form)
    ]


def _origin(path: Path | Place, form: FileFormat, dataset: Dataset, rows: dict[str, int]) -> dict[str, Any]:
    origin: dict[str, Any] = {}
    if isinstance(path, Path):
        origin["file"] = form.path if form.place.startswith("package:") else _name(path, dataset)
    if form.kind not in DATABASES:
        return origin | {"bytes": path.stat().st_size, "sha256": file_hash(path)}
    origin |= {"database": form.kind, "query_sha256": hashlib.sha256(form.statement.encode()).hexdigest()}
    return origin | ({"rows": rows[form.name]} if isinstance(form, Source) and form.name in rows else {})


def _name(path: Path, dataset: Dataset) -> str:
    """Path relative to dataset.yaml where it lies below it; folders of this machine are nobody's business."""
    return path.relative_to(dataset.folder).as_posix() if path.is_relative_to(dataset.folder) else path.name


def _without_paths(params: Params) -> dict[str, Any]:
    return params.model_dump(exclude={"dataset", "run_folder"})


def _rows(tables: Tables) -> list[dict[str, Any]]:
    """Read = used + set aside + duplicate + excluded, by source."""
    if not tables.has("reconciliation"):
        return []
    return [{str(k): v for k, v in row.items()} for row in tables.read("reconciliation").to_dict("records")]
