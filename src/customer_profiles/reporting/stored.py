"""What a chapter leaves in its run folder: blocks of its page, findings, limits, facts and published tables."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..messages import Finding, Limit
from ..privacy.disclosure import Published

if TYPE_CHECKING:
    import pandas as pd

    from .panel import Panel

BLOCK = "application/vnd.customer-profiles.block+json"  # marks outputs of a notebook that stand for a block of the page

QUOTES = "quotes.json"
END_MARKER = "facts.json"
MODELS = "models"
SEGMENT_NAMES = "segment_names.json"


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
    quotes : tuple of dict
        Comments that may be shown: ``theme, sentiment, language, quote``.
    """

    findings: tuple[Finding, ...] = ()
    limits: tuple[Limit, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, PublishedTable] = field(default_factory=dict)
    quotes: tuple[dict[str, Any], ...] = ()


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
        findings=tuple(Finding.from_dict(plain) for plain in _json(folder / "findings.json", [])),
        limits=tuple(Limit.from_dict(plain) for plain in _json(folder / "limits.json", [])),
        facts=_json(folder / END_MARKER, {}),
        tables={
            name: PublishedTable(entry["title"], pd.read_parquet(folder / "published" / f"{name}.parquet"))
            for name, entry in titles.items()
        },
        quotes=tuple(_json(folder / QUOTES, [])),
    )


def write_panel(folder: Path, panel: Panel) -> None:
    """Keep a panel, and the table it has as its evidence."""
    write_json(folder / "blocks" / f"{panel.name}.json", {"kind": "panel", **panel.to_dict()})
    if panel.table is not None:
        (folder / "published").mkdir(parents=True, exist_ok=True)
        panel.table.frame.to_parquet(folder / "published" / f"{panel.name}.parquet", index=False)


def write_block(folder: Path, name: str, html: str, role: str = "", pages: Sequence[Mapping[str, str]] = ()) -> None:
    """Keep a block of the page that is no panel: sentences, or of a role, such as cards and quotes.

    What it tells in short may have `pages` of its own: ``file, kind, title, html``.
    """
    plain = {"kind": "html", "role": role, "html": html, "pages": list(pages)}
    write_json(folder / "blocks" / f"{name}.json", plain)


def pages_of(folder: Path, name: str) -> list[dict[str, str]]:
    """Pages of their own that a block leads to."""
    return list(_json(folder / "blocks" / f"{name}.json", {}).get("pages", []))


def role_of(folder: Path, name: str) -> str:
    """Role of a block that is no panel, empty if it has none."""
    return _json(folder / "blocks" / f"{name}.json", {}).get("role", "")


def read_block(folder: Path, name: str, min_group_size: int) -> str | Panel | None:
    """A block as it was kept: the HTML of one that is no panel, None if there is none of that name."""
    import pandas as pd

    from .panel import Panel

    plain = _json(folder / "blocks" / f"{name}.json", None)
    if plain is None or plain.pop("kind") == "html":
        return plain and plain["html"]
    table = folder / "published" / f"{name}.parquet"
    return Panel.from_dict(plain, Published(pd.read_parquet(table), min_group_size) if table.exists() else None)


def write_models(run: Path, models: dict[str, dict[str, Any]]) -> None:
    """Keep what a run has learnt, for its owner alone, in place of what an earlier chapter of the run left there."""
    folder = run / MODELS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    for name, model in models.items():
        path = folder / f"{name}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(model, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_models(run: Path) -> dict[str, dict[str, Any]]:
    """What a run has learnt; empty if chapter 07 has not run, or somebody was erased from the run since."""
    return {path.stem: _json(path, {}) for path in sorted((run / MODELS).glob("*.json"))}


def read_segment_names(*runs: Path | None) -> dict[str, dict[str, str]]:
    """What the segments are called, as labels of values; of the first of several runs that has named them."""
    return next((named for run in runs if run and (named := _json(run / SEGMENT_NAMES, {}))), {})


def write_json(path: Path, content: Any) -> None:
    """Write plain values so that equal content gives equal bytes; numbers that JSON has not are null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = json.loads(json.dumps(content, default=str), parse_constant=lambda _: None)
    path.write_text(json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _json(path: Path, default: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else default
