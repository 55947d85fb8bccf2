"""What a chapter has left in its run folder: findings, limits, facts and published tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..messages import Finding, Limit, Text

if TYPE_CHECKING:
    import pandas as pd

END_MARKER = "facts.json"


@dataclass(frozen=True)
class Results:
    """Results of one chapter.

    Parameters
    ----------
    findings : tuple of Finding
        In the order in which the chapter shows them.
    limits : tuple of Limit
        What it could not answer.
    facts : dict
        Its named numbers.
    tables : dict
        Published tables by name: title and frame.
    """

    findings: tuple[Finding, ...] = ()
    limits: tuple[Limit, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, PublishedTable] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishedTable:
    """A table that has passed the privacy gate, with its title in the language of the report."""

    title: str
    frame: pd.DataFrame


def is_complete(folder: Path) -> bool:
    """Whether a chapter ran to its end: writing its facts is the last thing it does."""
    return (folder / END_MARKER).exists()


def read_results(folder: Path) -> Results:
    """Read the results of a chapter from its folder ``<run>/chapters/<number>``."""
    import pandas as pd

    titles = _json(folder / "published" / "titles.json", {})
    return Results(
        findings=tuple(_finding(plain) for plain in _json(folder / "findings.json", [])),
        limits=tuple(Limit(**plain) for plain in _json(folder / "limits.json", [])),
        facts=_json(folder / END_MARKER, {}),
        tables={
            name: PublishedTable(entry["title"], pd.read_parquet(folder / "published" / f"{name}.parquet"))
            for name, entry in titles.items()
        },
    )


def _finding(plain: dict[str, Any]) -> Finding:
    interval = plain.get("interval")
    values = {name: Text(**value) if isinstance(value, dict) else value for name, value in plain["values"].items()}
    return Finding(**plain | {"interval": tuple(interval) if interval else None, "values": values})


def _json(path: Path, default: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else default
