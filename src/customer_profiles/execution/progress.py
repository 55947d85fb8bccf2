"""How far a run has come: a bar in a terminal, a line per chapter in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

import nbformat

from ..chapters import ChapterSpec
from ..ingest.rows_read import FOLLOWED


class Progress:
    """Counts executed code cells on standard error, and says beside them what kernels say of the rows they read.

    Parameters
    ----------
    specs : iterable of ChapterSpec
        Chapters of the run.
    visible : bool
        False for silence.
    folder : Path
        Of the run.
    """

    def __init__(self, specs: Iterable[ChapterSpec], visible: bool, folder: Path):
        from tqdm import tqdm

        self._visible = visible
        self._started = time.monotonic()
        self._followed = folder / FOLLOWED
        self._bar = tqdm(
            total=sum(_cells(spec) for spec in specs),
            unit="cell",
            desc="Notebooks",
            disable=not (visible and sys.stderr.isatty()),
            bar_format="{desc} {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} cells, {elapsed}<{remaining}{postfix}",
        )
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        if not self._bar.disable:
            self._followed.touch()
            threading.Thread(target=self._follow, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._bar.close()
        self._followed.unlink(missing_ok=True)

    def _follow(self) -> None:
        while not self._ended.wait(1):
            self.repeat()

    def repeat(self) -> None:
        """What a kernel has said last, beside the bar."""
        with suppress(OSError):
            self._bar.set_postfix_str(self._followed.read_text(encoding="utf-8").split("\r")[-1].strip())

    def tick(self, **_: object) -> None:
        """One more cell is done."""
        self._bar.update()

    def say(self, text: str) -> None:
        """A line of its own, above the bar where there is one."""
        if self._visible:
            self._bar.write(text, file=sys.stderr)

    def chapter(self, spec: ChapterSpec) -> None:
        """A chapter is done."""
        self.say(f"  {spec.number} {spec.title} ({time.monotonic() - self._started:.0f} s)")


def _cells(spec: ChapterSpec) -> int:
    return sum(bool(c.cell_type == "code" and c.source.strip()) for c in nbformat.read(spec.notebook, 4).cells) + 1
