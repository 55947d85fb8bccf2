"""How far a run has come: a bar in a terminal, a line per chapter in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Self

import nbformat

from ..chapters import ChapterSpec


class Progress:
    """Counts executed code cells on standard error.

    Parameters
    ----------
    specs : iterable of ChapterSpec
        Chapters of the run.
    visible : bool
        False for silence.
    """

    def __init__(self, specs: Iterable[ChapterSpec], visible: bool = True):
        from tqdm import tqdm

        self._visible = visible
        self._started = time.monotonic()
        self._bar = tqdm(
            total=sum(_cells(spec) for spec in specs),
            unit="cell",
            desc="Notebooks",
            disable=not (visible and sys.stderr.isatty()),
            bar_format="{desc} {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} cells, {elapsed}{postfix}",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

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
