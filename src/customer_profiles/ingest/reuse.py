"""Tables of sources that have not changed, kept beside the runs: the only place where a run reuses another's work.

What is kept is what a run keeps, without names, addresses and whoever must not appear. It is taken only if all that it
was made of is the same, down to the last byte: files, dataset.yaml, day, key, suppression list, ids of the last run,
this package and the libraries it stands on. There is one such folder for a data set: whatever is collected next takes
its place, and whoever is erased takes it away. What comes from a database is always read, because nothing tells
whether it has changed. The profile that is built from these tables is kept among them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd

from ..errors import InputRejected
from ..identity.id_ledger import TABLE as IDENTITIES
from ..privacy.opt_outs import list_file, objections_file
from ..tables import Tables, file_hash
from .config.dataset import Dataset
from .readers import provenance
from .readers.file_format import DATABASES
from .readers.registry import files, files_read

FOLDER, _SIGN = ".collected", "made_of.json"
_PROFILE, _PROFILE_SIGN = "profile.parquet", "profile.json"


def forget(runs: Path) -> None:
    """Delete what is kept beside the runs of a data set, so that the next run reads everything."""
    (runs / FOLDER / _SIGN).unlink(missing_ok=True)
    shutil.rmtree(runs / FOLDER, ignore_errors=True)


@dataclass(frozen=True)
class Kept:
    """The tables that are kept beside the runs of a data set.

    Parameters
    ----------
    runs : Path
        Folder of the runs.
    sign : str
        What the sources are now, see `sign_of`; empty: nothing is kept.
    last : str
        Hash of the ids of the last published run; empty without one.
    """

    runs: Path
    sign: str
    last: str

    @classmethod
    def of(cls, dataset: Dataset, as_of: date, key: bytes, runs: Path) -> Kept:
        """What may be kept and taken as the sources are now; to be called where files are `remembered`."""
        last = runs / "latest" / f"{IDENTITIES}.parquet"
        return cls(runs, sign_of(dataset, as_of, key), file_hash(last) if last.exists() else "")

    def take(self, tables: Tables) -> bool | None:
        """Put the tables into a run if they are what it would make; only `id_changes` is to be made anew.

        Returns
        -------
        bool or None
            Whether whom the sources withdraw has been taken out of kept runs; None if nothing could be taken.
        """
        try:
            told = json.loads((self.runs / FOLDER / _SIGN).read_text(encoding="utf-8"))
            # Who had no ids yet and now has those that were made then, keeps them.
            same_ids = told["last"] == self.last or (not told["last"] and told["tables"][IDENTITIES] == self.last)
            if not self.sign or told["sign"] != self.sign or not same_ids:
                return None
            tables.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, version in told["tables"].items():
                part = tables.folder / f".{name}.part"
                _link(self.runs / FOLDER / f"{name}.parquet", part)
                tables.adopt(name, part)
                if tables.made[name] != version:
                    return None
            return told["purged"]
        except (OSError, ValueError, KeyError):  # whatever is not whole is made anew
            return None

    def keep(self, tables: Tables, purged: bool) -> None:
        """Keep the tables that were made, in place of others; where that cannot be, the next run reads everything."""
        forget(self.runs)
        if not self.sign:
            return
        folder = self.runs / FOLDER
        told = {"sign": self.sign, "last": self.last, "purged": purged, "tables": tables.made}
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in tables.made:
                _link(tables.folder / f"{name}.parquet", folder / f"{name}.parquet")
            _tell(folder / _SIGN, told)
        except OSError:
            forget(self.runs)


def with_profile(
    tables: Tables, names: Collection[str], made_by: Mapping[str, object], build: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """The profile that is kept with the tables of a run, if they are the kept ones; else it is built, and kept then.

    Parameters
    ----------
    tables : Tables
        Of the run.
    names : collection of str
        Tables that a profile is made of, as far as there are any.
    made_by : mapping of str to object
        What else it depends on, as JSON can hold it; engines agree and do not count.
    build : callable
        Makes the profile.
    """
    folder = tables.folder.parent / FOLDER
    try:
        kept = json.loads((folder / _SIGN).read_text(encoding="utf-8"))["tables"]
    except (OSError, ValueError, KeyError):
        return build()
    mine = {name: tables.path(name).with_suffix(".sha256").read_text() for name in names if tables.has(name)}
    if mine != {name: kept[name] for name in names if name in kept}:
        return build()
    sign = json.dumps({"program": _program(), "tables": mine, **made_by}, sort_keys=True)
    try:
        told = json.loads((folder / _PROFILE_SIGN).read_text(encoding="utf-8"))
        if told["sign"] == sign and told["version"] == file_hash(folder / _PROFILE):
            return pd.read_parquet(folder / _PROFILE)
    except (OSError, ValueError, KeyError):  # whatever is not whole is made anew
        pass
    profile = build()
    try:
        part = folder / f"{_PROFILE}.part"
        profile.to_parquet(part, index=False)
        part.chmod(0o600)
        version = file_hash(part)
        part.replace(folder / _PROFILE)
        _tell(folder / _PROFILE_SIGN, {"sign": sign, "version": version})
    except OSError:  # no space, or the tables have been forgotten meanwhile
        (folder / _PROFILE_SIGN).unlink(missing_ok=True)
    return profile


def sign_of(dataset: Dataset, as_of: date, key: bytes) -> str:
    """Keyed hash of all that tables of sources are made of; empty if a part of it cannot be told."""
    forms = [form for source in dataset.sources for form in (source, *source.lookups)]
    if any(form.kind in DATABASES for form in forms):
        return ""
    try:
        paths = [path for form in forms for path in files(dataset, form) if isinstance(path, Path)]
    except InputRejected:  # said by whoever reads it
        return ""
    contents = {path: provenance.remember(path) for path in paths}
    if None in contents.values():
        return ""
    lists = [path for path in (list_file(dataset), objections_file(dataset)) if path.exists()]
    made_of = {
        "program": _program(),
        "dataset": dataset.model_dump_json(),
        "as_of": as_of.isoformat(),
        "files": files_read(dataset, contents),
        "absent": {path.name: file_hash(path) for path in lists},
    }
    return hmac.digest(key, json.dumps(made_of, sort_keys=True).encode(), "sha256").hex()


@cache
def _program() -> str:
    """Hash of this package, and of the names and versions of all that is installed beside it."""
    package, found = Path(__file__).parents[1], hashlib.sha256(sys.version.encode())
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(f"{path.relative_to(package)} {file_hash(path)}".encode())
    for path in sorted(Path(sysconfig.get_path("purelib")).glob("*.dist-info")):
        found.update(path.name.encode())
    return found.hexdigest()


def _tell(path: Path, told: Mapping[str, object]) -> None:
    """Write a note that is there as a whole or not at all, for the owner alone."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(told), encoding="utf-8")
    part.chmod(0o600)
    part.replace(path)


def _link(path: Path, to: Path) -> None:
    """The same file under a second name, or a copy on another disk; tables are replaced, never written over."""
    to.unlink(missing_ok=True)
    try:
        os.link(path, to)
    except OSError:
        shutil.copyfile(path, to)
    to.chmod(0o600)
