"""Small data sets written by the tests themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import yaml

from customer_profiles.ingest.config.dataset import Dataset, load_dataset
from customer_profiles.ingest.pipeline import Collected, collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables

KEY = b"a key for tests, 32 bytes long.."
CUSTOMERS = {"name": "crm", "system": "crm", "path": "crm.csv", "table": "customers", "columns": {"customer_id": "id"}}
ORDERS = {
    "name": "orders",
    "system": "shop",
    "path": "orders.csv",
    "table": "transactions",
    "columns": {"customer_id": "id", "at": "at", "amount": "amount"},
}


@dataclass
class Company:
    """A data set in a temporary folder."""

    folder: Path

    def write(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        """Write one of its files."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def dataset(self, *sources: dict, **keys) -> Dataset:
        """Write and load its dataset.yaml."""
        content = {"name": "test", "title": "Test", "as_of": "2025-12-31", **keys, "sources": list(sources)}
        return load_dataset(self.write("dataset.yaml", yaml.safe_dump(content, allow_unicode=True, sort_keys=False)))

    @property
    def tables(self) -> Tables:
        """Tables of its run."""
        return Tables(self.folder / "tables")

    def collect(self, *sources: dict, **keys) -> Collected:
        """Collect its sources."""
        dataset = self.dataset(*sources, **keys)
        return collect(dataset, self.tables, dataset.as_of or date(2025, 12, 31), KEY)

    def profile(self, *sources: dict, **keys) -> pd.DataFrame:
        """Collect its sources and build the profile."""
        self.collect(*sources, **keys)
        dataset = load_dataset(self.folder / "dataset.yaml")
        return build_profile(self.tables, dataset.as_of, dataset.attributes())


def source(base: dict, columns: dict | None = None, **keys) -> dict:
    """A source like `base` with more columns and other keys."""
    return {**base, **keys, "columns": {**base["columns"], **(columns or {})}}
