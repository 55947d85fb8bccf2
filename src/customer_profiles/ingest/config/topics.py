"""topics.yaml: the themes as a person wants them, read from beside dataset.yaml and proposed by every run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic import Field, model_validator

from ..readers.file_format import Model
from .faults import read_model
from .yaml_file import write_yaml

NAME = "topics.yaml"

HEADER = """\
# The themes that this run found. Copy the file to the folder of dataset.yaml to keep them, and change what you like:
#   rename   write another name; leave "was" as it is, so that the report can say what became of the theme
#   merge    give two themes the same name
#   pin      pinned: true keeps a theme to texts with its phrases and texts like them, however customers' words change
#   add      a name and a few phrases that its texts have
#   drop     delete the theme; if texts are about it, it is announced as new again
# Phrases shared by fewer customers than the report may show are never in here.
"""


class Named(Protocol):
    """What a theme must have to be written: see `Entry`."""

    name: str
    phrases: tuple[str, ...]
    was: tuple[str, ...]
    pinned: bool
    n: int


class Entry(Model):
    """A theme in topics.yaml."""

    name: str = Field(min_length=1, max_length=120, description="what reports call it")
    phrases: tuple[str, ...] = Field(min_length=1, description="words or groups of words that its texts have")
    was: tuple[str, ...] = Field((), description="names of the themes that it stands for, as a run proposed them")
    pinned: bool = Field(False, description="true: stays with its phrases; false: follows how customers write about it")
    n: int = Field(0, ge=0, description="texts it had in that run")


class TopicsFile(Model):
    """Content of topics.yaml: themes of the service tickets and of the comments."""

    tickets: tuple[Entry, ...] = ()
    comments: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _is_not_the_rest(self) -> Self:
        for entry in (*self.tickets, *self.comments):
            if entry.name.strip().casefold() == "other":
                raise ValueError(f"{entry.name!r} is what texts without a theme are counted as: choose another name")
        return self


def read_topics(path: Path, kind: str) -> tuple[Entry, ...]:
    """Themes of topics.yaml, those with the same name as one.

    Parameters
    ----------
    path : Path
        The file; empty result if there is none.
    kind : {"tickets", "comments"}
        Whose themes.

    Raises
    ------
    ConfigurationError
        Names file, line, what is wrong, and what was probably meant.
    """
    if not path.exists():
        return ()
    found, _ = read_model(path, TopicsFile)
    parts: dict[str, list[Entry]] = defaultdict(list)
    for entry in getattr(found, kind):
        parts[entry.name.strip()].append(entry)
    return tuple(_merged(name, entries) for name, entries in parts.items())


def write_topics(path: Path, topics: Mapping[str, Sequence[Named]]) -> None:
    """Write the themes that a run proposes; kinds that are not given stay as they are in the file.

    Parameters
    ----------
    path : Path
        In the folder of the run, never the file that a person edits.
    topics : mapping
        From "tickets" or "comments" to themes.
    """
    kept = {kind: read_topics(path, kind) for kind in TopicsFile.model_fields if kind not in topics}
    content = {
        kind: [_plain(topic) for topic in (topics.get(kind) or kept.get(kind) or ())]
        for kind in TopicsFile.model_fields
    }
    write_yaml(path, HEADER, {kind: rows for kind, rows in content.items() if rows}, default_flow_style=None)


def _plain(topic: Named | Entry) -> dict[str, Any]:
    return {
        "name": topic.name,
        "phrases": list(topic.phrases),
        "was": list(topic.was),
        "pinned": topic.pinned,
        "n": topic.n,
    }


def _merged(name: str, entries: Sequence[Entry]) -> Entry:
    return Entry(
        name=name,
        phrases=tuple(dict.fromkeys(phrase for entry in entries for phrase in entry.phrases)),
        was=tuple(dict.fromkeys(was for entry in entries for was in entry.was)),
        pinned=any(entry.pinned for entry in entries),
        n=sum(entry.n for entry in entries),
    )
