"""Columns of one's own may be called anything: what the product calls something else by gets another name inside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .. import contract

_PARTS = ("segment_by", "derived", "vulnerability", "outcome", "ideal", "subscription", "privacy")
"""Parts of dataset.yaml in which a column of the profile is named: as a value of these keys, or as a key below them."""
_NAMED = {
    "segment_by": ("segment_by",),
    "outcome": ("outcome", "column"),
    "ideal": ("value", "described_by"),
    "subscription": ("months", "charge", "by"),
}
_KEYED = ("where", "legal_basis")


def with_own_names(content: Any) -> Any:
    """The content of a dataset.yaml in which no attribute has the name of a column that the product makes.

    ``spend`` becomes ``own_spend``, also where the file names it elsewhere, and is called "spend" on a page.

    >>> source = {"table": "customers", "attributes": {"spend": {"column": "x"}}}
    >>> with_own_names({"sources": [source], "segment_by": ["spend"]})["segment_by"]
    ['own_spend']
    """
    sources = content.get("sources") if isinstance(content, dict) else None
    if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
        return content
    taken: dict[str, str] = {}
    changed = []
    for source in sources:
        table, own = source.get("table"), source.get("attributes")
        names = list(own) if isinstance(own, dict) else []
        named = _free(names, {name for name in names if contract.is_taken(str(table), name)})
        clash = [name for name in names if named[name] != name]
        if clash:
            source = source | {"attributes": {named[name]: _called(of, name, clash) for name, of in own.items()}}
        changed.append(source)
        if table == "customers":
            taken |= {name: named[name] for name in clash}
    renamed = {part: _renamed(content[part], taken, part, part) for part in _PARTS if taken and part in content}
    return content | {"sources": changed} | renamed


def _free(names: Sequence[str], taken: Collection[str]) -> dict[str, str]:
    """A name for each that is neither taken nor, as the engine reads names, another's in other letters.

    >>> _free(["spend", "Spend", "club", "Club"], {"spend", "Spend"})
    {'spend': 'own_spend', 'Spend': 'own_own_Spend', 'club': 'club', 'Club': 'own_Club'}
    """
    first = {name.casefold(): name for name in reversed(names) if name not in taken}
    named = {name: name for name in first.values()}  # keeps its name, also from one before it that needs another
    used = set(first)
    for name in names:
        own = name
        while name not in named and own.casefold() in used | {name.casefold()}:
            own = f"own_{own}"
        named.setdefault(name, own)
        used.add(own.casefold())
    return named


def _called(column: Any, name: str, clash: list[str]) -> Any:
    """A column with its name as the file has it for a label."""
    if name not in clash:
        return column
    column = {"column": column} if isinstance(column, str) else column
    return {"label": {"en": name, "de": name}, **column} if isinstance(column, dict) else column


def _renamed(part: Any, names: Mapping[str, str], within: str, key: str) -> Any:
    """What stands under a key, with the new names of columns."""
    if isinstance(part, dict):
        return {
            names.get(name, name) if key in _KEYED else name: _renamed(of, names, within, name)
            for name, of in part.items()
        }
    if isinstance(part, list):
        return [_renamed(each, names, within, key) for each in part]
    return names.get(part, part) if isinstance(part, str) and key in _NAMED.get(within, ()) else part
