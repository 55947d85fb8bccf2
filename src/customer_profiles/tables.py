"""Parquet tables that pass from one step to the next, each with its hash and what it was made of."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import EnvironmentFailed, InputRejected


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass
class Stamp:
    """What a table was made of: a table that does not fit the one who reads it must not slip into a result.

    Parameters
    ----------
    as_of : str
        Day of the run, ``YYYY-MM-DD``.
    dataset : str
        Hash of dataset.yaml.
    chapter : str
        Number of the chapter that makes it.
    params : dict
        Parameters of that chapter, without paths.
    read : dict of str to str
        Version of each table that the chapter has read so far.
    version : str
        Hash of the table as it was first written; erasing people from it later does not change it.
    """

    as_of: str = ""
    dataset: str = ""
    chapter: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)
    version: str = ""


class Tables:
    """The tables of one run: a folder of Parquet files with a ``.sha256`` beside each.

    Parameters
    ----------
    folder : Path
        Where tables are written, and looked for first.
    fallback : Path, optional
        Where a table is read from if this run has not made it: the last published run, for a notebook
        opened by hand. Unattended runs pass none.
    stamp : Stamp, optional
        Of the chapter that writes here and reads from here.

    Attributes
    ----------
    made : dict of str to str
        Hash of each table that was written through this object.
    """

    def __init__(self, folder: Path, fallback: Path | None = None, stamp: Stamp | None = None):
        self.folder = folder
        self.fallback = fallback
        self.stamp = stamp
        self.made: dict[str, str] = {}

    def write(self, name: str, table: pd.DataFrame) -> Path:
        """Write a table and its hash; a reader never sees half of it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f".{name}.part"
        try:
            table.to_parquet(part, index=False)
            return self.adopt(name, part)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
            raise EnvironmentFailed(f"table {name!r} cannot be written to {self.folder}: {reason}") from error

    def adopt(self, name: str, part: Path) -> Path:
        """Take a finished Parquet file, written by an engine, as the table `name`."""
        path = self.folder / f"{name}.parquet"
        version = file_hash(part)
        path.with_suffix(".sha256").write_text(version)
        if self.stamp:
            stamp = asdict(self.stamp) | {"version": version}
            path.with_suffix(".stamp").write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        self.made[name] = version
        part.chmod(0o600)  # it may have one row per customer
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

    def made_of(self, name: str) -> Stamp | None:
        """What a table was made of; None for one that does not say it."""
        path = self.path(name).with_suffix(".stamp")
        return Stamp(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

    def has(self, name: str) -> bool:
        """Whether the table exists."""
        return any((f / f"{name}.parquet").exists() for f in (self.folder, self.fallback) if f)

    def read(self, name: str) -> pd.DataFrame:
        """The whole table, verified.

        Raises
        ------
        InputRejected
            If it was made as of another day, from another dataset.yaml, or from tables that have been made anew since.
        """
        if self.stamp and (made := self.made_of(name)):
            if reason := self._misfit(made, self.stamp):
                raise InputRejected(f"table {name!r} {reason}")
            self.stamp.read[name] = made.version
        return pd.read_parquet(self.path(name))

    def _misfit(self, made: Stamp, mine: Stamp) -> str:
        """Why a table does not fit who reads it; empty if it does."""
        if made.as_of != mine.as_of:
            return (
                f"was made as of {made.as_of}, this is as of {mine.as_of}: set as_of to {made.as_of}, or make the "
                f"tables of {mine.as_of} first (customer-profiles report {mine.params.get('dataset', '')} --as-of "
                f"{mine.as_of})"
            )
        if made.dataset != mine.dataset:
            return (
                "was made from another dataset.yaml: run 01_collect_data again, or make the report "
                f"(customer-profiles report {mine.params.get('dataset', '')})"
            )
        for name, version in made.read.items():
            now = self.made_of(name) if self.has(name) else None
            if now and now.version != version:
                return (
                    f"was made from an older {name!r}: run chapter {made.chapter} again, or make the report "
                    f"(customer-profiles report {mine.params.get('dataset', '')})"
                )
        return ""

    def names(self) -> list[str]:
        """Names of the tables that can be read, sorted."""
        folders = filter(None, (self.folder, self.fallback))
        return sorted({path.stem for folder in folders for path in folder.glob("*.parquet")})
