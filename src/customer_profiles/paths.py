"""The one place that knows where things lie."""

from __future__ import annotations

import os
from pathlib import Path

UNFINISHED = ".unfinished"
"""In the folder of a run that has not ended: where its pages go."""
DONE = ".done.json"
"""In the same folder: which chapters are done."""


def home() -> Path:
    """Root of the project: ``CUSTOMER_PROFILES_HOME``, else the checkout this package was installed from."""
    given = os.environ.get("CUSTOMER_PROFILES_HOME")
    return Path(given).resolve() if given else Path(__file__).resolve().parents[2]


def notebooks() -> Path:
    """Folder of the notebooks."""
    return Path(__file__).resolve().parents[2] / "notebooks"


def dataset_file(dataset: str | Path) -> Path:
    """Absolute path of a dataset.yaml, given its path or the name of a folder under ``data/``.

    >>> dataset_file("demo").parts[-3:]
    ('data', 'demo', 'dataset.yaml')
    """
    path = Path(dataset)
    if path.suffix in (".yaml", ".yml"):
        return path.resolve()
    if len(path.parts) > 1:
        return (path / "dataset.yaml").resolve()
    return home() / "data" / path / "dataset.yaml"


def runs(dataset: str | Path) -> Path:
    """Folder of a data set's runs: tables with personal data, never published."""
    return dataset_file(dataset).parent / "runs"


def reports(name: str, out: str | Path | None = None) -> Path:
    """Folder of a data set's published reports."""
    return (Path(out).resolve() if out else home() / "reports") / name
