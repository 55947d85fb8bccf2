"""How many rows a step has done and how long the rest will take, where somebody looks and it takes long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, NoReturn

from .parsing.learning import Part
from .readers.sql import Place

if TYPE_CHECKING:
    from tqdm import tqdm

FOLLOWED = ".progress"
"""File in the folder of a run that is there if a terminal shows the run; it says what its kernels are at."""
BY_HAND = "interactive"
"""Folder of what a notebook opened by hand makes."""
DELAY = 2.0  # seconds from which on it is worth telling
_SAMPLE = 1 << 18  # bytes of a file of lines from which their number is guessed
_LINES = {".csv", ".tsv", ".txt", ".jsonl", ".ndjson"}


def counting(parts: Iterable[Part], source: str, files: Sequence[Path | Place], folder: Path) -> Iterator[Part]:
    """The same parts of a source, and `told` how many rows of its files they are."""
    with told(source, files, folder) as done:
        for part in parts:
            yield part
            done(len(part[1].rows))


@contextmanager
def told(
    what: str, of: int | Sequence[Path | Place] | None, folder: Path, begun: int = 0
) -> Iterator[Callable[[int], object]]:
    """Tell how far a step has come: in a terminal, beside the cell of a notebook opened by hand, or in `FOLLOWED`.

    Parameters
    ----------
    what : str
        Source that is read, or step.
    of : int, sequence of Path or Place, or None
        Rows that there are, or files that may tell it: then the time that is left is told, otherwise that which has
        gone.
    folder : Path
        Of the run.
    begun : int
        Rows that are in work from the start.

    Yields
    ------
    callable
        To be called with the number of rows that have been done since.
    """
    from tqdm import tqdm

    by_hand = folder.name == BY_HAND
    seen = sys.stderr.isatty() or by_hand
    if not seen and not (folder / FOLLOWED).exists():
        yield lambda _: None
        return
    total = of if isinstance(of, int | None) else rows_of(of)
    form = "{desc}: {n_fmt} of about {total_fmt} rows, {remaining} left" if total else "{desc}: {n_fmt} rows, {elapsed}"
    with ExitStack() as stack:
        shown = sys.stdout if by_hand else sys.stderr  # beside a cell, what comes from stderr looks like a failure
        file = shown if seen else stack.enter_context((folder / FOLLOWED).open("w", encoding="utf-8"))
        bar = tqdm(
            total=total,
            initial=begun,
            desc=what,
            unit_scale=True,
            delay=DELAY,
            mininterval=0.5,
            leave=False,
            bar_format=form,
            file=file,
        )
        stack.callback(bar.close)
        ended = Event()
        ticking = Thread(target=_tick, args=(bar, ended), daemon=True)
        ticking.start()
        stack.callback(ticking.join)
        stack.callback(ended.set)
        yield bar.update


def _tick(bar: tqdm[NoReturn], ended: Event) -> None:
    """Repeat once a second what is known, because a long step may count all its rows at once."""
    waited = ended.wait(DELAY)
    while not waited:
        bar.refresh()
        waited = ended.wait(1)


def rows_of(files: Sequence[Path | Place]) -> int | None:
    """About how many rows files have: a Parquet file says it, lines are guessed from the first; None for others."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    total = 0
    for path in files:
        if not isinstance(path, Path):
            return None
        if path.suffix.lower() == ".parquet":
            try:
                total += pq.read_metadata(path).num_rows
            except pa.ArrowInvalid:  # whoever reads it says what is wrong
                return None
        elif path.suffix.lower() in _LINES:
            with path.open("rb") as file:
                first = file.read(_SAMPLE)
            total += round(path.stat().st_size * first.count(b"\n") / max(len(first), 1))
        else:
            return None
    return total
