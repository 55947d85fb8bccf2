"""What a run's figures are defined by, part by part, so that a later run can say which of them changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ... import __version__
from .dataset import Dataset

NOT_OF_THE_FIGURES = {"name", "title", "language", "as_of", "origin", "engine", "memory_limit", "sources", "kpis"}
"""Keys of dataset.yaml that change no figure, or are parts of their own."""
NOT_OF_THE_ROWS = {"path", "lookups"}
"""Keys of a source that may differ from export to export."""


def definitions(dataset: Dataset, params: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """A hash for each part of what figures follow.

    Parameters
    ----------
    dataset : Dataset
    params : mapping of str to mapping
        Parameters by chapter number.

    Returns
    -------
    DataFrame
        ``part`` (``version, rules, identity, source:NAME, parameters NN``) and ``sha256``.
    """
    rules = dataset.model_dump(mode="json", exclude=NOT_OF_THE_FIGURES | {"identity"})
    rules["privacy"].pop("quotes")
    found: dict[str, Any] = {"version": __version__, "rules": rules, "identity": dataset.identity.model_dump()}
    for source in dataset.sources:
        of_files = [lookup.model_dump(mode="json", exclude={"path"}) for lookup in source.lookups]
        found[f"source:{source.name}"] = [source.model_dump(mode="json", exclude=NOT_OF_THE_ROWS), of_files]
    found |= {f"parameters {number}": dict(given) for number, given in params.items()}
    return pd.DataFrame({"part": list(found), "sha256": [_hash(value) for value in found.values()]})


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
