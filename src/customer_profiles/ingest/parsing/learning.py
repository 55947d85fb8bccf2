"""A source read in chunks with the notation its own cells prove, or refused where they leave it open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ...errors import InputRejected
from ..readers.chunks import Chunk
from .notation import Notation

# A file's name, a chunk of it, and the columns that are its own, not those of a lookup.
Part = tuple[str, Chunk, list[str]]


def learned(notation: Notation, read_parts: Callable[[], Iterable[Part]]) -> Iterator[Part]:
    """Parts of a source, each handed on when the notation of its cells is known.

    Most sources show in their first chunk how they are written. Where a chunk leaves a doubt, the rest is read
    ahead for a cell that settles it; nothing but the notation is kept of that.

    Parameters
    ----------
    notation : Notation
        Learns from every chunk.
    read_parts : callable
        Reads the source from its beginning.

    Raises
    ------
    InputRejected
        If the doubt remains; names file, row, column, and what to set in dataset.yaml.
    """
    for name, chunk, own in read_parts():
        if notation.learn(chunk.cells):
            for _, later, _ in read_parts():
                if not notation.learn(later.cells) and not notation.doubt(chunk.cells):
                    break
            if doubt := notation.doubt(chunk.cells):
                row = f", row {chunk.rows[doubt.position]}" if len(chunk.rows) else ""
                column = f", column {doubt.column!r}" if doubt.column else ""
                raise InputRejected(f"{name}{row}{column}: {doubt.problem}")
        yield name, chunk, own
