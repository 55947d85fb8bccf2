"""Parquet tables that pass from one step to the next, each with the hash it was written with."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from .errors import EnvironmentFailed, InputRejected


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Tables:
    """The tables of one run: a folder of Parquet files with a ``.sha256`` beside each.

    Parameters
    ----------
    folder : Path
        Where tables are written, and looked for first.
    fallback : Path, optional
        Where a table is read from if this run has not made it: the last published run, for a notebook
        opened by hand. Unattended runs pass none.
    """

    def __init__(self, folder: Path, fallback: Path | None = None):
        self.folder = folder
        self.fallback = fallback

    def write(self, name: str, table: pd.DataFrame) -> Path:
        """Write a table and its hash; a reader never sees half of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{name}.part"
        try:
            table.to_parquet(part, index=False)
        except OSError as error:
            raise EnvironmentFailed(f"table {name!r} cannot be written to {self.folder}: {error.strerror}") from error
        return self.adopt(name, part)

    def adopt(self, name: str, part: Path) -> Path:
        """Take a finished Parquet file, written by an engine, as the table `name`."""
        path = self.folder / f"{name}.parquet"
        path.with_suffix(".sha256").write_text(file_hash(part))
        return part.replace(path)

    def path(self, name: str) -> Path:
        """Path of a table after checking that the file is the one that was written.

        Raises
        ------
        InputRejected
            If the table is absent or its bytes have changed since.
        """
        for folder in filter(None, (self.folder, self.fallback)):
            path = folder / f"{name}.parquet"
            if path.exists():
                if path.with_suffix(".sha256").read_text() != file_hash(path):
                    raise InputRejected(f"{path.name} has changed since it was written: run 01_collect_data again")
                return path
        raise InputRejected(f"table {name!r} is missing in {self.folder}: run 01_collect_data first")

    def has(self, name: str) -> bool:
        """Whether the table exists."""
        return any((f / f"{name}.parquet").exists() for f in (self.folder, self.fallback) if f)

    def read(self, name: str) -> pd.DataFrame:
        """The whole table, verified."""
        return pd.read_parquet(self.path(name))

    def names(self) -> list[str]:
        """Names of the tables this run has written, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.parquet"))
