"""How many rows of a source have been read and how long the rest will take, where somebody looks and it takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from .parsing.learning import Part
from .readers.sql import Place

FOLLOWED = ".progress"
"""File in the folder of a run that is there if a terminal shows the run; it says what its kernels are at."""
BY_HAND = "interactive"
"""Folder of what a notebook opened by hand makes."""
DELAY = 2.0  # seconds from which on it is worth telling
_SAMPLE = 1 << 18  # bytes of a file of lines from which their number is guessed
_LINES = {".csv", ".tsv", ".txt", ".jsonl", ".ndjson"}


def counting(parts: Iterable[Part], source: str, files: Sequence[Path | Place], folder: Path) -> Iterator[Part]:
    """The same parts; told in a terminal, beside the cell of a notebook opened by hand, or in `FOLLOWED`.

    Parameters
    ----------
    parts : iterable of Part
    source : str
        What is read.
    files : sequence of Path or Place
        Where it is read from.
    folder : Path
        Of the run.
    """
    from tqdm import tqdm

    by_hand = folder.name == BY_HAND
    seen = sys.stderr.isatty() or by_hand
    if not seen and not (folder / FOLLOWED).exists():
        yield from parts
        return
    total = rows_of(files)
    form = "{desc}: {n_fmt} of about {total_fmt} rows, {remaining} left" if total else "{desc}: {n_fmt} rows, {elapsed}"
    with ExitStack() as stack:
        shown = sys.stdout if by_hand else sys.stderr  # beside a cell, what comes from stderr looks like a failure
        file = shown if seen else stack.enter_context((folder / FOLLOWED).open("w", encoding="utf-8"))
        bar = tqdm(
            total=total,
            desc=source,
            unit_scale=True,
            delay=DELAY,
            mininterval=0.5,
            leave=False,
            bar_format=form,
            file=file,
        )
        stack.callback(bar.close)
        for part in parts:
            yield part
            bar.update(len(part[1].rows))


def rows_of(files: Sequence[Path | Place]) -> int | None:
    """About how many rows files have: a Parquet file says it, lines are guessed from the first; None for others."""
    import pyarrow.parquet as pq

    total = 0
    for path in files:
        if not isinstance(path, Path):
            return None
        if path.suffix.lower() == ".parquet":
            total += pq.read_metadata(path).num_rows
        elif path.suffix.lower() in _LINES:
            with path.open("rb") as file:
                first = file.read(_SAMPLE)
            total += round(path.stat().st_size * first.count(b"\n") / max(len(first), 1))
        else:
            return None
    return total
