"""What a killed run has finished, so that the next one goes on from there and publishes the same bytes.

After each chapter a run notes that it is done, with hashes of what the chapter has left, and what the run is made of.
Whoever goes on uses a chapter only if all of that is still so. Otherwise, above all if somebody was erased in between,
the run begins again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..chapters import ChapterSpec
from ..errors import InputRejected
from ..ingest.config.solutions import NAME as SOLUTIONS
from ..ingest.config.topics import NAME as TOPICS
from ..ingest.readers.file_format import DATABASES
from ..paths import DONE, UNFINISHED
from ..privacy.opt_outs import list_file
from ..privacy.purge import NOTE as PURGED
from ..reporting import publish
from ..reporting.stored import MODELS, SEGMENT_NAMES
from ..tables import Stamp, Tables, file_hash

if TYPE_CHECKING:
    from .run import Run

MADE_BY = {SEGMENT_NAMES: "05", MODELS: "07", TOPICS: "03", SOLUTIONS: "09"}
"""What chapters leave in the folder of the run besides tables and results, and the first that does."""


def note(run: Run, done: Iterable[str], made_of: Mapping[str, str | None]) -> None:
    """Note that chapters are done; a reader never sees half of it."""
    told = {
        "started": run.started.isoformat(),
        "made_of": dict(made_of),
        "chapters": {number: _left(run.folder, run.specs[number]) for number in sorted(done)},
    }
    part = run.folder / f"{DONE}.part"
    part.write_text(json.dumps(told, indent=1), encoding="utf-8")
    part.replace(run.folder / DONE)


def killed_run(runs: Path) -> Path | None:
    """Folder of the killed run that has finished a chapter; the caller holds the lock."""
    found = [run for run in publish.unfinished(runs) if (run / DONE).exists()]
    return found[-1] if found else None


def read(run: Run) -> tuple[list[str], dict[str, Any], str]:
    """Chapters of a killed run that can be used, its note, and otherwise why none can.

    Parameters
    ----------
    run : Run
        What is wanted now, in the folder of the killed run.
    """
    told = json.loads((run.folder / DONE).read_text(encoding="utf-8"))
    now, then = made_of(run), told["made_of"]
    changed = [what for what in now if now[what] is None or now[what] != then.get(what)]
    if (run.folder / PURGED).exists():
        changed.append("the list of erased people")
    if changed:
        return [], told, f"{changed[0]} changed since it was killed, or may have"
    usable = {number for number, left in told["chapters"].items() if _left(run.folder, run.specs[number]) == left}
    while lost := {number for number in usable if not usable.issuperset(set(run.specs[number].after) & set(run.specs))}:
        usable -= lost  # what was built upon a damaged chapter is made anew with it
    return sorted(usable), told, "" if usable else "what it had finished is damaged"


def take_over(
    killed: Path, folder: Path, pages: Path, specs: Mapping[str, ChapterSpec], finished: Collection[str]
) -> None:
    """Move a killed run to the folder of the one that goes on, with no more than what finished chapters have made.

    A kernel that has outlived its run for a moment writes to where it was, and disturbs nobody.

    Parameters
    ----------
    killed, folder : Path
        Folders of both runs; the second is not there yet.
    pages : Path
        Folder of the killed run's pages, which are made anew.
    specs : mapping of str to ChapterSpec
        Chapters of the run.
    finished : collection of str
        Numbers of those that are done.
    """
    shutil.rmtree(pages, ignore_errors=True)
    killed.rename(folder)
    done, tables = set(finished), Tables(folder)
    kept = {publish.NOTEBOOKS, "chapters", UNFINISHED, DONE} | {n for n, by in MADE_BY.items() if by in done}
    for name in tables.names():
        stamp = _stamp(folder, name)
        if stamp and stamp.chapter in done:
            kept |= {f"{name}{ending}" for ending in (".parquet", ".sha256", ".stamp")}
    stems = {f"{specs[number].stem}.ipynb" for number in done}
    for parent, names in ((folder, kept), (folder / "chapters", done), (folder / publish.NOTEBOOKS, stems)):
        for path in parent.glob("*") if parent.is_dir() else ():
            if path.name not in names:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def made_of(run: Run) -> dict[str, str | None]:
    """Everything that decides what a run publishes, each as a hash by what it is called; None if it cannot be told."""
    from ..identity.pseudonyms import fingerprint, pseudonym_key
    from ..reporting.manifest import sources, versions

    dataset = run.dataset
    read = run.tables.read("files_read") if run.tables.has("files_read") and not run.resumed else None
    databases = any(form.kind in DATABASES for source in dataset.sources for form in (source, *source.lookups))
    last = run.folder.parent / publish.LATEST
    asked = [
        run.as_of,
        run.language,
        sorted(run.specs),
        run.compare,
        run.pages.parent,
        last.exists() and last.resolve().name,
    ]
    package, notebooks = Path(__file__).parents[1], [spec.notebook for spec in run.specs.values()]
    program = [file_hash(path) for path in [*sorted(package.rglob("*.py")), *notebooks]]
    erased = list_file(dataset)
    return {
        "the day, or what else was asked for,": _hash(asked),
        "dataset.yaml, or what lies beside it,": _hash({path.name: of and of.sha256 for path, of in run.told.items()}),
        "the list of erased people": _hash(file_hash(erased) if erased.exists() else ""),
        "an export": None if databases else _hash(sources(dataset, {}, read)),
        "the key of the pseudonyms": fingerprint(pseudonym_key(dataset), "resume"),
        "the program": _hash([program, versions()]),
    }


def _left(folder: Path, spec: ChapterSpec) -> str | None:
    """Hash of what a chapter has left: its notebook, its results and its tables; None if any of it is not whole."""
    results, notebook = folder / "chapters" / spec.number, folder / publish.NOTEBOOKS / f"{spec.stem}.ipynb"
    files = [notebook, *sorted(path for path in results.rglob("*") if path.is_file())]
    tables = Tables(folder)
    mine = [name for name in tables.names() if (stamp := _stamp(folder, name)) and stamp.chapter == spec.number]
    try:
        files += [tables.path(name) for name in mine]
        return _hash({os.path.relpath(path, folder): file_hash(path) for path in files})
    except (OSError, InputRejected):
        return None


def _stamp(folder: Path, name: str) -> Stamp | None:
    """What a table says it is made of; its bytes need not be whole."""
    path = folder / f"{name}.stamp"
    return Stamp(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
