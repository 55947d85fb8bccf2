"""Demo companies shared by the tests of this folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from customer_profiles.demo import make_company


@dataclass
class Company:
    """A made company's folder and its truth."""

    folder: Path

    @property
    def truth(self) -> dict:
        return json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))

    def raw(self, name: str) -> Path:
        return self.folder / "raw" / name

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "truth" / f"{name}.parquet")


@pytest.fixture(scope="session")
def company(tmp_path_factory) -> Company:
    """The company of the README: 2,000 customers, seed 1."""
    return Company(make_company(tmp_path_factory.mktemp("company")).parent)


@pytest.fixture(scope="session")
def large(tmp_path_factory) -> Company:
    """Enough customers to measure rates well."""
    return Company(make_company(tmp_path_factory.mktemp("large"), customers=8000, seed=5).parent)


@pytest.fixture(scope="session")
def null(tmp_path_factory) -> Company:
    """As large, and nothing depends on anything."""
    return Company(make_company(tmp_path_factory.mktemp("null"), customers=8000, seed=5, null=True).parent)


@pytest.fixture(scope="session")
def firms(tmp_path_factory) -> Company:
    """The company whose customers are firms: 400 of them, seed 1."""
    return Company(make_company(tmp_path_factory.mktemp("firms"), kind="b2b").parent)


@pytest.fixture(scope="session")
def many_firms(tmp_path_factory) -> Company:
    """Enough firms to measure rates well."""
    return Company(make_company(tmp_path_factory.mktemp("many"), customers=2000, seed=5, kind="b2b").parent)


@pytest.fixture(scope="session")
def null_firms(tmp_path_factory) -> Company:
    """As many, and nothing depends on anything."""
    folder = tmp_path_factory.mktemp("null_firms")
    return Company(make_company(folder, customers=2000, seed=5, null=True, kind="b2b").parent)
