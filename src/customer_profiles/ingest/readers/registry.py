"""Files and databases of a source, found and read chunk by chunk."""

from __future__ import annotations

import glob
import importlib.util
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from ...errors import InputRejected
from ..config.dataset import Dataset, FileFormat
from . import provenance
from .chunks import Chunk
from .csv_file import read_csv
from .excel_file import read_excel
from .file_format import DATABASES
from .json_file import read_json, read_jsonl
from .parquet_file import read_parquet
from .postgres import read_postgres
from .sql import Place
from .sqlite_file import read_sqlite

READERS: dict[str, Callable[[Any, FileFormat, Collection[str]], Iterator[Chunk]]] = {
    "csv": read_csv,
    "excel": read_excel,
    "parquet": read_parquet,
    "jsonl": read_jsonl,
    "json": read_json,
    "sqlite": read_sqlite,
    "postgresql": read_postgres,
}


def read(path: Path | Place, form: FileFormat, needed: Collection[str]) -> Iterator[Chunk]:
    """Chunks of a file or database in its declared format.

    Parameters
    ----------
    path : Path or Place
        One of the files of `form`, or its database.
    form : FileFormat
        How it is written.
    needed : collection of str
        Columns it must have.

    Raises
    ------
    InputRejected
        If the file cannot be read without guessing; names file, row or column, and a remedy. If it changed while it
        was read.
    """
    of_run = path if isinstance(path, Path) and form.kind not in DATABASES else None  # those have transactions
    try:
        if of_run is not None:
            provenance.remember(of_run)
        yield from READERS[form.kind](path, form, needed)
    except (OSError, InputRejected) as error:
        if of_run is not None:  # a file that is being written looks damaged
            provenance.refuse_changed()
        if isinstance(error, InputRejected):
            raise
        raise InputRejected(f"{path.name} cannot be read: {error.strerror or error}") from None


def files(dataset: Dataset, form: FileFormat) -> list[Path | Place]:
    """Files that a path of dataset.yaml stands for, sorted by name, or the database that it names instead.

    ``package:NAME/inner/path`` is a file inside an installed Python package; other paths are relative to
    dataset.yaml and may be patterns.

    Raises
    ------
    InputRejected
        If there is none; says where the files of the data set come from.
    """
    if form.path is None:
        return [Place(form.place.removeprefix("env:"))]
    if form.path.startswith("package:"):
        folder, inner = _package(form.path)
        matches = [folder / inner] if folder else []
    else:
        folder, inner = dataset.folder, form.path
        matches = [folder / name for name in sorted(glob.glob(inner, root_dir=folder))]
    found: list[Path | Place] = [path for path in matches if path.is_file()]
    if not found:
        where = f"in {folder}" if folder else "because its Python package is not installed"
        origin = f" {dataset.origin}" if dataset.origin else ""
        raise InputRejected(f"{form.path} does not exist {where}.{origin}")
    return found


def shown_name(path: Path, form: FileFormat, dataset: Dataset) -> str:
    """Path relative to dataset.yaml where it lies below it; folders of this machine are nobody's business."""
    if form.place.startswith("package:"):
        return form.place
    return path.relative_to(dataset.folder).as_posix() if path.is_relative_to(dataset.folder) else path.name


def files_read(dataset: Dataset, contents: provenance.Contents) -> list[dict[str, str | int]]:
    """What was read of the files of each source and its lookups: source, place, file, bytes, sha256."""
    return [
        {
            "source": source.name,
            "place": form.place,
            "file": shown_name(path, form, dataset),
            "bytes": content.bytes,
            "sha256": content.sha256,
        }
        for source in dataset.sources
        for form in (source, *source.lookups)
        for path in files(dataset, form)
        if isinstance(path, Path) and (content := contents.get(path))
    ]


def _package(path: str) -> tuple[Path | None, str]:
    """Folder of an installed package and the path inside it; the package is not imported."""
    name, _, inner = path.removeprefix("package:").partition("/")
    found = importlib.util.find_spec(name) if name.isidentifier() else None
    locations = found.submodule_search_locations if found else None
    return (Path(next(iter(locations))) if locations else None), inner
