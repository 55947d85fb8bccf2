"""What a run's figures are defined by, part by part, so that a later run can say which of them changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ... import __version__
from .dataset import Dataset

OF_THE_ROWS = {"kind", "currency", "time_zone", "cleaning"}
"""Keys of dataset.yaml that decide what the rows of every source say."""
OF_THE_SEGMENTS = {"segment_by", "derived"}
NOT_OF_THE_SOURCE: Any = {"path": True, "lookups": True, "attributes": {"__all__": {"label"}}}
"""Keys of a source that may differ from export to export, or are names."""


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
        ``part`` (``version, rules, segments, identity, source:NAME, parameters NN``) and ``sha256``.
    """
    keys = {"rules": OF_THE_ROWS, "segments": OF_THE_SEGMENTS, "identity": {"identity"}}
    found: dict[str, Any] = {part: dataset.model_dump(mode="json", include=of) for part, of in keys.items()}
    found["version"] = __version__
    for source in dataset.sources:
        of_files = [lookup.model_dump(mode="json", exclude={"path"}) for lookup in source.lookups]
        found[f"source:{source.name}"] = [source.model_dump(mode="json", exclude=NOT_OF_THE_SOURCE), of_files]
    found |= {f"parameters {number}": dict(given) for number, given in params.items()}
    return pd.DataFrame({"part": list(found), "sha256": [_hash(value) for value in found.values()]})


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
